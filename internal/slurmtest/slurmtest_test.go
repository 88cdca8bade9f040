//go:build unix

package slurmtest

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

const innerVariable = "BIORNN_SLURMTEST_INNER"

// A test that dies must leave no daemon and no job behind.
func TestNothingOutlivesTheTest(t *testing.T) {
	if os.Getenv(Variable) == "" {
		t.Skipf("%s is not set: this test starts a Slurm cluster of one node", Variable)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestInner$", "-test.v")
	cmd.Env = append(os.Environ(), innerVariable+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var conf string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "cluster "); ok {
			conf = rest
			break
		}
	}
	if conf == "" {
		_ = cmd.Wait()
		t.Fatal("the inner test started no cluster")
	}
	// munged, slurmctld, slurmd, slurmstepd, the job's shell and what it started
	if running := Processes(conf); len(running) < 6 {
		t.Errorf("the cluster runs only %v", running)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for range 100 {
		if _, err := os.Stat(conf); err != nil && len(Processes(conf)) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("left behind: %v", Processes(conf))
}

// TestInner starts a cluster and a job and waits to be killed.
func TestInner(t *testing.T) {
	if os.Getenv(innerVariable) == "" {
		t.Skip("runs within TestNothingOutlivesTheTest")
	}
	c := Start(t)
	job := strings.TrimSpace(c.Do("sbatch", "--parsable", "--mem=10", "--output=/dev/null", "--wrap=sleep 600"))
	c.Until("a running job", 30*time.Second, func() bool {
		return strings.TrimSpace(c.Do("squeue", "--noheader", "--jobs="+job, "--format=%T")) == "RUNNING"
	})
	time.Sleep(300 * time.Millisecond)
	_, _ = os.Stdout.WriteString("\ncluster " + c.Conf + "\n")
	time.Sleep(time.Minute)
}
