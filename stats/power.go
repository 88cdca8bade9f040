package stats

import (
	"fmt"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"

	"biornn/internal/rng"
)

// Equivalent is the test of equivalence by two one-sided t tests (Schuirmann 1987,
// doi:10.1007/BF01068419): P is the larger of their p values for the mean of the
// differences d lying within ±margin. A small one says that any effect is smaller.
func Equivalent(d []float64, margin float64) (Test, error) {
	s, err := Describe(d)
	if err != nil {
		return Test{P: math.NaN()}, err
	}
	if !(margin > 0) {
		return Test{P: math.NaN()}, fmt.Errorf("stats: equivalence: want a margin above 0, got %g", margin)
	}
	if s.N < 2 {
		return Test{P: math.NaN()}, nil
	}
	df := float64(s.N - 1)
	if s.SD == 0 {
		out := Test{Statistic: math.Inf(1), DF: df}
		if math.Abs(s.Mean) >= margin {
			out = Test{Statistic: math.Inf(-1), DF: df, P: 1}
		}
		return out, nil
	}
	t := (margin - math.Abs(s.Mean)) / s.StandardError()
	return Test{Statistic: t, DF: df, P: distuv.StudentsT{Sigma: 1, Nu: df}.Survival(t)}, nil
}

// mostPairs bounds what PairsNeeded returns.
const mostPairs = 100000

// PairsNeeded returns how many pairs a two-sided paired t test at the level alpha needs
// to find a mean difference with the given power, if the differences have this standard
// deviation; the noncentral t distribution is integrated numerically. It is at most
// 100,000.
func PairsNeeded(difference, sd, alpha, power float64) (int, error) {
	if !(alpha > 0 && alpha < 1 && power > 0 && power < 1 && sd >= 0) || difference == 0 || math.IsNaN(difference) {
		return 0, fmt.Errorf("stats: power: want a difference other than 0, sd ≥ 0, alpha and power within 0…1, got %g, %g, %g, %g", difference, sd, alpha, power)
	}
	if sd == 0 {
		return 2, nil
	}
	effect := math.Abs(difference) / sd
	n := 2 + sort.Search(mostPairs-2, func(k int) bool { return PowerOfPairs(effect, k+2, alpha) >= power })
	return n, nil
}

// PowerOfPairs is the chance that a two-sided paired t test of n pairs at the level alpha
// finds an effect of d_z.
func PowerOfPairs(d float64, n int, alpha float64) float64 {
	df := float64(n - 1)
	t := distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(1 - alpha/2)
	shift := math.Abs(d) * math.Sqrt(float64(n))
	// P(T > t) with T = (Z + shift)/√(V/df), V of χ² with df degrees: over s = √(V/df).
	chi := distuv.ChiSquared{K: df}
	scale, _ := math.Lgamma(df / 2)
	scale = math.Ln2 + df/2*math.Log(df/2) - scale
	low, high := math.Sqrt(chi.Quantile(1e-12)/df), math.Sqrt(chi.Quantile(1-1e-12)/df)
	const steps = 400 // Simpson's rule
	h := (high - low) / steps
	sum := 0.0
	for i := range steps + 1 {
		s := low + float64(i)*h
		weight := 2.0
		if i%2 == 1 {
			weight = 4
		}
		if i == 0 || i == steps {
			weight = 1
		}
		log := scale - df*s*s/2
		if df > 1 { // at df = 1 and s = 0 the next would be 0·∞
			log += (df - 1) * math.Log(s)
		}
		density := math.Exp(log)
		sum += weight * density * (distuv.UnitNormal.Survival(t*s-shift) + distuv.UnitNormal.CDF(-t*s-shift))
	}
	return math.Min(1, sum*h/3)
}

// BootstrapPower is the chance that a two-sided paired t test at the level alpha is
// significant, in the direction of the mean, for n pairs drawn with replacement from
// these differences (Efron & Tibshirani 1993, ch. 25, doi:10.1201/9780429246593): the
// power if the population were the sample, whatever its shape. From few differences it is
// as uncertain as they are, and too high where only large effects were looked at.
func BootstrapPower(d []float64, n int, alpha float64, rounds int, seed uint64) (float64, error) {
	whole, err := Describe(d)
	if err != nil {
		return math.NaN(), err
	}
	if n < 2 || !(alpha > 0 && alpha < 1) {
		return math.NaN(), fmt.Errorf("stats: power: want at least 2 pairs and alpha between 0 and 1, got %d and %g", n, alpha)
	}
	if err := checkRounds(rounds); err != nil {
		return math.NaN(), err
	}
	need := quantileT(1-alpha, float64(n-1))
	stream, sample, hits := rng.New(seed, "stats/power"), make([]float64, n), 0
	for range rounds {
		for i := range sample {
			sample[i] = d[stream.IntN(len(d))]
		}
		s, _ := Describe(sample)
		if s.Mean*whole.Mean > 0 && math.Abs(s.Mean) > need*s.StandardError() {
			hits++
		}
	}
	return float64(hits) / float64(rounds), nil
}
