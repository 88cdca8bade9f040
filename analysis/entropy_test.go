package analysis

import (
	"errors"
	"math"
	"testing"
)

// congruential repeats the generator that testdata/entropy.json describes.
func congruential(n int, s uint64) []float64 {
	u := make([]float64, n)
	for i := range u {
		s = s*6364136223846793005 + 1442695040888963407
		u[i] = min(max(float64(s>>11)/(1<<53), 1e-12), 1-1e-12)
	}
	return u
}

var transforms = map[string]func(u float64) float64{
	"u":               func(u float64) float64 { return u },
	"log(u/(1-u))":    func(u float64) float64 { return math.Log(u / (1 - u)) },
	"tan(pi*(u-0.5))": func(u float64) float64 { return math.Tan(math.Pi * (u - 0.5)) },
	"u^64":            func(u float64) float64 { return math.Pow(u, 64) },
}

func TestEntropyAgainstSciPy(t *testing.T) {
	var ref struct {
		Cases []struct {
			Name      string  `json:"name"`
			N         int     `json:"n"`
			Seed      uint64  `json:"seed"`
			Transform string  `json:"transform"`
			Bits      float64 `json:"bits"`
		} `json:"cases"`
	}
	readJSON(t, "testdata/entropy.json", &ref)
	if len(ref.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range ref.Cases {
		x := congruential(c.N, c.Seed)
		for i, u := range x {
			x[i] = transforms[c.Transform](u)
		}
		got, err := densityEntropy(x)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-c.Bits) > 1e-12 {
			t.Errorf("%s: got %.15g bits, want %.15g", c.Name, got, c.Bits)
		}
		t.Logf("%s: difference %.2g", c.Name, got-c.Bits)
	}
}

// The sums must equal the direct ones.
func TestKernelSumsAreDirectSums(t *testing.T) {
	for name, f := range transforms {
		x := congruential(3000, 5)
		low, high := math.Inf(1), math.Inf(-1)
		for i, u := range x {
			x[i] = f(u)
			low, high = min(low, x[i]), max(high, x[i])
		}
		for _, wide := range []float64{1e-4, 0.01, 0.3} {
			step, h := (high-low)/(entropyPoints-1), wide*(high-low)
			for k, got := range kernelSums(x, low, step, h) {
				want := 0.0
				for _, v := range x {
					z := (v - low - float64(k)*step) / h
					want += math.Exp(-z * z / 2)
				}
				if math.Abs(got-want) > 1e-12*(1+want) {
					t.Fatalf("%s, bandwidth %g of the range, point %d: got %.17g, want %.17g", name, wide, k, got, want)
				}
			}
		}
	}
}

func TestEntropyOfConstant(t *testing.T) {
	if _, err := densityEntropy([]float64{0.1, 0.1, 0.1}); !errors.Is(err, errConstant) {
		t.Errorf("got %v, want %v", err, errConstant)
	}
	if _, err := densityEntropy([]float64{1, math.NaN()}); err == nil {
		t.Error("NaN: want an error")
	}
}

func BenchmarkEntropy(b *testing.B) {
	x := congruential(312*312, 1)
	for i, u := range x {
		x[i] = math.Log(u / (1 - u))
	}
	for b.Loop() {
		if _, err := densityEntropy(x); err != nil {
			b.Fatal(err)
		}
	}
}
