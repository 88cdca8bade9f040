package kernel

import (
	"math"
	"unsafe"
)

// lanes is one call of an elementwise routine over whole vectors. Its layout is known
// to asmgen.
type lanes struct {
	pointer   [5]unsafe.Pointer
	vectors   int
	constants *float32
}

// function names an elementwise routine.
type function int

const (
	exp function = iota
	tanh
	sigmoid
	softplus
	tanhSlope
	sigmoidSlope
	softplusSlope
	adam
	blend
	scaleAbs
)

// Exp sets dst to the exponential of x, to within 1.1 units in the last place; the
// arrays may be the same.
func Exp(dst, x []float32) { elementwise(best, exp, table[:], dst, x) }

// Tanh sets dst to the hyperbolic tangent of x, to within 3 units in the last place.
func Tanh(dst, x []float32) { elementwise(best, tanh, table[:], dst, x) }

// Sigmoid sets dst to 1/(1 + exp(−x)), to within 3 units in the last place where it
// exceeds 2⁻¹²⁶; below it may be 0.
func Sigmoid(dst, x []float32) { elementwise(best, sigmoid, table[:], dst, x) }

// Softplus sets dst to ln(1 + exp(x)), to within 3 units in the last place.
func Softplus(dst, x []float32) { elementwise(best, softplus, table[:], dst, x) }

// TanhSlope multiplies d by the derivative 1 − h² of h = tanh(z).
func TanhSlope(d, h []float32) { elementwise(best, tanhSlope, table[:], d, h) }

// SigmoidSlope multiplies d by the derivative h(1 − h) of h = sigmoid(z).
func SigmoidSlope(d, h []float32) { elementwise(best, sigmoidSlope, table[:], d, h) }

// SoftplusSlope multiplies d by the derivative 1 − exp(−h) of h = softplus(z).
func SoftplusSlope(d, h []float32) { elementwise(best, softplusSlope, table[:], d, h) }

// AdamStep holds the numbers of one step of Adam.
type AdamStep struct {
	Scale   float32 // of the gradient
	First   float32 // 1 − β₁
	Second  float32 // 1 − β₂
	Rate    float32 // learning rate with the correction of both biases
	Epsilon float32
}

// Adam moves the parameters p along the gradient g, with the moments m and v:
// m += (g − m)·First, v += (g² − v)·Second, p −= Rate·m/(√v + Epsilon), every
// operation rounded once. The arrays are of one length.
func Adam(p, g, m, v []float32, step AdamStep) {
	constants := [...]float32{step.Scale, step.First, step.Second, step.Rate, step.Epsilon}
	elementwise(best, adam, constants[:], p, g, m, v)
}

// Blend sets dst to p·x + (q·y + r·z), every operation rounded once. The arrays are of
// one length; dst may be x but neither y nor z.
func Blend(dst, x, y, z []float32, p, q, r float32) {
	constants := [...]float32{p, q, r}
	elementwise(best, blend, constants[:], dst, x, y, z)
}

// ScaleAbs sets dst to (p·|x|)·y, every operation rounded once. The arrays are of one
// length; dst may be x but not y.
func ScaleAbs(dst, x, y []float32, p float32) {
	constants := [...]float32{p, math.Float32frombits(1<<31 - 1)}
	elementwise(best, scaleAbs, constants[:], dst, x, y)
}

// widest is the longest vector of any instruction set.
const widest = 16

// elementwise runs a function over arrays of one length, of which the first and, for
// adam, the last two are written. The rest after the last whole vector goes through
// a vector on the stack, so that nothing beside the arrays is touched.
func elementwise(s set, f function, constants []float32, arrays ...[]float32) {
	n := len(arrays[0])
	for _, a := range arrays {
		if len(a) != n {
			panic("kernel: arrays of different lengths")
		}
	}
	if s == generic {
		f.plain(constants, arrays)
		return
	}
	t := lanes{vectors: n / s.lanes(), constants: &constants[0]}
	done := t.vectors * s.lanes()
	if t.vectors > 0 {
		for i, a := range arrays {
			t.pointer[i] = unsafe.Pointer(&a[0])
		}
		s.runLanes(f, &t)
	}
	if done == n {
		return
	}
	var rest [4][widest]float32
	t.vectors = 1
	for i, a := range arrays {
		copy(rest[i][:], a[done:])
		t.pointer[i] = unsafe.Pointer(&rest[i])
	}
	s.runLanes(f, &t)
	for i, a := range arrays {
		if i == 0 || f == adam && i > 1 { // operands are only read: threads may share them
			copy(a[done:], rest[i][:])
		}
	}
}

// Peak repeats independent fused multiply-adds on the registers of a tile and returns
// how many floating-point operations those were: the measure of what a core can do.
func Peak(rounds int) (operations float64) {
	t := lanes{vectors: rounds}
	if best == generic || rounds < 1 {
		return 0
	}
	best.runPeak(&t)
	return float64(rounds) * float64(2*best.lanes()*best.accumulators())
}
