package functional

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// maxCounts bounds the memory of binned events (8 bytes a count).
const maxCounts = 1 << 29

// Bin counts events in whole bins of the given width (s) from start on; a rest of
// the window shorter than a bin is left out. The result is [neuron][bin].
func Bin(trains [][]float64, width, start, stop float64) ([][]float64, error) {
	return bin[float64](trains, width, start, stop)
}

func bin[T float32 | float64](trains [][]float64, width, start, stop float64) ([][]T, error) {
	if !(width > 0) {
		return nil, fmt.Errorf("functional: bins: want a width above 0 s, got %g", width)
	}
	// A window that is a whole number of bins but for rounding counts as one.
	bins := math.Floor((stop-start)/width + 1e-8)
	if !(bins >= 2) {
		return nil, fmt.Errorf("functional: bins: want at least 2 bins of %g s in the window %g … %g s, got %g", width, start, stop, math.Max(bins, 0))
	}
	if bins*float64(len(trains)) > maxCounts {
		return nil, fmt.Errorf("functional: bins: want at most %d counts, got %g bins of %g s for %d neurons: use wider bins", maxCounts, bins, width, len(trains))
	}
	out := make([][]T, len(trains))
	for i, t := range trains {
		if err := checkTrain(t, start, stop); err != nil {
			return nil, fmt.Errorf("functional: bins: neuron %d: %w", i, err)
		}
		out[i] = make([]T, int(bins))
		for _, x := range t {
			if k := int((x - start) / width); k < len(out[i]) {
				out[i][k]++
			}
		}
	}
	return out, nil
}

// Correlation returns the Pearson correlations of all pairs of rows [neuron][sample].
// A constant row (a silent neuron) gives NaN, also on the diagonal: that it varies
// with nothing is not known to be so. On events in bins of 200 ms (see Bin) it is the
// published measure.
func Correlation(x [][]float64) (*mat.Dense, error) {
	n := len(x)
	if n == 0 || len(x[0]) < 2 {
		return nil, fmt.Errorf("functional: correlation: want at least one neuron and two samples each")
	}
	samples := len(x[0])
	z := mat.NewDense(n, samples, nil)
	constant := make([]bool, n)
	for i, row := range x {
		if len(row) != samples {
			return nil, fmt.Errorf("functional: correlation: neuron %d: want %d samples, got %d", i, samples, len(row))
		}
		for k, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("functional: correlation: neuron %d, sample %d: want a finite number, got %g", i, k, v)
			}
		}
		constant[i] = !standardise(z.RawRowView(i), row)
	}
	c := gram(z, 1)
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
	mean, constant := 0.0, true
	for _, v := range x {
		mean += v
		// Rounding of the mean can leave a constant with a sum of squares above 0.
		constant = constant && v == x[0]
	}
	mean /= float64(len(x))
	ss := 0.0
	for i, v := range x {
		z[i] = v - mean
		ss += float64(z[i] * z[i])
	}
	if constant || !(ss > 0) {
		return false
	}
	f := 1 / math.Sqrt(ss)
	for i := range z {
		z[i] *= f
	}
	return true
}

// gram returns f·z zᵀ. It goes through the samples in panels that stay in cache, which
// takes a third of the time of one product.
func gram(z *mat.Dense, f float64) *mat.SymDense {
	const panel = 512
	n, samples := z.Dims()
	c := mat.NewSymDense(n, nil)
	for k := 0; k < samples; k += panel {
		c.SymRankK(c, f, z.Slice(0, n, k, min(samples, k+panel)))
	}
	return c
}
