package stats

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// pythonGolden is testdata/python.json, rGolden testdata/r.json; versions and seed stand in
// the files, and golden.py and golden.R beside them write them.
type pythonGolden struct {
	Pairs map[string]struct {
		A, B          []float64
		Wilcoxon      *float64  `json:"wilcoxon_p"`
		WPlus         float64   `json:"w_plus"`
		Signs         *float64  `json:"signs_p"`
		Split         *float64  `json:"split_p"`
		Walsh         float64   `json:"walsh"`
		Shift         float64   `json:"shift"`
		Gav           float64   `json:"g_av"`
		Tost          float64   `json:"tost_p"`
		U             float64   `json:"u"`
		UP            float64   `json:"u_p"`
		Shapiro       []float64 `json:"shapiro"`
		BrownForsythe []float64 `json:"brown_forsythe"`
	} `json:"pairs"`
	Several map[string]struct {
		Groups        [][]float64 `json:"groups"`
		Kruskal       []float64   `json:"kruskal"`
		MannWhitney   []float64   `json:"mann_whitney_holm"`
		Dunn          []float64   `json:"dunn"`
		DunnHolm      []float64   `json:"dunn_holm"`
		BrownForsythe []float64   `json:"brown_forsythe"`
	} `json:"several"`
	Blocks map[string]struct {
		Blocks   [][]float64 `json:"blocks"`
		Friedman []float64   `json:"friedman"`
		Nemenyi  []float64   `json:"nemenyi"`
	} `json:"blocks"`
	Factorial struct {
		Y     [][]float64
		Names []string
		F, P  []float64
	} `json:"factorial"`
	Survival map[string]struct {
		Groups         [][][2]any `json:"groups"`
		Horizon        float64    `json:"horizon"`
		RestrictedMean []float64  `json:"restricted_mean"`
		LogRank        []float64  `json:"log_rank"`
	} `json:"survival"`
	Ancova struct {
		Ya, Xa, Yb, Xb    []float64
		Difference, Slope []float64 // value, standard error, p, low, high
		Parallel          float64   `json:"parallel_p"`
		Blocked           []float64
	} `json:"ancova"`
	Mixed map[string]struct {
		Groups                    [][]float64
		Mean, SE, Within, Between float64
	} `json:"mixed"`
	Multiple struct{ P, Holm, BH []float64 } `json:"multiple"`
	Rates    []struct {
		Hits, Trials   int
		Level          float64
		ClopperPearson [2]float64 `json:"clopper_pearson"`
		Wilson         [2]float64
	} `json:"rates"`
	Power []struct {
		D        float64
		N        int
		Alpha    float64
		Expected float64 `json:"power"`
	} `json:"power"`
	Shapiro []struct {
		X  []float64 `json:"x"`
		WP []float64 `json:"w_p"`
	} `json:"shapiro"`
}

type rGolden struct {
	Pairs map[string]struct {
		Exact  *float64  `json:"wilcoxon_exact_p"`
		Normal float64   `json:"wilcoxon_normal_p"`
		Walsh  []float64 `json:"walsh"` // estimate, low, high
		Shift  []float64 `json:"shift"`
		T      float64   `json:"t_p"`
	} `json:"pairs"`
	Several map[string]struct{ Kruskal []float64 } `json:"several"`
	Blocks  map[string]struct {
		Friedman, Wilcoxon []float64
		Holm               []float64 `json:"wilcoxon_holm"`
	} `json:"blocks"`
	Factorial struct{ F, P, Eta []float64 } `json:"factorial"`
	Survival  map[string]struct {
		Restricted [][2]float64  `json:"restricted"`
		Median     [][3]*float64 `json:"median"` // and the interval
		LogRank    []float64     `json:"log_rank"`
		Prentice   []float64     `json:"prentice"`
	} `json:"survival"`
	Mixed map[string]struct {
		Lmer             []float64 // mean, error, df, p, between, within
		Whole            []float64 // mean, error, df, p: both conditions, circuits and seeds in one model
		Means, Variances []float64
		Metafor          []float64 // mean, error, between, I², low, high, p
	} `json:"mixed"`
	Multiple struct{ Holm, BH []float64 } `json:"multiple"`
}

