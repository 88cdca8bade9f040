package rnn

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"biornn/constraint"
	"biornn/internal/rng"
	"biornn/internal/suggest"
)

// cells maps the name of a cell to the gates that it has beside its candidate, in the
// order in which they are stored. The simple network is the empty name.
//
// leaky, a continuous-time network in steps of dt (Song et al. 2016,
// doi:10.1371/journal.pcbi.1004792), with α = dt/τ and ξ standard normal:
//
//	τ dx/dt = −x + W r + U u + b + √(2/α) σ ξ,  r = φ(x),  x_0 = 0
//	x_t = (1 − α) x_{t−1} + α (W r_{t−1} + U u_t + b) + √(2α) σ ξ_t
//
// and the read-out is from r.
//
// gru (Cho et al. 2014, doi:10.3115/v1/D14-1179), the reset applied after the recurrent
// product as in PyTorch and in Keras with reset_after; ∘ is elementwise:
//
//	s_t = σ(W_s h + U_s x_t + b_s),  z_t = σ(W_z h + U_z x_t + b_z)     (reset, update; h is h_{t−1})
//	n_t = tanh(U x_t + b + s_t ∘ (W h + b′)),  h_t = z_t ∘ h + (1 − z_t) ∘ n_t
//
// lstm (Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735, with the forget
// gate of Gers et al. 2000, doi:10.1162/089976600300015015, whose bias starts at 1):
//
//	i, f, o = σ(W_i h + U_i x_t + b_i), …      (input, forget, output)
//	c_t = f ∘ c_{t−1} + i ∘ tanh(W h + U x_t + b),  h_t = o ∘ tanh(c_t)
var cells = map[string][]string{
	"":      nil,
	"leaky": nil,
	"gru":   {"reset", "update"},
	"lstm":  {"input", "forget", "output"},
}

// Names in the order in which they are listed.
var cellNames = []string{"leaky", "gru", "lstm"}

// Cells returns the names of the cells beside the simple one, whose name is empty.
func Cells() []string { return slices.Clone(cellNames) }

// Values that WithCell fills in.
const (
	usualTau  = 200 // ms, of the leaky cell
	UsualStep = 100 // ms, where neither Config nor task says how long a step is
)

// WithCell returns the configuration with another cell and what usually goes with it:
// tanh for the gated cells, τ = 200 ms for the leaky one.
func (c Config) WithCell(cell string) Config {
	if cell == c.Cell {
		return c
	}
	if len(cells[c.Cell]) > 0 {
		c.Activation = DefaultConfig().Activation
	}
	c.Cell, c.TauMS, c.StepMS, c.UnitNoise, c.Constrained = cell, 0, 0, 0, ""
	switch {
	case cell == "leaky":
		c.TauMS = usualTau
	case len(cells[cell]) > 0:
		c.Activation = "tanh"
	}
	return c
}

// validateCell reports the first value of a cell that cannot be used.
func (c Config) validateCell() error {
	gates, ok := cells[c.Cell]
	if !ok {
		return fmt.Errorf("rnn: cell: want \"\" (the simple network), %s, got %q%s", strings.Join(cellNames, ", "), c.Cell, suggest.Near(c.Cell, cellNames))
	}
	for _, v := range []struct {
		key string
		x   float64
	}{{"tau_ms", c.TauMS}, {"dt_ms", c.StepMS}, {"unit_noise", c.UnitNoise}} {
		if !(v.x >= 0 && v.x < 1e9) {
			return fmt.Errorf("rnn: %s: want a number from 0 to 1e9, got %g", v.key, v.x)
		}
		if v.x > 0 && c.Cell != "leaky" {
			return fmt.Errorf("rnn: %s: only the cell leaky has it, got %q", v.key, c.Cell)
		}
	}
	switch {
	case c.Units < 0 || c.Units == 1:
		return fmt.Errorf("rnn: units: want 0 or at least 2, got %d", c.Units)
	case c.Cell == "leaky" && c.TauMS == 0:
		return fmt.Errorf("rnn: tau_ms: the cell leaky wants a time constant above 0: set network.tau_ms, as %d on an axis of both keys (only leaky has it), or put the control leaky on the model, as in W+leaky, which sets it", usualTau)
	case c.Cell == "leaky" && c.StepMS > c.TauMS:
		return fmt.Errorf("rnn: dt_ms: want at most tau_ms, %g, got %g: longer steps overshoot", c.TauMS, c.StepMS)
	case len(gates) > 0 && c.Activation != "tanh":
		return fmt.Errorf("rnn: activation: the cell %s wants tanh, got %q", c.Cell, c.Activation)
	case c.Constrained != "" && c.Constrained != "candidate" && c.Constrained != "all":
		return fmt.Errorf("rnn: constrained: want candidate or all, got %q", c.Constrained)
	case c.Constrained != "" && len(gates) == 0:
		return fmt.Errorf("rnn: constrained: only gru and lstm have several recurrent matrices")
	}
	return nil
}

