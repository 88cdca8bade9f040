package npy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"biornn/internal/sharedtest"
)

func TestReadsObjectArrays(t *testing.T) {
	want := []*Array{
		{[]int{3}, []float64{0.5, 1.25, 300}},
		{[]int{0}, []float64{}},
		{[]int{3}, []int64{0, 1000, 2000}},
		{[]int{2}, []int32{0, 1}},
		{[]int{2}, []string{"a", "bc"}},
		{[]int{}, []float64{7.5}},
		{nil, []int64{3}},
		{nil, []float64{2.5}},
		{[]int{2}, []bool{true, false}},
		{[]int{2, 3}, []int64{0, 1, 2, 3, 4, 5}},
	}
	for _, protocol := range []int{2, 3, 4} {
		a, err := ReadFile(fmt.Sprintf("testdata/objects_p%d.npy", protocol))
		if err != nil {
			t.Errorf("protocol %d: %v", protocol, err)
			continue
		}
		got, err := a.Objects()
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("protocol %d (-want +got):\n%s", protocol, d)
		}
	}
}

func TestExecutesNothing(t *testing.T) {
	_, err := ReadFile("testdata/evil.npy")
	if err == nil || !strings.Contains(err.Error(), "posix.system") || !strings.Contains(err.Error(), "byte ") {
		t.Errorf("want an error naming posix.system and its place, got %v", err)
	}
}

// pickled returns an object array of one element with a pickle of our own making.
func pickled(body string) []byte {
	return file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", body)
}

func TestBadPickles(t *testing.T) {
	const array = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R"
	const f8 = "cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87R(K\x03X\x01\x00\x00\x00<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
	const object = "cnumpy\ndtype\nX\x02\x00\x00\x00O8\x89\x88\x87R"
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", "truncated"},
		{"protocol 5", "\x80\x05N.", "protocol 2 to 4, got 5"},
		{"protocol 0", "\x80\x00N.", "protocol 2 to 4, got 0"},
		{"build_class", "\x80\x02i__builtin__\neval\n", "opcode 0x69"},
		{"eval", "\x80\x02c__builtin__\neval\nX\x01\x00\x00\x001\x85R.", `"__builtin__.eval"`},
		{"not an array", "\x80\x02N.", "want an array, got None"},
		{"no stack", "\x80\x02R", "stack is empty"},
		{"no mark", "\x80\x02t", "no mark"},
		{"mark as value", "\x80\x02(.", "a mark"},
		{"memo", "\x80\x02h\x07", "nothing is remembered under 7"},
		{"long", "\x80\x02\x8a\x09123456789.", "at most 8 bytes"},
		{"forged bytes", "\x80\x02B\xff\xff\xff\xffabc", "truncated: want 4294967295"},
		{"forged bytes8", "\x80\x02\x8e\xff\xff\xff\xff\xff\xff\xff\xffabc", "truncated"},
		{"forged shape", "\x80\x02" + array + "(K\x01J\xff\xff\xff\x7f\x85" + f8 + "\x89C\x08abcdefghtb.", "want 2147483647 elements"},
		{"unbuilt inside", "\x80\x02" + array + "(K\x01K\x01\x85" + object + "\x89]" + array + "atb.", "object 0: want an array"},
		{"itself inside", "\x80\x02" + array + "q\x01(K\x01K\x01\x85" + object + "\x89]h\x01atb.", "object 0: want an array"},
		{"list as state", "\x80\x02" + array + "]b.", "want a state"},
		{"args not a tuple", "\x80\x02cnumpy\ndtype\nNR.", "want a constructor"},
		{"global unending", "\x80\x02cnumpy", "no end"},
	} {
		_, err := Decode(pickled(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
}

// A pickle can name the same bytes many times; decoding them each time must end.
func TestUnpackingIsBounded(t *testing.T) {
	const f8 = "cnumpy\ndtype\nX\x02\x00\x00\x00f8\x89\x88\x87Rq\x02"
	var b strings.Builder
	b.WriteString("\x80\x02" + f8)
	b.WriteString("B\x00\x00\x10\x00" + strings.Repeat("x", 1<<20) + "q\x03")
	for range 1000 {
		b.WriteString("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01J\x00\x00\x02\x00\x85h\x02\x89h\x03tb")
	}
	_, err := Decode(pickled(b.String() + "."))
	if err == nil || !strings.Contains(err.Error(), "many times its own size") {
		t.Errorf("want a refusal of 1 GiB from 1 MiB, got %v", err)
	}
}

func TestReadsTheAuthorsFiles(t *testing.T) {
	for _, c := range []struct {
		field, file string
		n           int
	}{{"6_6_2", "positions_6_6_2.npy", 312}, {"9_3_2", "positions_9_3_2.npy", 632}, {"5_3_8", "spikes_5_3_8.npy", 42}} {
		a, err := ReadFile(sharedtest.File(t, "data", "microns_fields", c.field, c.file))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := a.Objects()
		if err != nil || len(rows) != c.n {
			t.Fatalf("%s: want %d rows, got %d, %v", c.file, c.n, len(rows), err)
		}
	}
}

func FuzzPickle(f *testing.F) {
	for _, p := range []int{2, 3, 4} {
		b, err := os.ReadFile(fmt.Sprintf("testdata/objects_p%d.npy", p))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b[128:]))
	}
	f.Fuzz(func(t *testing.T, body string) {
		a, err := Decode(pickled(body))
		if err == nil && a.Len() != 1 {
			t.Fatalf("shape (1,) gave %d elements", a.Len())
		}
	})
}
