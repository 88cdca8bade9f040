//go:build arm64 && !purego

package kernel

// tileNEON equals productGeneric on one tile of up to 6 rows and 4×4 columns.
//
//go:noescape
func tileNEON(t *tile)

func (set) tileRows() int { return 6 }

func (set) runTile(t *tile) { tileNEON(t) }

// setWidth prepares for the next columns and returns how many a tile takes: whole
// vectors first, then a rest of two or one.
func (set) setWidth(t *tile, columns int) int {
	switch {
	case columns >= 4:
		t.vecs = min(4, columns/4)
		return 4 * t.vecs
	case columns >= 2:
		t.vecs = 5
		return 2
	}
	t.vecs = 6
	return 1
}
