package graph

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"biornn/internal/rng"
)

// scatteredGraph is an undirected graph of random density with places for its nodes.
func scatteredGraph(t *rapid.T) (*Undirected, [][3]float64) {
	n := rapid.IntRange(4, 70).Draw(t, "n")
	s := rng.New(rapid.Uint64().Draw(t, "seed"), "scattered")
	places := make([][3]float64, n)
	for i := range places {
		places[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	pairs := n * (n - 1) / 2
	return scattered(n, rapid.IntRange(2, pairs).Draw(t, "links"), s), places
}

func distanceOf(p [][3]float64) func(i, j int) float64 {
	return func(i, j int) float64 {
		sum := 0.0
		for k := range 3 {
			sum += (p[i][k] - p[j][k]) * (p[i][k] - p[j][k])
		}
		return math.Sqrt(sum)
	}
}

// TestNullModelsKeep what they say, are drawn from named streams and hold no self-loops.
func TestNullModelsKeep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, places := scatteredGraph(t)
		length := distanceOf(places)
		lengths, err := g.EqualLengths(length, 5)
		if err != nil {
			t.Fatal(err)
		}
		models := []NullModel{g.EqualDensity(), g.EqualDegrees(), g.Lattice(), lengths}
		_, pieces := g.Components()
		for _, m := range models {
			restricted, err := m.Connected()
			if want := pieces == 1 && m.rounds > 0; want != (err == nil) {
				t.Errorf("%s: connected: %v with %d pieces", m.Name, err, pieces)
			} else if want {
				models = append(models, restricted)
			}
		}
		for _, m := range models {
			r := m.Draw(3, 5)
			if !slices.Equal(r.rows, m.Draw(3, 5).rows) {
				t.Errorf("%s: two draws of the same name differ", m.Name)
			}
			if r.Len() != g.Len() {
				t.Errorf("%s: %d links, want %d", m.Name, r.Len(), g.Len())
			}
			for i := range g.n {
				if r.Has(i, i) || m.rounds > 0 && r.Degree(i) != g.Degree(i) {
					t.Errorf("%s: node %d: degree %d, want %d", m.Name, i, r.Degree(i), g.Degree(i))
				}
				r.Neighbours(i, func(j int) {
					if !r.Has(j, i) {
						t.Errorf("%s: %d–%d one way only", m.Name, i, j)
					}
				})
			}
			if _, k := r.Components(); m.connected && k != 1 {
				t.Errorf("%s: %d pieces", m.Name, k)
			}
		}
		if got, want := histogram(lengths.Draw(1, 1), g, length, 5), histogram(g, g, length, 5); !slices.Equal(got, want) {
			t.Errorf("lengths: %v, want %v", got, want)
		}
	})
}

// histogram counts the links of g in quantile bins of the lengths of another graph.
func histogram(g, like *Undirected, length func(i, j int) float64, bins int) []int {
	var sorted []float64
	for _, p := range like.Pairs() {
		sorted = append(sorted, length(p[0], p[1]))
	}
	slices.Sort(sorted)
	out := make([]int, bins)
	for _, p := range g.Pairs() {
		k := 0
		for k < bins-1 && length(p[0], p[1]) > sorted[(k+1)*len(sorted)/bins] {
			k++
		}
		out[k]++
	}
	return out
}

