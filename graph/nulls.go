package graph

import (
	"math"
	"runtime"
	"slices"
	"sync"

	"biornn/internal/rng"
)

// NullStatistics summarises clustering and efficiency over an ensemble.
type NullStatistics struct {
	Count                      int
	Clustering, Efficiency     float64 // means
	ClusteringSD, EfficiencySD float64
}

// SmallWorldness returns σ = (C/C_null)/(E_null/E) of a graph, with global
// efficiency in place of path length.
func (s NullStatistics) SmallWorldness(g *Undirected) float64 {
	return (g.MeanClustering() / s.Clustering) / (s.Efficiency / g.Efficiency())
}

// ensemble measures count graphs, made one by one from the streams (seed, purpose,
// index), on all cores; the result does not depend on how many there are.
func ensemble(count int, seed uint64, purpose string, draw func(*rng.Stream) *Undirected) NullStatistics {
	c, e := make([]float64, count), make([]float64, count)
	var wg sync.WaitGroup
	workers := min(count, runtime.GOMAXPROCS(0))
	for k := range workers {
		wg.Go(func() {
			for i := k; i < count; i += workers {
				g := draw(rng.New(seed, purpose, uint64(i)))
				c[i], e[i] = g.MeanClustering(), g.Efficiency()
			}
		})
	}
	wg.Wait()
	s := NullStatistics{Count: count, Clustering: mean(c), Efficiency: mean(e)}
	s.ClusteringSD, s.EfficiencySD = deviation(c, s.Clustering), deviation(e, s.Efficiency)
	return s
}

func deviation(x []float64, mean float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += (v - mean) * (v - mean)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}

// PublishedNulls measures the null ensemble of arXiv:2606.14975: matrices
// (U + Uᵀ)/2 > 0.7 of uniform noise, with their diagonal. A pair is linked with
// probability 0.18 (the mean of two uniform numbers exceeds 0.7) and a node has a
// self-loop with probability 0.3, all independently, which is how they are drawn.
// The ensemble depends on n alone, not on the network that is compared with it.
func PublishedNulls(n, count int, seed uint64) NullStatistics {
	return ensemble(count, seed, "graph/published-nulls", func(s *rng.Stream) *Undirected {
		g := newUndirected(n)
		for i := range n {
			for j := i + 1; j < n; j += 64 {
				link := s.Bernoulli64(0.18)
				if left := n - j; left < 64 {
					link &= 1<<left - 1
				}
				g.place(i, j, link)
			}
		}
		g.mirror()
		for i := 0; i < n; i += 64 {
			loop := s.Bernoulli64(0.3)
			for k := i; k < min(n, i+64); k++ {
				if loop>>(k-i)&1 != 0 {
					g.set(k, k)
				}
			}
		}
		return g
	})
}

// place links node i to the nodes j, j+1 … whose bits are set, in its row alone.
func (g *Undirected) place(i, j int, link uint64) {
	row := g.row(i)
	row[j>>6] |= link << (j & 63)
	if rest := link >> (63 - j&63) >> 1; rest != 0 {
		row[j>>6+1] |= rest
	}
}

// mirror completes a graph of which only the links to later nodes are in the rows, a
// block of 64×64 bits at a time.
func (g *Undirected) mirror() {
	for i := 0; i < g.n; i += 64 {
		for k := i >> 6; k < g.words; k++ {
			block := g.block(i>>6, k)
			transpose(&block)
			for r := range min(64, g.n-k<<6) {
				g.row(k<<6 + r)[i>>6] |= block[r]
			}
		}
	}
}

// transpose exchanges rows and columns of a block of bits, bit c of row r being
// element (r, c): quadrants first, then quadrants of these.
func transpose(m *[64]uint64) {
	mask := uint64(1<<32 - 1)
	for size := 32; size > 0; size >>= 1 {
		for r := 0; r < 64; r = (r + size + 1) &^ size {
			t := (m[r]>>size ^ m[r+size]) & mask
			m[r] ^= t << size
			m[r+size] ^= t
		}
		mask ^= mask << (size >> 1)
	}
}

