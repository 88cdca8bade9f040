package npy

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const rootID = 864691135761488438 // needs more than 53 bits

func TestReadsNumPysArrays(t *testing.T) {
	a, err := OpenArchive("testdata/plain.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	quarter := []float64{0, .25, .5, .75, 1, 1.25}
	ids := []int64{rootID, rootID + 1, rootID + 2, rootID + 3, rootID + 4, rootID + 5}
	small, grid := []int32{-3, -2, -1, 0, 1, 2}, []int32{0, 1, 2, 3, 4, 5}
	cube := make([]int64, 24)
	for i := range cube {
		cube[i] = int64(i)
	}
	two3 := []int{2, 3}
	want := map[string]*Array{
		"f8": {two3, quarter}, "f8fortran": {two3, quarter},
		"f4be": {two3, []float32{0, .25, .5, .75, 1, 1.25}},
		"i8":   {two3, ids}, "i8be": {two3, ids},
		"i4": {two3, small}, "i2": {two3, small}, "i1": {two3, small},
		"u1": {two3, grid}, "u2": {two3, grid},
		"u4":     {two3, []int64{1<<32 - 6, 1<<32 - 5, 1<<32 - 4, 1<<32 - 3, 1<<32 - 2, 1<<32 - 1}},
		"u8":     {two3, []int64{0, 1, 2, 3, 4, 5}},
		"b1":     {two3, []bool{true, false, true, false, true, false}},
		"text":   {[]int{4}, []string{"L2/3", "", "größer", "日本"}},
		"textbe": {[]int{2}, []string{"ab", "c"}},
		"scalar": {[]int{}, []float64{2.5}}, "empty": {[]int{0, 3}, []float64{}},
		"cube_fortran": {[]int{2, 3, 4}, cube},
	}
	if len(want) != len(a.Names()) {
		t.Errorf("want %d arrays, got %v", len(want), a.Names())
	}
	for _, name := range a.Names() {
		got, err := a.Array(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if d := cmp.Diff(want[name], got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	if _, err := a.Array("nowhere"); err == nil || !strings.Contains(err.Error(), "cube_fortran") {
		t.Errorf("a missing array must list those there, got %v", err)
	}
}

func TestReadsCompressedArchive(t *testing.T) {
	a, err := OpenArchive("testdata/packed.npz")
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	z, err := a.Array("zeros")
	if err != nil || z.Len() != 2000 {
		t.Errorf("want 2000 zeros, got %v, %v", z, err)
	}
}

func TestWriteThenReadIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "n")
		text := rapid.StringMatching(`[a-zäß/日0-9 ]{0,6}`)
		arrays := []Named{
			{"f8", New(rapid.SliceOfN(rapid.Float64(), n, n).Draw(t, "f8"), n)},
			{"f4", New(rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "f4"), n, 1)},
			{"i8", New(rapid.SliceOfN(rapid.Int64(), 2*n, 2*n).Draw(t, "i8"), 2, n)},
			{"i4", New(rapid.SliceOfN(rapid.Int32(), n, n).Draw(t, "i4"), n)},
			{"b1", New(rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "b1"), n)},
			{"text", New(rapid.SliceOfN(text, n, n).Draw(t, "text"), n)},
			{"scalar", New([]float64{math.Inf(1)})},
		}
		var buf, again bytes.Buffer
		if err := WriteArchive(&buf, arrays); err != nil {
			t.Fatal(err)
		}
		if err := WriteArchive(&again, arrays); err != nil || !bytes.Equal(buf.Bytes(), again.Bytes()) {
			t.Fatal("equal arrays give different bytes")
		}
		for _, a := range arrays {
			var one bytes.Buffer
			if err := Write(&one, a.Array); err != nil {
				t.Fatal(err)
			}
			got, err := Decode(one.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if len(a.Array.Shape) == 0 {
				a.Array.Shape = []int{}
			}
			if d := cmp.Diff(a.Array, got); d != "" {
				t.Fatalf("%s (-want +got):\n%s", a.Name, d)
			}
			for cut := range min(one.Len(), 140) {
				if _, err := Decode(one.Bytes()[:cut]); err == nil && got.Len() > 0 {
					t.Fatalf("%s cut at byte %d was read without an error", a.Name, cut)
				}
			}
		}
	})
}

