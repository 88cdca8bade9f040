package functional

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"biornn/internal/rng"
)

// drawFrames returns trains of every density, from silent to an event on each frame, with
// events on the first and the last frame.
func drawFrames(s *rng.Stream, n, frames int) [][]int32 {
	events := make([][]int32, n)
	for i := range events {
		rate := []float64{0, 0.002, 0.02, 0.2, 0.7, 1}[i%6]
		for f := range frames {
			ends := i%7 == 3 && (f == 0 || f == frames-1)
			if s.Float64() < rate || ends {
				events[i] = append(events[i], int32(f))
			}
		}
	}
	return events
}

func timesOf(events [][]int32, offset, period float64) [][]float64 {
	times := make([][]float64, len(events))
	for i, train := range events {
		for _, f := range train {
			times[i] = append(times[i], (float64(f)+offset)*period)
		}
	}
	return times
}

// same tells whether two numbers are equal or both NaN.
func same(a, b float64) bool { return a == b || a != a && b != b }

// TestSTTCFramesIsSTTC compares with event times in the middle of frames: to the last bit
// where times are exact, within their rounding elsewhere.
func TestSTTCFramesIsSTTC(t *testing.T) {
	s := rng.New(41, "functional/frames")
	for round, frames := range []int{1, 2, 63, 64, 65, 127, 128, 129, 300, 1000, 1 + s.IntN(700), 1 + s.IntN(700)} {
		for _, half := range []int{0, 1, 2, 40, 64, 200, frames} {
			half = min(half, frames)
			events := drawFrames(s, 1+s.IntN(80), frames)
			got, err := STTCFrames(events, frames, half)
			if err != nil {
				t.Fatal(err)
			}
			for _, clock := range []struct{ period, tolerance float64 }{{1, 0}, {0.125, 0}, {0.16, 1e-12}} {
				times, dt := timesOf(events, 0.5, clock.period), (float64(half)+0.5)*clock.period
				for i := range events {
					for j := range events {
						want, err := STTC(times[i], times[j], dt, 0, float64(frames)*clock.period)
						if err != nil {
							t.Fatal(err)
						}
						if g := got.At(i, j); !same(g, want) && !(math.Abs(g-want) <= clock.tolerance) {
							t.Fatalf("round %d: %d frames of %g s, half width %d, pair %d, %d: got %.17g, want %.17g", round, frames, clock.period, half, i, j, g, want)
						}
					}
				}
			}
		}
	}
}

// TestSTTCMatrixOnClocks compares trains on one clock with STTC to the last bit: with
// the window between frames and on them, where rounded times decide, with repeated
// events, and with trains that are walked beside trains counted by words.
func TestSTTCMatrixOnClocks(t *testing.T) {
	s := rng.New(46, "functional/clocks")
	const period = 1 / 6.3009
	for _, frames := range []int{1, 64, 65, 500, 1300} {
		for _, dt := range []float64{0.1, period / 2, period, 3 * period, 1.5 * period, 1e4} {
			trains := timesOf(drawFrames(s, 2+s.IntN(50), frames), 0, period)
			for i, train := range trains {
				if i%5 == 4 && len(train) > 0 {
					trains[i] = slices.Sorted(slices.Values(append(train, train[0], train[len(train)/2])))
				}
			}
			stop := float64(frames-1)*period + 0.1
			checkMatrix(t, fmt.Sprintf("%d frames, dt %g", frames, dt), trains, dt, stop)
		}
	}
}

// TestSTTCMatrixWithoutClock does so where no time is that of two events.
func TestSTTCMatrixWithoutClock(t *testing.T) {
	s := rng.New(47, "functional/free")
	trains := make([][]float64, 150)
	for i := range trains {
		for range s.IntN(40) {
			trains[i] = append(trains[i], 100*s.Float64())
		}
		slices.Sort(trains[i])
	}
	checkMatrix(t, "150 free trains", trains, 0.3, 100)
	checkMatrix(t, "10 free trains", trains[:10], 0.3, 100)
}

