package circuit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
)

// Contrast compares connected with unconnected ordered pairs (no autapses) in one
// quantity. In cortex connected neurons lie nearer and are more similar (like to
// like: Ding et al. 2025, doi:10.1038/s41586-025-08840-3), so these contrasts tell
// whether the rows of a connectome belong to the rows of positions and activity.
type Contrast struct {
	Quantity    string `json:"quantity"` // distance_um, correlation or sttc
	Connected   Number `json:"connected_mean"`
	NConnected  int    `json:"connected_n"`
	Unconnected Number `json:"unconnected_mean"`
	NUnconn     int    `json:"unconnected_n"`
	All         Number `json:"all_mean"`
	// P is the share of random relabellings of the connectome's neurons in which
	// connected pairs are at least as near (or as similar), (k+1)/(m+1) for k of m.
	P            Number `json:"p"`
	Permutations int    `json:"permutations"`
}

const (
	permutations   = 999
	permutationOps = 200_000_000 // fewer relabellings where these many look-ups are passed
	fewestPermuted = 99
)

// LikeToLike returns the contrasts in soma distance and, where known, correlation
// and STTC. Pairs without a value (NaN) are left out and not counted. It is empty
// where no pair, or every pair, is connected.
func (c *Circuit) LikeToLike() []Contrast {
	p := c.Positions()
	out := []Contrast{}
	add := func(quantity string, sign float64, value func(i, j int) float64) {
		if x, ok := c.contrast(value, sign); ok {
			x.Quantity = quantity
			out = append(out, x)
		}
	}
	add("distance_um", 1, func(i, j int) float64 { return distance(p[i], p[j]) })
	for _, m := range []struct {
		name   string
		values *mat.Dense
	}{{"correlation", c.Correlation}, {"sttc", c.STTC}} {
		if m.values != nil {
			add(m.name, -1, m.values.At)
		}
	}
	return out
}

// contrast compares pairs in a symmetric value. sign is +1 where connected pairs
// are expected to have smaller values, −1 where larger.
func (c *Circuit) contrast(value func(i, j int) float64, sign float64) (Contrast, bool) {
	var x Contrast
	sum, n := 0.0, 0
	for i := range c.N() {
		for j := range i {
			if v := value(i, j); !math.IsNaN(v) {
				sum += 2 * v
				n += 2
			}
		}
	}
	pairs := c.connected()
	identity := make([]int, c.N())
	for i := range identity {
		identity[i] = i
	}
	part, k := sumOver(pairs, identity, value)
	x.NConnected, x.NUnconn = k, n-k
	if k == 0 || n == k {
		return x, false
	}
	mean := part / float64(k)
	x.Connected, x.Unconnected = Number(mean), Number((sum-part)/float64(n-k))
	x.All = Number(sum / float64(n))
	x.Permutations = max(fewestPermuted, min(permutations, permutationOps/len(pairs)))
	// Sums over the same pairs in another order differ in their last bits.
	tolerance := 1e-12 * math.Abs(mean)
	asExtreme := 0
	for r := range x.Permutations {
		label := rng.New(1, "circuit/like-to-like", uint64(r)).Perm(c.N())
		part, k := sumOver(pairs, label, value)
		if k > 0 && float64(sign*(part/float64(k)-mean)) <= tolerance {
			asExtreme++
		}
	}
	x.P = Number(float64(asExtreme+1) / float64(x.Permutations+1))
	return x, true
}

// connected lists the connected pairs without autapses.
func (c *Circuit) connected() [][2]int {
	var pairs [][2]int
	for pre := range c.N() {
		posts, _ := c.Synapses.Out(pre)
		for _, post := range posts {
			if int(post) != pre {
				pairs = append(pairs, [2]int{pre, int(post)})
			}
		}
	}
	return slices.Clip(pairs)
}

// sumOver adds the values of pairs after relabelling, NaN left out.
func sumOver(pairs [][2]int, label []int, value func(i, j int) float64) (sum float64, n int) {
	for _, p := range pairs {
		if v := value(label[p[0]], label[p[1]]); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum, n
}
