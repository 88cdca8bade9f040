package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// Write writes a in .npy format. Equal arrays give equal bytes. Object arrays and
// strings that are not UTF-8 or hold a NUL are errors.
func Write(w io.Writer, a *Array) error {
	descr, size, err := describe(a)
	if err != nil {
		return err
	}
	if n, err := count(a.Shape); err != nil || n != a.Len() {
		return fmt.Errorf("npy: write: want %v elements, got %d", a.Shape, a.Len())
	}
	if _, err := w.Write(encodeHeader(descr, a.Shape)); err != nil {
		return err
	}
	return writeElements(w, a, size)
}

// encodeHeader returns magic, version, length and dictionary, padded so that the
// elements start at a multiple of 64 bytes.
func encodeHeader(descr string, shape []int) []byte {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = fmt.Sprint(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", descr, tuple)
	pad := func(prefix int) string {
		return strings.Repeat(" ", 63-(prefix+len(dict))%64) + "\n"
	}
	out := []byte(magic)
	if text := dict + pad(10); len(text) <= math.MaxUint16 {
		out = binary.LittleEndian.AppendUint16(append(out, 1, 0), uint16(len(text)))
		return append(out, text...)
	}
	text := dict + pad(12)
	out = binary.LittleEndian.AppendUint32(append(out, 2, 0), uint32(len(text)))
	return append(out, text...)
}

// describe returns the type string and the bytes of one element.
func describe(a *Array) (string, int, error) {
	switch d := a.Data.(type) {
	case []float64:
		return "<f8", 8, nil
	case []float32:
		return "<f4", 4, nil
	case []int64:
		return "<i8", 8, nil
	case []int32:
		return "<i4", 4, nil
	case []bool:
		return "|b1", 1, nil
	case []string:
		longest := 1 // NumPy has no strings of length 0
		for i, s := range d {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return "", 0, fmt.Errorf("npy: write: element %d: want UTF-8 without NUL, got %q", i, s)
			}
			longest = max(longest, utf8.RuneCountInString(s))
		}
		return fmt.Sprintf("<U%d", longest), 4 * longest, nil
	}
	return "", 0, fmt.Errorf("npy: write: want numbers, bool or strings, got %s", a.Kind())
}

func writeElements(w io.Writer, a *Array, size int) error {
	le := binary.LittleEndian
	switch d := a.Data.(type) {
	case []float64:
		return putAll(w, d, func(b []byte, x float64) []byte { return le.AppendUint64(b, math.Float64bits(x)) })
	case []float32:
		return putAll(w, d, func(b []byte, x float32) []byte { return le.AppendUint32(b, math.Float32bits(x)) })
	case []int64:
		return putAll(w, d, func(b []byte, x int64) []byte { return le.AppendUint64(b, uint64(x)) })
	case []int32:
		return putAll(w, d, func(b []byte, x int32) []byte { return le.AppendUint32(b, uint32(x)) })
	case []bool:
		return putAll(w, d, func(b []byte, x bool) []byte {
			if x {
				return append(b, 1)
			}
			return append(b, 0)
		})
	case []string:
		return putAll(w, d, func(b []byte, s string) []byte {
			end := len(b) + size
			for _, r := range s {
				b = le.AppendUint32(b, uint32(r))
			}
			for len(b) < end {
				b = append(b, 0)
			}
			return b
		})
	}
	return nil
}

// putAll writes the elements in blocks of about 64 KiB.
func putAll[T any](w io.Writer, data []T, put func([]byte, T) []byte) error {
	const block = 1 << 16
	buf := make([]byte, 0, block+64)
	for _, x := range data {
		buf = put(buf, x)
		if len(buf) >= block {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err := w.Write(buf)
	return err
}
