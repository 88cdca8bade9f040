package stats

import (
	"math"
	"testing"
)

// Values of scipy 1.17.1: friedmanchisquare, ttest_1samp, nct.
func TestFriedman(t *testing.T) {
	x := [][]float64{{2.0, -2.3, 1.0, -0.4}, {-0.5, 0.1, -1.4, 0}, {-0.9, 3.6, 0.8, -0.2}, {-0.3, -0.4, -0.5, -0.2}, {0.5, 0.1, 1.6, 0.0},
		{0.0, 1.8, 1.1, -0.3}, {-0.2, 0.8, 2.5, -0.1}, {-0.2, 1.3, -0.3, -0.1}, {0.9, 0.9, 0.7, 0.9}}
	got, err := Friedman(x)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Q", got.Statistic, 1.88372093023257)
	near(t, "p", got.P, 0.5968879165165808)
	if got, err := Friedman([][]float64{{1, 1}, {2, 2}}); err != nil || got.P != 1 {
		t.Errorf("no differences: want p 1, got %v, %v", got, err)
	}
	for _, bad := range [][][]float64{nil, {{1, 2}}, {{1}, {2}}, {{1, 2}, {1}}, {{1, math.NaN()}, {1, 2}}} {
		if _, err := Friedman(bad); err == nil {
			t.Errorf("%v: want an error", bad)
		}
	}
}

func TestEquivalent(t *testing.T) {
	d := []float64{-0.0466, 0.0304, -0.0092, -0.0234, 0.0155, 0.024, 0.0011, -0.0115, 0.0105, 0.0089, 0.0381, 0.0249}
	got, err := Equivalent(d, 0.03)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", got.P, 0.0024817759833216497)
	dz, err := PairedD(d)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "d_z", dz, 0.21313054331621265)
	for _, c := range []struct{ mean, want float64 }{{0.01, 0}, {0.05, 1}} {
		if got, err := Equivalent([]float64{c.mean, c.mean}, 0.03); err != nil || got.P != c.want {
			t.Errorf("equal differences of %g: want p %g, got %v, %v", c.mean, c.want, got, err)
		}
	}
	if _, err := Equivalent(d, 0); err == nil {
		t.Error("margin 0: want an error")
	}
	if v, err := PairedD([]float64{0, 0}); err != nil || v != 0 {
		t.Errorf("no differences: want 0, got %g, %v", v, err)
	}
}

func TestPower(t *testing.T) {
	for _, c := range []struct {
		d    float64
		n    int
		want float64
	}{{0.5, 20, 0.5645044184390209}, {0.8, 10, 0.6162327634744059}, {0.2, 100, 0.5082648066210378}, {1.5, 4, 0.5327926072613415}} {
		if got := PowerOfPairs(c.d, c.n, 0.05); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("d %g, n %d: want %.9f, got %.9f", c.d, c.n, c.want, got)
		}
	}
	for _, c := range []struct {
		difference, sd float64
		want           int
	}{{0.02, 0.04, 34}, {0.01, 0.05, 199}, {0.05, 0.03, 6}, {1, 0, 2}} {
		if got, err := PairsNeeded(c.difference, c.sd, 0.05, 0.8); err != nil || got != c.want {
			t.Errorf("%g ± %g: want %d, got %d, %v", c.difference, c.sd, c.want, got, err)
		}
	}
	if _, err := PairsNeeded(0, 1, 0.05, 0.8); err == nil {
		t.Error("no difference: want an error")
	}
}
