package analysis

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// TestFullAgainstReference: orientation, threshold and scale are those of the values that
// other programs give for the same graph.
func TestFullAgainstReference(t *testing.T) {
	var ref goldenCases
	readJSON(t, sharedtest.File(t, "golden", "graphs", "spatial60.json"), &ref)
	cfg := DefaultConfig()
	cfg.Quantile, cfg.Nulls = 0.5, 50 // below the share of absent edges: every edge stays
	m, err := Full(transposed(ref.Matrices["W"]), ref.N, ref.Positions, cfg)
	if err != nil {
		t.Fatal(err)
	}
	mean := func(id string) float64 {
		for _, c := range ref.Cases {
			if c.ID == id {
				sum := 0.0
				for _, x := range c.Value.([]any) {
					sum += x.(float64)
				}
				return sum / float64(len(c.Value.([]any)))
			}
		}
		t.Fatalf("no case %s", id)
		return 0
	}
	for key, want := range map[string]float64{
		"density_directed": ref.number(t, "density_dir"), "reciprocity": ref.number(t, "reciprocity"), "reciprocity_rho": ref.number(t, "reciprocity_rho"),
		"clustering_directed_weighted": mean("clustering_wd_norm"), "transitivity_directed": ref.number(t, "transitivity_bd"),
		"clustering_signed":   average(averagedZhang(transposed(ref.Matrices["W"]), ref.N)),
		"efficiency_directed": ref.number(t, "global_efficiency_bin"), "efficiency_directed_weighted": ref.number(t, "global_efficiency_wei"),
		"efficiency_local_weighted": mean("local_efficiency_wei_wang"),
		"assortativity_out_in":      ref.number(t, "assortativity_nx_out_in"), "assortativity_in_out": ref.number(t, "assortativity_nx_in_out"),
		"core_periphery": ref.number(t, "core_periphery_best", "q"), "wiring_cost": ref.number(t, "wiring_cost_sum_w_d"),
		"weight_distance_edges_r": ref.number(t, "weight_distance_pearson"), "weight_distance_edges_rho": ref.number(t, "weight_distance_spearman"),
		"weight_distance_r": ref.number(t, "weight_distance_pearson_alloff"), "entropy_rows_bits": ref.number(t, "sheeran_H_rows_mean_log2_omitzero"),
		"entropy_communicability_bits": ref.number(t, "sheeran_H_comm_rows_mean_log2"), "entropy_spectral_bits": ref.number(t, "sheeran_spectral_entropy_log2"),
	} {
		if got := m.Values[key]; !(math.Abs(got-want) <= 1e-9) {
			t.Errorf("%s: got %.15g, want %.15g", key, got, want)
		}
	}
}

// averagedZhang is the plain form of the signed clustering of (W + Wᵀ)/2.
func averagedZhang(w []float64, n int) []float64 {
	at := func(i, j int) float64 { return (w[i*n+j] + w[j*n+i]) / 2 }
	c := make([]float64, n)
	for i := range n {
		var cycles, sides float64
		for j := range n {
			for k := range n {
				if j != k && j != i && k != i {
					cycles += at(i, j) * at(j, k) * at(k, i)
					sides += math.Abs(at(i, j) * at(i, k))
				}
			}
		}
		c[i] = cycles / sides
	}
	return c
}

// TestFullIsComplete: a dense network and a sparse one have every measure that is defined,
// the same at every number of threads.
func TestFullIsComplete(t *testing.T) {
	cfg := Config{Quantile: 0.9, Nulls: 20, MatchedNulls: 10, Seed: 1}
	const n = 70
	s := rng.New(1, "analysis/somata")
	positions := make([][3]float64, n)
	for i := range positions {
		positions[i] = [3]float64{300 * s.Float64(), 300 * s.Float64(), 300 * s.Float64()}
	}
	dense := noise(n, 3)
	sparse := make([]float64, n*n)
	for i := range sparse {
		d := math.Hypot(positions[i/n][0]-positions[i%n][0], positions[i/n][1]-positions[i%n][1])
		if i/n != i%n && s.Float64() < 0.3*math.Exp(-d/100) {
			sparse[i] = float64(1 + s.IntN(4))
		}
		dense[i] *= math.Exp(-d / 100)
	}
	for name, w := range map[string][]float64{"dense": dense, "sparse": sparse} {
		m, err := Full(w, n, positions, cfg)
		if err != nil {
			t.Fatal(err)
		}
		doubts := slices.DeleteFunc(m.Warnings, func(w string) bool {
			return name == "sparse" && w == "modularity_signed: no weight is negative: it is the directed Q"
		})
		if len(doubts) > 0 {
			t.Errorf("%s: %v", name, doubts)
		}
		known := map[string]bool{}
		for _, d := range Definitions() {
			known[d.Key] = true
		}
		for _, d := range append(slices.Clone(topologyDefinitions), communityDefinitions...) {
			if _, ok := m.Values[d.Key]; !ok {
				t.Errorf("%s: %s is absent", name, d.Key)
			}
		}
		for key := range m.Values {
			if !known[key] {
				t.Errorf("%s: %s has no definition", name, key)
			}
		}
		if λ := m.Values["length_constant_um"]; !(λ > 50 && λ < 250) {
			t.Errorf("%s: a length constant of %g µm", name, λ)
		}
		for _, key := range []string{"wiring_weights_z", "wiring_somata_z"} {
			if z := m.Values[key]; !(z < -3) {
				t.Errorf("%s: %s: want well below 0, got %g", name, key, z)
			}
		}
	}
}

func BenchmarkFull(b *testing.B) {
	const n = 312
	s := rng.New(2, "analysis/somata")
	positions := make([][3]float64, n)
	for i := range positions {
		positions[i] = [3]float64{300 * s.Float64(), 300 * s.Float64(), 300 * s.Float64()}
	}
	w := noise(n, 4)
	b.Run("n=312", func(b *testing.B) {
		for b.Loop() {
			if _, err := Full(w, n, positions, DefaultConfig()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestFullWithoutGraph: what does not exist is named, and nothing panics.
func TestFullWithoutGraph(t *testing.T) {
	cfg := Config{Quantile: 0.9, Nulls: 5, MatchedNulls: 2, Seed: 1}
	for n := 2; n < 5; n++ {
		for name, value := range map[string]float64{"empty": 0, "equal": 1} {
			w := make([]float64, n*n)
			for i := range w {
				w[i] = value
			}
			m, err := Full(w, n, make([][3]float64, n), cfg)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range topologyDefinitions {
				_, there := m.Values[d.Key]
				if !there && !strings.Contains(strings.Join(m.Warnings, "\n"), d.Key) && !strings.Contains(strings.Join(m.Warnings, "\n"), "measures of D") {
					t.Errorf("%d %s: %s is absent without a warning", n, name, d.Key)
				}
			}
		}
	}
	if _, err := Full(make([]float64, 4), 2, make([][3]float64, 3), cfg); err == nil {
		t.Error("positions of three for two neurons were taken")
	}
	if _, err := Full(nil, 5000, nil, cfg); err == nil {
		t.Error("5,000 neurons were taken")
	}
}
