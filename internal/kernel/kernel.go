// Package kernel holds the float32 arithmetic that training spends its time in:
// matrix products, dense and sparse, elementwise functions and steps of Adam, for
// AVX-512, for AVX2 with FMA, for NEON, and a plain reference in Go.
//
// Order of summation. Every output element of a dense product is one chain of fused
// multiply-adds over k = 0, 1, …, K−1, starting from 0 or from the value that is added
// to. No implementation splits or reorders this chain, so all of them, for every
// blocking and any number of threads, give the same bits; the reference rounds
// each multiply-add once, as the hardware does. The elementwise functions are the same
// sequence of operations, each rounded once, everywhere. (The sign and payload of a
// NaN are not part of the promise.)
package kernel

//go:generate go run ./asmgen

import "unsafe"

// PanelWidth is the number of columns in a panel of a packed operand.
const PanelWidth = 32

// Mode says what happens to a product C before it is stored.
type Mode int

// Modes may be combined, save Rectify with Gate.
const (
	Set     Mode = 0 // C = A·B
	Add     Mode = 1 // C += A·B
	Rectify Mode = 2 // then C = max(0, C)
	Gate    Mode = 4 // then C = 0 wherever the gate is not above 0
)

// Packed is a right operand in panels of PanelWidth columns: panel j holds, for
// each k, the elements of columns 32j … 32j+31, zeros past the last column.
type Packed struct {
	k, n int
	data []float32
}

// Pack stores b, a k×n matrix with rows of ldb elements.
func (p *Packed) Pack(b []float32, ldb, k, n int) {
	p.Begin(k, n)
	p.Put(b, ldb, 0, n)
}

// PackT stores the transpose of b, which has n rows of ldb elements, k of them used.
func (p *Packed) PackT(b []float32, ldb, k, n int) {
	p.Begin(k, n)
	p.PutT(0, b, ldb, k, 0, n)
}

// Begin makes room for a k×n operand; all of it must then be filled by Put or PutT,
// which may run side by side on different columns.
func (p *Packed) Begin(k, n int) { p.resize(k, n) }

// Put fills columns from … to−1 with those of b, a matrix with rows of ldb elements.
// Both ends lie at a multiple of PanelWidth or at the last column.
func (p *Packed) Put(b []float32, ldb, from, to int) {
	for j0 := from; j0 < to; j0 += PanelWidth {
		width := min(PanelWidth, p.n-j0)
		panel := p.data[j0*p.k:]
		for i := range p.k {
			row := panel[i*PanelWidth : (i+1)*PanelWidth]
			copy(row[:width], b[i*ldb+j0:])
			clear(row[width:])
		}
	}
}

// PutT fills rows k0 … k0+k−1 of columns from … to−1 (cut as in Put) from the transpose
// of b, which has a row of ldb elements, k of them used, for each column of the
// operand.
func (p *Packed) PutT(k0 int, b []float32, ldb, k, from, to int) {
	const stretch = 64 // rows that stay in the first-level cache
	for j0 := from; j0 < to; j0 += PanelWidth {
		width := min(PanelWidth, p.n-j0)
		for i0 := 0; i0 < k; i0 += stretch {
			rows := min(stretch, k-i0)
			panel := p.data[j0*p.k+(k0+i0)*PanelWidth:]
			panel = panel[:rows*PanelWidth]
			for j := range width {
				for i, x := range b[(j0+j)*ldb+i0 : (j0+j)*ldb+i0+rows] {
					panel[i*PanelWidth+j] = x
				}
			}
			for i := 0; width < PanelWidth && i < rows; i++ {
				clear(panel[i*PanelWidth+width : (i+1)*PanelWidth])
			}
		}
	}
}

func (p *Packed) resize(k, n int) {
	p.k, p.n = k, n
	size := (n + PanelWidth - 1) / PanelWidth * PanelWidth * k
	if cap(p.data) < size {
		p.data = Aligned(size)
	}
	p.data = p.data[:size]
}

// Aligned returns n zeros that begin at a multiple of 64 bytes.
func Aligned(n int) []float32 {
	raw := make([]float32, n+16)
	skip := (64 - int(uintptr(unsafe.Pointer(unsafe.SliceData(raw)))&63)) & 63 / 4
	return raw[skip : skip+n : skip+n]
}

// Gemm computes C = A·B, or C += A·B if add is set: A is m×k with rows of lda
// elements, B is p, C is m×n with rows of ldc elements.
func Gemm(c []float32, ldc int, a []float32, lda, m int, p *Packed, add bool) {
	mode := Set
	if add {
		mode = Add
	}
	GemmFused(c, ldc, a, lda, m, p, mode, nil, 0)
}

// GemmFused computes the product of Gemm as mode says; gate has rows of ldg
// elements and is read only for the mode Gate.
func GemmFused(c []float32, ldc int, a []float32, lda, m int, p *Packed, mode Mode, gate []float32, ldg int) {
	best.product(&operands{
		m: m, n: p.n, k: p.k, mode: mode,
		a: a, aRow: lda, aStep: 1,
		b: p.data, bStep: PanelWidth, bPanel: p.k * PanelWidth,
		c: c, cRow: ldc, gate: gate, gateRow: ldg,
	})
}

// GemmTN computes C = Aᵀ·B, or C += Aᵀ·B if add is set: A is stored k×m with rows
// of lda elements, B k×n with rows of ldb, C is m×n with rows of ldc.
func GemmTN(c []float32, ldc int, a []float32, lda int, b []float32, ldb int, m, n, k int, add bool) {
	mode := Set
	if add {
		mode = Add
	}
	best.product(&operands{
		m: m, n: n, k: k, mode: mode,
		a: a, aRow: 1, aStep: lda,
		b: b, bStep: ldb, bPanel: PanelWidth,
		c: c, cRow: ldc,
	})
}
