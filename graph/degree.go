package graph

import "math"

// Degrees returns how many edges end and how many begin at each node, without self-loops.
func (g *Digraph) Degrees() (in, out []int) {
	in, out = make([]int, g.n), make([]int, g.n)
	for pre := range g.n {
		posts, _ := g.Out(pre)
		for _, p := range posts {
			if int(p) != pre {
				out[pre]++
				in[p]++
			}
		}
	}
	return in, out
}

// Strengths returns the summed weights of the edges that end and that begin at each node,
// without self-loops.
func (g *Digraph) Strengths() (in, out []float64) {
	in, out = make([]float64, g.n), make([]float64, g.n)
	for pre := range g.n {
		posts, w := g.Out(pre)
		for i, p := range posts {
			if int(p) != pre {
				out[pre] += w[i]
				in[p] += w[i]
			}
		}
	}
	return in, out
}

// Density returns the share of the n(n−1) ordered pairs that are connected, NaN below two
// nodes.
func (g *Digraph) Density() float64 {
	return float64(g.Simple().Len()) / (float64(g.n) * float64(g.n-1))
}

// ReciprocityRatio returns the share of mutually connected pairs among connected pairs
// (igraph's ratio); NaN without edges.
func (g *Digraph) ReciprocityRatio() float64 {
	both := g.Reciprocity() * float64(g.Simple().Len()) / 2
	return both / float64(g.Union().Len())
}

// ReciprocityRho returns ρ = (r − a)/(1 − a), the reciprocity r against that of a random
// graph of the same density a (Garlaschelli & Loffredo 2004,
// doi:10.1103/PhysRevLett.93.268701); NaN without edges and for a complete graph.
func (g *Digraph) ReciprocityRho() float64 {
	a := g.Density()
	if a == 1 {
		return math.NaN()
	}
	return (g.Reciprocity() - a) / (1 - a)
}

// CoreNumbers returns for each node the largest k for which it is in the k-core: the
// largest part of the graph in which every node has at least k links (Seidman 1983,
// doi:10.1016/0378-8733(83)90028-X).
func (g *Undirected) CoreNumbers() []int {
	left, core := make([]int, g.n), make([]int, g.n)
	levels := make([][]int, g.n+1)
	for i := range left {
		left[i] = g.Degree(i)
		levels[left[i]] = append(levels[left[i]], i)
	}
	done := make([]bool, g.n)
	for k := range levels {
		for at := 0; at < len(levels[k]); at++ {
			i := levels[k][at]
			if done[i] || left[i] > k {
				continue
			}
			done[i], core[i] = true, k
			g.Neighbours(i, func(j int) {
				if !done[j] && left[j] > k {
					left[j]--
					levels[left[j]] = append(levels[left[j]], j)
				}
			})
		}
	}
	return core
}
