//go:build unix

package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"biornn/internal/slurmtest"
	"biornn/sweep"
)

// patience is how long a study on the cluster may take, on a machine that does much else.
const patience = 5 * time.Minute

// bench is a cluster, the program that its jobs run, and a folder for studies.
type bench struct {
	*slurmtest.Cluster
	program, dir string
}

// writeStudy writes a study file of runs that differ in length by their epochs.
func (b *bench) writeStudy(t *testing.T, name string, neurons, seeds, epochs, trials int) string {
	t.Helper()
	dir := filepath.Join(b.dir, name+" it's here")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name+".toml")
	text := fmt.Sprintf(`name = %q
circuits = ["synthetic:%d"]
models = ["W*D*C", "W"]
tasks = ["go-nogo"]
seeds = %d
epochs = %d
[set]
"train.train_trials" = %d
"train.val_trials" = 128
"train.test_trials" = 128
[analysis]
nulls = 10
matched_nulls = 3
`, name, neurons, seeds, epochs, trials)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// submit hands a study to the cluster and returns the number of the job.
func (b *bench) submit(t *testing.T, study string, flags ...string) string {
	t.Helper()
	out := want(t, append([]string{"sweep", "submit", study, "--program", b.program, "--mem", "300M", "--json"}, flags...)...)
	var said struct{ Job string }
	if err := json.Unmarshal([]byte(out), &said); err != nil || said.Job == "" {
		t.Fatalf("%v: no job in %s", err, out)
	}
	return said.Job
}

// status is what sweep status says of a study.
type status struct {
	Runs, Done, Failed, Running int
	Processes                   []sweep.Holder
	cluster                     clusterState
	text                        string
}

func (b *bench) status(t *testing.T, study string) status {
	t.Helper()
	var s status
	s.text = want(t, "sweep", "status", study, "--json")
	for line := range strings.Lines(s.text) {
		var kind struct{ Type string }
		err := json.Unmarshal([]byte(line), &kind)
		switch {
		case err != nil:
		case kind.Type == "cluster":
			err = json.Unmarshal([]byte(line), &s.cluster)
		default:
			err = json.Unmarshal([]byte(line), &s)
		}
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
	}
	return s
}

// local computes a study on this machine alone and returns the hashes of its files.
func (b *bench) local(t *testing.T, study string) map[string]string {
	t.Helper()
	alone := filepath.Join(t.TempDir(), filepath.Base(study))
	text, err := os.ReadFile(study)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(alone, text, 0o644); err != nil {
		t.Fatal(err)
	}
	want(t, "sweep", "run", alone)
	return b.files(t, alone)
}

// equals compares all runs with those that this machine computed on its own: each must be
// there once and have the same bits.
func (b *bench) equals(t *testing.T, study string, local map[string]string) {
	t.Helper()
	want(t, "sweep", "gc", study) // what a killed worker was writing
	if diff := cmp.Diff(local, b.files(t, study)); diff != "" || len(local) == 0 {
		t.Errorf("%s: want the files of local runs and no others (-local +cluster):\n%s", study, diff)
	}
	want(t, "sweep", "verify", study)
}

// files returns the hashes of all files of a study's runs but those that name the machine.
func (b *bench) files(t *testing.T, study string) map[string]string {
	t.Helper()
	root := filepath.Join(filepath.Dir(study), "biornn-out", strings.TrimSuffix(filepath.Base(study), ".toml"), "runs")
	hashes := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "machine.json" || d.Name() == "checksums.sha256" {
			return err
		}
		text, err := os.ReadFile(path)
		sum := sha256.Sum256(text)
		rel, _ := filepath.Rel(root, path)
		hashes[rel] = hex.EncodeToString(sum[:8])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}

// logs returns what the tasks of a study's jobs printed.
func (b *bench) logs(t *testing.T, study string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(filepath.Dir(study), "biornn-out", "*", "submissions", "logs", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "--- %s\n%s", filepath.Base(path), text)
	}
	return all.String()
}

// untilDone waits until so many runs of a study are there.
func (b *bench) untilDone(t *testing.T, study string, runs int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if s := b.status(t, study); s.Done >= runs {
			return
		}
	}
	t.Fatalf("%d runs of %s are not there after %v\n%s\n%s", runs, study, patience, want(t, "sweep", "status", study), b.logs(t, study))
}

