package hdf5

import (
	"fmt"
	"slices"
)

// View is an array of values: a dataset, an attribute, a hyperslab or field of
// one, or an element of variable length. Nothing is read before one of the
// typed reads is called; each returns the values in row-major order.
//
// A type that cannot give the wanted values exactly is an error, as is a single
// value that cannot: integers do not become floats beyond 2^53, nor floats
// integers, nor negative integers unsigned.
type View struct {
	file   *File
	name   string // for errors
	source source
	box    box
	leaf   *Type // of the values
	leafAt int   // bytes from the start of an element to the first value
	inner  []innerDim
}

// source is where whole elements come from.
type source struct {
	fetcher
	dims        []int
	elementSize int
}

// fetcher reads a non-empty box of elements into out, which holds zeros.
type fetcher interface {
	fetch(out []byte, b box) error
	available() error
}

// innerDim is a dimension within an element, from an array type.
type innerDim struct{ count, step int }

func newView(f *File, name string, from fetcher, dims []int, typ *Type) View {
	v := View{file: f, name: name, source: source{from, dims, typ.Size}, leaf: typ}
	v.box = box{make([]int, len(dims)), slices.Clone(dims)}
	v.unfold()
	return v
}

// unfold turns array types into dimensions.
func (v *View) unfold() {
	for v.leaf.Class == Array {
		step := v.leaf.Base.Size
		added := make([]innerDim, len(v.leaf.Dims))
		for i := len(added) - 1; i >= 0; i-- {
			added[i] = innerDim{v.leaf.Dims[i], step}
			step *= v.leaf.Dims[i]
		}
		v.inner = append(v.inner[:len(v.inner):len(v.inner)], added...)
		v.leaf = v.leaf.Base
	}
}

func (v *View) errorf(format string, args ...any) error {
	return fmt.Errorf("hdf5: %s: %s: %w", v.file.name, v.name, fmt.Errorf(format, args...))
}

// Shape returns the dimensions: those of the dataspace, none for a scalar and a
// single 0 for a null one, then those of an array type.
func (v *View) Shape() []int {
	shape := slices.Clone(v.box.count)
	for _, d := range v.inner {
		shape = append(shape, d.count)
	}
	if shape == nil {
		shape = []int{}
	}
	return shape
}

// Type returns the type of the values; array types show in the shape instead.
func (v *View) Type() Type { return *v.leaf }

// Slice returns the hyperslab of count elements from offset on along each
// dimension of the dataspace. Dimensions of an array type stay whole.
func (v *View) Slice(offset, count []int) (*View, error) {
	if len(offset) != len(v.box.count) || len(count) != len(v.box.count) {
		return nil, v.errorf("want an offset and count for %d dimensions, got %v and %v", len(v.box.count), offset, count)
	}
	s := *v
	s.box = box{slices.Clone(v.box.offset), slices.Clone(count)}
	for i, n := range v.box.count {
		if offset[i] < 0 || count[i] < 0 || offset[i] > n || count[i] > n-offset[i] {
			return nil, v.errorf("want a hyperslab within the shape %v, got offset %v, count %v", v.box.count, offset, count)
		}
		s.box.offset[i] += offset[i]
	}
	return &s, nil
}

// Field returns the field of that name of each compound.
func (v *View) Field(name string) (*View, error) {
	if v.leaf.Class != Compound {
		return nil, v.errorf("want compounds with a field %q, got %v", name, *v.leaf)
	}
	names := make([]string, len(v.leaf.Members))
	for i := range v.leaf.Members {
		m := &v.leaf.Members[i]
		if m.Name == name {
			f := *v
			f.name += "." + name
			f.leaf, f.leafAt = &m.Type, v.leafAt+m.Offset
			f.unfold()
			return &f, nil
		}
		names[i] = m.Name
	}
	return nil, v.errorf("want a field %q, got the fields %q", name, names)
}

// Bytes returns the stored bytes of the values, for types without a reading of
// their own such as opaque ones.
func (v *View) Bytes() ([]byte, error) { return v.values(0) }

// values reads the stored bytes of the values, end to end. Width is how many
// bytes the caller will make of each value, for the limit.
func (v *View) values(width int) ([]byte, error) {
	size := v.source.elementSize
	perElement := 1
	for _, d := range v.inner {
		perElement *= d.count
	}
	elements, ok := product(v.box.count...)
	if elements == 0 && ok {
		return nil, nil
	}
	if ok {
		_, ok = product(elements, max(size, perElement*max(width, v.leaf.Size)))
	}
	if limit := v.file.limit(); !ok || int64(elements) > limit/int64(max(size, perElement*max(width, v.leaf.Size))) {
		return nil, v.errorf("shape %v of %v: %w of %d bytes; read a slice or raise File.Limit", v.Shape(), *v.leaf, ErrLimit, limit)
	}
	if err := v.source.available(); err != nil {
		return nil, err
	}
	raw := make([]byte, elements*size)
	if err := v.source.fetch(raw, v.box); err != nil {
		return nil, err
	}
	if perElement*v.leaf.Size == size {
		return raw, nil
	}
	return v.gather(raw, perElement), nil
}

// gather picks the bytes of the values out of whole elements.
func (v *View) gather(raw []byte, perElement int) []byte {
	size, width := v.source.elementSize, v.leaf.Size
	steps := []int{0}
	for _, d := range v.inner {
		next := make([]int, 0, len(steps)*d.count)
		for _, s := range steps {
			for i := range d.count {
				next = append(next, s+i*d.step)
			}
		}
		steps = next
	}
	out := make([]byte, 0, len(raw)/size*perElement*width)
	for at := v.leafAt; at < len(raw); at += size {
		for _, s := range steps {
			out = append(out, raw[at+s:at+s+width]...)
		}
	}
	return out
}

// memory is a source of elements that are already here.
type memory struct {
	data []byte
	dims []int
}

func (m memory) available() error { return nil }

func (m memory) fetch(out []byte, b box) error {
	copyBox(out, b.count, nil, m.data, m.dims, b.offset, b.count, len(out)/m.elements(b.count))
	return nil
}

// elements is the number in a box that is not empty.
func (m memory) elements(count []int) int {
	n, _ := product(count...)
	return n
}
