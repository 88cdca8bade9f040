package circuit

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"biornn/internal/rng"
)

// Selection chooses neurons of a circuit. Its conditions apply in the order of the
// fields; zero values choose all.
type Selection struct {
	Types []string `toml:"types" json:"types,omitempty"` // cell types to keep
	// Low and High are opposite corners of a box, µm, both or neither. Infinite
	// coordinates leave a side open.
	Low     *[3]float64 `toml:"low" json:"low,omitempty"`
	High    *[3]float64 `toml:"high" json:"high,omitempty"`
	Nearest int         `toml:"nearest" json:"nearest,omitempty"` // so many, nearest to Around
	Around  *[3]float64 `toml:"around" json:"around,omitempty"`   // µm; default: the mean position
	// KCore keeps the largest group in which each neuron is connected, in either
	// direction, to at least so many others of the group.
	KCore int `toml:"k_core" json:"k_core,omitempty"`
	// Strongest keeps so many neurons with the most partners, in either direction, among
	// those left so far.
	Strongest int    `toml:"strongest" json:"strongest,omitempty"`
	Random    int    `toml:"random" json:"random,omitempty"` // so many at random
	Seed      uint64 `toml:"seed" json:"seed,omitempty"`
}

// Choose returns the circuit of the neurons that a selection keeps, in their order, with
// the number left after each condition in its provenance.
func (c *Circuit) Choose(s Selection) (*Circuit, error) {
	if (s.Low == nil) != (s.High == nil) {
		return nil, fmt.Errorf("circuit: select: want both corners of a box, low and high, or neither")
	}
	for _, k := range []int{s.Nearest, s.KCore, s.Strongest, s.Random} {
		if k < 0 {
			return nil, fmt.Errorf("circuit: select: want numbers of at least 0, got %d", k)
		}
	}
	left := make([]int, c.N())
	for i := range left {
		left[i] = i
	}
	var steps []string
	for _, condition := range []struct {
		what  string
		asked bool
		keep  func([]int) ([]int, error)
	}{
		{"of type " + strings.Join(s.Types, ", "), len(s.Types) > 0, func(all []int) ([]int, error) { return c.ofTypes(all, s.Types) }},
		{"in the box", s.Low != nil, func(all []int) ([]int, error) { return c.inBox(all, *s.Low, *s.High), nil }},
		{"nearest", s.Nearest > 0, func(all []int) ([]int, error) { return c.nearest(all, s.Nearest, s.Around), nil }},
		{fmt.Sprintf("in the %d-core", s.KCore), s.KCore > 0, func(all []int) ([]int, error) { return c.core(all, s.KCore), nil }},
		{"with most partners", s.Strongest > 0, func(all []int) ([]int, error) { return c.strongest(all, s.Strongest), nil }},
		{"at random", s.Random > 0, func(all []int) ([]int, error) { return random(all, s.Random, s.Seed), nil }},
	} {
		if !condition.asked {
			continue
		}
		kept, err := condition.keep(left)
		if err != nil {
			return nil, fmt.Errorf("circuit: select: %w", err)
		}
		steps = append(steps, fmt.Sprintf("neurons %s: %d of %d", condition.what, len(kept), len(left)))
		if left = kept; len(left) == 0 {
			return nil, fmt.Errorf("circuit: select: no neuron is left: %s", strings.Join(steps, "; "))
		}
	}
	if steps == nil {
		return c, nil
	}
	slices.Sort(left)
	out, err := c.Select(left)
	if err != nil {
		return nil, err
	}
	last := len(out.Provenance.Steps) - 1
	out.Provenance.Steps = append(slices.Clone(out.Provenance.Steps[:last]), append(steps, out.Provenance.Steps[last])...)
	return out, nil
}

func (c *Circuit) ofTypes(all []int, types []string) ([]int, error) {
	known := map[string]bool{}
	for _, i := range all {
		known[c.Neurons[i].Type] = true
	}
	for _, t := range types {
		if !known[t] {
			names := make([]string, 0, len(known))
			for k := range known {
				names = append(names, fmt.Sprintf("%q", k))
			}
			slices.Sort(names)
			return nil, fmt.Errorf("types: no neuron is of type %q; there are %s", t, strings.Join(names[:min(len(names), 30)], ", "))
		}
	}
	return filter(all, func(i int) bool { return slices.Contains(types, c.Neurons[i].Type) }), nil
}

