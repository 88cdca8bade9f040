package rnn

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"biornn/internal/crew"
	"biornn/internal/kernel"
	"biornn/internal/rng"
)

// reference is the plain float64 form of the network, written for clarity.
type reference struct {
	neurons, inputs, outputs int
	activation               string
	params                   map[string][]float64
	cell                     string
	leak                     float64
}

func newReference(n *Network) *reference {
	r := &reference{neurons: n.Neurons, inputs: n.Inputs, outputs: n.Outputs, activation: n.Activation, params: map[string][]float64{}}
	for _, p := range n.Parameters() {
		x := make([]float64, len(p.Data))
		for i, v := range p.Data {
			x[i] = float64(v)
		}
		r.params[p.Name] = x
	}
	return r
}

func (r *reference) phi(z float64) float64 {
	switch r.activation {
	case "relu":
		return math.Max(0, z)
	case "tanh":
		return math.Tanh(z)
	case "sigmoid":
		return 1 / (1 + math.Exp(-z))
	case "softplus":
		return math.Log1p(math.Exp(z))
	}
	return z
}

// run returns the logits of every step for one trial's inputs [step][input].
func (r *reference) run(x [][]float64) (logits, states [][]float64) {
	switch r.cell {
	case "leaky":
		return r.runLeaky(x, nil, r.leak, 0)
	case "gru", "lstm":
		return r.runGated(r.cell, x)
	}
	h := make([]float64, r.neurons)
	for _, in := range x {
		next := make([]float64, r.neurons)
		for i := range next {
			z := r.params["recurrent.bias"][i]
			for j, v := range h {
				z += r.params["recurrent.weight"][i*r.neurons+j] * v
			}
			for j, v := range in {
				z += r.params["input.weight"][i*r.inputs+j] * v
			}
			next[i] = r.phi(z)
		}
		h = next
		y := make([]float64, r.outputs)
		for k := range y {
			y[k] = r.params["readout.bias"][k]
			for j, v := range h {
				y[k] += r.params["readout.weight"][k*r.neurons+j] * v
			}
		}
		logits, states = append(logits, y), append(states, h)
	}
	return logits, states
}

