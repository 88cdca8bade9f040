package hdf5

import "math/bits"

// arrayBlocks reads blocks of chunk entries, each once and with its checksum.
type arrayBlocks struct {
	*grid
	trip      *trip
	cache     map[uint64][]byte
	entrySize int
	sizeBytes int
}

func (g *grid) arrayBlocks() arrayBlocks {
	return arrayBlocks{grid: g, trip: g.f.trip(), cache: map[uint64][]byte{}}
}

// setEntry checks what an index says of its entries.
func (b *arrayBlocks) setEntry(c *cursor, client, size int) {
	b.entrySize = size
	want := 0
	if b.filtered {
		want = 1
		b.sizeBytes = size - b.f.offsetSize - 4
	}
	bad := b.filtered && (b.sizeBytes < 1 || b.sizeBytes > 8) || !b.filtered && size != b.f.offsetSize
	if c.err == nil && (client != want || bad) {
		c.fail("want an index of entries of kind %d, got kind %d with %d bytes", want, client, size)
	}
}

// block returns the bytes of a block without its signature check repeated: the
// signature, versions and address that begin it are checked the first time.
func (b *arrayBlocks) block(addr, size uint64, signature string) ([]byte, error) {
	if data, ok := b.cache[addr]; ok {
		if uint64(len(data)) != size {
			return nil, b.f.errorf(addr, "want blocks that do not overlap: the file is damaged")
		}
		return data, nil
	}
	c, err := b.f.cursor(addr, size)
	if err != nil {
		return nil, err
	}
	if err := b.trip.enter(addr, size); err != nil {
		return nil, err
	}
	if signature != "" {
		c.expect(signature)
		c.version("index block", 0, 0)
	}
	if c.err == nil && size < 4 {
		c.fail("want a block with a checksum, got %d bytes", size)
	}
	if c.err != nil {
		return nil, c.err
	}
	c.pos = len(c.b) - 4
	if c.checksum(); c.err != nil {
		return nil, c.err
	}
	b.cache[addr] = c.b
	return c.b, nil
}

// at decodes entry n of those that begin at byte start of a block.
func (b *arrayBlocks) at(block []byte, start int, n uint64) (chunkEntry, error) {
	c := &cursor{f: b.f, at: b.addr, b: block}
	if n > uint64(len(block)) {
		c.fail("want an entry within a block of %d bytes, got number %d", len(block), n)
	}
	c.take(start + int(n)*b.entrySize)
	return b.entry(c, b.sizeBytes)
}

// bit returns bit n of a map whose bytes begin with their highest bit.
func bit(bitmap []byte, n uint64) bool {
	return n/8 < uint64(len(bitmap)) && bitmap[n/8]&(0x80>>(n%8)) != 0
}

// fixedArray is an index whose number of chunks was known from the start.
type fixedArray struct {
	arrayBlocks
	count uint64
	data  uint64 // address of the entries
	page  uint64 // entries in a page
}

func (g *grid) fixedArray() (chunkIndex, error) {
	c, err := g.f.cursor(g.addr, 12+uint64(g.f.lengthSize+g.f.offsetSize))
	if err != nil {
		return nil, err
	}
	a := &fixedArray{arrayBlocks: g.arrayBlocks()}
	c.expect("FAHD")
	c.version("fixed array", 0, 0)
	client, size, pageBits := c.u8(), c.u8(), c.u8()
	a.setEntry(c, client, size)
	a.count, a.data = c.length(), c.addr()
	c.checksum()
	if c.err == nil && pageBits > 31 {
		c.fail("want pages of at most 2^31 entries, got 2^%d", pageBits)
	}
	a.page = 1 << (pageBits & 31)
	return a, c.err
}

