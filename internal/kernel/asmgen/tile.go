package main

import "fmt"

// Offsets of the fields of kernel.tile.
const (
	offA, offB, offC, offGate, offNext             = 0, 8, 16, 24, 32
	offARow, offAStep, offBStep, offCRow, offGateR = 40, 48, 56, 64, 72
	offK, offRows, offVecs, offMode, offAhead      = 80, 88, 96, 104, 112
	offLanes                                       = 120
)

// Registers: AX BX CX DX point to rows 0, 3, 6, 9 of A; SI is the distance of
// rows of A, R9 that of steps; DI points into B, R10 is its step; R11 counts k;
// R12 points into C, R13 is its row distance; R15 is how far ahead B is fetched; R8
// holds the arguments.
var rowBase = []string{"AX", "BX", "CX", "DX"}

// rowAddress returns the operand that addresses row i of A at the current step.
func rowAddress(i int) string {
	return [...]string{"(%s)", "(%s)(SI*1)", "(%s)(SI*2)"}[i%3]
}

// shape is a variant of the tile: rows×(vecs vectors) of accumulators, the last
// vector masked if it is ragged.
type shape struct {
	rows, vecs int
	ragged     bool
}

func (s shape) tag() string {
	tag := fmt.Sprintf("r%dv%d", s.rows, s.vecs)
	if s.ragged {
		tag += "m"
	}
	return tag
}

// acc returns the number of the accumulator of vector v of a row.
func (s shape) acc(row, v int) int { return row*s.vecs + v }

// masked tells whether vector v is not whole.
func (s shape) masked(v int) bool { return s.ragged && v == s.vecs-1 }

// isa emits what differs between the instruction sets.
type isa interface {
	alwaysMasked() bool                   // masks cost nothing: no variants without
	setup(w *writer)                      // load lane masks
	loadB(w *writer, s shape)             // the current step's vectors of B
	multiply(w *writer, s shape, row int) // acc(row, ·) += A[row]·B
	clear(w *writer, s shape, row int)    // acc(row, ·) = 0
	load(w *writer, s shape, row int)     // acc(row, ·) = C
	rectify(w *writer, s shape, row int)  // acc = max(0, acc), NaN kept
	gate(w *writer, s shape, row int)     // acc = 0 where the gate, at R11, is not > 0
	store(w *writer, s shape, row int)    // C = acc
	zero(w *writer)                       // the zero register
	leave(w *writer)                      // before RET
}

func generate(set isa, name string, maxRows int) []byte {
	w := &writer{}
	w.begin("amd64")
	w.text(name, "tile")
	w.op("MOVQ t+0(FP), R8")
	w.op("MOVQ %d(R8), AX", offA)
	w.op("MOVQ %d(R8), SI", offARow)
	w.op("LEAQ (SI)(SI*2), R11")
	for i := 1; i < (maxRows+2)/3; i++ {
		w.op("LEAQ (%s)(R11*1), %s", rowBase[i-1], rowBase[i])
	}
	w.op("MOVQ %d(R8), R9", offAStep)
	w.op("MOVQ %d(R8), DI", offB)
	w.op("MOVQ %d(R8), R10", offBStep)
	w.op("MOVQ %d(R8), R12", offC)
	w.op("MOVQ %d(R8), R13", offCRow)
	w.op("MOVQ %d(R8), R15", offAhead)
	set.setup(w)
	var shapes []shape
	for _, ragged := range []bool{false, true} {
		for vecs := 2; vecs >= 1; vecs-- {
			if !ragged || !set.alwaysMasked() {
				shapes = append(shapes, shape{vecs: vecs, ragged: ragged})
			}
		}
	}
	for _, s := range shapes[1:] {
		w.op("CMPQ %d(R8), $%d", offVecs, vecsCode(s))
		w.op("JEQ %s", entry(s))
	}
	for i, s := range shapes {
		if i > 0 {
			w.label("%s", entry(s))
		}
		dispatch(w, maxRows, s)
	}
	for _, s := range shapes {
		for s.rows = maxRows; s.rows >= 1; s.rows-- {
			tile(w, set, s)
		}
	}
	return w.file()
}

// vecsCode is the value of tile.vecs for a shape: 1 or 2 whole vectors, 3 or 4 with
// the last one ragged.
func vecsCode(s shape) int {
	if s.ragged {
		return s.vecs + 2
	}
	return s.vecs
}

