// Package rows streams tables in constant memory: comma- or tab-separated text (plain,
// .gz, .zst), Parquet and Feather (Arrow IPC), one file or many of the same columns. Only
// the columns that are asked for are parsed, and of Parquet only they are read.
package rows

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"biornn/internal/suggest"
)

// Source is one file of a table.
type Source struct {
	Name   string // without its folder
	Bytes  int64
	SHA256 string // hex; empty where the file was not read whole
}

// Table is a table in one or more files.
type Table struct {
	paths   []string
	columns []string
	sources []Source
}

// Batch is a stretch of rows with the columns that were asked for, in that order. It is
// valid until the visit returns.
type Batch struct {
	N       int
	columns []column
	where   func(row int) string // file and line, or row, for messages
	names   []string
}

// column is one column of a batch.
type column interface {
	// text returns the text of a field and false where it is missing.
	text(row int) (string, bool)
	// integer returns an integer exactly, 0 where it is missing.
	integer(row int) (int64, error)
	// number returns a number, NaN where it is missing.
	number(row int) (float64, error)
}

// format reads one kind of file.
type format interface {
	// header returns the names of the columns.
	header(path string) ([]string, error)
	// scan calls visit for stretches of rows with the columns at the given places, in
	// order, and returns the file as a source.
	scan(path string, places []int, visit func(*Batch) error) (Source, error)
}

// formatOf tells the kind of a file by its name.
func formatOf(path string) format {
	switch name := strings.ToLower(path); {
	case strings.HasSuffix(name, ".parquet"), strings.HasSuffix(name, ".pq"):
		return parquetFormat{}
	case strings.HasSuffix(name, ".feather"), strings.HasSuffix(name, ".arrow"), strings.HasSuffix(name, ".ipc"):
		return featherFormat{}
	}
	return textFormat{}
}

// Open reads the headers of files, each of which may be a pattern such as
// "synapses_*.csv.gz"; all must have the columns of the first.
func Open(patterns ...string) (*Table, error) {
	t := &Table{}
	for _, p := range patterns {
		paths, err := expand(p)
		if err != nil {
			return nil, err
		}
		t.paths = append(t.paths, paths...)
	}
	if len(t.paths) == 0 {
		return nil, fmt.Errorf("rows: want at least one file, got none")
	}
	for i, path := range t.paths {
		header, err := formatOf(path).header(path)
		if err != nil {
			return nil, named(path, err)
		}
		if i == 0 {
			t.columns = header
		}
		for _, c := range t.columns {
			if !slices.Contains(header, c) {
				return nil, fmt.Errorf("%s: want the columns of %s, got none named %q: are these parts of one table?", filepath.Base(path), filepath.Base(t.paths[0]), c)
			}
		}
	}
	return t, nil
}

// expand returns the files of a pattern in order; a plain name stands for itself.
func expand(pattern string) ([]string, error) {
	if _, err := os.Stat(pattern); err == nil || !strings.ContainsAny(pattern, "*?[") {
		return []string{pattern}, nil
	}
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("rows: pattern %q: %w", pattern, err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("rows: no file matches %q", pattern)
	}
	return paths, nil
}

// named adds the name of the file to an error, which for one of the system has the path.
func named(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return err
	}
	return fmt.Errorf("%s: %w", filepath.Base(path), err)
}

// Columns returns the names of the columns.
func (t *Table) Columns() []string { return slices.Clone(t.columns) }

// Has tells whether there is a column of that name.
func (t *Table) Has(name string) bool { return slices.Contains(t.columns, name) }

// Name returns the name of the first file.
func (t *Table) Name() string { return filepath.Base(t.paths[0]) }

// Sources returns the files; their hashes are known after Scan.
func (t *Table) Sources() []Source { return slices.Clone(t.sources) }

// Scan calls visit for all rows in stretches, with the named columns. An error of visit
// ends it.
func (t *Table) Scan(columns []string, visit func(*Batch) error) error {
	t.sources = nil
	expect(t.paths)
	for _, path := range t.paths {
		f := formatOf(path)
		header, err := f.header(path)
		if err != nil {
			return named(path, err)
		}
		places := make([]int, len(columns))
		for i, c := range columns {
			if places[i] = slices.Index(header, c); places[i] < 0 {
				return missing(path, c, header)
			}
		}
		source, err := f.scan(path, places, func(b *Batch) error {
			b.names = columns
			return visit(b)
		})
		if err != nil {
			return named(path, err)
		}
		t.sources = append(t.sources, source)
	}
	return nil
}

// missing describes a column that is not there.
func missing(path, column string, header []string) error {
	shown := strings.Join(header[:min(len(header), 20)], ", ")
	hint := suggest.Near(column, header)
	for _, h := range header {
		if _, err := strconv.ParseFloat(h, 64); err == nil {
			hint = "; the file seems to have no header: add one"
			break
		}
	}
	return fmt.Errorf("%s: want a column %q, got %s%s", filepath.Base(path), column, shown, hint)
}

// Where names the file and line (or row) of a row of the batch, for messages.
func (b *Batch) Where(row int) string { return b.where(row) }

// Ints appends a column to dst as integers, exactly; a missing one is 0.
func (b *Batch) Ints(dst []int64, column int) ([]int64, error) {
	c := b.columns[column]
	for i := range b.N {
		v, err := c.integer(i)
		if err != nil {
			return dst, b.failed(i, column, err)
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// Floats appends a column to dst as numbers; a missing one is NaN.
func (b *Batch) Floats(dst []float64, column int) ([]float64, error) {
	c := b.columns[column]
	for i := range b.N {
		v, err := c.number(i)
		if err != nil {
			return dst, b.failed(i, column, err)
		}
		dst = append(dst, v)
	}
	return dst, nil
}

// Text returns a field as text, "" where it is missing.
func (b *Batch) Text(row, column int) string {
	s, _ := b.columns[column].text(row)
	return s
}

func (b *Batch) failed(row, column int, err error) error {
	return fmt.Errorf("%s: %s: %w", b.where(row), b.names[column], err)
}

// isMissing tells the spellings of a missing value.
func isMissing(s string) bool {
	switch s {
	case "", "NA", "<NA>", "nan", "NaN", "NAN", "None", "null", "NULL":
		return true
	}
	return false
}

// parseInteger reads an integer exactly. A float that is written out (pandas turns
// integers with gaps into floats) passes where it is whole and below 2⁵³.
func parseInteger(s string) (int64, error) {
	if v, err := strconv.ParseInt(s, 10, 64); err == nil {
		return v, nil
	}
	if isMissing(s) {
		return 0, nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != float64(int64(f)) {
		return 0, fmt.Errorf("want an integer, got %q", s)
	}
	if f >= 1<<53 || f <= -1<<53 {
		return 0, fmt.Errorf("want an integer, got the float %q, whose last digits are lost: export the column as an integer or a string", s)
	}
	return int64(f), nil
}