// Leak returns α = dt/τ, 0 for other cells than leaky, with dt the usual one where it is 0.
func (c Config) Leak() (float32, error) {
	if c.Cell != "leaky" {
		return 0, nil
	}
	step := c.StepMS
	if step == 0 {
		step = UsualStep
	}
	if step > c.TauMS {
		return 0, fmt.Errorf("rnn: dt_ms: want at most tau_ms, %g, got %g, the length of a step of the task: longer ones overshoot; set network.dt_ms, in ms, or a greater network.tau_ms", c.TauMS, step)
	}
	return float32(step / c.TauMS), nil
}

// Gates returns the names of the gates, none for the simple and the leaky cell.
func (n *Network) Gates() []string { return slices.Clone(cells[n.Cell]) }

// setGates draws the weights of the gates: their inputs as U, their recurrent weights
// orthogonal or, where the constraint acts on all, equal to W. Biases are 0, the forget
// gate's 1.
func (n *Network) setGates(cfg Config, seed uint64) error {
	n.allocateGates()
	size := n.Neurons * n.Neurons
	for g, name := range cells[n.Cell] {
		u, err := constraint.Initialise(cfg.InputInit, n.Neurons, n.Inputs, n.Inputs, n.Neurons, rng.New(seed, "rnn/gate-input", uint64(g)))
		if err != nil {
			return fmt.Errorf("rnn: input weights of gates: %w", err)
		}
		copy(n.GateU[g*n.Neurons*n.Inputs:], u)
		w := n.W
		if n.Constrained != "all" {
			if w, err = constraint.Initialise("orthogonal", n.Neurons, n.Neurons, n.Neurons, n.Neurons, rng.New(seed, "rnn/gate", uint64(g))); err != nil {
				return fmt.Errorf("rnn: recurrent weights of gates: %w", err)
			}
		}
		copy(n.GateW[g*size:(g+1)*size], w)
		for i := range n.Neurons {
			if name == "forget" {
				n.GateB[g*n.Neurons+i] = 1
			}
		}
	}
	return nil
}

// allocateGates makes room for the weights of the gates.
func (n *Network) allocateGates() {
	g := len(cells[n.Cell])
	n.GateW = make([]float32, g*n.Neurons*n.Neurons)
	n.GateU = make([]float32, g*n.Neurons*n.Inputs)
	n.GateB = make([]float32, g*n.Neurons)
	n.InnerB = nil
	if n.Cell == "gru" {
		n.InnerB = make([]float32, n.Neurons)
	}
}

// gateParameters are those that only gated cells have, gate below gate.
func (n *Network) gateParameters() []Parameter {
	g := len(cells[n.Cell])
	if g == 0 {
		return nil
	}
	out := []Parameter{
		{"gates.recurrent.weight", []int{g * n.Neurons, n.Neurons}, n.GateW},
		{"gates.input.weight", []int{g * n.Neurons, n.Inputs}, n.GateU},
		{"gates.bias", []int{g * n.Neurons}, n.GateB},
	}
	if n.Cell == "gru" {
		out = append(out, Parameter{"recurrent.inner.bias", []int{n.Neurons}, n.InnerB})
	}
	return out
}

