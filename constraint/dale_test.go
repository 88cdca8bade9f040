package constraint

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/internal/rng"
)

func daleConfig(t *testing.T, name, model string, fraction float64) Config {
	t.Helper()
	cfg := preset(t, name, model)
	cfg.Sign, cfg.ExcitatoryFraction = "dale", fraction
	return cfg
}

// wrongSigns counts the weights against the sign of their pre.
func wrongSigns(w []float32, signs []int8, m *Mask) (wrong int) {
	for i, x := range w {
		pre := i % len(signs)
		if m != nil {
			pre = int(m.Columns[i])
		}
		if x < 0 && signs[pre] > 0 || x > 0 && signs[pre] < 0 {
			wrong++
		}
	}
	return wrong
}

// TestDaleInitialWeights: every model starts with the magnitudes of its free weights but
// for one factor, the right signs and the same spectral radius.
func TestDaleInitialWeights(t *testing.T) {
	const n = 20
	c := toy(t, n)
	for _, model := range Models() {
		free, err := New(preset(t, "corrected", model.Slug), c, 3)
		if err != nil {
			t.Fatal(err)
		}
		k, err := New(daleConfig(t, "corrected", model.Slug, 0.8), c, 3)
		if err != nil {
			t.Fatal(err)
		}
		w, signs := k.InitialWeights(), k.Signs()
		excitatory := 0
		for _, s := range signs {
			if s > 0 {
				excitatory++
			}
		}
		if excitatory != 16 || wrongSigns(w, signs, nil) > 0 {
			t.Errorf("%s: %d of 20 neurons excite, %d weights have the wrong sign", model.Slug, excitatory, wrongSigns(w, signs, nil))
		}
		want, err := radius(widen(free.InitialWeights()), n)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := radius(widen(w), n); err != nil || math.Abs(got/want-1) > 1e-5 {
			t.Errorf("%s: want the spectral radius %g, got %g, %v", model.Slug, want, got, err)
		}
		first := 0.0
		for i, x := range w {
			before := math.Abs(float64(free.InitialWeights()[i]))
			if before < 1e-3 {
				continue
			}
			factor := math.Abs(float64(x)) / before
			if first == 0 {
				first = factor
			}
			if math.Abs(factor/first-1) > 1e-3 {
				t.Fatalf("%s: weight %d was multiplied by %g, the first by %g", model.Slug, i, factor, first)
			}
		}
	}
}

func TestDaleOfCellTypes(t *testing.T) {
	c := toy(t, 12)
	cfg := daleConfig(t, "corrected", "WD*C", 0)
	if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), "want the sign of every neuron") {
		t.Errorf("unknown signs: %v", err)
	}
	if _, err := NewSized(daleConfig(t, "corrected", "W", 0), 12, 1); err == nil || !strings.Contains(err.Error(), "want a circuit") {
		t.Errorf("no circuit: %v", err)
	}
	if _, err := NewSized(daleConfig(t, "corrected", "W", 0.5), 12, 1); err != nil {
		t.Error(err)
	}
	want := make([]int8, 12)
	for i := range c.Neurons {
		want[i] = int8(1 - 2*(i%3/2))
		c.Neurons[i].Sign = want[i]
	}
	k, err := New(cfg, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(k.Signs(), want) || len(k.Warnings()) != 0 {
		t.Errorf("signs %v, want %v; warnings %q", k.Signs(), want, k.Warnings())
	}
	for i := range c.Neurons {
		c.Neurons[i].Sign = 1
	}
	if k, err = New(cfg, c, 1); err != nil || len(k.Warnings()) != 1 {
		t.Errorf("a circuit that only excites: want a warning, got %q, %v", k.Warnings(), err)
	}
}

// TestDaleProject: wrong signs become 0, all else stays, with and without a mask.
func TestDaleProject(t *testing.T) {
	c := toy(t, 20)
	for _, mask := range []string{"", "synapses"} {
		for _, init := range []string{"orthogonal", "glorot-normal", "bio"} {
			cfg := daleConfig(t, "corrected", "WD*", 0.6)
			cfg.Model, cfg.Mask, cfg.Init = "custom", mask, init
			k, err := New(cfg, c, 5)
			if err != nil {
				t.Fatal(err)
			}
			w, signs := k.InitialWeights(), k.Signs()
			if wrong := wrongSigns(w, signs, k.Mask()); wrong > 0 {
				t.Errorf("mask %q, init %s: %d initial weights have the wrong sign", mask, init, wrong)
			}
			if own := k.InitialWeights(); !slices.Equal(own, projected(k, own)) {
				t.Errorf("mask %q, init %s: the projection changes allowed weights", mask, init)
			}
			s := rng.New(8, "constraint/dale-test")
			for i := range w {
				w[i] = float32(s.Norm())
			}
			got := projected(k, w)
			if wrongSigns(got, signs, k.Mask()) > 0 || wrongSigns(w, signs, k.Mask()) == 0 {
				t.Errorf("mask %q, init %s: wrong signs are left", mask, init)
			}
			for i, x := range got {
				if x != w[i] && x != 0 {
					t.Fatalf("weight %d: %g became %g", i, w[i], x)
				}
			}
		}
	}
}

func projected(k *Constraint, w []float32) []float32 {
	out := slices.Clone(w)
	k.Project(out)
	return out
}

// TestDalePenaltyGradient compares the gradient at signed weights with central
// differences of the float64 reference.
func TestDalePenaltyGradient(t *testing.T) {
	k, err := New(daleConfig(t, "corrected", "W*D*C", 0.8), toy(t, 20), 3)
	if err != nil {
		t.Fatal(err)
	}
	w := k.InitialWeights()
	grad := make([]float32, len(w))
	if _, err := k.Penalty(w, grad); err != nil {
		t.Fatal(err)
	}
	x := widen(w)
	for i := 0; i < len(x); i += 7 {
		const step = 1e-6
		old := x[i]
		x[i] = old + step
		up := reference(k, x, nil)
		x[i] = old - step
		down := reference(k, x, nil)
		x[i] = old
		if want := (up - down) / (2 * step); math.Abs(float64(grad[i])-want) > 1e-4*(1e-3+math.Abs(want)) {
			t.Errorf("weight %d: want the gradient %g, got %g", i, want, grad[i])
		}
	}
}

func TestDaleErrors(t *testing.T) {
	c := toy(t, 12)
	for says, change := range map[string]func(*Config){
		"share from 0 to 1":      func(c *Config) { c.ExcitatoryFraction = 1.5 },
		"needs the sign dale":    func(c *Config) { c.Sign = "free" },
		"needs the sign free":    func(c *Config) { c.InitSign = "random" },
		"keeps the spectral rad": func(c *Config) { c.Match = "weight" },
	} {
		cfg := daleConfig(t, "corrected", "W*D*C", 0.8)
		change(&cfg)
		if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}
