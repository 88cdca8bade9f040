package analysis

import (
	"fmt"
	"math"
	"slices"

	"biornn/graph"
)

const (
	directedD = "the directed graph D of |W| above its quantile, without self-loops"
	weightedD = "D with weights |w| over the greatest"
	fagiolo   = "doi:10.1103/PhysRevE.76.026107"
	latora    = "doi:10.1103/PhysRevLett.87.198701"
	rubinov   = "doi:10.1016/j.neuroimage.2009.10.003"
	foster    = "doi:10.1073/pnas.0912671107"
	holland   = "Holland & Leinhardt 1970, doi:10.1086/224954"
	reimann   = "doi:10.3389/fncom.2017.00048"
	crofts    = "doi:10.1098/rsif.2008.0484"
	sheeran   = "Sheeran et al. 2024, code of rate_generate_statistics.m"
)

// topologyDefinitions are the measures that Full adds to those of Structure.
var topologyDefinitions = []Definition{
	{"density_directed", "density", "share", "edges of " + directedD + " over all ordered pairs", "", ""},
	{"reciprocity", "reciprocity r", "share", "edges of D whose reverse is an edge too", "doi:10.1103/PhysRevLett.93.268701", ""},
	{"reciprocity_rho", "reciprocity ρ", "", "(r − a)/(1 − a), a being the density: 0 for a random graph", "doi:10.1103/PhysRevLett.93.268701", ""},
	{"clustering_directed", "clustering (directed)", "", "mean over nodes of directed triangles over possible ones, in " + directedD, fagiolo, ""},
	{"clustering_directed_weighted", "weighted clustering (directed)", "", "the same of " + weightedD + ", a triangle counting the geometric mean of its weights", fagiolo, ""},
	{"clustering_signed", "signed clustering", "", "mean over nodes of Σ of the products of the signed weights of triangles over those of two of their sides by size, of the mean of both directions of D; negative where most triangles are unbalanced", "doi:10.1371/journal.pone.0088669", ""},
	{"transitivity_directed", "transitivity (directed)", "", "directed triangles of D over possible ones, both in sum over nodes", rubinov, ""},
	{"path_length_directed", "path length (directed)", "steps", "mean distance along the edges of D over the ordered pairs that are connected", latora, ""},
	{"reachable", "reachable pairs", "share", "ordered pairs with a path along the edges of D", "", ""},
	{"diameter", "diameter", "steps", "greatest finite distance in D", "", ""},
	{"radius", "radius", "steps", "least eccentricity in D, the greatest finite distance from a node", "", ""},
	{"efficiency_directed", "efficiency (directed)", "", "mean of 1/distance in steps over all ordered pairs of D", latora, ""},
	{"path_length_weighted", "weighted path length (directed)", "", "mean distance over connected pairs of " + weightedD + ", a step having the length 1/w", rubinov, ""},
	{"efficiency_directed_weighted", "weighted efficiency (directed)", "", "mean of 1/distance over all ordered pairs, steps of length 1/w, in " + weightedD, latora, ""},
	{"efficiency_local", "local efficiency", "", "mean over nodes of the efficiency among their neighbours in D", rubinov, ""},
	{"efficiency_local_weighted", "weighted local efficiency", "", "the same of " + weightedD + ", by cube roots of weights and distances", "doi:10.1162/NECO_a_00914", ""},
	{"betweenness_highest", "highest betweenness", "share", "of the ordered pairs of other nodes, those whose shortest paths in D lead through the most central node", "doi:10.2307/3033543", ""},
	{"assortativity_out_in", "assortativity out–in", "", "correlation over edges of D of the out-degree of pre and the in-degree of post", foster, ""},
	{"assortativity_in_out", "assortativity in–out", "", "correlation over edges of D of the in-degree of pre and the out-degree of post", foster, ""},
	{"assortativity_out_out", "assortativity out–out", "", "correlation over edges of D of the out-degrees of both ends", foster, ""},
	{"assortativity_in_in", "assortativity in–in", "", "correlation over edges of D of the in-degrees of both ends", foster, ""},
	{"assortativity_strength", "assortativity of strengths", "", "Newman's assortativity of the strengths at the ends of the links of (D + Dᵀ)/2 with weights", "doi:10.1103/PhysRevLett.89.208701", ""},
	{"rich_club", "rich club", "", "links of G among the tenth of nodes of the highest degrees, over their mean in graphs in which every node keeps its degree", "doi:10.1038/nphys209", ""},
	{"rich_club_weighted", "rich club (weighted)", "", "weight among the tenth of nodes of the highest degrees in " + weightedD + ", over that of as many of its strongest edges", "doi:10.1103/PhysRevLett.101.168702", ""},
	{"core_number_highest", "highest core", "links", "largest k for which G has a part in which every node has k links", "doi:10.1016/0378-8733(83)90028-X", ""},
	{"core_periphery", "coreness", "", "greatest difference between the weight in a core and in its periphery, against the mean, of " + weightedD, "doi:10.1073/pnas.1420315112", ""},
	{"core_share", "core", "share", "nodes in that core", "doi:10.1073/pnas.1420315112", ""},
	{"participation", "participation", "", "mean over nodes of 1 − Σ(share of its out-degree in each module)², in D, modules as for the modularity Q", "doi:10.1038/nature03288", ""},
	{"diversity", "diversity", "", "mean over nodes of the entropy of the shares of its out-degree in each module, over that of equal shares, in D, modules as for the modularity Q", "doi:10.1016/j.neuroimage.2011.03.069", ""},
	{"module_degree_z_highest", "highest within-module degree z", "SD", "how far the out-degree of a node within its module lies above the mean of the module's nodes in D, at most, modules as for the modularity Q", "doi:10.1038/nature03288", ""},
	{"triads_feedforward", "feed-forward triads", "share", "of the triads of D with three connected pairs, those in which three single edges run one way (030T)", holland, ""},
	{"triads_cycle", "cyclic triads", "share", "of the triads of D with three connected pairs, those in which three single edges run around (030C)", holland, ""},
	{"simplices_2", "directed triangles", "count", "sets of three nodes of D in an order in which each has an edge to all later ones", reimann, ""},
	{"simplices_3", "directed tetrahedra", "count", "sets of four nodes of D in an order in which each has an edge to all later ones", reimann, ""},
	{"matching", "matching index", "", "mean over pairs of the share of common neighbours in D", "Hilgetag et al. 2002, in Computational Neuroanatomy, Humana Press", ""},
	{"communicability", "communicability", "", "mean over ordered pairs of exp(S^−½ |W| S^−½), S the summed weights out of each node", crofts, ""},
	{"entropy_rows_bits", "entropy of rows", "bit", "mean over neurons of the entropy of the shares of |W| out of it", sheeran, ""},
	{"entropy_communicability_bits", "entropy of communicability", "bit", "mean over neurons of the entropy of the shares of its communicability, with itself included", sheeran, ""},
	{"entropy_spectral_bits", "spectral entropy", "bit", "entropy of the shares of |eigenvalue| of W", sheeran, ""},
	{"spectral_abscissa", "spectral abscissa", "", "greatest real part of an eigenvalue of W", "", ""},
	{"spectral_gap", "spectral gap", "share", "how far the second greatest |eigenvalue| of W lies below the greatest", "", ""},
	{"negative_share", "negative weights", "share", "of the weights that are not 0", "", ""},
	{"edge_length_um", "edge length", "µm", "mean distance between the somata that an edge of D connects", "", ""},
	{"weight_distance_edges_r", "weight–distance correlation (edges)", "", "Pearson correlation of |W| and distance over the edges of D", "doi:10.1038/s42256-023-00748-9", ""},
	{"weight_distance_edges_rho", "weight–distance rank correlation (edges)", "", "Spearman correlation of |W| and distance over the edges of D", "", ""},
	{"length_constant_um", "length constant", "µm", "λ of the exponential exp(−d/λ) that fits |W| of all pairs (Poisson pseudo-likelihood)", "doi:10.1162/rest.88.4.641", ""},
	{"wiring_weights_z", "wiring cost z (shuffled weights)", "", "how many standard deviations Σ|W|∘D lies from its mean with the same weights at random pairs", "Hoeffding 1951, Ann. Math. Statist. 22, 558", smaller},
	{"wiring_weights_p", "wiring cost p (shuffled weights)", "", "two-sided p of the same", "Hoeffding 1951, Ann. Math. Statist. 22, 558", ""},
	{"wiring_somata_z", "wiring cost z (shuffled somata)", "", "how many standard deviations Σ|W|∘D lies from its mean with the neurons at each other's places", "", smaller},
	{"wiring_somata_p", "wiring cost p (shuffled somata)", "", "two-sided p of the same, from 1,000 permutations", "", ""},
}

