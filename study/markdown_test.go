package study

import (
	"math"
	"testing"

	"biornn/circuit"
)

func TestMarkdownKeepsTheNamesOfModels(t *testing.T) {
	for text, want := range map[string]string{
		"| B1 W*D*C beats WD*C | **supported** |\n": "| B1 W\\*D\\*C beats WD\\*C | **supported** |\n",
		"over W!D*C* and W*":                        "over W!D\\*C\\* and W\\*",
		"    biornn study biology --models 'W*D*C'": "    biornn study biology --models 'W*D*C'",
		"**B1** of WD*":                             "**B1** of WD\\*",
	} {
		if got := string(starred([]byte(text))); got != want {
			t.Errorf("%q: want %q, got %q", text, want, got)
		}
	}
	nan := circuit.Number(math.NaN())
	if got := around("%+.1f [%.0f, %.0f]", 1, 0, 2) + around("%.0f, %.0f", 1, nan); got != "+1.0 [0, 2]–" {
		t.Errorf("got %q", got)
	}
}
