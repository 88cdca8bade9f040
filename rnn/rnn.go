// Package rnn holds recurrent networks, their forward pass and backpropagation through
// time. The simple network is
//
//	h_t = φ(W h_{t−1} + U x_t + b),  h_0 = 0
//	y_t = V h_t + c   (logits, at the scored steps)
//
// and cell.go has the equations of the other cells: leaky, gru and lstm. h is
// [batch×neuron], W is [post][pre]. Everything is float32; products run in
// package internal/kernel and sum in an order that does not depend on the machine.
package rnn

import (
	"fmt"
	"math"
	"strings"

	"biornn/constraint"
	"biornn/internal/crew"
	"biornn/internal/rng"
)

// Config describes a network apart from its sizes.
type Config struct {
	Activation string `toml:"activation"`  // relu, tanh, softplus, sigmoid or linear
	InputInit  string `toml:"input_init"`  // initialiser of U
	OutputInit string `toml:"output_init"` // initialiser of V

	// Cell is empty for the simple network, or leaky, gru or lstm.
	Cell string `toml:"cell,omitempty"`
	// Of the leaky cell: time constant and length of a step in ms (0: the task's, or
	// UsualStep where it has none), and σ of each unit's own noise in training.
	TauMS     float64 `toml:"tau_ms,omitempty"`
	StepMS    float64 `toml:"dt_ms,omitempty"`
	UnitNoise float64 `toml:"unit_noise,omitempty"`
	// Constrained says which recurrent matrices of gru and lstm the constraint acts on:
	// candidate (or empty: that of the candidate state alone) or all.
	Constrained string `toml:"constrained,omitempty"`
	// Units is the number of units where it is not that of the circuit's neurons, for
	// constraints that read nothing of a circuit; 0: one for each neuron.
	Units int `toml:"units,omitempty"`
}

// DefaultConfig is the published network: relu, Glorot-uniform input and read-out weights.
func DefaultConfig() Config {
	return Config{Activation: "relu", InputInit: "glorot-uniform", OutputInit: "glorot-uniform"}
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	if _, ok := activations[c.Activation]; !ok {
		return fmt.Errorf("rnn: activation: want one of %s, got %q", strings.Join(Activations(), ", "), c.Activation)
	}
	return c.validateCell()
}

// Network holds the weights of a recurrent network.
type Network struct {
	Neurons, Inputs, Outputs int
	Activation               string
	Cell                     string  // empty: simple
	Leak                     float32 // α of the leaky cell, above 0 and at most 1
	UnitNoise                float32 // σ of the leaky cell, in training
	Constrained              string  // of gru and lstm: empty for the candidate's matrix, or all

	// Mask lists the recurrent weights that there are; nil: all.
	Mask *constraint.Mask

	W []float32 // recurrent, [post][pre], Neurons×Neurons, or those under the mask
	U []float32 // input, [neuron][input], Neurons×Inputs
	B []float32 // bias, Neurons
	V []float32 // read-out, [output][neuron], Outputs×Neurons
	C []float32 // read-out bias, Outputs

	// Of gated cells, in the order of Gates; W, U and B are the candidate's.
	GateW  []float32 // recurrent, [gate][post][pre]
	GateU  []float32 // input, [gate][neuron][input]
	GateB  []float32 // bias, [gate][neuron]
	InnerB []float32 // of gru: b′, inside the reset, Neurons
}

// New returns a network with the given recurrent weights (copied), zero biases
// and input and read-out weights drawn from the streams of seed. With a mask the
// weights are those under it.
func New(cfg Config, recurrent []float32, mask *constraint.Mask, inputs, outputs int, seed uint64) (*Network, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := int(math.Round(math.Sqrt(float64(len(recurrent)))))
	if mask != nil {
		if len(cells[cfg.Cell]) > 0 {
			return nil, fmt.Errorf("rnn: cell %s: want all pairs, got a mask: masks are for the simple and the leaky cell", cfg.Cell)
		}
		n = mask.N()
		if err := mask.Validate(n); err != nil {
			return nil, fmt.Errorf("rnn: %w", err)
		}
		if mask.Len() != len(recurrent) {
			return nil, fmt.Errorf("rnn: recurrent weights: want %d as in the mask, got %d", mask.Len(), len(recurrent))
		}
	} else if n*n != len(recurrent) {
		return nil, fmt.Errorf("rnn: recurrent weights: want a square number of elements, got %d", len(recurrent))
	}
	if n == 0 || inputs < 1 || outputs < 1 {
		return nil, fmt.Errorf("rnn: want at least one neuron, input and output, got %d, %d and %d", n, inputs, outputs)
	}
	u, err := constraint.Initialise(cfg.InputInit, n, inputs, inputs, n, rng.New(seed, "rnn/input"))
	if err != nil {
		return nil, fmt.Errorf("rnn: input weights: %w", err)
	}
	v, err := constraint.Initialise(cfg.OutputInit, outputs, n, n, outputs, rng.New(seed, "rnn/output"))
	if err != nil {
		return nil, fmt.Errorf("rnn: read-out weights: %w", err)
	}
	leak, err := cfg.Leak()
	if err != nil {
		return nil, err
	}
	net := &Network{
		Neurons: n, Inputs: inputs, Outputs: outputs, Activation: cfg.Activation, Mask: mask,
		Cell: cfg.Cell, Leak: leak, UnitNoise: float32(cfg.UnitNoise), Constrained: cfg.Constrained,
		W: append([]float32(nil), recurrent...),
		U: u, B: make([]float32, n), V: v, C: make([]float32, outputs),
	}
	if net.Constrained == "candidate" {
		net.Constrained = ""
	}
	return net, net.setGates(cfg, seed)
}

