package functional

import (
	"math"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/internal/sharedtest"
	"biornn/microns"
)

// TestPublishedMatrices recomputes the released matrices from the event times. Of
// the released STTC only the lower triangle is filled; correlation and precision are
// symmetric. The precision is that of the counts as they are, not of their z-scores.
func TestPublishedMatrices(t *testing.T) {
	root := sharedtest.File(t, "data", "microns_fields")
	fields, err := filepath.Glob(filepath.Join(root, "*", "spikes_*.npy"))
	if err != nil || len(fields) < 5 {
		t.Fatalf("fields with event times: %d, %v", len(fields), err)
	}
	for _, path := range fields {
		c, err := microns.LoadField(filepath.Dir(path), microns.Paper)
		if err != nil {
			t.Fatal(err)
		}
		cfg := DefaultConfig("paper")
		cfg.Replace = true
		cfg.Precision = c.N() < 65 // the larger fields take seconds
		ours, err := Fill(c, cfg)
		if err != nil {
			t.Fatal(err)
		}
		if d := largest(ours.STTC, c.STTC); !(d < 1e-12) {
			t.Errorf("%s: STTC off by %.2g", c.Name, d)
		}
		if d := largest(ours.Correlation, c.Correlation); !(d < 1e-12) {
			t.Errorf("%s: correlation off by %.2g", c.Name, d)
		}
		if !cfg.Precision {
			continue
		}
		if d := largest(ours.Precision, c.Precision); !(d < 1e-9) {
			t.Errorf("%s: precision off by %.2g", c.Name, d)
		}
	}
}

func largest(a, b *mat.Dense) float64 {
	var d mat.Dense
	d.Sub(a, b)
	top := 0.0
	for _, x := range d.RawMatrix().Data {
		if math.IsNaN(x) {
			return x
		}
		top = math.Max(top, math.Abs(x))
	}
	return top
}

