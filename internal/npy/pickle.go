package npy

import (
	"encoding/binary"
	"fmt"
	"math"
)

// unpickler is a stack machine for the part of Python's pickle protocols 2 to 4
// that arrays of arrays need. Nothing is looked up by name and nothing is called:
// a global is one of a fixed list (see globals) or an error.
//
// What it builds is a Go value: nil, bool, int64, float64, string, []byte, tuple,
// *list, global, *pickledType or *pickledArray. Arrays become final when their
// state is set, once; a state refers to finished arrays only, so no cycle can
// arise. Bytes that a pickle stores once can be decoded many times: budget bounds
// the sum.
type unpickler struct {
	data   []byte
	at     int // next byte
	base   int // offset of data in its file, for messages
	op     byte
	opAt   int
	stack  []any
	memo   map[uint32]any
	memoed uint32
	budget int
}

type (
	tuple []any
	list  struct{ items []any }
	mark  struct{}
	// global is one of the constructors in globals.
	global string
	// pickledType is a dtype whose byte order is set by BUILD.
	pickledType struct{ dtype }
	// pickledArray is an ndarray, empty until its state is set by BUILD.
	pickledArray struct {
		array *Array // nil until built
	}
)

// The constructors that arrays need, by what they do here. Module names differ
// between NumPy 1 and 2 and between Python 2 and 3.
var globals = map[string]global{
	"numpy ndarray":                       "ndarray",
	"numpy dtype":                         "dtype",
	"numpy.core.multiarray _reconstruct":  "reconstruct",
	"numpy._core.multiarray _reconstruct": "reconstruct",
	"numpy.core.multiarray scalar":        "scalar",
	"numpy._core.multiarray scalar":       "scalar",
	"_codecs encode":                      "encode", // how protocol 2 writes bytes
	"__builtin__ bytes":                   "bytes",  // and empty bytes
	"builtins bytes":                      "bytes",
}

// unpickleArray reads the body of an .npy file with object elements: a pickle of
// one object array of n elements.
func unpickleArray(body []byte, h header, n, base int) (*Array, error) {
	u := &unpickler{data: body, base: base, memo: map[uint32]any{}, budget: 4*len(body) + 4096}
	v, err := u.run()
	if err != nil {
		return nil, err
	}
	p, ok := v.(*pickledArray)
	if !ok || p.array == nil {
		return nil, fmt.Errorf("pickle: want an array, got %s", describeValue(v))
	}
	objects, err := p.array.Objects()
	if err != nil {
		return nil, fmt.Errorf("pickle: %w", err)
	}
	if len(objects) != n {
		return nil, fmt.Errorf("pickle: want %d elements for shape %v, got %d", n, h.shape, len(objects))
	}
	return &Array{Shape: h.shape, Data: objects}, nil
}

// run executes the pickle and returns what is on the stack at STOP.
func (u *unpickler) run() (any, error) {
	for {
		u.opAt = u.at
		b, err := u.take(1)
		if err != nil {
			return nil, err
		}
		u.op = b[0]
		if u.op == '.' {
			return u.pop()
		}
		step := opcodes[u.op]
		if step == nil {
			return nil, u.errorf("opcode %#02x is not one that arrays need; save the data as plain arrays", u.op)
		}
		if err := step(u); err != nil {
			return nil, err
		}
	}
}

func (u *unpickler) errorf(format string, args ...any) error {
	return fmt.Errorf("pickle: byte %d: %s", u.base+u.opAt, fmt.Sprintf(format, args...))
}

// take returns the next n bytes.
func (u *unpickler) take(n uint64) ([]byte, error) {
	if n > uint64(len(u.data)-u.at) {
		return nil, u.errorf("truncated: want %d more bytes, got %d", n, len(u.data)-u.at)
	}
	b := u.data[u.at : u.at+int(n)]
	u.at += int(n)
	return b, nil
}

// number reads a little-endian number of the given width.
func (u *unpickler) number(width uint64) (uint64, error) {
	b, err := u.take(width)
	if err != nil {
		return 0, err
	}
	var x [8]byte
	copy(x[:], b)
	return binary.LittleEndian.Uint64(x[:]), nil
}

// counted reads a length of the given width and as many bytes.
func (u *unpickler) counted(width uint64) ([]byte, error) {
	n, err := u.number(width)
	if err != nil {
		return nil, err
	}
	return u.take(n)
}

func (u *unpickler) push(v any) error {
	u.stack = append(u.stack, v)
	return nil
}

func (u *unpickler) pop() (any, error) {
	if len(u.stack) == 0 {
		return nil, u.errorf("the stack is empty")
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	if _, ok := v.(mark); ok {
		return nil, u.errorf("a mark stands where a value is needed")
	}
	return v, nil
}

// popN pops n values, the deepest first.
func (u *unpickler) popN(n int) (tuple, error) {
	out := make(tuple, n)
	for i := n - 1; i >= 0; i-- {
		v, err := u.pop()
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// popMark pops everything down to the last mark.
func (u *unpickler) popMark() (tuple, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, ok := u.stack[i].(mark); ok {
			out := append(tuple(nil), u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return out, nil
		}
	}
	return nil, u.errorf("no mark on the stack")
}

func (u *unpickler) remember(key uint32) error {
	v, err := u.pop()
	if err != nil {
		return err
	}
	u.memo[key] = v
	return u.push(v)
}

func (u *unpickler) recall(width uint64) error {
	key, err := u.number(width)
	if err != nil {
		return err
	}
	v, ok := u.memo[uint32(key)]
	if !ok {
		return u.errorf("nothing is remembered under %d", key)
	}
	return u.push(v)
}

// name pushes the constructor that module and name stand for.
func (u *unpickler) name(module, name string) error {
	g := globals[module+" "+name]
	if g == "" {
		return u.errorf("global %.60q is not one of NumPy's array constructors; nothing was executed", module+"."+name)
	}
	return u.push(g)
}

// describeValue names a value for messages.
func describeValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "None"
	case *list:
		return "a list"
	case tuple:
		return "a tuple"
	case global:
		return "the global " + string(v)
	case *pickledType:
		return "a dtype"
	case *pickledArray:
		return "an array"
	case []byte:
		return "bytes"
	case string:
		return "a string"
	}
	return fmt.Sprintf("%T", v)
}

// float reads a big-endian float64.
func (u *unpickler) float() error {
	b, err := u.take(8)
	if err != nil {
		return err
	}
	return u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
}

// long reads a two's complement number of up to 8 bytes.
func (u *unpickler) long() error {
	b, err := u.counted(1)
	if err != nil {
		return err
	}
	if len(b) > 8 {
		return u.errorf("want an integer of at most 8 bytes, got %d", len(b))
	}
	var x int64
	for i, c := range b {
		x |= int64(c) << (8 * i)
	}
	if n := len(b); n > 0 && n < 8 && b[n-1] >= 0x80 {
		x -= 1 << (8 * n)
	}
	return u.push(x)
}
