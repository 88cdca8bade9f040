package graph

import (
	"fmt"
	"math"
	"slices"
)

// Form says how the modularities Q⁺ of the positive and Q⁻ of the negative weights make
// one number, s⁺ and s⁻ being the sums of their sizes (Gómez, Jensen & Arenas 2009,
// doi:10.1103/PhysRevE.80.016114; Rubinov & Sporns 2011,
// doi:10.1016/j.neuroimage.2011.03.069). Without negative weights the first three and
// PositiveOnly are all Q⁺.
type Form string

// The forms; in brackets the names that the Brain Connectivity Toolbox gives them.
const (
	NegativeAsymmetric Form = "negative_asym" // Q⁺ − s⁻/(s⁺+s⁻)·Q⁻ (sta); also the meaning of ""
	NegativeSymmetric  Form = "negative_sym"  // (s⁺Q⁺ − s⁻Q⁻)/(s⁺+s⁻) (gja)
	Simple             Form = "simple"        // Q⁺ − Q⁻ (smp)
	PositiveOnly       Form = "positive"      // Q⁺ (pos)
	NegativeOnly       Form = "negative"      // −Q⁻ (neg)
)

// shares returns what a unit of positive and of negative weight counts in Q.
func (f Form) shares(pos, neg float64) (a, b float64, err error) {
	over := func(x, y float64) float64 {
		if x == 0 {
			return 0
		}
		return 1 / y
	}
	switch f {
	case NegativeAsymmetric, "":
		a, b = over(pos, pos), over(neg, pos+neg)
	case NegativeSymmetric:
		a, b = over(pos, pos+neg), over(neg, pos+neg)
	case Simple:
		a, b = over(pos, pos), over(neg, neg)
	case PositiveOnly:
		a = over(pos, pos)
	case NegativeOnly:
		b = over(neg, neg)
	default:
		return 0, 0, fmt.Errorf("graph: form of Q: want negative_asym, negative_sym, simple, positive or negative, got %q", string(f))
	}
	if a == 0 && b == 0 {
		return 0, 0, fmt.Errorf("graph: communities: the graph has no edges of the sign that Q counts")
	}
	return a, b, nil
}

// quality is Q of a graph in the form that optimisers need: the links of a node with
// both directions joined, and what is expected of a pair as a product of few terms.
//
// Q = Σ_c [inside_c − ½ Σ_t give_c,t · take_c,t]; inside_c are the weights within a
// community, in shares of Q, give and take sums over its nodes. A symmetric graph needs
// one term for each sign, another two.
type quality struct {
	n          int
	start      []int32
	to         []int32
	weight     []float64 // of both directions, without self-loops
	loop       []float64 // self-loops
	terms      int
	give, take []float64 // n×terms
}

// newQuality prepares Q with resolution γ; weights that are not finite are an error.
func newQuality(g *Digraph, form Form, gamma float64) (*quality, error) {
	if !(gamma >= 0) || math.IsInf(gamma, 0) {
		return nil, fmt.Errorf("graph: communities: resolution: want a finite number of at least 0, got %g", gamma)
	}
	pos, neg := 0.0, 0.0
	for pre := range g.n {
		posts, weights := g.Out(pre)
		for k, w := range weights {
			if math.IsNaN(w) || math.IsInf(w, 0) {
				return nil, fmt.Errorf("graph: communities: weight of %d → %d: want a finite number, got %g", pre, posts[k], w)
			}
			pos, neg = pos+max(w, 0), neg+max(-w, 0)
		}
	}
	a, b, err := form.shares(pos, neg)
	if err != nil {
		return nil, err
	}
	back := g.reversed()
	q := &quality{n: g.n, loop: make([]float64, g.n)}
	symmetric := slices.Equal(g.post, back.post) && slices.Equal(g.weight, back.weight)
	q.join(g, back, a, b)
	q.expect(g, back, symmetric, [2]float64{a, b}, [2]float64{pos, neg}, gamma)
	return q, nil
}

// reversed returns the graph with all edges turned.
func (g *Digraph) reversed() *Digraph {
	r := &Digraph{n: g.n, start: make([]int, g.n+1), post: make([]int32, g.Len()), weight: make([]float64, g.Len())}
	for _, p := range g.post {
		r.start[p+1]++
	}
	for i := range g.n {
		r.start[i+1] += r.start[i]
	}
	next := slices.Clone(r.start)
	for pre := range g.n {
		posts, w := g.Out(pre)
		for k, p := range posts {
			r.post[next[p]], r.weight[next[p]] = int32(pre), w[k]
			next[p]++
		}
	}
	return r
}

