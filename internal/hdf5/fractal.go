package hdf5

import (
	"encoding/binary"
	"math/bits"
)

// fractalHeap holds the objects of dense groups and attributes: small ones in
// direct blocks, found over indirect blocks that double in size row by row, huge
// ones elsewhere in the file, tiny ones in the id itself.
type fractalHeap struct {
	f           *File
	addr        uint64
	idSize      int
	sealed      bool // direct blocks have checksums
	hugeTree    uint64
	width       uint64 // blocks in a row
	startSize   uint64 // bytes of a block in the first row
	maxDirect   uint64 // bytes of the largest direct block
	offsetSize  int    // bytes of an offset in the heap
	sizeSize    int    // bytes of an object's size
	rootAddr    uint64
	rootRows    int // 0: the root is a direct block
	rootStored  uint64
	rootMask    uint32
	filters     pipeline
	trip        *trip
	blocks      map[uint64]heapBlock // read so far
	entrySize   int                  // bytes of a direct entry in an indirect block
	objectBytes uint64               // handed out so far
}

// heapBlock is a direct or indirect block and its place in the heap.
type heapBlock struct {
	offset uint64
	data   []byte
}

// fractalHeap reads a heap's header.
func (f *File) fractalHeap(addr uint64) (*fractalHeap, error) {
	fixed := uint64(26 + 12*f.lengthSize + 3*f.offsetSize)
	c, err := f.cursor(addr, fixed)
	if err != nil {
		return nil, err
	}
	c.take(7)
	filterBytes := c.uint(2)
	if filterBytes > 0 {
		fixed += filterBytes + uint64(f.lengthSize) + 4
	}
	if c, err = f.cursor(addr, fixed); err != nil {
		return nil, err
	}
	h := &fractalHeap{f: f, addr: addr, trip: f.trip(), blocks: map[uint64]heapBlock{}}
	c.expect("FRHP")
	c.version("fractal heap", 0, 0)
	h.idSize = c.u16()
	c.take(2)
	h.sealed = c.u8()&2 != 0
	maxObject := c.uint(4)
	c.length() // next huge id
	h.hugeTree = c.addr()
	c.length() // free space
	c.addr()   // free space manager
	c.take(8 * f.lengthSize)
	h.width = c.uint(2)
	h.startSize, h.maxDirect = c.length(), c.length()
	heapBits := c.u16()
	c.take(2) // rows to begin with
	h.rootAddr = c.addr()
	h.rootRows = c.u16()
	h.entrySize = f.offsetSize
	if filterBytes > 0 {
		h.entrySize += f.lengthSize + 4
		h.rootStored, h.rootMask = c.length(), uint32(c.uint(4))
		inner := &cursor{f: f, at: c.here(), b: c.take(int(filterBytes))}
		if c.err == nil {
			h.filters, c.err = inner.pipeline()
		}
	}
	c.checksum()
	if c.err != nil {
		return nil, c.err
	}
	h.offsetSize = (heapBits + 7) / 8
	directBytes := (bits.Len64(h.maxDirect) - 1 + 7) / 8
	h.sizeSize = min(directBytes, encodedSize(maxObject))
	return h, h.validate(heapBits)
}

func (h *fractalHeap) validate(heapBits int) error {
	powers := bits.OnesCount64(h.width) == 1 && bits.OnesCount64(h.startSize) == 1 && bits.OnesCount64(h.maxDirect) == 1
	if !powers || h.startSize > h.maxDirect || h.maxDirect > maxBlock || heapBits < 1 || heapBits > 64 {
		return h.f.errorf(h.addr, "want a fractal heap of sensible shape, got width %d, blocks of %d to %d bytes, %d bits", h.width, h.startSize, h.maxDirect, heapBits)
	}
	if h.idSize < 2 || h.idSize > 4096 {
		return h.f.errorf(h.addr, "want ids of 2 to 4096 bytes, got %d", h.idSize)
	}
	if h.rootRows > h.rows(1<<63) {
		return h.f.errorf(h.addr, "want at most %d rows in a heap, got %d", h.rows(1<<63), h.rootRows)
	}
	return nil
}

