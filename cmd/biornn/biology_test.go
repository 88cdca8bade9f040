package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"biornn/analysis"
	"biornn/constraint"
)

// TestModelsOfBiology: groups come with what the claims need, names are what runs, and more
// may be added to either.
func TestModelsOfBiology(t *testing.T) {
	arms := analysis.BiologyArms("corrected")
	with := func(more ...string) []string { return append(slices.Clone(arms), more...) }
	for _, c := range []struct {
		models, more, want []string
	}{
		{nil, nil, arms},
		{[]string{"abstract"}, nil, arms},
		{nil, []string{"W*D*C+gru", "W"}, with("wbio-dreal-c+gru")},
		{[]string{"W", "W+gru"}, nil, []string{"w", "w+gru"}},
		{[]string{"W"}, []string{"WD"}, []string{"w", "w-dgrid"}},
		{[]string{"all", "W+gru"}, nil, with("wbio-dreal-cemp", "w-dreal-cemp", "wbio-dgrid-cemp", "wperm-dreal-c", "wperm-dreal-cemp", "w+gru")},
	} {
		f := biologyFlags{models: c.models, more: c.more, tasks: []string{"all"}, seeds: 2, tuning: 1, choice: "grid"}
		cfg, err := f.config("corrected")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(cfg.Models, c.want) {
			t.Errorf("--models %v --add-models %v: got %v, want %v", c.models, c.more, cfg.Models, c.want)
		}
		if len(c.models) > 0 && c.models[0] == "all" {
			for _, m := range constraint.Models() {
				if !slices.Contains(cfg.Models, m.Slug) {
					t.Errorf("all is without %s", m.Slug)
				}
			}
		}
	}
}

func TestBiologySaysWhatIsMissing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "b")
	base := []string{"study", "biology", "--neurons", "20", "--lambdas", "0.003", "--epochs", "1", "--seeds", "2", "--tasks", "go-nogo", "--out", dir}
	code, _, errors := call(t, append(base, "--models", "W*D*C+precision,W", "--preset", "both")...)
	if code != exitUsage || !strings.Contains(errors, "functional FILE.circuit.npz --precision") || exists(dir) {
		t.Errorf("exit code %d, want %d, folder %v:\n%s", code, exitUsage, exists(dir), errors)
	}
	code, out, errors := call(t, append(base, "--models", "W*D*C,WD*C")...)
	if code != exitOK || !strings.Contains(errors, "B3: W*D*C+relabelled\n") || !strings.Contains(errors, "--add-models in place of --models") {
		t.Errorf("exit code %d:\n%s", code, errors)
	}
	if before, _, _ := strings.Cut(errors, "evaluation:"); !strings.Contains(before, "B3: ") {
		t.Errorf("said after the first run:\n%s", errors)
	}
	if words := strings.Join(strings.Fields(out), " "); !strings.Contains(words, "Not run: W*D*C+relabelled; add what the claim needs with --add-models.") {
		t.Error(out)
	}
	for line := range strings.Lines(errors) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 && !strings.Contains(line, dir) {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
}
