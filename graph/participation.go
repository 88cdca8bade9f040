package graph

import (
	"fmt"
	"math"
	"slices"
)

// Participation returns 1 − Σ_m (k_im/k_i)² of each node, k_im being the weight of its
// edges out to module m (Guimerà & Amaral 2005, doi:10.1038/nature03288): 0 where all go
// to one module, or there are none. Of edges in, take Reverse; of signed weights,
// Positive and Negative apart. module numbers the module of each node, from 0.
func (g *Digraph) Participation(module []int) ([]float64, error) {
	shares, _, err := g.moduleShares("participation", module)
	if err != nil {
		return nil, err
	}
	out := make([]float64, g.n)
	for i, row := range shares {
		squares := 0.0
		for _, p := range row {
			squares += float64(p * p)
		}
		if squares > 0 {
			out[i] = 1 - squares
		}
	}
	return out, nil
}

// Diversity returns −Σ_m p_im log p_im / log M of each node, p_im being the share of its
// weight that goes to module m of M (Rubinov & Sporns 2011,
// doi:10.1016/j.neuroimage.2011.03.069); NaN with a single module.
func (g *Digraph) Diversity(module []int) ([]float64, error) {
	shares, modules, err := g.moduleShares("diversity", module)
	if err != nil {
		return nil, err
	}
	out := make([]float64, g.n)
	for i, row := range shares {
		for _, p := range row {
			if p > 0 {
				out[i] -= float64(p*math.Log(p)) / math.Log(float64(modules))
			}
		}
		if modules < 2 {
			out[i] = math.NaN()
		}
	}
	return out, nil
}

// ModuleDegreeZ returns how far the summed weight of each node's edges out to its own
// module lies from the mean of the module's nodes, in standard deviations of these
// (Guimerà & Amaral 2005, doi:10.1038/nature03288), 0 where they do not vary. sample
// chooses the sample standard deviation (MATLAB's std), else that of a population
// (numpy's). Of edges in, take Reverse; of both, add the graph to it.
func (g *Digraph) ModuleDegreeZ(module []int, sample bool) ([]float64, error) {
	if err := g.checkModules("within-module degree", module); err != nil {
		return nil, err
	}
	inside := make([]float64, g.n)
	members := map[int][]int{}
	for i, m := range module {
		members[m] = append(members[m], i)
		posts, w := g.Out(i)
		for e, p := range posts {
			if module[p] == m {
				inside[i] += w[e]
			}
		}
	}
	out := make([]float64, g.n)
	for _, list := range members { // each writes to its own nodes
		var values []float64
		for _, i := range list {
			values = append(values, inside[i])
		}
		m := mean(values)
		sd := deviation(values, m)
		if !sample {
			sd *= math.Sqrt(float64(len(values)-1) / float64(len(values)))
		}
		for _, i := range list {
			if z := (inside[i] - m) / sd; !math.IsNaN(z) && !math.IsInf(z, 0) {
				out[i] = z
			}
		}
	}
	return out, nil
}

func (g *Digraph) checkModules(what string, module []int) error {
	if len(module) != g.n {
		return fmt.Errorf("graph: %s: want the module of each of %d nodes, got %d", what, g.n, len(module))
	}
	for i, m := range module {
		if m < 0 {
			return fmt.Errorf("graph: %s: node %d: want a module from 0, got %d", what, i, m)
		}
	}
	return nil
}

// moduleShares returns for each node which share of its weight goes to each module, 0
// where it has none.
func (g *Digraph) moduleShares(what string, module []int) ([][]float64, int, error) {
	if err := g.checkModules(what, module); err != nil || g.n == 0 {
		return nil, 0, err
	}
	modules := slices.Max(module) + 1
	out := make([][]float64, g.n)
	for i := range out {
		out[i] = make([]float64, modules)
		posts, w := g.Out(i)
		total := 0.0
		for e, p := range posts {
			out[i][module[p]] += w[e]
			total += w[e]
		}
		for m := range out[i] {
			if total != 0 {
				out[i][m] /= total
			}
		}
	}
	return out, modules, nil
}
