package rnn

import "math"

// activation is φ and its derivative in terms of the value h = φ(z).
type activation struct {
	apply func(z float32) float32
	slope func(h float32) float32
}

// Names in the order in which they are listed.
var activationNames = []string{"relu", "tanh", "softplus", "sigmoid", "linear"}

// Activations returns the names of the nonlinearities.
func Activations() []string { return append([]string(nil), activationNames...) }

// relu runs inside the matrix product and has no entry function of its own.
var activations = map[string]activation{
	"relu":     {},
	"linear":   {},
	"tanh":     {tanh, func(h float32) float32 { return 1 - float32(h*h) }},
	"sigmoid":  {sigmoid, func(h float32) float32 { return float32(h * (1 - h)) }},
	"softplus": {softplus, func(h float32) float32 { return float32(1 - Exp(-float64(h))) }},
}

func sigmoid(z float32) float32 { return float32(1 / (1 + Exp(-float64(z)))) }

// tanh keeps its relative precision near 0, where 1 − 2/(e^{2z}+1) would cancel.
func tanh(z float32) float32 {
	x := float64(z)
	if math.Abs(x) < 0.02 {
		x2 := float64(x * x)
		return float32(x - float64(x*x2)*(1.0/3-float64(x2*(2.0/15))))
	}
	return float32(1 - 2/(Exp(2*x)+1))
}

// softplus is ln(1 + e^z).
func softplus(z float32) float32 {
	x := float64(z)
	if x > 30 {
		return z
	}
	return float32(math.Log1p(Exp(x)))
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
