package graph

import (
	"math"
	"testing"

	"biornn/internal/rng"
)

// Degrees, weights and self-loops stay; most edges do not.
func TestRewire(t *testing.T) {
	s := rng.New(1, "graph/rewire-test")
	const n = 60
	var edges []Edge
	for i := range n {
		for j := range n {
			if s.Float64() < 0.1 {
				edges = append(edges, Edge{i, j, 1 + float64(s.IntN(5))})
			}
		}
	}
	g, err := FromEdges(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	near := func(a, b int) bool { return (a-b+n)%n < n/2 } // a property of pairs, to be kept
	for name, allowed := range map[string]func(a, b, c, d int) bool{
		"degrees": nil, "and a property": func(a, b, c, d int) bool { return near(a, b) == near(a, d) && near(c, d) == near(c, b) },
	} {
		r := g.Rewire(10, rng.New(2, name), allowed)
		if r.Len() != g.Len() {
			t.Fatalf("%s: want %d edges, got %d", name, g.Len(), r.Len())
		}
		var in, out, strength, kept, side [2][n]float64
		for k, x := range []*Digraph{g, r} {
			for _, e := range x.Edges() {
				in[k][e.Post]++
				out[k][e.Pre]++
				strength[k][e.Pre] += e.Weight
				if e.Pre == e.Post {
					kept[k][e.Pre] = e.Weight
				}
				if near(e.Pre, e.Post) {
					side[k][0]++
				}
			}
		}
		if in[0] != in[1] || out[0] != out[1] || kept[0] != kept[1] {
			t.Errorf("%s: want degrees and self-loops kept", name)
		}
		for i := range n {
			if math.Abs(strength[0][i]-strength[1][i]) > 1e-12 {
				t.Errorf("%s: out-strength of %d: want %g, got %g", name, i, strength[0][i], strength[1][i])
			}
		}
		if allowed != nil && side[0] != side[1] {
			t.Errorf("%s: want the property kept by %g edges, got %g", name, side[0][0], side[1][0])
		}
		same := 0
		for _, e := range g.Edges() {
			if e.Pre != e.Post && r.Weight(e.Pre, e.Post) != 0 {
				same++
			}
		}
		if float64(same) > 0.4*float64(g.Len()) {
			t.Errorf("%s: %d of %d edges are where they were", name, same, g.Len())
		}
	}
}
