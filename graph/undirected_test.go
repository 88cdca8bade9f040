package graph

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// measured is testdata/measures.json, written by testdata/make.py.
type measured struct {
	Graphs []struct {
		Name          string
		N, Loops      int
		Rows          []string
		Clustering    float64
		Efficiency    float64
		Communities   []int
		Modularity    float64
		Assortativity *float64
		Transitivity  float64
		Components    int
	}
}

func parseRows(rows []string) *Undirected {
	g := newUndirected(len(rows))
	for i, row := range rows {
		for j, c := range row {
			if c == '1' {
				g.set(i, j)
			}
		}
	}
	return g
}

func TestAgainstNetworkXAndBCT(t *testing.T) {
	text, err := os.ReadFile("testdata/measures.json")
	if err != nil {
		t.Fatal(err)
	}
	var file measured
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Graphs) < 10 {
		t.Fatalf("only %d graphs", len(file.Graphs))
	}
	for _, c := range file.Graphs {
		g := parseRows(c.Rows)
		near(t, c.Name+" clustering", g.MeanClustering(), c.Clustering, 1e-12)
		near(t, c.Name+" efficiency", g.Efficiency(), c.Efficiency, 1e-12)
		if c.Loops > 0 {
			continue
		}
		got := g.GreedyCommunities()
		near(t, c.Name+" modularity", g.Modularity(got), c.Modularity, 1e-12)
		if !samePartition(got, c.Communities) {
			t.Errorf("%s: the communities differ from NetworkX's", c.Name)
		}
		near(t, c.Name+" transitivity", g.Transitivity(), c.Transitivity, 1e-12)
		want := math.NaN()
		if c.Assortativity != nil {
			want = *c.Assortativity
		}
		near(t, c.Name+" assortativity", g.Assortativity(), want, 1e-9)
		if _, k := g.Components(); k != c.Components {
			t.Errorf("%s: %d components, want %d", c.Name, k, c.Components)
		}
	}
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if math.IsNaN(want) && math.IsNaN(got) {
		return
	}
	if !(math.Abs(got-want) <= tol) {
		t.Errorf("%s: got %.15g, want %.15g ± %g", what, got, want, tol)
	}
}

func samePartition(a, b []int) bool {
	forward, back := map[int]int{}, map[int]int{}
	for i := range a {
		x, seenX := forward[a[i]]
		y, seenY := back[b[i]]
		if (seenX && x != b[i]) || (seenY && y != a[i]) {
			return false
		}
		forward[a[i]], back[b[i]] = b[i], a[i]
	}
	return len(a) == len(b)
}

func TestSmallGraphs(t *testing.T) {
	for n := range 3 {
		g, err := NewUndirected(n, nil)
		if err != nil {
			t.Fatal(err)
		}
		g.GreedyCommunities()
		if c := g.Clustering(); len(c) != n {
			t.Errorf("n=%d: %d coefficients", n, len(c))
		}
		if !math.IsNaN(g.Assortativity()) || !math.IsNaN(g.Modularity(make([]int, n))) {
			t.Errorf("n=%d: a graph without links has no assortativity and no Q", n)
		}
		if e := g.Efficiency(); n == 2 && e != 0 {
			t.Errorf("efficiency %g of two separate nodes", e)
		}
		if _, err := Binarise(make([]float64, n*n), n, 0.9); err != nil {
			t.Error(err)
		}
	}
}

func TestBadInput(t *testing.T) {
	w := make([]float64, 9)
	w[5] = math.NaN()
	if _, err := Binarise(w, 3, 0.9); err == nil || !strings.Contains(err.Error(), "2 → 1") {
		t.Errorf("NaN: %v", err)
	}
	if _, err := Binarise(make([]float64, 9), 3, 1.2); err == nil {
		t.Error("a quantile of 1.2 was accepted")
	}
	if _, _, err := Louvain(make([]float64, 9), 3, 1, 1, 1); err == nil {
		t.Error("a graph without edges was clustered")
	}
	if _, err := NewUndirected(3, [][2]int{{0, 3}}); err == nil {
		t.Error("node 3 of 3 was accepted")
	}
}

