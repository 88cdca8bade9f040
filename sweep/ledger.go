package sweep

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"biornn/internal/durable"
)

// Ledger says which of the jobs of a folder are whose. Any number of processes on any
// number of machines share it over a file system that creates a file exclusively; there
// are no locks, and clocks are never compared.
//
// A claim is a file claims/JOB.G of generation G = 0, 1, …, made exclusively and never
// changed; the one of the greatest generation counts. It is over when its owner ended,
// died, or gave it up (a file JOB.G.over). Whoever then makes JOB.G+1 owns the job: since
// only one process can make that file, a claim is taken over exactly once.
//
// An owner is alive while the counter in owners/OWNER grows. Whoever watches judges by
// its own monotonic clock: an owner whose counter has stood still for the owner's lease is
// dead. On the same host a process that is gone is dead at once.
type Ledger struct {
	dir   string
	lease time.Duration

	stop  chan struct{}
	done  sync.WaitGroup
	label string // see Work.Label
	self  owner  // without its counter
	beats uint64 // belongs to the goroutine that beats, then to Close

	mu       sync.Mutex
	seen     map[string]sighting // of other owners
	held     map[string]bool     // jobs claimed here and not given back
	attempts uint64
}

// owner is what owners/NAME and a claim hold of a process.
type owner struct {
	Name    string `json:"owner"`
	Host    string `json:"host"`
	Boot    string `json:"boot,omitempty"` // tells a host from itself after a restart
	PID     int    `json:"pid"`
	Started string `json:"process_started,omitempty"` // tells a process from another of the same number
	Beat    uint64 `json:"beat,omitempty"`
	Ended   bool   `json:"ended,omitempty"`
	Label   string `json:"label,omitempty"`
	// Lease is how long the owner may be silent.
	Lease   time.Duration `json:"lease_ns"`
	Attempt uint64        `json:"attempt,omitempty"` // makes every claim unlike all others
}

// sighting is when an owner's counter was last seen to change.
type sighting struct {
	beat uint64
	at   time.Time
}

// DefaultLease is how long an owner may be silent. Heartbeats come four times as often.
const DefaultLease = 2 * time.Minute

const (
	claimsDir  = "claims"
	ownersDir  = "owners"
	overSuffix = ".over"
)

// OpenLedger joins the ledger of a folder, as a new owner that may be silent for a lease;
// 0: DefaultLease.
func OpenLedger(dir string, lease time.Duration) (*Ledger, error) {
	if lease <= 0 {
		lease = DefaultLease
	}
	for _, sub := range []string{claimsDir, ownersDir} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, err
		}
	}
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	started, _ := processStarted(os.Getpid())
	l := &Ledger{dir: dir, lease: lease, stop: make(chan struct{}), seen: map[string]sighting{}, held: map[string]bool{}}
	l.self = owner{Name: fmt.Sprintf("%s-%d-%s", plainName(host), os.Getpid(), hex.EncodeToString(id[:])), Host: host,
		Boot: bootID(), PID: os.Getpid(), Started: started, Lease: lease}
	if err := l.beat(false); err != nil {
		return nil, err
	}
	l.done.Go(l.keepBeating)
	return l, nil
}

// plainName keeps of a host name what is plain in a file name.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, s)
}

// beat writes that this owner is alive, or has ended.
func (l *Ledger) beat(ended bool) error {
	l.beats++
	o := l.self
	o.Beat, o.Ended = l.beats, ended
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(l.dir, ownersDir, l.self.Name), append(text, '\n'))
}

func (l *Ledger) keepBeating() {
	tick := time.NewTicker(l.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			_ = l.beat(false) // a full disk: others may take over, which does no harm
		}
	}
}

// Close ends this owner: what it still holds is free for others.
func (l *Ledger) Close() error {
	close(l.stop)
	l.done.Wait()
	return l.beat(true)
}

// Owner returns the name of this process in the ledger.
func (l *Ledger) Owner() string { return l.self.Name }

// Claim is a job of this process.
type Claim struct {
	l          *Ledger
	job        string
	generation int
}

// Claims is a reading of the folder of claims.
type Claims struct {
	newest map[string]int  // the greatest generation by job
	over   map[string]bool // by file name of the claim
}

// Read lists the claims once, for many jobs.
func (l *Ledger) Read() (*Claims, error) {
	return readClaims(l.dir)
}

