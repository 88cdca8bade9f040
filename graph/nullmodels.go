package graph

import (
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
)

// NullModel draws random graphs that share some properties with one, to compare it with.
type NullModel struct {
	Name  string // as in tables: equal density, equal degrees, lattice, equal lengths
	Keeps string // what its graphs have in common with the original

	g         *Undirected
	links     [][2]int32
	rounds    int // swaps tried for each link; 0 where links are placed at random
	connected bool
	allow     func(s *rng.Stream) condition
}

// EqualDensity draws graphs with as many links, placed at random: it tests whether a
// measure differs from that of any graph of this density.
func (g *Undirected) EqualDensity() NullModel {
	return NullModel{Name: "equal density", Keeps: "the number of links", g: g, links: g.links()}
}

// EqualDegrees draws graphs in which every node keeps its degree (Maslov & Sneppen 2002,
// doi:10.1126/science.1065103): it tests whether a measure follows from the degrees.
func (g *Undirected) EqualDegrees() NullModel {
	return NullModel{Name: "equal degrees", Keeps: "the degree of every node", g: g, links: g.links(), rounds: SwapsPerLink}
}

// latticeSwaps is how often each link is tried on its way to the lattice.
const latticeSwaps = 100

// Lattice draws graphs in which every node keeps its degree and links become as short as
// they can on a ring on which the nodes stand in random order (Sporns & Zwi 2004,
// doi:10.1385/NI:2:2:145): it gives the clustering of an ordered network with these
// degrees.
func (g *Undirected) Lattice() NullModel {
	n := g.n
	return NullModel{Name: "lattice", Keeps: "the degree of every node, with neighbours on a ring as near as may be",
		g: g, links: g.links(), rounds: latticeSwaps, allow: func(s *rng.Stream) condition {
			shorter := shorterOnRing(n, s)
			return func(_ *Undirected, a, b, c, d int) bool { return shorter(a, b, c, d) }
		}}
}

// shorterOnRing puts n nodes on a ring in random order and returns the condition that a
// swap makes no longer links.
func shorterOnRing(n int, s *rng.Stream) func(a, b, c, d int) bool {
	at := s.Perm(n)
	apart := func(i, j int) int {
		x := at[i] - at[j]
		x = max(x, -x)
		return min(x, n-x)
	}
	return func(a, b, c, d int) bool { return apart(a, d)+apart(c, b) <= apart(a, b)+apart(c, d) }
}

// LengthBins is the usual number of bins of EqualLengths.
const LengthBins = 10

// lengthSwaps is how often each link is tried where most swaps change the lengths.
const lengthSwaps = 100

// EqualLengths draws graphs in which every node keeps its degree and as many links as
// before fall into each bin of length, the bins holding equal shares of the links (Betzel
// & Bassett 2018, doi:10.1073/pnas.1720186115): it tests whether a measure follows from
// the degrees and the geometry. length is the distance of two nodes.
func (g *Undirected) EqualLengths(length func(i, j int) float64, bins int) (NullModel, error) {
	links := g.links()
	lengths := make([]float64, len(links))
	for k, l := range links {
		lengths[k] = length(int(l[0]), int(l[1]))
	}
	keep, err := KeepLengths(g.n, length, lengths, bins)
	if err != nil {
		return NullModel{}, err
	}
	return NullModel{Name: "equal lengths", Keeps: "the degree of every node and the distribution of link lengths", g: g, links: links,
		rounds: lengthSwaps, allow: func(*rng.Stream) condition {
			return func(_ *Undirected, a, b, c, d int) bool { return keep(a, b, c, d) }
		}}, nil
}

// KeepLengths returns the condition for Rewire that the connections of n nodes after a
// swap fall into the same bins of length as those before it, length being the distance of
// two nodes. The borders of the bins, at most 255, are quantiles of the lengths of.
func KeepLengths(n int, length func(i, j int) float64, of []float64, bins int) (func(a, b, c, d int) bool, error) {
	if bins < 1 || bins > math.MaxUint8 {
		return nil, fmt.Errorf("graph: lengths: want 1 to %d bins, got %d", math.MaxUint8, bins)
	}
	sorted := slices.Clone(of)
	slices.Sort(sorted)
	if len(sorted) > 0 && math.IsNaN(sorted[0]) {
		return nil, fmt.Errorf("graph: lengths: want numbers, got NaN")
	}
	var borders []float64
	for k := 1; k < bins && len(sorted) > 0; k++ {
		borders = append(borders, sorted[k*len(sorted)/bins])
	}
	bin := func(i, j int) uint8 {
		k, _ := slices.BinarySearch(borders, length(i, j))
		return uint8(k)
	}
	if n <= mostIndexed {
		table := make([]uint8, n*n)
		for i := range table {
			table[i] = bin(i/n, i%n)
		}
		bin = func(i, j int) uint8 { return table[i*n+j] }
	}
	return func(a, b, c, d int) bool {
		ab, cd, ad, cb := bin(a, b), bin(c, d), bin(a, d), bin(c, b)
		return ab == ad && cd == cb || ab == cb && cd == ad
	}, nil
}

// Connected restricts a model to connected graphs. The original must be connected, and
// the model one that swaps links.
func (m NullModel) Connected() (NullModel, error) {
	if m.rounds == 0 {
		return m, fmt.Errorf("graph: nulls: %s: links placed at random cannot be kept connected; take equal degrees", m.Name)
	}
	if _, count := m.g.Components(); count > 1 {
		return m, fmt.Errorf("graph: nulls: %s: want a connected graph, got one in %d pieces; take its largest, or nulls that may be in pieces", m.Name, count)
	}
	m.Name, m.Keeps, m.connected = m.Name+", connected", m.Keeps+"; connected", true
	return m, nil
}

// Draw returns the index-th graph of the ensemble that seed names.
func (m NullModel) Draw(seed, index uint64) *Undirected {
	s := rng.New(seed, "graph/nulls/"+m.Name, index)
	if m.rounds == 0 {
		return scattered(m.g.n, len(m.links), s)
	}
	var allowed condition
	if m.allow != nil {
		allowed = m.allow(s)
	}
	if m.connected {
		allowed = joined(allowed)
	}
	return m.g.swapped(m.links, m.rounds, s, allowed)
}

// Statistics measures count graphs, on all cores; the result does not depend on how many
// there are.
func (m NullModel) Statistics(count int, seed uint64) []Statistics {
	out := make([]Statistics, max(0, count))
	eachOf(len(out), func(k int) { out[k] = m.Draw(seed, uint64(k)).Statistics() })
	return out
}

// joined adds to a condition that a connected graph stays so.
func joined(also condition) condition {
	return func(g *Undirected, a, b, c, d int) bool {
		if also != nil && !also(g, a, b, c, d) {
			return false
		}
		// The new links join a with d and c with b: a way from a to b, or c to d, is enough.
		if meet(g.row(a), g.row(b)) || meet(g.row(c), g.row(d)) {
			return true
		}
		g.swap(a, b, c, d)
		_, pieces := g.Components()
		g.swap(a, d, c, b)
		return pieces == 1
	}
}

// meet tells whether two rows have a node in common.
func meet(a, b []uint64) bool {
	b = b[:len(a)]
	for i, x := range a {
		if x&b[i] != 0 {
			return true
		}
	}
	return false
}
