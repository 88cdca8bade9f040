package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"biornn/grid"
	"biornn/study"
)

const sweepStudy = `name = "tiny"
folder = "out"
circuits = ["synthetic:14"]
models = ["W*D*C", "W"]
tasks = ["go-nogo"]
seeds = 2
epochs = 1
[set]
"train.train_trials" = 128
"train.val_trials" = 64
"train.test_trials" = 64
[[axis]]
key = "constraint.lambda"
log = { from = 0.001, to = 0.1, count = 3 }
[analysis]
nulls = 3
matched_nulls = 1
`

func writeFile(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// events parses what --json prints, by type.
func events(t *testing.T, out string) map[string][]map[string]any {
	t.Helper()
	by := map[string][]map[string]any{}
	for line := range strings.Lines(out) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		kind, _ := v["type"].(string)
		by[kind] = append(by[kind], v)
	}
	return by
}

func TestSweepCommands(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "tiny.toml"), sweepStudy)
	if out := want(t, "study", "check", file, "--quick"); !strings.Contains(out, "tiny: 12 runs") || !strings.Contains(out, "constraint.lambda") {
		t.Error(out)
	}
	calibration := filepath.Join(dir, "calibration.json")
	for _, measured := range []string{"2 measured now", "0 measured now"} {
		if out := want(t, "study", "check", file, "--calibration", calibration); !strings.Contains(out, "core-hours") || !strings.Contains(out, measured) {
			t.Errorf("want %q:\n%s", measured, out)
		}
	}
	if code, _, errors := call(t, "sweep", "status", file); code != exitFailure || !strings.Contains(errors, "nothing was run yet") {
		t.Errorf("%d %s", code, errors)
	}
	got := events(t, want(t, "sweep", "run", file, "--workers", "2", "--json"))
	summary := got["summary"]
	if len(summary) != 1 || summary[0]["done"] != 12.0 || summary[0]["failed"] != 0.0 || len(got["progress"]) == 0 {
		t.Errorf("%v", got)
	}
	if out := want(t, "sweep", "run", file); !strings.Contains(out, "all 12 runs are in") {
		t.Error(out)
	}
	folder := filepath.Join(dir, "out")
	for _, path := range []string{file, folder} {
		out := want(t, "sweep", "status", path)
		for _, says := range []string{"12 of 12 runs done", "W*D*C", "6/6", "best validation accuracy"} {
			if !strings.Contains(out, says) {
				t.Errorf("status lacks %q:\n%s", says, out)
			}
		}
		narrow(t, out)
	}
	if s := events(t, want(t, "sweep", "status", file, "--json"))["status"]; len(s) != 1 || s[0]["left"] != 0.0 {
		t.Errorf("%v", s)
	}

	// More seeds: refused, then added.
	writeFile(t, file, strings.Replace(sweepStudy, "seeds = 2", "seeds = 3", 1))
	if code, _, errors := call(t, "sweep", "run", file); code != exitFailure || !strings.Contains(errors, "biornn sweep extend") {
		t.Errorf("%d %s", code, errors)
	}
	if out := want(t, "sweep", "extend", file); !strings.Contains(out, "6 runs more, 18 in all") {
		t.Error(out)
	}
	if out := want(t, "sweep", "extend", file); !strings.Contains(out, "has all 18 runs") {
		t.Error(out)
	}
	if s := events(t, want(t, "sweep", "run", file, "--json"))["summary"]; s[0]["made_here"] != 6.0 || s[0]["done"] != 18.0 {
		t.Errorf("%v", s)
	}

	// Damage is found by verify, left out of results, mended by run.
	victim := firstRun(t, folder)
	if err := os.Truncate(filepath.Join(folder, "runs", victim, "history.csv"), 20); err != nil {
		t.Fatal(err)
	}
	if code, out, errors := call(t, "sweep", "verify", file); code != exitFailure || !strings.Contains(out, victim) || !strings.Contains(errors, "computes them again") {
		t.Errorf("%d %s %s", code, out, errors)
	}
	if code, out, errors := call(t, "results", file); code != exitFailure || strings.Count(out, "\n") != 18 || !strings.Contains(errors, "1 damaged runs are not in the table") {
		t.Errorf("%d %s %s", code, out, errors)
	}
	if d := events(t, want(t, "sweep", "run", file, "--json"))["damaged"]; len(d) != 1 || d[0]["run"] != victim {
		t.Errorf("%v", d)
	}
	want(t, "sweep", "verify", file)
	if out := want(t, "sweep", "status", file); !strings.Contains(out, "kept aside: runs/"+victim+".damaged-1") {
		t.Error(out)
	}
	if out := want(t, "sweep", "gc", file, "--damaged"); !strings.Contains(out, "1 damaged copies") {
		t.Error(out)
	}
	if out := want(t, "sweep", "retry", file, "--failed"); !strings.Contains(out, "0 failed runs") {
		t.Error(out)
	}
}

