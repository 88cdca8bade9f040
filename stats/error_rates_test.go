package stats

import (
	"math"
	"testing"

	"biornn/internal/rng"
)

// normals draws n values of this mean and standard deviation.
func normals(s *rng.Stream, n int, mean, sd float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = mean + float64(sd*s.Norm())
	}
	return out
}

// lifetimes draws exponential times of this mean, cut at 3.
func lifetimes(s *rng.Stream, n int, mean float64) []Lifetime {
	out := make([]Lifetime, n)
	for i := range out {
		t := mean * s.Exp()
		out[i] = Lifetime{min(3, t), t <= 3}
	}
	return out
}

func zeros(n int) []float64 { return make([]float64, n) }

// errorRates are tests as functions of an effect; with none they may reject at their
// level, with one they should reject often.
var errorRates = []struct {
	name   string
	effect float64
	p      func(s *rng.Stream, effect float64) (float64, error)
}{
	{"paired t", 1.5, func(s *rng.Stream, e float64) (float64, error) {
		t, err := PairedT(normals(s, 10, e, 1), zeros(10))
		return t.P, err
	}},
	{"signs, exact", 1.5, func(s *rng.Stream, e float64) (float64, error) {
		t, err := PairedPermutation(normals(s, 10, e, 1), zeros(10), 1, 1)
		return t.P, err
	}},
	{"signs, random", 1, func(s *rng.Stream, e float64) (float64, error) {
		t, err := PairedPermutation(normals(s, 32, e, 1), zeros(32), 199, s.Uint64())
		return t.P, err
	}},
	{"split, exact", 2, func(s *rng.Stream, e float64) (float64, error) {
		t, err := Permutation(normals(s, 6, e, 1), normals(s, 5, 0, 1), 1, 1)
		return t.P, err
	}},
	{"split, random", 1.2, func(s *rng.Stream, e float64) (float64, error) {
		t, err := Permutation(normals(s, 15, e, 1), normals(s, 15, 0, 1), 199, s.Uint64())
		return t.P, err
	}},
	{"Wilcoxon", 1.5, func(s *rng.Stream, e float64) (float64, error) {
		t, err := Wilcoxon(normals(s, 10, e, 1))
		return t.P, err
	}},
	{"Mann–Whitney", 2, func(s *rng.Stream, e float64) (float64, error) {
		t, err := MannWhitney(normals(s, 8, e, 1), normals(s, 7, 0, 1))
		return t.P, err
	}},
	{"Kruskal–Wallis", 2, func(s *rng.Stream, e float64) (float64, error) {
		t, err := KruskalWallis(normals(s, 10, e, 1), normals(s, 10, 0, 1), normals(s, 10, 0, 1))
		return t.P, err
	}},
	{"Friedman", 2, func(s *rng.Stream, e float64) (float64, error) {
		x := make([][]float64, 12)
		for i := range x {
			x[i] = normals(s, 4, 0, 1)
			x[i][0] += e
		}
		t, err := Friedman(x)
		return t.P, err
	}},
	{"Nemenyi, any pair", 2.5, func(s *rng.Stream, e float64) (float64, error) {
		x := make([][]float64, 12)
		for i := range x {
			x[i] = normals(s, 4, 0, 1)
			x[i][0] += e
		}
		all, err := Nemenyi(x)
		return leastAdjusted(all), err
	}},
	{"Dunn, any pair", 2.5, func(s *rng.Stream, e float64) (float64, error) {
		all, err := Dunn(normals(s, 10, e, 1), normals(s, 10, 0, 1), normals(s, 10, 0, 1))
		return leastAdjusted(all), err
	}},
	{"factorial, any effect", 2.5, func(s *rng.Stream, e float64) (float64, error) {
		y := make([][]float64, 8)
		for i := range y {
			y[i] = normals(s, 8, s.Norm(), 1)
			for c := range y[i] {
				y[i][c] += e / 2 * FactorSign(3, c)
			}
		}
		effects, err := Factorial(y, []string{"F", "G", "H"}, Bootstrap{1, 0.95, 1}, 1)
		least := 1.0
		for _, f := range effects {
			least = min(least, f.Adjusted)
		}
		return least, err
	}},
	{"log-rank", 1.5, func(s *rng.Stream, e float64) (float64, error) {
		t, err := LogRank(lifetimes(s, 20, math.Exp(e)), lifetimes(s, 20, 1))
		return t.P, err
	}},
	{"paired Prentice", 1.8, func(s *rng.Stream, e float64) (float64, error) {
		t, err := PairedPrentice(lifetimes(s, 15, math.Exp(e)), lifetimes(s, 15, 1), 1, 1)
		return t.P, err
	}},
	{"ancova", 1.5, func(s *rng.Stream, e float64) (float64, error) {
		xa, xb := normals(s, 12, 0.5, 1), normals(s, 12, 0, 1) // the covariate differs, and moves the outcome
		ya, yb := normals(s, 12, e, 1), normals(s, 12, 0, 1)
		for i := range xa {
			ya[i] += 2 * xa[i]
			yb[i] += 2 * xb[i]
		}
		a, err := Ancova(ya, xa, yb, xb, 0.95)
		return a.T.P, err
	}},
	{"mixed model", 2, func(s *rng.Stream, e float64) (float64, error) {
		m, err := MixedMean(circuits(s, e, 8), 0.95)
		return m.T.P, err
	}},
	{"meta-analysis", 2, func(s *rng.Stream, e float64) (float64, error) {
		var means, variances []float64
		for _, g := range circuits(s, e, 20) {
			d, _ := Describe(g)
			means, variances = append(means, d.Mean), append(variances, d.SD*d.SD/20)
		}
		m, err := RandomEffects(means, variances, 0.95)
		return m.T.P, err
	}},
	{"Brown–Forsythe", 2, func(s *rng.Stream, e float64) (float64, error) {
		t, err := BrownForsythe(normals(s, 15, 0, math.Exp(e)), normals(s, 15, 1, 1))
		return t.P, err
	}},
	{"Shapiro–Wilk", 1, func(s *rng.Stream, e float64) (float64, error) {
		x := normals(s, 25, 0, 1)
		for i := range x {
			if e != 0 {
				x[i] = math.Exp(x[i])
			}
		}
		t, err := ShapiroWilk(x)
		return t.P, err
	}},
	{"equivalence at its margin", 0, func(s *rng.Stream, e float64) (float64, error) {
		t, err := Equivalent(normals(s, 12, 1, 1), 1)
		return t.P, err
	}},
}

