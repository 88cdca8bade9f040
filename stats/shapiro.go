package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// ShapiroWilk tests whether a sample of 3 to 5,000 values is normal (Shapiro & Wilk 1965,
// doi:10.1093/biomet/52.3-4.591) with the weights and the approximation of P by Royston
// (1995, doi:10.2307/2986146). The statistic is W, 1 for a perfectly normal sample. Equal
// values give an error: they have no shape.
func ShapiroWilk(x []float64) (Test, error) {
	none := Test{P: math.NaN()}
	if err := check(x); err != nil {
		return none, err
	}
	n := len(x)
	if n < 3 || n > 5000 {
		return none, fmt.Errorf("stats: shapiro–wilk: want 3 to 5000 values, got %d", n)
	}
	if constant(x) {
		return none, fmt.Errorf("stats: shapiro–wilk: want values that differ, got %d times %g", n, x[0])
	}
	sorted := slices.Sorted(slices.Values(x))
	a := roystonWeights(n)
	s, _ := Describe(sorted)
	var within, along, norm float64
	for i, v := range sorted {
		d := (v - s.Mean) / s.SD
		within += d * d
		along += a[i] * d
		norm += a[i] * a[i]
	}
	w := min(1, along*along/(within*norm))
	return Test{Statistic: w, P: roystonP(w, n)}, nil
}

// roystonWeights returns the weights of the sorted values, rising and antisymmetric.
func roystonWeights(n int) []float64 {
	a := make([]float64, n)
	if n == 3 {
		a[0], a[2] = -math.Sqrt(0.5), math.Sqrt(0.5)
		return a
	}
	square := 0.0
	for i := range a { // expected values of sorted normal numbers (Blom)
		a[i] = distuv.UnitNormal.Quantile((float64(i+1) - 0.375) / (float64(n) + 0.25))
		square += a[i] * a[i]
	}
	u, length := 1/math.Sqrt(float64(n)), math.Sqrt(square)
	last := polynomial(u, a[n-1]/length, 0.221157, -0.147981, -2.07119, 4.434685, -2.706056)
	outer, rest, unit := 1, square-2*a[n-1]*a[n-1], 1-2*last*last
	before := 0.0
	if n > 5 {
		before = polynomial(u, a[n-2]/length, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633)
		outer, rest, unit = 2, rest-2*a[n-2]*a[n-2], unit-2*before*before
	}
	scale := math.Sqrt(unit / rest)
	for i := outer; i < n-outer; i++ {
		a[i] *= scale
	}
	a[0], a[n-1] = -last, last
	if n > 5 {
		a[1], a[n-2] = -before, before
	}
	return a
}

// roystonP turns a function of 1−W into a normal number.
func roystonP(w float64, n int) float64 {
	if n == 3 {
		return max(0, min(1, 6/math.Pi*(math.Asin(math.Sqrt(w))-math.Asin(math.Sqrt(0.75)))))
	}
	y, size := math.Log(1-w), float64(n)
	var mean, sd float64
	if n <= 11 {
		gamma := polynomial(size, -2.273, 0.459)
		if y >= gamma {
			return 0
		}
		y = -math.Log(gamma - y)
		mean = polynomial(size, 0.544, -0.39978, 0.025054, -6.714e-4)
		sd = math.Exp(polynomial(size, 1.3822, -0.77857, 0.062767, -0.0020322))
	} else {
		l := math.Log(size)
		mean = polynomial(l, -1.5861, -0.31082, -0.083751, 0.0038915)
		sd = math.Exp(polynomial(l, -0.4803, -0.082676, 0.0030302))
	}
	return distuv.UnitNormal.Survival((y - mean) / sd)
}

// polynomial returns Σ c[i] xⁱ.
func polynomial(x float64, c ...float64) float64 {
	sum := 0.0
	for _, v := range slices.Backward(c) {
		sum = sum*x + v
	}
	return sum
}
