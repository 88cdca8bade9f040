// Package rng gives named, counter-based random streams.
//
// A stream is a pure function of (seed, purpose, index...), so what a run draws
// never depends on the order in which runs, trials or threads are executed.
// The generator is Philox4x32-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405);
// the key is a 64-bit hash of the name and the counter numbers the blocks.
//
// All floating-point work is written so that no compiler may fuse a product with
// a sum: every architecture draws the same bits.
package rng

import "biornn/internal/portable"

// Stream is one sequence of random numbers. It is not safe for concurrent use;
// streams with different names are independent.
type Stream struct {
	key   [2]uint32
	ctr   [4]uint32
	buf   [8 * block]uint32
	avail int  // at the end of buf
	long  bool // it was filled before: more will be wanted
}

// block is the number of words that the generator makes from one counter.
const block = 4

// New returns the stream named by seed, purpose and indices.
func New(seed uint64, purpose string, index ...uint64) *Stream {
	h := mix(seed + 0x9e3779b97f4a7c15)
	for i := 0; i < len(purpose); i++ {
		h = (h ^ uint64(purpose[i])) * 0x100000001b3
	}
	h = mix(h)
	var hi uint64 = 0x6a09e667f3bcc908
	for _, x := range index {
		hi = mix(hi ^ mix(x+0xd1b54a32d192ed03))
	}
	s := &Stream{}
	s.key[0], s.key[1] = uint32(h), uint32(h>>32)
	s.ctr[2], s.ctr[3] = uint32(hi), uint32(hi>>32)
	return s
}

// mix is the finaliser of SplitMix64.
func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// refill makes two blocks, and eight at a time for those who come again where vectors make
// that cheap: many streams are asked for a few words only.
func (s *Stream) refill() {
	low := uint64(s.ctr[1])<<32 | uint64(s.ctr[0])
	made := uint64(2)
	if s.long && hasEight {
		made = 8
		eightAVX2(&s.buf, low, uint64(s.ctr[3])<<32|uint64(s.ctr[2]), uint64(s.key[1])<<32|uint64(s.key[0]))
	} else {
		two((*[2 * block]uint32)(s.buf[len(s.buf)-2*block:]), low, s.ctr[2], s.ctr[3], s.key)
	}
	low += made
	s.ctr[0], s.ctr[1] = uint32(low), uint32(low>>32)
	s.avail, s.long = int(made)*block, true
}

// two makes the blocks of the counters low and low+1: their rounds do not wait for each
// other.
func two(dst *[2 * block]uint32, low uint64, c2, c3 uint32, key [2]uint32) {
	// Single variables stay in registers; arrays would not.
	a0, a1, a2, a3 := uint32(low), uint32(low>>32), c2, c3
	low++
	b0, b1, b2, b3 := uint32(low), uint32(low>>32), c2, c3
	k0, k1 := key[0], key[1]
	for range 10 {
		p0, p1 := uint64(a0)*0xd2511f53, uint64(a2)*0xcd9e8d57
		q0, q1 := uint64(b0)*0xd2511f53, uint64(b2)*0xcd9e8d57
		a0, a1, a2, a3 = uint32(p1>>32)^a1^k0, uint32(p1), uint32(p0>>32)^a3^k1, uint32(p0)
		b0, b1, b2, b3 = uint32(q1>>32)^b1^k0, uint32(q1), uint32(q0>>32)^b3^k1, uint32(q0)
		k0 += 0x9e3779b9
		k1 += 0xbb67ae85
	}
	*dst = [2 * block]uint32{a0, a1, a2, a3, b0, b1, b2, b3}
}

// Skip passes over n calls of Uint64 (or Norm).
func (s *Stream) Skip(n int) {
	words := 2 * uint64(n)
	for ; words > 0 && s.avail > 0; words-- {
		s.avail--
	}
	low := uint64(s.ctr[1])<<32 | uint64(s.ctr[0])
	low += words / block
	s.ctr[0], s.ctr[1] = uint32(low), uint32(low>>32)
	for range words % block {
		s.Uint32()
	}
}

// Uint32 returns 32 uniform bits.
func (s *Stream) Uint32() uint32 {
	if s.avail == 0 {
		s.refill()
	}
	s.avail--
	return s.buf[len(s.buf)-1-s.avail]
}

// Uint64 returns 64 uniform bits.
func (s *Stream) Uint64() uint64 {
	if s.avail == 0 {
		s.refill()
	}
	if at := len(s.buf) - s.avail; s.avail >= 2 && at >= 0 {
		s.avail -= 2
		pair := s.buf[at : at+2 : at+2]
		return uint64(pair[0])<<32 | uint64(pair[1])
	}
	hi := uint64(s.Uint32())
	return hi<<32 | uint64(s.Uint32())
}

// Bernoulli64 returns 64 independent bits, each 1 with probability p: the binary
// digits of 64 uniform numbers are compared with those of p, all at once, until
// every number is decided.
func (s *Stream) Bernoulli64(p float64) uint64 {
	below, open := uint64(0), ^uint64(0)
	for open != 0 && p > 0 {
		digit := s.Uint64()
		p *= 2
		if p >= 1 {
			p--
			below |= open &^ digit
			open &= digit
		} else {
			open &^= digit
		}
	}
	return below
}

// Float64 returns a uniform number in [0, 1), a multiple of 2⁻⁵³.
func (s *Stream) Float64() float64 { return float64(s.Uint64()>>11) * 0x1p-53 }

// open returns a uniform number in (0, 1), never 0 or 1.
func (s *Stream) open() float64 { return openUnit(s.Uint64()) }

func openUnit(bits uint64) float64 { return (float64(bits>>12) + 0.5) * 0x1p-52 }

// IntN returns a uniform integer in [0, n). It panics for n ≤ 0.
func (s *Stream) IntN(n int) int {
	if n <= 0 {
		panic("rng: IntN needs n > 0")
	}
	m := uint64(n)
	limit := -m % m // 2⁶⁴ mod n: values below it would bias the remainder
	for {
		if x := s.Uint64(); x >= limit {
			return int(x % m)
		}
	}
}

// Perm returns a uniform permutation of 0…n−1.
func (s *Stream) Perm(n int) []int {
	p := make([]int, n)
	for i := range p {
		j := s.IntN(i + 1)
		p[i], p[j] = p[j], i
	}
	return p
}

// Norm returns a standard normal number: the inverse of the normal distribution
// function (Wichura 1988, AS 241, doi:10.2307/2347330, relative error about 1e-16)
// at one uniform number.
func (s *Stream) Norm() float64 { return normQuantile(s.open()) }

// LogNormal returns exp(mu + sigma·z) for a standard normal z.
func (s *Stream) LogNormal(mu, sigma float64) float64 {
	return portable.Exp(mu + float64(sigma*s.Norm()))
}

// Exp returns an exponentially distributed number of mean 1.
func (s *Stream) Exp() float64 { return -portable.Log(s.open()) }

// Poisson returns a Poisson number of the given mean (≥ 0).
func (s *Stream) Poisson(mean float64) int {
	n := 0
	for t := s.Exp(); t < mean; t += s.Exp() {
		n++
	}
	return n
}
