package tables

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/npy"
)

// importer holds what the tables have in common.
type importer struct {
	cfg     Config
	index   map[string]int // row of a neuron by the text of its id
	integer bool           // ids are integers: "007" and "7" are the same
	out     circuit.Circuit
}

func (im *importer) load() (*circuit.Circuit, error) {
	c := &im.out
	c.Name, c.FrameRate = im.cfg.circuitName(), im.cfg.FrameRateHz
	c.Provenance.Origin = "imported from tables"
	if err := im.neurons(); err != nil {
		return nil, err
	}
	if err := im.connections(); err != nil {
		return nil, err
	}
	for _, m := range []struct {
		path string
		to   **mat.Dense
	}{{im.cfg.Correlation, &c.Correlation}, {im.cfg.STTC, &c.STTC}, {im.cfg.Precision, &c.Precision}} {
		if m.path == "" {
			continue
		}
		var err error
		if *m.to, err = im.matrix(m.path); err != nil {
			return nil, err
		}
	}
	if im.cfg.Events != "" {
		if err := im.events(); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (im *importer) step(format string, args ...any) {
	im.out.Provenance.Steps = append(im.out.Provenance.Steps, fmt.Sprintf(format, args...))
}

// table opens a table and notes it as a source.
func (im *importer) table(path string) (*table, error) {
	if streamed(path) {
		return openStream(path, func(sources []circuit.Source) {
			im.out.Provenance.Sources = append(im.out.Provenance.Sources, sources...)
		})
	}
	name, text, source, err := open(path)
	if err != nil {
		return nil, err
	}
	im.out.Provenance.Sources = append(im.out.Provenance.Sources, source)
	return newTable(name, text)
}

// row is a neuron as its table has it.
type row struct {
	key    string
	line   int
	neuron circuit.Neuron
}

func (im *importer) neurons() error {
	t, err := im.table(im.cfg.Neurons)
	if err != nil {
		return err
	}
	rows, err := im.readNeurons(t)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return fmt.Errorf("%s: want at least one neuron, got a header only", t.name)
	}
	im.integer = true
	for _, r := range rows {
		if _, err := strconv.ParseInt(r.key, 10, 64); err != nil {
			im.integer = false
		}
	}
	if rows, err = im.unique(t.name, rows); err != nil {
		return err
	}
	im.index = make(map[string]int, len(rows))
	for i, r := range rows {
		im.index[im.key(r.key)] = i
		if im.integer {
			r.neuron.ID, _ = strconv.ParseInt(r.key, 10, 64)
		} else {
			r.neuron.ID = int64(i + 1)
			if r.neuron.Name == "" {
				r.neuron.Name = r.key
			}
		}
		im.out.Neurons = append(im.out.Neurons, r.neuron)
	}
	if err := im.checkPositions(); err != nil {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	im.step("%d neurons, positions in %s", len(rows), im.cfg.Unit)
	if im.cfg.Unit == UnitVoxel {
		im.step("voxels × (%g, %g, %g) nm, in µm", im.cfg.VoxelNM[0], im.cfg.VoxelNM[1], im.cfg.VoxelNM[2])
	}
	if !im.integer {
		im.step("ids are names: numbered 1 to %d in the order of the table", len(rows))
	}
	return nil
}

// Extents of nervous systems, µm: a nematode's ganglion has tens, a mouse brain 15,000.
const (
	leastUM   = 1
	largestUM = 200000
)

// checkPositions refuses positions in another unit than stated, and damaged ones: in a
// published table, y is a multiple of x in every row.
func (im *importer) checkPositions() error {
	all := im.out.Neurons
	if len(all) < 10 {
		return nil
	}
	low, high := all[0].Position, all[0].Position
	ratio, multiple := all[0].Position[1]/all[0].Position[0], true
	for _, n := range all {
		p := n.Position
		for k, x := range p {
			low[k], high[k] = min(low[k], x), max(high[k], x)
		}
		multiple = multiple && math.Abs(p[1]-ratio*p[0]) <= 1e-9*math.Abs(p[1])
	}
	if multiple && ratio != 0 && high[0] > low[0] {
		return fmt.Errorf("y is %.6g times x in every row, a multiple: the positions are damaged; use other columns", ratio)
	}
	extent := max(high[0]-low[0], high[1]-low[1], high[2]-low[2])
	if extent > largestUM || extent < leastUM {
		return fmt.Errorf("unit %s: the neurons would spread over %.3g µm; want %d to %d: is the unit another?", im.cfg.Unit, extent, leastUM, largestUM)
	}
	return nil
}

// unique deals with rows that share an id.
func (im *importer) unique(name string, rows []row) ([]row, error) {
	first, times := map[string]int{}, map[string]int{}
	for i, r := range rows {
		key := im.key(r.key)
		if times[key]++; times[key] == 1 {
			first[key] = i
		} else if im.cfg.Duplicates == "" || im.cfg.Duplicates == "refuse" {
			return nil, fmt.Errorf("%s:%d: want unique ids, got %q as in line %d; repair the table, or set duplicates to drop or first", name, r.line, r.key, rows[first[key]].line)
		}
	}
	var kept []row
	for i, r := range rows {
		key := im.key(r.key)
		if times[key] == 1 || im.cfg.Duplicates == "first" && first[key] == i {
			kept = append(kept, r)
		}
	}
	if len(kept) < len(rows) {
		im.step("%d of %d rows of neurons left out: their id is another's, too (duplicates = %q)", len(rows)-len(kept), len(rows), im.cfg.Duplicates)
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("%s: no neuron is left: all share their ids", name)
	}
	return kept, nil
}

// key returns the text under which an id is found.
func (im *importer) key(text string) string {
	if im.integer {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			return strconv.FormatInt(id, 10)
		}
	}
	return text
}

func (im *importer) readNeurons(t *table) ([]row, error) {
	names := im.cfg.Columns
	id, err := t.column(names.ID, "the id of a neuron", true)
	if err != nil {
		return nil, err
	}
	axis := make([]int, 3)
	if names.Position != "" {
		axis = axis[:1]
		axis[0], err = t.column(names.Position, "the position of the soma", true)
	} else {
		for k, name := range []string{names.X, names.Y, names.Z} {
			if axis[k], err = t.column(name, "a coordinate of the soma", true); err != nil {
				break
			}
		}
	}
	if err != nil {
		return nil, err
	}
	name, _ := t.column(names.Name, "", false)
	class, _ := t.column(names.Type, "", false)
	sign, _ := t.column(names.Sign, "", false)
	factor := im.cfg.micrometres()
	var rows []row
	unplaced := 0
	for {
		ok, err := t.next()
		if !ok && unplaced > 0 {
			im.step("%d neurons left out: no position", unplaced)
		}
		if err != nil || !ok {
			return rows, err
		}
		r := row{key: t.get(id), line: t.line, neuron: circuit.Neuron{Name: t.get(name), Type: t.get(class)}}
		if r.key == "" {
			return nil, t.errorf("%s: want an id, got an empty field", names.ID)
		}
		position, problem := t.position(axis)
		if problem != "" && im.cfg.SkipUnplaced && position == nil {
			unplaced++
			continue
		}
		if problem != "" {
			return nil, t.errorf("want a finite position of neuron %s, got %s; repair it, or drop such neurons (skip_unplaced)", r.key, problem)
		}
		for k, x := range position {
			r.neuron.Position[k] = x * factor[k]
		}
		if r.neuron.Sign, err = parseSign(t.get(sign)); err != nil {
			return nil, t.errorf("%s: %v", names.Sign, err)
		}
		rows = append(rows, r)
	}
}

// position reads three numbers from one column or three. What is wrong comes back as
// text; the position is nil where there is none at all.
func (t *table) position(axis []int) (position []float64, problem string) {
	for _, column := range axis {
		text := strings.Map(func(r rune) rune {
			if strings.ContainsRune("[](),", r) {
				return ' '
			}
			return r
		}, t.get(column))
		fields := strings.Fields(text)
		if len(fields) == 0 {
			fields = []string{""}
		}
		for _, f := range fields {
			x, err := strconv.ParseFloat(f, 64)
			switch strings.ToLower(strings.Trim(f, "<>")) {
			case "", "na", "n/a", "nan", "null", "none":
				return nil, fmt.Sprintf("%s = %q", t.header[column], t.get(column))
			}
			if err != nil || math.IsInf(x, 0) {
				return []float64{}, fmt.Sprintf("%s = %q", t.header[column], t.get(column))
			}
			position = append(position, x)
		}
	}
	if len(position) != 3 {
		return position, fmt.Sprintf("%d numbers from %s", len(position), t.header[axis[0]])
	}
	return position, ""
}

// parseSign reads +1, −1, 0 and the letters E and I; "" is unknown.
func parseSign(s string) (int8, error) {
	switch strings.ToLower(s) {
	case "1", "+1", "+", "1.0", "e", "exc", "excitatory":
		return 1, nil
	case "-1", "-", "−1", "−", "-1.0", "i", "inh", "inhibitory":
		return -1, nil
	case "", "0", "0.0", "nan", "na", "unknown":
		return 0, nil
	}
	return 0, fmt.Errorf("want 1 or E, -1 or I, 0 or nothing, got %q", s)
}

func (im *importer) connections() error {
	t, err := im.table(im.cfg.Connections)
	if err != nil {
		return err
	}
	pre, err := t.column(im.cfg.Columns.Pre, "the id of the presynaptic neuron", true)
	if err != nil {
		return err
	}
	post, err := t.column(im.cfg.Columns.Post, "the id of the postsynaptic neuron", true)
	if err != nil {
		return err
	}
	weight, _ := t.column(im.cfg.Columns.Weight, "", false)
	wanted := map[int]string{}
	for name, text := range im.cfg.Where {
		column, err := t.column(name, "a condition of where", true)
		if err != nil {
			return err
		}
		wanted[column] = text
	}
	var edges []graph.Edge
	skipped, rows, other := 0, 0, 0
	for {
		ok, err := t.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		rows++
		if !t.matches(wanted) {
			other++
			continue
		}
		e := graph.Edge{Weight: 1}
		known := true
		for _, end := range []struct {
			column int
			to     *int
		}{{pre, &e.Pre}, {post, &e.Post}} {
			var found bool
			if *end.to, found, err = im.find(t, end.column); err != nil {
				return err
			}
			known = known && found
		}
		if !known {
			skipped++
			continue
		}
		if weight >= 0 {
			if e.Weight, err = strconv.ParseFloat(t.get(weight), 64); err != nil || !(e.Weight >= 0) || math.IsInf(e.Weight, 0) {
				return t.errorf("%s: want a weight of 0 or more, got %q", t.header[weight], t.get(weight))
			}
		}
		edges = append(edges, e)
	}
	if im.out.Synapses, err = graph.FromEdges(len(im.out.Neurons), edges); err != nil {
		return err
	}
	if weight < 0 {
		im.step("no column %q: every connection counts 1", im.cfg.Columns.Weight)
	} else {
		im.step("weights are the sums of column %q", t.header[weight])
	}
	if other > 0 {
		im.step("%d of %d connections left out by where", other, rows)
	}
	im.noteConnections(edges, rows-other, skipped)
	return nil
}

// matches tells whether the columns of a row have these texts.
func (t *table) matches(wanted map[int]string) bool {
	for column, text := range wanted {
		if t.get(column) != text {
			return false
		}
	}
	return true
}

// noteConnections counts what was aggregated and left out.
func (im *importer) noteConnections(edges []graph.Edge, rows, skipped int) {
	pairs := map[[2]int]bool{}
	zero := 0
	for _, e := range edges {
		if e.Weight == 0 {
			zero++
			continue
		}
		pairs[[2]int{e.Pre, e.Post}] = true
	}
	im.step("%d connections make %d connected pairs (%d rows joined others of their pair, %d had weight 0)",
		rows, len(pairs), len(edges)-zero-len(pairs), zero)
	if skipped > 0 {
		im.step("%d of %d connections left out: a neuron is not in the table of neurons", skipped, rows)
	}
}

// find returns the neuron that a field names.
func (im *importer) find(t *table, column int) (int, bool, error) {
	text := t.get(column)
	i, ok := im.index[im.key(text)]
	if !ok && !im.cfg.SkipUnknown {
		return 0, false, t.errorf("%s: want the id of a neuron in %s, got %q; add it there or set skip_unknown", t.header[column], im.out.Provenance.Sources[0].Name, text)
	}
	return i, ok, nil
}

func (im *importer) events() error {
	t, err := im.table(im.cfg.Events)
	if err != nil {
		return err
	}
	id, err := t.column(im.cfg.Columns.Event, "the id of the neuron", true)
	if err != nil {
		return err
	}
	at, err := t.column(im.cfg.Columns.EventTime, "the time of an event in s", true)
	if err != nil {
		return err
	}
	trains := make([][]float64, len(im.out.Neurons))
	total, skipped := 0, 0
	for {
		ok, err := t.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		total++
		i, known, err := im.find(t, id)
		if err != nil {
			return err
		}
		if !known {
			skipped++
			continue
		}
		x, err := strconv.ParseFloat(t.get(at), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return t.errorf("%s: want a time in s, got %q", t.header[at], t.get(at))
		}
		trains[i] = append(trains[i], x)
	}
	for _, train := range trains {
		sort.Float64s(train)
	}
	im.out.Events = trains
	im.step("%d events", total)
	if skipped > 0 {
		im.step("%d of %d events left out: their neuron is not in the table of neurons", skipped, total)
	}
	return nil
}

// matrix reads an N×N matrix from .npy or from text without a header.
func (im *importer) matrix(path string) (*mat.Dense, error) {
	name, text, source, err := open(path)
	if err != nil {
		return nil, err
	}
	im.out.Provenance.Sources = append(im.out.Provenance.Sources, source)
	n := len(im.out.Neurons)
	if !strings.HasSuffix(strings.TrimSuffix(name, ".gz"), ".npy") {
		return textMatrix(name, text, n)
	}
	a, err := npy.Decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	values, err := a.Float64s()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(a.Shape) != 2 || a.Shape[0] != n || a.Shape[1] != n {
		return nil, fmt.Errorf("%s: want shape [%d %d], a row and a column for each neuron, got %v", name, n, n, a.Shape)
	}
	return mat.NewDense(n, n, values), nil
}

func textMatrix(name string, text []byte, n int) (*mat.Dense, error) {
	t := &table{name: name, reader: newReader(text)}
	t.reader.FieldsPerRecord = -1
	m := mat.NewDense(n, n, nil)
	for i := 0; ; i++ {
		ok, err := t.next()
		if err != nil {
			return nil, err
		}
		if !ok && i == n {
			return m, nil
		}
		if !ok || i == n {
			return nil, fmt.Errorf("%s: want %d rows, one a neuron, got %s", name, n, map[bool]string{true: "more", false: fmt.Sprint(i)}[ok])
		}
		if len(t.record) != n {
			return nil, t.errorf("want %d numbers, one a neuron, got %d; a matrix has no header and no row names", n, len(t.record))
		}
		for j := range n {
			x, err := strconv.ParseFloat(t.get(j), 64)
			if err != nil {
				return nil, t.errorf("column %d: want a number, got %q", j+1, t.get(j))
			}
			m.Set(i, j, x)
		}
	}
}
