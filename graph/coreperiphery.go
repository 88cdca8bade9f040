package graph

import "math"

// CorePeriphery divides the nodes into a core, which is strongly connected within, and a
// periphery, which is not. It maximises the coreness q = (Σ B over pairs in the core −
// Σ B over pairs in the periphery), B = (b + bᵀ)/2s, b = W − γ·mean(W), W_ii = 0, the
// mean taken over n² entries, and s = ΣW (Borgatti & Everett 2000,
// doi:10.1016/S0378-8733(99)00019-2; Rubinov et al. 2015, doi:10.1073/pnas.1420315112).
//
// As B is symmetric, q is Σ_core r_i − Σ_periphery r_i with the row sums r of B: the best
// division is to take the nodes of positive r into the core, and needs no search. Weights
// must not be negative; self-loops are not read. q is NaN without edges.
func (g *Digraph) CorePeriphery(gamma float64) (core []bool, q float64) {
	r := g.coreRows(gamma)
	core = make([]bool, g.n)
	for i, x := range r {
		core[i] = x > 0
		q += math.Abs(x)
	}
	return core, q
}

// Coreness returns q of a given division.
func (g *Digraph) Coreness(core []bool, gamma float64) float64 {
	if len(core) != g.n {
		panic("graph: Coreness: the division is not one of every node")
	}
	q := 0.0
	for i, x := range g.coreRows(gamma) {
		if core[i] {
			q += x
		} else {
			q -= x
		}
	}
	return q
}

// coreRows returns the row sums of B.
func (g *Digraph) coreRows(gamma float64) []float64 {
	in, out := g.Strengths()
	s := 0.0
	for _, x := range out {
		s += x
	}
	n := float64(g.n)
	expected := 2 * gamma * s / n
	for i := range in {
		in[i] = (in[i] + out[i] - expected) / (2 * s)
		if s == 0 {
			in[i] = math.NaN()
		}
	}
	return in
}
