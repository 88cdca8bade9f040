package circuit

import (
	"encoding/json"
	"math"
	"slices"
)

// Number is a float64 whose NaN is null in JSON.
type Number float64

// MarshalJSON writes null for NaN and the infinities.
func (x Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// Spread describes a set of values.
type Spread struct {
	Mean Number `json:"mean"`
	SD   Number `json:"sd"` // of the population
	Min  Number `json:"min"`
	Max  Number `json:"max"`
}

// Summary describes a circuit in numbers. Pairs are ordered (pre, post) and
// without autapses unless said otherwise.
type Summary struct {
	Name      string `json:"name"`
	Synthetic bool   `json:"synthetic"`
	Neurons   int    `json:"neurons"`
	// Synapses is the sum of all weights: a number of synapses, or a summed size
	// where the provenance says so.
	Synapses Number `json:"synapses"`
	Pairs    int    `json:"connected_pairs"`
	Autapses int    `json:"autapses"`
	Density  Number `json:"density"` // connected pairs / N(N−1)
	// InDegree and OutDegree count partners.
	InDegree  Spread `json:"in_degree"`
	OutDegree Spread `json:"out_degree"`
	NoOutput  int    `json:"neurons_without_output"`
	NoInput   int    `json:"neurons_without_input"`
	// Reciprocity is the share of connected pairs whose reverse is connected too;
	// in a random graph it equals the density.
	Reciprocity Number       `json:"reciprocity"`
	DistanceUM  Spread       `json:"distance_um"` // between somata, all pairs
	Events      *EventCounts `json:"events,omitempty"`
	LikeToLike  []Contrast   `json:"like_to_like"`
	Warnings    []string     `json:"warnings,omitempty"`
}

// EventCounts describes the event trains.
type EventCounts struct {
	Total  int    `json:"total"`
	LastS  Number `json:"last_s"`  // time of the last event
	RateHz Spread `json:"rate_hz"` // events of a neuron / time of the last event of all
	Silent int    `json:"silent_neurons"`
}

// Summary computes the description. It takes time in proportion to N², and to the
// synapses a thousand times for the permutations of LikeToLike.
func (c *Circuit) Summary() Summary {
	n := c.N()
	s := Summary{Name: c.Name, Synthetic: c.Provenance.Synthetic, Neurons: n, Warnings: c.Provenance.Warnings}
	in, out := make([]float64, n), make([]float64, n)
	mutual := 0
	for _, e := range c.Synapses.Edges() {
		s.Synapses += Number(e.Weight)
		if e.Pre == e.Post {
			s.Autapses++
			continue
		}
		s.Pairs++
		out[e.Pre]++
		in[e.Post]++
		if c.Synapses.Weight(e.Post, e.Pre) != 0 {
			mutual++
		}
	}
	s.Density = Number(float64(s.Pairs) / float64(n*(n-1)))
	s.Reciprocity = Number(float64(mutual) / float64(s.Pairs))
	s.InDegree, s.OutDegree = spread(slices.Values(in)), spread(slices.Values(out))
	for i := range n {
		if out[i] == 0 {
			s.NoOutput++
		}
		if in[i] == 0 {
			s.NoInput++
		}
	}
	s.DistanceUM = c.distances()
	if c.Events != nil {
		s.Events = c.eventCounts()
	}
	s.LikeToLike = c.LikeToLike()
	return s
}

// spread describes values that are not NaN.
func spread(values func(func(float64) bool)) Spread {
	var n, sum float64
	lo, hi := math.Inf(1), math.Inf(-1)
	for x := range values {
		n++
		sum += x
		lo, hi = min(lo, x), max(hi, x)
	}
	mean, squares := sum/n, 0.0
	for x := range values {
		squares += float64((x - mean) * (x - mean))
	}
	if n == 0 {
		lo, hi = math.NaN(), math.NaN()
	}
	return Spread{Mean: Number(mean), SD: Number(math.Sqrt(squares / n)), Min: Number(lo), Max: Number(hi)}
}

func (c *Circuit) distances() Spread {
	p := c.Positions()
	return spread(func(yield func(float64) bool) {
		for i := range p {
			for j := range i {
				if !yield(distance(p[i], p[j])) {
					return
				}
			}
		}
	})
}

// distance is Euclidean, rounded after every product so that every CPU agrees.
func distance(a, b [3]float64) float64 {
	x, y, z := a[0]-b[0], a[1]-b[1], a[2]-b[2]
	return math.Sqrt(float64(x*x) + float64(y*y) + float64(z*z))
}

func (c *Circuit) eventCounts() *EventCounts {
	e := &EventCounts{}
	last := 0.0
	for _, train := range c.Events {
		e.Total += len(train)
		if len(train) == 0 {
			e.Silent++
			continue
		}
		last = max(last, train[len(train)-1])
	}
	e.LastS = Number(last)
	e.RateHz = spread(func(yield func(float64) bool) {
		for _, train := range c.Events {
			if !yield(float64(len(train)) / last) {
				return
			}
		}
	})
	return e
}
