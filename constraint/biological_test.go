package constraint

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
)

// TestBiological holds the recipe of W*: its spectral radius, its zeros and its
// diagonal, for every choice of factors.
func TestBiological(t *testing.T) {
	const n = 40
	c := toy(t, n)
	q, err := orthogonal(n, n, rng.New(7, "constraint/init"))
	if err != nil {
		t.Fatal(err)
	}
	synapses := c.Synapses.Matrix()
	for _, similarity := range words["similarity"] {
		for _, diagonal := range words["init_diagonal"] {
			for _, with := range []bool{false, true} {
				cfg := preset(t, "paper", "W*D*C")
				cfg.Similarity, cfg.InitDiagonal, cfg.Synapses = similarity, diagonal, with
				w, err := biological(cfg, c, 7)
				if err != nil {
					t.Fatal(err)
				}
				name := similarity + ", diagonal " + diagonal
				for i := range n {
					got, want := w[i*n+i], 0.0
					switch {
					case diagonal == "baseline":
						want = q[i*n+i]
						w[i*n+i] = 0
					case diagonal == "keep":
						want = got
					}
					if got != want {
						t.Fatalf("%s: self-loop %d is %g, want %g", name, i, got, want)
					}
				}
				var eig mat.Eigen
				eig.Factorize(mat.NewDense(n, n, w), mat.EigenNone)
				radius := 0.0
				for _, l := range eig.Values(nil) {
					radius = math.Max(radius, math.Hypot(real(l), imag(l)))
				}
				if math.Abs(radius-wantedRadius) > 1e-10 {
					t.Errorf("%s: spectral radius %.12g, want %g", name, radius, wantedRadius)
				}
				for i, x := range w {
					if x < 0 || (with && synapses[i] == 0 && x != 0) {
						t.Fatalf("%s: weight %d is %g", name, i, x)
					}
				}
			}
		}
	}
}

// TestFloor: after the scaling to a mean of 0.1, small weights are raised to 0.01 and
// zeros stay; the last scaling keeps all ratios.
func TestFloor(t *testing.T) {
	w := []float64{0, 1e-9, 2, 6}
	if err := scaleToRadius(w, 2); err != nil {
		t.Fatal(err)
	}
	const factor = 0.1 / 2.00000000025 // 0.1 over the mean
	for i, want := range []float64{0, 0.01 / (6 * factor), 2.0 / 6, 1} {
		if math.Abs(w[i]/w[3]-want) > 1e-14 {
			t.Errorf("weight %d is %g of the largest, want %g", i, w[i]/w[3], want)
		}
	}
	if err := scaleToRadius(make([]float64, 4), 2); err == nil || !strings.Contains(err.Error(), "positive mean") {
		t.Errorf("no weight at all: %v", err)
	}
}

// TestPerronRoot compares the spectral radius with known ones: power iteration does
// not converge on the cycle, and the triangle is reducible.
func TestPerronRoot(t *testing.T) {
	for _, test := range []struct {
		name string
		w    []float64
		n    int
		want float64
	}{
		{"golden section", []float64{1, 1, 1, 0}, 2, math.Phi},
		{"weighted cycle", []float64{0, 2, 0, 0, 0, 3, 4, 0, 0}, 3, math.Cbrt(24)},
		{"triangle", []float64{1, 5, 7, 0, 2, 9, 0, 0, 0.5}, 3, 2},
	} {
		if got, err := perronRoot(test.w, test.n); err != nil || math.Abs(got-test.want) > 1e-12 {
			t.Errorf("%s: got %.15g, %v, want %.15g", test.name, got, err, test.want)
		}
	}
	if _, err := perronRoot([]float64{0, 1, 0, 0}, 2); err == nil || !strings.Contains(err.Error(), "positive spectral radius") {
		t.Errorf("a matrix without cycle: %v", err)
	}
}
