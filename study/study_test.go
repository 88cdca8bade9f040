package study

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"biornn/circuit"
)

func TestResolve(t *testing.T) {
	models, tasks, err := Resolve([]string{"abstract", "W!D*C", "w"}, []string{"ALL"})
	if err != nil || len(models) != 7 || models[6] != "wperm-dreal-c" || !slices.Equal(tasks, DefaultTasks()) {
		t.Errorf("%v %v %v", models, tasks, err)
	}
	if models, _, _ := Resolve([]string{"all"}, nil); len(models) != 11 {
		t.Errorf("%v", models)
	}
	if _, _, err := Resolve([]string{"WD**"}, nil); err == nil {
		t.Error("an unknown model was accepted")
	}
}

func TestOpenRefusesOtherFolders(t *testing.T) {
	synthetic := circuit.DefaultSyntheticConfig()
	synthetic.Neurons = 12
	c, err := circuit.Synthetic(synthetic)
	if err != nil {
		t.Fatal(err)
	}
	cfg := DefaultConfig()
	cfg.Models, cfg.Tasks = []string{"w"}, []string{"go-nogo"}
	dir := filepath.Join(t.TempDir(), "a")
	if _, err := Open(cfg, c, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg, c, dir); err != nil {
		t.Errorf("the same study again: %v", err)
	}
	more := cfg
	more.Seeds = 7
	if s, err := Open(more, c, dir); err != nil || len(s.Specs()) != 7 {
		t.Errorf("more seeds: %v", err)
	}
	wider := cfg
	wider.Models, wider.Tasks = []string{"w-dgrid", "w"}, []string{"perceptual-decision", "go-nogo"}
	if s, err := Open(wider, c, dir); err != nil || len(s.Specs()) != 4*wider.Seeds {
		t.Errorf("more models and tasks: %v", err)
	}
	if _, err := Open(cfg, c, dir); err == nil || !strings.Contains(err.Error(), "models: there") {
		t.Errorf("fewer models than there are: %v", err)
	}
	cfg = wider
	for says, change := range map[string]func(*Config){
		"preset: there": func(c *Config) { c.Preset = "paper" },
		"models: there": func(c *Config) { c.Models = []string{"w-dgrid", "w-dreal"} },
		"lambda: there": func(c *Config) { c.Lambda = new(float64) },
	} {
		other := cfg
		change(&other)
		if _, err := Open(other, c, dir); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
	synthetic.Seed++
	changed, err := circuit.Synthetic(synthetic)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg, changed, dir); err == nil || !strings.Contains(err.Error(), "circuit: there") {
		t.Errorf("another circuit: %v", err)
	}
	strange := t.TempDir()
	if err := os.WriteFile(filepath.Join(strange, "thesis.doc"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cfg, c, strange); err == nil || !strings.Contains(err.Error(), "empty folder") {
		t.Errorf("a folder with other files: %v", err)
	}
	if _, err := Reopen(strange); err == nil || !strings.Contains(err.Error(), "no study") {
		t.Errorf("reopen: %v", err)
	}
}
