package analysis

import (
	"math"
	"testing"

	"biornn/graph"
	"biornn/internal/rng"
)

// TestGenerative: a network whose strongest weights are the circuit's synapses has the energy 0
// whatever its other weights; one with the weights elsewhere has that of its strongest links.
func TestGenerative(t *testing.T) {
	const n = 40
	s := rng.New(1, "analysis/generative")
	somata := make([][3]float64, n)
	for i := range somata {
		somata[i] = [3]float64{300 * s.Float64(), 300 * s.Float64(), 300 * s.Float64()}
	}
	var edges []graph.Edge
	w, other := make([]float64, n*n), make([]float64, n*n)
	for i := range w {
		w[i], other[i] = 0.1*s.Norm(), 0.1*s.Norm()
		pre, post := i%n, i/n
		near := math.Hypot(somata[pre][0]-somata[post][0], somata[pre][1]-somata[post][1]) < 80
		if pre != post && near && s.Float64() < 0.4 {
			edges = append(edges, graph.Edge{Pre: pre, Post: post, Weight: 1})
			w[i] = -2 - s.Float64()
		}
	}
	synapses, err := graph.FromEdges(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	m := Measures{Values: map[string]float64{}}
	if err := m.AddGenerative(w, n, synapses, somata); err != nil {
		t.Fatal(err)
	}
	for _, d := range generativeDefinitions {
		if m.Values[d.Key] != 0 {
			t.Errorf("the circuit's own links: %s = %g, want 0", d.Key, m.Values[d.Key])
		}
	}
	if err := m.AddGenerative(other, n, synapses, somata); err != nil {
		t.Fatal(err)
	}
	highest := 0.0
	for _, d := range generativeDefinitions[1:] {
		highest = math.Max(highest, m.Values[d.Key])
	}
	if e := m.Values["generative_energy"]; e != highest || m.Values["generative_length"] < 0.3 {
		t.Errorf("random links: %v, want the energy %g and long links", m.Values, highest)
	}
	if err := m.AddGenerative(w[1:], n, synapses, somata); err == nil {
		t.Error("want an error for other sizes")
	}
	empty, _ := graph.FromEdges(n, nil)
	m = Measures{Values: map[string]float64{}}
	if err := m.AddGenerative(w, n, empty, somata); err != nil || len(m.Values) != 0 || len(m.Warnings) != 1 {
		t.Errorf("no synapses: %v, %v, %v", m.Values, m.Warnings, err)
	}
}

// TestResolution: groups of groups are found as the large ones at a low resolution and as the
// small ones at a high one, and the resolution 1 is the default.
func TestResolution(t *testing.T) {
	const n = 64
	w := make([]float64, n*n)
	for i := range w {
		a, b := i/n, i%n
		switch {
		case a/8 == b/8:
			w[i] = 1
		case a/16 == b/16:
			w[i] = 0.5
		default:
			w[i] = 0.02
		}
	}
	of := func(resolution float64) Measures {
		cfg := Config{Quantile: 0.5, Nulls: 20, MatchedNulls: 10, Seed: 1, Resolution: resolution}
		var m Measures
		if err := AddCommunities(&m, w, n, nil, cfg); err != nil {
			t.Fatal(err)
		}
		return m
	}
	usual, one, fine := of(0), of(1), of(3)
	for _, key := range []string{"modularity_directed", "modularity_undirected", "communities", "communities_undirected"} {
		if usual.Values[key] != one.Values[key] {
			t.Errorf("%s: %g by default, %g at the resolution 1", key, usual.Values[key], one.Values[key])
		}
	}
	if usual.Values["communities"] != 4 || fine.Values["communities"] != 8 {
		t.Errorf("%g communities at the resolution 1 and %g at 3, want 4 and 8", usual.Values["communities"], fine.Values["communities"])
	}
	for _, bad := range []float64{-1, math.NaN(), math.Inf(1)} {
		cfg := DefaultConfig()
		if cfg.Resolution = bad; cfg.Validate() == nil {
			t.Errorf("resolution %g: want an error", bad)
		}
	}
}
