package rnn

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"biornn/internal/crew"
	"biornn/internal/rng"
)

// cellNetwork returns a network with a cell; all of its parameters are random.
func cellNetwork(t testing.TB, cfg Config, neurons int) *Network {
	t.Helper()
	s := rng.New(5, "rnn/cell-test")
	net, err := New(cfg, make([]float32, neurons*neurons), nil, 3, 2, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Parameters() {
		size := 0.3
		if len(p.Shape) > 1 {
			size = 1 / math.Sqrt(float64(p.Shape[len(p.Shape)-1]))
		}
		for i := range p.Data {
			p.Data[i] = float32(size * s.Norm())
		}
	}
	return net
}

// runLeaky is the leaky cell in float64, as its equation stands, with noise ξ[step][neuron].
func (r *reference) runLeaky(x, xi [][]float64, leak, sigma float64) (logits, states [][]float64) {
	z, rate := make([]float64, r.neurons), make([]float64, r.neurons)
	for i := range rate {
		rate[i] = r.phi(0)
	}
	for t, in := range x {
		drive := r.block("recurrent.weight", "input.weight", "recurrent.bias", 0, rate, in)
		next := make([]float64, r.neurons)
		for i := range z {
			noise := 0.0
			if xi != nil {
				noise = math.Sqrt(2/leak) * sigma * xi[t][i]
			}
			z[i] += leak * (-z[i] + drive[i] + noise)
			next[i] = r.phi(z[i])
		}
		rate = next
		logits, states = append(logits, r.read(rate)), append(states, rate)
	}
	return logits, states
}

// block returns W h + U x + b of a block; without a name a part is left out.
func (r *reference) block(w, u, b string, which int, h, x []float64) []float64 {
	out := make([]float64, r.neurons)
	for i := range out {
		row := which*r.neurons + i
		if b != "" {
			out[i] = r.params[b][row]
		}
		for j := 0; w != "" && j < len(h); j++ {
			out[i] += r.params[w][row*r.neurons+j] * h[j]
		}
		for j := 0; u != "" && j < len(x); j++ {
			out[i] += r.params[u][row*r.inputs+j] * x[j]
		}
	}
	return out
}

func (r *reference) read(h []float64) []float64 {
	y := make([]float64, r.outputs)
	for k := range y {
		y[k] = r.params["readout.bias"][k]
		for j, v := range h {
			y[k] += r.params["readout.weight"][k*r.neurons+j] * v
		}
	}
	return y
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func (r *reference) gate(which int, h, x []float64) []float64 {
	out := r.block("gates.recurrent.weight", "gates.input.weight", "gates.bias", which, h, x)
	for i, z := range out {
		out[i] = logistic(z)
	}
	return out
}

// runGated is gru and lstm in float64.
func (r *reference) runGated(cell string, x [][]float64) (logits, states [][]float64) {
	h, c := make([]float64, r.neurons), make([]float64, r.neurons)
	for _, in := range x {
		next := make([]float64, r.neurons)
		if cell == "gru" {
			reset, update := r.gate(0, h, in), r.gate(1, h, in)
			inner := r.block("recurrent.weight", "", "recurrent.inner.bias", 0, h, nil)
			outer := r.block("", "input.weight", "recurrent.bias", 0, nil, in)
			for i := range next {
				n := math.Tanh(outer[i] + reset[i]*inner[i])
				next[i] = update[i]*h[i] + (1-update[i])*n
			}
		} else {
			input, forget, output := r.gate(0, h, in), r.gate(1, h, in), r.gate(2, h, in)
			g := r.block("recurrent.weight", "input.weight", "recurrent.bias", 0, h, in)
			for i := range next {
				c[i] = forget[i]*c[i] + input[i]*math.Tanh(g[i])
				next[i] = output[i] * math.Tanh(c[i])
			}
		}
		h = next
		logits, states = append(logits, r.read(h)), append(states, h)
	}
	return logits, states
}

func cellConfigs() map[string]Config {
	base := DefaultConfig()
	out := map[string]Config{"gru": base.WithCell("gru"), "lstm": base.WithCell("lstm")}
	for _, activation := range Activations() {
		leaky := base.WithCell("leaky")
		leaky.Activation = activation
		out["leaky "+activation] = leaky
	}
	return out
}

// TestCells compares states, logits and every gradient with the equations in float64.
func TestCells(t *testing.T) {
	scoredSets := []func(int) bool{
		func(t int) bool { return t == 5 },
		func(int) bool { return true },
		func(t int) bool { return t == 1 || t == 3 },
	}
	const steps = 6
	for name, cfg := range cellConfigs() {
		for which, scored := range scoredSets {
			for _, batch := range []int{4, 200} { // chunks of many steps, and of one
				neurons := 17
				if batch == 200 {
					neurons = 3
				}
				t.Run(fmt.Sprintf("%s/%d/batch %d", name, which, batch), func(t *testing.T) {
					net := cellNetwork(t, cfg, neurons)
					ref := newReference(net)
					ref.cell, ref.leak = cfg.Cell, float64(net.Leak)
					p := NewPass(net, batch+2, steps+1, nil)
					x := drive(p, net.Inputs, batch, steps)
					checkPass(t, p, ref, x, scored)
					if batch == 4 { // once more, on what the last left
						checkPass(t, p, ref, drive(p, net.Inputs, batch-1, steps), scored)
					}
				})
			}
		}
	}
}

// checkPass runs a batch forward and backward and compares.
func checkPass(t *testing.T, p Pass, ref *reference, x [][][]float64, scored func(int) bool) {
	t.Helper()
	steps := len(x[0])
	p.Update()
	p.Forward(len(x), steps, scored)
	checkForward(t, p, ref, x, scored)
	setLoss(p, len(x), steps, scored)
	p.Backward(len(x), steps)
	checkGradient(t, p, ref, x, scored)
}

func setLoss(p Pass, trials, steps int, scored func(int) bool) {
	for b := range trials {
		for s := range steps {
			for k := range 2 {
				if scored(s) {
					p.Logits(s, b)[k] = float32(lossWeight(s, b, k))
				}
			}
		}
	}
}

// TestCellsCrewChangesNoBit runs every cell with crews of several sizes.
func TestCellsCrewChangesNoBit(t *testing.T) {
	const batch, steps = 41, 7
	every := func(int) bool { return true }
	for name, cfg := range cellConfigs() {
		for _, sparse := range []bool{false, true} {
			if sparse && cfg.Cell != "leaky" {
				continue
			}
			for _, trials := range []int{batch, 30, 1} {
				var want []Parameter
				for _, size := range []int{1, 2, 3, 8} {
					team := crew.New(size)
					net := cellNetwork(t, cfg, 37)
					if sparse {
						withMask(t, net)
					}
					p := NewPass(net, batch, steps, team)
					drive(p, net.Inputs, trials, steps)
					p.Update()
					p.Forward(trials, steps, every)
					setLoss(p, trials, steps, every)
					p.Backward(trials, steps)
					team.Close()
					got := p.Gradient().Parameters()
					if want == nil {
						want = got
					}
					for i, g := range got {
						if !slices.Equal(g.Data, want[i].Data) {
							t.Errorf("%s, sparse %v, %d trials, crew of %d: dL/d%s differs", name, sparse, trials, size, g.Name)
						}
					}
				}
			}
		}
	}
}

func TestCellStepAllocatesNothing(t *testing.T) {
	team := crew.New(2)
	defer team.Close()
	every := func(int) bool { return true }
	for name, cfg := range cellConfigs() {
		net := cellNetwork(t, cfg, 20)
		p := NewPass(net, 16, 4, team)
		drive(p, net.Inputs, 16, 4)
		if n := testing.AllocsPerRun(20, func() {
			p.Update()
			p.Forward(16, 4, every)
			p.Backward(16, 4)
		}); n != 0 {
			t.Errorf("%s: %g allocations", name, n)
		}
	}
}

func TestBadCells(t *testing.T) {
	for says, change := range map[string]func(*Config){
		"did you mean gru":             func(c *Config) { c.Cell = "grus" },
		`want "" (the simple network)`: func(c *Config) { c.Cell = "none" },
		"as in W+leaky, which sets it": func(c *Config) { c.Cell = "leaky" },
		"wants tanh":                   func(c *Config) { c.Cell = "lstm" },
		"wants a time constant":        func(c *Config) { c.Cell = "leaky" },
		"longer steps overshoot":       func(c *Config) { *c = c.WithCell("leaky"); c.StepMS = 300 },
		"only the cell leaky has it":   func(c *Config) { c.TauMS = 100 },
		"want candidate or all":        func(c *Config) { *c = c.WithCell("gru"); c.Constrained = "both" },
		"several recurrent matrices":   func(c *Config) { c.Constrained = "all" },
		"unit_noise: want a number":    func(c *Config) { *c = c.WithCell("leaky"); c.UnitNoise = math.NaN() },
		"tau_ms: want a number from":   func(c *Config) { *c = c.WithCell("leaky"); c.TauMS = math.Inf(1) },
		"overshoot; set network.dt_ms": func(c *Config) { *c = c.WithCell("leaky"); c.TauMS = 50 },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		_, err := New(cfg, make([]float32, 4), nil, 1, 1, 0)
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
	sparse, _ := masked(t, "tanh", 9, 0.5)
	if _, err := New(DefaultConfig().WithCell("gru"), sparse.W, sparse.Mask, 1, 1, 0); err == nil {
		t.Error("a gru under a mask was accepted")
	}
	if c := DefaultConfig().WithCell("gru").WithCell(""); c != DefaultConfig() {
		t.Errorf("want the simple network again, got %+v", c)
	}
}

// TestParameterCounts counts what there is, and checks that no other size is nearer.
func TestParameterCounts(t *testing.T) {
	for _, cell := range append(Cells(), "") {
		net := cellNetwork(t, DefaultConfig().WithCell(cell), 23)
		count := 0
		for _, p := range net.Parameters() {
			count += len(p.Data)
		}
		if got := ParameterCount(cell, 23, 3, 2); got != count {
			t.Errorf("%s: want %d parameters, got %d", cell, count, got)
		}
		want := ParameterCount("", 312, 8, 4)
		off := func(n int) int { d := ParameterCount(cell, n, 8, 4) - want; return max(d, -d) }
		n := MatchedNeurons(cell, 312, 8, 4)
		if off(n) > off(n-1) || off(n) > off(n+1) {
			t.Errorf("%s: %d units have %d parameters more or less, %d or %d have fewer", cell, n, off(n), n-1, n+1)
		}
	}
	if n := MatchedNeurons("", 312, 8, 4); n != 312 {
		t.Errorf("the simple network matches itself with %d units", n)
	}
}

// TestConstrainsAll: the gates start with W, and the structure is that of all matrices.
func TestConstrainsAll(t *testing.T) {
	cfg := DefaultConfig().WithCell("lstm")
	cfg.Constrained = "all"
	net, err := New(cfg, []float32{1, -2, 3, -4}, nil, 1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := net.Connections(); !slices.Equal(got, []float32{4, 8, 12, 16}) || len(net.Constrains()) != 4 {
		t.Errorf("connections %v of %d matrices", got, len(net.Constrains()))
	}
	if !slices.Equal(net.GateB, []float32{0, 0, 1, 1, 0, 0}) {
		t.Errorf("biases of input, forget and output gates: %v", net.GateB)
	}
	if got := net.OutStrengths(); got[0] != 16 || got[1] != 24 {
		t.Errorf("strengths %v", got)
	}
}

// BenchmarkUpdateOfCells is one forward and backward pass, N = 312, T = 50, batch 128.
func BenchmarkUpdateOfCells(b *testing.B) {
	for _, cell := range append([]string{""}, Cells()...) {
		for _, size := range []int{1, 2} {
			b.Run("cell="+cell+"/crew="+strconv.Itoa(size), func(b *testing.B) {
				const trials, steps = 128, 50
				net := cellNetwork(b, DefaultConfig().WithCell(cell), 312)
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
				weights := float64(len(net.W) + len(net.GateW) + len(net.U) + len(net.GateU))
				b.ReportMetric(6*trials*steps*weights*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
