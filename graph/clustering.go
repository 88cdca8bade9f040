package graph

import (
	"math"
	"math/bits"
)

// triangleSums returns for each node the sum of the products of three weights over all
// triangles that it is in, each triangle once. s is symmetric, without self-loops.
//
// A triangle i < j < k is met once, from i: x holds the weights of i, and the row of j is
// walked beyond j.
func triangleSums(s *Digraph) []float64 {
	t, x := make([]float64, s.n), make([]float64, s.n)
	later := make([]int, s.n) // where the neighbours beyond a node begin
	for i := range s.n {
		at := s.start[i]
		for at < s.start[i+1] && int(s.post[at]) <= i {
			at++
		}
		later[i] = at
	}
	for i := range s.n {
		own, weight := s.post[later[i]:s.start[i+1]], s.weight[later[i]:s.start[i+1]]
		for e, j := range own {
			x[j] = weight[e]
		}
		for e, j := range own {
			row, far := s.post[later[j]:s.start[j+1]], s.weight[later[j]:s.start[j+1]]
			far = far[:len(row)]
			side, sum := weight[e], 0.0
			for f, k := range row {
				v := float64(side * float64(far[f]*x[k]))
				sum += v
				t[k] += v
			}
			t[j] += sum
			t[i] += sum
		}
		for _, j := range own {
			x[j] = 0
		}
	}
	return t
}

// triples returns for each node d(d−1) − 2d↔, the pairs of edges at it, in and out, that
// could be sides of a directed triangle; d counts the edges and d↔ the mutual pairs.
func (g *Digraph) triples() []float64 {
	in, out := g.Degrees()
	both := make([]float64, g.n)
	back := g.Reverse()
	for i := range g.n {
		a, _ := g.Out(i)
		b, _ := back.Out(i)
		for len(a) > 0 && len(b) > 0 {
			switch {
			case a[0] < b[0]:
				a = a[1:]
			case b[0] < a[0]:
				b = b[1:]
			default:
				if int(a[0]) != i {
					both[i]++
				}
				a, b = a[1:], b[1:]
			}
		}
	}
	for i := range both {
		d := float64(in[i] + out[i])
		both[i] = d*(d-1) - 2*both[i]
	}
	return both
}

// fagiolo returns the triangles at each node, in sum over their directions, and the
// triples; root turns a weight into its share of a triangle.
func (g *Digraph) fagiolo(root func(float64) float64) (triangles, triples []float64) {
	roots := g.mapped(func(e Edge) float64 { return root(e.Weight) })
	s := roots.merged(func(out, in float64) float64 { return out + in })
	return triangleSums(s), g.triples()
}

// cycles returns the triangles at each node without weights: with u the rows of what is
// connected and m those of what is so mutually, (A+Aᵀ)_ij is u_ij + m_ij.
func (g *Digraph) cycles() []float64 {
	g = g.Simple()
	out, in := g.outRows(), g.Reverse().outRows()
	u, m := newBitRows(g.n), newBitRows(g.n)
	for i := range u.rows {
		u.rows[i], m.rows[i] = out.rows[i]|in.rows[i], out.rows[i]&in.rows[i]
	}
	t := make([]int, g.n)
	for i := range g.n {
		for k, w := range u.row(i)[:i>>6+1] { // each pair once: what they share counts for both
			for ; w != 0; w &= w - 1 {
				j := k<<6 + bits.TrailingZeros64(w)
				if j > i {
					break
				}
				shared := commonSums(u.row(i), m.row(i), u.row(j), m.row(j)) * (1 + m.at(i, j))
				t[i] += shared
				t[j] += shared
			}
		}
	}
	c := make([]float64, g.n)
	for i, x := range t {
		c[i] = float64(x) / 2
	}
	return c
}

// commonSums returns Σ (u_k + m_k)(v_k + w_k).
func commonSums(u, m, v, w []uint64) int {
	m, v, w = m[:len(u)], v[:len(u)], w[:len(u)]
	both, one, other, all := 0, 0, 0, 0
	for k, x := range u {
		both += bits.OnesCount64(x & v[k])
		one += bits.OnesCount64(x & w[k])
		other += bits.OnesCount64(m[k] & v[k])
		all += bits.OnesCount64(m[k] & w[k])
	}
	return both + one + other + all
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range out {
		if b[i] != 0 && a[i] != 0 {
			out[i] = a[i] / b[i]
		}
	}
	return out
}

