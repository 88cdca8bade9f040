package analysis

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// AddWiring adds wiring_cost, Σ|W|∘D, and weight_distance_r, the correlation of |W|
// and D over pairs of different neurons. d holds the n×n distances between neurons;
// the unit of the cost is that of d.
func (m *Measures) AddWiring(w, d []float64, n int) error {
	if len(w) != n*n || len(d) != n*n {
		return fmt.Errorf("analysis: wiring: want %d weights and distances, got %d and %d", n*n, len(w), len(d))
	}
	var cost float64
	var abs, far []float64
	for post := range n {
		for pre := range n {
			a, x := math.Abs(w[post*n+pre]), d[post*n+pre]
			cost += float64(a * x)
			if post != pre {
				abs, far = append(abs, a), append(far, x)
			}
		}
	}
	m.set("wiring_cost", cost, "a weight or a distance is not finite")
	m.set("weight_distance_r", pearson(abs, far), "weights or distances are all equal")
	return nil
}

// pearson returns the correlation, NaN if one side does not vary.
func pearson(x, y []float64) float64 {
	if len(x) < 2 || same(x) || same(y) {
		return math.NaN()
	}
	return stat.Correlation(x, y, nil)
}

func same(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// addWeights adds the measures of the weights themselves.
func (m *Measures) addWeights(w []float64, n int) {
	var total, diagonal float64
	for i, x := range w {
		total += math.Abs(x)
		if i%n == i/n {
			diagonal += math.Abs(x)
		}
	}
	m.set("mean_abs_weight", total/float64(len(w)), "")
	m.set("diagonal_share", diagonal/total, "all weights are 0")
	m.set("spectral_radius", spectralRadius(w, n), "the eigenvalues did not converge")
	bits, err := densityEntropy(w)
	if err != nil {
		m.warn("entropy_bits", err.Error())
		return
	}
	m.set("entropy_bits", bits, "")
}

// spectralRadius returns the greatest |eigenvalue|, NaN if they did not converge.
func spectralRadius(w []float64, n int) float64 {
	var e mat.Eigen
	if !e.Factorize(mat.NewDense(n, n, append([]float64(nil), w...)), mat.EigenNone) {
		return math.NaN()
	}
	radius := 0.0
	for _, v := range e.Values(nil) {
		radius = max(radius, math.Hypot(real(v), imag(v)))
	}
	return radius
}
