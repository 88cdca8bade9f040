//go:build unix

package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"biornn/internal/slurmtest"
)

// Slurm itself must read every quoted word as it was meant, keep the log where Log says,
// and be told of and tell what became of the tasks.
func TestSlurmRunsScripts(t *testing.T) {
	cluster := slurmtest.Start(t)
	cluster.Setenv()
	dir := filepath.Join(t.TempDir(), `a "b" 'c' $d %j α`)
	j := plainJob()
	j.Dir, j.Logs = dir, LogFolder(dir)
	j.Command = []string{"bash", "-c", `trap 'exit 75' USR1 TERM; printf '%s|' "$@" "$NOTE" "$(pwd)"; [ $SLURM_ARRAY_TASK_ID = 0 ] || { sleep 600 & wait; }`, "bash", "two  words", "it's", `"\`, "$HOME", "%A"}
	j.Environment, j.Setup = []string{"NOTE=α; $(false) 'x'"}, []string{"umask 022", "export THERE=1"}
	j.Workers, j.Throttle, j.MemoryMB, j.Options = 3, 2, 10, []string{`--comment=it's "so" #1`}
	script, err := NewScript(dir, "slurm", "sh", func(string) (string, error) { return Slurm(j, "") })
	if err != nil {
		t.Fatal(err)
	}
	s, err := Submit(t.Context(), script)
	if err != nil {
		t.Fatal(err)
	}
	s.Logs, s.Workers = j.Logs, j.Workers
	if err := Record(dir, s); err != nil {
		t.Fatal(err)
	}
	if all, err := Submissions(dir); err != nil || len(all) != 1 || all[0] != s {
		t.Errorf("want %+v, got %+v, %v", s, all, err)
	}

	states := func() (list string, doubts []string) {
		tasks, doubts, err := Tasks(t.Context(), []Submission{s})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			list += task.ID() + " " + task.State + " " + task.Node + ", "
		}
		return list, doubts
	}
	want := strings.ReplaceAll("J_0 COMPLETED node1, J_1 RUNNING node1, J_2 RUNNING node1, ", "J", s.ID)
	var got string
	var doubts []string
	for range 200 {
		if got, doubts = states(); got == want {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if got != want || len(doubts) != 1 || !strings.Contains(doubts[0], "no accounts") {
		t.Fatalf("tasks %s, want %s; doubts %q", got, want, doubts)
	}
	if out := cluster.Do("scontrol", "show", "job", s.ID); !strings.Contains(out, `Comment=it's "so" #1`) {
		t.Errorf("the option did not reach Slurm:\n%s", out)
	}
	text, err := os.ReadFile(s.Log(0))
	if want := `two  words|it's|"\|$HOME|%A|α; $(false) 'x'|` + dir + "|"; err != nil || !strings.Contains(string(text), want) {
		t.Errorf("%v: the worker printed %q, want %q", err, text, want)
	}

	for range 200 { // until both workers have set their traps: a running task may not have begun its command
		one, _ := os.ReadFile(s.Log(1))
		two, _ := os.ReadFile(s.Log(2))
		if strings.Contains(string(one), "two  words") && strings.Contains(string(two), "two  words") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err := Cancel(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	cluster.WaitGone(s.ID, 30*time.Second)
	if got, _ := states(); !strings.Contains(got, s.ID+"_1 CANCELLED") {
		t.Errorf("after scancel: %s", got)
	}
	for _, task := range []int{1, 2} {
		if text, err := os.ReadFile(s.Log(task)); err != nil || !strings.Contains(string(text), "exit code 75") || strings.Contains(string(text), "back to the queue") {
			t.Errorf("a cancelled worker must be told to stop and stay out of the queue: %v %s", err, text)
		}
	}
	if _, err := Submit(t.Context(), filepath.Join(dir, "none.sh")); err == nil || !strings.Contains(err.Error(), "none.sh") {
		t.Errorf("want sbatch's complaint, got %v", err)
	}
}
