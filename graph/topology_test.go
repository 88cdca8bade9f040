package graph

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"biornn/internal/rng"
)

// randomDigraph has edges of uniform weights in 0…1 between a share of all ordered pairs.
func randomDigraph(n int, share float64, seed uint64) *Digraph {
	s := rng.New(seed, "graph/random-test")
	w := make([]float64, n*n)
	for i := range w {
		if i/n != i%n && s.Float64() < share {
			w[i] = s.Float64()
		}
	}
	return FromMatrix(n, w)
}

// BenchmarkTopology measures random graphs of 10 % density on all cores.
func BenchmarkTopology(b *testing.B) {
	for _, n := range []int{312, 2000} {
		g := randomDigraph(n, 0.1, 1)
		s := g.Averaged()
		u := g.Union()
		halves := make([]int, n)
		for i := range halves {
			halves[i] = 2 * i / n
		}
		for _, m := range []struct {
			name string
			do   func()
		}{
			{"clustering", func() { g.Clustering() }},
			{"clustering-weighted", func() { g.ClusteringOnnela() }},
			{"clustering-undirected", func() { u.Clustering() }},
			{"clustering-barrat", func() { s.ClusteringBarrat() }},
			{"paths", func() { g.Paths() }},
			{"paths-weighted", func() { g.WeightedPaths() }},
			{"local", func() { g.LocalEfficiency() }},
			{"local-weighted", func() { g.LocalEfficiencyWang() }},
			{"betweenness", func() { g.Betweenness() }},
			{"betweenness-weighted", func() { g.WeightedBetweenness() }},
			{"triads", func() { g.Triads() }},
			{"simplices", func() { g.DirectedSimplices(3) }},
			{"rich-club", func() { g.RichClub() }},
			{"rich-club-weighted", func() { g.WeightedRichClub(false) }},
			{"core-periphery", func() { g.CorePeriphery(1) }},
			{"matching", func() { g.Matching() }},
			{"core-numbers", func() { u.CoreNumbers() }},
			{"assortativity", func() { g.DegreeAssortativity(OutIn) }},
			{"assortativity-undirected", func() { u.Assortativity() }},
			{"reciprocity", func() { g.Reciprocity() }},
			{"transitivity", func() { u.Transitivity() }},
			{"participation", func() { g.Participation(halves) }},
			{"communicability", func() { g.Communicability() }},
			{"spectrum", func() { g.Spectrum() }},
			{"propensity", func() { _, _ = SmallWorldPropensityOf(s.Matrix(), n, 5, 1) }},
			{"null-of-equal-density", func() { u.EqualDensity().Draw(1, 1).Statistics() }},
		} {
			b.Run(fmt.Sprintf("measure=%s/n=%d", m.name, n), func(b *testing.B) {
				for b.Loop() {
					m.do()
				}
			})
		}
	}
}

// TestEdgesOneByOne compares reciprocity and assortativity, which go row by row, with sums over
// single edges, autapses among them.
func TestEdgesOneByOne(t *testing.T) {
	s := rng.New(5, "graph/edges-test")
	for _, n := range []int{1, 2, 7, 64, 90} {
		var edges []Edge
		for i := range n {
			for j := range n {
				if s.Float64() < 0.15 {
					edges = append(edges, Edge{i, j, 3*s.Float64() - 1})
				}
			}
		}
		g, err := FromEdges(n, edges)
		if err != nil {
			t.Fatal(err)
		}
		both, all := 0, 0
		for _, e := range g.Edges() {
			if e.Pre != e.Post {
				all++
				if g.Weight(e.Post, e.Pre) != 0 {
					both++
				}
			}
		}
		near(t, "reciprocity", g.Reciprocity(), float64(both)/float64(all), 0)
		in, out := g.degrees()
		si, so := g.Strengths()
		for _, k := range []Ends{BothEnds, OutIn, InOut, OutOut, InIn} {
			pairs := func(pre, post []float64) (a, b []float64) {
				for _, e := range g.Edges() {
					if e.Pre != e.Post {
						a, b = append(a, pre[e.Pre]), append(b, post[e.Post])
					}
				}
				return a, b
			}
			newman := func(a, b []float64) float64 {
				ends := append(slices.Clone(a), b...)
				m, product := mean(ends), 0.0
				for i := range a {
					product += (a[i] - m) * (b[i] - m) / float64(len(a))
				}
				variance := 0.0
				for _, x := range ends {
					variance += (x - m) * (x - m) / float64(len(ends))
				}
				if variance <= 1e-12*m*m {
					return math.NaN()
				}
				return product / variance
			}
			a, b := pairs(k.of(in, out))
			near(t, "assortativity", g.DegreeAssortativity(k), correlation(a, b), 1e-12)
			near(t, "assortativity after Newman", g.NewmanAssortativity(k), newman(a, b), 1e-12)
			a, b = pairs(k.of(si, so))
			near(t, "assortativity of strengths", g.StrengthAssortativity(k), newman(a, b), 1e-9)
		}
		u := g.Union()
		a, b := []float64(nil), []float64(nil)
		for i := range n {
			u.Neighbours(i, func(j int) { a, b = append(a, float64(u.Degree(i))), append(b, float64(u.Degree(j))) })
		}
		near(t, "assortativity, undirected", u.Assortativity(), correlation(a, b), 1e-12)
	}
}

