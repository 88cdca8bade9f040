package hdf5

import (
	"fmt"
	"sync"
)

// Dataset is an array in the file. As a View it reads whole; Slice narrows it.
type Dataset struct {
	node
	View
	space   dataspace
	layout  layout
	filters pipeline
	filling []byte // fill value; nil: zeros
	refusal error  // why its elements cannot be read
}

// dataset builds a dataset from its header.
func (f *File) dataset(h *header, path string) (*Dataset, error) {
	d := &Dataset{node: node{f: f, addr: h.addr, path: path}}
	c, err := h.need(msgDataspace, "dataspace")
	if err != nil {
		return nil, err
	}
	if d.space, err = c.dataspace(); err != nil {
		return nil, err
	}
	if c, err = h.need(msgDatatype, "datatype"); err != nil {
		return nil, err
	}
	typ, err := c.datatype()
	if err != nil {
		return nil, err
	}
	d.View = newView(f, path, d, d.space.dims, typ)
	// What follows matters for elements only: shape, type and attributes of a
	// dataset whose data cannot be read are still of use.
	d.refusal = d.storage(h, typ)
	return d, nil
}

// storage reads what tells where the elements are.
func (d *Dataset) storage(h *header, typ *Type) error {
	if h.has(msgExternal) {
		return d.errorf("its data lie in other files (external storage), which are not read; rewrite the file with h5repack")
	}
	c, err := h.need(msgLayout, "layout")
	if err != nil {
		return err
	}
	if d.layout, err = c.layout(); err != nil {
		return err
	}
	if d.filling, err = h.fillValue(typ.Size); err != nil {
		return err
	}
	if c, err = h.find(msgFilters); err != nil {
		return err
	}
	if c != nil {
		if d.filters, err = c.pipeline(); err != nil {
			return err
		}
	}
	if d.layout.class != chunkedLayout {
		return nil
	}
	if len(d.layout.chunk) == 0 || len(d.layout.chunk) != len(d.space.dims) || d.layout.elementSize != typ.Size {
		return h.f.errorf(h.addr, "want chunks of %d dimensions and elements of %d bytes, got %d and %d", len(d.space.dims), typ.Size, len(d.layout.chunk), d.layout.elementSize)
	}
	if n, ok := product(append([]int{typ.Size}, d.layout.chunk...)...); !ok || n > 1<<32 {
		return h.f.errorf(h.addr, "want chunks of at most 4 GiB, got shape %v of %d bytes", d.layout.chunk, typ.Size)
	}
	return nil
}

func (d *Dataset) chunkBytes() int {
	n, _ := product(append([]int{d.elementSize()}, d.layout.chunk...)...)
	return n
}

func (d *Dataset) elementSize() int { return d.View.source.elementSize }

func (d *Dataset) errorf(format string, args ...any) error {
	return d.node.errorf(format, args...)
}

// Path returns the path by which the dataset was reached.
func (d *Dataset) Path() string { return d.node.path }

// ChunkShape returns the shape of the chunks in which the data are stored, nil
// when they are in one piece. Slices along chunks are the quickest to read.
func (d *Dataset) ChunkShape() []int { return append([]int(nil), d.layout.chunk...) }

// Filters returns the names of the filters of the chunks, in the order of writing.
func (d *Dataset) Filters() []string {
	names := make([]string, len(d.filters))
	for i, f := range d.filters {
		names[i] = f.String()
	}
	return names
}

// fetch reads the elements of a box into out, which is zero.
func (d *Dataset) fetch(out []byte, b box) error {
	if d.refusal != nil {
		return d.refusal
	}
	size := d.elementSize()
	switch d.layout.class {
	case compactLayout:
		return d.fetchCompact(out, b, size)
	case contiguousLayout:
		return d.fetchContiguous(out, b, size)
	}
	return d.fetchChunks(out, b, size)
}

func (d *Dataset) fetchCompact(out []byte, b box, size int) error {
	total, ok := product(append([]int{size}, d.space.dims...)...)
	if !ok || total > len(d.layout.data) {
		return d.errorf("want %d bytes of compact data, got %d", total, len(d.layout.data))
	}
	copyBox(out, b.count, nil, d.layout.data, d.space.dims, b.offset, b.count, size)
	return nil
}

// available reports, before memory is taken, whether the file can hold what a
// read of the dataset needs.
func (d *Dataset) available() error {
	if d.refusal != nil || d.layout.class != contiguousLayout || d.layout.addr == undefined {
		return d.refusal
	}
	total, ok := product(append([]int{d.elementSize()}, d.space.dims...)...)
	if !ok {
		return d.f.errorf(d.layout.addr, "want data within the file, got shape %v of %d bytes", d.space.dims, d.elementSize())
	}
	return d.f.check(d.layout.addr, uint64(total))
}

const (
	windowBytes = 1 << 20 // read at once where runs lie close together
	windowGap   = 1 << 16 // bytes between runs that are still close
)

