// Package safetensors reads and writes the safetensors format: an 8-byte length, a
// JSON header, then the arrays, little-endian and row by row. It covers F32, F64
// and I64, which is all that this program stores.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
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

type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

var widths = map[string]int{"F32": 4, "F64": 8, "I64": 8}

// elements returns the number of elements of a shape, or an error if it is negative or too large.
func elements(shape []int) (int, error) {
	n := 1
	for _, s := range shape {
		if s < 0 || (s > 0 && n > math.MaxInt32*8/s) {
			return 0, fmt.Errorf("shape %v is impossible", shape)
		}
		n *= s
	}
	return n, nil
}

func length(data any) (int, string) {
	switch d := data.(type) {
	case []float32:
		return len(d), "F32"
	case []float64:
		return len(d), "F64"
	case []int64:
		return len(d), "I64"
	}
	return 0, "?"
}

// Write stores the tensors in the given order. Equal tensors give equal bytes.
func Write(w io.Writer, tensors []Tensor, metadata map[string]string) error {
	header := map[string]any{}
	if len(metadata) > 0 {
		header["__metadata__"] = metadata
	}
	at := 0
	for _, t := range tensors {
		n, err := elements(t.Shape)
		if err != nil {
			return fmt.Errorf("safetensors: %s: %w", t.Name, err)
		}
		if have, dtype := length(t.Data); have != n || dtype != t.DType {
			return fmt.Errorf("safetensors: %s: want %d elements of %s, got %d of %s", t.Name, n, t.DType, have, dtype)
		}
		if _, double := header[t.Name]; double || t.Name == "__metadata__" {
			return fmt.Errorf("safetensors: %s: the name is taken", t.Name)
		}
		size := n * widths[t.DType]
		header[t.Name] = entry{t.DType, slices.Concat([]int{}, t.Shape), [2]int{at, at + size}}
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
	slices.SortFunc(names, func(a, b string) int {
		if d := header[a].Offsets[0] - header[b].Offsets[0]; d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		return 1
	})
	var out []Tensor
	at := 0
	for _, name := range names {
		t, err := readTensor(r, name, header[name], begin, size, &at)
		if err != nil {
			return nil, nil, fmt.Errorf("safetensors: %s: %w", name, err)
		}
		out = append(out, t)
	}
	if begin+int64(at) != size {
		return nil, nil, fmt.Errorf("safetensors: want %d bytes of data, got %d", at, size-begin)
	}
	return out, metadata, nil
}

func readHeader(r io.ReaderAt, size int64) (map[string]entry, map[string]string, int64, error) {
	var prefix [8]byte
	if size < 8 {
		return nil, nil, 0, fmt.Errorf("want at least 8 bytes, got %d", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, nil, 0, err
	}
	n := binary.LittleEndian.Uint64(prefix[:])
	if n > largestHeader || int64(n) > size-8 {
		return nil, nil, 0, fmt.Errorf("the header claims %d bytes of a file of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, 0, err
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, nil, 0, fmt.Errorf("header: %w", err)
	}
	header := map[string]entry{}
	var metadata map[string]string
	for name, value := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(value, &metadata); err != nil {
				return nil, nil, 0, fmt.Errorf("header: metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(value, &e); err != nil {
			return nil, nil, 0, fmt.Errorf("header: %s: %w", name, err)
		}
		header[name] = e
	}
	return header, metadata, int64(n) + 8, nil
}

// readTensor reads one array, which must begin where the one before it ended.
func readTensor(r io.ReaderAt, name string, e entry, begin, size int64, at *int) (Tensor, error) {
	width, ok := widths[e.DType]
	if !ok {
		return Tensor{}, fmt.Errorf("want F32, F64 or I64, got %q", e.DType)
	}
	n, err := elements(e.Shape)
	if err != nil {
		return Tensor{}, err
	}
	if e.Offsets[0] != *at || e.Offsets[1]-e.Offsets[0] != n*width {
		return Tensor{}, fmt.Errorf("want %d bytes from %d on, got the offsets %v", n*width, *at, e.Offsets)
	}
	if begin+int64(e.Offsets[1]) > size {
		return Tensor{}, fmt.Errorf("want %d bytes, the file ends after %d: it is cut off", begin+int64(e.Offsets[1]), size)
	}
	*at = e.Offsets[1]
	t := Tensor{Name: name, DType: e.DType, Shape: e.Shape}
	switch e.DType {
	case "F32":
		t.Data = make([]float32, n)
	case "F64":
		t.Data = make([]float64, n)
	default:
		t.Data = make([]int64, n)
	}
	err = binary.Read(io.NewSectionReader(r, begin+int64(e.Offsets[0]), int64(n*width)), binary.LittleEndian, t.Data)
	return t, err
}
