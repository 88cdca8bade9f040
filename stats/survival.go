package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Lifetime is the time until something was reached or, where it was not, until nobody
// looked any more: then it is censored at the right. It is assumed that censoring says
// nothing about the time that would have followed.
type Lifetime struct {
	Time    float64 // 0 or more
	Reached bool
}

// Step is a fall of a Kaplan–Meier curve.
type Step struct {
	Time           float64
	AtRisk, Events int
	Share          float64 // not reached after this time
	Greenwood      float64 // Σ d/(n(n−d)) so far: Var(Share)/Share²
}

// KaplanMeier estimates the share that has not reached it by each time at which some did
// (Kaplan & Meier 1958, doi:10.1080/01621459.1958.10501452). At equal times what is
// censored counts as still at risk.
func KaplanMeier(x []Lifetime) ([]Step, error) {
	if err := checkLifetimes(x); err != nil {
		return nil, err
	}
	sorted := slices.SortedFunc(slices.Values(x), func(a, b Lifetime) int { return cmp.Compare(a.Time, b.Time) })
	var out []Step
	share, greenwood := 1.0, 0.0
	for i := 0; i < len(sorted); {
		j, events := i, 0
		for ; j < len(sorted) && sorted[j].Time == sorted[i].Time; j++ {
			if sorted[j].Reached {
				events++
			}
		}
		if n := len(sorted) - i; events > 0 {
			share *= float64(n-events) / float64(n)
			greenwood += float64(events) / float64(n*(n-events)) // +Inf where all have reached it
			out = append(out, Step{sorted[i].Time, n, events, share, greenwood})
		}
		i = j
	}
	return out, nil
}

// MedianTime returns the first time by which half have reached it, NaN if that never
// happens, and its interval (Brookmeyer & Crowley 1982, doi:10.2307/2530286, on the
// scale ln(−ln S)). Where exactly half are left for a while, it is the middle of it. A
// bound that is not reached is +Inf; where the lower one is not, the interval is not valid.
func MedianTime(x []Lifetime, level float64) (float64, Interval, error) {
	none := Interval{math.NaN(), math.NaN(), false}
	if err := checkLevel(level); err != nil {
		return math.NaN(), none, err
	}
	steps, err := KaplanMeier(x)
	if err != nil {
		return math.NaN(), none, err
	}
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	middle := firstHalf(steps, func(s Step) float64 { return s.Share })
	low := firstHalf(steps, func(s Step) float64 { return s.bounds(z, -1) })
	high := firstHalf(steps, func(s Step) float64 { return s.bounds(z, 1) })
	if math.IsInf(middle, 1) {
		middle = math.NaN()
	}
	if math.IsInf(low, 1) {
		return middle, none, nil
	}
	return middle, Interval{low, high, true}, nil
}

// firstHalf returns the time at which a falling curve crosses ½, +Inf if it does not.
func firstHalf(steps []Step, curve func(Step) float64) float64 {
	const small = 1e-9 // the rounding of products
	for i, s := range steps {
		v := curve(s)
		if !(v < 0.5+small) {
			continue
		}
		if v > 0.5-small && i+1 < len(steps) {
			return (s.Time + steps[i+1].Time) / 2
		}
		return s.Time
	}
	return math.Inf(1)
}

// bounds returns the lower (side −1) or upper (side 1) bound of the share, symmetric in
// ln(−ln S); NaN where nobody is left, and nothing is known of the spread.
func (s Step) bounds(z, side float64) float64 {
	if s.Share == 0 {
		return math.NaN()
	}
	l := math.Log(s.Share)
	return math.Exp(l * math.Exp(side*z*math.Sqrt(s.Greenwood)/l))
}

// RestrictedMean returns the mean time until it is reached or the horizon, whichever is
// first: the area under the Kaplan–Meier curve up to there (Royston & Parmar 2013,
// doi:10.1186/1471-2288-13-152), with its standard error and normal interval. Beyond the
// greatest time the curve stays level. Unlike a median it exists however few reach it, and
// unlike the log-rank test it assumes no proportional hazards.
func RestrictedMean(x []Lifetime, horizon, level float64) (mean, se float64, ci Interval, err error) {
	ci = Interval{math.NaN(), math.NaN(), false}
	if err = checkLevel(level); err == nil && !(horizon > 0 && !math.IsInf(horizon, 1)) {
		err = fmt.Errorf("stats: restricted mean: want a horizon above 0, got %g", horizon)
	}
	if err != nil {
		return math.NaN(), math.NaN(), ci, err
	}
	steps, err := KaplanMeier(x)
	if err != nil {
		return math.NaN(), math.NaN(), ci, err
	}
	end, variance := horizon, 0.0
	for _, s := range slices.Backward(steps) {
		if s.Time >= horizon {
			continue
		}
		mean += s.Share * (end - s.Time)
		end = s.Time
		if s.AtRisk > s.Events {
			variance += mean * mean * float64(s.Events) / float64(s.AtRisk*(s.AtRisk-s.Events))
		}
	}
	mean += end // the share is 1 before the first fall
	se = math.Sqrt(variance)
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	return mean, se, Interval{mean - z*se, mean + z*se, true}, nil
}

