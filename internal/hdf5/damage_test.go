package hdf5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// readAll reads everything that a file holds, each read up to a small limit, and
// returns the number of values and of errors. It is here not to crash.
func readAll(f *File) (values, failures int) {
	f.Limit = 1 << 14
	count := func(n int, err error) {
		values += n
		if err != nil {
			failures++
		}
	}
	f.Walk(func(path string, object Object, err error) error {
		if err != nil {
			failures++
			return nil
		}
		switch o := object.(type) {
		case *Group:
			names, err := o.Names()
			count(len(names), err)
			for _, name := range names[:min(len(names), 20)] {
				_, err := o.Get(name)
				count(1, err)
			}
		case *Dataset:
			readView(&o.View, count)
			readSlice(&o.View, count)
		case *NamedType:
			_ = o.Type().String()
		}
		names, err := object.AttrNames()
		count(len(names), err)
		for _, name := range names {
			a, err := object.Attr(name)
			count(1, err)
			if err == nil {
				readView(a, count)
			}
		}
		return nil
	})
	return values, failures
}

// readView reads a view in every way that suits its type, and one that does not.
func readView(v *View, count func(int, error)) {
	typ := v.Type()
	_ = typ.String() + fmt.Sprint(v.Shape())
	switch typ.Class {
	case Compound:
		for _, m := range typ.Members {
			f, err := v.Field(m.Name)
			count(1, err)
			if err == nil {
				readView(f, count)
			}
		}
	case Sequence:
		items, err := v.Sequences()
		count(len(items), err)
		for _, item := range items[:min(len(items), 20)] {
			readView(item, count)
		}
	case Reference:
		if typ.Region {
			r, err := v.Regions()
			count(len(r), err)
		} else {
			o, err := v.Objects()
			count(len(o), err)
		}
	case String:
		s, err := v.Strings()
		count(len(s), err)
	case Float:
		x, err := v.Float64s()
		count(len(x), err)
		y, _ := v.Float32s()
		count(len(y), nil)
	default:
		n, err := v.Int64s()
		count(len(n), err)
		u, _ := v.Uint64s()
		x, _ := v.Float64s()
		b, _ := v.Bytes()
		count(len(u)+len(x)+len(b), nil)
	}
}

// readSlice reads the last element along each dimension and a few before it.
func readSlice(v *View, count func(int, error)) {
	offset, size := make([]int, len(v.box.count)), make([]int, len(v.box.count))
	for i, n := range v.box.count {
		size[i] = min(n, 3)
		offset[i] = n - size[i]
	}
	s, err := v.Slice(offset, size)
	count(1, err)
	if err == nil {
		readView(s, count)
	}
}

// attempt opens and reads damaged bytes; the lax way goes on past checksums, so
// that what lies behind them is reached.
func attempt(b []byte, lax bool) (values, failures int) {
	f, err := open(bytes.NewReader(b), int64(len(b)), "damaged", lax)
	if err != nil {
		return 0, 1
	}
	return readAll(f)
}

