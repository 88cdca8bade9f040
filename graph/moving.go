package graph

import (
	"slices"

	"biornn/internal/rng"
)

// mover moves nodes between communities while that raises Q. Its arrays serve one level
// after the other.
type mover struct {
	link    []tally // between the node at hand and each community
	touched []int32
	take    []float64 // of each community
	size    []int32
	queue   []int32
	queued  []bool
	empty   []int32 // communities without nodes
}

// tally is a sum of weights, and whether anything has entered it.
type tally struct {
	weight float64
	seen   bool
}

// least is the gain below which a move is rounding.
const least = 1e-14

// move puts every node into the neighbouring community, or an empty one, that raises Q
// most, beginning with those of of (numbered below n), until no single node gains.
// Nodes are visited in random order, then those whose neighbourhood has changed (Traag,
// Waltman & van Eck 2019, doi:10.1038/s41598-019-41695-z).
func (m *mover) move(q *quality, of []int32, s *rng.Stream) {
	m.reset(q, of)
	for _, i := range s.Perm(q.n) {
		m.queue = append(m.queue, int32(i))
		m.queued[i] = true
	}
	for at := 0; at < len(m.queue); at++ {
		if at == q.n { // the first half is done
			m.queue = m.queue[:copy(m.queue, m.queue[at:])]
			at = 0
		}
		i := m.queue[at]
		m.queued[i] = false
		old := of[i]
		m.leave(q, i, old)
		best := m.best(q, i, of)
		m.enter(q, i, best)
		if best == old {
			continue
		}
		of[i] = best
		for _, j := range q.to[q.start[i]:q.start[i+1]] {
			if of[j] != best && !m.queued[j] {
				m.queued[j] = true
				m.queue = append(m.queue, j)
			}
		}
	}
}

func (m *mover) reset(q *quality, of []int32) {
	n := q.n
	if len(m.link) < n {
		m.link, m.queued = make([]tally, n), make([]bool, n)
		m.size, m.take = make([]int32, n), make([]float64, n*q.terms)
		m.queue = make([]int32, 0, 2*n)
	}
	clear(m.size)
	clear(m.take)
	m.queue, m.empty = m.queue[:0], m.empty[:0]
	for i, c := range of {
		m.size[c]++
		for t := range q.terms {
			m.take[int(c)*q.terms+t] += q.take[i*q.terms+t]
		}
	}
	for c := n - 1; c >= 0; c-- {
		if m.size[c] == 0 {
			m.empty = append(m.empty, int32(c))
		}
	}
}

func (m *mover) leave(q *quality, i, c int32) {
	take := m.take[int(c)*q.terms : (int(c)+1)*q.terms]
	if m.size[c]--; m.size[c] == 0 {
		m.empty = append(m.empty, c)
		clear(take) // no rounding stays behind
		return
	}
	for t := range take {
		take[t] -= q.take[int(i)*q.terms+t]
	}
}

// enter puts a node into a community; an empty one must be the last of m.empty.
func (m *mover) enter(q *quality, i, c int32) {
	if m.size[c]++; m.size[c] == 1 {
		m.empty = m.empty[:len(m.empty)-1]
	}
	for t := range q.terms {
		m.take[int(c)*q.terms+t] += q.take[int(i)*q.terms+t]
	}
}

// best returns the community in which node i, taken out of all, raises Q most: where it
// was unless another is better by more than rounding.
func (m *mover) best(q *quality, i int32, of []int32) int32 {
	m.gather(q, i, of)
	old := of[i]
	best, top := old, m.link[old].weight-m.expected(q, i, old)+least
	for _, c := range m.touched {
		if gain := m.link[c].weight - m.expected(q, i, c); gain > top {
			best, top = c, gain
		}
		m.link[c] = tally{}
	}
	if top < 0 && m.size[old] > 0 {
		return m.empty[len(m.empty)-1]
	}
	return best
}

// gather sums the links of node i to each community.
func (m *mover) gather(q *quality, i int32, of []int32) {
	m.touched = m.touched[:0]
	a, b := q.start[i], q.start[i+1]
	weight := q.weight[a:b]
	for e, j := range q.to[a:b] {
		c := of[j]
		to := &m.link[c]
		if !to.seen {
			to.seen = true
			m.touched = append(m.touched, c)
		}
		to.weight += weight[e]
	}
}

// expected returns what the null model expects between node i and a community.
func (m *mover) expected(q *quality, i, c int32) float64 {
	return q.product(q.give[int(i)*q.terms:], m.take[int(c)*q.terms:])
}

// product returns Σ_t give_t·take_t.
func (q *quality) product(give, take []float64) float64 {
	if q.terms == 1 {
		return float64(give[0] * take[0])
	}
	sum := 0.0
	take = take[:q.terms]
	for t, x := range give[:q.terms] {
		sum += float64(x * take[t])
	}
	return sum
}

// aggregate makes communities, numbered below count, into nodes.
func (q *quality) aggregate(of []int32, count int) *quality {
	out := &quality{n: count, start: make([]int32, count+1), loop: make([]float64, count), terms: q.terms,
		give: make([]float64, count*q.terms), take: make([]float64, count*q.terms)}
	members, first := grouped(of, count)
	out.to, out.weight = make([]int32, 0, len(q.to)), make([]float64, 0, len(q.to))
	sum := make([]tally, count)
	var touched []int32
	for c := range int32(count) {
		touched = touched[:0]
		for _, i := range members[first[c]:first[c+1]] {
			out.loop[c] += q.loop[i]
			for t := range q.terms {
				out.give[int(c)*q.terms+t] += q.give[int(i)*q.terms+t]
				out.take[int(c)*q.terms+t] += q.take[int(i)*q.terms+t]
			}
			for e := q.start[i]; e < q.start[i+1]; e++ {
				d := of[q.to[e]]
				if !sum[d].seen {
					sum[d].seen = true
					touched = append(touched, d)
				}
				sum[d].weight += q.weight[e]
			}
		}
		for _, d := range touched {
			if d == c {
				out.loop[c] += sum[d].weight / 2
			} else if sum[d].weight != 0 {
				out.to, out.weight = append(out.to, d), append(out.weight, sum[d].weight)
			}
			sum[d] = tally{}
		}
		out.start[c+1] = int32(len(out.to))
	}
	return out
}

// grouped returns the nodes community by community, and where each one's begin.
func grouped(of []int32, count int) (members, first []int32) {
	first = make([]int32, count+1)
	for _, c := range of {
		first[c+1]++
	}
	for c := range count {
		first[c+1] += first[c]
	}
	members = make([]int32, len(of))
	next := slices.Clone(first)
	for i, c := range of {
		members[next[c]] = int32(i)
		next[c]++
	}
	return members, first
}
