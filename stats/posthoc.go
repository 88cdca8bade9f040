package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Pair is a test between two of several groups, counted from 0. Adjusted is P corrected
// for the number of pairs.
type Pair struct {
	First, Second int
	Test
	Adjusted float64
}

// pairs makes a test of every two of k groups and adjusts after Holm.
func pairs(k int, test func(i, j int) (Test, error)) ([]Pair, error) {
	var out []Pair
	var p []float64
	for i := range k {
		for j := i + 1; j < k; j++ {
			t, err := test(i, j)
			if err != nil {
				return nil, err
			}
			out, p = append(out, Pair{First: i, Second: j, Test: t}), append(p, t.P)
		}
	}
	for i, v := range Holm(p) {
		out[i].Adjusted = v
	}
	return out, nil
}

// PairwiseMannWhitney compares every two groups by MannWhitney, adjusted after Holm. Each
// test ranks its two groups by themselves.
func PairwiseMannWhitney(groups ...[]float64) ([]Pair, error) {
	if err := checkGroups(groups); err != nil {
		return nil, err
	}
	return pairs(len(groups), func(i, j int) (Test, error) { return MannWhitney(groups[i], groups[j]) })
}

// Dunn compares every two groups by their mean ranks among all values, after
// KruskalWallis (Dunn 1964, doi:10.1080/00401706.1964.10490181), corrected for ties and
// adjusted after Holm. The statistic is z.
func Dunn(groups ...[]float64) ([]Pair, error) {
	if err := checkGroups(groups); err != nil {
		return nil, err
	}
	rank, ties := ranks(slices.Concat(groups...))
	n := float64(len(rank))
	means, from := make([]float64, len(groups)), 0
	for i, g := range groups {
		for _, r := range rank[from : from+len(g)] {
			means[i] += r / float64(len(g))
		}
		from += len(g)
	}
	variance := n * (n + 1) / 12
	if n > 1 {
		variance -= ties / (12 * (n - 1))
	}
	return pairs(len(groups), func(i, j int) (Test, error) {
		se := math.Sqrt(variance * (1/float64(len(groups[i])) + 1/float64(len(groups[j]))))
		if se < 1e-12 { // all values are equal
			return Test{P: 1}, nil
		}
		z := (means[i] - means[j]) / se
		return Test{Statistic: z, P: 2 * distuv.UnitNormal.CDF(-math.Abs(z))}, nil
	})
}

// PairwiseWilcoxon compares every two treatments of x[block][treatment] by Wilcoxon's
// signed ranks, adjusted after Holm.
func PairwiseWilcoxon(x [][]float64) ([]Pair, error) {
	if err := checkBlocks(x); err != nil {
		return nil, err
	}
	return pairs(len(x[0]), func(i, j int) (Test, error) {
		d := make([]float64, len(x))
		for b, block := range x {
			d[b] = block[i] - block[j]
		}
		return Wilcoxon(d)
	})
}

// Nemenyi compares every two treatments of x[block][treatment] by their mean ranks within
// blocks, after Friedman (Nemenyi 1963; Demšar 2006, J. Mach. Learn. Res. 7:1). P comes
// from the studentized range, which is corrected for the number of pairs already, so
// Adjusted equals P. The statistic is the difference of mean ranks over
// √(k(k+1)/(6n)).
func Nemenyi(x [][]float64) ([]Pair, error) {
	if err := checkBlocks(x); err != nil {
		return nil, err
	}
	n, k := float64(len(x)), float64(len(x[0]))
	means := make([]float64, len(x[0]))
	for _, block := range x {
		r, _ := ranks(block)
		for j, v := range r {
			means[j] += v / n
		}
	}
	out, err := pairs(len(means), func(i, j int) (Test, error) {
		q := (means[i] - means[j]) / math.Sqrt(k*(k+1)/(6*n))
		return Test{Statistic: q, P: rangeSurvival(math.Abs(q)*math.Sqrt2, len(means))}, nil
	})
	for i := range out {
		out[i].Adjusted = out[i].P
	}
	return out, err
}

// rangeSurvival is the chance that the range of k standard normal numbers exceeds q:
// 1 − k ∫ φ(z) (Φ(z) − Φ(z−q))^(k−1) dz, by Simpson's rule.
func rangeSurvival(q float64, k int) float64 {
	if q <= 0 {
		return 1
	}
	const low, high, steps = -8.0, 8.0, 1600
	const h = (high - low) / steps
	sum := 0.0
	for i := range steps + 1 {
		z := low + float64(i)*h
		weight := float64(2 + 2*(i%2))
		if i == 0 || i == steps {
			weight = 1
		}
		inside := distuv.UnitNormal.CDF(z) - distuv.UnitNormal.CDF(z-q)
		sum += weight * distuv.UnitNormal.Prob(z) * math.Pow(inside, float64(k-1))
	}
	return max(0, min(1, 1-float64(k)*sum*h/3))
}

func checkGroups(groups [][]float64) error {
	if len(groups) < 2 {
		return fmt.Errorf("stats: want at least 2 groups, got %d", len(groups))
	}
	for i, g := range groups {
		if err := check(g); err != nil {
			return fmt.Errorf("group %d: %w", i, err)
		}
	}
	return nil
}

// checkBlocks wants at least two blocks of the same two or more treatments.
func checkBlocks(x [][]float64) error {
	if len(x) < 2 || len(x[0]) < 2 {
		return fmt.Errorf("stats: blocks: want at least 2 blocks of 2 treatments, got %d blocks", len(x))
	}
	for i, block := range x {
		if len(block) != len(x[0]) {
			return fmt.Errorf("stats: block %d: want %d treatments, got %d", i, len(x[0]), len(block))
		}
		if err := check(block); err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
	}
	return nil
}
