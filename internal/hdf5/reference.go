package hdf5

import "fmt"

// Region is a part of a dataset that a region reference names.
type Region struct {
	Dataset *Dataset // nil for a null reference
	Boxes   []Box    // in the order of the file; a point is a box of one element
}

// Box is a hyperslab, as Slice takes it.
type Box struct{ Offset, Count []int }

// Objects returns the objects that object references lead to, nil for null ones.
// As a reference does not hold a path, their paths tell their offset only.
func (v *View) Objects() ([]Object, error) {
	data, err := v.references("Objects", false)
	if err != nil {
		return nil, err
	}
	c := &cursor{f: v.file, b: data}
	known := map[uint64]Object{}
	out := make([]Object, len(data)/v.leaf.Size)
	for i := range out {
		addr := c.addr()
		if addr == 0 || addr == undefined {
			continue
		}
		if _, ok := known[addr]; !ok {
			if known[addr], err = v.file.referred(addr); err != nil {
				return nil, v.errorf("value %d: %w", i, err)
			}
		}
		out[i] = known[addr]
	}
	return out, nil
}

func (f *File) referred(addr uint64) (Object, error) {
	return f.object(addr, fmt.Sprintf("(object at offset %d)", f.base+addr))
}

// references reads the bytes of references of one kind.
func (v *View) references(method string, region bool) ([]byte, error) {
	if v.leaf.Class != Reference || v.leaf.Region != region {
		return nil, v.errorf("want references of the right kind for %s, got %v", method, *v.leaf)
	}
	if v.leaf.odd != nil {
		return nil, v.errorf("%w", v.leaf.odd)
	}
	return v.values(16)
}

// Regions returns the parts of datasets that region references lead to.
func (v *View) Regions() ([]Region, error) {
	data, err := v.references("Regions", true)
	if err != nil {
		return nil, err
	}
	c := &cursor{f: v.file, b: data}
	out := make([]Region, len(data)/v.leaf.Size)
	left := int64(v.file.limit())
	for i := range out {
		addr, index := c.addr(), c.uint(4)
		if addr == 0 || addr == undefined {
			continue
		}
		if out[i], err = v.file.region(addr, index, &left); err != nil {
			return nil, v.errorf("value %d: %w", i, err)
		}
	}
	return out, nil
}

// region reads a region from the global heap; left is the memory that its boxes
// may still take.
func (f *File) region(addr, index uint64, left *int64) (Region, error) {
	e, err := f.heapObject(addr, index)
	if err != nil {
		return Region{}, err
	}
	c, err := f.cursor(e.addr, e.size)
	if err != nil {
		return Region{}, err
	}
	target := c.addr()
	if c.err != nil {
		return Region{}, c.err
	}
	object, err := f.referred(target)
	if err != nil {
		return Region{}, err
	}
	d, ok := object.(*Dataset)
	if !ok {
		return Region{}, f.errorf(target, "want a region of a dataset, got a %s", kindOf(object))
	}
	s := selection{cursor: c, shape: d.space.dims, left: left}
	s.read()
	return Region{d, s.boxes}, c.err
}

// selection decodes a serialised selection.
type selection struct {
	*cursor
	shape []int
	left  *int64
	boxes []Box
	width int // bytes of a number
}

func (s *selection) read() {
	kind := s.u32()
	version := s.uint(4)
	switch kind {
	case 0: // none
	case 3:
		s.add(make([]int, len(s.shape)), s.shape)
	case 1:
		s.points(version)
	case 2:
		s.hyperslab(version)
	default:
		s.fail("want a selection of type 0 to 3, got %d", kind)
	}
}

// add notes a box, which must lie within the dataset.
func (s *selection) add(offset, count []int) {
	for i, n := range s.shape {
		if s.err == nil && (offset[i] < 0 || count[i] < 0 || offset[i] > n || count[i] > n-offset[i]) {
			s.fail("want a region within the shape %v, got offset %v, count %v", s.shape, offset, count)
		}
	}
	if *s.left -= int64(48 + 16*len(offset)); *s.left < 0 && s.err == nil {
		s.err = s.f.errorf(s.here(), "boxes of a region: %w of %d bytes", ErrLimit, s.f.limit())
	}
	if s.err == nil {
		s.boxes = append(s.boxes, Box{offset, count})
	}
}

// numbers reads one number per dimension.
func (s *selection) numbers() []int {
	out := make([]int, len(s.shape))
	for i := range out {
		out[i] = s.size(s.width)
	}
	return out
}

// rank reads the number of dimensions.
func (s *selection) rank() {
	if got := s.u32(); s.err == nil && got != len(s.shape) {
		s.fail("want a region in %d dimensions, got %d", len(s.shape), got)
	}
}

// encoding reads how many bytes numbers take.
func (s *selection) encoding() {
	s.width = s.u8()
	if s.err == nil && s.width != 2 && s.width != 4 && s.width != 8 {
		s.fail("want numbers of 2, 4 or 8 bytes, got %d", s.width)
		s.width = 4
	}
}

func (s *selection) points(version uint64) {
	s.width = 4
	switch version {
	case 1:
		s.take(8) // reserved, length
	case 2:
		s.encoding()
	default:
		s.fail("want a selection of points of version 1 or 2, got %d", version)
	}
	s.rank()
	for n := s.size(s.width); n > 0 && s.err == nil; n-- {
		s.add(s.numbers(), s.ones())
	}
}

func (s *selection) ones() []int {
	out := make([]int, len(s.shape))
	for i := range out {
		out[i] = 1
	}
	return out
}

func (s *selection) hyperslab(version uint64) {
	s.width = 4
	regular := false
	switch version {
	case 1:
		s.take(8)
	case 2:
		regular = s.u8()&1 != 0
		s.take(4) // length
		s.width = 8
	case 3:
		regular = s.u8()&1 != 0
		s.encoding()
	default:
		s.fail("want a hyperslab of version 1 to 3, got %d", version)
	}
	s.rank()
	if regular {
		s.regular()
		return
	}
	for n := s.size(s.width); n > 0 && s.err == nil; n-- {
		first, last := s.numbers(), s.numbers()
		for i := range last {
			last[i] -= first[i] - 1
		}
		s.add(first, last)
	}
}

// regular reads blocks at equal distances.
func (s *selection) regular() {
	start, stride, count, block := make([]int, len(s.shape)), make([]int, len(s.shape)), make([]int, len(s.shape)), make([]int, len(s.shape))
	for i := range s.shape {
		start[i], stride[i], count[i], block[i] = s.size(s.width), s.size(s.width), s.size(s.width), s.size(s.width)
		if s.err == nil && (start[i] > s.shape[i] || count[i] > s.shape[i] || stride[i] > maxDim || block[i] > s.shape[i]) {
			s.fail("want a region within the shape %v, got start %d, stride %d, count %d, block %d", s.shape, start[i], stride[i], count[i], block[i])
		}
		if count[i] > 1 && stride[i] > s.shape[i] {
			s.fail("want a stride within the shape %v, got %d", s.shape, stride[i])
		}
		if s.err == nil && count[i] == 0 {
			return
		}
	}
	at := make([]int, len(s.shape))
	for s.err == nil {
		offset := make([]int, len(at))
		for i := range at {
			offset[i] = start[i] + at[i]*stride[i]
		}
		s.add(offset, block)
		i := len(at) - 1
		for ; i >= 0 && at[i] == count[i]-1; i-- {
			at[i] = 0
		}
		if i < 0 {
			return
		}
		at[i]++
	}
}
