package constraint

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func maskedConfig(t *testing.T, name, model string) Config {
	t.Helper()
	cfg := preset(t, name, model)
	cfg.Mask = "synapses"
	return cfg
}

// TestMaskListsTheSynapses compares the mask with the circuit's matrix.
func TestMaskListsTheSynapses(t *testing.T) {
	c := toy(t, 24)
	k, err := New(maskedConfig(t, "corrected", "WD"), c, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := k.Mask()
	if err := m.Validate(c.N()); err != nil {
		t.Fatal(err)
	}
	ones := make([]float32, m.Len())
	for i := range ones {
		ones[i] = 1
	}
	dense := make([]float32, c.N()*c.N())
	m.Dense(ones, dense)
	for i, w := range c.Synapses.Matrix() {
		if (w != 0) != (dense[i] == 1) {
			t.Fatalf("pair %d: %g synapses, in the mask: %g", i, w, dense[i])
		}
	}
	if len(k.InitialWeights()) != m.Len() {
		t.Errorf("%d weights for %d synapses", len(k.InitialWeights()), m.Len())
	}
}

// TestMaskedPenaltyIsTheFullOne compares value and gradient of a masked penalty with
// those of the full matrix with zeros, for every kind of penalty. The scale of the
// corrected preset belongs to all pairs, so the presets' common form "sum" is used.
func TestMaskedPenaltyIsTheFullOne(t *testing.T) {
	c := toy(t, 24)
	for _, model := range []string{"W", "WD", "WD*", "WD*C", "WD*C*"} {
		cfg := maskedConfig(t, "corrected", model)
		cfg.PenaltyScale = "sum"
		k, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Mask = ""
		full, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		m, n := k.Mask(), c.N()
		w := k.InitialWeights()
		grad := make([]float32, len(w))
		got, err := k.Penalty(w, grad)
		if err != nil {
			t.Fatal(err)
		}
		dense, denseGrad := make([]float32, n*n), make([]float32, n*n)
		m.Dense(w, dense)
		if strings.Contains(model, "C") { // the price of autapses comes from the initial weights
			full.self = k.inner.self
		}
		want, err := full.Penalty(dense, denseGrad)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-want) > 1e-5*math.Abs(want) {
			t.Errorf("%s: penalty %g, want %g", model, got, want)
		}
		for post := range n {
			for e, end := m.Row(post); e < end; e++ {
				if x := denseGrad[post*n+int(m.Columns[e])]; math.Abs(float64(grad[e]-x)) > 1e-5*math.Abs(float64(x)) {
					t.Fatalf("%s: gradient of synapse %d: %g, want %g", model, e, grad[e], x)
				}
			}
		}
	}
}

// TestMaskedInitialWeights checks the size of the input to a neuron: as large as with
// all pairs.
func TestMaskedInitialWeights(t *testing.T) {
	c := toy(t, 24)
	for _, init := range []string{"orthogonal", "glorot-normal", "bio"} {
		cfg := maskedConfig(t, "corrected", "W")
		cfg.Model, cfg.Init = "custom", init
		k, err := New(cfg, c, 3)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Mask = ""
		full, err := New(cfg, c, 3)
		if err != nil {
			t.Fatal(err)
		}
		size := func(w []float32) float64 {
			sum := 0.0
			for _, x := range w {
				sum += float64(x) * float64(x)
			}
			return sum
		}
		if r := size(k.InitialWeights()) / size(full.InitialWeights()); r < 0.5 || r > 2 {
			t.Errorf("%s: the sum of squares is %.2f times that of all pairs", init, r)
		}
	}
}

// TestRefresh keeps the communicability for three updates.
func TestRefresh(t *testing.T) {
	c := toy(t, 24)
	cfg := preset(t, "corrected", "WD*C")
	cfg.RefreshEvery = 3
	k, err := New(cfg, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := k.InitialWeights()
	gradient := func(scale float32) (float64, []float32) {
		moved := slices.Clone(w)
		for i := range moved {
			moved[i] *= scale
			if i%3 == 0 {
				moved[i] *= 0.5 * scale
			}
		}
		g := make([]float32, len(w))
		v, err := k.Penalty(moved, g)
		if err != nil {
			t.Fatal(err)
		}
		return v, g
	}
	v0, g0 := gradient(1)
	v1, g1 := gradient(1.5)
	v2, g2 := gradient(2)
	v3, g3 := gradient(2.5)
	if v1 != v0 || v2 != v0 || !slices.Equal(g1, g0) || !slices.Equal(g2, g0) {
		t.Error("the penalty moved before it was to be refreshed")
	}
	if v3 == v0 || slices.Equal(g3, g0) {
		t.Error("the penalty was not refreshed")
	}
	if _, err := New(Config{RefreshEvery: -1}, c, 1); err == nil {
		t.Error("a negative refresh_every was accepted")
	}
}

func TestMaskErrors(t *testing.T) {
	if _, err := NewSized(maskedConfig(t, "corrected", "W"), 5, 1); err == nil || !strings.Contains(err.Error(), "want a circuit") {
		t.Errorf("without a circuit: %v", err)
	}
	cfg := preset(t, "corrected", "W")
	cfg.Mask = "synapse"
	if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "synapses") {
		t.Errorf("a misspelt mask: %v", err)
	}
}
