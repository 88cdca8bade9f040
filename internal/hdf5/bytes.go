package hdf5

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"sync"
)

// undefined is the address of what was never allocated: all bits set.
const undefined = math.MaxUint64

// maxBlock bounds one block of metadata; real ones are far smaller.
const maxBlock = 1 << 28

const (
	pageBytes = 1 << 16
	maxPages  = 256
)

// pageCache keeps pages of the file for metadata, which come as many small reads
// close together.
type pageCache struct {
	sync.Mutex
	byIndex map[int64][]byte
	order   []int64 // oldest first
}

// errorf makes an error that names the file and a place in it.
func (f *File) errorf(addr uint64, format string, args ...any) error {
	return fmt.Errorf("hdf5: %s: offset %d: %w", f.name, f.base+addr, fmt.Errorf(format, args...))
}

// check reports whether n bytes at addr lie within the file.
func (f *File) check(addr, n uint64) error {
	if addr == undefined {
		return fmt.Errorf("hdf5: %s: want an address of %d bytes, got the undefined one: the file is damaged", f.name, n)
	}
	room := uint64(f.size) - f.base
	if addr > room || n > room-addr {
		return f.errorf(addr, "want %d bytes, got a file of %d bytes: it is truncated or damaged", n, f.size)
	}
	return nil
}

// readInto fills b from addr.
func (f *File) readInto(b []byte, addr uint64) error {
	if err := f.check(addr, uint64(len(b))); err != nil {
		return err
	}
	n, err := f.r.ReadAt(b, int64(f.base+addr))
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return f.errorf(addr, "want %d bytes, got %d: %w", len(b), n, err)
}

// meta returns n bytes of metadata at addr, not to be written to.
func (f *File) meta(addr, n uint64) ([]byte, error) {
	if err := f.check(addr, n); err != nil {
		return nil, err
	}
	if n > maxBlock {
		return nil, f.errorf(addr, "want a block of metadata of at most %d bytes, got %d", maxBlock, n)
	}
	if n == 0 {
		return nil, nil
	}
	start := int64(f.base + addr)
	if start/pageBytes == (start+int64(n)-1)/pageBytes {
		page, err := f.page(start / pageBytes)
		if err != nil {
			return nil, err
		}
		in := uint64(start % pageBytes)
		return page[in : in+n : in+n], nil
	}
	b := make([]byte, n)
	for done := 0; done < len(b); {
		at := start + int64(done)
		page, err := f.page(at / pageBytes)
		if err != nil {
			return nil, err
		}
		done += copy(b[done:], page[at%pageBytes:])
	}
	return b, nil
}

func (f *File) page(index int64) ([]byte, error) {
	c := &f.pages
	c.Lock()
	page, ok := c.byIndex[index]
	c.Unlock()
	if ok {
		return page, nil
	}
	start := index * pageBytes
	page = make([]byte, min(pageBytes, f.size-start))
	if err := f.readInto(page, uint64(start)-f.base); err != nil {
		return nil, err
	}
	c.Lock()
	defer c.Unlock()
	if c.byIndex == nil {
		c.byIndex = map[int64][]byte{}
	}
	if _, ok := c.byIndex[index]; !ok {
		c.order = append(c.order, index)
	}
	c.byIndex[index] = page
	if len(c.order) > maxPages {
		delete(c.byIndex, c.order[0])
		c.order = c.order[1:]
	}
	return page, nil
}

// cursor decodes a block of metadata. After the first failure it yields zeros
// and keeps the error, so that a structure is decoded first and checked once.
type cursor struct {
	f   *File
	at  uint64 // address of b[0]
	b   []byte
	pos int
	err error
}

// cursor returns one over n bytes at addr.
func (f *File) cursor(addr, n uint64) (*cursor, error) {
	b, err := f.meta(addr, n)
	if err != nil {
		return nil, err
	}
	return &cursor{f: f, at: addr, b: b}, nil
}

func (c *cursor) here() uint64 { return c.at + uint64(c.pos) }

