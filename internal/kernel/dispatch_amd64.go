//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// tileAVX512 equals productGeneric on one tile of up to 12 rows and 2×16 columns.
//
//go:noescape
func tileAVX512(t *tile)

// tileAVX2 equals productGeneric on one tile of up to 6 rows and 2×8 columns.
//
//go:noescape
func tileAVX2(t *tile)

var implementations = []implementation{
	{"avx512", cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ, productAVX512},
	{"avx2", cpu.X86.HasAVX2 && cpu.X86.HasFMA, productAVX2},
	{"generic", true, productGeneric},
}

// multiply runs the implementation in use; by name, so that the operands stay on the
// stack.
func multiply(o *operands) {
	switch best.name {
	case "avx512":
		productAVX512(o)
	case "avx2":
		productAVX2(o)
	default:
		productGeneric(o)
	}
}
