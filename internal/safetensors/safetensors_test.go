package safetensors

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"
)

var sample = []Tensor{
	{"w", "F32", []int{2, 3}, []float32{1, -2, 3.5, 0, 1e-30, 6}},
	{"b", "F64", []int{2}, []float64{0.1, -7}},
	{"i", "I64", []int{1}, []int64{1 << 60}},
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
	if len(got) != len(sample) || meta["a"] != "b" {
		t.Fatalf("got %d tensors, metadata %v", len(got), meta)
	}
	for i := range sample {
		found := false
		for _, g := range got {
			found = found || reflect.DeepEqual(g, sample[i])
		}
		if !found {
			t.Errorf("%s did not come back: %v", sample[i].Name, got)
		}
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

func TestDamage(t *testing.T) {
	data := encode(t)
	for n := range len(data) {
		if _, _, err := read(data[:n]); err == nil {
			t.Fatalf("cut off after %d of %d bytes: no error", n, len(data))
		}
	}
	for from, to := range map[string]string{`"F32"`: `"F16"`, `[2,3]`: `[2,4]`, `[0,24]`: `[4,28]`, `[2,3],`: `[-2,3]`} {
		bad := strings.Replace(string(data), from, to, 1)
		if _, _, err := read([]byte(bad)); err == nil {
			t.Errorf("%s for %s: no error", to, from)
		}
	}
	if err := Write(&bytes.Buffer{}, []Tensor{{"x", "F32", []int{3}, []float32{1}}}, nil); err == nil {
		t.Error("a wrong shape was written")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(encode(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		tensors, meta, err := read(data)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, tensors, meta); err != nil && !strings.Contains(err.Error(), "taken") {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}
