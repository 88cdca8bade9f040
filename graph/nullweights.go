package graph

import (
	"math"

	"biornn/internal/rng"
)

// PermuteWeights returns the graph with its weights permuted at random over its edges:
// which neurons are connected stays, and the distribution of weights. It tests whether a
// measure depends on where the strong connections are. Self-loops stay as they are.
func (g *Digraph) PermuteWeights(s *rng.Stream) *Digraph {
	edges, loops := g.withoutLoops()
	shuffleWeights(edges, s)
	return g.with(edges, loops)
}

func shuffleWeights(edges []Edge, s *rng.Stream) {
	w := make([]float64, len(edges))
	for i, e := range edges {
		w[i] = e.Weight
	}
	for i, from := range s.Perm(len(edges)) {
		edges[i].Weight = w[from]
	}
}

// RewireSigned returns the graph after random swaps of the targets of two edges of the
// same sign, a → b and c → d, with what a → d and c → b are: both absent, or both of the
// other sign (Rubinov & Sporns 2011, doi:10.1016/j.neuroimage.2011.03.069). Every node
// keeps the numbers of its positive and negative edges, in and out, and its outgoing
// weights and so its out-strength of each sign. A matrix without zeros, which Rewire must
// leave as it is, is randomised too. It tests whether a measure follows from how many
// excitatory and inhibitory connections each neuron has. rounds is the number of swaps
// tried for each edge; self-loops stay as they are.
func (g *Digraph) RewireSigned(rounds int, s *rng.Stream) *Digraph {
	edges, loops := g.withoutLoops()
	if len(edges) < 2 {
		return g
	}
	at := newIndex(g.n)
	for i, e := range edges {
		at.put(e.Pre, e.Post, i)
	}
	pick := rng.NewRange(len(edges))
	for range rounds * len(edges) {
		i, j := pick.In(s), pick.In(s)
		x, y := &edges[i], &edges[j]
		a, b, c, d := x.Pre, x.Post, y.Pre, y.Post
		if a == c || b == d || a == d || c == b || x.Weight > 0 != (y.Weight > 0) {
			continue
		}
		u, v := at.get(a, d), at.get(c, b)
		if u < 0 != (v < 0) || u >= 0 && (edges[u].Weight > 0 == (x.Weight > 0) || edges[v].Weight > 0 == (x.Weight > 0)) {
			continue
		}
		if u >= 0 {
			edges[u].Post, edges[v].Post = b, d
		}
		at.put(a, b, u)
		at.put(c, d, v)
		x.Post, y.Post = d, b
		at.put(a, d, i)
		at.put(c, b, j)
	}
	return g.with(edges, loops)
}

// mostIndexed is the number of nodes up to which a table of all pairs is kept.
const mostIndexed = 4096

// index finds the edge of an ordered pair of nodes.
type index struct {
	n     int
	table []int32
	far   map[[2]int32]int32 // in place of table where that would be too large
}

func newIndex(n int) *index {
	if n > mostIndexed {
		return &index{n: n, far: map[[2]int32]int32{}}
	}
	return &index{n: n, table: make([]int32, n*n)}
}

// get returns the number of the edge, −1 for none.
func (x *index) get(pre, post int) int {
	if x.far != nil {
		return int(x.far[[2]int32{int32(pre), int32(post)}]) - 1
	}
	return int(x.table[pre*x.n+post]) - 1
}

// put notes the number of an edge, −1 for none.
func (x *index) put(pre, post, edge int) {
	switch {
	case x.far == nil:
		x.table[pre*x.n+post] = int32(edge + 1)
	case edge < 0:
		delete(x.far, [2]int32{int32(pre), int32(post)})
	default:
		x.far[[2]int32{int32(pre), int32(post)}] = int32(edge + 1)
	}
}

// StrengthDeviation says how far a null's strengths are from those of the original: the
// root mean square of the differences over that of the strengths, those of positive and
// of negative weights counted each.
type StrengthDeviation struct{ Out, In float64 }

// The cooling of RewireStrengths: the temperature falls from the variance of the weights
// by a factor at each stage, at which each edge is tried a few times.
const (
	coolingStages = 60
	coolingFactor = 0.8
	coolingSweeps = 4
)

