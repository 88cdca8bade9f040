package rnn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"biornn/constraint"
	"biornn/internal/crew"
	"biornn/internal/rng"
)

// masked returns a network with a random mask and the dense one of the same weights;
// neuron 3 has no input and no output.
func masked(t testing.TB, activation string, neurons int, density float64) (sparse, dense *Network) {
	t.Helper()
	s := rng.New(21, "rnn/mask")
	m := &constraint.Mask{Starts: []int32{0}}
	var w []float32
	for post := range neurons {
		for pre := range neurons {
			if post != 3 && pre != 3 && s.Float64() < density {
				m.Columns = append(m.Columns, int32(pre))
				w = append(w, float32(s.Norm()/math.Sqrt(density*float64(neurons))))
			}
		}
		m.Starts = append(m.Starts, int32(len(m.Columns)))
	}
	cfg := DefaultConfig()
	cfg.Activation = activation
	sparse, err := New(cfg, w, m, 3, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	for i := range sparse.B {
		sparse.B[i] = float32(0.3 * s.Norm())
	}
	dense = sparse.Clone()
	dense.Mask, dense.W = nil, sparse.Recurrent()
	return sparse, dense
}

// TestSparseIsDense compares states, logits and dL/dz bit for bit, gradients to
// rounding, with the dense network of the same weights.
func TestSparseIsDense(t *testing.T) {
	scoredSets := []func(int) bool{
		func(t int) bool { return t == 5 },
		func(int) bool { return true },
		func(t int) bool { return t == 1 || t == 3 },
	}
	const steps, batch = 6, 40
	for _, activation := range Activations() {
		for which, scored := range scoredSets {
			for _, trials := range []int{batch, 16, 21, 1} {
				name := fmt.Sprintf("%s, scored set %d, %d trials", activation, which, trials)
				sparse, dense := masked(t, activation, 29, 0.3)
				a, b := NewPass(sparse, batch, steps+1, nil), NewPass(dense, batch, steps+1, nil)
				for _, p := range []Pass{a, b} {
					drive(p, 3, batch, steps) // what an earlier batch left must not matter
					drive(p, 3, trials, steps)
					p.Update()
					p.Forward(trials, steps, scored)
				}
				compareStates(t, name, a, b, trials, steps, scored)
				for _, p := range []Pass{a, b} {
					p.Backward(trials, steps)
				}
				compareGradients(t, name, a.Gradient(), b.Gradient(), sparse.Mask)
			}
		}
	}
}

func compareStates(t *testing.T, name string, a, b Pass, trials, steps int, scored func(int) bool) {
	t.Helper()
	x, y := make([]float32, 29), make([]float32, 29)
	for trial := range trials {
		for s := range steps {
			a.State(s, trial, x)
			b.State(s, trial, y)
			if !slices.Equal(x, y) {
				t.Fatalf("%s: state of trial %d, step %d: got %v, want %v", name, trial, s, x, y)
			}
			if !scored(s) {
				continue
			}
			got, want := a.Logits(s, trial), b.Logits(s, trial)
			if !slices.Equal(got, want) {
				t.Fatalf("%s: logits of trial %d, step %d: got %v, want %v", name, trial, s, got, want)
			}
			for k := range got {
				got[k] = float32(lossWeight(s, trial, k))
				want[k] = got[k]
			}
		}
	}
}

func compareGradients(t *testing.T, name string, got, want *Network, m *constraint.Mask) {
	t.Helper()
	restricted := want.Clone()
	restricted.Mask, restricted.W = m, make([]float32, m.Len())
	for post := range m.N() {
		for e, end := m.Row(post); e < end; e++ {
			restricted.W[e] = want.W[post*m.N()+int(m.Columns[e])]
		}
	}
	for i, p := range restricted.Parameters() {
		size := 0.0
		for _, x := range p.Data {
			size = math.Max(size, math.Abs(float64(x)))
		}
		for j, x := range p.Data {
			if g := got.Parameters()[i].Data[j]; math.Abs(float64(g-x)) > 3e-6*(1+size) {
				t.Fatalf("%s: dL/d%s[%d]: got %g, want %g", name, p.Name, j, g, x)
			}
		}
	}
}

func TestSparseCrewChangesNoBit(t *testing.T) {
	const batch, steps = 70, 5
	every := func(int) bool { return true }
	var want []Parameter
	for _, size := range []int{1, 2, 3, 8} {
		team := crew.New(size)
		net, _ := masked(t, "softplus", 33, 0.2)
		p := NewPass(net, batch, steps, team)
		drive(p, 3, batch, steps)
		p.Update()
		p.Forward(batch, steps, every)
		p.Backward(batch, steps)
		team.Close()
		if want == nil {
			want = p.Gradient().Parameters()
		}
		for i, g := range p.Gradient().Parameters() {
			if !slices.Equal(g.Data, want[i].Data) {
				t.Errorf("crew of %d: dL/d%s differs", size, g.Name)
			}
		}
	}
}

func TestSparseStepAllocatesNothing(t *testing.T) {
	net, _ := masked(t, "relu", 20, 0.3)
	p := NewPass(net, 20, 4, nil)
	drive(p, 3, 20, 4)
	every := func(int) bool { return true }
	if n := testing.AllocsPerRun(20, func() {
		p.Update()
		p.Forward(20, 4, every)
		p.Backward(20, 4)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestMaskMustFit(t *testing.T) {
	cfg := DefaultConfig()
	for name, m := range map[string]*constraint.Mask{
		"a row that ends before it begins": {Starts: []int32{0, 2, 1}, Columns: []int32{0}},
		"a neuron that is not there":       {Starts: []int32{0, 1, 1}, Columns: []int32{2}},
		"a neuron twice":                   {Starts: []int32{0, 2, 2}, Columns: []int32{1, 1}},
		"another number of weights":        {Starts: []int32{0, 1, 2}, Columns: []int32{1, 0}},
	} {
		if _, err := New(cfg, make([]float32, 1), m, 1, 1, 0); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// BenchmarkSparse is an update of a network with 1 % of all synapses, T = 50, batch 128.
func BenchmarkSparse(b *testing.B) {
	for _, n := range []int{1000, 4000, 12000} {
		for _, size := range []int{1, 2} {
			b.Run(fmt.Sprintf("n=%d/crew=%d", n, size), func(b *testing.B) {
				net, _ := maskedOnly(b, n, 0.01)
				team := crew.New(size)
				defer team.Close()
				p := NewPass(net, 128, 50, team)
				drive(p, 3, 128, 50)
				for b.Loop() {
					p.Update()
					p.Forward(128, 50, func(t int) bool { return t == 49 })
					p.Backward(128, 50)
				}
				operations := 6 * 128 * 50 * float64(net.Mask.Len()) * float64(b.N)
				b.ReportMetric(operations/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}

// maskedOnly makes a network with the same number of random synapses onto every neuron.
func maskedOnly(t testing.TB, neurons int, density float64) (*Network, *constraint.Mask) {
	t.Helper()
	s := rng.New(22, "rnn/mask")
	m := &constraint.Mask{Starts: []int32{0}}
	each := int(density * float64(neurons))
	for range neurons {
		row := make([]int32, 0, each)
		for len(row) < each {
			pre := int32(s.IntN(neurons))
			if at, found := slices.BinarySearch(row, pre); !found {
				row = slices.Insert(row, at, pre)
			}
		}
		m.Columns = append(m.Columns, row...)
		m.Starts = append(m.Starts, int32(len(m.Columns)))
	}
	w := make([]float32, m.Len())
	for i := range w {
		w[i] = float32(s.Norm() / math.Sqrt(float64(each)))
	}
	net, err := New(DefaultConfig(), w, m, 3, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	return net, m
}