// largestMeasured is the number of neurons up to which everything is measured: several
// measures take a time that grows with its cube.
const largestMeasured = 4096

// somaPermutations is the number of times that somata are shuffled.
const somaPermutations = 1000

// richest is the share of nodes that are taken for a rich club.
const richest = 0.1

// Full measures weights W[post][pre], n×n, stored row by row, as Structure does, and adds
// those of AddCommunities and the local, path and global measures of the directed, weighted graph; positions, somata
// in µm, one a neuron, are for those of wiring and may be nil. Weights may be those of a
// trained network or the synapses of a circuit: the quantile leaves the strongest tenth of
// a dense matrix and every edge of a sparse one.
func Full(w []float64, n int, positions [][3]float64, cfg Config) (Measures, error) {
	if n > largestMeasured {
		return Measures{}, fmt.Errorf("analysis: want at most %d neurons for all measures, got %d: take a part of the circuit", largestMeasured, n)
	}
	if positions != nil && len(positions) != n {
		return Measures{}, fmt.Errorf("analysis: want the positions of %d neurons, got %d", n, len(positions))
	}
	m, err := Structure(w, n, cfg)
	if err != nil {
		return m, err
	}
	whole := graph.FromMatrix(n, w)
	signed := whole.Strongest(cfg.Quantile).Simple()
	d := signed.Absolute()
	if d.Len() == 0 {
		m.warn("topology", "no weight lies above the quantile between different neurons: the measures of D are absent")
	} else {
		d = d.Scaled()
		m.addLocal(d)
		m.set("clustering_signed", average(signed.Scaled().Averaged().ClusteringZhang()), "")
		m.addPaths(d)
		m.addGlobal(d, cfg)
	}
	m.addWhole(whole)
	if n >= 3 {
		if err := AddCommunities(&m, w, n, positions, cfg); err != nil {
			return m, err
		}
	}
	if positions == nil {
		m.warn("wiring", "the measures of wiring need the positions of the neurons")
		return m, nil
	}
	return m, m.addGeometry(whole, d, positions, cfg)
}

