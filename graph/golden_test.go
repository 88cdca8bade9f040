package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"biornn/internal/sharedtest"
)

// reference is a file of golden/graphs: matrices [pre][post] with what NetworkX 2.8.8,
// bctpy 0.6.0, the MATLAB toolbox 2019_03_03, igraph 0.10.2 and others compute on them.
type reference struct {
	Matrices  map[string][][]float64
	Partition []int
	Positions [][3]float64
	Nulls     [][][2]int
	Cases     []referenceCase
}

type referenceCase struct {
	ID, Input string
	Value     any
	Tol       float64
}

func readReference(t *testing.T, name string) reference {
	t.Helper()
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func fromRows(t *testing.T, rows [][]float64) *Digraph {
	t.Helper()
	var edges []Edge
	for i, row := range rows {
		for j, w := range row {
			edges = append(edges, Edge{i, j, w})
		}
	}
	g, err := FromEdges(len(rows), edges)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// elsewhere lists what the files hold beyond this test, and where it is tested.
var elsewhere = map[string]string{
	"modularity_Q_fixed": "communities", "modularity_Q_optimised": "communities", "modularity_Q_exact_optimum": "communities",
	"greedy_cnm": "communities", "modularity_und_spectral": "communities", "modularity_dir_spectral": "communities",
	"modularity_signed_fixed_sta": "communities", "modularity_signed_fixed_pos": "communities", "modularity_signed_fixed_smp": "communities",
	"modularity_signed_fixed_gja": "communities", "modularity_signed_components": "communities",
	"modularity_signed_best_negative_sym": "communities", "modularity_signed_best_negative_asym": "communities",
	"agreement": "communities", "partition_distance": "communities", "akarca_modularity_und_bin": "communities", "sheeran_modularity_dir_q": "communities",
	"akarca_sigma": "small-worldness", "sigma_degree_matched": "TestSeedPaper", "seed_sigma_of_structureless_networks": "TestStructurelessNetworks",
	"seed_null_statistics": "TestSeedPaper", "seed_sigma": "TestSeedPaper", "seed_modularity": "TestSeedPaper", "seed_binary_counts": "TestSeedPaper",
	"seed_C": "TestSeedPaper", "seed_E": "TestSeedPaper", "seed_assortativity": "TestSeedPaper",
	"seed_threshold": "numpy's quantile, within TestSeedPaper", "seed_entropy": "analysis", "sernn_loss_terms": "analysis and constraint",
	"participation_ratio": "activity", "participation_ratio_normalised": "activity", "pca_explained_variance_ratio": "activity",
	"n_components_90": "activity", "netrep_angular_cka": "activity", "mean_abs_activity": "activity", "pearson_fc": "functional",
	"fc_alignment": "activity", "ks_terms": "TestGenerativeEnergy", "energy": "TestGenerativeEnergy",
	"directed_simplex_counts": "TestSimplices",
}

// TestGolden ranges over all cases of the files: each is computed here or named in
// elsewhere.
func TestGolden(t *testing.T) {
	for _, name := range []string{"karate", "ring24k4", "spatial60", "signed30", "modular100", "simplices", "generative_energy", "functional", "seedpaper_sernn100"} {
		t.Run(name, func(t *testing.T) {
			r := readReference(t, name)
			tested := 0
			for _, c := range r.Cases {
				measure, ok := goldenMeasures[c.ID]
				if !ok {
					if elsewhere[c.ID] == "" {
						t.Errorf("%s: the case is tested nowhere", c.ID)
					}
					continue
				}
				tested++
				got := numbers(t, measure(&goldenCase{t, r, c, fromRows(t, r.Matrices[c.Input])}))
				want := numbers(t, c.Value)
				compareNumbers(t, c.ID+" of "+c.Input, got, want, c.Tol)
			}
			t.Logf("%d of %d cases", tested, len(r.Cases))
		})
	}
}

// numbers flattens a value: numbers, lists of them, lists of lists; of objects the members
// in the order of their keys.
func numbers(t *testing.T, v any) []float64 {
	switch v := v.(type) {
	case float64:
		return []float64{v}
	case int:
		return []float64{float64(v)}
	case bool:
		return map[bool][]float64{false: {0}, true: {1}}[v]
	case string:
		return []float64{map[string]float64{"NaN": math.NaN(), "+Inf": math.Inf(1), "-Inf": math.Inf(-1)}[v]}
	case []float64:
		return v
	case []int:
		var out []float64
		for _, x := range v {
			out = append(out, float64(x))
		}
		return out
	case []any:
		var out []float64
		for _, x := range v {
			out = append(out, numbers(t, x)...)
		}
		return out
	case map[string]any:
		var keys []string
		for k := range v {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		var out []float64
		for _, k := range keys {
			out = append(out, numbers(t, v[k])...)
		}
		return out
	}
	t.Fatalf("%T: want numbers", v)
	return nil
}

func compareNumbers(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: want %d numbers, got %d", what, len(want), len(got))
		return
	}
	for i := range want {
		same := got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i])
		if !same && !(math.Abs(got[i]-want[i]) <= max(tol, 1e-12)*max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d: got %.15g, want %.15g", what, i, got[i], want[i])
			return
		}
	}
}