func (a *fixedArray) find(at []int) (chunkEntry, error) {
	n, ok := a.number(at, 0)
	if !ok || n >= a.count {
		return chunkEntry{}, a.f.errorf(a.addr, "want a chunk below %d, got number %d", a.count, n)
	}
	if a.data == undefined {
		return chunkEntry{addr: undefined}, nil
	}
	head := 6 + a.f.offsetSize
	entry := uint64(a.entrySize)
	if a.count <= a.page {
		block, err := a.block(a.data, uint64(head)+a.count*entry+4, "FADB")
		if err != nil {
			return chunkEntry{}, err
		}
		return a.at(block, head, n)
	}
	pages := (a.count-1)/a.page + 1
	prefix := uint64(head) + (pages-1)/8 + 1 + 4
	block, err := a.block(a.data, prefix, "FADB")
	if err != nil {
		return chunkEntry{}, err
	}
	page := n / a.page
	if !bit(block[head:], page) {
		return chunkEntry{addr: undefined}, nil
	}
	inPage := min(a.page, a.count-page*a.page)
	// The prefix with its bitmap fits the file, so these products stay small.
	if block, err = a.block(a.data+prefix+page*(a.page*entry+4), inPage*entry+4, ""); err != nil {
		return chunkEntry{}, err
	}
	return a.at(block, 0, n%a.page)
}

// extensibleArray is the index of a dataset with one unlimited dimension: a block
// with the first entries, then super blocks, each of twice as many entries.
type extensibleArray struct {
	arrayBlocks
	indexAddr  uint64
	unlimited  int // dimension
	inIndex    uint64
	minEntries uint64 // of a data block
	page       uint64 // entries in a page of a data block
	supers     int    // super blocks at most
	firstSuper int    // first super block that is stored as such
	offsetSize int    // bytes of an offset in the array
	used       uint64 // one past the highest entry set
}

func (g *grid) extensibleArray() (chunkIndex, error) {
	c, err := g.f.cursor(g.addr, 16+uint64(6*g.f.lengthSize+g.f.offsetSize))
	if err != nil {
		return nil, err
	}
	a := &extensibleArray{arrayBlocks: g.arrayBlocks()}
	c.expect("EAHD")
	c.version("extensible array", 0, 0)
	client, size, maxBits := c.u8(), c.u8(), c.u8()
	a.setEntry(c, client, size)
	a.inIndex, a.minEntries = c.uint(1), c.uint(1)
	minPointers, pageBits := c.uint(1), c.u8()
	c.take(4 * g.f.lengthSize)
	a.used = c.length()
	c.length() // entries allocated
	a.indexAddr = c.addr()
	c.checksum()
	if c.err != nil {
		return nil, c.err
	}
	powers := bits.OnesCount64(a.minEntries) == 1 && bits.OnesCount64(minPointers) == 1 && minPointers > 1
	entryBits := bits.Len64(a.minEntries) - 1
	if !powers || maxBits > 64 || maxBits <= entryBits || pageBits > 31 {
		return nil, g.f.errorf(g.addr, "want an extensible array of sensible shape, got %d bits, %d entries, %d pointers, pages of 2^%d", maxBits, a.minEntries, minPointers, pageBits)
	}
	a.page = 1 << pageBits
	a.supers = 1 + maxBits - entryBits
	a.firstSuper = 2 * (bits.Len64(minPointers) - 1)
	a.offsetSize = (maxBits + 7) / 8
	if a.firstSuper > a.supers {
		return nil, g.f.errorf(g.addr, "want at most %d super blocks, got %d in the index block", a.supers, a.firstSuper)
	}
	return a, a.findUnlimited()
}

func (a *extensibleArray) findUnlimited() error {
	a.unlimited = -1
	for i, n := range a.space.max {
		if n == undefined && a.unlimited >= 0 {
			return a.f.errorf(a.addr, "want one unlimited dimension under an extensible array, got two")
		}
		if n == undefined {
			a.unlimited = i
		}
	}
	if a.unlimited < 0 {
		return a.f.errorf(a.addr, "want an unlimited dimension under an extensible array, got none")
	}
	return nil
}

// super describes a super block: its data blocks and their entries.
func (a *extensibleArray) super(i int) (blocks, entries uint64) {
	return 1 << (i / 2), a.minEntries << ((i + 1) / 2)
}

