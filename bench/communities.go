package main

import (
	"fmt"
	"math"

	"biornn/graph"
	"biornn/internal/npy"
	"biornn/internal/rng"
)

// communitySizes are the networks of the comparison: as published, and larger.
var communitySizes = []int{measuredNeurons, 2000}

// communityRuns is how many partitions of each side are averaged before Q is compared.
const communityRuns = 10

// communities compares optimisers of modularity, the agreement of partitions, null
// graphs and weighted small-world measures on random graphs in which a tenth of the
// pairs is linked.
func (b *bench) communities() error {
	for _, n := range communitySizes {
		for _, directed := range []bool{false, true} {
			g, pairs := b.tenth(n, directed)
			if err := b.leavePairs(pairs); err != nil {
				return err
			}
			if err := b.optimisers(g, n, directed); err != nil {
				return err
			}
			if err := b.rewirings(g, n, directed); err != nil {
				return err
			}
		}
		if err := b.agreements(n); err != nil {
			return err
		}
	}
	return b.weightedSmallWorld()
}

// tenth returns a random graph and its links; an undirected one has each once.
func (b *bench) tenth(n int, directed bool) (*graph.Digraph, [][2]int) {
	s := rng.New(1, "bench/communities")
	var pairs [][2]int
	var edges []graph.Edge
	for i := range n {
		for j := range n {
			if i == j || !directed && j > i || s.Float64() > 0.1 {
				continue
			}
			pairs = append(pairs, [2]int{i, j})
			edges = append(edges, graph.Edge{Pre: i, Post: j, Weight: 1})
			if !directed {
				edges = append(edges, graph.Edge{Pre: j, Post: i, Weight: 1})
			}
		}
	}
	g, err := graph.FromEdges(n, edges)
	if err != nil {
		panic(err) // the indices are below n
	}
	return g, pairs
}

func (b *bench) leavePairs(pairs [][2]int) error {
	flat := make([]float64, 0, 2*len(pairs))
	for _, p := range pairs {
		flat = append(flat, float64(p[0]), float64(p[1]))
	}
	return b.put("pairs", npy.New(flat, len(pairs), 2))
}

// optimisers compares one run of Louvain, and of two rounds of Leiden, as igraph does by
// default.
func (b *bench) optimisers(g *graph.Digraph, n int, directed bool) error {
	type rival struct {
		method graph.Method
		peers  []string
		turns  int
	}
	rivals := []rival{{graph.MethodLouvain, []string{"igraph"}, b.options.repeat}, {graph.MethodLeiden, []string{"igraph"}, b.options.repeat}}
	kind := "undirected"
	switch {
	case directed && n > measuredNeurons:
		kind, rivals = "directed", []rival{{graph.MethodLeiden, []string{"leidenalg"}, 1}}
	case directed:
		kind, rivals = "directed", []rival{{graph.MethodLeiden, []string{"leidenalg"}, b.options.repeat}}
	case n == measuredNeurons:
		rivals[0].peers = append(rivals[0].peers, "networkx", "bctpy")
		rivals[1].peers = append(rivals[1].peers, "leidenalg")
	}
	for _, r := range rivals {
		params := map[string]any{"n": n, "directed": directed, "runs": communityRuns}
		if r.turns == 1 {
			params["runs"] = 2 // it takes seconds
		}
		peers, err := b.prepared(string(r.method), params, communityPeers(r.peers)...)
		if err != nil {
			return err
		}
		err = b.race(g, r.method, fmt.Sprintf("%s, %s, N = %d, density 0.1", r.method, kind, n), peers, r.turns)
		stopAll(peers)
		if err != nil {
			return err
		}
	}
	return nil
}

func communityPeers(names []string) [][]string {
	var out [][]string
	for _, name := range names {
		out = append(out, []string{"community", name})
	}
	return out
}

// race times one optimiser; what agrees is Q, which no two programs find alike.
func (b *bench) race(g *graph.Digraph, method graph.Method, work string, peers []*peer, turns int) error {
	cfg := graph.CommunityConfig{Method: method, Gamma: 1, Restarts: communityRuns, Rounds: 2, Seed: 1}
	found, err := g.Communities(cfg)
	if err != nil {
		return err
	}
	agreement := map[string]string{}
	for _, p := range peers {
		q, err := b.read(p.name + "_q")
		if err != nil {
			return err
		}
		agreement[p.name] = fmt.Sprintf("mean Q %.4f, its %.4f", found.MeanQ, q[0])
		if found.MeanQ < 0.95*q[0] {
			return fmt.Errorf("%s: Q %.5f is far below that of %s, %.5f", work, found.MeanQ, p.name, q[0])
		}
	}
	cfg.Restarts = 1
	once := func() error {
		cfg.Seed++
		_, err := g.Communities(cfg)
		return err
	}
	return b.compare(work, once, peers, agreement, "", turns)
}

