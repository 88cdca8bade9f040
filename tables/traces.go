package tables

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"biornn/circuit"
	"biornn/internal/npy"
)

// TracesConfig says where the activity of a circuit's neurons is and how its columns
// name them.
type TracesConfig struct {
	// File is a table with a column for each unit (text, .gz, .zst, Parquet, Feather), an
	// array of numpy (.npy, .npz) or an HDF5 file (.h5, .hdf5, .nwb).
	File string `toml:"file" json:"file"`

	// TimeColumn of a table holds sample times in s; a missing one means none.
	TimeColumn string `toml:"time_column" json:"time_column"`

	// Dataset and Times name arrays of an archive or HDF5 file: samples × units, and the
	// sample times in s.
	Dataset string `toml:"dataset" json:"dataset"`
	Times   string `toml:"times" json:"times"`
	// UnitsFirst says that arrays are units × samples.
	UnitsFirst bool `toml:"units_first" json:"units_first"`

	// Keys names the units of an array. Without it, its columns are the circuit's neurons
	// in their order.
	Keys KeyTable `toml:"keys" json:"keys"`

	// Fields of an NWB file: numbers of its RoiResponseSeries; none: all. Its units are
	// named by the column RoiKey of their PlaneSegmentation.
	Fields []int  `toml:"fields" json:"fields"`
	RoiKey string `toml:"roi_key" json:"roi_key"`

	// SkipMissing leaves neurons without a trace empty instead of refusing them.
	SkipMissing bool `toml:"skip_missing" json:"skip_missing"`
}

// KeyTable is a table that names the units of an array.
type KeyTable struct {
	File string `toml:"file" json:"file"`
	// Neuron is the column with a neuron's id or name.
	Neuron string `toml:"neuron" json:"neuron"`
	// Column is the column with the unit's place in the array, from 0; where empty, row k
	// of the table is unit k.
	Column string `toml:"column" json:"column"`
}

// Traces is the activity of the neurons of a circuit on common sample times.
type Traces struct {
	TimeS   []float64   // of each sample, s; nil where unknown
	Values  [][]float64 // [neuron][sample] in the order of the circuit's neurons; nil for missing ones
	Sources []circuit.Source
	Steps   []string
	Trials  []Trial // of an NWB file, by start
}

// Trial is a stretch of time under one condition.
type Trial struct {
	Start, Stop float64 // s
	Condition   string
}

// LoadTraces reads traces for the neurons of c. A column of a table, or a key, is that
// of a neuron if it is its name or its id; a number also if it is the last part of its
// name, as in session_scan_unit.
func LoadTraces(cfg TracesConfig, c *circuit.Circuit) (*Traces, error) {
	r := &traceReader{cfg: cfg, c: c, out: &Traces{Values: make([][]float64, c.N())}}
	if err := r.read(); err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("tables: %s: %w", filepath.Base(cfg.File), err)
	}
	return r.out, nil
}

type traceReader struct {
	cfg TracesConfig
	c   *circuit.Circuit
	out *Traces
}

func (r *traceReader) read() error {
	base := strings.ToLower(strings.TrimSuffix(r.cfg.File, ".gz"))
	switch filepath.Ext(base) {
	case ".h5", ".hdf5", ".hdf", ".nwb":
		return r.readHDF5()
	case ".npy", ".npz":
		return r.readArrays()
	}
	return r.readTable()
}

// check makes sure that the traces are of one length, with numbers only.
func (r *traceReader) check() error {
	samples, missing := len(r.out.TimeS), 0
	first := ""
	for i, v := range r.out.Values {
		if v == nil {
			if missing++; first == "" {
				first = r.describe(i)
			}
			continue
		}
		if samples == 0 {
			samples = len(v)
		}
		if len(v) != samples {
			return fmt.Errorf("want %d samples of every neuron, got %d of %s", samples, len(v), r.describe(i))
		}
		for k, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("sample %d of %s: want a finite number, got %g", k, r.describe(i), x)
			}
		}
	}
	if missing == len(r.out.Values) {
		return fmt.Errorf("want traces of the circuit's neurons, got none: their names and ids (such as %s) are not those of the file", first)
	}
	if missing > 0 && !r.cfg.SkipMissing {
		return fmt.Errorf("want traces of all %d neurons, got none for %d of them (such as %s); set skip_missing to go on without them", len(r.out.Values), missing, first)
	}
	if samples == 0 {
		return fmt.Errorf("want at least one sample, got none")
	}
	return nil
}

