package analysis

import (
	"fmt"
	"math"

	"biornn/graph"
)

const directedA = "the directed graph of |W| between different neurons, weighted"

// communityDefinitions are the measures that AddCommunities adds.
var communityDefinitions = []Definition{
	{"modularity_directed", "modularity Q (directed)", "", "highest Q, in- and out-strengths apart, among the restarts of Leiden on " + directedA, "doi:10.1103/PhysRevLett.100.118703, doi:10.1038/s41598-019-41695-z", ""},
	{"modularity_directed_mean", "mean Q (directed)", "", "mean of that Q over the restarts", "doi:10.1038/s41598-019-41695-z", ""},
	{"modularity_directed_louvain", "modularity Q (directed, Louvain)", "", "highest such Q among as many restarts of Louvain", "doi:10.1088/1742-5468/2008/10/P10008", ""},
	{"modularity_signed", "modularity Q (signed)", "", "highest Q⁺ − s⁻/(s⁺+s⁻)·Q⁻ among the restarts of Leiden on W between different neurons, Q± and s± being the directed Q and the sum of the positive and of the negative weights", "doi:10.1016/j.neuroimage.2011.03.069", ""},
	{"modularity_signed_mean", "mean Q (signed)", "", "mean of that Q over the restarts", "doi:10.1016/j.neuroimage.2011.03.069", ""},
	{"modularity_signed_louvain", "modularity Q (signed, Louvain)", "", "highest such Q among as many restarts of Louvain", "doi:10.1016/j.neuroimage.2011.03.069", ""},
	{"communities", "communities", "", "communities on which the restarts of Leiden on " + directedA + ", agree: their agreement above one half, clustered until all partitions are the same", "doi:10.1038/srep00336", ""},
	{"communities_agreement", "agreement of communities", "", "mean normalised mutual information between the restarts of Leiden on " + directedA, "doi:10.1088/1742-5468/2005/09/P09008", ""},
	{"modularity_undirected", "modularity Q (undirected)", "", "highest Q among the restarts of Leiden on G", "doi:10.1038/s41598-019-41695-z", ""},
	{"modularity_undirected_mean", "mean Q (undirected)", "", "mean of that Q over the restarts", "doi:10.1038/s41598-019-41695-z", ""},
	{"modularity_undirected_louvain", "modularity Q (undirected, Louvain)", "", "highest Q among as many restarts of Louvain on G", "doi:10.1088/1742-5468/2008/10/P10008", ""},
	{"communities_undirected", "communities (undirected)", "", "communities on which the restarts of Leiden on G agree, as for the directed graph", "doi:10.1038/srep00336", ""},
	{"communities_undirected_agreement", "agreement of communities (undirected)", "", "mean normalised mutual information between the restarts of Leiden on G", "doi:10.1088/1742-5468/2005/09/P09008", ""},
	{"omega", "ω", "", "L₀/L − C/C₁ of G, L mean distance over reachable pairs, C mean local clustering; L₀ the mean over rewired graphs of equal degrees, C₁ over lattices of equal degrees: −1 like a lattice, 1 like a random graph", "doi:10.1089/brain.2011.0038", ""},
	{"omega_bounded", "ω (bounded)", "", "the same with the greatest clustering among the lattices and G itself for C₁", "doi:10.1089/brain.2011.0038; networkx.omega", ""},
	{"small_world_index", "small-world index", "", "(L − L₁)/(L₀ − L₁)·(C − C₀)/(C₁ − C₀) of G, against the same random (0) and lattice (1) graphs", "doi:10.1017/nws.2017.5", ""},
	{"small_worldness_path", "small-worldness σ (equal degrees, path length)", "", "(C/C₀)/(L/L₀) of G against rewired graphs of equal degrees", "doi:10.1371/journal.pone.0002051", ""},
	{"small_worldness_lattice", "small-worldness σ (lattice)", "", "(C/C₀)/(E₀/E) of G against lattices of equal degrees, E global efficiency: 1 would be as ordered as a lattice", "doi:10.1385/NI:2:2:145", ""},
	{"small_worldness_geometry", "small-worldness σ (equal lengths)", "", "(C/C₀)/(E₀/E) of G against rewired graphs of equal degrees and equal distribution of link lengths between somata", "doi:10.1073/pnas.1720186115", ""},
	{"small_world_propensity", "small-world propensity (weighted)", "", "1 − √((Δ_C² + Δ_L²)/2), the deviations of the clustering from a ring lattice's and of the path length from a random graph's with the same weights; w as for the weighted clustering", "doi:10.1038/srep22057", ""},
}

// communityRestarts is the number of restarts of each optimiser.
const communityRestarts = 50

const (
	// manyNeurons is the size beyond which fewer restarts and nulls are made.
	manyNeurons = 500
	// fewNulls is how many there are at least, and what σ and ω need not to be doubted.
	fewNulls = 10
)

