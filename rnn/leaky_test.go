package rnn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"biornn/internal/rng"
)

// TestUnitNoise compares the noise of the leaky cell with its equation, and its absence.
func TestUnitNoise(t *testing.T) {
	const trials, steps = 20, 6
	for _, sparse := range []bool{false, true} {
		cfg := DefaultConfig().WithCell("leaky")
		cfg.UnitNoise, cfg.Activation = 0.3, "softplus"
		net := cellNetwork(t, cfg, 29)
		if sparse {
			withMask(t, net)
		}
		ref := newReference(net)
		ref.params["recurrent.weight"] = widened(net.Recurrent())
		p := NewPass(net, trials, steps, nil).(Noisy)
		x := drive(p, 3, trials, steps)
		xi := make([][][]float64, trials)
		s := rng.New(6, "rnn/noise-test")
		for b := range xi {
			for step := range steps {
				row := make([]float64, net.Neurons)
				s.FillNorm(row)
				p.SetNoise(step, b, row)
				xi[b] = append(xi[b], row)
			}
		}
		p.Update()
		for _, quiet := range []bool{false, true, false} {
			p.Quiet(quiet)
			p.Forward(trials, steps, func(int) bool { return true })
			for b := range trials {
				noise := xi[b]
				if quiet {
					noise = nil
				}
				_, states := ref.runLeaky(x[b], noise, float64(net.Leak), 0.3)
				h := make([]float32, net.Neurons)
				for step := range steps {
					p.State(step, b, h)
					for i, want := range states[step] {
						if math.Abs(float64(h[i])-want) > 3e-6*(1+math.Abs(want)) {
							t.Fatalf("sparse %v, quiet %v, trial %d, step %d, neuron %d: got %g, want %g", sparse, quiet, b, step, i, h[i], want)
						}
					}
				}
			}
		}
	}
}

func widened(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// withMask leaves a third of the synapses of a network.
func withMask(t testing.TB, net *Network) {
	t.Helper()
	sparse, _ := masked(t, "relu", net.Neurons, 0.3)
	net.Mask, net.W = sparse.Mask, sparse.W
}

// TestLeakOfOne: with α = 1 and relu the leaky cell is the simple one.
func TestLeakOfOne(t *testing.T) {
	net := testNetwork(t, "relu", 21)
	other := net.Clone()
	other.Cell, other.Leak = "leaky", 1
	a, b := NewPass(net, 5, 7, nil), NewPass(other, 5, 7, nil)
	for _, p := range []Pass{a, b} {
		drive(p, 3, 5, 7)
		p.Update()
		p.Forward(5, 7, func(int) bool { return true })
		setLoss(p, 5, 7, func(int) bool { return true })
		p.Backward(5, 7)
	}
	x, y := make([]float32, 21), make([]float32, 21)
	for step := range 7 {
		a.State(step, 3, x)
		b.State(step, 3, y)
		if !slices.Equal(x, y) {
			t.Fatalf("step %d: got %v, want %v", step, y, x)
		}
	}
	for i, g := range b.Gradient().Parameters() {
		if !slices.Equal(g.Data, a.Gradient().Parameters()[i].Data) {
			t.Errorf("dL/d%s differs", g.Name)
		}
	}
}

// TestSparseLeakyIsDense compares the two passes of one network.
func TestSparseLeakyIsDense(t *testing.T) {
	const steps, batch = 6, 40
	scored := func(t int) bool { return t != 2 }
	for _, activation := range Activations() {
		for _, trials := range []int{batch, 21, 1} {
			sparse, dense := masked(t, activation, 29, 0.3)
			for _, n := range []*Network{sparse, dense} {
				n.Cell, n.Leak = "leaky", 0.2
			}
			a, b := NewPass(sparse, batch, steps+1, nil), NewPass(dense, batch, steps+1, nil)
			for _, p := range []Pass{a, b} {
				drive(p, 3, batch, steps)
				drive(p, 3, trials, steps)
				p.Update()
				p.Forward(trials, steps, scored)
			}
			name := fmt.Sprintf("%s, %d trials", activation, trials)
			compareStates(t, name, a, b, trials, steps, scored)
			a.Backward(trials, steps)
			b.Backward(trials, steps)
			compareGradients(t, name, a.Gradient(), b.Gradient(), sparse.Mask)
		}
	}
}
