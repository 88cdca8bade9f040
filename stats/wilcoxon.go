package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// exactPairs is the number of differences up to which the signed-rank distribution is
// counted instead of approximated.
const exactPairs = 50

// Wilcoxon is the signed-rank test of paired differences (Wilcoxon 1945,
// doi:10.2307/3001968): whether they lie symmetrically about 0. The statistic is W⁺, the
// sum of the ranks of |d| over the differences above 0.
//
// Differences of 0 are left out before ranking, as Wilcoxon did, and equal |d| share
// their mean rank. With at most 50 differences left P is exact, ties or not: all signs of
// these ranks are equally likely. Else it comes from the normal distribution with
// corrections for ties and for continuity. Without any difference P is 1.
func Wilcoxon(d []float64) (Test, error) {
	if err := check(d); err != nil {
		return Test{P: math.NaN()}, err
	}
	var size []float64
	var above []bool
	for _, v := range d {
		if v != 0 {
			size, above = append(size, math.Abs(v)), append(above, v > 0)
		}
	}
	if len(size) == 0 {
		return Test{P: 1}, nil
	}
	rank, ties := ranks(size)
	w := 0.0
	for i, r := range rank {
		if above[i] {
			w += r
		}
	}
	n := float64(len(size))
	if len(size) <= exactPairs {
		return Test{Statistic: w, P: exactSignedRank(rank, w)}, nil
	}
	variance := n*(n+1)*(2*n+1)/24 - ties/48
	z := (math.Abs(w-n*(n+1)/4) - 0.5) / math.Sqrt(variance)
	return Test{Statistic: w, P: min(1, 2*distuv.UnitNormal.CDF(-z))}, nil
}

// exactSignedRank returns twice the chance that the sum of the ranks above 0 is at least
// as far out as w.
func exactSignedRank(rank []float64, w float64) float64 {
	share := signedRankShares(rank)
	total := len(share) - 1
	at := int(2 * w) // mean ranks are halves, so that doubled sums are whole
	at = max(at, total-at)
	reach := 0.0
	for _, p := range share[at:] {
		reach += p
	}
	return min(1, 2*reach)
}

// signedRankShares returns the chance of every doubled sum of ranks above 0, when every
// sign is equally likely: of 0, 1, …, 2Σ rank.
func signedRankShares(rank []float64) []float64 {
	share, reached := []float64{1}, 0
	for _, r := range rank {
		step := int(2 * r)
		next := make([]float64, reached+step+1)
		for v, p := range share {
			next[v] += p / 2
			next[v+step] += p / 2
		}
		share, reached = next, reached+step
	}
	return share
}

// HodgesLehmann returns the median of the means of all pairs of differences (each with
// itself as well) and its interval by inverting the signed-rank test (Hodges & Lehmann
// 1963, doi:10.1214/aoms/1177704172). For differences that lie symmetrically about a
// value it estimates that value, and few outliers do not move it. The interval uses the
// exact distribution for up to 50 differences, else the normal one; it is not valid where
// there are too few for the level. At most 5,000 differences.
func HodgesLehmann(d []float64, level float64) (float64, Interval, error) {
	none := Interval{math.NaN(), math.NaN(), false}
	if err := checkLevel(level); err != nil {
		return math.NaN(), none, err
	}
	if err := check(d); err != nil {
		return math.NaN(), none, err
	}
	if len(d) > mostWalsh {
		return math.NaN(), none, fmt.Errorf("stats: hodges–lehmann: want at most %d differences, got %d", mostWalsh, len(d))
	}
	walsh := make([]float64, 0, len(d)*(len(d)+1)/2)
	for i, v := range d {
		for _, w := range d[i:] {
			walsh = append(walsh, v/2+w/2) // halves first: no overflow
		}
	}
	slices.Sort(walsh)
	return median(walsh), orderInterval(walsh, signedRankCut(len(d), level)), nil
}

// mostWalsh bounds the number of values whose pairs are held in memory.
const mostWalsh = 5000

// HodgesLehmannShift returns the median of all a[i]−b[j] of two independent samples and
// its interval by inverting the Mann–Whitney test. It is exact where MannWhitney is,
// else normal. At most 25 million pairs.
func HodgesLehmannShift(a, b []float64, level float64) (float64, Interval, error) {
	none := Interval{math.NaN(), math.NaN(), false}
	if err := checkLevel(level); err != nil {
		return math.NaN(), none, err
	}
	if err := checkTwo(a, b); err != nil {
		return math.NaN(), none, err
	}
	if len(a) > mostWalsh*mostWalsh/len(b) {
		return math.NaN(), none, fmt.Errorf("stats: hodges–lehmann: want at most %d pairs, got %d × %d", mostWalsh*mostWalsh, len(a), len(b))
	}
	shifts := make([]float64, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			shifts = append(shifts, x-y)
		}
	}
	slices.Sort(shifts)
	return median(shifts), orderInterval(shifts, mannWhitneyCut(len(a), len(b), level)), nil
}

// signedRankCut returns k such that the k-th least and k-th greatest mean of pairs bound
// the interval, 0 if there is none.
func signedRankCut(n int, level float64) int {
	tail := (1 - level) / 2
	if n > exactPairs {
		f := float64(n)
		return int(math.Round(f*(f+1)/4 + distuv.UnitNormal.Quantile(tail)*math.Sqrt(f*(f+1)*(2*f+1)/24)))
	}
	rank := make([]float64, n)
	for i := range rank {
		rank[i] = float64(i + 1)
	}
	var every []float64 // whole ranks have even doubled sums
	for v, p := range signedRankShares(rank) {
		if v%2 == 0 {
			every = append(every, p)
		}
	}
	return cut(every, tail)
}

// mannWhitneyCut is signedRankCut for the differences between two samples.
func mannWhitneyCut(m, n int, level float64) int {
	tail := (1 - level) / 2
	if countable(m, n) {
		return cut(sharesOfU(m, n), tail)
	}
	a, b := float64(m), float64(n)
	return int(math.Round(a*b/2 + distuv.UnitNormal.Quantile(tail)*math.Sqrt(a*b*(a+b+1)/12)))
}

// cut returns the greatest k for which a statistic below k has at most the chance tail.
func cut(share []float64, tail float64) int {
	sum := 0.0
	for k, p := range share {
		if sum += p; sum > tail {
			return k
		}
	}
	return len(share)
}

// orderInterval returns the interval from the k-th least to the k-th greatest value.
func orderInterval(sorted []float64, k int) Interval {
	if k < 1 || 2*k > len(sorted)+1 {
		return Interval{math.NaN(), math.NaN(), false}
	}
	return Interval{sorted[k-1], sorted[len(sorted)-k], true}
}

// median of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	return sorted[(n-1)/2]/2 + sorted[n/2]/2
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("stats: interval: want a level between 0 and 1, got %g", level)
	}
	return nil
}
