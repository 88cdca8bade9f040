// Package portable holds functions that give the same bits on every machine: those of
// package math may differ in the last one, where a compiler fuses a product with a sum
// or a processor has code of its own.
package portable

import "math"

// Exp returns e^x to within 1e-15 relative. Every product is rounded.
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

// Log returns the natural logarithm of a positive normal x: the mantissa
// m in [√½, √2) through ln m = 2·artanh((m−1)/(m+1)), every product rounded.
func Log(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	f := (m - 1) / (m + 1)
	f2 := float64(f * f)
	sum := 0.0
	for k := 23; k >= 3; k -= 2 {
		sum = float64((sum + 1/float64(k)) * f2)
	}
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	return float64(float64(e)*ln2Hi) + (float64(2*f*(1+sum)) + float64(float64(e)*ln2Lo))
}
