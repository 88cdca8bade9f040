// Package export writes circuits and trained networks for other programs: NumPy,
// safetensors, CSV, Parquet, GraphML, MATLAB and ONNX.
//
// Orientation: matrices are [post][pre], row by row, and connections name their pre and
// post, as everywhere in this program.
package export

import (
	"fmt"
	"sort"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/internal/suggest"
	"biornn/rnn"
)

// Column is one column of a table: []int64, []float64, []float32 or []string, or numbers
// that may be missing: []*int64 or []*float64.
type Column struct {
	Name string
	Data any
}

// Table is a named list of columns of one length.
type Table struct {
	Name    string
	Columns []Column
}

// Array is a named array, row by row: []float64, []float32 or []int64.
type Array struct {
	Name  string
	Shape []int
	Data  any
}

// Bundle is what is exported: tables for those who want lists, arrays for those who want
// matrices.
type Bundle struct {
	Name    string
	Meta    map[string]string
	Neurons Table
	// Connections hold pre and post as places in Neurons, from 0, and a weight.
	Connections Table
	Arrays      []Array
	network     *rnn.Network // for ONNX; nil for a circuit
}

// FromCircuit bundles a circuit: neurons with positions in µm, synapses with their
// weight, functional matrices.
func FromCircuit(c *circuit.Circuit) *Bundle {
	n := c.N()
	b := &Bundle{Name: c.Name, Meta: map[string]string{"kind": "circuit", "name": c.Name, "origin": c.Provenance.Origin, "content_sha256": c.Hash()}}
	ids, signs := make([]int64, n), make([]int64, n)
	names, types := make([]string, n), make([]string, n)
	xyz := [3][]float64{make([]float64, n), make([]float64, n), make([]float64, n)}
	index, positions := make([]int64, n), make([]float64, 3*n)
	for i, cell := range c.Neurons {
		index[i], ids[i], signs[i], names[i], types[i] = int64(i), cell.ID, int64(cell.Sign), cell.Name, cell.Type
		for k, x := range cell.Position {
			xyz[k][i], positions[3*i+k] = x, x
		}
	}
	b.Neurons = Table{"neurons", []Column{{"index", index}, {"id", ids}, {"name", names}, {"type", types}, {"sign", signs},
		{"x_um", xyz[0]}, {"y_um", xyz[1]}, {"z_um", xyz[2]}}}
	b.Arrays = append(b.Arrays, Array{"ids", []int{n}, ids}, Array{"positions_um", []int{n, 3}, positions})
	b.Connections = Table{Name: "connections", Columns: []Column{{"pre", []int64{}}, {"post", []int64{}}, {"weight", []float64{}}}}
	if c.Synapses != nil {
		edges := c.Synapses.Edges()
		pre, post, weight := make([]int64, len(edges)), make([]int64, len(edges)), make([]float64, len(edges))
		for i, e := range edges {
			pre[i], post[i], weight[i] = int64(e.Pre), int64(e.Post), e.Weight
		}
		b.setConnections(pre, post, weight)
	}
	for _, m := range []struct {
		name string
		data *mat.Dense
	}{{"correlation", c.Correlation}, {"sttc", c.STTC}, {"precision", c.Precision}} {
		if m.data != nil {
			b.Arrays = append(b.Arrays, Array{m.name, []int{n, n}, mat.DenseCopyOf(m.data).RawMatrix().Data})
		}
	}
	return b
}

func (b *Bundle) setConnections(pre, post []int64, weight any) {
	b.Connections = Table{"connections", []Column{{"pre", pre}, {"post", post}, {"weight", weight}}}
	b.Arrays = append(b.Arrays, Array{"pre", []int{len(pre)}, pre}, Array{"post", []int{len(post)}, post}, Array{"weight", []int{len(pre)}, weight})
}

