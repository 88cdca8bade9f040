package rows

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// largestHashed is the size up to which a columnar file is read whole for its hash.
const largestHashed = 1 << 30

// safely turns a panic of the library on a damaged file into an error.
func safely(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("the file is damaged: %v", r)
	}
}

func hashed(path string) (Source, error) {
	s := Source{Name: filepath.Base(path)}
	info, err := os.Stat(path)
	if err != nil {
		return s, err
	}
	if s.Bytes = info.Size(); s.Bytes > largestHashed {
		return s, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return s, err
	}
	s.SHA256 = hex.EncodeToString(h.Sum(nil))
	return s, nil
}

// parquetFormat reads only the wanted columns, row group by row group.
type parquetFormat struct{}

func openParquet(path string) (*file.Reader, *pqarrow.FileReader, error) {
	r, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, nil, err
	}
	a, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: 1 << 16}, memory.DefaultAllocator)
	if err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return r, a, nil
}

func (parquetFormat) header(path string) (names []string, err error) {
	defer safely(&err)
	r, a, err := openParquet(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	schema, err := a.Schema()
	if err != nil {
		return nil, err
	}
	return fieldNames(schema), nil
}

func fieldNames(schema *arrow.Schema) []string {
	names := make([]string, schema.NumFields())
	for i, f := range schema.Fields() {
		names[i] = f.Name
	}
	return names
}

func (parquetFormat) scan(path string, places []int, visit func(*Batch) error) (source Source, err error) {
	defer safely(&err)
	if source, err = hashed(path); err != nil {
		return source, err
	}
	r, a, err := openParquet(path)
	if err != nil {
		return source, err
	}
	defer r.Close()
	var leaves []int // a nested field has several
	for _, p := range places {
		for leaf := range r.MetaData().Schema.NumColumns() {
			if owner(a, leaf) == p {
				leaves = append(leaves, leaf)
			}
		}
	}
	reader, err := a.GetRecordReader(context.Background(), leaves, nil)
	if err != nil {
		return source, err
	}
	defer reader.Release()
	begun := 0
	names, err := parquetFormat{}.header(path)
	if err != nil {
		return source, err
	}
	done := share{bytes: source.Bytes, rows: r.NumRows()}
	for reader.Next() {
		record := reader.RecordBatch()
		if err := visitRecord(record, names, places, source.Name, begun, visit); err != nil {
			return source, err
		}
		begun += int(record.NumRows())
		done.advance(record.NumRows())
	}
	if err := reader.Err(); err != nil && !errors.Is(err, io.EOF) {
		return source, err
	}
	return source, nil
}

// owner returns the field of the schema that a leaf column belongs to.
func owner(a *pqarrow.FileReader, leaf int) int {
	fields, err := a.Manifest.GetFieldIndices([]int{leaf})
	if err != nil || len(fields) != 1 {
		return -1
	}
	return fields[0]
}

// featherFormat is Feather version 2, which is Arrow IPC.
type featherFormat struct{}

func openFeather(path string) (*os.File, *ipc.FileReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	var magic [4]byte
	if _, err := io.ReadFull(f, magic[:]); err == nil && string(magic[:]) == "FEA1" {
		return nil, nil, errors.Join(fmt.Errorf("want Feather version 2 (Arrow IPC), got version 1: write it again with pyarrow.feather.write_feather"), f.Close())
	}
	r, err := ipc.NewFileReader(f)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, r, nil
}

func (featherFormat) header(path string) (names []string, err error) {
	defer safely(&err)
	f, r, err := openFeather(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer r.Close()
	return fieldNames(r.Schema()), nil
}

func (featherFormat) scan(path string, places []int, visit func(*Batch) error) (source Source, err error) {
	defer safely(&err)
	if source, err = hashed(path); err != nil {
		return source, err
	}
	f, r, err := openFeather(path)
	if err != nil {
		return source, err
	}
	defer f.Close()
	defer r.Close()
	begun := 0
	names := fieldNames(r.Schema())
	done := share{bytes: source.Bytes, rows: int64(r.NumRecords())}
	for i := range r.NumRecords() {
		record, err := r.RecordBatch(i)
		if err != nil {
			return source, err
		}
		if err := visitRecord(record, names, places, source.Name, begun, visit); err != nil {
			return source, err
		}
		begun += int(record.NumRows())
		done.advance(1)
	}
	return source, nil
}

// visitRecord shows a record batch; its columns are found by name, because a reader may
// have left the others out.
func visitRecord(record arrow.RecordBatch, names []string, places []int, file string, begun int, visit func(*Batch) error) error {
	b := &Batch{N: int(record.NumRows()), where: func(row int) string { return fmt.Sprintf("%s: row %d", file, begun+row+1) }}
	for _, p := range places {
		found := record.Schema().FieldIndices(names[p])
		if len(found) != 1 {
			return fmt.Errorf("want one column %q, got %d", names[p], len(found))
		}
		b.columns = append(b.columns, arrowColumn{record.Column(found[0])})
	}
	if b.N == 0 {
		return nil
	}
	return visit(b)
}

// arrowColumn is a column of a record batch.
type arrowColumn struct{ arrow.Array }

func (c arrowColumn) text(row int) (string, bool) {
	if c.IsNull(row) {
		return "", false
	}
	switch a := c.Array.(type) {
	case *array.Dictionary:
		return arrowColumn{a.Dictionary()}.text(a.GetValueIndex(row))
	case *array.String:
		return a.Value(row), true
	case *array.LargeString:
		return a.Value(row), true
	}
	return c.ValueStr(row), true
}

func (c arrowColumn) integer(row int) (int64, error) {
	if c.IsNull(row) {
		return 0, nil
	}
	switch a := c.Array.(type) {
	case *array.Int64:
		return a.Value(row), nil
	case *array.Int32:
		return int64(a.Value(row)), nil
	case *array.Int16:
		return int64(a.Value(row)), nil
	case *array.Int8:
		return int64(a.Value(row)), nil
	case *array.Uint64:
		if v := a.Value(row); v <= math.MaxInt64 {
			return int64(v), nil
		}
		return 0, fmt.Errorf("want an integer below 2⁶³, got %d", a.Value(row))
	case *array.Uint32:
		return int64(a.Value(row)), nil
	case *array.Uint16:
		return int64(a.Value(row)), nil
	case *array.Uint8:
		return int64(a.Value(row)), nil
	case *array.Float64:
		return wholeFloat(a.Value(row))
	case *array.Float32:
		return wholeFloat(float64(a.Value(row)))
	}
	s, ok := c.text(row)
	if !ok {
		return 0, nil
	}
	return parseInteger(s)
}

// wholeFloat takes a float for an integer where none of its digits can be lost.
func wholeFloat(v float64) (int64, error) {
	switch {
	case math.IsNaN(v):
		return 0, nil
	case v != math.Trunc(v):
		return 0, fmt.Errorf("want an integer, got %g", v)
	case math.Abs(v) >= 1<<53:
		return 0, fmt.Errorf("want an integer, got the float %.0f, whose last digits are lost: export the column as an integer", v)
	}
	return int64(v), nil
}

func (c arrowColumn) number(row int) (float64, error) {
	if c.IsNull(row) {
		return math.NaN(), nil
	}
	switch a := c.Array.(type) {
	case *array.Float64:
		return a.Value(row), nil
	case *array.Float32:
		return float64(a.Value(row)), nil
	case *array.String, *array.LargeString, *array.Dictionary:
		s, ok := c.text(row)
		if !ok || isMissing(s) {
			return math.NaN(), nil
		}
		return textColumn{[]byte(s)}.number(0)
	}
	v, err := c.integer(row)
	return float64(v), err
}
