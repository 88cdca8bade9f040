package rnn

import (
	"math"

	"biornn/internal/kernel"
)

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

// Exp returns e^x to within 1e-15 relative. It is written out, with every
// product rounded, because math.Exp differs in its last bit between machines.
func Exp(x float64) float64 {
	if x != x || x > 709 || x < -745 {
		return math.Exp(x)
	}
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	k := math.Floor(float64(x*math.Log2E) + 0.5)
	r := x - float64(k*ln2Hi) - float64(k*ln2Lo)
	sum := 1.0
	for i := 13.0; i >= 1; i-- {
		sum = 1 + float64(r*sum)/i
	}
	return math.Ldexp(sum, int(k))
}