// LogRank tests whether two or more independent groups reach it at the same rate (Mantel
// 1966; Peto & Peto 1972, doi:10.2307/2344317), with the hypergeometric variance; P from
// χ². It is most sensitive where the rates are proportional, and may miss curves that
// cross. It does not use pairing: see PairedPrentice.
func LogRank(groups ...[]Lifetime) (Test, error) {
	none := Test{P: math.NaN()}
	if len(groups) < 2 {
		return none, fmt.Errorf("stats: log-rank: want at least 2 groups, got %d", len(groups))
	}
	for i, g := range groups {
		if err := checkLifetimes(g); err != nil {
			return none, fmt.Errorf("group %d: %w", i, err)
		}
	}
	pooled, err := KaplanMeier(slices.Concat(groups...))
	if err != nil {
		return none, err
	}
	df := len(groups) - 1
	excess, covariance := make([]float64, df), mat.NewSymDense(df, nil)
	for _, s := range pooled {
		addLogRank(excess, covariance, groups, s)
	}
	var factor mat.Cholesky
	if !factor.Factorize(covariance) { // nobody, or all at once
		return Test{DF: float64(df), P: 1}, nil
	}
	var solved mat.VecDense
	v := mat.NewVecDense(df, excess)
	if err := factor.SolveVecTo(&solved, v); err != nil {
		return none, fmt.Errorf("stats: log-rank: %w", err)
	}
	chi := mat.Dot(v, &solved)
	return Test{chi, float64(df), distuv.ChiSquared{K: float64(df)}.Survival(chi)}, nil
}

// addLogRank adds one time: events over those expected, and their covariance.
func addLogRank(excess []float64, covariance *mat.SymDense, groups [][]Lifetime, s Step) {
	n, d := float64(s.AtRisk), float64(s.Events)
	risk := make([]float64, len(excess))
	for i := range risk {
		for _, l := range groups[i] {
			if l.Time >= s.Time {
				risk[i]++
			}
			if l.Time == s.Time && l.Reached {
				excess[i]++
			}
		}
		excess[i] -= d * risk[i] / n
	}
	if s.AtRisk < 2 {
		return
	}
	scale := d * (n - d) / (n - 1)
	for i := range risk {
		for j := i; j < len(risk); j++ {
			v := -risk[i] * risk[j] / (n * n)
			if i == j {
				v += risk[i] / n
			}
			covariance.SetSym(i, j, covariance.At(i, j)+scale*v)
		}
	}
}

// PairedPrentice tests whether the members a[i], b[i] of pairs reach it equally fast: the
// Prentice–Wilcoxon scores of all times together (O'Brien & Fleming 1987,
// doi:10.2307/2531957) are differenced within pairs, and the signs of the differences are
// flipped, all of them for up to 30 pairs. It is exact whatever the censoring, if that is
// the same for both members, and needs no proportional hazards. The statistic is the
// normal one, Σd/√Σd², above 0 where a is faster.
func PairedPrentice(a, b []Lifetime, rounds int, seed uint64) (Test, error) {
	none := Test{P: math.NaN()}
	if len(a) != len(b) {
		return none, fmt.Errorf("stats: paired times: want equal lengths, got %d and %d", len(a), len(b))
	}
	pool := slices.Concat(a, b)
	steps, err := KaplanMeier(pool)
	if err != nil {
		return none, err
	}
	score := prenticeScores(pool, steps)
	d := make([]float64, len(a))
	sum, squares := 0.0, 0.0
	for i := range a {
		d[i] = score[i] - score[len(a)+i]
		sum += d[i]
		squares += d[i] * d[i]
	}
	if squares == 0 {
		return Test{P: 1}, nil
	}
	out, err := signFlips(d, rounds, seed)
	out.Statistic = sum / math.Sqrt(squares)
	return out, err
}

// prenticeScores are high for what is reached early. With weights w = Π n/(n+d) over the
// times so far, a time is worth its own weight if it was reached, less Σ w d/n so far.
func prenticeScores(pool []Lifetime, steps []Step) []float64 {
	score := make([]float64, len(pool))
	weight := 1.0
	for _, s := range steps {
		n, d := float64(s.AtRisk), float64(s.Events)
		weight *= n / (n + d)
		for i, l := range pool {
			if l.Time >= s.Time {
				score[i] -= weight * d / n
			}
			if l.Time == s.Time && l.Reached {
				score[i] += weight
			}
		}
	}
	return score
}

func checkLifetimes(x []Lifetime) error {
	if len(x) == 0 {
		return ErrEmpty
	}
	for i, l := range x {
		if !(l.Time >= 0) || math.IsInf(l.Time, 1) {
			return fmt.Errorf("stats: time %d: want a finite number of at least 0, got %v", i, l.Time)
		}
	}
	return nil
}
