package portable

import (
	"math"
	"testing"
)

func TestExp(t *testing.T) {
	for x := -745.0; x < 709; x += 0.37 {
		got, want := Exp(x), math.Exp(x)
		if math.Abs(got-want) > 2e-15*want+5e-324 {
			t.Fatalf("Exp(%g) = %g, want %g", x, got, want)
		}
	}
	if Exp(math.Inf(-1)) != 0 || !math.IsNaN(Exp(math.NaN())) || !math.IsInf(Exp(1000), 1) {
		t.Error("special values")
	}
}

func TestLog(t *testing.T) {
	for x := 1e-300; x < 1e300; x *= 1.37 {
		got, want := Log(x), math.Log(x)
		if math.Abs(got-want) > 4e-16*math.Max(math.Abs(want), 0.5) {
			t.Fatalf("Log(%g) = %g, want %g", x, got, want)
		}
	}
}