// Recurrent returns the recurrent weights as a matrix, W[post][pre], zero where there is
// no synapse. Without a mask it is W itself.
func (n *Network) Recurrent() []float32 {
	if n.Mask == nil {
		return n.W
	}
	w := make([]float32, n.Neurons*n.Neurons)
	n.Mask.Dense(n.W, w)
	return w
}

// OutStrengths returns the sum of |W| over the posts of each neuron, and over all
// recurrent matrices where the constraint acts on all.
func (n *Network) OutStrengths() []float64 {
	out := make([]float64, n.Neurons)
	if n.Mask != nil {
		for e, pre := range n.Mask.Columns {
			out[pre] += math.Abs(float64(n.W[e]))
		}
		return out
	}
	for _, m := range n.Constrains() {
		for i, w := range m {
			out[i%n.Neurons] += math.Abs(float64(w))
		}
	}
	return out
}

// Parameter is one named array of weights.
type Parameter struct {
	Name  string
	Shape []int
	Data  []float32
}

// Parameters returns the arrays of the network itself, always in the same order.
func (n *Network) Parameters() []Parameter {
	return append([]Parameter{
		{"recurrent.weight", n.recurrentShape(), n.W},
		{"input.weight", []int{n.Neurons, n.Inputs}, n.U},
		{"recurrent.bias", []int{n.Neurons}, n.B},
		{"readout.weight", []int{n.Outputs, n.Neurons}, n.V},
		{"readout.bias", []int{n.Outputs}, n.C},
	}, n.gateParameters()...)
}

func (n *Network) recurrentShape() []int {
	if n.Mask != nil {
		return []int{n.Mask.Len()}
	}
	return []int{n.Neurons, n.Neurons}
}

// Like returns a network of the same shape with all weights zero; BPTT keeps
// gradients in one.
func (n *Network) Like() *Network {
	out := *n
	out.W, out.U, out.B = make([]float32, len(n.W)), make([]float32, len(n.U)), make([]float32, len(n.B))
	out.V, out.C = make([]float32, len(n.V)), make([]float32, len(n.C))
	out.allocateGates()
	return &out
}

// Clone returns a copy that shares nothing with n.
func (n *Network) Clone() *Network {
	out := n.Like()
	for i, p := range out.Parameters() {
		copy(p.Data, n.Parameters()[i].Data)
	}
	return out
}

// Pass runs a network forward over batches of trials and its gradient backward. It
// owns all states, so that a step of training allocates nothing, and is not safe for
// concurrent use.
type Pass interface {
	// SetInput sets x_t of one trial, before Forward. Steps count from 0.
	SetInput(step, trial int, x []float32)
	// Update takes over the current weights of the network; call it after each change.
	Update()
	// Forward runs the first trials over the first steps, from rest, and computes the
	// logits of the steps for which scored is true.
	Forward(trials, steps int, scored func(step int) bool)
	// Logits returns the read-out of one trial at a scored step; the caller may overwrite
	// it with the gradient of the loss before Backward.
	Logits(step, trial int) []float32
	// Backward turns the gradients left in Logits into that of the weights, for the
	// trials and steps of the last Forward.
	Backward(trials, steps int)
	// Gradient holds the gradient of the last Backward.
	Gradient() *Network
	// State copies h (r of the leaky cell) of one trial after step (which counts from 0)
	// into h.
	State(step, trial int, h []float32)
}

// Noisy is a Pass whose units have noise of their own.
type Noisy interface {
	Pass
	// SetNoise sets ξ of one trial and step, before Forward.
	SetNoise(step, trial int, xi []float64)
	// Quiet leaves the noise out of the following Forward, or takes it in again.
	Quiet(bool)
}

// NewPass prepares for batches of up to batch trials of up to steps steps, shared by a
// crew, which may be nil: it changes no bit of the result.
func NewPass(net *Network, batch, steps int, crew *crew.Crew) Pass {
	if net.Mask != nil {
		return newSparsePass(net, batch, steps, crew)
	}
	if len(cells[net.Cell]) > 0 {
		return newGatedPass(net, batch, steps, crew)
	}
	return newDensePass(net, batch, steps, crew)
}
