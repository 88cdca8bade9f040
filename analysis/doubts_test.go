package analysis

import (
	"fmt"
	"strings"
	"testing"

	"biornn/stats"
)

// TestDoubtsOfVerdicts: a lead that comes from 5 of 20 runs is told from 0 by t and not by
// the permutation of signs, and its differences are neither normal nor distinct; one that
// all runs show raises no such doubt.
func TestDoubtsOfVerdicts(t *testing.T) {
	draw := func(lost int) []Record {
		var out []Record
		for seed := range 20 {
			for _, model := range []string{focus, "w-dreal-c"} {
				r := Record{Run: fmt.Sprint(model, seed), Model: model, Task: "go-nogo", Preset: paperPreset, Seed: uint64(seed), Outcome: Finished}
				accuracy := 0.9 + 0.001*float64(seed*seed%17)
				if model == focus {
					accuracy = 0.98 + 0.0013*float64(seed*seed*seed%13)
				} else if seed < lost {
					accuracy = 0.5
				}
				if lost > 0 && accuracy > 0.5 {
					accuracy = 1
				}
				r.Set("test_accuracy", accuracy)
				out = append(out, r)
			}
		}
		return out
	}
	codes := func(records []Record) map[string]string {
		verdicts, err := Verdicts(records)
		if err != nil {
			t.Fatal(err)
		}
		if e := verdicts[0].Effects[0]; e.Finding != better {
			t.Fatalf("B0 %s, p = %g: want better", e.Finding, float64(e.P))
		}
		doubts, err := DoubtsOfVerdicts(records, verdicts)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, d := range doubts {
			out[d.Code] = d.Text
		}
		return out
	}
	fragile := codes(draw(5))
	for _, code := range []string{stats.WarnDisagree, stats.WarnNotNormal, stats.WarnTies} {
		if !strings.Contains(fragile[code], "go-nogo") || !strings.Contains(fragile[code], "W*D*C − WD*C") {
			t.Errorf("5 of 20 runs: no doubt %q of the task and the models, got %q", code, fragile)
		}
	}
	if got := codes(draw(0)); got[stats.WarnDisagree] != "" {
		t.Errorf("all of 20 runs: %q", got)
	}
}
