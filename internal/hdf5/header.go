package hdf5

// Kinds of messages in an object header.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgOldFill      = 0x04
	msgFill         = 0x05
	msgLink         = 0x06
	msgExternal     = 0x07
	msgLayout       = 0x08
	msgGroupInfo    = 0x0A
	msgFilters      = 0x0B
	msgAttribute    = 0x0C
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
	msgAttrInfo     = 0x15
	msgLast         = 0x17
)

// message is one message of an object header.
type message struct {
	kind  int
	flags int
	at    uint64
	body  []byte
}

// header is all messages of an object.
type header struct {
	f        *File
	addr     uint64
	messages []message
}

// headerReader gathers the messages of one header from its blocks.
type headerReader struct {
	header
	version int
	ordered bool // version 2: messages carry their creation order
	trip    *trip
	blocks  []extent // still to read
}

// extent is a piece of the file.
type extent struct{ addr, size uint64 }

// header reads the object header at addr.
func (f *File) header(addr uint64) (*header, error) {
	c, err := f.cursor(addr, 4)
	if err != nil {
		return nil, err
	}
	r := headerReader{header: header{f: f, addr: addr}, trip: f.trip()}
	if string(c.b) == "OHDR" {
		err = r.begin2()
	} else {
		err = r.begin1()
	}
	for err == nil && len(r.blocks) > 0 {
		block := r.blocks[0]
		r.blocks = r.blocks[1:]
		err = r.block(block)
	}
	if err != nil {
		return nil, err
	}
	return &r.header, nil
}

func (r *headerReader) begin1() error {
	c, err := r.f.cursor(r.addr, 12)
	if err != nil {
		return err
	}
	r.version = c.version("object header", 1, 1)
	c.take(1 + 2 + 4) // reserved, number of messages, links to the object
	size := c.uint(4)
	if c.err != nil {
		return c.err
	}
	// Four bytes align the first message.
	r.blocks = append(r.blocks, extent{r.addr + 16, size})
	return nil
}

func (r *headerReader) begin2() error {
	prefix := uint64(6)
	c, err := r.f.cursor(r.addr, prefix)
	if err != nil {
		return err
	}
	c.expect("OHDR")
	r.version = c.version("object header", 2, 2)
	flags := c.u8()
	if c.err != nil {
		return c.err
	}
	r.ordered = flags&4 != 0
	if flags&0x20 != 0 {
		prefix += 16 // times
	}
	if flags&0x10 != 0 {
		prefix += 4 // when attributes become dense
	}
	width := 1 << (flags & 3)
	if c, err = r.f.cursor(r.addr, prefix+uint64(width)); err != nil {
		return err
	}
	c.take(int(prefix))
	size := c.uint(width)
	if size > uint64(r.f.size) {
		return r.f.errorf(r.addr, "want an object header within the file, got %d bytes", size)
	}
	prefix += uint64(width)
	if err := r.trip.enter(r.addr, prefix+size+4); err != nil {
		return err
	}
	if c, err = r.f.cursor(r.addr, prefix+size+4); err != nil {
		return err
	}
	return r.sealed(c, int(prefix))
}

// block reads one continuation, or the first block of version 1.
func (r *headerReader) block(e extent) error {
	if err := r.trip.enter(e.addr, e.size); err != nil {
		return err
	}
	c, err := r.f.cursor(e.addr, e.size)
	if err != nil {
		return err
	}
	if r.version == 1 {
		return r.parse(c)
	}
	c.expect("OCHK")
	if c.err != nil {
		return c.err
	}
	return r.sealed(c, 4)
}

// sealed checks the checksum at the end of a block and parses what lies between
// it and the prefix.
func (r *headerReader) sealed(c *cursor, prefix int) error {
	if c.pos = len(c.b) - 4; c.pos < prefix {
		return r.f.errorf(c.at, "want a block of an object header, got %d bytes", len(c.b))
	}
	c.checksum()
	c.b, c.pos = c.b[:len(c.b)-4], prefix
	if c.err != nil {
		return c.err
	}
	return r.parse(c)
}

// parse appends the messages of a block.
func (r *headerReader) parse(c *cursor) error {
	head := 8
	if r.version == 2 {
		head = 4
		if r.ordered {
			head = 6
		}
	}
	for c.err == nil && c.left() >= head {
		var m message
		var size int
		if r.version == 1 {
			m.kind, size, m.flags = c.u16(), c.u16(), c.u8()
			c.take(3)
		} else {
			m.kind, size, m.flags = c.u8(), c.u16(), c.u8()
			c.take(head - 4)
		}
		m.at = c.here()
		m.body = c.take(size)
		if c.err != nil {
			return c.err
		}
		if err := r.add(m); err != nil {
			return err
		}
	}
	return c.err
}

func (r *headerReader) add(m message) error {
	switch {
	case m.kind == msgContinuation:
		c := r.cursor(m)
		r.blocks = append(r.blocks, extent{c.addr(), c.length()})
		return c.err
	case m.kind > msgLast && m.flags&0x80 != 0:
		return r.f.errorf(m.at, "want messages of known kinds, got kind %#x, which may not be ignored", m.kind)
	case m.kind != 0:
		r.messages = append(r.messages, m)
	}
	return nil
}

// cursor returns one over a message's body.
func (h *header) cursor(m message) *cursor {
	return &cursor{f: h.f, at: m.at, b: m.body}
}

// has reports whether the header holds a message of that kind.
func (h *header) has(kind int) bool {
	for _, m := range h.messages {
		if m.kind == kind {
			return true
		}
	}
	return false
}

// find returns a cursor over the first message of a kind, or nil without one.
func (h *header) find(kind int) (*cursor, error) {
	for _, m := range h.messages {
		if m.kind != kind {
			continue
		}
		c := h.cursor(m)
		if m.flags&2 != 0 {
			return c.shared(kind)
		}
		return c, nil
	}
	return nil, nil
}

// need is find for a message without which the object means nothing.
func (h *header) need(kind int, what string) (*cursor, error) {
	c, err := h.find(kind)
	if err == nil && c == nil {
		err = h.f.errorf(h.addr, "want a %s in the object header, got none", what)
	}
	return c, err
}

// shared follows the reference that stands in place of a message to the object,
// a committed datatype, that holds it.
func (c *cursor) shared(kind int) (*cursor, error) {
	version := c.version("shared message", 1, 3)
	place := c.u8()
	if version == 1 {
		c.take(6)
	}
	if c.err != nil {
		return nil, c.err
	}
	if version == 3 && place == 1 {
		return nil, c.f.errorf(c.at, "shared object header messages are not supported; rewrite the file with h5repack")
	}
	addr := c.addr()
	if c.err != nil {
		return nil, c.err
	}
	h, err := c.f.header(addr)
	if err != nil {
		return nil, err
	}
	for _, m := range h.messages {
		if m.kind == kind && m.flags&2 == 0 {
			return h.cursor(m), nil
		}
	}
	return nil, c.f.errorf(addr, "want a shared message of kind %#x, got none", kind)
}