func checkMatrix(t *testing.T, name string, trains [][]float64, dt, stop float64) {
	t.Helper()
	var first []float64
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		got, err := STTCMatrix(trains, dt, 0, stop)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first != nil && !slices.EqualFunc(got.RawMatrix().Data, first, same) {
			t.Fatalf("%s: %d cores change the result", name, cores)
		}
		first = got.RawMatrix().Data
	}
	for i, a := range trains {
		for j, b := range trains {
			want, err := STTC(a, b, dt, 0, stop)
			if g := first[i*len(trains)+j]; err != nil || !same(g, want) {
				t.Fatalf("%s: pair %d, %d: got %.17g, want %.17g, %v", name, i, j, g, want, err)
			}
		}
	}
}

// TestTilingBlocks compares blocks of every size with plain counts, for rows longer
// than the cache among them.
func TestTilingBlocks(t *testing.T) {
	s := rng.New(48, "functional/blocks")
	for _, words := range []int{1, 3, 40} {
		for size := range 14 {
			a, rows, counts := make([]uint64, words), make([]uint64, words*size), make([]int32, size)
			for _, x := range [][]uint64{a, rows} {
				for i := range x {
					x[i] = s.Uint64()
				}
			}
			andCounts(counts, a, rows)
			for k, got := range counts {
				want := 0
				for b := range 64 * words {
					want += int(a[b/64] >> (b % 64) & (rows[k*words+b/64] >> (b % 64)) & 1)
				}
				if int(got) != want {
					t.Errorf("%d words, row %d of %d: got %d, want %d", words, k, size, got, want)
				}
			}
		}
	}
	for n, want := range map[int]int{1: 4, 100: 4, 312: 16, 12000: 64} {
		if got := newTiling(n, 40000).blockTrains(); got != min(want, 52) {
			t.Errorf("%d trains: blocks of %d, want %d", n, got, min(want, 52))
		}
	}
	if got := (&tiling{n: 12000, words: 1 << 20}).blockTrains(); got != 4 {
		t.Errorf("long rows: blocks of %d, want 4", got)
	}
}

func TestSTTCFramesErrors(t *testing.T) {
	for name, call := range map[string]func() error{
		"two events on a frame": func() error { _, err := STTCFrames([][]int32{{3, 3}}, 10, 1); return err },
		"a frame too late":      func() error { _, err := STTCFrames([][]int32{{10}}, 10, 1); return err },
		"no train":              func() error { _, err := STTCFrames(nil, 10, 1); return err },
		"no frame":              func() error { _, err := STTCFrames([][]int32{{}}, 0, 0); return err },
		"a negative half width": func() error { _, err := STTCFrames([][]int32{{}}, 9, -1); return err },
	} {
		if call() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// full lets the benchmarks run at the size of a whole volume: 12,000 neurons with 40,000
// frames, which takes about 4 GiB.
var full = flag.Bool("full", false, "benchmarks at full size")

func sizes() (neurons, frames int) {
	if *full {
		return 12000, 40000
	}
	return 1000, 4000
}

func BenchmarkSTTCFrames(b *testing.B) {
	n, frames := sizes()
	s := rng.New(43, "functional/bench")
	events := make([][]int32, n)
	for i := range events {
		for f := s.IntN(40); f < frames; f += 1 + s.IntN(40) {
			events[i] = append(events[i], int32(f))
		}
	}
	b.Run(fmt.Sprintf("n=%d/frames=%d", n, frames), func(b *testing.B) {
		for b.Loop() {
			if _, err := STTCFrames(events, frames, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkSTTCClock gives event times on one clock to STTCMatrix.
func BenchmarkSTTCClock(b *testing.B) {
	n, frames := sizes()
	s := rng.New(43, "functional/bench")
	const period = 0.16
	trains := make([][]float64, n)
	for i := range trains {
		for f := s.IntN(40); f < frames; f += 1 + s.IntN(40) {
			trains[i] = append(trains[i], float64(f)*period)
		}
	}
	b.Run(fmt.Sprintf("n=%d/frames=%d", n, frames), func(b *testing.B) {
		for b.Loop() {
			if _, err := STTCMatrix(trains, period/2, 0, float64(frames)*period); err != nil {
				b.Fatal(err)
			}
		}
	})
}
