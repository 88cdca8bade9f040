package hdf5

import (
	"fmt"
	"strings"
)

// Class is the kind of a datatype.
type Class int

// The classes, numbered as in the file.
const (
	Integer Class = iota
	Float
	Time
	String
	Bitfield
	Opaque
	Compound
	Reference
	Enum
	Sequence // of variable length
	Array
)

func (c Class) String() string {
	names := [...]string{"integer", "float", "time", "string", "bitfield", "opaque", "compound", "reference", "enum", "sequence", "array"}
	if c < 0 || int(c) >= len(names) {
		return fmt.Sprintf("class %d", int(c))
	}
	return names[c]
}

// Type is the datatype of elements.
type Type struct {
	Class     Class
	Size      int  // bytes of an element in the file
	Signed    bool // of integers
	BigEndian bool // of numbers
	Variable  bool // of strings: the length varies
	Region    bool // of references: to a part of a dataset
	Base      *Type
	Dims      []int        // of arrays
	Members   []Member     // of compounds, in the order of the file
	Values    []EnumMember // of enums, in the order of the file

	padding int   // of strings: 0 ends in NUL, 1 NULs, 2 spaces
	odd     error // why values of it cannot be decoded
}

// Member is a field of a compound.
type Member struct {
	Name   string
	Offset int // bytes from the start of the compound
	Type   Type
}

// EnumMember is a named value of an enum; unsigned ones keep their bits.
type EnumMember struct {
	Name  string
	Value int64
}

// Bool reports whether the type is the enum of FALSE = 0 and TRUE = 1 by which
// h5py stores booleans.
func (t Type) Bool() bool {
	if t.Class != Enum || len(t.Values) != 2 {
		return false
	}
	a, b := t.Values[0], t.Values[1]
	if a.Value == 1 {
		a, b = b, a
	}
	return a == EnumMember{"FALSE", 0} && b == EnumMember{"TRUE", 1}
}