// addLocal adds what is measured around nodes and edges.
func (m *Measures) addLocal(d *graph.Digraph) {
	const constant = "the degrees do not vary"
	m.set("density_directed", d.Density(), "")
	m.set("reciprocity", d.Reciprocity(), "")
	m.set("reciprocity_rho", d.ReciprocityRho(), "the graph is complete")
	m.set("clustering_directed", average(d.Clustering()), "")
	m.set("clustering_directed_weighted", average(d.ClusteringOnnela()), "")
	m.set("transitivity_directed", d.Transitivity(), "")
	m.set("efficiency_local", average(d.LocalEfficiency()), "")
	m.set("efficiency_local_weighted", average(d.LocalEfficiencyWang()), "")
	m.set("assortativity_out_in", d.DegreeAssortativity(graph.OutIn), constant)
	m.set("assortativity_in_out", d.DegreeAssortativity(graph.InOut), constant)
	m.set("assortativity_out_out", d.DegreeAssortativity(graph.OutOut), constant)
	m.set("assortativity_in_in", d.DegreeAssortativity(graph.InIn), constant)
	m.set("assortativity_strength", d.Averaged().StrengthAssortativity(graph.BothEnds), "the strengths do not vary")
	m.set("matching", matching(d), "there is only one neuron")
	t := d.Triads()
	closed := 0.0
	for _, name := range []string{"030T", "030C", "120D", "120U", "120C", "210", "300"} {
		closed += float64(t.Of(name))
	}
	m.set("triads_feedforward", float64(t.Of("030T"))/closed, "there is no triad with three connected pairs")
	m.set("triads_cycle", float64(t.Of("030C"))/closed, "there is no triad with three connected pairs")
	simplices := d.DirectedSimplices(3)
	m.set("simplices_2", float64(simplices[2]), "")
	m.set("simplices_3", float64(simplices[3]), "")
}

// addPaths adds what depends on shortest paths.
func (m *Measures) addPaths(d *graph.Digraph) {
	steps, weighted := d.Paths(), d.WeightedPaths()
	m.set("path_length_directed", steps.Length, "")
	m.set("reachable", steps.Reachable, "")
	m.set("diameter", steps.Diameter, "")
	m.set("radius", steps.Radius, "")
	m.set("efficiency_directed", steps.Efficiency, "")
	m.set("path_length_weighted", weighted.Length, "")
	m.set("efficiency_directed_weighted", weighted.Efficiency, "")
	n := float64(d.N())
	m.set("betweenness_highest", greatest(d.Betweenness())/((n-1)*(n-2)), "there are only two neurons")
}

// addGlobal adds what takes the graph as a whole.
func (m *Measures) addGlobal(d *graph.Digraph, cfg Config) {
	g := d.Union()
	m.set("rich_club", richClub(g, cfg), "the nulls have no links among the tenth of the highest degrees")
	m.set("core_number_highest", greatest(g.CoreNumbers()), "")
	core, q := d.CorePeriphery(1)
	inside := 0.0
	for _, in := range core {
		if in {
			inside++
		}
	}
	m.set("core_periphery", q, "")
	m.set("core_share", inside/float64(d.N()), "")
	m.set("rich_club_weighted", richClubWeighted(d), "fewer than two nodes, or all, have the degrees of the highest tenth")
	modules, binary := g.GreedyCommunities(), d.Binary()
	for _, x := range []struct {
		key, reason string
		of          func([]int) ([]float64, error)
		sum         func([]float64) float64
	}{
		{"participation", "", binary.Participation, average},
		{"diversity", "there is one module", binary.Diversity, average},
		{"module_degree_z_highest", "", func(of []int) ([]float64, error) { return binary.ModuleDegreeZ(of, false) }, greatest[float64]},
	} {
		v, err := x.of(modules)
		if err != nil {
			m.warn(x.key, err.Error())
			continue
		}
		m.set(x.key, x.sum(v), x.reason)
	}
}

