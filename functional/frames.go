package functional

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
)

// STTCFrames returns the spike time tiling coefficients of all pairs of trains whose
// events lie on the frames of one clock, as ascending frame numbers below frames. It is
// the STTC of events in the middle of their frames, with a window dt of halfWidth
// frames and a half and a recording of whole frames: two events are near if their
// frames are at most halfWidth apart, and an event tiles 2·halfWidth + 1 frames.
//
// Trains are sets of bits and pairs of them are counted by words, so that 12,000
// neurons with 40,000 frames take seconds. Two events of a train on one frame are an
// error; trains without events give rows of NaN.
func STTCFrames(events [][]int32, frames, halfWidth int) (*mat.Dense, error) {
	if frames < 1 || frames > math.MaxInt32 {
		return nil, fmt.Errorf("functional: sttc: frames: want a number from 1 to %d, got %d", math.MaxInt32, frames)
	}
	if halfWidth < 0 || halfWidth > frames {
		return nil, fmt.Errorf("functional: sttc: half width: want a number of frames from 0 to %d, got %d", frames, halfWidth)
	}
	if len(events) == 0 {
		return nil, fmt.Errorf("functional: sttc: want at least one train, got none")
	}
	t := newTiling(len(events), frames)
	for i, train := range events {
		if err := t.put(i, train, halfWidth); err != nil {
			return nil, fmt.Errorf("functional: sttc: neuron %d: %w", i, err)
		}
	}
	return t.coefficients(), nil
}

// tiling holds trains and the frames near their events, a row of bits each.
type tiling struct {
	n, frames, words int
	spikes, tiles    []uint64
	count            []int // events
	share            []float64
}

func newTiling(n, frames int) *tiling {
	words := (frames + 63) / 64
	return &tiling{n: n, frames: frames, words: words,
		spikes: make([]uint64, n*words), tiles: make([]uint64, n*words), count: make([]int, n), share: make([]float64, n)}
}

func (t *tiling) put(i int, train []int32, halfWidth int) error {
	spikes, tiles := t.row(t.spikes, i), t.row(t.tiles, i)
	covered := 0 // frames before this one need no more marks
	for k, f := range train {
		if f < 0 || int(f) >= t.frames {
			return fmt.Errorf("event %d: want a frame from 0 to %d, got %d", k, t.frames-1, f)
		}
		if k > 0 && f <= train[k-1] {
			return fmt.Errorf("event %d: want ascending frames with one event each, got %d after %d", k, f, train[k-1])
		}
		spikes[f>>6] |= 1 << (f & 63)
		to := min(t.frames, int(f)+halfWidth+1)
		for x := max(covered, int(f)-halfWidth); x < to; x++ {
			tiles[x>>6] |= 1 << (x & 63)
		}
		covered = to
	}
	t.count[i] = len(train)
	tiled := 0
	for _, w := range tiles {
		tiled += bits.OnesCount64(w)
	}
	t.share[i] = float64(tiled) / float64(t.frames)
	return nil
}

func (t *tiling) row(x []uint64, i int) []uint64 { return x[i*t.words : (i+1)*t.words] }

// block is the number of trains whose rows of one stretch of words stay in the cache.
const block = 64

// coefficients fills the matrix block by block on all cores; each element depends on
// its pair alone.
func (t *tiling) coefficients() *mat.Dense {
	out := mat.NewDense(t.n, t.n, nil)
	blocks := (t.n + block - 1) / block
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= blocks {
					return
				}
				for j := 0; j <= k; j++ {
					t.fill(out, k*block, j*block)
				}
			}
		})
	}
	wg.Wait()
	return out
}

// fill computes the pairs of two blocks, the later one first.
func (t *tiling) fill(out *mat.Dense, rows, columns int) {
	for i := rows; i < min(rows+block, t.n); i++ {
		a, ta := t.row(t.spikes, i), t.row(t.tiles, i)
		for j := columns; j < min(columns+block, i+1); j++ {
			v := math.NaN()
			if t.count[i] > 0 && t.count[j] > 0 {
				inJ, inI := shared(a, t.row(t.tiles, j), t.row(t.spikes, j), ta)
				v = coefficient(float64(inJ)/float64(t.count[i]), float64(inI)/float64(t.count[j]), t.share[i], t.share[j])
			}
			out.Set(i, j, v)
			out.Set(j, i, v)
		}
	}
}

// shared counts the bits that a and b, and c and d, have in common.
func shared(a, b, c, d []uint64) (ab, cd int) {
	b, c, d = b[:len(a)], c[:len(a)], d[:len(a)]
	var ab2, cd2 int
	i := 0
	for ; i+1 < len(a); i += 2 {
		ab += bits.OnesCount64(a[i] & b[i])
		cd += bits.OnesCount64(c[i] & d[i])
		ab2 += bits.OnesCount64(a[i+1] & b[i+1])
		cd2 += bits.OnesCount64(c[i+1] & d[i+1])
	}
	if i < len(a) {
		ab += bits.OnesCount64(a[i] & b[i])
		cd += bits.OnesCount64(c[i] & d[i])
	}
	return ab + ab2, cd + cd2
}
