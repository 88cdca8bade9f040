package circuit

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"biornn/graph"
	"biornn/internal/npy"
)

// same compares circuits; NaN equals NaN.
func same(a, b *Circuit) string {
	return cmp.Diff(a, b, cmpopts.EquateNaNs(),
		cmp.Comparer(func(x, y *graph.Digraph) bool { return cmp.Equal(x.Edges(), y.Edges()) && x.N() == y.N() }),
		cmp.Transformer("elements", func(m *mat.Dense) []float64 {
			if m == nil {
				return nil
			}
			return rowMajor(m)
		}))
}

func TestFileRoundTrip(t *testing.T) {
	c := small(t)
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"+Extension), filepath.Join(dir, "two"+Extension)
	for _, path := range []string{one, two, one} { // the last overwrites
		if err := c.Write(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Read(one)
	if err != nil {
		t.Fatal(err)
	}
	if d := same(c, got); d != "" {
		t.Errorf("(-written +read):\n%s", d)
	}
	if got.Hash() != c.Hash() {
		t.Error("the hash changed on the way")
	}
	a, _ := os.ReadFile(one)
	b, _ := os.ReadFile(two)
	if !bytes.Equal(a, b) {
		t.Error("equal circuits gave different bytes")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFileRoundTripAnyCircuit(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		c := &Circuit{Name: rapid.StringMatching(`[a-z]{0,5}`).Draw(t, "name"), FrameRate: rapid.Float64Range(0, 100).Draw(t, "rate")}
		ids := rapid.SliceOfNDistinct(rapid.Int64(), n, n, rapid.ID[int64]).Draw(t, "ids")
		for _, id := range ids {
			c.Neurons = append(c.Neurons, Neuron{ID: id, Sign: int8(rapid.IntRange(-1, 1).Draw(t, "sign")),
				Position: [3]float64{rapid.Float64Range(-1e6, 1e6).Draw(t, "x"), 0, 1}})
		}
		c.Synapses = graph.FromMatrix(n, rapid.SliceOfN(rapid.Float64Range(0, 9), n*n, n*n).Draw(t, "w"))
		path := filepath.Join(dir, "any"+Extension)
		if err := c.Write(path); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := same(c, got); d != "" {
			t.Fatalf("(-written +read):\n%s", d)
		}
	})
}

func TestWriteFailsClean(t *testing.T) {
	dir := t.TempDir()
	if err := small(t).Write(filepath.Join(dir, "nowhere", "x"+Extension)); err == nil {
		t.Error("a missing folder was accepted")
	}
	bad := small(t)
	bad.Neurons[0].ID = 0
	if err := bad.Write(filepath.Join(dir, "x"+Extension)); err == nil {
		t.Error("an invalid circuit was written")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole"+Extension)
	if err := small(t).Write(whole); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(whole)
	check := func(name string, content []byte, want string) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: want an error with %q, got %v", name, want, err)
		}
	}
	check("cut", b[:len(b)/2], "truncated")
	check("text", []byte("id,x,y,z\n"), "want a canonical circuit file")
	if _, err := Read(filepath.Join(dir, "absent")); err == nil || !strings.Contains(err.Error(), "absent") {
		t.Errorf("absent: got %v", err)
	}
	for _, c := range []struct {
		name, array string
		to          *npy.Array
		want        string
	}{
		{"drop ids", "ids", nil, `want an array "ids"`},
		{"short names", "names", npy.New([]string{"a"}, 1), "names: want shape [4], got [1]"},
		{"flat positions", "positions_um", npy.New(make([]float64, 12), 12), "positions_um: want shape [4 3], got [12]"},
		{"float ids", "ids", npy.New(make([]float64, 4), 4), "ids: want integers, got float64"},
		{"small matrix", "sttc", npy.New(make([]float64, 9), 3, 3), "sttc: want shape [4 4], got [3 3]"},
		{"bad pre", "pre", npy.New([]int64{0, 1, 2, 4}, 4), "want indices below 4"},
		{"sign 2", "signs", npy.New([]int32{0, 0, 2, 0}, 4), "want −1, 0 or +1, got 2"},
		{"offsets", "event_offsets", npy.New([]int64{0, 2, 1, 4, 4}, 5), "want rising numbers"},
		{"offset end", "event_offsets", npy.New([]int64{0, 2, 3, 4, 1 << 40}, 5), "want rising numbers"},
		{"version", "meta", npy.New([]string{`{"format":"biornn circuit","version":9}`}), "version 1, got \"biornn circuit\" version 9"},
		{"json", "meta", npy.New([]string{`{`}), "meta:"},
		{"NaN", "positions_um", npy.New(append(make([]float64, 11), nan()), 4, 3), "neuron 0 (row 3): z: want a finite"},
	} {
		arrays, err := small(t).arrays()
		if err != nil {
			t.Fatal(err)
		}
		kept := arrays[:0]
		for _, a := range arrays {
			if a.Name == c.array {
				a.Array = c.to
			}
			if a.Array != nil {
				kept = append(kept, a)
			}
		}
		var buf bytes.Buffer
		if err := npy.WriteArchive(&buf, kept); err != nil {
			t.Fatal(err)
		}
		check(c.name, buf.Bytes(), c.want)
	}
}

func BenchmarkRead(b *testing.B) {
	cfg := DefaultSyntheticConfig()
	cfg.Neurons = 312
	c, err := Synthetic(cfg)
	if err != nil {
		b.Fatal(err)
	}
	c.Correlation, c.STTC = mat.NewDense(312, 312, nil), mat.NewDense(312, 312, nil)
	path := filepath.Join(b.TempDir(), "x"+Extension)
	if err := c.Write(path); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Read(path); err != nil {
			b.Fatal(err)
		}
	}
}
