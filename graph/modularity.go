package graph

import (
	"math"
	"math/bits"
	"slices"
)

// Modularity returns Newman's Q of a partition of a simple graph: Σ over communities
// of links inside/m − (degrees/2m)² (Newman & Girvan 2004,
// doi:10.1103/PhysRevE.69.026113). NaN without links.
func (g *Undirected) Modularity(community []int) float64 {
	m := float64(g.Len())
	inside, degree := map[int]float64{}, map[int]float64{}
	top := 0
	for i := range g.n {
		c := community[i]
		top = max(top, c)
		degree[c] += float64(g.Degree(i))
		g.Neighbours(i, func(j int) {
			if j > i && community[j] == c {
				inside[c]++
			}
		})
	}
	q := 0.0
	for c := range top + 1 {
		share := degree[c] / (2 * m)
		q += inside[c]/m - float64(share*share)
	}
	return q
}

// GreedyCommunities joins, again and again, the two communities whose union raises
// Q most, until none does (Clauset, Newman & Moore 2004,
// doi:10.1103/PhysRevE.70.066111). Ties go to the lowest pair of labels (u, v), and
// u is merged into v, as NetworkX's greedy_modularity_communities does, so that the
// communities are the same as there. They are numbered by their lowest nodes.
func (g *Undirected) GreedyCommunities() []int {
	m := g.Len()
	if m == 0 {
		out := make([]int, g.n)
		for i := range out {
			out[i] = i
		}
		return out
	}
	s := newGreedy(g, m)
	for {
		u, v, ok := s.best()
		if !ok || s.gain[u*s.n+v] < 0 {
			break
		}
		s.merge(u, v)
	}
	return s.labels()
}

// greedy holds ΔQ of all pairs of communities that touch, and each row's best.
type greedy struct {
	n      int
	gain   []float64 // ΔQ of a pair of communities; NaN where they do not touch
	share  []float64 // half the share of link ends
	top    []int     // best partner of a row, −1 for none
	alive  []bool
	parent []int
}

func newGreedy(g *Undirected, m int) *greedy {
	n := g.n
	s := &greedy{n: n, gain: make([]float64, n*n), share: make([]float64, n),
		top: make([]int, n), alive: make([]bool, n), parent: make([]int, n)}
	q0 := 1 / float64(m)
	for i := range n {
		s.share[i] = float64(float64(g.Degree(i))*q0) * 0.5
		s.alive[i] = true
		s.parent[i] = i
	}
	for i := range s.gain {
		s.gain[i] = math.NaN()
	}
	for i := range n {
		g.Neighbours(i, func(j int) {
			s.gain[i*n+j] = q0 - s.expected(i, j)
		})
		s.rescan(i)
	}
	return s
}

func (s *greedy) expected(u, v int) float64 {
	return float64(s.share[u]*s.share[v]) + float64(s.share[v]*s.share[u])
}

// rescan finds the best partner of a row: the largest gain, the lowest label among equals.
func (s *greedy) rescan(u int) {
	s.top[u] = -1
	best := math.Inf(-1)
	for v, x := range s.gain[u*s.n : (u+1)*s.n] {
		if x > best {
			best, s.top[u] = x, v
		}
	}
}

// best returns the pair with the largest gain, the lowest labels among equals.
func (s *greedy) best() (u, v int, ok bool) {
	top := math.Inf(-1)
	u = -1
	for i, alive := range s.alive {
		if alive && s.top[i] >= 0 {
			if x := s.gain[i*s.n+s.top[i]]; x > top {
				top, u = x, i
			}
		}
	}
	if u < 0 {
		return 0, 0, false
	}
	return u, s.top[u], true
}

// merge joins u into v.
func (s *greedy) merge(u, v int) {
	n := s.n
	rowU, rowV := s.gain[u*n:(u+1)*n], s.gain[v*n:(v+1)*n]
	nan := math.NaN()
	rowU[v], rowV[u] = nan, nan
	for w := range n {
		x, y := rowU[w], rowV[w]
		if !s.alive[w] || (x != x && y != y) {
			continue
		}
		switch {
		case x == x && y == y:
			y += x
		case y == y:
			y -= s.expected(u, w)
		default:
			y = x - s.expected(v, w)
		}
		rowV[w], s.gain[w*n+v] = y, y
		s.gain[w*n+u] = nan
		s.touch(w, u, v)
	}
	s.rescan(v)
	s.alive[u], s.parent[u] = false, v
	s.share[v] += s.share[u]
	s.share[u] = 0
}

