package functional

import (
	"fmt"
	"math"

	"biornn/recording"
)

// PeakThreshold is the published height of an event over both neighbouring frames of
// the deconvolved trace.
const PeakThreshold = 0.01

// Peaks returns the frames at which a trace exceeds both neighbours by at least
// threshold. The first and the last frame, and plateaus, are none.
func Peaks(trace []float64, threshold float64) []int {
	var out []int
	for i := 1; i+1 < len(trace); i++ {
		if trace[i]-trace[i-1] >= threshold && trace[i]-trace[i+1] >= threshold {
			out = append(out, i)
		}
	}
	return out
}

// DetectEvents returns a copy of a recording of deconvolved traces with an event at
// the time of each of their Peaks.
func DetectEvents(r *recording.Recording, threshold float64) (*recording.Recording, error) {
	if !(threshold > 0) || math.IsInf(threshold, 0) {
		return nil, fmt.Errorf("functional: events: want a threshold above 0, got %g", threshold)
	}
	if r.Traces == nil {
		return nil, fmt.Errorf("functional: events: want a recording with traces")
	}
	events := make([][]float64, len(r.Traces))
	for i, trace := range r.Traces {
		for _, k := range Peaks(trace, threshold) {
			events[i] = append(events[i], r.Times[k])
		}
	}
	return r.WithEvents(events)
}
