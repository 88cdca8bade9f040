package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// published reads one stored case of the golden file.
type goldenCases struct {
	N         int                    `json:"n"`
	Positions [][3]float64           `json:"positions"`
	Matrices  map[string][][]float64 `json:"matrices"`
	Cases     []struct {
		ID    string `json:"id"`
		Value any    `json:"value"`
	} `json:"cases"`
}

func (g goldenCases) number(t *testing.T, id string, path ...string) float64 {
	t.Helper()
	for _, c := range g.Cases {
		if c.ID != id {
			continue
		}
		v := c.Value
		for _, p := range path {
			v = v.(map[string]any)[p]
		}
		return v.(float64)
	}
	t.Fatalf("no case %s", id)
	return 0
}

// transposed returns W[post][pre] of a stored [pre][post] matrix.
func transposed(rows [][]float64) []float64 {
	n := len(rows)
	w := make([]float64, n*n)
	for pre, row := range rows {
		for post, x := range row {
			w[post*n+pre] = x
		}
	}
	return w
}

func TestStructureAgainstReference(t *testing.T) {
	var ref goldenCases
	readJSON(t, sharedtest.File(t, "golden", "graphs", "seedpaper_sernn100.json"), &ref)
	n, w := ref.N, transposed(ref.Matrices["W"])
	cfg := DefaultConfig()
	m, err := Structure(w, n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Warnings) > 0 {
		t.Errorf("warnings: %v", m.Warnings)
	}
	check := func(key string, want, tolerance float64) {
		t.Helper()
		if got := m.Values[key]; !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s: got %.15g, want %.15g ± %.2g", key, got, want, tolerance)
		}
	}
	check("modularity", ref.number(t, "seed_modularity", "q"), 1e-12)
	check("assortativity", ref.number(t, "seed_assortativity"), 1e-12)
	check("entropy_bits", ref.number(t, "seed_entropy", "H"), 1e-12)
	// σ is the reference's with the nulls of another generator: four standard errors of
	// two independent ensembles of 1,000.
	c, e := ref.number(t, "seed_C"), ref.number(t, "seed_E")
	null := func(id string) float64 { return ref.number(t, "seed_null_statistics", "100", id) }
	sigma := c / null("C_null_mean") * e / null("E_null_mean")
	relative := math.Hypot(null("C_null_sd")/null("C_null_mean"), null("E_null_sd")/null("E_null_mean"))
	check("small_worldness", sigma, 4*sigma*relative*math.Sqrt(2.0/1000))
	if m.Values["modularity_louvain"] < m.Values["modularity"]-0.02 {
		t.Errorf("Louvain's Q %.4f is far below the greedy one %.4f", m.Values["modularity_louvain"], m.Values["modularity"])
	}
	d := make([]float64, n*n)
	for i, a := range ref.Positions {
		for j, b := range ref.Positions {
			d[i*n+j] = math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2]))
		}
	}
	if err := m.AddWiring(w, d, n); err != nil {
		t.Fatal(err)
	}
	check("wiring_cost", ref.number(t, "sernn_loss_terms", "WD"), 1e-9)
	check("mean_abs_weight", ref.number(t, "sernn_loss_terms", "L1")/float64(n*n), 1e-12)
	for _, d := range structureDefinitions[6:] {
		if _, ok := m.Values[d.Key]; !ok {
			t.Errorf("%s is absent", d.Key)
		}
		t.Logf("%s = %.6g", d.Key, m.Values[d.Key])
	}
}

// noise returns an n×n matrix of independent normal weights.
func noise(n int, seed uint64) []float64 {
	s := rng.New(seed, "analysis/noise")
	w := make([]float64, n*n)
	for i := range w {
		w[i] = s.Norm()
	}
	return w
}

