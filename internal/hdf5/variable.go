package hdf5

import (
	"bytes"
	"encoding/binary"
)

// Strings returns strings of fixed or variable length as their bytes stand,
// without the padding that their type declares. Null strings are empty.
func (v *View) Strings() ([]string, error) {
	if v.leaf.Class != String {
		return nil, v.errorf("want string for Strings, got %v", *v.leaf)
	}
	const header = 16 // a Go string's own words
	data, err := v.values(header)
	if err != nil {
		return nil, err
	}
	size := v.leaf.Size
	out := make([]string, len(data)/size)
	if v.leaf.Variable {
		return out, v.heapObjects(data, 1, func(i int, b []byte) {
			b, _, _ = bytes.Cut(b, []byte{0})
			out[i] = string(b)
		})
	}
	for i := range out {
		b := data[i*size : (i+1)*size]
		switch v.leaf.padding {
		case 0:
			b, _, _ = bytes.Cut(b, []byte{0})
		case 1:
			b = bytes.TrimRight(b, "\x00")
		default:
			b = bytes.TrimRight(b, " ")
		}
		out[i] = string(b)
	}
	return out, nil
}

// Sequences returns, for each element of variable length, a view of its values.
func (v *View) Sequences() ([]*View, error) {
	if v.leaf.Class != Sequence {
		return nil, v.errorf("want sequence for Sequences, got %v", *v.leaf)
	}
	const header = 256 // about what a View takes
	data, err := v.values(header)
	if err != nil {
		return nil, err
	}
	out := make([]*View, len(data)/v.leaf.Size)
	for i := range out {
		view := newView(v.file, v.name, memory{dims: []int{0}}, []int{0}, v.leaf.Base)
		out[i] = &view
	}
	return out, v.heapObjects(data, v.leaf.Base.Size, func(i int, b []byte) {
		dims := []int{len(b) / v.leaf.Base.Size}
		*out[i] = newView(v.file, v.name, memory{b, dims}, dims, v.leaf.Base)
	})
}

// heapObjects calls visit with the bytes of each element of variable length that
// is not empty: as many values of that size as the element states.
func (v *View) heapObjects(data []byte, size int, visit func(i int, b []byte)) error {
	f := v.file
	c := &cursor{f: f, b: data}
	left := f.limit()
	for i := 0; c.left() > 0; i++ {
		count, addr, index := c.uint(4), c.addr(), c.uint(4)
		if c.err != nil {
			return c.err
		}
		if count == 0 || addr == 0 || addr == undefined {
			continue
		}
		e, err := f.heapObject(addr, index)
		if err != nil {
			return v.errorf("value %d: %w", i, err)
		}
		n := count * uint64(size)
		if n > e.size {
			return v.errorf("value %d: want %d values of %d bytes, got an object of %d bytes", i, count, size, e.size)
		}
		if left -= int64(n); left < 0 {
			return v.errorf("values of variable length: %w of %d bytes; read a slice or raise File.Limit", ErrLimit, f.limit())
		}
		b, err := f.meta(e.addr, n)
		if err != nil {
			return v.errorf("value %d: %w", i, err)
		}
		visit(i, b)
	}
	return nil
}

// maxHeapEntries bounds the places of heap objects that are kept.
const maxHeapEntries = 1 << 18

// heapObject finds an object in the global heap collection at addr.
func (f *File) heapObject(addr, index uint64) (extent, error) {
	f.heaps.Lock()
	defer f.heaps.Unlock()
	objects, ok := f.heaps.byAddr[addr]
	if !ok {
		var err error
		if objects, err = f.heapCollection(addr); err != nil {
			return extent{}, err
		}
		if f.heaps.entries += len(objects); f.heaps.byAddr == nil || f.heaps.entries > maxHeapEntries {
			f.heaps.byAddr, f.heaps.entries = map[uint64]map[uint16]extent{}, len(objects)
		}
		f.heaps.byAddr[addr] = objects
	}
	e, ok := objects[uint16(index)]
	if !ok || index > 0xffff {
		return extent{}, f.errorf(addr, "want object %d in this heap, got none", index)
	}
	return e, nil
}

// heapCollection lists the objects of a global heap collection.
func (f *File) heapCollection(addr uint64) (map[uint16]extent, error) {
	head := uint64(8+f.lengthSize+7) / 8 * 8 // of the collection and of each object
	c, err := f.cursor(addr, head)
	if err != nil {
		return nil, err
	}
	c.expect("GCOL")
	c.version("global heap", 1, 1)
	c.take(3)
	size := c.length()
	if c.err != nil {
		return nil, c.err
	}
	if err := f.check(addr, size); err != nil {
		return nil, err
	}
	objects := map[uint16]extent{}
	// A collection with less room than a header is full.
	for at := head; at+head <= size; {
		b, err := f.meta(addr+at, head)
		if err != nil {
			return nil, err
		}
		index := binary.LittleEndian.Uint16(b)
		object := &cursor{f: f, at: addr + at, b: b, pos: 8}
		n := object.length()
		if index == 0 {
			break // the free rest
		}
		if n > size-at-head {
			return nil, f.errorf(addr+at, "want an object within a heap of %d bytes, got %d bytes", size, n)
		}
		if _, twice := objects[index]; twice {
			return nil, f.errorf(addr+at, "want each heap object once, got number %d twice", index)
		}
		objects[index] = extent{addr + at + head, n}
		at += head + (n+7)/8*8
	}
	return objects, nil
}