func filter(all []int, keep func(int) bool) []int {
	var out []int
	for _, i := range all {
		if keep(i) {
			out = append(out, i)
		}
	}
	return out
}

func (c *Circuit) inBox(all []int, low, high [3]float64) []int {
	return filter(all, func(i int) bool {
		for k, x := range c.Neurons[i].Position {
			if x < low[k] || x > high[k] {
				return false
			}
		}
		return true
	})
}

func (c *Circuit) nearest(all []int, count int, around *[3]float64) []int {
	var centre [3]float64
	if around != nil {
		centre = *around
	} else {
		for _, i := range all {
			for k, x := range c.Neurons[i].Position {
				centre[k] += x / float64(len(all))
			}
		}
	}
	return c.first(all, count, func(i int) float64 { return distance(c.Neurons[i].Position, centre) })
}

// first returns the count neurons of least key; of equal ones those that come first.
func (c *Circuit) first(all []int, count int, key func(int) float64) []int {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(i, j int) int { return cmp.Compare(key(i), key(j)) })
	return sorted[:min(count, len(sorted))]
}

// partners lists, for every neuron of a group, its partners within it in either
// direction, each once.
func (c *Circuit) partners(group []int) [][]int {
	in := make([]bool, c.N())
	for _, i := range group {
		in[i] = true
	}
	out := make([][]int, c.N())
	for _, i := range group {
		posts, _ := c.Synapses.Out(i)
		for _, post := range posts {
			j := int(post)
			if j != i && in[j] {
				out[i] = append(out[i], j)
				out[j] = append(out[j], i)
			}
		}
	}
	for i := range out {
		slices.Sort(out[i])
		out[i] = slices.Compact(out[i])
	}
	return out
}

// core peels off neurons with fewer than k partners until none is left.
func (c *Circuit) core(all []int, k int) []int {
	partners := c.partners(all)
	degree := make([]int, c.N())
	gone := make([]bool, c.N())
	var weak []int
	drop := func(i int) {
		if !gone[i] && degree[i] < k {
			gone[i] = true
			weak = append(weak, i)
		}
	}
	for _, i := range all {
		degree[i] = len(partners[i])
		drop(i)
	}
	for len(weak) > 0 {
		i := weak[len(weak)-1]
		weak = weak[:len(weak)-1]
		for _, j := range partners[i] {
			degree[j]--
			drop(j)
		}
	}
	return filter(all, func(i int) bool { return !gone[i] })
}

func (c *Circuit) strongest(all []int, count int) []int {
	partners := c.partners(all)
	return c.first(all, count, func(i int) float64 { return -float64(len(partners[i])) })
}

func random(all []int, count int, seed uint64) []int {
	s := rng.New(seed, "circuit/select")
	out := slices.Clone(all)
	for k := range min(count, len(out)) {
		other := k + s.IntN(len(out)-k)
		out[k], out[other] = out[other], out[k]
	}
	return out[:min(count, len(out))]
}

// Oriented returns a copy with positions turned and shifted into the standard
// orientation of minnie65, for circuits whose positions are µm of its volume: rotated by
// 5° about z so that y runs from pia to white matter, 0 at the pia. Depth is then y.
func (c *Circuit) Oriented() *Circuit {
	sin, cos := math.Sincos(5 * math.Pi / 180)
	const pia = 396.67103 // µm
	out := *c
	out.Neurons = slices.Clone(c.Neurons)
	for i, n := range c.Neurons {
		p := n.Position
		out.Neurons[i].Position = [3]float64{float64(cos*p[0]) - float64(sin*p[1]), float64(sin*p[0]) + float64(cos*p[1]) - pia, p[2]}
	}
	out.Provenance.Steps = append(slices.Clone(c.Provenance.Steps), "positions in the standard orientation of minnie65: 5° about z, y = 0 at the pia")
	return &out
}
