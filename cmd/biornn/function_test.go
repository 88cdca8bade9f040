package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFunction trains a small network for a moment and says what its units do.
func TestFunction(t *testing.T) {
	dir := t.TempDir()
	circuit := filepath.Join(dir, "circuit.npz")
	want(t, "circuit", "build", "--synthetic", "--out", circuit)
	var trained struct{ Folder string }
	lines := strings.Split(strings.TrimSpace(want(t, "train", "--circuit", circuit, "--model", "W", "--task", "go-nogo", "--epochs", "1", "--out", dir, "--json")), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &trained); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	args := []string{"analyse", trained.Folder, "--function", "--trials", "64", "--circuit", circuit}
	text := want(t, append(args, "--out", out)...)
	for _, part := range []string{"selectivity", "decoding", "fixed and slow points", "lesions", "alignment with recorded correlations", out} {
		if !strings.Contains(text, part) {
			t.Errorf("the summary lacks %q:\n%s", part, text)
		}
	}
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 && !strings.Contains(line, dir) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, file := range []string{"values.csv", "selectivity.csv", "decoding.csv", "lesions.csv", "fixed-points.csv", "decoding.svg", "eigenvalues.svg", "lesions.png"} {
		if _, err := os.Stat(filepath.Join(out, file)); err != nil {
			t.Error(err)
		}
	}
	var line struct {
		Type   string
		Values map[string]float64
	}
	if err := json.Unmarshal([]byte(want(t, append(args, "--json")...)), &line); err != nil || line.Type != "function" || line.Values["decoding_peak:go"] == 0 {
		t.Errorf("JSON: %v, %+v", err, line)
	}
	for line := range strings.Lines(want(t, "analyse", "--function", "--definitions")) {
		if n := len([]rune(line)); n > 81 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for args, says := range map[string]string{
		"analyse --function": "at least one folder",
		"analyse " + trained.Folder + " --function --noise x":  "--noise: want a number, got \"x\"",
		"analyse " + trained.Folder + " --function --trials 2": "trials",
	} {
		if code, _, errors := call(t, strings.Fields(args)...); code != exitUsage || !strings.Contains(errors, says) {
			t.Errorf("biornn %s: exit code %d, want %d with %q:\n%s", args, code, exitUsage, says, errors)
		}
	}
}