// narrow holds lines to 80 columns; paths may be longer.
func narrow(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 && strings.Contains(strings.TrimSpace(line), " ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestSweepWrongCalls(t *testing.T) {
	dir := t.TempDir()
	good := writeFile(t, filepath.Join(dir, "good.toml"), sweepStudy)
	bad := func(name, old, with string) string {
		if !strings.Contains(sweepStudy, old) {
			t.Fatalf("the study has no %q", old)
		}
		return writeFile(t, filepath.Join(dir, name+".toml"), strings.Replace(sweepStudy, old, with, 1))
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"sweep rum x", exitUsage, "did you mean run"},
		{"sweep run", exitUsage, "want a study file, got 0"},
		{"sweep run nowhere.toml", exitUsage, "biornn study init nowhere.toml"},
		{"sweep run " + dir, exitUsage, "is a folder: want the study file"},
		{"sweep run --worker 3 " + good, exitUsage, "unknown flag: --worker"},
		{"sweep run --workers -1 " + good, exitUsage, "want at least 0"},
		{"sweep status " + good, exitFailure, "nothing was run yet"},
		{"sweep status " + dir, exitUsage, "is a folder"},
		{"sweep extend " + good, exitFailure, "biornn sweep run begins it"},
		{"sweep retry " + good, exitUsage, "want --failed"},
		{"sweep gc " + good, exitFailure, "nothing was run yet"},
		{"study check " + bad("key", "seeds = 2", "seds = 2"), exitUsage, "line 6: unknown key \"seds\"; did you mean seeds"},
		{"study check " + bad("inner", "nulls = 3", "nuls = 3"), exitUsage, "unknown key \"analysis.nuls\"; did you mean nulls"},
		{"study check " + bad("set", `"train.val_trials"`, `"train.val_trails"`), exitUsage, "line 10: experiment: unknown key \"train.val_trails\"; did you mean train.val_trials"},
		{"study check " + bad("model", `"W"`, `"W*X"`), exitUsage, "no model is called"},
		{"study check " + bad("task", "go-nogo", "gonogo"), exitUsage, "did you mean go-nogo"},
		{"study check " + bad("toml", "seeds = 2", "seeds = "), exitUsage, "line 6"},
		{"study check " + bad("circuit", "synthetic:14", "fly.npz"), exitUsage, "fly.npz does not exist"},
		{"study check " + bad("log", "from = 0.001", "from = -1"), exitUsage, "line 13: axis constraint.lambda: log: want from and to above 0"},
		{"study check --quick " + bad("runs", "[analysis]", "[budget]\nmax_runs = 11\n[analysis]"), exitUsage, "12 runs are more than the budget of 11"},
		{"sweep run " + bad("hours", "[analysis]", "[budget]\nmax_core_hours = 1e-9\n[analysis]"), exitUsage, "more than the budget of 1e-09"},
		{"study init " + good, exitUsage, "exists: choose another name"},
		{"study schema x", exitUsage, "want no arguments"},
		{"results", exitUsage, "got 0 arguments"},
		{"results nowhere", exitUsage, "does not exist"},
		{"results " + dir, exitFailure, "holds no runs"},
	} {
		code, out, errors := call(t, strings.Fields(c.args)...)
		if code != c.code || !strings.Contains(errors, c.says) {
			t.Errorf("biornn %s: exit code %d, want %d with %q:\n%s", c.args, code, c.code, c.says, errors)
		}
		if c.code == exitUsage && out != "" && !strings.Contains(c.args, "check") {
			t.Errorf("biornn %s: an error belongs on standard error, got %q", c.args, out)
		}
	}
}

