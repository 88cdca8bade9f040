package graph

import (
	"fmt"
	"math"
	"slices"
)

// Matching returns the matching index of all pairs of nodes, n×n, row by row: twice the
// number of common neighbours over all neighbours of both, the two themselves left out,
// edges in and out each counting for themselves (Hilgetag et al. 2002, in Computational
// Neuroanatomy, Humana Press); 0 where both have no other neighbour. Weights and
// self-loops are not read.
func (g *Digraph) Matching() []float64 {
	g = g.Simple()
	out, in, degree := g.outRows(), g.Reverse().outRows(), g.totalDegrees()
	m := make([]float64, g.n*g.n)
	each(g.n, func() func(int) {
		return func(i int) {
			for j := range g.n {
				if j == i {
					continue
				}
				between := out.at(i, j) + out.at(j, i)
				if all := degree[i] + degree[j] - 2*between; all > 0 {
					m[i*g.n+j] = 2 * float64(common(out.row(i), out.row(j))+common(in.row(i), in.row(j))) / float64(all)
				}
			}
		}
	})
	return m
}

// at returns a bit.
func (b *bitRows) at(i, j int) int { return int(b.rows[i*b.words+j>>6] >> (j & 63) & 1) }

// Directed returns the symmetric graph of the same links, of weight 1.
func (g *Undirected) Directed() *Digraph {
	d := &Digraph{n: g.n, start: make([]int, g.n+1)}
	for i := range g.n {
		g.Neighbours(i, func(j int) {
			d.post, d.weight = append(d.post, int32(j)), append(d.weight, 1)
		})
		d.start[i+1] = len(d.post)
	}
	return d
}

// GenerativeEnergy says how well one graph resembles another: the Kolmogorov–Smirnov
// distances of their degrees, clustering coefficients, betweenness and lengths of links,
// and the greatest of these, the energy of generative models (Betzel et al. 2016,
// doi:10.1016/j.neuroimage.2015.09.041). Both graphs lie on the same somata.
func GenerativeEnergy(a, b *Undirected, somata [][3]float64) (terms [4]float64, energy float64, err error) {
	if a.n != len(somata) || b.n != len(somata) {
		return terms, 0, fmt.Errorf("graph: generative energy: want graphs of %d nodes, as many as somata, got %d and %d", len(somata), a.n, b.n)
	}
	x, y := a.features(somata), b.features(somata)
	for k := range terms {
		terms[k] = KolmogorovSmirnov(x[k], y[k])
		energy = max(energy, terms[k])
	}
	return terms, energy, nil
}

func (g *Undirected) features(somata [][3]float64) (f [4][]float64) {
	for i := range g.n {
		f[0] = append(f[0], float64(g.Degree(i)))
	}
	f[1], f[2] = g.Clustering(), g.Directed().Betweenness()
	for _, p := range g.Pairs() {
		f[3] = append(f[3], apart(somata[p[0]], somata[p[1]]))
	}
	for _, x := range f {
		for i := range x {
			x[i] = math.Round(x[i]*1e9) / 1e9 // equal values stay equal whatever was summed in which order
		}
	}
	return f
}

// KolmogorovSmirnov returns the greatest distance between the empirical distributions of
// two samples; NaN where one is empty.
func KolmogorovSmirnov(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	far, i, j := 0.0, 0, 0
	for i < len(a) && j < len(b) {
		x := min(a[i], b[j])
		for i < len(a) && a[i] == x {
			i++
		}
		for j < len(b) && b[j] == x {
			j++
		}
		far = max(far, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return far
}
