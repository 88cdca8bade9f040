package npy

import (
	"bytes"
	"strings"
)

// opcodes holds what each byte does; nil stands for an opcode that arrays do not
// need. The names are those of Python's pickletools.
var opcodes [256]func(*unpickler) error

func init() {
	text := func(width uint64) func(*unpickler) error {
		return func(u *unpickler) error {
			b, err := u.counted(width)
			if err != nil {
				return err
			}
			return u.push(string(b))
		}
	}
	raw := func(width uint64) func(*unpickler) error {
		return func(u *unpickler) error {
			b, err := u.counted(width)
			if err != nil {
				return err
			}
			return u.push(b)
		}
	}
	integer := func(width uint64) func(*unpickler) error {
		return func(u *unpickler) error {
			x, err := u.number(width)
			if err != nil {
				return err
			}
			if width == 4 {
				return u.push(int64(int32(x)))
			}
			return u.push(int64(x))
		}
	}
	constant := func(v any) func(*unpickler) error { return func(u *unpickler) error { return u.push(v) } }
	tupleOf := func(n int) func(*unpickler) error {
		return func(u *unpickler) error {
			t, err := u.popN(n)
			if err != nil {
				return err
			}
			return u.push(t)
		}
	}
	put := func(width uint64) func(*unpickler) error {
		return func(u *unpickler) error {
			key, err := u.number(width)
			if err != nil {
				return err
			}
			return u.remember(uint32(key))
		}
	}
	get := func(width uint64) func(*unpickler) error {
		return func(u *unpickler) error { return u.recall(width) }
	}
	for op, f := range map[byte]func(*unpickler) error{
		0x80: (*unpickler).protocol,                               // PROTO
		0x95: func(u *unpickler) error { return u.frame() },       // FRAME
		'c':  (*unpickler).globalLines,                            // GLOBAL
		0x93: (*unpickler).globalStack,                            // STACK_GLOBAL
		'N':  constant(nil),                                       // NONE
		0x88: constant(true),                                      // NEWTRUE
		0x89: constant(false),                                     // NEWFALSE
		'(':  constant(mark{}),                                    // MARK
		')':  constant(tuple{}),                                   // EMPTY_TUPLE
		']':  func(u *unpickler) error { return u.push(&list{}) }, // EMPTY_LIST
		'K':  integer(1),                                          // BININT1
		'M':  integer(2),                                          // BININT2
		'J':  integer(4),                                          // BININT
		0x8a: (*unpickler).long,                                   // LONG1
		'G':  (*unpickler).float,                                  // BINFLOAT
		0x8c: text(1),                                             // SHORT_BINUNICODE
		'X':  text(4),                                             // BINUNICODE
		'U':  raw(1),                                              // SHORT_BINSTRING: bytes of Python 2
		'T':  raw(4),                                              // BINSTRING
		'C':  raw(1),                                              // SHORT_BINBYTES
		'B':  raw(4),                                              // BINBYTES
		0x8e: raw(8),                                              // BINBYTES8
		0x85: tupleOf(1),                                          // TUPLE1
		0x86: tupleOf(2),                                          // TUPLE2
		0x87: tupleOf(3),                                          // TUPLE3
		't':  (*unpickler).markTuple,                              // TUPLE
		'a':  (*unpickler).appendOne,                              // APPEND
		'e':  (*unpickler).appendMany,                             // APPENDS
		'q':  put(1),                                              // BINPUT
		'r':  put(4),                                              // LONG_BINPUT
		0x94: (*unpickler).memoize,                                // MEMOIZE
		'h':  get(1),                                              // BINGET
		'j':  get(4),                                              // LONG_BINGET
		'R':  (*unpickler).reduce,                                 // REDUCE
		'b':  (*unpickler).build,                                  // BUILD
	} {
		opcodes[op] = f
	}
}

func (u *unpickler) protocol() error {
	b, err := u.take(1)
	if err != nil {
		return err
	}
	if b[0] < 2 || b[0] > 4 {
		return u.errorf("want pickle protocol 2 to 4, got %d", b[0])
	}
	return nil
}

// frame skips the length of a frame: it only says how much to read at once.
func (u *unpickler) frame() error {
	_, err := u.take(8)
	return err
}

// globalLines reads a global as two lines of text.
func (u *unpickler) globalLines() error {
	var part [2]string
	for i := range part {
		end := bytes.IndexByte(u.data[u.at:], '\n')
		if end < 0 {
			return u.errorf("truncated: a global's name has no end")
		}
		part[i] = string(u.data[u.at : u.at+min(end, 200)])
		u.at += end + 1
	}
	return u.name(part[0], part[1])
}

func (u *unpickler) globalStack() error {
	t, err := u.popN(2)
	if err != nil {
		return err
	}
	module, ok1 := t[0].(string)
	name, ok2 := t[1].(string)
	if !ok1 || !ok2 {
		return u.errorf("want the names of a global, got %s and %s", describeValue(t[0]), describeValue(t[1]))
	}
	if strings.Contains(module, " ") {
		return u.errorf("want a module, got %.60q", module)
	}
	return u.name(module, name)
}

func (u *unpickler) markTuple() error {
	t, err := u.popMark()
	if err != nil {
		return err
	}
	return u.push(t)
}

func (u *unpickler) appendOne() error {
	v, err := u.pop()
	if err != nil {
		return err
	}
	return u.extend(tuple{v})
}

func (u *unpickler) appendMany() error {
	items, err := u.popMark()
	if err != nil {
		return err
	}
	return u.extend(items)
}

// extend appends to the list on top of the stack, which stays there.
func (u *unpickler) extend(items tuple) error {
	v, err := u.pop()
	if err != nil {
		return err
	}
	l, ok := v.(*list)
	if !ok {
		return u.errorf("want a list to append to, got %s", describeValue(v))
	}
	l.items = append(l.items, items...)
	return u.push(l)
}

func (u *unpickler) memoize() error {
	u.memoed++
	return u.remember(u.memoed - 1)
}