func entry(s shape) string { return fmt.Sprintf("enter%d", vecsCode(s)) }

// dispatch jumps to the tile of the wanted number of rows.
func dispatch(w *writer, maxRows int, s shape) {
	w.op("MOVQ %d(R8), R11", offRows)
	for s.rows = maxRows; s.rows > 1; s.rows-- {
		w.op("CMPQ R11, $%d", s.rows)
		w.op("JEQ %s", s.tag())
	}
	w.op("JMP %s", s.tag())
}

func tile(w *writer, set isa, s shape) {
	tag := s.tag()
	w.label("%s", tag)
	w.op("MOVQ %d(R8), R11", offNext)
	for range s.rows {
		w.op("PREFETCHT0 (R11)")
		w.op("PREFETCHT0 64(R11)")
		w.op("ADDQ R13, R11")
	}
	w.op("TESTQ $4, %d(R8)", offMode)
	w.op("JZ %snogate", tag)
	prefetchGate(w, s)
	w.label("%snogate", tag)
	w.op("TESTQ $1, %d(R8)", offMode)
	w.op("JNZ %sadd", tag)
	for i := range s.rows {
		set.clear(w, s, i)
	}
	w.op("JMP %sbegin", tag)
	w.label("%sadd", tag)
	w.op("MOVQ R12, R11")
	for i := range s.rows {
		set.load(w, s, i)
		if i < s.rows-1 {
			w.op("ADDQ R13, R11")
		}
	}
	w.label("%sbegin", tag)
	w.op("MOVQ %d(R8), R11", offK)
	w.op("TESTQ R11, R11")
	w.op("JZ %send", tag)
	w.label("%sloop", tag)
	w.op("PREFETCHT0 (DI)(R15*1)")
	w.op("PREFETCHT0 64(DI)(R15*1)")
	set.loadB(w, s)
	for i := range s.rows {
		set.multiply(w, s, i)
	}
	for i := range (s.rows + 2) / 3 {
		w.op("ADDQ R9, %s", rowBase[i])
	}
	w.op("ADDQ R10, DI")
	w.op("DECQ R11")
	w.op("JNZ %sloop", tag)
	w.label("%send", tag)
	finish(w, set, s)
}

// prefetchGate asks for what finish reads after the loop. It counts with R12, which
// it restores.
func prefetchGate(w *writer, s shape) {
	w.op("MOVQ %d(R8), R11", offGate)
	w.op("MOVQ %d(R8), R12", offGateR)
	for range s.rows {
		w.op("PREFETCHT0 (R11)")
		w.op("PREFETCHT0 64(R11)")
		w.op("ADDQ R12, R11")
	}
	w.op("MOVQ %d(R8), R12", offC)
}

// finish applies the nonlinearity or the gate and stores the tile.
func finish(w *writer, set isa, s shape) {
	tag := s.tag()
	w.op("TESTQ $6, %d(R8)", offMode)
	w.op("JZ %sstore", tag)
	set.zero(w)
	w.op("TESTQ $2, %d(R8)", offMode)
	w.op("JZ %sgate", tag)
	for i := range s.rows {
		set.rectify(w, s, i)
	}
	w.op("JMP %sstore", tag)
	w.label("%sgate", tag)
	w.op("MOVQ %d(R8), R11", offGate)
	w.op("MOVQ %d(R8), SI", offGateR)
	for i := range s.rows {
		set.gate(w, s, i)
		if i < s.rows-1 {
			w.op("ADDQ SI, R11")
		}
	}
	w.label("%sstore", tag)
	for i := range s.rows {
		set.store(w, s, i)
		if i < s.rows-1 {
			w.op("ADDQ R13, R12")
		}
	}
	set.leave(w)
	w.op("RET")
}

// avx512 has lane masks in K1 and K2, accumulators in Z0…Z23, B in Z24 and Z25,
// broadcast elements of A in Z26…Z29 by turns, zero in Z30.
type avx512 struct{}

func (avx512) alwaysMasked() bool { return true }

func (avx512) setup(w *writer) {
	w.op("MOVL %d(R8), R11", offLanes)
	w.op("KMOVW R11, K1")
	w.op("SHRL $16, R11")
	w.op("KMOVW R11, K2")
}

func (avx512) loadB(w *writer, s shape) {
	for v := range s.vecs {
		w.op("VMOVUPS.Z %d(DI), K%d, Z%d", 64*v, v+1, 24+v)
	}
}

