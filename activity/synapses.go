package activity

import (
	"fmt"
	"math"

	"biornn/graph"
	"biornn/internal/rng"
	"biornn/stats"
)

// swapsPerEdge is how often each synapse is rewired for a null.
const swapsPerEdge = 10

// AlignSynapses compares trained weights |W|, [post][pre], with the synapses of a circuit
// over all ordered pairs of different neurons: the correlation of |W| with the number of
// synapses over all pairs ("pearson") and over the connected ones ("pearson_connected"),
// and the area under the receiver operating characteristic of |W| as a sign that there is
// a synapse ("auc", ½ for none; Mann & Whitney 1947, doi:10.1214/aoms/1177730491).
//
// In the null every neuron keeps its numbers of partners (Maslov & Sneppen 2002,
// doi:10.1126/science.1065103), so that strong weights of well-connected neurons alone
// agree no better than it. With distances, [post][pre], connections also keep their
// lengths, in 20 classes with as many pairs each: then weights and synapses that both
// become rare with distance agree no better than the null either. nil: they do not.
func AlignSynapses(w []float64, synapses *graph.Digraph, distances []float64, nulls int, seed uint64) ([]Agreement, error) {
	n := synapses.N()
	if len(w) != n*n || distances != nil && len(distances) != n*n {
		return nil, fmt.Errorf("activity: synapses: want %d weights (and as many distances or none), got %d and %d", n*n, len(w), len(distances))
	}
	var allowed func(a, b, c, d int) bool
	if distances != nil {
		class := lengthClasses(distances, n)
		allowed = func(a, b, c, d int) bool { // a → b, c → d become a → d, c → b
			before, after := [2]int{class[b*n+a], class[d*n+c]}, [2]int{class[d*n+a], class[b*n+c]}
			return before == after || before == [2]int{after[1], after[0]}
		}
	}
	p := newPairs(w, n)
	names := []string{"pearson", "pearson_connected", "auc"}
	value, drawn := p.measure(synapses), make([][]float64, len(names))
	for r := range nulls {
		one := p.measure(synapses.Rewire(swapsPerEdge, rng.New(seed, "activity/synapses", uint64(r)), allowed))
		for k, v := range one {
			if !math.IsNaN(v) {
				drawn[k] = append(drawn[k], v)
			}
		}
	}
	nan := math.NaN()
	var out []Agreement
	for k, name := range names {
		a := Agreement{Measure: name, Value: value[k], NullMean: nan, NullLow: nan, NullHigh: nan, P: nan}
		if !math.IsNaN(a.Value) {
			a.fromNulls(drawn[k])
		}
		out = append(out, a)
	}
	return out, nil
}

// pairs are |W| of all pairs of different neurons, with their ranks.
type pairs struct {
	n         int
	size      []float64 // by post·n + pre; the diagonal is 0
	rank      []float64
	mean      float64
	deviation float64 // Σ(|W| − mean)²
}

func newPairs(w []float64, n int) *pairs {
	p := &pairs{n: n, size: make([]float64, n*n), rank: make([]float64, n*n)}
	var values []float64
	var place []int
	for i, v := range w {
		if i/n != i%n {
			p.size[i] = math.Abs(v)
			values, place = append(values, math.Abs(v)), append(place, i)
		}
	}
	for k, r := range stats.Ranks(values) {
		p.rank[place[k]] = r
	}
	p.mean = meanOf(values)
	for _, v := range values {
		p.deviation += float64((v - p.mean) * (v - p.mean))
	}
	return p
}

// measure returns the three agreements with a graph of synapses.
func (p *pairs) measure(g *graph.Digraph) [3]float64 {
	var x, y []float64
	var product, sum, squares, ranks float64
	for _, e := range g.Edges() {
		if e.Pre == e.Post {
			continue
		}
		at := e.Post*p.n + e.Pre
		x, y = append(x, p.size[at]), append(y, e.Weight)
		product += float64((p.size[at] - p.mean) * e.Weight)
		sum += e.Weight
		squares += float64(e.Weight * e.Weight)
		ranks += p.rank[at]
	}
	all, with := float64(p.n*(p.n-1)), float64(len(x))
	return [3]float64{
		product / math.Sqrt(p.deviation*(squares-sum*sum/all)),
		pearson(x, y),
		(ranks - with*(with+1)/2) / (with * (all - with)),
	}
}

// pearson returns the correlation, NaN if one side does not vary.
func pearson(x, y []float64) float64 {
	if len(x) < 2 {
		return math.NaN()
	}
	mx, my := meanOf(x), meanOf(y)
	var xx, yy, xy float64
	for i := range x {
		xx += float64((x[i] - mx) * (x[i] - mx))
		yy += float64((y[i] - my) * (y[i] - my))
		xy += float64((x[i] - mx) * (y[i] - my))
	}
	return xy / math.Sqrt(xx*yy)
}

// classes of the length of connections.
const classes = 20

// lengthClasses puts the pairs of different neurons into classes of equal size by distance.
func lengthClasses(distances []float64, n int) []int {
	var values []float64
	var place []int
	for i, d := range distances {
		if i/n != i%n {
			values, place = append(values, d), append(place, i)
		}
	}
	out := make([]int, n*n)
	for k, r := range stats.Ranks(values) {
		out[place[k]] = int((r - 1) * classes / float64(len(values)))
	}
	return out
}