// forSize returns how many of count restarts or nulls are made for n neurons: all up to
// 500, beyond that fewer in proportion, but 10.
func forSize(count, n int) int {
	if n <= manyNeurons {
		return count
	}
	return min(count, max(fewNulls, count*manyNeurons/n))
}

// consensusThreshold is the share of restarts below which an agreement does not count.
const consensusThreshold = 0.5

// AddCommunities adds to m the measures of communities of the weights W[post][pre], n×n,
// row by row, of a trained network or of a circuit's synapses, and those of
// small-worldness beyond Structure. positions are the somata, in one unit; without them
// the null of equal lengths is left out, with a warning. Structure leaves these measures
// out because they take seconds. Weights that are not finite are an error.
func AddCommunities(m *Measures, w []float64, n int, positions [][3]float64, cfg Config) error {
	if err := cfg.Validate(); err != nil {
		return err
	}
	if n < 3 || len(w) != n*n {
		return fmt.Errorf("analysis: communities: want at least 3 neurons and n×n weights, got n = %d and %d weights", n, len(w))
	}
	if len(positions) != 0 && len(positions) != n {
		return fmt.Errorf("analysis: communities: want %d positions or none, got %d", n, len(positions))
	}
	g, err := graph.Binarise(w, n, cfg.Quantile)
	if err != nil {
		return fmt.Errorf("analysis: communities: %w", err)
	}
	if m.Values == nil {
		m.Values = map[string]float64{}
	}
	m.addModularity(w, n, g, cfg)
	m.addSmallWorld(g, positions, cfg)
	m.addPropensity(w, n, cfg)
	return nil
}

// addModularity adds the modularities of the directed, the signed and the undirected graph and
// the consensus of the first and the last.
func (m *Measures) addModularity(w []float64, n int, g *graph.Undirected, cfg Config) {
	if g.Len() == 0 {
		m.warn("modularity_undirected", "no weight lies above the quantile between different neurons")
	} else if found, ok := m.addOptimised("modularity_undirected", g.Directed(), cfg); ok {
		m.addConsensus("communities_undirected", found.Runs, cfg.Seed)
	}
	sizes, signed := make([]float64, n*n), make([]float64, n*n)
	edges, negative := false, false
	for i, x := range w {
		if i/n != i%n {
			sizes[i], signed[i] = math.Abs(x), x
			edges, negative = edges || x != 0, negative || x < 0
		}
	}
	if !edges {
		for _, key := range []string{"modularity_directed", "modularity_signed", "communities"} {
			m.warn(key, "no neuron has a weight to another")
		}
		return
	}
	if found, ok := m.addOptimised("modularity_directed", graph.FromMatrix(n, sizes), cfg); ok {
		m.addConsensus("communities", found.Runs, cfg.Seed)
	}
	if !negative {
		m.warn("modularity_signed", "no weight is negative: it is the directed Q")
	}
	m.addOptimised("modularity_signed", graph.FromMatrix(n, signed), cfg)
}

// addOptimised adds the best and mean Q of Leiden and the best of Louvain, and returns
// what Leiden found.
func (m *Measures) addOptimised(key string, g *graph.Digraph, cfg Config) (graph.Communities, bool) {
	c := graph.DefaultCommunityConfig()
	c.Restarts, c.Gamma, c.Seed = forSize(communityRestarts, g.N()), cfg.gamma(), cfg.Seed
	leiden, err := g.Communities(c)
	if err != nil {
		m.warn(key, err.Error())
		return leiden, false
	}
	m.set(key, leiden.Q, "")
	m.set(key+"_mean", leiden.MeanQ, "")
	c.Method = graph.MethodLouvain
	louvain, err := g.Communities(c)
	if err != nil {
		m.warn(key+"_louvain", err.Error())
		return leiden, true
	}
	m.set(key+"_louvain", louvain.Q, "")
	return leiden, true
}

// leastAgreement is the mean mutual information below which the communities of restarts
// are doubted.
const leastAgreement = 0.5

// addConsensus adds on how many communities the restarts agree, and how much.
func (m *Measures) addConsensus(key string, runs [][]int, seed uint64) {
	sum, pairs := 0.0, 0
	for i, a := range runs {
		for _, b := range runs[:i] {
			_, mutual, err := graph.ComparePartitions(a, b)
			if err != nil {
				m.warn(key+"_agreement", err.Error())
				return
			}
			sum, pairs = sum+mutual, pairs+1
		}
	}
	agreement := sum / float64(pairs)
	m.set(key+"_agreement", agreement, "")
	if agreement < leastAgreement {
		m.warn(key, fmt.Sprintf("restarts find different communities (mean mutual information %.2g): do not read much into any of them", agreement))
	}
	cfg := graph.DefaultCommunityConfig()
	cfg.Seed = seed
	of, err := graph.Consensus(runs, consensusThreshold, cfg)
	if err != nil {
		m.warn(key, err.Error())
		return
	}
	count := 0
	for _, c := range of {
		count = max(count, c+1)
	}
	m.set(key, float64(count), "")
}
