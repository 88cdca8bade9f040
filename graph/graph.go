// Package graph holds directed weighted graphs over dense indices and measures on them.
//
// A synapse goes pre → post. Dense matrices are stored row by row with
// W[post][pre], as everywhere in this program. A circuit.Circuit and a trained
// network both yield a Digraph, so every measure exists once.
package graph

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// Edge is one directed connection.
type Edge struct {
	Pre, Post int
	Weight    float64
}

// Digraph is an immutable weighted directed graph on nodes 0…N−1 in compressed
// sparse rows: for each pre, its posts in ascending order.
type Digraph struct {
	n      int
	start  []int
	post   []int32
	weight []float64

	counted atomic.Pointer[degreeCounts] // once somebody has asked
}

// degreeCounts are the numbers of edges that end and that begin at each node, without self-loops.
type degreeCounts struct{ in, out []int }

// FromEdges builds a graph of n nodes. Several edges of the same pair are summed;
// edges of weight 0 are dropped. An index outside 0…n−1 is an error.
func FromEdges(n int, edges []Edge) (*Digraph, error) {
	sorted := slices.Clone(edges)
	for i, e := range sorted {
		if e.Pre < 0 || e.Pre >= n || e.Post < 0 || e.Post >= n {
			return nil, fmt.Errorf("graph: edge %d: want indices below %d, got pre %d, post %d", i, n, e.Pre, e.Post)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Edge) int {
		if a.Pre != b.Pre {
			return a.Pre - b.Pre
		}
		return a.Post - b.Post
	})
	g := &Digraph{n: n, start: make([]int, n+1)}
	for i := 0; i < len(sorted); {
		e, w := sorted[i], 0.0
		for ; i < len(sorted) && sorted[i].Pre == e.Pre && sorted[i].Post == e.Post; i++ {
			w += sorted[i].Weight
		}
		if w != 0 {
			g.post = append(g.post, int32(e.Post))
			g.weight = append(g.weight, w)
			g.start[e.Pre+1]++
		}
	}
	for i := range n {
		g.start[i+1] += g.start[i]
	}
	return g, nil
}

// FromMatrix builds a graph from an n×n matrix W[post][pre], stored row by row;
// its zeros are no edges.
func FromMatrix(n int, w []float64) *Digraph {
	if len(w) != n*n {
		panic("graph: FromMatrix: matrix is not n×n")
	}
	g := &Digraph{n: n, start: make([]int, n+1)}
	for pre := range n {
		for post := range n {
			if x := w[post*n+pre]; x != 0 {
				g.post = append(g.post, int32(post))
				g.weight = append(g.weight, x)
			}
		}
		g.start[pre+1] = len(g.post)
	}
	return g
}

// N returns the number of nodes.
func (g *Digraph) N() int { return g.n }

// Len returns the number of edges.
func (g *Digraph) Len() int { return len(g.post) }

// Out returns the posts of pre and the weights of these edges. The slices belong to the graph.
func (g *Digraph) Out(pre int) (post []int32, weight []float64) {
	a, b := g.start[pre], g.start[pre+1]
	return g.post[a:b], g.weight[a:b]
}

// Weight returns the weight of pre → post, 0 where there is no edge.
func (g *Digraph) Weight(pre, post int) float64 {
	posts, w := g.Out(pre)
	if i, ok := slices.BinarySearch(posts, int32(post)); ok {
		return w[i]
	}
	return 0
}

// Edges returns all edges, ordered by pre, then post.
func (g *Digraph) Edges() []Edge {
	out := make([]Edge, 0, g.Len())
	for pre := range g.n {
		posts, w := g.Out(pre)
		for i, p := range posts {
			out = append(out, Edge{Pre: pre, Post: int(p), Weight: w[i]})
		}
	}
	return out
}

// Matrix returns the dense n×n matrix W[post][pre], row by row.
func (g *Digraph) Matrix() []float64 {
	m := make([]float64, g.n*g.n)
	for _, e := range g.Edges() {
		m[e.Post*g.n+e.Pre] = e.Weight
	}
	return m
}
