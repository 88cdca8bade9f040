package functional

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestCorrelationOfConstantIsNaN(t *testing.T) {
	c, err := Correlation([][]float64{{1, 2, 3}, {5, 5, 5}, {3, 2, 1}})
	if err != nil || !math.IsNaN(c.At(0, 1)) || !math.IsNaN(c.At(1, 1)) || math.Abs(c.At(0, 2)+1) > 1e-15 {
		t.Errorf("%v, %v", mat.Formatted(c), err)
	}
}

// TestConstantIsExact: 0.1 less the rounded mean of many 0.1 is not 0.
func TestConstantIsExact(t *testing.T) {
	c, err := Correlation([][]float64{slices.Repeat([]float64{0.1}, 1001), append(make([]float64, 1000), 1)})
	if err != nil || !math.IsNaN(c.At(0, 1)) || c.At(1, 1) != 1 {
		t.Errorf("%v, %v", mat.Formatted(c), err)
	}
}

func TestCorrelationProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, samples := rapid.IntRange(1, 6).Draw(rt, "n"), rapid.IntRange(2, 700).Draw(rt, "samples")
		x := make([][]float64, n)
		for i := range x {
			// Multiples of 1e-6: the products of tinier numbers would underflow in the check.
			for _, k := range rapid.SliceOfN(rapid.IntRange(-9e6, 9e6), samples, samples).Draw(rt, "x") {
				x[i] = append(x[i], float64(k)/1e6)
			}
		}
		c, err := Correlation(x)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range n {
			for j := range n {
				v, silent := c.At(i, j), len(varying([][]float64{x[i], x[j]})) < 2
				if v != c.At(j, i) && !silent || v < -1 || v > 1 || (i == j && !silent && v != 1) {
					rt.Fatalf("%d, %d: %g", i, j, v)
				}
				if want := slowPearson(x[i], x[j]); !silent && math.Abs(v-want) > 1e-9 {
					rt.Fatalf("%d, %d: %g, want %g", i, j, v, want)
				}
			}
		}
	})
}

// slowPearson is the definition, in two passes.
func slowPearson(x, y []float64) float64 {
	n := float64(len(x))
	var mx, my, xy, xx, yy float64
	for i := range x {
		mx += x[i] / n
		my += y[i] / n
	}
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
		yy += (y[i] - my) * (y[i] - my)
	}
	return xy / math.Sqrt(xx*yy)
}

func TestCorrelationRefuses(t *testing.T) {
	for want, x := range map[string][][]float64{
		"at least one neuron":        {},
		"two samples":                {{1}},
		"neuron 1: want 2 samples":   {{1, 2}, {1, 2, 3}},
		"neuron 1, sample 0: want a": {{1, 2}, {math.NaN(), 3}},
	} {
		if _, err := Correlation(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestBin(t *testing.T) {
	for _, c := range []struct {
		name               string
		events             []float64
		width, start, stop float64
		want               []float64
	}{
		{"an edge belongs to the bin it opens", []float64{0, 0.5, 0.99}, 0.5, 0, 1, []float64{1, 2}},
		{"the rest is left out", []float64{0.1, 1.1, 1.2}, 0.5, 0, 1.25, []float64{1, 0}},
		{"the end of the window too", []float64{1}, 0.5, 0, 1, []float64{0, 0}},
		{"counts, not presence", []float64{0.1, 0.1, 0.2}, 0.5, 0, 1, []float64{3, 0}},
		{"another start", []float64{10.6}, 0.5, 10, 11, []float64{0, 1}},
		{"a whole number but for rounding", []float64{0.5}, 0.2, 0, 0.6, []float64{0, 0, 1}},
	} {
		got, err := Bin([][]float64{c.events}, c.width, c.start, c.stop)
		if err != nil || !slices.Equal(got[0], c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	for want, call := range map[string]func() ([][]float64, error){
		"width":           func() ([][]float64, error) { return Bin([][]float64{{1}}, 0, 0, 4) },
		"at least 2 bins": func() ([][]float64, error) { return Bin([][]float64{{1}}, 3, 0, 4) },
		"wider bins":      func() ([][]float64, error) { return Bin([][]float64{{1}}, 1e-9, 0, 4) },
		"neuron 0":        func() ([][]float64, error) { return Bin([][]float64{{5}}, 1, 0, 4) },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
