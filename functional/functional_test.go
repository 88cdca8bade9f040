package functional

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/internal/sharedtest"
	"biornn/microns"
)

// number reads a JSON number or one of "NaN", "+Inf", "-Inf".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = number(x)
	return err
}

func TestGoldenSTTC(t *testing.T) {
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", "sttc.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tol   float64
		Cases []struct {
			ID       string
			A, B     []float64
			Dt       float64
			TStart   float64 `json:"t_start"`
			TStop    float64 `json:"t_stop"`
			Expected number
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 20 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		if !slices.IsSorted(c.A) || !slices.IsSorted(c.B) {
			if _, err := STTC(c.A, c.B, c.Dt, c.TStart, c.TStop); err == nil {
				t.Errorf("%s: unsorted trains were accepted", c.ID)
			}
			slices.Sort(c.A)
			slices.Sort(c.B)
		}
		got, err := STTC(c.A, c.B, c.Dt, c.TStart, c.TStop)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		want := float64(c.Expected)
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > file.Tol {
			t.Errorf("%s: got %.15g, want %.15g", c.ID, got, want)
		}
	}
}

// TestPublishedMatrices recomputes the released matrices from the event times.
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
	}
}

func largest(a, b *mat.Dense) float64 {
	var d mat.Dense
	d.Sub(a, b)
	top := 0.0
	for _, x := range d.RawMatrix().Data {
		if !(math.Abs(x) <= top) {
			top = math.Abs(x)
		}
	}
	return top
}

func TestSTTCRules(t *testing.T) {
	one := []float64{1, 2, 3}
	if v, err := STTC(one, nil, 0.1, 0, 4); err != nil || !math.IsNaN(v) {
		t.Errorf("an empty train: %g, %v", v, err)
	}
	if v, _ := STTC(one, one, 5, 0, 4); v != 1 {
		t.Errorf("a window that covers all: %g, want 1", v)
	}
	for want, call := range map[string]func() (float64, error){
		"dt":        func() (float64, error) { return STTC(one, one, 0, 0, 4) },
		"ends":      func() (float64, error) { return STTC(one, one, 1, 4, 4) },
		"ascending": func() (float64, error) { return STTC(one, []float64{2, 1}, 1, 0, 4) },
		"event 2":   func() (float64, error) { return STTC(one, one, 1, 0, 2.5) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestSTTCProperties(t *testing.T) {
	train := func(rt *rapid.T, name string) []float64 {
		x := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 60).Draw(rt, name)
		slices.Sort(x)
		return x
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := train(rt, "a"), train(rt, "b")
		dt := rapid.Float64Range(0.01, 5).Draw(rt, "dt")
		x, err := STTC(a, b, dt, 0, 100)
		y, _ := STTC(b, a, dt, 0, 100)
		if err != nil || math.Abs(x-y) > 1e-15 || x < -1-1e-12 || x > 1+1e-12 {
			rt.Fatalf("%g and %g, %v", x, y, err)
		}
		if self, _ := STTC(a, a, dt, 0, 100); math.Abs(self-1) > 1e-12 {
			rt.Fatalf("of a train with itself: %g", self)
		}
		m, err := STTCMatrix([][]float64{a, b}, dt, 0, 100)
		if err != nil || m.At(0, 1) != x || m.At(1, 0) != x {
			rt.Fatalf("matrix %v, %v", m, err)
		}
	})
}

func FuzzSTTC(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 0.5, 10.0)
	f.Fuzz(func(t *testing.T, a, b, c, dt, stop float64) {
		x := []float64{a, b}
		v, err := STTC(x, []float64{c}, dt, 0, stop)
		if err == nil && !(v >= -1.000001 && v <= 1.000001) {
			t.Fatalf("STTC = %g", v)
		}
	})
}