// TestCores: the results have the same bits on one core and on several.
func TestCores(t *testing.T) {
	g := randomDigraph(90, 0.1, 2)
	somata := make([][3]float64, g.n)
	s := rng.New(3, "graph/somata-test")
	for i := range somata {
		somata[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	w, err := g.Wiring(somata)
	if err != nil {
		t.Fatal(err)
	}
	all := func() []float64 {
		p, q := g.Paths(), g.WeightedPaths()
		x := []float64{p.Length, p.Efficiency, q.Length, q.Efficiency, w.LengthConstant(), w.CostOfShuffledSomata(20, 1).Z}
		return slices.Concat(x, g.Betweenness(), g.WeightedBetweenness(), g.LocalEfficiency(), g.LocalEfficiencyWang(), g.Averaged().ClusteringBarrat())
	}
	cores := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(cores)
	want := all()
	runtime.GOMAXPROCS(3)
	if got := all(); !slices.Equal(got, want) {
		t.Error("results depend on the number of cores")
	}
}

// TestNaive compares measures that have shortcuts with their plain definitions, on graphs
// in pieces too.
func TestNaive(t *testing.T) {
	for seed, share := range []float64{0.01, 0.03, 0.1, 0.4} {
		g := randomDigraph(70, share, uint64(seed))
		got, want := g.WeightedDistances(), floyd(g)
		for i := range want {
			if got[i] != want[i] && !(math.Abs(got[i]-want[i]) <= 1e-12*want[i]) {
				t.Fatalf("density %g: distance %d → %d: want %g, got %g", share, i/g.n, i%g.n, want[i], got[i])
			}
		}
		var total int64
		census := g.Triads()
		for _, x := range census {
			total += x
		}
		if n := int64(g.n); total != n*(n-1)*(n-2)/6 || census != naiveTriads(g) {
			t.Errorf("density %g: triads %v, want %v", share, census, naiveTriads(g))
		}
		binary, weighted := g.Betweenness(), g.Binary().WeightedBetweenness()
		for i := range binary {
			near(t, "betweenness", binary[i], weighted[i], 1e-9)
		}
	}
}

// floyd returns all distances by the algorithm of Floyd and Warshall.
func floyd(g *Digraph) []float64 {
	n := g.n
	d := make([]float64, n*n)
	for i := range d {
		d[i] = math.Inf(1)
		if i/n == i%n {
			d[i] = 0
		}
	}
	for _, e := range g.Edges() {
		d[e.Pre*n+e.Post] = 1 / e.Weight
	}
	for k := range n {
		for i := range n {
			for j := range n {
				d[i*n+j] = min(d[i*n+j], d[i*n+k]+d[k*n+j])
			}
		}
	}
	return d
}

func naiveTriads(g *Digraph) (t Triads) {
	for a := range g.n {
		for b := a + 1; b < g.n; b++ {
			for c := b + 1; c < g.n; c++ {
				code := 0
				for bit, e := range [][2]int{{a, b}, {b, a}, {a, c}, {c, a}, {b, c}, {c, b}} {
					if g.Weight(e[0], e[1]) != 0 {
						code |= 1 << bit
					}
				}
				t[triadOf[code]]++
			}
		}
	}
	return t
}

// TestLittleGraphs: graphs of no, one and two nodes, and without edges, give numbers or
// NaN and do not panic.
func TestLittleGraphs(t *testing.T) {
	for n := range 4 {
		for _, edges := range [][]Edge{nil, {{0, 0, 1}}, {{0, n - 1, 2}}, {{0, n - 1, -2}, {n - 1, 0, 1}}} {
			if n == 0 && edges != nil {
				continue
			}
			g, err := FromEdges(n, edges)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range [][]float64{g.Clustering(), g.ClusteringOnnela(), g.ClusteringBarrat(), g.ClusteringZhang(), g.ClusteringOut(),
				g.Betweenness(), g.WeightedBetweenness(), g.LocalEfficiency(), g.LocalEfficiencyWang(), g.LocalEfficiencyRubinov()} {
				if len(x) != n {
					t.Errorf("%d nodes: %d values", n, len(x))
				}
			}
			g.Paths()
			g.WeightedPaths()
			g.RichClub()
			g.Union().RichClub()
			g.Union().NormalisedRichClub(2, 1)
			g.Union().CoreNumbers()
			g.WeightedRichClub(false)
			g.CorePeriphery(1)
			g.DirectedSimplices(3)
			g.Matching()
			g.Communicability()
			g.Exponential()
			g.Spectrum()
			g.Scaled()
			for _, quantile := range []float64{0.9, -1, 2, math.NaN()} {
				g.Strongest(quantile)
			}
			if c := g.Triads(); n < 3 && c != (Triads{}) {
				t.Errorf("%d nodes: triads %v", n, c)
			}
			if _, err := g.Participation(make([]int, n+1)); err == nil {
				t.Error("too many modules were taken")
			}
			if r := g.DegreeAssortativity(OutIn); !math.IsNaN(r) {
				t.Errorf("%d nodes: assortativity %g", n, r)
			}
			w, err := g.Wiring(make([][3]float64, n))
			if err != nil {
				t.Fatal(err)
			}
			w.WeightDistance()
			w.LengthConstant()
			w.CostOfShuffledWeights()
			w.CostOfShuffledSomata(3, 1)
		}
	}
}

// TestLengthConstant recovers the λ that weights were made with, and knows of weights that
// do not fall with distance.
func TestLengthConstant(t *testing.T) {
	const n, λ = 300, 40.0
	s := rng.New(5, "graph/length-test")
	somata := make([][3]float64, n)
	for i := range somata {
		somata[i] = [3]float64{200 * s.Float64(), 200 * s.Float64(), 200 * s.Float64()}
	}
	near, far := make([]float64, n*n), make([]float64, n*n)
	for i := range near {
		d := apart(somata[i/n], somata[i%n])
		if s.Float64() < math.Exp(-d/λ) {
			near[i] = s.Exp()
		}
		far[i] = d
	}
	w, err := FromMatrix(n, near).Wiring(somata)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.LengthConstant(); math.Abs(got-λ) > 2 {
		t.Errorf("want %g µm, got %g", λ, got)
	}
	if w, err = FromMatrix(n, far).Wiring(somata); err != nil {
		t.Fatal(err)
	}
	if got := w.LengthConstant(); !math.IsNaN(got) {
		t.Errorf("weights that grow with distance have the length constant %g µm", got)
	}
}

// TestWiringNulls: the exact mean and SD are those of shuffles, and independent weights
// lie within them.
func TestWiringNulls(t *testing.T) {
	const n, shuffles = 30, 4000
	s := rng.New(6, "graph/null-test")
	somata := make([][3]float64, n)
	for i := range somata {
		somata[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	g := randomDigraph(n, 0.2, 7)
	w, err := g.Wiring(somata)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []float64
	for i := range n * n {
		if i/n != i%n {
			pairs = append(pairs, apart(somata[i/n], somata[i%n]))
		}
	}
	costs := make([]float64, shuffles)
	for k := range costs {
		order := s.Perm(len(pairs))
		for e, x := range g.weight {
			costs[k] += x * pairs[order[e]]
		}
	}
	got, m := w.CostOfShuffledWeights(), mean(costs)
	near(t, "mean", got.Mean, m, 4*got.SD/math.Sqrt(shuffles))
	near(t, "SD", got.SD, deviation(costs, m), 4*got.SD/math.Sqrt(2*shuffles))
	still := make([]int, n)
	for i := range still {
		still[i] = i
	}
	near(t, "cost with every soma in its place", w.costAt(still, w.between()()), w.Cost(), 1e-9)
	for name, test := range map[string]NullTest{"weights": got, "somata": w.CostOfShuffledSomata(500, 1)} {
		if !(test.P > 0.001 && test.P <= 1) || math.Abs(test.Z) > 3.5 {
			t.Errorf("%s: independent weights have z = %.2f, p = %.3g", name, test.Z, test.P)
		}
	}
}
