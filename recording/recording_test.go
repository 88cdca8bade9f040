package recording

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestFromEvents(t *testing.T) {
	r, err := FromEvents([][]float64{{1, 2}, nil, {0.5, 7}}, 0.1)
	if err != nil || r.N() != 3 || r.Start != 0 || r.Stop != 7.1 || r.FrameRate != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if want := []string{"1 of 3 neurons have no events (rows 1)"}; !slices.Equal(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
	r, err = FromEventsIn([][]float64{{-1, 2, 2}}, -2, 4)
	if err != nil || r.Start != -2 || r.Stop != 4 || len(r.Warnings) != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = FromEvents(make([][]float64, 20), 1)
	if want := "20 of 20 neurons have no events (rows 0, 1, 2, 3, 4, 5, 6, 7, …)"; err != nil || r.Warnings[0] != want {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBadEvents(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		want        string
		events      [][]float64
		start, stop float64
	}{
		{"neuron 1: event 1: want ascending times, got 1 s after 2 s: sort them", [][]float64{{1}, {2, 1}}, 0, 9},
		{"neuron 0: event 0: want a finite time, got NaN", [][]float64{{nan}}, 0, 9},
		{"neuron 0: event 1: want a finite time, got +Inf", [][]float64{{1, math.Inf(1)}}, 0, 9},
		{"neuron 0: want event times in 0 … 9 s, got -1", [][]float64{{-1, 2}}, 0, 9},
		{"neuron 0: want event times in 0 … 9 s, got 10", [][]float64{{2, 10}}, 0, 9},
		{"got 0", nil, 0, 9},
		{"ends after it starts, got 9 … 0 s", [][]float64{{1}}, 9, 0},
		{"ends after it starts", [][]float64{{1}}, 0, nan},
		{"ends after it starts", [][]float64{{1}}, 0, math.Inf(1)},
	} {
		if _, err := FromEventsIn(c.events, c.start, c.stop); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	for _, tail := range []float64{-1, nan} {
		if _, err := FromEvents([][]float64{{1}}, tail); err == nil || !strings.Contains(err.Error(), "tail") {
			t.Errorf("tail %g: %v", tail, err)
		}
	}
	if _, err := FromEvents([][]float64{{1, nan}}, 0.1); err == nil || !strings.Contains(err.Error(), "NaN") {
		t.Errorf("NaN at the end: %v", err)
	}
}

func TestFromTraces(t *testing.T) {
	r, err := FromTraces([][]float64{{1, 2, 3}, {4, 4, 4}}, []float64{1, 2, 5})
	if err != nil || r.N() != 2 || r.Start != 1 || r.Stop != 5 || r.FrameRate != 0.5 {
		t.Errorf("%+v, %v", r, err)
	}
	if want := []string{"1 of 2 neurons have a constant trace (rows 1)"}; !slices.Equal(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
	r, err = FromFrames([][]float64{{1, 2, 3}}, 4)
	if err != nil || !slices.Equal(r.Times, []float64{0, 0.25, 0.5}) || r.FrameRate != 4 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestBadTraces(t *testing.T) {
	three := []float64{0, 1, 2}
	for _, c := range []struct {
		want   string
		traces [][]float64
		times  []float64
	}{
		{"neuron 1: want 3 frames, got 2", [][]float64{{1, 2, 3}, {1, 2}}, three},
		{"neuron 0, frame 1: want a finite number, got +Inf", [][]float64{{1, math.Inf(1), 0}}, three},
		{"neuron 0, frame 2: want a finite number, got NaN", [][]float64{{1, 0, math.NaN()}}, three},
		{"at least one neuron", nil, three},
		{"at least 2 frames, got 1", [][]float64{{1}}, []float64{0}},
		{"frame 2: want ascending times, got 1 s after 1 s", [][]float64{{1, 2, 3}}, []float64{0, 1, 1}},
		{"frame 1: want a finite time", [][]float64{{1, 2}}, []float64{0, math.NaN()}},
	} {
		if _, err := FromTraces(c.traces, c.times); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	for _, rate := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := FromFrames([][]float64{{1, 2}}, rate); err == nil || !strings.Contains(err.Error(), "frame rate") {
			t.Errorf("rate %g: %v", rate, err)
		}
	}
	if _, err := FromFrames(nil, 5); err == nil || !strings.Contains(err.Error(), "at least one neuron") {
		t.Errorf("no traces: %v", err)
	}
}

func TestWithEvents(t *testing.T) {
	r, err := FromFrames([][]float64{{1, 2, 3}, {3, 2, 1}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.WithEvents([][]float64{{1}}); err == nil || !strings.Contains(err.Error(), "a train for each of 2 neurons, got 1") {
		t.Errorf("one train: %v", err)
	}
	both, err := r.WithEvents([][]float64{{1}, {2}})
	if err != nil || both.Traces == nil || both.Events == nil || r.Events != nil {
		t.Errorf("%+v, %v", both, err)
	}
}
