package functional

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

// number reads a JSON number or one of "NaN", "+Inf", "-Inf".
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*n = number(x)
	return err
}

func TestGoldenSTTC(t *testing.T) {
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", "sttc.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tol   float64
		Cases []struct {
			ID       string
			A, B     []float64
			Dt       float64
			TStart   float64 `json:"t_start"`
			TStop    float64 `json:"t_stop"`
			Expected number
		}
		Matrix struct {
			Trains [][]float64
			Dt     float64
			TStart float64 `json:"t_start"`
			TStop  float64 `json:"t_stop"`
			STTC   [][]number
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 20 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		if !slices.IsSorted(c.A) || !slices.IsSorted(c.B) {
			if _, err := STTC(c.A, c.B, c.Dt, c.TStart, c.TStop); err == nil {
				t.Errorf("%s: unsorted trains were accepted", c.ID)
			}
			slices.Sort(c.A)
			slices.Sort(c.B)
		}
		got, err := STTC(c.A, c.B, c.Dt, c.TStart, c.TStop)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		want := float64(c.Expected)
		if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > file.Tol {
			t.Errorf("%s: got %.15g, want %.15g", c.ID, got, want)
		}
	}
	m := file.Matrix
	got, err := STTCMatrix(m.Trains, m.Dt, m.TStart, m.TStop)
	if err != nil || len(m.STTC) != 6 {
		t.Fatalf("matrix of %d: %v", len(m.STTC), err)
	}
	for i, row := range m.STTC {
		for j, want := range row {
			if d := math.Abs(got.At(i, j) - float64(want)); !(d <= file.Tol) {
				t.Errorf("matrix %d, %d: off by %.2g", i, j, d)
			}
		}
	}
}

