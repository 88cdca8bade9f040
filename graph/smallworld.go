package graph

import "math"

// Statistics are the measures of a graph that small-worldness compares.
type Statistics struct {
	Clustering   float64 // mean local clustering coefficient C
	Transitivity float64
	Length       float64 // mean distance L over reachable pairs
	Efficiency   float64 // mean 1/distance E over all pairs
	Reachable    float64 // share of pairs that are reachable
}

// Statistics measures a graph; Length is NaN without links.
func (g *Undirected) Statistics() Statistics {
	length, reachable := g.PathLength()
	return Statistics{Clustering: g.MeanClustering(), Transitivity: g.Transitivity(),
		Length: length, Efficiency: g.Efficiency(), Reachable: reachable}
}

// MeanStatistics returns the mean of each statistic.
func MeanStatistics(of []Statistics) Statistics {
	var m Statistics
	n := float64(len(of))
	for _, s := range of {
		m.Clustering += s.Clustering / n
		m.Transitivity += s.Transitivity / n
		m.Length += s.Length / n
		m.Efficiency += s.Efficiency / n
		m.Reachable += s.Reachable / n
	}
	return m
}

// Sigma returns σ = (C/C_random)/(L/L_random) (Humphries & Gurney 2008,
// doi:10.1371/journal.pone.0002051), C_random and L_random being means over random
// graphs. Not finite where these have no triangles.
func Sigma(s Statistics, random []Statistics) float64 {
	r := MeanStatistics(random)
	return (s.Clustering / r.Clustering) / (s.Length / r.Length)
}

// SigmaTransitivity is Sigma with transitivity in place of mean clustering, which the
// same paper calls S^Δ and networkx.sigma computes.
func SigmaTransitivity(s Statistics, random []Statistics) float64 {
	r := MeanStatistics(random)
	return (s.Transitivity / r.Transitivity) / (s.Length / r.Length)
}

// SigmaEfficiency is Sigma with global efficiency in place of path length,
// (C/C_random)/(E_random/E), which exists for graphs in pieces too.
func SigmaEfficiency(s Statistics, random []Statistics) float64 {
	r := MeanStatistics(random)
	return (s.Clustering / r.Clustering) / (r.Efficiency / s.Efficiency)
}

// Omega returns ω = L_random/L − C/C_lattice (Telesford et al. 2011,
// doi:10.1089/brain.2011.0038): about −1 for a lattice, 0 for a small world, 1 for a
// random graph. The null statistics are means over random and over lattice graphs.
func Omega(s Statistics, random, lattice []Statistics) float64 {
	return MeanStatistics(random).Length/s.Length - s.Clustering/MeanStatistics(lattice).Clustering
}

// OmegaBounded is Omega with the largest clustering among the lattices and the graph
// itself as C_lattice, so that its second term is at most 1; networkx.omega does so.
func OmegaBounded(s Statistics, random, lattice []Statistics) float64 {
	top := s.Clustering
	for _, l := range lattice {
		top = math.Max(top, l.Clustering)
	}
	return MeanStatistics(random).Length/s.Length - s.Clustering/top
}

// SmallWorldIndex returns SWI = (L − L_lattice)/(L_random − L_lattice) ·
// (C − C_random)/(C_lattice − C_random) (Neal 2017, doi:10.1017/nws.2017.5): 1 for a graph
// as short as a random and as clustered as a lattice one; beyond 0…1 where it lies
// outside both.
func SmallWorldIndex(s Statistics, random, lattice []Statistics) float64 {
	r, l := MeanStatistics(random), MeanStatistics(lattice)
	return (s.Length - l.Length) / (r.Length - l.Length) * (s.Clustering - r.Clustering) / (l.Clustering - r.Clustering)
}
