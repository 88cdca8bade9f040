package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"biornn/engine"
	"biornn/sweep"
)

// exampleStudy writes the study file of biornn study init into a new folder.
func exampleStudy(t *testing.T) (dir, path string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "lambda-scan.toml")
	want(t, "study", "init", path)
	return dir, path
}

// The script that docs/slurm.md shows must be what the command beside it prints.
func TestScriptOfTheGuide(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "slurm.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```bash\n#!/bin/bash\n")
	shown, _, _ := strings.Cut(rest, "```")
	_, rest, found := strings.Cut(string(text), "    biornn sweep submit lambda-scan.toml --dry-run ")
	if !found {
		t.Fatal("docs/slurm.md shows no command")
	}
	line, _, _ := strings.Cut(strings.ReplaceAll(rest, " \\\n", " "), "\n")
	dir, path := exampleStudy(t)
	args := []string{"sweep", "submit", path, "--dry-run", "--program", "/shared/alice/bin/biornn"}
	for i, quoted := range strings.Split(line, "'") {
		if i%2 == 1 {
			args = append(args, quoted)
		} else {
			args = append(args, strings.Fields(quoted)...)
		}
	}
	got := strings.ReplaceAll(want(t, args...), dir, "/shared/alice")
	if diff := cmp.Diff("#!/bin/bash\n"+shown, got); diff != "" {
		t.Errorf("docs/slurm.md (-) and %v (+) differ:\n%s", args, diff)
	}
	if exists(filepath.Join(dir, "biornn-out")) {
		t.Error("a dry run made a folder")
	}
}

func TestWrongSubmissions(t *testing.T) {
	_, path := exampleStudy(t)
	template := filepath.Join(t.TempDir(), "own.tmpl")
	if err := os.WriteFile(template, []byte("{{.Nothing}}"), 0o644); err != nil {
		t.Fatal(err)
	}
	for says, flags := range map[string]string{
		"did you mean slurm":              "--engine slrum",
		"--mem: want a size":              "--mem lots",
		"--mem: want a size above 0":      "--mem 0G",
		"--time: want a time":             "--time soon",
		"--notice: want a time":           "--notice -5m",
		"notice: want from 0 to less":     "--array 2 --time 5m",
		"workers: want 1 to 100000":       "--array -2",
		"--cpus: want at least 1":         "--cpus 0",
		"throttle: want at least 0":       "--array 2 --throttle -1",
		"environment: want NAME=value":    "--array 2 --env PATH",
		"option: want one of sbatch":      "--array 2 --option gres=gpu:1",
		"--template: open":                "--array 2 --template nowhere",
		"template":                        "--array 2 --template " + template,
		"option: want none for a script":  "--array 2 --engine script --option --gres=gpu:1",
		"image: want the name":            "--array 2 --engine kubernetes --claim studies",
		"want no partition":               "--array 2 --engine kubernetes --image a --claim b --time 4h",
		"mount: want a folder that holds": "--array 2 --engine kubernetes --image a --claim b --mount /elsewhere",
	} {
		code, out, errors := call(t, append([]string{"sweep", "submit", path}, strings.Fields(flags)...)...)
		if code != exitUsage || !strings.Contains(errors, says) || out != "" {
			t.Errorf("%s: exit code %d, want %d with %q:\n%s%s", flags, code, exitUsage, says, out, errors)
		}
	}
	if code, _, errors := call(t, "sweep", "submit", "nowhere.toml"); code != exitUsage || !strings.Contains(errors, "nowhere.toml does not exist") {
		t.Errorf("exit code %d: %s", code, errors)
	}
	if exists(filepath.Join(filepath.Dir(path), "biornn-out")) {
		t.Error("a wrong call made a folder")
	}
}

func TestSubmitWithoutSlurm(t *testing.T) {
	dir, path := exampleStudy(t)
	t.Setenv("PATH", t.TempDir())
	code, _, errors := call(t, "sweep", "submit", path, "--array", "2")
	script := filepath.Join(dir, "biornn-out", "lambda-scan", "submissions", "slurm-1.sh")
	if code != exitFailure || !strings.Contains(errors, "not installed here") || !strings.Contains(errors, "hint: on a machine of the cluster: sbatch "+script) {
		t.Errorf("exit code %d: %s", code, errors)
	}
	if text, err := os.ReadFile(script); err != nil || !strings.Contains(string(text), "#SBATCH --array=0-1\n") {
		t.Errorf("%v: the script that the hint names: %s", err, text)
	}
	for _, c := range []struct {
		flags []string
		says  string
	}{
		{[]string{"--engine", "script"}, "qsub -N lambda-scan -J 1-2"},
		{[]string{"--engine", "kubernetes", "--image", "x", "--claim", "y"}, "kubectl apply --filename "},
	} {
		if out := want(t, append([]string{"sweep", "submit", path, "--array", "2"}, c.flags...)...); !strings.Contains(out, c.says) {
			t.Errorf("%v: want %q in\n%s", c.flags, c.says, out)
		}
	}
	if err := engine.Record(filepath.Join(dir, "biornn-out", "lambda-scan"), engine.Submission{Engine: "slurm", ID: "12", Workers: 2}); err != nil {
		t.Fatal(err)
	}
	if out := want(t, "sweep", "status", path); !strings.Contains(out, "job 12 of Slurm") || !strings.Contains(out, "not installed here") {
		t.Errorf("status where there is no Slurm:\n%s", out)
	}
}

