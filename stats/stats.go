// Package stats holds the statistics of comparisons between groups of runs:
// intervals, tests and corrections for many tests.
//
// Samples are slices of float64. A value that is not finite is an error, because
// a run that diverged has an outcome and no accuracy. Where a sample is too small
// for a quantity, the quantity is NaN and says so (Interval.Valid); where the
// spread is zero, tests end with p = 1 for equal and p = 0 for different values.
package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// ErrEmpty is returned for a sample without values.
var ErrEmpty = errors.New("stats: want at least one value, got none")

// Summary is what tests need to know of a sample. SD is the sample standard
// deviation (divisor n−1), NaN for fewer than two values.
type Summary struct {
	N        int
	Mean, SD float64
}

// Interval is a confidence interval. Valid is false, and the bounds are NaN, where
// the sample allows none.
type Interval struct {
	Low, High float64
	Valid     bool
}

// Test is the outcome of a two-sided test: its statistic, its degrees of freedom
// where it has them (else 0), and P.
type Test struct {
	Statistic, DF, P float64
}

// check reports the first value that is not finite.
func check(x []float64) error {
	if len(x) == 0 {
		return ErrEmpty
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("stats: value %d: want a finite number, got %v; leave out runs that diverged", i, v)
		}
	}
	return nil
}

// checkTwo checks both samples of a test.
func checkTwo(a, b []float64) error {
	if err := check(a); err != nil {
		return fmt.Errorf("first sample: %w", err)
	}
	if err := check(b); err != nil {
		return fmt.Errorf("second sample: %w", err)
	}
	return nil
}

// Mean returns the arithmetic mean.
func Mean(x []float64) (float64, error) {
	s, err := Describe(x)
	return s.Mean, err
}

// SD returns the sample standard deviation (divisor n−1), NaN for one value.
func SD(x []float64) (float64, error) {
	s, err := Describe(x)
	return s.SD, err
}

// Describe returns size, mean and sample standard deviation. Equal values have a
// standard deviation of exactly 0.
func Describe(x []float64) (Summary, error) {
	nan := math.NaN()
	if err := check(x); err != nil {
		return Summary{len(x), nan, nan}, err
	}
	if constant(x) { // else the rounding of the mean would leave a spread of some 1e-17
		s := Summary{len(x), x[0], 0}
		if len(x) < 2 {
			s.SD = nan
		}
		return s, nil
	}
	mean, sd := stat.MeanStdDev(x, nil)
	return Summary{len(x), mean, sd}, nil
}

func constant(x []float64) bool {
	for _, v := range x {
		if v != x[0] {
			return false
		}
	}
	return true
}

// FromInterval recovers a Summary from a mean and the half-width of its t-based
// confidence interval of the given level, as tables print them.
func FromInterval(mean, half, level float64, n int) Summary {
	s := Summary{N: n, Mean: mean, SD: math.NaN()}
	if n >= 2 {
		s.SD = half / quantileT(level, float64(n-1)) * math.Sqrt(float64(n))
	}
	return s
}

// StandardError returns the standard error of the mean, SD/√n.
func (s Summary) StandardError() float64 { return s.SD / math.Sqrt(float64(s.N)) }

// Interval returns the confidence interval of the mean after Student (1908,
// doi:10.1093/biomet/6.1.1); it needs two values.
func (s Summary) Interval(level float64) Interval {
	return Around(s.Mean, s.StandardError(), float64(s.N-1), level)
}

// quantileT returns the t that a two-sided interval of this level reaches to.
func quantileT(level, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(1 - (1-level)/2)
}

// twoSidedT returns the two-sided p of a t value.
func twoSidedT(t, df float64) float64 {
	return min(1, 2*distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.CDF(-math.Abs(t)))
}

// Around returns the interval of a value with a standard error of df degrees of
// freedom. Where the error is 0 it is the value itself.
func Around(value, se, df, level float64) Interval {
	if math.IsNaN(value+se) || !(df > 0) {
		return Interval{math.NaN(), math.NaN(), false}
	}
	if se == 0 {
		return Interval{value, value, true}
	}
	half := quantileT(level, df) * se
	return Interval{value - half, value + half, true}
}
