package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// ranks returns the ranks 1…n of x, ties sharing the mean of theirs, and Σ(t³−t)
// over the groups of t equal values.
func ranks(x []float64) (rank []float64, ties float64) {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(x[i], x[j]) })
	rank = make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			rank[k] = float64(i+1+j) / 2
		}
		t := float64(j - i)
		ties += float64(t*t*t) - t
		i = j
	}
	return rank, ties
}

// exactBelow is the size of the smaller sample up to which MannWhitney counts all
// orders, if there are no ties, instead of using the normal distribution.
const exactBelow = 8

// MannWhitney compares two independent samples by ranks (Mann & Whitney 1947,
// doi:10.1214/aoms/1177730491). The statistic is U of the first sample: the number
// of pairs in which a exceeds b, ties counting half. P is exact if one sample has
// at most 8 values and there are no ties, else it comes from the normal
// distribution with corrections for ties and for continuity.
func MannWhitney(a, b []float64) (Test, error) {
	if err := checkTwo(a, b); err != nil {
		return Test{P: math.NaN()}, err
	}
	rank, ties := ranks(slices.Concat(a, b))
	m, n := float64(len(a)), float64(len(b))
	u := -float64(m*(m+1)) / 2
	for _, r := range rank[:len(a)] {
		u += r
	}
	if ties == 0 && min(len(a), len(b)) <= exactBelow {
		return Test{Statistic: u, P: exactU(int(math.Max(u, m*n-u)), len(a), len(b))}, nil
	}
	total := m + n
	variance := m * n / 12 * (total + 1 - ties/(total*(total-1)))
	if variance == 0 {
		return Test{Statistic: u, P: 1}, nil
	}
	z := (math.Abs(u-m*n/2) - 0.5) / math.Sqrt(variance)
	return Test{Statistic: u, P: min(1, 2*distuv.UnitNormal.CDF(-z))}, nil
}

// exactU returns twice the probability that U reaches u when all orders of m+n
// different values are equally likely.
func exactU(u, m, n int) float64 {
	// ways[j][v]: orders of i values of a and j of b with U = v, for the current i
	size := m*n + 1
	ways := make([][]float64, n+1)
	for j := range ways {
		ways[j] = make([]float64, size)
		ways[j][0] = 1
	}
	for range m {
		for j := 1; j <= n; j++ {
			// the greatest value is of a (it exceeds all j of b) or of b
			next := make([]float64, size)
			for v := range next {
				next[v] = ways[j-1][v]
				if v >= j {
					next[v] += ways[j][v-j]
				}
			}
			ways[j] = next
		}
	}
	var all, reach float64
	for v, w := range ways[n] {
		all += w
		if v >= u {
			reach += w
		}
	}
	return min(1, 2*reach/all)
}

// KruskalWallis compares several independent samples by ranks with the correction
// for ties (Kruskal & Wallis 1952, doi:10.2307/2280779); P from χ².
func KruskalWallis(groups ...[]float64) (Test, error) {
	if len(groups) < 2 {
		return Test{P: math.NaN()}, fmt.Errorf("stats: want at least 2 groups, got %d", len(groups))
	}
	for i, g := range groups {
		if err := check(g); err != nil {
			return Test{P: math.NaN()}, fmt.Errorf("group %d: %w", i, err)
		}
	}
	rank, ties := ranks(slices.Concat(groups...))
	n := float64(len(rank))
	df := float64(len(groups) - 1)
	correction := 1 - ties/(n*n*n-n)
	if correction == 0 || n < 2 {
		return Test{0, df, 1}, nil
	}
	h, from := 0.0, 0
	for _, g := range groups {
		sum := 0.0
		for _, r := range rank[from : from+len(g)] {
			sum += r
		}
		from += len(g)
		h += sum * sum / float64(len(g))
	}
	h = (12/(n*(n+1))*h - 3*(n+1)) / correction
	return Test{h, df, distuv.ChiSquared{K: df}.Survival(h)}, nil
}

// CliffsDelta returns P(a > b) − P(a < b) over all pairs, −1…1 (Cliff 1993,
// doi:10.1037/0033-2909.114.3.494).
func CliffsDelta(a, b []float64) (float64, error) {
	if err := checkTwo(a, b); err != nil {
		return math.NaN(), err
	}
	balance := 0
	for _, x := range a {
		for _, y := range b {
			balance += cmp.Compare(x, y)
		}
	}
	return float64(balance) / float64(len(a)*len(b)), nil
}

// Holm adjusts p values for having made all these tests (Holm 1979, Scand. J.
// Statist. 6:65): reject where the adjusted value is below the level. A NaN is a
// test that was not made; it stays NaN and does not count.
func Holm(p []float64) []float64 {
	var order []int
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = v
		if !math.IsNaN(v) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	highest := 0.0
	for k, i := range order {
		highest = max(highest, min(1, float64(len(order)-k)*p[i]))
		out[i] = highest
	}
	return out
}
