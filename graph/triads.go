package graph

import "math/bits"

// Triads counts the 16 kinds of three nodes with the edges among them, in the order of
// TriadNames (Holland & Leinhardt 1970; Davis & Leinhardt 1972). Self-loops and weights
// are not read.
type Triads [16]int64

// TriadNames names the kinds by their mutual, asymmetric and null pairs and, where there
// are several, by D(own), U(p), C(ycle) or T(ransitive).
var TriadNames = [16]string{"003", "012", "102", "021D", "021U", "021C", "111D", "111U",
	"030T", "030C", "201", "120D", "120U", "120C", "210", "300"}

// Of returns the count of a kind by its name, 0 for an unknown one.
func (t Triads) Of(name string) int64 {
	for kind, known := range TriadNames {
		if known == name {
			return t[kind]
		}
	}
	return 0
}

// motifs holds for the ids 1…13 of the Brain Connectivity Toolbox the places among the
// triads (Sporns & Kötter 2004, doi:10.1371/journal.pbio.0020369).
var motifs = [13]int{4, 5, 3, 6, 8, 7, 9, 11, 10, 13, 12, 14, 15}

// triadOf gives the kind of three nodes a, b, c whose edges are the bits ab, ba, ac, ca,
// bc, cb, from the lowest.
var triadOf = triadTable()

// triadExamples has one graph of each kind.
var triadExamples = [16]uint{0, 0b1, 0b11, 0b101, 0b1010, 0b1001, 0b1011, 0b111,
	0b10101, 0b011001, 0b1111, 0b110101, 0b111010, 0b111001, 0b111011, 0b111111}

func triadTable() (of [64]uint8) {
	for kind, example := range triadExamples {
		for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			of[renamed(example, order)] = uint8(kind)
		}
	}
	return of
}

// pairBit is the bit of the edge a → b.
var pairBit = [3][3]int{{-1, 0, 2}, {1, -1, 4}, {3, 5, -1}}

// renamed gives node i the name order[i].
func renamed(edges uint, order [3]int) uint {
	out := uint(0)
	for a := range 3 {
		for b := range 3 {
			if a != b && edges>>pairBit[a][b]&1 != 0 {
				out |= 1 << pairBit[order[a]][order[b]]
			}
		}
	}
	return out
}

// Triads counts triads. Those with three connected pairs are found by the rows of bits of
// each connected pair, those with two by the degrees at their middle, the rest by
// subtraction.
func (g *Digraph) Triads() Triads {
	g = g.Simple()
	d := newDyads(g)
	counts := d.closed()
	var t Triads
	var sides [3][3]int64 // closed triads by the dyads at each of their nodes
	for code, count := range counts {
		t[triadOf[code]] += count
		for _, pair := range [][2]uint{{dyad(code, 0), dyad(code, 2)}, {turned(dyad(code, 0)), dyad(code, 4)}, {turned(dyad(code, 2)), turned(dyad(code, 4))}} {
			if pair[0] > 0 && pair[1] > 0 {
				sides[pair[0]-1][pair[1]-1] += count
			}
		}
	}
	d.open(&t, &sides)
	d.rest(&t)
	return t
}

// dyad returns the pair of bits of a code: 1 there, 2 back, 3 both.
func dyad[T int | uint](code T, at int) uint { return uint(code) >> at & 3 }

func turned(d uint) uint { return d>>1 | d&1<<1 }

// dyads holds the neighbours of each node by the kind of the pair: 1 out, 2 in, 3 both.
type dyads struct {
	n    int
	rows [4]bitRows
}

func newDyads(g *Digraph) *dyads {
	d := &dyads{n: g.n}
	out, in := g.outRows(), g.Reverse().outRows()
	for kind := 1; kind < 4; kind++ {
		d.rows[kind] = newBitRows(g.n)
		for i := range out.rows {
			a, b := out.rows[i], in.rows[i]
			if kind&1 == 0 {
				a = ^a
			}
			if kind&2 == 0 {
				b = ^b
			}
			d.rows[kind].rows[i] = a & b
		}
	}
	return d
}

// closed counts the triads of three connected pairs by their code, a < b < c.
func (d *dyads) closed() [64]int64 {
	part := make([][64]int64, d.n)
	each(d.n, func() func(int) {
		return func(a int) {
			for kind := uint(1); kind < 4; kind++ {
				row := d.rows[kind].row(a)
				for k := a >> 6; k < len(row); k++ {
					w := row[k]
					if k == a>>6 {
						w = w >> (a & 63) >> 1 << 1 << (a & 63)
					}
					for ; w != 0; w &= w - 1 {
						d.between(a, k<<6+bits.TrailingZeros64(w), kind, &part[a])
					}
				}
			}
		}
	})
	var sum [64]int64
	for i := range part {
		for code, x := range part[i] {
			sum[code] += x
		}
	}
	return sum
}

