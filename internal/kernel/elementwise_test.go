package kernel

import (
	"fmt"
	"math"
	"os"
	"testing"

	"biornn/internal/rng"
)

// exact returns each function in float64, with the largest error in units of the last
// place that is promised.
var exact = map[function]struct {
	name string
	f    func(x float64) float64
	ulps float64
}{
	exp:      {"exp", math.Exp, 1.1},
	tanh:     {"tanh", math.Tanh, 3},
	sigmoid:  {"sigmoid", func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, 3},
	softplus: {"softplus", func(x float64) float64 { return math.Max(0, x) + math.Log1p(math.Exp(-math.Abs(x))) }, 3},
}

// ulps returns the distance of a result from the exact value in units of the last
// place of the nearest float32.
func ulps(got float32, want float64) float64 {
	if math.IsNaN(want) || math.IsInf(float64(float32(want)), 0) {
		if math.IsNaN(float64(got)) == math.IsNaN(want) && (math.IsNaN(want) || got == float32(want)) {
			return 0
		}
		return math.Inf(1)
	}
	_, e := math.Frexp(want)
	unit := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(got)-want) / unit
}

// TestAccuracy measures every function over all kinds of float32; with the variable
// BIORNN_EXHAUSTIVE over all 2³² of them.
func TestAccuracy(t *testing.T) {
	step := uint64(100003)
	if os.Getenv("BIORNN_EXHAUSTIVE") != "" {
		step = 1
	}
	for f := exp; f <= softplus; f++ {
		worst, at := 0.0, float32(0)
		x, y := make([]float32, 4096), make([]float32, 4096)
		for next := uint64(0); next < 1<<32; {
			n := 0
			for ; n < len(x) && next < 1<<32; n++ {
				x[n] = math.Float32frombits(uint32(next))
				next += step
			}
			elementwise(best, f, table[:], y[:n], x[:n])
			for i := range n {
				want := exact[f].f(float64(x[i]))
				if f == sigmoid && want < 0x1p-126 {
					if y[i] > 0x1p-126 || y[i] < 0 {
						t.Errorf("sigmoid(%g) = %g, want below 2⁻¹²⁶", x[i], y[i])
					}
					continue
				}
				if u := ulps(y[i], want); u > worst {
					worst, at = u, x[i]
				}
			}
		}
		t.Logf("%s: at most %.3f ulp, at %g", exact[f].name, worst, at)
		if !(worst <= exact[f].ulps) {
			t.Errorf("%s(%g): off by %.2f ulp, want at most %g", exact[f].name, at, worst, exact[f].ulps)
		}
	}
}

// TestSlopes compares the derivatives with float64, absolutely.
func TestSlopes(t *testing.T) {
	s := rng.New(11, "kernel/slopes")
	for f, slope := range map[function]func(h float64) float64{
		tanhSlope:     func(h float64) float64 { return 1 - h*h },
		sigmoidSlope:  func(h float64) float64 { return h * (1 - h) },
		softplusSlope: func(h float64) float64 { return -math.Expm1(-h) },
	} {
		h, d := make([]float32, 1000), make([]float32, 1000)
		for i := range h {
			h[i], d[i] = float32(s.Float64()), 1
			if f == softplusSlope {
				h[i] = float32(math.Exp(30*s.Float64() - 20))
			}
		}
		elementwise(best, f, table[:], d, h)
		for i := range h {
			want := slope(float64(h[i]))
			if tol := 2.5e-7 * math.Max(want, 0.25); math.Abs(float64(d[i])-want) > tol && f != softplusSlope {
				t.Errorf("function %d at %g: %g, want %g", f, h[i], d[i], want)
			}
			if f == softplusSlope && math.Abs(float64(d[i])/want-1) > 3e-7 {
				t.Errorf("softplus slope at %g: %g, want %g", h[i], d[i], want)
			}
		}
	}
}

