package export

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// parquetFiles writes the two tables, compressed with zstd.
func parquetFiles(b *Bundle) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, t := range []Table{b.Neurons, b.Connections} {
		data, err := parquetFile(t, b.Meta)
		if err != nil {
			return nil, fmt.Errorf("export: parquet: %s: %w", t.Name, err)
		}
		files[t.Name+".parquet"] = data
	}
	return files, nil
}

func parquetFile(t Table, meta map[string]string) ([]byte, error) {
	var fields []arrow.Field
	var columns []arrow.Array
	for _, c := range t.Columns {
		a := arrowArray(c.Data)
		defer a.Release()
		fields = append(fields, arrow.Field{Name: c.Name, Type: a.DataType(), Nullable: a.NullN() > 0 || isOptional(c.Data)})
		columns = append(columns, a)
	}
	keys := sortedKeys(meta)
	values := make([]string, len(keys))
	for i, k := range keys {
		values[i] = meta[k]
	}
	about := arrow.NewMetadata(keys, values)
	record := array.NewRecordBatch(arrow.NewSchema(fields, &about), columns, int64(t.rows()))
	defer record.Release()
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(record.Schema(), &out, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd)), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
	if err != nil {
		return nil, err
	}
	if err := w.Write(record); err != nil {
		return nil, err
	}
	err = w.Close()
	return out.Bytes(), err
}

func isOptional(data any) bool {
	switch data.(type) {
	case []*int64, []*float64:
		return true
	}
	return false
}

func arrowArray(data any) arrow.Array {
	pool := memory.DefaultAllocator
	switch x := data.(type) {
	case []int64:
		b := array.NewInt64Builder(pool)
		defer b.Release()
		b.AppendValues(x, nil)
		return b.NewArray()
	case []float64:
		b := array.NewFloat64Builder(pool)
		defer b.Release()
		b.AppendValues(x, nil)
		return b.NewArray()
	case []float32:
		b := array.NewFloat32Builder(pool)
		defer b.Release()
		b.AppendValues(x, nil)
		return b.NewArray()
	case []*int64:
		b := array.NewInt64Builder(pool)
		defer b.Release()
		appendAll(b, x)
		return b.NewArray()
	case []*float64:
		b := array.NewFloat64Builder(pool)
		defer b.Release()
		appendAll(b, x)
		return b.NewArray()
	case []string:
		b := array.NewStringBuilder(pool)
		defer b.Release()
		b.AppendValues(x, nil)
		return b.NewArray()
	}
	panic("export: unknown kind of column")
}

// appendAll appends values of which nil ones are missing.
func appendAll[T any](b interface {
	Append(T)
	AppendNull()
}, values []*T) {
	for _, v := range values {
		if v == nil {
			b.AppendNull()
			continue
		}
		b.Append(*v)
	}
}
