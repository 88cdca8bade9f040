package safetensors

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
)

var sample = []Tensor{
	{"zero", "I64", []int{0}, []int64{}},
	{"w", "F32", []int{2, 3}, []float32{1, -2, 3.5, 0, 1e-30, 6}},
	{"b", "F64", []int{2}, []float64{0.1, -7}},
	{"i", "I64", []int{1}, []int64{1 << 60}},
	{"scalar", "F64", []int{}, []float64{math.Pi}},
	{"none", "F32", []int{0, 4}, []float32{}},
}

func encode(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, sample, map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(data []byte) ([]Tensor, map[string]string, error) {
	return Read(bytes.NewReader(data), int64(len(data)))
}

func TestRoundTrip(t *testing.T) {
	data := encode(t)
	got, meta, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, sample) || !reflect.DeepEqual(meta, map[string]string{"a": "b"}) {
		t.Errorf("got %v and %v, want %v", got, meta, sample)
	}
	if !bytes.Equal(data, encode(t)) {
		t.Error("the bytes differ from call to call")
	}
}

// python.safetensors was written by the Python package safetensors 0.8.0 with numpy
// 2.4.6: {"x": arange(6, float32).reshape(2, 3), "y": [1.5, 2.5]}, metadata {"k": "v"}.
func TestReadsPython(t *testing.T) {
	data, err := os.ReadFile("testdata/python.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	got, meta, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]any{}
	for _, g := range got {
		by[g.Name] = g.Data
	}
	if !reflect.DeepEqual(by["x"], []float32{0, 1, 2, 3, 4, 5}) || !reflect.DeepEqual(by["y"], []float64{1.5, 2.5}) || meta["k"] != "v" {
		t.Errorf("got %v, %v", by, meta)
	}
}

// TestPythonReadsThis pins the bytes of a file that the same Python package was seen
// to load with the same names, shapes, types, values and metadata.
func TestPythonReadsThis(t *testing.T) {
	want, err := os.ReadFile("testdata/biornn.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	data := encode(t)
	if !bytes.Equal(data, want) {
		t.Errorf("got %q, want %q", data, want)
	}
	if begin := 8 + binary.LittleEndian.Uint64(data); begin%8 != 0 {
		t.Errorf("the data begin at byte %d, want a multiple of 8", begin)
	}
}

// file returns a file of a header and n bytes of data.
func file(header string, n int) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), make([]byte, n)...)
}

func TestDamage(t *testing.T) {
	data := encode(t)
	for n := range len(data) {
		if _, _, err := read(data[:n]); err == nil {
			t.Fatalf("cut off after %d of %d bytes: no error", n, len(data))
		}
		if _, _, err := Read(bytes.NewReader(data[:n]), int64(len(data))); err == nil {
			t.Fatalf("%d of %d bytes under a false size: no error", n, len(data))
		}
	}
	if _, _, err := read(append(data, 0)); err == nil {
		t.Error("a byte too many: no error")
	}
}

func TestForged(t *testing.T) {
	const good = `{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"y":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`
	if _, _, err := read(file(good, 12)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"F32"`, `"F16"`, `want F32, F64 or I64, got "F16"`},
		{`"F32"`, `"F64"`, "x: want 16 bytes from 0 on"},
		{`"F32"`, `7`, "header: x"},
		{`[2]`, `[-2]`, "impossible"},
		{`[2]`, `[4611686018427387904,4]`, "impossible"},
		{`[2]`, `[4000000000]`, "want 16000000000 bytes from 0 on"},
		{`[2],"data_offsets":[0,8]`, `[4000000000],"data_offsets":[0,16000000000]`, "cut off"},
		{`[2]`, `[2.5]`, "header: x"},
		{`[2]`, `null`, "want a shape"},
		{`"shape":[2],`, ``, "want a shape"},
		{`[0,8]`, `[0,8,9]`, "two data_offsets"},
		{`[0,8]`, `[0]`, "two data_offsets"},
		{`[0,8]`, `[8,0]`, "got the offsets [8 0]"},
		{`[0,8]`, `[4,12]`, "got the offsets [4 12]"}, // a gap, then an overlap
		{`[8,12]`, `[4,8]`, "got the offsets [4 8]"},  // an overlap
		{`[0,8]`, `[-8,0]`, "got the offsets [-8 0]"},
		{`[0,8]`, `[9223372036854775807,-9223372036854775801]`, "got the offsets"},
		{`"shape"`, `"strides":[1],"shape"`, "unknown field"},
		{`"x":{`, `"__metadata__":{"a":1},"x":{`, "metadata"},
		{`{"x"`, ` {"x"`, "want a JSON object"},
		{`"x"`, "\"\xff\"", "UTF-8"},
		{`}}`, `}`, "header"},
		{good, `[]`, "want a JSON object"},
		{good, `null`, "want a JSON object"},
		{good, ``, "want a JSON object"},
	} {
		_, _, err := read(file(strings.Replace(good, c.old, c.new, 1), 12))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: want an error with %q, got %v", c.new, c.old, c.want, err)
		}
	}
	for _, claim := range []uint64{1 << 40, 1 << 63, math.MaxUint64} {
		if _, _, err := read(append(binary.LittleEndian.AppendUint64(nil, claim), "{}"...)); err == nil {
			t.Errorf("a header of %d bytes: no error", claim)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	one := Tensor{"x", "F32", []int{1}, []float32{1}}
	for want, tensors := range map[string][]Tensor{
		"want 3 elements of F32, got 1 of F32": {{"x", "F32", []int{3}, []float32{1}}},
		"want 1 elements of F64, got 1 of F32": {{"x", "F64", []int{1}, []float32{1}}},
		"got 0 of ?":                           {{"x", "F32", []int{1}, []int8{1}}},
		"impossible":                           {{"x", "F32", []int{-1}, []float32{}}},
		"x: the name is taken":                 {one, one},
		"__metadata__: the name is taken":      {{"__metadata__", "F32", []int{1}, []float32{1}}},
		"want a name in UTF-8":                 {{"\xff", "F32", []int{1}, []float32{1}}},
	} {
		if err := Write(io.Discard, tensors, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	if err := Write(io.Discard, nil, map[string]string{"a": "\xff"}); err == nil {
		t.Error("metadata that is not UTF-8 was written")
	}
	if err := Write(broken{}, sample, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("the error of the writer is lost: %v", err)
	}
}

// broken fails at every write.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func FuzzRead(f *testing.F) {
	f.Add(encode(f))
	f.Add(file(`{}`, 0))
	f.Add(file(`{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, meta, err := read(data)
		if err != nil {
			return
		}
		var first, second bytes.Buffer
		if err := Write(&first, tensors, meta); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		tensors, meta, err = read(first.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if err := Write(&second, tensors, meta); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("writing what was read changes the bytes (%v)", err)
		}
	})
}