// String describes the type as in int64, string, compound{x float64, id uint64}.
func (t Type) String() string {
	switch t.Class {
	case Integer, Float, Bitfield:
		name := map[Class]string{Integer: "uint", Float: "float", Bitfield: "bitfield"}[t.Class]
		if t.Class == Integer && t.Signed {
			name = "int"
		}
		return fmt.Sprintf("%s%d", name, 8*t.Size)
	case String:
		if t.Variable {
			return "string"
		}
		return fmt.Sprintf("string[%d]", t.Size)
	case Reference:
		if t.Region {
			return "region reference"
		}
		return "object reference"
	case Enum:
		if t.Bool() {
			return "bool"
		}
		return fmt.Sprintf("enum of %v", *t.Base)
	case Sequence:
		return fmt.Sprintf("sequence of %v", *t.Base)
	case Array:
		return fmt.Sprintf("%v%v", t.Dims, *t.Base)
	case Compound:
		parts := make([]string, len(t.Members))
		for i, m := range t.Members {
			parts[i] = m.Name + " " + m.Type.String()
		}
		return "compound{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprintf("%v[%d]", t.Class, t.Size)
}

// maxNesting bounds types within types.
const maxNesting = 32

// datatype decodes a datatype message.
func (c *cursor) datatype() (*Type, error) {
	t := c.typeAt(0)
	return t, c.err
}

func (c *cursor) typeAt(depth int) *Type {
	if depth > maxNesting {
		c.fail("want at most %d types within each other, got more", maxNesting)
	}
	head := c.u8()
	version := head >> 4
	bits := int(c.uint(3))
	t := &Type{Class: Class(head & 15), Size: c.size(4)}
	if c.err == nil && (version < 1 || version > 5 || t.Size == 0) {
		c.fail("want a datatype of version 1 to 5 and size above 0, got version %d, size %d", version, t.Size)
	}
	if c.err != nil {
		return t
	}
	switch t.Class {
	case Integer, Bitfield:
		t.Signed = bits&8 != 0
		c.integer(t, bits)
	case Float:
		c.float(t, bits)
	case Time:
		c.take(2)
	case String:
		t.padding = bits & 15
		if t.padding > 2 {
			c.fail("want a string padding of 0 to 2, got %d", t.padding)
		}
	case Opaque:
		c.take(bits & 0xff)
	case Compound:
		c.compound(t, version, bits&0xffff, depth)
	case Reference:
		t.Region = bits&15 == 1
		if want := c.f.offsetSize; bits&15 > 1 {
			t.odd = fmt.Errorf("references of kind %d are not supported", bits&15)
		} else if t.Region && t.Size != want+4 || !t.Region && t.Size != want {
			c.fail("want a reference of %d bytes, got %d", want, t.Size)
		}
	case Enum:
		c.enum(t, version, bits&0xffff, depth)
	case Sequence:
		t.Base = c.typeAt(depth + 1)
		if t.Size != 8+c.f.offsetSize {
			c.fail("want a sequence of %d bytes, got %d", 8+c.f.offsetSize, t.Size)
		}
		if bits&15 == 1 {
			t.Class, t.Variable, t.Base = String, true, nil
		}
	case Array:
		c.array(t, version, depth)
	default:
		c.fail("want a datatype of class 0 to 10, got %d", t.Class)
	}
	return t
}

func (c *cursor) integer(t *Type, bits int) {
	t.BigEndian = bits&1 != 0
	offset, precision := c.u16(), c.u16()
	whole := t.Size == 1 || t.Size == 2 || t.Size == 4 || t.Size == 8
	if !whole || offset != 0 || precision != 8*t.Size {
		t.odd = fmt.Errorf("want integers of 8, 16, 32 or 64 bits, got %d bits at bit %d of %d bytes", precision, offset, t.Size)
	}
}

// float accepts the three IEEE 754 layouts.
func (c *cursor) float(t *Type, bits int) {
	t.BigEndian = bits&1 != 0
	type layout struct{ offset, precision, expAt, exp, manAt, man, bias int }
	l := layout{c.u16(), c.u16(), c.u8(), c.u8(), c.u8(), c.u8(), c.u32()}
	want := map[int]layout{
		2: {0, 16, 10, 5, 0, 10, 15},
		4: {0, 32, 23, 8, 0, 23, 127},
		8: {0, 64, 52, 11, 0, 52, 1023},
	}[t.Size]
	implied := bits>>4&3 == 2
	sign := bits >> 8 & 0xff
	if l != want || !implied || sign != l.precision-1 || bits&0x40 != 0 {
		t.odd = fmt.Errorf("want floats of 16, 32 or 64 bits as in IEEE 754, got another layout of %d bytes", t.Size)
	}
}

// padded reads a name; before version 3 it fills a multiple of eight bytes.
func (c *cursor) padded(version int) string {
	start := c.pos
	s := c.text()
	if version < 3 {
		c.take((8 - (c.pos-start)%8) % 8)
	}
	return s
}

func (c *cursor) compound(t *Type, version, count, depth int) {
	for range count {
		if c.err != nil {
			return
		}
		m := Member{Name: c.padded(version)}
		if version >= 3 {
			m.Offset = c.size(encodedSize(uint64(t.Size)))
		} else {
			m.Offset = c.size(4)
		}
		var dims []int
		if version == 1 {
			dims = c.oldDims()
		}
		m.Type = *c.typeAt(depth + 1)
		if len(dims) > 0 {
			base := m.Type
			m.Type = Type{Class: Array, Base: &base, Dims: dims}
			c.sizeArray(&m.Type)
		}
		if c.err == nil && (m.Offset > t.Size || m.Type.Size > t.Size-m.Offset) {
			c.fail("want field %q within the %d bytes of its compound, got %d bytes at %d", m.Name, t.Size, m.Type.Size, m.Offset)
		}
		t.Members = append(t.Members, m)
	}
}

// oldDims reads the dimensions that version 1 gives each field of a compound.
func (c *cursor) oldDims() []int {
	rank := c.u8()
	c.take(3 + 4 + 4)
	if rank > 4 {
		c.fail("want a field of at most 4 dimensions, got %d", rank)
		return nil
	}
	var dims []int
	for i := range 4 {
		n := c.size(4)
		if i < rank {
			dims = append(dims, n)
		}
	}
	return dims
}

func (c *cursor) array(t *Type, version, depth int) {
	rank := c.u8()
	if version < 3 {
		c.take(3)
	}
	if rank > maxRank {
		c.fail("want an array of at most %d dimensions, got %d", maxRank, rank)
		return
	}
	for range rank {
		t.Dims = append(t.Dims, c.size(4))
	}
	if version < 3 {
		c.take(4 * rank)
	}
	t.Base = c.typeAt(depth + 1)
	size := t.Size
	c.sizeArray(t)
	if c.err == nil && t.Size != size {
		c.fail("want an array of %d bytes, got %d", t.Size, size)
	}
}

// sizeArray sets the size of an array type.
func (c *cursor) sizeArray(t *Type) {
	n, ok := product(append([]int{t.Base.Size}, t.Dims...)...)
	if c.err == nil && (!ok || n == 0 || n > maxBlock) {
		c.fail("want an array of 1 to %d bytes, got dimensions %v of %d bytes", maxBlock, t.Dims, t.Base.Size)
	}
	t.Size = n
}

func (c *cursor) enum(t *Type, version, count, depth int) {
	t.Base = c.typeAt(depth + 1)
	if c.err == nil && (t.Base.Class != Integer || t.Base.Size != t.Size) {
		c.fail("want an enum over integers of %d bytes, got %v", t.Size, *t.Base)
	}
	t.Signed, t.BigEndian, t.odd = t.Base.Signed, t.Base.BigEndian, t.Base.odd
	for range count {
		if c.err != nil {
			return
		}
		t.Values = append(t.Values, EnumMember{Name: c.padded(version)})
	}
	for i := range t.Values {
		b := c.take(t.Size)
		if c.err != nil {
			return
		}
		if t.odd == nil {
			t.Values[i].Value = int64(decodeInteger(b, t))
		}
	}
}
