package graph

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"biornn/internal/kernel"
)

// Undirected is a simple binary graph on nodes 0…N−1, a row of bits a node. It is
// immutable once built. Null models may carry self-loops; the measures say what
// they do with them.
type Undirected struct{ bitRows }

func newUndirected(n int) *Undirected { return &Undirected{newBitRows(n)} }

// bitRows is an n×n matrix of bits, row by row.
type bitRows struct {
	n, words int
	rows     []uint64
}

func newBitRows(n int) bitRows {
	words := (n + 63) / 64
	return bitRows{n: n, words: words, rows: make([]uint64, n*words)}
}

func (b *bitRows) row(i int) []uint64 { return b.rows[i*b.words : (i+1)*b.words] }

func (b *bitRows) mark(i, j int) { b.rows[i*b.words+j>>6] |= 1 << (j & 63) }

// NewUndirected builds a graph from pairs of nodes; self-loops are dropped.
func NewUndirected(n int, pairs [][2]int) (*Undirected, error) {
	g := newUndirected(n)
	for i, p := range pairs {
		if p[0] < 0 || p[0] >= n || p[1] < 0 || p[1] >= n {
			return nil, fmt.Errorf("graph: pair %d: want nodes below %d, got %v", i, n, p)
		}
		if p[0] != p[1] {
			g.set(p[0], p[1])
		}
	}
	return g, nil
}

// Binarise builds the graph of the strongest weights: |W| strictly above its
// quantile over all n² entries (linear interpolation, as numpy.quantile), joined in
// both directions, without self-loops. W is [post][pre]; NaN or infinity is an error.
func Binarise(w []float64, n int, quantile float64) (*Undirected, error) {
	if len(w) != n*n {
		panic("graph: Binarise: matrix is not n×n")
	}
	if !(quantile >= 0 && quantile <= 1) {
		return nil, fmt.Errorf("graph: quantile: want a number from 0 to 1, got %g", quantile)
	}
	size := make([]float64, len(w))
	for i, x := range w {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("graph: weight of %d → %d: want a finite number, got %g", i%n, i/n, x)
		}
		size[i] = math.Abs(x)
	}
	g := newUndirected(n)
	if n == 0 {
		return g, nil
	}
	threshold := quantileOf(size, quantile)
	for i, x := range w {
		if a, b := i/n, i%n; a != b && math.Abs(x) > threshold {
			g.set(a, b)
		}
	}
	return g, nil
}

// quantileOf is numpy.quantile with method 'linear'; it sorts x.
func quantileOf(x []float64, q float64) float64 {
	slices.Sort(x)
	at := q * float64(len(x)-1)
	i := int(at)
	if i >= len(x)-1 {
		return x[len(x)-1]
	}
	t, step := at-float64(i), x[i+1]-x[i]
	if t >= 0.5 {
		return x[i+1] - float64(step*(1-t))
	}
	return x[i] + float64(step*t)
}

func (g *Undirected) set(a, b int) {
	g.rows[a*g.words+b>>6] |= 1 << (b & 63)
	g.rows[b*g.words+a>>6] |= 1 << (a & 63)
}

func (g *Undirected) clear(a, b int) {
	g.rows[a*g.words+b>>6] &^= 1 << (b & 63)
	g.rows[b*g.words+a>>6] &^= 1 << (a & 63)
}

// Has tells whether a and b are linked.
func (g *Undirected) Has(a, b int) bool { return g.rows[a*g.words+b>>6]>>(b&63)&1 != 0 }

// N returns the number of nodes.
func (g *Undirected) N() int { return g.n }

// Degree returns the number of links of a node; a self-loop counts once.
func (g *Undirected) Degree(i int) int {
	d := 0
	for _, w := range g.row(i) {
		d += bits.OnesCount64(w)
	}
	return d
}

// Len returns the number of links, without self-loops.
func (g *Undirected) Len() int {
	sum := 0
	for i := range g.n {
		sum += g.Degree(i)
		if g.Has(i, i) {
			sum--
		}
	}
	return sum / 2
}

// Density returns the share of linked pairs, NaN below two nodes.
func (g *Undirected) Density() float64 {
	return float64(g.Len()) / (float64(g.n) * float64(g.n-1) / 2)
}

// Neighbours calls visit for each neighbour of i, in ascending order.
func (g *Undirected) Neighbours(i int, visit func(j int)) {
	for k, w := range g.row(i) {
		for ; w != 0; w &= w - 1 {
			visit(k<<6 + bits.TrailingZeros64(w))
		}
	}
}

// Pairs returns the links, each once, ordered.
func (g *Undirected) Pairs() [][2]int {
	var out [][2]int
	for i := range g.n {
		g.Neighbours(i, func(j int) {
			if i < j {
				out = append(out, [2]int{i, j})
			}
		})
	}
	return out
}

// Clustering returns each node's local clustering coefficient: the share of linked
// pairs among its neighbours (Watts & Strogatz 1998, doi:10.1038/30918), 0 with
// fewer than two. With self-loops it is what bct.clustering_coef_bu computes: a
// looped node is its own neighbour and its loop counts as a link.
func (g *Undirected) Clustering() []float64 {
	links := make([]int, g.n)
	if kernel.FastBits() {
		union := make([]uint64, g.words)
		for i := range g.n {
			links[i] = kernel.Neighbours(g.row(i), g.rows, union)
		}
		return g.share(links)
	}
	for i := range g.n {
		own := g.row(i)
		for at, w := range own[:i>>6+1] { // each pair once: what they share counts for both
			for ; w != 0; w &= w - 1 {
				j := at<<6 + bits.TrailingZeros64(w)
				if j > i {
					break
				}
				shared := common(own, g.row(j))
				links[i] += shared
				if j != i {
					links[j] += shared
				}
			}
		}
	}
	return g.share(links)
}

// share turns the links among each node's neighbours, counted twice, into their share
// of all pairs.
func (g *Undirected) share(links []int) []float64 {
	c := make([]float64, g.n)
	for i := range c {
		if k := g.Degree(i); k >= 2 {
			c[i] = float64(links[i]) / float64(k*k-k)
		}
	}
	return c
}

// common counts the nodes in both rows.
func common(a, b []uint64) int {
	n, m := 0, 0
	b = b[:len(a)]
	for len(a) >= 2 && len(b) >= 2 {
		n += bits.OnesCount64(a[0] & b[0])
		m += bits.OnesCount64(a[1] & b[1])
		a, b = a[2:], b[2:]
	}
	if len(a) > 0 && len(b) > 0 {
		n += bits.OnesCount64(a[0] & b[0])
	}
	return n + m
}

// MeanClustering returns the mean of Clustering.
func (g *Undirected) MeanClustering() float64 { return mean(g.Clustering()) }

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Transitivity returns three times the triangles over the connected triples
// (Newman 2003, doi:10.1137/S003614450342480), 0 without triples. Self-loops are
// not expected.
func (g *Undirected) Transitivity() float64 {
	closed, triples := 0, 0
	for i := range g.n {
		k := g.Degree(i)
		triples += k * (k - 1)
		g.Neighbours(i, func(j int) { closed += common(g.row(i), g.row(j)) })
	}
	if triples == 0 {
		return 0
	}
	return float64(closed) / float64(triples)
}
