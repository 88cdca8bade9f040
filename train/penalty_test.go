package train

import (
	"math"
	"testing"

	"biornn/internal/rng"
	"biornn/rnn"
)

// square is Σ (k+1)·w_k², and clips at ½.
type square struct{}

func (square) Penalty(w, grad []float32) (float64, error) {
	sum := 0.0
	for i, x := range w {
		grad[i] += 2 * float32(i+1) * x
		sum += float64(i+1) * float64(x) * float64(x)
	}
	return sum, nil
}

func (square) Project(w []float32) {
	for i, x := range w {
		w[i] = min(x, 0.5)
	}
}

// TestPenaltyOfAllMatrices: the constraint sees Σ|W| over the matrices that it acts on,
// and the gradient of each is that of this sum.
func TestPenaltyOfAllMatrices(t *testing.T) {
	for constrained, matrices := range map[string]int{"": 1, "candidate": 1, "all": 4} {
		cfg := rnn.DefaultConfig().WithCell("lstm")
		cfg.Constrained = constrained
		net, err := rnn.New(cfg, make([]float32, 9), nil, 2, 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		s := rng.New(1, "train/penalty-test")
		for _, w := range [][]float32{net.W, net.GateW} {
			for i := range w {
				w[i] = float32(s.Norm())
			}
		}
		grad := net.Like()
		l := &loop{job: Job{Network: net, Constraint: square{}}}
		value, err := l.penalise(net, grad)
		if err != nil {
			t.Fatal(err)
		}
		reference := func() float64 {
			sum := 0.0
			for i := range net.W {
				whole := 0.0
				for _, w := range net.Constrains() {
					whole += math.Abs(float64(w[i]))
				}
				sum += float64(i+1) * whole * whole
			}
			return sum
		}
		if matrices == 1 && grad.GateW[3] != 0 {
			t.Errorf("%q: the gates are constrained", constrained)
		}
		if math.Abs(value-reference()) > 1e-5*value || len(net.Constrains()) != matrices {
			t.Errorf("%q: want the penalty %g of %d matrices, got %g of %d", constrained, reference(), matrices, value, len(net.Constrains()))
		}
		for m, w := range net.Constrains() {
			for i := range w {
				const step = 1.0 / 256
				old := w[i]
				w[i] = old + step
				up := reference()
				w[i] = old - step
				down := reference()
				w[i] = old
				if want := (up - down) / (2 * step); math.Abs(float64(grad.Constrains()[m][i])-want) > 1e-3*(1+math.Abs(want)) {
					t.Errorf("%q: matrix %d, weight %d: want the gradient %g, got %g", constrained, m, i, want, grad.Constrains()[m][i])
				}
			}
		}
		l.project(net)
		for _, w := range net.Constrains() {
			for i, x := range w {
				if x > 0.5 {
					t.Errorf("%q: weight %d is not projected: %g", constrained, i, x)
				}
			}
		}
	}
}
