package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ranks returns the ranks 1 … n of x, equal values sharing the mean of theirs. NaN come
// first, each apart.
func Ranks(x []float64) []float64 {
	rank, _ := ranks(x)
	return rank
}

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
		j := i + 1
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

// Up to these sizes of the smaller and the greater sample MannWhitney counts all orders,
// if there are no ties, instead of using the normal distribution.
const (
	exactBelow   = 8
	exactGreater = 1000
)

func countable(m, n int) bool { return min(m, n) <= exactBelow && max(m, n) <= exactGreater }

// MannWhitney compares two independent samples by ranks (Mann & Whitney 1947,
// doi:10.1214/aoms/1177730491). The statistic is U of the first sample: the number
// of pairs in which a exceeds b, ties counting half. P is exact if one sample has
// at most 8 values, the other at most 1,000 and there are no ties, else it comes from
// the normal distribution with corrections for ties and for continuity.
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
	if ties == 0 && countable(len(a), len(b)) {
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
	reach := 0.0
	for _, p := range sharesOfU(m, n)[u:] {
		reach += p
	}
	return min(1, 2*reach)
}

// sharesOfU returns the chance of U = 0, 1, …, mn.
func sharesOfU(m, n int) []float64 {
	m, n = min(m, n), max(m, n) // U is symmetric in the samples
	// ways[i][v]: orders of i values of a and j of b with U = v, for the current j
	ways := make([][]float64, m+1)
	for i := range ways {
		ways[i] = make([]float64, m*n+1)
		ways[i][0] = 1 // no b yet: every order has U = 0
	}
	for j := 1; j <= n; j++ {
		for i := 1; i <= m; i++ {
			// the greatest value is of b (row i before j) or of a (it exceeds all j of b)
			for v := i * j; v >= j; v-- {
				ways[i][v] += ways[i-1][v-j]
			}
		}
	}
	all := 0.0
	for _, w := range ways[m] {
		all += w
	}
	for v := range ways[m] {
		ways[m][v] /= all
	}
	return ways[m]
}

// KruskalWallis compares several independent samples by ranks with the correction
// for ties (Kruskal & Wallis 1952, doi:10.2307/2280779); P from χ².
func KruskalWallis(groups ...[]float64) (Test, error) {
	if err := checkGroups(groups); err != nil {
		return Test{P: math.NaN()}, err
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

// Friedman tests whether treatments differ, given their values in blocks: x[block]
// [treatment], each block ranked by itself (Friedman 1937, doi:10.2307/2279372), corrected
// for ties, with the χ² approximation of k−1 degrees of freedom. With no differences
// within blocks, P is 1.
func Friedman(x [][]float64) (Test, error) {
	if err := checkBlocks(x); err != nil {
		return Test{P: math.NaN()}, err
	}
	n := len(x)
	k := len(x[0])
	sums := make([]float64, k)
	ties := 0.0
	for _, block := range x {
		r, t := ranks(block)
		ties += t
		for j, v := range r {
			sums[j] += v
		}
	}
	fn, fk := float64(n), float64(k)
	ss := 0.0
	for _, s := range sums {
		ss += s * s
	}
	correction := 1 - ties/(fn*fk*(fk*fk-1))
	if correction <= 0 {
		return Test{P: 1, DF: fk - 1}, nil
	}
	statistic := (12*ss/(fn*fk*(fk+1)) - 3*fn*(fk+1)) / correction
	return Test{Statistic: statistic, DF: fk - 1, P: distuv.ChiSquared{K: fk - 1}.Survival(statistic)}, nil
}