func TestHeaderStartsElementsAt64(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, New([]float64{1, 2}, 2)); err != nil {
		t.Fatal(err)
	}
	if b.Len()%64 != 16 {
		t.Errorf("elements begin at byte %d, want a multiple of 64", b.Len()-16)
	}
}

// file returns an .npy file with a given dictionary.
func file(dict, body string) []byte {
	b := binary.LittleEndian.AppendUint16([]byte(magic+"\x01\x00"), uint16(len(dict)))
	return append(append(b, dict...), body...)
}

func TestBadFiles(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "want an .npy file"},
		{"csv", "id,x,y,z\n1,2,3,4", "want an .npy file"},
		{"version", magic + "\x07\x00", "version 1 to 3, got 7.0"},
		{"header cut", magic + "\x01\x00\xff\xff{", "truncated"},
		{"forged size", string(file("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}", "12345678")), "truncated"},
		{"overflow", string(file("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296, 4294967296)}", "")), "2^63"},
		{"no bytes each", string(file("{'descr': '<U0', 'fortran_order': False, 'shape': (9000000000,)}", "")), "at least one byte"},
		{"half", string(file("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "ab")), `got "<f2"`},
		{"structured", string(file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "")), "structured"},
		{"negative", string(file("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", "")), "want a dimension"},
		{"missing key", string(file("{'descr': '<f8', 'shape': (1,)}", "12345678")), "fortran_order"},
		{"unknown key", string(file("{'descr': '<f8', 'order': False}", "")), "one of descr"},
		{"surrogate", string(file("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", "\x00\xd8\x00\x00")), "0xd800"},
		{"uint64", string(file("{'descr': '<u8', 'fortran_order': False, 'shape': (1,)}", "\xff\xff\xff\xff\xff\xff\xff\xff")), "below 2^63, got 18446744073709551615"},
	} {
		if _, err := Decode([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
}

func TestBadArchives(t *testing.T) {
	var buf bytes.Buffer
	if err := WriteArchive(&buf, []Named{{"x", New([]float64{1, 2, 3}, 3)}}); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(buf.Bytes())
	flipped[170] ^= 1 // inside the elements
	forged := bytes.Clone(buf.Bytes())
	at := bytes.Index(forged, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(forged[at+24:], 0xfffffff0) // the claimed size
	for name, b := range map[string][]byte{"cut": buf.Bytes()[:buf.Len()-30], "flipped": flipped, "forged": forged} {
		path := filepath.Join(t.TempDir(), name+".npz")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := OpenArchive(path)
		if err == nil {
			_, err = a.Array("x")
			a.Close()
		}
		if err == nil || !strings.Contains(err.Error(), name+".npz") {
			t.Errorf("%s: want an error that names the file, got %v", name, err)
		}
	}
}

func TestConversions(t *testing.T) {
	if _, err := New([]int64{rootID + 1}, 1).Float64s(); err == nil {
		t.Error("an id beyond 2^53 became a float")
	}
	if _, err := New([]float64{1}, 1).Int64s(); err == nil {
		t.Error("floats became integers")
	}
	if x, err := New([]int32{-4}, 1).Int64s(); err != nil || x[0] != -4 {
		t.Errorf("int32: got %v, %v", x, err)
	}
	if err := Write(&bytes.Buffer{}, New([]string{"a\x00"}, 1)); err == nil {
		t.Error("a NUL in a string was written")
	}
	if err := Write(&bytes.Buffer{}, &Array{Shape: []int{2}, Data: []float64{1}}); err == nil {
		t.Error("a wrong shape was written")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(file("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 1)}", "0123456789abcdef"))
	f.Add(file("{'descr': '>U2', 'fortran_order': False, 'shape': (1,), }", "\x00\x00\x00a\x00\x00\x00\x00"))
	f.Add(file("{\"descr\": '|b1', 'fortran_order': False, 'shape': ()}", "1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil || a.Kind() == "object" {
			return
		}
		var buf bytes.Buffer
		if err := Write(&buf, a); err != nil {
			return // strings with a NUL inside
		}
		back, err := Decode(buf.Bytes())
		if err != nil || back.Len() != a.Len() {
			t.Fatalf("what was read cannot be written and read: %v", err)
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	var buf bytes.Buffer
	if err := Write(&buf, New(make([]float64, 312*312), 312, 312)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(buf.Len()))
	for b.Loop() {
		if _, err := Decode(buf.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
