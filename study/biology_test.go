package study

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/sweep"
)

// smallBiology is a study that takes a second.
func smallBiology() BiologyConfig {
	cfg := DefaultBiology("corrected")
	cfg.Models, cfg.Tasks = []string{"wbio-dreal-c", "w-dreal-c", "wbio-dreal-c+shuffled"}, []string{"go-nogo"}
	cfg.Seeds, cfg.TuningSeeds, cfg.Lambdas = 2, 1, []float64{0.001, 0.01}
	cfg.Epochs, cfg.Trials = 1, 256
	cfg.Analysis.Nulls, cfg.Analysis.MatchedNulls = 5, 2
	return cfg
}

func smallCircuit(t *testing.T) *circuit.Circuit {
	t.Helper()
	c, err := Worlds()[0].Circuit(1)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func runBiology(t *testing.T, cfg BiologyConfig, c *circuit.Circuit, dir string) (*BiologyResults, int) {
	t.Helper()
	b, err := OpenBiology(cfg, c, dir)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	last := 0
	err = b.Run(context.Background(), 2, func(string) { made += last }, func(s sweep.Status) { last = s.Finished })
	if err != nil {
		t.Fatal(err)
	}
	results, err := b.Finish("biornn study biology")
	if err != nil {
		t.Fatal(err)
	}
	return results, made + last
}

func TestBiologyGoesOnAndGrows(t *testing.T) {
	c, dir := smallCircuit(t), filepath.Join(t.TempDir(), "b")
	cfg := smallBiology()
	first, made := runBiology(t, cfg, c, dir)
	if want := 3*2 + 3*2; made != want {
		t.Errorf("made %d runs, want %d", made, want)
	}
	if len(first.Choices) != 3 || len(first.Verdicts) != 8 {
		t.Errorf("%d choices, %d verdicts", len(first.Choices), len(first.Verdicts))
	}
	if !strings.Contains(strings.Join(first.Warnings, "\n"), "nulls too few: 5 published nulls") {
		t.Errorf("no doubt about 5 nulls in %q", first.Warnings)
	}
	text, err := os.ReadFile(filepath.Join(dir, "verdicts.md"))
	if err != nil || !strings.Contains(string(text), "| B1 ") || !strings.Contains(string(text), "biornn study biology") {
		t.Errorf("verdicts.md: %v\n%s", err, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "attribution.csv")); err != nil {
		t.Error(err)
	}
	runs, err := RunFolders(dir)
	if err != nil || len(runs) != 3*2 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	if err := os.WriteFile(filepath.Join(runs[0], "weights.safetensors"), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	if mended, _ := runBiology(t, cfg, c, dir); !strings.Contains(strings.Join(mended.Warnings, "\n"), "computed again: 1;") {
		t.Errorf("no word of the damaged run in %q", mended.Warnings)
	}
	if records, err := LoadRecords(dir); err != nil || len(records) != 3*2 {
		t.Errorf("%d runs of the evaluation, %v", len(records), err)
	}
	if s, err := Reopen(filepath.Join(dir, tuningDir, "lambda-0.001")); err != nil || len(s.Specs()) != 3 {
		t.Errorf("the choice of λ opened again: %v", err)
	}
	if _, err := Reopen(dir); err == nil || !strings.Contains(err.Error(), "study of biology") {
		t.Errorf("the folder of biology opened as a comparison: %v", err)
	}
	if _, made := runBiology(t, cfg, c, dir); made != 0 {
		t.Errorf("the same study again made %d runs", made)
	}
	cfg.Seeds, cfg.Lambdas = 3, []float64{0.003, 0.01, 0.001}
	grown, made := runBiology(t, cfg, c, dir)
	if made < 3+3 || made > 3+9 {
		t.Errorf("a strength and a seed more made %d runs", made)
	}
	for k, choice := range grown.Choices {
		before := first.Choices[k]
		if choice.Validation[0] != before.Validation[0] || choice.Validation[2] != before.Validation[1] {
			t.Errorf("%s: validation accuracies %v, were %v", choice.Model, choice.Validation, before.Validation)
		}
	}
	cfg.Lambdas = []float64{0.003}
	if _, err := OpenBiology(cfg, c, dir); err == nil || !strings.Contains(err.Error(), "lambdas: there [0.003,0.01,0.001], here [0.003]") {
		t.Errorf("fewer strengths in the same folder: %v", err)
	}
}

func TestChoiceTakesTheBestOnValidationData(t *testing.T) {
	b := &Biology{cfg: BiologyConfig{Models: []string{"w"}, Tasks: []string{"go-nogo"}, Lambdas: []float64{0.1, 0.001, 0.01}}}
	records := func(accuracy ...float64) []analysis.Record {
		var out []analysis.Record
		for k, a := range accuracy {
			r := analysis.Record{Model: "w", Task: "go-nogo", Seed: uint64(k), Values: map[string]float64{"val_accuracy": a, "test_accuracy": 1 - a}}
			if math.IsNaN(a) {
				r.Values = map[string]float64{}
			}
			out = append(out, r)
		}
		return out
	}
	for _, c := range []struct {
		name   string
		all    [][]analysis.Record
		lambda float64
		edge   bool
	}{
		{"the highest mean", [][]analysis.Record{records(0.5, 0.9), records(0.6, 0.6), records(0.8, 0.8)}, 0.01, false},
		{"of equal ones the greatest", [][]analysis.Record{records(0.5), records(0.9), records(0.9)}, 0.01, false},
		{"all equal", [][]analysis.Record{records(0.9), records(0.9), records(0.9)}, 0.1, false},
		{"a diverged run counts 0", [][]analysis.Record{records(1, math.NaN()), records(0.6, 0.6), records(0.5, 0.5)}, 0.001, true},
		{"hardly better than the next", [][]analysis.Record{records(0.5), records(0.8), records(0.79)}, 0.001, false},
	} {
		cells := b.candidates()
		for k, records := range c.all {
			cells[0].add(k, records)
		}
		cells[0].rank(b.cfg.Lambdas)
		choices, lambdas := b.chosen(cells)
		if choices[0].Lambda != c.lambda || lambdas[CellName("w", "go-nogo")] != c.lambda || choices[0].AtEdge != c.edge {
			t.Errorf("%s: got λ = %g, edge %v", c.name, choices[0].Lambda, choices[0].AtEdge)
		}
	}
}

// TestHalvingGivesTheBetterHalfMoreSeeds: five λ, then three, then two.
func TestHalvingGivesTheBetterHalfMoreSeeds(t *testing.T) {
	cfg := smallBiology()
	cfg.Models, cfg.Choice, cfg.TuningSeeds, cfg.Seeds = []string{"w-dreal-c", "w"}, Halving, 3, 1
	cfg.Lambdas = []float64{0.0003, 0.001, 0.003, 0.01, 0.03}
	c, dir := smallCircuit(t), filepath.Join(t.TempDir(), "b")
	first, made := runBiology(t, cfg, c, dir)
	if want := 2*(5+3+2) + 2; made != want {
		t.Errorf("made %d runs, want %d", made, want)
	}
	again, made := runBiology(t, cfg, c, dir)
	if made != 0 {
		t.Errorf("the same study again made %d runs", made)
	}
	for k, choice := range first.Choices {
		if again.Choices[k].Lambda != choice.Lambda {
			t.Errorf("%s: λ = %g, then %g", choice.Model, choice.Lambda, again.Choices[k].Lambda)
		}
		for i, v := range choice.Validation {
			if math.IsNaN(float64(v)) {
				t.Errorf("%s: λ = %g was never tried", choice.Model, cfg.Lambdas[i])
			}
		}
	}
	cfg.Choice = "luck"
	if _, err := OpenBiology(cfg, c, t.TempDir()); err == nil || !strings.Contains(err.Error(), "halving") {
		t.Errorf("an unknown choice: %v", err)
	}
}

func TestBiologyRefusesWhatCannotEnd(t *testing.T) {
	c := smallCircuit(t)
	for want, change := range map[string]func(*BiologyConfig){
		"seeds: want at least 1, got 0":            func(b *BiologyConfig) { b.Seeds = 0 },
		"one seed for its choice, got 2 and 0":     func(b *BiologyConfig) { b.TuningSeeds = 0 },
		"lambda: want at least 0, got -1":          func(b *BiologyConfig) { b.Lambdas = []float64{0.1, -1} },
		"lambda: want at least 0, got NaN":         func(b *BiologyConfig) { b.Lambdas = []float64{math.NaN()} },
		"lambda: want at least 0, got +Inf":        func(b *BiologyConfig) { b.Lambdas = []float64{math.Inf(1)} },
		"want each λ once, got 0.1 twice":          func(b *BiologyConfig) { b.Lambdas = []float64{0.1, 0.1} },
		"epochs: want 0 (as published) or more":    func(b *BiologyConfig) { b.Epochs = -1 },
		"choice: want nothing or halving, got":     func(b *BiologyConfig) { b.Choice = "best" },
		"no control is called \"nothing\"":         func(b *BiologyConfig) { b.Models = append(b.Models, "w+nothing") },
		"want paper or corrected, got \"neither\"": func(b *BiologyConfig) { b.Preset = "neither" },
	} {
		cfg, dir := smallBiology(), filepath.Join(t.TempDir(), "b")
		change(&cfg)
		if _, err := OpenBiology(cfg, c, dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder was made", want)
		}
	}
}
