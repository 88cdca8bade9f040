package sweep

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"slices"
	"sync"
	"time"
)

// Work is what the processes that share a folder do.
type Work struct {
	Dir  string // the folder of the ledger
	Jobs []Job
	// Finished lists the jobs whose result is there, from one reading of the folder; Job.Done
	// is asked once more after a job was claimed.
	Finished func() (map[string]bool, error)

	Workers int
	Label   string        // what this process is called elsewhere, as by a scheduler; kept with its claims
	Lease   time.Duration // 0: DefaultLease
	// Wait goes on until every job is finished or failed, whoever works on it; without,
	// a process leaves as soon as there is nothing to claim.
	Wait   bool
	Report func(Status) // called about twice a second and at the end; may be nil
}

// lookEvery is how often a process looks what the others have done.
const lookEvery = 5 * time.Second

// Share works on the jobs of a folder together with all other processes that do. Its
// error joins the jobs of the folder that failed, a StorageError where the folder cannot
// be used, and the cause of the context's end if that ended the work; claims were given
// back then.
func Share(ctx context.Context, w Work) (Status, error) {
	s := &sharing{Work: w, known: map[string]int{}, meter: meter{begun: time.Now()}}
	if s.Report == nil {
		s.Report = func(Status) {}
	}
	for i, j := range w.Jobs {
		s.known[j.Name] = i
	}
	l, err := OpenLedger(w.Dir, w.Lease)
	if err != nil {
		return Status{}, &StorageError{w.Dir, err}
	}
	l.label = w.Label
	s.ledger = l
	err = s.run(ctx)
	if closeErr := l.Close(); closeErr != nil {
		err = errors.Join(err, &StorageError{w.Dir, closeErr})
	}
	if lookErr := s.look(); err == nil {
		err = lookErr
	}
	status := s.status()
	s.Report(status)
	return status, errors.Join(err, s.failures())
}

type sharing struct {
	Work
	ledger *Ledger
	known  map[string]int // place of a job by name

	mu      sync.Mutex
	meter   meter
	todo    []int // to be claimed since the last look
	claims  *Claims
	now     Status
	began   bool
	skipped map[string]bool // finished before the start
	mine    map[string]bool // in work or finished here
	others  map[string]bool // finished elsewhere since the start
	looked  time.Time
}

// run starts the workers and reports until they are over.
func (s *sharing) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.look(); err != nil {
		return err
	}
	var wg sync.WaitGroup
	for range max(1, s.Workers) {
		wg.Go(func() {
			if err := s.worker(ctx); err != nil {
				cancel(err)
			}
		})
	}
	over := make(chan struct{})
	go func() { wg.Wait(); close(over) }()
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return context.Cause(ctx)
		case <-tick.C:
			if s.isLookDue() {
				_ = s.look() // the workers meet the same trouble and report it
			}
			s.Report(s.status())
		}
	}
}

func (s *sharing) isLookDue() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Since(s.looked) > lookEvery
}

func (s *sharing) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	s.meter.read(&now)
	return now
}

// worker claims and computes jobs until there is nothing to claim.
func (s *sharing) worker(ctx context.Context) error {
	const least = 50 * time.Millisecond
	pause := least
	for ctx.Err() == nil {
		claim, err := s.next()
		if err != nil {
			return err
		}
		if claim != nil {
			pause = least
			if err := s.one(ctx, claim); err != nil {
				return err
			}
			continue
		}
		if now := s.status(); now.Done() >= now.Jobs || !s.Wait {
			return nil
		}
		select { // others are at work: look again, ever less often
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, s.ledger.lease/4, lookEvery)
	}
	return nil
}

// next claims a job, looking at the folder anew where nothing known is left.
func (s *sharing) next() (*Claim, error) {
	for fresh := false; ; fresh = true {
		claim, err := s.fromList()
		if claim != nil || err != nil {
			return claim, err
		}
		if fresh {
			return nil, nil
		}
		if err := s.look(); err != nil {
			return nil, err
		}
	}
}

// fromList claims the first job of the list that is free and needs work.
func (s *sharing) fromList() (*Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.todo) > 0 {
		j := s.Jobs[s.todo[0]]
		s.todo = s.todo[1:]
		claim, err := s.ledger.Take(s.claims, j.Name)
		if err != nil {
			return nil, &StorageError{s.Dir, err}
		}
		if claim == nil {
			continue
		}
		if j.Done != nil && j.Done() || hasFailed(s.Dir, j.Name) {
			if err := claim.Release(); err != nil {
				return nil, &StorageError{s.Dir, err}
			}
			continue
		}
		s.now.Running++
		s.mine[j.Name] = true
		return claim, nil
	}
	return nil, nil
}

func hasFailed(dir, job string) bool {
	_, err := os.Stat(troubleFile(dir, job))
	return err == nil
}

