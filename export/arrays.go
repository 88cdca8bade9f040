package export

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"sort"
	"strings"

	"biornn/internal/npy"
	"biornn/internal/safetensors"
)

// npzFile keeps names as they are, with their dots.
func npzFile(b *Bundle) ([]byte, error) {
	var named []npy.Named
	for _, a := range b.Arrays {
		var array *npy.Array
		switch x := a.Data.(type) {
		case []float64:
			array = npy.New(x, a.Shape...)
		case []float32:
			array = npy.New(x, a.Shape...)
		case []int64:
			array = npy.New(x, a.Shape...)
		}
		named = append(named, npy.Named{Name: a.Name, Array: array})
	}
	var out bytes.Buffer
	err := npy.WriteArchive(&out, named)
	return out.Bytes(), err
}

func safetensorsFile(b *Bundle) ([]byte, error) {
	var tensors []safetensors.Tensor
	for _, a := range b.Arrays {
		kind := map[bool]string{true: "F64"}[isKind[float64](a)] + map[bool]string{true: "F32"}[isKind[float32](a)] + map[bool]string{true: "I64"}[isKind[int64](a)]
		tensors = append(tensors, safetensors.Tensor{Name: a.Name, DType: kind, Shape: a.Shape, Data: a.Data})
	}
	var out bytes.Buffer
	err := safetensors.Write(&out, tensors, b.Meta)
	return out.Bytes(), err
}

func isKind[T any](a Array) bool {
	_, ok := a.Data.([]T)
	return ok
}

// Types of the elements of a MATLAB 5 file (MAT-File Format, 2023, table 1-1) and
// classes of its arrays.
const (
	miInt8, miInt32, miUint32, miSingle, miDouble, miInt64, miMatrix = 1, 5, 6, 7, 9, 12, 14
	mxDouble, mxSingle, mxInt64                                      = 6, 7, 14
)

// matFile writes a MATLAB 5 file: columns come first there, and a name is a word, so
// that dots become underscores.
func matFile(b *Bundle) ([]byte, error) {
	var out bytes.Buffer
	text := "MATLAB 5.0 MAT-file, written by biornn"
	out.WriteString(text + strings.Repeat(" ", 116-len(text)))
	out.Write(make([]byte, 8))
	out.Write([]byte{0x00, 0x01, 'I', 'M'})
	for _, a := range b.Arrays {
		if err := matArray(&out, a); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

func matArray(out *bytes.Buffer, a Array) error {
	rows, columns := 1, 1
	switch len(a.Shape) {
	case 1:
		rows = a.Shape[0]
	case 2:
		rows, columns = a.Shape[0], a.Shape[1]
	default:
		return fmt.Errorf("export: mat: %s: want one or two dimensions, got %v", a.Name, a.Shape)
	}
	if rows > math.MaxInt32 || columns > math.MaxInt32 || int64(length(a.Data))*8 > math.MaxInt32 {
		return fmt.Errorf("export: mat: %s: the format holds arrays of up to 2 GiB: use npz or safetensors", a.Name)
	}
	class, kind := map[bool]byte{true: mxInt64}[isKind[int64](a)], uint32(miInt64)
	if isKind[float64](a) {
		class, kind = mxDouble, miDouble
	} else if isKind[float32](a) {
		class, kind = mxSingle, miSingle
	}
	var body bytes.Buffer
	element(&body, miUint32, []uint32{uint32(class), 0})
	element(&body, miInt32, []int32{int32(rows), int32(columns)})
	element(&body, miInt8, []byte(strings.NewReplacer(".", "_", "-", "_").Replace(a.Name)))
	switch x := a.Data.(type) {
	case []float64:
		element(&body, kind, byColumn(x, rows, columns))
	case []float32:
		element(&body, kind, byColumn(x, rows, columns))
	case []int64:
		element(&body, kind, byColumn(x, rows, columns))
	}
	element(out, miMatrix, body.Bytes())
	return nil
}

// element writes a tag, the data and zeros up to a multiple of 8 bytes.
func element(out *bytes.Buffer, kind uint32, data any) {
	size := binary.Size(data)
	_ = binary.Write(out, binary.LittleEndian, [2]uint32{kind, uint32(size)})
	_ = binary.Write(out, binary.LittleEndian, data) // a bytes.Buffer takes everything
	out.Write(make([]byte, (8-size%8)%8))
}

func byColumn[T any](x []T, rows, columns int) []T {
	out := make([]T, len(x))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = x[i*columns+j]
		}
	}
	return out
}

// sortedKeys returns the keys of meta data in order.
func sortedKeys(m map[string]string) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
