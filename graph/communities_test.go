package graph

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"biornn/internal/rng"
)

// directed returns the graph of a stored matrix, whose rows are pre.
func (f goldenFile) directed(t *testing.T, key string) *Digraph {
	t.Helper()
	w, n := f.matrix(t, key)
	turned := make([]float64, len(w))
	for i := range n {
		for j := range n {
			turned[i*n+j] = w[j*n+i]
		}
	}
	return FromMatrix(n, turned)
}

func ints(v any) []int {
	var out []int
	for _, x := range v.([]any) {
		out = append(out, int(x.(float64)))
	}
	return out
}

// TestModularityOfGivenPartitions: every case of a fixed partition, γ 0.5, 1 and 2.
func TestModularityOfGivenPartitions(t *testing.T) {
	cases := 0
	for _, name := range []string{"karate.json", "ring24k4.json", "spatial60.json", "modular100.json"} {
		f := golden(t, name)
		for _, c := range f.Cases {
			if c.ID != "modularity_Q_fixed" {
				continue
			}
			cases++
			gamma := c.Params["gamma"].(float64)
			q, err := f.directed(t, c.Input.(string)).Modularity(f.Partition, NegativeAsymmetric, gamma)
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("%s %v γ=%g", name, c.Input, gamma), q, c.Value.(float64), max(c.Tol, 1e-12))
		}
	}
	if cases < 16 {
		t.Errorf("only %d cases", cases)
	}
}

// TestModularityOfSignedPartitions: every fixed case of the signed graphs.
func TestModularityOfSignedPartitions(t *testing.T) {
	f := golden(t, "signed30.json")
	cases := 0
	check := func(input string, form Form, want, tol float64) {
		t.Helper()
		cases++
		q, err := f.directed(t, input).Modularity(f.Partition, form, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, input+" "+string(form), q, want, max(tol, 1e-12))
	}
	for _, c := range f.Cases {
		input, _ := c.Input.(string)
		switch c.ID {
		case "modularity_signed_fixed_sta":
			check(input, NegativeAsymmetric, c.Value.(float64), c.Tol)
		case "modularity_signed_fixed_gja":
			check(input, NegativeSymmetric, c.Value.(float64), c.Tol)
		case "modularity_signed_fixed_smp":
			check(input, Simple, c.Value.(float64), c.Tol)
		case "modularity_signed_fixed_pos":
			check(input, PositiveOnly, c.Value.(float64), c.Tol)
		case "modularity_signed_components":
			v := c.Value.(map[string]any)
			check(input, PositiveOnly, v["Qpos"].(float64), c.Tol)
			check(input, NegativeOnly, -v["Qneg"].(float64), c.Tol)
			check(input, NegativeSymmetric, v["negative_sym"].(float64), c.Tol)
			check(input, NegativeAsymmetric, v["negative_asym"].(float64), c.Tol)
		}
	}
	if cases != 12 {
		t.Errorf("%d cases, want 12", cases)
	}
}