// rewirings compares degree-preserving nulls: undirected with clustering and efficiency,
// directed alone.
func (b *bench) rewirings(g *graph.Digraph, n int, directed bool) error {
	names := []string{"igraph"}
	if n == measuredNeurons && !directed {
		names = append(names, "bctpy")
	}
	peers, err := b.prepared("rewiring", map[string]any{"n": n, "directed": directed, "swaps": graph.SwapsPerLink}, communityPeers(names)...)
	if err != nil {
		return err
	}
	defer stopAll(peers)
	seed := uint64(0)
	if directed {
		return b.compare(fmt.Sprintf("directed null of equal degrees, N = %d, density 0.1", n), func() error {
			seed++
			g.Rewire(graph.SwapsPerLink, rng.New(seed, "bench/rewired"), nil)
			return nil
		}, peers, nil, "", b.options.repeat)
	}
	var pairs [][2]int
	for _, e := range g.Edges() {
		pairs = append(pairs, [2]int{e.Pre, e.Post})
	}
	u, err := graph.NewUndirected(n, pairs)
	if err != nil {
		return err
	}
	own := u.Statistics()
	agreement := map[string]string{}
	for _, p := range peers {
		theirs, err := b.read(p.name + "_statistics")
		if err != nil {
			return err
		}
		worst := math.Max(math.Abs(theirs[0]-own.Clustering), math.Abs(theirs[1]-own.Efficiency))
		if worst > 1e-9 {
			return fmt.Errorf("rewiring: %s: clustering and efficiency differ by %g", p.name, worst)
		}
		agreement[p.name] = fmt.Sprintf("%.0e", worst)
	}
	nulls := u.EqualDegrees()
	return b.compare(fmt.Sprintf("null of equal degrees with clustering and efficiency, N = %d, density 0.1", n), func() error {
		seed++
		null := nulls.Draw(1, seed)
		null.MeanClustering()
		null.Efficiency()
		return nil
	}, peers, agreement, "", b.options.repeat)
}

// agreements compares how often each pair stands together in 50 partitions.
func (b *bench) agreements(n int) error {
	const count, labels = 50, 8
	s := rng.New(1, "bench/partitions")
	partitions, flat := make([][]int, count), make([]float64, 0, count*n)
	for k := range partitions {
		partitions[k] = make([]int, n)
		for i := range n {
			partitions[k][i] = s.IntN(labels)
			flat = append(flat, float64(partitions[k][i]))
		}
	}
	if err := b.put("partitions", npy.New(flat, count, n)); err != nil {
		return err
	}
	peers, err := b.prepared("agreement", nil, communityPeers([]string{"bctpy"})...)
	if err != nil {
		return err
	}
	defer stopAll(peers)
	ours, err := graph.Agreement(partitions)
	if err != nil {
		return err
	}
	theirs, err := b.read("bctpy_agreement")
	if err != nil {
		return err
	}
	worst := 0.0
	for i, x := range ours {
		worst = math.Max(worst, math.Abs(x-theirs[i]))
	}
	if worst > 1e-12 {
		return fmt.Errorf("agreement: bctpy differs by %g", worst)
	}
	return b.compare(fmt.Sprintf("agreement of %d partitions, N = %d", count, n), func() error {
		_, err := graph.Agreement(partitions)
		return err
	}, peers, map[string]string{"bctpy": fmt.Sprintf("%.0e", worst)}, "", b.options.repeat)
}

// weightedSmallWorld compares the clustering and path length of one weighted graph, of
// which a propensity needs one for itself and each null.
func (b *bench) weightedSmallWorld() error {
	const n = measuredNeurons
	s := rng.New(1, "bench/weighted")
	w := make([]float64, n*n)
	for i := range n {
		for j := range i {
			if s.Float64() < 0.1 {
				w[i*n+j] = s.LogNormal(0, 1)
				w[j*n+i] = w[i*n+j]
			}
		}
	}
	if err := b.put("weighted", npy.New(w, n, n)); err != nil {
		return err
	}
	peers, err := b.prepared("weighted", nil, communityPeers([]string{"bctpy"})...)
	if err != nil {
		return err
	}
	defer stopAll(peers)
	ours := graph.MeasureWeighted(w, n)
	theirs, err := b.read("bctpy_weighted")
	if err != nil {
		return err
	}
	worst := math.Max(math.Abs(theirs[0]-ours.Clustering), math.Abs(theirs[1]-ours.Length))
	if worst > 1e-9 {
		return fmt.Errorf("weighted: bctpy differs by %g", worst)
	}
	return b.compare(fmt.Sprintf("weighted clustering and path length, N = %d, density 0.1", n), func() error {
		graph.MeasureWeighted(w, n)
		return nil
	}, peers, map[string]string{"bctpy": fmt.Sprintf("%.0e", worst)}, "", 1)
}