// RewireStrengths returns a graph in which every node keeps the numbers of its positive
// and negative edges exactly, and its in- and out-strength of each sign nearly: edges are
// rewired as by RewireSigned, the weights of each sign permuted, and then exchanged
// between edges by simulated annealing until the strengths fit (Milisav, Bazinet, Betzel &
// Mišić, Nature Computational Science, 2025). It tests whether a measure follows from
// degrees and strengths. How far the strengths are off is returned; self-loops stay as
// they are and do not count.
func (g *Digraph) RewireStrengths(rounds int, s *rng.Stream) (*Digraph, StrengthDeviation) {
	edges, loops := g.RewireSigned(rounds, s).withoutLoops()
	original, _ := g.withoutLoops()
	a := &annealing{out: make([]float64, 2*g.n), in: make([]float64, 2*g.n)}
	var ofSign [2][]Edge
	for _, e := range edges {
		k := sign(e)
		ofSign[k] = append(ofSign[k], e)
	}
	a.count(original, -1)
	for k := range ofSign {
		shuffleWeights(ofSign[k], s)
		a.count(ofSign[k], 1)
	}
	for k := range ofSign {
		a.cool(ofSign[k], s)
	}
	var strength annealing
	strength.out, strength.in = make([]float64, 2*g.n), make([]float64, 2*g.n)
	strength.count(original, 1)
	dev := StrengthDeviation{Out: rootShare(a.out, strength.out), In: rootShare(a.in, strength.in)}
	return g.with(append(ofSign[0], ofSign[1]...), loops), dev
}

// sign returns 0 for positive and 1 for negative edges.
func sign(e Edge) int {
	if e.Weight > 0 {
		return 0
	}
	return 1
}

// annealing holds by how much the strengths of each sign are too great: node i at 2i for
// positive and 2i+1 for negative weights.
type annealing struct{ out, in []float64 }

func (a *annealing) count(edges []Edge, times float64) {
	for _, e := range edges {
		k := sign(e)
		a.out[2*e.Pre+k] += float64(times * e.Weight)
		a.in[2*e.Post+k] += float64(times * e.Weight)
	}
}

// cool exchanges the weights of edges of one sign.
func (a *annealing) cool(edges []Edge, s *rng.Stream) {
	if len(edges) < 2 {
		return
	}
	k, pick := sign(edges[0]), rng.NewRange(len(edges))
	temperature := variance(edges)
	for range coolingStages {
		for range coolingSweeps * len(edges) {
			x, y := &edges[pick.In(s)], &edges[pick.In(s)]
			if more := y.Weight - x.Weight; more != 0 && a.accept(x, y, k, more, temperature, s) {
				x.Weight, y.Weight = y.Weight, x.Weight
			}
		}
		temperature *= coolingFactor
	}
}

func variance(edges []Edge) float64 {
	var sum, squares float64
	for _, e := range edges {
		sum += e.Weight
	}
	middle := sum / float64(len(edges))
	for _, e := range edges {
		squares += float64((e.Weight - middle) * (e.Weight - middle))
	}
	return squares / float64(len(edges))
}

// accept decides on an exchange that gives x more weight and y less, by the change of the
// sum of squared differences, and counts it.
func (a *annealing) accept(x, y *Edge, k int, more, temperature float64, s *rng.Stream) bool {
	change := 0.0
	if x.Pre != y.Pre {
		change += shift(a.out[2*x.Pre+k], more) + shift(a.out[2*y.Pre+k], -more)
	}
	if x.Post != y.Post {
		change += shift(a.in[2*x.Post+k], more) + shift(a.in[2*y.Post+k], -more)
	}
	if change > 0 && s.Exp()*temperature < change {
		return false
	}
	a.out[2*x.Pre+k] += more
	a.out[2*y.Pre+k] -= more
	a.in[2*x.Post+k] += more
	a.in[2*y.Post+k] -= more
	return true
}

// shift returns (difference+by)² − difference².
func shift(difference, by float64) float64 { return float64(by * (2*difference + by)) }

func rootShare(off, of []float64) float64 {
	var x, y float64
	for i := range off {
		x += float64(off[i] * off[i])
		y += float64(of[i] * of[i])
	}
	if y == 0 {
		return 0
	}
	return math.Sqrt(x / y)
}
