package analysis

import (
	"fmt"
	"math"
	"sync"

	"biornn/graph"
)

// Measures are the structure measures of one network. A measure that could not be
// computed is absent from Values and named in Warnings.
type Measures struct {
	Values   map[string]float64 `json:"values"`
	Warnings []string           `json:"warnings,omitempty"`
}

// louvainRestarts is the number of orders in which Louvain visits the nodes; the
// best partition counts.
const louvainRestarts = 50

// Structure measures the recurrent weights W[post][pre], n×n, stored row by row:
// first as published (arXiv:2606.14975), then with matched nulls, Louvain communities
// and weights. Definitions says what each value is. Weights that are not finite are
// an error.
//
// Small-worldness uses global efficiency in place of path length, as published, so
// that it exists for graphs in pieces too. Its published form is not calibrated:
// the nulls have density 0.18 and self-loops whatever the density of the network.
func Structure(w []float64, n int, cfg Config) (Measures, error) {
	m := Measures{Values: map[string]float64{}}
	if err := cfg.Validate(); err != nil {
		return m, err
	}
	if n < 2 || len(w) != n*n {
		return m, fmt.Errorf("analysis: structure: want at least 2 neurons and n×n weights, got n = %d and %d weights", n, len(w))
	}
	g, err := graph.Binarise(w, n, cfg.Quantile)
	if err != nil {
		return m, fmt.Errorf("analysis: structure: %w", err)
	}
	m.addWeights(w, n)
	m.addGraph(g, cfg)
	m.addWeightedGraph(w, n)
	return m, nil
}

// addGraph adds the measures of the unweighted graph.
func (m *Measures) addGraph(g *graph.Undirected, cfg Config) {
	if g.Len() == 0 {
		for _, key := range []string{"modularity", "small_worldness", "assortativity", "modularity_louvain", "small_worldness_density", "small_worldness_degree"} {
			m.warn(key, "no weight lies above the quantile between different neurons")
		}
		return
	}
	m.set("modularity", g.Modularity(g.GreedyCommunities()), "")
	m.set("assortativity", g.Assortativity(), "all nodes have the same degree")
	m.set("modularity_louvain", louvainQ(g, cfg), "Louvain found no partition")
	const reason = "the null graphs have no triangles or no links"
	m.set("small_worldness", publishedNulls(g.N(), cfg.Nulls, cfg.Seed).SmallWorldness(g), reason)
	m.set("small_worldness_density", g.DensityNulls(cfg.MatchedNulls, cfg.Seed).SmallWorldness(g), reason)
	m.set("small_worldness_degree", g.DegreeNulls(cfg.MatchedNulls, cfg.Seed).SmallWorldness(g), reason)
}

// addWeightedGraph adds the measures of |W| on all pairs.
func (m *Measures) addWeightedGraph(w []float64, n int) {
	s := graph.Symmetric(w, n)
	m.set("clustering_weighted", graph.WeightedClustering(s, n), "")
	m.set("efficiency_weighted", graph.WeightedEfficiency(s, n), "")
}

// louvainQ returns the best Q of Louvain's communities of an unweighted graph.
func louvainQ(g *graph.Undirected, cfg Config) float64 {
	n := g.N()
	links := make([]float64, n*n)
	for _, p := range g.Pairs() {
		links[p[0]*n+p[1]], links[p[1]*n+p[0]] = 1, 1
	}
	_, q, err := graph.Louvain(links, n, cfg.gamma(), louvainRestarts, cfg.Seed)
	if err != nil {
		return math.NaN()
	}
	return q
}

// nullKey names an ensemble of published nulls.
type nullKey struct {
	n, count int
	seed     uint64
}

// nullCache keeps the published ensembles, which do not depend on the network: all
// runs of a study share one.
var nullCache sync.Map // nullKey → func() graph.NullStatistics

func publishedNulls(n, count int, seed uint64) graph.NullStatistics {
	once, _ := nullCache.LoadOrStore(nullKey{n, count, seed}, sync.OnceValue(func() graph.NullStatistics {
		return graph.PublishedNulls(n, count, seed)
	}))
	return once.(func() graph.NullStatistics)()
}

// set stores a finite value; for another it warns with the reason.
func (m *Measures) set(key string, value float64, reason string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		if reason == "" {
			reason = "no finite number"
		}
		m.warn(key, reason)
		return
	}
	m.Values[key] = value
}

func (m *Measures) warn(key, reason string) {
	m.Warnings = append(m.Warnings, key+": "+reason)
}
