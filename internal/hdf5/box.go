package hdf5

// box is a hyperslab: count elements along each dimension, from offset on.
type box struct{ offset, count []int }

// runs calls visit for each stretch of a box that is in one piece within a
// row-major array of the given shape: its first byte and its bytes.
func runs(shape, offset, count []int, size int, visit func(at, n int)) {
	rank := len(shape)
	for _, n := range count {
		if n == 0 {
			return
		}
	}
	// Trailing dimensions that are taken whole join the run.
	run, whole := size, rank
	for whole > 0 {
		whole--
		run *= count[whole]
		if count[whole] != shape[whole] {
			break
		}
	}
	strides := make([]int, rank)
	at, stride := 0, size
	for i := rank - 1; i >= 0; i-- {
		strides[i] = stride
		at += offset[i] * stride
		stride *= shape[i]
	}
	index := make([]int, whole)
	for {
		visit(at, run)
		i := whole - 1
		for ; i >= 0; i-- {
			index[i]++
			at += strides[i]
			if index[i] < count[i] {
				break
			}
			at -= index[i] * strides[i]
			index[i] = 0
		}
		if i < 0 {
			return
		}
	}
}

// copyBox copies a box of count elements between two arrays: from one of shape
// fromShape at fromAt to one of shape toShape at toAt; nil stands for the origin.
func copyBox(to []byte, toShape, toAt []int, from []byte, fromShape, fromAt, count []int, size int) {
	if toAt == nil {
		toAt = make([]int, len(toShape))
	}
	// Both sides are cut into rows of the last dimension, or taken whole.
	row := size
	if rank := len(count); rank > 0 {
		row *= count[rank-1]
	}
	if row == 0 {
		return
	}
	targets := rows(toShape, toAt, count, size)
	sources := rows(fromShape, fromAt, count, size)
	for {
		copy(to[targets.at:targets.at+row], from[sources.at:sources.at+row])
		if !targets.next() {
			return
		}
		sources.next()
	}
}

// rowWalk steps through the rows of a box.
type rowWalk struct {
	at      int // byte
	index   []int
	count   []int
	strides []int
}

func rows(shape, offset, count []int, size int) *rowWalk {
	rank := len(shape)
	w := &rowWalk{strides: make([]int, rank)}
	stride := size
	for i := rank - 1; i >= 0; i-- {
		w.strides[i] = stride
		w.at += offset[i] * stride
		stride *= shape[i]
	}
	w.count = count[:max(0, rank-1)]
	w.index = make([]int, len(w.count))
	return w
}

// next moves to the following row and reports whether there is one.
func (w *rowWalk) next() bool {
	for i := len(w.index) - 1; i >= 0; i-- {
		w.index[i]++
		w.at += w.strides[i]
		if w.index[i] < w.count[i] {
			return true
		}
		w.at -= w.index[i] * w.strides[i]
		w.index[i] = 0
	}
	return false
}

// placement is where a chunk and a box of the dataset meet.
type placement struct {
	box   box
	chunk []int
	size  int // of an element

	inBox, inChunk, count []int
}

// move places the chunk at a position counted in chunks.
func (p *placement) move(at []int) {
	if p.inBox == nil {
		rank := len(at)
		p.inBox, p.inChunk, p.count = make([]int, rank), make([]int, rank), make([]int, rank)
	}
	for i, n := range p.chunk {
		start := at[i] * n
		from := max(start, p.box.offset[i])
		to := min(start+n, p.box.offset[i]+p.box.count[i])
		p.inBox[i], p.inChunk[i], p.count[i] = from-p.box.offset[i], from-start, to-from
	}
}

func (p *placement) copy(out, chunk []byte) {
	copyBox(out, p.box.count, p.inBox, chunk, p.chunk, p.inChunk, p.count, p.size)
}

// fill sets the elements where the chunk would be.
func (p *placement) fill(out, value []byte) {
	if value == nil {
		return
	}
	runs(p.box.count, p.inBox, p.count, p.size, func(at, n int) { fillWith(out[at:at+n], value) })
}

// fillWith repeats a value; nil leaves zeros.
func fillWith(out, value []byte) {
	if len(value) == 0 {
		return
	}
	for n := copy(out, value); n < len(out); n *= 2 {
		copy(out[n:], out[:n])
	}
}
