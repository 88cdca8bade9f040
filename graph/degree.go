package graph

import (
	"math"
	"math/bits"
	"slices"
)

// Degrees returns how many edges end and how many begin at each node, without self-loops.
func (g *Digraph) Degrees() (in, out []int) {
	d := g.count()
	return slices.Clone(d.in), slices.Clone(d.out)
}

// count counts the edges of each node at the first call.
func (g *Digraph) count() *degreeCounts {
	if d := g.counted.Load(); d != nil {
		return d
	}
	d := &degreeCounts{make([]int, g.n), make([]int, g.n)}
	for _, p := range g.post {
		d.in[p]++
	}
	for i := range g.n {
		posts, _ := g.Out(i)
		d.out[i] = len(posts)
		if _, loop := slices.BinarySearch(posts, int32(i)); loop {
			d.in[i]--
			d.out[i]--
		}
	}
	g.counted.Store(d)
	return d
}

// Strengths returns the summed weights of the edges that end and that begin at each node,
// without self-loops.
func (g *Digraph) Strengths() (in, out []float64) {
	in, out = make([]float64, g.n), make([]float64, g.n)
	for pre := range g.n {
		posts, w := g.Out(pre)
		for i, p := range posts {
			if int(p) != pre {
				out[pre] += w[i]
				in[p] += w[i]
			}
		}
	}
	return in, out
}

// Density returns the share of the n(n−1) ordered pairs that are connected, NaN below two
// nodes.
func (g *Digraph) Density() float64 {
	return float64(g.Simple().Len()) / (float64(g.n) * float64(g.n-1))
}

// ReciprocityRatio returns the share of mutually connected pairs among connected pairs
// (igraph's ratio); NaN without edges.
func (g *Digraph) ReciprocityRatio() float64 {
	both := g.Reciprocity() * float64(g.Simple().Len()) / 2
	return both / float64(g.Union().Len())
}

// ReciprocityRho returns ρ = (r − a)/(1 − a), the reciprocity r against that of a random
// graph of the same density a (Garlaschelli & Loffredo 2004,
// doi:10.1103/PhysRevLett.93.268701); NaN without edges and for a complete graph.
func (g *Digraph) ReciprocityRho() float64 {
	a := g.Density()
	if a == 1 {
		return math.NaN()
	}
	return (g.Reciprocity() - a) / (1 - a)
}

// CoreNumbers returns for each node the largest k for which it is in the k-core: the
// largest part of the graph in which every node has at least k links (Seidman 1983,
// doi:10.1016/0378-8733(83)90028-X).
func (g *Undirected) CoreNumbers() []int {
	left, core := make([]int, g.n), make([]int, g.n)
	there := make([]uint64, g.words) // nodes that are in the core yet
	for i := range left {
		left[i] = g.Degree(i)
		there[i>>6] |= 1 << (i & 63)
	}
	var next []int // nodes that leave it
	for k, rest := 0, g.n; rest > 0; k++ {
		next = next[:0]
		least := g.n
		for i, l := range left {
			if there[i>>6]>>(i&63)&1 != 0 {
				if least = min(least, l); l <= k {
					next = append(next, i)
				}
			}
		}
		if len(next) == 0 {
			k = least - 1
			continue
		}
		for at := 0; at < len(next); at++ {
			i := next[at]
			core[i] = k
			there[i>>6] &^= 1 << (i & 63)
			for word, w := range g.row(i) {
				for w &= there[word]; w != 0; w &= w - 1 {
					j := word<<6 + bits.TrailingZeros64(w)
					if left[j]--; left[j] == k {
						next = append(next, j)
					}
				}
			}
		}
		rest -= len(next)
	}
	return core
}