func TestSTTCRules(t *testing.T) {
	one := []float64{1, 2, 3}
	if v, err := STTC(one, nil, 0.1, 0, 4); err != nil || !math.IsNaN(v) {
		t.Errorf("an empty train: %g, %v", v, err)
	}
	if v, _ := STTC(one, one, 5, 0, 4); v != 1 {
		t.Errorf("a window that covers all: %g, want 1", v)
	}
	for want, call := range map[string]func() (float64, error){
		"dt":        func() (float64, error) { return STTC(one, one, 0, 0, 4) },
		"ends":      func() (float64, error) { return STTC(one, one, 1, 4, 4) },
		"ascending": func() (float64, error) { return STTC(one, []float64{2, 1}, 1, 0, 4) },
		"event 2":   func() (float64, error) { return STTC(one, one, 1, 0, 2.5) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

func TestSTTCProperties(t *testing.T) {
	train := func(rt *rapid.T, name string) []float64 {
		x := rapid.SliceOfN(rapid.Float64Range(0, 100), 1, 60).Draw(rt, name)
		slices.Sort(x)
		return x
	}
	rapid.Check(t, func(rt *rapid.T) {
		a, b := train(rt, "a"), train(rt, "b")
		dt := rapid.Float64Range(0.01, 5).Draw(rt, "dt")
		x, err := STTC(a, b, dt, 0, 100)
		y, _ := STTC(b, a, dt, 0, 100)
		if err != nil || x != y || x < -1 || x > 1 {
			rt.Fatalf("%g and %g, %v", x, y, err)
		}
		if want := slowSTTC(a, b, dt, 100); math.Abs(x-want) > 1e-9 {
			rt.Fatalf("%g, want %g", x, want)
		}
		if self, _ := STTC(a, a, dt, 0, 100); math.Abs(self-1) > 1e-12 {
			rt.Fatalf("of a train with itself: %g", self)
		}
		m, err := STTCMatrix([][]float64{a, {}, b}, dt, 0, 100)
		if err != nil || m.At(0, 2) != x || m.At(2, 0) != x || m.At(0, 0) != 1 || !math.IsNaN(m.At(1, 1)) || !math.IsNaN(m.At(0, 1)) {
			rt.Fatalf("matrix %v, %v", m, err)
		}
	})
}

// slowSTTC follows the definition: every event against every other, and the tiled
// time from the union of intervals between all their ends. Window 0 … stop.
func slowSTTC(a, b []float64, dt, stop float64) float64 {
	close := func(x float64, train []float64) bool {
		return slices.ContainsFunc(train, func(y float64) bool { return math.Abs(x-y) <= dt })
	}
	share := func(a, b []float64) float64 {
		n := 0
		for _, x := range a {
			if close(x, b) {
				n++
			}
		}
		return float64(n) / float64(len(a))
	}
	tiled := func(a []float64) float64 {
		ends := []float64{0, stop}
		for _, x := range a {
			ends = append(ends, math.Max(0, x-dt), math.Min(stop, x+dt))
		}
		slices.Sort(ends)
		sum := 0.0
		for k := 1; k < len(ends); k++ {
			if close((ends[k]+ends[k-1])/2, a) {
				sum += ends[k] - ends[k-1]
			}
		}
		return sum / stop
	}
	half := func(p, t float64) float64 {
		if p*t > 1-1e-12 {
			return 1
		}
		return (p - t) / (1 - p*t)
	}
	return (half(share(a, b), tiled(b)) + half(share(b, a), tiled(a))) / 2
}

// TestSTTCOfShiftedTrains: moving window and events together changes nothing; times
// are multiples of 2⁻¹⁰ s, so that the shift is exact.
func TestSTTCOfShiftedTrains(t *testing.T) {
	const frames, frame = 4096, 1.0 / 1024
	at := func(shift float64) (a, b []float64) {
		for k := range frames {
			x := shift + float64(k)*frame
			switch {
			case k%7 == 0 || k%31 == 3:
				a = append(a, x)
			case k%11 == 2 || k%13 == 1:
				b = append(b, x)
			}
		}
		return a, b
	}
	a, b := at(0)
	want, err := STTC(a, b, 3*frame, 0, frames*frame)
	if err != nil {
		t.Fatal(err)
	}
	for _, shift := range []float64{1, -5, 3600, 1 << 20} {
		a, b := at(shift)
		if got, err := STTC(a, b, 3*frame, shift, shift+frames*frame); err != nil || got != want {
			t.Errorf("shift %g s: %.17g, %v, want %.17g", shift, got, err, want)
		}
	}
}

// trainsOf cuts bytes into trains on a grid of 1/8 s, ascending, with repeats.
func trainsOf(b []byte) [][]float64 {
	trains := [][]float64{nil}
	last := 0.0
	for _, x := range b {
		if x == 255 {
			trains, last = append(trains, nil), 0
			continue
		}
		last += float64(x%16) / 8
		trains[len(trains)-1] = append(trains[len(trains)-1], last)
	}
	return trains
}

func FuzzSTTC(f *testing.F) {
	f.Add([]byte{1, 2, 3, 255, 4, 0, 0, 255, 255, 15}, 0.125, 0.0, 100.0)
	f.Add([]byte{1, 255, 1}, math.NaN(), math.Inf(-1), 1.0)
	f.Add([]byte{}, 1e-300, 0.0, 1e300)
	f.Fuzz(func(t *testing.T, b []byte, dt, start, stop float64) {
		trains := trainsOf(b)
		m, err := STTCMatrix(trains, dt, start, stop)
		for i, x := range trains {
			for j, y := range trains {
				v, one := STTC(x, y, dt, start, stop)
				if err != nil {
					continue
				}
				if same := v == m.At(i, j) || (math.IsNaN(v) && math.IsNaN(m.At(i, j))); one != nil || !same {
					t.Fatalf("%d, %d: %g (%v), in the matrix %g", i, j, v, one, m.At(i, j))
				}
				if empty := len(x) == 0 || len(y) == 0; empty != math.IsNaN(v) || v < -1 || v > 1 {
					t.Fatalf("%d, %d: %g", i, j, v)
				}
			}
		}
	})
}

// TestHalfFrameWindowIsUnbiased: independent trains on frames have a mean STTC of 0
// with half a frame, and below 0 with the published 100 ms.
func TestHalfFrameWindowIsUnbiased(t *testing.T) {
	const frame, frames, n = 0.1587, 20000, 30
	trains := make([][]float64, n)
	for i := range trains {
		s := rng.New(1, "functional/independent", uint64(i))
		for k := range frames {
			if s.Float64() < 0.06 {
				trains[i] = append(trains[i], float64(k)*frame)
			}
		}
	}
	mean := func(dt float64) float64 {
		m, err := STTCMatrix(trains, dt, 0, frames*frame)
		if err != nil {
			t.Fatal(err)
		}
		return (mat.Sum(m) - n) / (n * (n - 1))
	}
	if half, published := mean(frame/2), mean(0.1); math.Abs(half) > 1e-3 || published > -5e-3 {
		t.Errorf("mean STTC %.4f with half a frame, %.4f with 100 ms", half, published)
	}
}
