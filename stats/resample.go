package stats

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"biornn/internal/rng"
)

// Bootstrap describes a bootstrap: how many resamples, the level of the interval,
// and the seed of its random stream.
type Bootstrap struct {
	Resamples int
	Level     float64
	Seed      uint64
}

func (b Bootstrap) validate() error {
	if b.Resamples < 1 || !(b.Level > 0 && b.Level < 1) {
		return fmt.Errorf("stats: bootstrap: want resamples ≥ 1 and a level between 0 and 1, got %d and %g", b.Resamples, b.Level)
	}
	return nil
}

// BCa returns the bias-corrected and accelerated bootstrap interval of a statistic
// (Efron 1987, doi:10.1080/01621459.1987.10478410). It needs two values.
func BCa(x []float64, statistic func([]float64) float64, cfg Bootstrap) (Interval, error) {
	none := Interval{math.NaN(), math.NaN(), false}
	if err := check(x); err != nil {
		return none, err
	}
	if err := cfg.validate(); err != nil {
		return none, err
	}
	if len(x) < 2 {
		return none, nil
	}
	stream := rng.New(cfg.Seed, "stats/bootstrap")
	sample := make([]float64, len(x))
	boot := make([]float64, cfg.Resamples)
	for i := range boot {
		for k := range sample {
			sample[k] = x[stream.IntN(len(x))]
		}
		boot[i] = statistic(sample)
	}
	jack := make([]float64, len(x))
	for i := range jack {
		jack[i] = statistic(append(append(sample[:0:0], x[:i]...), x[i+1:]...))
	}
	if err := errors.Join(check(boot), check(jack)); err != nil {
		return none, fmt.Errorf("stats: bootstrap: the statistic of a resample: %w", err)
	}
	return bca(statistic(x), boot, jack, cfg.Level), nil
}

// bca makes the interval from the statistic, its bootstrap and its jackknife values.
func bca(theta float64, boot, jack []float64, level float64) Interval {
	slices.Sort(boot)
	if boot[0] == boot[len(boot)-1] {
		return Interval{boot[0], boot[0], true}
	}
	below, upTo := 0, 0
	for _, v := range boot {
		if v < theta {
			below++
		}
		if v <= theta {
			upTo++
		}
	}
	z0 := distuv.UnitNormal.Quantile(float64(below+upTo) / float64(2*len(boot)))
	a := acceleration(jack)
	bound := func(q float64) float64 {
		z := z0 + distuv.UnitNormal.Quantile(q)
		return percentile(boot, distuv.UnitNormal.CDF(z0+z/(1-a*z)))
	}
	low, high := bound((1-level)/2), bound(1-(1-level)/2)
	return Interval{low, high, !math.IsNaN(low + high)}
}

// acceleration is the skewness of the jackknife values over 6.
func acceleration(jack []float64) float64 {
	mean := 0.0
	for _, v := range jack {
		mean += v / float64(len(jack))
	}
	var square, cube float64
	for _, v := range jack {
		d := mean - v
		square += float64(d * d)
		cube += float64(d * d * d)
	}
	if square == 0 {
		return 0
	}
	return cube / (6 * math.Pow(square, 1.5))
}

// percentile interpolates linearly between sorted values.
func percentile(sorted []float64, q float64) float64 {
	if math.IsNaN(q) {
		return q
	}
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}
