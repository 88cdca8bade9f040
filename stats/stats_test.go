package stats

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"biornn/internal/rng"
)

// reference is testdata/scipy.json; its versions and seed stand in the file.
type reference struct {
	TwoSamples []struct {
		Name        string     `json:"name"`
		A           []float64  `json:"a"`
		B           []float64  `json:"b"`
		MeanA       float64    `json:"mean_a"`
		SDA         float64    `json:"sd_a"`
		CI          [2]float64 `json:"ci95_a"`
		Welch       [3]float64 `json:"welch"`
		MannWhitney [2]float64 `json:"mann_whitney"`
		Cliff       float64    `json:"cliff"`
		PairedT     []float64  `json:"paired_t"`
		Permutation []float64  `json:"paired_permutation"`
	} `json:"two_samples"`
	KruskalWallis []struct {
		Groups [][]float64 `json:"groups"`
		H      float64     `json:"h"`
		P      float64     `json:"p"`
	} `json:"kruskal_wallis"`
	BCa []struct {
		Name  string    `json:"name"`
		X     []float64 `json:"x"`
		Theta float64   `json:"theta"`
		Boot  []float64 `json:"boot"`
		Low   float64   `json:"low"`
		High  float64   `json:"high"`
	} `json:"bca"`
	Holm struct {
		P        []float64 `json:"p"`
		Adjusted []float64 `json:"adjusted"`
	} `json:"holm"`
}

func load(t *testing.T) reference {
	t.Helper()
	text, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

// near compares with a relative tolerance of 1e-9 and an absolute one of 1e-13.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-13) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

func TestTwoSamples(t *testing.T) {
	for _, c := range load(t).TwoSamples {
		t.Run(c.Name, func(t *testing.T) {
			s, err := Describe(c.A)
			if err != nil {
				t.Fatal(err)
			}
			ci := s.Interval(0.95)
			near(t, "mean", s.Mean, c.MeanA)
			near(t, "sd", s.SD, c.SDA)
			near(t, "low", ci.Low, c.CI[0])
			near(t, "high", ci.High, c.CI[1])
			near(t, "sd from the interval", FromInterval(s.Mean, (ci.High-ci.Low)/2, 0.95, s.N).SD, c.SDA)
			w, err := Welch(c.A, c.B)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "welch t", w.Statistic, c.Welch[0])
			near(t, "welch df", w.DF, c.Welch[1])
			near(t, "welch p", w.P, c.Welch[2])
			if c.Welch[2] < 1e-20 && math.Abs(w.P/c.Welch[2]-1) > 1e-8 {
				t.Errorf("welch p: got %g, want %g", w.P, c.Welch[2])
			}
			u, err := MannWhitney(c.A, c.B)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "U", u.Statistic, c.MannWhitney[0])
			near(t, "U p", u.P, c.MannWhitney[1])
			d, err := CliffsDelta(c.A, c.B)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "cliff", d, c.Cliff)
		})
	}
}

func TestPaired(t *testing.T) {
	for _, c := range load(t).TwoSamples {
		if c.PairedT == nil {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			p, err := PairedT(c.A, c.B)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "t", p.Statistic, c.PairedT[0])
			near(t, "df", p.DF, c.PairedT[1])
			near(t, "p", p.P, c.PairedT[2])
			q, err := PairedPermutation(c.A, c.B, 20000, 1)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "mean difference", q.Statistic, c.Permutation[0])
			tolerance := 1e-12
			if len(c.A) > enumerate { // four standard errors of 20,000 random signs, and the observed one
				tolerance = 4*math.Sqrt(c.Permutation[1]*(1-c.Permutation[1])/20000) + 1.0/20000
			}
			if math.Abs(q.P-c.Permutation[1]) > tolerance {
				t.Errorf("permutation p: got %g, want %g ± %g", q.P, c.Permutation[1], tolerance)
			}
		})
	}
}

func TestKruskalWallis(t *testing.T) {
	for _, c := range load(t).KruskalWallis {
		got, err := KruskalWallis(c.Groups...)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "H", got.Statistic, c.H)
		near(t, "p", got.P, c.P)
	}
	if got, err := KruskalWallis([]float64{1, 1}, []float64{1}); err != nil || got.P != 1 {
		t.Errorf("equal values: got p %v, %v; want 1", got.P, err)
	}
}

func TestHolm(t *testing.T) {
	ref := load(t).Holm
	for i, v := range Holm(ref.P) {
		near(t, "adjusted", v, ref.Adjusted[i])
	}
	got := Holm([]float64{0.01, math.NaN(), 0.03})
	if got[0] != 0.02 || !math.IsNaN(got[1]) || got[2] != 0.03 {
		t.Errorf("with a test that was not made: got %v, want [0.02 NaN 0.03]", got)
	}
}

func TestBCa(t *testing.T) {
	for _, c := range load(t).BCa {
		jack := make([]float64, len(c.X))
		for i := range jack {
			jack[i] = mean(slices.Concat(c.X[:i], c.X[i+1:]))
		}
		got := bca(c.Theta, c.Boot, jack, 0.95)
		near(t, c.Name+" low", got.Low, c.Low)
		near(t, c.Name+" high", got.High, c.High)
	}
}

