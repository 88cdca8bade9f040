package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/internal/sharedtest"
)

// call runs one command line.
func call(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return callContext(t.Context(), args...)
}

func callContext(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, &out, &err)
	return code, out.String(), err.String()
}

// want runs a command that must succeed and returns what it prints.
func want(t *testing.T, args ...string) string {
	t.Helper()
	code, out, errors := call(t, args...)
	if code != exitOK {
		t.Fatalf("biornn %s: exit code %d\n%s", strings.Join(args, " "), code, errors)
	}
	return out
}

func TestWrongCalls(t *testing.T) {
	dir := t.TempDir()
	full := filepath.Join(dir, "full")
	if err := os.MkdirAll(filepath.Join(full, "mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"reproduse", exitUsage, "did you mean reproduce"},
		{"reproduce --seds 3", exitUsage, "unknown flag: --seds; did you mean --seeds"},
		{"reproduce --output x", exitUsage, "did you mean --out?"},
		{"reproduce -j 3", exitUsage, "in -j; did you mean --workers?"},
		{"reproduce --seeds many", exitUsage, "--seeds: want a whole number, got \"many\""},
		{"study biology --lambdas 1;2", exitUsage, "--lambdas: want numbers with commas between them, got \"1;2\""},
		{"study biology --preset papr", exitUsage, "--preset: want corrected, paper or both, got \"papr\"; did you mean paper?"},
		{"reproduce --frobnicate", exitUsage, "unknown flag: --frobnicate\nhint: biornn reproduce --help"},
		{"circuit build --synthetic --neurons 312 --out x.npz", exitUsage, "is --count"},
		{"circuit build --synthetic --size 312 --out x.npz", exitUsage, "did you mean --count?"},
		{"study biology --model W", exitUsage, "did you mean --models"},
		{"study biology --choice halvng", exitUsage, "did you mean halving?"},
		{"study biology --models WD*C+synapses", exitUsage, "did you mean synapses-only"},
		{"train --model W --set network.cell=none", exitUsage, "the simple network"},
		{"train --model W+leaky --task go-nogo --set network.tau_ms=50", exitUsage, "want at most tau_ms, 50"},
		{"reproduce --models W*D*X", exitUsage, "did you mean"},
		{"reproduce --tasks gonogo", exitUsage, "did you mean go-nogo"},
		{"reproduce --preset papr", exitUsage, "did you mean paper"},
		{"reproduce --seeds 0", exitUsage, "want at least 1, got 0"},
		{"reproduce --circuit nowhere", exitUsage, "nowhere does not exist"},
		{"reproduce --neurons 1", exitUsage, "neurons"},
		{"reproduce --neurons 20 --out " + full, exitFailure, "choose another with --out"},
		{"reproduce extra", exitUsage, "want no arguments, got 1 argument, extra\n"},
		{"reproduce --workers -1", exitUsage, "--workers: want 0"},
		{"study biology --workers -1", exitUsage, "--workers: want 0"},
		{"study biology --tasks=", exitUsage, "want at least one of each, got 16 and 0"},
		{"study biology --out " + file, exitUsage, "want a folder, got a file"},
		{"study pool one", exitUsage, "at least two studies of biology, got 1"},
		{"compare nowhere", exitFailure, "want the folder of a study or of runs"},
		{"train --model nothing", exitUsage, "no model is called"},
		{"train --spec nowhere.toml", exitUsage, "nowhere.toml"},
		{"circuit bild", exitUsage, "did you mean build"},
		{"circuit build --synthetic", exitUsage, "--out"},
		{"circuit build --out x.npz", exitUsage, "exactly one of"},
		{"circuit build --neurons a.csv --connections b.csv --out x.npz", exitUsage, "unit"},
		{"compare " + full, exitFailure, "holds no runs"},
		{"compare " + full + " --published nowhere.json", exitUsage, "nowhere.json"},
		{"analyse", exitUsage, "at least one folder"},
		{"analyse nowhere --function --full", exitUsage, "want one of them"},
		{"analyse nowhere", exitUsage, "nowhere does not exist: want the folder of a run"},
		{"analyse nowhere --out table.txt", exitUsage, "ends with .csv"},
		{"report nowhere", exitFailure, "holds no study"},
		{"tasks gonogo", exitUsage, "did you mean go-nogo"},
		{"functional nowhere.npz --out x.npz", exitUsage, "does not exist"},
	} {
		code, out, errors := call(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errors, c.says) {
			t.Errorf("biornn %s: exit code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, errors)
		}
		if out != "" {
			t.Errorf("biornn %s: an error belongs on standard error, got %q", c.args, out)
		}
	}
}

func TestLists(t *testing.T) {
	models, controls, _ := strings.Cut(want(t, "models"), "\n\nControls")
	entries := func(list string) int { // lines that do not go on with another
		return strings.Count("\n"+list, "\n") - strings.Count("\n"+list, "\n ")
	}
	if n := entries(models); n != len(constraint.Models())+len(constraint.FurtherModels()) {
		t.Errorf("%d models", n)
	}
	if _, list, _ := strings.Cut(strings.TrimSpace(controls), "\n"); entries(list) != len(constraint.Controls()) {
		t.Errorf("%d controls, want %d", entries(list), len(constraint.Controls()))
	}
	if out := want(t, "export", "--help"); !strings.Contains(out, "\n  mat          MATLAB") {
		t.Errorf("the list of formats is none: %s", out)
	}
	if out := want(t, "tasks", "perceptual-decision"); !strings.Contains(out, "0.899") {
		t.Errorf("no ceiling in %s", out)
	}
	for _, args := range [][]string{{"models"}, {"tasks"}, {"tasks", "go-nogo"}, {"analyse", "--definitions"}, {"circuit", "show"}} {
		for line := range strings.Lines(want(t, append(args, "--json")...)) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil || v["type"] == nil {
				t.Errorf("%v: %v in %q", args, err, line)
			}
		}
	}
	for _, args := range [][]string{{"circuit", "show"}, {"models"}, {"tasks"}, {"analyse", "--definitions"}, {"analyse", "--function", "--definitions"},
		{"--help"}, {"study", "biology", "--help"}, {"analyse", "--help"}, {"circuit", "build", "--help"}, {"export", "--help"}, {"train", "--help"}, {"reproduce", "--help"}} {
		for line := range strings.Lines(want(t, args...)) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
				t.Errorf("%v: a line of %d columns: %s", args, n, line)
			}
		}
	}
}