func readClaims(dir string) (*Claims, error) {
	entries, err := readNames(filepath.Join(dir, claimsDir))
	if err != nil {
		return nil, err
	}
	c := &Claims{newest: map[string]int{}, over: map[string]bool{}}
	for _, name := range entries {
		file, over := strings.CutSuffix(name, overSuffix)
		if over {
			c.over[file] = true // the claim itself may have been collected
		}
		job, generation, ok := splitClaim(file)
		if !ok {
			continue
		}
		if newest, there := c.newest[job]; !there || generation > newest {
			c.newest[job] = generation
		}
	}
	return c, nil
}

// readNames lists a folder. A file server may say that a folder which others change is
// stale: then it is looked up again.
func readNames(dir string) (names []string, err error) {
	for range 3 {
		var f *os.File
		if f, err = os.Open(dir); err == nil {
			names, err = f.Readdirnames(-1)
			_ = f.Close() // nothing was written
		}
		if !errors.Is(err, syscall.ESTALE) {
			break
		}
	}
	return names, err
}

func splitClaim(name string) (job string, generation int, ok bool) {
	at := strings.LastIndexByte(name, '.')
	if at < 1 {
		return "", 0, false
	}
	generation, err := strconv.Atoi(name[at+1:])
	return name[:at], generation, err == nil && generation >= 0
}

func claimName(job string, generation int) string { return job + "." + strconv.Itoa(generation) }

// Take claims a job, if nobody holds it; else it returns nil. A reading that is out of
// date can only make it return nil.
func (l *Ledger) Take(c *Claims, job string) (*Claim, error) {
	next := 0
	if newest, there := c.newest[job]; there {
		name := claimName(job, newest)
		if !c.over[name] && !l.isOver(name) {
			return nil, nil
		}
		next = newest + 1
	}
	text, ok := l.attempt(job)
	if !ok {
		return nil, nil
	}
	made, err := durable.Create(filepath.Join(l.dir, claimsDir, claimName(job, next)), text, false)
	c.newest[job] = max(next, c.newest[job])
	if err != nil || !made {
		l.letGo(job)
		return nil, err
	}
	return &Claim{l, job, next}, nil
}

// attempt notes that this process tries to claim a job and returns the text of the claim;
// false if it holds the job.
func (l *Ledger) attempt(job string) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[job] {
		return nil, false
	}
	l.held[job] = true
	l.attempts++
	o := l.self
	o.Attempt, o.Label = l.attempts, l.label
	text, err := json.Marshal(o)
	if err != nil {
		panic("sweep: an owner cannot be written: " + err.Error())
	}
	return append(text, '\n'), true
}

func (l *Ledger) letGo(job string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.held, job)
}

func readOwner(path string) (owner, error) {
	var o owner
	text, err := os.ReadFile(path)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(text, &o)
}

// isOver reports whether the owner of a claim has ended, is dead or gave it up.
func (l *Ledger) isOver(name string) bool {
	path := filepath.Join(l.dir, claimsDir, name)
	if _, err := os.Stat(path + overSuffix); err == nil {
		return true
	}
	holder, err := readOwner(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	if err != nil { // being written, or damaged: then nobody's counter grows
		return l.silent("damaged claim "+name, 0, l.lease)
	}
	if holder.Name == l.self.Name {
		return false
	}
	return l.gone(holder)
}

// gone reports whether an owner has ended or died.
func (l *Ledger) gone(holder owner) bool {
	now, err := readOwner(filepath.Join(l.dir, ownersDir, holder.Name))
	if err == nil && now.Ended {
		return true
	}
	if l.self.sees(holder) && isGone(holder.PID, holder.Started) {
		return true
	}
	if err != nil {
		now.Beat = 0 // removed, or a file server's trouble
	}
	return l.silent(holder.Name, now.Beat, holder.Lease)
}

// sees reports whether the processes of two owners are numbered alike: they run since the
// same start of the same host.
func (o owner) sees(other owner) bool {
	return o.Boot != "" && o.Boot == other.Boot && o.Host == other.Host
}

// silent reports whether a counter has stood still for a lease.
func (l *Ledger) silent(name string, beat uint64, lease time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, there := l.seen[name]
	if !there || last.beat != beat {
		l.seen[name] = sighting{beat, time.Now()}
		return false
	}
	return time.Since(last.at) > lease
}

// Release gives a claim up, so that others need not wait for the owner to end.
func (c *Claim) Release() error {
	defer c.l.letGo(c.job)
	path := filepath.Join(c.l.dir, claimsDir, claimName(c.job, c.generation)) + overSuffix
	_, err := durable.Create(path, nil, false)
	return err
}

// Lost reports whether another process has taken the job over: this one was silent for
// too long and need not go on.
func (c *Claim) Lost() bool {
	_, err := os.Stat(filepath.Join(c.l.dir, claimsDir, claimName(c.job, c.generation+1)))
	return err == nil
}