func (avx512) multiply(w *writer, s shape, row int) {
	b := 26 + row%4
	w.op("VBROADCASTSS "+rowAddress(row)+", Z%d", rowBase[row/3], b)
	for v := range s.vecs {
		w.op("VFMADD231PS Z%d, Z%d, Z%d", 24+v, b, s.acc(row, v))
	}
}

func (avx512) clear(w *writer, s shape, row int) {
	for v := range s.vecs {
		a := s.acc(row, v)
		w.op("VPXORQ Z%d, Z%d, Z%d", a, a, a)
	}
}

func (avx512) load(w *writer, s shape, row int) {
	for v := range s.vecs {
		w.op("VMOVUPS.Z %d(R11), K%d, Z%d", 64*v, v+1, s.acc(row, v))
	}
}

func (avx512) zero(w *writer) { w.op("VPXORQ Z30, Z30, Z30") }

func (avx512) rectify(w *writer, s shape, row int) {
	for v := range s.vecs {
		w.op("VMAXPS Z%d, Z30, Z%d", s.acc(row, v), s.acc(row, v))
	}
}

func (avx512) gate(w *writer, s shape, row int) {
	for v := range s.vecs {
		w.op("VMOVUPS.Z %d(R11), K%d, Z31", 64*v, v+1)
		w.op("VCMPPS $1, Z31, Z30, K3")
		w.op("VMOVAPS.Z Z%d, K3, Z%d", s.acc(row, v), s.acc(row, v))
	}
}

func (avx512) store(w *writer, s shape, row int) {
	for v := range s.vecs {
		w.op("VMOVUPS Z%d, K%d, %d(R12)", s.acc(row, v), v+1, 64*v)
	}
}

func (avx512) leave(w *writer) { w.op("VZEROUPPER") }

// avx2 has accumulators in Y0…Y11, B in Y12 and Y13, broadcast elements of A in
// Y14; the mask of a ragged vector is read from the arguments into Y15 where it is
// needed.
type avx2 struct{}

func (avx2) alwaysMasked() bool { return false }

func (avx2) setup(*writer) {}

// move loads vector v of a row at base, or stores it, masked where it must be.
func (avx2) move(w *writer, s shape, v int, base string, reg int, store bool) {
	at, y := fmt.Sprintf("%d(%s)", 32*v, base), fmt.Sprintf("Y%d", reg)
	from, to := at, y
	if store {
		from, to = y, at
	}
	if !s.masked(v) {
		w.op("VMOVUPS %s, %s", from, to)
		return
	}
	w.op("VMOVDQU %d(R8), Y15", offLanes+8+32*v)
	w.op("VMASKMOVPS %s, Y15, %s", from, to)
}

func (a avx2) loadB(w *writer, s shape) {
	for v := range s.vecs {
		a.move(w, s, v, "DI", 12+v, false)
	}
}

func (avx2) multiply(w *writer, s shape, row int) {
	w.op("VBROADCASTSS "+rowAddress(row)+", Y14", rowBase[row/3])
	for v := range s.vecs {
		w.op("VFMADD231PS Y%d, Y14, Y%d", 12+v, s.acc(row, v))
	}
}

func (avx2) clear(w *writer, s shape, row int) {
	for v := range s.vecs {
		a := s.acc(row, v)
		w.op("VXORPS Y%d, Y%d, Y%d", a, a, a)
	}
}

func (a avx2) load(w *writer, s shape, row int) {
	for v := range s.vecs {
		a.move(w, s, v, "R11", s.acc(row, v), false)
	}
}

func (avx2) zero(w *writer) { w.op("VXORPS Y12, Y12, Y12") }

func (avx2) rectify(w *writer, s shape, row int) {
	for v := range s.vecs {
		w.op("VMAXPS Y%d, Y12, Y%d", s.acc(row, v), s.acc(row, v))
	}
}

func (a avx2) gate(w *writer, s shape, row int) {
	for v := range s.vecs {
		a.move(w, s, v, "R11", 13, false)
		w.op("VCMPPS $1, Y13, Y12, Y13")
		w.op("VANDPS Y13, Y%d, Y%d", s.acc(row, v), s.acc(row, v))
	}
}

func (a avx2) store(w *writer, s shape, row int) {
	for v := range s.vecs {
		a.move(w, s, v, "R12", s.acc(row, v), true)
	}
}

func (avx2) leave(w *writer) { w.op("VZEROUPPER") }
