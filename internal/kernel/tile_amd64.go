//go:build amd64 && !purego

package kernel

// tileAVX512 equals productGeneric on one tile of up to 12 rows and 2×16 columns.
//
//go:noescape
func tileAVX512(t *tile)

// tileAVX2 equals productGeneric on one tile of up to 6 rows and 2×8 columns.
//
//go:noescape
func tileAVX2(t *tile)

func (s set) tileRows() int {
	if s == avx512 {
		return 12
	}
	return 6
}

func (s set) runTile(t *tile) {
	if s == avx512 {
		tileAVX512(t)
	} else {
		tileAVX2(t)
	}
}

// setWidth prepares for the next columns and returns how many a tile takes. Masks are
// needed only where the last vector is not whole.
func (s set) setWidth(t *tile, columns int) int {
	if s == avx512 {
		width := min(32, columns)
		t.vecs = (width + 15) / 16
		t.lanes = 1<<uint(width) - 1
		return width
	}
	width := min(16, columns)
	t.vecs = (width + 7) / 8
	if width%8 != 0 {
		t.vecs += 2
		for i := range t.lanesWide {
			t.lanesWide[i] = 0
			if i < width {
				t.lanesWide[i] = -1
			}
		}
	}
	return width
}