func TestGraphicalLasso(t *testing.T) {
	text, err := os.ReadFile("testdata/glasso.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Seed             int
			X                [][]float64
			Alpha            float64
			Precision, Fixed [][]float64
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		p, err := GraphicalLasso(c.X)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(p.Lambda/c.Alpha-1) > 1e-9 {
			t.Errorf("seed %d: penalty %.10g, want %.10g", c.Seed, p.Lambda, c.Alpha)
		}
		if d := offBy(p.Matrix, c.Precision); d > 2e-3 {
			t.Errorf("seed %d: precision off by %.2g", c.Seed, d)
		}
		s := covariance(c.X, 0, 0)
		fixed, ok := lasso(s, s, 0.1, maxSweeps)
		if d := offBy(fixed.precision, c.Fixed); !ok || d > 1e-3 {
			t.Errorf("seed %d: at penalty 0.1 off by %.2g", c.Seed, d)
		}
	}
}

func offBy(m *mat.Dense, want [][]float64) float64 {
	top := 0.0
	for i, row := range want {
		for j, v := range row {
			top = math.Max(top, math.Abs(m.At(i, j)-v))
		}
	}
	return top
}

func TestPeaks(t *testing.T) {
	trace := []float64{9, 0, 1, 0, 0.005, 0, 2, 2, 0, 3}
	if got := Peaks(trace, 0.01); !slices.Equal(got, []int{2}) {
		t.Errorf("peaks %v, want [2]: edges, small bumps and plateaus are none", got)
	}
	times := make([]float64, len(trace))
	for i := range times {
		times[i] = float64(i) / 6.3009
	}
	events, err := DetectEvents([][]float64{trace}, times, 0.01)
	if err != nil || len(events[0]) != 1 || math.Abs(events[0][0]-2/6.3009) > 1e-15 {
		t.Errorf("%v, %v", events, err)
	}
	if _, err := DetectEvents([][]float64{trace}, times[1:], 0.01); err == nil {
		t.Error("a trace longer than its times was accepted")
	}
}

func TestCorrelationOfConstantIsNaN(t *testing.T) {
	c, err := Correlation([][]float64{{1, 2, 3}, {5, 5, 5}, {3, 2, 1}})
	if err != nil || !math.IsNaN(c.At(0, 1)) || !math.IsNaN(c.At(1, 1)) || math.Abs(c.At(0, 2)+1) > 1e-15 {
		t.Errorf("%v, %v", mat.Formatted(c), err)
	}
}

func TestFillNeedsEvents(t *testing.T) {
	c, err := circuit.Synthetic(circuit.DefaultSyntheticConfig())
	if err != nil {
		t.Fatal(err)
	}
	full, err := Fill(c, DefaultConfig("corrected"))
	if err != nil || full.STTC == nil || full.Correlation == nil || c.STTC != nil {
		t.Fatalf("%v", err)
	}
	if len(full.Provenance.Steps) != len(c.Provenance.Steps)+2 {
		t.Errorf("steps: %v", full.Provenance.Steps)
	}
	bare := *c
	bare.Events = nil
	if _, err := Fill(&bare, DefaultConfig("paper")); err == nil || !strings.Contains(err.Error(), "event times") {
		t.Errorf("without events: %v", err)
	}
	bare = *c
	bare.FrameRate = 0
	if _, err := Fill(&bare, DefaultConfig("corrected")); err == nil || !strings.Contains(err.Error(), "frame rate") {
		t.Errorf("without a frame rate: %v", err)
	}
}

// TestHalfFrameWindowIsUnbiased: independent trains on frames have a mean STTC of 0
// with half a frame, and below 0 with the published 100 ms.
func TestHalfFrameWindowIsUnbiased(t *testing.T) {
	const frame, frames, n = 0.1587, 20000, 30
	trains := make([][]float64, n)
	for i := range trains {
		s := rng.New(1, "functional/independent", uint64(i))
		for k := range frames {
			if s.Float64() < 0.06 {
				trains[i] = append(trains[i], float64(k)*frame)
			}
		}
	}
	mean := func(dt float64) float64 {
		m, err := STTCMatrix(trains, dt, 0, frames*frame)
		if err != nil {
			t.Fatal(err)
		}
		return (mat.Sum(m) - n) / (n * (n - 1))
	}
	if half, published := mean(frame/2), mean(0.1); math.Abs(half) > 1e-3 || published > -5e-3 {
		t.Errorf("mean STTC %.4f with half a frame, %.4f with 100 ms", half, published)
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
