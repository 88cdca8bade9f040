//go:build amd64 && !purego

#include "textflag.h"

// Every 64-bit lane of a vector belongs to one block; the lower half of a lane holds a
// word, what is in the upper half plays no part. Words 0 … 3 of four blocks are in
// Y0 … Y3, those of the next four in Y4 … Y7; Y8 and Y9 hold the multipliers, Y10 and Y11
// the key and Y12 and Y13 what is added to it after each round.

// ROUND is one round of four blocks.
#define ROUND(A0, A1, A2, A3) \
	VPMULUDQ A0, Y8, Y14   \
	VPMULUDQ A2, Y9, Y15   \
	VPXOR    A1, Y10, A1   \
	VPXOR    A3, Y11, A3   \
	VPSRLQ   $32, Y15, A0  \
	VPSRLQ   $32, Y14, A2  \
	VPXOR    A1, A0, A0    \
	VPXOR    A3, A2, A2    \
	VMOVDQA  Y15, A1       \
	VMOVDQA  Y14, A3

#define ROUNDS \
	ROUND(Y0, Y1, Y2, Y3) \
	ROUND(Y4, Y5, Y6, Y7) \
	VPADDD Y12, Y10, Y10  \
	VPADDD Y13, Y11, Y11

// STORE writes four blocks, one after the other.
#define STORE(A0, A1, A2, A3, AT) \
	VPSLLQ       $32, A1, A1       \
	VPSLLQ       $32, A3, A3       \
	VPBLENDD     $0xaa, A1, A0, A0 \
	VPBLENDD     $0xaa, A3, A2, A2 \
	VPUNPCKLQDQ  A2, A0, Y14       \
	VPUNPCKHQDQ  A2, A0, Y15       \
	VMOVDQU      X14, AT+0(DI)     \
	VMOVDQU      X15, AT+16(DI)    \
	VEXTRACTI128 $1, Y14, AT+32(DI) \
	VEXTRACTI128 $1, Y15, AT+48(DI)

DATA steps<>+0(SB)/8, $0
DATA steps<>+8(SB)/8, $1
DATA steps<>+16(SB)/8, $2
DATA steps<>+24(SB)/8, $3
GLOBL steps<>(SB), RODATA|NOPTR, $32

// func eightAVX2(dst *[8 * block]uint32, low, high, key uint64)
TEXT ·eightAVX2(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         low+8(FP), AX
	VMOVQ        AX, X0
	VPBROADCASTQ X0, Y0
	VPADDQ       steps<>(SB), Y0, Y0
	ADDQ         $4, AX
	VMOVQ        AX, X4
	VPBROADCASTQ X4, Y4
	VPADDQ       steps<>(SB), Y4, Y4
	VPSRLQ       $32, Y0, Y1
	VPSRLQ       $32, Y4, Y5
	MOVQ         high+16(FP), AX
	VMOVQ        AX, X2
	VPBROADCASTQ X2, Y2
	VPSRLQ       $32, Y2, Y3
	VMOVDQA      Y2, Y6
	VMOVDQA      Y3, Y7
	MOVQ         key+24(FP), AX
	VMOVQ        AX, X10
	VPBROADCASTQ X10, Y10
	VPSRLQ       $32, Y10, Y11
	MOVL         $0xd2511f53, AX
	VMOVQ        AX, X8
	VPBROADCASTQ X8, Y8
	MOVL         $0xcd9e8d57, AX
	VMOVQ        AX, X9
	VPBROADCASTQ X9, Y9
	MOVL         $0x9e3779b9, AX
	VMOVQ        AX, X12
	VPBROADCASTQ X12, Y12
	MOVL         $0xbb67ae85, AX
	VMOVQ        AX, X13
	VPBROADCASTQ X13, Y13
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	ROUNDS
	STORE(Y0, Y1, Y2, Y3, 0)
	STORE(Y4, Y5, Y6, Y7, 64)
	VZEROUPPER
	RET
