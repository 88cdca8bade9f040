// Package recording holds activity aligned to neurons: traces on frames, event
// times, or both.
package recording

import (
	"fmt"
	"math"
	"strings"
)

// Recording is the activity of N neurons in the window Start … Stop (s).
type Recording struct {
	Start, Stop float64
	FrameRate   float64     // Hz, on average; 0 where unknown
	Traces      [][]float64 // [neuron][frame], nil where only events are known
	Times       []float64   // time of each frame, s; nil without traces
	Events      [][]float64 // [neuron], ascending times in s; nil where only traces are known
	Warnings    []string    // silent neurons and constant traces
}

// N returns the number of neurons.
func (r *Recording) N() int { return max(len(r.Traces), len(r.Events)) }

// FromEvents checks event times and sets the window to 0 … last event + tail.
func FromEvents(events [][]float64, tail float64) (*Recording, error) {
	if !(tail >= 0) || math.IsInf(tail, 0) {
		return nil, fmt.Errorf("recording: tail: want a time of at least 0 s, got %g", tail)
	}
	last := 0.0
	for _, train := range events {
		if len(train) > 0 && train[len(train)-1] > last {
			last = train[len(train)-1]
		}
	}
	return FromEventsIn(events, 0, last+tail)
}

// FromEventsIn checks event times of a recording whose window is known.
func FromEventsIn(events [][]float64, start, stop float64) (*Recording, error) {
	if !(stop >= start) || math.IsInf(stop-start, 0) {
		return nil, fmt.Errorf("recording: want a window that ends after it starts, got %g … %g s", start, stop)
	}
	return (&Recording{Start: start, Stop: stop}).WithEvents(events)
}

// WithEvents returns a copy of a recording with these event times, checked.
func (r *Recording) WithEvents(events [][]float64) (*Recording, error) {
	if len(events) == 0 || (r.Traces != nil && len(events) != len(r.Traces)) {
		return nil, fmt.Errorf("recording: events: want a train for each of %d neurons, got %d", max(1, len(r.Traces)), len(events))
	}
	var silent []int
	for i, train := range events {
		if k, problem := disorder(train, false); problem != "" {
			return nil, fmt.Errorf("recording: neuron %d: event %d: %s", i, k, problem)
		}
		if len(train) == 0 {
			silent = append(silent, i)
			continue
		}
		for _, x := range []float64{train[0], train[len(train)-1]} {
			if x < r.Start || x > r.Stop {
				return nil, fmt.Errorf("recording: neuron %d: want event times in %g … %g s, got %g", i, r.Start, r.Stop, x)
			}
		}
	}
	out := *r
	out.Events = events
	out.Warnings = append([]string(nil), r.Warnings...)
	out.warn(silent, "no events")
	return &out, nil
}

// FromFrames checks traces [neuron][frame] whose frame k lies at k/rate (s; rate in Hz).
func FromFrames(traces [][]float64, rate float64) (*Recording, error) {
	if !(rate > 0) || math.IsInf(rate, 0) {
		return nil, fmt.Errorf("recording: frame rate: want a number above 0 Hz, got %g", rate)
	}
	if len(traces) == 0 {
		return nil, fmt.Errorf("recording: want traces of at least one neuron")
	}
	times := make([]float64, len(traces[0]))
	for k := range times {
		times[k] = float64(k) / rate
	}
	r, err := FromTraces(traces, times)
	if err != nil {
		return nil, err
	}
	r.FrameRate = rate
	return r, nil
}

// FromTraces checks traces [neuron][frame] and their frame times (s). The window
// reaches from the first frame to the last.
func FromTraces(traces [][]float64, times []float64) (*Recording, error) {
	if len(traces) == 0 {
		return nil, fmt.Errorf("recording: want traces of at least one neuron")
	}
	if len(times) < 2 {
		return nil, fmt.Errorf("recording: want at least 2 frames, got %d", len(times))
	}
	if k, problem := disorder(times, true); problem != "" {
		return nil, fmt.Errorf("recording: frame %d: %s", k, problem)
	}
	last := len(times) - 1
	r := &Recording{Traces: traces, Times: times, Start: times[0], Stop: times[last]}
	r.FrameRate = float64(last) / (r.Stop - r.Start)
	var constant []int
	for i, trace := range traces {
		if len(trace) != len(times) {
			return nil, fmt.Errorf("recording: neuron %d: want %d frames, got %d", i, len(times), len(trace))
		}
		varies := false
		for k, x := range trace {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("recording: neuron %d, frame %d: want a finite number, got %g", i, k, x)
			}
			varies = varies || x != trace[0]
		}
		if !varies {
			constant = append(constant, i)
		}
	}
	r.warn(constant, "a constant trace")
	return r, nil
}

// disorder returns the place of the first time that is not finite or not after the
// one before (not before it, unless strict), and what is wrong there.
func disorder(t []float64, strict bool) (int, string) {
	for k, x := range t {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return k, fmt.Sprintf("want a finite time, got %g", x)
		}
		if k > 0 && (x < t[k-1] || (strict && x == t[k-1])) {
			return k, fmt.Sprintf("want ascending times, got %g s after %g s: sort them", x, t[k-1])
		}
	}
	return 0, ""
}

// warn notes what some neurons have, naming the first few.
func (r *Recording) warn(neurons []int, what string) {
	if len(neurons) == 0 {
		return
	}
	const named = 8
	var b strings.Builder
	for k, i := range neurons[:min(named, len(neurons))] {
		if k > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, i)
	}
	if len(neurons) > named {
		b.WriteString(", …")
	}
	r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d neurons have %s (rows %s)", len(neurons), r.N(), what, &b))
}
