package graph

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// storedNulls is a file smallworld_*.json or swp_weighted_*.json.
type storedNulls struct {
	goldenFile
	RandomNulls  [][][2]int  `json:"random_nulls"`
	LatticeNulls [][][2]int  `json:"lattice_nulls"`
	SWPRegular   [][]float64 `json:"swp_regular"`
	SWPRandom    [][]float64 `json:"swp_random"`
}

func readNulls(t *testing.T, name string) storedNulls {
	t.Helper()
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", name))
	if err != nil {
		t.Fatal(err)
	}
	var f storedNulls
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func statisticsOf(t *testing.T, n int, graphs [][][2]int) []Statistics {
	t.Helper()
	var out []Statistics
	for _, pairs := range graphs {
		g, err := NewUndirected(n, pairs)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, g.Statistics())
	}
	return out
}

// linkMatrix returns the matrix of stored links, [i, j] or [i, j, weight].
func linkMatrix(n int, links [][]float64) []float64 {
	w := make([]float64, n*n)
	for _, l := range links {
		x := 1.0
		if len(l) > 2 {
			x = l[2]
		}
		i, j := int(l[0]), int(l[1])
		w[i*n+j], w[j*n+i] = x, x
	}
	return w
}

// TestSmallWorldGolden: every case of the stored nulls.
func TestSmallWorldGolden(t *testing.T) {
	for _, name := range []string{"karate", "modular100", "ring24k4"} {
		f := readNulls(t, "smallworld_"+name+".json")
		w, n := f.matrix(t, "A")
		g, err := Binarise(w, n, 0)
		if err != nil {
			t.Fatal(err)
		}
		own, random, lattice := g.Statistics(), statisticsOf(t, n, f.RandomNulls), statisticsOf(t, n, f.LatticeNulls)
		if len(random) != 10 || len(lattice) != 10 {
			t.Fatalf("%s: %d random and %d lattice nulls, want 10 each", name, len(random), len(lattice))
		}
		for _, c := range f.Cases {
			tol := max(c.Tol, 1e-12)
			check := func(key string, got float64) {
				t.Helper()
				want := c.Value
				if key != "" {
					want = c.Value.(map[string]any)[key]
				}
				near(t, name+" "+c.ID+" "+key, got, want.(float64), tol)
			}
			each := func(of []Statistics) {
				t.Helper()
				for key, pick := range map[string]func(Statistics) float64{
					"C": func(s Statistics) float64 { return s.Clustering }, "L": func(s Statistics) float64 { return s.Length },
					"T": func(s Statistics) float64 { return s.Transitivity }, "E": func(s Statistics) float64 { return s.Efficiency },
				} {
					stored, ok := c.Value.(map[string]any)[key].([]any)
					if !ok {
						t.Fatalf("%s %s: no %s", name, c.ID, key)
					}
					for k, want := range stored {
						near(t, fmt.Sprintf("%s %s %s[%d]", name, c.ID, key, k), pick(of[k]), want.(float64), tol)
					}
				}
			}
			switch c.ID {
			case "observed":
				check("C_mean_clustering_bu", own.Clustering)
				check("L", own.Length)
				check("transitivity", own.Transitivity)
				check("efficiency", own.Efficiency)
			case "random_null_values":
				each(random)
			case "lattice_null_values":
				each(lattice)
			case "sigma_humphries":
				check("", Sigma(own, random))
			case "sigma_transitivity":
				check("", SigmaTransitivity(own, random))
			case "omega_telesford":
				check("", Omega(own, random, lattice))
			case "omega_nx_max":
				check("", OmegaBounded(own, random, lattice))
			case "swi":
				check("", SmallWorldIndex(own, random, lattice))
			case "swp_muldoon":
				checkPropensity(t, name, c.Value.(map[string]any), w, linkMatrix(n, f.SWPRegular), linkMatrix(n, f.SWPRandom), n)
			case "analytic_ER", "swp_rkdan_python":
				// estimates without null graphs, and a known error of another program
			default:
				t.Errorf("%s: case %s is not checked", name, c.ID)
			}
		}
	}
}