// active returns a valid circuit with events and a frame rate, without matrices.
func active(t *testing.T) *circuit.Circuit {
	t.Helper()
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 20
	c, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFill(t *testing.T) {
	c := active(t)
	cfg := DefaultConfig("corrected")
	cfg.Precision = true
	full, err := Fill(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if full.STTC == nil || full.Correlation == nil || full.Precision == nil || c.STTC != nil || c.Correlation != nil {
		t.Errorf("want all matrices on the copy and none on the circuit given")
	}
	if len(full.Provenance.Steps) != len(c.Provenance.Steps)+3 {
		t.Errorf("steps: %v", full.Provenance.Steps)
	}
	if _, err := full.Validate(); err != nil {
		t.Error(err)
	}
	half, err := STTC(c.Events[0], c.Events[1], 0.5/c.FrameRate, 0, lastEvent(c)+0.1)
	if got := full.STTC.At(0, 1); err != nil || got != half {
		t.Errorf("corrected STTC %g, %v, want that of half a frame, %g", got, err, half)
	}
	if again, err := Fill(full, cfg); err != nil || again != full {
		t.Errorf("a full circuit was computed again: %v", err)
	}
}

func lastEvent(c *circuit.Circuit) float64 {
	last := 0.0
	for _, train := range c.Events {
		if len(train) > 0 {
			last = math.Max(last, train[len(train)-1])
		}
	}
	return last
}

func TestFillOfSilentNeurons(t *testing.T) {
	c := active(t)
	events := append([][]float64(nil), c.Events...)
	events[3] = nil
	c.Events = events
	cfg := DefaultConfig("corrected")
	cfg.Precision = true
	full, err := Fill(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range map[string]*mat.Dense{"sttc": full.STTC, "correlation": full.Correlation, "precision": full.Precision} {
		if !math.IsNaN(m.At(3, 3)) || !math.IsNaN(m.At(0, 3)) || math.IsNaN(m.At(0, 1)) {
			t.Errorf("%s: want NaN for the silent neuron alone", name)
		}
	}
	if got := full.Provenance.Warnings[len(c.Provenance.Warnings):]; len(got) != 3 {
		t.Errorf("warnings: %q, want one each of events, correlation, precision", got)
	}
	if _, err := full.Validate(); err != nil {
		t.Error(err)
	}
}

// TestFillOfManyNeurons compares a circuit above the limit with plain functions: STTC to
// the last bit, correlation as float32 allows.
func TestFillOfManyNeurons(t *testing.T) {
	s := rng.New(45, "functional/many")
	const rate, frames = 6.3009, 500
	c := &circuit.Circuit{Name: "many", FrameRate: rate, Neurons: make([]circuit.Neuron, many+1), Events: make([][]float64, many+1)}
	for i := range c.Events {
		for f := range frames {
			if i != 7 && s.Float64() < 0.05 {
				c.Events[i] = append(c.Events[i], float64(f)/rate)
			}
		}
	}
	for _, preset := range []string{"paper", "corrected"} {
		cfg := DefaultConfig(preset)
		got, err := Fill(c, cfg)
		if err != nil {
			t.Fatal(err)
		}
		stop := lastEvent(c) + cfg.TailS
		dt, _ := cfg.window(c)
		some := c.Events[:40]
		counts, _ := Bin(some, cfg.BinS, 0, stop)
		correlation, err := Correlation(counts)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range some {
			for j, b := range some {
				want, _ := STTC(a, b, dt, 0, stop)
				if g := got.STTC.At(i, j); !same(g, want) {
					t.Fatalf("%s: STTC of %d, %d: got %.17g, want %.17g", preset, i, j, g, want)
				}
				if g, w := got.Correlation.At(i, j), correlation.At(i, j); !same(g, w) && !(math.Abs(g-w) <= 2.2e-6) {
					t.Fatalf("%s: correlation of %d, %d: got %g, want %g", preset, i, j, g, w)
				}
			}
		}
		if w := strings.Join(got.Provenance.Warnings, "\n"); !strings.Contains(w, "1 of 2001 neurons are constant") {
			t.Errorf("%s: warnings: %q", preset, w)
		}
	}
}

func TestFillRefuses(t *testing.T) {
	for want, change := range map[string]func(*circuit.Circuit, *Config){
		"no event times":     func(c *circuit.Circuit, _ *Config) { c.Events = nil },
		"frame rate":         func(c *circuit.Circuit, _ *Config) { c.FrameRate = 0 },
		"bin_s":              func(_ *circuit.Circuit, g *Config) { g.BinS = 0 },
		"sttc_window_s":      func(_ *circuit.Circuit, g *Config) { g.WindowS = math.NaN() },
		"tail_s":             func(_ *circuit.Circuit, g *Config) { g.TailS = -1 },
		"sttc_window_frames": func(_ *circuit.Circuit, g *Config) { g.WindowFrames = -1 },
	} {
		c, cfg := active(t), DefaultConfig("corrected")
		change(c, &cfg)
		if _, err := Fill(c, cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	// The frame rate matters to the corrected STTC alone.
	c, cfg := active(t), DefaultConfig("paper")
	c.FrameRate = 0
	if _, err := Fill(c, cfg); err != nil {
		t.Errorf("paper without a frame rate: %v", err)
	}
}

func BenchmarkFunctional(b *testing.B) {
	const n, frames, rate = 312, 25000, 6.3009
	trains := make([][]float64, n)
	for i := range trains {
		s := rng.New(1, "functional/bench", uint64(i))
		for k := range frames {
			if s.Float64() < 0.1 {
				trains[i] = append(trains[i], float64(k)/rate)
			}
		}
	}
	b.Run("sttc/n=312", func(b *testing.B) {
		for b.Loop() {
			if _, err := STTCMatrix(trains, 0.1, 0, frames/rate); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("correlation/n=312", func(b *testing.B) {
		for b.Loop() {
			x, _ := Bin(trains, 0.2, 0, frames/rate)
			if _, err := Correlation(x); err != nil {
				b.Fatal(err)
			}
		}
	})
}