func golden(t *testing.T) (py pythonGolden, r rGolden) {
	t.Helper()
	for path, to := range map[string]any{"testdata/python.json": &py, "testdata/r.json": &r} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, to); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return py, r
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// within compares with a relative tolerance and an absolute one of 1e-13.
func within(t *testing.T, what string, got, want, relative float64) {
	t.Helper()
	if !(math.Abs(got-want) <= relative*math.Abs(want)+1e-13) {
		t.Errorf("%s: got %.12g, want %.12g within %g", what, got, want, relative)
	}
}

func TestPairsAgreeWithSciPyAndR(t *testing.T) {
	py, r := golden(t)
	for name, c := range py.Pairs {
		t.Run(name, func(t *testing.T) {
			ref := r.Pairs[name]
			d := must[[]float64](t)(Differences(c.A, c.B))
			w := must[Test](t)(Wilcoxon(d))
			near(t, "W⁺", w.Statistic, c.WPlus)
			if c.Wilcoxon != nil {
				near(t, "Wilcoxon p (scipy)", w.P, *c.Wilcoxon)
			}
			if ref.Exact != nil {
				within(t, "Wilcoxon p (coin)", w.P, *ref.Exact, 1e-9)
			} else {
				near(t, "Wilcoxon p (R, normal)", w.P, ref.Normal)
			}
			if c.Signs != nil {
				near(t, "signs", must[Test](t)(PairedPermutation(c.A, c.B, 1, 1)).P, *c.Signs)
			}
			if c.Split != nil {
				near(t, "split", must[Test](t)(Permutation(c.A, c.B, 1, 1)).P, *c.Split)
			}
			near(t, "g_av", must[float64](t)(HedgesGav(c.A, c.B)), c.Gav)
			within(t, "t", must[Test](t)(PairedT(c.A, c.B)).P, ref.T, 1e-12)
			near(t, "equivalence", must[Test](t)(Equivalent(d, 0.03)).P, c.Tost)
			u := must[Test](t)(MannWhitney(c.A, c.B))
			near(t, "U", u.Statistic, c.U)
			near(t, "U p", u.P, c.UP)
			if c.Shapiro != nil {
				s := must[Test](t)(ShapiroWilk(d))
				within(t, "Shapiro W", s.Statistic, c.Shapiro[0], 1e-6)
				within(t, "Shapiro p", s.P, c.Shapiro[1], 1e-5)
			}
			if c.BrownForsythe != nil {
				b := must[Test](t)(BrownForsythe(c.A, c.B))
				near(t, "Brown–Forsythe F", b.Statistic, c.BrownForsythe[0])
				near(t, "Brown–Forsythe p", b.P, c.BrownForsythe[1])
			}
			estimate, ci, err := HodgesLehmann(d, 0.95)
			shift, shiftCI, err2 := HodgesLehmannShift(c.A, c.B, 0.95)
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			near(t, "Walsh", estimate, c.Walsh)
			near(t, "shift", shift, c.Shift)
			if ref.Walsh != nil {
				near(t, "Walsh low", ci.Low, ref.Walsh[1])
				near(t, "Walsh high", ci.High, ref.Walsh[2])
			}
			if ref.Shift != nil && countable(len(c.A), len(c.B)) {
				near(t, "shift low", shiftCI.Low, ref.Shift[1])
				near(t, "shift high", shiftCI.High, ref.Shift[2])
			}
		})
	}
}

