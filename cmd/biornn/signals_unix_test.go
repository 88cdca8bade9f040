//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mainVariable makes this test program the command itself.
const mainVariable = "BIORNN_TEST_MAIN"

func TestMain(m *testing.M) {
	if os.Getenv(mainVariable) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestRealSignals sends signals to a process: each has its exit code, the second Ctrl-C is
// not waited for, and no claim is left.
func TestRealSignals(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "s.toml"), strings.Replace(sweepStudy, "epochs = 1", "epochs = 100000", 1))
	for _, c := range []struct {
		name    string
		signals []os.Signal
		code    int
	}{
		{"SIGUSR1", []os.Signal{syscall.SIGUSR1}, exitStopped},
		{"SIGTERM after SIGUSR1", []os.Signal{syscall.SIGUSR1, syscall.SIGTERM}, exitStopped},
		{"Ctrl-C", []os.Signal{os.Interrupt}, exitInterrupted},
		{"Ctrl-C twice", []os.Signal{os.Interrupt, os.Interrupt}, exitInterrupted},
	} {
		cmd := exec.Command(os.Args[0], "sweep", "run", file, "--workers", "2", "--no-check")
		cmd.Env = append(os.Environ(), mainVariable+"=1")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForClaims(t, filepath.Join(filepath.Dir(file), "out"))
		for _, s := range c.signals {
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != c.code {
			t.Errorf("%s: %v, want exit code %d\n%s", c.name, err, c.code, out.String())
		}
		if out := want(t, "sweep", "status", file); !strings.Contains(out, " 0 running") {
			t.Errorf("%s: claims are held:\n%s", c.name, out)
		}
	}
	if checkpoints, _ := filepath.Glob(filepath.Join(filepath.Dir(file), "out", "runs", "*.checkpoint")); len(checkpoints) < 2 {
		t.Errorf("%d checkpoints", len(checkpoints))
	}
}

// waitForClaims waits until a process has runs in work.
func waitForClaims(t *testing.T, folder string) {
	t.Helper()
	for range 300 {
		time.Sleep(50 * time.Millisecond)
		code, out, _ := call(t, "sweep", "status", folder)
		if code == exitOK && strings.Contains(out, " 2 running") {
			time.Sleep(100 * time.Millisecond)
			return
		}
	}
	t.Fatal("nothing was claimed in 15 s")
}
