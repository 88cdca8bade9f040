package main

import "fmt"

// machine emits elementwise code for one instruction set. Registers 0…11 hold
// vectors of the program, 12…15 are the machine's own. Pointers 0…4 run over
// arrays, one vector an iteration. Every operation rounds once, as IEEE 754 says, so
// that all machines give the same bits.
type machine interface {
	arch() string
	lanes() int
	begin(w *writer, name string, pointers int) // loads the pointers and the count, opens the loop
	end(w *writer, pointers int)                // moves the pointers, closes the loop, returns
	load(w *writer, d, pointer int)             // d = the vector there
	store(w *writer, d, pointer int)            // and back
	constant(w *writer, d int, c int)           // d = constant number c of the table
	add(w *writer, d, a, b int)                 // d = a + b
	sub(w *writer, d, a, b int)                 // d = a − b
	mul(w *writer, d, a, b int)                 // d = a·b
	div(w *writer, d, a, b int)                 // d = a/b
	sqrt(w *writer, d, a int)                   // d = √a
	fma(w *writer, d, a, b int)                 // d += a·b, rounded once
	fnma(w *writer, d, a, b int)                // d −= a·b, rounded once
	min(w *writer, d, a, b int)                 // b where it is not a number; zeros do not occur
	max(w *writer, d, a, b int)                 // likewise
	and(w *writer, d, a, b int)                 // bits
	or(w *writer, d, a, b int)                  // bits
	xor(w *writer, d, a, b int)                 // bits
	shift23(w *writer, d, a int)                // integers, to the left by 23
	rest(w *writer, suffix string)              // what is written for each machine apart
}

// Offsets of the fields of kernel.lanes: five pointers, the number of vectors and the
// table of constants.
const (
	offPointer   = 0
	offVectors   = 40
	offConstants = 48
)

// x86 is what zmm and ymm share. AX, BX, CX, DX and SI are the pointers, DI counts,
// R8 holds the arguments, R9 points to the constants.
type x86 struct {
	letter string
	bytes  int
}

var x86Pointer = []string{"AX", "BX", "CX", "DX", "SI"}

func (x86) arch() string { return "amd64" }

func (x x86) lanes() int { return x.bytes / 4 }

func (x x86) begin(w *writer, name string, pointers int) {
	w.text(name, "lanes")
	w.op("MOVQ t+0(FP), R8")
	for p := range pointers {
		w.op("MOVQ %d(R8), %s", offPointer+8*p, x86Pointer[p])
	}
	w.op("MOVQ %d(R8), DI", offVectors)
	w.op("MOVQ %d(R8), R9", offConstants)
	w.op("TESTQ DI, DI")
	w.op("JZ done")
	w.label("loop")
}

func (x x86) end(w *writer, pointers int) {
	for p := range pointers {
		w.op("ADDQ $%d, %s", x.bytes, x86Pointer[p])
	}
	w.op("DECQ DI")
	w.op("JNZ loop")
	w.label("done")
	w.op("VZEROUPPER")
	w.op("RET")
}

func (x x86) r(n int) string { return fmt.Sprintf("%s%d", x.letter, n) }

func (x x86) load(w *writer, d, p int)  { w.op("VMOVUPS (%s), %s", x86Pointer[p], x.r(d)) }
func (x x86) store(w *writer, d, p int) { w.op("VMOVUPS %s, (%s)", x.r(d), x86Pointer[p]) }

func (x x86) constant(w *writer, d, c int) { w.op("VBROADCASTSS %d(R9), %s", 4*c, x.r(d)) }

func (x x86) three(w *writer, name string, d, a, b int) {
	w.op("%s %s, %s, %s", name, x.r(b), x.r(a), x.r(d))
}

