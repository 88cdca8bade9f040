package hdf5

import (
	"cmp"
	"io/fs"
	"slices"
)

// attribute is an undecoded attribute.
type attribute struct {
	name   string
	cursor *cursor // behind the name
	head   attrHead
}

// attrHead is what an attribute message begins with.
type attrHead struct {
	version             int
	flags               int
	typeSize, spaceSize int
}

// AttrNames returns the names of the attributes, sorted.
func (n *node) AttrNames() ([]string, error) {
	list, err := n.attributes()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list))
	for i, a := range list {
		names[i] = a.name
	}
	return names, nil
}

// Attr returns the attribute of that name; a missing one is fs.ErrNotExist.
func (n *node) Attr(name string) (*View, error) {
	list, err := n.attributes()
	if err != nil {
		return nil, err
	}
	i, found := slices.BinarySearchFunc(list, name, func(a attribute, name string) int { return cmp.Compare(a.name, name) })
	if !found {
		return nil, n.errorf("want an attribute %q, got none: %w", name, fs.ErrNotExist)
	}
	v, err := list[i].view(n.path + "@" + name)
	if err != nil {
		return nil, n.errorf("attribute %q: %w", name, err)
	}
	return v, nil
}

// attributes returns the object's attributes, sorted by name.
func (n *node) attributes() ([]attribute, error) {
	n.attrs.Do(func() { n.attrs.list, n.attrs.err = n.f.attributes(n.addr) })
	return n.attrs.list, n.attrs.err
}

func (f *File) attributes(addr uint64) ([]attribute, error) {
	h, err := f.header(addr)
	if err != nil {
		return nil, err
	}
	var list []attribute
	add := func(c *cursor) error {
		a, err := c.attribute()
		list = append(list, a)
		return err
	}
	for _, m := range h.messages {
		if m.kind != msgAttribute {
			continue
		}
		if m.flags&2 != 0 {
			return nil, f.errorf(m.at, "shared attributes are not supported; rewrite the file with h5repack")
		}
		if err := add(h.cursor(m)); err != nil {
			return nil, err
		}
	}
	if c, err := h.find(msgAttrInfo); err != nil {
		return nil, err
	} else if c != nil {
		c.version("attribute info", 0, 0)
		if flags := c.u8(); flags&1 != 0 {
			c.take(2) // highest creation order
		}
		heapAddr, treeAddr := c.addr(), c.addr()
		if c.err != nil {
			return nil, c.err
		}
		if heapAddr != undefined {
			if err := f.dense(heapAddr, treeAddr, 8, 0, add); err != nil {
				return nil, err
			}
		}
	}
	slices.SortFunc(list, func(a, b attribute) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(list); i++ {
		if list[i].name == list[i-1].name {
			return nil, f.errorf(addr, "want each attribute once, got %q twice", list[i].name)
		}
	}
	return list, nil
}

// attribute decodes the head and name of an attribute message.
func (c *cursor) attribute() (attribute, error) {
	a := attribute{cursor: c}
	a.head.version = c.version("attribute", 1, 3)
	a.head.flags = c.u8()
	nameSize := c.u16()
	a.head.typeSize, a.head.spaceSize = c.u16(), c.u16()
	if a.head.version == 3 {
		c.take(1) // character set of the name
	}
	b := c.take(a.head.pad(nameSize))
	for i, ch := range b {
		if ch == 0 {
			b = b[:i]
			break
		}
	}
	a.name = string(b)
	return a, c.err
}

// pad rounds the size of a part up, as version 1 does.
func (h attrHead) pad(n int) int {
	if h.version == 1 {
		n = (n + 7) / 8 * 8
	}
	return n
}

// view decodes the rest of an attribute.
func (a *attribute) view(name string) (*View, error) {
	c := *a.cursor // several goroutines may decode it
	part := func(size, sharedFlag, kind int) (*cursor, error) {
		p := &cursor{f: c.f, at: c.here(), b: c.take(a.head.pad(size))}
		if c.err != nil {
			return nil, c.err
		}
		if a.head.version > 1 && a.head.flags&sharedFlag != 0 {
			return p.shared(kind)
		}
		return p, nil
	}
	p, err := part(a.head.typeSize, 1, msgDatatype)
	if err != nil {
		return nil, err
	}
	typ, err := p.datatype()
	if err != nil {
		return nil, err
	}
	if p, err = part(a.head.spaceSize, 2, msgDataspace); err != nil {
		return nil, err
	}
	space, err := p.dataspace()
	if err != nil {
		return nil, err
	}
	total, ok := product(append([]int{typ.Size}, space.dims...)...)
	if !ok || total > c.left() {
		return nil, c.f.errorf(c.here(), "want %d bytes of values, got %d", total, c.left())
	}
	v := newView(c.f, name, memory{c.take(total), space.dims}, space.dims, typ)
	return &v, nil
}
