package hdf5

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// Group holds named links to other objects.
type Group struct {
	node
	load struct {
		sync.Once
		links []link
		err   error
	}
}

type linkKind int

const (
	hardLink linkKind = iota
	softLink
	externalLink
)

// link is a named entry of a group.
type link struct {
	name   string
	kind   linkKind
	addr   uint64 // of a hard link
	target string // path of a soft link, "object in file" of an external one
}

// Names returns the names of the group's links, sorted.
func (g *Group) Names() ([]string, error) {
	links, err := g.links()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(links))
	for i, l := range links {
		names[i] = l.name
	}
	return names, nil
}

// Get returns the object at a name, or at a path relative to the group, following
// hard and soft links. A missing one is fs.ErrNotExist.
func (g *Group) Get(name string) (Object, error) {
	hops := maxHops
	return g.f.follow(g, name, &hops)
}

// link returns the link of that name.
func (g *Group) link(name string) (link, error) {
	links, err := g.links()
	if err != nil {
		return link{}, err
	}
	i, found := slices.BinarySearchFunc(links, name, func(l link, name string) int { return cmp.Compare(l.name, name) })
	if !found {
		return link{}, g.errorf("want an object %q, got none: %w", name, fs.ErrNotExist)
	}
	return links[i], nil
}

// links returns the group's links, sorted by name.
func (g *Group) links() ([]link, error) {
	g.load.Do(func() { g.load.links, g.load.err = g.readLinks() })
	return g.load.links, g.load.err
}

func (g *Group) readLinks() ([]link, error) {
	h, err := g.f.header(g.addr)
	if err != nil {
		return nil, err
	}
	var links []link
	if c, err := h.find(msgSymbolTable); err != nil {
		return nil, err
	} else if c != nil {
		if links, err = c.symbolTable(); err != nil {
			return nil, err
		}
	}
	for _, m := range h.messages {
		if m.kind != msgLink {
			continue
		}
		l, err := h.cursor(m).link()
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	if c, err := h.find(msgLinkInfo); err != nil {
		return nil, err
	} else if c != nil {
		dense, err := c.denseLinks()
		if err != nil {
			return nil, err
		}
		links = append(links, dense...)
	}
	slices.SortFunc(links, func(a, b link) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(links); i++ {
		if links[i].name == links[i-1].name {
			return nil, g.f.errorf(g.addr, "want each name once in %s, got %q twice", g.path, links[i].name)
		}
	}
	return links, nil
}

// link decodes a link message.
func (c *cursor) link() (link, error) {
	var l link
	c.version("link", 1, 1)
	flags := c.u8()
	kind := 0
	if flags&8 != 0 {
		kind = c.u8()
	}
	if flags&4 != 0 {
		c.take(8) // creation order
	}
	if flags&0x10 != 0 {
		c.take(1) // character set
	}
	l.name = string(c.take(c.size(1 << (flags & 3))))
	if c.err == nil && (l.name == "" || strings.Contains(l.name, "/")) {
		c.fail("want a link name without /, got %q", l.name)
	}
	switch kind {
	case 0:
		l.addr = c.addr()
	case 1:
		l.kind = softLink
		l.target = string(c.take(c.u16()))
	case 64:
		l.kind = externalLink
		c.take(2 + 1) // size, version and flags
		file := c.text()
		l.target = c.text() + " in " + file
	default:
		c.fail("want a hard, soft or external link for %q, got kind %d", l.name, kind)
	}
	return l, c.err
}

// denseLinks reads the links that a link info message leads to.
func (c *cursor) denseLinks() ([]link, error) {
	c.version("link info", 0, 0)
	if flags := c.u8(); flags&1 != 0 {
		c.take(8) // highest creation order
	}
	heapAddr, treeAddr := c.addr(), c.addr()
	if c.err != nil || heapAddr == undefined {
		return nil, c.err
	}
	var links []link
	err := c.f.dense(heapAddr, treeAddr, 5, 4, func(object *cursor) error {
		l, err := object.link()
		links = append(links, l)
		return err
	})
	return links, err
}

// dense calls visit with each object that the records of a tree of the given
// type name in a fractal heap; the heap's id starts at byte idAt of a record.
func (f *File) dense(heapAddr, treeAddr uint64, treeType, idAt int, visit func(*cursor) error) error {
	heap, err := f.fractalHeap(heapAddr)
	if err != nil {
		return err
	}
	tree, err := f.tree2(treeAddr, treeType)
	if err != nil {
		return err
	}
	if tree.recordSize < idAt+heap.idSize {
		return f.errorf(treeAddr, "want records of at least %d bytes, got %d", idAt+heap.idSize, tree.recordSize)
	}
	return tree.each(nil, func(record []byte) error {
		c, err := heap.object(record[idAt : idAt+heap.idSize])
		if err != nil {
			return err
		}
		return visit(c)
	})
}
