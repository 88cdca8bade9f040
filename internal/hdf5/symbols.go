package hdf5

import "strings"

// symbolTable reads the links of an old group: a tree of symbol nodes whose names
// lie in a local heap.
func (c *cursor) symbolTable() ([]link, error) {
	treeAddr, heapAddr := c.addr(), c.addr()
	if c.err != nil {
		return nil, c.err
	}
	s := symbolReader{f: c.f, trip: c.f.trip()}
	if err := s.readHeap(heapAddr); err != nil {
		return nil, err
	}
	if err := s.tree(treeAddr, -1); err != nil {
		return nil, err
	}
	return s.links, nil
}

type symbolReader struct {
	f     *File
	trip  *trip
	heap  string // names are cut from it, so they take no memory of their own
	links []link
}

func (s *symbolReader) readHeap(addr uint64) error {
	c, err := s.f.cursor(addr, 8+2*uint64(s.f.lengthSize)+uint64(s.f.offsetSize))
	if err != nil {
		return err
	}
	c.expect("HEAP")
	c.version("local heap", 0, 0)
	c.take(3)
	size := c.length()
	c.length() // free list
	data := c.addr()
	if c.err != nil {
		return c.err
	}
	b, err := s.f.meta(data, size)
	s.heap = string(b)
	return err
}

// name returns the text at an offset of the heap.
func (s *symbolReader) name(at uint64, offset uint64) (string, error) {
	if offset >= uint64(len(s.heap)) {
		return "", s.f.errorf(at, "want a name within a heap of %d bytes, got offset %d", len(s.heap), offset)
	}
	text, _, found := strings.Cut(s.heap[offset:], "\x00")
	if !found {
		return "", s.f.errorf(at, "want a name that ends in NUL at offset %d of the heap", offset)
	}
	return text, nil
}

// tree visits the node at addr, whose level must be the given one; −1 means any.
func (s *symbolReader) tree(addr uint64, level int) error {
	n, err := s.f.node1(addr, 0, level, s.f.lengthSize, s.trip)
	if err != nil {
		return err
	}
	for i := range n.count {
		if n.level > 0 {
			err = s.tree(n.child(i), n.level-1)
		} else {
			err = s.symbols(n.child(i))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// symbols reads one node of symbols.
func (s *symbolReader) symbols(addr uint64) error {
	c, err := s.f.cursor(addr, 8)
	if err != nil {
		return err
	}
	c.expect("SNOD")
	c.version("symbol node", 1, 1)
	c.take(1)
	count := c.u16()
	if c.err != nil {
		return c.err
	}
	size := 8 + uint64(count)*uint64(2*s.f.offsetSize+24)
	if err := s.trip.enter(addr, size); err != nil {
		return err
	}
	if c, err = s.f.cursor(addr, size); err != nil {
		return err
	}
	c.take(8)
	for range count {
		if err := s.symbol(c); err != nil {
			return err
		}
	}
	return nil
}

func (s *symbolReader) symbol(c *cursor) error {
	at := c.here()
	nameAt := c.uint(s.f.offsetSize)
	l := link{addr: c.addr()}
	cache := c.u32()
	c.take(4)
	scratch := c.uint(4)
	c.take(12)
	if c.err != nil {
		return c.err
	}
	var err error
	if l.name, err = s.name(at, nameAt); err != nil {
		return err
	}
	if l.name == "" || strings.Contains(l.name, "/") {
		return s.f.errorf(at, "want a link name without /, got %q", l.name)
	}
	if cache == 2 {
		l.kind = softLink
		if l.target, err = s.name(at, scratch); err != nil {
			return err
		}
	}
	s.links = append(s.links, l)
	return nil
}

// node1 is a node of a version 1 tree: keys and children in turn, one key more
// than children.
type node1 struct {
	f       *File
	level   int
	count   int
	keySize int
	body    []byte
}

// node1 reads a node of the given type and level; −1 means any level.
func (f *File) node1(addr uint64, kind, level, keySize int, t *trip) (*node1, error) {
	head := uint64(8 + 2*f.offsetSize)
	c, err := f.cursor(addr, head)
	if err != nil {
		return nil, err
	}
	c.expect("TREE")
	if got := c.u8(); c.err == nil && got != kind {
		c.fail("want a tree of type %d, got %d", kind, got)
	}
	n := node1{f: f, level: c.u8(), count: c.u16(), keySize: keySize}
	if c.err == nil && level >= 0 && n.level != level {
		c.fail("want a tree node of level %d, got %d", level, n.level)
	}
	if c.err != nil {
		return nil, c.err
	}
	size := uint64(n.count*(keySize+f.offsetSize) + keySize)
	if err := t.enter(addr, head+size); err != nil {
		return nil, err
	}
	n.body, err = f.meta(addr+head, size)
	return &n, err
}

// key returns key i, 0 ≤ i ≤ count.
func (n *node1) key(i int) []byte {
	at := i * (n.keySize + n.f.offsetSize)
	return n.body[at : at+n.keySize]
}

func (n *node1) child(i int) uint64 {
	c := cursor{f: n.f, b: n.body, pos: i*(n.keySize+n.f.offsetSize) + n.keySize}
	return c.addr()
}
