package graph

import (
	"math"
	"slices"

	"biornn/internal/rng"
)

// RichClub says how densely the nodes of high degree are connected among each other
// (Colizza et al. 2006, doi:10.1038/nphys209). Entry k belongs to the nodes of a degree
// greater than k.
type RichClub struct {
	Nodes, Edges []int
	Coefficient  []float64 // edges over ordered (of an undirected graph: unordered) pairs; NaN below two nodes
}

// RichClub returns the coefficients for k = 0 … greatest degree, in and out together. Of
// a symmetric graph take that of its Union.
func (g *Digraph) RichClub() RichClub {
	degree := g.totalDegrees()
	var least []int
	for _, e := range g.Simple().Edges() {
		least = append(least, min(degree[e.Pre], degree[e.Post]))
	}
	return richClub(degree, least, 1)
}

// RichClub returns the coefficients for k = 0 … greatest degree.
func (g *Undirected) RichClub() RichClub {
	degree := make([]int, g.n)
	for i := range degree {
		degree[i] = g.Degree(i)
	}
	var least []int
	for _, p := range g.Pairs() {
		least = append(least, min(degree[p[0]], degree[p[1]]))
	}
	return richClub(degree, least, 2)
}

func (g *Digraph) totalDegrees() []int {
	in, out := g.Degrees()
	for i := range in {
		in[i] += out[i]
	}
	return in
}

// richClub takes the degrees of the nodes and, for each edge, the lesser at its ends;
// an edge fills so many of the ordered pairs.
func richClub(degree, least []int, fills int) RichClub {
	if len(degree) == 0 {
		return RichClub{}
	}
	top := slices.Max(degree)
	c := RichClub{Nodes: beyond(degree, top), Edges: beyond(least, top), Coefficient: make([]float64, top+1)}
	for k, nodes := range c.Nodes {
		c.Coefficient[k] = math.NaN()
		if nodes > 1 {
			c.Coefficient[k] = float64(fills*c.Edges[k]) / (float64(nodes) * float64(nodes-1))
		}
	}
	return c
}

// beyond counts for k = 0…top how many of x are greater.
func beyond(x []int, top int) []int {
	count := make([]int, top+2)
	for _, v := range x {
		count[v]++
	}
	for k := top; k >= 0; k-- {
		count[k] += count[k+1]
	}
	return count[1:]
}

// WeightedRichClub returns for k = 1 … greatest degree the summed weight among the nodes
// of a degree of at least k over that of as many of the strongest edges of the whole
// graph (Opsahl et al. 2008, doi:10.1103/PhysRevLett.101.168702); NaN where every node is
// that rich, or no edge is left. Entry 0 belongs to k = 1. The degree of a node is that of
// in and out together, of a symmetric graph (undirected) that of its links.
func (g *Digraph) WeightedRichClub(undirected bool) []float64 {
	g = g.Simple()
	degree := g.totalDegrees()
	if undirected {
		_, degree = g.Degrees()
	}
	if len(degree) == 0 {
		return nil
	}
	weight, inside := make([]float64, slices.Max(degree)+1), make([]int, slices.Max(degree)+1)
	for _, e := range g.Edges() {
		k := min(degree[e.Pre], degree[e.Post])
		weight[k] += e.Weight
		inside[k]++
	}
	strongest := slices.Clone(g.weight)
	slices.Sort(strongest)
	slices.Reverse(strongest)
	for i := 1; i < len(strongest); i++ {
		strongest[i] += strongest[i-1]
	}
	out := make([]float64, len(weight)-1)
	sum, count, least := 0.0, 0, slices.Min(degree)
	for k := len(weight) - 1; k > 0; k-- {
		sum += weight[k]
		count += inside[k]
		out[k-1] = math.NaN()
		if k > least && count > 0 {
			out[k-1] = sum / strongest[count-1]
		}
	}
	return out
}

// NormalisedRichClub returns the coefficients over their means in graphs in which every
// node keeps its degree, made as those of DegreeNulls; NaN where no null has any link
// among the nodes of that degree.
func (g *Undirected) NormalisedRichClub(nulls int, seed uint64) []float64 {
	curves := make([][]float64, max(0, nulls))
	links := g.links()
	each(len(curves), func() func(int) {
		return func(i int) {
			curves[i] = g.rewired(links, rng.New(seed, "graph/rich-club", uint64(i))).RichClub().Coefficient
		}
	})
	return Normalise(g.RichClub().Coefficient, curves)
}

// Normalise divides a curve by the mean of the same curve of null models; NaN where that
// is 0 or does not exist.
func Normalise(curve []float64, nulls [][]float64) []float64 {
	out := make([]float64, len(curve))
	for k, x := range curve {
		sum, count := 0.0, 0.0
		for _, null := range nulls {
			if k < len(null) && !math.IsNaN(null[k]) {
				sum += null[k]
				count++
			}
		}
		out[k] = math.NaN()
		if sum != 0 {
			out[k] = x / (sum / count)
		}
	}
	return out
}
