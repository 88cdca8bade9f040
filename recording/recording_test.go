package recording

import (
	"math"
	"strings"
	"testing"
)

func TestFromEvents(t *testing.T) {
	r, err := FromEvents([][]float64{{1, 2}, nil, {0.5, 7}}, 0.1)
	if err != nil || r.Stop != 7.1 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "neuron 1") {
		t.Errorf("%+v, %v", r, err)
	}
	for want, events := range map[string][][]float64{
		"neuron 1: events: time 1: want at least 2": {{1}, {2, 1}},
		"got NaN":    {{math.NaN()}},
		"at least 0": {{-1, 2}},
	} {
		if _, err := FromEvents(events, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestFromTraces(t *testing.T) {
	r, err := FromTraces([][]float64{{1, 2, 3}, {4, 4, 4}}, []float64{0, 1, 2})
	if err != nil || r.Stop != 2 || len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "constant") {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := FromTraces([][]float64{{1, 2}}, []float64{0, 1, 2}); err == nil || !strings.Contains(err.Error(), "want 3 frames, got 2") {
		t.Errorf("short trace: %v", err)
	}
	if _, err := FromTraces([][]float64{{1, math.Inf(1), 0}}, []float64{0, 1, 2}); err == nil || !strings.Contains(err.Error(), "frame 1") {
		t.Errorf("infinite: %v", err)
	}
}