// join fills the links: the shares of both directions of a pair, summed.
func (q *quality) join(g, back *Digraph, a, b float64) {
	share := func(w float64) float64 {
		if w > 0 {
			return float64(a * w)
		}
		return float64(b * w)
	}
	q.start = make([]int32, q.n+1)
	q.to, q.weight = make([]int32, 0, 2*g.Len()), make([]float64, 0, 2*g.Len())
	for i := range q.n {
		post, out := g.Out(i)
		pre, in := back.Out(i)
		for len(post) > 0 || len(pre) > 0 {
			var j int32
			w := 0.0
			if len(pre) == 0 || len(post) > 0 && post[0] <= pre[0] {
				j = post[0]
			} else {
				j = pre[0]
			}
			if len(post) > 0 && post[0] == j {
				w += share(out[0])
				post, out = post[1:], out[1:]
			}
			if len(pre) > 0 && pre[0] == j {
				w += share(in[0])
				pre, in = pre[1:], in[1:]
			}
			if int(j) == i {
				q.loop[i] = w / 2
			} else if w != 0 {
				q.to, q.weight = append(q.to, j), append(q.weight, w)
			}
		}
		q.start[i+1] = int32(len(q.to))
	}
}

// expect fills give and take: γ·share/total·(out_i·in_j + in_i·out_j) for each sign.
func (q *quality) expect(g, back *Digraph, symmetric bool, share, total [2]float64, gamma float64) {
	perSign := 2
	if symmetric {
		perSign = 1
	}
	var signs []int
	for k := range share {
		if share[k] > 0 {
			signs = append(signs, k)
		}
	}
	q.terms = perSign * len(signs)
	q.give, q.take = make([]float64, q.n*q.terms), make([]float64, q.n*q.terms)
	for i := range q.n {
		_, w := g.Out(i)
		_, v := back.Out(i)
		out, in := strengths(w), strengths(v)
		for t, k := range signs {
			scale := gamma * share[k] / total[k]
			if k == 1 {
				scale = -scale
			}
			at := i*q.terms + t*perSign
			if symmetric {
				q.give[at], q.take[at] = 2*scale*out[k], out[k]
				continue
			}
			q.give[at], q.take[at] = scale*out[k], in[k]
			q.give[at+1], q.take[at+1] = scale*in[k], out[k]
		}
	}
}

// strengths returns the sums of the positive and of the negative weights' sizes.
func strengths(w []float64) (s [2]float64) {
	for _, x := range w {
		if x > 0 {
			s[0] += x
		} else {
			s[1] -= x
		}
	}
	return s
}

// value returns Q of a partition into communities numbered below count.
func (q *quality) value(of []int32, count int) float64 {
	give, take := make([]float64, count*q.terms), make([]float64, count*q.terms)
	sum := 0.0
	for i, c := range of {
		sum += q.loop[i]
		for e := q.start[i]; e < q.start[i+1]; e++ {
			if of[q.to[e]] == c {
				sum += q.weight[e] / 2
			}
		}
		for t := range q.terms {
			give[int(c)*q.terms+t] += q.give[i*q.terms+t]
			take[int(c)*q.terms+t] += q.take[i*q.terms+t]
		}
	}
	for k, x := range give {
		sum -= float64(x*take[k]) / 2
	}
	return sum
}

// Modularity returns Q of a partition: for the weights of each sign
// Σ (W_ij − γ·out_i·in_j/s)·δ/s over the ordered pairs in the same community (Leicht &
// Newman 2008, doi:10.1103/PhysRevLett.100.118703; for a symmetric graph Newman's
// weighted Q), joined as form says. The community of a node is any number of at least 0;
// self-loops count as edges. A graph without edges of the signs that form counts is an
// error.
func (g *Digraph) Modularity(community []int, form Form, gamma float64) (float64, error) {
	if len(community) != g.n {
		return 0, fmt.Errorf("graph: modularity: want a community for each of %d nodes, got %d", g.n, len(community))
	}
	q, err := newQuality(g, form, gamma)
	if err != nil {
		return 0, err
	}
	of, count := compact(community)
	return q.value(of, count), nil
}

// compact numbers communities, which may be any numbers, from 0 by first appearance.
func compact[T int | int32](community []T) ([]int32, int) {
	number := make(map[T]int32)
	of := make([]int32, len(community))
	for i, c := range community {
		k, ok := number[c]
		if !ok {
			k = int32(len(number))
			number[c] = k
		}
		of[i] = k
	}
	return of, len(number)
}

// renumbered is compact for communities numbered below their own count of nodes.
func renumbered(community []int32) ([]int32, int) {
	number, next := make([]int32, len(community)), int32(0)
	of := make([]int32, len(community))
	for i, c := range community {
		if number[c] == 0 {
			next++
			number[c] = next
		}
		of[i] = number[c] - 1
	}
	return of, int(next)
}
