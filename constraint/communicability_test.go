package constraint

import (
	"encoding/json"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// spreadCases are matrices W[post][pre] that training meets, and worse ones.
func spreadCases(n int) []spreadCase {
	s := rng.New(5, "spread")
	var cases []spreadCase
	add := func(name string, epsilon float64, f func(i, j int) float64) {
		w := make([]float32, n*n)
		for i := range w {
			w[i] = float32(f(i/n, i%n))
		}
		cases = append(cases, spreadCase{name, w, epsilon})
	}
	add("normal", 0, func(_, _ int) float64 { return s.Norm() })
	add("sparse", 0, func(i, j int) float64 { return pick(s.Float64() < 0.05 || (i+1)%n == j, s.Norm(), 0) })
	add("ring", 0, func(i, j int) float64 { return pick((i+1)%n == j, 1, 0) })
	add("tiny", 0, func(_, _ int) float64 { return 1e-12 * s.Norm() })
	add("nearly diagonal", 0, func(i, j int) float64 { return pick(i == j, 1, 1e-6) })
	for _, h := range []float64{2, 4, 6} {
		add("heavy tail", 0, func(_, _ int) float64 { return math.Exp(h * s.Norm()) })
		add("scaled posts", 0, func(i, _ int) float64 { return math.Exp(h*float64(i%11-5)) * s.Norm() })
		add("scaled pres", 0, func(_, j int) float64 { return math.Exp(h*float64(j%11-5)) * s.Norm() })
		add("both scaled", 0, func(i, j int) float64 { return math.Exp(h*float64(i%11-5)-h*float64(j%7-3)) * s.Norm() })
	}
	for _, epsilon := range []float64{1e-6, 1e-8, 1e-10, 1e-14} {
		add("silent", epsilon, func(_, j int) float64 { return pick(j%7 == 0, 0, s.Norm()) })
		add("sparse and silent", epsilon, func(_, j int) float64 { return pick(s.Float64() < 0.05 && j%3 != 0, s.Norm(), 0) })
		add("silent and hardly reached", epsilon, func(i, j int) float64 { return pick(j == 3, 0, pick(i == 3, 1e-5, 1)*s.Norm()) })
	}
	return cases
}

type spreadCase struct {
	name    string
	w       []float32
	epsilon float64
}

// TestSpread compares the float32 communicability and its adjoint with float64.
func TestSpread(t *testing.T) {
	const n = 60
	s := rng.New(6, "spread")
	squared := false
	for _, test := range spreadCases(n) {
		p := newSpread(n, test.epsilon)
		got := p.at(test.w)
		if !p.ok {
			t.Errorf("%s, ε = %g: not finite", test.name, test.epsilon)
			continue
		}
		squared = squared || p.squarings > 0
		dc, grad := make([]float32, n*n), make([]float32, n*n)
		for i := range dc {
			dc[i] = float32(math.Abs(float64(test.w[i])) * s.Float64())
		}
		p.adjoint(dc, grad)
		c, want := plainSpread(widen(test.w), widen(dc), n, test.epsilon)
		if r := relative(got, c); r > 1e-5 {
			t.Errorf("%s, ε = %g: C off by %.2g of its norm (%d squarings)", test.name, test.epsilon, r, p.squarings)
		}
		if r := relative(grad, want); r > 2e-5 {
			t.Errorf("%s, ε = %g: gradient off by %.2g of its norm (%d squarings)", test.name, test.epsilon, r, p.squarings)
		}
	}
	if !squared {
		t.Error("no case went through the squarings")
	}
}

// plainSpread returns C and dF/d|W| for dF/dC in float64, [post][pre]. It takes the
// exponential of B = |W|/S, whose columns sum to 1 at most, and C = S^−½ exp(B) S^½:
// an exponential of A itself would lose its digits where strengths differ widely.
// The adjoint is the upper right block of the exponential of [[Bᵀ, E], [0, Bᵀ]].
func plainSpread(w, dc []float64, n int, epsilon float64) (c, grad []float64) {
	s := make([]float64, n)
	for i := range s {
		s[i] = epsilon
	}
	for i, x := range w {
		s[i%n] += math.Abs(x)
	}
	ratio := func(i, j int) float64 { return math.Sqrt(s[j] / s[i]) }
	top := 0.0
	for i, x := range dc {
		if i%(n+1) != 0 {
			top = math.Max(top, math.Abs(x)*ratio(i/n, i%n))
		}
	}
	b, block := mat.NewDense(n, n, nil), mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j := range n {
			x := math.Abs(w[i*n+j]) / s[j]
			b.Set(i, j, x)
			block.Set(j, i, x)
			block.Set(n+j, n+i, x)
			if i != j {
				block.Set(i, n+j, dc[i*n+j]*ratio(i, j)/top)
			}
		}
	}
	var e, x mat.Dense
	e.Exp(b)
	x.Exp(block)
	c, grad = make([]float64, n*n), make([]float64, n*n)
	ds := make([]float64, n)
	for i := range n {
		for j := range n {
			if i != j {
				c[i*n+j] = e.At(i, j) * ratio(i, j)
			}
			l := top * x.At(i, n+j) // dF/dB
			ds[i] -= l * b.At(i, j) / (2 * s[i])
			ds[j] -= l * b.At(i, j) / (2 * s[j])
			grad[i*n+j] = l / s[j]
		}
	}
	for i := range grad {
		grad[i] += ds[i%n]
	}
	return c, grad
}

