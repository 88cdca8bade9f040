package graph

import (
	"math"
	"math/bits"

	"biornn/internal/kernel"
)

// search visits the nodes around one source level by level, on bits.
type search struct {
	seen, front, next []uint64
}

func newSearch(words int) *search {
	return &search{make([]uint64, words), make([]uint64, words), make([]uint64, words)}
}

// levels calls visit with each distance ≥ 1 and the number of nodes there.
func (s *search) levels(g *bitRows, source int, visit func(distance, nodes int)) {
	clear(s.seen)
	clear(s.front)
	s.seen[source>>6] = 1 << (source & 63)
	s.front[source>>6] = 1 << (source & 63)
	left := g.n - 1
	for d := 1; left > 0; d++ {
		if d == 1 {
			copy(s.next, g.row(source))
		} else {
			s.expand(g)
		}
		found := 0
		for i, w := range s.next {
			w &^= s.seen[i]
			s.next[i] = w
			s.seen[i] |= w
			found += bits.OnesCount64(w)
		}
		if found == 0 {
			return
		}
		visit(d, found)
		left -= found
		s.front, s.next = s.next, s.front
	}
}

// expand sets next to the neighbours of front and stops once these are all nodes
// that are left. It joins four of their rows before it looks.
func (s *search) expand(g *bitRows) {
	if g.words <= 8 && kernel.FastBits() { // with more words, stopping early wins
		kernel.Neighbours(s.front, g.rows, s.next)
		return
	}
	clear(s.next)
	var four [4][]uint64
	held := 0
	for k, w := range s.front {
		for ; w != 0; w &= w - 1 {
			four[held] = g.row(k<<6 + bits.TrailingZeros64(w))
			if held++; held < len(four) {
				continue
			}
			held = 0
			if s.join(g, &four) {
				return
			}
		}
	}
	for i := range four[:held] {
		for at, x := range four[i] {
			s.next[at] |= x
		}
	}
}

// join adds four rows to next and tells whether no node is left.
func (s *search) join(g *bitRows, four *[4][]uint64) bool {
	next := s.next
	seen := s.seen[:len(next)]
	a, b, c, d := four[0][:len(next)], four[1][:len(next)], four[2][:len(next)], four[3][:len(next)]
	missing, last := uint64(0), len(next)-1
	for i := range next {
		x := next[i] | (a[i] | b[i]) | (c[i] | d[i])
		next[i] = x
		x = ^(x | seen[i])
		if i == last {
			x &= lastMask(g.n, i)
		}
		missing |= x
	}
	return missing == 0
}

// lastMask has a bit for each node of word i.
func lastMask(n, i int) uint64 {
	if left := n - i<<6; left < 64 {
		return 1<<left - 1
	}
	return math.MaxUint64
}

// Efficiency returns the global efficiency, the mean of 1/distance over ordered
// pairs (Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701); unreachable
// pairs count 0. NaN below two nodes.
func (g *Undirected) Efficiency() float64 {
	s := newSearch(g.words)
	sum := 0.0
	for i := range g.n {
		s.levels(&g.bitRows, i, func(d, nodes int) { sum += float64(nodes) / float64(d) })
	}
	return sum / (float64(g.n) * float64(g.n-1))
}

// PathLength returns the mean distance over reachable ordered pairs and the share of
// pairs that are reachable.
func (g *Undirected) PathLength() (length, reachable float64) {
	s := newSearch(g.words)
	sum, pairs := 0, 0
	for i := range g.n {
		s.levels(&g.bitRows, i, func(d, nodes int) {
			sum += d * nodes
			pairs += nodes
		})
	}
	return float64(sum) / float64(pairs), float64(pairs) / (float64(g.n) * float64(g.n-1))
}

// Components returns the component of each node, numbered by their lowest nodes, and their number.
func (g *Undirected) Components() (of []int, count int) {
	of = make([]int, g.n)
	for i := range of {
		of[i] = -1
	}
	s := newSearch(g.words)
	for i := range g.n {
		if of[i] >= 0 {
			continue
		}
		s.levels(&g.bitRows, i, func(int, int) {})
		for j := range g.n {
			if s.seen[j>>6]>>(j&63)&1 != 0 {
				of[j] = count
			}
		}
		count++
	}
	return of, count
}

// WeightedEfficiency returns the mean of 1/distance over ordered pairs of a
// symmetric matrix of nonnegative weights, the length of a link being 1/weight
// (Rubinov & Sporns 2010, doi:10.1016/j.neuroimage.2009.10.003). It scales with the
// weights: divide by their maximum to compare networks.
func WeightedEfficiency(w []float64, n int) float64 {
	l := newLengths(FromMatrix(n, w), inverse)
	d, dist := newDijkstra(l), make([]float64, n)
	sum := 0.0
	for i := range n {
		d.distances(l, i, dist)
		for j, x := range dist {
			if j != i && !math.IsInf(x, 1) {
				sum += 1 / x
			}
		}
	}
	return sum / (float64(n) * float64(n-1))
}

// WeightedClustering returns the mean clustering coefficient of Onnela et al. 2005
// (doi:10.1103/PhysRevE.71.065103) of a symmetric nonnegative matrix: the geometric
// mean of a triangle's weights, summed, over k(k−1). Divide by the largest weight to
// compare networks. The diagonal is not read.
func WeightedClustering(w []float64, n int) float64 {
	root := make([]float64, n*n)
	degree := make([]int, n)
	for i := range n {
		for j := range n {
			if x := w[i*n+j]; i != j && x > 0 {
				root[i*n+j] = math.Cbrt(x)
				degree[i]++
			}
		}
	}
	square := multiply(root, root, n)
	sum := 0.0
	for i := range n {
		cycles := 0.0
		for j := range n {
			cycles += float64(square[i*n+j] * root[j*n+i])
		}
		if k := degree[i]; k > 1 {
			sum += cycles / float64(k*(k-1))
		}
	}
	return sum / float64(n)
}