// TestSeedPaper holds the published measures, step by step.
func TestSeedPaper(t *testing.T) {
	g := golden(t, "seedpaper_sernn100.json")
	w, n := g.matrix(t, "W")
	transposed := make([]float64, len(w))
	for i := range n {
		for j := range n {
			transposed[i*n+j] = w[j*n+i]
		}
	}
	u, err := Binarise(transposed, n, 0.9)
	if err != nil {
		t.Fatal(err)
	}
	communities := u.GreedyCommunities()
	for id, got := range map[string]float64{
		"seed_C": u.MeanClustering(), "seed_E": u.Efficiency(), "seed_assortativity": u.Assortativity(),
		"seed_modularity/q":                     u.Modularity(communities),
		"seed_binary_counts/undirected_edges":   float64(u.Len()),
		"seed_binary_counts/undirected_density": u.Density(),
	} {
		near(t, id, got, g.value(t, id), 1e-10)
	}
	c, e := g.value(t, "seed_null_statistics/100/C_null_mean"), g.value(t, "seed_null_statistics/100/E_null_mean")
	near(t, "σ", NullStatistics{Clustering: c, Efficiency: e}.SmallWorldness(u), g.value(t, "seed_sigma"), 1e-10)
	ours := PublishedNulls(100, 1000, 1)
	near(t, "null clustering", ours.Clustering, c, 5*0.0097/math.Sqrt(500))
	near(t, "null efficiency", ours.Efficiency, e, 5*0.0039/math.Sqrt(500))
	matched := u.DegreeNulls(100, 1)
	near(t, "clustering of degree-matched nulls", matched.Clustering, g.value(t, "sigma_degree_matched/C_rand_mean"), 4*0.0043/math.Sqrt(20))
}

// TestLouvain: the best known Q of the golden graphs is reached; the reference is
// leidenalg over 40 seeds.
func TestLouvain(t *testing.T) {
	for _, c := range []struct{ file, matrix string }{
		{"karate.json", "A"}, {"karate.json", "W"}, {"modular100.json", "Dm"}, {"spatial60.json", "W"},
	} {
		f := golden(t, c.file)
		w, n := f.matrix(t, c.matrix)
		found := false
		for _, one := range f.Cases {
			v, ok := one.Value.(map[string]any)
			if !ok || one.ID != "modularity_Q_optimised" || one.Input != c.matrix {
				continue
			}
			found = true
			best := v["best_known"].(float64)
			community, q, err := Louvain(w, n, 1, 100, 1)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "Q of its own partition", DirectedModularity(w, n, community, 1), q, 1e-12)
			if q < 0.985*best || q > best+1e-9 && c.file == "karate.json" {
				t.Errorf("%s %s: Q = %.6f, best known %.6f", c.file, c.matrix, q, best)
			}
			var member []int
			for _, m := range v["best_membership"].([]any) {
				member = append(member, int(m.(float64)))
			}
			near(t, c.file+" Q of the best known partition", DirectedModularity(w, n, member, 1), best, 1e-9)
		}
		if !found {
			t.Errorf("%s %s: no case", c.file, c.matrix)
		}
	}
}

func TestWeighted(t *testing.T) {
	for _, c := range []struct{ file, matrix string }{{"karate.json", "W"}, {"modular100.json", "U"}} {
		f := golden(t, c.file)
		w, n := f.matrix(t, c.matrix)
		w = Symmetric(w, n)
		near(t, c.file+" weighted efficiency", WeightedEfficiency(w, n), f.input(t, "global_efficiency_wei_norm", c.matrix).(float64), 1e-12)
		sum := 0.0
		for _, v := range f.input(t, "clustering_wu_norm", c.matrix).([]any) {
			sum += v.(float64) / float64(n)
		}
		near(t, c.file+" weighted clustering", WeightedClustering(w, n), sum, 1e-12)
	}
}

func TestPublishedNulls(t *testing.T) {
	for n, want := range map[int]float64{100: 0.2265, 312: 0.1945} {
		s := PublishedNulls(n, 300, 1)
		if math.Abs(s.Clustering-want) > 6e-4 {
			t.Errorf("n=%d: null clustering %.4f, want %.4f", n, s.Clustering, want)
		}
		if again := PublishedNulls(n, 300, 1); again != s {
			t.Error("the ensemble depends on more than its seed")
		}
	}
}

func TestBernoulli(t *testing.T) {
	s := rng.New(1, "bernoulli")
	for _, p := range []float64{0, 0.18, 0.3, 0.5, 1} {
		ones := 0
		const words = 4000
		for range words {
			ones += common([]uint64{s.Bernoulli64(p)}, []uint64{math.MaxUint64})
		}
		share := float64(ones) / (64 * words)
		if sd := math.Sqrt(p * (1 - p) / (64 * words)); math.Abs(share-p) > 5*sd {
			t.Errorf("p = %g: share %g", p, share)
		}
	}
}