// TestOptimisedModularity: the best Q known for every golden graph is reached, and the
// mean over restarts is not below that of NetworkX's Louvain.
func TestOptimisedModularity(t *testing.T) {
	for _, name := range []string{"karate.json", "ring24k4.json", "spatial60.json", "modular100.json", "signed30.json"} {
		f := golden(t, name)
		for _, c := range f.Cases {
			v, _ := c.Value.(map[string]any)
			best, form, floor := 0.0, NegativeAsymmetric, math.Inf(-1)
			switch c.ID {
			case "modularity_Q_optimised":
				best, floor = v["best_known"].(float64), v["nx_louvain_mean"].(float64)
			case "modularity_Q_exact_optimum":
				best = v["q"].(float64)
			case "modularity_und_spectral", "modularity_dir_spectral":
				best = v["matlab_q"].(float64)
			case "modularity_signed_best_negative_sym":
				best, form = v["best"].(float64), NegativeSymmetric
			case "modularity_signed_best_negative_asym":
				best = v["best"].(float64)
			default:
				continue
			}
			g := f.directed(t, c.Input.(string))
			for _, method := range []Method{MethodLeiden, MethodLouvain} {
				cfg := DefaultCommunityConfig()
				cfg.Method, cfg.Form = method, form
				got, err := g.Communities(cfg)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%s %v %s: best %.6f (known %.6f), mean %.6f, %d communities", name, c.Input, method, got.Q, best, got.MeanQ, got.Count)
				if method == MethodLeiden && got.Q < best-1e-9 {
					t.Errorf("%s %v %s: Q = %.9f, best known %.9f", name, c.Input, c.ID, got.Q, best)
				}
				if method == MethodLouvain {
					floor -= 0.002 // three standard errors of the means of 40 and 100 restarts
				}
				if got.Q < 0.99*best || got.MeanQ < floor {
					t.Errorf("%s %v %s: best %.6f of %.6f, mean %.6f of at least %.6f", name, c.Input, method, got.Q, best, got.MeanQ, floor)
				}
				again, err := g.Modularity(got.Of, form, 1)
				near(t, "Q of its own partition", again, got.Q, 1e-12)
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestSeedPaperCommunities: the directed Q of |W|, self-loops counted, is at least what
// the spectral method of the MATLAB toolbox finds.
func TestSeedPaperCommunities(t *testing.T) {
	f := golden(t, "seedpaper_sernn100.json")
	w, n := f.matrix(t, "W")
	for i, x := range w {
		w[i] = math.Abs(x)
	}
	got, err := FromMatrix(n, w).Communities(DefaultCommunityConfig())
	if err != nil {
		t.Fatal(err)
	}
	if want := f.value(t, "sheeran_modularity_dir_q"); got.Q < want-1e-9 {
		t.Errorf("Q = %.6f, the spectral method has %.6f", got.Q, want)
	}
}

// drawn is a random graph: sparse or dense, directed or not, signed or not.
func drawn(t *rapid.T) *Digraph {
	n := rapid.IntRange(2, 40).Draw(t, "n")
	s := rng.New(rapid.Uint64().Draw(t, "seed"), "drawn")
	density := rapid.SampledFrom([]float64{0.05, 0.2, 0.6}).Draw(t, "density")
	signed, symmetric := rapid.Bool().Draw(t, "signed"), rapid.Bool().Draw(t, "symmetric")
	edges := []Edge{{0, 1, 2}, {1, 0, 2}} // more than what may be drawn there: some weight stays positive
	for i := range n {
		for j := range n {
			if symmetric && j > i || s.Float64() > density {
				continue
			}
			w := 0.1 + s.Float64()
			if signed && s.Float64() < 0.4 {
				w = -w
			}
			edges = append(edges, Edge{i, j, w})
			if symmetric && i != j {
				edges = append(edges, Edge{j, i, w})
			}
		}
	}
	g, err := FromEdges(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// direct is Q of one sign's weights by its definition.
func direct(g *Digraph, of []int, gamma, sign float64) (q, total float64) {
	n := g.N()
	out, in := make([]float64, n), make([]float64, n)
	for _, e := range g.Edges() {
		w := max(sign*e.Weight, 0)
		out[e.Pre] += w
		in[e.Post] += w
		total += w
	}
	for i := range n {
		for j := range n {
			if of[i] == of[j] && total > 0 {
				q += (max(sign*g.Weight(i, j), 0) - gamma*out[i]*in[j]/total) / total
			}
		}
	}
	return q, total
}

func TestModularityByItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		of := rapid.SliceOfN(rapid.IntRange(0, 5), g.N(), g.N()).Draw(t, "partition")
		gamma := rapid.Float64Range(0, 3).Draw(t, "γ")
		plus, sp := direct(g, of, gamma, 1)
		minus, sn := direct(g, of, gamma, -1)
		want := map[Form]float64{
			NegativeAsymmetric: plus - sn/(sp+sn)*minus,
			NegativeSymmetric:  (sp*plus - sn*minus) / (sp + sn),
			Simple:             plus - minus, PositiveOnly: plus, NegativeOnly: -minus,
		}
		for _, form := range []Form{NegativeAsymmetric, NegativeSymmetric, Simple, PositiveOnly, NegativeOnly} {
			got, err := g.Modularity(of, form, gamma)
			if form == NegativeOnly && sn == 0 {
				if err == nil {
					t.Fatal("Q of no edges was given")
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got-want[form]) > 1e-11 {
				t.Errorf("%s: got %.15g, want %.15g", form, got, want[form])
			}
		}
	})
}

// TestCommunitiesProperties: one community of all nodes has Q = 0 at γ = 1 and is never
// better than what is found; Q depends on no labels; Leiden's communities are connected;
// no single node gains by going elsewhere.
func TestCommunitiesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawn(t)
		form := rapid.SampledFrom([]Form{NegativeAsymmetric, NegativeSymmetric, Simple, PositiveOnly}).Draw(t, "form")
		one, err := g.Modularity(make([]int, g.N()), form, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(one) > 1e-12 {
			t.Errorf("Q of one community: %g", one)
		}
		cfg := CommunityConfig{Form: form, Gamma: rapid.SampledFrom([]float64{0.5, 1, 2}).Draw(t, "γ"), Restarts: 3, Seed: 7}
		for _, method := range []Method{MethodLeiden, MethodLouvain} {
			cfg.Method = method
			got, err := g.Communities(cfg)
			if err != nil {
				t.Fatal(err)
			}
			if cfg.Gamma == 1 && form == PositiveOnly && got.Q < -1e-12 {
				t.Errorf("%s: Q = %g, less than of one community", method, got.Q)
			}
			again, _ := g.Communities(cfg)
			if !slices.Equal(again.Of, got.Of) || again.Q != got.Q {
				t.Errorf("%s: two calls differ", method)
			}
			p := rng.New(3, "labels").Perm(g.N())
			moved := make([]int, g.N())
			var edges []Edge
			for _, e := range g.Edges() {
				edges = append(edges, Edge{p[e.Pre], p[e.Post], e.Weight})
			}
			for i, c := range got.Of {
				moved[p[i]] = 100 - c
			}
			renamed, _ := FromEdges(g.N(), edges)
			if q, _ := renamed.Modularity(moved, form, cfg.Gamma); math.Abs(q-got.Q) > 1e-12 {
				t.Errorf("%s: Q = %g after renaming, was %g", method, q, got.Q)
			}
			if method == MethodLeiden {
				connectedCommunities(t, g, form, got)
			}
		}
	})
}

// connectedCommunities fails if a community falls into pieces that no positive link joins.
func connectedCommunities(t *rapid.T, g *Digraph, form Form, c Communities) {
	q, err := newQuality(g, form, 1)
	if err != nil {
		t.Fatal(err)
	}
	for k, run := range c.Runs {
		of, count := compact(run)
		if _, pieces := q.pieces(of); pieces != count {
			t.Errorf("restart %d: %d communities in %d pieces", k, count, pieces)
		}
	}
}

func TestCommunitiesRefuse(t *testing.T) {
	g, _ := FromEdges(3, []Edge{{0, 1, 1}, {1, 2, 2}})
	bad, _ := FromEdges(2, []Edge{{0, 1, math.Inf(1)}})
	empty, _ := FromEdges(3, nil)
	ok := CommunityConfig{Restarts: 1, Gamma: 1}
	for name, f := range map[string]func() error{
		"restarts":  func() error { _, err := g.Communities(CommunityConfig{Gamma: 1}); return err },
		"method":    func() error { _, err := g.Communities(CommunityConfig{Method: "x", Restarts: 1}); return err },
		"form":      func() error { _, err := g.Communities(CommunityConfig{Form: "x", Restarts: 1}); return err },
		"rounds":    func() error { _, err := g.Communities(CommunityConfig{Rounds: -1, Restarts: 1}); return err },
		"γ":         func() error { _, err := g.Communities(CommunityConfig{Gamma: math.NaN(), Restarts: 1}); return err },
		"infinity":  func() error { _, err := bad.Communities(ok); return err },
		"no edges":  func() error { _, err := empty.Communities(ok); return err },
		"partition": func() error { _, err := g.Modularity([]int{1}, "", 1); return err },
		"sign":      func() error { _, err := g.Modularity(make([]int, 3), NegativeOnly, 1); return err },
	} {
		if f() == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// TestPieces: from scattered communities local moving alone keeps some in pieces, as later
// levels of Louvain may; a round of Leiden never does.
func TestPieces(t *testing.T) {
	moved, refined := 0, 0
	for seed := range uint64(50) {
		q, err := newQuality(planted(120, 6, 1, 1, seed), "", 0.3)
		if err != nil {
			t.Fatal(err)
		}
		start := make([]int32, q.n)
		s := rng.New(seed, "scattered")
		for i := range start {
			start[i] = int32(s.IntN(3))
		}
		inPieces := func(of []int32, count int) int {
			_, pieces := q.pieces(of)
			return min(1, pieces-count)
		}
		part := slices.Clone(start)
		(&mover{}).move(q, part, s)
		moved += inPieces(compact(part))
		of, count, _ := newRefiner(q).round(q, start, s)
		refined += inPieces(of, count)
	}
	if moved < 10 || refined != 0 {
		t.Errorf("communities in pieces in %d of 50 partitions by local moving, in %d by Leiden; want many and none", moved, refined)
	}
}

// TestLargeSparseGraph: planted communities of 12,000 nodes are found.
func TestLargeSparseGraph(t *testing.T) {
	if testing.Short() {
		t.Skip("12,000 nodes take a few seconds")
	}
	g := planted(12000, 60, 20, 2, 1)
	got, err := g.Communities(CommunityConfig{Gamma: 1, Restarts: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	truth := make([]int, g.N())
	for i := range truth {
		truth[i] = i % 60
	}
	q, _ := g.Modularity(truth, "", 1)
	if got.Q < q-1e-9 {
		t.Errorf("Q = %.5f with %d communities, planted ones have %.5f", got.Q, got.Count, q)
	}
}

// planted is a directed graph of communities i mod count: within them a node has about in
// targets, outside about out.
func planted(n, count, in, out int, seed uint64) *Digraph {
	s := rng.New(seed, "planted")
	var edges []Edge
	for i := range n {
		for range in {
			edges = append(edges, Edge{i, i%count + count*s.IntN(n/count), 1})
		}
		for range out {
			edges = append(edges, Edge{i, s.IntN(n), 1})
		}
	}
	g, err := FromEdges(n, edges)
	if err != nil {
		panic(err) // the indices are below n
	}
	return g
}

// randomGraph is undirected, of the given density.
func randomGraph(n int, density float64, seed uint64) *Digraph {
	s := rng.New(seed, "random")
	var edges []Edge
	for i := range n {
		for j := range i {
			if s.Float64() < density {
				edges = append(edges, Edge{i, j, 1}, Edge{j, i, 1})
			}
		}
	}
	g, err := FromEdges(n, edges)
	if err != nil {
		panic(err) // the indices are below n
	}
	return g
}

func BenchmarkCommunities(b *testing.B) {
	for _, n := range []int{312, 2000} {
		graphs := map[string]*Digraph{"undirected": randomGraph(n, 0.1, 1), "directed": planted(n, 8, n/20, n/20, 1)}
		for _, kind := range []string{"undirected", "directed"} {
			for _, method := range []Method{MethodLeiden, MethodLouvain} {
				b.Run(fmt.Sprintf("%s/%s/n=%d", method, kind, n), func(b *testing.B) {
					for b.Loop() {
						got, err := graphs[kind].Communities(CommunityConfig{Method: method, Gamma: 1, Restarts: 1, Rounds: 2, Seed: 1})
						if err != nil {
							b.Fatal(err)
						}
						b.ReportMetric(got.Q, "Q")
					}
				})
			}
		}
	}
	g := planted(12000, 60, 60, 60, 1)
	b.Run("leiden/directed/n=12000", func(b *testing.B) {
		for b.Loop() {
			if _, err := g.Communities(CommunityConfig{Gamma: 1, Restarts: 1, Rounds: 2, Seed: 1}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
