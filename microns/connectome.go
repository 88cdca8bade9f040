package microns

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/graph"
)

// connectome reads the table of counts and returns W[post][pre] row by row: the
// table's rows are pre. Its first row and column number the neurons.
func (f *field) connectome() []float64 {
	name := "connectome_" + f.suffix + ".csv"
	b := f.file(name, true)
	if f.err != nil {
		return nil
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = f.n + 1
	r.ReuseRecord = true
	counts := make([]float64, f.n*f.n)
	for pre := -1; ; pre++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) && pre == f.n {
			return counts
		}
		line := 0
		if len(record) > 0 {
			line, _ = r.FieldPos(0)
		}
		switch {
		case errors.Is(err, io.EOF):
			err = fmt.Errorf("%s: want a header and %d rows, got %d", name, f.n, max(pre, 0))
		case errors.Is(err, csv.ErrFieldCount):
			err = fmt.Errorf("%s:%d: want %d fields (an index and %d counts), got %d", name, line, f.n+1, f.n, len(record))
		case err != nil:
			err = fmt.Errorf("%s: %w", name, err)
		case pre == f.n:
			err = fmt.Errorf("%s:%d: want %d rows of counts, got more", name, line, f.n)
		case pre >= 0:
			err = f.countRow(counts, pre, record, fmt.Sprintf("%s:%d", name, line))
		}
		if err != nil {
			f.err = err
			return nil
		}
	}
}

func (f *field) countRow(counts []float64, pre int, record []string, place string) error {
	if i, err := strconv.Atoi(record[0]); err != nil || i != pre {
		return fmt.Errorf("%s: want row number %d, got %q", place, pre, record[0])
	}
	for post, text := range record[1:] {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || x < 0 || math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("%s: column %d: want a synapse count, got %q", place, post, text)
		}
		counts[post*f.n+pre] = x
	}
	return nil
}

// reorder puts the rows and columns of W[post][pre] from set order into the order of
// the other files, and tests by soma distance whether that was right.
func (f *field) reorder(c *circuit.Circuit, counts []float64) {
	ids := make([]int64, f.n)
	for i, u := range c.Neurons {
		ids[i] = u.ID
	}
	order := setOrder(ids) // row k of the table belongs to neuron order[k]
	restored := make([]float64, len(counts))
	for a, post := range order {
		for b, pre := range order {
			restored[post*f.n+pre] = counts[a*f.n+b]
		}
	}
	before := c.LikeToLike()
	c.Synapses = graph.FromMatrix(f.n, restored)
	after := c.LikeToLike()
	if len(before) == 0 || len(after) == 0 {
		f.warnings = append(f.warnings, "the order of the connectome's rows cannot be tested: no pair, or every pair, is connected")
		return
	}
	d := after[0]
	f.steps = append(f.steps, fmt.Sprintf("connectome rows and columns brought from the order of a Python set of root ids to that of the other files: "+
		"mean soma distance of %d connected pairs %.1f → %.1f µm (all pairs %.1f), p = %.3g in %d relabellings",
		d.NConnected, before[0].Connected, d.Connected, d.All, float64(d.P), d.Permutations))
	if d.Connected >= before[0].Connected || d.P > provenP {
		f.warnings = append(f.warnings, fmt.Sprintf("the order of the connectome's rows is not proven: connected pairs are %.1f µm apart (as released %.1f, all pairs %.1f, p = %.3g)",
			d.Connected, before[0].Connected, d.All, float64(d.P)))
	}
}

// lowerTriangle makes the STTC symmetric from its lower triangle, as the authors do
// before they use it; the halves of the released files differ.
func (f *field) lowerTriangle(m *mat.Dense) {
	worst := 0.0
	for i := range f.n {
		for j := range i {
			worst = math.Max(worst, math.Abs(m.At(i, j)-m.At(j, i)))
			m.Set(j, i, m.At(i, j))
		}
	}
	if worst > 0 {
		f.steps = append(f.steps, fmt.Sprintf("STTC made symmetric from its lower triangle (the file's halves differ by up to %.3g)", worst))
	}
}

// average makes the precision matrix symmetric by the mean of its halves, which an
// iterative solver leaves apart.
func (f *field) average(m *mat.Dense) {
	worst := 0.0
	for i := range f.n {
		for j := range i {
			a, b := m.At(i, j), m.At(j, i)
			worst = math.Max(worst, math.Abs(a-b))
			m.Set(i, j, (a+b)/2)
			m.Set(j, i, (a+b)/2)
		}
	}
	if worst > 0 {
		f.steps = append(f.steps, fmt.Sprintf("precision matrix made symmetric by averaging (the file's halves differ by up to %.3g)", worst))
	}
}
