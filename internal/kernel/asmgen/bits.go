package main

// neighbourhood writes the routine over rows of bits for AVX-512 with VPOPCNTDQ. It
// takes the words of a row in blocks of 8; for each block it walks over the bits of
// front. Registers: AX front, BX rows, CX union, DX words, SI first word of the block,
// DI word of front, R8 arguments, R9 the bits left in it, R10 length of a row in bytes,
// R11 and R12 scratch; the offsets are those of kernel.neighbourhood; Z0 union, Z1 front, Z2 counts, K1 the words of the block.
func neighbourhood() []byte {
	w := &writer{}
	w.begin("amd64")
	w.text("neighbourhoodAVX512", "neighbourhood")
	for _, l := range []string{
		"MOVQ t+0(FP), R8",
		"MOVQ 0(R8), AX", "MOVQ 8(R8), BX", "MOVQ 16(R8), CX", "MOVQ 24(R8), DX",
		"MOVQ DX, R10", "SHLQ $3, R10",
		"VPXORQ Z2, Z2, Z2", "XORQ SI, SI",
	} {
		w.op("%s", l)
	}
	w.label("block")
	for _, l := range []string{
		"MOVQ DX, R11", "SUBQ SI, R11", "MOVQ $255, R12", "CMPQ R11, $8", "JGE whole",
		"MOVQ R11, CX", "MOVQ $1, R12", "SHLQ CX, R12", "DECQ R12", "MOVQ 16(R8), CX",
	} {
		w.op("%s", l)
	}
	w.label("whole")
	for _, l := range []string{
		"KMOVW R12, K1",
		"VPXORQ Z0, Z0, Z0",
		"VMOVDQU64.Z (AX)(SI*8), K1, Z1",
		"XORQ DI, DI",
	} {
		w.op("%s", l)
	}
	w.label("word")
	w.op("MOVQ (AX)(DI*8), R9")
	w.op("TESTQ R9, R9")
	w.op("JZ nextWord")
	w.label("bit")
	for _, l := range []string{
		"TZCNTQ R9, R11", "BLSRQ R9, R9",
		"MOVQ DI, R12", "SHLQ $6, R12", "ADDQ R12, R11", "IMULQ R10, R11", "ADDQ BX, R11",
		"VMOVDQU64.Z (R11)(SI*8), K1, Z3",
		"VPORQ Z3, Z0, Z0", "VPANDQ Z3, Z1, Z3", "VPOPCNTQ Z3, Z3", "VPADDQ Z3, Z2, Z2",
		"TESTQ R9, R9", "JNZ bit",
	} {
		w.op("%s", l)
	}
	w.label("nextWord")
	for _, l := range []string{
		"INCQ DI", "CMPQ DI, DX", "JLT word",
		"VMOVDQU64 Z0, K1, (CX)(SI*8)",
		"ADDQ $8, SI", "CMPQ SI, DX", "JLT block",
		"VEXTRACTI64X4 $1, Z2, Y3", "VPADDQ Y3, Y2, Y2", "VEXTRACTI128 $1, Y2, X3", "VPADDQ X3, X2, X2",
		"VPSRLDQ $8, X2, X3", "VPADDQ X3, X2, X2", "VMOVQ X2, R11", "MOVQ R11, 32(R8)",
		"VZEROUPPER", "RET",
	} {
		w.op("%s", l)
	}
	return w.file()
}
