package study

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPool(t *testing.T) {
	var dirs []string
	var own []*BiologyResults
	for k := range 2 {
		c, err := Worlds()[0].Circuit(uint64(k + 1))
		if err != nil {
			t.Fatal(err)
		}
		cfg := smallBiology()
		cfg.Lambdas, cfg.Seeds = []float64{0.01}, 3
		dir := filepath.Join(t.TempDir(), fmt.Sprint(k))
		if k == 0 { // a seed more is there than the verdicts rest on
			cfg.Seeds = 4
			runBiology(t, cfg, c, dir)
			cfg.Seeds = 3
		}
		r, _ := runBiology(t, cfg, c, dir)
		dirs, own = append(dirs, dir), append(own, r)
	}
	for _, dir := range []string{dirs[0], filepath.Join(dirs[0], evaluation)} {
		records, err := LoadRecords(dir)
		if err != nil || len(records) != 3*3 {
			t.Errorf("%s: %d runs, want those of three seeds: %v", dir, len(records), err)
		}
	}
	if err := os.WriteFile(filepath.Join(dirs[0], evaluation, runsDir, lastSeed(t, dirs[0]), "result.json"), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := Pool(dirs)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Verdicts) != 8 || p.Verdicts[0].ID != "B0" || len(p.Verdicts[3].Verdicts) != 2 || p.Verdicts[3].Verdicts[1] != own[1].Verdicts[3].Verdict {
		t.Errorf("%+v", p.Verdicts)
	}
	found := false
	for _, c := range p.Claims {
		if c.ID == "B0" {
			t.Errorf("the best other model was pooled: %+v", c)
		}
		if c.ID != "B1" || c.Role != "claim" {
			continue
		}
		found = true
		want := (float64(own[0].Verdicts[1].Effects[0].Mean) + float64(own[1].Verdicts[1].Effects[0].Mean)) / 2
		if got := float64(c.Tasks[0].Mean); math.Abs(got-want) > 1e-9 { // as many seeds on both
			t.Errorf("B1 over circuits: %g, want %g", got, want)
		}
	}
	if !found {
		t.Error("B1 is not there")
	}
	out := t.TempDir()
	if err := p.Write(out, "biornn study pool"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, "pooled.md"))
	if err != nil || !strings.Contains(string(text), "| "+own[0].Circuit+" | "+own[1].Circuit+" |") || !strings.Contains(string(text), "| B1 ") {
		t.Errorf("%v\n%s", err, text)
	}
	runs, err := RunFolders(dirs[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(runs[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := Pool(dirs); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("rest on %d runs, %d of them are there", len(runs), len(runs)-1)) {
		t.Errorf("a run is missing: %v", err)
	}
	if _, err := Pool(dirs[:1]); err == nil || !strings.Contains(err.Error(), "at least two") {
		t.Errorf("one folder: %v", err)
	}
	if _, err := Pool([]string{dirs[0], out}); err == nil || !strings.Contains(err.Error(), "study biology writes it") {
		t.Errorf("a folder without verdicts: %v", err)
	}
}

// lastSeed names a run of the evaluation that the verdicts do not rest on.
func lastSeed(t *testing.T, dir string) string {
	t.Helper()
	there, err := filepath.Glob(filepath.Join(dir, evaluation, runsDir, "*_s4_*"))
	if err != nil || len(there) == 0 {
		t.Fatalf("no fourth seed: %v", err)
	}
	return filepath.Base(there[0])
}
