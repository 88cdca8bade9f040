package activity

import (
	"fmt"
	"math"

	"biornn/rnn"
)

// Map is one step of a network as a function in float64, h ↦ φ(W h + U x + b).
type Map struct {
	n, inputs int
	w, u, b   []float64
	phi       func(z float64) float64
	slope     func(z float64) float64 // φ′(z)
}

// NewMap takes over the weights of a network.
func NewMap(net *rnn.Network) (*Map, error) {
	if err := simple(net); err != nil {
		return nil, err
	}
	f, ok := nonlinearities[net.Activation]
	if !ok {
		return nil, fmt.Errorf("activity: fixed points: want a known activation, got %q: %w", net.Activation, ErrUnknownCell)
	}
	return &Map{n: net.Neurons, inputs: net.Inputs, w: wide(net.Recurrent()), u: wide(net.U), b: wide(net.B), phi: f.phi, slope: f.slope}, nil
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

var nonlinearities = map[string]struct{ phi, slope func(z float64) float64 }{
	"relu": {func(z float64) float64 { return math.Max(0, z) }, func(z float64) float64 {
		if z > 0 {
			return 1
		}
		return 0
	}},
	"linear": {func(z float64) float64 { return z }, func(float64) float64 { return 1 }},
	"tanh": {math.Tanh, func(z float64) float64 {
		y := math.Tanh(z)
		return 1 - y*y
	}},
	"sigmoid": {logistic, func(z float64) float64 { return logistic(z) * logistic(-z) }},
	"softplus": {func(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) },
		logistic},
}

// drive returns U x + b, which a constant input adds at every step.
func (m *Map) drive(x []float64) []float64 {
	out := append([]float64(nil), m.b...)
	for i := range out {
		out[i] += dot(m.u[i*m.inputs:(i+1)*m.inputs], x)
	}
	return out
}

// step sets z = W h + drive and next = φ(z).
func (m *Map) step(h, drive, z, next []float64) {
	for i := range z {
		z[i] = drive[i] + dot(m.w[i*m.n:(i+1)*m.n], h)
		next[i] = m.phi(z[i])
	}
}

// describes says whether the map predicts recorded states, as it must for the network
// that it claims to be: the next state from the one before and the input, in a trial that
// was recorded without noise.
func (m *Map) describes(s *States) error {
	z, next := make([]float64, m.n), make([]float64, m.n)
	for t := 1; t < s.Steps; t++ {
		in := s.Input[t*m.inputs : (t+1)*m.inputs]
		m.step(wide(s.at(0, t-1)), m.drive(wide(in)), z, next)
		var miss, size float64
		for i, v := range s.at(0, t) {
			miss += float64((next[i] - float64(v)) * (next[i] - float64(v)))
			size += float64(next[i] * next[i])
		}
		if !(math.Sqrt(miss) <= 1e-4*(1e-3+math.Sqrt(size))) {
			return fmt.Errorf("activity: fixed points: step %d: want a state as h = φ(W h + U x + b) makes it, got one %.2g away: %w", t, math.Sqrt(miss), ErrUnknownCell)
		}
	}
	return nil
}
