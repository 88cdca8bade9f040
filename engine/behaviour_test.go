//go:build unix

package engine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// worker writes the program of a worker: it tells that it is ready, waits for SIGUSR1 as
// long as is asked, and ends as a worker does.
func worker(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "it's a worker")
	text := `#!/bin/bash
trap 'told=yes' USR1
echo "process $$ in $(pwd), argument $1, variable $NOTE" >>"$2"
for ((i = 0; i < $3; i++)); do
    sleep 0.05
    [ -z "${told:-}" ] || { sleep 0.3; exit 75; }
done
exit $4
`
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// start runs a script and waits until its worker is ready.
func start(t *testing.T, shell, script string, environ []string, ready string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command(shell, script)
	cmd.Env = append(os.Environ(), environ...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for range 200 {
		if text, err := os.ReadFile(ready); err == nil && len(text) > 0 {
			return cmd, &out
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the worker did not start: %s", out.String())
	return nil, nil
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// A signal must reach the worker, and the script must end as the worker does, and after it.
func TestScriptsForwardSignals(t *testing.T) {
	for _, c := range []struct {
		name     string
		shell    string
		signal   syscall.Signal // 0: none
		restarts string
		kill     bool
		code     int
		requeues string
	}{
		{name: "slurm, done", shell: "bash"},
		{name: "slurm, failed", shell: "bash", code: 4},
		{name: "slurm, time is up", shell: "bash", signal: syscall.SIGUSR1, code: 75, requeues: "requeue 12_3"},
		{name: "slurm, cancelled", shell: "bash", signal: syscall.SIGTERM, code: 75},
		{name: "slurm, killed", shell: "bash", kill: true, code: 137, requeues: "requeue 12_3"},
		{name: "slurm, killed too often", shell: "bash", kill: true, restarts: "3", code: 137},
		{name: "script, done", shell: "sh"},
		{name: "script, failed", shell: "sh", code: 4},
		{name: "script, time is up", shell: "sh", signal: syscall.SIGUSR2, code: 75},
		{name: "script, SGE, time is up", shell: "sh", signal: syscall.SIGUSR1, code: 99},
		{name: "script, in bash", shell: "bash", signal: syscall.SIGTERM, code: 75},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			ready, asked := filepath.Join(dir, "ready"), filepath.Join(dir, "asked")
			steps, own := "600", "0"
			if c.signal == 0 && !c.kill {
				steps = "3"
			}
			if c.code == 4 {
				own = "4"
			}
			j := plainJob()
			j.Dir, j.Command = dir, []string{worker(t, dir), "two  words", ready, steps, own}
			j.Environment = []string{"NOTE=a 'b' $c"}
			text := must(t)(Script(j, "x"))
			if strings.HasPrefix(c.name, "slurm") {
				text = must(t)(Slurm(j, ""))
			}
			script := filepath.Join(dir, "script")
			if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "scontrol"), []byte("#!/bin/sh\necho \"$@\" >>'"+asked+"'\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			environ := []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "SLURM_JOB_ID=12", "SLURM_ARRAY_JOB_ID=12", "SLURM_ARRAY_TASK_ID=3", "SLURM_RESTART_COUNT=" + c.restarts}
			if strings.Contains(c.name, "SGE") {
				environ = append(environ, "SGE_TASK_ID=1")
			}
			cmd, out := start(t, c.shell, script, environ, ready)
			if c.kill {
				said, _ := os.ReadFile(ready)
				var process int
				if _, err := fmt.Sscanf(string(said), "process %d", &process); err != nil {
					t.Fatal(err)
				}
				if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			if c.signal != 0 {
				time.Sleep(50 * time.Millisecond)
				for range 2 { // schedulers may tell more than once
					_ = cmd.Process.Signal(c.signal)
					time.Sleep(20 * time.Millisecond)
				}
			}
			if code := exitCode(t, cmd.Wait()); code != c.code {
				t.Errorf("exit code %d, want %d\n%s", code, c.code, out)
			}
			got, _ := os.ReadFile(asked)
			if strings.TrimSpace(string(got)) != c.requeues {
				t.Errorf("asked scontrol to %q, want %q", got, c.requeues)
			}
			said, _ := os.ReadFile(ready)
			if want := "argument two  words, variable a 'b' $c\n"; !strings.HasSuffix(string(said), want) {
				t.Errorf("the worker got %q, want %q", said, want)
			}
			if c.shell == "sh" && !strings.Contains(string(said), " in "+dir+",") {
				t.Errorf("want the working folder %s, got %q", dir, said)
			}
		})
	}
}

// A signal that comes before the worker is ready must not be lost.
func TestSignalsBeforeTheWorker(t *testing.T) {
	for name, code := range map[string][]int{"slurm": {75, 138}, "script": {75}} {
		dir := t.TempDir()
		ready, asked, setup := filepath.Join(dir, "ready"), filepath.Join(dir, "asked"), filepath.Join(dir, "setup")
		j := plainJob()
		j.Dir, j.Command = dir, []string{worker(t, dir), "", ready, "600", "0"}
		j.Setup = []string{"echo begun >" + Quote(setup) + "; sleep 0.4"}
		text := must(t)(Script(j, "x"))
		if name == "slurm" {
			text = must(t)(Slurm(j, ""))
		}
		script := filepath.Join(dir, "script")
		if err := os.WriteFile(script, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "scontrol"), []byte("#!/bin/sh\necho \"$@\" >>'"+asked+"'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd, out := start(t, "bash", script, []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "SLURM_ARRAY_JOB_ID=12", "SLURM_ARRAY_TASK_ID=3"}, setup)
		if err := cmd.Process.Signal(syscall.SIGUSR1); err != nil {
			t.Fatal(err)
		}
		if got := exitCode(t, cmd.Wait()); !slices.Contains(code, got) {
			t.Errorf("%s: exit code %d, want one of %v\n%s", name, got, code, out)
		}
		if got, _ := os.ReadFile(asked); name == "slurm" && string(got) != "requeue 12_3\n" {
			t.Errorf("asked scontrol to %q", got)
		}
	}
}

// A script with a time limit tells its worker to stop without a scheduler.
func TestScriptTellsTheTime(t *testing.T) {
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	j := plainJob()
	j.Dir, j.Command, j.Time, j.Notice = dir, []string{worker(t, dir), "", ready, "600", "0"}, time.Minute, 59*time.Second
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte(must(t)(Script(j, script))), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, out := start(t, "sh", script, nil, ready)
	began := time.Now()
	if code := exitCode(t, cmd.Wait()); code != 75 || time.Since(began) > 10*time.Second {
		t.Errorf("exit code %d after %v, want 75 after a second\n%s", code, time.Since(began), out)
	}
}

// pythonVariable names the Python with kubernetes-validate, which holds the schemas that
// Kubernetes publishes.
const pythonVariable = "BIORNN_PYTHON"

func TestManifestsFollowTheSchema(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skipf("%s is not set: this test needs Python with kubernetes-validate", pythonVariable)
	}
	validate := func(text string) (string, error) {
		path := filepath.Join(t.TempDir(), "job.yaml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, "-c", "import sys; from kubernetes_validate.__main__ import main; sys.exit(main())",
			"--strict", "-k", "1.33", path).CombinedOutput()
		return string(out), err
	}
	once := plainJob()
	once.Requeue, once.MemoryMB = false, 100
	for name, j := range map[string]Job{"plain": plainJob(), "full": fullPodJob(), "once": once} {
		text := must(t)(Kubernetes(j, pod()))
		if out, err := validate(text); err != nil {
			t.Errorf("%s: %v\n%s\n%s", name, err, out, text)
		}
		if _, err := validate(strings.Replace(text, "parallelism:", "parallel:", 1)); err == nil {
			t.Errorf("%s: a wrong manifest was accepted", name)
		}
	}
}
