package hdf5

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// chunkEntry is where a chunk is stored; an undefined address: nowhere.
type chunkEntry struct {
	addr uint64
	size uint64 // bytes stored
	mask uint32 // filters that were left out
}

// chunkIndex finds chunks. It serves one read.
type chunkIndex interface {
	// find returns the entry of the chunk at a position counted in chunks.
	find(at []int) (chunkEntry, error)
}

// grid is how chunks tile a dataset.
type grid struct {
	f        *File
	addr     uint64 // of the index
	chunk    []int
	counts   []uint64 // chunks along each dimension, up to the largest extent
	bytes    uint64   // of an unfiltered chunk
	filtered bool
	layout   *layout
	space    *dataspace
}

func (d *Dataset) grid() *grid {
	g := &grid{f: d.f, addr: d.layout.addr, chunk: d.layout.chunk, filtered: len(d.filters) > 0, layout: &d.layout, space: &d.space}
	g.bytes = uint64(d.chunkBytes())
	g.counts = make([]uint64, len(g.chunk))
	for i, n := range g.chunk {
		most := d.space.max[i]
		g.counts[i] = most / uint64(n)
		if most%uint64(n) != 0 {
			g.counts[i]++
		}
	}
	return g
}

// number returns the chunk's place in row-major order over the dimensions, which
// are taken in the given order; ok is false past 2^64.
func (g *grid) number(at []int, first int) (n uint64, ok bool) {
	n = uint64(at[first])
	for i := range at {
		if i == first {
			continue
		}
		high, low := bits.Mul64(n, g.counts[i])
		sum, carry := bits.Add64(low, uint64(at[i]), 0)
		if high != 0 || carry != 0 {
			return 0, false
		}
		n = sum
	}
	return n, true
}

// index opens the index for the chunks between two positions, both inclusive.
func (g *grid) index(low, high []int) (chunkIndex, error) {
	if g.addr == undefined {
		return nowhere{}, nil
	}
	switch g.layout.index {
	case indexTree1:
		return g.tree1(low, high)
	case indexSingle:
		return g.single()
	case indexImplicit:
		if g.filtered {
			return nil, g.f.errorf(g.addr, "want unfiltered chunks under an implicit index, got filters")
		}
		return implicit{g}, nil
	case indexFixed:
		return g.fixedArray()
	case indexExtensible:
		return g.extensibleArray()
	}
	return g.tree2(low, high)
}

// nowhere is the index of a dataset that has no chunks yet.
type nowhere struct{}

func (nowhere) find([]int) (chunkEntry, error) { return chunkEntry{addr: undefined}, nil }

// one is the index of a dataset of a single chunk.
type one chunkEntry

func (o one) find([]int) (chunkEntry, error) { return chunkEntry(o), nil }

func (g *grid) single() (chunkIndex, error) {
	for i, n := range g.chunk {
		if g.space.dims[i] > n {
			return nil, g.f.errorf(g.addr, "want one chunk, got a dataset of shape %v in chunks of %v", g.space.dims, g.chunk)
		}
	}
	e := one{addr: g.addr, size: g.bytes}
	if g.filtered && g.layout.single.size > 0 {
		e.size, e.mask = g.layout.single.size, g.layout.singleMask
	}
	return e, nil
}

// implicit is the index of chunks that lie one behind the other.
type implicit struct{ *grid }

func (g implicit) find(at []int) (chunkEntry, error) {
	n, ok := g.number(at, 0)
	high, offset := bits.Mul64(n, g.bytes)
	addr, carry := bits.Add64(g.addr, offset, 0)
	if !ok || high != 0 || carry != 0 {
		return chunkEntry{}, g.f.errorf(g.addr, "want a chunk within the file, got number %d", n)
	}
	return chunkEntry{addr: addr, size: g.bytes}, nil
}

// table is the part of a tree that one read needs, by position.
type table struct {
	g       *grid
	entries map[string]chunkEntry
}

func (t table) find(at []int) (chunkEntry, error) {
	e, ok := t.entries[string(t.g.key(at))]
	if !ok {
		e.addr = undefined
	}
	return e, nil
}

