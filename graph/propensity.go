package graph

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
)

// Propensity is the small-world propensity with what it is made of.
type Propensity struct {
	SWP              float64 // 1 − √((Δ_C² + Δ_L²)/2)
	DeltaC, DeltaL   float64 // deviations from the lattice's clustering and the random graph's length, 0…1
	Delta            float64 // (4/π)·atan(Δ_L/Δ_C) − 1: −1 where all deviation is in C, 1 where it is in L
	Own, Ring, Mixed Weighted
}

// Weighted are the measures of a weighted graph that SmallWorldPropensity compares.
type Weighted struct {
	Clustering float64 // mean of Onnela et al. 2005, weights divided by the largest
	Length     float64 // mean distance over reachable pairs, a link being 1/weight long
	Reachable  float64 // share of pairs that are reachable
}

// MeasureWeighted measures a symmetric nonnegative matrix; its diagonal is not read.
func MeasureWeighted(w []float64, n int) Weighted {
	top := 0.0
	for i, x := range w {
		if i/n != i%n {
			top = max(top, x)
		}
	}
	scaled := make([]float64, len(w))
	for i, x := range w {
		scaled[i] = x / top
	}
	m := Weighted{Clustering: WeightedClustering(scaled, n)}
	sums, counts := make([]float64, n), make([]int, n)
	l := newLengths(FromMatrix(n, w), inverse)
	each(n, func() func(int) {
		search, dist := newDijkstra(l), make([]float64, n)
		return func(i int) {
			search.distances(l, i, dist)
			for j, x := range dist {
				if j != i && !math.IsInf(x, 1) {
					sums[i] += x
					counts[i]++
				}
			}
		}
	})
	sum, pairs := 0.0, 0
	for i, x := range sums {
		sum, pairs = sum+x, pairs+counts[i]
	}
	m.Length, m.Reachable = sum/float64(pairs), float64(pairs)/(float64(n)*float64(n-1))
	return m
}

// SmallWorldPropensity compares a graph with its ring lattice and its random graph
// (Muldoon, Bridgeford & Bassett 2016, doi:10.1038/srep22057):
// Δ_C = (C_ring − C)/(C_ring − C_random), Δ_L = (L − L_random)/(L_ring − L_random), both
// cut to 0…1; a difference of lattice and random graph that is not positive counts 1 where
// the graph deviates at all. NaN if a measure is.
func SmallWorldPropensity(own, ring, random Weighted) Propensity {
	p := Propensity{Own: own, Ring: ring, Mixed: random}
	p.DeltaC = deviationShare(ring.Clustering-own.Clustering, ring.Clustering-random.Clustering)
	p.DeltaL = deviationShare(own.Length-random.Length, ring.Length-random.Length)
	p.SWP = 1 - math.Sqrt((float64(p.DeltaC*p.DeltaC)+float64(p.DeltaL*p.DeltaL))/2)
	p.Delta = 4/math.Pi*math.Atan2(p.DeltaL, p.DeltaC) - 1
	return p
}

// deviationShare returns x/whole, cut to 0…1.
func deviationShare(x, whole float64) float64 {
	switch {
	case math.IsNaN(x) || math.IsNaN(whole):
		return math.NaN()
	case x <= 0:
		return 0
	case whole <= 0:
		return 1
	}
	return min(1, x/whole)
}

// upper returns the weights of a symmetric matrix above its diagonal.
func upper(w []float64, n int) []float64 {
	out := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		out = append(out, w[i*n+i+1:(i+1)*n]...)
	}
	return out
}

// RandomWeights returns the symmetric matrix with the weights of all pairs, absent links
// included, permuted at random: Muldoon's random graph.
func RandomWeights(w []float64, n int, s *rng.Stream) []float64 {
	from := upper(w, n)
	out := make([]float64, n*n)
	p, k := s.Perm(len(from)), 0
	for i := range n {
		for j := i + 1; j < n; j++ {
			out[i*n+j], out[j*n+i] = from[p[k]], from[p[k]]
			k++
		}
	}
	return out
}

// RingLattice returns the symmetric matrix with the same weights on a ring, each node
// linked to its nearest ones: the n largest weights between neighbours at distance 1, the
// next n at distance 2 and so on, in random order within each distance: Muldoon's lattice.
func RingLattice(w []float64, n int, s *rng.Stream) []float64 {
	from := upper(w, n)
	slices.SortFunc(from, func(a, b float64) int { return cmp.Compare(b, a) })
	out := make([]float64, n*n)
	for distance := 1; distance <= n/2 && len(from) > 0; distance++ {
		places := n
		if 2*distance == n {
			places = n / 2 // both ways round meet
		}
		for k, i := range s.Perm(places) {
			j := (i + distance) % n
			out[i*n+j], out[j*n+i] = from[k], from[k]
		}
		from = from[places:]
	}
	return out
}

// SmallWorldPropensityOf draws count random graphs and lattices of a symmetric
// nonnegative matrix, from the streams (seed, index), and compares it with their means;
// its diagonal is not read. Fewer than three nodes, asymmetry, negative or non-finite
// weights and a matrix without links are errors.
func SmallWorldPropensityOf(w []float64, n, count int, seed uint64) (Propensity, error) {
	if err := checkSymmetric(w, n); err != nil {
		return Propensity{}, err
	}
	if count < 1 {
		return Propensity{}, fmt.Errorf("graph: small-world propensity: nulls: want at least 1, got %d", count)
	}
	var ring, random Weighted
	for k := range count {
		ring.add(MeasureWeighted(RingLattice(w, n, rng.New(seed, "graph/ring", uint64(k))), n), count)
		random.add(MeasureWeighted(RandomWeights(w, n, rng.New(seed, "graph/random-weights", uint64(k))), n), count)
	}
	return SmallWorldPropensity(MeasureWeighted(w, n), ring, random), nil
}

func (m *Weighted) add(x Weighted, count int) {
	m.Clustering += x.Clustering / float64(count)
	m.Length += x.Length / float64(count)
	m.Reachable += x.Reachable / float64(count)
}

func checkSymmetric(w []float64, n int) error {
	if n < 3 || len(w) != n*n {
		return fmt.Errorf("graph: small-world propensity: want at least 3 nodes and n×n weights, got n = %d and %d weights", n, len(w))
	}
	links := 0
	for i := range n {
		for j := range i {
			x := w[i*n+j]
			if !(x >= 0) || math.IsInf(x, 1) || x != w[j*n+i] {
				return fmt.Errorf("graph: small-world propensity: weights of %d and %d: want equal finite numbers of at least 0, got %g and %g; take Symmetric", i, j, x, w[j*n+i])
			}
			if x > 0 {
				links++
			}
		}
	}
	if links == 0 {
		return fmt.Errorf("graph: small-world propensity: the graph has no links")
	}
	return nil
}
