package stats

import (
	"fmt"
	"math"
	"slices"
)

// Mixed is the mean over groups that are themselves a sample, such as circuits.
type Mixed struct {
	Groups, N  int
	Mean       float64
	StdErr     float64
	DF         float64
	T          Test     // of a mean of 0
	Interval   Interval // of the mean over the population of groups
	Prediction Interval // of the true mean of a new group
	Between    float64  // variance of the true means of groups, τ²
	Within     float64  // variance within groups, σ²; NaN where each group has its own
	// I2 is the share of the variance of the groups' estimates that is between groups
	// (Higgins & Thompson 2002, doi:10.1002/sim.1186).
	I2 float64
}

// MixedMean fits y[group][i] = μ + b[group] + e by restricted maximum likelihood, b ~
// N(0, τ²), e ~ N(0, σ²): the mixed model of paired differences with a random effect of the
// condition for each circuit (Laird & Ware 1982, doi:10.2307/2529876). The degrees of
// freedom of μ are Satterthwaite's (1946, doi:10.2307/3002019). Where τ² is estimated as 0
// the values count as one sample. It assumes one variance within all groups; RandomEffects
// does not.
//
// With two or three groups τ² is all but unknown and the intervals are to be read as such;
// the caller says so.
func MixedMean(y [][]float64, level float64) (Mixed, error) {
	m, err := newOneWay(y, level)
	if err != nil {
		return Mixed{Mean: math.NaN()}, err
	}
	out := Mixed{Groups: len(y), N: m.n}
	if all := slices.Concat(y...); constant(all) { // else rounding would leave a spread
		out.Mean, out.DF = all[0], float64(m.n-1)
		out.finish(level)
		return out, nil
	}
	ratio := maximise(m.profile)
	out.Within = m.variance(ratio)
	out.Between = ratio * out.Within
	out.Mean = m.mean(ratio)
	out.StdErr = math.Sqrt(m.meanVariance(out.Within, out.Between))
	out.DF = m.satterthwaite(out.Within, out.Between)
	out.I2 = out.Between / (out.Between + out.Within/m.typicalSize())
	out.finish(level)
	return out, nil
}

// finish makes the test and the intervals.
func (m *Mixed) finish(level float64) {
	if m.StdErr == 0 {
		m.T = exact(m.Mean, m.DF)
	} else {
		t := m.Mean / m.StdErr
		m.T = Test{t, m.DF, twoSidedT(t, m.DF)}
	}
	m.Interval = Around(m.Mean, m.StdErr, m.DF, level)
	m.Prediction = Interval{math.NaN(), math.NaN(), false}
	if df := float64(m.Groups - 2); df >= 1 { // Higgins et al. 2009, doi:10.1111/j.1467-985X.2008.00552.x
		m.Prediction = Around(m.Mean, math.Sqrt(m.Between+m.StdErr*m.StdErr), df, level)
	}
}

// oneWay holds what the likelihood of a one-way random model needs.
type oneWay struct {
	n           int
	size, means []float64
	within      float64 // sum of squares within groups
}

func newOneWay(y [][]float64, level float64) (oneWay, error) {
	var m oneWay
	if err := checkLevel(level); err != nil {
		return m, err
	}
	if len(y) < 2 {
		return m, fmt.Errorf("stats: mixed model: want at least 2 groups, got %d", len(y))
	}
	for i, g := range y {
		s, err := Describe(g)
		if err != nil {
			return m, fmt.Errorf("group %d: %w", i, err)
		}
		m.n += s.N
		m.size, m.means = append(m.size, float64(s.N)), append(m.means, s.Mean)
		if s.N > 1 {
			m.within += s.SD * s.SD * float64(s.N-1)
		}
	}
	if m.n == len(y) {
		return m, fmt.Errorf("stats: mixed model: want a group of at least 2 values, got %d groups of one; one value a group does not tell the variances apart", len(y))
	}
	return m, nil
}

// mean returns the estimate of μ for τ² = ratio σ².
func (m oneWay) mean(ratio float64) float64 {
	var weights, sum float64
	for i, n := range m.size {
		w := n / (1 + ratio*n)
		weights += w
		sum += w * m.means[i]
	}
	return sum / weights
}

// variance returns the estimate of σ² for τ² = ratio σ².
func (m oneWay) variance(ratio float64) float64 {
	mean, ss := m.mean(ratio), m.within
	for i, n := range m.size {
		d := m.means[i] - mean
		ss += n / (1 + ratio*n) * d * d
	}
	return ss / float64(m.n-1)
}

// profile is the restricted log-likelihood of the ratio, up to a constant.
func (m oneWay) profile(ratio float64) float64 {
	logs, weights := 0.0, 0.0
	for _, n := range m.size {
		logs += math.Log1p(ratio * n)
		weights += n / (1 + ratio*n)
	}
	return -(float64(m.n-1)*math.Log(m.variance(ratio)) + logs + math.Log(weights)) / 2
}

// restricted is the restricted log-likelihood of both variances, up to a constant.
func (m oneWay) restricted(within, between float64) float64 {
	mean := m.mean(between / within)
	out := -float64(m.n-len(m.size))*math.Log(within) - m.within/within
	weights := 0.0
	for i, n := range m.size {
		v := within + n*between
		d := m.means[i] - mean
		out -= math.Log(v) + n*d*d/v
		weights += n / v
	}
	return (out - math.Log(weights)) / 2
}