func (x x86) add(w *writer, d, a, b int)  { x.three(w, "VADDPS", d, a, b) }
func (x x86) sub(w *writer, d, a, b int)  { x.three(w, "VSUBPS", d, a, b) }
func (x x86) mul(w *writer, d, a, b int)  { x.three(w, "VMULPS", d, a, b) }
func (x x86) div(w *writer, d, a, b int)  { x.three(w, "VDIVPS", d, a, b) }
func (x x86) sqrt(w *writer, d, a int)    { w.op("VSQRTPS %s, %s", x.r(a), x.r(d)) }
func (x x86) fma(w *writer, d, a, b int)  { x.three(w, "VFMADD231PS", d, a, b) }
func (x x86) fnma(w *writer, d, a, b int) { x.three(w, "VFNMADD231PS", d, a, b) }
func (x x86) min(w *writer, d, a, b int)  { x.three(w, "VMINPS", d, a, b) }
func (x x86) max(w *writer, d, a, b int)  { x.three(w, "VMAXPS", d, a, b) }
func (x x86) and(w *writer, d, a, b int)  { x.three(w, "VPAND"+x.suffix(), d, a, b) }
func (x x86) or(w *writer, d, a, b int)   { x.three(w, "VPOR"+x.suffix(), d, a, b) }
func (x x86) xor(w *writer, d, a, b int)  { x.three(w, "VPXOR"+x.suffix(), d, a, b) }
func (x x86) shift23(w *writer, d, a int) { w.op("VPSLLD $23, %s, %s", x.r(a), x.r(d)) }

// suffix completes the names of bit operations, which AVX-512 has by element size.
func (x x86) suffix() string {
	if x.bytes == 64 {
		return "D"
	}
	return ""
}

// quad is NEON. R1…R5 are the pointers, R6 counts, R0 holds the arguments, R7 points
// to the constants, R8 is scratch.
type quad struct{}

func (quad) arch() string { return "arm64" }
func (quad) lanes() int   { return 4 }

func (quad) begin(w *writer, name string, pointers int) {
	w.text(name, "lanes")
	w.op("MOVD t+0(FP), R0")
	for p := range pointers {
		w.op("MOVD %d(R0), R%d", offPointer+8*p, 1+p)
	}
	w.op("MOVD %d(R0), R6", offVectors)
	w.op("MOVD %d(R0), R7", offConstants)
	w.op("CBZ R6, done")
	w.label("loop")
}

func (quad) end(w *writer, pointers int) {
	for p := range pointers {
		w.op("ADD $16, R%d, R%d", 1+p, 1+p)
	}
	w.op("SUB $1, R6, R6")
	w.op("CBNZ R6, loop")
	w.label("done")
	w.op("RET")
}

func (quad) load(w *writer, d, p int)  { w.memory(true, 16, d, 1+p, 0) }
func (quad) store(w *writer, d, p int) { w.memory(false, 16, d, 1+p, 0) }

func (quad) constant(w *writer, d, c int) {
	w.op("ADD $%d, R7, R8", 4*c)
	w.broadcast(d, 8)
}

func (quad) add(w *writer, d, a, b int)  { w.three(neonFADD, "FADD", d, a, b) }
func (quad) sub(w *writer, d, a, b int)  { w.three(neonFSUB, "FSUB", d, a, b) }
func (quad) mul(w *writer, d, a, b int)  { w.three(neonFMUL, "FMUL", d, a, b) }
func (quad) div(w *writer, d, a, b int)  { w.three(neonFDIV, "FDIV", d, a, b) }
func (quad) sqrt(w *writer, d, a int)    { w.two(neonFSQRT, "FSQRT", d, a) }
func (quad) fma(w *writer, d, a, b int)  { w.three(neonFMLA, "FMLA", d, a, b) }
func (quad) fnma(w *writer, d, a, b int) { w.three(neonFMLS, "FMLS", d, a, b) }
func (quad) min(w *writer, d, a, b int)  { w.three(neonFMIN, "FMIN", d, a, b) }
func (quad) max(w *writer, d, a, b int)  { w.three(neonFMAX, "FMAX", d, a, b) }
func (quad) and(w *writer, d, a, b int)  { w.three(neonAND, "AND", d, a, b) }
func (quad) or(w *writer, d, a, b int)   { w.three(neonORR, "ORR", d, a, b) }
func (quad) xor(w *writer, d, a, b int)  { w.three(neonEOR, "EOR", d, a, b) }
func (quad) shift23(w *writer, d, a int) { w.two(neonSHL23, "SHL #23", d, a) }

// zmm and ymm are AVX-512 and AVX2.
func zmm() machine { return x86{"Z", 64} }
func ymm() machine { return x86{"Y", 32} }

// accumulators is the number of registers that a tile sums in.
func (x x86) accumulators() int { return map[int]int{64: 24, 32: 12}[x.bytes] }

func (x x86) rest(w *writer, suffix string) {
	sparseX86(w, x, suffix)
	peakX86(w, x, suffix, x.accumulators())
}

func (quad) rest(w *writer, suffix string) {
	sparseNEON(w, suffix)
	peakNEON(w, suffix, 24)
}
