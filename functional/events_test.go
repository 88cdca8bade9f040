package functional

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/recording"
)

func TestPeaks(t *testing.T) {
	trace := []float64{9, 0, 1, 0, 0.005, 0, 2, 2, 0, 3}
	if got := Peaks(trace, PeakThreshold); !slices.Equal(got, []int{2}) {
		t.Errorf("peaks %v, want [2]: edges, small bumps and plateaus are none", got)
	}
	if got := Peaks(trace, 0.004); !slices.Equal(got, []int{2, 4}) {
		t.Errorf("peaks %v, want [2 4]", got)
	}
	if got := Peaks([]float64{0, 0.5, 0}, 0.5); !slices.Equal(got, []int{1}) {
		t.Errorf("peaks %v, want [1]: the threshold itself counts", got)
	}
}

func TestDetectEvents(t *testing.T) {
	rate := 6.3009
	traces := [][]float64{{0, 1, 0, 2, 0}, {1, 1, 1, 1, 1}}
	frames, err := recording.FromFrames(traces, rate)
	if err != nil {
		t.Fatal(err)
	}
	stamped, err := recording.FromTraces(traces, []float64{0, 0.2, 0.3, 0.55, 0.6})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r    *recording.Recording
		want []float64
	}{{frames, []float64{1 / rate, 3 / rate}}, {stamped, []float64{0.2, 0.55}}} {
		got, err := DetectEvents(c.r, PeakThreshold)
		if err != nil || !slices.Equal(got.Events[0], c.want) || len(got.Events[1]) != 0 || c.r.Events != nil {
			t.Errorf("%+v, %v, want %v", got, err, c.want)
		} else if len(got.Warnings) != 2 {
			t.Errorf("warnings %q, want one of the constant trace, one of no events", got.Warnings)
		}
	}
	for _, threshold := range []float64{0, -1, math.NaN()} {
		if _, err := DetectEvents(frames, threshold); err == nil || !strings.Contains(err.Error(), "threshold") {
			t.Errorf("threshold %g: %v", threshold, err)
		}
	}
	if _, err := DetectEvents(&recording.Recording{}, 1); err == nil || !strings.Contains(err.Error(), "traces") {
		t.Errorf("no traces: %v", err)
	}
}
