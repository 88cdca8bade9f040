package analysis

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/stats"
)

// eight makes records of the eight models of the attribution on one task; effect gives the
// true mean of a cell.
func eight(taskName string, seeds int, effect func(cell int) float64) []Record {
	var out []Record
	for seed := range uint64(seeds) {
		shared := 0.02 * rng.New(seed, "eight/shared").Norm()
		for cell, model := range AttributionModels() {
			r := Record{Run: fmt.Sprint(model, seed), Model: model, Task: taskName, Preset: "corrected", Seed: seed, Outcome: Finished}
			r.Set("test_accuracy", effect(cell)+shared+0.005*rng.New(seed, "eight/run", uint64(cell)).Norm())
			out = append(out, r)
		}
	}
	return out
}

func TestAttributionFindsWhatIsThere(t *testing.T) {
	// biological weights add 0.06, and real positions with communicability 0.04 together
	records := eight("go-nogo", 20, func(cell int) float64 {
		return 0.6 + 0.06*float64(cell&1) + 0.04*float64(cell>>1&1)*float64(cell>>2)
	})
	got, warnings, err := Attribution(records, "test_accuracy")
	if err != nil || len(got) != 1 || len(got[0].Effects) != 7 || got[0].Seeds != 20 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for _, w := range warnings {
		if w.Code != stats.WarnNotNormal {
			t.Errorf("complete seeds: got the warning %v", w)
		}
	}
	want := map[string]float64{
		"biological weights": 0.06, "real positions": 0.02, "communicability": 0.02,
		"real positions × communicability": 0.02,
	}
	for _, e := range got[0].Effects {
		mean, there := want[e.Name], want[e.Name] != 0
		if math.Abs(float64(e.Mean)-mean) > 0.005 {
			t.Errorf("%s: got %.4f, want %.4f", e.Name, e.Mean, mean)
		}
		if found := e.Holm < significant; found != there {
			t.Errorf("%s: Holm p %g, want below 0.05: %v", e.Name, e.Holm, there)
		}
		if e.Low > e.Mean || e.High < e.Mean || e.BCaLow > e.Mean || e.BCaHigh < e.Mean || there && e.Low <= 0 {
			t.Errorf("%s: %+v", e.Name, e)
		}
	}
	for c, cell := range got[0].Cells {
		restored := float64(got[0].Mean)
		for k, e := range got[0].Effects {
			restored += stats.FactorSign([]int{1, 2, 4, 3, 5, 6, 7}[k], c) * float64(e.Mean) / 2
		}
		if math.Abs(restored-float64(cell.Mean)) > 1e-12 {
			t.Errorf("%s: mean %.6f, from the effects %.6f", cell.Model, cell.Mean, restored)
		}
	}
}

func TestAttributionLeavesOutIncompleteSeeds(t *testing.T) {
	records := eight("go-nogo", 6, func(int) float64 { return 0.6 })
	records[3].Outcome = Diverged                  // of seed 0
	records = append(records[:9], records[10:]...) // a run of seed 1 is missing
	got, warnings, err := Attribution(records, "test_accuracy")
	if err != nil || len(got) != 1 || got[0].Seeds != 4 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !mentions(warnings, stats.WarnUnbalanced, "2 of 6 seeds excluded") || !mentions(warnings, stats.WarnFewPairs, "go-nogo: 4 pairs") {
		t.Errorf("got %v", warnings)
	}
	if again := stats.Distinct(append(warnings, warnings...)); len(again) != len(warnings) {
		t.Errorf("want each warning once, got %v", again)
	}
	got, warnings, err = Attribution(records[:8], "test_accuracy")
	if err != nil || len(got) != 0 || !mentions(warnings, stats.WarnNothing, "0 seeds") {
		t.Errorf("one broken seed: got %v, %v, %v", got, warnings, err)
	}
	var six []Record // a study without two of the models
	for _, r := range eight("go-nogo", 6, func(int) float64 { return 0.6 }) {
		if r.Model != "wbio-dgrid" && r.Model != "wbio-dgrid-c" {
			six = append(six, r)
		}
	}
	got, warnings, err = Attribution(six, "test_accuracy")
	if err != nil || len(got) != 0 || len(warnings) != 1 || !mentions(warnings, stats.WarnNothing, "the study has no W*D, W*DC") {
		t.Errorf("six of eight models: got %v, %v, %v", got, warnings, err)
	}
	records[0].Preset = "paper"
	if _, _, err := Attribution(records, "test_accuracy"); err == nil {
		t.Error("two presets: want an error")
	}
	if _, _, err := Attribution(nil, "test_accuracy"); err == nil {
		t.Error("no runs: want an error")
	}
}

func TestAttributionWarnsOfCeilings(t *testing.T) {
	records := eight("go-nogo", 8, func(cell int) float64 { return min(1, 0.9+0.1*float64(cell&1)) })
	for i := range records {
		records[i].Values["test_accuracy"] = min(1, records[i].Values["test_accuracy"])
	}
	_, warnings, err := Attribution(records, "test_accuracy")
	if err != nil || !mentions(warnings, stats.WarnCeiling, "4 of 8 models at the ceiling") {
		t.Errorf("got %v, %v", warnings, err)
	}
}

