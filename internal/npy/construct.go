package npy

import (
	"bytes"
	"math"
)

// reduce is REDUCE: the constructor below the top, applied to the tuple on top.
func (u *unpickler) reduce() error {
	t, err := u.popN(2)
	if err != nil {
		return err
	}
	g, ok1 := t[0].(global)
	args, ok2 := t[1].(tuple)
	if !ok1 || !ok2 {
		return u.errorf("want a constructor and its arguments, got %s and %s", describeValue(t[0]), describeValue(t[1]))
	}
	switch {
	case g == "reconstruct" && len(args) == 3 && args[0] == global("ndarray"):
		return u.push(&pickledArray{})
	case g == "dtype" && len(args) >= 1:
		return u.newType(args[0])
	case g == "scalar" && len(args) == 2:
		return u.newScalar(args[0], args[1])
	case g == "encode" && len(args) == 2:
		return u.latin1(args[0], args[1])
	case g == "bytes" && len(args) == 0:
		return u.push([]byte{})
	}
	return u.errorf("%s cannot be built from these %d arguments", g, len(args))
}

// newType pushes a dtype from its name, e.g. f8; the byte order comes with BUILD.
func (u *unpickler) newType(name any) error {
	s, ok := name.(string)
	if b, isBytes := name.([]byte); isBytes {
		s, ok = string(b[:min(len(b), 16)]), true
	}
	if !ok {
		return u.errorf("want the name of a dtype, got %s", describeValue(name))
	}
	switch s {
	case "O8", "O4", "O":
		return u.push(&pickledType{dtype{kind: 'O'}})
	}
	t, err := parseDescr("<" + s)
	if err != nil {
		return u.errorf("want a dtype of bool, integer, float32, float64, unicode or object, got %.20q", s)
	}
	return u.push(&pickledType{t})
}

// latin1 undoes how protocol 2 writes bytes: as the text of the same code points.
func (u *unpickler) latin1(text, codec any) error {
	s, ok := text.(string)
	if name, isText := codec.(string); !ok || !isText || (name != "latin1" && name != "latin-1") {
		return u.errorf("want latin-1 text for bytes, got %s", describeValue(text))
	}
	u.budget -= len(s)
	if u.budget < 0 {
		return u.errorf("the pickle unpacks to many times its own size")
	}
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return u.errorf("want latin-1 text for bytes, got code point %#x", r)
		}
		out = append(out, byte(r))
	}
	return u.push(out)
}

func (u *unpickler) newScalar(typ, raw any) error {
	t, ok1 := typ.(*pickledType)
	b, ok2 := raw.([]byte)
	if !ok1 || !ok2 || t.kind == 'O' {
		return u.errorf("want a dtype and bytes for a scalar, got %s and %s", describeValue(typ), describeValue(raw))
	}
	a, err := u.decode(b, header{typ: t.dtype, shape: []int{}})
	if err != nil {
		return err
	}
	return u.push(&pickledArray{array: a})
}

// build is BUILD: it sets the state on top of the stack in the object below.
func (u *unpickler) build() error {
	t, err := u.popN(2)
	if err != nil {
		return err
	}
	state, ok := t[1].(tuple)
	if !ok {
		return u.errorf("want a state in a tuple, got %s", describeValue(t[1]))
	}
	switch v := t[0].(type) {
	case *pickledType:
		err = u.setOrder(v, state)
	case *pickledArray:
		err = u.setState(v, state)
	default:
		return u.errorf("want an array or a dtype to set the state of, got %s", describeValue(v))
	}
	if err != nil {
		return err
	}
	return u.push(t[0])
}

// setOrder reads (version, byte order, …); fields of structured types are None.
func (u *unpickler) setOrder(t *pickledType, state tuple) error {
	if len(state) < 5 || state[2] != nil || state[4] != nil {
		return u.errorf("want the state of a plain dtype, got %d items", len(state))
	}
	order, ok := state[1].(string)
	if b, isBytes := state[1].([]byte); isBytes && len(b) == 1 {
		order, ok = string(b), true
	}
	if !ok || len(order) != 1 || !bytes.Contains([]byte("<>|="), []byte(order)) {
		return u.errorf("want a byte order, got %s", describeValue(state[1]))
	}
	t.big = order == ">"
	return nil
}

// setState reads (version, shape, dtype, Fortran order, bytes or list).
func (u *unpickler) setState(p *pickledArray, state tuple) error {
	if p.array != nil {
		return u.errorf("an array is built twice")
	}
	if len(state) != 5 {
		return u.errorf("want the five parts of an array, got %d", len(state))
	}
	dims, ok1 := state[1].(tuple)
	t, ok2 := state[2].(*pickledType)
	fortran, ok3 := state[3].(bool)
	if !ok1 || !ok2 || !ok3 || len(dims) > 64 {
		return u.errorf("want shape, dtype and order of an array, got %s, %s, %s",
			describeValue(state[1]), describeValue(state[2]), describeValue(state[3]))
	}
	h := header{typ: t.dtype, fortran: fortran, shape: make([]int, len(dims))}
	for i, d := range dims {
		n, ok := d.(int64)
		if !ok || n < 0 || n > math.MaxInt32 {
			return u.errorf("want a dimension, got %s", describeValue(d))
		}
		h.shape[i] = int(n)
	}
	var err error
	switch raw := state[4].(type) {
	case []byte:
		p.array, err = u.decode(raw, h)
	case *list:
		p.array, err = u.objects(raw, h)
	default:
		err = u.errorf("want bytes or a list of elements, got %s", describeValue(raw))
	}
	return err
}

// decode reads the elements of an array from bytes, which must fit exactly.
func (u *unpickler) decode(b []byte, h header) (*Array, error) {
	n, err := count(h.shape)
	if err != nil {
		return nil, u.errorf("%v", err)
	}
	if h.typ.kind == 'O' || n > len(b) || n*h.typ.size != len(b) {
		return nil, u.errorf("want %d elements for shape %v, got %d bytes", n, h.shape, len(b))
	}
	u.budget -= len(b)
	if u.budget < 0 {
		return nil, u.errorf("the pickle unpacks to many times its own size")
	}
	a, err := decodeBody(b, h, n)
	if err != nil {
		return nil, u.errorf("%v", err)
	}
	return a, nil
}

// objects makes an object array of a list; numbers and strings become scalars.
func (u *unpickler) objects(l *list, h header) (*Array, error) {
	n, err := count(h.shape)
	if err != nil || h.typ.kind != 'O' || n != len(l.items) {
		return nil, u.errorf("want %d objects for shape %v, got %d", n, h.shape, len(l.items))
	}
	u.budget -= n
	if u.budget < 0 {
		return nil, u.errorf("the pickle unpacks to many times its own size")
	}
	out := make([]*Array, n)
	for i, v := range l.items {
		switch v := v.(type) {
		case *pickledArray:
			out[i] = v.array
		case int64:
			out[i] = &Array{Data: []int64{v}}
		case float64:
			out[i] = &Array{Data: []float64{v}}
		case bool:
			out[i] = &Array{Data: []bool{v}}
		case string:
			out[i] = &Array{Data: []string{v}}
		}
		if out[i] == nil {
			return nil, u.errorf("object %d: want an array or a number, got %s", i, describeValue(v))
		}
	}
	a := &Array{Shape: h.shape, Data: out}
	if h.fortran && len(h.shape) > 1 {
		a.toC()
	}
	return a, nil
}
