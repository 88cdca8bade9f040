package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// ClopperPearson returns the exact interval of a rate seen as hits of trials (Clopper &
// Pearson 1934, doi:10.1093/biomet/26.4.404). It covers the rate at least as often as its
// level says, for few trials much more often.
func ClopperPearson(hits, trials int, level float64) (Interval, error) {
	if err := checkRate(hits, trials, level); err != nil {
		return Interval{math.NaN(), math.NaN(), false}, err
	}
	tail := (1 - level) / 2
	k, rest := float64(hits), float64(trials-hits)
	out := Interval{0, 1, true}
	if hits > 0 {
		out.Low = distuv.Beta{Alpha: k, Beta: rest + 1}.Quantile(tail)
	}
	if hits < trials {
		out.High = distuv.Beta{Alpha: k + 1, Beta: rest}.Quantile(1 - tail)
	}
	return out, nil
}

// Wilson returns the score interval of a rate (Wilson 1927,
// doi:10.1080/01621459.1927.10502953), which covers it as often as its level says on
// average over rates.
func Wilson(hits, trials int, level float64) (Interval, error) {
	if err := checkRate(hits, trials, level); err != nil {
		return Interval{math.NaN(), math.NaN(), false}, err
	}
	n := float64(trials)
	p := float64(hits) / n
	z := distuv.UnitNormal.Quantile(1 - (1-level)/2)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	out := Interval{max(0, middle-half), min(1, middle+half), true}
	if hits == 0 { // not the rounding of it
		out.Low = 0
	}
	if hits == trials {
		out.High = 1
	}
	return out, nil
}

func checkRate(hits, trials int, level float64) error {
	if trials < 1 || hits < 0 || hits > trials {
		return fmt.Errorf("stats: rate: want 0 ≤ hits ≤ trials and at least 1 trial, got %d of %d", hits, trials)
	}
	return checkLevel(level)
}