// object returns a cursor over the object with that id.
func (h *fractalHeap) object(id []byte) (*cursor, error) {
	if id[0]>>6 != 0 {
		return nil, h.f.errorf(h.addr, "want heap ids of version 0, got %d", id[0]>>6)
	}
	var c *cursor
	var err error
	switch id[0] >> 4 {
	case 0:
		c, err = h.managed(id[1:])
	case 1:
		c, err = h.huge(id[1:])
	case 2:
		c, err = h.tiny(id)
	default:
		err = h.f.errorf(h.addr, "want a managed, huge or tiny object, got id %x", id)
	}
	if err != nil {
		return nil, err
	}
	// Objects do not overlap in an honest heap.
	if h.objectBytes += uint64(len(c.b)); h.objectBytes > uint64(h.f.size)+uint64(len(h.filters))*maxBlock {
		return nil, h.f.errorf(h.addr, "want objects that do not overlap, got more bytes than the file has: it is damaged")
	}
	return c, nil
}

func (h *fractalHeap) tiny(id []byte) (*cursor, error) {
	size, data := int(id[0]&15)+1, id[1:]
	if h.idSize-1 > 16 {
		size, data = (int(id[0]&15)<<8|int(id[1]))+1, id[2:]
	}
	if size > len(data) {
		return nil, h.f.errorf(h.addr, "want a tiny object of at most %d bytes, got %d", len(data), size)
	}
	return &cursor{f: h.f, at: h.addr, b: data[:size]}, nil
}

func (h *fractalHeap) managed(id []byte) (*cursor, error) {
	c := cursor{f: h.f, at: h.addr, b: id}
	offset, size := c.uint(h.offsetSize), c.uint(h.sizeSize)
	if c.err != nil {
		return nil, c.err
	}
	addr, block, err := h.locate(offset)
	if err != nil {
		return nil, err
	}
	in := offset - block.offset
	if in > uint64(len(block.data)) || size > uint64(len(block.data))-in {
		return nil, h.f.errorf(addr, "want an object within a block of %d bytes, got %d bytes at %d", len(block.data), size, in)
	}
	return &cursor{f: h.f, at: addr + in, b: block.data[in : in+size]}, nil
}

// locate returns the direct block that holds an offset of the heap.
func (h *fractalHeap) locate(offset uint64) (uint64, heapBlock, error) {
	if h.rootRows == 0 {
		b, err := h.direct(h.rootAddr, 0, h.startSize, h.rootStored, h.rootMask)
		return h.rootAddr, b, err
	}
	addr, start, rows := h.rootAddr, uint64(0), h.rootRows
	for {
		row, column, rowStart := h.place(offset - start)
		if row >= rows {
			return 0, heapBlock{}, h.f.errorf(addr, "want an offset within %d rows of the heap, got %d", rows, offset)
		}
		size := h.rowSize(row)
		e, err := h.entry(addr, start, rows, row, column)
		if err != nil {
			return 0, heapBlock{}, err
		}
		start += rowStart + column*size
		if size <= h.maxDirect {
			b, err := h.direct(e.addr, start, size, e.stored, e.mask)
			return e.addr, b, err
		}
		addr, rows = e.addr, h.rows(size)
	}
}

// rowSize is the size of a block in a row.
func (h *fractalHeap) rowSize(row int) uint64 {
	return h.startSize << max(0, row-1)
}

// place returns the row and column of an offset below one indirect block and the
// offset at which the row begins.
func (h *fractalHeap) place(offset uint64) (row int, column, rowStart uint64) {
	first := h.startSize * h.width
	if offset >= first {
		row = bits.Len64(offset / first)
		rowStart = first << (row - 1)
	}
	return row, (offset - rowStart) / h.rowSize(row), rowStart
}

// rows is how many rows an indirect block for that many bytes has.
func (h *fractalHeap) rows(size uint64) int {
	return bits.Len64(size) - bits.Len64(h.startSize*h.width) + 1
}

// heapEntry is a pointer in an indirect block.
type heapEntry struct {
	addr   uint64
	stored uint64 // bytes in the file, of a filtered direct block
	mask   uint32
}

// entry reads one pointer of the indirect block at addr.
func (h *fractalHeap) entry(addr, start uint64, rows, row int, column uint64) (heapEntry, error) {
	directRows := min(rows, h.rows(h.maxDirect*h.width)+1) // rows whose blocks are direct
	head := 5 + h.f.offsetSize + h.offsetSize
	b, ok := h.blocks[addr]
	if !ok {
		size := head + int(h.width)*(directRows*h.entrySize+(rows-directRows)*h.f.offsetSize) + 4
		c, err := h.f.cursor(addr, uint64(size))
		if err != nil {
			return heapEntry{}, err
		}
		if err := h.trip.enter(addr, uint64(size)); err != nil {
			return heapEntry{}, err
		}
		c.expect("FHIB")
		c.version("indirect block", 0, 0)
		c.pos = size - 4
		c.checksum()
		if c.err != nil {
			return heapEntry{}, c.err
		}
		b = heapBlock{offset: start, data: c.b}
		h.blocks[addr] = b
	}
	index := row*int(h.width) + int(column)
	c := cursor{f: h.f, at: addr, b: b.data}
	direct := min(index, directRows*int(h.width))
	c.take(head + direct*h.entrySize + (index-direct)*h.f.offsetSize)
	e := heapEntry{addr: c.addr()}
	if h.filters != nil && row < directRows {
		e.stored, e.mask = c.length(), uint32(c.uint(4))
	}
	return e, c.err
}