// circuits are six groups whose means vary by 1 around the effect.
func circuits(s *rng.Stream, effect float64, n int) [][]float64 {
	out := make([][]float64, 6)
	for i := range out {
		out[i] = normals(s, n, effect+s.Norm(), 1)
	}
	return out
}

func leastAdjusted(pairs []Pair) float64 {
	least := 1.0
	for _, p := range pairs {
		least = min(least, p.Adjusted)
	}
	return least
}

// Without an effect no test may reject much more often than its level, nor hardly ever
// (it would be no test); with a large one it must reject.
func TestErrorRates(t *testing.T) {
	const rounds, level = 600, 0.05
	most := level + 4*math.Sqrt(level*(1-level)/rounds)
	for k, c := range errorRates {
		share := func(effect float64) float64 {
			hits := 0
			for i := range uint64(rounds) {
				p, err := c.p(rng.New(11, "stats/error-rates", uint64(k), i, math.Float64bits(effect)), effect)
				if err != nil {
					t.Fatalf("%s: %v", c.name, err)
				}
				if p < level {
					hits++
				}
			}
			return float64(hits) / rounds
		}
		none := share(0)
		t.Logf("%s: %.3f without an effect", c.name, none)
		if none > most || none < 0.015 {
			t.Errorf("%s: rejects %.3f of samples without an effect, want 0.015 … %.3f", c.name, none, most)
		}
		if c.effect != 0 {
			if found := share(c.effect); found < 0.8 {
				t.Errorf("%s: finds %.3f of large effects, want 0.8 or more", c.name, found)
			}
		}
	}
}

// Intervals must cover what they estimate about as often as they say.
func TestCoverage(t *testing.T) {
	const rounds = 600
	for k, c := range []struct {
		name  string
		truth float64
		ci    func(s *rng.Stream) (Interval, error)
		low   float64
	}{
		{"Hodges–Lehmann", 0.3, func(s *rng.Stream) (Interval, error) {
			_, ci, err := HodgesLehmann(normals(s, 12, 0.3, 1), 0.95)
			return ci, err
		}, 0.925},
		{"shift", 0.3, func(s *rng.Stream) (Interval, error) {
			_, ci, err := HodgesLehmannShift(normals(s, 8, 0.3, 1), normals(s, 10, 0, 1), 0.95)
			return ci, err
		}, 0.925},
		{"restricted mean", 1 - math.Exp(-3), func(s *rng.Stream) (Interval, error) {
			_, _, ci, err := RestrictedMean(lifetimes(s, 40, 1), 3, 0.95)
			return ci, err
		}, 0.91},
		{"median time", math.Ln2, func(s *rng.Stream) (Interval, error) {
			_, ci, err := MedianTime(lifetimes(s, 40, 1), 0.95)
			return ci, err
		}, 0.91},
		{"prediction", 0, func(s *rng.Stream) (Interval, error) { // covers the mean of a new circuit
			m, err := MixedMean(circuits(s, 0, 8), 0.95)
			next := s.Norm()
			return Interval{m.Prediction.Low - next, m.Prediction.High - next, true}, err
		}, 0.91},
		{"Clopper–Pearson", 0.2, func(s *rng.Stream) (Interval, error) { return ClopperPearson(binomialOf(s, 24, 0.2), 24, 0.95) }, 0.94},
		{"Wilson", 0.2, func(s *rng.Stream) (Interval, error) { return Wilson(binomialOf(s, 24, 0.2), 24, 0.95) }, 0.92},
	} {
		covered := 0
		for i := range uint64(rounds) {
			ci, err := c.ci(rng.New(12, "stats/coverage", uint64(k), i))
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if ci.Low <= c.truth && c.truth <= ci.High {
				covered++
			}
		}
		if share := float64(covered) / rounds; share < c.low || share > 0.995 {
			t.Errorf("%s: covers %.3f, want %.3f … 0.995", c.name, share, c.low)
		}
	}
}

func binomialOf(s *rng.Stream, n int, p float64) int {
	k := 0
	for range n {
		if s.Float64() < p {
			k++
		}
	}
	return k
}