func testdataFiles(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("testdata/*.h5")
	if err != nil || len(names) == 0 {
		t.Fatal("no files in testdata", err)
	}
	return names
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWholeFilesReadWithoutFailure(t *testing.T) {
	for _, name := range testdataFiles(t) {
		values, failures := attempt(readFile(t, name), false)
		// What is dangling, external, above the limit, of odd type or refused is known.
		most := map[string]int{"links": 4, "types": 8, "filters": 2, "chunks": 4}[strings.Split(filepath.Base(name), "_")[0]]
		if values == 0 || failures > most {
			t.Errorf("%s: want values and at most %d failures, got %d and %d", name, most, values, failures)
		}
	}
}

func TestTruncatedFiles(t *testing.T) {
	for _, name := range testdataFiles(t) {
		b := readFile(t, name)
		step := max(1, len(b)/70)
		for n := 0; n < len(b); n += step {
			if _, failures := attempt(b[:n:n], false); failures == 0 {
				t.Errorf("%s cut to %d of %d bytes: want an error, got none", name, n, len(b))
			}
			attempt(b[:n:n], true)
		}
	}
}

func TestFlippedBits(t *testing.T) {
	for k, name := range testdataFiles(t) {
		whole := readFile(t, name)
		s := rng.New(1, "hdf5/flip", uint64(k))
		for range 40 {
			b := bytes.Clone(whole)
			at, bit := s.IntN(len(b)), s.IntN(8)
			b[at] ^= 1 << bit
			attempt(b, false)
			attempt(b, true)
		}
	}
}

// Bytes of metadata are set to extremes, where sizes, counts and addresses lie.
func TestForgedWords(t *testing.T) {
	words := []uint64{0, 1, 1 << 31, 1<<32 - 1, 1 << 40, 1<<62 + 5, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for k, name := range testdataFiles(t) {
		whole := readFile(t, name)
		s := rng.New(2, "hdf5/forge", uint64(k))
		for range 40 {
			b := bytes.Clone(whole)
			for range 1 + s.IntN(3) {
				width := 1 << s.IntN(4)
				at := s.IntN(len(b) - 8)
				var word [8]byte
				binary.LittleEndian.PutUint64(word[:], words[s.IntN(len(words))])
				copy(b[at:at+width], word[:])
			}
			attempt(b, true)
		}
	}
}

// A source that fails must fail the read, not end it early.
func TestFailingSource(t *testing.T) {
	b := readFile(t, "testdata/chunks_latest.h5")
	for after := range 5 {
		f, err := New(&failing{bytes.NewReader(b), after}, int64(len(b)), "failing")
		if err != nil {
			continue
		}
		if _, failures := readAll(f); failures < 2 {
			t.Errorf("source that fails after %d reads: want failures, got %d", after, failures)
		}
	}
}

type failing struct {
	io.ReaderAt
	left int
}

func (r *failing) ReadAt(b []byte, at int64) (int, error) {
	if r.left--; r.left < 0 {
		return 0, io.ErrClosedPipe
	}
	return r.ReaderAt.ReadAt(b, at)
}

func FuzzOpen(f *testing.F) {
	for _, name := range testdataFiles(f) {
		b := readFile(f, name)
		if len(b) < 60000 {
			f.Add(b, true)
			f.Add(b, false)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte, lax bool) {
		attempt(b, lax)
	})
}

// Every object of the real files reads, and some values are those that h5py gives.
func TestRealFiles(t *testing.T) {
	for _, file := range [][]string{
		{"data", "celegans_flavell_nsm", "2022-07-26-31-data.h5"}, {"data", "celegans_flavell_nsm", "2022-07-27-45-data.h5"},
		{"data", "nwb_samples", "FergusonEtAl2015_PYR2.nwb"}, {"data", "nwb_samples", "simple_example_latest.nwb"},
	} {
		b := readFile(t, sharedtest.File(t, file...))
		f, err := New(bytes.NewReader(b), int64(len(b)), file[2])
		if err != nil {
			t.Error(err)
			continue
		}
		objects := 0
		err = f.Walk(func(path string, object Object, err error) error {
			if err != nil {
				t.Errorf("%s: %s: %v", file[2], path, err)
				return nil
			}
			objects++
			if d, ok := object.(*Dataset); ok {
				if _, err := d.Bytes(); err != nil {
					t.Errorf("%s: %s: %v", file[2], path, err)
				}
			}
			names, err := object.AttrNames()
			if err != nil {
				t.Errorf("%s: %s: %v", file[2], path, err)
			}
			for _, name := range names {
				if _, err := object.Attr(name); err != nil {
					t.Errorf("%s: %s: %s: %v", file[2], path, name, err)
				}
			}
			return nil
		})
		if err != nil || objects < 4 {
			t.Errorf("%s: want its objects, got %d, %v", file[2], objects, err)
		}
	}
}