// TestStudyInit: the example is a study file, and the schema knows it.
func TestStudyInit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.toml")
	want(t, "study", "init", file)
	f, err := grid.Read(file)
	if err != nil || f.Name != "mine" {
		t.Fatalf("%+v, %v", f, err)
	}
	if out := want(t, "study", "check", file, "--quick"); !strings.Contains(out, "mine: 42 runs") {
		t.Error(out)
	}
	var schema map[string]any
	if err := json.Unmarshal([]byte(want(t, "study", "schema")), &schema); err != nil || schema["$schema"] == nil {
		t.Error(err)
	}
}

// TestSweepSignals: Ctrl-C and the signals of batch systems stop a sweep after checkpoints
// with exit codes of their own, and give its claims back; it goes on to the same bits.
func TestSweepSignals(t *testing.T) {
	dir := t.TempDir()
	text := strings.Replace(sweepStudy, "epochs = 1", "epochs = 200", 1)
	file := writeFile(t, filepath.Join(dir, "s.toml"), text)
	for _, c := range []struct {
		cause error
		code  int
		says  string
	}{{&stopped{os.Interrupt}, exitInterrupted, "goes on from there"}, {&stopped{syscall.SIGTERM}, exitStopped, "stopped by the signal terminated"}} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(300*time.Millisecond, func() { cancel(c.cause) })
		code, out, errors := callContext(ctx, "sweep", "run", file, "--workers", "1")
		if code == exitOK {
			t.Skip("this machine ends 12 runs of 200 epochs in 0.3 s: nothing to interrupt")
		}
		if code != c.code || !strings.Contains(errors, c.says) || out != "" {
			t.Errorf("exit code %d, want %d with %q:\n%s%s", code, c.code, c.says, errors, out)
		}
		var v map[string]any
		if err := json.Unmarshal([]byte(want(t, "sweep", "status", file, "--json")), &v); err != nil || v["running"] != 0.0 {
			t.Errorf("claims were not given back: %v, %v", v, err)
		}
	}
	begun := time.Now()
	want(t, "sweep", "run", file)
	if time.Since(begun) > 60*time.Second {
		t.Error("it waited for claims")
	}
	whole := writeFile(t, filepath.Join(t.TempDir(), "s.toml"), text)
	want(t, "sweep", "run", whole)
	a, b := weights(t, filepath.Join(dir, "out")), weights(t, filepath.Join(filepath.Dir(whole), "out"))
	if len(a) != 12 || len(b) != 12 {
		t.Fatalf("%d and %d runs", len(a), len(b))
	}
	for name := range b {
		if a[name] != b[name] {
			t.Errorf("%s depends on the interruptions", name)
		}
	}
}

// pythonVariable names a Python with pyarrow and, if it has them, pandas and duckdb.
const pythonVariable = "BIORNN_PYTHON"

