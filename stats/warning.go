package stats

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Warning is a doubt about a result: a code for programs and a sentence for readers.
type Warning struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Distinct returns the warnings without repetitions, in the order in which they first
// occur: several comparisons of the same runs have the same doubts.
func Distinct(warnings []Warning) []Warning {
	var out []Warning
	seen := map[Warning]bool{}
	for _, w := range warnings {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// Codes of warnings.
const (
	WarnDiverged     = "diverged"          // runs left out because they diverged
	WarnCeiling      = "ceiling"           // accuracy as good as the ideal observer's
	WarnFloor        = "floor"             // accuracy no better than guessing
	WarnFewNulls     = "few-nulls"         // too few null networks for the p asked for
	WarnFewPairs     = "few-pairs"         // too few pairs for the test
	WarnUnpaired     = "unpaired"          // values without a partner were left out
	WarnVariances    = "unequal-variances" // groups spread differently
	WarnTies         = "ties"              // many equal values
	WarnNotNormal    = "not-normal"        // t intervals in doubt
	WarnDisagree     = "tests-disagree"    // significant by one test, not by another
	WarnFewGroups    = "few-groups"        // too few circuits to know how they vary
	WarnUnbalanced   = "unbalanced"        // blocks without all cells were left out
	WarnNoOverlap    = "no-overlap"        // the groups do not meet in the covariate
	WarnSlopes       = "slopes-differ"     // one slope does not serve both groups
	WarnCensored     = "censored"          // many never reached the criterion
	WarnNothing      = "no-values"         // nothing to compute from
	WarnExtrapolated = "extrapolated"      // the value lies outside the data
)

// Bounds from which warnings are given.
const (
	doubtful  = 0.01 // p of a test of an assumption
	manyTies  = 0.2  // share of values that have an equal one
	manyTimes = 3    // ratio of standard deviations
)

// DoubtsOfPairs returns what makes tests of paired differences doubtful at the level
// alpha: too few for permutation tests to reach it, many equal ones, a shape far from
// normal (Shapiro–Wilk at 1 %). A test of normality on few values sees little, on many
// values trifles: the warning is a hint to look at the permutation test and the signed
// ranks, not a verdict.
func DoubtsOfPairs(d []float64, alpha float64) ([]Warning, error) {
	if err := check(d); err != nil {
		return nil, err
	}
	if !(alpha > 0 && alpha < 1) {
		return nil, fmt.Errorf("stats: doubts: want alpha between 0 and 1, got %g", alpha)
	}
	var out []Warning
	if least := math.Ldexp(2, -len(d)); least > alpha {
		out = append(out, Warning{WarnFewPairs, fmt.Sprintf("%d pairs: a permutation test cannot reach p < %g (its least p is %.3g)", len(d), alpha, min(1, least))})
	}
	if share := tiedShare(d); share > manyTies {
		out = append(out, Warning{WarnTies, fmt.Sprintf("%.0f %% of %d differences have an equal one: ranks say less", 100*share, len(d))})
	}
	if t, err := ShapiroWilk(d); err == nil && t.P < doubtful {
		out = append(out, Warning{WarnNotNormal, fmt.Sprintf("differences are hardly normal (Shapiro–Wilk W = %.3f, p = %.2g): set the permutation test and signed ranks beside t", t.Statistic, t.P)})
	}
	return out, nil
}

// DoubtsOfGroups returns what makes comparisons of independent groups doubtful: spreads
// that differ (standard deviations by a factor of 3, and Brown–Forsythe at 1 %), under
// which rank tests are no tests of location; groups of one; many ties.
func DoubtsOfGroups(groups ...[]float64) ([]Warning, error) {
	if err := checkGroups(groups); err != nil {
		return nil, err
	}
	var out []Warning
	var all []float64
	least, greatest, single := math.Inf(1), 0.0, 0
	for _, g := range groups {
		all = append(all, g...)
		s, _ := Describe(g)
		if s.N < 2 {
			single++
			continue
		}
		least, greatest = min(least, s.SD), max(greatest, s.SD)
	}
	if single > 0 {
		out = append(out, Warning{WarnFewPairs, fmt.Sprintf("%d of %d groups have one value: their spread is unknown", single, len(groups))})
	}
	if t, err := BrownForsythe(groups...); err == nil && t.P < doubtful && greatest > manyTimes*least {
		out = append(out, Warning{WarnVariances, fmt.Sprintf("standard deviations from %.3g to %.3g (Brown–Forsythe p = %.2g): rank tests and pooled variances compare more than locations", least, greatest, t.P)})
	}
	if share := tiedShare(all); share > manyTies {
		out = append(out, Warning{WarnTies, fmt.Sprintf("%.0f %% of %d values have an equal one: ranks say less", 100*share, len(all))})
	}
	return out, nil
}

// tiedShare is the share of values that some other one equals.
func tiedShare(x []float64) float64 {
	count := map[float64]int{}
	for _, v := range x {
		count[v]++
	}
	tied := 0
	for _, v := range x {
		if count[v] > 1 {
			tied++
		}
	}
	return float64(tied) / float64(len(x))
}

// BrownForsythe tests whether groups have the same variance by an analysis of variance of
// the distances from their medians (Brown & Forsythe 1974,
// doi:10.1080/01621459.1974.10482955). The statistic is F, DF its second degrees of
// freedom. Without any distance P is 1.
func BrownForsythe(groups ...[]float64) (Test, error) {
	if err := checkGroups(groups); err != nil {
		return Test{P: math.NaN()}, err
	}
	var all float64
	n := 0
	distances, means := make([][]float64, len(groups)), make([]float64, len(groups))
	for i, g := range groups {
		distances[i] = medianDistances(g)
		means[i] = sampleMean(distances[i])
		all += means[i] * float64(len(g))
		n += len(g)
	}
	all /= float64(n)
	var between, within float64
	for i, g := range distances {
		between += float64(len(g)) * (means[i] - all) * (means[i] - all)
		for _, v := range g {
			within += (v - means[i]) * (v - means[i])
		}
	}
	df1, df2 := float64(len(groups)-1), float64(n-len(groups))
	switch {
	case df2 < 1:
		return Test{Statistic: math.NaN(), DF: df2, P: math.NaN()}, nil
	case within == 0 && between == 0:
		return Test{DF: df2, P: 1}, nil
	case within == 0:
		return Test{Statistic: math.Inf(1), DF: df2}, nil
	}
	f := between / df1 / (within / df2)
	return Test{f, df2, distuv.F{D1: df1, D2: df2}.Survival(f)}, nil
}

// medianDistances returns |x − median|.
func medianDistances(x []float64) []float64 {
	middle := median(slices.Sorted(slices.Values(x)))
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = math.Abs(v - middle)
	}
	return out
}