func TestStructurelessNetworks(t *testing.T) {
	// Graphs of iid Gaussian weights at n = 312 have σ = 0.985 under the published
	// nulls, with an SD of 0.004 (bctpy 0.6.1 and numpy 2.4.6, 60 draws).
	nulls := PublishedNulls(312, 200, 1)
	s := rng.New(2, "gauss")
	sum := 0.0
	const draws = 20
	for range draws {
		w := make([]float64, 312*312)
		for i := range w {
			w[i] = s.Norm()
		}
		g, err := Binarise(w, 312, 0.9)
		if err != nil {
			t.Fatal(err)
		}
		sum += nulls.SmallWorldness(g) / draws
	}
	near(t, "σ of noise", sum, 0.985, 0.004)
}

func TestMatchedNulls(t *testing.T) {
	s := rng.New(3, "matched")
	w := make([]float64, 90*90)
	for i := range w {
		w[i] = math.Exp(2 * s.Norm())
	}
	g, _ := Binarise(w, 90, 0.9)
	r := g.rewired(g.links(), rng.New(1, "x"))
	for i := range g.n {
		if r.Degree(i) != g.Degree(i) || r.Has(i, i) {
			t.Fatalf("node %d: degree %d became %d", i, g.Degree(i), r.Degree(i))
		}
	}
	same := 0
	for _, p := range g.Pairs() {
		if r.Has(p[0], p[1]) {
			same++
		}
	}
	if share := float64(same) / float64(g.Len()); share > 2*g.Density()+0.1 {
		t.Errorf("%.0f %% of the links are where they were", 100*share)
	}
	d := g.DensityNulls(50, 1)
	near(t, "clustering of density-matched nulls", d.Clustering, g.Density(), 0.01)
	dense, _ := NewUndirected(20, nil)
	dense.invert()
	dense.clear(0, 1)
	if e := dense.DensityNulls(3, 1); math.Abs(e.Efficiency-dense.Efficiency()) > 1e-12 {
		t.Errorf("one gap in a complete graph: efficiency %g, want %g", e.Efficiency, dense.Efficiency())
	}
}

// goldenFile is a file of ../shared/golden/graphs.
type goldenFile struct {
	Matrices  map[string][][]float64
	Partition []int
	Cases     []struct {
		ID     string
		Input  any
		Ref    string
		Value  any
		Tol    float64
		Params map[string]any
	}
}

func golden(t *testing.T, name string) goldenFile {
	t.Helper()
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", name))
	if err != nil {
		t.Fatal(err)
	}
	var f goldenFile
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f goldenFile) matrix(t *testing.T, key string) ([]float64, int) {
	t.Helper()
	m, ok := f.Matrices[key]
	if !ok {
		t.Fatalf("no matrix %q", key)
	}
	var out []float64
	for _, row := range m {
		out = append(out, row...)
	}
	return out, len(m)
}

// value follows a path of keys, "id/key/key", to a number.
func (f goldenFile) value(t *testing.T, path string) float64 {
	t.Helper()
	keys := strings.Split(path, "/")
	for _, c := range f.Cases {
		if c.ID != keys[0] {
			continue
		}
		v := c.Value
		for _, k := range keys[1:] {
			v = v.(map[string]any)[k]
		}
		return v.(float64)
	}
	t.Fatalf("no case %q", path)
	return 0
}

// input returns the value of a case with the given input.
func (f goldenFile) input(t *testing.T, id, input string) any {
	t.Helper()
	for _, c := range f.Cases {
		if c.ID == id && c.Input == input {
			return c.Value
		}
	}
	t.Fatalf("no case %q of %q", id, input)
	return nil
}

func BenchmarkGraph(b *testing.B) {
	s := rng.New(1, "bench")
	for _, n := range []int{312, 1000} {
		w := make([]float64, n*n)
		for i := range w {
			w[i] = s.Norm()
		}
		g, err := Binarise(w, n, 0.9)
		if err != nil {
			b.Fatal(err)
		}
		size := map[int]string{312: "312", 1000: "1000"}[n]
		run := func(name string, f func()) {
			b.Run(name+"/n="+size, func(b *testing.B) {
				for b.Loop() {
					f()
				}
			})
		}
		run("binarise", func() { _, _ = Binarise(w, n, 0.9) })
		run("clustering", func() { g.MeanClustering() })
		run("efficiency", func() { g.Efficiency() })
		run("greedy", func() { g.GreedyCommunities() })
		run("nulls=1000", func() { PublishedNulls(n, 1000, 1) })
		sym := Symmetric(w, n)
		run("louvain", func() { _, _, _ = Louvain(sym, n, 1, 1, 1) })
		if n == 312 {
			run("degree-nulls=100", func() { g.DegreeNulls(100, 1) })
			run("weighted-efficiency", func() { WeightedEfficiency(sym, n) })
			run("weighted-clustering", func() { WeightedClustering(sym, n) })
		}
	}
}