func ratioOfSums(a, b []float64) float64 {
	var x, y float64
	for i := range a {
		x += a[i]
		y += b[i]
	}
	if y == 0 {
		return 0
	}
	return x / y
}

func one(w float64) float64 {
	if w == 0 {
		return 0
	}
	return 1
}

// Clustering returns the clustering coefficients of the directed graph without its
// weights: ½[(A+Aᵀ)³]_ii / (d(d−1) − 2d↔) (Fagiolo 2007,
// doi:10.1103/PhysRevE.76.026107), 0 where there is no triangle. Of a symmetric graph it
// is the coefficient of Watts & Strogatz. Self-loops are not read.
func (g *Digraph) Clustering() []float64 { return ratios(g.cycles(), g.triples()) }

// ClusteringOnnela returns the weighted clustering coefficients, ½[(W^⅓+Wᵀ^⅓)³]_ii /
// (d(d−1) − 2d↔): of a symmetric graph those of Onnela et al. 2005
// (doi:10.1103/PhysRevE.71.065103), of a directed one those of Fagiolo 2007
// (doi:10.1103/PhysRevE.76.026107). They scale with the weights: take Scaled to compare
// graphs. A negative weight has a negative root, which is the signed form.
func (g *Digraph) ClusteringOnnela() []float64 { return ratios(g.fagiolo(math.Cbrt)) }

// Transitivity returns the triangles of the directed graph over its triples, both in sum
// over nodes, without weights; 0 without triples.
func (g *Digraph) Transitivity() float64 { return ratioOfSums(g.cycles(), g.triples()) }

// TransitivityOnnela returns what ClusteringOnnela divides, both in sum over nodes.
func (g *Digraph) TransitivityOnnela() float64 { return ratioOfSums(g.fagiolo(math.Cbrt)) }

// ClusteringBarrat returns Σ_j w_ij n_ij / (s_i(k_i−1)) of a symmetric graph, n_ij being
// the number of common neighbours (Barrat et al. 2004, doi:10.1073/pnas.0400087101); 0
// with fewer than two neighbours.
func (g *Digraph) ClusteringBarrat() []float64 {
	g = g.Simple()
	rows := g.outRows()
	c := make([]float64, g.n)
	each(g.n, func() func(int) {
		return func(i int) {
			posts, w := g.Out(i)
			strength, closed := 0.0, 0.0
			for e, j := range posts {
				strength += w[e]
				closed += float64(w[e] * float64(common(rows.row(i), rows.row(int(j)))))
			}
			if k := len(posts); k > 1 && strength != 0 {
				c[i] = closed / (strength * float64(k-1))
			}
		}
	})
	return c
}

// ClusteringZhang returns [W³]_ii / ((Σ|w|)² − Σw²) of a symmetric graph: of nonnegative
// weights the coefficient of Zhang & Horvath 2005 (doi:10.2202/1544-6115.1128), of
// signed ones that of Costantini & Perugini 2014 (doi:10.1371/journal.pone.0088669),
// negative where triangles are unbalanced; 0 without a pair of neighbours.
func (g *Digraph) ClusteringZhang() []float64 {
	g = g.Simple()
	cycles := triangleSums(g)
	pairs := make([]float64, g.n)
	for i := range g.n {
		_, w := g.Out(i)
		sum, squares := 0.0, 0.0
		for _, x := range w {
			sum += math.Abs(x)
			squares += float64(x * x)
		}
		pairs[i] = (float64(sum*sum) - squares) / 2
	}
	return ratios(cycles, pairs)
}

// ClusteringOut returns the share of edges between the posts of each node, without
// weights; 0 with fewer than two posts. It is what a function for undirected graphs
// makes of a directed one (bct.clustering_coef_bu), and what several published analyses
// report.
func (g *Digraph) ClusteringOut() []float64 {
	g = g.Simple()
	rows := g.outRows()
	c := make([]float64, g.n)
	for i := range g.n {
		posts, _ := g.Out(i)
		links := 0
		for _, j := range posts {
			links += common(rows.row(i), rows.row(int(j)))
		}
		if k := len(posts); k > 1 {
			c[i] = float64(links) / float64(k*k-k)
		}
	}
	return c
}
