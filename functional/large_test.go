package functional

import (
	"flag"
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/recording"
)

// TestSTTCFramesIsSTTC compares with event times in the middle of frames.
func TestSTTCFramesIsSTTC(t *testing.T) {
	s := rng.New(41, "functional/frames")
	const period = 0.16
	for round := range 30 {
		frames, half, n := 1+s.IntN(400), s.IntN(5), 1+s.IntN(70)
		half = min(half, frames)
		events, times := make([][]int32, n), make([][]float64, n)
		rate := s.Float64()
		for i := range n {
			for f := range frames {
				if i > 0 && s.Float64() < rate*float64(i%4)/3 {
					events[i] = append(events[i], int32(f))
					times[i] = append(times[i], (float64(f)+0.5)*period)
				}
			}
		}
		got, err := STTCFrames(events, frames, half)
		if err != nil {
			t.Fatal(err)
		}
		// A window a little wider than the half frame, because times are rounded; the rounded
		// time at the ends of tiles is what is left of the difference.
		dt := (float64(half) + 0.5) * period
		for i := range n {
			for j := range n {
				want, err := STTC(times[i], times[j], dt, 0, float64(frames)*period)
				if err != nil {
					t.Fatal(err)
				}
				if g := got.At(i, j); math.Abs(g-want) > 1e-9 || math.IsNaN(g) != math.IsNaN(want) {
					t.Fatalf("round %d: %d frames, half width %d, pair %d, %d: got %g, want %g", round, frames, half, i, j, g, want)
				}
			}
		}
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

// TestCorrelationFloat32 compares with the correlation in float64, over several blocks
// and panels.
func TestCorrelationFloat32(t *testing.T) {
	s := rng.New(42, "functional/panels")
	const n, samples = 130, 1300
	x, y := make([][]float32, n), make([][]float64, n)
	shared := make([]float64, samples)
	for k := range shared {
		shared[k] = s.Norm()
	}
	for i := range n {
		x[i], y[i] = make([]float32, samples), make([]float64, samples)
		for k := range samples {
			x[i][k] = float32(1000 + float64(i%3)*shared[k] + s.Norm())
			if i == 5 {
				x[i][k] = 3
			}
			y[i][k] = float64(x[i][k])
		}
	}
	want, err := Correlation(y)
	if err != nil {
		t.Fatal(err)
	}
	var first []float64
	for _, cores := range []int{1, 2, 5} {
		before := runtime.GOMAXPROCS(cores)
		got, err := CorrelationFloat32(x)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			for j := range n {
				if g, w := got.At(i, j), want.At(i, j); math.Abs(g-w) > 1e-6 || math.IsNaN(g) != math.IsNaN(w) {
					t.Fatalf("pair %d, %d: got %.9f, want %.9f", i, j, g, w)
				}
			}
		}
		raw := got.RawMatrix().Data
		if first == nil {
			first = raw
		}
		if !slices.EqualFunc(raw, first, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("%d cores change the result", cores)
		}
	}
	x[7][100] = float32(math.NaN())
	if _, err := CorrelationFloat32(x); err == nil || err.Error() != "functional: correlation: neuron 7, sample 100: want a finite number, got NaN" {
		t.Errorf("a NaN: %v", err)
	}
	x[7] = x[7][:10]
	if _, err := CorrelationFloat32(x); err == nil {
		t.Error("rows of different lengths were accepted")
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

func BenchmarkCorrelationFloat32(b *testing.B) {
	n, samples := sizes()
	s := rng.New(44, "functional/bench")
	noise := make([]float32, 100000+samples)
	for i := range noise {
		noise[i] = float32(s.Norm())
	}
	x := make([][]float32, n)
	for i := range x {
		x[i] = slices.Clone(noise[s.IntN(100000):][:samples])
	}
	b.Run(fmt.Sprintf("n=%d/samples=%d", n, samples), func(b *testing.B) {
		for b.Loop() {
			if _, err := CorrelationFloat32(x); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestManyNeuronsTakeTheFrames fills a circuit above the limit and compares pairs with
// the plain way.
func TestManyNeuronsTakeTheFrames(t *testing.T) {
	s := rng.New(45, "functional/many")
	const rate, frames = 8.0, 300
	c := &circuit.Circuit{Name: "many", FrameRate: rate, Neurons: make([]circuit.Neuron, many+1), Events: make([][]float64, many+1)}
	for i := range c.Events {
		for f := range frames {
			if s.Float64() < 0.05 {
				c.Events[i] = append(c.Events[i], (float64(f)+0.5)/rate)
			}
		}
	}
	cfg := DefaultConfig("corrected")
	cfg.TailS = 0.5 / rate
	few := *c
	few.Neurons, few.Events = c.Neurons[:20], c.Events[:20]
	last := 0.0
	for _, train := range c.Events {
		last = math.Max(last, train[len(train)-1])
	}
	few.Events[19] = append(few.Events[19], last) // the same window
	got, err := Fill(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Fill(&few, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 19 {
		for j := range 19 {
			if g, w := got.STTC.At(i, j), want.STTC.At(i, j); math.Abs(g-w) > 1e-9 {
				t.Fatalf("STTC of %d, %d: got %g, want %g", i, j, g, w)
			}
			if g, w := got.Correlation.At(i, j), want.Correlation.At(i, j); math.Abs(g-w) > 1e-6 {
				t.Fatalf("correlation of %d, %d: got %g, want %g", i, j, g, w)
			}
		}
	}
	if _, _, ok := onFrames(&recording.Recording{Stop: 10, Events: [][]float64{{0.1, 0.33}}}, rate); ok {
		t.Error("events between frames were taken for frames")
	}
}