func TestSeveralGroupsAgree(t *testing.T) {
	py, r := golden(t)
	for name, c := range py.Several {
		k := must[Test](t)(KruskalWallis(c.Groups...))
		near(t, name+" H (R)", k.Statistic, r.Several[name].Kruskal[0])
		near(t, name+" p (R)", k.P, r.Several[name].Kruskal[1])
		near(t, name+" p (scipy)", k.P, c.Kruskal[1])
		for i, p := range must[[]Pair](t)(PairwiseMannWhitney(c.Groups...)) {
			near(t, name+" Mann–Whitney, Holm", p.Adjusted, c.MannWhitney[i])
		}
		for i, p := range must[[]Pair](t)(Dunn(c.Groups...)) {
			near(t, name+" Dunn", p.P, c.Dunn[i])
			near(t, name+" Dunn, Holm", p.Adjusted, c.DunnHolm[i])
		}
		b := must[Test](t)(BrownForsythe(c.Groups...))
		near(t, name+" Brown–Forsythe", b.P, c.BrownForsythe[1])
	}
	for name, c := range py.Blocks {
		f := must[Test](t)(Friedman(c.Blocks))
		near(t, name+" Friedman (scipy)", f.P, c.Friedman[1])
		within(t, name+" Friedman (R)", f.P, r.Blocks[name].Friedman[1], 1e-9)
		for i, p := range must[[]Pair](t)(Nemenyi(c.Blocks)) {
			within(t, name+" Nemenyi", p.P, c.Nemenyi[i], 1e-7)
		}
		for i, p := range must[[]Pair](t)(PairwiseWilcoxon(c.Blocks)) {
			near(t, name+" Wilcoxon", p.P, r.Blocks[name].Wilcoxon[i])
			near(t, name+" Wilcoxon, Holm", p.Adjusted, r.Blocks[name].Holm[i])
		}
	}
}

func TestFactorialAgrees(t *testing.T) {
	py, r := golden(t)
	effects := must[[]FactorEffect](t)(Factorial(py.Factorial.Y, []string{"F", "G", "H"}, Bootstrap{200, 0.95, 1}, 1))
	if len(effects) != 7 {
		t.Fatalf("want 7 effects, got %d", len(effects))
	}
	for i, e := range effects {
		if e.Name != py.Factorial.Names[i] {
			t.Errorf("effect %d: got %s, want %s", i, e.Name, py.Factorial.Names[i])
		}
		within(t, e.Name+" F (statsmodels)", e.T.Statistic*e.T.Statistic, py.Factorial.F[i], 1e-9)
		within(t, e.Name+" p (statsmodels)", e.T.P, py.Factorial.P[i], 1e-8)
		within(t, e.Name+" F (aov)", e.T.Statistic*e.T.Statistic, r.Factorial.F[i], 1e-9)
		within(t, e.Name+" η² (aov)", e.Eta, r.Factorial.Eta[i], 1e-9)
	}
}