func (r *traceReader) describe(i int) string {
	n := r.c.Neurons[i]
	if n.Name != "" {
		return fmt.Sprintf("neuron %d (%q)", n.ID, n.Name)
	}
	return fmt.Sprintf("neuron %d", n.ID)
}

// finder finds neurons by the texts that may stand for them.
type finder struct {
	exact, part map[string]int // −1: several neurons
}

func newFinder(c *circuit.Circuit) *finder {
	f := &finder{exact: map[string]int{}, part: map[string]int{}}
	put := func(m map[string]int, key string, i int) {
		if key == "" {
			return
		}
		if other, ok := m[key]; ok && other != i {
			i = -1
		}
		m[key] = i
	}
	for i, n := range c.Neurons {
		put(f.exact, strconv.FormatInt(n.ID, 10), i)
	}
	for i, n := range c.Neurons { // a name that is another neuron's id is still this one's name
		if _, err := strconv.ParseInt(n.Name, 10, 64); err == nil {
			continue
		}
		put(f.exact, n.Name, i)
		if at := strings.LastIndexAny(n.Name, "_ "); at >= 0 {
			put(f.part, n.Name[at+1:], i)
		}
	}
	return f
}

func (f *finder) find(key string) (int, bool, error) {
	key = strings.TrimSpace(key)
	i, ok := f.exact[key]
	if !ok {
		i, ok = f.part[key]
	}
	if ok && i < 0 {
		return 0, false, fmt.Errorf("%q stands for several neurons of the circuit", key)
	}
	return i, ok, nil
}

// units returns the neuron of each of a number of units of an array, −1 for strangers.
func (r *traceReader) units(count int) ([]int, error) {
	out := make([]int, count)
	if r.cfg.Keys.File == "" {
		if count != r.c.N() {
			return nil, fmt.Errorf("want the traces of %d neurons, got %d units: say in a table of keys which is whose", r.c.N(), count)
		}
		for k := range out {
			out[k] = k
		}
		return out, nil
	}
	for k := range out {
		out[k] = -1
	}
	t, err := r.table(r.cfg.Keys.File)
	if err != nil {
		return nil, err
	}
	neuron, err := t.column(r.cfg.Keys.Neuron, "the id or name of the unit's neuron", true)
	if err != nil {
		return nil, err
	}
	place := -1
	if r.cfg.Keys.Column != "" {
		if place, err = t.column(r.cfg.Keys.Column, "the place of the unit in the array, from 0", true); err != nil {
			return nil, err
		}
	}
	f := newFinder(r.c)
	for row := 0; ; row++ {
		ok, err := t.next()
		if err != nil || !ok {
			return out, err
		}
		at := row
		if place >= 0 {
			if at, err = strconv.Atoi(t.get(place)); err != nil {
				return nil, t.errorf("%s: want the place of a unit, got %q", t.header[place], t.get(place))
			}
		}
		if at < 0 || at >= count {
			return nil, t.errorf("want places from 0 to %d, as many as there are units, got %d", count-1, at)
		}
		i, known, err := f.find(t.get(neuron))
		if err != nil {
			return nil, t.errorf("%v", err)
		}
		if known {
			out[at] = i
		}
	}
}

func (r *traceReader) table(path string) (*table, error) {
	note := func(s []circuit.Source) { r.out.Sources = append(r.out.Sources, s...) }
	if streamed(path) {
		return openStream(path, note)
	}
	name, text, source, err := open(path)
	if err != nil {
		return nil, err
	}
	note([]circuit.Source{source})
	return newTable(name, text)
}

// readArrays reads .npy and .npz.
func (r *traceReader) readArrays() error {
	name := filepath.Base(r.cfg.File)
	if strings.HasSuffix(r.cfg.File, ".npz") {
		source, err := sourceOf(r.cfg.File)
		if err != nil {
			return err
		}
		r.out.Sources = append(r.out.Sources, source)
		a, err := npy.OpenArchive(r.cfg.File)
		if err != nil {
			return err
		}
		defer a.Close()
		if !a.Has(r.cfg.Dataset) {
			return fmt.Errorf("%s: dataset: want one of %s, got %q", name, strings.Join(a.Names(), ", "), r.cfg.Dataset)
		}
		values, err := a.Array(r.cfg.Dataset)
		if err == nil && r.cfg.Times != "" {
			var times *npy.Array
			if times, err = a.Array(r.cfg.Times); err == nil {
				r.out.TimeS, err = times.Float64s()
			}
		}
		if err != nil {
			return err
		}
		return r.take(name, values)
	}
	_, text, source, err := open(r.cfg.File)
	if err != nil {
		return err
	}
	r.out.Sources = append(r.out.Sources, source)
	a, err := npy.Decode(text)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return r.take(name, a)
}