// look reads the folder and lists what is neither finished nor failed, in order.
func (s *sharing) look() error {
	finished, err := s.Finished()
	if err != nil {
		return &StorageError{s.Dir, err}
	}
	failed, err := FailedJobs(s.Dir)
	if err != nil {
		return &StorageError{s.Dir, err}
	}
	claims, err := readClaims(s.Dir)
	if err != nil {
		return &StorageError{s.Dir, err}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked, s.claims = time.Now(), claims
	s.todo = s.todo[:0]
	for i, j := range s.Jobs {
		if !finished[j.Name] && !failed[j.Name] {
			s.todo = append(s.todo, i)
		}
	}
	s.count(finished, failed)
	s.stepAside()
	return nil
}

// aside is the number of jobs within which processes begin at different places.
const aside = 64

// stepAside lets each process begin at another of the next jobs, so that they seldom try
// for the same one and yet keep the order; alone a process takes them in order.
func (s *sharing) stepAside() {
	if s.now.Elsewhere == 0 || len(s.todo) == 0 {
		return
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(s.ledger.Owner()))
	next := s.todo[:min(aside, len(s.todo))]
	from := int(h.Sum32() % uint32(len(next)))
	copy(next, append(slices.Clone(next[from:]), next[:from]...))
}

// count sets the status to what a look has found.
func (s *sharing) count(finished, failed map[string]bool) {
	if !s.began {
		s.began, s.skipped, s.mine, s.others = true, map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, j := range s.Jobs {
			if finished[j.Name] {
				s.skipped[j.Name] = true
			} else if !failed[j.Name] {
				s.now.Steps += int64(j.Size)
			}
		}
		s.now.Jobs, s.now.Skipped = len(s.Jobs), len(s.skipped)
	}
	s.now.Failed = 0
	open := 0
	for _, j := range s.Jobs {
		switch {
		case s.mine[j.Name] || s.skipped[j.Name]:
		case finished[j.Name] && !s.others[j.Name]:
			s.others[j.Name] = true
			s.meter.steps.Add(int64(j.Size))
		case finished[j.Name]:
		case failed[j.Name]:
			s.now.Failed++
		default:
			if newest, there := s.claims.newest[j.Name]; there && !s.claims.over[claimName(j.Name, newest)] {
				open++
			}
		}
	}
	s.now.Others, s.now.Elsewhere = len(s.others), open
}

// one computes a claimed job and gives the claim back. Only a folder that cannot be
// used is an error.
func (s *sharing) one(ctx context.Context, claim *Claim) error {
	j := s.Jobs[s.known[claim.job]]
	mine, cancel := context.WithCancel(ctx)
	defer cancel()
	var watch sync.WaitGroup
	watch.Go(func() { s.watch(mine, claim, cancel) })
	made := int64(0)
	err := do(mine, j, func() { made++; s.meter.steps.Add(1) })
	stopped := mine.Err() != nil
	cancel()
	watch.Wait()
	finished, failed := err == nil, false
	switch {
	case err == nil:
	case isStorage(err):
		err = &StorageError{s.Dir, err}
	case stopped:
		err = nil
	default:
		noteErr := note(s.Dir, s.trouble(j.Name, err))
		if failed = noteErr == nil; failed {
			err = nil
		} else {
			err = errors.Join(fmt.Errorf("%s: %w", j.Name, err), &StorageError{s.Dir, noteErr})
		}
	}
	s.mu.Lock()
	s.now.Running--
	if !finished {
		delete(s.mine, j.Name)
	}
	switch {
	case failed:
		s.now.Failed++
	case finished:
		s.now.Finished++
		s.meter.steps.Add(int64(j.Size) - made)
	}
	s.mu.Unlock()
	if releaseErr := claim.Release(); releaseErr != nil && err == nil {
		err = &StorageError{s.Dir, releaseErr}
	}
	return err
}

func (s *sharing) trouble(job string, err error) Trouble {
	return Trouble{Job: job, Error: err.Error(), Owner: s.ledger.Owner(), Host: s.ledger.self.Host, At: time.Now().UTC().Truncate(time.Second)}
}

// watch ends the work on a job that another process has taken over.
func (s *sharing) watch(ctx context.Context, claim *Claim, cancel func()) {
	tick := time.NewTicker(s.ledger.lease / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if claim.Lost() {
				cancel()
			}
		}
	}
}

// do turns a panic into an error: one job must not end the others.
func do(ctx context.Context, j Job, step func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sweep: %v", p)
		}
	}()
	return j.Do(ctx, step)
}

// failures joins how jobs of this work failed, here or elsewhere.
func (s *sharing) failures() error {
	troubles, err := Troubles(s.Dir)
	if err != nil {
		return &StorageError{s.Dir, err}
	}
	var all []Failure
	for _, t := range troubles {
		if _, ours := s.known[t.Job]; ours {
			all = append(all, Failure{t.Job, errors.New(t.Error)})
		}
	}
	return joined(all)
}
