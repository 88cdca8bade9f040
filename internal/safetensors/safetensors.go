// Package safetensors reads and writes the safetensors format: an 8-byte length, a
// JSON header, then the arrays, little-endian and row by row. It covers F32, F64
// and I64, which is all that this program stores.
//
// Reading is strict: the arrays must fill the file without gaps or overlaps, and a
// false size in the header ends in an error before memory is asked for.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Tensor is one named array. Data is []float32, []float64 or []int64, as DType says.
type Tensor struct {
	Name  string
	DType string // F32, F64 or I64
	Shape []int
	Data  any
}

// largestHeader is the limit that the format's own library sets.
const largestHeader = 100 << 20

// metadataKey is the one key of the header that names no tensor.
const metadataKey = "__metadata__"

type entry struct {
	DType   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // first byte and the one after the last
}

var widths = map[string]int64{"F32": 4, "F64": 8, "I64": 8}

// maxElements keeps every product of sizes far inside an int64.
const maxElements = 1 << 34

// elements returns the number of elements of a shape, or an error if it is negative or too large.
func elements(shape []int) (int64, error) {
	n := int64(1)
	for _, s := range shape {
		if s < 0 || (s > 0 && n > maxElements/int64(s)) {
			return 0, fmt.Errorf("shape %v is impossible", shape)
		}
		n *= int64(s)
	}
	return n, nil
}

// length returns the number of elements of a slice and its DType.
func length(data any) (int64, string) {
	switch d := data.(type) {
	case []float32:
		return int64(len(d)), "F32"
	case []float64:
		return int64(len(d)), "F64"
	case []int64:
		return int64(len(d)), "I64"
	}
	return 0, "?"
}

// Write stores the tensors in the given order. Equal tensors give equal bytes.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	header := map[string]any{}
	if len(metadata) > 0 {
		for k, v := range metadata {
			if !utf8.ValidString(k) || !utf8.ValidString(v) {
				return errors.New("safetensors: metadata: want UTF-8")
			}
		}
		header[metadataKey] = metadata
	}
	at := int64(0)
	for _, t := range tensors {
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("safetensors: %s: %w", t.Name, err)
		}
		if have, dtype := length(t.Data); have != n || dtype != t.DType {
			return fmt.Errorf("safetensors: %s: want %d elements of %s, got %d of %s", t.Name, n, t.DType, have, dtype)
		}
		if _, double := header[t.Name]; double || t.Name == metadataKey {
			return fmt.Errorf("safetensors: %s: the name is taken", t.Name)
		}
		if !utf8.ValidString(t.Name) {
			return fmt.Errorf("safetensors: %q: want a name in UTF-8", t.Name)
		}
		size := n * widths[t.DType]
		header[t.Name] = entry{t.DType, append([]int{}, t.Shape...), []int64{at, at + size}}
		at += size
	}
	text, err := json.Marshal(header) // sorts its keys
	if err != nil {
		return err
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	out = append(out, text...)
	for _, t := range tensors {
		if out, err = binary.Append(out, binary.LittleEndian, t.Data); err != nil {
			return err
		}
	}
	_, err = w.Write(out)
	return err
}

// Read returns the tensors of a file of the given size, in the order of their data,
// and its metadata. Memory is bounded by the size, whatever the header says.
func Read(r io.ReaderAt, size int64) ([]Tensor, map[string]string, error) {
	header, metadata, begin, err := readHeader(r, size)
	if err != nil {
		return nil, nil, fmt.Errorf("safetensors: %w", err)
	}
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { // empty arrays before what begins at the same byte
		return cmp.Or(slices.Compare(header[a].Offsets, header[b].Offsets), cmp.Compare(a, b))
	})
	var out []Tensor
	at := int64(0)
	for _, name := range names {
		t, err := readTensor(r, name, header[name], begin, size, &at)
		if err != nil {
			return nil, nil, fmt.Errorf("safetensors: %s: %w", name, err)
		}
		out = append(out, t)
	}
	if begin+at != size {
		return nil, nil, fmt.Errorf("safetensors: want %d bytes of data, got %d", at, size-begin)
	}
	return out, metadata, nil
}

// readHeader returns what the header says of each tensor, the metadata, and where the
// data begin.
func readHeader(r io.ReaderAt, size int64) (map[string]entry, map[string]string, int64, error) {
	var prefix [8]byte
	if size < 8 {
		return nil, nil, 0, fmt.Errorf("want at least 8 bytes, got %d", size)
	}
	if err := readFull(r, prefix[:], 0); err != nil {
		return nil, nil, 0, err
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > largestHeader || int64(n) > size-8 {
		return nil, nil, 0, fmt.Errorf("the header claims %d bytes of a file of %d", n, size)
	}
	text := make([]byte, n)
	if err := readFull(r, text, 8); err != nil {
		return nil, nil, 0, err
	}
	if !bytes.HasPrefix(text, []byte("{")) || !utf8.Valid(text) {
		return nil, nil, 0, errors.New("header: want a JSON object in UTF-8")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, 0, fmt.Errorf("header: %w", err)
	}
	var metadata map[string]string
	if value, ok := raw[metadataKey]; ok {
		if err := json.Unmarshal(value, &metadata); err != nil {
			return nil, nil, 0, fmt.Errorf("header: metadata: %w", err)
		}
		delete(raw, metadataKey)
	}
	header := make(map[string]entry, len(raw))
	for name, value := range raw {
		e, err := readEntry(value)
		if err != nil {
			return nil, nil, 0, fmt.Errorf("header: %s: %w", name, err)
		}
		header[name] = e
	}
	return header, metadata, int64(n) + 8, nil
}

func readEntry(text []byte) (entry, error) {
	var e entry
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil {
		return e, err
	}
	if e.Shape == nil || len(e.Offsets) != 2 {
		return e, fmt.Errorf("want a shape and two data_offsets, got %v and %v", e.Shape, e.Offsets)
	}
	return e, nil
}

// readFull fills b from offset on.
func readFull(r io.ReaderAt, b []byte, offset int64) error {
	n, err := r.ReadAt(b, offset)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("want %d bytes from %d on, got %d: the file is shorter than its size", len(b), offset, n)
	}
	return err
}

// readTensor reads one array, which must begin where the one before it ended.
func readTensor(r io.ReaderAt, name string, e entry, begin, size int64, at *int64) (Tensor, error) {
	width, ok := widths[e.DType]
	if !ok {
		return Tensor{}, fmt.Errorf("want F32, F64 or I64, got %q", e.DType)
	}
	n, err := elements(e.Shape)
	if err != nil {
		return Tensor{}, err
	}
	if e.Offsets[0] != *at || e.Offsets[1] != *at+n*width {
		return Tensor{}, fmt.Errorf("want %d bytes from %d on, got the offsets %v", n*width, *at, e.Offsets)
	}
	*at += n * width
	if begin+*at > size {
		return Tensor{}, fmt.Errorf("want %d bytes, the file ends after %d: it is cut off", begin+*at, size)
	}
	t := Tensor{Name: name, DType: e.DType, Shape: e.Shape}
	switch e.DType {
	case "F32":
		t.Data = make([]float32, n)
	case "F64":
		t.Data = make([]float64, n)
	default:
		t.Data = make([]int64, n)
	}
	err = binary.Read(io.NewSectionReader(r, begin+e.Offsets[0], n*width), binary.LittleEndian, t.Data)
	return t, err
}