func checkPropensity(t *testing.T, name string, want map[string]any, w, ring, random []float64, n int) {
	t.Helper()
	own, lattice, mixed := MeasureWeighted(w, n), MeasureWeighted(ring, n), MeasureWeighted(random, n)
	p := SmallWorldPropensity(own, lattice, mixed)
	for key, got := range map[string]float64{
		"C": own.Clustering, "C_reg": lattice.Clustering, "C_rand": mixed.Clustering,
		"L": own.Length, "L_reg": lattice.Length, "L_rand": mixed.Length,
		"delta_C": p.DeltaC, "delta_L": p.DeltaL, "swp": p.SWP, "delta": p.Delta,
	} {
		near(t, name+" SWP "+key, got, want[key].(float64), 1e-10)
	}
}

func TestWeightedPropensityGolden(t *testing.T) {
	f := readNulls(t, "swp_weighted_modular100.json")
	w, n := f.matrix(t, "W")
	found := false
	for _, c := range f.Cases {
		if c.ID == "swp_muldoon" {
			found = true
			checkPropensity(t, "weighted", c.Value.(map[string]any), w, linkMatrix(n, f.SWPRegular), linkMatrix(n, f.SWPRandom), n)
		}
	}
	if !found {
		t.Error("no case")
	}
	// Our own draws have the lattice's and the random graph's measures.
	p, err := SmallWorldPropensityOf(w, n, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	stored := MeasureWeighted(linkMatrix(n, f.SWPRegular), n)
	near(t, "clustering of our lattices", p.Ring.Clustering, stored.Clustering, 0.01)
	near(t, "length of our lattices", p.Ring.Length, stored.Length, 1.5)
	near(t, "propensity with our nulls", p.SWP, f.value(t, "swp_muldoon/swp"), 0.02)
}

func TestRingAndRandomKeepWeights(t *testing.T) {
	for _, n := range []int{3, 4, 7, 10} {
		w := make([]float64, n*n)
		s := rng.New(1, "ring", uint64(n))
		for i := range n {
			for j := range i {
				if s.Float64() < 0.7 {
					w[i*n+j] = s.Float64()
					w[j*n+i] = w[i*n+j]
				}
			}
		}
		want := upper(w, n)
		slices.Sort(want)
		for name, draw := range map[string]func([]float64, int, *rng.Stream) []float64{"ring": RingLattice, "random": RandomWeights} {
			out := draw(w, n, rng.New(2, name))
			got := upper(out, n)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("n = %d, %s: the weights are others", n, name)
			}
			for i := range n {
				for j := range n {
					if out[i*n+j] != out[j*n+i] || out[i*n+i] != 0 {
						t.Errorf("n = %d, %s: want a symmetric matrix without diagonal", n, name)
					}
				}
			}
		}
	}
	// A ring lattice is its own lattice, up to the order of its nodes.
	n := 24
	ring := make([]float64, n*n)
	for i := range n {
		for _, d := range []int{1, 2, n - 1, n - 2} {
			ring[i*n+(i+d)%n] = 1
		}
	}
	if got := RingLattice(ring, n, rng.New(1, "own")); !slices.Equal(got, ring) {
		t.Error("the lattice of a ring lattice is another")
	}
}

func TestPropensityRefuses(t *testing.T) {
	bad := make([]float64, 9)
	bad[1] = 1
	negative := []float64{0, -1, 0, -1, 0, 0, 0, 0, 0}
	for name, f := range map[string]func() error{
		"asymmetric": func() error { _, err := SmallWorldPropensityOf(bad, 3, 1, 1); return err },
		"negative":   func() error { _, err := SmallWorldPropensityOf(negative, 3, 1, 1); return err },
		"no links":   func() error { _, err := SmallWorldPropensityOf(make([]float64, 9), 3, 1, 1); return err },
		"shape":      func() error { _, err := SmallWorldPropensityOf(bad, 4, 1, 1); return err },
	} {
		if f() == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	if p := SmallWorldPropensity(Weighted{Clustering: math.NaN()}, Weighted{}, Weighted{}); !math.IsNaN(p.SWP) {
		t.Errorf("NaN in, %g out", p.SWP)
	}
}