// TestNullsMoveAway: nulls are not the graph they come from, and have the clustering that
// their model makes.
func TestNullsMoveAway(t *testing.T) {
	const n = 100
	s := rng.New(4, "away")
	places := make([][3]float64, n)
	for i := range places {
		places[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	length := distanceOf(places)
	var pairs [][2]int
	for i := range n {
		for j := range i {
			if s.Float64() < math.Exp(-7*length(i, j)) {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	g, err := NewUndirected(n, pairs)
	if err != nil {
		t.Fatal(err)
	}
	lengths, err := g.EqualLengths(length, LengthBins)
	if err != nil {
		t.Fatal(err)
	}
	c := map[string]float64{}
	for _, m := range []NullModel{g.EqualDensity(), g.EqualDegrees(), g.Lattice(), lengths} {
		r, same := m.Draw(1, 1), 0
		for _, p := range pairs {
			if r.Has(p[0], p[1]) {
				same++
			}
		}
		share := float64(same) / float64(len(pairs))
		c[m.Name] = MeanStatistics(m.Statistics(10, 1)).Clustering
		t.Logf("%s: %.0f %% of the links stay, clustering %.3f (own %.3f)", m.Name, 100*share, c[m.Name], g.MeanClustering())
		if share > 0.5 {
			t.Errorf("%s: %.0f %% of the links are where they were", m.Name, 100*share)
		}
	}
	if !(c["equal density"] < c["equal lengths"] && c["equal lengths"] <= g.MeanClustering()+0.03 && c["lattice"] > g.MeanClustering()) {
		t.Errorf("clustering of the nulls: %v, own %.3f", c, g.MeanClustering())
	}
}

// TestNullsAgainstStored: ensembles have the means of those that bctpy drew of the same
// graphs.
func TestNullsAgainstStored(t *testing.T) {
	for _, name := range []string{"karate", "modular100", "ring24k4"} {
		f := readNulls(t, "smallworld_"+name+".json")
		w, n := f.matrix(t, "A")
		g, err := Binarise(w, n, 0)
		if err != nil {
			t.Fatal(err)
		}
		random, err := g.EqualDegrees().Connected()
		if err != nil {
			t.Fatal(err)
		}
		lattice, err := g.Lattice().Connected()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			what   string
			ours   []Statistics
			stored []Statistics
			equal  bool
		}{{"random", random.Statistics(200, 1), statisticsOf(t, n, f.RandomNulls), true}, {"lattice", lattice.Statistics(50, 1), statisticsOf(t, n, f.LatticeNulls), false}} {
			a, b := MeanStatistics(c.ours), MeanStatistics(c.stored)
			t.Logf("%s %s: C %.4f (stored %.4f), L %.4f (%.4f)", name, c.what, a.Clustering, b.Clustering, a.Length, b.Length)
			sd := 0.0
			for _, x := range c.stored {
				sd += (x.Clustering - b.Clustering) * (x.Clustering - b.Clustering) / 9
			}
			if c.equal {
				near(t, name+" clustering of random nulls", a.Clustering, b.Clustering, 4*math.Sqrt(sd/10))
			} else if a.Clustering < b.Clustering-4*math.Sqrt(sd/10) {
				t.Errorf("%s: our lattices have clustering %.3f, the stored ones %.3f", name, a.Clustering, b.Clustering)
			}
		}
	}
}

// degrees are what a signed directed null may keep: for each node the numbers of positive
// and negative edges out and in, and the strengths of each sign.
func degrees(g *Digraph) (counts, strengths []float64) {
	counts, strengths = make([]float64, 4*g.N()), make([]float64, 4*g.N())
	for _, e := range g.Edges() {
		if e.Pre == e.Post {
			continue
		}
		k := sign(e)
		for _, at := range []int{4*e.Pre + k, 4*e.Post + 2 + k} {
			counts[at]++
			strengths[at] += e.Weight
		}
	}
	return counts, strengths
}

func weights(g *Digraph) []float64 {
	var out []float64
	for _, e := range g.Edges() {
		out = append(out, e.Weight)
	}
	slices.Sort(out)
	return out
}

func TestDirectedNullsKeep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		counts, strong := degrees(g)
		strengths, dev := g.RewireStrengths(5, rng.New(1, "strengths"))
		nulls := map[string]*Digraph{
			"rewired":   g.Rewire(5, rng.New(1, "rewired"), nil),
			"lattice":   g.Latticise(20, rng.New(1, "lattice")),
			"permuted":  g.PermuteWeights(rng.New(1, "permuted")),
			"signed":    g.RewireSigned(5, rng.New(1, "signed")),
			"strengths": strengths,
		}
		connected, err := g.RewireConnected(5, rng.New(1, "connected"))
		if err == nil {
			nulls["connected"] = connected
			u, _ := NewUndirected(g.N(), edgePairs(connected))
			if _, k := u.Components(); k != 1 {
				t.Errorf("connected: %d pieces", k)
			}
		} else if u, _ := NewUndirected(g.N(), edgePairs(g)); u != nil {
			if _, k := u.Components(); k == 1 {
				t.Error(err)
			}
		}
		for name, r := range nulls {
			if !slices.Equal(weights(r), weights(g)) {
				t.Errorf("%s: the weights are others", name)
			}
			for i := range g.N() {
				if r.Weight(i, i) != g.Weight(i, i) {
					t.Errorf("%s: self-loop %d changed", name, i)
				}
			}
			c, s := degrees(r)
			for i, want := range counts {
				if i%2 == 1 {
					continue
				}
				if both := want + counts[i+1]; c[i]+c[i+1] != both {
					t.Errorf("%s: degree %d: got %g, want %g", name, i, c[i]+c[i+1], both)
				}
				if signed := name == "signed" || name == "strengths"; signed && (c[i] != want || c[i+1] != counts[i+1]) {
					t.Errorf("%s: signed degree %d: got %g and %g, want %g and %g", name, i, c[i], c[i+1], want, counts[i+1])
				}
				if out := i%4 == 0; out && name == "signed" && math.Abs(s[i]-strong[i])+math.Abs(s[i+1]-strong[i+1]) > 1e-9 {
					t.Errorf("%s: out-strength %d changed", name, i)
				}
			}
		}
		checkDeviation(t, g, strengths, dev)
	})
}

// TestDirectedLengths: edges of a directed null stay in their bins of length, and degrees
// are kept.
func TestDirectedLengths(t *testing.T) {
	g := planted(80, 4, 5, 5, 1)
	length := func(i, j int) float64 { return math.Abs(float64(i - j)) }
	var lengths []float64
	for _, e := range g.Edges() {
		lengths = append(lengths, length(e.Pre, e.Post))
	}
	keep, err := KeepLengths(80, length, lengths, 4)
	if err != nil {
		t.Fatal(err)
	}
	r := g.Rewire(50, rng.New(1, "lengths"), keep)
	slices.Sort(lengths)
	count := func(g *Digraph) (out [4]int) {
		for _, e := range g.Edges() {
			k := 0
			for k < 3 && length(e.Pre, e.Post) > lengths[(k+1)*len(lengths)/4] {
				k++
			}
			out[k]++
		}
		return out
	}
	if count(r) != count(g) {
		t.Errorf("lengths: %v, want %v", count(r), count(g))
	}
	a, _ := degrees(g)
	b, _ := degrees(r)
	if !slices.Equal(a, b) {
		t.Error("the degrees changed")
	}
	if slices.Equal(r.post, g.post) {
		t.Error("nothing was rewired")
	}
	for name, f := range map[string]func() error{
		"bins": func() error { _, err := KeepLengths(80, length, lengths, 0); return err },
		"NaN":  func() error { _, err := KeepLengths(80, length, []float64{math.NaN()}, 4); return err },
	} {
		if f() == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

func edgePairs(g *Digraph) [][2]int {
	var out [][2]int
	for _, e := range g.Edges() {
		out = append(out, [2]int{e.Pre, e.Post})
	}
	return out
}

// checkDeviation recomputes how far strengths are off.
func checkDeviation(t *rapid.T, g, null *Digraph, dev StrengthDeviation) {
	_, want := degrees(g)
	_, got := degrees(null)
	var off, of [2]float64
	for i := range want {
		side := i % 4 / 2
		off[side] += (got[i] - want[i]) * (got[i] - want[i])
		of[side] += want[i] * want[i]
	}
	for side, x := range []float64{dev.Out, dev.In} {
		if math.Abs(x-math.Sqrt(off[side]/of[side])) > 1e-6 {
			t.Errorf("deviation: got %g, want %g", x, math.Sqrt(off[side]/of[side]))
		}
	}
}

// TestStrengthsFit: the strengths of a full graph are kept within a percent, those of one
// with four negative edges a node as well as so few weights of a long tail can; and edges do
// not stay where they are, neither in a sparse graph nor signs in a full one.
func TestStrengthsFit(t *testing.T) {
	for density, most := range map[float64]float64{0.1: 0.14, 1: 0.01} {
		s := rng.New(2, "strengths")
		var edges []Edge
		const n = 120
		for i := range n {
			for j := range n {
				if i != j && s.Float64() < density {
					w := s.LogNormal(0, 1)
					if s.Float64() < 0.3 {
						w = -w
					}
					edges = append(edges, Edge{i, j, w})
				}
			}
		}
		g, err := FromEdges(n, edges)
		if err != nil {
			t.Fatal(err)
		}
		r, dev := g.RewireStrengths(10, rng.New(1, "fit"))
		same := 0
		for _, e := range edges {
			if w := r.Weight(e.Pre, e.Post); w != 0 && w > 0 == (e.Weight > 0) {
				same++
			}
		}
		share := float64(same) / float64(len(edges))
		t.Logf("density %g: off by %.2g out and %.2g in; %.0f %% keep their sign", density, dev.Out, dev.In, 100*share)
		if dev.Out > most || dev.In > most {
			t.Errorf("density %g: strengths are off by %.3g out and %.3g in", density, dev.Out, dev.In)
		}
		if chance := density * (0.7*0.7 + 0.3*0.3); share > chance+0.1 {
			t.Errorf("density %g: %.0f %% of the edges keep their sign, by chance %.0f %%", density, 100*share, 100*chance)
		}
	}
}

func BenchmarkNulls(b *testing.B) {
	const n = 312
	s := rng.New(1, "bench")
	w := make([]float64, n*n)
	places := make([][3]float64, n)
	for i := range w {
		w[i] = s.Norm()
	}
	for i := range places {
		places[i] = [3]float64{s.Float64(), s.Float64(), s.Float64()}
	}
	g, err := Binarise(w, n, 0.9)
	if err != nil {
		b.Fatal(err)
	}
	lengths, err := g.EqualLengths(distanceOf(places), LengthBins)
	if err != nil {
		b.Fatal(err)
	}
	connected, err := g.EqualDegrees().Connected()
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range []NullModel{g.EqualDensity(), g.EqualDegrees(), connected, g.Lattice(), lengths} {
		b.Run(fmt.Sprintf("undirected/%s/n=%d", m.Name, n), func(b *testing.B) {
			k := uint64(0)
			for b.Loop() {
				k++
				m.Draw(1, k).Statistics()
			}
		})
	}
	b.Run(fmt.Sprintf("undirected/equal degrees=1000/n=%d", n), func(b *testing.B) { // with -cpu 1: one core
		for b.Loop() {
			g.DegreeNulls(1000, 1)
		}
	})
	sparse := planted(n, 6, 15, 15, 1)
	dense := FromMatrix(n, w)
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"rewired", func() { sparse.Rewire(10, rng.New(1, "b"), nil) }},
		{"connected", func() { _, _ = sparse.RewireConnected(10, rng.New(1, "b")) }},
		{"signed-full", func() { dense.RewireSigned(10, rng.New(1, "b")) }},
		{"strengths", func() { sparse.RewireStrengths(10, rng.New(1, "b")) }},
	} {
		b.Run(fmt.Sprintf("directed/%s/n=%d", c.name, n), func(b *testing.B) {
			for b.Loop() {
				c.do()
			}
		})
	}
}
