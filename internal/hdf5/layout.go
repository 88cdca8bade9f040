package hdf5

// layoutClass is how the elements of a dataset are stored.
type layoutClass int

const (
	compactLayout layoutClass = iota
	contiguousLayout
	chunkedLayout
)

// Kinds of chunk indices; the first is that of layouts before version 4.
const (
	indexTree1      = 0
	indexSingle     = 1
	indexImplicit   = 2
	indexFixed      = 3
	indexExtensible = 4
	indexTree2      = 5
)

// layout is where the elements of a dataset are.
type layout struct {
	class layoutClass
	data  []byte // of a compact one
	addr  uint64 // of the data, or of the index of chunks

	chunk       []int // shape of a chunk
	elementSize int   // as the chunked layout states it
	index       int
	rawEdges    bool   // chunks that reach past the dataset are not filtered
	single      extent // stored size of a single filtered chunk; addr unused
	singleMask  uint32
}

// layout decodes a layout message.
func (c *cursor) layout() (layout, error) {
	version := c.version("layout", 1, 4)
	if c.err != nil {
		return layout{}, c.err
	}
	var l layout
	if version < 3 {
		l = c.layout1()
	} else {
		l = c.layout3(version)
	}
	for _, n := range l.chunk {
		if c.err == nil && n == 0 {
			c.fail("want chunks of at least one element, got shape %v", l.chunk)
		}
	}
	return l, c.err
}

// layout1 decodes versions 1 and 2 behind the version.
func (c *cursor) layout1() layout {
	rank := c.u8()
	l := layout{class: layoutClass(c.u8()), index: indexTree1}
	c.take(5)
	switch l.class {
	case compactLayout:
		c.take(4 * rank)
		l.data = c.take(c.size(4))
	case contiguousLayout:
		l.addr = c.addr()
	case chunkedLayout:
		l.addr = c.addr()
		c.chunkShape(&l, rank, 4)
	default:
		c.fail("want a compact, contiguous or chunked layout, got class %d", l.class)
	}
	return l
}

func (c *cursor) layout3(version int) layout {
	l := layout{class: layoutClass(c.u8()), index: indexTree1}
	switch l.class {
	case compactLayout:
		l.data = c.take(c.u16())
	case contiguousLayout:
		l.addr = c.addr()
		c.length()
	case chunkedLayout:
		if version == 4 {
			c.chunked4(&l)
			break
		}
		rank := c.u8()
		l.addr = c.addr()
		c.chunkShape(&l, rank, 4)
	case 3:
		c.fail("virtual datasets are not supported: read the files that they draw on")
	default:
		c.fail("want a compact, contiguous or chunked layout, got class %d", l.class)
	}
	return l
}

// chunkShape reads the rank numbers that give a chunk's shape and, last, the size
// of an element.
func (c *cursor) chunkShape(l *layout, rank, width int) {
	if c.err == nil && (rank < 1 || rank > maxRank+1 || width < 1 || width > 8) {
		c.fail("want chunks of 1 to %d dimensions, got %d of %d bytes", maxRank+1, rank, width)
	}
	if c.err != nil {
		return
	}
	for range rank {
		l.chunk = append(l.chunk, c.size(width))
	}
	l.elementSize = l.chunk[rank-1]
	l.chunk = l.chunk[:rank-1]
}

func (c *cursor) chunked4(l *layout) {
	flags := c.u8()
	l.rawEdges = flags&1 != 0
	rank, width := c.u8(), c.u8()
	c.chunkShape(l, rank, width)
	l.index = c.u8()
	switch l.index {
	case indexSingle:
		if flags&2 != 0 {
			l.single.size = c.length()
			l.singleMask = uint32(c.uint(4))
		}
	case indexImplicit:
	case indexFixed:
		c.take(1) // the rest of these parameters stands in the index itself
	case indexExtensible:
		c.take(5)
	case indexTree2:
		c.take(6)
	default:
		c.fail("want a chunk index of type 1 to 5, got %d", l.index)
	}
	l.addr = c.addr()
}

// fill decodes a fill value message of either kind; nil means zeros.
func (c *cursor) fill(kind int) ([]byte, error) {
	defined := true
	if kind == msgFill {
		version := c.version("fill value", 1, 3)
		switch version {
		case 3:
			defined = c.u8()&0x20 != 0
		case 2:
			c.take(2)
			defined = c.u8() != 0
		default:
			c.take(3)
		}
	}
	if !defined || c.err != nil {
		return nil, c.err
	}
	return c.take(c.size(4)), c.err
}

// fillValue finds the fill value of a dataset with elements of that size.
func (h *header) fillValue(size int) ([]byte, error) {
	for _, kind := range []int{msgFill, msgOldFill} {
		c, err := h.find(kind)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		value, err := c.fill(kind)
		if err != nil {
			return nil, err
		}
		if len(value) != 0 && len(value) != size {
			return nil, h.f.errorf(c.at, "want a fill value of %d bytes, got %d", size, len(value))
		}
		for _, b := range value {
			if b != 0 {
				return value, nil
			}
		}
		return nil, nil
	}
	return nil, nil
}
