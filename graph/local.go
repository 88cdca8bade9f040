package graph

import "math"

// LocalEfficiency returns the local efficiencies of the directed graph without weights:
// the mean of 1/distance between the neighbours of a node, in and out, along edges among
// them, a mutual neighbour counting twice (Rubinov & Sporns 2010,
// doi:10.1016/j.neuroimage.2009.10.003); 0 without a path. Of a symmetric graph it is
// that of Latora & Marchiori 2001 (doi:10.1103/PhysRevLett.87.198701).
func (g *Digraph) LocalEfficiency() []float64 {
	return g.Binary().local(nil, one, func(*lengths) localSum {
		s := newSearch(0)
		var mutual []uint64
		return func(l *lengths, share []float64) float64 {
			s.size(l.rows.words)
			mutual = append(mutual[:0], make([]uint64, l.rows.words)...)
			for i, x := range share {
				if x == 2 {
					mutual[i>>6] |= 1 << (i & 63)
				}
			}
			sum := 0.0
			for i := range share {
				row := 0.0
				s.levels(&l.rows, i, func(d, nodes int) { row += float64(nodes+common(s.next, mutual)) / float64(d) })
				sum += float64(share[i] * row)
			}
			return sum
		}
	})
}

// LocalEfficiencyWang returns the weighted local efficiencies as Wang, Ghumare,
// Vandenberghe & Dupont 2017 (doi:10.1162/NECO_a_00914) define them: for each two
// neighbours the cube roots of both weights over their distance along the neighbours,
// in sum over the pairs, lengths being cube roots of 1/weight. Take Scaled: weights are
// meant to be at most 1.
func (g *Digraph) LocalEfficiencyWang() []float64 {
	return g.localWeighted(func(w float64) float64 { return math.Cbrt(1 / w) }, inverse)
}

// LocalEfficiencyRubinov returns the weighted local efficiencies of Rubinov & Sporns 2010
// (doi:10.1016/j.neuroimage.2009.10.003): lengths are 1/weight and the cube root is taken
// of the distance.
func (g *Digraph) LocalEfficiencyRubinov() []float64 {
	return g.localWeighted(inverse, func(distance float64) float64 { return math.Cbrt(1 / distance) })
}

// localSum returns Σ share_i share_j f(distance) over the ordered pairs of a graph.
type localSum func(l *lengths, share []float64) float64

func (g *Digraph) localWeighted(long, near func(float64) float64) []float64 {
	return g.Positive().local(long, math.Cbrt, func(whole *lengths) localSum {
		d := newDijkstra(whole)
		dist := make([]float64, whole.n)
		return func(l *lengths, share []float64) float64 {
			d.search.size(l.rows.words)
			sum := 0.0
			for i := range share {
				row := 0.0
				d.distances(l, i, dist[:l.n])
				for j, x := range dist[:l.n] {
					if j != i && !math.IsInf(x, 1) {
						row += float64(share[j] * near(x))
					}
				}
				sum += float64(share[i] * row)
			}
			return sum
		}
	})
}

// size lets the search work on rows of so many words.
func (s *search) size(words int) {
	for _, set := range []*[]uint64{&s.seen, &s.front, &s.next} {
		if cap(*set) < words {
			*set = make([]uint64, words)
		}
		*set = (*set)[:words]
	}
}

// local takes the neighbours of each node, in and out, with the edges among them, and
// divides the sum over their pairs by the number of pairs of edges that hold them. share
// is the part of a neighbour that an edge's weight gives; both directions are added. long
// may be nil, for sums that need no lengths.
func (g *Digraph) local(long, share func(weight float64) float64, sum func(whole *lengths) localSum) []float64 {
	g = g.Simple()
	whole := newLengths(g, long)
	edges := g.merged(func(out, in float64) float64 { return one(out) + one(in) })
	shares := g.merged(func(out, in float64) float64 { return share(out) + share(in) })
	out := make([]float64, g.n)
	each(g.n, func() func(int) {
		among, of := newPart(whole), sum(whole)
		return func(i int) {
			near, count := edges.Out(i)
			_, part := shares.Out(i)
			among.take(whole, near)
			if x := of(&among.lengths, part); x != 0 {
				out[i] = x / pairsOf(count)
			}
		}
	})
	return out
}

// pairsOf returns (Σx)² − Σx².
func pairsOf(x []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, v := range x {
		sum += v
		squares += float64(v * v)
	}
	return float64(sum*sum) - squares
}