// small is a comparison that takes a second.
func small(out string, more ...string) []string {
	return append([]string{"reproduce", "--neurons", "24", "--models", "W*D*C,W", "--tasks", "go-nogo", "--epochs", "1", "--out", out}, more...)
}

func TestReproduce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study")
	out := want(t, small(dir, "--seeds", "2")...)
	for _, says := range []string{"W*D*C", "go-nogo", "C2 Biological initialisation", "synthetic", "report.html"} {
		if !strings.Contains(out, says) {
			t.Errorf("the output lacks %q:\n%s", says, out)
		}
	}
	for _, file := range []string{"report.html", "runs.csv", "cells.csv", "claims.csv", "results.json", "study.json", "circuit.npz", "figures/accuracy.svg", "figures/accuracy.png"} {
		if info, err := os.Stat(filepath.Join(dir, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	runs := weights(t, dir)
	if len(runs) != 4 {
		t.Fatalf("%d runs", len(runs))
	}

	// More seeds add runs and touch none; another study is refused.
	want(t, small(dir, "--seeds", "3")...)
	more := weights(t, dir)
	if len(more) != 6 {
		t.Errorf("%d runs after the third seed", len(more))
	}
	for name, data := range runs {
		if more[name] != data {
			t.Errorf("%s has changed", name)
		}
	}
	if code, _, errors := call(t, small(dir, "--preset", "paper")...); code != exitFailure || !strings.Contains(errors, "another study") {
		t.Errorf("another preset in the same folder: %d %s", code, errors)
	}

	// A damaged run is set aside and computed again, the same.
	victim := firstRun(t, dir)
	path := filepath.Join(dir, "runs", victim, "weights.safetensors")
	if err := os.Truncate(path, 1000); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "runs", victim, "measures.json")); err != nil {
		t.Fatal(err)
	}
	want(t, small(dir, "--seeds", "3")...)
	if again := weights(t, dir); again[victim] != more[victim] {
		t.Error("the damaged run came out otherwise")
	}
	if _, err := os.Stat(filepath.Join(dir, "runs", victim+".damaged-1")); err != nil {
		t.Errorf("the damaged folder is gone: %v", err)
	}

	// The report can be made again; the runs can be looked at one by one.
	if out := want(t, "report", dir); !strings.Contains(out, "report.html") {
		t.Error(out)
	}
	if out := want(t, "analyse", filepath.Join(dir, "runs", victim), "--circuit", filepath.Join(dir, "circuit.npz")); !strings.Contains(out, "wiring_cost") {
		t.Error(out)
	}

	// Packed and unpacked, the study has its results, no weights, and goes on.
	pack, there := filepath.Join(t.TempDir(), "s.tar.zst"), filepath.Join(t.TempDir(), "there")
	if out := want(t, "study", "pack", dir, "--out", pack); !strings.Contains(out, "6 runs") {
		t.Error(out)
	}
	if out := want(t, "study", "unpack", pack, "--out", there); !strings.Contains(out, "6 runs") {
		t.Error(out)
	}
	if a, b := want(t, "results", dir), want(t, "results", there); a != b {
		t.Errorf("results of the packed study:\n%s\nwant\n%s", b, a)
	}
	if code, _, errors := call(t, "analyse", filepath.Join(there, "runs", victim)); code != exitFailure || !strings.Contains(errors, "weights were left out") {
		t.Errorf("a run without weights: %d %s", code, errors)
	}
	want(t, small(there, "--seeds", "4")...)
	if made := weights(t, there); len(made) != 2 {
		t.Errorf("the fourth seed made %d runs, want 2", len(made))
	}
}