func TestSurvivalAgrees(t *testing.T) {
	py, r := golden(t)
	for name, c := range py.Survival {
		ref := r.Survival[name]
		var groups [][]Lifetime
		for i, rows := range c.Groups {
			var g []Lifetime
			for _, row := range rows {
				g = append(g, Lifetime{row[0].(float64), row[1].(bool)})
			}
			groups = append(groups, g)
			mean, se, _, err := RestrictedMean(g, c.Horizon, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			near(t, name+" restricted mean (lifelines)", mean, c.RestrictedMean[i])
			within(t, name+" restricted mean (R)", mean, ref.Restricted[i][0], 1e-12)
			within(t, name+" its error (R)", se, ref.Restricted[i][1], 1e-9)
			middle, ci, err := MedianTime(g, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			for k, got := range []float64{middle, ci.Low, ci.High} {
				if want := ref.Median[i][k]; want == nil {
					if !math.IsNaN(got) && !math.IsInf(got, 1) {
						t.Errorf("%s group %d median, part %d: got %g, want none", name, i, k, got)
					}
				} else {
					within(t, name+" median (R)", got, *want, 1e-12)
				}
			}
		}
		l := must[Test](t)(LogRank(groups...))
		near(t, name+" log-rank (lifelines)", l.Statistic, c.LogRank[0])
		within(t, name+" log-rank p (R)", l.P, ref.LogRank[1], 1e-8)
		if ref.Prentice != nil {
			p := must[Test](t)(PairedPrentice(groups[0], groups[1], 1, 1))
			within(t, name+" Prentice z (coin)", math.Abs(p.Statistic), math.Abs(ref.Prentice[0]), 1e-9)
			if normal := 2 * distuv.UnitNormal.Survival(math.Abs(p.Statistic)); len(groups[0]) >= 8 && math.Abs(p.P-normal) > 0.03 {
				t.Errorf("%s: exact p %g is far from the normal one %g", name, p.P, normal)
			}
		}
	}
}

func TestAncovaAgrees(t *testing.T) {
	py, _ := golden(t)
	c := py.Ancova
	check := func(what string, a Adjusted, want []float64) {
		t.Helper()
		for k, got := range []float64{a.Difference, a.StdErr, a.T.P, a.Interval.Low, a.Interval.High} {
			within(t, what, got, want[k], 1e-8)
		}
	}
	a := must[Adjusted](t)(Ancova(c.Ya, c.Xa, c.Yb, c.Xb, 0.95))
	check("difference", a, c.Difference)
	within(t, "slope", a.Slope, c.Slope[0], 1e-9)
	within(t, "slope low", a.SlopeCI.Low, c.Slope[3], 1e-8)
	within(t, "parallel", a.Parallel, c.Parallel, 1e-8)
	n := len(c.Yb)
	dy := must[[]float64](t)(Differences(c.Ya[:n], c.Yb))
	dx := must[[]float64](t)(Differences(c.Xa[:n], c.Xb))
	check("blocks", must[Adjusted](t)(PairedAncova(dy, dx, 0.95)), c.Blocked)
}

// lme4 stops at its own tolerance: its variances are good to four digits.
func TestMixedModelsAgree(t *testing.T) {
	py, r := golden(t)
	for name, c := range py.Mixed {
		m := must[Mixed](t)(MixedMean(c.Groups, 0.95))
		want := r.Mixed[name].Lmer
		for k, got := range []float64{m.Mean, m.StdErr, m.DF, m.T.P, m.Between, m.Within} {
			within(t, name+" lmerTest "+[]string{"mean", "error", "df", "p", "between", "within"}[k], got, want[k], 2e-3)
		}
		if c.Between > 1e-4 {
			for k, got := range []float64{m.Mean, m.StdErr, m.DF, m.T.P} {
				within(t, name+" whole model", got, r.Mixed[name].Whole[k], 2e-3)
			}
		}
		if c.Between > 1e-4 { // statsmodels does not reach a variance of 0
			within(t, name+" statsmodels mean", m.Mean, c.Mean, 1e-4)
			within(t, name+" statsmodels error", m.StdErr, c.SE, 1e-3)
			within(t, name+" statsmodels between", m.Between, c.Between, 2e-3)
		}
		meta := must[Mixed](t)(RandomEffects(r.Mixed[name].Means, r.Mixed[name].Variances, 0.95))
		want = r.Mixed[name].Metafor
		for k, got := range []float64{meta.Mean, meta.StdErr, meta.Between, meta.I2, meta.Interval.Low, meta.Interval.High, meta.T.P} {
			within(t, name+" metafor "+[]string{"mean", "error", "between", "I²", "low", "high", "p"}[k], got, want[k], 1e-6)
		}
	}
}

func TestCorrectionsRatesAndPowerAgree(t *testing.T) {
	py, r := golden(t)
	for i, v := range Holm(py.Multiple.P) {
		near(t, "Holm", v, r.Multiple.Holm[i])
	}
	for i, v := range BenjaminiHochberg(py.Multiple.P) {
		near(t, "BH (statsmodels)", v, py.Multiple.BH[i])
		near(t, "BH (R)", v, r.Multiple.BH[i])
	}
	for _, c := range py.Rates {
		exact := must[Interval](t)(ClopperPearson(c.Hits, c.Trials, c.Level))
		score := must[Interval](t)(Wilson(c.Hits, c.Trials, c.Level))
		near(t, "Clopper–Pearson low", exact.Low, c.ClopperPearson[0])
		near(t, "Clopper–Pearson high", exact.High, c.ClopperPearson[1])
		near(t, "Wilson low", score.Low, c.Wilson[0])
		near(t, "Wilson high", score.High, c.Wilson[1])
	}
	for _, c := range py.Power {
		within(t, "power", PowerOfPairs(c.D, c.N, c.Alpha), c.Expected, 1e-5)
	}
	for _, c := range py.Shapiro {
		s := must[Test](t)(ShapiroWilk(c.X))
		within(t, "Shapiro W", s.Statistic, c.WP[0], 1e-6)
		within(t, "Shapiro p", s.P, c.WP[1], 1e-5)
	}
}