// Studies must come out whole, and as on one machine, whatever happens to the jobs of a
// real Slurm that run them.
func TestStudiesOnSlurm(t *testing.T) {
	b := &bench{Cluster: slurmtest.Start(t), dir: t.TempDir()}
	b.Setenv()
	b.program = filepath.Join(b.dir, "biornn")
	if out, err := exec.Command("go", "build", "-o", b.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	t.Run("an array job", b.testArray)
	t.Run("status and cancel", b.testStatusAndCancel)
	limited := b.writeStudy(t, "limited", 60, 2, 140, 3072) // some 24 s on a fast machine
	b.WaitBeforeTimeCheck(12 * time.Second)
	job := b.submit(t, limited, "--array", "1", "--time", "1m", "--notice", "55s")
	t.Run("a time limit shorter than the work", func(t *testing.T) { b.testTimeLimit(t, limited, job) })
	t.Run("dead workers and a dead node", b.testFailures)
}

func (b *bench) testArray(t *testing.T) {
	study := b.writeStudy(t, "array", 24, 5, 2, 256)
	job := b.submit(t, study, "--array", "4", "--throttle", "2")
	b.WaitGone(job, patience)
	if s := b.status(t, study); s.Done != 10 || s.Failed != 0 || len(s.Processes) != 0 {
		t.Fatalf("after the job: %s\n%s", s.text, b.logs(t, study))
	}
	if n := strings.Count(b.logs(t, study), "exit code 0"); n != 4 {
		t.Errorf("%d of 4 tasks ended well\n%s", n, b.logs(t, study))
	}
	b.equals(t, study, b.local(t, study))
	if out := want(t, "sweep", "submit", study); !strings.Contains(out, "nothing is left") {
		t.Errorf("a finished study was submitted: %s", out)
	}
}

func (b *bench) testStatusAndCancel(t *testing.T) {
	study := b.writeStudy(t, "cancelled", 60, 6, 1000, 3072)
	job := b.submit(t, study, "--array", "4", "--throttle", "2", "--cpus", "2")
	var s status
	for range 300 {
		if s = b.status(t, study); s.Running == 4 && len(s.cluster.Tasks) == 4 && s.cluster.Tasks[3].Reason == "JobArrayTaskLimit" {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for i, task := range s.cluster.Tasks {
		if task.ID != fmt.Sprintf("%s_%d", job, i) || task.Running() != (i < 2) || (len(task.Runs) == 2) != (i < 2) {
			t.Errorf("task %d: %+v", i, task)
		}
		if _, err := os.Stat(task.Log); (err == nil) != (i < 2) {
			t.Errorf("log of task %d: %v", i, err)
		}
	}
	text := want(t, "sweep", "status", study)
	for _, says := range []string{", job slurm " + job + "_0: 2 runs\n", "job " + job + " of Slurm", "  2 running\n", "2 pending: waits for the array's throttle"} {
		if !strings.Contains(text, says) {
			t.Errorf("want %q in\n%s", says, text)
		}
	}

	if out := want(t, "sweep", "cancel", study); !strings.Contains(out, "cancelled: job "+job) {
		t.Errorf("cancel says %s", out)
	}
	b.WaitGone(job, time.Minute)
	if s = b.status(t, study); s.Running != 0 || len(s.Processes) != 0 {
		t.Errorf("cancelled workers keep their claims: %s", s.text)
	}
	checkpoints, _ := filepath.Glob(filepath.Join(filepath.Dir(study), "biornn-out", "cancelled", "runs", "*.checkpoint"))
	if len(checkpoints) != 4 {
		t.Errorf("%d checkpoints, want those of 4 runs\n%s", len(checkpoints), b.logs(t, study))
	}
	if logs := b.logs(t, study); strings.Contains(logs, "back to the queue") {
		t.Errorf("a cancelled task went back to the queue:\n%s", logs)
	}
	if text := want(t, "sweep", "status", study); !strings.Contains(text, "  4 cancelled\n") {
		t.Errorf("after the end:\n%s", text)
	}
	if out := want(t, "sweep", "cancel", study); !strings.Contains(out, "no job of this study") {
		t.Errorf("cancel again says %s", out)
	}
}

func (b *bench) testTimeLimit(t *testing.T, study, job string) {
	local := b.local(t, study)
	b.WaitGone(job, patience)
	if s := b.status(t, study); s.Done != 4 || s.Failed != 0 {
		t.Fatalf("after the job: %s\n%s", s.text, b.logs(t, study))
	}
	logs := b.logs(t, study)
	back, timeouts := strings.Count(logs, "exit code 75\nback to the queue"), strings.Count(logs, "DUE TO TIME LIMIT")
	if back == 0 || timeouts != 0 || !strings.Contains(logs, "exit code 0") {
		t.Errorf("%d times back to the queue, %d times out of time: want checkpoints in time\n%s", back, timeouts, logs)
	}
	b.equals(t, study, local)
}

func (b *bench) testFailures(t *testing.T) {
	study := b.writeStudy(t, "failures", 60, 5, 20, 3072)
	job := b.submit(t, study, "--array", "3")
	b.untilDone(t, study, 1)
	s := b.status(t, study)
	if len(s.Processes) == 0 {
		t.Fatalf("nobody works: %s", s.text)
	}
	if err := syscall.Kill(s.Processes[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.Until("the task of the dead worker to be queued again", time.Minute, func() bool {
		return slices.ContainsFunc(b.status(t, study).cluster.Tasks, func(t clusterTask) bool {
			return t.Restarts == 1 && (t.State == "PENDING" || t.State == "RUNNING")
		})
	})
	b.KillNode() // slurmd alone: the workers do not need it
	b.StartNode()
	b.WaitUp()
	b.untilDone(t, study, 3)

	// What a power failure leaves: neither slurmd nor anything that it started.
	b.KillNode()
	for _, p := range b.status(t, study).Processes {
		_ = syscall.Kill(p.PID, syscall.SIGKILL)
	}
	b.KillSteps()
	if s := b.status(t, study); s.Done == 10 {
		t.Fatal("the study was finished before the node failed")
	}
	b.StartNode()
	b.WaitUp()
	b.WaitGone(job, patience)
	if s := b.status(t, study); s.Done < 10 {
		t.Logf("%d runs are left for a second job: %s", 10-s.Done, s.text)
		b.WaitGone(b.submit(t, study, "--array", "2"), patience)
	}
	if s := b.status(t, study); s.Done != 10 || s.Failed != 0 || len(s.Processes) != 0 {
		t.Fatalf("after the failures: %s\n%s", s.text, b.logs(t, study))
	}
	b.equals(t, study, b.local(t, study))
}
