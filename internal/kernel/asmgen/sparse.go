package main

// Offsets of the fields of kernel.gather: pointers to row starts, columns, values,
// the operand, the result and the gate, the number of rows, the mode.
const (
	offStarts, offColumns, offValues, offOperand, offResult, offGateRows = 0, 8, 16, 24, 32, 40
	offRowCount, offGatherMode                                           = 48, 56
)

// sparseX86 writes gather and dot: products of sparse rows with rows of 16 lanes.
// Registers: AX row starts, BX columns, CX values, DX operand, SI result, R10 gate, DI
// rows left, R13 mode; R9 runs to R11 over the entries, R12 is an offset.
func sparseX86(w *writer, x x86, suffix string) {
	vectors := 64 / x.bytes
	each := func(f func(v, offset int)) {
		for v := range vectors {
			f(v, v*x.bytes)
		}
	}
	begin := func(name string) {
		w.text(name+suffix, "gather")
		w.op("MOVQ t+0(FP), R8")
		for _, p := range []struct {
			offset   int
			register string
		}{
			{offStarts, "AX"}, {offColumns, "BX"}, {offValues, "CX"}, {offOperand, "DX"}, {offResult, "SI"},
			{offGateRows, "R10"}, {offRowCount, "DI"}, {offGatherMode, "R13"},
		} {
			w.op("MOVQ %d(R8), %s", p.offset, p.register)
		}
		w.op("TESTQ DI, DI")
		w.op("JZ done")
		w.label("row")
		w.op("MOVLQSX (AX), R9")
		w.op("MOVLQSX 4(AX), R11")
	}
	entries := func(body func()) {
		w.op("CMPQ R9, R11")
		w.op("JGE rowEnd")
		w.label("entry")
		w.op("MOVLQSX (BX)(R9*4), R12")
		w.op("SHLQ $6, R12")
		body()
		w.op("INCQ R9")
		w.op("CMPQ R9, R11")
		w.op("JLT entry")
		w.label("rowEnd")
	}
	next := func() {
		w.op("ADDQ $64, SI")
		w.op("ADDQ $4, AX")
		w.op("DECQ DI")
		w.op("JNZ row")
		w.label("done")
		w.op("VZEROUPPER")
		w.op("RET")
	}

	begin("gather")
	each(func(v, _ int) { x.xor(w, v, v, v) })
	w.op("TESTQ $1, R13")
	w.op("JZ entries")
	each(func(v, offset int) { w.op("VMOVUPS %d(SI), %s", offset, x.r(v)) })
	w.label("entries")
	entries(func() {
		w.op("VBROADCASTSS (CX)(R9*4), %s", x.r(12))
		each(func(v, offset int) { w.op("VFMADD231PS %d(DX)(R12*1), %s, %s", offset, x.r(12), x.r(v)) })
	})
	x.xor(w, 12, 12, 12)
	w.op("TESTQ $2, R13")
	w.op("JZ gate")
	each(func(v, _ int) { x.max(w, v, 12, v) })
	w.label("gate")
	w.op("TESTQ $4, R13")
	w.op("JZ store")
	each(func(v, offset int) {
		if x.bytes == 64 {
			w.op("VMOVUPS (R10), Z13")
			w.op("VCMPPS $1, Z13, Z12, K1")
			w.op("VMOVAPS.Z Z0, K1, Z0")
			return
		}
		w.op("VMOVUPS %d(R10), Y13", offset)
		w.op("VCMPPS $1, Y13, Y12, Y13")
		w.op("VANDPS Y13, Y%d, Y%d", v, v)
	})
	w.op("ADDQ $64, R10")
	w.label("store")
	each(func(v, offset int) { w.op("VMOVUPS %s, %d(SI)", x.r(v), offset) })
	next()

	begin("dot")
	each(func(v, offset int) { w.op("VMOVUPS %d(SI), %s", offset, x.r(v)) })
	entries(func() {
		each(func(v, offset int) { w.op("VMULPS %d(DX)(R12*1), %s, %s", offset, x.r(v), x.r(4+v)) })
		if x.bytes == 64 {
			w.op("VEXTRACTF64X4 $1, Z4, Y5")
		}
		w.op("VADDPS Y5, Y4, Y4")
		w.op("VEXTRACTF128 $1, Y4, X5")
		w.op("VADDPS X5, X4, X4")
		w.op("VMOVHLPS X4, X4, X5")
		w.op("VADDPS X5, X4, X4")
		w.op("VMOVSHDUP X4, X5")
		w.op("VADDSS X5, X4, X4")
		w.op("VADDSS (CX)(R9*4), X4, X4")
		w.op("VMOVSS X4, (CX)(R9*4)")
	})
	next()
}

