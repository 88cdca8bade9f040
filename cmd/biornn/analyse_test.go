package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/analysis"
)

// table reads a table of measures: name, epoch and measure → value.
func csvRows(t *testing.T, path string) map[[3]string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[[3]string]string{}
	for _, r := range rows[1:] {
		out[[3]string{r[0], r[5], r[6]}] = r[7]
		if r[9] == "" {
			t.Errorf("%s has no definition", r[6])
		}
	}
	return out
}

// TestAnalyse measures a circuit, a study, and a run over its epochs.
func TestAnalyse(t *testing.T) {
	dir := t.TempDir()
	circuit, study := filepath.Join(dir, "c.npz"), filepath.Join(dir, "study")
	want(t, "circuit", "build", "--synthetic", "--count", "24", "--out", circuit)
	few := []string{"--nulls", "20", "--matched-nulls", "3"}

	out := want(t, append([]string{"analyse", circuit, "--json", "--out", filepath.Join(dir, "c.csv")}, few...)...)
	var one struct {
		Type   string
		Values map[string]float64
	}
	if err := json.Unmarshal([]byte(out), &one); err != nil || one.Type != "circuit" {
		t.Fatalf("%v: %s", err, out)
	}
	for _, key := range []string{"clustering_directed", "wiring_somata_z", "length_constant_um"} {
		if _, ok := one.Values[key]; !ok {
			t.Errorf("the circuit has no %s", key)
		}
	}
	if rows := csvRows(t, filepath.Join(dir, "c.csv")); len(rows) != len(one.Values) {
		t.Errorf("%d rows for %d values", len(rows), len(one.Values))
	}

	want(t, small(study, "--seeds", "2")...)
	out = want(t, append([]string{"analyse", study, "--full", "--out", filepath.Join(dir, "s.csv")}, few...)...)
	d, _ := analysis.Define("efficiency_local")
	for _, says := range []string{"seed 2", "efficiency_local_weighted", strings.Fields(d.Text)[0], "wiring_weights_z"} {
		if !strings.Contains(out, says) {
			t.Errorf("the output lacks %q", says)
		}
	}
	names := map[string]bool{}
	for key := range csvRows(t, filepath.Join(dir, "s.csv")) {
		names[key[0]] = true
	}
	if len(names) != 4 {
		t.Errorf("want the measures of 4 runs, got those of %d", len(names))
	}

	runs := filepath.Join(dir, "runs")
	want(t, "train", "--circuit", circuit, "--model", "WD", "--task", "go-nogo", "--epochs", "2", "--set", "train.keep_weights=1", "--out", runs)
	out = want(t, append([]string{"analyse", runs, "--epochs", "--circuit", circuit, "--out", filepath.Join(dir, "e.csv")}, few...)...)
	if !strings.Contains(out, "wiring z") {
		t.Error(out)
	}
	rows := csvRows(t, filepath.Join(dir, "e.csv"))
	seen := map[string]string{}
	for key, v := range rows {
		if key[2] == "spectral_radius" {
			seen[key[1]] = v
		}
	}
	if len(seen) != 3 || seen["0"] == seen["2"] {
		t.Errorf("want another spectral radius after each of the epochs 0, 1, 2, got %v", seen)
	}
	if svg, err := os.ReadFile(filepath.Join(dir, "e.svg")); err != nil || !strings.Contains(string(svg), "spectral radius") {
		t.Errorf("the figure: %v", err)
	}
	for args, says := range map[string]string{
		"analyse " + circuit + " --epochs": "is a circuit",
		"analyse " + study + " --epochs":   "keep_weights=1",
	} {
		if code, _, errors := call(t, strings.Fields(args)...); code == exitOK || !strings.Contains(errors, says) {
			t.Errorf("%s: %d %s", args, code, errors)
		}
	}
}
