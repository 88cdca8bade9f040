package rng

import "math/bits"

// Range draws integers below one bound again and again: what IntN returns, without its
// divisions.
type Range struct {
	n, limit, inverse uint64
}

// NewRange returns the range 0…n−1. It panics for n ≤ 0.
func NewRange(n int) Range {
	if n <= 0 {
		panic("rng: NewRange needs n > 0")
	}
	m := uint64(n)
	return Range{n: m, limit: -m % m, inverse: ^uint64(0) / m}
}

// In returns the integer that s.IntN of the bound would return.
func (r *Range) In(s *Stream) int {
	for {
		var x uint64
		if at := len(s.buf) - s.avail; s.avail >= 2 && at >= 0 { // Uint64, without the call
			s.avail -= 2
			two := s.buf[at : at+2 : at+2]
			x = uint64(two[0])<<32 | uint64(two[1])
		} else {
			x = s.Uint64()
		}
		if x < r.limit {
			continue
		}
		q, _ := bits.Mul64(x, r.inverse) // the quotient or up to 2 less
		x -= q * r.n
		for x >= r.n {
			x -= r.n
		}
		return int(x)
	}
}
