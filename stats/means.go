package stats

import (
	"cmp"
	"fmt"
	"math"
)

// Welch compares two means without assuming equal variances (Welch 1947,
// doi:10.1093/biomet/34.1-2.28).
func Welch(a, b []float64) (Test, error) {
	if err := checkTwo(a, b); err != nil {
		return Test{P: math.NaN()}, err
	}
	x, _ := Describe(a)
	y, _ := Describe(b)
	return WelchSummary(x, y), nil
}

// WelchSummary is Welch's test from the summaries of two samples. Without a
// spread, for want of values, P is NaN; with two spreads of zero it is 1 for equal
// means and 0 for others.
func WelchSummary(a, b Summary) Test {
	return WelchErrors(a.Mean-b.Mean, a.StandardError(), float64(a.N-1), b.StandardError(), float64(b.N-1))
}

// WelchErrors is Welch's test for a difference of two means whose standard errors
// are known with the given degrees of freedom. It serves where a standard error
// has parts beyond SD/√n.
func WelchErrors(difference, seA, dfA, seB, dfB float64) Test {
	nan := math.NaN()
	if dfA < 1 || dfB < 1 || math.IsNaN(seA+seB+difference) {
		return Test{nan, nan, nan}
	}
	va, vb := float64(seA*seA), float64(seB*seB)
	if va+vb == 0 {
		return exact(difference, dfA+dfB)
	}
	t := difference / math.Sqrt(va+vb)
	df := float64((va+vb)*(va+vb)) / (float64(va*va)/dfA + float64(vb*vb)/dfB)
	return Test{t, df, twoSidedT(t, df)}
}

// exact is the outcome of a test between values without any spread.
func exact(difference, df float64) Test {
	if difference == 0 {
		return Test{0, df, 1}
	}
	return Test{math.Inf(sign(difference)), df, 0}
}

func sign(x float64) int {
	if x < 0 {
		return -1
	}
	return 1
}

// Differences returns a[i]−b[i].
func Differences(a, b []float64) ([]float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("stats: paired samples: want equal lengths, got %d and %d", len(a), len(b))
	}
	if err := checkTwo(a, b); err != nil {
		return nil, err
	}
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	if err := check(d); err != nil { // two huge values of different sign
		return nil, fmt.Errorf("differences: %w", err)
	}
	return d, nil
}

// PairedT tests whether the mean of a[i]−b[i] is zero. One pair gives P = NaN.
func PairedT(a, b []float64) (Test, error) {
	nan := math.NaN()
	d, err := Differences(a, b)
	if err != nil {
		return Test{nan, nan, nan}, err
	}
	s, _ := Describe(d)
	if s.N < 2 {
		return Test{nan, nan, nan}, nil
	}
	df := float64(s.N - 1)
	if s.SD == 0 {
		return exact(s.Mean, df), nil
	}
	t := s.Mean / s.StandardError()
	return Test{t, df, twoSidedT(t, df)}, nil
}

// AmongDraws tests whether x, all of one draw (a circuit, say, with its arrangement), differs
// from y, each of another draw of a kind, by more than one draw does from the mean of others.
// Values are paired by what else varies (seeds). A paired t asks whether the one draw differs
// from the mean of all, which nearly any draw does if there are pairs enough. Here the mean of x
// is held against the prediction interval of a further y: the statistic is the mean
// difference over SD(y)·√(1 + 1/n), with n − 1 degrees of freedom. Because y varies by more than its
// draws and the mean of x by less than one value, the test finds too little rather than too much.
func AmongDraws(x, y []float64) (Test, error) {
	d, err := Differences(x, y)
	if err != nil {
		return Test{P: math.NaN()}, err
	}
	if len(d) < 2 {
		return Test{P: math.NaN()}, fmt.Errorf("stats: among draws: want at least 2 pairs, got %d", len(d))
	}
	mean := sampleMean(d)
	b, _ := Describe(y)
	df := float64(b.N - 1)
	se := b.SD * math.Sqrt(1+1/float64(b.N))
	switch {
	case se == 0 && mean == 0:
		return Test{DF: df, P: 1}, nil
	case se == 0:
		return Test{math.Inf(cmp.Compare(mean, 0)), df, 0}, nil
	}
	return Test{mean / se, df, twoSidedT(mean/se, df)}, nil
}
