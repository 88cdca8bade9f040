package main

import "fmt"

// Words of NEON instructions on vectors of four float32 (Arm ARM, DDI 0487, C7.2);
// the assembler knows few of them by name. d, n, m number vector registers, r a
// general one; offsets are in bytes.
const (
	neonFADD  = 0x4E20D400
	neonFSUB  = 0x4EA0D400
	neonFMUL  = 0x6E20DC00
	neonFDIV  = 0x6E20FC00
	neonFMAX  = 0x4E20F400
	neonFMIN  = 0x4EA0F400
	neonFMLA  = 0x4E20CC00
	neonFMLS  = 0x4EA0CC00
	neonIADD  = 0x4EA08400
	neonAND   = 0x4E201C00
	neonBIC   = 0x4E601C00
	neonORR   = 0x4EA01C00
	neonEOR   = 0x6E201C00
	neonFSQRT = 0x6EA1F800
	neonFCMLT = 0x4EA0E800 // < 0
	neonFCMGT = 0x4EA0C800 // > 0
	neonSHL23 = 0x4F375400
	neonLD1R  = 0x4D40C800
	neonLDRQ  = 0x3DC00000
	neonSTRQ  = 0x3D800000
	neonLDRD  = 0xFD400000
	neonSTRD  = 0xFD000000
	neonLDRS  = 0xBD400000
	neonSTRS  = 0xBD000000
	neonEXT8  = 0x6E004000 // the upper half of n, then the lower half of m
	neonDUPS1 = 0x5E0C0400 // lane 1 as a scalar
	neonFADDS = 0x1E202800 // scalar sum
)

func (w *writer) word(code uint32, comment string, args ...any) {
	w.op("WORD $0x%08X // %s", code, fmt.Sprintf(comment, args...))
}

// three emits an instruction on three registers.
func (w *writer) three(code uint32, name string, d, n, m int) {
	w.word(code|uint32(m<<16|n<<5|d), "%s V%d.4S, V%d.4S, V%d.4S", name, d, n, m)
}

// two emits an instruction on two registers.
func (w *writer) two(code uint32, name string, d, n int) {
	w.word(code|uint32(n<<5|d), "%s V%d.4S, V%d.4S", name, d, n)
}

// broadcast fills V[d] with the number at R[r].
func (w *writer) broadcast(d, r int) { w.word(neonLD1R|uint32(r<<5|d), "LD1R {V%d.4S}, [X%d]", d, r) }

// memory loads or stores: size is 16, 8 or 4 bytes.
func (w *writer) memory(load bool, size, v, r, offset int) {
	code, name := map[int][2]uint32{
		16: {neonSTRQ, neonLDRQ}, 8: {neonSTRD, neonLDRD}, 4: {neonSTRS, neonLDRS},
	}[size], "STR"
	word := code[0]
	if load {
		word, name = code[1], "LDR"
	}
	letter := map[int]string{16: "Q", 8: "D", 4: "S"}[size]
	w.word(word|uint32(offset/size<<10|r<<5|v), "%s %s%d, [X%d, #%d]", name, letter, v, r, offset)
}
