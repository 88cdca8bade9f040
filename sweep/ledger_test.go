package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"biornn/internal/durable"
)

func open(t *testing.T, dir string, lease time.Duration) *Ledger {
	t.Helper()
	l, err := OpenLedger(dir, lease)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func take(t *testing.T, l *Ledger, job string) *Claim {
	t.Helper()
	seen, err := l.Read()
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Take(seen, job)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// race lets many owners try for one job at the same time and returns how many got it.
func race(t *testing.T, owners []*Ledger, job string) int {
	t.Helper()
	var wg sync.WaitGroup
	got := make([]*Claim, len(owners))
	start := make(chan struct{})
	for i, l := range owners {
		seen, err := l.Read()
		if err != nil {
			t.Fatal(err)
		}
		wg.Go(func() {
			<-start
			got[i], _ = l.Take(seen, job)
		})
	}
	close(start)
	wg.Wait()
	n := 0
	for _, c := range got {
		if c != nil {
			n++
		}
	}
	return n
}

// impostor makes an owner seem to be of another host: its process cannot be seen, only its
// heartbeat, which ends here.
func impostor(t *testing.T, l *Ledger, host string) {
	t.Helper()
	close(l.stop)
	l.done.Wait()
	l.self.Host, l.self.Boot = host, "boot of "+host
	if err := l.beat(false); err != nil {
		t.Fatal(err)
	}
}

func TestOneOfManyGetsAJob(t *testing.T) {
	dir := t.TempDir()
	var owners []*Ledger
	for range 16 {
		owners = append(owners, open(t, dir, 0))
	}
	for i := range 30 {
		if n := race(t, owners, fmt.Sprint("job-", i)); n != 1 {
			t.Fatalf("job %d: %d owners", i, n)
		}
	}
	for _, l := range owners {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTakenOverOnce: when owners end, each of their jobs is taken over by exactly one of
// many, over and over.
func TestTakenOverOnce(t *testing.T) {
	dir := t.TempDir()
	for round := range 8 {
		var owners []*Ledger
		for range 8 {
			owners = append(owners, open(t, dir, 0))
		}
		if n := race(t, owners, "job"); n != 1 {
			t.Fatalf("round %d: %d owners", round, n)
		}
		if n := race(t, owners, "job"); n != 0 {
			t.Fatalf("round %d: the job of a living owner went to %d others", round, n)
		}
		for _, l := range owners {
			_ = l.Close()
		}
	}
}

func TestReleasedJobIsFree(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, 0), open(t, dir, 0)
	defer a.Close()
	defer b.Close()
	stale, err := a.Read()
	if err != nil {
		t.Fatal(err)
	}
	c := take(t, a, "job")
	if c == nil || take(t, b, "job") != nil || take(t, a, "job") != nil {
		t.Fatal("a held job was claimed again")
	}
	if err := c.Release(); err != nil {
		t.Fatal(err)
	}
	if c.Lost() {
		t.Error("nobody has taken the job over yet")
	}
	second := take(t, b, "job")
	if second == nil || !c.Lost() {
		t.Fatal("a released job was not claimed")
	}
	// A reading from before the first claim must not give the job away.
	if got, err := a.Take(stale, "job"); got != nil || err != nil {
		t.Errorf("a reading that is out of date claimed a held job: %v", err)
	}
}

// TestSilentOwner: on another host only silence tells of death, and clocks do not matter.
func TestSilentOwner(t *testing.T) {
	dir := t.TempDir()
	const lease = 200 * time.Millisecond
	dead, alive, watcher := open(t, dir, lease), open(t, dir, lease), open(t, dir, lease)
	defer alive.Close()
	defer watcher.Close()
	impostor(t, dead, "far")
	if take(t, dead, "a") == nil || take(t, alive, "b") == nil {
		t.Fatal("no claims")
	}
	// A clock that is wrong by days, in either direction, must not kill nor keep alive.
	for name, shift := range map[string]time.Duration{dead.Owner(): 72 * time.Hour, alive.Owner(): -72 * time.Hour} {
		at := time.Now().Add(shift)
		if err := os.Chtimes(filepath.Join(dir, ownersDir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	if take(t, watcher, "a") != nil {
		t.Fatal("the job was taken over at once")
	}
	time.Sleep(2 * lease)
	if take(t, watcher, "a") == nil {
		t.Error("the job of a silent owner was not taken over")
	}
	if take(t, watcher, "b") != nil {
		t.Error("the job of an owner that beats was taken over")
	}
}

// TestDeadProcess: a process of this host that was killed frees its jobs at once.
func TestDeadProcess(t *testing.T) {
	if bootID() == "" {
		t.Skip("this system does not tell which processes are gone: silence alone decides, see TestSilentOwner")
	}
	dir := t.TempDir()
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	started, _ := processStarted(cmd.Process.Pid)
	other, l := open(t, dir, time.Hour), open(t, dir, time.Hour)
	defer l.Close()
	other.self.PID, other.self.Started = cmd.Process.Pid, started
	if take(t, other, "job") == nil {
		t.Fatal("no claim")
	}
	if take(t, l, "job") != nil {
		t.Fatal("the job of a living process was taken over")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 100 { // until it is a zombie
		if isGone(cmd.Process.Pid, started) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if take(t, l, "job") == nil {
		t.Error("a zombie holds its job")
	}
	_ = cmd.Wait()
	if !isGone(cmd.Process.Pid, started) || isGone(os.Getpid(), l.self.Started) || !isGone(os.Getpid(), "1") {
		t.Error("processes are told apart by number and time of their start")
	}
}

// TestLostAnswer: a file server makes the claim but its answer is lost.
func TestLostAnswer(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	defer l.Close()
	lost := false
	restore := durable.Inject(func(step, path string) error {
		if step != "link" || lost || !strings.Contains(path, claimsDir) {
			return nil
		}
		lost = true
		parts, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.part-*"))
		if err := os.Link(parts[0], path); err != nil {
			t.Fatal(err)
		}
		return syscall.EIO
	})
	defer restore()
	c := take(t, l, "job")
	if c == nil || !lost {
		t.Fatal("the claim is there, but its owner does not know")
	}
	if take(t, l, "job") != nil {
		t.Error("the job was claimed twice")
	}
}

// TestNoLinks: where a file system refuses links, claims are made in their place.
func TestNoLinks(t *testing.T) {
	restore := durable.Inject(func(step, path string) error {
		if step == "link" {
			return syscall.EPERM
		}
		return nil
	})
	defer restore()
	TestOneOfManyGetsAJob(t)
	TestTakenOverOnce(t)
}

// TestDamagedClaim: a claim that cannot be read is taken over after the lease.
func TestDamagedClaim(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 100*time.Millisecond)
	defer l.Close()
	if err := os.WriteFile(filepath.Join(dir, claimsDir, "job.0"), []byte(`{"own`), 0o644); err != nil {
		t.Fatal(err)
	}
	if take(t, l, "job") != nil {
		t.Fatal("taken over at once")
	}
	time.Sleep(200 * time.Millisecond)
	if take(t, l, "job") == nil {
		t.Error("a damaged claim holds its job for ever")
	}
}

func TestFullDiskClaimsNothing(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, 0)
	restore := durable.Inject(func(step, path string) error {
		if step == "write" {
			return syscall.ENOSPC
		}
		return nil
	})
	seen, _ := l.Read()
	c, err := l.Take(seen, "job")
	restore()
	if c != nil || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%v %v", c, err)
	}
	if names, _ := readNames(filepath.Join(dir, claimsDir)); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
	if take(t, l, "job") == nil {
		t.Error("after room was made, the job is free")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestCollect(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir, 0), open(t, dir, 0)
	done := take(t, a, "done")
	take(t, b, "open")
	if err := done.Release(); err != nil {
		t.Fatal(err)
	}
	_ = a.Close()
	part := filepath.Join(dir, ".x.part-1")
	if err := os.WriteFile(part, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// A process that dies while it writes a claim leaves its name there and holds nothing.
	owner, err := os.ReadFile(filepath.Join(dir, claimsDir, claimName("done", 0)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, claimsDir, "."+claimName("next", 0)+".part-1"), owner, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Collect(t.Context(), dir, func(job string) bool { return job == "done" }, []string{dir}, 0)
	if err != nil || c.Claims != 2 || c.Owners != 1 || c.Parts != 0 || len(c.Alive) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	_ = b.Close()
	c, err = Collect(t.Context(), dir, func(job string) bool { return job == "done" }, []string{dir}, 0)
	if err != nil || c.Owners != 0 || c.Parts != 2 || len(c.Alive) != 0 {
		t.Errorf("the claim that is still open names its owner: %+v, %v", c, err)
	}
	// On another host only watching tells.
	far := open(t, dir, 50*time.Millisecond)
	impostor(t, far, "far")
	for _, w := range []struct {
		watch time.Duration
		alive int
	}{{0, 1}, {100 * time.Millisecond, 0}} {
		if c, err := Collect(t.Context(), dir, func(string) bool { return false }, nil, w.watch); err != nil || len(c.Alive) != w.alive {
			t.Errorf("watched for %v: %+v, %v", w.watch, c, err)
		}
	}
	// What is collected must not make an old give-up count for a new claim.
	l := open(t, dir, 0)
	defer l.Close()
	if err := os.WriteFile(filepath.Join(dir, claimsDir, "late.0"+overSuffix), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if c := take(t, l, "late"); c == nil || c.generation != 1 {
		t.Errorf("%+v", c)
	}
}

func TestHolders(t *testing.T) {
	dir := t.TempDir()
	if h, err := Holders(filepath.Join(dir, "nowhere"), nil); err != nil || len(h) != 0 {
		t.Errorf("%v %v", h, err)
	}
	l := open(t, dir, 0)
	take(t, l, "a")
	take(t, l, "b")
	take(t, l, "finished")
	h, err := Holders(dir, func(job string) bool { return job != "finished" })
	if err != nil || len(h) != 1 || h[0].PID != os.Getpid() || len(h[0].Jobs) != 2 || h[0].Gone {
		t.Errorf("%+v, %v", h, err)
	}
	_ = l.Close()
	if h, _ := Holders(dir, func(string) bool { return true }); len(h) != 1 || !h[0].Gone {
		t.Errorf("an owner that has ended: %+v", h)
	}
	text, err := json.Marshal(h[0])
	if err != nil || !strings.Contains(string(text), `"host"`) {
		t.Error(string(text))
	}
}
