package hdf5

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Int64s returns integers, of enums their numbers.
func (v *View) Int64s() ([]int64, error) {
	data, err := v.integers("Int64s", 8)
	if err != nil {
		return nil, err
	}
	if !v.leaf.Signed && v.leaf.Size == 8 {
		if i := slices.IndexFunc(words(data), func(w uint64) bool { return w > math.MaxInt64 }); i >= 0 {
			return nil, v.errorf("value %d: want at most 2^63−1, got %d: read Uint64s", i, words(data)[i])
		}
	}
	out := make([]int64, len(data)/v.leaf.Size)
	widen(out, data, v.leaf)
	return out, nil
}

// Uint64s returns integers that are not negative, of enums their numbers.
func (v *View) Uint64s() ([]uint64, error) {
	data, err := v.integers("Uint64s", 8)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, len(data)/v.leaf.Size)
	widen(out, data, v.leaf)
	if v.leaf.Signed {
		if i := slices.IndexFunc(out, func(w uint64) bool { return int64(w) < 0 }); i >= 0 {
			return nil, v.errorf("value %d: want 0 or more, got %d: read Int64s", i, int64(out[i]))
		}
	}
	return out, nil
}

// Float64s returns floats, and integers of magnitude up to 2^53, which float64
// holds exactly.
func (v *View) Float64s() ([]float64, error) {
	if v.leaf.Class == Integer {
		return exact[float64](v, "Float64s", 53)
	}
	data, err := v.numbers("Float64s", 8, Float)
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(data)/v.leaf.Size)
	switch v.leaf.Size {
	case 2:
		for i := range out {
			out[i] = half(binary.LittleEndian.Uint16(data[2*i:]))
		}
	case 4:
		for i := range out {
			out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))
		}
	default:
		for i := range out {
			out[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
		}
	}
	return out, nil
}

// Float32s returns floats of 16 and 32 bits, and integers of magnitude up to
// 2^24, which float32 holds exactly.
func (v *View) Float32s() ([]float32, error) {
	if v.leaf.Class == Integer {
		return exact[float32](v, "Float32s", 24)
	}
	if v.leaf.Class == Float && v.leaf.Size == 8 {
		return nil, v.errorf("want float16 or float32 for Float32s, got float64: read Float64s and round")
	}
	data, err := v.numbers("Float32s", 4, Float)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(data)/v.leaf.Size)
	for i := range out {
		if v.leaf.Size == 2 {
			out[i] = float32(half(binary.LittleEndian.Uint16(data[2*i:])))
		} else {
			out[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
	}
	return out, nil
}

// Bools returns booleans as h5py stores them: enums of FALSE = 0 and TRUE = 1.
func (v *View) Bools() ([]bool, error) {
	if !v.leaf.Bool() {
		return nil, v.errorf("want booleans (enums of FALSE and TRUE) for Bools, got %v", *v.leaf)
	}
	numbers, err := v.Int64s()
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(numbers))
	for i, n := range numbers {
		if n != 0 && n != 1 {
			return nil, v.errorf("value %d: want 0 or 1, got %d", i, n)
		}
		out[i] = n == 1
	}
	return out, nil
}

func (v *View) integers(method string, width int) ([]byte, error) {
	return v.numbers(method, width, Integer, Enum, Bitfield)
}

// numbers reads values of the given classes as little-endian bytes.
func (v *View) numbers(method string, width int, classes ...Class) ([]byte, error) {
	if !slices.Contains(classes, v.leaf.Class) {
		return nil, v.errorf("want %v for %s, got %v", classes[0], method, *v.leaf)
	}
	if v.leaf.odd != nil {
		return nil, v.errorf("%w", v.leaf.odd)
	}
	data, err := v.values(width)
	if err == nil && v.leaf.BigEndian {
		swap(data, v.leaf.Size)
	}
	return data, err
}

// exact reads integers as floats with that many bits of mantissa.
func exact[T float32 | float64](v *View, method string, mantissa int) ([]T, error) {
	data, err := v.integers(method, 8)
	if err != nil {
		return nil, err
	}
	out := make([]T, len(data)/v.leaf.Size)
	if 8*v.leaf.Size > mantissa {
		whole := make([]int64, len(out))
		widen(whole, data, v.leaf)
		most := int64(1) << mantissa
		for i, n := range whole {
			if n > most || n < -most {
				got := fmt.Sprint(n)
				if !v.leaf.Signed {
					got = fmt.Sprint(uint64(n))
				}
				return nil, v.errorf("value %d: want a magnitude of at most 2^%d for %s, got %s: read Int64s or Uint64s", i, mantissa, method, got)
			}
		}
	}
	widen(out, data, v.leaf)
	return out, nil
}

// widen converts little-endian integers of the type's size and sign. To int64
// and uint64 bits are kept.
func widen[T int64 | uint64 | float32 | float64](out []T, data []byte, t *Type) {
	le := binary.LittleEndian
	switch {
	case t.Size == 1 && t.Signed:
		for i := range out {
			out[i] = T(int8(data[i]))
		}
	case t.Size == 1:
		for i := range out {
			out[i] = T(data[i])
		}
	case t.Size == 2 && t.Signed:
		for i := range out {
			out[i] = T(int16(le.Uint16(data[2*i:])))
		}
	case t.Size == 2:
		for i := range out {
			out[i] = T(le.Uint16(data[2*i:]))
		}
	case t.Size == 4 && t.Signed:
		for i := range out {
			out[i] = T(int32(le.Uint32(data[4*i:])))
		}
	case t.Size == 4:
		for i := range out {
			out[i] = T(le.Uint32(data[4*i:]))
		}
	case t.Signed:
		for i := range out {
			out[i] = T(int64(le.Uint64(data[8*i:])))
		}
	default:
		for i := range out {
			out[i] = T(le.Uint64(data[8*i:]))
		}
	}
}

// words returns little-endian words of 64 bits.
func words(data []byte) []uint64 {
	out := make([]uint64, len(data)/8)
	for i := range out {
		out[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
	return out
}

// decodeInteger decodes one integer; signed ones are extended to 64 bits.
func decodeInteger(b []byte, t *Type) uint64 {
	word := slices.Clone(b)
	if t.BigEndian {
		slices.Reverse(word)
	}
	var out [1]uint64
	widen(out[:], word, t)
	return out[0]
}

// swap reverses the bytes of each element in place.
func swap(data []byte, size int) {
	for ; len(data) >= size; data = data[size:] {
		slices.Reverse(data[:size])
	}
}

// half decodes a float of 16 bits.
func half(h uint16) float64 {
	sign := 1.0
	if h&0x8000 != 0 {
		sign = -1
	}
	exponent, mantissa := int(h>>10&31), int(h&0x3ff)
	switch exponent {
	case 0:
		return sign * math.Ldexp(float64(mantissa), -24)
	case 31:
		if mantissa != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(float64(mantissa|0x400), exponent-25)
}
