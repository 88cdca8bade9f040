package graph

import (
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
)

// network is a weighted graph in adjacency lists, both directions joined, as
// Louvain's levels need it.
type network struct {
	to      [][]int32
	weight  [][]float64 // W[i→j] + W[j→i]
	out, in []float64   // strengths
	total   float64
}

func newNetwork(w []float64, n int) *network {
	g := &network{to: make([][]int32, n), weight: make([][]float64, n), out: make([]float64, n), in: make([]float64, n)}
	for i := range n { // post
		for j := range n { // pre
			x := w[i*n+j]
			g.out[j] += x
			g.in[i] += x
			g.total += x
			if both := x + w[j*n+i]; both != 0 {
				g.to[i] = append(g.to[i], int32(j))
				g.weight[i] = append(g.weight[i], both)
			}
		}
	}
	return g
}

// DirectedModularity returns Q of a partition of a nonnegative matrix W[post][pre]
// (Leicht & Newman 2008, doi:10.1103/PhysRevLett.100.118703), with resolution γ; for
// a symmetric matrix it is Newman's weighted Q.
func DirectedModularity(w []float64, n int, community []int, gamma float64) float64 {
	g := newNetwork(w, n)
	return g.modularity(community, gamma)
}

func (g *network) modularity(community []int, gamma float64) float64 {
	k := 0
	for _, c := range community {
		k = max(k, c+1)
	}
	inside, out, in := make([]float64, k), make([]float64, k), make([]float64, k)
	for i, c := range community {
		out[c] += g.out[i]
		in[c] += g.in[i]
		for e, j := range g.to[i] {
			if community[j] == c {
				inside[c] += g.weight[i][e] / 2
			}
		}
	}
	q := 0.0
	for c := range inside {
		q += inside[c]/g.total - gamma*(out[c]/g.total)*(in[c]/g.total)
	}
	return q
}

// Louvain returns the best of several partitions found by local moving and
// aggregation (Blondel et al. 2008, doi:10.1088/1742-5468/2008/10/P10008) of a
// nonnegative matrix W[post][pre] and its Q; each restart visits the nodes in an
// order of its own, from the stream (seed, restart). Digraph.Communities is faster, takes
// negative weights and knows Leiden; this form stays because its partitions are those of
// measures that exist.
func Louvain(w []float64, n int, gamma float64, restarts int, seed uint64) (community []int, q float64, err error) {
	if len(w) != n*n {
		panic("graph: Louvain: matrix is not n×n")
	}
	for i, x := range w {
		if !(x >= 0) || math.IsInf(x, 0) {
			return nil, 0, fmt.Errorf("graph: louvain: weight of %d → %d: want a finite number of at least 0, got %g", i%n, i/n, x)
		}
	}
	g := newNetwork(w, n)
	if g.total == 0 {
		return nil, 0, fmt.Errorf("graph: louvain: the graph has no edges")
	}
	q = math.Inf(-1)
	for r := range max(1, restarts) {
		got := g.louvain(gamma, rng.New(seed, "graph/louvain", uint64(r)))
		if value := g.modularity(got, gamma); value > q {
			community, q = got, value
		}
	}
	return community, q, nil
}

func (g *network) louvain(gamma float64, s *rng.Stream) []int {
	of := make([]int, len(g.to))
	for i := range of {
		of[i] = i
	}
	for level := g; ; {
		moved, count := level.move(gamma, s)
		for i, c := range of {
			of[i] = moved[c]
		}
		if count == len(level.to) {
			return of
		}
		level = level.aggregate(moved, count)
	}
}

// move puts nodes into neighbouring communities while that raises Q; it returns the
// communities, numbered from 0, and their number.
func (g *network) move(gamma float64, s *rng.Stream) ([]int, int) {
	n := len(g.to)
	of := make([]int, n)
	out, in := slices.Clone(g.out), slices.Clone(g.in)
	for i := range of {
		of[i] = i
	}
	links := make([]float64, n)
	var touched []int
	for changed := true; changed; {
		changed = false
		for _, i := range s.Perm(n) {
			old := of[i]
			out[old] -= g.out[i]
			in[old] -= g.in[i]
			touched = append(touched[:0], old)
			for e, j := range g.to[i] {
				if int(j) == i {
					continue
				}
				c := of[j]
				if links[c] == 0 && c != old {
					touched = append(touched, c)
				}
				links[c] += g.weight[i][e]
			}
			best, top := old, math.Inf(-1)
			for _, c := range touched {
				gain := links[c] - gamma*(g.out[i]*in[c]+g.in[i]*out[c])/g.total
				if c == old {
					gain += 1e-12 * g.total // stay unless another is better by more than rounding
				}
				if gain > top {
					best, top = c, gain
				}
				links[c] = 0
			}
			out[best] += g.out[i]
			in[best] += g.in[i]
			changed = changed || best != old
			of[i] = best
		}
	}
	return renumber(of)
}

// renumber numbers labels from 0 by first appearance.
func renumber(of []int) ([]int, int) {
	number := map[int]int{}
	out := make([]int, len(of))
	for i, c := range of {
		k, ok := number[c]
		if !ok {
			k = len(number)
			number[c] = k
		}
		out[i] = k
	}
	return out, len(number)
}

// aggregate makes communities into nodes. A community's inner weight stands once, on
// its self-loop, doubled as everywhere in weight.
func (g *network) aggregate(of []int, count int) *network {
	out := &network{to: make([][]int32, count), weight: make([][]float64, count),
		out: make([]float64, count), in: make([]float64, count), total: g.total}
	members := make([][]int, count)
	for i, c := range of {
		members[c] = append(members[c], i)
		out.out[c] += g.out[i]
		out.in[c] += g.in[i]
	}
	sum := make([]float64, count)
	var touched []int
	for c, nodes := range members {
		touched = touched[:0]
		for _, i := range nodes {
			for e, j := range g.to[i] {
				d := of[j]
				if sum[d] == 0 {
					touched = append(touched, d)
				}
				sum[d] += g.weight[i][e]
			}
		}
		slices.Sort(touched)
		for _, d := range touched {
			out.to[c] = append(out.to[c], int32(d))
			out.weight[c] = append(out.weight[c], sum[d])
			sum[d] = 0
		}
	}
	return out
}
