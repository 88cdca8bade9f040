package functional

import (
	"math"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
)

// tiling holds trains as sets of places: frames of a clock, or the times at which any
// train has an event. A row of words is a train's set, a bit a place.
type tiling struct {
	n, words int
	spikes   []uint64 // places of events
	tiles    []uint64 // places near events
	// walked holds the places of trains that are counted event by event: because they
	// are few, or because some lie on one place and count as often. It is nil for others.
	walked [][]int32
	count  []int     // events
	share  []float64 // of the recording near events
}

func newTiling(n, places int) *tiling {
	words := (places + 63) / 64
	return &tiling{n: n, words: words,
		spikes: make([]uint64, n*words), tiles: make([]uint64, n*words),
		walked: make([][]int32, n), count: make([]int, n), share: make([]float64, n)}
}

func (t *tiling) row(x []uint64, i int) []uint64 { return x[i*t.words : (i+1)*t.words] }

// put makes a train of events at ascending places. They are kept where it is walked.
func (t *tiling) put(i int, places []int32) {
	spikes, repeats := t.row(t.spikes, i), false
	for k, p := range places {
		spikes[p>>6] |= 1 << (p & 63)
		repeats = repeats || k > 0 && p == places[k-1]
	}
	t.count[i] = len(places)
	// A step of the walk takes about as long as two words.
	if repeats || 2*len(places) < t.words {
		t.walked[i] = places
	}
}

// mark sets the bits from … to−1 of a row.
func mark(row []uint64, from, to int) {
	for from < to {
		end := min(to, from|63+1)
		row[from>>6] |= ^uint64(0) >> (64 - (end - from)) << (from & 63)
		from = end
	}
}

// ones counts the bits of a row.
func ones(row []uint64) int {
	n := 0
	for _, w := range row {
		n += bits.OnesCount64(w)
	}
	return n
}

// blockTrains returns the number of trains whose sets stay in the second-level cache
// together, or less where that leaves too few blocks to share out.
func (t *tiling) blockTrains() int {
	const near = 1 << 16 // words
	most := min(64, near/max(1, 2*t.words), t.n/16)
	return max(4, most&^3)
}

// coefficients returns the coefficients of all pairs. Each depends on its pair alone.
func (t *tiling) coefficients() *mat.Dense {
	out := mat.NewDense(t.n, t.n, nil)
	size := t.blockTrains()
	blockPairs((t.n+size-1)/size, func() func(i, j int) {
		w := &pairCounts{rows: make([]int32, size), columns: make([]int32, size)}
		return func(i, j int) { t.fill(out, w, i*size, j*size, size) }
	})
	return out
}

// pairCounts holds, for one train and some others, its events near theirs and theirs
// near its own.
type pairCounts struct{ rows, columns []int32 }

// fill computes the pairs of two blocks, the later one first.
func (t *tiling) fill(out *mat.Dense, w *pairCounts, rows, columns, size int) {
	for i := rows; i < min(rows+size, t.n); i++ {
		to := min(columns+size, i+1)
		t.countRow(w, i, columns, to)
		for j := columns; j < to; j++ {
			v := math.NaN()
			if t.count[i] > 0 && t.count[j] > 0 {
				pi, pj := float64(w.rows[j-columns])/float64(t.count[i]), float64(w.columns[j-columns])/float64(t.count[j])
				v = coefficient(pi, pj, t.share[i], t.share[j])
			}
			out.Set(i, j, v)
			out.Set(j, i, v)
		}
	}
}

// countRow counts the pairs of train i with trains from … to−1.
func (t *tiling) countRow(w *pairCounts, i, from, to int) {
	if t.walked[i] == nil {
		andCounts(w.rows[:to-from], t.row(t.spikes, i), t.tiles[from*t.words:to*t.words])
	} else {
		for j := from; j < to; j++ {
			w.rows[j-from] = walk(t.row(t.tiles, j), t.walked[i])
		}
	}
	tiles := t.row(t.tiles, i)
	for j := from; j < to; {
		if t.walked[j] != nil {
			w.columns[j-from] = walk(tiles, t.walked[j])
			j++
			continue
		}
		end := j + 1
		for end < to && t.walked[end] == nil {
			end++
		}
		andCounts(w.columns[j-from:end-from], tiles, t.spikes[j*t.words:end*t.words])
		j = end
	}
}

// andCounts sets counts[k] to the number of bits that a has in common with row k of
// rows, which lie one behind the other. All time goes into this loop; four rows at once
// need each word of a but once.
func andCounts(counts []int32, a, rows []uint64) {
	words := len(a)
	for len(counts) >= 4 {
		var n0, n1, n2, n3 int
		r0, r1, r2, r3 := rows[:words], rows[words:][:words], rows[2*words:][:words], rows[3*words:][:words]
		for i, x := range a {
			n0 += bits.OnesCount64(x & r0[i])
			n1 += bits.OnesCount64(x & r1[i])
			n2 += bits.OnesCount64(x & r2[i])
			n3 += bits.OnesCount64(x & r3[i])
		}
		counts[0], counts[1], counts[2], counts[3] = int32(n0), int32(n1), int32(n2), int32(n3)
		counts, rows = counts[4:], rows[4*words:]
	}
	for k := range counts {
		n, r := 0, rows[k*words:][:words]
		for i, x := range a {
			n += bits.OnesCount64(x & r[i])
		}
		counts[k] = int32(n)
	}
}

// walk counts the events at set places, in two sums so that loads overlap.
func walk(set []uint64, places []int32) int32 {
	var a, b uint64
	for len(places) >= 2 {
		p, q := uint32(places[0]), uint32(places[1])
		a += set[p>>6] >> (p & 63) & 1
		b += set[q>>6] >> (q & 63) & 1
		places = places[2:]
	}
	for _, p := range places {
		a += set[uint32(p)>>6] >> (uint32(p) & 63) & 1
	}
	return int32(a + b)
}

// blockPairs calls a function for every pair of blocks i ≥ j on all cores, one of its
// own for each core; its calls must write to places of their own.
func blockPairs(blocks int, start func() func(i, j int)) {
	pairs := blocks * (blocks + 1) / 2
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(pairs, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			f := start()
			for k := int(next.Add(1)) - 1; k < pairs; k = int(next.Add(1)) - 1 {
				i := int((math.Sqrt(8*float64(k)+1) - 1) / 2)
				f(i, k-i*(i+1)/2)
			}
		})
	}
	wg.Wait()
}