func (c *cursor) left() int { return len(c.b) - c.pos }

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = c.f.errorf(c.here(), format, args...)
	}
}

// take returns the next n bytes, or nil if there are fewer.
func (c *cursor) take(n int) []byte {
	if c.err == nil && (n < 0 || n > c.left()) {
		c.fail("want %d more bytes of the structure, got %d", n, c.left())
	}
	if c.err != nil {
		return nil
	}
	c.pos += n
	return c.b[c.pos-n : c.pos : c.pos]
}

// uint decodes a little-endian integer of n bytes, n ≤ 8.
func (c *cursor) uint(n int) uint64 {
	var word [8]byte
	copy(word[:], c.take(n))
	return binary.LittleEndian.Uint64(word[:])
}

func (c *cursor) u8() int  { return int(c.uint(1)) }
func (c *cursor) u16() int { return int(c.uint(2)) }
func (c *cursor) u32() int { return int(c.uint(4)) }

// addr decodes an address; one with all bits set becomes undefined.
func (c *cursor) addr() uint64 {
	v := c.uint(c.f.offsetSize)
	if v == undefined>>(64-8*c.f.offsetSize) {
		return undefined
	}
	return v
}

func (c *cursor) length() uint64 { return c.uint(c.f.lengthSize) }

// size decodes an integer of n bytes that must fit an int.
func (c *cursor) size(n int) int {
	v := c.uint(n)
	if v > math.MaxInt {
		c.fail("want a size below 2^63, got %d", v)
		return 0
	}
	return int(v)
}

// expect checks a signature.
func (c *cursor) expect(signature string) {
	if got := c.take(len(signature)); c.err == nil && string(got) != signature {
		c.pos -= len(signature)
		c.fail("want signature %q, got %q", signature, got)
	}
}

// version reads a version byte, which must lie in low…high.
func (c *cursor) version(what string, low, high int) int {
	v := c.u8()
	if c.err == nil && (v < low || v > high) {
		c.fail("want %s of version %d to %d, got %d", what, low, high, v)
	}
	return v
}

// text reads up to a NUL, which is consumed.
func (c *cursor) text() string {
	if c.err != nil {
		return ""
	}
	for i, b := range c.b[c.pos:] {
		if b == 0 {
			s := string(c.b[c.pos : c.pos+i])
			c.pos += i + 1
			return s
		}
	}
	c.fail("want a name that ends in NUL")
	return ""
}

// checksum reads the checksum of all bytes before it and compares.
func (c *cursor) checksum() {
	end := c.pos
	want := uint32(c.uint(4))
	if c.err != nil || c.f.lax {
		return
	}
	if got := lookup3(c.b[:end]); got != want {
		c.fail("want checksum %08x, got %08x: the file is damaged", want, got)
	}
}

// trip is one walk over a tree or list of blocks: each block is visited at most
// once and all together are no larger than the file.
type trip struct {
	f    *File
	left uint64
	seen map[uint64]bool
}

func (f *File) trip() *trip {
	return &trip{f: f, left: uint64(f.size), seen: map[uint64]bool{}}
}

// enter notes a visit to a block of n bytes.
func (t *trip) enter(addr, n uint64) error {
	if t.seen[addr] {
		return t.f.errorf(addr, "want each block once, got a cycle or shared block: the file is damaged")
	}
	t.seen[addr] = true
	return t.spend(addr, n)
}

// spend takes n bytes off the budget.
func (t *trip) spend(addr, n uint64) error {
	if n > t.left {
		return t.f.errorf(addr, "want blocks that do not overlap, got more bytes than the file has: it is damaged")
	}
	t.left -= n
	return nil
}

// product multiplies sizes; ok is false past 2^62.
func product(sizes ...int) (n int, ok bool) {
	n = 1
	for _, s := range sizes {
		if s == 0 {
			return 0, true
		}
	}
	for _, s := range sizes {
		if s < 0 || n > (1<<62)/s {
			return 0, false
		}
		n *= s
	}
	return n, true
}
