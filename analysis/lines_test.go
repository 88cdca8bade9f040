package analysis

import (
	"bytes"
	"encoding/csv"
	"math"
	"strings"
	"testing"

	"biornn/circuit"
)

func TestLinesSayTheNumbers(t *testing.T) {
	nan := circuit.Number(math.NaN())
	unknown := EqualBy{Mean: nan}
	for _, c := range []struct{ got, want string }{
		{AttributedEffect{Name: "real positions", Mean: 0.02, Low: 0.01, High: 0.03, Holm: 0.004, Eta: 0.4}.Line(),
			"real positions: +0.020 [+0.010, +0.030], Holm p = 0.004, partial η² = 0.40"},
		{Speed{Task: "go-nogo", Model: "w", Unit: "updates", N: 5, Reached: 2, Median: nan, Horizon: 400, Restricted: 300, RestrLow: 250, RestrHigh: 350, Area: 0.7}.Line(),
			"go-nogo, W: 2 of 5 runs reach it, median never (updates), mean up to 400: 300 [250, 350]; mean accuracy over training 0.700"},
		{SpeedEffect{Task: "go-nogo", Model: "w-dreal", Rival: "w", Unit: "epochs", Sooner: 1.5, Low: 1, High: 2, Holm: 0.01, N: 9}.Line(),
			"go-nogo: WD* is +1.5 epochs sooner than W [+1, +2], Holm p = 0.01, 9 seeds"},
		{Equal{Task: "go-nogo", Measure: "modularity", Covariate: "test_accuracy", Model: "w-dreal", Rival: "w", Raw: 0.1,
			Adjusted: EqualBy{N: 20, Mean: 0.05, Low: 0.01, High: 0.09}, Paired: unknown, Matched: unknown}.Line(),
			"go-nogo, modularity Q: WD* − W = +0.100; at equal test accuracy +0.050 [+0.010, +0.090] (n = 20), within seeds none, between matched runs none"},
		{Across{Task: "go-nogo", Measure: "test_accuracy", Model: "w-dreal", Rival: "w", Circuits: make([]AcrossCell, 2), Mean: 0.03, Low: -0.1, High: 0.16, Holm: 0.2, Between: 0.01, NewLow: nan}.Line(),
			"go-nogo, test accuracy: WD* − W over 2 circuits = +0.030 [-0.100, +0.160], Holm p = 0.2, sd between circuits 0.010"},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestWriteAttribution(t *testing.T) {
	all, _, err := Attribution(eight("go-nogo", 6, func(int) float64 { return 0.6 }), "test_accuracy")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteAttribution(&out, all); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 8 || len(rows[0]) != 14 || rows[7][3] != "biological weights × real positions × communicability" {
		t.Errorf("got %v, %v", rows, err)
	}
	if lines := all[0].Lines(); len(lines) != 8 || !strings.HasPrefix(lines[0], "go-nogo, test accuracy: mean 0.") {
		t.Errorf("got %v", lines)
	}
}