func mean(x []float64) float64 {
	m, _ := Mean(x)
	return m
}

// The interval must cover the mean of the population about as often as it says.
func TestBCaCovers(t *testing.T) {
	covered := 0
	const rounds = 300
	for i := range uint64(rounds) {
		s := rng.New(3, "coverage", i)
		x := make([]float64, 30)
		for k := range x {
			x[k] = s.Exp()
		}
		ci, err := BCa(x, mean, Bootstrap{Resamples: 400, Level: 0.95, Seed: i})
		if err != nil || !ci.Valid {
			t.Fatal(ci, err)
		}
		if ci.Low <= 1 && 1 <= ci.High {
			covered++
		}
	}
	if share := float64(covered) / rounds; share < 0.88 || share > 0.98 {
		t.Errorf("coverage of the mean of exponential numbers: got %.3f, want 0.88 … 0.98", share)
	}
}

func TestNoSpread(t *testing.T) {
	same, other := []float64{0.1, 0.1, 0.1}, []float64{0.7, 0.7, 0.7}
	for _, c := range []struct {
		name string
		f    func(a, b []float64) (Test, error)
	}{{"welch", Welch}, {"paired t", PairedT}} {
		if got, err := c.f(same, same); err != nil || got.P != 1 {
			t.Errorf("%s, equal: got p %v, %v; want 1", c.name, got.P, err)
		}
		if got, err := c.f(same, other); err != nil || got.P != 0 || !math.IsInf(got.Statistic, -1) {
			t.Errorf("%s, different: got %+v, %v; want p = 0 and −∞", c.name, got, err)
		}
	}
	if got, _ := MannWhitney(same, same); got.P != 1 {
		t.Errorf("Mann–Whitney, equal: got p %v, want 1", got.P)
	}
	ci, err := BCa(same, mean, Bootstrap{100, 0.95, 1})
	if err != nil || ci.Low != 0.1 || ci.High != 0.1 || !ci.Valid {
		t.Errorf("bootstrap of equal values: got %+v, %v", ci, err)
	}
	if s, _ := Describe(same); s.SD != 0 {
		t.Errorf("sd of equal values: got %g, want exactly 0", s.SD)
	}
}

func TestTooFew(t *testing.T) {
	s, err := Describe([]float64{3})
	if err != nil || s.Mean != 3 || !math.IsNaN(s.SD) {
		t.Errorf("one value: got %+v, %v", s, err)
	}
	if ci := s.Interval(0.95); ci.Valid || !math.IsNaN(ci.Low) || !math.IsNaN(ci.High) {
		t.Errorf("interval of one value: got %+v, want NaN and not valid", ci)
	}
	if got, err := Welch([]float64{1}, []float64{1, 2}); err != nil || !math.IsNaN(got.P) {
		t.Errorf("Welch with one value: got %+v, %v; want p = NaN", got, err)
	}
	if got, err := PairedT([]float64{1}, []float64{2}); err != nil || !math.IsNaN(got.P) {
		t.Errorf("one pair: got %+v, %v; want p = NaN", got, err)
	}
	if ci, err := BCa([]float64{1}, mean, Bootstrap{10, 0.9, 1}); err != nil || ci.Valid {
		t.Errorf("bootstrap of one value: got %+v, %v; want not valid", ci, err)
	}
}

func TestBadInput(t *testing.T) {
	bad, good := []float64{1, math.NaN()}, []float64{1, 2}
	both := func(f func(a, b []float64) (Test, error)) func() error {
		return func() error { _, err := f(good, bad); return err }
	}
	for name, f := range map[string]func() error{
		"describe":     func() error { _, err := Describe(bad); return err },
		"welch":        both(Welch),
		"paired t":     both(PairedT),
		"mann-whitney": both(MannWhitney),
		"cliff":        func() error { _, err := CliffsDelta(bad, good); return err },
		"kruskal":      func() error { _, err := KruskalWallis(good, bad); return err },
		"permutation":  func() error { _, err := PairedPermutation(good, bad, 10, 1); return err },
		"bootstrap":    func() error { _, err := BCa(bad, mean, Bootstrap{10, 0.95, 1}); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "value 1: want a finite number") {
			t.Errorf("%s: got %v, want an error that names value 1", name, err)
		}
	}
	if _, err := Differences(good, []float64{1}); err == nil {
		t.Error("pairs of unequal lengths: want an error")
	}
	if _, err := Describe(nil); err == nil {
		t.Error("empty sample: want an error")
	}
}

func TestSameSeedSameInterval(t *testing.T) {
	x := []float64{1, 2, 5, 3, 9, 4}
	a, _ := BCa(x, mean, Bootstrap{200, 0.95, 5})
	b, _ := BCa(x, mean, Bootstrap{200, 0.95, 5})
	c, _ := BCa(x, mean, Bootstrap{200, 0.95, 6})
	if a != b || a == c {
		t.Errorf("got %v and %v with one seed, %v with another", a, b, c)
	}
}
