package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
)

// enumerate is the number of pairs up to which PairedPermutation counts all signs.
const enumerate = 30

// PairedPermutation tests whether the mean of a[i]−b[i] is zero by flipping the
// signs of the differences (Fisher 1935; Ernst 2004, doi:10.1214/088342304000000396): all
// 2ⁿ ways for up to 30 pairs, else the given number of random ones, the observed one
// counted among them. The statistic is the mean difference. It assumes that under the
// null a difference is as likely as its negative. With n pairs P is at least 2/2ⁿ.
func PairedPermutation(a, b []float64, rounds int, seed uint64) (Test, error) {
	d, err := Differences(a, b)
	if err != nil {
		return Test{P: math.NaN()}, err
	}
	return signFlips(d, rounds, seed)
}

// signFlips is PairedPermutation of the differences.
func signFlips(d []float64, rounds int, seed uint64) (Test, error) {
	sum, scale := 0.0, 0.0
	for _, v := range d {
		sum += v
		scale += math.Abs(v)
	}
	if math.IsInf(scale, 1) {
		return Test{P: math.NaN()}, errTooLarge
	}
	reach := math.Abs(sum) - rounding*scale
	out := Test{Statistic: sum / float64(len(d))}
	if len(d) <= enumerate {
		out.P = allSigns(d, reach)
		return out, nil
	}
	if err := checkRounds(rounds); err != nil {
		return Test{P: math.NaN()}, err
	}
	stream, hits := rng.New(seed, "stats/permutation"), 1
	for range rounds {
		if math.Abs(flippedSum(d, stream)) >= reach {
			hits++
		}
	}
	out.P = float64(hits) / float64(rounds+1)
	return out, nil
}

// flippedSum is the sum of d under random signs, one bit each.
func flippedSum(d []float64, stream *rng.Stream) float64 {
	sum, word := 0.0, uint64(0)
	for i, v := range d {
		if i%64 == 0 {
			word = stream.Uint64()
		}
		sum += math.Float64frombits(math.Float64bits(v) ^ word<<63)
		word >>= 1
	}
	return sum
}

// errTooLarge is returned where sums overflow and would compare as nonsense.
var errTooLarge = errors.New("stats: permutations: want values whose sum is finite; scale them")

// rounding is the relative difference up to which two sums of the same numbers in another
// order count as equal.
const rounding = 1e-12

// allSigns returns the share of the 2ⁿ sign patterns whose |sum| reaches the given one.
// The sums of both halves are sorted, so that the pairs which reach it are counted by two
// walks in 2^(n/2) steps.
func allSigns(d []float64, reach float64) float64 {
	if reach <= 0 {
		return 1
	}
	first, second := signSums(d[:len(d)/2]), signSums(d[len(d)/2:])
	hits, from := 0, len(second)
	for _, v := range first { // v rises, so the least partner falls
		for from > 0 && v+second[from-1] >= reach {
			from--
		}
		hits += len(second) - from
	}
	// the sums at or below −reach are the mirror image
	return 2 * float64(hits) / math.Ldexp(1, len(d))
}

// signSums returns the sums of d under all signs, sorted: each value merges the sums so
// far less it with those plus it.
func signSums(d []float64) []float64 {
	sums := []float64{0}
	for _, v := range d {
		v = math.Abs(v)
		next := make([]float64, 0, 2*len(sums))
		less, more := 0, 0
		for range 2 * len(sums) {
			if less < len(sums) && sums[less]-v <= sums[more]+v {
				next = append(next, sums[less]-v)
				less++
			} else {
				next = append(next, sums[more]+v)
				more++
			}
		}
		sums = next
	}
	return sums
}

// enumerateSplits is the number of ways to divide two samples up to which Permutation
// tries all.
const enumerateSplits = 200000

// Permutation tests whether two independent samples have the same distribution by the
// difference of their means under all ways to divide the pooled values into samples of
// these sizes (Pitman 1937, doi:10.2307/2984124), if there are at most 200,000, else the
// given number of random ones, the observed one counted among them. The statistic is
// mean(a) − mean(b). With unequal variances and sizes it is not a test of means: see Welch.
func Permutation(a, b []float64, rounds int, seed uint64) (Test, error) {
	if err := checkTwo(a, b); err != nil {
		return Test{P: math.NaN()}, err
	}
	if len(a) > len(b) { // the smaller sample has fewer members to choose
		out, err := Permutation(b, a, rounds, seed)
		out.Statistic = -out.Statistic
		return out, err
	}
	s := newSplit(a, b)
	if math.IsNaN(s.reach) || math.IsInf(s.reach, 0) {
		return Test{P: math.NaN()}, errTooLarge
	}
	out := Test{Statistic: s.observed}
	if binomial(len(a)+len(b), len(a)) <= enumerateSplits {
		hits, all := s.every(0, 0, 0)
		out.P = float64(hits) / float64(all)
		return out, nil
	}
	if err := checkRounds(rounds); err != nil {
		return Test{P: math.NaN()}, err
	}
	out.P = s.random(rounds, seed)
	return out, nil
}

// split is a pooled sample to be divided.
type split struct {
	pool            []float64
	m               int // size of the first sample
	total, observed float64
	reach           float64
}

func newSplit(a, b []float64) split {
	s := split{pool: slices.Concat(a, b), m: len(a)}
	scale, first := 0.0, 0.0
	for i, v := range s.pool {
		s.total += v
		scale += math.Abs(v)
		if i < s.m {
			first += v
		}
	}
	s.observed = s.difference(first)
	s.reach = math.Abs(s.observed) - rounding*scale/float64(min(s.m, len(b)))
	return s
}

// difference of the means, if the first sample sums to this.
func (s split) difference(first float64) float64 {
	return first/float64(s.m) - (s.total-first)/float64(len(s.pool)-s.m)
}

// every counts the divisions that reach the observed one, given a first sample of this
// many values of the pool before at.
func (s split) every(at, taken int, sum float64) (hits, all int) {
	if taken == s.m {
		if math.Abs(s.difference(sum)) >= s.reach {
			hits = 1
		}
		return hits, 1
	}
	for i := at; i <= len(s.pool)-(s.m-taken); i++ {
		h, n := s.every(i+1, taken+1, sum+s.pool[i])
		hits, all = hits+h, all+n
	}
	return hits, all
}

func (s split) random(rounds int, seed uint64) float64 {
	stream, hits := rng.New(seed, "stats/split"), 1
	pool := slices.Clone(s.pool)
	for range rounds {
		sum := 0.0
		for i := range s.m { // the first m places of a Fisher–Yates shuffle
			k := i + stream.IntN(len(pool)-i)
			pool[i], pool[k] = pool[k], pool[i]
			sum += pool[i]
		}
		if math.Abs(s.difference(sum)) >= s.reach {
			hits++
		}
	}
	return float64(hits) / float64(rounds+1)
}

// binomial returns n over k, as a float64 so that it cannot overflow.
func binomial(n, k int) float64 {
	out := 1.0
	for i := range min(k, n-k) {
		out = out * float64(n-i) / float64(i+1)
	}
	return math.Round(out)
}

func checkRounds(rounds int) error {
	if rounds < 1 {
		return fmt.Errorf("stats: permutations: want at least 1, got %d", rounds)
	}
	return nil
}
