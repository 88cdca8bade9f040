package analysis

import (
	"fmt"
	"math"
	"slices"

	"biornn/graph"
)

// generativeDefinitions are the measures that AddGenerative adds.
var generativeDefinitions = []Definition{
	{"generative_energy", "generative energy", "", "greatest of the Kolmogorov–Smirnov distances of degrees, clustering, betweenness and link lengths between the circuit's synapses, joined in both directions, and as many of the strongest weights, max(|W|, |Wᵀ|)", "doi:10.1016/j.neuroimage.2015.09.041", smaller},
	{"generative_degree", "generative energy: degrees", "", "the first of these distances", "doi:10.1016/j.neuroimage.2015.09.041", smaller},
	{"generative_clustering", "generative energy: clustering", "", "the second of these distances", "doi:10.1016/j.neuroimage.2015.09.041", smaller},
	{"generative_betweenness", "generative energy: betweenness", "", "the third of these distances", "doi:10.1016/j.neuroimage.2015.09.041", smaller},
	{"generative_length", "generative energy: link lengths", "", "the fourth of these distances", "doi:10.1016/j.neuroimage.2015.09.041", smaller},
}

// AddGenerative adds how well the strongest weights W[post][pre], n×n, row by row, resemble the
// synapses of the circuit on the same somata, in µm, as generative models are judged: the
// energy of Betzel et al. 2016 (doi:10.1016/j.neuroimage.2015.09.041) and its four terms. The
// network is cut to as many links as the circuit has, so that density plays no part; of equal
// weights the pairs of lower index come first. A circuit without synapses is a warning.
func (m *Measures) AddGenerative(w []float64, n int, synapses *graph.Digraph, somata [][3]float64) error {
	if len(w) != n*n || synapses.N() != n || len(somata) != n {
		return fmt.Errorf("analysis: generative energy: want %d×%d weights and as many neurons and positions, got %d weights, %d neurons and %d positions", n, n, len(w), synapses.N(), len(somata))
	}
	circuit := synapses.Union()
	if circuit.Len() == 0 {
		m.warn("generative_energy", "the circuit has no synapses between different neurons")
		return nil
	}
	type pair struct {
		i, j int
		w    float64
	}
	var pairs []pair
	for i := range n {
		for j := range i {
			if x := math.Max(math.Abs(w[i*n+j]), math.Abs(w[j*n+i])); x > 0 {
				pairs = append(pairs, pair{i, j, x})
			}
		}
	}
	if len(pairs) < circuit.Len() {
		m.warn("generative_energy", fmt.Sprintf("the network has %d connected pairs, fewer than the %d of the circuit", len(pairs), circuit.Len()))
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		switch {
		case a.w > b.w:
			return -1
		case a.w < b.w:
			return 1
		}
		return 0
	})
	var links [][2]int
	for _, p := range pairs[:min(len(pairs), circuit.Len())] {
		links = append(links, [2]int{p.i, p.j})
	}
	own, err := graph.NewUndirected(n, links)
	if err != nil {
		return fmt.Errorf("analysis: generative energy: %w", err)
	}
	terms, energy, err := graph.GenerativeEnergy(own, circuit, somata)
	if err != nil {
		return fmt.Errorf("analysis: %w", err)
	}
	m.set("generative_energy", energy, "the network has no connected pair")
	for k, d := range generativeDefinitions[1:] {
		m.set(d.Key, terms[k], "the network has no connected pair")
	}
	return nil
}