// sparseNEON is the same for NEON. Registers: R1 row starts, R2 columns, R3 values, R4
// operand, R5 result, R6 gate, R7 rows left, R8 mode; R9 counts the entries of the
// row, R10 and R11 are scratch.
func sparseNEON(w *writer, suffix string) {
	begin := func(name string) {
		w.text(name+suffix, "gather")
		w.op("MOVD t+0(FP), R0")
		for i, offset := range []int{offStarts, offColumns, offValues, offOperand, offResult, offGateRows, offRowCount, offGatherMode} {
			w.op("MOVD %d(R0), R%d", offset, 1+i)
		}
		w.op("CBZ R7, done")
		w.op("MOVW (R1), R9")
		w.op("ADD R9<<2, R2, R2")
		w.op("ADD R9<<2, R3, R3")
		w.label("row")
		w.op("MOVW (R1), R9")
		w.op("MOVW 4(R1), R10")
		w.op("SUB R9, R10, R9")
	}
	entries := func(body func()) {
		w.op("CBZ R9, rowEnd")
		w.label("entry")
		w.op("MOVW.P 4(R2), R10")
		w.op("ADD R10<<6, R4, R11")
		body()
		w.op("ADD $4, R3, R3")
		w.op("SUB $1, R9, R9")
		w.op("CBNZ R9, entry")
		w.label("rowEnd")
	}
	next := func() {
		w.op("ADD $64, R5, R5")
		w.op("ADD $4, R1, R1")
		w.op("SUB $1, R7, R7")
		w.op("CBNZ R7, row")
		w.label("done")
		w.op("RET")
	}

	begin("gather")
	for v := range 4 {
		w.three(neonEOR, "EOR", v, v, v)
	}
	w.op("TBZ $0, R8, entries")
	for v := range 4 {
		w.memory(true, 16, v, 5, 16*v)
	}
	w.label("entries")
	entries(func() {
		w.broadcast(12, 3)
		for v := range 4 {
			w.memory(true, 16, 4+v, 11, 16*v)
			w.three(neonFMLA, "FMLA", v, 4+v, 12)
		}
	})
	w.op("TBZ $1, R8, gate")
	for v := range 4 {
		w.two(neonFCMLT, "FCMLT #0", 12, v)
		w.three(neonBIC, "BIC", v, v, 12)
	}
	w.label("gate")
	w.op("TBZ $2, R8, store")
	for v := range 4 {
		w.memory(true, 16, 12, 6, 16*v)
		w.two(neonFCMGT, "FCMGT #0", 12, 12)
		w.three(neonAND, "AND", v, v, 12)
	}
	w.op("ADD $64, R6, R6")
	w.label("store")
	for v := range 4 {
		w.memory(false, 16, v, 5, 16*v)
	}
	next()

	begin("dot")
	for v := range 4 {
		w.memory(true, 16, v, 5, 16*v)
	}
	entries(func() {
		for v := range 4 {
			w.memory(true, 16, 4+v, 11, 16*v)
			w.three(neonFMUL, "FMUL", 4+v, 4+v, v)
		}
		w.three(neonFADD, "FADD", 4, 4, 6)
		w.three(neonFADD, "FADD", 5, 5, 7)
		w.three(neonFADD, "FADD", 4, 4, 5)
		w.three(neonEXT8, "EXT #8", 5, 4, 4)
		w.three(neonFADD, "FADD", 4, 4, 5)
		w.word(neonDUPS1|4<<5|5, "MOV S5, V4.S[1]")
		w.word(neonFADDS|5<<16|4<<5|4, "FADD S4, S4, S5")
		w.memory(true, 4, 5, 3, 0)
		w.word(neonFADDS|5<<16|4<<5|4, "FADD S4, S4, S5")
		w.memory(false, 4, 4, 3, 0)
	})
	next()
}

// peakX86 and peakNEON repeat independent fused multiply-adds on all accumulators of a
// tile, as fast as the processor can.
func peakX86(w *writer, x x86, suffix string, registers int) {
	w.text("peak"+suffix, "lanes")
	w.op("MOVQ t+0(FP), R8")
	w.op("MOVQ %d(R8), DI", offVectors)
	for r := range registers + 2 {
		x.xor(w, r, r, r)
	}
	w.label("loop")
	for r := range registers {
		x.fma(w, r, registers, registers+1)
	}
	w.op("DECQ DI")
	w.op("JNZ loop")
	w.op("VZEROUPPER")
	w.op("RET")
}

func peakNEON(w *writer, suffix string, registers int) {
	w.text("peak"+suffix, "lanes")
	w.op("MOVD t+0(FP), R0")
	w.op("MOVD %d(R0), R6", offVectors)
	for r := range registers + 2 {
		w.three(neonEOR, "EOR", r, r, r)
	}
	w.label("loop")
	for r := range registers {
		w.three(neonFMLA, "FMLA", r, registers, registers+1)
	}
	w.op("SUB $1, R6, R6")
	w.op("CBNZ R6, loop")
	w.op("RET")
}
