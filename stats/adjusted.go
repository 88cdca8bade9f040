package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Adjusted is a difference between two groups at equal values of a covariate.
type Adjusted struct {
	N          int // values, or pairs
	Difference float64
	StdErr     float64
	T          Test
	Interval   Interval
	Slope      float64 // of the outcome on the covariate
	SlopeCI    Interval
	// Parallel is the p of equal slopes in both groups; NaN for pairs. A small one says
	// that the difference depends on where it is taken.
	Parallel float64
	// Low and High bound the values of the covariate that both groups have; for pairs, the
	// differences of the covariate. Extrapolated says that the difference lies outside.
	Low, High    float64
	Extrapolated bool
}

// Ancova compares the outcome y of two independent groups at equal covariate x: y = α +
// δ·(in a) + βx + e by least squares (Fisher 1932; Huitema 2011,
// doi:10.1002/9781118067475). It assumes one slope, one variance and that x is measured
// without error; a covariate that the treatment itself moves turns "at equal x" into a
// question of description, not of cause.
func Ancova(ya, xa, yb, xb []float64, level float64) (Adjusted, error) {
	out := Adjusted{Difference: math.NaN(), Parallel: math.NaN()}
	if len(ya) != len(xa) || len(yb) != len(xb) {
		return out, fmt.Errorf("stats: ancova: want a covariate for each value, got %d for %d and %d for %d", len(xa), len(ya), len(xb), len(yb))
	}
	for _, s := range [][]float64{ya, xa, yb, xb} {
		if err := check(s); err != nil {
			return out, fmt.Errorf("ancova: %w", err)
		}
	}
	y, x := slices.Concat(ya, yb), slices.Concat(xa, xb)
	design := make([][]float64, len(y))
	for i, v := range x {
		design[i] = []float64{1, 0, v}
		if i < len(ya) {
			design[i][1] = 1
		}
	}
	if err := out.fit(design, y, 1, 2, level); err != nil {
		return out, err
	}
	for i := range design {
		design[i] = append(design[i], design[i][1]*x[i])
	}
	if f, err := leastSquares(design, y); err == nil {
		out.Parallel = f.test(3).P
	}
	out.Low, out.High = max(slices.Min(xa), slices.Min(xb)), min(slices.Max(xa), slices.Max(xb))
	out.Extrapolated = out.Low > out.High
	return out, nil
}

// PairedAncova compares paired outcomes at equal covariate: a[i]−b[i] of the outcome, dy,
// is fitted as δ + β·dx, dx that of the covariate, so that δ is the difference between
// members of a pair that have the same x. It equals an analysis of covariance with a
// block for each pair. Where no pair is near dx = 0 the difference is extrapolated.
func PairedAncova(dy, dx []float64, level float64) (Adjusted, error) {
	out := Adjusted{Difference: math.NaN(), Parallel: math.NaN()}
	if len(dy) != len(dx) {
		return out, fmt.Errorf("stats: ancova: want a covariate for each pair, got %d for %d", len(dx), len(dy))
	}
	if err := checkTwo(dy, dx); err != nil {
		return out, err
	}
	design := make([][]float64, len(dx))
	for i, v := range dx {
		design[i] = []float64{1, v}
	}
	if err := out.fit(design, dy, 0, 1, level); err != nil {
		return out, err
	}
	out.Low, out.High = slices.Min(dx), slices.Max(dx)
	out.Extrapolated = out.Low > 0 || out.High < 0
	return out, nil
}

// fit fills what the least squares say; difference and slope are columns of the design.
func (a *Adjusted) fit(design [][]float64, y []float64, difference, slope int, level float64) error {
	if err := checkLevel(level); err != nil {
		return err
	}
	f, err := leastSquares(design, y)
	if err != nil {
		return err
	}
	a.N, a.Difference, a.StdErr = len(y), f.beta[difference], f.se[difference]
	a.T = f.test(difference)
	a.Interval = Around(a.Difference, a.StdErr, f.df, level)
	a.Slope, a.SlopeCI = f.beta[slope], Around(f.beta[slope], f.se[slope], f.df, level)
	return nil
}

// fitted is a linear model.
type fitted struct {
	beta, se []float64
	df       float64
}

// test of a coefficient of 0.
func (f fitted) test(i int) Test {
	if f.se[i] == 0 {
		return exact(f.beta[i], f.df)
	}
	t := f.beta[i] / f.se[i]
	return Test{t, f.df, twoSidedT(t, f.df)}
}

// leastSquares fits y = Xβ by the QR decomposition; x is [value][column].
func leastSquares(x [][]float64, y []float64) (fitted, error) {
	rows, columns := len(x), len(x[0])
	if rows <= columns {
		return fitted{}, fmt.Errorf("stats: least squares: want more than %d values for as many coefficients, got %d", columns, rows)
	}
	design := mat.NewDense(rows, columns, slices.Concat(x...))
	var qr mat.QR
	qr.Factorize(design)
	if qr.Cond() > 1e12 {
		return fitted{}, fmt.Errorf("stats: least squares: want a covariate that varies within the groups; the columns depend on each other")
	}
	var beta mat.VecDense
	if err := qr.SolveVecTo(&beta, false, mat.NewVecDense(rows, slices.Clone(y))); err != nil {
		return fitted{}, fmt.Errorf("stats: least squares: %w", err)
	}
	rss, scale := 0.0, 0.0
	for i, row := range x {
		e := y[i]
		for j, v := range row {
			e -= v * beta.AtVec(j)
		}
		rss += e * e
		scale += y[i] * y[i]
	}
	if rss < 1e-24*scale { // a perfect fit but for rounding
		rss = 0
	}
	var square, inverse mat.Dense
	square.Mul(design.T(), design)
	if err := inverse.Inverse(&square); err != nil {
		return fitted{}, fmt.Errorf("stats: least squares: %w", err)
	}
	f := fitted{df: float64(rows - columns)}
	for j := range columns {
		f.beta = append(f.beta, beta.AtVec(j))
		f.se = append(f.se, math.Sqrt(rss/f.df*inverse.At(j, j)))
	}
	return f, nil
}

// MatchWithin pairs values of two groups whose covariates differ by at most the caliper:
// the closest two first, each value once, ties by their order. It returns indices into a
// and b.
func MatchWithin(a, b []float64, caliper float64) ([][2]int, error) {
	if err := checkTwo(a, b); err != nil {
		return nil, err
	}
	if !(caliper >= 0) {
		return nil, fmt.Errorf("stats: matching: want a caliper of at least 0, got %g", caliper)
	}
	var near [][2]int
	gap := func(p [2]int) float64 { return math.Abs(a[p[0]] - b[p[1]]) }
	for i := range a {
		for j := range b {
			if p := [2]int{i, j}; gap(p) <= caliper {
				near = append(near, p)
			}
		}
	}
	slices.SortStableFunc(near, func(p, q [2]int) int { return cmp.Compare(gap(p), gap(q)) })
	usedA, usedB := make([]bool, len(a)), make([]bool, len(b))
	var out [][2]int
	for _, p := range near {
		if !usedA[p[0]] && !usedB[p[1]] {
			usedA[p[0]], usedB[p[1]] = true, true
			out = append(out, p)
		}
	}
	return out, nil
}