// goldenCase is what a measure is computed from.
type goldenCase struct {
	*testing.T
	file reference
	one  referenceCase
	g    *Digraph
}

// must takes the values of a measure that may refuse its modules.
func (c *goldenCase) must(values []float64, err error) any {
	if err != nil {
		c.Error(err)
	}
	return values
}

func (c *goldenCase) wiring() *Wiring {
	w, err := c.g.Wiring(c.file.Positions)
	if err != nil {
		c.Fatal(err)
	}
	return w
}

func (c *goldenCase) spectrum() Spectrum {
	s, ok := c.g.Spectrum()
	if !ok {
		c.Error("no spectrum")
	}
	return s
}

// top returns the greatest weights' share of n(n−1) entries, as threshold_proportional.
func (c *goldenCase) top(share float64) *Digraph {
	sizes := slices.Clone(c.g.Absolute().Simple().weight)
	slices.Sort(sizes)
	n := float64(c.g.n)
	least := sizes[len(sizes)-int(math.Round(share*(n*n-n)))]
	return c.g.Simple().mapped(func(e Edge) float64 {
		if math.Abs(e.Weight) >= least {
			return 1
		}
		return 0
	})
}

type measureOf = func(c *goldenCase) any

func pathNumbers(p Paths) []float64 {
	return []float64{p.PathLength(), p.Efficiency, p.Radius, p.Diameter}
}

// pathMembers are those of charpath's result, by name.
func pathMembers(p Paths) []float64 {
	return append(append([]float64{p.Diameter}, p.Eccentricity...), p.Efficiency, p.PathLength(), p.Radius)
}

func charpath(paths func(*Digraph) Paths) measureOf {
	return func(c *goldenCase) any {
		if _, members := c.one.Value.(map[string]any); members {
			return pathMembers(paths(c.g))
		}
		return pathNumbers(paths(c.g))
	}
}

func richMembers(c RichClub, ordered int) []float64 {
	var out []float64
	for k := range c.Edges[1:] {
		out = append(out, float64(ordered*c.Edges[k+1]))
	}
	for _, n := range c.Nodes[1:] {
		out = append(out, float64(n))
	}
	return append(out, c.Coefficient[1:]...)
}

func degreesOf(part func(in, out []int) []int) measureOf {
	return func(c *goldenCase) any { return part(c.g.Degrees()) }
}

func strengthsOf(part func(*Digraph) *Digraph, in bool) measureOf {
	return func(c *goldenCase) any {
		a, b := part(c.g).Strengths()
		if in {
			return a
		}
		return b
	}
}

func same(g *Digraph) *Digraph { return g }

func participation(part func(*Digraph) *Digraph) measureOf {
	return func(c *goldenCase) any { return c.must(part(c.g).Participation(c.file.Partition)) }
}

func moduleZ(part func(*Digraph) *Digraph, sample bool) measureOf {
	return func(c *goldenCase) any { return c.must(part(c.g).ModuleDegreeZ(c.file.Partition, sample)) }
}

// twoWays adds a graph to its reverse.
func twoWays(g *Digraph) *Digraph {
	sum, err := FromEdges(g.n, append(g.Edges(), g.Reverse().Edges()...))
	if err != nil {
		panic(err)
	}
	return sum
}

func withoutDiagonal(m []float64, n int) []float64 {
	for i := range n {
		m[i*n+i] = 0
	}
	return m
}

