package graph

import (
	"biornn/internal/rng"
)

// Rewire returns the graph after random swaps of the targets of pairs of edges, a → b and
// c → d becoming a → d and c → b (Maslov & Sneppen 2002, doi:10.1126/science.1065103). Every
// node keeps its in- and out-degree, every edge its weight and so every node its
// out-strength; self-loops and double edges do not arise, and self-loops stay as they
// are. rounds is the number of swaps tried for each edge (10 are usual). allowed, unless
// nil, may refuse a swap.
func (g *Digraph) Rewire(rounds int, s *rng.Stream, allowed func(a, b, c, d int) bool) *Digraph {
	var fixed, edges []Edge
	for _, e := range g.Edges() {
		if e.Pre == e.Post {
			fixed = append(fixed, e)
		} else {
			edges = append(edges, e)
		}
	}
	there := make(map[[2]int32]bool, len(edges))
	for _, e := range edges {
		there[[2]int32{int32(e.Pre), int32(e.Post)}] = true
	}
	for range rounds * len(edges) {
		if len(edges) < 2 {
			break
		}
		i, j := s.IntN(len(edges)), s.IntN(len(edges))
		x, y := &edges[i], &edges[j]
		a, b, c, d := x.Pre, x.Post, y.Pre, y.Post
		ad, cb := [2]int32{int32(a), int32(d)}, [2]int32{int32(c), int32(b)}
		if a == d || c == b || there[ad] || there[cb] || allowed != nil && !allowed(a, b, c, d) {
			continue
		}
		delete(there, [2]int32{int32(a), int32(b)})
		delete(there, [2]int32{int32(c), int32(d)})
		there[ad], there[cb] = true, true
		x.Post, y.Post = d, b
	}
	out, err := FromEdges(g.n, append(edges, fixed...))
	if err != nil {
		panic(err) // the indices are those of g
	}
	return out
}