// The number of workers follows from what the open runs cost.
func TestSizeOfSubmissions(t *testing.T) {
	for _, c := range []struct {
		coreHours  float64
		cpus, most int
		hours      float64
		want       int
	}{
		{0.001, 1, 50, 4, 1},
		{100, 1, 500, 4, 32},
		{100, 4, 500, 4, 8},
		{100, 1, 20, 4, 20},
		{100, 1, 20, 0, 20},
	} {
		if got := workersFor(c.coreHours, c.cpus, c.hours, c.most); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
	_, path := exampleStudy(t)
	if out := want(t, "sweep", "submit", path, "--dry-run"); !strings.Contains(out, "#SBATCH --array=0-0\n") || !strings.Contains(out, "#SBATCH --time=04:00:00\n") {
		t.Errorf("a small study needs one worker:\n%s", out)
	}
}

func TestParseSizesAndTimes(t *testing.T) {
	for text, mb := range map[string]int{"": 0, "500": 500, "500M": 500, "8G": 8192, "8gb": 8192, "1T": 1 << 20} {
		if got, err := parseMemory(text); err != nil || got != mb {
			t.Errorf("%q: %d MB, %v", text, got, err)
		}
	}
	for text, d := range map[string]time.Duration{"": 0, "90m": 90 * time.Minute, "4h30m": 270 * time.Minute,
		"02:30:00": 150 * time.Minute, "1-12:00:05": 36*time.Hour + 5*time.Second} {
		if got, err := parseTime(text); err != nil || got != d {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"1:60:00", "4", "-1h", "1-2", "∞"} {
		if got, err := parseTime(text); err == nil {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

// What Slurm knows of a process tells whether its claims will be given back.
func TestHoldersAreJoinedWithTasks(t *testing.T) {
	running := clusterTask{Task: engine.Task{Job: "12", Number: 3, State: "RUNNING", Node: "n1"}, ID: "12_3"}
	failed := clusterTask{Task: engine.Task{Job: "12", Number: 4, State: "NODE_FAIL", Node: "n2"}, ID: "12_4"}
	again := clusterTask{Task: engine.Task{Job: "12", Number: 5, State: "RUNNING", Node: "n3", Restarts: 1}, ID: "12_5"}
	s := &clusterState{Tasks: []clusterTask{running, failed, again}, asked: true}
	for _, c := range []struct {
		label string
		gone  bool
		want  string
		on    *clusterState
	}{
		{"slurm 12_3", false, "n1, process 7, job slurm 12_3: 2 runs", s},
		{"slurm 12_4", false, "n1, process 7, job slurm 12_4: 2 runs, but its job is gone (node fail on n2): they are taken over when its lease is over", s},
		{"slurm 12_5", false, "n1, process 7, job slurm 12_5: 2 runs, but its job is gone (running on n3, started again once): they are taken over when its lease is over", s},
		{"slurm 12_5 restart 1", false, "n1, process 7, job slurm 12_5 restart 1: 2 runs", s},
		{"slurm 11_0", false, "n1, process 7, job slurm 11_0: 2 runs, but its job is gone (no longer in the queue): they are taken over when its lease is over", s},
		{"slurm 11_0", false, "n1, process 7, job slurm 11_0: 2 runs", &clusterState{}},
		{"slurm 12_3", true, "n1, process 7, job slurm 12_3: 2 runs, gone: whoever runs next takes them over", s},
		{"pbs 5", false, "n1, process 7, job pbs 5: 2 runs", s},
		{"", false, "n1, process 7: 2 runs", nil},
	} {
		h := sweep.Holder{Host: "n1", PID: 7, Label: c.label, Gone: c.gone, Jobs: []string{"a", "b"}}
		if got := c.on.describeHolder(h); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	asked := withJobsOf([]engine.Submission{{ID: "12"}}, []sweep.Holder{{Label: "slurm 12_1"}, {Label: "slurm 20_1"}, {Label: "slurm 20_2"}, {Label: "pbs 3"}, {}})
	if len(asked) != 2 || asked[1].ID != "20" {
		t.Errorf("want the jobs 12 and 20, got %+v", asked)
	}
	var decoded map[string]any
	text, err := json.Marshal(s)
	if err == nil {
		err = json.Unmarshal(text, &decoded)
	}
	if err != nil {
		t.Fatal(err)
	}
	first := decoded["tasks"].([]any)[0].(map[string]any)
	if first["id"] != "12_3" || first["state"] != "RUNNING" || first["number"] != 3.0 {
		t.Errorf("a task in JSON: %s", text)
	}
}

// Tasks that failed are named with their logs, those that wait by their reason.
func TestStatusNamesTasks(t *testing.T) {
	dir, path := exampleStudy(t)
	want(t, "sweep", "submit", path, "--array", "4", "--engine", "script")
	folder := filepath.Join(dir, "biornn-out", "lambda-scan")
	if err := engine.Record(folder, engine.Submission{Engine: "slurm", ID: "12", Workers: 4, Logs: engine.LogFolder(folder)}); err != nil {
		t.Fatal(err)
	}
	programs := t.TempDir()
	for name, script := range map[string]string{
		"squeue": `echo '12|0|OUT_OF_MEMORY|9|1|n1|OutOfMemory|'; echo '12|1|PENDING|0|0||Priority|'; echo '12|2|PENDING|0|0||Priority|'; echo '12|3|RUNNING|0|0|n1|None|'`,
		"sacct":  "true",
	} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs+":/bin:/usr/bin")
	out := want(t, "sweep", "status", path)
	for _, says := range []string{
		"  12_0  out of memory on n1, signal 9, the memory was used up (OutOfMemory), started again once; log " + filepath.Join(folder, "submissions", "logs", "12_0.log") + "\n",
		"  2 pending: others go first (Priority)\n", "  1 running\n",
	} {
		if !strings.Contains(out, says) {
			t.Errorf("want %q in\n%s", says, out)
		}
	}
	if strings.Contains(out, "doubt") {
		t.Errorf("a doubt where Slurm answers:\n%s", out)
	}
}
