package npy

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

const magic = "\x93NUMPY"

// dtype is an element type as a file names it, e.g. <f8.
type dtype struct {
	kind byte // b, i, u, f, U or O
	size int  // bytes an element, 4 a character for U
	big  bool // big endian
}

type header struct {
	typ     dtype
	fortran bool
	shape   []int
}

// parseHeader returns the header and what follows it.
func parseHeader(b []byte) (header, []byte, error) {
	if len(b) < len(magic)+2 || string(b[:len(magic)]) != magic {
		return header{}, nil, fmt.Errorf("want an .npy file (it begins with \\x93NUMPY), got %q", b[:min(len(b), 8)])
	}
	version, rest := b[6], b[8:]
	width := 4
	switch version {
	case 1:
		width = 2
	case 2, 3:
	default:
		return header{}, nil, fmt.Errorf("want format version 1 to 3, got %d.%d", b[6], b[7])
	}
	if len(rest) < width {
		return header{}, nil, fmt.Errorf("truncated: file ends inside its header at byte %d", len(b))
	}
	size := uint64(binary.LittleEndian.Uint16(rest))
	if width == 4 {
		size = uint64(binary.LittleEndian.Uint32(rest))
	}
	rest = rest[width:]
	if size > uint64(len(rest)) {
		return header{}, nil, fmt.Errorf("truncated: header of %d bytes, file has %d", size, len(rest))
	}
	h, err := parseDict(string(rest[:size]))
	return h, rest[size:], err
}

// parseDict reads the literal {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
func parseDict(text string) (header, error) {
	p := &literal{text: strings.TrimRight(text, " \n\x00")}
	var h header
	seen := map[string]bool{}
	p.want("{")
	for p.err == nil && !p.accept("}") {
		key := p.quoted()
		p.want(":")
		switch key {
		case "descr":
			if strings.HasPrefix(strings.TrimLeft(p.rest(), " "), "[") {
				return h, fmt.Errorf("header: structured arrays are not supported")
			}
			descr := p.quoted()
			if p.err == nil {
				h.typ, p.err = parseDescr(descr)
			}
		case "fortran_order":
			h.fortran = p.accept("True")
			if !h.fortran {
				p.want("False")
			}
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("one of descr, fortran_order, shape")
		}
		seen[key] = true
		if !p.accept(",") && p.err == nil {
			p.want("}")
			break
		}
	}
	if p.err == nil && len(seen) != 3 {
		p.fail("descr, fortran_order and shape")
	}
	return h, p.err
}

// parseDescr reads a type string such as <f8, |b1, >i4, <U12 or |O.
func parseDescr(s string) (dtype, error) {
	if s == "|O" || s == "O" {
		return dtype{kind: 'O'}, nil
	}
	bad := fmt.Errorf("header: want bool, integer, float32, float64, unicode or object elements, got %q", s)
	if len(s) < 3 || !strings.ContainsRune("<>|=", rune(s[0])) {
		return dtype{}, bad
	}
	n, err := strconv.Atoi(s[2:])
	if err != nil || n < 0 || n > 1<<28 {
		return dtype{}, bad
	}
	t := dtype{kind: s[1], size: n, big: s[0] == '>'}
	switch t.kind {
	case 'b':
		if n == 1 {
			return t, nil
		}
	case 'i', 'u':
		if n == 1 || n == 2 || n == 4 || n == 8 {
			return t, nil
		}
	case 'f':
		if n == 4 || n == 8 {
			return t, nil
		}
	case 'U':
		t.size = 4 * n
		return t, nil
	}
	return dtype{}, bad
}

// literal walks over the Python literal of a header.
type literal struct {
	text string
	at   int
	err  error
}

func (p *literal) rest() string { return p.text[p.at:] }

func (p *literal) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\n') {
		p.at++
	}
}

func (p *literal) fail(want string) {
	if p.err == nil {
		got := p.rest()
		p.err = fmt.Errorf("header: byte %d: want %s, got %q", p.at, want, got[:min(len(got), 20)])
	}
}

func (p *literal) accept(s string) bool {
	p.space()
	if p.err != nil || !strings.HasPrefix(p.rest(), s) {
		return false
	}
	p.at += len(s)
	return true
}

func (p *literal) want(s string) {
	if !p.accept(s) {
		p.fail(s)
	}
}

// quoted reads a string in ' or ".
func (p *literal) quoted() string {
	quote := "'"
	if p.accept(`"`) {
		quote = `"`
	} else {
		p.want("'")
	}
	if p.err != nil {
		return ""
	}
	end := strings.Index(p.rest(), quote)
	if end < 0 {
		p.fail("a closing quote")
		return ""
	}
	s := p.rest()[:end]
	p.at += end + 1
	return s
}

// tuple reads (3, 4) with numbers ≥ 0; Python 2 wrote them as 3L.
func (p *literal) tuple() []int {
	p.want("(")
	shape := []int{}
	for p.err == nil && !p.accept(")") {
		p.space()
		start := p.at
		for p.at < len(p.text) && p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			p.at++
		}
		n, err := strconv.Atoi(p.text[start:p.at])
		if err != nil || len(shape) == 64 {
			p.at = start
			p.fail("a dimension")
			break
		}
		p.accept("L")
		shape = append(shape, n)
		if !p.accept(",") {
			p.want(")")
			break
		}
	}
	return shape
}
