package study

import (
	"slices"
	"strings"
	"testing"

	"biornn/analysis"
)

// TestLackingArms: the default lacks nothing; of a list each claim names what it needs, in
// advance and in its reason.
func TestLackingArms(t *testing.T) {
	for _, preset := range []string{"paper", "corrected"} {
		if l := analysis.LackingArms(preset, DefaultBiology(preset).Models); len(l) > 0 {
			t.Errorf("preset %s: the default lacks %+v", preset, l)
		}
		for _, arm := range analysis.BiologyArms(preset) {
			rest := slices.DeleteFunc(analysis.BiologyArms(preset), func(s string) bool { return s == arm })
			lacking := analysis.LackingArms(preset, rest)
			if len(lacking) == 0 && !slices.Contains([]string{"w-dgrid", "wbio-dreal", "wbio-dgrid-c", "wbio-dgrid"}, arm) { // of the attribution alone
				t.Errorf("preset %s without %s lacks nothing", preset, arm)
			}
			for _, l := range lacking {
				if !slices.Equal(l.Models, []string{arm}) {
					t.Errorf("preset %s without %s: %+v", preset, arm, l)
				}
			}
		}
	}
	cfg := smallBiology()
	cfg.Lambdas, cfg.Seeds = []float64{0.01}, 1
	c, dir := smallCircuit(t), t.TempDir()
	b, err := OpenBiology(cfg, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	lacking := strings.Join(b.Lacking(), "\n")
	for _, want := range []string{"every claim: 2 tasks, got 1", "every claim: 2 seeds, got 1", "B1: W*D*C+shuffled-pairs\n", "B5: WD*\n"} {
		if !strings.Contains(lacking+"\n", want) {
			t.Errorf("want %q in\n%s", want, lacking)
		}
	}
	r, _ := runBiology(t, cfg, c, dir)
	for i, want := range map[int]string{1: "Not run: W*D*C+shuffled-pairs; add what the claim needs with --add-models.", 5: "Not run: WD*; add"} {
		if !strings.Contains(r.Verdicts[i].Reason, want) {
			t.Errorf("%s: want %q in %q", r.Verdicts[i].ID, want, r.Verdicts[i].Reason)
		}
	}
	if verdicts, err := b.Verdicts(); err != nil || verdicts[1].Reason != r.Verdicts[1].Reason {
		t.Errorf("without writing: %v", err)
	}
}
