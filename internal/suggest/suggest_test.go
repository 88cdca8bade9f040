package suggest

import "testing"

func TestNear(t *testing.T) {
	names := []string{"go-nogo", "perceptual-decision", "one-step-inference", "w-dgrid", "w-dreal"}
	for word, want := range map[string]string{
		"gonogo":               "; did you mean go-nogo?",
		"W-DGRID":              "; did you mean w-dgrid?",
		"perceptual-decison":   "; did you mean perceptual-decision?",
		"step-inference":       "; did you mean one-step-inference?",
		"dgrid":                "; did you mean w-dgrid?",
		"decision":             "; did you mean perceptual-decision?", // a part
		"one":                  "",                                    // too short for a part
		"completely-different": "",
	} {
		if got := Near(word, names); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}
