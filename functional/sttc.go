// Package functional measures how alike neurons are active: spike time tiling
// coefficient, binned correlation and precision matrix, and it detects events in
// traces.
package functional

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
)

// STTC returns the spike time tiling coefficient of two trains of ascending event
// times (s) in the window start … stop (Cutts & Eglen 2014,
// doi:10.1523/JNEUROSCI.2767-14.2014):
//
//	½ [ (P_A − T_B)/(1 − P_A T_B) + (P_B − T_A)/(1 − P_B T_A) ]
//
// P_A is the share of A's events within ±dt (inclusive) of any event of B, T_A the
// share of the window within ±dt of any event of A. An empty train gives NaN; a half
// with P·T = 1 counts 1.
func STTC(a, b []float64, dt, start, stop float64) (float64, error) {
	if err := checkWindow(dt, start, stop); err != nil {
		return 0, err
	}
	for i, train := range [][]float64{a, b} {
		if err := checkTrain(train, start, stop); err != nil {
			return 0, fmt.Errorf("functional: sttc: train %d: %w", i+1, err)
		}
	}
	if len(a) == 0 || len(b) == 0 {
		return math.NaN(), nil
	}
	return coefficient(near(a, b, dt), near(b, a, dt), tiled(a, dt, start, stop), tiled(b, dt, start, stop)), nil
}

func checkWindow(dt, start, stop float64) error {
	if !(dt > 0) || math.IsInf(dt, 0) {
		return fmt.Errorf("functional: sttc: dt: want a time above 0 s, got %g", dt)
	}
	if !(stop > start) || math.IsInf(stop-start, 0) {
		return fmt.Errorf("functional: sttc: want a window that ends after it starts, got %g … %g s", start, stop)
	}
	return nil
}

func checkTrain(t []float64, start, stop float64) error {
	for i, x := range t {
		if !(x >= start && x <= stop) {
			return fmt.Errorf("event %d: want a time in %g … %g s, got %g", i, start, stop, x)
		}
		if i > 0 && x < t[i-1] {
			return fmt.Errorf("event %d: want ascending times, got %g after %g", i, x, t[i-1])
		}
	}
	return nil
}

// tiled returns the share of the window within ±dt of any event.
func tiled(t []float64, dt, start, stop float64) float64 {
	covered, end := 0.0, start
	for _, x := range t {
		from, to := math.Max(x-dt, end), math.Min(x+dt, stop)
		if to > from {
			covered += to - from
		}
		end = math.Max(end, to)
	}
	return math.Min(1, covered/(stop-start)) // the sum can round above the whole
}

