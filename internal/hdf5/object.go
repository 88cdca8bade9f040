package hdf5

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
)

// Object is a *Group, a *Dataset or a *NamedType.
type Object interface {
	// Path returns the path by which the object was reached.
	Path() string
	// AttrNames returns the names of the attributes, sorted.
	AttrNames() ([]string, error)
	// Attr returns an attribute; a missing one is fs.ErrNotExist.
	Attr(name string) (*View, error)
}

// NamedType is a datatype that is stored as an object of its own.
type NamedType struct {
	node
	typ *Type
}

// Type returns the datatype.
func (n *NamedType) Type() Type { return *n.typ }

// node is what all objects have in common.
type node struct {
	f     *File
	addr  uint64
	path  string
	attrs struct {
		sync.Once
		list []attribute
		err  error
	}
}

// Path returns the path by which the object was reached.
func (n *node) Path() string { return n.path }

func (n *node) errorf(format string, args ...any) error {
	return fmt.Errorf("hdf5: %s: %s: %w", n.f.name, n.path, fmt.Errorf(format, args...))
}

func kindOf(object Object) string {
	switch object.(type) {
	case *Group:
		return "group"
	case *Dataset:
		return "dataset"
	}
	return "datatype"
}

// object reads the object whose header is at addr.
func (f *File) object(addr uint64, path string) (Object, error) {
	h, err := f.header(addr)
	if err != nil {
		return nil, fmt.Errorf("%w (object %s)", err, path)
	}
	switch {
	case h.has(msgLayout):
		return f.dataset(h, path)
	case h.has(msgSymbolTable), h.has(msgLinkInfo), h.has(msgLink), h.has(msgGroupInfo):
		return &Group{node: node{f: f, addr: addr, path: path}}, nil
	case h.has(msgDatatype):
		c, err := h.need(msgDatatype, "datatype")
		if err != nil {
			return nil, err
		}
		typ, err := c.datatype()
		if err != nil {
			return nil, err
		}
		return &NamedType{node: node{f: f, addr: addr, path: path}, typ: typ}, nil
	}
	return nil, f.errorf(addr, "want a group, dataset or datatype at %s, got a header with none of their messages", path)
}

// maxHops bounds the soft links followed in one lookup.
const maxHops = 64

// follow walks a path from a group, or from the root where the path is absolute.
func (f *File) follow(g *Group, path string, hops *int) (Object, error) {
	if strings.HasPrefix(path, "/") {
		g = f.Root()
	}
	var object Object = g
	for name := range strings.SplitSeq(path, "/") {
		if name == "" || name == "." {
			continue
		}
		g, ok := object.(*Group)
		if !ok {
			return nil, fmt.Errorf("hdf5: %s: %s: want a group that holds %q, got a %s: %w", f.name, object.Path(), name, kindOf(object), fs.ErrNotExist)
		}
		l, err := g.link(name)
		if err != nil {
			return nil, err
		}
		if object, err = g.target(l, hops); err != nil {
			return nil, err
		}
	}
	return object, nil
}

// target returns what a link of g leads to.
func (g *Group) target(l link, hops *int) (Object, error) {
	path := join(g.path, l.name)
	switch l.kind {
	case hardLink:
		return g.f.object(l.addr, path)
	case softLink:
		if *hops--; *hops < 0 {
			return nil, g.errorf("want at most %d soft links in a lookup, got more at %q: they may lead in a circle", maxHops, l.name)
		}
		object, err := g.f.follow(g, l.target, hops)
		if err != nil {
			return nil, fmt.Errorf("%w (by the soft link %s to %q)", err, path, l.target)
		}
		return object, nil
	}
	return nil, g.errorf("%q is an external link to %s: links out of the file are not followed; open that file itself", l.name, l.target)
}