// DensityNulls measures graphs with the nodes and the number of links of g, placed
// at random.
func (g *Undirected) DensityNulls(count int, seed uint64) NullStatistics {
	links := g.Len()
	return ensemble(count, seed, "graph/density-nulls", func(s *rng.Stream) *Undirected {
		return scattered(g.n, links, s)
	})
}

// scattered places links at random between n nodes.
func scattered(n, links int, s *rng.Stream) *Undirected {
	out := newUndirected(n)
	pairs := n * (n - 1) / 2
	// Place the links or, where they are the majority, the gaps.
	place := min(links, pairs-links)
	for left := place; left > 0; {
		a, b := s.IntN(n), s.IntN(n)
		if a != b && !out.Has(a, b) {
			out.set(a, b)
			left--
		}
	}
	if place < links {
		out.invert()
	}
	return out
}

// invert links what was not linked.
func (g *Undirected) invert() {
	for i := range g.n {
		row := g.row(i)
		for k := range row {
			row[k] = ^row[k] & lastMask(g.n, k)
		}
		row[i>>6] &^= 1 << (i & 63)
	}
}

// SwapsPerLink is how often each link is rewired in DegreeNulls.
const SwapsPerLink = 10

// DegreeNulls measures graphs in which every node keeps its degree: g after random
// swaps of link ends, ten a link (Maslov & Sneppen 2002,
// doi:10.1126/science.1065103).
func (g *Undirected) DegreeNulls(count int, seed uint64) NullStatistics {
	links := g.links()
	return ensemble(count, seed, "graph/degree-nulls", func(s *rng.Stream) *Undirected {
		return g.rewired(links, s)
	})
}

// links returns the links, each once, ordered.
func (g *Undirected) links() [][2]int32 {
	var out [][2]int32
	for i := range g.n {
		g.Neighbours(i, func(j int) {
			if i < j {
				out = append(out, [2]int32{int32(i), int32(j)})
			}
		})
	}
	return out
}

// linked tells whether a and b or c and d are linked, both being looked up at once.
func (g *Undirected) linked(a, b, c, d int) bool {
	return (g.rows[a*g.words+b>>6]>>(b&63)|g.rows[c*g.words+d>>6]>>(d&63))&1 != 0
}

// rewired swaps a–b, c–d to a–d, c–b wherever that makes no self-loop or double
// link; every attempt counts, which keeps the chain's stationary law uniform.
func (g *Undirected) rewired(links [][2]int32, s *rng.Stream) *Undirected {
	return g.swapped(links, SwapsPerLink, s, nil)
}

// condition may refuse the swap of a–b, c–d to a–d, c–b in a graph.
type condition func(g *Undirected, a, b, c, d int) bool

// swapped is rewired with a number of swaps tried for each link and, unless nil, a
// condition.
func (g *Undirected) swapped(links [][2]int32, rounds int, s *rng.Stream, allowed condition) *Undirected {
	out := newUndirected(g.n)
	copy(out.rows, g.rows)
	if len(links) < 2 {
		return out
	}
	links = slices.Clone(links)
	pick := rng.NewRange(len(links))
	for range rounds * len(links) {
		x, y := pick.In(s), pick.In(s)
		a, b, c, d := int(links[x][0]), int(links[x][1]), int(links[y][0]), int(links[y][1])
		flip := (c ^ d) & -int(s.Uint32()&1) // a branch could not be foreseen
		c, d = c^flip, d^flip
		if x == y || a == d || c == b || a == c || b == d || out.linked(a, d, c, b) || allowed != nil && !allowed(out, a, b, c, d) {
			continue
		}
		out.swap(a, b, c, d)
		links[x], links[y] = [2]int32{int32(a), int32(d)}, [2]int32{int32(c), int32(b)}
	}
	return out
}

// swap makes a–b, c–d into a–d, c–b.
func (g *Undirected) swap(a, b, c, d int) {
	g.clear(a, b)
	g.clear(c, d)
	g.set(a, d)
	g.set(c, b)
}
