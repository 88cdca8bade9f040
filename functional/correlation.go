package functional

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Bin counts events in whole bins of the given width (s) from start on; a rest of
// the window shorter than a bin is left out. The result is [neuron][bin].
func Bin(trains [][]float64, width, start, stop float64) ([][]float64, error) {
	if !(width > 0) {
		return nil, fmt.Errorf("functional: bins: want a width above 0 s, got %g", width)
	}
	// A window that is a whole number of bins but for rounding counts as one.
	bins := math.Floor((stop-start)/width + 1e-8)
	if !(bins >= 2 && bins < 1e9) {
		return nil, fmt.Errorf("functional: bins: want at least 2 bins of %g s in the window, got %g", width, bins)
	}
	out := make([][]float64, len(trains))
	for i, t := range trains {
		if err := checkTrain(t, start, stop); err != nil {
			return nil, fmt.Errorf("functional: bins: neuron %d: %w", i, err)
		}
		out[i] = make([]float64, int(bins))
		for _, x := range t {
			if k := int((x - start) / width); k < len(out[i]) {
				out[i][k]++
			}
		}
	}
	return out, nil
}

// Correlation returns the Pearson correlations of all pairs of rows [neuron][sample].
// A constant row gives NaN, also on the diagonal.
func Correlation(x [][]float64) (*mat.Dense, error) {
	n := len(x)
	if n == 0 || len(x[0]) < 2 {
		return nil, fmt.Errorf("functional: correlation: want at least one neuron and two samples")
	}
	samples := len(x[0])
	z := mat.NewDense(n, samples, nil)
	constant := make([]bool, n)
	for i, row := range x {
		if len(row) != samples {
			return nil, fmt.Errorf("functional: correlation: neuron %d: want %d samples, got %d", i, samples, len(row))
		}
		constant[i] = !standardise(z.RawRowView(i), row)
	}
	var c mat.SymDense
	c.SymOuterK(1, z)
	out := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			v := math.Max(-1, math.Min(1, c.At(i, j)))
			if i == j {
				v = 1
			}
			if constant[i] || constant[j] {
				v = math.NaN()
			}
			out.Set(i, j, v)
		}
	}
	return out, nil
}

// standardise fills z with x less its mean, of length 1; false for a constant x.
func standardise(z, x []float64) bool {
	mean := 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	ss := 0.0
	for i, v := range x {
		z[i] = v - mean
		ss += float64(z[i] * z[i])
	}
	if !(ss > 0) {
		return false
	}
	f := 1 / math.Sqrt(ss)
	for i := range z {
		z[i] *= f
	}
	return true
}

// Peaks returns the frames at which a trace exceeds both neighbours by at least
// threshold.
func Peaks(trace []float64, threshold float64) []int {
	var out []int
	for i := 1; i+1 < len(trace); i++ {
		if trace[i]-trace[i-1] >= threshold && trace[i]-trace[i+1] >= threshold {
			out = append(out, i)
		}
	}
	return out
}

// DetectEvents returns the event times of every trace [neuron][frame]: the times of
// its Peaks.
func DetectEvents(traces [][]float64, times []float64, threshold float64) ([][]float64, error) {
	out := make([][]float64, len(traces))
	for i, trace := range traces {
		if len(trace) != len(times) {
			return nil, fmt.Errorf("functional: events: neuron %d: want %d frames, got %d", i, len(times), len(trace))
		}
		for _, k := range Peaks(trace, threshold) {
			out[i] = append(out[i], times[k])
		}
	}
	return out, nil
}
