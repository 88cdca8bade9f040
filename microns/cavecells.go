package microns

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"biornn/circuit"
	"biornn/internal/rows"
)

// open reads the header of a table.
func (b *caveBuilder) open(patterns ...string) (*rows.Table, error) { return rows.Open(patterns...) }

// note records the files of a table that was read.
func (b *caveBuilder) note(t *rows.Table) {
	for _, s := range t.Sources() {
		b.out.Provenance.Sources = append(b.out.Provenance.Sources, circuit.Source{Name: s.Name, Bytes: s.Bytes, SHA256: s.SHA256})
	}
}

// positionColumns finds the position of a table: one column with three numbers in
// brackets, or three columns.
func positionColumns(t *rows.Table, prefixes ...string) ([]string, error) {
	for _, p := range prefixes {
		if t.Has(p) {
			return []string{p}, nil
		}
		if split := []string{p + "_x", p + "_y", p + "_z"}; t.Has(split[0]) && t.Has(split[1]) && t.Has(split[2]) {
			return split, nil
		}
	}
	return nil, fmt.Errorf("%s: want a position in one column (%s) or three (%s_x, %s_y, %s_z), got the columns %s",
		t.Name(), strings.Join(prefixes, " or "), prefixes[0], prefixes[0], prefixes[0], strings.Join(t.Columns(), ", "))
}

// position reads three numbers from one column, "[1 2 3]" with spaces or commas, or from
// three; false where they are missing.
func position(b *rows.Batch, row, first, columns int) (p [3]float64, ok bool, err error) {
	var fields []string
	if columns == 1 {
		text := strings.NewReplacer("[", " ", "]", " ", "(", " ", ")", " ", ",", " ").Replace(b.Text(row, first))
		fields = strings.Fields(text)
		if len(fields) == 0 {
			return p, false, nil
		}
	} else {
		for k := range 3 {
			fields = append(fields, b.Text(row, first+k))
		}
	}
	if len(fields) != 3 {
		return p, false, fmt.Errorf("%s: want a position of three numbers, got %q", b.Where(row), b.Text(row, first))
	}
	for k, f := range fields {
		if strings.Trim(f, "<>") == "NA" || strings.EqualFold(f, "nan") || f == "" {
			return p, false, nil
		}
		if p[k], err = strconv.ParseFloat(f, 64); err != nil || math.IsInf(p[k], 0) {
			return p, false, fmt.Errorf("%s: want a position of three numbers, got %q", b.Where(row), strings.Join(fields, " "))
		}
	}
	return p, true, nil
}

// nucleusColumn is the column with the id of the nucleus: target_id where a table refers
// to another, id in a table of nuclei. A table without either has none.
func nucleusColumn(t *rows.Table) string {
	for _, name := range []string{"target_id", "nucleus_id", "id_ref", "id"} {
		if t.Has(name) {
			return name
		}
	}
	return ""
}

