package tables

import (
	"iter"
	"path/filepath"
	"strings"

	"biornn/circuit"
	"biornn/internal/rows"
)

// streamed tells whether a table is read through package rows: columnar files, zstd, and
// patterns of several files.
func streamed(path string) bool {
	switch filepath.Ext(strings.ToLower(path)) {
	case ".parquet", ".pq", ".feather", ".arrow", ".ipc", ".zst":
		return true
	}
	return strings.ContainsAny(path, "*?[")
}

// stream is the part of a table that walks over batches of rows.
type stream struct {
	pull  func() (*rows.Batch, error, bool)
	stop  func()
	batch *rows.Batch
	row   int
	done  func()
}

// openStream opens such a table; its files are noted once it is read to the end.
func openStream(path string, note func([]circuit.Source)) (*table, error) {
	r, err := rows.Open(path)
	if err != nil {
		return nil, err
	}
	t := &table{name: r.Name(), header: r.Columns(), stream: &stream{}}
	t.stream.pull, t.stream.stop = iter.Pull2(func(yield func(*rows.Batch, error) bool) {
		err := r.Scan(t.header, func(b *rows.Batch) error {
			if !yield(b, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && err != errStopped {
			yield(nil, err)
		}
	})
	t.stream.done = func() {
		var sources []circuit.Source
		for _, s := range r.Sources() {
			sources = append(sources, circuit.Source{Name: s.Name, Bytes: s.Bytes, SHA256: s.SHA256})
		}
		note(sources)
	}
	return t, nil
}

// stopped ends a scan whose reader has gone.
type stopped struct{}

func (stopped) Error() string { return "tables: no more rows are wanted" }

var errStopped error = stopped{}

// next moves to the next row, false at the end.
func (s *stream) next(t *table) (bool, error) {
	for s.row++; s.batch == nil || s.row >= s.batch.N; s.row = 0 {
		batch, err, more := s.pull()
		if err != nil || !more {
			s.stop()
			if err == nil {
				s.done()
			}
			return false, err
		}
		s.batch = batch
	}
	t.record = t.record[:0]
	for c := range t.header {
		t.record = append(t.record, s.batch.Text(s.row, c))
	}
	return true, nil
}