// Without structure σ against matched nulls is 1; the published one is 0.983 ± 0.004
// at N = 312 (measured with the reference implementation on Gaussian matrices).
func TestStructurelessNetworks(t *testing.T) {
	cfg := Config{Quantile: 0.9, Nulls: 200, MatchedNulls: 20, Seed: 1}
	m, err := Structure(noise(312, 1), 312, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string][2]float64{
		"small_worldness":         {0.983, 0.02},
		"small_worldness_density": {1, 0.02},
		"small_worldness_degree":  {1, 0.02},
		"diagonal_share":          {1.0 / 312, 0.0005},
		"mean_abs_weight":         {math.Sqrt(2 / math.Pi), 0.01},
		"spectral_radius":         {math.Sqrt(312), 1},
		"assortativity":           {0, 0.03},
	} {
		if got := m.Values[key]; math.Abs(got-want[0]) > want[1] {
			t.Errorf("%s: got %.4f, want %.4f ± %.4f", key, got, want[0], want[1])
		}
	}
}

func TestStructureIsDeterministicAndBlindToLabels(t *testing.T) {
	const n = 60
	cfg := Config{Quantile: 0.9, Nulls: 30, MatchedNulls: 10, Seed: 3}
	w := noise(n, 2)
	a, err := Structure(w, n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Structure(slices.Clone(w), n, cfg)
	for k, v := range a.Values {
		if b.Values[k] != v {
			t.Errorf("%s: %v, then %v", k, v, b.Values[k])
		}
	}
	p := rng.New(5, "labels").Perm(n)
	moved := make([]float64, n*n)
	for i := range n {
		for j := range n {
			moved[p[i]*n+p[j]] = w[i*n+j]
		}
	}
	c, _ := Structure(moved, n, cfg)
	for _, key := range []string{"entropy_bits", "assortativity", "small_worldness", "clustering_weighted", "efficiency_weighted", "spectral_radius", "diagonal_share", "mean_abs_weight"} {
		if math.Abs(a.Values[key]-c.Values[key]) > 1e-10 {
			t.Errorf("%s after renaming the neurons: got %v, want %v", key, c.Values[key], a.Values[key])
		}
	}
}

func TestStructureOfDegenerateNetworks(t *testing.T) {
	const n = 20
	cfg := Config{Quantile: 0.9, Nulls: 10, MatchedNulls: 3, Seed: 1}
	flat := slices.Repeat([]float64{0.5}, n*n)
	diagonal := make([]float64, n*n)
	for i := range n {
		diagonal[i*n+i] = float64(i)
	}
	ring := make([]float64, n*n) // every degree is 2
	for i := range n {
		ring[i*n+(i+1)%n] = 1
	}
	for _, c := range []struct {
		name   string
		w      []float64
		absent []string
	}{
		{"constant", flat, []string{"entropy_bits", "assortativity", "modularity", "small_worldness", "small_worldness_density"}},
		{"zero", make([]float64, n*n), []string{"entropy_bits", "diagonal_share", "modularity"}},
		{"diagonal", diagonal, []string{"assortativity", "modularity", "small_worldness_degree"}},
		{"ring", ring, []string{"assortativity"}},
	} {
		m, err := Structure(c.w, n, cfg)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		for _, key := range c.absent {
			if v, ok := m.Values[key]; ok {
				t.Errorf("%s: %s: got %v, want it absent", c.name, key, v)
			}
			if !slices.ContainsFunc(m.Warnings, func(s string) bool { return strings.HasPrefix(s, key+": ") }) {
				t.Errorf("%s: %s: no warning among %q", c.name, key, m.Warnings)
			}
		}
		for key, v := range m.Values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Errorf("%s: %s: got %v", c.name, key, v)
			}
		}
	}
}