// key turns a position into bytes that sort like it.
func (g *grid) key(at []int) []byte {
	b := make([]byte, 0, 8*len(at))
	for _, n := range at {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return b
}

// add notes a chunk, which must not be noted yet.
func (t table) add(key []byte, e chunkEntry) error {
	if _, twice := t.entries[string(key)]; twice {
		return t.g.f.errorf(t.g.addr, "want each chunk once in its index, got one twice: the file is damaged")
	}
	t.entries[string(key)] = e
	return nil
}

// tree1 reads the part of a version 1 tree that covers a range of positions.
func (g *grid) tree1(low, high []int) (chunkIndex, error) {
	r := tree1Reader{table: table{g, map[string]chunkEntry{}}, trip: g.f.trip(), low: g.key(low), high: g.key(high)}
	return r.table, r.node(g.addr, -1, nil, nil)
}

type tree1Reader struct {
	table
	trip      *trip
	low, high []byte
}

// position decodes a tree's key: stored size, filter mask, offsets in elements.
func (r *tree1Reader) position(key []byte) ([]byte, error) {
	b := make([]byte, 0, 8*len(r.g.chunk))
	for i, n := range r.g.chunk {
		offset := binary.LittleEndian.Uint64(key[8+8*i:])
		if offset%uint64(n) != 0 {
			return nil, r.g.f.errorf(r.g.addr, "want chunks at multiples of %d, got offset %d", n, offset)
		}
		b = binary.BigEndian.AppendUint64(b, offset/uint64(n))
	}
	return b, nil
}

// node visits a node whose positions must lie from begin up to end; nil is no bound.
func (r *tree1Reader) node(addr uint64, level int, begin, end []byte) error {
	n, err := r.g.f.node1(addr, 1, level, 8+8*(len(r.g.chunk)+1), r.trip)
	if err != nil || n.count == 0 {
		return err
	}
	at, err := r.position(n.key(0))
	if err != nil {
		return err
	}
	if begin != nil && bytes.Compare(at, begin) < 0 {
		return r.g.f.errorf(addr, "want chunks in order, got one before its place: the file is damaged")
	}
	for i := range n.count {
		next := end
		// The key behind the last child need not be a chunk's position.
		if i+1 < n.count {
			if next, err = r.position(n.key(i + 1)); err != nil {
				return err
			}
			if bytes.Compare(at, next) >= 0 || end != nil && bytes.Compare(next, end) > 0 {
				return r.g.f.errorf(addr, "want chunks in order, got two out of it: the file is damaged")
			}
		}
		outside := bytes.Compare(at, r.high) > 0 || next != nil && bytes.Compare(next, r.low) <= 0
		switch {
		case outside:
		case n.level > 0:
			err = r.node(n.child(i), n.level-1, at, next)
		default:
			key := n.key(i)
			e := chunkEntry{addr: n.child(i), size: uint64(binary.LittleEndian.Uint32(key)), mask: binary.LittleEndian.Uint32(key[4:])}
			err = r.add(at, e)
		}
		if err != nil {
			return err
		}
		at = next
	}
	return nil
}

// tree2 reads the part of a version 2 tree that covers a range of positions.
func (g *grid) tree2(low, high []int) (chunkIndex, error) {
	kind := 10
	if g.filtered {
		kind = 11
	}
	tree, err := g.f.tree2(g.addr, kind)
	if err != nil {
		return nil, err
	}
	rank := len(g.chunk)
	sizeBytes := 0
	if g.filtered {
		sizeBytes = tree.recordSize - g.f.offsetSize - 4 - 8*rank
	}
	if g.filtered && (sizeBytes < 1 || sizeBytes > 8) || !g.filtered && tree.recordSize != g.f.offsetSize+8*rank {
		return nil, g.f.errorf(g.addr, "want records of chunks in %d dimensions, got %d bytes", rank, tree.recordSize)
	}
	position := func(record []byte) []byte {
		b := make([]byte, 0, 8*rank)
		for offsets := record[len(record)-8*rank:]; len(offsets) > 0; offsets = offsets[8:] {
			b = binary.BigEndian.AppendUint64(b, binary.LittleEndian.Uint64(offsets))
		}
		return b
	}
	first, last := g.key(low), g.key(high)
	skip := func(low, high []byte) bool {
		return low != nil && bytes.Compare(position(low), last) > 0 || high != nil && bytes.Compare(position(high), first) < 0
	}
	t := table{g, map[string]chunkEntry{}}
	err = tree.each(skip, func(record []byte) error {
		key := position(record)
		if bytes.Compare(key, first) < 0 || bytes.Compare(key, last) > 0 {
			return nil
		}
		c := &cursor{f: g.f, at: g.addr, b: record}
		e, err := g.entry(c, sizeBytes)
		if err != nil {
			return err
		}
		return t.add(key, e)
	})
	return t, err
}

// entry decodes an address and, for filtered chunks, a size of that many bytes and a mask.
func (g *grid) entry(c *cursor, sizeBytes int) (chunkEntry, error) {
	e := chunkEntry{addr: c.addr(), size: g.bytes}
	if g.filtered {
		e.size, e.mask = c.uint(sizeBytes), uint32(c.uint(4))
	}
	return e, c.err
}
