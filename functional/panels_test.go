package functional

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"biornn/internal/rng"
)

// TestCorrelationFloat32 compares with the correlation in float64, over several blocks
// and panels.
func TestCorrelationFloat32(t *testing.T) {
	s := rng.New(42, "functional/panels")
	const n, samples = 130, 1300
	x, y := make([][]float32, n), make([][]float64, n)
	shared := make([]float64, samples)
	for k := range shared {
		shared[k] = s.Norm()
	}
	for i := range n {
		x[i], y[i] = make([]float32, samples), make([]float64, samples)
		for k := range samples {
			x[i][k] = float32(1000 + float64(i%3)*shared[k] + s.Norm())
			if i == 5 {
				x[i][k] = 3
			}
			y[i][k] = float64(x[i][k])
		}
	}
	want, err := Correlation(y)
	if err != nil {
		t.Fatal(err)
	}
	var first []float64
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		got, err := CorrelationFloat32(x)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				if g, w := got.At(i, j), want.At(i, j); math.Abs(g-w) > 2.2e-6 || math.IsNaN(g) != math.IsNaN(w) {
					t.Fatalf("pair %d, %d: got %.9f, want %.9f", i, j, g, w)
				}
			}
		}
		raw := got.RawMatrix().Data
		if first == nil {
			first = raw
		}
		if !slices.EqualFunc(raw, first, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("%d cores change the result", cores)
		}
	}
	x[7][100] = float32(math.NaN())
	if _, err := CorrelationFloat32(x); err == nil || err.Error() != "functional: correlation: neuron 7, sample 100: want a finite number, got NaN" {
		t.Errorf("a NaN: %v", err)
	}
	x[7] = x[7][:10]
	if _, err := CorrelationFloat32(x); err == nil {
		t.Error("rows of different lengths were accepted")
	}
}

// TestCorrelationFloat32Error looks where rounding adds up most: traces almost alike, rare
// events, alone and shared, and all variance in a few hundred of the samples.
func TestCorrelationFloat32Error(t *testing.T) {
	const n = 100
	for name, draw := range map[string]func(s *rng.Stream, common []float64, k int) float64{
		"noise":  func(s *rng.Stream, _ []float64, _ int) float64 { return s.Norm() },
		"alike":  func(s *rng.Stream, common []float64, k int) float64 { return 5*common[k] + 0.5*s.Norm() },
		"counts": func(s *rng.Stream, _ []float64, _ int) float64 { return math.Floor(1.1 * s.Float64()) },
		"rare":   func(s *rng.Stream, _ []float64, _ int) float64 { return math.Floor(1.02 * s.Float64()) },
		"shared": func(s *rng.Stream, _ []float64, k int) float64 {
			if u := s.Float64(); k%331 == 0 && u < 0.9 {
				return 1 + 0.1*u
			}
			return 0
		},
		"bump": func(s *rng.Stream, _ []float64, k int) float64 {
			if k < 300 {
				return 10 + s.Norm()
			}
			return 0.01 * s.Norm()
		},
	} {
		for _, samples := range []int{2, 31, 128, 300, 513, 1024, 10000} {
			s := rng.New(49, "functional/error")
			common := make([]float64, samples)
			for k := range common {
				common[k] = s.Norm()
			}
			x, y := make([][]float32, n), make([][]float64, n)
			for i := range n {
				for k := range samples {
					v := float32(draw(s, common, k))
					x[i], y[i] = append(x[i], v), append(y[i], float64(v))
				}
			}
			got, err := CorrelationFloat32(x)
			if err != nil {
				t.Fatal(err)
			}
			want, err := Correlation(y)
			if err != nil {
				t.Fatal(err)
			}
			top := 0.0
			for e, w := range want.RawMatrix().Data {
				if g := got.RawMatrix().Data[e]; !same(g, w) {
					top = math.Max(top, math.Abs(g-w))
				}
			}
			t.Logf("%s, %d samples: %.2g", name, samples, top)
			if !(top <= 2.2e-6) {
				t.Errorf("%s, %d samples: off by %.2g", name, samples, top)
			}
		}
	}
}

func BenchmarkCorrelationFloat32(b *testing.B) {
	n, samples := sizes()
	s := rng.New(44, "functional/bench")
	noise := make([]float32, 100000+samples)
	for i := range noise {
		noise[i] = float32(s.Norm())
	}
	x := make([][]float32, n)
	for i := range x {
		x[i] = slices.Clone(noise[s.IntN(100000):][:samples])
	}
	b.Run(fmt.Sprintf("n=%d/samples=%d", n, samples), func(b *testing.B) {
		for b.Loop() {
			if _, err := CorrelationFloat32(x); err != nil {
				b.Fatal(err)
			}
		}
	})
}
