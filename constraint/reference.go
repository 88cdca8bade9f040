package constraint

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

var silentNote = map[string]string{
	"epsilon":  "their strength is set to 1e-10, as released, which makes some entries of C huge",
	"isolated": "they are cut off, as receivers too",
}

// normalised returns S^−½|W|S^−½ in float64 for W[post][pre], with ε added to S.
// Neurons without outgoing weight and ε = 0 get S = silent, or are cut off if that is 0.
func normalised(w []float64, n int, epsilon, silent float64) (a *mat.Dense, silentCount int) {
	r := make([]float64, n)
	for post := range n {
		for pre := range n {
			r[pre] += math.Abs(w[post*n+pre])
		}
	}
	for i, s := range r {
		switch {
		case s == 0 && epsilon == 0:
			silentCount++
			if silent > 0 {
				r[i] = 1 / math.Sqrt(silent)
			}
		default:
			r[i] = 1 / math.Sqrt(s+epsilon)
		}
	}
	a = mat.NewDense(n, n, nil)
	for post := range n {
		for pre := range n {
			a.Set(post, pre, math.Abs(w[post*n+pre])*r[post]*r[pre])
		}
	}
	return a, silentCount
}

// empirical returns the communicability of a connectome in float64, [post][pre],
// with a zero diagonal, and the number of neurons without outgoing synapse.
func empirical(w []float64, n int, rows string) (c []float64, silentCount int) {
	silent := 0.0
	if rows == "epsilon" {
		silent = 1e-10
	}
	a, silentCount := normalised(w, n, 0, silent)
	var e mat.Dense
	e.Exp(a)
	c = make([]float64, n*n)
	for i := range n {
		for j := range n {
			if i != j {
				c[i*n+j] = math.Max(0, e.At(i, j))
			}
		}
	}
	return c, silentCount
}
