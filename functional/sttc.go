// Package functional measures how alike neurons are active: spike time tiling
// coefficient, binned correlation and precision matrix, and it detects events in
// traces.
package functional

import (
	"fmt"
	"math"
	"runtime"
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
	return sttc(a, b, tiled(a, dt, start, stop), tiled(b, dt, start, stop), dt), nil
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
	return covered / (stop - start)
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

func sttc(a, b []float64, ta, tb, dt float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	half := func(p, t float64) float64 {
		if p*t == 1 {
			return 1
		}
		return (p - t) / (1 - float64(p*t))
	}
	return 0.5 * (half(near(a, b, dt), tb) + half(near(b, a, dt), ta))
}

// STTCMatrix returns the coefficients of all pairs, symmetric, on all cores. Trains
// without events give rows of NaN.
func STTCMatrix(trains [][]float64, dt, start, stop float64) (*mat.Dense, error) {
	if err := checkWindow(dt, start, stop); err != nil {
		return nil, err
	}
	n := len(trains)
	if n == 0 {
		return nil, fmt.Errorf("functional: sttc: no trains")
	}
	share := make([]float64, n)
	for i, t := range trains {
		if err := checkTrain(t, start, stop); err != nil {
			return nil, fmt.Errorf("functional: sttc: neuron %d: %w", i, err)
		}
		share[i] = tiled(t, dt, start, stop)
	}
	out := mat.NewDense(n, n, nil)
	rows(n, func(i int) {
		for j := range i + 1 {
			v := sttc(trains[i], trains[j], share[i], share[j], dt)
			out.Set(i, j, v)
			out.Set(j, i, v)
		}
	})
	return out, nil
}

// rows calls f for 0 … n−1 on all cores; long rows and short ones alternate.
func rows(n int, f func(i int)) {
	workers := runtime.GOMAXPROCS(0)
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