// mentions says whether a warning of this code has these words.
func mentions(warnings []stats.Warning, code, words string) bool {
	for _, w := range warnings {
		if w.Code == code && strings.Contains(w.Text, words) {
			return true
		}
	}
	return false
}

func TestDoubtsCountWhatIsExcluded(t *testing.T) {
	records := eight("go-nogo", 20, func(int) float64 { return 0.6 })
	for i, broken := 0, 0; broken < 4; i++ {
		if records[i].Model == "wbio-dreal-c" {
			records[i].Outcome = Diverged
			broken++
		}
		if records[i].Model == "w-dgrid" && broken == 2 {
			delete(records[i].Values, "test_accuracy")
		}
	}
	for i := range records {
		if records[i].Model == "w-dreal" {
			records[i].Values["test_accuracy"] = 1
		}
		if records[i].Model == "w-dgrid-c" {
			records[i].Values["test_accuracy"] = 0.51
		}
	}
	got, err := Doubts(records, "test_accuracy")
	if err != nil {
		t.Fatal(err)
	}
	for code, words := range map[string]string{
		stats.WarnDiverged: "diverged: 4 of 20 runs of W*D*C on go-nogo excluded",
		stats.WarnNothing:  "1 of 20 runs of WD on go-nogo have no test accuracy",
		stats.WarnFloor:    "go-nogo: accuracy near guessing (0.5): between models that have not learned the task, none differs from another: WDC",
		stats.WarnCeiling:  "accuracy at ceiling on go-nogo (0.99 of the ideal observer's 1.000): WD*",
	} {
		if !mentions(got, code, words) {
			t.Errorf("want %q in %v", words, got)
		}
	}
	if w := (Config{Nulls: 1000, MatchedNulls: 10}).Doubts(); len(w) != 1 || !mentions(w, stats.WarnFewNulls, "nulls too few: 10 matched nulls") {
		t.Errorf("10 nulls: got %v", w)
	}
	if w := (Config{Nulls: 50, MatchedNulls: 100}).Doubts(); len(w) != 1 || !mentions(w, stats.WarnFewNulls, "at least 0.0196") {
		t.Errorf("50 nulls: got %v", w)
	}
	if w := DefaultConfig().Doubts(); len(w) != 0 {
		t.Errorf("the defaults: got %v", w)
	}
}

func TestRankTestsUseAllRunsAndCompleteSeeds(t *testing.T) {
	records := eight("go-nogo", 10, func(cell int) float64 { return 0.6 + 0.05*float64(cell&1) })
	records[0].Outcome = Diverged
	got, warnings, err := RankTests(records, "test_accuracy")
	if err != nil || len(got) != 1 || len(got[0].Pairs) != 28 || got[0].Seeds != 9 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !mentions(warnings, stats.WarnUnbalanced, "1 of 10 seeds") || !mentions(warnings, stats.WarnDiverged, "1 of 10 runs") {
		t.Errorf("got %v", warnings)
	}
	r := got[0]
	if r.KruskalP > 1e-4 || r.FriedmanP > 1e-4 {
		t.Errorf("a difference of 0.05: Kruskal–Wallis p %g, Friedman p %g", r.KruskalP, r.FriedmanP)
	}
	bio := func(slug string) bool { return strings.HasPrefix(slug, "wbio") }
	for _, p := range r.Pairs {
		if (bio(p.Model) != bio(p.Rival)) != (p.MannWhitney < significant) {
			t.Errorf("%s against %s: Mann–Whitney p %g", p.Model, p.Rival, p.MannWhitney)
		}
		if bio(p.Model) == bio(p.Rival) && (p.Nemenyi < significant || p.Dunn < significant || p.Wilcoxon < significant) {
			t.Errorf("%s against %s: %+v", p.Model, p.Rival, p)
		}
	}
	if _, warnings, err := RankTests(records[:1], "test_accuracy"); err != nil || !mentions(warnings, stats.WarnNothing, "0 models") {
		t.Errorf("one diverged run: got %v, %v", warnings, err)
	}
}

// Results of every kind are valid JSON, undefined numbers as null.
func TestResultsAreJSON(t *testing.T) {
	records := eight("go-nogo", 2, func(int) float64 { return 0.6 })
	attributed, _, err := Attribution(records, "test_accuracy")
	if err != nil {
		t.Fatal(err)
	}
	ranks, _, err := RankTests(records[:8], "test_accuracy")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteJSON(&out, []any{attributed, ranks, []Speed{{Median: circuit.Number(math.NaN())}}, EqualBy{}, Across{NewLow: circuit.Number(math.NaN())}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"friedman_p": null`, `"median": null`, `"prediction_low": null`, `"partial_eta2"`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %s in the JSON", want)
		}
	}
}
