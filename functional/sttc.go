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
func STTCMatrix(trains [][]float64, dt, start, stop float64) (*mat.Dense, error) {
	if err := checkWindow(dt, start, stop); err != nil {
		return nil, err
	}
	n := len(trains)
	if n == 0 {
		return nil, fmt.Errorf("functional: sttc: want at least one train, got none")
	}
	share := make([]float64, n)
	for i, t := range trains {
		if err := checkTrain(t, start, stop); err != nil {
			return nil, fmt.Errorf("functional: sttc: neuron %d: %w", i, err)
		}
		share[i] = tiled(t, dt, start, stop)
	}
	nearby := closeEvents(trains, dt)
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
	return out, nil
}

// closeEvents counts, at [j×n+i], the events of train i within ±dt of any of train j.
// Walking both trains for every pair costs a mispredicted branch an event; so all
// distinct times are listed once, train j marks those near it, and every train then
// adds up the marks at its own times.
func closeEvents(trains [][]float64, dt float64) []int32 {
	n := len(trains)
	times := slices.Concat(trains...)
	slices.Sort(times)
	times = slices.Compact(times)
	places := make([][]int32, n)
	for i, train := range trains {
		places[i] = make([]int32, len(train))
		for k, x := range train {
			at, _ := slices.BinarySearch(times, x)
			places[i][k] = int32(at)
		}
	}
	counts := make([]int32, n*n)
	parallel(n, func(j int) {
		marks := markNear(times, trains[j], dt)
		for i, p := range places {
			counts[j*n+i] = sumAt(marks, p)
		}
	})
	return counts
}

// markNear returns 1 for each of the times within ±dt of any event of a train.
func markNear(times, train []float64, dt float64) []uint8 {
	marks := make([]uint8, len(times))
	k := 0
	for _, x := range train {
		for k < len(times) && x-times[k] > dt {
			k++
		}
		for k < len(times) && times[k]-x <= dt {
			marks[k] = 1
			k++
		}
	}
	return marks
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