func sortedSizes(s Spectrum) []float64 {
	var out []float64
	for _, v := range s.Values {
		out = append(out, math.Hypot(real(v), imag(v)))
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out
}

var goldenMeasures = map[string]measureOf{
	"degree":      degreesOf(func(_, out []int) []int { return out }),
	"degrees_out": degreesOf(func(_, out []int) []int { return out }),
	"degrees_in":  degreesOf(func(in, _ []int) []int { return in }),
	"density_und": func(c *goldenCase) any { return c.g.Union().Density() },
	"density_dir": func(c *goldenCase) any { return c.g.Density() },
	"core_number": func(c *goldenCase) any { return c.g.Union().CoreNumbers() },

	"strength": strengthsOf(same, false), "strength_out": strengthsOf(same, false), "strength_in": strengthsOf(same, true),
	"strength_pos": strengthsOf((*Digraph).Positive, false), "strength_neg": strengthsOf((*Digraph).Negative, false),
	"sheeran_total_weight": func(c *goldenCase) any {
		sum := 0.0
		for _, x := range c.g.Absolute().weight {
			sum += x
		}
		return sum
	},
	"frac_negative": func(c *goldenCase) any { return float64(c.g.Negative().Len()) / float64(c.g.Len()) },

	"clustering_bu":             func(c *goldenCase) any { return c.g.Clustering() },
	"clustering_bd":             func(c *goldenCase) any { return c.g.Clustering() },
	"clustering_bu_on_directed": func(c *goldenCase) any { return c.g.ClusteringOut() },
	"clustering_wu_raw":         func(c *goldenCase) any { return c.g.ClusteringOnnela() },
	"clustering_wu_norm":        func(c *goldenCase) any { return c.g.Scaled().ClusteringOnnela() },
	"clustering_wd":             func(c *goldenCase) any { return c.g.ClusteringOnnela() },
	"clustering_wd_norm":        func(c *goldenCase) any { return c.g.Scaled().ClusteringOnnela() },
	"clustering_barrat":         func(c *goldenCase) any { return c.g.ClusteringBarrat() },
	"clustering_zhang":          func(c *goldenCase) any { return c.g.Scaled().ClusteringZhang() },
	"clustering_onnela_pos":     func(c *goldenCase) any { return c.g.Positive().ClusteringOnnela() },
	"clustering_onnela_neg":     func(c *goldenCase) any { return c.g.Negative().ClusteringOnnela() },
	"clustering_zhang_pos":      func(c *goldenCase) any { return c.g.Positive().ClusteringZhang() },
	"clustering_costantini":     func(c *goldenCase) any { return c.g.ClusteringZhang() },
	"nx_clustering_signed":      func(c *goldenCase) any { return c.g.Scaled().ClusteringOnnela() },
	"transitivity_bu":           func(c *goldenCase) any { return c.g.Transitivity() },
	"transitivity_bd":           func(c *goldenCase) any { return c.g.Transitivity() },
	"transitivity_wu_norm":      func(c *goldenCase) any { return c.g.Scaled().TransitivityOnnela() },
	"transitivity_wd":           func(c *goldenCase) any { return c.g.TransitivityOnnela() },
	"akarca_threshold_proportional": func(c *goldenCase) any {
		g := c.top(0.1)
		return []float64{mean(g.ClusteringOut()), float64(g.Len())}
	},
	"analytic": func(c *goldenCase) any { return []float64{mean(c.g.Clustering()), c.g.Paths().Length} },

	"distance_bin": func(c *goldenCase) any { return c.g.Distances() },
	"distance_wei": func(c *goldenCase) any { return c.g.WeightedDistances() },
	"charpath_bin": charpath((*Digraph).Paths), "charpath_wei": charpath((*Digraph).WeightedPaths), "charpath_wei_vec": charpath((*Digraph).WeightedPaths),
	"avg_shortest_path_length":      func(c *goldenCase) any { return c.g.Paths().PathLength() },
	"global_efficiency_bin":         func(c *goldenCase) any { return c.g.Paths().Efficiency },
	"global_efficiency_wei":         func(c *goldenCase) any { return c.g.WeightedPaths().Efficiency },
	"global_efficiency_wei_norm":    func(c *goldenCase) any { return c.g.Scaled().WeightedPaths().Efficiency },
	"local_efficiency_bin":          func(c *goldenCase) any { return c.g.LocalEfficiency() },
	"local_efficiency_bin_dir":      func(c *goldenCase) any { return c.g.LocalEfficiency() },
	"local_efficiency_nx_mean":      func(c *goldenCase) any { return mean(c.g.LocalEfficiency()) },
	"local_efficiency_wei_wang":     func(c *goldenCase) any { return c.g.Scaled().LocalEfficiencyWang() },
	"local_efficiency_wei_original": func(c *goldenCase) any { return c.g.Scaled().LocalEfficiencyRubinov() },
	"betweenness_bin":               func(c *goldenCase) any { return c.g.Betweenness() },
	"betweenness_wei":               func(c *goldenCase) any { return c.g.WeightedBetweenness() },

	"participation_und": participation(same), "participation_und_w": participation(same), "participation_out": participation(same),
	"participation_in": participation((*Digraph).Reverse), "participation_pos": participation((*Digraph).Positive), "participation_neg": participation((*Digraph).Negative),
	"diversity_pos":          func(c *goldenCase) any { return c.must(c.g.Positive().Diversity(c.file.Partition)) },
	"module_degree_zscore":   moduleZ(same, false),
	"module_degree_zscore_0": moduleZ(same, true), "module_degree_zscore_1": moduleZ(same, true),
	"module_degree_zscore_2": moduleZ((*Digraph).Reverse, true), "module_degree_zscore_3": moduleZ(twoWays, true),

	"rich_club_bu": func(c *goldenCase) any { return richMembers(c.g.Union().RichClub(), 2) },
	"rich_club_bd": func(c *goldenCase) any { return richMembers(c.g.RichClub(), 1) },
	"rich_club_nx": func(c *goldenCase) any {
		curve := c.g.Union().RichClub().Coefficient
		return curve[:slices.IndexFunc(append(slices.Clone(curve), math.NaN()), math.IsNaN)]
	},
	"rich_club_wu": func(c *goldenCase) any { return c.g.WeightedRichClub(true) },
	"rich_club_wd": func(c *goldenCase) any { return c.g.WeightedRichClub(false) },

	"reciprocity":       func(c *goldenCase) any { return c.g.Reciprocity() },
	"reciprocity_ratio": func(c *goldenCase) any { return c.g.ReciprocityRatio() },
	"reciprocity_rho":   func(c *goldenCase) any { return c.g.ReciprocityRho() },
	"triad_census": func(c *goldenCase) any {
		t, object := c.g.Triads(), map[string]any{}
		for i, name := range TriadNames {
			object[name] = float64(t[i])
		}
		return object
	},
	"motif3struct_bin": func(c *goldenCase) any { return counted(c.g.Triads().Motifs()) },
	"motif3funct_bin":  func(c *goldenCase) any { return shiftedMotifs(c.g.Triads()) },

	"assortativity_nx_out_in":  func(c *goldenCase) any { return c.g.DegreeAssortativity(OutIn) },
	"assortativity_nx_in_out":  func(c *goldenCase) any { return c.g.DegreeAssortativity(InOut) },
	"assortativity_nx_out_out": func(c *goldenCase) any { return c.g.DegreeAssortativity(OutOut) },
	"assortativity_nx_in_in":   func(c *goldenCase) any { return c.g.DegreeAssortativity(InIn) },

	"matching_all": func(c *goldenCase) any { return c.g.Matching() },
	"communicability_wei_rowsum": func(c *goldenCase) any {
		return withoutDiagonal(c.g.Communicability(), c.g.n)
	},
	"communicability_wei_und": func(c *goldenCase) any { return withoutDiagonal(c.g.Communicability(), c.g.n) },
	"serNN_communicability": func(c *goldenCase) any {
		return withoutDiagonal(c.g.Absolute().Communicability(), c.g.n)
	},
	"communicability_bin":     func(c *goldenCase) any { return c.g.Binary().Exponential() },
	"communicability_bin_dir": func(c *goldenCase) any { return c.g.Binary().Exponential() },
	"subgraph_centrality":     func(c *goldenCase) any { return c.g.Binary().SubgraphCentrality() },
	"spectral_radius":         func(c *goldenCase) any { return c.spectrum().Radius },
	"max_real_eigenvalue":     func(c *goldenCase) any { return c.spectrum().Abscissa },
	"eigenvalues_abs_sorted":  func(c *goldenCase) any { return sortedSizes(c.spectrum()) },

	"sheeran_H_rows_mean_log2_omitzero": func(c *goldenCase) any { return EntropyOfRows(c.g.preByPost(), c.g.n) },
	"sheeran_H_comm_rows_mean_log2":     func(c *goldenCase) any { return EntropyOfRows(c.g.Absolute().Communicability(), c.g.n) },
	"sheeran_spectral_entropy_log2":     func(c *goldenCase) any { return c.spectrum().Entropy() },
	"sheeran_log_max_real_eig":          func(c *goldenCase) any { return math.Log(c.spectrum().Abscissa) },

	"core_periphery_best": func(c *goldenCase) any {
		core, q := c.g.CorePeriphery(1)
		out := []float64{}
		for _, in := range core {
			out = append(out, numbers(c.T, in)...)
		}
		return append(out, q)
	},
	"core_periphery_fixed": func(c *goldenCase) any {
		core := make([]bool, c.g.n)
		for i := range 20 {
			core[i] = true
		}
		return c.g.Coreness(core, 1)
	},

	"wiring_cost_sum_w_d": func(c *goldenCase) any { return c.wiring().Cost() },
	"wiring_length_bin": func(c *goldenCase) any {
		sum := 0.0
		for _, d := range c.wiring().Lengths() {
			sum += d
		}
		return sum
	},
	"weight_distance_pearson":        func(c *goldenCase) any { r, _, _ := c.wiring().WeightDistance(); return r },
	"weight_distance_spearman":       func(c *goldenCase) any { _, r, _ := c.wiring().WeightDistance(); return r },
	"weight_distance_pearson_alloff": func(c *goldenCase) any { _, _, r := c.wiring().WeightDistance(); return r },
	"weight_distance_pearson_nonzero": func(c *goldenCase) any {
		var weight, length []float64
		for _, e := range c.g.Absolute().Edges() { // self-loops included, their length being 0
			weight = append(weight, e.Weight)
			length = append(length, apart(c.file.Positions[e.Pre], c.file.Positions[e.Post]))
		}
		return correlation(weight, length)
	},
}

func init() {
	for flag, kind := range []Ends{BothEnds, OutIn, InOut, OutOut, InIn} {
		goldenMeasures[fmt.Sprintf("assortativity_bin%d", flag)] = func(c *goldenCase) any { return c.g.NewmanAssortativity(kind) }
		goldenMeasures[fmt.Sprintf("assortativity_wei%d", flag)] = func(c *goldenCase) any { return c.g.StrengthAssortativity(kind) }
	}
}

// shiftedMotifs returns what motif3funct_bin of the MATLAB toolbox makes of triads under
// Octave 7: there the function unique gives first places, not last ones as the toolbox
// expects, so that of the motifs in a triad each is given the count of the one before,
// and the first the count 1.
func shiftedMotifs(t Triads) []float64 {
	out := make([]float64, 13)
	for kind, count := range t {
		var one Triads
		one[kind] = 1
		before := int64(1)
		for id, inside := range one.FunctionalMotifs() {
			if inside > 0 {
				out[id] += float64(count * before)
				before = inside
			}
		}
	}
	return out
}

// TestFunctionalMotifs holds counts that follow from the degrees and from products of the
// adjacency matrix.
func TestFunctionalMotifs(t *testing.T) {
	g := fromRows(t, readReference(t, "modular100").Matrices["Dm"])
	got := g.Triads().FunctionalMotifs()
	a, n := g.Binary().preByPost(), g.n
	square := multiply(a, a, n)
	in, out := g.Degrees()
	var up, down, chain, cycles float64
	for i := range n {
		up += float64(in[i] * (in[i] - 1) / 2)
		down += float64(out[i] * (out[i] - 1) / 2)
		chain += float64(in[i]*out[i]) - square[i*n+i]
		for j := range n {
			cycles += square[i*n+j] * a[j*n+i] / 3
		}
	}
	for id, want := range map[int]float64{0: up, 1: chain, 2: down, 6: cycles} {
		near(t, TriadNames[motifs[id]], float64(got[id]), want, 1e-6)
	}
}

func counted(x [13]int64) []float64 {
	var out []float64
	for _, v := range x {
		out = append(out, float64(v))
	}
	return out
}

func TestSimplices(t *testing.T) {
	r := readReference(t, "simplices")
	for _, c := range r.Cases {
		want := numbers(t, c.Value)
		var got []float64
		for _, x := range fromRows(t, r.Matrices[c.Input]).DirectedSimplices(len(want) - 1) {
			got = append(got, float64(x))
		}
		compareNumbers(t, c.ID+" of "+c.Input, got, want, 0)
	}
	if len(r.Cases) < 2 {
		t.Error("too few cases")
	}
}

func TestGenerativeEnergy(t *testing.T) {
	r := readReference(t, "generative_energy")
	a := fromRows(t, r.Matrices["A"]).Union()
	var terms, energies []float64
	for _, pairs := range r.Nulls {
		null, err := NewUndirected(a.n, pairs)
		if err != nil {
			t.Fatal(err)
		}
		each, energy, err := GenerativeEnergy(a, null, r.Positions)
		if err != nil {
			t.Fatal(err)
		}
		terms, energies = append(terms, each[:]...), append(energies, energy)
	}
	for _, c := range r.Cases {
		got := map[string][]float64{"ks_terms": terms, "energy": energies}[c.ID]
		compareNumbers(t, c.ID, got, numbers(t, c.Value), c.Tol)
	}
	if _, _, err := GenerativeEnergy(a, a, r.Positions[1:]); err == nil {
		t.Error("too few somata were taken")
	}
	if !strings.Contains(r.Cases[0].ID, "ks") {
		t.Error("the cases are others")
	}
}