// TestElementwiseSameBits compares every implementation with the reference, over all
// lengths up to a few vectors, and special values.
func TestElementwiseSameBits(t *testing.T) {
	s := rng.New(12, "kernel/elementwise")
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)),
		1e-45, -1e-45, 1e-38, 88.72283, 88.72284, 89, -87.4, -103.97, -104.1, math.MaxFloat32, -math.MaxFloat32, 0.34657, 10, 20}
	for _, im := range every(t) {
		for f := exp; f <= scaleAbs; f++ {
			for n := 0; n <= 70; n++ {
				args := make([][]float32, 2)
				switch f {
				case adam, blend:
					args = make([][]float32, 4)
				case scaleAbs:
					args = make([][]float32, 3)
				}
				for i := range args {
					args[i] = random(s, n)
					for k := range args[i] {
						args[i][k] *= float32(math.Exp(4 * s.Norm()))
						if s.IntN(8) == 0 {
							args[i][k] = special[s.IntN(len(special))]
						}
						if f == adam && i == 3 {
							args[i][k] = float32(math.Abs(float64(args[i][k])))
						}
					}
				}
				c := table[:]
				switch f {
				case adam:
					c = []float32{0.7, 0.1, 0.001, 0.02, 1e-7}
				case blend:
					c = []float32{0.7, -1.3, 2.9}
				case scaleAbs:
					c = []float32{0.7, math.Float32frombits(1<<31 - 1)}
				}
				want, got := make([][]float32, len(args)), make([][]float32, len(args))
				for i := range args {
					want[i], got[i] = fresh(args[i]), fresh(args[i])
				}
				elementwise(generic, f, c, want...)
				elementwise(im, f, c, got...)
				for i := range args {
					sameBitsOrNaN(t, fmt.Sprintf("%s function %d, %d elements, array %d", im, f, n, i), got[i], want[i])
				}
			}
		}
	}
}

func sameBitsOrNaN(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: element %d: got %g, want %g", what, i, got[i], want[i])
		}
	}
}

// TestSparseSameBits compares the sparse products with their reference and with the
// dense product.
func TestSparseSameBits(t *testing.T) {
	s := rng.New(13, "kernel/sparse")
	for round := range 40 {
		n, k := 1+s.IntN(40), 1+s.IntN(60)
		r := Rows{Starts: []int32{0}}
		dense := make([]float32, n*k)
		var values []float32
		for i := range n {
			for j := range k {
				if s.IntN(4) == 0 {
					r.Columns = append(r.Columns, int32(j))
					dense[i*k+j] = float32(s.Norm())
					values = append(values, dense[i*k+j])
				}
			}
			r.Starts = append(r.Starts, int32(len(r.Columns)))
		}
		if !r.Valid(k) || len(values) > 0 && r.Valid(int(maxOf(r.Columns))) {
			t.Fatal("Valid is wrong")
		}
		x, d, gate, start := random(s, k*Lane), random(s, n*Lane), random(s, n*Lane), random(s, n*Lane)
		for _, mode := range []Mode{Set, Add, Rectify, Add | Gate, Gate} {
			want := fresh(start)
			r.gatherPlain(want, values, x, 0, n, mode, gate)
			got := fresh(start)
			r.Gather(got, values, x, 0, n/2, mode, gate)
			r.Gather(got, values, x, n/2, n, mode, gate)
			sameBits(t, fmt.Sprintf("round %d: gather, mode %d", round, mode), got, want)
			if mode == Rectify {
				var p Packed
				p.Pack(x, Lane, k, Lane)
				full := make([]float32, n*Lane)
				GemmFused(full, Lane, dense, k, n, &p, mode, nil, 0)
				sameBits(t, "gather against the dense product", got, full)
			}
		}
		want, got := random(s, len(values)), []float32(nil)
		got = fresh(want)
		r.dotPlain(want, d, x, 0, n)
		r.Dot(got, d, x, 0, n/3)
		r.Dot(got, d, x, n/3, n)
		sameBits(t, "dot", got, want)
	}
}

func maxOf(x []int32) int32 {
	m := x[0]
	for _, v := range x {
		m = max(m, v)
	}
	return m
}

func BenchmarkElementwise(b *testing.B) {
	s := rng.New(14, "kernel/bench")
	x, y, m, v := random(s, 312*128), make([]float32, 312*128), make([]float32, 312*128), make([]float32, 312*128)
	for _, im := range supported() {
		for f := exp; f <= adam; f++ {
			args := [][]float32{y, x}
			if f == adam {
				args = append(args, m, v)
			}
			b.Run(fmt.Sprintf("impl=%s/function=%d", im, f), func(b *testing.B) {
				for b.Loop() {
					elementwise(im, f, table[:], args...)
				}
				b.ReportMetric(float64(len(x))*float64(b.N)/b.Elapsed().Seconds()/1e9, "G/s")
			})
		}
	}
}

func BenchmarkPeak(b *testing.B) {
	operations := 0.0
	for b.Loop() {
		operations += Peak(100000)
	}
	b.ReportMetric(operations/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