// TestGoldenCommunicability: values by netneurotools and SciPy, stored [pre][post].
func TestGoldenCommunicability(t *testing.T) {
	for _, test := range []struct{ file, id string }{
		{"spatial60.json", "communicability_wei_rowsum"},
		{"seedpaper_sernn100.json", "serNN_communicability"},
	} {
		var file struct {
			Matrices struct{ W [][]float64 }
			Cases    []struct {
				ID    string
				Value json.RawMessage
			}
		}
		readJSON(t, sharedtest.File(t, "golden", "graphs", test.file), &file)
		var want [][]float64
		for _, c := range file.Cases {
			if c.ID == test.id {
				if err := json.Unmarshal(c.Value, &want); err != nil {
					t.Fatalf("%s: %s: %v", test.file, test.id, err)
				}
			}
		}
		if want == nil {
			t.Fatalf("%s: no case %s", test.file, test.id)
		}
		w, n := transposed(file.Matrices.W), len(want)
		plain, _ := plainSpread(w, make([]float64, n*n), n, 0)
		worst := 0.0
		for i, x := range transposed(want) {
			worst = math.Max(worst, math.Abs(plain[i]-x))
		}
		if !(worst < 1e-10) {
			t.Errorf("%s: float64 off by %.2g", test.file, worst)
		}
		p := newSpread(n, 0)
		if r := relative(p.at(narrow(w)), transposed(want)); !p.ok || r > 3e-6 {
			t.Errorf("%s: float32 off by %.2g of its norm", test.file, r)
		}
	}
}

func TestGoldenFrechet(t *testing.T) {
	var file struct {
		Cases []struct {
			ID      string
			N       int
			A, E    [][]float64
			Expm    [][]float64 `json:"expm"`
			Adjoint [][]float64 `json:"frechet_adjoint"`
		}
	}
	path := sharedtest.File(t, "golden", "graphs", "expm_frechet.json")
	readJSON(t, path, &file)
	if len(file.Cases) == 0 || file.Cases[0].Expm == nil || file.Cases[0].Adjoint == nil {
		t.Fatalf("%s: want cases with expm and frechet_adjoint", path)
	}
	for _, c := range file.Cases {
		checkFrechet(t, c.ID, c.N, flatten(c.A), flatten(c.E), flatten(c.Expm), flatten(c.Adjoint))
	}
}

func checkFrechet(t *testing.T, id string, n int, a, e, want, adjoint []float64) {
	t.Helper()
	p := newSpread(n, 0)
	for i, x := range a {
		p.a[i] = float32(x)
		p.s[i%n] = 1
	}
	p.s[0] = 1e-30 // no bound through S: A is no communicability here
	norm := 0.0
	for j := range n {
		sum := 0.0
		for i := range n {
			sum += math.Abs(a[i*n+j])
		}
		norm = math.Max(norm, sum)
	}
	if p.squarings = p.scaling(); p.squarings < 0 {
		t.Errorf("%s: no scaling for norm %g", id, norm)
		return
	}
	p.polynomial()
	for i := range p.squarings {
		p.powers = append(p.powers, make([]float32, n*n))
		p.multiply(p.powers[i+1], p.powers[i], p.powers[i], false)
	}
	bound := 1e-6 * (1 + norm)
	if r := relative(p.powers[p.squarings], want); r > bound {
		t.Errorf("%s: exp off by %.2g (norm %.3g, %d squarings)", id, r, norm, p.squarings)
	}
	copy(p.bar[0], narrow(e))
	for i := p.squarings - 1; i >= 0; i-- {
		p.productAdjoint(p.bar[1], p.bar[1], p.bar[0], p.powers[i], p.powers[i], false, true)
		p.bar[0], p.bar[1] = p.bar[1], p.bar[0]
	}
	p.polynomialAdjoint()
	scale := math.Exp2(-float64(p.squarings))
	for i := range p.bar[0] {
		p.bar[0][i] *= float32(scale)
	}
	if r := relative(p.bar[0], adjoint); r > 4*bound {
		t.Errorf("%s: adjoint off by %.2g (norm %.3g, %d squarings)", id, r, norm, p.squarings)
	}
}
