package analysis

import (
	"fmt"
	"math"

	"biornn/graph"
)

const (
	// slowNulls is the greatest number of lattices and of nulls of equal lengths: they
	// take ten times as long to draw as those of equal degrees.
	slowNulls = 20
	// propensityNulls is the number of random graphs and lattices of the propensity.
	propensityNulls = 5
	// stuckLinks is the share of links at their old place above which a null is doubted.
	stuckLinks = 0.8
)

// addSmallWorld compares the unweighted graph with random graphs, lattices and graphs of
// equal lengths. Nulls are connected where the graph is.
func (m *Measures) addSmallWorld(g *graph.Undirected, positions [][3]float64, cfg Config) {
	if g.Len() == 0 {
		for _, key := range []string{"omega", "omega_bounded", "small_world_index", "small_worldness_path", "small_worldness_lattice", "small_worldness_geometry"} {
			m.warn(key, "no weight lies above the quantile between different neurons")
		}
		return
	}
	own := g.Statistics()
	slow := forSize(min(cfg.MatchedNulls, slowNulls), g.N())
	if slow < fewNulls {
		m.warn("omega", fmt.Sprintf("%d nulls are too few for stable means; take at least %d", slow, fewNulls))
	}
	if own.Reachable < 1 {
		m.warn("omega", fmt.Sprintf("%.3g %% of the pairs are not reachable: path lengths are means over the others", 100*(1-own.Reachable)))
	}
	random := connected(g.EqualDegrees()).Statistics(forSize(cfg.MatchedNulls, g.N()), cfg.Seed)
	lattice := connected(g.Lattice()).Statistics(slow, cfg.Seed)
	const reason = "the graph or its nulls have no triangles or no links"
	m.set("omega", graph.Omega(own, random, lattice), reason)
	m.set("omega_bounded", graph.OmegaBounded(own, random, lattice), reason)
	m.set("small_world_index", graph.SmallWorldIndex(own, random, lattice), "random graphs and lattices of these degrees do not differ")
	m.set("small_worldness_path", graph.Sigma(own, random), reason)
	m.set("small_worldness_lattice", graph.SigmaEfficiency(own, lattice), reason)
	m.addEqualLengths(g, own, positions, slow, cfg.Seed)
}

// connected restricts a null model to connected graphs if the original is one.
func connected(m graph.NullModel) graph.NullModel {
	if restricted, err := m.Connected(); err == nil {
		return restricted
	}
	return m
}

// addEqualLengths compares with graphs of equal degrees and lengths.
func (m *Measures) addEqualLengths(g *graph.Undirected, own graph.Statistics, positions [][3]float64, nulls int, seed uint64) {
	const key = "small_worldness_geometry"
	if len(positions) == 0 {
		m.warn(key, "the neurons have no positions")
		return
	}
	model, err := g.EqualLengths(between(positions), graph.LengthBins)
	if err != nil {
		m.warn(key, err.Error())
		return
	}
	m.set(key, graph.SigmaEfficiency(own, model.Statistics(nulls, seed)), "the nulls have no triangles or no links")
	first, same := model.Draw(seed, 0), 0
	for _, p := range g.Pairs() {
		if first.Has(p[0], p[1]) {
			same++
		}
	}
	if share := float64(same) / float64(g.Len()); share > stuckLinks {
		m.warn(key, fmt.Sprintf("%.0f %% of the links are where they were in a null: degrees and lengths leave little to chance", 100*share))
	}
}

// between returns the distance of two neurons.
func between(positions [][3]float64) func(i, j int) float64 {
	return func(i, j int) float64 {
		a, b := positions[i], positions[j]
		return math.Hypot(math.Hypot(a[0]-b[0], a[1]-b[1]), a[2]-b[2])
	}
}

// addPropensity adds the weighted small-world propensity.
func (m *Measures) addPropensity(w []float64, n int, cfg Config) {
	const key = "small_world_propensity"
	p, err := graph.SmallWorldPropensityOf(graph.Symmetric(w, n), n, propensityNulls, cfg.Seed)
	if err != nil {
		m.warn(key, err.Error())
		return
	}
	m.set(key, p.SWP, "the graph or its nulls have no paths")
	if p.Own.Reachable < 1 {
		m.warn(key, fmt.Sprintf("%.3g %% of the pairs are not reachable: path lengths are means over the others", 100*(1-p.Own.Reachable)))
	}
}
