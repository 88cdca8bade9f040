package microns

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/rows"
)

// neuron is the cell in a circuit, named by its unit or its nucleus.
func (c cell) neuron() circuit.Neuron {
	name := c.unit
	if name == "" && c.nucleus != 0 {
		name = fmt.Sprintf("nucleus %d", c.nucleus)
	}
	return circuit.Neuron{ID: c.root, Name: name, Type: c.class, Position: c.position}
}

// synapses filters tables of synapses in constant memory: what it keeps grows with the
// synapses between the cells alone.
type synapses struct {
	b                                                     *caveBuilder
	index                                                 map[int64]int32
	seen                                                  map[int64]struct{} // ids of those that were kept
	hasID, sized                                          bool
	id, pre, post                                         []int64
	size                                                  []float64
	edges                                                 []graph.Edge
	read, touching, between, twice, autapses, unproofread int
}

func newSynapses(b *caveBuilder) *synapses {
	s := &synapses{b: b, index: make(map[int64]int32, len(b.cells)), seen: map[int64]struct{}{}, sized: b.cfg.Weight == "size"}
	for i, c := range b.cells {
		s.index[c.root] = int32(i)
	}
	return s
}

func (s *synapses) columns(t *rows.Table) []string {
	columns := []string{"pre_pt_root_id", "post_pt_root_id"}
	if s.sized {
		columns = append(columns, "size")
	}
	if s.hasID = t.Has("id"); s.hasID {
		columns = append(columns, "id")
	}
	return columns
}

func (s *synapses) take(batch *rows.Batch) (err error) {
	if s.pre, err = batch.Ints(s.pre[:0], 0); err != nil {
		return err
	}
	if s.post, err = batch.Ints(s.post[:0], 1); err != nil {
		return err
	}
	next := 2
	if s.sized {
		if s.size, err = batch.Floats(s.size[:0], next); err != nil {
			return err
		}
		next++
	}
	if s.hasID {
		if s.id, err = batch.Ints(s.id[:0], next); err != nil {
			return err
		}
	}
	s.read += batch.N
	for i, pre := range s.pre {
		from, known := s.index[pre]
		to, both := s.index[s.post[i]]
		if known || both {
			s.touching++
		}
		if known && both {
			s.one(i, int(from), int(to))
		}
	}
	return nil
}

// one takes a synapse between two cells.
func (s *synapses) one(i, from, to int) {
	s.between++
	if s.hasID {
		if _, again := s.seen[s.id[i]]; again {
			s.twice++
			return
		}
		s.seen[s.id[i]] = struct{}{}
	}
	if from == to && !s.b.cfg.Autapses {
		s.autapses++
		return
	}
	if s.b.axons != nil && !s.b.axons[s.pre[i]] {
		s.unproofread++
		return
	}
	weight := 1.0
	if s.sized {
		if weight = s.size[i]; !(weight > 0) || math.IsInf(weight, 0) {
			weight = 0
		}
	}
	s.edges = append(s.edges, graph.Edge{Pre: from, Post: to, Weight: weight})
}
