package graph

import (
	"math"

	"biornn/internal/portable"
	"biornn/internal/rng"
)

// randomness is Leiden's θ in mean link weights: how far behind the best union another
// may be and still be chosen.
const randomness = 0.01

// louvain returns the communities that local moving and aggregation by turns find from
// single nodes.
func (q *quality) louvain(s *rng.Stream) ([]int32, int) {
	m := &mover{}
	of := singles(q.n)
	for level := q; ; {
		part := singles(level.n)
		m.move(level, part, s)
		part, count := renumbered(part)
		follow(of, part)
		if count == level.n {
			return of, count
		}
		level = level.aggregate(part, count)
	}
}

func singles(n int) []int32 {
	of := make([]int32, n)
	for i := range of {
		of[i] = int32(i)
	}
	return of
}

// follow replaces every number by what it became.
func follow(of, became []int32) {
	for i, c := range of {
		of[i] = became[c]
	}
}

// leiden returns communities that are connected by links of positive weight: rounds of
// local moving, refinement and aggregation (Traag, Waltman & van Eck 2019,
// doi:10.1038/s41598-019-41695-z), each beginning with the communities of the one
// before, until a round does not raise Q. At most rounds are done, unless that is 0.
func (q *quality) leiden(rounds int, s *rng.Stream) ([]int32, int) {
	r := newRefiner(q)
	best, count := singles(q.n), q.n
	value := math.Inf(-1)
	for k := 0; rounds == 0 || k < rounds; k++ {
		of, c, v := r.round(q, best, s)
		if v <= value+1e-12 {
			break
		}
		best, count, value = of, c, v
	}
	return best, count
}

// refiner does the rounds of Leiden; its arrays are those of mover and, for each
// community under way, what it gives and its links to the rest of the one it is part of.
type refiner struct {
	mover
	theta   float64
	give    []float64
	outside []float64
	inside  []float64 // of a node: its links within its community
	whole   []float64 // what each community takes
	chance  []float64
}

func newRefiner(q *quality) *refiner {
	sum := 0.0
	for _, w := range q.weight {
		sum += max(w, -w)
	}
	return &refiner{theta: randomness * sum / float64(max(1, len(q.weight))),
		give: make([]float64, q.n*q.terms), outside: make([]float64, q.n), inside: make([]float64, q.n), whole: make([]float64, q.n*q.terms)}
}

// round moves, refines and aggregates until every community is one node of the level;
// such a node is a refined community, and so connected. It returns Q too.
func (r *refiner) round(q *quality, start []int32, s *rng.Stream) (of []int32, count int, value float64) {
	of = singles(q.n)
	part := append([]int32(nil), start...)
	for level := q; ; {
		r.move(level, part, s)
		if part, count = renumbered(part); count == level.n {
			follow(of, part)
			return of, count, level.value(part, count)
		}
		fine := r.refine(level, part, s)
		fine, count = renumbered(fine)
		if count == level.n { // nothing could be joined
			if fine, count = level.pieces(part); count == level.n {
				follow(of, fine)
				return of, count, level.value(fine, count)
			}
		}
		follow(of, fine)
		next := make([]int32, count)
		for i, c := range fine {
			next[c] = part[i]
		}
		level, part = level.aggregate(fine, count), next
	}
}

// refine splits communities: from single nodes, each that is well linked to its community
// and still alone joins a well-linked part of it, at random among those that do not lower
// Q, likelier the more they raise it.
func (r *refiner) refine(q *quality, part []int32, s *rng.Stream) []int32 {
	fine := singles(q.n)
	r.begin(q, part)
	for _, k := range s.Perm(q.n) {
		i := int32(k)
		if r.size[i] != 1 || !r.wellLinked(q, i, part[i]) {
			continue
		}
		c := r.choose(q, i, part, fine, s)
		if c == i {
			continue
		}
		fine[i] = c
		r.size[i], r.size[c] = 0, r.size[c]+1
		r.outside[c] += r.inside[i] - 2*r.link[c].weight
		for t := range q.terms {
			r.take[int(c)*q.terms+t] += q.take[k*q.terms+t]
			r.give[int(c)*q.terms+t] += q.give[k*q.terms+t]
		}
		r.link[c] = tally{}
	}
	return fine
}

