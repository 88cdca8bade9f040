//go:build amd64 && !purego

package kernel

import "unsafe"

// tile is one call of an assembly routine: rows×(vecs vectors) of C. Distances
// are in bytes. Its layout is known to asmgen.
type tile struct {
	a, b, c, gate                     unsafe.Pointer
	aRow, aStep, bStep, cRow, gateRow int
	k, rows, vecs, mode               int
	lanes                             uint64    // a bit per column, for AVX-512
	lanesWide                         [16]int32 // −1 per column, for AVX2
}

// depth is the longest stretch of k in one pass over a panel: 32 columns of it
// stay in the first-level cache. The chain goes on through C, so it changes no bit.
const depth = 192

func productAVX512(o *operands) { tiled(o, 12, 16, true) }

func productAVX2(o *operands) { tiled(o, 6, 8, false) }

// tiled runs a routine over all tiles: rows at most, vectors of the given lanes, two
// of them side by side. The routine is called by name, not through a variable, so
// that the tile stays on the stack.
func tiled(o *operands, rows, lanes int, wide bool) {
	if o.m <= 0 || o.n <= 0 {
		return
	}
	check(o)
	passes := max(1, (o.k+depth-1)/depth)
	stretch := (o.k + passes - 1) / passes
	var t tile
	t.aRow, t.aStep = 4*o.aRow, 4*o.aStep
	t.bStep, t.cRow, t.gateRow = 4*o.bStep, 4*o.cRow, 4*o.gateRow
	for pass := range passes {
		k0 := pass * stretch
		t.k = min(stretch, o.k-k0)
		t.mode = int(passMode(o.mode, pass, passes))
		for j := 0; j < o.n; j += 2 * lanes {
			width := min(2*lanes, o.n-j)
			t.setWidth(width, lanes)
			t.b = at(o.b, j/PanelWidth*o.bPanel+k0*o.bStep+j%PanelWidth)
			for i := 0; i < o.m; i += rows {
				t.rows = min(rows, o.m-i)
				t.a = at(o.a, i*o.aRow+k0*o.aStep)
				t.c = at(o.c, i*o.cRow+j)
				if t.mode&int(Gate) != 0 {
					t.gate = at(o.gate, i*o.gateRow+j)
				}
				if wide {
					tileAVX512(&t)
				} else {
					tileAVX2(&t)
				}
			}
		}
	}
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

func (t *tile) setWidth(width, lanes int) {
	t.vecs = (width + lanes - 1) / lanes
	t.lanes = 1<<uint(width) - 1
	for i := range t.lanesWide {
		t.lanesWide[i] = 0
		if i < width {
			t.lanesWide[i] = -1
		}
	}
}

// at returns the address of s[i]; an empty operand (k = 0) has none.
func at(s []float32, i int) unsafe.Pointer {
	if i >= len(s) {
		return nil
	}
	return unsafe.Pointer(&s[i])
}
