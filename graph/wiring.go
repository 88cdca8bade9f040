package graph

import (
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
)

// Wiring measures a graph between somata at given places, in µm.
type Wiring struct {
	graph  *Digraph // without self-loops, with the sizes of the weights
	somata [][3]float64
}

// Wiring places the nodes. Weights enter by their size; self-loops have no length and
// are left out.
func (g *Digraph) Wiring(somata [][3]float64) (*Wiring, error) {
	if len(somata) != g.n {
		return nil, fmt.Errorf("graph: wiring: want the positions of %d nodes, got %d", g.n, len(somata))
	}
	return &Wiring{g.Simple().Absolute(), somata}, nil
}

func apart(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
}

// Lengths returns the distance of every edge, in the order of Edges.
func (w *Wiring) Lengths() []float64 {
	out := make([]float64, 0, w.graph.Len())
	for _, e := range w.graph.Edges() {
		out = append(out, apart(w.somata[e.Pre], w.somata[e.Post]))
	}
	return out
}

// Cost returns Σ|w|·d.
func (w *Wiring) Cost() float64 {
	sum := 0.0
	for i, d := range w.Lengths() {
		sum += float64(w.graph.weight[i] * d)
	}
	return sum
}

// costAt returns the cost with node i at the place of node place[i]. between holds the
// distances of all places.
func (w *Wiring) costAt(place []int, between func(i int) []float64) float64 {
	sum := 0.0
	for pre := range w.graph.n {
		posts, weight := w.graph.Out(pre)
		if len(posts) == 0 {
			continue
		}
		d, row := between(place[pre]), 0.0
		weight = weight[:len(posts)]
		for i, p := range posts {
			row += float64(weight[i] * d[place[p]])
		}
		sum += row
	}
	return sum
}

// mostPlaces is the number of nodes up to which the distances of all places are kept.
const mostPlaces = 4096

// between returns a function that gives the distances of a place to all others, for the
// use of one core.
func (w *Wiring) between() func() func(i int) []float64 {
	n := w.graph.n
	fill := func(i int, row []float64) {
		for j := range row {
			row[j] = apart(w.somata[i], w.somata[j])
		}
	}
	if n > mostPlaces {
		return func() func(int) []float64 {
			row := make([]float64, n)
			return func(i int) []float64 { fill(i, row); return row }
		}
	}
	all := make([]float64, n*n)
	each(n, func() func(int) {
		return func(i int) { fill(i, all[i*n:(i+1)*n]) }
	})
	return func() func(int) []float64 {
		return func(i int) []float64 { return all[i*n : (i+1)*n] }
	}
}

// WeightDistance returns the correlations of weight and length over edges, by values
// (Pearson) and by ranks (Spearman), and over all pairs of different nodes, absent edges
// being 0; NaN where one side does not vary.
func (w *Wiring) WeightDistance() (pearson, spearman, allPairs float64) {
	weight, length := w.graph.weight, w.Lengths()
	pearson, spearman = correlation(weight, length), correlation(ranks(weight), ranks(length))
	p := w.pairs()
	n := float64(w.graph.n) * float64(w.graph.n-1)
	var total, squares, product float64
	for i, x := range weight {
		total += x
		squares += float64(x * x)
		product += float64(x * length[i])
	}
	covariance := product - total*p.mean
	spread := (squares - total*total/n) * p.squares
	if !(spread > 0) {
		return pearson, spearman, math.NaN()
	}
	return pearson, spearman, covariance / math.Sqrt(spread)
}

// ranks returns the ranks of x, equal values sharing their mean rank.
func ranks(x []float64) []float64 {
	order := make([]int, len(x))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case x[a] < x[b]:
			return -1
		case x[a] > x[b]:
			return 1
		}
		return a - b
	})
	out := make([]float64, len(x))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && x[order[j]] == x[order[i]] {
			j++
		}
		for _, k := range order[i:j] {
			out[k] = float64(i+j+1) / 2
		}
		i = j
	}
	return out
}

// pairLengths are moments of the distances of all ordered pairs.
type pairLengths struct{ mean, squares float64 } // squares: Σ(d − mean)²

func (w *Wiring) pairs() pairLengths {
	n := w.graph.n
	count := float64(n) * float64(n-1)
	m := w.overPairs(func(d float64) float64 { return d }) / count
	return pairLengths{m, w.overPairs(func(d float64) float64 { return float64((d - m) * (d - m)) })}
}

// overPairs sums over all ordered pairs of different nodes.
func (w *Wiring) overPairs(f func(d float64) float64) float64 {
	rows := make([]float64, w.graph.n)
	each(len(rows), func() func(int) {
		return func(i int) {
			for j := range i {
				rows[i] += 2 * f(apart(w.somata[i], w.somata[j]))
			}
		}
	})
	sum := 0.0
	for _, x := range rows {
		sum += x
	}
	return sum
}

