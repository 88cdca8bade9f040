package graph

import "gonum.org/v1/gonum/mat"

// multiply returns the product of two n×n matrices stored row by row.
func multiply(a, b []float64, n int) []float64 {
	var c mat.Dense
	c.Mul(mat.NewDense(n, n, a), mat.NewDense(n, n, b))
	return c.RawMatrix().Data
}

// Symmetric returns (|W| + |W|ᵀ)/2 without its diagonal, divided by its largest
// entry (unless that is 0): the weighted undirected form of W[post][pre].
func Symmetric(w []float64, n int) []float64 {
	out := make([]float64, n*n)
	top := 0.0
	for i := range n {
		for j := range n {
			if i != j {
				out[i*n+j] = (abs(w[i*n+j]) + abs(w[j*n+i])) / 2
				top = max(top, out[i*n+j])
			}
		}
	}
	if top > 0 {
		for i := range out {
			out[i] /= top
		}
	}
	return out
}

func abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
