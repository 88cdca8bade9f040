package constraint

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
)

func TestInitialisers(t *testing.T) {
	const n = 40
	q, err := initialise("orthogonal", n, n, n, n, rng.New(1, "q"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for j := range n {
			dot := 0.0
			for k := range n {
				dot += q[i*n+k] * q[j*n+k]
			}
			if math.Abs(dot-pick(i == j, 1, 0)) > 1e-12 {
				t.Fatalf("rows %d and %d: product %g", i, j, dot)
			}
		}
	}
	for _, shape := range [][2]int{{7, 3}, {3, 7}} {
		q, err := initialise("orthogonal", shape[0], shape[1], 0, 0, rng.New(1, "q"))
		if err != nil {
			t.Fatal(err)
		}
		m := mat.NewDense(shape[0], shape[1], q)
		var gram mat.Dense
		if shape[0] > shape[1] {
			gram.Mul(m.T(), m)
		} else {
			gram.Mul(m, m.T())
		}
		for i := range 3 {
			for j := range 3 {
				if math.Abs(gram.At(i, j)-pick(i == j, 1, 0)) > 1e-12 {
					t.Errorf("%v: product of the short side's %d and %d is %g", shape, i, j, gram.At(i, j))
				}
			}
		}
	}
	if _, err := Initialise("he-norml", 2, 2, 2, 2, rng.New(1, "q")); err == nil || !strings.Contains(err.Error(), "did you mean he-normal") {
		t.Errorf("an unknown initialiser: %v", err)
	}
	for kind, variance := range map[string]float64{"glorot-uniform": 2.0 / 500, "glorot-normal": 2.0 / 500, "he-uniform": 2.0 / 300, "he-normal": 2.0 / 300} {
		w, err := initialise(kind, 200, 300, 300, 200, rng.New(2, kind))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, x := range w {
			sum += x * x
		}
		if got := sum / float64(len(w)); math.Abs(got/variance-1) > 0.02 {
			t.Errorf("%s: variance %g, want %g", kind, got, variance)
		}
	}
}
