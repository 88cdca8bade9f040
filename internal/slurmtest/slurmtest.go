//go:build unix

// Package slurmtest runs a Slurm cluster of one node as ordinary processes, with its own
// ports, folders and munge key, for tests that must hold on a real scheduler.
package slurmtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Variable names the environment variable that asks for tests on a real cluster: then a
// missing Slurm or munge is a failure.
const Variable = "BIORNN_SLURM"

// Node is the name of the only node.
const Node = "node1"

// CPUs is what the node claims to have; it need not be so.
const CPUs = 8

// Cluster is a running munged, slurmctld and slurmd.
type Cluster struct {
	Dir  string // its configuration, state and logs
	Conf string // SLURM_CONF

	t     testing.TB
	begun time.Time // of the controller
	node  *exec.Cmd
}

// Start starts a cluster that ends with the test, whatever becomes of the test. Without
// the variable the test is skipped and says so.
func Start(t testing.TB) *Cluster {
	t.Helper()
	if os.Getenv(Variable) == "" {
		t.Skipf("%s is not set: this test starts a Slurm cluster of one node", Variable)
	}
	for _, program := range []string{"munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is set, but %s is missing: install slurm-wlm and munge (bash .ci/slurm)", Variable, program)
		}
	}
	if os.Geteuid() != 0 {
		t.Fatalf("%s is set, but slurmd must be started by root", Variable)
	}
	// The path of a socket may have 107 bytes, so that t.TempDir may be too long.
	dir, err := os.MkdirTemp("/tmp", "slurmtest-")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{Dir: dir, Conf: filepath.Join(dir, "slurm.conf"), t: t}
	c.watch()
	if err := c.configure(); err != nil {
		t.Fatal(err)
	}
	c.Run("munged", "--foreground", "--force", "--num-threads=2", "--socket="+c.path("munge.socket"), "--key-file="+c.path("munge.key"),
		"--seed-file="+c.path("munge.seed"), "--pid-file="+c.path("munged.pid"), "--log-file="+c.path("munged.log"))
	c.Until("munged to listen", 20*time.Second, func() bool {
		_, err := os.Stat(c.path("munge.socket"))
		return err == nil
	})
	c.begun = time.Now()
	c.Run("slurmctld", "-D")
	c.StartNode()
	c.WaitUp()
	return c
}

func (c *Cluster) path(name string) string { return filepath.Join(c.Dir, name) }

