package tables

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"biornn/circuit"
	"biornn/internal/npy"
)

// Traces is the activity of every neuron of a circuit on common sample times.
type Traces struct {
	TimeS  []float64   // of each sample, s; nil where the table has no such column
	Values [][]float64 // [neuron][sample], in the order of the circuit's neurons
	Source circuit.Source
}

// LoadTraces reads traces for the neurons of c: a table with a column for each
// neuron, headed by its name or its id (further columns are ignored), or a .npy
// array of samples × neurons in their order. timeColumn names the column of sample
// times in s; "" or an absent one means none.
func LoadTraces(path, timeColumn string, c *circuit.Circuit) (*Traces, error) {
	name, text, source, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	out := &Traces{Values: make([][]float64, c.N()), Source: source}
	if strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".npy") {
		err = out.readArray(text)
		if err != nil {
			err = fmt.Errorf("%s: %w", name, err)
		}
	} else {
		err = out.readTable(name, text, timeColumn, c)
	}
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	return out, nil
}

func (x *Traces) readArray(text []byte) error {
	a, err := npy.Decode(text)
	if err != nil {
		return err
	}
	values, err := a.Float64s()
	if err != nil {
		return err
	}
	n := len(x.Values)
	if len(a.Shape) != 2 || a.Shape[1] != n || a.Shape[0] == 0 {
		return fmt.Errorf("want samples × %d neurons, got shape %v", n, a.Shape)
	}
	for k, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("sample %d of neuron %d: want a finite number, got %g", k/n, k%n, v)
		}
		x.Values[k%n] = append(x.Values[k%n], v)
	}
	return nil
}

func (x *Traces) readTable(name string, text []byte, timeColumn string, c *circuit.Circuit) error {
	t, err := newTable(name, text)
	if err != nil {
		return err
	}
	columns := make([]int, c.N())
	for i, u := range c.Neurons {
		columns[i], _ = t.column(u.Name, "", false)
		if columns[i] >= 0 {
			continue
		}
		if columns[i], err = t.column(strconv.FormatInt(u.ID, 10), "the trace of neuron "+strconv.Quote(u.Name)+", by id", true); err != nil {
			return err
		}
	}
	at, _ := t.column(timeColumn, "", false)
	for {
		ok, err := t.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if at >= 0 {
			v, err := t.number(at)
			if err != nil {
				return err
			}
			x.TimeS = append(x.TimeS, v)
		}
		for i, column := range columns {
			v, err := t.number(column)
			if err != nil {
				return err
			}
			x.Values[i] = append(x.Values[i], v)
		}
	}
	if len(x.Values[0]) == 0 {
		return fmt.Errorf("%s: want at least one sample, got a header only", name)
	}
	return nil
}

// number reads a finite number.
func (t *table) number(column int) (float64, error) {
	v, err := strconv.ParseFloat(t.get(column), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, t.errorf("%s: want a finite number, got %q", t.header[column], t.get(column))
	}
	return v, nil
}