// FromNetwork bundles a trained network: all its weights, and the recurrent ones that
// are not zero as connections (of gru and lstm what rnn's Connections returns). The circuit, which may be nil, names and places its
// neurons.
func FromNetwork(name string, net *rnn.Network, c *circuit.Circuit) (*Bundle, error) {
	n := net.Neurons
	b := &Bundle{Name: name, Meta: map[string]string{"kind": "network", "name": name, "activation": net.Activation}, network: net}
	for k, v := range net.Meta() {
		b.Meta[k] = v
	}
	if c != nil {
		if c.N() != n {
			return nil, fmt.Errorf("export: circuit %q: want the %d neurons of the network, got %d", c.Name, n, c.N())
		}
		b.Neurons = FromCircuit(c).Neurons
	} else {
		index := make([]int64, n)
		for i := range index {
			index[i] = int64(i)
		}
		b.Neurons = Table{"neurons", []Column{{"index", index}}}
	}
	var pre, post []int64
	var weight []float32
	add := func(i, j int, w float32) {
		if w != 0 {
			pre, post, weight = append(pre, int64(j)), append(post, int64(i)), append(weight, w)
		}
	}
	var all []float32
	if net.Mask == nil {
		all = net.Connections()
	}
	for i := range n {
		if net.Mask == nil {
			for j, w := range all[i*n : (i+1)*n] {
				add(i, j, w)
			}
			continue
		}
		for e, end := net.Mask.Row(i); e < end; e++ {
			add(i, int(net.Mask.Columns[e]), net.W[e])
		}
	}
	b.setConnections(pre, post, weight)
	for _, p := range net.Parameters() {
		if p.Name == "recurrent.weight" && net.Mask != nil {
			continue // it is in the connections
		}
		b.Arrays = append(b.Arrays, Array{p.Name, p.Shape, p.Data})
	}
	return b, nil
}

// column returns the data of a column, nil if there is none.
func (t Table) column(name string) any {
	for _, c := range t.Columns {
		if c.Name == name {
			return c.Data
		}
	}
	return nil
}

// rows returns the length of the columns.
func (t Table) rows() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return length(t.Columns[0].Data)
}

// File returns the table as a file: csv, where a missing number is empty, or parquet,
// where it is null.
func (t Table) File(format string, meta map[string]string) ([]byte, error) {
	switch format {
	case "csv":
		return csvFile(t), nil
	case "parquet":
		data, err := parquetFile(t, meta)
		if err != nil {
			return nil, fmt.Errorf("export: parquet: %s: %w", t.Name, err)
		}
		return data, nil
	}
	return nil, fmt.Errorf("export: a table: want csv or parquet, got %q%s", format, suggest.Near(format, []string{"csv", "parquet"}))
}

func length(data any) int {
	switch x := data.(type) {
	case []int64:
		return len(x)
	case []float64:
		return len(x)
	case []float32:
		return len(x)
	case []string:
		return len(x)
	case []*int64:
		return len(x)
	case []*float64:
		return len(x)
	}
	panic("export: unknown kind of column")
}

// writer makes the files of a format: one named "", or several of a folder.
type writer struct {
	write func(b *Bundle) (map[string][]byte, error)
	what  string
}

// single wraps a format of one file.
func single(f func(b *Bundle) ([]byte, error)) func(b *Bundle) (map[string][]byte, error) {
	return func(b *Bundle) (map[string][]byte, error) {
		data, err := f(b)
		return map[string][]byte{"": data}, err
	}
}

var formats = map[string]writer{
	"npz":         {single(npzFile), "NumPy archive of all arrays"},
	"safetensors": {single(safetensorsFile), "all arrays, for Python, Rust and JavaScript"},
	"mat":         {single(matFile), "MATLAB 5 file of all arrays"},
	"graphml":     {single(graphmlFile), "directed graph with weights and positions, for NetworkX, igraph, Gephi, Cytoscape"},
	"csv":         {csvFiles, "folder of neurons.csv, connections.csv and the matrices"},
	"parquet":     {parquetFiles, "folder of neurons.parquet and connections.parquet"},
	"onnx":        {single(onnxFile), "a trained network as a graph that runs on inputs [step][trial][input]"},
}

// Formats returns the names of the formats with what they are.
func Formats() map[string]string {
	out := map[string]string{}
	for name, w := range formats {
		out[name] = w.what
	}
	return out
}

// Files returns the bundle in a format: a single file under the name "", or the files of
// a folder.
func (b *Bundle) Files(format string) (map[string][]byte, error) {
	w, ok := formats[format]
	if !ok {
		var names []string
		for name := range formats {
			names = append(names, name)
		}
		sort.Strings(names)
		return nil, fmt.Errorf("export: format: want one of %s, got %q%s", strings.Join(names, ", "), format, suggest.Near(format, names))
	}
	return w.write(b)
}