// direct returns the direct block at addr, whose offset and size in the heap are given.
func (h *fractalHeap) direct(addr, offset, size, stored uint64, mask uint32) (heapBlock, error) {
	if b, ok := h.blocks[addr]; ok {
		if b.offset != offset {
			return b, h.f.errorf(addr, "want each heap block in one place, got two: the file is damaged")
		}
		return b, nil
	}
	onDisk := size
	if h.filters != nil {
		onDisk = stored
	}
	c, err := h.f.cursor(addr, onDisk)
	if err != nil {
		return heapBlock{}, err
	}
	if err := h.trip.enter(addr, onDisk); err != nil {
		return heapBlock{}, err
	}
	if h.filters != nil {
		data, err := h.filters.decode(c.b, mask, int(size))
		if err != nil {
			return heapBlock{}, h.f.errorf(addr, "heap block: %w", err)
		}
		c.b = data
	}
	c.expect("FHDB")
	c.version("direct block", 0, 0)
	c.addr() // the heap
	if at := c.uint(h.offsetSize); c.err == nil && at != offset {
		c.fail("want the heap block of offset %d, got %d", offset, at)
	}
	if h.sealed {
		c.blockChecksum()
	}
	if c.err != nil {
		return heapBlock{}, c.err
	}
	b := heapBlock{offset: offset, data: c.b}
	h.blocks[addr] = b
	return b, nil
}

// blockChecksum checks a checksum over the whole block, taken with zeros in its own place.
func (c *cursor) blockChecksum() {
	at := c.pos
	want := uint32(c.uint(4))
	if c.err != nil || c.f.lax {
		return
	}
	whole := append([]byte(nil), c.b...)
	clear(whole[at : at+4])
	if got := lookup3(whole); got != want {
		c.fail("want checksum %08x, got %08x: the file is damaged", want, got)
	}
}

// huge returns an object that is stored by itself. Its id is either its place or
// a key into a tree of places.
func (h *fractalHeap) huge(id []byte) (*cursor, error) {
	if h.filters != nil {
		return nil, h.f.errorf(h.addr, "huge objects in filtered heaps are not supported; rewrite the file with h5repack")
	}
	place := cursor{f: h.f, at: h.addr, b: id}
	if len(id) < h.f.offsetSize+h.f.lengthSize {
		key := min(h.f.lengthSize, len(id))
		record, err := h.hugeRecord(place.uint(key))
		if err != nil {
			return nil, err
		}
		place.b, place.pos = record, 0
	}
	addr, size := place.addr(), place.length()
	if place.err != nil {
		return nil, place.err
	}
	return h.f.cursor(addr, size)
}

// hugeRecord finds the record of a key: address, size, key.
func (h *fractalHeap) hugeRecord(key uint64) ([]byte, error) {
	tree, err := h.f.tree2(h.hugeTree, 1)
	if err != nil {
		return nil, err
	}
	keyAt := h.f.offsetSize + h.f.lengthSize
	if tree.recordSize != keyAt+h.f.lengthSize {
		return nil, h.f.errorf(h.hugeTree, "want records of %d bytes, got %d", keyAt+h.f.lengthSize, tree.recordSize)
	}
	keyOf := func(record []byte) uint64 {
		var word [8]byte
		copy(word[:], record[keyAt:])
		return binary.LittleEndian.Uint64(word[:])
	}
	var found []byte
	skip := func(low, high []byte) bool {
		return low != nil && keyOf(low) > key || high != nil && keyOf(high) < key
	}
	err = tree.each(skip, func(record []byte) error {
		if keyOf(record) == key {
			found = record
		}
		return nil
	})
	if err == nil && found == nil {
		err = h.f.errorf(h.hugeTree, "want a huge object with key %d, got none", key)
	}
	return found, err
}