// between counts the nodes beyond b that are connected with a and b, a pair of the kind.
func (d *dyads) between(a, b int, kind uint, into *[64]int64) {
	from := b >> 6
	mask := ^uint64(0) << (b & 63) << 1
	a1, a2, a3 := d.rows[1].row(a)[from:], d.rows[2].row(a)[from:], d.rows[3].row(a)[from:]
	b1, b2, b3 := d.rows[1].row(b)[from:], d.rows[2].row(b)[from:], d.rows[3].row(b)[from:]
	a2, a3, b1, b2, b3 = a2[:len(a1)], a3[:len(a1)], b1[:len(a1)], b2[:len(a1)], b3[:len(a1)]
	var c [9]int
	for i := range a1 {
		x, y, z := a1[i]&mask, a2[i]&mask, a3[i]&mask
		mask = ^uint64(0)
		u, v, w := b1[i], b2[i], b3[i]
		c[0] += bits.OnesCount64(x & u)
		c[1] += bits.OnesCount64(x & v)
		c[2] += bits.OnesCount64(x & w)
		c[3] += bits.OnesCount64(y & u)
		c[4] += bits.OnesCount64(y & v)
		c[5] += bits.OnesCount64(y & w)
		c[6] += bits.OnesCount64(z & u)
		c[7] += bits.OnesCount64(z & v)
		c[8] += bits.OnesCount64(z & w)
	}
	for i, x := range c {
		into[kind|uint(i/3+1)<<2|uint(i%3+1)<<4] += int64(x)
	}
}

// degree returns the number of neighbours of a kind.
func (d *dyads) degree(kind uint, i int) int64 {
	sum := 0
	for _, w := range d.rows[kind].row(i) {
		sum += bits.OnesCount64(w)
	}
	return int64(sum)
}

// open adds the triads of two connected pairs: the pairs of neighbours of each node but
// those that are connected themselves.
func (d *dyads) open(t *Triads, closed *[3][3]int64) {
	var pairs [3][3]int64
	for i := range d.n {
		var k [3]int64
		for kind := range k {
			k[kind] = d.degree(uint(kind+1), i)
		}
		for x := range k {
			pairs[x][x] += k[x] * (k[x] - 1) / 2
			for y := x + 1; y < len(k); y++ {
				pairs[x][y] += k[x] * k[y]
			}
		}
	}
	for x := range pairs {
		for y := x; y < len(pairs); y++ {
			count := pairs[x][y] - closed[x][y]
			if x != y {
				count -= closed[y][x]
			}
			t[triadOf[uint(x+1)|uint(y+1)<<2]] += count
		}
	}
}

// rest adds the triads of one connected pair and of none.
func (d *dyads) rest(t *Triads) {
	var asymmetric, mutual, all int64 // dyads, and then those in triads of several
	for i := range d.n {
		asymmetric += d.degree(1, i)
		mutual += d.degree(3, i)
	}
	mutual /= 2
	n := int64(d.n)
	one, two := asymmetric*(n-2), mutual*(n-2)
	for kind, count := range t {
		all += count
		for at := 0; at < 6; at += 2 {
			switch dyad(triadExamples[kind], at) {
			case 1, 2:
				one -= count
			case 3:
				two -= count
			}
		}
	}
	t[1], t[2] = one, two
	t[0] = n*(n-1)*(n-2)/6 - all - one - two
}

// Motifs returns the connected triads by the ids of the Brain Connectivity Toolbox.
func (t Triads) Motifs() [13]int64 {
	var out [13]int64
	for id, kind := range motifs {
		out[id] = t[kind]
	}
	return out
}

// FunctionalMotifs returns by the same ids how often each connected motif occurs in the
// graph as a part of a triad, other edges being there or not.
func (t Triads) FunctionalMotifs() [13]int64 {
	var out [13]int64
	for id, kind := range motifs {
		for whole, count := range t {
			example := triadExamples[whole]
			for part := example; part > 0; part = (part - 1) & example {
				if int(triadOf[part]) == kind {
					out[id] += count
				}
			}
		}
	}
	return out
}