func TestResults(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "tiny.toml"), sweepStudy)
	want(t, "sweep", "run", file)
	table := func(args ...string) [][]string {
		t.Helper()
		rows, err := csv.NewReader(strings.NewReader(want(t, append([]string{"results", file}, args...)...))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	wide := table()
	header := strings.Join(wide[0], ",")
	for _, c := range []string{"run,part,model,symbol,task,preset,circuit,seed,constraint.lambda,outcome", "val_accuracy", "modularity", "seconds"} {
		if !strings.Contains(header, c) {
			t.Errorf("no %s in %s", c, header)
		}
	}
	for query, rows := range map[string]int{
		"": 12, "model=W*D*C": 6, "model=W*D*C lambda<0.01": 2, "constraint.lambda>=0.01": 8, "model!=W": 6, "lambda=0.001,0.1 seed=2": 4,
		"task=go-nogo outcome=finished": 12, "outcome=diverged": 0, "seed>2": 0, "val_accuracy>=0": 12, "train.epochs=1": 12, "activation=relu": 12,
	} {
		if got := len(table("--query", query)) - 1; got != rows {
			t.Errorf("%q: %d runs, want %d", query, got, rows)
		}
	}
	for query, says := range map[string]string{
		"lamda<1": "did you mean lambda", "lambda": "want NAME, one of", "lambda<small": "want a number", "model<W": "is a word: want = or !=",
		"model=W*Q": "no model is called", "<3": "want NAME<VALUE", "lambda<0.1,0.2": "want one value",
	} {
		if code, _, errors := call(t, "results", file, "--query", query); code != exitUsage || !strings.Contains(errors, says) {
			t.Errorf("%q: %d %s", query, code, errors)
		}
	}
	long := table("--long", "--query", "model=W seed=1")
	if len(long) < 3*15 || !strings.HasSuffix(strings.Join(long[0], ","), "measure,unit,value") {
		t.Errorf("%d lines, %v", len(long), long[0])
	}
	for args, says := range map[string]string{"--format parquet": "want --out", "--out x.xlsx": "want csv or parquet"} {
		if code, _, errors := call(t, append([]string{"results", file}, strings.Fields(args)...)...); code != exitUsage || !strings.Contains(errors, says) {
			t.Errorf("%s: %d %s", args, code, errors)
		}
	}
	parquet := filepath.Join(dir, "runs.parquet")
	if out := want(t, "results", filepath.Join(dir, "out"), "--out", parquet); !strings.Contains(out, "12 runs") {
		t.Error(out)
	}
	want(t, "results", file, "--out", filepath.Join(dir, "runs.csv"))
	want(t, "results", file, "--long", "--out", filepath.Join(dir, "long.parquet"))
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skipf("%s is not set: it names a Python with pyarrow, pandas and duckdb", pythonVariable)
	}
	if out, err := exec.Command(python, filepath.Join("testdata", "results.py"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// TestTableOnTerminal: the block fits 80 columns and the height, and is drawn over.
func TestTableOnTerminal(t *testing.T) {
	dir := t.TempDir()
	file := writeFile(t, filepath.Join(dir, "s.toml"), strings.Replace(sweepStudy, `["W*D*C", "W"]`, `["all", "W*D*C+shuffled"]`, 1))
	_, s, err := openSweep(file)
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.Run(t.Context(), study.RunOptions{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	table := &table{w: &out, terminal: true, width: 80, height: 10, outcomes: s.Outcomes()}
	table.show(status)
	first := out.String()
	if n := strings.Count(first, "\n"); n > 9 {
		t.Errorf("%d lines on a terminal of 10:\n%s", n, first)
	}
	for line := range strings.Lines(first) {
		if len([]rune(line)) > 80 {
			t.Errorf("too wide: %q", line)
		}
	}
	for _, says := range []string{"72/72 done", "100 %", "lines more", "best validation accuracy"} {
		if !strings.Contains(first, says) {
			t.Errorf("no %q in\n%s", says, first)
		}
	}
	table.say("a line above")
	table.end(status)
	if again := out.String()[len(first):]; !strings.HasPrefix(again, "\x1b[") || strings.Count(again, "\x1b[J") != 1 {
		t.Errorf("the block is not drawn over: %q", again)
	}
}
