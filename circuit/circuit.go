// Package circuit holds a functional connectome: neurons with soma positions,
// synapses between them and functional matrices, with their provenance.
package circuit

import (
	"gonum.org/v1/gonum/mat"

	"biornn/graph"
)

// Neuron is one cell.
type Neuron struct {
	ID       int64      // identity in the source (a root id for MICrONS); unique
	Name     string     // optional, for sources that name their cells
	Type     string     // optional cell type
	Sign     int8       // +1 excitatory, −1 inhibitory, 0 unknown
	Position [3]float64 // soma, µm
}

// Source is one input that a circuit was made from.
type Source struct {
	Name   string `json:"name"`             // file name, without its folder
	Bytes  int64  `json:"bytes,omitempty"`  // size
	SHA256 string `json:"sha256,omitempty"` // hex
}

// Provenance says where a circuit comes from and what was done to it.
type Provenance struct {
	Origin    string   `json:"origin"`    // one line: data set, field, generator
	Synthetic bool     `json:"synthetic"` // generated, not measured
	Sources   []Source `json:"sources,omitempty"`
	Steps     []string `json:"steps,omitempty"`    // filters, conversions, repairs, with counts
	Warnings  []string `json:"warnings,omitempty"` // doubts that did not stop the import
}

// Circuit is immutable once built. Neuron i is row and column i of every matrix.
type Circuit struct {
	Name     string
	Neurons  []Neuron
	Synapses *graph.Digraph // pre → post, weight = number of synapses (or summed size, see Provenance)

	// Functional matrices, N×N, symmetric, nil where absent.
	Correlation *mat.Dense // Pearson correlation of activity
	STTC        *mat.Dense // spike time tiling coefficient
	Precision   *mat.Dense // inverse covariance (graphical lasso)

	// Events are the event times in seconds of each neuron, ascending; nil where absent.
	Events [][]float64
	// FrameRate of the recording in Hz, 0 where unknown.
	FrameRate float64

	Provenance Provenance
}

// N returns the number of neurons.
func (c *Circuit) N() int { return len(c.Neurons) }

// Positions returns the soma positions in µm, one row a neuron.
func (c *Circuit) Positions() [][3]float64 {
	p := make([][3]float64, c.N())
	for i, n := range c.Neurons {
		p[i] = n.Position
	}
	return p
}

// Distances returns the distances between somata in µm, N×N, row by row.
func (c *Circuit) Distances() []float64 {
	n := c.N()
	d := make([]float64, n*n)
	for i := range n {
		for j := range i {
			r := distance(c.Neurons[i].Position, c.Neurons[j].Position)
			d[i*n+j], d[j*n+i] = r, r
		}
	}
	return d
}