// near returns the share of a's events within ±dt of any of b's.
func near(a, b []float64, dt float64) float64 {
	n, j := 0, 0
	for _, x := range a {
		for j < len(b) && x-b[j] > dt {
			j++
		}
		if j == len(b) {
			break
		}
		if b[j]-x <= dt {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// coefficient joins the four shares; pa is that of A's events near B.
func coefficient(pa, pb, ta, tb float64) float64 {
	half := func(p, t float64) float64 {
		if p*t == 1 {
			return 1
		}
		return (p - t) / (1 - float64(p*t))
	}
	return 0.5 * (half(pa, tb) + half(pb, ta))
}

// STTCMatrix returns the coefficients of all pairs of trains (ascending times, s),
// symmetric, on all cores. Each is that of STTC to the last bit. Trains without
// events give rows of NaN, also on the diagonal.
//
// It is fastest where trains share a clock: then there are few distinct times, and
// pairs are counted by words of bits, 64 times at once.
func STTCMatrix(trains [][]float64, dt, start, stop float64) (*mat.Dense, error) {
	if err := checkWindow(dt, start, stop); err != nil {
		return nil, err
	}
	n := len(trains)
	if n == 0 {
		return nil, fmt.Errorf("functional: sttc: want at least one train, got none")
	}
	total := 0
	for i, t := range trains {
		if err := checkTrain(t, start, stop); err != nil {
			return nil, fmt.Errorf("functional: sttc: neuron %d: %w", i, err)
		}
		total += len(t)
	}
	times := distinct(trains)
	places := make([][]int32, n)
	share := make([]float64, n)
	parallel(n, func(i int) {
		places[i] = find(times, trains[i])
		share[i] = tiled(trains[i], dt, start, stop)
	})
	// A pair takes two passes over words, or two steps for each event; see tiling.put.
	if words := (len(times) + 63) / 64; words*n <= 2*total {
		return matrixOfBits(times, trains, places, share, dt), nil
	}
	return matrixOfMarks(times, trains, places, share, dt), nil
}

// distinct returns all times of ascending trains once, ascending.
func distinct(trains [][]float64) []float64 {
	if len(trains) == 1 {
		return slices.Compact(slices.Clone(trains[0]))
	}
	half := len(trains) / 2
	a, b := distinct(trains[:half]), distinct(trains[half:])
	all := make([]float64, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		x, y := a[0], b[0]
		all = append(all, min(x, y))
		if x <= y {
			a = a[1:]
		}
		if y <= x {
			b = b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// find returns the places of a train's events among times.
func find(times, train []float64) []int32 {
	places := make([]int32, len(train))
	for k, x := range train {
		at, _ := slices.BinarySearch(times, x)
		places[k] = int32(at)
	}
	return places
}

// matrixOfBits counts by words, with the times as places.
func matrixOfBits(times []float64, trains [][]float64, places [][]int32, share []float64, dt float64) *mat.Dense {
	t := newTiling(len(trains), len(times))
	t.share = share
	parallel(t.n, func(i int) {
		t.put(i, places[i])
		tiles := t.row(t.tiles, i)
		markNear(times, trains[i], dt, func(from, to int) { mark(tiles, from, to) })
	})
	return t.coefficients()
}

// matrixOfMarks counts event by event, which is better where most times are those of one
// event. Walking both trains for every pair costs a mispredicted branch an event; so
// train j marks the times near it, and every train then adds up the marks at its own.
func matrixOfMarks(times []float64, trains [][]float64, places [][]int32, share []float64, dt float64) *mat.Dense {
	n := len(trains)
	nearby := make([]int32, n*n) // at [j×n+i], the events of train i near train j
	parallel(n, func(j int) {
		marks := make([]uint8, len(times))
		markNear(times, trains[j], dt, func(from, to int) {
			for k := from; k < to; k++ {
				marks[k] = 1
			}
		})
		for i, p := range places {
			nearby[j*n+i] = sumAt(marks, p)
		}
	})
	out := mat.NewDense(n, n, nil)
	for i, a := range trains {
		for j, b := range trains[:i+1] {
			v := math.NaN()
			if len(a) > 0 && len(b) > 0 {
				pa, pb := float64(nearby[j*n+i])/float64(len(a)), float64(nearby[i*n+j])/float64(len(b))
				v = coefficient(pa, pb, share[i], share[j])
			}
			out.Set(i, j, v)
			out.Set(j, i, v)
		}
	}
	return out
}

// markNear passes on the ranges from … to−1 of the times within ±dt of events of a train.
func markNear(times, train []float64, dt float64, yield func(from, to int)) {
	k := 0
	for _, x := range train {
		for k < len(times) && x-times[k] > dt {
			k++
		}
		from := k
		for k < len(times) && times[k]-x <= dt {
			k++
		}
		yield(from, k)
	}
}

// sumAt adds up marks in four independent sums, so that loads overlap.
func sumAt(marks []uint8, places []int32) int32 {
	var a, b, c, d int32
	for len(places) >= 4 {
		a += int32(marks[places[0]])
		b += int32(marks[places[1]])
		c += int32(marks[places[2]])
		d += int32(marks[places[3]])
		places = places[4:]
	}
	for _, p := range places {
		a += int32(marks[p])
	}
	return a + b + c + d
}

// parallel calls f for 0 … n−1 on all cores; f must write to places of its own.
func parallel(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for k := range workers {
		wg.Go(func() {
			for i := k; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}
