package graph

import (
	"fmt"
	"slices"

	"biornn/internal/rng"
)

// Rewire returns the graph after random swaps of the targets of pairs of edges, a → b and
// c → d becoming a → d and c → b (Maslov & Sneppen 2002, doi:10.1126/science.1065103). Every
// node keeps its in- and out-degree, every edge its weight and so every node its
// out-strength; self-loops and double edges do not arise, and self-loops stay as they
// are. rounds is the number of swaps tried for each edge (10 are usual). allowed, unless
// nil, may refuse a swap.
func (g *Digraph) Rewire(rounds int, s *rng.Stream, allowed func(a, b, c, d int) bool) *Digraph {
	edges, fixed := g.withoutLoops()
	if len(edges) < 2 {
		return g
	}
	there := newPairs(g.n)
	for _, e := range edges {
		there.add(e.Pre, e.Post)
	}
	pick := rng.NewRange(len(edges))
	for range rounds * len(edges) {
		i, j := pick.In(s), pick.In(s)
		x, y := &edges[i], &edges[j]
		a, b, c, d := x.Pre, x.Post, y.Pre, y.Post
		if a == d || c == b || there.has(a, d) || there.has(c, b) || allowed != nil && !allowed(a, b, c, d) {
			continue
		}
		there.remove(a, b)
		there.remove(c, d)
		there.add(a, d)
		there.add(c, b)
		x.Post, y.Post = d, b
	}
	return g.with(edges, fixed)
}

// withoutLoops returns the edges between different nodes, and the self-loops.
func (g *Digraph) withoutLoops() (edges, loops []Edge) {
	for _, e := range g.Edges() {
		if e.Pre == e.Post {
			loops = append(loops, e)
		} else {
			edges = append(edges, e)
		}
	}
	return edges, loops
}

// with returns a graph on the nodes of g; no pair of nodes may stand twice.
func (g *Digraph) with(edges, loops []Edge) *Digraph {
	all := append(edges, loops...)
	back := &Digraph{n: g.n, start: make([]int, g.n+1), post: make([]int32, len(all)), weight: make([]float64, len(all))}
	for _, e := range all {
		back.start[e.Post+1]++
	}
	for i := range g.n {
		back.start[i+1] += back.start[i]
	}
	next := slices.Clone(back.start)
	for _, e := range all {
		k := next[e.Post]
		back.post[k], back.weight[k] = int32(e.Pre), e.Weight
		next[e.Post]++
	}
	return back.reversed() // which puts every row in order
}

// pairs is a set of ordered pairs of nodes.
type pairs struct {
	n    int
	bits []uint64
	far  map[[2]int32]struct{} // in place of bits where these would be too many
}

// mostBits is the number of nodes up to which a bit for each pair is kept, 113 MB.
const mostBits = 30000

func newPairs(n int) *pairs {
	if n > mostBits {
		return &pairs{n: n, far: map[[2]int32]struct{}{}}
	}
	return &pairs{n: n, bits: make([]uint64, (n*n+63)/64)}
}

func (p *pairs) has(a, b int) bool {
	if p.far != nil {
		_, ok := p.far[[2]int32{int32(a), int32(b)}]
		return ok
	}
	k := a*p.n + b
	return p.bits[k>>6]>>(k&63)&1 != 0
}

func (p *pairs) add(a, b int) {
	if p.far != nil {
		p.far[[2]int32{int32(a), int32(b)}] = struct{}{}
		return
	}
	k := a*p.n + b
	p.bits[k>>6] |= 1 << (k & 63)
}

func (p *pairs) remove(a, b int) {
	if p.far != nil {
		delete(p.far, [2]int32{int32(a), int32(b)})
		return
	}
	k := a*p.n + b
	p.bits[k>>6] &^= 1 << (k & 63)
}

// RewireConnected is Rewire without the swaps after which the graph, its edges taken as
// undirected, would fall into pieces: a null of equal degrees for measures of paths. A
// graph that is in pieces already is an error.
func (g *Digraph) RewireConnected(rounds int, s *rng.Stream) (*Digraph, error) {
	u := newUndirected(g.n)
	there := newPairs(g.n)
	edges, _ := g.withoutLoops()
	for _, e := range edges {
		u.set(e.Pre, e.Post)
		there.add(e.Pre, e.Post)
	}
	if _, count := u.Components(); count > 1 {
		return nil, fmt.Errorf("graph: rewire: want a connected graph, got one in %d pieces; take its largest, or Rewire", count)
	}
	return g.Rewire(rounds, s, func(a, b, c, d int) bool {
		lost := func(i, j int) {
			there.remove(i, j)
			if !there.has(j, i) {
				u.clear(i, j)
			}
		}
		gained := func(i, j int) {
			there.add(i, j)
			u.set(i, j)
		}
		lost(a, b)
		lost(c, d)
		gained(a, d)
		gained(c, b)
		// The new edges join a with d and c with b: a way from a to b, or c to d, is enough.
		if meet(u.row(a), u.row(b)) || meet(u.row(c), u.row(d)) {
			return true
		}
		if _, pieces := u.Components(); pieces == 1 {
			return true
		}
		lost(a, d)
		lost(c, b)
		gained(a, b)
		gained(c, d)
		return false
	}), nil
}

// Latticise is Rewire toward a ring on which the nodes stand in random order: swaps that
// make longer edges are refused (Sporns & Zwi 2004, doi:10.1385/NI:2:2:145). It is the
// ordered counterpart of a directed graph with its degrees; about 100 rounds bring it
// there.
func (g *Digraph) Latticise(rounds int, s *rng.Stream) *Digraph {
	return g.Rewire(rounds, s, shorterOnRing(g.n, s))
}