// touch mends the best partner of w after its gains with u and v have changed.
func (s *greedy) touch(w, u, v int) {
	t := s.top[w]
	if t == u || t == v {
		s.rescan(w)
		return
	}
	x, best := s.gain[w*s.n+v], s.gain[w*s.n+t]
	if x > best || (x == best && v < t) {
		s.top[w] = v
	}
}

// labels numbers the communities by their lowest nodes.
func (s *greedy) labels() []int {
	number := make([]int, s.n)
	for i := range number {
		number[i] = -1
	}
	out := make([]int, s.n)
	next := 0
	for i := range out {
		root := i
		for s.parent[root] != root {
			root = s.parent[root]
		}
		if number[root] < 0 {
			number[root] = next
			next++
		}
		out[i] = number[root]
	}
	return out
}

// Assortativity returns Newman's degree assortativity, the correlation of the
// degrees at both ends of a link (doi:10.1103/PhysRevE.67.026126); NaN where all
// degrees are equal.
func (g *Undirected) Assortativity() float64 {
	var ends, first, second, product float64
	degree := make([]int, g.n)
	for i := range degree {
		degree[i] = g.Degree(i)
	}
	for i, sum := range g.laterSums(degree) {
		d := float64(degree[i])
		ends += d
		first += d * d
		second += d * d * d
		product += 2 * d * float64(sum)
		if g.Has(i, i) {
			product += d * d
		}
	}
	mean := first / ends
	variance := second/ends - mean*mean
	if !(variance > 1e-12*mean*mean) {
		return math.NaN()
	}
	return (product/ends - mean*mean) / variance
}

// laterSums returns for each node the sum of x over its neighbours of higher index, by tables of
// the sums over all sets of 8 nodes.
func (g *Undirected) laterSums(x []int) []int {
	sums := make([]int, g.n)
	var tables [8][256]int
	for word := range g.words {
		for k := range tables {
			for set := 1; set < 256; set++ {
				sum := tables[k][set&(set-1)]
				if i := 64*word + 8*k + bits.TrailingZeros8(uint8(set)); i < g.n {
					sum += x[i]
				}
				tables[k][set] = sum
			}
		}
		for i := range min(g.n, 64*(word+1)) {
			links := g.rows[i*g.words+word]
			if i>>6 == word {
				links &^= 2<<(i&63) - 1
			}
			sums[i] += tables[0][links&255] + tables[1][links>>8&255] + tables[2][links>>16&255] + tables[3][links>>24&255] +
				tables[4][links>>32&255] + tables[5][links>>40&255] + tables[6][links>>48&255] + tables[7][links>>56]
		}
	}
	return sums
}

// Reciprocity returns the share of edges whose reverse exists too (autapses left
// out); NaN without edges.
func (g *Digraph) Reciprocity() float64 {
	both, all := g.mutual()
	return float64(both) / float64(all)
}

// mutual counts the edges whose reverse exists too and all edges, autapses left out: in blocks
// of bits where the graph is not sparse.
func (g *Digraph) mutual() (both, all int) {
	if (g.n+63)/64*g.n > sparseWords*g.Len() {
		return g.mutualSparse()
	}
	rows := g.outRows()
	loops := 0
	for i := range g.n {
		loops += int(rows.row(i)[i>>6] >> (i & 63) & 1)
	}
	for above := range rows.words {
		for left := range above + 1 {
			pairs := 0
			block := rows.block(above, left)
			transpose(&block)
			for i, w := range rows.block(left, above) {
				pairs += bits.OnesCount64(block[i] & w)
			}
			if left < above {
				pairs *= 2
			}
			both += pairs
		}
	}
	return both - loops, g.Len() - loops
}

// sparseWords is the number of words of bits for each edge above which single edges are
// looked at.
const sparseWords = 8

// block returns 64×64 bits: word left of the 64 rows from 64·above; rows past the last are 0.
func (b *bitRows) block(above, left int) (out [64]uint64) {
	for r := range min(64, b.n-64*above) {
		out[r] = b.rows[(64*above+r)*b.words+left]
	}
	return out
}

// mutualSparse is mutual by single edges. Pres come in ascending order, so that the place in the
// row of each post where they would stand moves in one direction only.
func (g *Digraph) mutualSparse() (both, all int) {
	next := slices.Clone(g.start[:g.n])
	for pre := range g.n {
		posts, _ := g.Out(pre)
		for _, post := range posts {
			if int(post) == pre {
				continue
			}
			all++
			at, end := next[post], g.start[post+1]
			for at < end && int(g.post[at]) < pre {
				at++
			}
			next[post] = at
			if at < end && int(g.post[at]) == pre {
				both++
			}
		}
	}
	return both, all
}
