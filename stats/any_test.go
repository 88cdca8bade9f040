package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Whatever finite numbers a sample holds, a test gives an error, a p in 0…1 or NaN for
// none, and an exact p is never 0.
func TestAnySampleGivesAP(t *testing.T) {
	value := rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, -1, 0.1, 0.1, 0.3, 1e-200, 5e-324, 1e200, -1e308, 1.7e308})
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "n")
		sample := func(name string) []float64 { return rapid.SliceOfN(value, n, n).Draw(t, name) }
		a, b, c := sample("a"), sample("b"), sample("c")
		blocks := make([][]float64, n)
		var la, lb []Lifetime
		for i := range blocks {
			blocks[i] = []float64{a[i], b[i], c[i]}
			la = append(la, Lifetime{math.Abs(a[i]), c[i] > 0})
			lb = append(lb, Lifetime{math.Abs(b[i]), c[i] != 0})
		}
		see := func(name string, p float64, err error, exact bool) {
			if err == nil && (p < 0 || p > 1 || exact && p == 0) {
				t.Fatalf("%s of %v, %v, %v: p = %g", name, a, b, c, p)
			}
		}
		one := func(name string, exact bool) func(Test, error) {
			return func(r Test, err error) { see(name, r.P, err, exact) }
		}
		several := func(name string) func([]Pair, error) {
			return func(all []Pair, err error) {
				for _, p := range all {
					see(name, p.P, err, false)
					see(name+", adjusted", p.Adjusted, err, false)
				}
			}
		}
		one("t", false)(PairedT(a, b))
		one("signs", true)(PairedPermutation(a, b, 5, 1))
		one("labels", true)(Permutation(a, b, 5, 1))
		one("Wilcoxon", true)(Wilcoxon(a))
		one("Mann–Whitney", false)(MannWhitney(a, b))
		one("Kruskal–Wallis", false)(KruskalWallis(a, b, c))
		one("Friedman", false)(Friedman(blocks))
		one("Shapiro–Wilk", false)(ShapiroWilk(a))
		one("Brown–Forsythe", false)(BrownForsythe(a, b))
		one("log-rank", false)(LogRank(la, lb))
		one("Prentice", true)(PairedPrentice(la, lb, 5, 1))
		several("Dunn")(Dunn(a, b, c))
		several("Nemenyi")(Nemenyi(blocks))
		several("signed ranks")(PairwiseWilcoxon(blocks))
		m, err := MixedMean([][]float64{a, b, c}, 0.95)
		see("mixed model", m.T.P, err, false)
		adjusted, err := Ancova(a, b, b, c, 0.95)
		see("ancova", adjusted.T.P, err, false)
		compared, err := ComparePairs(a, b, Comparison{Bootstrap: Bootstrap{9, 0.9, 1}, Rounds: 5, Alpha: 0.05, Power: 0.8, Margin: 0.1})
		see("comparison", compared.Permute.P, err, true)
		see("equivalence", compared.Equivalent.P, err, false)
		if _, ci, err := HodgesLehmann(a, 0.9); err == nil && ci.Valid && !(ci.Low <= ci.High) {
			t.Fatalf("Hodges–Lehmann of %v: %+v", a, ci)
		}
	})
}
