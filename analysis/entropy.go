package analysis

import (
	"errors"
	"math"

	"biornn/stats"
)

// entropyPoints is the number of points at which the density is taken.
const entropyPoints = 100

// reach is how many bandwidths a value reaches: beyond 10 a kernel is below
// e⁻⁵⁰ ≈ 2e-22 of its height, and the greatest and the least value stand on grid
// points, so that what is left out stays below 1e-15 of the sum for a million values.
const reach = 10

var errConstant = errors.New("all weights are equal, so they have no density")

// densityEntropy returns, in bits, the entropy of a Gaussian kernel density of x on
// 100 equidistant points from its least to its greatest value, normalised to sum
// 1; the bandwidth is Scott's, sd·n^(−1/5), as in scipy.stats.gaussian_kde.
func densityEntropy(x []float64) (float64, error) {
	s, err := stats.Describe(x)
	if err != nil {
		return math.NaN(), err
	}
	low, high := x[0], x[0]
	for _, v := range x {
		low, high = min(low, v), max(high, v)
	}
	h := s.SD * math.Pow(float64(s.N), -0.2)
	step := (high - low) / (entropyPoints - 1)
	if !(h > 0) || !(step > 0) {
		return math.NaN(), errConstant
	}
	density := kernelSums(x, low, step, h)
	total := 0.0
	for _, d := range density {
		total += d
	}
	bits := 0.0
	for _, d := range density {
		if p := d / total; p > 0 {
			bits -= float64(p * math.Log2(p))
		}
	}
	return bits, nil
}

// kernelSums returns Σ exp(−(x−g)²/2h²) at the grid points g = low + k·step.
//
// For a value at the offset d from its nearest point, the kernel k points away is
// exp(−(d−k·step)²/2h²) = exp(−d²/2h²) · uᵏ · exp(−(k·step)²/2h²), u = exp(d·step/h²):
// two exponentials a value instead of a hundred, the last factor being a table.
func kernelSums(x []float64, low, step, h float64) []float64 {
	var table [entropyPoints]float64
	ratio := step / h
	for k := range table {
		z := float64(k) * ratio
		table[k] = math.Exp(-float64(z*z) / 2)
	}
	span := min(int(reach/ratio)+1, entropyPoints-1)
	sums := make([]float64, entropyPoints)
	for _, v := range x {
		at := min(int(math.Round((v-low)/step)), entropyPoints-1)
		d := (v - low - float64(float64(at)*step)) / h
		if math.Abs(d) > 2*reach {
			continue // also keeps the powers of u finite
		}
		own := math.Exp(-float64(d*d) / 2)
		sums[at] += own
		up := math.Exp(d * ratio)
		spread(sums[at+1:], own, up, table[1:span+1])
		spreadDown(sums[:at], own, 1/up, table[1:span+1])
	}
	return sums
}

// spread adds own·uᵏ·table[k−1] to the k-th of the sums.
func spread(sums []float64, own, u float64, table []float64) {
	sums = sums[:min(len(sums), len(table))]
	for k := range sums {
		own *= u
		sums[k] += float64(own * table[k])
	}
}

// spreadDown is spread from the last of the sums to the first.
func spreadDown(sums []float64, own, u float64, table []float64) {
	for k := range min(len(sums), len(table)) {
		own *= u
		sums[len(sums)-1-k] += float64(own * table[k])
	}
}
