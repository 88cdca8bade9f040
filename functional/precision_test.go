package functional

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
)

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
			Tolerance        float64
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 4 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		p, err := GraphicalLasso(c.X)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(p.Lambda/c.Alpha-1) > 1e-9 {
			t.Errorf("seed %d: penalty %.10g, want %.10g", c.Seed, p.Lambda, c.Alpha)
		}
		// Both stop at a duality gap of 1e-4, on the last sweeps of a regression not
		// at the same place.
		if d := offBy(p.Matrix, c.Precision); !(d < c.Tolerance) {
			t.Errorf("seed %d: precision off by %.2g", c.Seed, d)
		}
		s := covariance(c.X, 0, 0)
		fixed, how := lasso(s, s, 0.1, maxSweeps)
		if d := offBy(fixed.precision, c.Fixed); how != converged || !(d < 1e-3) {
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

// coupled returns n rows of noise, each with a share of the row before.
func coupled(n, samples int) [][]float64 {
	x := make([][]float64, n)
	for i := range x {
		s := rng.New(5, "functional/coupled", uint64(i))
		x[i] = make([]float64, samples)
		for k := range x[i] {
			x[i][k] = s.Norm()
			if i > 0 {
				x[i][k] += 0.6 * x[i-1][k]
			}
		}
	}
	return x
}

// TestPrecisionFindsTheChain: only neighbours of a chain are coupled given the rest.
func TestPrecisionFindsTheChain(t *testing.T) {
	const n = 6
	p, err := GraphicalLasso(coupled(n, 4000))
	if err != nil || len(p.Warnings) != 0 {
		t.Fatalf("%v, %v", p, err)
	}
	for i := range n {
		for j := range n {
			v := p.Matrix.At(i, j)
			if v != p.Matrix.At(j, i) {
				t.Errorf("%d, %d: not symmetric", i, j)
			}
			if (i-j == 1 && !(v < -0.5)) || (i-j > 1 && math.Abs(v) > 0.05) {
				t.Errorf("%d, %d: %g", i, j, v)
			}
		}
	}
}

func TestPrecisionLeavesConstantsOut(t *testing.T) {
	x := coupled(4, 200)
	want, err := GraphicalLasso(x)
	if err != nil {
		t.Fatal(err)
	}
	p, err := GraphicalLasso(slices.Insert(x, 2, make([]float64, 200)))
	if err != nil || len(p.Warnings) != 1 || !strings.Contains(p.Warnings[0], "1 of 5 neurons are constant") {
		t.Fatalf("%v, %v", p, err)
	}
	if !math.IsNaN(p.Matrix.At(2, 2)) || !math.IsNaN(p.Matrix.At(0, 2)) || p.Matrix.At(4, 1) != want.Matrix.At(3, 1) {
		t.Errorf("%v", mat.Formatted(p.Matrix))
	}
}

// TestLassoWithoutConvergence: what cannot converge says so.
func TestLassoWithoutConvergence(t *testing.T) {
	s := covariance(coupled(12, 40), 0, 0)
	if _, how := lasso(s, s, 1e-9, 1); how != unconverged {
		t.Errorf("one sweep: %v", how)
	}
	s.Set(0, 0, math.NaN())
	if _, how := lasso(s, s, 0.1, 5); how != failed {
		t.Errorf("NaN: %v", how)
	}
}

func TestPrecisionRefuses(t *testing.T) {
	long := make([]float64, 20)
	for want, x := range map[string][][]float64{
		"at least 2 neurons and":     {long},
		"10 samples":                 {{1, 2}, {2, 1}},
		"neuron 1: want 20":          {long, long[:19]},
		"neuron 1, sample 19":        {long, append(slices.Clone(long[:19]), math.Inf(1))},
		"2 neurons that vary, got 0": {long, long},
	} {
		if _, err := GraphicalLasso(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
