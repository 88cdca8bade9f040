// Package hdf5 reads HDF5 files, NWB among them, in pure Go.
//
// It follows the HDF5 File Format Specification, version 3.0: superblocks 0 to 3,
// groups and attributes of both generations, all layouts but virtual ones, and
// the filters deflate, shuffle, fletcher32, LZF and Zstandard. Nothing is
// written, and data outside the file (external links, external storage) are
// refused with an error that says so.
//
// Reads are lazy: opening touches the superblock and the root, a hyperslab
// touches the chunks that it overlaps. Values keep their digits: integers never
// pass through floats, and a read that cannot give a value exactly is an error.
//
// Files are not trusted. Every size is checked against the file before memory is
// taken, every tree is walked with a budget of the file's own bytes and each
// node at most once, and a read takes at most File.Limit bytes.
//
// A File and what was reached through it may be used by several goroutines.
package hdf5

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// DefaultLimit is how many bytes one read may take when File.Limit is not set.
const DefaultLimit = 1 << 30

// ErrLimit is wrapped by the error of a read that would exceed File.Limit.
var ErrLimit = errors.New("read exceeds the limit")

// File is an open HDF5 file.
type File struct {
	// Limit bounds the bytes of one read: the raw elements, the values made of
	// them, and one chunk. Zero means DefaultLimit. Set it before reading.
	Limit int64

	r      io.ReaderAt
	closer io.Closer
	size   int64
	name   string
	pages  pageCache
	chunks chunkCache
	heaps  struct {
		sync.Mutex
		entries int
		byAddr  map[uint64]map[uint16]extent
	}

	base       uint64 // what addresses count from
	rootAddr   uint64
	rootGroup  *Group
	offsetSize int // bytes of an address
	lengthSize int // bytes of a length

	lax bool // tests: go on past checksums and the stored end of file
}

// Open opens the file at path.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("hdf5: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("hdf5: %w", err)
	}
	f, err := New(file, info.Size(), filepath.Base(path))
	if err != nil {
		file.Close()
		return nil, err
	}
	f.closer = file
	return f, nil
}

// New reads the HDF5 file that r holds in its first size bytes; errors call it name.
// Any ReaderAt serves, one that fetches ranges over a network included: metadata
// are read in pages of 64 KiB that are kept, data as they are stored.
func New(r io.ReaderAt, size int64, name string) (*File, error) {
	return open(r, size, name, false)
}

func open(r io.ReaderAt, size int64, name string, lax bool) (*File, error) {
	f := &File{r: r, size: size, name: name, lax: lax}
	if err := f.superblock(); err != nil {
		return nil, err
	}
	object, err := f.object(f.rootAddr, "/")
	if err != nil {
		return nil, err
	}
	var ok bool
	if f.rootGroup, ok = object.(*Group); !ok {
		return nil, f.errorf(f.rootAddr, "want the root group, got a %s", kindOf(object))
	}
	return f, nil
}

// Close closes the file if Open opened it.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

func (f *File) limit() int64 {
	if f.Limit > 0 {
		return f.Limit
	}
	return DefaultLimit
}

// Root returns the root group.
func (f *File) Root() *Group { return f.rootGroup }

// Lookup returns the object at an absolute path such as /acquisition/data,
// following hard and soft links. A missing one is fs.ErrNotExist.
func (f *File) Lookup(path string) (Object, error) {
	hops := maxHops
	return f.follow(f.Root(), path, &hops)
}

// Dataset returns the dataset at a path; another kind of object is an error.
func (f *File) Dataset(path string) (*Dataset, error) {
	object, err := f.Lookup(path)
	if err != nil {
		return nil, err
	}
	d, ok := object.(*Dataset)
	if !ok {
		return nil, fmt.Errorf("hdf5: %s: %s: want a dataset, got a %s", f.name, path, kindOf(object))
	}
	return d, nil
}

// maxDepth bounds how deep Walk descends.
const maxDepth = 256

// Walk calls visit for the root and for each object reached over hard links,
// groups before their members, members by name, each object once however many
// links lead to it. Where an object cannot be read, visit gets the error and a
// nil object. A non-nil result of visit ends the walk and is returned.
func (f *File) Walk(visit func(path string, object Object, err error) error) error {
	seen := map[uint64]bool{f.rootAddr: true}
	return f.walk(f.Root(), seen, 0, visit)
}

func (f *File) walk(object Object, seen map[uint64]bool, depth int, visit func(string, Object, error) error) error {
	path := object.Path()
	if err := visit(path, object, nil); err != nil {
		return err
	}
	g, ok := object.(*Group)
	if !ok {
		return nil
	}
	links, err := g.links()
	if err == nil && depth == maxDepth {
		err = f.errorf(g.addr, "groups are nested more than %d deep", maxDepth)
	}
	if err != nil {
		return visit(path, nil, err)
	}
	for _, l := range links {
		if l.kind != hardLink || seen[l.addr] {
			continue
		}
		seen[l.addr] = true
		child := join(path, l.name)
		object, err := f.object(l.addr, child)
		if err != nil {
			err = visit(child, nil, err)
		} else {
			err = f.walk(object, seen, depth+1, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func join(path, name string) string {
	return strings.TrimSuffix(path, "/") + "/" + name
}
