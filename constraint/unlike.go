package constraint

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/rng"
)

// unlikeTolerance is the share of the original excess in the mean correlation of
// connected pairs that a connectome without like-to-like may keep.
const unlikeTolerance = 0.01

// Passes of ten tries for each connection. Few swaps keep the lengths, so that one pass
// leaves much as it was.
const fewestPasses, mostPasses = 10, 50

// unlikeBins are the numbers of classes of length that are tried: a circuit of few
// connections has too few swaps in fine ones.
var unlikeBins = [...]int{lengthBins, lengthBins / 2, lengthBins / 4}

// unlike returns the connectome after swaps that keep degrees and lengths (keepLengths)
// and bring the mean correlation of connected pairs to that of all pairs: swaps that
// move it there are made, and once it is within unlikeTolerance all that keep it there.
func unlike(c *circuit.Circuit, seed uint64) (out *graph.Digraph, doubts []string, err error) {
	if c.Synapses == nil || c.Synapses.Len() == 0 || c.Correlation == nil {
		return nil, nil, fmt.Errorf("constraint: connectome no-like-to-like: circuit %q: want synapses and a correlation matrix", c.Name)
	}
	excess, before := aboveMean(c)
	for _, bins := range unlikeBins {
		var after float64
		out, after = swapped(c, excess, before, bins, rng.New(seed, "constraint/rewired"))
		doubts = nil
		if bins < lengthBins {
			doubts = append(doubts, fmt.Sprintf("connectome no-like-to-like: lengths of connections are kept in %d classes, for there are too few swaps in %d", bins, lengthBins))
		}
		if math.Abs(after) <= unlikeTolerance*math.Abs(before) {
			return out, doubts, nil
		}
		each := float64(c.Synapses.Len())
		doubts = append(doubts, fmt.Sprintf("connectome no-like-to-like: connected pairs still correlate by %.3g more than all pairs (%.3g before)", after/each, before/each))
	}
	return out, doubts, nil
}

// swapped makes the swaps of unlike in a number of classes of length; sum is the excess
// over the connected pairs, before and (returned) after.
func swapped(c *circuit.Circuit, excess []float64, sum float64, bins int, s *rng.Stream) (*graph.Digraph, float64) {
	n, inLength, tolerance := c.N(), keepLengths(c, bins), unlikeTolerance*math.Abs(sum)
	allowed := func(a, b, x, d int) bool {
		if !inLength(a, b, x, d) {
			return false
		}
		next := sum + ((excess[a*n+d] + excess[x*n+b]) - (excess[a*n+b] + excess[x*n+d]))
		if math.Abs(next) > math.Max(math.Abs(sum), tolerance) {
			return false
		}
		sum = next
		return true
	}
	out := c.Synapses
	for pass := 0; pass < fewestPasses || pass < mostPasses && math.Abs(sum) > tolerance; pass++ {
		out = out.Rewire(10, s, allowed)
	}
	return out, sum
}

// aboveMean returns the correlation of every pair above the mean of all pairs (0 where
// it is not a number), and its sum over connected pairs.
func aboveMean(c *circuit.Circuit) (excess []float64, sum float64) {
	n := c.N()
	excess = make([]float64, n*n)
	mean, pairs := 0.0, 0
	for i := range n {
		for j := range n {
			if x := c.Correlation.At(i, j); i != j && finite(x) {
				mean += x
				pairs++
			}
		}
	}
	mean /= math.Max(1, float64(pairs))
	for i := range n {
		for j := range n {
			if x := c.Correlation.At(i, j); i != j && finite(x) {
				excess[i*n+j] = x - mean
			}
		}
	}
	for _, e := range c.Synapses.Edges() {
		if e.Pre != e.Post {
			sum += excess[e.Pre*n+e.Post]
		}
	}
	return excess, sum
}
