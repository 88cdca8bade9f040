package hdf5

import "math"

// maxRank is the most dimensions that the format allows.
const maxRank = 32

// maxDim bounds a dimension, so that positions and sizes of chunks add without
// overflow.
const maxDim = 1 << 60

// dataspace is the shape of a dataset or attribute.
type dataspace struct {
	null bool
	dims []int
	max  []uint64 // largest the dims may become; all ones: no bound
}

func (c *cursor) dataspace() (dataspace, error) {
	var s dataspace
	version := c.version("dataspace", 1, 2)
	rank, flags := c.u8(), c.u8()
	if rank > maxRank {
		c.fail("want at most %d dimensions, got %d", maxRank, rank)
	}
	if version == 1 {
		c.take(5)
	} else if kind := c.u8(); kind > 2 {
		c.fail("want a scalar, simple or null dataspace, got type %d", kind)
	} else {
		s.null = kind == 2
	}
	if c.err != nil {
		return s, c.err
	}
	s.dims = make([]int, rank)
	s.max = make([]uint64, rank)
	for i := range s.dims {
		s.dims[i] = c.size(c.f.lengthSize)
		s.max[i] = uint64(s.dims[i])
		if s.dims[i] > maxDim {
			c.fail("want dimensions of at most 2^60, got %d", s.dims[i])
		}
	}
	if flags&1 != 0 {
		for i := range s.max {
			s.max[i] = c.length()
			if s.max[i] == math.MaxUint64>>(64-8*c.f.lengthSize) {
				s.max[i] = math.MaxUint64
			}
			if c.err == nil && s.max[i] < uint64(s.dims[i]) {
				c.fail("want a dimension of at most %d, got %d", s.max[i], s.dims[i])
			}
		}
	}
	if s.null {
		s.dims, s.max = []int{0}, []uint64{0}
	}
	return s, c.err
}