// richClubWeighted returns the weighted coefficient of the greatest degree, in and out
// together, that leaves at least a tenth of the nodes, NaN where it leaves all or one.
func richClubWeighted(d *graph.Digraph) float64 {
	in, out := d.Degrees()
	for i := range in {
		in[i] += out[i]
	}
	ranked := slices.Clone(in)
	slices.SortFunc(ranked, func(a, b int) int { return b - a })
	k := ranked[max(2, int(math.Ceil(richest*float64(len(ranked)))))-1]
	club := d.WeightedRichClub(false)
	if k < 1 || k > len(club) {
		return math.NaN()
	}
	return club[k-1]
}

// addWhole adds what takes all weights, self-loops included.
func (m *Measures) addWhole(whole *graph.Digraph) {
	n := whole.N()
	m.set("negative_share", float64(whole.Negative().Len())/float64(whole.Len()), "all weights are 0")
	size := whole.Absolute()
	c := size.Communicability()
	total := 0.0
	for i, x := range c {
		if i/n != i%n {
			total += x
		}
	}
	m.set("communicability", total/(float64(n)*float64(n-1)), "")
	m.set("entropy_communicability_bits", graph.EntropyOfRows(c, n), "")
	m.set("entropy_rows_bits", graph.EntropyOfRows(size.Reverse().Matrix(), n), "all weights are 0")
	s, ok := whole.Spectrum()
	if !ok {
		for _, key := range []string{"entropy_spectral_bits", "spectral_abscissa", "spectral_gap"} {
			m.warn(key, "the eigenvalues did not converge")
		}
		return
	}
	m.set("entropy_spectral_bits", s.Entropy(), "all eigenvalues are 0")
	m.set("spectral_abscissa", s.Abscissa, "")
	m.set("spectral_gap", s.Gap, "all eigenvalues are 0")
}

// addGeometry adds the measures of wiring: of the edges of D, and of all weights.
func (m *Measures) addGeometry(whole, d *graph.Digraph, positions [][3]float64, cfg Config) error {
	wiring, err := whole.Wiring(positions)
	if err != nil {
		return fmt.Errorf("analysis: %w", err)
	}
	edges, err := d.Wiring(positions)
	if err != nil {
		return fmt.Errorf("analysis: %w", err)
	}
	const still = "weights or distances do not vary"
	_, _, all := wiring.WeightDistance()
	pearson, spearman, _ := edges.WeightDistance()
	m.set("wiring_cost", wiring.Cost(), "")
	m.set("weight_distance_r", all, still)
	m.set("edge_length_um", average(edges.Lengths()), "there are no edges")
	m.set("weight_distance_edges_r", pearson, still)
	m.set("weight_distance_edges_rho", spearman, still)
	m.set("length_constant_um", wiring.LengthConstant(), "the weight does not fall with distance")
	weights, somata := wiring.CostOfShuffledWeights(), wiring.CostOfShuffledSomata(somaPermutations, cfg.Seed)
	m.set("wiring_weights_z", weights.Z, still)
	m.set("wiring_weights_p", weights.P, still)
	m.set("wiring_somata_z", somata.Z, still)
	m.set("wiring_somata_p", somata.P, still)
	return nil
}

// richClub returns the normalised coefficient of the greatest degree that leaves at least
// a tenth of the nodes.
func richClub(g *graph.Undirected, cfg Config) float64 {
	club := g.RichClub()
	k := -1
	for at, nodes := range club.Nodes {
		if float64(nodes) >= richest*float64(g.N()) && nodes > 1 {
			k = at
		}
	}
	if k < 0 {
		return math.NaN()
	}
	return g.NormalisedRichClub(cfg.MatchedNulls, cfg.Seed)[k]
}

func matching(d *graph.Digraph) float64 {
	n, total := d.N(), 0.0
	for _, x := range d.Matching() {
		total += x
	}
	return total / (float64(n) * float64(n-1))
}

func average(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// greatest returns the greatest of numbers that are not negative.
func greatest[T int | float64](x []T) float64 {
	var top T
	for _, v := range x {
		top = max(top, v)
	}
	return float64(top)
}
