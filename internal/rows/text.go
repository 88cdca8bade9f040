package rows

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	kgzip "github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Limits of text.
const (
	chunkSize  = 4 << 20  // read at a time
	longestRow = 16 << 20 // a row, quoted newlines included
	mostNames  = 10000    // columns
	headerSize = 1 << 20
)

// textFormat is comma- or tab-separated text with a header.
type textFormat struct{}

// text walks over the rows of one file.
type text struct {
	name     string
	file     *os.File
	in       io.Reader
	close    func()
	hash     hash.Hash
	size     int64
	comma    byte
	names    []string
	buffer   []byte // what was read and not yet parsed
	end      bool
	line     int // of the first row of the buffer, from 1
	unpacked bool
	scanning bool // for good, not for the header alone
}

// counted counts and hashes what passes.
type counted struct {
	in io.Reader
	t  *text
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.t.size += int64(n)
	if c.t.scanning {
		bytesRead.Add(int64(n))
	}
	c.t.hash.Write(b[:n])
	return n, err
}

func openText(path string, scanning bool) (*text, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	t := &text{name: filepath.Base(path), file: f, hash: sha256.New(), line: 1, scanning: scanning, close: func() {}}
	t.in = counted{f, t}
	switch {
	case strings.HasSuffix(path, ".gz"):
		var z *kgzip.Reader
		t.unpacked = true
		if z, err = kgzip.NewReader(t.in); err == nil {
			t.in = z
		}
	case strings.HasSuffix(path, ".zst"):
		var z *zstd.Decoder
		if z, err = zstd.NewReader(t.in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(512<<20)); err == nil {
			t.in, t.unpacked, t.close = z, true, z.Close
		}
	}
	if err == nil {
		err = t.readHeader()
	}
	if err != nil {
		t.stop()
		return nil, t.packed(err)
	}
	return t, nil
}

func (t *text) stop() {
	t.close()
	_ = t.file.Close()
}

// packed says of an error in a compressed file that the file is cut short or damaged.
func (t *text) packed(err error) error {
	if t.unpacked && errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the compressed file is cut short: fetch it again")
	}
	if errors.Is(err, kgzip.ErrHeader) || errors.Is(err, gzip.ErrHeader) || errors.Is(err, kgzip.ErrChecksum) || errors.Is(err, zstd.ErrMagicMismatch) {
		return fmt.Errorf("the compressed file is damaged (%w): fetch it again", err)
	}
	return err
}

// fill reads more; the buffer may grow up to the longest row.
func (t *text) fill() error {
	if len(t.buffer) > longestRow {
		return fmt.Errorf("line %d: want a row of at most %d bytes, got a longer one: is a quotation mark not closed?", t.line, longestRow)
	}
	from := len(t.buffer)
	t.buffer = slices.Grow(t.buffer, chunkSize)[:from+chunkSize]
	n, err := io.ReadFull(t.in, t.buffer[from:])
	t.buffer = t.buffer[:from+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && t.ended(n) {
		t.end = true
		return nil
	}
	return err
}

// ended tells a file that ends in the middle of a chunk from a compressed one that is
// cut short: the latter fails again when asked for more.
func (t *text) ended(n int) bool {
	var one [1]byte
	m, err := t.in.Read(one[:])
	if m > 0 {
		return false
	}
	return errors.Is(err, io.EOF)
}

func (t *text) readHeader() error {
	if err := t.fill(); err != nil {
		return err
	}
	t.buffer = bytes.TrimPrefix(t.buffer, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(t.buffer[:min(len(t.buffer), headerSize)], []byte("\n"))
	t.comma = ','
	if bytes.IndexByte(first, '\t') >= 0 {
		t.comma = '\t'
	}
	for {
		row, rest, ok := t.cut(t.buffer)
		if !ok {
			return fmt.Errorf("line 1: want a header of at most %d bytes", headerSize)
		}
		if len(t.buffer)-len(rest) > headerSize {
			return fmt.Errorf("line 1: want a header of at most %d bytes, got a longer one", headerSize)
		}
		t.line++
		t.buffer = rest
		if len(bytes.TrimSpace(row)) == 0 {
			if len(rest) == 0 {
				return fmt.Errorf("want a header with the names of columns, got an empty file")
			}
			continue
		}
		if n := bytes.Count(row, []byte{t.comma}); n >= mostNames {
			return fmt.Errorf("line 1: want at most %d columns, got %d", mostNames, n+1)
		}
		for _, name := range t.split(row) {
			t.names = append(t.names, strings.TrimSpace(name))
		}
		return nil
	}
}

// cut takes the first row off, without its line end; false where it is not complete.
// Newlines within quotation marks belong to the row.
func (t *text) cut(b []byte) (row, rest []byte, ok bool) {
	from, open := 0, false
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			if t.end && len(b) > 0 {
				return bytes.TrimSuffix(b, []byte("\r")), nil, true
			}
			return nil, b, t.end
		}
		if bytes.Count(b[from:from+i], []byte{'"'})%2 == 1 {
			open = !open
		}
		end := from + i
		if !open {
			return bytes.TrimSuffix(b[:end], []byte("\r")), b[end+1:], true
		}
		from = end + 1
	}
}

// split returns all fields of a row.
func (t *text) split(row []byte) []string {
	var out []string
	for {
		field, rest, more := t.field(row)
		out = append(out, field)
		if !more {
			return out
		}
		row = rest
	}
}

