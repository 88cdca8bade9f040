package graph

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Exponential returns exp(A) of the adjacency matrix, [pre][post], row by row: the
// communicability of the unweighted graph of Estrada & Hatano 2008
// (doi:10.1103/PhysRevE.77.036111), walks of all lengths k counting 1/k!. Its diagonal is
// the subgraph centrality (Estrada & Rodríguez-Velázquez 2005,
// doi:10.1103/PhysRevE.71.056103). Take Binary for the published, unweighted form.
func (g *Digraph) Exponential() []float64 { return exponential(g.preByPost(), g.n) }

// SubgraphCentrality returns the diagonal of Exponential.
func (g *Digraph) SubgraphCentrality() []float64 {
	e := g.Exponential()
	out := make([]float64, g.n)
	for i := range out {
		out[i] = e[i*g.n+i]
	}
	return out
}

// Communicability returns exp(S^−½ W S^−½), [pre][post], row by row, S holding the
// out-strengths (Crofts & Higham 2009, doi:10.1098/rsif.2008.0484). Self-loops take part.
// A node without outgoing weight, whose strength of 0 would be divided by, communicates
// with none but itself. Weights must not be negative. The diagonal is kept; the published
// analyses set it to 0.
func (g *Digraph) Communicability() []float64 {
	root := make([]float64, g.n)
	for i := range root {
		sum := 0.0
		_, w := g.Out(i)
		for _, x := range w {
			sum += x
		}
		if sum > 0 {
			root[i] = 1 / math.Sqrt(sum)
		}
	}
	return exponential(g.mapped(func(e Edge) float64 { return float64(root[e.Pre]*e.Weight) * root[e.Post] }).preByPost(), g.n)
}

// preByPost returns the dense matrix [pre][post].
func (g *Digraph) preByPost() []float64 {
	m := make([]float64, g.n*g.n)
	for _, e := range g.Edges() {
		m[e.Pre*g.n+e.Post] = e.Weight
	}
	return m
}

func exponential(a []float64, n int) []float64 {
	if n == 0 {
		return nil
	}
	var e mat.Dense
	e.Exp(mat.NewDense(n, n, a))
	return e.RawMatrix().Data
}

// Spectrum holds the eigenvalues of a weight matrix.
type Spectrum struct {
	Values   []complex128
	Radius   float64 // greatest size
	Abscissa float64 // greatest real part
	Gap      float64 // between the greatest and the second greatest size, over the greatest; a complex pair counts once
}

// Spectrum returns the eigenvalues of W, self-loops included; false if they did not
// converge or there are none.
func (g *Digraph) Spectrum() (Spectrum, bool) {
	var e mat.Eigen
	if g.n == 0 || !e.Factorize(mat.NewDense(g.n, g.n, g.preByPost()), mat.EigenNone) {
		return Spectrum{}, false
	}
	s := Spectrum{Values: e.Values(nil), Abscissa: math.Inf(-1)}
	second := 0.0
	for _, v := range s.Values {
		s.Abscissa = max(s.Abscissa, real(v))
		if imag(v) < 0 {
			continue // its pair is there
		}
		size := math.Hypot(real(v), imag(v))
		if size > s.Radius {
			second, s.Radius = s.Radius, size
		} else {
			second = max(second, size)
		}
	}
	s.Gap = (s.Radius - second) / s.Radius
	return s, true
}

// EntropyOfRows returns, in bits, the mean over rows of the entropy of the shares
// |x|/Σ|x| of a row of an n×n matrix, zeros and empty rows left out (Sheeran et al. 2024);
// NaN if all is 0.
func EntropyOfRows(m []float64, n int) float64 {
	sum, rows := 0.0, 0.0
	for i := range n {
		if h := shareEntropy(m[i*n : (i+1)*n]); !math.IsNaN(h) {
			sum += h
			rows++
		}
	}
	return sum / rows
}

// Entropy returns, in bits, that of the shares |λ|/Σ|λ|.
func (s Spectrum) Entropy() float64 {
	sizes := make([]float64, len(s.Values))
	for i, v := range s.Values {
		sizes[i] = math.Hypot(real(v), imag(v))
	}
	return shareEntropy(sizes)
}

// shareEntropy returns the entropy in bits of |x|/Σ|x|, NaN if that is 0.
func shareEntropy(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += math.Abs(v)
	}
	if total == 0 {
		return math.NaN()
	}
	h := 0.0
	for _, v := range x {
		if p := math.Abs(v) / total; p > 0 {
			h -= float64(p * math.Log2(p))
		}
	}
	return h
}