// LengthConstant returns the λ in µm for which weight falls with distance as exp(−d/λ):
// the Poisson pseudo-maximum-likelihood fit over all pairs of different nodes, absent
// edges being 0 (Santos Silva & Tenreyro 2006, doi:10.1162/rest.88.4.641). It is the λ at
// which pairs drawn with exp(−d/λ) are as far apart, in the mean, as those that the weight
// connects. NaN where these are not nearer than pairs are in the mean.
func (w *Wiring) LengthConstant() float64 {
	total := 0.0
	for _, x := range w.graph.weight {
		total += x
	}
	want, all := w.Cost()/total, w.pairs().mean
	if !(want < all) {
		return math.NaN()
	}
	// The mean distance under exp(−s·d) falls with s = 1/λ, by its variance: Newton's
	// steps, halfway where they leave the bracket.
	low, high, at := 0.0, math.Inf(1), 1/want
	for range 100 {
		m, variance := w.tilted(at)
		if m > want {
			low = at
		} else {
			high = at
		}
		next := at + (m-want)/variance
		if !(next > low && next < high) {
			next = (low + min(high, 4*at)) / 2
		}
		if math.Abs(next-at) <= 1e-12*at {
			return 1 / next
		}
		at = next
	}
	return math.NaN() // the weight lies on the shortest distances alone
}

// tilted returns mean and variance of the distances of pairs drawn with exp(−s·d).
func (w *Wiring) tilted(s float64) (m, variance float64) {
	rows := make([][3]float64, w.graph.n)
	each(len(rows), func() func(int) {
		return func(i int) {
			for j := range i {
				d := apart(w.somata[i], w.somata[j])
				e := math.Exp(-float64(s * d))
				rows[i][0] += e
				rows[i][1] += float64(e * d)
				rows[i][2] += float64(float64(e*d) * d)
			}
		}
	})
	var sum [3]float64
	for _, r := range rows {
		for k := range sum {
			sum[k] += r[k]
		}
	}
	m = sum[1] / sum[0]
	return m, sum[2]/sum[0] - float64(m*m)
}

// NullTest sets a value beside its distribution under a null model.
type NullTest struct {
	Observed, Mean, SD float64
	Z                  float64 // (observed − mean)/SD
	P                  float64 // two-sided
}

// CostOfShuffledWeights compares the cost with that of the same weights at random pairs of
// different nodes. Mean and SD are exact (Hoeffding 1951, Ann. Math. Statist. 22, 558), P
// is that of the normal distribution which they tend to.
func (w *Wiring) CostOfShuffledWeights() NullTest {
	n := float64(w.graph.n) * float64(w.graph.n-1)
	p := w.pairs()
	var total, squares float64
	for _, x := range w.graph.weight {
		total += x
		squares += float64(x * x)
	}
	t := NullTest{Observed: w.Cost(), Mean: total * p.mean}
	t.SD = math.Sqrt((squares - total*total/n) * p.squares / (n - 1))
	t.Z = (t.Observed - t.Mean) / t.SD
	t.P = math.Erfc(math.Abs(t.Z) / math.Sqrt2)
	return t
}

// CostOfShuffledSomata compares the cost with that of the same graph with its nodes at
// each other's places, count times: the geometry and the graph stay as they are, only
// their relation is lost. P is twice the share of permutations that lie as far out, the
// observed one counted among them.
func (w *Wiring) CostOfShuffledSomata(count int, seed uint64) NullTest {
	t := NullTest{Observed: w.Cost(), Mean: math.NaN(), SD: math.NaN(), Z: math.NaN(), P: math.NaN()}
	if count < 2 {
		return t
	}
	costs := make([]float64, count)
	places := w.between()
	each(count, func() func(int) {
		between := places()
		return func(i int) { costs[i] = w.costAt(rng.New(seed, "graph/somata", uint64(i)).Perm(w.graph.n), between) }
	})
	t.Mean = mean(costs)
	t.SD = deviation(costs, t.Mean)
	t.Z = (t.Observed - t.Mean) / t.SD
	below, above := 1, 1
	for _, c := range costs {
		if c <= t.Observed {
			below++
		}
		if c >= t.Observed {
			above++
		}
	}
	t.P = min(1, 2*float64(min(below, above))/float64(count+1))
	return t
}

// correlation returns Pearson's r, NaN where a side does not vary.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += float64(x * y)
		aa += float64(x * x)
		bb += float64(y * y)
	}
	if !(aa > 1e-24*ma*ma*float64(len(a))) || !(bb > 1e-24*mb*mb*float64(len(b))) {
		return math.NaN()
	}
	return ab / (math.Sqrt(aa) * math.Sqrt(bb))
}
