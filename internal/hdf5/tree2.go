package hdf5

import (
	"math"
	"math/bits"
)

// tree2 is a version 2 tree: sorted records, in leaves and between children.
type tree2 struct {
	f          *File
	kind       int
	nodeSize   uint64
	recordSize int
	root       child2
	depth      int
	levels     []level2
}

// level2 holds what the size of a node determines for a height above the leaves.
type level2 struct {
	maxRecords uint64 // in one node
	maxBelow   uint64 // in one node and all below it
	countSize  int    // bytes that hold maxBelow
}

// child2 points to a node.
type child2 struct {
	addr    uint64
	records uint64
}

// tree2 reads the header of a tree of the given type.
func (f *File) tree2(addr uint64, kind int) (*tree2, error) {
	c, err := f.cursor(addr, 22+uint64(f.offsetSize+f.lengthSize))
	if err != nil {
		return nil, err
	}
	c.expect("BTHD")
	c.version("tree", 0, 0)
	t := &tree2{f: f, kind: c.u8()}
	t.nodeSize, t.recordSize, t.depth = c.uint(4), c.u16(), c.u16()
	c.take(2) // when nodes are split and merged
	t.root = child2{addr: c.addr(), records: c.uint(2)}
	c.length() // records in total
	c.checksum()
	if c.err != nil {
		return nil, c.err
	}
	if t.kind != kind {
		return nil, f.errorf(addr, "want a tree of type %d, got %d", kind, t.kind)
	}
	if t.recordSize == 0 || t.depth > 64 || t.nodeSize < 10+uint64(t.recordSize) {
		return nil, f.errorf(addr, "want a tree of sensible shape, got records of %d bytes, nodes of %d bytes, depth %d", t.recordSize, t.nodeSize, t.depth)
	}
	t.measure()
	return t, nil
}

// measure derives the sizes of the counts beside child pointers.
func (t *tree2) measure() {
	leaf := (t.nodeSize - 10) / uint64(t.recordSize)
	t.levels = []level2{{maxRecords: leaf, maxBelow: leaf}}
	for height := 1; height <= t.depth; height++ {
		below := t.levels[height-1].maxBelow
		pointer := uint64(t.pointerSize(height))
		var n uint64
		if t.nodeSize > 10+pointer {
			n = (t.nodeSize - 10 - pointer) / (uint64(t.recordSize) + pointer)
		}
		high, total := bits.Mul64(n+1, below)
		if total += n; high != 0 || total < n {
			total = math.MaxUint64
		}
		t.levels = append(t.levels, level2{n, total, encodedSize(total)})
	}
}

// pointerSize is the size of a child pointer in a node of that height.
func (t *tree2) pointerSize(height int) int {
	size := t.f.offsetSize + encodedSize(t.levels[0].maxRecords)
	if height > 1 {
		size += t.levels[height-1].countSize
	}
	return size
}

// encodedSize is how many bytes hold numbers up to n.
func encodedSize(n uint64) int {
	return max(1, (bits.Len64(n)+7)/8)
}

// skip2 tells whether a walk may leave out what lies between two records; nil
// stands for the end of the tree.
type skip2 func(low, high []byte) bool

// each visits the records in order, without the subtrees that skip leaves out.
// A nil skip leaves out none.
func (t *tree2) each(skip skip2, visit func(record []byte) error) error {
	if t.root.addr == undefined {
		return nil
	}
	w := walk2{t, t.f.trip(), skip, visit}
	return w.node(t.root, t.depth, nil, nil)
}

type walk2 struct {
	*tree2
	trip  *trip
	skip  skip2
	visit func(record []byte) error
}

func (w *walk2) node(at child2, height int, low, high []byte) error {
	if at.records > w.levels[height].maxRecords {
		return w.f.errorf(at.addr, "want at most %d records in a node, got %d", w.levels[height].maxRecords, at.records)
	}
	n := int(at.records)
	size := 10 + n*w.recordSize
	if height > 0 {
		size += (n + 1) * w.pointerSize(height)
	}
	if err := w.trip.enter(at.addr, uint64(size)); err != nil {
		return err
	}
	c, err := w.f.cursor(at.addr, uint64(size))
	if err != nil {
		return err
	}
	if height == 0 {
		c.expect("BTLF")
	} else {
		c.expect("BTIN")
	}
	c.version("tree node", 0, 0)
	if kind := c.u8(); kind != w.kind {
		c.fail("want a tree node of type %d, got %d", w.kind, kind)
	}
	records := c.take(n * w.recordSize)
	var children []child2
	for height > 0 && len(children) <= n && c.err == nil {
		child := child2{addr: c.addr(), records: c.uint(encodedSize(w.levels[0].maxRecords))}
		if height > 1 {
			c.take(w.levels[height-1].countSize)
		}
		children = append(children, child)
	}
	c.checksum()
	if c.err != nil {
		return c.err
	}
	return w.inside(records, children, height, low, high)
}

// inside visits the records and children of one node in order.
func (w *walk2) inside(records []byte, children []child2, height int, low, high []byte) error {
	n := len(records) / w.recordSize
	for i := 0; i <= n; i++ {
		next := high
		if i < n {
			next = records[i*w.recordSize : (i+1)*w.recordSize]
		}
		if height > 0 && (w.skip == nil || !w.skip(low, next)) {
			if err := w.node(children[i], height-1, low, next); err != nil {
				return err
			}
		}
		if i == n {
			return nil
		}
		if err := w.visit(next); err != nil {
			return err
		}
		low = next
	}
	return nil
}
