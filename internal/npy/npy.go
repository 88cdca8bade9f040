// Package npy reads and writes NumPy's array files (.npy, .npz) and reads, through
// a closed unpickler, the object arrays in which lists of arrays of different
// lengths are stored.
//
// Read: bool, signed and unsigned integers, float32, float64 and unicode, either
// byte order, C and Fortran order, format versions 1 to 3. Written: version 1 (2
// for a long header), little endian, C order. The format is described in NEP 1
// (https://numpy.org/neps/nep-0001-npy-format.html).
//
// Nothing is allocated from a size that a file merely claims: every size is first
// compared with the bytes that are there.
package npy

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// Array is an array in C order (the last index runs fastest).
type Array struct {
	Shape []int // empty for a scalar
	// Data is a []float64, []float32, []int64, []int32, []bool, []string or, for
	// an object array, a []*Array. Smaller integers are widened on reading:
	// 8 and 16 bits to int32, uint32 and uint64 to int64.
	Data any
}

// Element is what an array that is written may hold.
type Element interface {
	float64 | float32 | int64 | int32 | bool | string
}

// New returns an array of the given shape. It panics when the shape and the data
// have different sizes.
func New[T Element](data []T, shape ...int) *Array {
	n := 1
	for _, s := range shape {
		n *= s
	}
	if n != len(data) {
		panic("npy: New: shape and data have different sizes")
	}
	return &Array{Shape: shape, Data: data}
}

// Len returns the number of elements.
func (a *Array) Len() int {
	switch d := a.Data.(type) {
	case []float64:
		return len(d)
	case []float32:
		return len(d)
	case []int64:
		return len(d)
	case []int32:
		return len(d)
	case []bool:
		return len(d)
	case []string:
		return len(d)
	case []*Array:
		return len(d)
	}
	return 0
}

// Kind names the elements: float64, float32, int64, int32, bool, string or object.
func (a *Array) Kind() string {
	switch a.Data.(type) {
	case []float64:
		return "float64"
	case []float32:
		return "float32"
	case []int64:
		return "int64"
	case []int32:
		return "int32"
	case []bool:
		return "bool"
	case []string:
		return "string"
	case []*Array:
		return "object"
	}
	return "nothing"
}

// Float64s returns the elements of a numeric array as float64. An integer that no
// float64 holds exactly is an error: identities must never pass through a float.
func (a *Array) Float64s() ([]float64, error) {
	switch d := a.Data.(type) {
	case []float64:
		return d, nil
	case []float32:
		return convert(d, func(x float32) float64 { return float64(x) }), nil
	case []int32:
		return convert(d, func(x int32) float64 { return float64(x) }), nil
	case []int64:
		for i, x := range d {
			if x > 1<<53 || x < -1<<53 {
				return nil, fmt.Errorf("element %d: want a number that float64 holds exactly, got %d", i, x)
			}
		}
		return convert(d, func(x int64) float64 { return float64(x) }), nil
	}
	return nil, fmt.Errorf("want numbers, got %s", a.Kind())
}

// Int64s returns the elements of an integer array.
func (a *Array) Int64s() ([]int64, error) {
	switch d := a.Data.(type) {
	case []int64:
		return d, nil
	case []int32:
		return convert(d, func(x int32) int64 { return int64(x) }), nil
	}
	return nil, fmt.Errorf("want integers, got %s", a.Kind())
}

// Strings returns the elements of a unicode array.
func (a *Array) Strings() ([]string, error) {
	if d, ok := a.Data.([]string); ok {
		return d, nil
	}
	return nil, fmt.Errorf("want unicode strings, got %s", a.Kind())
}

// Objects returns the elements of an object array; Python numbers and strings in
// it are arrays without dimensions.
func (a *Array) Objects() ([]*Array, error) {
	if d, ok := a.Data.([]*Array); ok {
		return d, nil
	}
	return nil, fmt.Errorf("want an object array, got %s", a.Kind())
}

func convert[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, x := range in {
		out[i] = f(x)
	}
	return out
}

// ReadFile reads a .npy file.
func ReadFile(path string) (*Array, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	a, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("npy: %s: %w", filepath.Base(path), err)
	}
	return a, nil
}

// Decode reads the bytes of a .npy file. Bytes after the array are ignored, as
// NumPy does.
func Decode(b []byte) (*Array, error) {
	h, body, err := parseHeader(b)
	if err != nil {
		return nil, err
	}
	n, err := count(h.shape)
	if err != nil {
		return nil, err
	}
	if h.typ.kind == 'O' {
		return unpickleArray(body, h, n, len(b)-len(body))
	}
	return decodeBody(body, h, n)
}

// count returns the product of a shape.
func count(shape []int) (int, error) {
	n := 1
	for _, s := range shape {
		if s == 0 {
			return 0, nil
		}
	}
	for _, s := range shape {
		if n > math.MaxInt/s {
			return 0, fmt.Errorf("shape %v: want fewer than 2^63 elements", shape)
		}
		n *= s
	}
	return n, nil
}
