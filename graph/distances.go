package graph

import (
	"math"
	"math/bits"
)

// Distances returns the distances of all ordered pairs in steps, [source][target], row
// by row; +Inf where no path leads along the edges.
func (g *Digraph) Distances() []float64 {
	rows := g.outRows()
	out := make([]float64, g.n*g.n)
	each(g.n, func() func(int) {
		s := newSearch(rows.words)
		return func(i int) {
			dist := out[i*g.n : (i+1)*g.n]
			for j := range dist {
				dist[j] = math.Inf(1)
			}
			dist[i] = 0
			s.levels(&rows, i, func(d, _ int) {
				for k, w := range s.next {
					for ; w != 0; w &= w - 1 {
						dist[k<<6+bits.TrailingZeros64(w)] = float64(d)
					}
				}
			})
		}
	})
	return out
}

// WeightedDistances returns the distances of all ordered pairs, [source][target], the
// length of an edge being 1/weight; +Inf where there is no path. Edges of no positive
// weight are not walked.
func (g *Digraph) WeightedDistances() []float64 {
	l := newLengths(g, inverse)
	out := make([]float64, g.n*g.n)
	each(g.n, func() func(int) {
		d := newDijkstra(l)
		return func(i int) { d.distances(l, i, out[i*g.n:(i+1)*g.n]) }
	})
	return out
}

// Paths are the shortest paths of a graph in numbers.
type Paths struct {
	Length       float64   // mean distance over ordered pairs that are connected, NaN without
	Reachable    float64   // share of the ordered pairs that are connected
	Efficiency   float64   // mean of 1/distance, 0 for pairs without a path (Latora & Marchiori 2001, doi:10.1103/PhysRevLett.87.198701)
	Eccentricity []float64 // greatest finite distance from each node; NaN where none is reachable
	Radius       float64   // least eccentricity
	Diameter     float64   // greatest eccentricity
}

// PathLength returns the mean distance over all ordered pairs: +Inf as soon as one of
// them is not connected.
func (p Paths) PathLength() float64 {
	if p.Reachable < 1 {
		return math.Inf(1)
	}
	return p.Length
}

// perSource is what is summed from one source.
type perSource struct{ sum, inverse, far, reached float64 }

func (s *perSource) add(distance, nodes float64) {
	s.sum += float64(distance * nodes)
	s.inverse += nodes / distance
	s.reached += nodes
	s.far = max(s.far, distance)
}

func newPaths(sources []perSource) Paths {
	n := float64(len(sources))
	p := Paths{Eccentricity: make([]float64, len(sources)), Radius: math.NaN(), Diameter: math.NaN()}
	var all perSource
	for i, s := range sources {
		all.sum += s.sum
		all.inverse += s.inverse
		all.reached += s.reached
		p.Eccentricity[i] = math.NaN()
		if s.reached == 0 {
			continue
		}
		p.Eccentricity[i] = s.far
		if !(s.far >= p.Radius) {
			p.Radius = s.far
		}
		if !(s.far <= p.Diameter) {
			p.Diameter = s.far
		}
	}
	pairs := n * (n - 1)
	p.Length, p.Reachable, p.Efficiency = all.sum/all.reached, all.reached/pairs, all.inverse/pairs
	return p
}

// Paths measures the distances in steps along the edges.
func (g *Digraph) Paths() Paths {
	rows := g.outRows()
	sources := make([]perSource, g.n)
	each(g.n, func() func(int) {
		s := newSearch(rows.words)
		return func(i int) {
			s.levels(&rows, i, func(d, nodes int) { sources[i].add(float64(d), float64(nodes)) })
		}
	})
	return newPaths(sources)
}

// WeightedPaths measures the distances of WeightedDistances. They scale with 1/weight:
// take Scaled to compare graphs.
func (g *Digraph) WeightedPaths() Paths {
	l := newLengths(g, inverse)
	sources := make([]perSource, g.n)
	each(g.n, func() func(int) {
		d, dist := newDijkstra(l), make([]float64, g.n)
		return func(i int) {
			d.distances(l, i, dist)
			for j, x := range dist {
				if j != i && !math.IsInf(x, 1) {
					sources[i].add(x, 1)
				}
			}
		}
	})
	return newPaths(sources)
}