// Constrains returns the recurrent matrices that the constraint acts on: W, and those of
// the gates where Constrained is all. They are not copies.
func (n *Network) Constrains() [][]float32 {
	out := [][]float32{n.W}
	if n.Constrained == "all" {
		for size := len(n.W); len(out) <= len(cells[n.Cell]); {
			out = append(out, n.GateW[(len(out)-1)*size:len(out)*size])
		}
	}
	return out
}

// Connections returns the matrix whose structure the constraint shapes, [post][pre]: the
// recurrent weights or, where it acts on all matrices, the sum of their magnitudes.
func (n *Network) Connections() []float32 {
	if n.Constrained != "all" {
		return n.Recurrent()
	}
	sum := make([]float32, len(n.W))
	Total(sum, n.Constrains())
	return sum
}

// Total sets sum to the sum of the magnitudes of arrays, in their order.
func Total(sum []float32, arrays [][]float32) {
	clear(sum)
	for _, a := range arrays {
		for i, x := range a {
			sum[i] += max(x, -x)
		}
	}
}

// Meta describes the cell beside the weights, in words; nil for the simple one. SetMeta
// reads it.
func (n *Network) Meta() map[string]string {
	if n.Cell == "" {
		return nil
	}
	out := map[string]string{"cell": n.Cell}
	if n.Cell == "leaky" {
		out["leak"] = strconv.FormatFloat(float64(n.Leak), 'g', -1, 32)
		out["unit_noise"] = strconv.FormatFloat(float64(n.UnitNoise), 'g', -1, 32)
		return out
	}
	out["gates"] = strings.Join(cells[n.Cell], ",")
	out["constrained"] = n.Constrained
	if n.Constrained == "" {
		out["constrained"] = "candidate"
	}
	return out
}

// SetMeta sets the cell that Meta describes and makes room for its weights.
func (n *Network) SetMeta(meta map[string]string) error {
	n.Cell = meta["cell"]
	if _, ok := cells[n.Cell]; !ok {
		return fmt.Errorf("rnn: cell: want one of %s, or none for the simple network, got %q", strings.Join(cellNames, ", "), n.Cell)
	}
	if n.Constrained = meta["constrained"]; n.Constrained == "candidate" {
		n.Constrained = ""
	}
	for key, to := range map[string]*float32{"leak": &n.Leak, "unit_noise": &n.UnitNoise} {
		if n.Cell != "leaky" {
			break
		}
		v, err := strconv.ParseFloat(meta[key], 32)
		if err != nil || !(v >= 0) || key == "leak" && !(v > 0 && v <= 1) {
			return fmt.Errorf("rnn: %s: want a number, from 0 to 1 for leak, got %q", key, meta[key])
		}
		*to = float32(v)
	}
	if len(cells[n.Cell]) > 0 && n.Mask != nil {
		return fmt.Errorf("rnn: cell %s: want all pairs, got a mask", n.Cell)
	}
	n.allocateGates()
	return nil
}

// ParameterCount returns the number of weights and biases of a network with all
// recurrent weights: N(N + I + 1) for each of the 1, 3 (gru) or 4 (lstm) blocks, N more
// for gru, and (N + 1)·O of the read-out.
func ParameterCount(cell string, neurons, inputs, outputs int) int {
	count := (len(cells[cell])+1)*neurons*(neurons+inputs+1) + (neurons+1)*outputs
	if cell == "gru" {
		count += neurons
	}
	return count
}

// MatchedNeurons returns the number of units of a cell whose parameters are as many as
// those of a simple network, as nearly as may be.
func MatchedNeurons(cell string, neurons, inputs, outputs int) int {
	want := ParameterCount("", neurons, inputs, outputs)
	n := 1
	for ParameterCount(cell, n+1, inputs, outputs) <= want {
		n++
	}
	if ParameterCount(cell, n+1, inputs, outputs)-want < want-ParameterCount(cell, n, inputs, outputs) {
		n++
	}
	return n
}
