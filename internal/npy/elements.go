package npy

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// decodeBody reads n elements of type h.typ from the front of body.
func decodeBody(body []byte, h header, n int) (*Array, error) {
	t := h.typ
	if t.size == 0 && n > 0 {
		return nil, fmt.Errorf("header: want elements of at least one byte, got %d of none", n)
	}
	if n > 0 && n > len(body)/t.size {
		return nil, fmt.Errorf("truncated: want %d elements of %d bytes for shape %v, got %d bytes", n, t.size, h.shape, len(body))
	}
	a := &Array{Shape: h.shape}
	var err error
	if a.Data, err = decodeElements(body[:n*t.size], t, n); err != nil {
		return nil, err
	}
	if h.fortran && len(h.shape) > 1 {
		a.toC()
	}
	return a, nil
}

// decodeElements returns the slice that Array.Data holds for type t.
func decodeElements(b []byte, t dtype, n int) (any, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if t.big {
		order = binary.BigEndian
	}
	switch {
	case t.kind == 'f' && t.size == 8:
		return each(b, 8, n, func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) }), nil
	case t.kind == 'f':
		return each(b, 4, n, func(b []byte) float32 { return math.Float32frombits(order.Uint32(b)) }), nil
	case t.kind == 'b':
		return each(b, 1, n, func(b []byte) bool { return b[0] != 0 }), nil
	case t.kind == 'i' && t.size == 8:
		return each(b, 8, n, func(b []byte) int64 { return int64(order.Uint64(b)) }), nil
	case t.kind == 'i' && t.size == 4:
		return each(b, 4, n, func(b []byte) int32 { return int32(order.Uint32(b)) }), nil
	case t.kind == 'i' && t.size == 2:
		return each(b, 2, n, func(b []byte) int32 { return int32(int16(order.Uint16(b))) }), nil
	case t.kind == 'i':
		return each(b, 1, n, func(b []byte) int32 { return int32(int8(b[0])) }), nil
	case t.kind == 'u' && t.size == 1:
		return each(b, 1, n, func(b []byte) int32 { return int32(b[0]) }), nil
	case t.kind == 'u' && t.size == 2:
		return each(b, 2, n, func(b []byte) int32 { return int32(order.Uint16(b)) }), nil
	case t.kind == 'u' && t.size == 4:
		return each(b, 4, n, func(b []byte) int64 { return int64(order.Uint32(b)) }), nil
	case t.kind == 'u':
		out := each(b, 8, n, func(b []byte) int64 { return int64(order.Uint64(b)) })
		for i, x := range out {
			if x < 0 {
				return nil, fmt.Errorf("element %d: want a number below 2^63, got %d", i, uint64(x))
			}
		}
		return out, nil
	case t.kind == 'U':
		return decodeUnicode(b, t.size, n, order)
	}
	return nil, fmt.Errorf("elements of kind %q cannot be read", t.kind)
}

func each[T any](b []byte, size, n int, f func([]byte) T) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = f(b[i*size:])
	}
	return out
}

// decodeUnicode reads UCS-4 strings, padded with NUL.
func decodeUnicode(b []byte, size, n int, order binary.ByteOrder) ([]string, error) {
	out := make([]string, n)
	var text strings.Builder
	for i := range out {
		item := b[i*size : (i+1)*size]
		for len(item) > 0 && order.Uint32(item[len(item)-4:]) == 0 {
			item = item[:len(item)-4]
		}
		text.Reset()
		for ; len(item) > 0; item = item[4:] {
			r := order.Uint32(item)
			if r > utf8.MaxRune || !utf8.ValidRune(rune(r)) {
				return nil, fmt.Errorf("element %d: want unicode, got code point %#x", i, r)
			}
			text.WriteRune(rune(r))
		}
		out[i] = text.String()
	}
	return out, nil
}

// toC reorders elements that lie in Fortran order (the first index runs fastest).
func (a *Array) toC() {
	switch d := a.Data.(type) {
	case []float64:
		a.Data = fromFortran(d, a.Shape)
	case []float32:
		a.Data = fromFortran(d, a.Shape)
	case []int64:
		a.Data = fromFortran(d, a.Shape)
	case []int32:
		a.Data = fromFortran(d, a.Shape)
	case []bool:
		a.Data = fromFortran(d, a.Shape)
	case []string:
		a.Data = fromFortran(d, a.Shape)
	case []*Array:
		a.Data = fromFortran(d, a.Shape)
	}
}

func fromFortran[T any](in []T, shape []int) []T {
	out := make([]T, len(in))
	stride := make([]int, len(shape)) // of each index in Fortran order
	s := 1
	for k, n := range shape {
		stride[k] = s
		s *= n
	}
	index := make([]int, len(shape))
	from := 0
	for i := range out {
		out[i] = in[from]
		for k := len(shape) - 1; k >= 0; k-- {
			index[k]++
			from += stride[k]
			if index[k] < shape[k] {
				break
			}
			from -= index[k] * stride[k]
			index[k] = 0
		}
	}
	return out
}
