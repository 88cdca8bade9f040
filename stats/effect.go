package stats

import (
	"cmp"
	"math"
)

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

// PairedD returns Cohen's d of paired differences, their mean over their standard
// deviation (d_z; Lakens 2013, doi:10.3389/fpsyg.2013.00863). Equal differences other than
// 0 give an infinity, no differences 0.
func PairedD(d []float64) (float64, error) {
	s, err := Describe(d)
	if err != nil {
		return math.NaN(), err
	}
	if s.SD == 0 && s.Mean == 0 {
		return 0, nil
	}
	return s.Mean / s.SD, nil
}

// HedgesGav returns the mean of a[i]−b[i] over the mean of the two standard deviations,
// with Hedges' correction for small samples (g_av; Lakens 2013,
// doi:10.3389/fpsyg.2013.00863). Unlike d_z it does not grow with the correlation within
// pairs, so it compares with effects of unpaired designs. Without spread it is 0 for
// equal means, else an infinity.
func HedgesGav(a, b []float64) (float64, error) {
	d, err := Differences(a, b)
	if err != nil {
		return math.NaN(), err
	}
	x, _ := Describe(a)
	y, _ := Describe(b)
	difference, _ := Mean(d)
	if difference == 0 && x.SD+y.SD == 0 {
		return 0, nil
	}
	total := float64(2 * len(a))
	return difference / ((x.SD + y.SD) / 2) * (1 - 3/(4*total-9)), nil
}
