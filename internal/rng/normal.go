package rng

import (
	"math"

	"biornn/internal/portable"
)

// FillNorm fills x with what as many calls of Norm would return, several times as fast.
func (s *Stream) FillNorm(x []float64) {
	var tails [64]float64
	var tailAt [64]int
	for len(x) > 0 {
		part := x[:min(len(x), len(tails))]
		for i := range part {
			part[i] = s.open()
		}
		// Where a number lies cannot be foreseen: the centre's approximation goes over
		// all of them without a branch.
		count := 0
		for i, p := range part {
			tails[count], tailAt[count] = p, i
			if math.Abs(p-0.5) > centre {
				count++
			}
			part[i] = centreQuantile(p - 0.5)
		}
		for k, p := range tails[:count] {
			part[tailAt[k]] = tailQuantile(p)
		}
		x = x[len(part):]
	}
}

// centre is how far from ½ the first approximation holds.
const centre = 0.425

// normQuantile returns the z with Φ(z) = p, 0 < p < 1 (AS 241, routine PPND16).
func normQuantile(p float64) float64 {
	q := p - 0.5
	if math.Abs(q) <= centre {
		return centreQuantile(q)
	}
	return tailQuantile(p)
}

func centreQuantile(q float64) float64 {
	r := 0.180625 - float64(q*q)
	return q * horner(r, &centreNum) / horner(r, &centreDen)
}

func tailQuantile(p float64) float64 {
	r := p
	if p > 0.5 {
		r = 1 - p
	}
	r = math.Sqrt(-portable.Log(r))
	var z float64
	if r <= 5 {
		r -= 1.6
		z = horner(r, &middleNum) / horner(r, &middleDen)
	} else {
		r -= 5
		z = horner(r, &tailNum) / horner(r, &tailDen)
	}
	if p < 0.5 {
		return -z
	}
	return z
}

// horner evaluates Σ c[i]·rⁱ, rounding after every product.
func horner(r float64, c *[8]float64) float64 {
	v := float64(c[7]*r) + c[6]
	v = float64(v*r) + c[5]
	v = float64(v*r) + c[4]
	v = float64(v*r) + c[3]
	v = float64(v*r) + c[2]
	v = float64(v*r) + c[1]
	return float64(v*r) + c[0]
}

var (
	centreNum = [...]float64{3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3,
		1.3731693765509461125e4, 4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3}
	centreDen = [...]float64{1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
		2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}
	middleNum = [...]float64{1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
		3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4}
	middleDen = [...]float64{1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}
	tailNum = [...]float64{6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0,
		2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7}
	tailDen = [...]float64{1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}
)