func (a *extensibleArray) find(at []int) (chunkEntry, error) {
	n, ok := a.number(at, a.unlimited)
	if !ok {
		return chunkEntry{}, a.f.errorf(a.addr, "want a chunk number below 2^64, got more")
	}
	missing := chunkEntry{addr: undefined}
	if n >= a.used || a.indexAddr == undefined {
		return missing, nil
	}
	head := 6 + a.f.offsetSize
	// Super blocks below firstSuper have their data blocks listed in the index
	// block: 1, 1, 2, 2, 4, 4, … of them.
	direct := 2 * (1<<(a.firstSuper/2) - 1)
	listed := direct + a.supers - a.firstSuper
	size := head + int(a.inIndex)*a.entrySize + listed*a.f.offsetSize + 4
	block, err := a.block(a.indexAddr, uint64(size), "EAIB")
	if err != nil {
		return missing, err
	}
	if n < a.inIndex {
		return a.at(block, head, n)
	}
	n -= a.inIndex
	i := bits.Len64(n/a.minEntries+1) - 1
	if i >= a.supers {
		return missing, a.f.errorf(a.addr, "want a chunk within %d super blocks, got number %d", a.supers, n)
	}
	_, entries := a.super(i)
	n -= (1<<i - 1) * a.minEntries
	pointers := &cursor{f: a.f, at: a.indexAddr, b: block, pos: head + int(a.inIndex)*a.entrySize}
	if i >= a.firstSuper {
		pointers.take((direct + i - a.firstSuper) * a.f.offsetSize)
		return a.inSuper(pointers.addr(), i, n)
	}
	before := 2 * (1<<(i/2) - 1)
	if i%2 == 1 {
		before += 1 << (i / 2)
	}
	pointers.take((before + int(n/entries)) * a.f.offsetSize)
	addr := pointers.addr()
	if pointers.err != nil {
		return missing, pointers.err
	}
	return a.inData(addr, entries, n%entries, nil)
}

// inSuper finds entry n of super block i.
func (a *extensibleArray) inSuper(addr uint64, i int, n uint64) (chunkEntry, error) {
	if addr == undefined {
		return chunkEntry{addr: undefined}, nil
	}
	blocks, entries := a.super(i)
	head := uint64(6 + a.f.offsetSize + a.offsetSize)
	var mapBytes, pages uint64
	if entries > a.page {
		pages = entries / a.page
		mapBytes = blocks * ((pages + 7) / 8)
	}
	if blocks > uint64(a.f.size) || mapBytes > uint64(a.f.size) {
		return chunkEntry{}, a.f.errorf(addr, "want a super block within the file, got one of %d data blocks", blocks)
	}
	block, err := a.block(addr, head+mapBytes+blocks*uint64(a.f.offsetSize)+4, "EASB")
	if err != nil {
		return chunkEntry{}, err
	}
	which := n / entries
	pointers := &cursor{f: a.f, at: addr, b: block}
	pointers.take(int(head + mapBytes + which*uint64(a.f.offsetSize)))
	dataAddr := pointers.addr()
	if pointers.err != nil {
		return chunkEntry{}, pointers.err
	}
	initialised := func(page uint64) bool {
		return bit(block[head:head+mapBytes], which*pages+page)
	}
	return a.inData(dataAddr, entries, n%entries, initialised)
}

// inData finds entry n of a data block with that many entries. Large ones come in
// pages, of which a map in the super block tells whether they were written.
func (a *extensibleArray) inData(addr, entries, n uint64, initialised func(uint64) bool) (chunkEntry, error) {
	if addr == undefined {
		return chunkEntry{addr: undefined}, nil
	}
	head := 6 + a.f.offsetSize + a.offsetSize
	entry := uint64(a.entrySize)
	if entries <= a.page {
		block, err := a.block(addr, uint64(head)+entries*entry+4, "EADB")
		if err != nil {
			return chunkEntry{}, err
		}
		return a.at(block, head, n)
	}
	prefix := uint64(head) + 4
	if _, err := a.block(addr, prefix, "EADB"); err != nil {
		return chunkEntry{}, err
	}
	page := n / a.page
	if initialised != nil && !initialised(page) {
		return chunkEntry{addr: undefined}, nil
	}
	block, err := a.block(addr+prefix+page*(a.page*entry+4), a.page*entry+4, "")
	if err != nil {
		return chunkEntry{}, err
	}
	return a.at(block, 0, n%a.page)
}