func (m oneWay) meanVariance(within, between float64) float64 {
	weights := 0.0
	for _, n := range m.size {
		weights += n / (within + n*between)
	}
	return 1 / weights
}

// typicalSize is the size of a group in I² (n₀ of the analysis of variance).
func (m oneWay) typicalSize() float64 {
	squares := 0.0
	for _, n := range m.size {
		squares += n * n
	}
	n := float64(m.n)
	return (n - squares/n) / float64(len(m.size)-1)
}

// satterthwaite returns 2 Var²/(g′ A g): g is the gradient of the variance of the mean by
// (σ², τ²), A the inverse of minus the Hessian of the likelihood, both by central
// differences. At τ² = 0 it is n−1.
func (m oneWay) satterthwaite(within, between float64) float64 {
	if between <= 1e-9*within || within == 0 {
		return float64(m.n - 1)
	}
	hs, ht := 1e-4*within, 1e-4*between
	f := func(i, j float64) float64 { return m.restricted(within+i*hs, between+j*ht) }
	v := func(i, j float64) float64 { return m.meanVariance(within+i*hs, between+j*ht) }
	gs, gt := (v(1, 0)-v(-1, 0))/(2*hs), (v(0, 1)-v(0, -1))/(2*ht)
	ss := -(f(1, 0) - 2*f(0, 0) + f(-1, 0)) / (hs * hs)
	tt := -(f(0, 1) - 2*f(0, 0) + f(0, -1)) / (ht * ht)
	st := -(f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / (4 * hs * ht)
	spread := (gs*gs*tt - 2*gs*gt*st + gt*gt*ss) / (ss*tt - st*st)
	if !(spread > 0) {
		return float64(len(m.size) - 1)
	}
	variance := m.meanVariance(within, between)
	return 2 * variance * variance / spread
}

// maximise finds the ratio of the greatest profile: a coarse scan, then golden sections. A
// greatest value at 0 is 0.
func maximise(f func(float64) float64) float64 {
	const low, high, steps = -12.0, 12.0, 120 // of ln ratio
	at := func(i int) float64 { return low + (high-low)*float64(i)/steps }
	best, value := 0, math.Inf(-1)
	for i := range steps + 1 {
		if v := f(math.Exp(at(i))); v > value {
			best, value = i, v
		}
	}
	a, b := at(max(0, best-1)), at(min(steps, best+1))
	const golden = 0.6180339887498949
	for range 80 {
		c, d := b-golden*(b-a), a+golden*(b-a)
		if f(math.Exp(c)) > f(math.Exp(d)) {
			b = d
		} else {
			a = c
		}
	}
	ratio := math.Exp((a + b) / 2)
	if f(0) >= f(ratio) {
		return 0
	}
	return ratio
}

// RandomEffects joins estimates of one effect, each with its own known variance, as a
// meta-analysis does: τ² by restricted maximum likelihood (Viechtbauer 2005,
// doi:10.3102/10769986030003261), the standard error and interval after Knapp & Hartung
// (2003, doi:10.1002/sim.1482) with k−1 degrees of freedom. I² is τ² over τ² plus the typical
// variance of an estimate. It takes variances as known, which small groups deny.
func RandomEffects(effects, variances []float64, level float64) (Mixed, error) {
	if err := checkEstimates(effects, variances, level); err != nil {
		return Mixed{Mean: math.NaN()}, err
	}
	typical := typicalVariance(variances)
	likelihood := func(ratio float64) float64 { return restrictedMeta(effects, variances, ratio*typical) }
	tau := maximise(likelihood) * typical
	mean, weights := metaMean(effects, variances, tau)
	spread := 0.0
	for i, v := range variances {
		d := effects[i] - mean
		spread += d * d / (v + tau)
	}
	k := float64(len(effects))
	out := Mixed{Groups: len(effects), N: len(effects), Mean: mean, Between: tau, Within: math.NaN(), DF: k - 1}
	out.StdErr = math.Sqrt(spread / (k - 1) / weights)
	out.I2 = tau / (tau + typical)
	out.finish(level)
	return out, nil
}

func checkEstimates(effects, variances []float64, level float64) error {
	if len(effects) < 2 || len(effects) != len(variances) {
		return fmt.Errorf("stats: random effects: want at least 2 estimates, each with a variance, got %d and %d", len(effects), len(variances))
	}
	if err := checkTwo(effects, variances); err != nil {
		return err
	}
	for i, v := range variances {
		if v <= 0 {
			return fmt.Errorf("stats: random effects: variance %d: want more than 0, got %g", i, v)
		}
	}
	return checkLevel(level)
}

// typicalVariance after Higgins & Thompson.
func typicalVariance(variances []float64) float64 {
	var sum, squares float64
	for _, v := range variances {
		sum += 1 / v
		squares += 1 / (v * v)
	}
	return float64(len(variances)-1) * sum / (sum*sum - squares)
}

func metaMean(effects, variances []float64, tau float64) (mean, weights float64) {
	for i, v := range variances {
		weights += 1 / (v + tau)
		mean += effects[i] / (v + tau)
	}
	return mean / weights, weights
}

func restrictedMeta(effects, variances []float64, tau float64) float64 {
	mean, weights := metaMean(effects, variances, tau)
	out := -math.Log(weights)
	for i, v := range variances {
		d := effects[i] - mean
		out -= math.Log(v+tau) + d*d/(v+tau)
	}
	return out / 2
}