// fetchContiguous reads runs of elements, through a window where they are short
// and close together.
func (d *Dataset) fetchContiguous(out []byte, b box, size int) error {
	if d.layout.addr == undefined {
		fillWith(out, d.filling)
		return nil
	}
	var window []byte
	var windowAt, last int
	var err error
	runs(d.space.dims, b.offset, b.count, size, func(at, n int) { last = at + n })
	previous := -1
	runs(d.space.dims, b.offset, b.count, size, func(at, n int) {
		if err != nil {
			return
		}
		to := out[:n]
		out = out[n:]
		close := previous >= 0 && at-previous <= windowGap || previous < 0 && last-at <= windowBytes
		previous = at + n
		if n >= windowGap || !close {
			err = d.f.readInto(to, d.layout.addr+uint64(at))
			return
		}
		if at < windowAt || at+n > windowAt+len(window) {
			window, windowAt = make([]byte, min(windowBytes, last-at)), at
			if err = d.f.readInto(window, d.layout.addr+uint64(at)); err != nil {
				return
			}
		}
		copy(to, window[at-windowAt:])
	})
	return err
}

// fetchChunks copies from each chunk that the box touches.
func (d *Dataset) fetchChunks(out []byte, b box, size int) error {
	rank := len(b.count)
	low, high := make([]int, rank), make([]int, rank)
	for i, n := range d.layout.chunk {
		low[i], high[i] = b.offset[i]/n, (b.offset[i]+b.count[i]-1)/n
	}
	index, err := d.grid().index(low, high)
	if err != nil {
		return err
	}
	p := placement{box: b, chunk: d.layout.chunk, size: size}
	at := append([]int(nil), low...)
	for {
		entry, err := index.find(at)
		if err != nil {
			return err
		}
		p.move(at)
		if entry.addr == undefined {
			p.fill(out, d.filling)
		} else {
			data, err := d.loadChunk(entry, at)
			if err != nil {
				return err
			}
			p.copy(out, data)
		}
		i := rank - 1
		for ; i >= 0 && at[i] == high[i]; i-- {
			at[i] = low[i]
		}
		if i < 0 {
			return nil
		}
		at[i]++
	}
}

// loadChunk reads and decodes a chunk.
func (d *Dataset) loadChunk(e chunkEntry, at []int) ([]byte, error) {
	size := d.chunkBytes()
	if int64(size) > d.f.limit() {
		return nil, d.errorf("chunks of %d bytes: %w of %d bytes; raise File.Limit", size, ErrLimit, d.f.limit())
	}
	key := chunkKey{d.addr, e.addr}
	if data := d.f.chunks.get(key); data != nil {
		return data, nil
	}
	if e.size > uint64(d.f.size) {
		return nil, d.f.errorf(e.addr, "want a chunk within the file, got one of %d bytes", e.size)
	}
	if err := d.f.check(e.addr, e.size); err != nil {
		return nil, err
	}
	filters := d.filters
	if d.layout.rawEdges && d.pastEdge(at) {
		filters = nil
	}
	if len(filters) == 0 && e.size != uint64(size) {
		return nil, d.f.errorf(e.addr, "want a chunk of %d bytes, got %d", size, e.size)
	}
	stored := make([]byte, e.size)
	if err := d.f.readInto(stored, e.addr); err != nil {
		return nil, err
	}
	data, err := filters.decode(stored, e.mask, size)
	if err != nil {
		return nil, d.f.errorf(e.addr, "chunk %v of %s: %w", at, d.Path(), err)
	}
	d.f.chunks.put(key, data)
	return data, nil
}

// pastEdge reports whether a chunk reaches past the end of the dataset.
func (d *Dataset) pastEdge(at []int) bool {
	for i, n := range d.layout.chunk {
		if (at[i]+1)*n > d.space.dims[i] {
			return true
		}
	}
	return false
}

// chunkKey names a decoded chunk: two datasets may read the same bytes differently.
type chunkKey struct{ dataset, chunk uint64 }

// cacheBytes bounds the decoded chunks that are kept for later reads of the same
// chunks, as when a matrix is read column by column.
const cacheBytes = 32 << 20

type chunkCache struct {
	sync.Mutex
	data  map[chunkKey][]byte
	order []chunkKey // oldest first
	bytes int
}

func (c *chunkCache) get(key chunkKey) []byte {
	c.Lock()
	defer c.Unlock()
	return c.data[key]
}

func (c *chunkCache) put(key chunkKey, data []byte) {
	if len(data) > cacheBytes/4 {
		return
	}
	c.Lock()
	defer c.Unlock()
	if c.data == nil {
		c.data = map[chunkKey][]byte{}
	}
	if _, ok := c.data[key]; ok {
		return
	}
	c.data[key] = data
	c.order = append(c.order, key)
	for c.bytes += len(data); c.bytes > cacheBytes; c.order = c.order[1:] {
		c.bytes -= len(c.data[c.order[0]])
		delete(c.data, c.order[0])
	}
}

func (d *Dataset) String() string {
	return fmt.Sprintf("%s %v %v", d.Path(), d.View.Shape(), d.View.Type())
}
