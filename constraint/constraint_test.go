package constraint

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/rng"
)

func toy(t testing.TB, n int) *circuit.Circuit {
	t.Helper()
	s := rng.New(1, "constraint/test", uint64(n))
	c := &circuit.Circuit{Name: "toy", Correlation: mat.NewDense(n, n, nil), STTC: mat.NewDense(n, n, nil), Precision: mat.NewDense(n, n, nil)}
	var edges []graph.Edge
	for i := range n {
		c.Neurons = append(c.Neurons, circuit.Neuron{ID: int64(i + 1), Position: [3]float64{100 * s.Norm(), 100 * s.Norm(), 300 * s.Float64()}})
		for j := range i + 1 {
			for _, m := range []*mat.Dense{c.Correlation, c.STTC, c.Precision} {
				x := 0.2 * s.Norm()
				if i == j {
					x = 1
				}
				m.Set(i, j, x)
				m.Set(j, i, x)
			}
		}
		for j := range n {
			if s.Float64() < 0.1 && i%5 != 0 {
				edges = append(edges, graph.Edge{Pre: i, Post: j, Weight: float64(1 + s.IntN(3))})
			}
		}
	}
	var err error
	if c.Synapses, err = graph.FromEdges(n, edges); err != nil {
		t.Fatal(err)
	}
	return c
}

func preset(t testing.TB, name, model string) Config {
	t.Helper()
	cfg, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Lookup(model)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Apply(m)
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

func flatten(m [][]float64) []float64 {
	var out []float64
	for _, row := range m {
		out = append(out, row...)
	}
	return out
}

func transposed(m [][]float64) []float64 {
	n := len(m)
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			out[j*n+i] = m[i][j]
		}
	}
	return out
}

func sortFloat64(x []float64) {
	for i := 1; i < len(x); i++ {
		for j := i; j > 0 && x[j] < x[j-1]; j-- {
			x[j], x[j-1] = x[j-1], x[j]
		}
	}
}

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

func relative(got []float32, want []float64) float64 {
	num, den := 0.0, 0.0
	for i, w := range want {
		num += (float64(got[i]) - w) * (float64(got[i]) - w)
		den += w * w
	}
	return math.Sqrt(num / den)
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestBadInput(t *testing.T) {
	c := toy(t, 12)
	for want, change := range map[string]func(*Config){
		"product is the number of neurons, 12, got 5×2×1 = 10": func(c *Config) { c.Grid = []int{5, 2, 1} },
		"did you mean orthogonal":                              func(c *Config) { c.Init = "ortogonal" },
		"lambda":                                               func(c *Config) { c.Lambda = -1 },
	} {
		cfg := preset(t, "paper", "WD")
		change(&cfg)
		if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	bare := toy(t, 12)
	bare.STTC = nil
	if _, err := New(preset(t, "paper", "W*D*C"), bare, 1); err == nil || !strings.Contains(err.Error(), "biornn functional") {
		t.Errorf("a missing matrix: %v", err)
	}
	c.STTC.Set(3, 4, math.NaN())
	if _, err := New(preset(t, "paper", "W*D*C"), c, 1); err == nil || !strings.Contains(err.Error(), "neurons 3 and 4") {
		t.Errorf("a NaN: %v", err)
	}
	if models := Models(); len(models) != 11 || len(AbstractModels()) != 6 || models[5].Slug != "w" {
		t.Errorf("models: %v", models)
	}
	if all := FactorialModels(); len(all) != 8 || len(FurtherModels()) != 3 {
		t.Errorf("factorial models: %v", all)
	}
	for _, name := range []string{"w*d*c", "W*D*C", "wbio-dreal-c"} {
		if m, err := Lookup(name); err != nil || m.Slug != "wbio-dreal-c" {
			t.Errorf("%s: got %v, %v", name, m, err)
		}
	}
	if _, err := Preset("papr"); err == nil || !strings.Contains(err.Error(), "did you mean paper") {
		t.Errorf("an unknown preset: %v", err)
	}
	if _, err := Lookup("W*D*D"); err == nil || !strings.Contains(err.Error(), "did you mean") {
		t.Errorf("an unknown model: %v", err)
	}
}

func TestSignAndPermutation(t *testing.T) {
	c := toy(t, 12)
	cfg := preset(t, "paper", "W")
	cfg.Sign = "nonnegative"
	k, err := New(cfg, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := k.InitialWeights()
	k.Project(w)
	for _, x := range w {
		if x < 0 {
			t.Fatal("a negative weight is left")
		}
	}
	a, _ := New(preset(t, "paper", "W*D*C"), c, 1)
	b, _ := New(preset(t, "paper", "W!D*C"), c, 1)
	x, y := widen(a.InitialWeights()), widen(b.InitialWeights())
	sortFloat64(x)
	sortFloat64(y)
	for i := range x {
		if x[i] != y[i] {
			t.Fatal("the permuted weights are others")
		}
	}
}

func BenchmarkPenalty(b *testing.B) {
	for _, n := range []int{100, 312, 1000} {
		c := toy(b, n)
		for _, model := range []string{"W", "WD*", "WD*C", "WD*C*"} {
			b.Run("model="+model+"/n="+strconv.Itoa(n), func(b *testing.B) {
				k, err := New(preset(b, "paper", model), c, 1)
				if err != nil {
					b.Fatal(err)
				}
				w := k.InitialWeights()
				grad := make([]float32, len(w))
				for b.Loop() {
					if _, err := k.Penalty(w, grad); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func TestNewSized(t *testing.T) {
	cfg := preset(t, "corrected", "WDC")
	a, err := NewSized(cfg, 24, 3)
	if err != nil {
		t.Fatal(err)
	}
	b, err := New(cfg, toy(t, 24), 3)
	if err != nil {
		t.Fatal(err)
	}
	if a.N() != 24 || !slices.Equal(a.InitialWeights(), b.InitialWeights()) || !slices.Equal(a.price, b.price) {
		t.Error("a constraint that needs no circuit depends on it")
	}
	for _, model := range []string{"WD*", "W*DC*", "W!D*C"} {
		if _, err := NewSized(preset(t, "paper", model), 24, 3); err == nil || !strings.Contains(err.Error(), "want a circuit") {
			t.Errorf("%s without a circuit: %v", model, err)
		}
	}
	for _, n := range []int{-1, 0, 1} {
		if _, err := NewSized(cfg, n, 3); err == nil || !strings.Contains(err.Error(), "at least 2 neurons") {
			t.Errorf("%d neurons: %v", n, err)
		}
	}
	if _, err := New(cfg, nil, 3); err == nil {
		t.Error("New took no circuit")
	}
}

func BenchmarkNew(b *testing.B) {
	c := toy(b, 312)
	for _, model := range []string{"W", "W*D*C", "W*D*C*"} {
		b.Run("model="+model+"/n=312", func(b *testing.B) {
			cfg := preset(b, "corrected", model)
			for b.Loop() {
				if _, err := New(cfg, c, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