// field takes the first field off a row.
func (t *text) field(row []byte) (field string, rest []byte, more bool) {
	trimmed := bytes.TrimLeft(row, " ")
	if len(trimmed) == 0 || trimmed[0] != '"' {
		i := bytes.IndexByte(row, t.comma)
		if i < 0 {
			return string(row), nil, false
		}
		return string(row[:i]), row[i+1:], true
	}
	var b strings.Builder
	s := trimmed[1:]
	for {
		i := bytes.IndexByte(s, '"')
		if i < 0 {
			b.Write(s)
			return b.String(), nil, false
		}
		b.Write(s[:i])
		s = s[i+1:]
		if len(s) > 0 && s[0] == '"' {
			b.WriteByte('"')
			s = s[1:]
			continue
		}
		if i = bytes.IndexByte(s, t.comma); i < 0 {
			return b.String(), nil, false
		}
		return b.String(), s[i+1:], true
	}
}

func (textFormat) header(path string) ([]string, error) {
	t, err := openText(path, false)
	if err != nil {
		return nil, err
	}
	defer t.stop()
	return t.names, nil
}

func (textFormat) scan(path string, places []int, visit func(*Batch) error) (Source, error) {
	t, err := openText(path, true)
	if err != nil {
		return Source{}, err
	}
	defer t.stop()
	s := newStretch(t, places)
	for {
		if err := s.take(); err != nil {
			return Source{}, t.packed(err)
		}
		if s.batch.N > 0 {
			if err := visit(&s.batch); err != nil {
				return Source{}, err
			}
		}
		if s.batch.N == 0 && t.end {
			break
		}
		if !t.end {
			if err := t.fill(); err != nil {
				return Source{}, t.packed(err)
			}
		}
	}
	return Source{Name: t.name, Bytes: t.size, SHA256: hex.EncodeToString(t.hash.Sum(nil))}, nil
}

// stretch holds the wanted fields of the complete rows of a chunk.
type stretch struct {
	t       *text
	order   []int // wanted columns, ascending by place
	places  []int
	cells   []textColumn
	lines   []int
	batch   Batch
	pending []byte
}

func newStretch(t *text, places []int) *stretch {
	s := &stretch{t: t, places: places, cells: make([]textColumn, len(places))}
	s.order = make([]int, len(places))
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return places[a] - places[b] })
	s.batch.where = func(row int) string { return fmt.Sprintf("%s:%d", t.name, s.lines[row]) }
	for i := range s.cells {
		s.batch.columns = append(s.batch.columns, &s.cells[i])
	}
	return s
}

// take parses all complete rows of the buffer and moves what is left to its beginning.
func (s *stretch) take() error {
	s.lines = s.lines[:0]
	for i := range s.cells {
		s.cells[i] = s.cells[i][:0]
	}
	// The rows are kept where they are until the next call.
	s.pending = append(s.pending[:0], s.t.buffer...)
	b := s.pending
	quoted := bytes.IndexByte(b, '"') >= 0
	for len(b) > 0 {
		row, rest, ok := s.row(b, quoted)
		if !ok {
			break
		}
		line := s.t.line
		s.t.line += 1 + bytes.Count(row, []byte{'\n'})
		b = rest
		if len(row) == 0 {
			continue
		}
		s.lines = append(s.lines, line)
		if err := s.parse(row, quoted && bytes.IndexByte(row, '"') >= 0); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	s.t.buffer = append(s.t.buffer[:0], b...)
	s.batch.N = len(s.lines)
	return nil
}

// row cuts a row off; without quotation marks in sight a newline is its end.
func (s *stretch) row(b []byte, quoted bool) (row, rest []byte, ok bool) {
	if quoted {
		return s.t.cut(b)
	}
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return s.t.cut(b)
	}
	end := i
	if end > 0 && b[end-1] == '\r' {
		end--
	}
	return b[:end], b[i+1:], true
}

// parse takes the wanted fields of a row.
func (s *stretch) parse(row []byte, quoted bool) error {
	want := len(s.t.names)
	if quoted {
		fields := s.t.split(row)
		if len(fields) != want {
			return fmt.Errorf("want %d fields as in the header, got %d", want, len(fields))
		}
		for i, place := range s.places {
			s.cells[i] = append(s.cells[i], []byte(fields[place]))
		}
		return nil
	}
	if got := bytes.Count(row, []byte{s.t.comma}) + 1; got != want {
		return fmt.Errorf("want %d fields as in the header, got %d", want, got)
	}
	place := 0
	for _, i := range s.order {
		for ; place < s.places[i]; place++ {
			row = row[bytes.IndexByte(row, s.t.comma)+1:]
		}
		field := row
		if end := bytes.IndexByte(row, s.t.comma); end >= 0 {
			field = row[:end]
		}
		s.cells[i] = append(s.cells[i], field)
	}
	return nil
}

// textColumn holds the fields of a column as they were.
type textColumn [][]byte

func (c textColumn) text(row int) (string, bool) {
	s := string(bytes.TrimSpace(c[row]))
	return s, !isMissing(s)
}

func (c textColumn) integer(row int) (int64, error) {
	b := c[row]
	// The usual case, without making a string: up to 18 digits.
	if n := len(b); n > 0 && n <= 18 {
		v := int64(0)
		for _, d := range b {
			if d < '0' || d > '9' {
				return parseInteger(string(bytes.TrimSpace(b)))
			}
			v = 10*v + int64(d-'0')
		}
		return v, nil
	}
	return parseInteger(string(bytes.TrimSpace(b)))
}

func (c textColumn) number(row int) (float64, error) {
	s := string(bytes.TrimSpace(c[row]))
	if isMissing(s) {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("want a number, got %q", s)
	}
	return v, nil
}
