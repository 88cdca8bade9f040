package kernel

import "math"

// productGeneric is the reference of every other implementation.
func productGeneric(o *operands) {
	for i := range o.m {
		for j := range o.n {
			var sum float32
			if o.mode&Add != 0 {
				sum = o.c[i*o.cRow+j]
			}
			b := j/PanelWidth*o.bPanel + j%PanelWidth
			for k := range o.k {
				sum = fma32(o.a[i*o.aRow+k*o.aStep], o.b[b+k*o.bStep], sum)
			}
			if o.mode&Rectify != 0 && sum < 0 {
				sum = 0
			}
			if o.mode&Gate != 0 && !(o.gate[i*o.gateRow+j] > 0) {
				sum = 0
			}
			o.c[i*o.cRow+j] = sum
		}
	}
}

// fma32 returns a·b + c, rounded once to float32. The product is exact in
// float64; the sum is rounded there to odd (towards the neighbour with an odd last
// bit, whenever it is not exact), after which rounding to float32 is right
// (Boldo & Melquiond 2008, doi:10.1109/TC.2007.70819).
func fma32(a, b, c float32) float32 {
	p, z := float64(a)*float64(b), float64(c)
	s := p + z
	bits := math.Float64bits(s)
	if bits&1 != 0 || bits&(0x7ff<<52) == 0x7ff<<52 {
		return float32(s)
	}
	// The error of the sum, exact (Knuth's two-sum).
	t := s - p
	e := (p - (s - t)) + (z - t)
	if e != 0 {
		if (e > 0) == (s > 0) {
			bits++
		} else {
			bits--
		}
	}
	return float32(math.Float64frombits(bits))
}