func (c *Cluster) configure() error {
	key := make([]byte, 128)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	host, _, _ = strings.Cut(host, ".")
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	// cred_expire is how long a requeued job waits; the controller looks for nodes that
	// are silent every SlurmdTimeout/3 seconds.
	conf := fmt.Sprintf(`ClusterName=slurmtest
SlurmctldHost=%s(127.0.0.1)
SlurmctldPort=%d
SlurmdPort=%d
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=%[4]s/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=%[4]s/state
SlurmdSpoolDir=%[4]s/spool
SlurmctldPidFile=%[4]s/slurmctld.pid
SlurmdPidFile=%[4]s/slurmd.pid
SlurmctldLogFile=%[4]s/slurmctld.log
SlurmdLogFile=%[4]s/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,sched_min_interval=1,bf_interval=2,batch_sched_delay=1
SlurmdParameters=config_overrides
SlurmdTimeout=6
KillWait=30
MinJobAge=600
ReturnToService=2
NodeName=%[5]s NodeHostname=%[1]s NodeAddr=127.0.0.1 CPUs=%[6]d RealMemory=8000
PartitionName=tests Nodes=%[5]s Default=YES MaxTime=INFINITE State=UP
`, host, ports[0], ports[1], c.Dir, Node, CPUs)
	for name, text := range map[string]string{"slurm.conf": conf, "munge.key": string(key), "cgroup.conf": "CgroupAutomount=no\n"} {
		if err := os.WriteFile(c.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return errors.Join(os.Chmod(c.Dir, 0o755), os.Mkdir(c.path("state"), 0o755), os.Mkdir(c.path("spool"), 0o755))
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// Environ is the environment in which sbatch, squeue and the like talk to this cluster.
func (c *Cluster) Environ() []string { return append(os.Environ(), "SLURM_CONF="+c.Conf) }

// Setenv makes this process and its children talk to this cluster until the test ends.
func (c *Cluster) Setenv() {
	if t, ok := c.t.(*testing.T); ok {
		t.Setenv("SLURM_CONF", c.Conf)
	}
}

// watch starts a shell that outlives this process: once its input ends, because the test
// is over or its process has died, it kills all that talked to this cluster and removes
// its folder.
func (c *Cluster) watch() {
	shell := exec.Command("bash", "-c", `trap '' INT TERM HUP; cat >/dev/null
for round in 1 2 3; do
    for environ in $(grep -lzFx "SLURM_CONF=$1" /proc/[0-9]*/environ 2>/dev/null); do
        process=${environ#/proc/}; process=${process%/environ}
        [ "$process" = $$ ] || kill -KILL "$process" 2>/dev/null
    done
    sleep 0.2
done
rm -rf "$2"`, "slurmtest", c.Conf, c.Dir)
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	input, err := shell.StdinPipe()
	if err == nil {
		err = shell.Start()
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if c.t.Failed() {
			c.t.Logf("%s", c.Logs())
		}
		_ = input.Close()
		_ = shell.Wait()
		if left := Processes(c.Conf); len(left) > 0 {
			c.t.Errorf("processes left behind: %v", left)
		}
	})
}

// Processes lists what runs with a cluster's configuration.
func Processes(conf string) []string {
	out, _ := exec.Command("bash", "-c", `grep -lzFx "SLURM_CONF=$1" /proc/[0-9]*/environ 2>/dev/null`, "slurmtest", conf).Output()
	return strings.Fields(string(out))
}

// Run starts a daemon of the cluster. It is killed with the cluster.
func (c *Cluster) Run(program string, args ...string) *exec.Cmd {
	c.t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = c.Environ()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	log, err := os.OpenFile(c.path(program+".out"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		c.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	wait := sync.OnceFunc(func() { _ = cmd.Wait() })
	go wait()
	return cmd
}

// StartNode starts slurmd.
func (c *Cluster) StartNode() { c.node = c.Run("slurmd", "-D", "-N", Node) }

// KillNode kills slurmd with no warning; what it started lives on.
func (c *Cluster) KillNode() {
	if err := c.node.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
}

// KillSteps kills all that slurmd has started, with no warning.
func (c *Cluster) KillSteps() {
	for _, environ := range Processes(c.Conf) {
		process := filepath.Dir(environ)
		command, err := os.ReadFile(filepath.Join(process, "cmdline"))
		pid, numberErr := strconv.Atoi(filepath.Base(process))
		if err != nil || numberErr != nil || strings.Contains(string(command), "munged") || strings.Contains(string(command), "slurmctld") {
			continue
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// WaitUp waits until the node takes jobs.
func (c *Cluster) WaitUp() {
	c.t.Helper()
	c.Until("a node that takes jobs", 60*time.Second, func() bool {
		out, err := c.Try("sinfo", "--noheader", "--nodes="+Node, "--format=%T")
		return err == nil && slices.Contains([]string{"idle", "mixed", "allocated", "completing"}, strings.TrimSpace(out))
	})
}

// WaitBeforeTimeCheck waits until the controller is about to look at the time limits of
// jobs in so long a time, which it does every half minute.
func (c *Cluster) WaitBeforeTimeCheck(lead time.Duration) {
	const every = 30 * time.Second
	time.Sleep((2*every - lead - time.Since(c.begun)%every) % every)
}

// Try runs a command against the cluster.
func (c *Cluster) Try(program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = c.Environ()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Do runs a command that must succeed.
func (c *Cluster) Do(program string, args ...string) string {
	c.t.Helper()
	out, err := c.Try(program, args...)
	if err != nil {
		c.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

// Until waits for a condition.
func (c *Cluster) Until(what string, patience time.Duration, is func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if is() {
			return
		}
	}
	c.t.Fatalf("waited %v for %s\n%s", patience, what, c.Logs())
}

// WaitGone waits until a job with all its tasks has ended, however.
func (c *Cluster) WaitGone(job string, patience time.Duration) {
	c.t.Helper()
	c.Until("the end of job "+job, patience, func() bool {
		out, err := c.Try("squeue", "--noheader", "--jobs="+job, "--format=%i %T")
		return strings.Contains(out, "Invalid job id") || err == nil && strings.TrimSpace(out) == ""
	})
}

// Logs returns the ends of the daemons' logs.
func (c *Cluster) Logs() string {
	var b strings.Builder
	for _, name := range []string{"munged.out", "munged.log", "slurmctld.out", "slurmctld.log", "slurmd.out", "slurmd.log"} {
		text, err := os.ReadFile(c.path(name))
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, "--- %s\n%s\n", name, text[max(0, len(text)-4000):])
	}
	return b.String()
}