func (b *caveBuilder) readCells() error {
	t, err := b.open(b.cfg.Cells)
	if err != nil {
		return err
	}
	where, err := positionColumns(t, "pt_position", "pt", "position")
	if err != nil {
		return err
	}
	columns := append([]string{"pt_root_id"}, where...)
	nucleus, class := nucleusColumn(t), ""
	if nucleus != "" {
		columns = append(columns, nucleus)
	}
	if t.Has("cell_type") {
		class = "cell_type"
		columns = append(columns, class)
	} else if len(b.cfg.Types) > 0 {
		return fmt.Errorf("%s: want a column cell_type to choose types by, got none", t.Name())
	}
	factor := map[string][3]float64{"voxel": {0.004, 0.004, 0.04}, "nm": {1e-3, 1e-3, 1e-3}, "um": {1, 1, 1}}[b.cfg.Unit]
	read, nowhere := 0, 0
	var roots, nuclei []int64
	err = t.Scan(columns, func(batch *rows.Batch) error {
		var err error
		if roots, err = batch.Ints(roots[:0], 0); err != nil {
			return err
		}
		next := 1 + len(where)
		nuclei = slices.Grow(nuclei[:0], batch.N)[:batch.N]
		clear(nuclei)
		if nucleus != "" {
			if nuclei, err = batch.Ints(nuclei[:0], next); err != nil {
				return err
			}
			next++
		}
		for i := range batch.N {
			read++
			p, ok, err := position(batch, i, 1, len(where))
			if err != nil {
				return err
			}
			if !ok {
				nowhere++
				continue
			}
			c := cell{root: roots[i], nucleus: nuclei[i]}
			for k := range p {
				c.position[k] = p[k] * factor[k]
			}
			if class != "" {
				c.class = batch.Text(i, next)
			}
			b.cells = append(b.cells, c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.note(t)
	if b.out.Name == "" {
		b.out.Name = strings.SplitN(t.Name(), ".", 2)[0]
	}
	b.step("cells read: %d rows, %d of them without a position; positions in %s", read, nowhere, b.cfg.Unit)
	return b.checkVolume(t.Name())
}

// largestUM is more than the imaged volume (1.4 × 0.9 × 0.8 mm) and less than its voxels
// or nanometres taken for µm.
const largestUM = 4000

// checkVolume refuses positions in another unit than stated, and those of a known bad
// file, whose y is 4·x.
func (b *caveBuilder) checkVolume(name string) error {
	low, high := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}, [3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	copied := 0
	for _, c := range b.cells {
		for k, x := range c.position {
			low[k], high[k] = math.Min(low[k], x), math.Max(high[k], x)
		}
		p := c.position
		if p[0] != 0 && (math.Abs(p[1]-4*p[0]) < 1e-6*math.Abs(p[1]) || math.Abs(p[1]-p[0]) < 1e-9*math.Abs(p[0])) {
			copied++
		}
	}
	if len(b.cells) > 2 && copied == len(b.cells) {
		return fmt.Errorf("%s: y is a multiple of x in every row: the positions are damaged; use another column", name)
	}
	extent := math.Max(high[0]-low[0], math.Max(high[1]-low[1], high[2]-low[2]))
	if len(b.cells) > 1 && extent > largestUM {
		return fmt.Errorf("%s: unit %s: the cells would spread over %.0f µm, more than the imaged volume: is the unit voxel or nm?", name, b.cfg.Unit, extent)
	}
	if len(b.cells) > 100 && extent < 10 {
		return fmt.Errorf("%s: unit %s: the cells would lie within %.2g µm: is the unit um or voxel?", name, b.cfg.Unit, extent)
	}
	return nil
}

// dropUnusable drops cells without a root and those that share one.
func (b *caveBuilder) dropUnusable() error {
	times := map[int64]int{}
	for _, c := range b.cells {
		times[c.root]++
	}
	b.keep("with a root id", func(_ int, c cell) bool { return c.root != 0 })
	b.keep("with a root id of their own (others are merged with another cell)", func(_ int, c cell) bool { return times[c.root] == 1 })
	return nil
}

func (b *caveBuilder) keepTypes() error {
	if len(b.cfg.Types) == 0 {
		return nil
	}
	seen := map[string]bool{}
	for _, c := range b.cells {
		seen[c.class] = true
	}
	for _, want := range b.cfg.Types {
		if !seen[want] {
			var all []string
			for class := range seen {
				all = append(all, class)
			}
			slices.Sort(all)
			return fmt.Errorf("types: no cell is a %q; there are %s", want, strings.Join(all, ", "))
		}
	}
	b.keep("of type "+strings.Join(b.cfg.Types, ", "), func(_ int, c cell) bool { return slices.Contains(b.cfg.Types, c.class) })
	return nil
}

// keepNearest keeps the cells nearest to a point, in the order of the table.
func (b *caveBuilder) keepNearest() error {
	if b.cfg.Nearest == 0 || b.cfg.Nearest >= len(b.cells) {
		return nil
	}
	var centre [3]float64
	if b.cfg.Around != nil {
		centre = *b.cfg.Around
	} else {
		for _, c := range b.cells {
			for k := range centre {
				centre[k] += c.position[k] / float64(len(b.cells))
			}
		}
	}
	distance := func(i int) float64 {
		sum := 0.0
		for k, x := range b.cells[i].position {
			sum += (x - centre[k]) * (x - centre[k])
		}
		return sum
	}
	order := make([]int, len(b.cells))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(distance(i), distance(j)) })
	near := map[int]bool{}
	for _, i := range order[:b.cfg.Nearest] {
		near[i] = true
	}
	b.keep(fmt.Sprintf("nearest to (%.1f, %.1f, %.1f) µm", centre[0], centre[1], centre[2]), func(i int, _ cell) bool { return near[i] })
	return nil
}
