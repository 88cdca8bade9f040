package stats

import (
	"fmt"
	"math"
)

// Comparison says how two paired samples are compared.
type Comparison struct {
	Bootstrap
	Rounds int     // random sign flips, where there are too many pairs for all
	Alpha  float64 // of tests, for the number of pairs needed
	Power  float64 // wanted
	Margin float64 // the smallest difference that matters; 0: no test of equivalence
}

// DefaultComparison returns 95 % intervals from 2,000 resamples, tests at 5 %, a power of
// 0.8 and no margin.
func DefaultComparison() Comparison {
	return Comparison{Bootstrap: Bootstrap{Resamples: 2000, Level: 0.95, Seed: 1}, Rounds: 10000, Alpha: 0.05, Power: 0.8}
}

// Validate reports the first value that cannot be used.
func (c Comparison) Validate() error {
	if err := c.Bootstrap.validate(); err != nil {
		return err
	}
	if err := checkRounds(c.Rounds); err != nil {
		return err
	}
	if !(c.Alpha > 0 && c.Alpha < 1 && c.Power > 0 && c.Power < 1) {
		return fmt.Errorf("stats: comparison: want alpha and power between 0 and 1, got %g and %g", c.Alpha, c.Power)
	}
	if !(c.Margin >= 0) || math.IsInf(c.Margin, 1) {
		return fmt.Errorf("stats: comparison: want a margin of 0 or more, got %g", c.Margin)
	}
	return nil
}

// Compared is all that is said about the differences a[i]−b[i] of paired samples. What
// cannot be computed is NaN, or an interval that is not valid.
type Compared struct {
	N              int
	Mean, SD       float64
	Interval, BCa  Interval // of the mean
	T, Permute     Test     // of a mean of 0
	Wilcoxon       Test
	Shift          float64 // Hodges–Lehmann
	ShiftInterval  Interval
	DZ, Gav, Cliff float64
	Equivalent     Test // within ±Margin
	PowerNow       float64
	PowerBootstrap float64 // without normality
	Needed         int     // pairs for the power wanted, if the effect is as seen; 0: unknown or above 100,000
	Warnings       []Warning
}

// ComparePairs computes all statistics of paired samples.
//
// The power is that for the effect seen and carries no news beside P (Hoenig & Heisey
// 2001, doi:10.1198/000313001300339897); the number of pairs needed is for planning.
func ComparePairs(a, b []float64, cfg Comparison) (Compared, error) {
	nan := math.NaN()
	none := Test{nan, nan, nan}
	out := Compared{Mean: nan, SD: nan, T: none, Permute: none, Wilcoxon: none, Shift: nan, DZ: nan, Gav: nan, Cliff: nan,
		Equivalent: none, PowerNow: nan, PowerBootstrap: nan}
	if err := cfg.Validate(); err != nil {
		return out, err
	}
	d, err := Differences(a, b)
	if err != nil {
		return out, err
	}
	s, _ := Describe(d)
	out.N, out.Mean, out.SD = s.N, s.Mean, s.SD
	out.Interval = s.Interval(cfg.Level)
	if out.BCa, err = BCa(d, sampleMean, cfg.Bootstrap); err != nil {
		return out, err
	}
	if err := out.test(a, b, d, cfg); err != nil {
		return out, err
	}
	out.plan(d, cfg)
	out.Warnings, err = DoubtsOfPairs(d, cfg.Alpha)
	return out, err
}

// test fills tests and effect sizes.
func (c *Compared) test(a, b, d []float64, cfg Comparison) error {
	var err error
	if c.T, err = PairedT(a, b); err != nil {
		return err
	}
	if c.Permute, err = signFlips(d, cfg.Rounds, cfg.Seed); err != nil {
		return err
	}
	if c.Wilcoxon, err = Wilcoxon(d); err != nil {
		return err
	}
	if c.Shift, c.ShiftInterval, err = HodgesLehmann(d, cfg.Level); err != nil {
		return err
	}
	if c.Cliff, err = CliffsDelta(a, b); err != nil {
		return err
	}
	if len(d) >= 2 { // one pair has no spread to scale with
		c.DZ, _ = PairedD(d)
		c.Gav, _ = HedgesGav(a, b)
	}
	if cfg.Margin > 0 {
		c.Equivalent, err = Equivalent(d, cfg.Margin)
	}
	return err
}

// plan fills what the effect seen says about power.
func (c *Compared) plan(d []float64, cfg Comparison) {
	if len(d) < 2 || c.Mean == 0 {
		return
	}
	if c.SD > 0 {
		c.PowerNow = PowerOfPairs(c.Mean/c.SD, len(d), cfg.Alpha)
	}
	c.PowerBootstrap, _ = BootstrapPower(d, len(d), cfg.Alpha, cfg.Resamples, cfg.Seed) // its inputs were checked
	if n, err := PairsNeeded(c.Mean, c.SD, cfg.Alpha, cfg.Power); err == nil && n < mostPairs {
		c.Needed = n
	}
}
