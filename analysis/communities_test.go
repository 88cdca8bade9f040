package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// few is a configuration for tests.
var few = Config{Quantile: 0.9, Nulls: 10, MatchedNulls: 20, Seed: 1}

func added(t *testing.T, w []float64, n int, positions [][3]float64, cfg Config) Measures {
	t.Helper()
	var m Measures
	if err := AddCommunities(&m, w, n, positions, cfg); err != nil {
		t.Fatal(err)
	}
	for key, v := range m.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s: got %v", key, v)
		}
		if _, ok := Define(key); !ok {
			t.Errorf("%s has no definition", key)
		}
	}
	return m
}

// TestCommunitiesOfReference: a trained kernel of 100 neurons on a grid; its σ of path
// lengths was measured with 20 nulls of bctpy.
func TestCommunitiesOfReference(t *testing.T) {
	var ref goldenCases
	readJSON(t, sharedtest.File(t, "golden", "graphs", "seedpaper_sernn100.json"), &ref)
	w := transposed(ref.Matrices["W"])
	m := added(t, w, ref.N, ref.Positions, few)
	for _, d := range communityDefinitions {
		v, ok := m.Values[d.Key]
		if !ok {
			t.Errorf("%s is absent", d.Key)
		}
		t.Logf("%s = %.5g", d.Key, v)
	}
	t.Log(m.Warnings)
	sigma := ref.number(t, "sigma_degree_matched", "sigma")
	if got := m.Values["small_worldness_path"]; math.Abs(got-sigma) > 0.05 {
		t.Errorf("σ against equal degrees: got %.4f, bctpy's nulls give %.4f", got, sigma)
	}
	again := added(t, slices.Clone(w), ref.N, ref.Positions, few)
	for key, v := range m.Values {
		if again.Values[key] != v {
			t.Errorf("%s: %v, then %v", key, v, again.Values[key])
		}
	}
}

// clustered returns weights of n neurons in groups that stand apart, strong within them.
func clustered(n, groups int) ([]float64, [][3]float64) {
	s := rng.New(1, "analysis/clustered")
	w, at := make([]float64, n*n), make([][3]float64, n)
	for i := range n {
		at[i] = [3]float64{100*float64(i%groups) + 20*s.Float64(), 20 * s.Float64(), 20 * s.Float64()}
		for j := range n {
			w[i*n+j] = 0.2 * s.Norm()
			if i%groups == j%groups {
				w[i*n+j] = 1 + 0.2*s.Norm()
			}
		}
	}
	return w, at
}

func TestPlantedCommunities(t *testing.T) {
	w, at := clustered(60, 4)
	m := added(t, w, 60, at, few)
	if m.Values["communities"] != 4 || m.Values["communities_agreement"] < 0.999 {
		t.Errorf("%v communities with agreement %v, want 4 and 1", m.Values["communities"], m.Values["communities_agreement"])
	}
	if m.Values["modularity_signed"] < m.Values["modularity_directed"] {
		t.Errorf("signed Q %v: weak weights of both signs between the groups must raise it above %v", m.Values["modularity_signed"], m.Values["modularity_directed"])
	}
	if a, b := m.Values["small_worldness_geometry"], m.Values["small_worldness_path"]; !(a < b) {
		t.Errorf("σ of clustered neurons: %v against equal lengths, %v against equal degrees; want less", a, b)
	}
}

// TestStructurelessCommunities: noise is like random graphs, and its communities are doubted.
func TestStructurelessCommunities(t *testing.T) {
	const n = 100
	s := rng.New(2, "places")
	at := make([][3]float64, n)
	for i := range at {
		at[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	m := added(t, noise(n, 1), n, at, few)
	for key, want := range map[string][2]float64{
		"small_worldness_path": {1, 0.05}, "small_worldness_geometry": {1, 0.05}, "small_world_index": {0, 0.1},
	} {
		if got := m.Values[key]; math.Abs(got-want[0]) > want[1] {
			t.Errorf("%s: got %.4f, want %.4f ± %.4f", key, got, want[0], want[1])
		}
	}
	if !slices.ContainsFunc(m.Warnings, func(s string) bool { return strings.HasPrefix(s, "communities: restarts find") }) {
		t.Errorf("no doubt about the communities of noise: agreement %v, %q", m.Values["communities_agreement"], m.Warnings)
	}
}

// TestCommunitiesOfCircuit: a circuit's synapses and somata go the same way as a network.
func TestCommunitiesOfCircuit(t *testing.T) {
	c, err := circuit.Synthetic(circuit.DefaultSyntheticConfig())
	if err != nil {
		t.Fatal(err)
	}
	m := added(t, c.Synapses.Matrix(), c.N(), c.Positions(), few)
	for _, d := range communityDefinitions {
		if _, ok := m.Values[d.Key]; !ok && !slices.ContainsFunc(m.Warnings, func(s string) bool { return strings.HasPrefix(s, d.Key+": ") }) {
			t.Errorf("%s is absent without a warning", d.Key)
		}
		t.Logf("%s = %.5g", d.Key, m.Values[d.Key])
	}
	t.Log(m.Warnings)
}

func TestCommunitiesOfDegenerateNetworks(t *testing.T) {
	const n = 20
	diagonal, ring := make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		diagonal[i*n+i] = 1
		ring[i*n+(i+1)%n] = 1
	}
	pair := make([]float64, n*n)
	pair[1] = 1
	for _, c := range []struct {
		name   string
		w      []float64
		cfg    Config
		doubts []string
	}{
		{"zero", make([]float64, n*n), few, []string{"modularity_directed: ", "omega: ", "small_world_propensity: "}},
		{"diagonal", diagonal, few, []string{"communities: ", "small_worldness_path: "}},
		{"ring", ring, few, []string{"small_worldness_geometry: the neurons have no positions", "modularity_signed: no weight is negative"}},
		{"one connection", pair, few, []string{"omega: 99"}},
		{"few nulls", ring, Config{Quantile: 0.9, Nulls: 1, MatchedNulls: 2, Seed: 1}, []string{"omega: 2 nulls are too few"}},
	} {
		m := added(t, c.w, n, nil, c.cfg)
		for _, want := range c.doubts {
			if !slices.ContainsFunc(m.Warnings, func(s string) bool { return strings.HasPrefix(s, want) }) {
				t.Errorf("%s: no warning %q among %q", c.name, want, m.Warnings)
			}
		}
	}
}

func TestAddCommunitiesRefuses(t *testing.T) {
	good, bad := noise(5, 1), noise(5, 1)
	bad[7] = math.Inf(1)
	for name, f := range map[string]func(m *Measures) error{
		"infinity":  func(m *Measures) error { return AddCommunities(m, bad, 5, nil, few) },
		"shape":     func(m *Measures) error { return AddCommunities(m, good, 4, nil, few) },
		"positions": func(m *Measures) error { return AddCommunities(m, good, 5, make([][3]float64, 4), few) },
		"config":    func(m *Measures) error { return AddCommunities(m, good, 5, nil, Config{}) },
	} {
		if f(&Measures{}) == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func BenchmarkAddCommunities(b *testing.B) {
	const n = 312
	s := rng.New(2, "places")
	at := make([][3]float64, n)
	for i := range at {
		at[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	w := noise(n, 1)
	b.Run("n=312", func(b *testing.B) {
		for b.Loop() {
			if err := AddCommunities(&Measures{}, w, n, at, DefaultConfig()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
