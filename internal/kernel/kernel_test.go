package kernel

import (
	"fmt"
	"math"
	"math/big"
	"os"
	"testing"

	"biornn/internal/rng"
)

// RequireVariable names the variable that turns a kernel of this CPU that was not
// tested into a failure.
const requireVariable = "BIORNN_REQUIRE_KERNEL"

func TestExpectedKernelRuns(t *testing.T) {
	want := os.Getenv(requireVariable)
	if want == "" {
		t.Skipf("%s is not set: any kernel will do", requireVariable)
	}
	if Name() != want {
		t.Fatalf("kernel in use: want %s, got %s", want, Name())
	}
}

func random(s *rng.Stream, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(s.Norm())
	}
	return x
}

func fresh(x []float32) []float32 { return append([]float32(nil), x...) }

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: element %d: got %g, want %g", what, i, got[i], want[i])
		}
	}
}

// every returns the implementations that this CPU can run, other than the reference.
func every(t testing.TB) []set {
	all := supported()
	if len(all) == 1 {
		t.Log("this build has the reference only")
	}
	return all[:len(all)-1]
}

func TestReferenceIsFusedOnce(t *testing.T) {
	s := rng.New(1, "kernel/fma")
	for range 20000 {
		a := float32(math.Ldexp(s.Norm(), s.IntN(40)-20))
		b := float32(math.Ldexp(s.Norm(), s.IntN(40)-20))
		c := float32(math.Ldexp(s.Norm(), s.IntN(100)-50))
		if s.IntN(4) == 0 {
			c = -a * b * (1 + float32(s.IntN(5)-2)*0x1p-23)
		}
		exact := new(big.Float).SetPrec(300).SetFloat64(float64(a))
		exact.Mul(exact, new(big.Float).SetFloat64(float64(b)))
		exact.Add(exact, new(big.Float).SetPrec(300).SetFloat64(float64(c)))
		want, _ := exact.Float32()
		if got := fma32(a, b, c); got != want {
			t.Fatalf("fma32(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
}

func TestProductAgainstFloat64(t *testing.T) {
	s := rng.New(2, "kernel/float64")
	const m, n, k = 7, 45, 33
	a, b := random(s, m*k), random(s, k*n)
	c := make([]float32, m*n)
	var p Packed
	p.Pack(b, n, k, n)
	Gemm(c, n, a, k, m, &p, false)
	for i := range m {
		for j := range n {
			sum := 0.0
			for l := range k {
				sum += float64(a[i*k+l]) * float64(b[l*n+j])
			}
			if math.Abs(float64(c[i*n+j])-sum) > 2e-5 {
				t.Fatalf("C[%d][%d] = %g, want %g", i, j, c[i*n+j], sum)
			}
		}
	}
}

// TestSameBits compares every implementation with the reference over all tile
// remainders, strides, modes and passes over k.
func TestSameBits(t *testing.T) {
	s := rng.New(3, "kernel/bits")
	shapes := [][3]int{{12, 32, 8}, {128, 40, 5}, {1, 1, 1}, {3, 33, 400}, {13, 65, 193}, {25, 16, 385}, {5, 7, 0}}
	for m := 1; m <= 14; m++ {
		shapes = append(shapes, [3]int{m, 1 + s.IntN(70), 1 + s.IntN(20)})
	}
	for n := 1; n <= 66; n++ {
		shapes = append(shapes, [3]int{1 + s.IntN(15), n, 1 + s.IntN(20)})
	}
	for _, im := range every(t) {
		for _, sh := range shapes {
			for _, mode := range []Mode{Set, Add, Rectify, Add | Rectify, Gate, Add | Gate} {
				compareProduct(t, im, s, sh[0], sh[1], sh[2], mode)
			}
		}
	}
}

func compareProduct(t *testing.T, im set, s *rng.Stream, m, n, k int, mode Mode) {
	t.Helper()
	lda, ldb, ldc, ldg := k+s.IntN(3), n+s.IntN(3), n+s.IntN(3), n+s.IntN(3)
	a, b := random(s, m*lda+1), random(s, max(1, k*ldb))
	c, gate := random(s, m*ldc), random(s, m*ldg)
	var p Packed
	p.Pack(b, ldb, k, n)
	o := operands{m: m, n: n, k: k, mode: mode, a: a, aRow: lda, aStep: 1,
		b: p.data, bStep: PanelWidth, bPanel: k * PanelWidth, cRow: ldc, gate: gate, gateRow: ldg}
	name := fmt.Sprintf("%s %d×%d×%d mode %d", im, m, n, k, mode)
	bothSame(t, name, im, o, c)

	ldt := m + s.IntN(3)
	at := random(s, max(1, k*ldt))
	o.a, o.aRow, o.aStep = at, 1, ldt
	o.b, o.bStep, o.bPanel = b, ldb, PanelWidth
	bothSame(t, name+" transposed", im, o, c)
}

func bothSame(t *testing.T, name string, im set, o operands, c []float32) {
	t.Helper()
	want, got := fresh(c), fresh(c)
	o.c = want
	productGeneric(&o)
	o.c = got
	im.product(&o)
	sameBits(t, name, got, want)
}

func TestPackT(t *testing.T) {
	s := rng.New(4, "kernel/pack")
	const k, n = 19, 43
	b := random(s, k*n)
	bt := make([]float32, n*k)
	for i := range k {
		for j := range n {
			bt[j*k+i] = b[i*n+j]
		}
	}
	var p, q Packed
	p.Pack(b, n, k, n)
	q.PackT(bt, k, k, n)
	sameBits(t, "PackT", q.data, p.data)
}

func TestSpecialValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	a := []float32{nan, inf, -inf, 1e-45, -1, 0}
	for _, im := range supported() {
		for _, mode := range []Mode{Set, Rectify, Gate} {
			c := make([]float32, 6)
			b := []float32{1}
			var p Packed
			p.Pack(b, 1, 1, 1)
			o := operands{m: 6, n: 1, k: 1, mode: mode, a: a, aRow: 1, aStep: 1,
				b: p.data, bStep: PanelWidth, bPanel: PanelWidth, c: c, cRow: 1,
				gate: []float32{1, 1, 1, nan, 1, -1}, gateRow: 1}
			im.product(&o)
			want := fresh(a)
			if mode == Rectify {
				want[2], want[4] = 0, 0
			}
			if mode == Gate {
				want[3] = 0
			}
			for i := range want {
				if c[i] != want[i] && !(c[i] != c[i] && want[i] != want[i]) {
					t.Errorf("%s mode %d: %g gives %g, want %g", im, mode, a[i], c[i], want[i])
				}
			}
		}
	}
}

func TestNoAllocation(t *testing.T) {
	a, c := make([]float32, 40*40), make([]float32, 40*40)
	var p Packed
	p.Pack(a, 40, 40, 40)
	n := testing.AllocsPerRun(20, func() {
		p.Pack(a, 40, 40, 40)
		Gemm(c, 40, a, 40, 40, &p, true)
		GemmTN(c, 40, a, 40, a, 40, 40, 40, 40, false)
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestShortOperandPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a short operand was accepted")
		}
	}()
	var p Packed
	p.Pack(make([]float32, 4), 2, 2, 2)
	Gemm(make([]float32, 3), 2, make([]float32, 4), 2, 2, &p, false)
}

func FuzzSameBits(f *testing.F) {
	f.Add(uint64(1), 5, 40, 7, 3)
	f.Fuzz(func(t *testing.T, seed uint64, m, n, k, mode int) {
		m, n, k = 1+(m&63), 1+(n&127), k&255
		modes := [...]Mode{Set, Add, Rectify, Add | Rectify, Gate, Add | Gate}
		for _, im := range every(t) {
			compareProduct(t, im, rng.New(seed, "kernel/fuzz"), m, n, k, modes[uint(mode)%6])
		}
	})
}

func BenchmarkProduct(b *testing.B) {
	s := rng.New(5, "kernel/bench")
	for _, im := range supported() {
		for _, n := range []int{100, 312, 1000} {
			m, k := 128, n
			if im == generic && n > 100 {
				continue
			}
			a, w, c := Aligned(m*n), Aligned(k*n), Aligned(m*n)
			copy(a, random(s, m*n))
			copy(w, random(s, k*n))
			var p Packed
			p.Pack(w, n, k, n)
			o := operands{m: m, n: n, k: k, a: a, aRow: n, aStep: 1, b: p.data, bStep: PanelWidth, bPanel: k * PanelWidth, c: c, cRow: n}
			bench(b, fmt.Sprintf("impl=%s/form=NN/n=%d", im, n), im, &o, 2*m*n*k)
			g := Aligned(n * n)
			o = operands{m: n, n: n, k: m, mode: Add, a: a, aRow: 1, aStep: n, b: c, bStep: n, bPanel: PanelWidth, c: g, cRow: n}
			bench(b, fmt.Sprintf("impl=%s/form=TN/n=%d", im, n), im, &o, 2*m*n*n)
		}
	}
}

func bench(b *testing.B, name string, im set, o *operands, flops int) {
	b.Run(name, func(b *testing.B) {
		for b.Loop() {
			im.product(o)
		}
		b.ReportMetric(float64(flops)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
	})
}
