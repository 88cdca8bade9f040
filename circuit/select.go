package circuit

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/graph"
)

// Select returns the circuit of the neurons with these indices, in this order: the
// synapses among them and their parts of every matrix.
//
// The precision matrix is cut as it is. It still conditions on the neurons left
// out; the provenance says so.
func (c *Circuit) Select(indices []int) (*Circuit, error) {
	place := make([]int, c.N()) // 1 + new index, 0 for neurons left out
	for k, i := range indices {
		if i < 0 || i >= c.N() {
			return nil, fmt.Errorf("circuit: select: want indices below %d, got %d", c.N(), i)
		}
		if place[i] != 0 {
			return nil, fmt.Errorf("circuit: select: want every neuron once, got %d (row %d) twice", c.Neurons[i].ID, i)
		}
		place[i] = k + 1
	}
	if len(indices) == 0 {
		return nil, fmt.Errorf("circuit: select: want at least one neuron, got none")
	}
	out := &Circuit{Name: c.Name, FrameRate: c.FrameRate, Provenance: c.Provenance}
	var edges []graph.Edge
	for _, i := range indices {
		out.Neurons = append(out.Neurons, c.Neurons[i])
		posts, weights := c.Synapses.Out(i)
		for k, post := range posts {
			if place[post] != 0 {
				edges = append(edges, graph.Edge{Pre: place[i] - 1, Post: place[post] - 1, Weight: weights[k]})
			}
		}
	}
	var err error
	if out.Synapses, err = graph.FromEdges(len(indices), edges); err != nil {
		return nil, fmt.Errorf("circuit: select: %w", err)
	}
	out.Correlation, out.STTC, out.Precision = cut(c.Correlation, indices), cut(c.STTC, indices), cut(c.Precision, indices)
	if c.Events != nil {
		for _, i := range indices {
			out.Events = append(out.Events, c.Events[i])
		}
	}
	step := fmt.Sprintf("selected %d of %d neurons (%d of %d connected pairs)", len(indices), c.N(), out.Synapses.Len(), c.Synapses.Len())
	if c.Precision != nil {
		step += "; the precision matrix still conditions on the others"
	}
	out.Provenance.Steps = append(slices.Clone(c.Provenance.Steps), step)
	return out, nil
}

// cut returns the rows and columns of m with these indices, nil for nil.
func cut(m *mat.Dense, indices []int) *mat.Dense {
	if m == nil {
		return nil
	}
	out := mat.NewDense(len(indices), len(indices), nil)
	for a, i := range indices {
		row := m.RawRowView(i)
		for b, j := range indices {
			out.Set(a, b, row[j])
		}
	}
	return out
}
