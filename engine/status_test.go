package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func read(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// testdata/squeue.txt and sacct.txt were printed by Slurm 22.05.8.
func TestParseQueue(t *testing.T) {
	got, err := ParseQueue(read(t, "squeue.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Task{
		{Job: "23", Number: 2, State: "COMPLETED", Node: "node1"},
		{Job: "23", Number: 0, State: "FAILED", Node: "node1", Exit: 3, Reason: "NonZeroExitCode"},
		{Job: "23", Number: 1, State: "FAILED", Node: "node1", Signal: 9, Reason: "JobLaunchFailure"},
		{Job: "29", Number: -1, State: "PENDING", Reason: "Dependency"},
		{Job: "32", Number: 1, State: "PENDING", Reason: "JobArrayTaskLimit"},
		{Job: "32", Number: 2, State: "PENDING", Reason: "JobArrayTaskLimit"},
		{Job: "33", Number: -1, State: "PENDING", Reason: "Resources"},
		{Job: "23", Number: 3, State: "RUNNING", Node: "node1", Restarts: 1},
		{Job: "23", Number: 4, State: "RUNNING", Node: "node1"},
		{Job: "23", Number: 5, State: "RUNNING", Node: "node1"},
		{Job: "23", Number: 6, State: "RUNNING", Node: "node1"},
		{Job: "28", Number: -1, State: "RUNNING", Node: "node1"},
		{Job: "32", Number: 0, State: "RUNNING", Node: "node1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestExitStatus(t *testing.T) {
	for text, want := range map[string][2]int{"768": {3, 0}, "9": {0, 9}, "0": {0, 0}, "": {0, 0}, "3:0": {3, 0}, "0:15": {0, 15}} {
		if exit, signal, err := exitStatus(text); err != nil || [2]int{exit, signal} != want {
			t.Errorf("%q: want %v, got %d and %d, %v", text, want, exit, signal, err)
		}
	}
}

func TestParseAccounting(t *testing.T) {
	got, err := ParseAccounting(read(t, "sacct.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Task{
		{Job: "2", Number: -1, State: "COMPLETED", Node: "node1"},
		{Job: "4", Number: -1, State: "TIMEOUT", Node: "node1"},
		{Job: "1", Number: 0, State: "FAILED", Node: "node1", Exit: 3},
		{Job: "1", Number: 1, State: "FAILED", Node: "node1", Signal: 9},
		{Job: "1", Number: 2, State: "COMPLETED", Node: "node1"},
		{Job: "1", Number: 4, State: "CANCELLED", Node: "node1"},
		{Job: "1", Number: 5, State: "RUNNING", Node: "node1"},
		{Job: "1", Number: 6, State: "RUNNING", Node: "node1"},
		{Job: "1", Number: 3, State: "RUNNING", Node: "node1"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDescribeTasks(t *testing.T) {
	for want, task := range map[string]Task{
		"pending, waits for the array's throttle (JobArrayTaskLimit)":    {State: "PENDING", Reason: "JobArrayTaskLimit"},
		"running on n7, started again once":                              {State: "RUNNING", Node: "n7", Restarts: 1},
		"failed on n7, exit code 3, the worker failed (NonZeroExitCode)": {State: "FAILED", Node: "n7", Exit: 3, Reason: "NonZeroExitCode"},
		"out of memory on n7, signal 9, started again 2 times":           {State: "OUT_OF_MEMORY", Node: "n7", Signal: 9, Restarts: 2},
		"pending, SomethingNew":                                          {State: "PENDING", Reason: "SomethingNew"},
	} {
		if got := task.Describe(); got != want {
			t.Errorf("want %q, got %q", want, got)
		}
	}
	if id := (Task{Job: "12", Number: 3}).ID() + " " + (Task{Job: "12", Number: -1}).ID(); id != "12_3 12" {
		t.Errorf("names %s", id)
	}
	for state, want := range map[string]string{"PENDING": "waiting", "COMPLETING": "running", "NODE_FAIL": "failed", "TIMEOUT": "failed", "COMPLETED": "", "CANCELLED": ""} {
		task, got := Task{State: state}, ""
		switch {
		case task.Waiting():
			got = "waiting"
		case task.Running():
			got = "running"
		case task.Failed():
			got = "failed"
		}
		if got != want {
			t.Errorf("%s: want %q, got %q", state, want, got)
		}
	}
}

func TestDamagedListsAreErrors(t *testing.T) {
	for text, says := range map[string]string{
		"12|3|RUNNING|0|0|n1|\n":                         "line 1: want 7 columns",
		"12|3|RUNNING|0|0|n1|None|\n\n12|x\n":            "line 2: want 7 columns",
		"|3|RUNNING|0|0|n1|None|":                        "want a job",
		"12|3||0|0|n1|None|":                             "want a job",
		"12|3|RUNNING|zero|0|n1|None|":                   "want a job, its state and numbers",
		"12|3|RUNNING|0|-1|n1|None|":                     "want a job, its state and numbers",
		"slurm_load_jobs error: Unable to contact slurm": "want 7 columns",
	} {
		if _, err := ParseQueue(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: want an error with %q, got %v", text, says, err)
		}
	}
	for text, says := range map[string]string{
		"12_3|RUNNING|0:0|n1":       "line 1: want 5 columns",
		"12_x|RUNNING|0:0|n1|None":  "want a task as in 12_3",
		"12_3|RUNNING|a:0|n1|None":  "want a job, its state and exit code",
		"12_3|RUNNING|0:-2|n1|None": "want a job, its state and exit code",
		"_3|RUNNING|0:0|n1|None":    "want a job, its state and exit code",
		"12_3||0:0|n1|None":         "want a job, its state and exit code",
	} {
		if _, err := ParseAccounting(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: want an error with %q, got %v", text, says, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "squeue.txt"))
	f.Add(read(f, "sacct.txt"))
	f.Add("12_[4-9%2]|PENDING|0:0|None assigned|Priority\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, parse := range []func(string) ([]Task, error){ParseQueue, ParseAccounting} {
			tasks, err := parse(text)
			if err != nil {
				if tasks != nil || !strings.HasPrefix(err.Error(), "engine: s") {
					t.Errorf("%v with %v", tasks, err)
				}
				continue
			}
			for _, task := range tasks {
				if task.Job == "" || task.State == "" || task.Number < -1 || task.Exit < 0 || task.Signal < 0 {
					t.Errorf("accepted %+v", task)
				}
				if task.ID() == "" || task.Describe() == "" {
					t.Errorf("no words for %+v", task)
				}
			}
		}
	})
}

// programs puts stand-ins for Slurm's programs first in the PATH.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestTasksOfSubmissions(t *testing.T) {
	programs(t, map[string]string{
		"squeue": `case "$*" in *--jobs=9) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1;; *--clusters=far*) echo 'CLUSTER: far';; esac
echo '12|3|RUNNING|0|0|n1|None|'; echo '12|1|FAILED|256|0|n1|NonZeroExitCode|'`,
		"sacct": `case "$*" in *--jobs=9) echo '9_0|TIMEOUT|0:0|n2|None';; *) echo '12_3|RUNNING|0:0|n1|None'; echo '12_0|COMPLETED|0:0|n1|None';; esac`,
	})
	names := func(tasks []Task) (all string) {
		for _, task := range tasks {
			all += task.ID() + " " + task.State + ", "
		}
		return all
	}
	for _, c := range []struct {
		s    Submission
		want string
	}{
		{Submission{ID: "12"}, "12_0 COMPLETED, 12_1 FAILED, 12_3 RUNNING, "},
		{Submission{ID: "12", Cluster: "far"}, "12_0 COMPLETED, 12_1 FAILED, 12_3 RUNNING, "},
		{Submission{ID: "9"}, "9_0 TIMEOUT, "},
	} {
		tasks, doubts, err := Tasks(t.Context(), []Submission{c.s})
		if err != nil || len(doubts) != 0 || names(tasks) != c.want {
			t.Errorf("%+v: want %s got %s, %v, %v", c.s, c.want, names(tasks), doubts, err)
		}
	}

	programs(t, map[string]string{
		"squeue": `echo '12|3|RUNNING|0|0|n1|None|'`,
		"sacct":  `echo 'Slurm accounting storage is disabled' >&2; exit 1`,
	})
	tasks, doubts, err := Tasks(t.Context(), []Submission{{ID: "12"}})
	if err != nil || names(tasks) != "12_3 RUNNING, " || len(doubts) != 1 || !strings.Contains(doubts[0], "storage is disabled") {
		t.Errorf("want a doubt for want of accounts, got %s, %q, %v", names(tasks), doubts, err)
	}

	programs(t, map[string]string{"squeue": `echo 'Unable to contact slurm controller' >&2; exit 1`})
	if _, _, err := Tasks(t.Context(), []Submission{{ID: "12"}}); err == nil || !strings.Contains(err.Error(), "Unable to contact") {
		t.Errorf("want what squeue complained about, got %v", err)
	}
}