func testNetwork(t *testing.T, activation string, neurons int) *Network {
	t.Helper()
	s := rng.New(3, "rnn/test")
	w := make([]float32, neurons*neurons)
	for i := range w {
		w[i] = float32(s.Norm() / math.Sqrt(float64(neurons)))
	}
	cfg := DefaultConfig()
	cfg.Activation = activation
	n, err := New(cfg, w, nil, 3, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.B {
		n.B[i] = float32(0.3 * s.Norm())
	}
	return n
}

func drive(p Pass, inputs, trials, steps int) [][][]float64 {
	s := rng.New(4, "rnn/drive")
	x := make([][][]float64, trials)
	for b := range x {
		for t := range steps {
			in := make([]float32, inputs)
			row := make([]float64, len(in))
			for i := range in {
				in[i] = float32(s.Norm())
				row[i] = float64(in[i])
			}
			p.SetInput(t, b, in)
			x[b] = append(x[b], row)
		}
	}
	return x
}

// weight of output k of trial b at step t in the test's linear loss Σ w·y.
func lossWeight(t, b, k int) float64 { return math.Sin(float64(1 + t*7 + b*3 + k)) }

func TestForwardAndGradient(t *testing.T) {
	scoredSets := map[string]func(int) bool{
		"last step":   func(t int) bool { return t == 5 },
		"every step":  func(int) bool { return true },
		"not at last": func(t int) bool { return t == 1 || t == 3 },
	}
	const trials, steps = 5, 6
	for _, activation := range Activations() {
		for name, scored := range scoredSets {
			t.Run(activation+"/"+name, func(t *testing.T) {
				net := testNetwork(t, activation, 17)
				p := NewPass(net, trials+2, steps+1, nil)
				x := drive(p, net.Inputs, trials, steps)
				p.Update()
				p.Forward(trials, steps, scored)
				ref := newReference(net)
				checkForward(t, p, ref, x, scored)
				for b := range trials {
					for s := range steps {
						for k := range 2 {
							if scored(s) {
								p.Logits(s, b)[k] = float32(lossWeight(s, b, k))
							}
						}
					}
				}
				p.Backward(trials, steps)
				checkGradient(t, p, ref, x, scored)
			})
		}
	}
}

func checkForward(t *testing.T, p Pass, ref *reference, x [][][]float64, scored func(int) bool) {
	t.Helper()
	for b := range x {
		logits, states := ref.run(x[b])
		for s := range logits {
			h := make([]float32, len(states[s]))
			p.State(s, b, h)
			for i, want := range states[s] {
				if got := float64(h[i]); math.Abs(got-want) > 3e-6*(1+math.Abs(want)) {
					t.Fatalf("state of trial %d, step %d, neuron %d: got %g, want %g", b, s, i, got, want)
				}
			}
			for k, want := range logits[s] {
				if got := float64(p.Logits(s, b)[k]); scored(s) && math.Abs(got-want) > 1e-5*(1+math.Abs(want)) {
					t.Fatalf("logit of trial %d, step %d: got %g, want %g", b, s, got, want)
				}
			}
		}
	}
}

// checkGradient compares every fifth parameter with central differences in float64.
func checkGradient(t *testing.T, p Pass, ref *reference, x [][][]float64, scored func(int) bool) {
	t.Helper()
	loss := func() float64 {
		sum := 0.0
		for b := range x {
			logits, _ := ref.run(x[b])
			for s := range logits {
				for k, y := range logits[s] {
					if scored(s) {
						sum += lossWeight(s, b, k) * y
					}
				}
			}
		}
		return sum
	}
	const step = 1e-6
	for _, g := range p.Gradient().Parameters() {
		theta := ref.params[g.Name]
		for i := 0; i < len(theta); i += 5 {
			old := theta[i]
			theta[i] = old + step
			up := loss()
			theta[i] = old - step
			down := loss()
			theta[i] = old
			want := (up - down) / (2 * step)
			if got := float64(g.Data[i]); math.Abs(got-want) > 2e-5*(1+math.Abs(want)) {
				t.Fatalf("dL/d%s[%d]: got %g, want %g", g.Name, i, got, want)
			}
		}
	}
}

// TestCrewChangesNoBit runs one step with crews of several sizes, on full and on
// partial batches.
func TestCrewChangesNoBit(t *testing.T) {
	const batch, steps = 41, 7
	every := func(int) bool { return true }
	for _, trials := range []int{batch, 30, 1} {
		var want []Parameter
		for _, size := range []int{1, 2, 3, 8} {
			team := crew.New(size)
			net := testNetwork(t, "tanh", 37)
			p := NewPass(net, batch, steps, team)
			drive(p, net.Inputs, trials, steps)
			p.Update()
			p.Forward(trials, steps, every)
			p.Backward(trials, steps)
			team.Close()
			got := p.Gradient().Parameters()
			if want == nil {
				want = got
			}
			for i, g := range got {
				if !slices.Equal(g.Data, want[i].Data) {
					t.Errorf("%d trials, crew of %d: dL/d%s differs", trials, size, g.Name)
				}
			}
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	team := crew.New(2)
	defer team.Close()
	net := testNetwork(t, "softplus", 20)
	p := NewPass(net, 16, 4, team)
	drive(p, net.Inputs, 16, 4)
	every := func(int) bool { return true }
	if n := testing.AllocsPerRun(20, func() {
		p.Update()
		p.Forward(16, 4, every)
		p.Backward(16, 4)
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestBadShapes(t *testing.T) {
	if _, err := New(DefaultConfig(), make([]float32, 7), nil, 1, 1, 0); err == nil {
		t.Error("7 recurrent weights were accepted")
	}
	cfg := DefaultConfig()
	cfg.Activation = "rely"
	if _, err := New(cfg, make([]float32, 4), nil, 1, 1, 0); err == nil {
		t.Error("an unknown activation was accepted")
	}
}

// BenchmarkUpdate is one forward and backward pass of a batch, T = 50, batch 128; share
// is that of the peak of as many cores, measured in the same run.
func BenchmarkUpdate(b *testing.B) {
	peak := peakPerCore()
	for _, n := range []int{100, 312, 1000} {
		for _, size := range []int{1, 2} {
			b.Run("n="+strconv.Itoa(n)+"/crew="+strconv.Itoa(size), func(b *testing.B) { benchmarkUpdate(b, n, size, peak) })
		}
	}
}

func benchmarkUpdate(b *testing.B, n, size int, peak float64) {
	s := rng.New(1, "rnn/bench")
	w := make([]float32, n*n)
	for i := range w {
		w[i] = float32(s.Norm() / math.Sqrt(float64(n)))
	}
	net, err := New(DefaultConfig(), w, nil, 8, 4, 1)
	if err != nil {
		b.Fatal(err)
	}
	const trials, steps = 128, 50
	team := crew.New(size)
	defer team.Close()
	p := NewPass(net, trials, steps, team)
	drive(p, net.Inputs, trials, steps)
	last := func(t int) bool { return t == steps-1 }
	for b.Loop() {
		p.Update()
		p.Forward(trials, steps, last)
		p.Backward(trials, steps)
	}
	flops := 3 * 2 * float64(trials*steps*n*(n+9)) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(flops/1e9, "GFLOP/s")
	if peak > 0 {
		b.ReportMetric(100*flops/peak/float64(size), "%peak")
	}
}

// peakPerCore returns the floating-point operations per second of one core, the median
// of several tries; 0 where there is only the reference.
func peakPerCore() float64 {
	var tries []float64
	for range 9 {
		start := time.Now()
		operations := kernel.Peak(50000)
		tries = append(tries, operations/time.Since(start).Seconds())
	}
	slices.Sort(tries)
	return tries[len(tries)/2]
}