func TestStructureRefuses(t *testing.T) {
	bad := noise(5, 1)
	bad[7] = math.NaN()
	good := noise(5, 1)
	for name, f := range map[string]func() error{
		"NaN":       func() error { _, err := Structure(bad, 5, DefaultConfig()); return err },
		"shape":     func() error { _, err := Structure(good, 4, DefaultConfig()); return err },
		"config":    func() error { _, err := Structure(good, 5, Config{Quantile: 1, Nulls: 1, MatchedNulls: 1}); return err },
		"nulls":     func() error { return Config{Quantile: 0.9, MatchedNulls: 1}.Validate() },
		"matched":   func() error { return Config{Quantile: 0.9, Nulls: 1}.Validate() },
		"distances": func() error { m := Measures{}; return m.AddWiring(good, good[:3], 5) },
	} {
		if f() == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestSpectralRadius(t *testing.T) {
	// a rotation by 90° scaled by 3 has the eigenvalues ±3i
	if got := spectralRadius([]float64{0, -3, 3, 0}, 2); math.Abs(got-3) > 1e-12 {
		t.Errorf("got %v, want 3", got)
	}
}

func TestWiring(t *testing.T) {
	m := Measures{Values: map[string]float64{}}
	// |W| off the diagonal is 4 − D
	w := []float64{9, -3, 2, 3, 9, 1, -2, 1, 9}
	d := []float64{0, 1, 2, 1, 0, 3, 2, 3, 0}
	if err := m.AddWiring(w, d, 3); err != nil {
		t.Fatal(err)
	}
	if got := m.Values["wiring_cost"]; got != 2*(3+4+3) {
		t.Errorf("wiring cost: got %v, want 20", got)
	}
	if got := m.Values["weight_distance_r"]; math.Abs(got+1) > 1e-15 {
		t.Errorf("correlation: got %v, want −1", got)
	}
	flat := Measures{Values: map[string]float64{}}
	if err := flat.AddWiring([]float64{1, 1, 1, 1}, []float64{0, 1, 1, 0}, 2); err != nil || len(flat.Warnings) != 1 {
		t.Errorf("equal weights: got %v, %v; want one warning", flat.Warnings, err)
	}
}

func BenchmarkStructure(b *testing.B) {
	w := noise(312, 1)
	if _, err := Structure(w, 312, DefaultConfig()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Structure(w, 312, DefaultConfig()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestStructureAgainstLibraries(t *testing.T) {
	var ref struct {
		Cases []struct {
			N          int                `json:"n"`
			Seed       uint64             `json:"seed"`
			Transform  string             `json:"transform"`
			Quantile   float64            `json:"quantile"`
			Values     map[string]float64 `json:"values"`
			Clustering float64            `json:"clustering"`
			Efficiency float64            `json:"efficiency"`
			Louvain    float64            `json:"louvain_best_of_50"`
		} `json:"cases"`
	}
	readJSON(t, "testdata/structure.json", &ref)
	if len(ref.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range ref.Cases {
		w := congruential(c.N*c.N, c.Seed)
		for i, u := range w {
			w[i] = transforms[c.Transform](u)
		}
		x := congruential(c.N*c.N, c.Seed+100)
		d := make([]float64, c.N*c.N)
		for i := range c.N {
			for j := range c.N {
				if i != j {
					d[i*c.N+j] = 5 * (x[i*c.N+j] + x[j*c.N+i])
				}
			}
		}
		cfg := Config{Quantile: c.Quantile, Nulls: 50, MatchedNulls: 5, Seed: 1}
		m, err := Structure(w, c.N, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.AddWiring(w, d, c.N); err != nil {
			t.Fatal(err)
		}
		for _, key := range sortedKeys(c.Values) {
			if got, want := m.Values[key], c.Values[key]; !(math.Abs(got-want) <= 1e-11*(1+math.Abs(want))) {
				t.Errorf("n = %d: %s: got %.15g, want %.15g", c.N, key, got, want)
			}
		}
		null := publishedNulls(c.N, cfg.Nulls, cfg.Seed)
		if got, want := m.Values["small_worldness"], c.Clustering/null.Clustering*c.Efficiency/null.Efficiency; math.Abs(got-want) > 1e-12 {
			t.Errorf("n = %d: σ: got %.15g, want %.15g", c.N, got, want)
		}
		if got := m.Values["modularity_louvain"]; got < c.Louvain-0.01 {
			t.Errorf("n = %d: Louvain's Q: got %.4f, want about %.4f", c.N, got, c.Louvain)
		}
		t.Logf("n = %d: Louvain %.4f, networkx' best of 50 %.4f", c.N, m.Values["modularity_louvain"], c.Louvain)
	}
}
