// Package rnn holds the simple recurrent network, its forward pass and
// backpropagation through time.
//
//	h_t = φ(W h_{t−1} + U x_t + b),  h_0 = 0
//	y_t = V h_t + c   (logits, at the scored steps)
//
// h is [batch×neuron], W is [post][pre]. Everything is float32; products run in
// package internal/kernel and sum in an order that does not depend on the machine.
package rnn

import (
	"fmt"
	"math"
	"strings"

	"biornn/constraint"
	"biornn/internal/rng"
)

// Config describes a network apart from its sizes.
type Config struct {
	Activation string `toml:"activation"`  // relu, tanh, softplus, sigmoid or linear
	InputInit  string `toml:"input_init"`  // initialiser of U
	OutputInit string `toml:"output_init"` // initialiser of V
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
	return nil
}

// Network holds the weights of a simple recurrent network.
type Network struct {
	Neurons, Inputs, Outputs int
	Activation               string

	W []float32 // recurrent, [post][pre], Neurons×Neurons
	U []float32 // input, [neuron][input], Neurons×Inputs
	B []float32 // bias, Neurons
	V []float32 // read-out, [output][neuron], Outputs×Neurons
	C []float32 // read-out bias, Outputs
}

// New returns a network with the given recurrent weights (copied), zero biases
// and input and read-out weights drawn from the streams of seed.
func New(cfg Config, recurrent []float32, inputs, outputs int, seed uint64) (*Network, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	n := int(math.Round(math.Sqrt(float64(len(recurrent)))))
	if n == 0 || n*n != len(recurrent) {
		return nil, fmt.Errorf("rnn: recurrent weights: want a square number of elements, got %d", len(recurrent))
	}
	if inputs < 1 || outputs < 1 {
		return nil, fmt.Errorf("rnn: want at least one input and one output, got %d and %d", inputs, outputs)
	}
	u, err := constraint.Initialise(cfg.InputInit, n, inputs, inputs, n, rng.New(seed, "rnn/input"))
	if err != nil {
		return nil, fmt.Errorf("rnn: input weights: %w", err)
	}
	v, err := constraint.Initialise(cfg.OutputInit, outputs, n, n, outputs, rng.New(seed, "rnn/output"))
	if err != nil {
		return nil, fmt.Errorf("rnn: read-out weights: %w", err)
	}
	return &Network{
		Neurons: n, Inputs: inputs, Outputs: outputs, Activation: cfg.Activation,
		W: append([]float32(nil), recurrent...),
		U: u, B: make([]float32, n), V: v, C: make([]float32, outputs),
	}, nil
}

// Parameter is one named array of weights.
type Parameter struct {
	Name  string
	Shape []int
	Data  []float32
}

// Parameters returns the arrays of the network itself, always in the same order.
func (n *Network) Parameters() []Parameter {
	return []Parameter{
		{"recurrent.weight", []int{n.Neurons, n.Neurons}, n.W},
		{"input.weight", []int{n.Neurons, n.Inputs}, n.U},
		{"recurrent.bias", []int{n.Neurons}, n.B},
		{"readout.weight", []int{n.Outputs, n.Neurons}, n.V},
		{"readout.bias", []int{n.Outputs}, n.C},
	}
}

// Like returns a network of the same shape with all weights zero; BPTT keeps
// gradients in one.
func (n *Network) Like() *Network {
	return &Network{
		Neurons: n.Neurons, Inputs: n.Inputs, Outputs: n.Outputs, Activation: n.Activation,
		W: make([]float32, len(n.W)), U: make([]float32, len(n.U)), B: make([]float32, len(n.B)),
		V: make([]float32, len(n.V)), C: make([]float32, len(n.C)),
	}
}

// Clone returns a copy that shares nothing with n.
func (n *Network) Clone() *Network {
	out := n.Like()
	for i, p := range out.Parameters() {
		copy(p.Data, n.Parameters()[i].Data)
	}
	return out
}