// take distributes an array's units to their neurons.
func (r *traceReader) take(name string, a *npy.Array) error {
	if len(a.Shape) != 2 || a.Len() == 0 {
		return fmt.Errorf("%s: want an array of samples × units, got shape %v", name, a.Shape)
	}
	values, err := a.Float64s()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	samples, units := a.Shape[0], a.Shape[1]
	unitStep, sampleStep := 1, units
	if r.cfg.UnitsFirst {
		samples, units = units, samples
		unitStep, sampleStep = samples, 1
	}
	of, err := r.units(units)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for k, i := range of {
		if i < 0 {
			continue
		}
		trace := make([]float64, samples)
		for s := range trace {
			trace[s] = values[k*unitStep+s*sampleStep]
		}
		if err := r.put(i, trace); err != nil {
			return fmt.Errorf("%s: unit %d: %w", name, k, err)
		}
	}
	return nil
}

func (r *traceReader) put(i int, trace []float64) error {
	if r.out.Values[i] != nil {
		return fmt.Errorf("want one unit a neuron, got another of %s", r.describe(i))
	}
	r.out.Values[i] = trace
	return nil
}

// readTable reads a table with a column for each unit.
func (r *traceReader) readTable() error {
	t, err := r.table(r.cfg.File)
	if err != nil {
		return err
	}
	f := newFinder(r.c)
	at, _ := t.column(r.cfg.TimeColumn, "", false)
	columns := make([]int, r.c.N())
	for i := range columns {
		columns[i] = -1
	}
	for k, header := range t.header {
		i, known, err := f.find(header)
		if err != nil {
			return fmt.Errorf("%s:1: %w", t.name, err)
		}
		if !known || k == at {
			continue
		}
		if columns[i] >= 0 {
			return fmt.Errorf("%s:1: want one column a neuron, got %q and %q", t.name, t.header[columns[i]], header)
		}
		columns[i] = k
	}
	for i, column := range columns {
		if column < 0 && !r.cfg.SkipMissing {
			return fmt.Errorf("%s:1: want a column headed by the id or name of %s, got none; set skip_missing to go on without it", t.name, r.describe(i))
		}
	}
	for {
		ok, err := t.next()
		if err != nil {
			return err
		}
		if !ok {
			return nil
		}
		if at >= 0 {
			v, err := t.number(at)
			if err != nil {
				return err
			}
			r.out.TimeS = append(r.out.TimeS, v)
		}
		for i, column := range columns {
			if column < 0 {
				continue
			}
			v, err := t.number(column)
			if err != nil {
				return err
			}
			r.out.Values[i] = append(r.out.Values[i], v)
		}
	}
}

// number reads a finite number.
func (t *table) number(column int) (float64, error) {
	v, err := strconv.ParseFloat(t.get(column), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, t.errorf("%s: want a finite number, got %q", t.header[column], t.get(column))
	}
	return v, nil
}

// LoadTrials reads a table with the columns start_time and stop_time (s) and
// condition_hash.
func LoadTrials(path string) ([]Trial, error) {
	r := &traceReader{out: &Traces{}}
	t, err := r.table(path)
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	var at [3]int
	for k, name := range []string{"start_time", "stop_time", "condition_hash"} {
		if at[k], err = t.column(name, "of a trial", true); err != nil {
			return nil, fmt.Errorf("tables: %w", err)
		}
	}
	var out []Trial
	for {
		ok, err := t.next()
		if err == nil && ok {
			x := Trial{Condition: t.get(at[2])}
			if x.Start, err = t.number(at[0]); err == nil {
				x.Stop, err = t.number(at[1])
			}
			out = append(out, x)
		}
		if err != nil {
			return nil, fmt.Errorf("tables: %w", err)
		}
		if !ok {
			return out, nil
		}
	}
}
