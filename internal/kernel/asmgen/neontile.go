package main

import "fmt"

// Registers of the NEON tile: R0 holds the arguments, R1…R6 point to the rows of A,
// R7 is its step; R8 points into B, R9 is its step; R10 counts k; R11 points into C,
// R12 is its row distance; R13 points into the gate or the C of the next tile, R14 is
// the row distance there. Accumulators are V0…V23, B is in V24…V27, elements of A are
// broadcast to V28…V31 by turns.

// neonShape is rows × vectors; part is the size of a vector in bytes, 16 unless it is
// a rest of two lanes or one.
type neonShape struct{ rows, vecs, part int }

func (s neonShape) tag() string { return fmt.Sprintf("r%dv%dp%d", s.rows, s.vecs, s.part) }

// code is the value of tile.vecs: 1…4 whole vectors, 5 for two lanes, 6 for one.
func (s neonShape) code() int {
	switch s.part {
	case 8:
		return 5
	case 4:
		return 6
	}
	return s.vecs
}

func generateNEON(name string, maxRows int) []byte {
	w := &writer{}
	w.begin("arm64")
	w.text(name, "tile")
	w.op("MOVD t+0(FP), R0")
	w.op("MOVD %d(R0), R1", offA)
	w.op("MOVD %d(R0), R13", offARow)
	for i := 1; i < maxRows; i++ {
		w.op("ADD R13, R%d, R%d", i, i+1)
	}
	w.op("MOVD %d(R0), R7", offAStep)
	w.op("MOVD %d(R0), R8", offB)
	w.op("MOVD %d(R0), R9", offBStep)
	w.op("MOVD %d(R0), R11", offC)
	w.op("MOVD %d(R0), R12", offCRow)
	shapes := []neonShape{{vecs: 4, part: 16}, {vecs: 3, part: 16}, {vecs: 2, part: 16}, {vecs: 1, part: 16}, {vecs: 1, part: 8}, {vecs: 1, part: 4}}
	w.op("MOVD %d(R0), R10", offVecs)
	for _, s := range shapes[1:] {
		w.op("CMP $%d, R10", s.code())
		w.op("BEQ enter%d", s.code())
	}
	for i, s := range shapes {
		if i > 0 {
			w.label("enter%d", s.code())
		}
		w.op("MOVD %d(R0), R10", offRows)
		for s.rows = maxRows; s.rows > 1; s.rows-- {
			w.op("CMP $%d, R10", s.rows)
			w.op("BEQ %s", s.tag())
		}
		w.op("B %s", s.tag())
	}
	for _, s := range shapes {
		for s.rows = maxRows; s.rows >= 1; s.rows-- {
			neonTile(w, s)
		}
	}
	return w.file()
}

// each calls f for every accumulator, with its offset in a row of C or the gate;
// pointer, moved from row to row by step, is left at the last row.
func (s neonShape) each(w *writer, pointer, step string, f func(acc, offset int)) {
	for i := range s.rows {
		for v := range s.vecs {
			f(i*s.vecs+v, 16*v)
		}
		if i < s.rows-1 {
			w.op("ADD %s, %s, %s", step, pointer, pointer)
		}
	}
}

func neonTile(w *writer, s neonShape) {
	tag := s.tag()
	w.label("%s", tag)
	w.op("MOVD %d(R0), R14", offMode)
	w.op("TBNZ $0, R14, %sadd", tag)
	for acc := range s.rows * s.vecs {
		w.three(neonEOR, "EOR", acc, acc, acc)
	}
	w.op("B %sbegin", tag)
	w.label("%sadd", tag)
	w.op("MOVD R11, R13")
	s.each(w, "R13", "R12", func(acc, offset int) { w.memory(true, s.part, acc, 13, offset) })
	w.label("%sbegin", tag)
	w.op("MOVD %d(R0), R10", offK)
	w.op("CBZ R10, %send", tag)
	w.label("%sloop", tag)
	for v := range s.vecs {
		w.memory(true, s.part, 24+v, 8, 16*v)
	}
	for i := range s.rows {
		a := 28 + i%4
		w.broadcast(a, 1+i)
		for v := range s.vecs {
			w.three(neonFMLA, "FMLA", i*s.vecs+v, 24+v, a)
		}
		w.op("ADD R7, R%d, R%d", 1+i, 1+i)
	}
	w.op("ADD R9, R8, R8")
	w.op("SUB $1, R10, R10")
	w.op("CBNZ R10, %sloop", tag)
	w.label("%send", tag)
	w.op("TBZ $1, R14, %snorectify", tag)
	for acc := range s.rows * s.vecs {
		w.two(neonFCMLT, "FCMLT #0", 31, acc)
		w.three(neonBIC, "BIC", acc, acc, 31)
	}
	w.label("%snorectify", tag)
	w.op("TBZ $2, R14, %sstore", tag)
	w.op("MOVD %d(R0), R13", offGate)
	w.op("MOVD %d(R0), R14", offGateR)
	s.each(w, "R13", "R14", func(acc, offset int) {
		w.memory(true, s.part, 31, 13, offset)
		w.two(neonFCMGT, "FCMGT #0", 31, 31)
		w.three(neonAND, "AND", acc, acc, 31)
	})
	w.label("%sstore", tag)
	s.each(w, "R11", "R12", func(acc, offset int) { w.memory(false, s.part, acc, 11, offset) })
	w.op("RET")
}
