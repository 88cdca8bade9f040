// Package recording holds activity aligned to neurons: traces on frames, event
// times, or both.
package recording

import (
	"fmt"
	"math"
)

// Recording is the activity of N neurons in the window Start … Stop (s).
type Recording struct {
	Start, Stop float64
	Traces      [][]float64 // [neuron][frame], nil where only events are known
	Times       []float64   // time of each frame, s; nil without traces
	Events      [][]float64 // [neuron], ascending times in s; nil where only traces are known
	Warnings    []string
}

// FromEvents checks event times and sets the window to 0 … last event + tail.
func FromEvents(events [][]float64, tail float64) (*Recording, error) {
	r := &Recording{Events: events}
	last := 0.0
	for i, train := range events {
		if err := ascending(train); err != nil {
			return nil, fmt.Errorf("recording: neuron %d: events: %w", i, err)
		}
		if len(train) == 0 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("neuron %d has no events", i))
			continue
		}
		if train[0] < 0 {
			return nil, fmt.Errorf("recording: neuron %d: want event times of at least 0 s, got %g", i, train[0])
		}
		last = math.Max(last, train[len(train)-1])
	}
	r.Stop = last + tail
	return r, nil
}

// FromTraces checks traces [neuron][frame] and their frame times (s).
func FromTraces(traces [][]float64, times []float64) (*Recording, error) {
	if len(times) < 2 {
		return nil, fmt.Errorf("recording: want at least 2 frames, got %d", len(times))
	}
	if err := ascending(times); err != nil {
		return nil, fmt.Errorf("recording: frame times: %w", err)
	}
	r := &Recording{Traces: traces, Times: times, Start: times[0], Stop: times[len(times)-1]}
	for i, trace := range traces {
		if len(trace) != len(times) {
			return nil, fmt.Errorf("recording: neuron %d: want %d frames, got %d", i, len(times), len(trace))
		}
		constant := true
		for k, x := range trace {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("recording: neuron %d, frame %d: want a finite number, got %g", i, k, x)
			}
			constant = constant && x == trace[0]
		}
		if constant {
			r.Warnings = append(r.Warnings, fmt.Sprintf("neuron %d has a constant trace", i))
		}
	}
	return r, nil
}

func ascending(t []float64) error {
	for i, x := range t {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("time %d: want a finite number, got %g", i, x)
		}
		if i > 0 && x < t[i-1] {
			return fmt.Errorf("time %d: want at least %g, the one before, got %g: sort the times", i, t[i-1], x)
		}
	}
	return nil
}