// begin makes every node a community of its own within its part.
func (r *refiner) begin(q *quality, part []int32) {
	clear(r.whole)
	for i, c := range part {
		r.size[i] = 1
		r.inside[i] = 0
		for e := q.start[i]; e < q.start[i+1]; e++ {
			if part[q.to[e]] == c {
				r.inside[i] += q.weight[e]
			}
		}
		r.outside[i] = r.inside[i]
		for t := range q.terms {
			r.whole[int(c)*q.terms+t] += q.take[i*q.terms+t]
		}
	}
	copy(r.take, q.take)
	copy(r.give, q.give)
}

// wellLinked tells whether a refined community is linked to the rest of its part at least
// as strongly as the null model expects.
func (r *refiner) wellLinked(q *quality, c, part int32) bool {
	rest := 0.0
	for t := range q.terms {
		at := int(c)*q.terms + t
		rest += float64(r.give[at] * (r.whole[int(part)*q.terms+t] - r.take[at]))
	}
	return r.outside[c] >= rest
}

// choose returns the refined community that a single node joins, itself if none, and
// leaves the weight between them in link.
func (r *refiner) choose(q *quality, i int32, part, fine []int32, s *rng.Stream) int32 {
	r.touched = r.touched[:0]
	for e := q.start[i]; e < q.start[i+1]; e++ {
		j := q.to[e]
		if part[j] != part[i] {
			continue
		}
		c := fine[j]
		to := &r.link[c]
		if !to.seen {
			to.seen = true
			r.touched = append(r.touched, c)
		}
		to.weight += q.weight[e]
	}
	r.chance = r.chance[:0]
	top, able := 0.0, r.touched[:0]
	for _, c := range r.touched {
		gain := r.link[c].weight - r.expected(q, i, c)
		if r.link[c].weight > 0 && gain >= 0 && r.wellLinked(q, c, part[i]) {
			able, r.chance = append(able, c), append(r.chance, gain)
			top = max(top, gain)
		} else {
			r.link[c] = tally{}
		}
	}
	chosen := r.draw(i, able, top, s)
	for _, c := range able {
		if c != chosen {
			r.link[c] = tally{}
		}
	}
	return chosen
}

// draw picks one of the communities, or the node itself, with chances exp(gain/θ).
func (r *refiner) draw(self int32, able []int32, top float64, s *rng.Stream) int32 {
	if len(able) == 0 {
		return self
	}
	chance := func(gain float64) float64 {
		if x := (gain - top) / r.theta; x > -30 {
			return portable.Exp(x)
		}
		return 0
	}
	sum := 0.0
	for k, gain := range r.chance {
		sum += chance(gain)
		r.chance[k] = sum
	}
	at := s.Float64() * (sum + chance(0))
	for k, upTo := range r.chance {
		if at < upTo {
			return able[k]
		}
	}
	return self
}

// pieces splits communities into those that links of positive weight connect.
func (q *quality) pieces(part []int32) ([]int32, int) {
	of := make([]int32, q.n)
	for i := range of {
		of[i] = -1
	}
	count := int32(0)
	var front []int32
	for i := range int32(q.n) {
		if of[i] >= 0 {
			continue
		}
		of[i] = count
		for front = append(front[:0], i); len(front) > 0; {
			j := front[len(front)-1]
			front = front[:len(front)-1]
			for e := q.start[j]; e < q.start[j+1]; e++ {
				k := q.to[e]
				if of[k] < 0 && part[k] == part[j] && q.weight[e] > 0 {
					of[k] = count
					front = append(front, k)
				}
			}
		}
		count++
	}
	return of, int(count)
}
