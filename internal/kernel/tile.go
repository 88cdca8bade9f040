//go:build (amd64 || arm64) && !purego

package kernel

import "unsafe"

// tile is one call of an assembly routine: rows×(vecs vectors) of C. Distances
// are in bytes. Its layout is known to asmgen.
type tile struct {
	a, b, c, gate                     unsafe.Pointer
	next                              unsafe.Pointer // C of the tile after this one, to be fetched meanwhile
	aRow, aStep, bStep, cRow, gateRow int
	k, rows, vecs, mode               int
	ahead                             int       // distance at which B is fetched beforehand
	lanes                             uint64    // a bit per column, for AVX-512
	lanesWide                         [16]int32 // −1 per column, for AVX2
}

// depth is the longest stretch of k in one pass over a panel: 32 columns of it
// stay in the first-level cache. The chain goes on through C, so it changes no bit.
const depth = 192

// near is the size of a block of rows of A, in elements, that stays in the second-level
// cache beside B, so that the passes over k may be the inner loop and C stay in the
// first.
const near = 1 << 17

// blockGrain is a multiple of the rows of every tile.
const blockGrain = 24

// tiled runs the routine of one instruction set over all tiles. The routine is called
// by name, not through a variable, so that the tile stays on the stack.
func tiled(s set, o *operands) {
	var t tile
	t.aRow, t.aStep = 4*o.aRow, 4*o.aStep
	t.bStep, t.cRow, t.gateRow = 4*o.bStep, 4*o.cRow, 4*o.gateRow
	passes := max(1, (o.k+depth-1)/depth)
	block := max(1, near/max(1, o.k)/blockGrain) * blockGrain
	for i := 0; i < o.m; i += block {
		for j := 0; j < o.n; {
			width := 0
			for pass := range passes {
				width = column(s, &t, o, i, min(o.m, i+block), j, pass, passes)
			}
			j += width
		}
	}
}

// column computes one pass over k for the tiles of rows from … to−1 that begin at column
// j, and returns their width.
func column(s set, t *tile, o *operands, from, to, j, pass, passes int) int {
	stretch := (o.k + passes - 1) / passes
	k0 := pass * stretch
	t.k = min(stretch, o.k-k0)
	t.mode = int(passMode(o.mode, pass, passes))
	width := s.setWidth(t, o.n-j)
	t.b = at(o.b, j/PanelWidth*o.bPanel+k0*o.bStep+j%PanelWidth)
	rows := s.tileRows()
	for i := from; i < to; i += rows {
		t.rows = min(rows, to-i)
		if t.ahead = 0; i+2*rows > to { // the last tiles fetch what the next pass needs
			t.ahead = t.k * t.bStep
		}
		t.a = at(o.a, i*o.aRow+k0*o.aStep)
		t.c = at(o.c, i*o.cRow+j)
		if t.next = at(o.c, (i+rows)*o.cRow+j); t.next == nil {
			t.next = t.c
		}
		if t.mode&int(Gate) != 0 {
			t.gate = at(o.gate, i*o.gateRow+j)
		}
		s.runTile(t)
	}
	return width
}

// passMode leaves what follows the product to the last pass and adds from the second on.
func passMode(mode Mode, pass, passes int) Mode {
	if pass > 0 {
		mode |= Add
	}
	if pass < passes-1 {
		mode &= Add
	}
	return mode
}

// at returns the address of s[i]; past the end there is none.
func at(s []float32, i int) unsafe.Pointer {
	if i >= len(s) {
		return nil
	}
	return unsafe.Pointer(&s[i])
}
