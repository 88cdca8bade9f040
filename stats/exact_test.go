package stats

import (
	"math"
	"slices"
	"testing"

	"biornn/internal/rng"
)

// The fast count of signs must be the slow one, ties and sums of zero included.
func TestAllSignsCountsEveryPattern(t *testing.T) {
	for n := 1; n <= 13; n++ {
		s := rng.New(4, "stats/signs", uint64(n))
		for round := range 20 {
			d := make([]float64, n)
			for i := range d {
				d[i] = float64(s.IntN(7) - 3) // many ties
				if round%2 == 0 {
					d[i] = s.Norm()
				}
			}
			sum := 0.0
			for _, v := range d {
				sum += v
			}
			reach := math.Abs(sum) - 1e-9
			hits := 0
			for pattern := range 1 << n {
				flipped := 0.0
				for i, v := range d {
					flipped += v * float64(1-2*(pattern>>i&1))
				}
				if math.Abs(flipped) >= reach {
					hits++
				}
			}
			if got, want := allSigns(d, reach), float64(hits)/float64(int(1)<<n); got != want {
				t.Fatalf("%v: got %g, want %g", d, got, want)
			}
		}
	}
}

func TestRandomSignsApproachAllSigns(t *testing.T) {
	s := rng.New(5, "stats/signs")
	d := normals(s, enumerate+2, 0.3, 1)
	random, err := PairedPermutation(d, make([]float64, len(d)), 20000, 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, v := range d {
		sum += v
	}
	exact := allSigns(d, math.Abs(sum)-1e-12)
	if math.Abs(random.P-exact) > 4*math.Sqrt(exact*(1-exact)/20000)+1.0/20000 {
		t.Errorf("got %g by random signs, %g by all", random.P, exact)
	}
}

// U of every order of m and n values, by hand.
func TestSharesOfU(t *testing.T) {
	for _, c := range [][2]int{{1, 1}, {1, 6}, {3, 4}, {4, 3}, {5, 5}} {
		m, n := c[0], c[1]
		want := make([]float64, m*n+1)
		all := 0.0
		for pattern := range 1 << (m + n) {
			u, below, first := 0, 0, 0
			for i := range m + n {
				if pattern>>i&1 == 1 {
					first++
					u += below
				} else {
					below++
				}
			}
			if first == m {
				want[u]++
				all++
			}
		}
		for v, p := range sharesOfU(m, n) {
			near(t, "share", p, want[v]/all)
		}
	}
}

// Large unequal samples must neither be slow nor take much memory.
func TestMannWhitneyOfManyAndFew(t *testing.T) {
	s := rng.New(6, "stats/many")
	for _, n := range []int{exactGreater, 100000} {
		p, err := MannWhitney(normals(s, 8, 0, 1), normals(s, n, 0, 1))
		if err != nil || !(p.P > 0.001 && p.P <= 1) {
			t.Errorf("8 and %d values of one distribution: got p %g, %v", n, p.P, err)
		}
	}
}

// Effects restore the cells, and one that is put in comes out alone.
func TestFactorialRestoresCells(t *testing.T) {
	s := rng.New(7, "stats/factorial")
	y := make([][]float64, 5)
	for i := range y {
		y[i] = normals(s, 8, float64(i), 1)
	}
	effects, err := Factorial(y, []string{"F", "G", "H"}, Bootstrap{10, 0.95, 1}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, cells := range y {
		for c, v := range cells {
			restored := sampleMean(cells)
			for _, e := range effects {
				restored += FactorSign(e.Factors, c) * e.Values[i] / 2
			}
			near(t, "cell", restored, v)
		}
	}
	for _, put := range effects {
		for i := range y {
			for c := range y[i] {
				y[i][c] = 3 + 0.25*FactorSign(put.Factors, c)
			}
		}
		only, err := Factorial(y, []string{"F", "G", "H"}, Bootstrap{10, 0.95, 1}, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range only {
			want := 0.0
			if e.Factors == put.Factors {
				want = 0.5
			}
			near(t, put.Name+" in "+e.Name, e.Mean, want)
			if want == 0 && e.T.P != 1 || want != 0 && (e.T.P != 0 || e.Eta != 1) {
				t.Errorf("%s in %s: got p %g and η² %g", put.Name, e.Name, e.T.P, e.Eta)
			}
		}
	}
}

func TestNothingToSee(t *testing.T) {
	same := []float64{0.2, 0.2, 0.2}
	if w, err := Wilcoxon(zeros(4)); err != nil || w.P != 1 {
		t.Errorf("Wilcoxon without differences: got %+v, %v", w, err)
	}
	if p, err := Permutation(same, same, 10, 1); err != nil || p.P != 1 {
		t.Errorf("split of equal values: got %+v, %v", p, err)
	}
	if d, err := Dunn(same, same); err != nil || d[0].P != 1 {
		t.Errorf("Dunn of equal values: got %+v, %v", d, err)
	}
	if v, err := HedgesGav(same, same); err != nil || v != 0 {
		t.Errorf("g_av of equal values: got %g, %v", v, err)
	}
	if b, err := BrownForsythe(same, []float64{1, 1}); err != nil || b.P != 1 {
		t.Errorf("Brown–Forsythe without spread: got %+v, %v", b, err)
	}
	never := []Lifetime{{3, false}, {3, false}}
	if p, err := PairedPrentice(never, never, 10, 1); err != nil || p.P != 1 {
		t.Errorf("nobody reaches it: got %+v, %v", p, err)
	}
	if p, err := LogRank(never, never); err != nil || p.P != 1 {
		t.Errorf("log-rank where nobody reaches it: got %+v, %v", p, err)
	}
	if m, ci, err := MedianTime(never, 0.95); err != nil || !math.IsNaN(m) || ci.Valid {
		t.Errorf("median where nobody reaches it: got %g, %+v, %v", m, ci, err)
	}
	if m, se, _, err := RestrictedMean(never, 2, 0.95); err != nil || m != 2 || se != 0 {
		t.Errorf("restricted mean where nobody reaches it: got %g ± %g, %v", m, se, err)
	}
	for _, c := range []struct {
		y    [][]float64
		mean float64
		p    float64
	}{{[][]float64{same, same}, 0.2, 0}, {[][]float64{zeros(3), zeros(2)}, 0, 1}} {
		if m, err := MixedMean(c.y, 0.95); err != nil || math.Abs(m.Mean-c.mean) > 1e-12 || m.T.P != c.p || m.Between != 0 {
			t.Errorf("mixed model without spread: got %+v, %v", m, err)
		}
	}
	if _, ci, err := HodgesLehmann([]float64{1, 2, 4}, 0.95); err != nil || ci.Valid {
		t.Errorf("three differences allow no 95 %% interval: got %+v, %v", ci, err)
	}
	c, err := ComparePairs([]float64{1}, []float64{2}, DefaultComparison())
	if err != nil || c.N != 1 || c.Mean != -1 || !math.IsNaN(c.T.P) || c.BCa.Valid || len(c.Warnings) == 0 {
		t.Errorf("one pair: got %+v, %v", c, err)
	}
}

func TestRefusals(t *testing.T) {
	nan := []float64{1, math.NaN(), 2}
	fine := []float64{1, 2, 4}
	cfg := Bootstrap{10, 0.95, 1}
	for name, err := range map[string]error{
		"wilcoxon":          second(Wilcoxon(nan)),
		"wilcoxon, none":    second(Wilcoxon(nil)),
		"level":             third(HodgesLehmann(fine, 1)),
		"shift":             third(HodgesLehmannShift(nan, fine, 0.9)),
		"too many":          third(HodgesLehmann(make([]float64, mostWalsh+1), 0.9)),
		"split":             second(Permutation(fine, nan, 10, 1)),
		"rounds":            second(Permutation(make([]float64, 40), make([]float64, 40), 0, 1)),
		"sign rounds":       second(PairedPermutation(make([]float64, 40), make([]float64, 40), 0, 1)),
		"g_av":              second(HedgesGav(fine, nan)),
		"rate":              second(ClopperPearson(3, 2, 0.95)),
		"no trials":         second(Wilson(0, 0, 0.95)),
		"dunn":              second(Dunn(fine)),
		"pairs of groups":   second(PairwiseMannWhitney(fine, nan)),
		"blocks":            second(PairwiseWilcoxon([][]float64{fine, {1, 2}})),
		"nemenyi":           second(Nemenyi([][]float64{fine, nan})),
		"shapiro, few":      second(ShapiroWilk([]float64{1, 2})),
		"shapiro, equal":    second(ShapiroWilk([]float64{1, 1, 1})),
		"factorial cells":   second(Factorial([][]float64{fine, fine}, []string{"F"}, cfg, 1)),
		"factorial factors": second(Factorial([][]float64{fine, fine}, nil, cfg, 1)),
		"time":              second(KaplanMeier([]Lifetime{{-1, true}})),
		"no times":          second(KaplanMeier(nil)),
		"one group":         second(LogRank([]Lifetime{{1, true}})),
		"unequal pairs":     second(PairedPrentice([]Lifetime{{1, true}}, nil, 1, 1)),
		"mixed, one group":  second(MixedMean([][]float64{fine}, 0.95)),
		"mixed, single":     second(MixedMean([][]float64{{1}, {2}}, 0.95)),
		"variances":         second(RandomEffects(fine, []float64{1, 0, 1}, 0.95)),
		"ancova lengths":    second(Ancova(fine, fine[:2], fine, fine, 0.95)),
		"ancova constant":   second(Ancova(fine, []float64{1, 1, 1}, fine, []float64{1, 1, 1}, 0.95)),
		"ancova few":        second(PairedAncova(fine[:2], fine[:2], 0.95)),
		"caliper":           second(MatchWithin(fine, fine, math.NaN())),
		"power":             second(BootstrapPower(fine, 1, 0.05, 10, 1)),
		"comparison":        second(ComparePairs(fine, fine, Comparison{})),
		"doubts":            second(DoubtsOfPairs(fine, 0)),
		"groups":            second(DoubtsOfGroups(fine)),
	} {
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
	_, _, _, err := RestrictedMean([]Lifetime{{1, true}}, 0, 0.95)
	if err == nil {
		t.Error("horizon 0: want an error")
	}
}

func second[T any](_ T, err error) error      { return err }
func third[T, U any](_ T, _ U, e error) error { return e }

func TestMatchingTakesTheClosestOnce(t *testing.T) {
	got, err := MatchWithin([]float64{0.80, 0.90, 0.50}, []float64{0.81, 0.805, 0.93}, 0.05)
	if err != nil || !slices.Equal(got, [][2]int{{0, 1}, {1, 2}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBootstrapPowerOfNormalsIsThatOfT(t *testing.T) {
	d := normals(rng.New(8, "stats/power"), 400, 0.6, 1)
	s, _ := Describe(d)
	got, err := BootstrapPower(d, 20, 0.05, 4000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := PowerOfPairs(s.Mean/s.SD, 20, 0.05); math.Abs(got-want) > 0.03 {
		t.Errorf("got %.3f, by the noncentral t %.3f", got, want)
	}
}

func TestDoubts(t *testing.T) {
	s := rng.New(9, "stats/doubts")
	skewed := make([]float64, 40)
	for i := range skewed {
		skewed[i] = math.Exp(2 * s.Norm())
	}
	for _, c := range []struct {
		name string
		d    []float64
		want []string
	}{
		{"normal", normals(s, 20, 0, 1), nil},
		{"five", normals(s, 5, 0, 1), []string{WarnFewPairs}},
		{"skewed", skewed, []string{WarnNotNormal}},
		{"tied", []float64{1, 1, 2, 2, 3, 3, 4, 5, 6}, []string{WarnTies}},
	} {
		got, err := DoubtsOfPairs(c.d, 0.05)
		if err != nil || !slices.Equal(codes(got), c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	got, err := DoubtsOfGroups(normals(s, 20, 0, 1), normals(s, 20, 0, 5))
	if err != nil || !slices.Equal(codes(got), []string{WarnVariances}) {
		t.Errorf("unequal spreads: got %v, %v", got, err)
	}
	got, err = DoubtsOfGroups(normals(s, 20, 0, 1), normals(s, 20, 3, 1), []float64{1})
	if err != nil || !slices.Equal(codes(got), []string{WarnFewPairs}) {
		t.Errorf("a group of one: got %v, %v", got, err)
	}
}

func codes(warnings []Warning) []string {
	var out []string
	for _, w := range warnings {
		out = append(out, w.Code)
	}
	return out
}

func BenchmarkBCa(b *testing.B) {
	x := normals(rng.New(1, "stats/bench"), 20, 0, 1)
	for b.Loop() {
		if _, err := BCa(x, sampleMean, Bootstrap{2000, 0.95, 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPairedPermutation(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"exact/n=20", 20}, {"exact/n=30", 30}, {"random/n=50", 50}} {
		d := normals(rng.New(1, "stats/bench"), c.n, 0.1, 1)
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := PairedPermutation(d, make([]float64, c.n), 10000, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkComparePairs(b *testing.B) {
	s := rng.New(1, "stats/bench")
	x, y := normals(s, 20, 0.1, 1), normals(s, 20, 0, 1)
	for b.Loop() {
		if _, err := ComparePairs(x, y, DefaultComparison()); err != nil {
			b.Fatal(err)
		}
	}
}
