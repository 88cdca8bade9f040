package stats

import (
	"math"
	"testing"

	"biornn/internal/rng"
)

// TestAmongDrawsHoldsItsLevel draws one circuit and as many others as there are seeds, all of
// one kind, and counts how often the one is said to differ: in 5 % or less of cases, for
// whatever share of the variance lies between draws, where the paired t test finds a
// difference the more often the greater that share is. A draw far off is found.
func TestAmongDrawsHoldsItsLevel(t *testing.T) {
	const pairs, repetitions = 20, 1000
	rates := func(between, within, ahead float64) (draws, paired float64) {
		for k := range uint64(repetitions) {
			s := rng.New(k, "stats/draws")
			own := ahead + between*s.Norm()
			x, y := make([]float64, pairs), make([]float64, pairs)
			for i := range x {
				shared := s.Norm()
				x[i] = own + shared + within*s.Norm()
				y[i] = between*s.Norm() + shared + within*s.Norm()
			}
			test, err := AmongDraws(x, y)
			if err != nil {
				t.Fatal(err)
			}
			if test.P < 0.05 {
				draws++
			}
			if test, err = PairedT(x, y); err != nil {
				t.Fatal(err)
			} else if test.P < 0.05 {
				paired++
			}
		}
		return draws / repetitions, paired / repetitions
	}
	for _, between := range []float64{0, 0.5, 1, 3} {
		draws, paired := rates(between, 0.5, 0)
		t.Logf("SD between draws %g, within 0.5: %.3f among draws, %.3f by paired t", between, draws, paired)
		if draws > 0.07 {
			t.Errorf("SD between draws %g: found in %.3f of cases without a difference", between, draws)
		}
		if between >= 1 && paired < 0.5 {
			t.Errorf("SD between draws %g: paired t finds %.3f: the test shows nothing", between, paired)
		}
	}
	if draws, _ := rates(0.5, 0.5, 5); draws < 0.9 {
		t.Errorf("a draw ten standard deviations ahead is found in %.3f", draws)
	}
}

func TestAmongDraws(t *testing.T) {
	// Differences 1, 3, 3, 5: mean 3; y has the variance 2/3.
	got, err := AmongDraws([]float64{4, 5, 5, 6}, []float64{3, 2, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	want := 3 / math.Sqrt(2.0/3*(1+1.0/4))
	if math.Abs(got.Statistic-want) > 1e-12 || got.DF != 3 || math.Abs(got.P-twoSidedT(want, 3)) > 1e-12 {
		t.Errorf("t = %g with %g degrees of freedom, p = %g; want %g with 3, %g", got.Statistic, got.DF, got.P, want, twoSidedT(want, 3))
	}
	for _, test := range []struct {
		x, y []float64
		p    float64
	}{{[]float64{1, 1}, []float64{1, 1}, 1}, {[]float64{2, 2}, []float64{1, 1}, 0}} {
		if got, err := AmongDraws(test.x, test.y); err != nil || got.P != test.p {
			t.Errorf("%v and %v: p = %g, %v; want %g", test.x, test.y, got.P, err, test.p)
		}
	}
	if _, err := AmongDraws([]float64{1}, []float64{2}); err == nil {
		t.Error("one pair: want an error")
	}
}
