package hdf5

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wanted is what h5py reads from an object or attribute.
type wanted struct {
	Type    string
	Shape   []int
	Values  any               // list of strings, of lists, or map of fields
	Common  string            // most frequent value of a long list
	Others  map[string]string // its other values by place
	Wave    bool              // values are those of wave
	Large   bool              // too large to read whole
	Refused bool              // cannot be read here
	Names   []string          // of a group
	Attrs   map[string]wanted
}

func readWanted(t testing.TB) map[string]map[string]wanted {
	t.Helper()
	b, err := os.ReadFile("testdata/want.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]wanted{}
	for file, objects := range raw {
		out[file] = map[string]wanted{}
		for path, message := range objects {
			if string(message) == `"same"` {
				message = raw[strings.Replace(file, "latest", "earliest", 1)][path]
			}
			var w wanted
			if err := json.Unmarshal(message, &w); err != nil {
				t.Fatal(file, path, err)
			}
			out[file][path] = w
		}
	}
	return out
}

// wave is element i of the arrays that the script fills with its own wave.
func wave(i int, unsigned bool) int {
	if unsigned {
		return i % 97 * 3
	}
	return i%97*3 - 40
}

// show turns the values of a view into what want.json holds.
func show(v *View) (any, error) {
	typ := v.Type()
	switch typ.Class {
	case Compound:
		fields := map[string]any{}
		for _, m := range typ.Members {
			f, err := v.Field(m.Name)
			if err != nil {
				return nil, err
			}
			if fields[m.Name], err = show(f); err != nil {
				return nil, err
			}
		}
		return fields, nil
	case Sequence:
		items, err := v.Sequences()
		return each(items, err, func(item *View) (any, error) { return show(item) })
	case Float:
		x, err := v.Float64s()
		return each(x, err, func(x float64) (any, error) { return hexFloat(x), nil })
	case String:
		s, err := v.Strings()
		return each(s, err, func(s string) (any, error) { return strings.ToValidUTF8(s, "\ufffd"), nil })
	case Reference:
		return showReferences(v, typ.Region)
	case Opaque:
		b, err := v.Bytes()
		return each(slices.Collect(slices.Chunk(b, typ.Size)), err, func(b []byte) (any, error) { return hex.EncodeToString(b), nil })
	case Integer:
		if !typ.Signed {
			u, err := v.Uint64s()
			return each(u, err, func(u uint64) (any, error) { return strconv.FormatUint(u, 10), nil })
		}
	}
	n, err := v.Int64s()
	return each(n, err, func(n int64) (any, error) { return strconv.FormatInt(n, 10), nil })
}

func each[T any](list []T, err error, f func(T) (any, error)) (any, error) {
	out := make([]any, len(list))
	for i, x := range list {
		if err == nil {
			out[i], err = f(x)
		}
	}
	return out, err
}

// hexFloat formats as Python's float.hex does, closely enough to be parsed alike.
func hexFloat(x float64) string {
	return strconv.FormatFloat(x, 'x', -1, 64)
}

func showReferences(v *View, region bool) (any, error) {
	if !region {
		objects, err := v.Objects()
		return each(objects, err, func(o Object) (any, error) {
			if o == nil {
				return "", nil
			}
			return pathOf(v.file, o), nil
		})
	}
	regions, err := v.Regions()
	return each(regions, err, func(r Region) (any, error) {
		if r.Dataset == nil {
			return "", nil
		}
		s := pathOf(v.file, r.Dataset)
		for _, b := range r.Boxes {
			s += fmt.Sprintf(" %v+%v", b.Offset, b.Count)
		}
		return s, nil
	})
}

// pathOf finds the path of an object by walking the file.
func pathOf(f *File, object Object) string {
	found := "?"
	f.Walk(func(path string, o Object, err error) error {
		if o != nil && addrOf(o) == addrOf(object) {
			found = path
			return fs.SkipAll
		}
		return nil
	})
	return found
}

func addrOf(o Object) uint64 {
	switch o := o.(type) {
	case *Group:
		return o.addr
	case *Dataset:
		return o.addr
	}
	return o.(*NamedType).addr
}

// floats rewrites the wanted hexadecimal floats as Go writes them.
func floats(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = floats(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k := range v {
			out[k] = floats(v[k])
		}
		return out
	case string:
		if v == "nan" || v == "inf" || v == "-inf" || strings.Contains(v, "0x") {
			if x, err := strconv.ParseFloat(v, 64); err == nil {
				return hexFloat(x)
			}
		}
	}
	return v
}

func (w wanted) check(t *testing.T, v *View) {
	t.Helper()
	if got := v.Type().String(); got != w.Type {
		t.Errorf("type: want %s, got %s", w.Type, got)
	}
	if got := v.Shape(); !slices.Equal(got, w.Shape) {
		t.Errorf("shape: want %v, got %v", w.Shape, got)
	}
	if w.Large {
		return
	}
	got, err := show(v)
	if w.Refused {
		if err == nil {
			t.Error("want an error, got values")
		}
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	want := floats(w.Values)
	if w.Wave || w.Others != nil {
		want = w.long(got.([]any))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%.2000s", diff)
	}
}

// long makes the list that the short forms stand for.
func (w wanted) long(got []any) any {
	out := make([]any, len(got))
	for i := range out {
		out[i] = w.Common
		if w.Wave {
			out[i] = strconv.Itoa(wave(i, strings.HasPrefix(w.Type, "uint")))
			if w.Type == "int8" {
				out[i] = strconv.Itoa(int(int8(wave(i, false))))
			}
			if strings.HasPrefix(w.Type, "float") {
				out[i] = hexFloat(float64(wave(i, false)))
			}
		}
	}
	for place, value := range w.Others {
		i, _ := strconv.Atoi(place)
		out[i] = value
	}
	return out
}

func sorted[M ~map[string]V, V any](m M) []string { return slices.Sorted(maps.Keys(m)) }

func TestFilesOfH5py(t *testing.T) {
	want := readWanted(t)
	for _, name := range sorted(want) {
		f, err := Open(filepath.Join("testdata", name))
		if err != nil {
			t.Error(err)
			continue
		}
		defer f.Close()
		for _, path := range sorted(want[name]) {
			t.Run(name+path, func(t *testing.T) { checkObject(t, f, path, want[name][path]) })
		}
	}
}

func checkObject(t *testing.T, f *File, path string, want wanted) {
	object, err := f.Lookup(path)
	if err != nil {
		t.Fatal(err)
	}
	switch o := object.(type) {
	case *Group:
		names, err := o.Names()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.Names, names); diff != "" && len(want.Names)+len(names) > 0 {
			t.Errorf("names (-want +got):\n%.1000s", diff)
		}
	case *Dataset:
		want.check(t, &o.View)
	case *NamedType:
		if got := o.Type().String(); got != want.Type {
			t.Errorf("type: want %s, got %s", want.Type, got)
		}
	}
	names, err := object.AttrNames()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sorted(want.Attrs), names); diff != "" && len(names)+len(want.Attrs) > 0 {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	for _, name := range names {
		a, err := object.Attr(name)
		if err != nil {
			t.Error(err)
			continue
		}
		want.Attrs[name].check(t, a)
	}
	if _, err := object.Attr("no such attribute"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing attribute: want fs.ErrNotExist, got %v", err)
	}
}
