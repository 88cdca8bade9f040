package graph

import "math/bits"

// DirectedSimplices counts the directed simplices of dimension 0…most: sets of d+1 nodes
// that can be ordered so that each has an edge to all later ones, each order counting for
// itself where mutual edges allow several (Reimann et al. 2017,
// doi:10.3389/fncom.2017.00048). The work grows with the counts of dimension most − 1,
// which in dense parts rise steeply.
func (g *Digraph) DirectedSimplices(most int) []int64 {
	g, most = g.Simple(), max(0, most)
	rows := g.outRows()
	part := make([][]int64, g.n)
	each(g.n, func() func(int) {
		room := make([][]uint64, most+1)
		for d := range room {
			room[d] = make([]uint64, rows.words)
		}
		return func(i int) {
			part[i] = make([]int64, most+1)
			part[i][0] = 1
			if most > 0 {
				rows.simplices(rows.row(i), 1, part[i], room)
			}
		}
	})
	counts := make([]int64, most+1)
	for _, p := range part {
		for d, x := range p {
			counts[d] += x
		}
	}
	return counts
}

// simplices counts those that end with a node of next, its dimension and beyond.
func (b *bitRows) simplices(next []uint64, dimension int, counts []int64, room [][]uint64) {
	for k, w := range next {
		counts[dimension] += int64(bits.OnesCount64(w))
		if dimension == len(counts)-1 {
			continue
		}
		for ; w != 0; w &= w - 1 {
			row := b.row(k<<6 + bits.TrailingZeros64(w))
			if dimension == len(counts)-2 {
				counts[dimension+1] += int64(common(next, row))
				continue
			}
			both, any := room[dimension], uint64(0)
			for i, x := range next {
				both[i] = x & row[i]
				any |= both[i]
			}
			if any != 0 {
				b.simplices(both, dimension+1, counts, room)
			}
		}
	}
}
