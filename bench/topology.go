package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"biornn/graph"
	"biornn/internal/npy"
	"biornn/internal/rng"
)

// shape is what a measure of structure is compared on.
type shape struct {
	directed   *graph.Digraph // of uniform weights, a tenth of all ordered pairs
	symmetric  *graph.Digraph // its union, without weights
	undirected *graph.Undirected
}

// structureMeasure is a measure with the peers that have it and the sizes at which they
// take less than minutes.
type structureMeasure struct {
	key, name string
	ours      func(s shape) []float64
	peers     map[string][]int
	slow      bool // for the peer: one turn
	// better, unless nil, compares what a peer may do less well; else values must agree.
	better func(ours, theirs float64) bool
}

// Sizes of the graphs: those of the published networks, and large ones too.
var small, both = []int{measuredNeurons}, []int{measuredNeurons, 2000}

var structureMeasures = []structureMeasure{
	{key: "clustering", name: "clustering, undirected", ours: func(s shape) []float64 { return s.undirected.Clustering() },
		peers: map[string][]int{"igraph": both, "bctpy": both}},
	{key: "clustering-directed-weighted", name: "clustering, directed and weighted", ours: func(s shape) []float64 { return s.directed.ClusteringOnnela() },
		peers: map[string][]int{"bctpy": both}},
	{key: "paths", name: "paths in steps, all pairs", ours: func(s shape) []float64 { return []float64{s.directed.Paths().Efficiency} },
		peers: map[string][]int{"igraph": both, "bctpy": small}},
	{key: "paths-weighted", name: "weighted paths, all pairs", ours: func(s shape) []float64 { return []float64{s.directed.WeightedPaths().Efficiency} },
		peers: map[string][]int{"igraph": both, "bctpy": small}, slow: true},
	{key: "local-efficiency", name: "local efficiency, undirected", ours: func(s shape) []float64 { return s.symmetric.LocalEfficiency() },
		peers: map[string][]int{"bctpy": small}, slow: true},
	{key: "local-efficiency-weighted", name: "local efficiency, directed and weighted", ours: func(s shape) []float64 { return s.directed.LocalEfficiencyWang() },
		peers: map[string][]int{"bctpy": {100}}, slow: true},
	{key: "betweenness", name: "betweenness", ours: func(s shape) []float64 { return s.directed.Betweenness() },
		peers: map[string][]int{"igraph": both}},
	{key: "betweenness-weighted", name: "weighted betweenness", ours: func(s shape) []float64 { return s.directed.WeightedBetweenness() },
		peers: map[string][]int{"igraph": both}},
	{key: "triads", name: "triad census", ours: func(s shape) []float64 { return census(s.directed) },
		peers: map[string][]int{"igraph": both}, slow: true},
	{key: "reciprocity", name: "reciprocity", ours: func(s shape) []float64 { return []float64{s.directed.Reciprocity()} },
		peers: map[string][]int{"igraph": both}},
	{key: "assortativity", name: "degree assortativity, directed", ours: func(s shape) []float64 { return []float64{s.directed.DegreeAssortativity(graph.OutIn)} },
		peers: map[string][]int{"igraph": both}},
	{key: "assortativity-undirected", name: "degree assortativity, undirected", ours: func(s shape) []float64 { return []float64{s.undirected.Assortativity()} },
		peers: map[string][]int{"igraph": both}},
	{key: "transitivity", name: "transitivity", ours: func(s shape) []float64 { return []float64{s.undirected.Transitivity()} },
		peers: map[string][]int{"igraph": both}},
	{key: "core-numbers", name: "core numbers", ours: func(s shape) []float64 { return floats(s.undirected.CoreNumbers()) },
		peers: map[string][]int{"igraph": both}},
	{key: "rich-club", name: "rich club", ours: func(s shape) []float64 { return s.directed.RichClub().Coefficient[1:] },
		peers: map[string][]int{"bctpy": both}, slow: true},
	{key: "core-periphery", name: "core and periphery", ours: func(s shape) []float64 { _, q := s.directed.CorePeriphery(1); return []float64{q} },
		peers: map[string][]int{"bctpy": small}, slow: true, better: func(ours, theirs float64) bool { return ours >= theirs-1e-9 }},
}

func floats(x []int) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func census(g *graph.Digraph) []float64 {
	var out []float64
	for _, x := range g.Triads() {
		out = append(out, float64(x))
	}
	return out
}

// topology compares measures of structure on random graphs.
func (b *bench) topology() error {
	for _, n := range []int{100, measuredNeurons, 2000} {
		s := rng.New(1, "bench/topology", uint64(n))
		w, byPre := make([]float64, n*n), make([]float64, n*n)
		for i := range w {
			if i/n != i%n && s.Float64() < 0.1 {
				w[i] = 1 - s.Float64()
				byPre[i%n*n+i/n] = w[i]
			}
		}
		if err := b.put("matrix", npy.New(byPre, n, n)); err != nil {
			return err
		}
		g := graph.FromMatrix(n, w)
		u := g.Union()
		for _, m := range structureMeasures {
			if o := b.options.measures; o != "" && !strings.Contains(","+o+",", ","+m.key+",") {
				continue
			}
			if err := b.structure(m, shape{g, u.Directed(), u}, n); err != nil {
				return fmt.Errorf("%s: %w", m.key, err)
			}
		}
	}
	return nil
}

func (b *bench) structure(m structureMeasure, s shape, n int) error {
	var programs [][]string
	for _, name := range []string{"igraph", "bctpy"} {
		if slices.Contains(m.peers[name], n) {
			programs = append(programs, []string{"graph", name})
		}
	}
	if len(programs) == 0 {
		return nil
	}
	peers, err := b.prepared("topology", map[string]any{"measure": m.key}, programs...)
	if err != nil {
		return err
	}
	defer stopAll(peers)
	values := m.ours(s)
	agreement := map[string]string{}
	for _, p := range peers {
		theirs, err := b.read(p.name + "_" + m.key)
		if err != nil {
			return err
		}
		if agreement[p.name], err = m.agree(values, theirs); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	turns := min(3, b.options.repeat)
	if m.slow {
		turns = 1
	}
	one := func() error { m.ours(s); return nil }
	return b.compare(fmt.Sprintf("%s, N = %d, density 10 %%", m.name, n), one, peers, agreement, "", turns)
}

// agree returns the greatest difference, relative where values exceed 1.
func (m structureMeasure) agree(ours, theirs []float64) (string, error) {
	if len(ours) != len(theirs) {
		return "", fmt.Errorf("want %d values, got %d", len(ours), len(theirs))
	}
	if m.better != nil {
		if !m.better(ours[0], theirs[0]) {
			return "", fmt.Errorf("want no better than %g, got %g", ours[0], theirs[0])
		}
		return fmt.Sprintf("its best %.3g below ours", ours[0]-theirs[0]), nil
	}
	worst := 0.0
	for i, x := range ours {
		if math.IsNaN(x) && math.IsNaN(theirs[i]) {
			continue
		}
		worst = math.Max(worst, math.Abs(x-theirs[i])/math.Max(1, math.Abs(x)))
	}
	if !(worst < 1e-9) {
		return "", fmt.Errorf("want the same values, got a difference of %g", worst)
	}
	return fmt.Sprintf("%.0e", worst), nil
}