// weights returns the bytes of every run's weights by folder.
func weights(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	paths, _ := filepath.Glob(filepath.Join(dir, "runs", "*", "weights.safetensors"))
	for _, p := range paths {
		if strings.Contains(p, ".damaged") {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(filepath.Dir(p))] = string(data)
	}
	return out
}

func firstRun(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	for name := range weights(t, dir) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names[0]
}

// TestInterrupt: what is finished is kept, and an interrupted study ends with the
// same weights as an undisturbed one.
func TestInterrupt(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cut")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(400*time.Millisecond, cancel)
	code, _, errors := callContext(ctx, small(dir, "--seeds", "6", "--workers", "1")...)
	if code == exitInterrupted && !strings.Contains(errors, "goes on from there") {
		t.Errorf("an interruption says %s", errors)
	} else if code != exitInterrupted && code != exitOK { // a fast machine may have finished
		t.Fatalf("exit code %d: %s", code, errors)
	}
	want(t, small(dir, "--seeds", "6")...)
	whole := filepath.Join(t.TempDir(), "whole")
	want(t, small(whole, "--seeds", "6", "--workers", "2")...)
	a, b := weights(t, dir), weights(t, whole)
	if len(a) != 12 || len(b) != 12 {
		t.Fatalf("%d and %d runs", len(a), len(b))
	}
	for name := range b {
		if a[name] != b[name] {
			t.Errorf("%s depends on the interruption", name)
		}
	}
}

