package stats

import (
	"cmp"
	"math"
	"slices"
)

// Holm adjusts p values for having made all these tests (Holm 1979, Scand. J.
// Statist. 6:65): reject where the adjusted value is below the level. The chance of any
// false rejection stays below it, whatever the dependence. A NaN is a test that was not
// made; it stays NaN and does not count.
func Holm(p []float64) []float64 {
	order, out := made(p)
	highest := 0.0
	for k, i := range order {
		highest = max(highest, min(1, float64(len(order)-k)*p[i]))
		out[i] = highest
	}
	return out
}

// BenjaminiHochberg adjusts p values so that rejecting below the level keeps the
// expected share of false among all rejections below it, if the tests are independent or
// depend positively (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x).
// It says less than Holm. A NaN stays NaN and does not count.
func BenjaminiHochberg(p []float64) []float64 {
	order, out := made(p)
	least := 1.0
	for k, i := range slices.Backward(order) {
		least = min(least, float64(len(order))*p[i]/float64(k+1))
		out[i] = least
	}
	return out
}

// made returns the tests that were made, from the least p to the greatest, and a copy.
func made(p []float64) (order []int, out []float64) {
	out = slices.Clone(p)
	for i, v := range p {
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	return order, out
}
