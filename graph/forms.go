package graph

import "math"

// mapped returns the graph with other weights; an edge whose weight becomes 0 is dropped.
func (g *Digraph) mapped(weight func(e Edge) float64) *Digraph {
	start, post, weights := make([]int, g.n+1), make([]int32, 0, g.Len()), make([]float64, 0, g.Len())
	for pre := range g.n {
		posts, w := g.Out(pre)
		for i, p := range posts {
			if x := weight(Edge{pre, int(p), w[i]}); x != 0 {
				post, weights = append(post, p), append(weights, x)
			}
		}
		start[pre+1] = len(post)
	}
	return &Digraph{n: g.n, start: start, post: post, weight: weights}
}

// Simple returns the graph without self-loops.
func (g *Digraph) Simple() *Digraph {
	for i := range g.n {
		if g.Weight(i, i) != 0 {
			return g.mapped(func(e Edge) float64 {
				if e.Pre == e.Post {
					return 0
				}
				return e.Weight
			})
		}
	}
	return g
}

// Binary returns the graph with the weight 1 on every edge.
func (g *Digraph) Binary() *Digraph { return g.mapped(func(Edge) float64 { return 1 }) }

// Absolute returns the graph with the sizes of the weights.
func (g *Digraph) Absolute() *Digraph {
	return g.mapped(func(e Edge) float64 { return math.Abs(e.Weight) })
}

// Positive returns the edges of positive weight.
func (g *Digraph) Positive() *Digraph {
	return g.mapped(func(e Edge) float64 { return max(0, e.Weight) })
}

// Negative returns the edges of negative weight, with the sizes of their weights.
func (g *Digraph) Negative() *Digraph {
	return g.mapped(func(e Edge) float64 { return max(0, -e.Weight) })
}

// Scaled returns the graph with its weights divided by the size of the greatest.
func (g *Digraph) Scaled() *Digraph {
	top := 0.0
	for _, w := range g.weight {
		top = max(top, math.Abs(w))
	}
	return g.mapped(func(e Edge) float64 { return e.Weight / top })
}

// Strongest returns the edges whose |weight| lies strictly above its quantile over all
// n² pairs, self-loops and absent edges included, as Binarise takes them: of a dense
// network the strongest weights, of a sparse circuit every edge. A quantile outside 0…1
// counts as the nearer of the two, NaN as 0.
func (g *Digraph) Strongest(quantile float64) *Digraph {
	if !(quantile > 0) {
		quantile = 0
	}
	pairs, quantile := g.n*g.n, min(1, quantile)
	if absent := pairs - g.Len(); quantile*float64(pairs-1)+1 < float64(absent) {
		return g // the quantile is 0
	}
	size := make([]float64, pairs)
	for i, w := range g.weight {
		size[i] = math.Abs(w)
	}
	if len(size) == 0 {
		return g
	}
	threshold := quantileOf(size, quantile)
	return g.mapped(func(e Edge) float64 {
		if math.Abs(e.Weight) > threshold {
			return e.Weight
		}
		return 0
	})
}

// Reverse returns the graph with every edge turned around.
func (g *Digraph) Reverse() *Digraph {
	out := &Digraph{n: g.n, start: make([]int, g.n+1), post: make([]int32, g.Len()), weight: make([]float64, g.Len())}
	for _, p := range g.post {
		out.start[p+1]++
	}
	for i := range g.n {
		out.start[i+1] += out.start[i]
	}
	at := append([]int(nil), out.start[:g.n]...)
	for pre := range g.n {
		posts, w := g.Out(pre)
		for i, p := range posts {
			out.post[at[p]], out.weight[at[p]] = int32(pre), w[i]
			at[p]++
		}
	}
	return out
}

// Union returns the unweighted graph that links what is connected in either direction,
// without self-loops.
func (g *Digraph) Union() *Undirected {
	u := newUndirected(g.n)
	for pre := range g.n {
		posts, _ := g.Out(pre)
		for _, p := range posts {
			if int(p) != pre {
				u.set(pre, int(p))
			}
		}
	}
	return u
}

// merged returns the symmetric graph in which two nodes are linked by join of the weights
// of both directions, 0 standing for an absent one; self-loops are left out.
func (g *Digraph) merged(join func(out, in float64) float64) *Digraph {
	back := g.Reverse()
	most := min(2*g.Len(), g.n*g.n)
	start, post, weight := make([]int, g.n+1), make([]int32, 0, most), make([]float64, 0, most)
	for i := range g.n {
		a, v := g.Out(i)
		b, w := back.Out(i)
		for len(a) > 0 || len(b) > 0 {
			var node int32
			var out, in float64
			switch {
			case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
				node, out, a, v = a[0], v[0], a[1:], v[1:]
			case len(a) == 0 || b[0] < a[0]:
				node, in, b, w = b[0], w[0], b[1:], w[1:]
			default:
				node, out, in, a, v, b, w = a[0], v[0], w[0], a[1:], v[1:], b[1:], w[1:]
			}
			if x := join(out, in); x != 0 && int(node) != i {
				post, weight = append(post, node), append(weight, x)
			}
		}
		start[i+1] = len(post)
	}
	return &Digraph{n: g.n, start: start, post: post, weight: weight}
}

// Averaged returns the symmetric graph (W + Wᵀ)/2, without self-loops.
func (g *Digraph) Averaged() *Digraph {
	return g.merged(func(out, in float64) float64 { return (out + in) / 2 })
}

// outRows returns the posts of each node as bits.
func (g *Digraph) outRows() bitRows {
	b := newBitRows(g.n)
	for pre := range g.n {
		posts, _ := g.Out(pre)
		for _, p := range posts {
			b.mark(pre, int(p))
		}
	}
	return b
}