func TestTrain(t *testing.T) {
	dir := t.TempDir()
	spec := filepath.Join(dir, "spec.toml")
	text := want(t, "train", "--model", "W", "--task", "go-nogo", "--epochs", "1", "--print-spec")
	if err := os.WriteFile(spec, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out := want(t, "train", "--spec", spec, "--out", dir)
	if !strings.Contains(out, "accuracy: train") {
		t.Error(out)
	}
	bad := strings.Replace(text, "batch_size", "batchsize", 1)
	if err := os.WriteFile(spec, []byte(bad), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errors := call(t, "train", "--spec", spec); code != exitUsage || !strings.Contains(errors, "batchsize") || !strings.Contains(errors, "line") {
		t.Errorf("an unknown key: %d %s", code, errors)
	}
}

// TestTables goes from two tables and events to a trained network.
func TestTables(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var neurons, events strings.Builder
	neurons.WriteString("id,x,y,z\n")
	events.WriteString("id,time_s\n")
	for i := range 12 {
		n := string(rune('a' + i))
		neurons.WriteString(n + "," + strings.Repeat("1", i%3+1) + "," + strings.Repeat("2", i%4+1) + ",7" + strings.Repeat("3", i%2) + "\n")
		for k := range 40 {
			events.WriteString(n + "," + itoa(k*7+(k*i)%5+i%3) + "\n")
		}
	}
	out := filepath.Join(dir, "mine.circuit.npz")
	want(t, "circuit", "build", "--neurons", write("n.csv", neurons.String()), "--connections", write("c.csv", "pre,post\na,b\nb,c\nc,a\n"),
		"--unit", "um", "--events", write("e.csv", events.String()), "--out", out)
	full := filepath.Join(dir, "full.circuit.npz")
	want(t, "functional", out, "--preset", "paper", "--out", full)
	want(t, "train", "--circuit", full, "--preset", "paper", "--model", "W*D*C", "--task", "go-nogo", "--epochs", "1", "--out", dir)
	var traces strings.Builder
	traces.WriteString("time_s,a,b,c,d,e,f,g,h,i,j,k,l\n")
	for k := range 60 {
		traces.WriteString(itoa(k))
		for i := range 12 {
			traces.WriteString("," + itoa((k*7+i*i*3)%11))
		}
		traces.WriteString("\n")
	}
	shown := want(t, "functional", out, "--traces", write("t.csv", traces.String()), "--replace", "--window", "0.5", "--bin", "2", "--out", full)
	if !strings.Contains(shown, "exceed both neighbours") {
		t.Errorf("no step names the events: %s", shown)
	}
	code, _, errors := call(t, "circuit", "build", "--neurons", write("bad.csv", "id,x,y,z\na,1,2,3\nb,1,nan,3\n"), "--connections", filepath.Join(dir, "c.csv"), "--unit", "um", "--out", out)
	if code != exitFailure || !strings.Contains(errors, "bad.csv:3") {
		t.Errorf("a NaN position: %d %s", code, errors)
	}
}

func itoa(n int) string {
	text, _ := json.Marshal(n)
	return string(text)
}

// TestField reads a released field in both presets and compares runs with the
// published table.
func TestField(t *testing.T) {
	field := sharedtest.File(t, "data", "microns_fields", "5_3_8")
	if out := want(t, "circuit", "show", field); !strings.Contains(out, "42") {
		t.Error(out)
	}
	// The embedded table belongs to this circuit.
	main := want(t, "circuit", "show", sharedtest.File(t, "data", "microns_fields", "6_6_2"), "--preset", "paper", "--json")
	if !strings.Contains(main, analysis.Table2Circuit) {
		t.Errorf("field 6_6_2 has another hash than %s", analysis.Table2Circuit)
	}
	dir := filepath.Join(t.TempDir(), "field")
	table := sharedtest.File(t, "golden", "paper", "table2.json")
	out := want(t, "reproduce", "--circuit", field, "--preset", "paper", "--models", "all", "--tasks", "go-nogo", "--epochs", "1", "--seeds", "2", "--out", dir, "--published", table)
	if !strings.Contains(out, "cells agree") {
		t.Error(out)
	}
	if out := want(t, "compare", dir, "--published", table, "--csv", filepath.Join(dir, "c.csv")); !strings.Contains(out, "W!D*C*") {
		t.Error(out)
	}
}
