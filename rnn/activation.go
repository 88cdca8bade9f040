package rnn

import "biornn/internal/kernel"

// activation is φ over an array, and the step from dL/dh to dL/dz given h = φ(z).
type activation struct {
	apply func(h, z []float32)
	slope func(d, h []float32)
}

// Names in the order in which they are listed.
var activationNames = []string{"relu", "tanh", "softplus", "sigmoid", "linear"}

// Activations returns the names of the nonlinearities.
func Activations() []string { return append([]string(nil), activationNames...) }

// relu runs inside the matrix product and has no function of its own.
var activations = map[string]activation{
	"relu":     {},
	"linear":   {},
	"tanh":     {kernel.Tanh, kernel.TanhSlope},
	"sigmoid":  {kernel.Sigmoid, kernel.SigmoidSlope},
	"softplus": {kernel.Softplus, kernel.SoftplusSlope},
}
