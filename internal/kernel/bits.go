package kernel

import "math/bits"

// neighbourhood is one call of the routine over rows of bits. Its layout is known to
// asmgen.
type neighbourhood struct {
	front, rows, union *uint64
	words, shared      int
}

// FastBits tells whether Neighbours has a routine of its own on this processor; without
// one, a caller may know better ways.
func FastBits() bool { return fastBits && best == avx512 }

// Neighbours walks over the bits j of front, sets union to all bits in the rows j and
// returns how many bits front has in common with each of them, in sum. rows holds as
// many words a row as front and union have, and a row for each bit that can be set.
func Neighbours(front, rows, union []uint64) (shared int) {
	words := len(front)
	if words == 0 || len(union) != words || len(rows)%words != 0 {
		panic("kernel: rows of bits of different lengths")
	}
	last := words - 1
	for last > 0 && front[last] == 0 {
		last--
	}
	if top := last<<6 + bits.Len64(front[last]); top > len(rows)/words {
		panic("kernel: a bit without a row")
	}
	if FastBits() {
		t := neighbourhood{front: &front[0], rows: &rows[0], union: &union[0], words: words}
		neighbourhoodAVX512(&t)
		return t.shared
	}
	return neighboursPlain(front, rows, union)
}

// neighboursPlain is the reference of Neighbours.
func neighboursPlain(front, rows, union []uint64) (shared int) {
	clear(union)
	words := len(front)
	for k, w := range front {
		for ; w != 0; w &= w - 1 {
			j := k<<6 + bits.TrailingZeros64(w)
			for i, x := range rows[j*words : (j+1)*words] {
				union[i] |= x
				shared += bits.OnesCount64(x & front[i])
			}
		}
	}
	return shared
}
