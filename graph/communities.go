package graph

import (
	"fmt"
	"slices"

	"biornn/internal/rng"
)

// Method is a way to look for the partition of highest Q.
type Method string

const (
	// MethodLeiden refines communities before it aggregates them, so that each is connected by
	// links of positive weight; also the meaning of "".
	MethodLeiden Method = "leiden"
	// MethodLouvain moves and aggregates alone; a community may fall into pieces.
	MethodLouvain Method = "louvain"
)

// CommunityConfig says which communities are sought, and how.
type CommunityConfig struct {
	Method   Method
	Form     Form    // what Q does with negative weights
	Gamma    float64 // resolution γ: more and smaller communities as it grows
	Restarts int     // each from its own random order; the best counts
	Rounds   int     // of Leiden at each restart; 0 goes on until Q no longer rises
	Seed     uint64
}

// DefaultCommunityConfig returns 100 restarts of Leiden at resolution 1.
func DefaultCommunityConfig() CommunityConfig {
	return CommunityConfig{Method: MethodLeiden, Form: NegativeAsymmetric, Gamma: 1, Restarts: 100, Seed: 1}
}

// Validate reports the first value that cannot be used.
func (c CommunityConfig) Validate() error {
	if !slices.Contains([]Method{"", MethodLeiden, MethodLouvain}, c.Method) {
		return fmt.Errorf("graph: communities: method: want leiden or louvain, got %q", string(c.Method))
	}
	if c.Restarts < 1 {
		return fmt.Errorf("graph: communities: restarts: want at least 1, got %d", c.Restarts)
	}
	if c.Rounds < 0 {
		return fmt.Errorf("graph: communities: rounds: want at least 0, got %d", c.Rounds)
	}
	return nil
}

// Communities is what an optimiser found.
type Communities struct {
	Of    []int // community of each node in the best partition, numbered by their lowest nodes
	Count int   // communities of the best partition
	Q     float64
	MeanQ float64   // over restarts
	Runs  [][]int   // the partition of each restart
	Each  []float64 // its Q
}

// Communities seeks the partition of highest Q, as Modularity counts it, of a directed or
// undirected graph whose weights may be negative. Restart k draws from the stream (Seed,
// method, k), so that the result does not depend on the number of threads; among equals
// the first counts. A graph without edges that count is an error.
func (g *Digraph) Communities(cfg CommunityConfig) (Communities, error) {
	if err := cfg.Validate(); err != nil {
		return Communities{}, err
	}
	q, err := newQuality(g, cfg.Form, cfg.Gamma)
	if err != nil {
		return Communities{}, err
	}
	out := Communities{Runs: make([][]int, cfg.Restarts), Each: make([]float64, cfg.Restarts)}
	eachOf(cfg.Restarts, func(k int) {
		of, count := q.optimise(cfg, k)
		out.Each[k] = q.value(of, count)
		out.Runs[k] = make([]int, len(of))
		for i, c := range of {
			out.Runs[k][i] = int(c)
		}
	})
	best := 0
	for k, x := range out.Each {
		if x > out.Each[best] {
			best = k
		}
	}
	out.Of, out.Q, out.MeanQ = slices.Clone(out.Runs[best]), out.Each[best], mean(out.Each)
	out.Count = 1 + slices.Max(out.Of)
	return out, nil
}

// optimise does one restart.
func (q *quality) optimise(cfg CommunityConfig, restart int) ([]int32, int) {
	var of []int32
	if cfg.Method == MethodLouvain {
		of, _ = q.louvain(rng.New(cfg.Seed, "graph/communities/louvain", uint64(restart)))
	} else {
		of, _ = q.leiden(cfg.Rounds, rng.New(cfg.Seed, "graph/communities/leiden", uint64(restart)))
	}
	return renumbered(of)
}
