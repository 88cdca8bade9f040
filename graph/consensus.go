package graph

import (
	"fmt"
	"math"
	"slices"
)

// Agreement returns, for each pair of nodes, the share of partitions that put them into
// the same community, n×n, its diagonal 0. Partitions of different lengths are an error.
func Agreement(partitions [][]int) ([]float64, error) {
	labels, n, err := byNode(partitions)
	if err != nil {
		return nil, err
	}
	out := make([]float64, n*n)
	for i := range n {
		for j := range i {
			share := agree(labels, i, j, len(partitions))
			out[i*n+j], out[j*n+i] = share, share
		}
	}
	return out, nil
}

// byNode returns the labels node by node.
func byNode(partitions [][]int) (labels []int32, n int, err error) {
	if len(partitions) == 0 {
		return nil, 0, fmt.Errorf("graph: agreement: want at least one partition, got none")
	}
	n = len(partitions[0])
	labels = make([]int32, n*len(partitions))
	for k, p := range partitions {
		if len(p) != n {
			return nil, 0, fmt.Errorf("graph: agreement: partition %d: want %d nodes as in the first, got %d", k, n, len(p))
		}
		of, _ := compact(p)
		for i, c := range of {
			labels[i*len(partitions)+k] = c
		}
	}
	return labels, n, nil
}

// agree returns the share of labels that two nodes have in common.
func agree(labels []int32, i, j, count int) float64 {
	same := 0
	other := labels[j*count : (j+1)*count]
	for k, c := range labels[i*count : (i+1)*count] {
		if c == other[k] {
			same++
		}
	}
	return float64(same) / float64(count)
}

// consensusRounds is how often partitions are sought on the agreement of the last ones
// before they count as irreconcilable.
const consensusRounds = 100

// Consensus returns the partition on which many agree (Lancichinetti & Fortunato 2012,
// doi:10.1038/srep00336): their agreement, without what is below τ, is clustered as often
// as there are partitions, the agreement of these again, until all are the same. cfg says
// how; its Form and Gamma are those of the agreement graph, which has no negative weights
// (γ = 1 is usual). Nodes that agree with no other stay alone. The communities are
// numbered by their lowest nodes.
func Consensus(partitions [][]int, tau float64, cfg CommunityConfig) ([]int, error) {
	if !(tau >= 0 && tau <= 1) {
		return nil, fmt.Errorf("graph: consensus: threshold: want a number from 0 to 1, got %g", tau)
	}
	cfg.Restarts = len(partitions)
	seed := cfg.Seed
	for round := range consensusRounds {
		g, err := agreementGraph(partitions, tau)
		if err != nil {
			return nil, err
		}
		if g.Len() == 0 {
			return asInts(singles(g.n)), nil
		}
		if of, equal := allEqual(partitions); equal {
			return asInts(of), nil
		}
		cfg.Seed = seed + uint64(round)
		found, err := g.Communities(cfg)
		if err != nil {
			return nil, err
		}
		partitions = found.Runs
	}
	return nil, fmt.Errorf("graph: consensus: the partitions still differ after %d rounds; try another threshold than %g", consensusRounds, tau)
}

// agreementGraph links nodes that at least a share τ of the partitions puts together.
func agreementGraph(partitions [][]int, tau float64) (*Digraph, error) {
	labels, n, err := byNode(partitions)
	if err != nil {
		return nil, err
	}
	g := &Digraph{n: n, start: make([]int, n+1)}
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			if share := agree(labels, i, j, len(partitions)); share > 0 && share >= tau {
				g.post, g.weight = append(g.post, int32(j)), append(g.weight, share)
			}
		}
		g.start[i+1] = len(g.post)
	}
	return g, nil
}

// allEqual returns the first partition, numbered by its lowest nodes, and whether all
// others are the same.
func allEqual(partitions [][]int) ([]int32, bool) {
	first, _ := compact(partitions[0])
	for _, p := range partitions[1:] {
		if of, _ := compact(p); !slices.Equal(of, first) {
			return first, false
		}
	}
	return first, true
}

func asInts(of []int32) []int {
	out := make([]int, len(of))
	for i, c := range of {
		out[i] = int(c)
	}
	return out
}

// ComparePartitions returns the variation of information between two partitions of n
// nodes in shares of ln n (Meilă 2007, doi:10.1016/j.jmva.2006.11.013), 0 for equal ones,
// and their mutual information in shares of the mean of their entropies (Danon et al.
// 2005, doi:10.1088/1742-5468/2005/09/P09008), 1 for equal ones. Two partitions into a
// single community each are equal. Fewer than two nodes or different lengths are an error.
func ComparePartitions(a, b []int) (variation, mutual float64, err error) {
	n := len(a)
	if n < 2 || len(b) != n {
		return 0, 0, fmt.Errorf("graph: partitions: want two of the same nodes, at least 2, got %d and %d", len(a), len(b))
	}
	x, countX := compact(a)
	y, countY := compact(b)
	both := make([]int32, n)
	for i := range both {
		both[i] = x[i]*int32(countY) + y[i]
	}
	joint, countBoth := compact(both)
	hx, hy, hxy := partitionEntropy(x, countX), partitionEntropy(y, countY), partitionEntropy(joint, countBoth)
	variation = max(0, 2*hxy-hx-hy) / math.Log(float64(n))
	if hx+hy == 0 {
		return variation, 1, nil
	}
	return variation, 2 * (hx + hy - hxy) / (hx + hy), nil
}

// partitionEntropy returns −Σ p ln p over the shares of communities.
func partitionEntropy(of []int32, count int) float64 {
	size := make([]int, count)
	for _, c := range of {
		size[c]++
	}
	h := 0.0
	for _, k := range size {
		p := float64(k) / float64(len(of))
		h -= float64(p * math.Log(p))
	}
	return h
}
