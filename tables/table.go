package tables

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"biornn/circuit"
)

// largestUnpacked bounds a .gz file, whose unpacked size nothing announces.
const largestUnpacked = 4 << 30

// open reads a file whole and returns its text and its provenance.
func open(path string) (name string, text []byte, source circuit.Source, err error) {
	name = filepath.Base(path)
	raw, err := os.ReadFile(path)
	if err != nil {
		return name, nil, source, err
	}
	sum := sha256.Sum256(raw)
	source = circuit.Source{Name: name, Bytes: int64(len(raw)), SHA256: hex.EncodeToString(sum[:])}
	if !strings.HasSuffix(path, ".gz") {
		return name, raw, source, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(z, largestUnpacked+1))
	}
	if err == nil && len(text) > largestUnpacked {
		err = fmt.Errorf("want at most %d bytes unpacked, got more", largestUnpacked)
	}
	if err != nil {
		return name, nil, source, fmt.Errorf("%s: gzip: %w", name, err)
	}
	return name, text, source, nil
}

// table walks over the rows of a delimited text with a header.
type table struct {
	name   string
	header []string
	reader *csv.Reader
	record []string
	line   int
	stream *stream    // in place of reader
	rows   [][]string // in place of both
}

// newReader returns a reader of comma- or tab-separated text: a header (or first
// line) with a tab is tab-separated.
func newReader(text []byte) *csv.Reader {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(text, []byte("\n"))
	r := csv.NewReader(bufio.NewReader(bytes.NewReader(text)))
	if bytes.ContainsRune(first, '\t') {
		r.Comma = '\t'
	}
	r.TrimLeadingSpace = r.Comma == ','
	r.ReuseRecord = true
	return r
}

func newTable(name string, text []byte) (*table, error) {
	if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".json") {
		return newJSONTable(name, text)
	}
	t := &table{name: name, reader: newReader(text)}
	record, err := t.reader.Read()
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: want a header with column names, got an empty file", name)
	}
	if err != nil {
		return nil, t.csvError(err)
	}
	for _, column := range record {
		t.header = append(t.header, strings.TrimSpace(column))
	}
	return t, nil
}

// column returns the place of a column; −1 where an optional one is missing.
func (t *table) column(name, hint string, required bool) (int, error) {
	if i := slices.Index(t.header, name); i >= 0 && name != "" {
		return i, nil
	}
	if !required {
		return -1, nil
	}
	shown := strings.Join(t.header[:min(len(t.header), 20)], ", ")
	if _, err := strconv.ParseFloat(t.header[0], 64); err == nil {
		return -1, fmt.Errorf("%s:1: want a header with a column %q (%s), got %s; the file seems to have no header: add one", t.name, name, hint, shown)
	}
	return -1, fmt.Errorf("%s:1: want a column %q (%s), got %s; name the right one in the configuration", t.name, name, hint, shown)
}

// next reads a row, false at the end.
func (t *table) next() (bool, error) {
	if t.stream != nil {
		return t.stream.next(t)
	}
	if t.reader == nil {
		if len(t.rows) == 0 {
			return false, nil
		}
		t.record, t.rows = t.rows[0], t.rows[1:]
		t.line++
		return true, nil
	}
	record, err := t.reader.Read()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, t.csvError(err)
	}
	t.record = record
	t.line, _ = t.reader.FieldPos(0)
	return true, nil
}

// get returns a field without surrounding spaces, "" for column −1.
func (t *table) get(column int) string {
	if column < 0 {
		return ""
	}
	return strings.TrimSpace(t.record[column])
}

// errorf is an error at the current line.
func (t *table) errorf(format string, args ...any) error {
	where := fmt.Sprintf("%s:%d", t.name, t.line)
	if t.stream != nil {
		where = t.stream.batch.Where(t.stream.row)
	}
	return fmt.Errorf("%s: %s", where, fmt.Sprintf(format, args...))
}

func (t *table) csvError(err error) error {
	var p *csv.ParseError
	if !errors.As(err, &p) {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	if errors.Is(p.Err, csv.ErrFieldCount) {
		return fmt.Errorf("%s:%d: want as many fields as the header has (%d), got another number", t.name, p.Line, len(t.header))
	}
	return fmt.Errorf("%s:%d: column %d: %w", t.name, p.Line, p.Column, p.Err)
}
