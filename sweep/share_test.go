package sweep

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"biornn/internal/durable"
)

// counting is work whose results are files; it counts how often each job is done.
type counting struct {
	dir  string
	jobs int
	made []atomic.Int32
	do   func(ctx context.Context, i int) error // instead of nothing
}

func newCounting(t *testing.T, jobs int) *counting {
	c := &counting{dir: t.TempDir(), jobs: jobs, made: make([]atomic.Int32, jobs)}
	if err := os.MkdirAll(filepath.Join(c.dir, "results"), 0o755); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *counting) work(workers int) Work {
	w := Work{Dir: c.dir, Workers: workers, Lease: 400 * time.Millisecond, Finished: func() (map[string]bool, error) {
		names, err := readNames(filepath.Join(c.dir, "results"))
		out := map[string]bool{}
		for _, n := range names {
			out[n] = true
		}
		return out, err
	}}
	for i := range c.jobs {
		name := fmt.Sprintf("job-%03d", i)
		path := filepath.Join(c.dir, "results", name)
		w.Jobs = append(w.Jobs, Job{Name: name, Size: 2,
			Done: func() bool { _, err := os.Stat(path); return err == nil },
			Do: func(ctx context.Context, step func()) error {
				step()
				if c.do != nil {
					if err := c.do(ctx, i); err != nil {
						return err
					}
				}
				c.made[i].Add(1)
				return durable.WriteFile(path, []byte(name))
			}})
	}
	return w
}

func (c *counting) once(t *testing.T) {
	t.Helper()
	for i := range c.made {
		if n := c.made[i].Load(); n != 1 {
			t.Errorf("job %d was done %d times", i, n)
		}
	}
}

func TestManyShareAFolder(t *testing.T) {
	c := newCounting(t, 120)
	var wg sync.WaitGroup
	var mine, others atomic.Int32
	for range 6 {
		wg.Go(func() {
			w := c.work(3)
			w.Wait = true
			s, err := Share(t.Context(), w)
			if err != nil || s.Done() != 120 {
				t.Errorf("%+v, %v", s, err)
			}
			mine.Add(int32(s.Finished))
			others.Add(int32(s.Others + s.Skipped))
		})
	}
	wg.Wait()
	c.once(t)
	if mine.Load() != 120 || others.Load() != 5*120 {
		t.Errorf("%d were made, %d seen to be made by others", mine.Load(), others.Load())
	}
}

func TestFailuresAreRememberedUntilRetry(t *testing.T) {
	c := newCounting(t, 4)
	tries := 0
	c.do = func(_ context.Context, i int) error {
		if i == 2 {
			if tries++; tries == 1 {
				return errors.New("broken network")
			}
			panic("worse")
		}
		return nil
	}
	s, err := Share(t.Context(), c.work(2))
	if err == nil || !strings.Contains(err.Error(), "job-002: broken network") || s.Failed != 1 || s.Finished != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	if s, err := Share(t.Context(), c.work(2)); err == nil || tries != 1 || s.Skipped != 3 || s.Failed != 1 || s.Done() != 4 {
		t.Errorf("a failed job was tried again: %+v, %v", s, err)
	}
	if n, err := Retry(c.dir); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := Share(t.Context(), c.work(2)); err == nil || !strings.Contains(err.Error(), "worse") {
		t.Errorf("a panic: %v", err)
	}
}

func TestCancelGivesClaimsBack(t *testing.T) {
	c := newCounting(t, 6)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("a signal")
	c.do = func(ctx context.Context, i int) error {
		if i == 1 {
			cancel(cause)
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	if _, err := Share(ctx, c.work(1)); !errors.Is(err, cause) {
		t.Fatalf("want the cause, got %v", err)
	}
	c.do = nil
	begun := time.Now()
	if s, err := Share(t.Context(), c.work(2)); err != nil || s.Done() != 6 {
		t.Errorf("%+v, %v", s, err)
	}
	if took := time.Since(begun); took > 300*time.Millisecond {
		t.Errorf("it waited %v for claims that were given back", took)
	}
	c.once(t)
}

// TestSleeper: a process that sleeps longer than the lease is taken over, notices, and does
// no harm when it wakes.
func TestSleeper(t *testing.T) {
	c := newCounting(t, 1)
	asleep, stop := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	c.do = func(ctx context.Context, i int) error {
		if first.CompareAndSwap(false, true) {
			close(asleep)
			<-stop
			return ctx.Err()
		}
		return nil
	}
	w := c.work(1)
	l := open(t, c.dir, w.Lease)
	impostor(t, l, "sleepy") // its heart stands still
	s := &sharing{Work: w, ledger: l, known: map[string]int{"job-000": 0}, meter: meter{begun: time.Now()}}
	s.Report = func(Status) {}
	over := make(chan error, 1)
	go func() { over <- s.run(t.Context()) }()
	<-asleep
	w.Wait = true
	if s, err := Share(t.Context(), w); err != nil || s.Finished != 1 {
		t.Fatalf("the job of a sleeper was not taken over: %+v, %v", s, err)
	}
	time.Sleep(w.Lease / 2) // it looks every quarter of the lease whether its claim is lost
	close(stop)
	if err := <-over; err != nil {
		t.Errorf("the sleeper: %v", err)
	}
	c.once(t)
}

// TestFullDisk fails each step of each write in turn: the work ends with an error that says
// what to do, and the next start goes on.
func TestFullDisk(t *testing.T) {
	for k, trouble := range []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO} {
		for at := 1 + k; ; at += 1 + 6*min(k, 1) { // each step of a full disk, some of the others
			c := newCounting(t, 2)
			n := 0
			var mu sync.Mutex
			restore := durable.Inject(func(step, path string) error {
				mu.Lock()
				defer mu.Unlock()
				if n++; n >= at {
					return fmt.Errorf("%s %s: %w", step, path, trouble)
				}
				return nil
			})
			w := c.work(1)
			w.Lease = 40 * time.Millisecond
			_, err := Share(t.Context(), w)
			restore()
			if n < at { // no write is left that could fail
				if err != nil {
					t.Errorf("undisturbed: %v", err)
				}
				break
			}
			var storage *StorageError
			if !errors.As(err, &storage) || !errors.Is(err, trouble) || !strings.Contains(err.Error(), "start the same command again") {
				t.Errorf("step %d: %v", at, err)
			}
			if failed, _ := FailedJobs(c.dir); len(failed) > 0 {
				t.Errorf("step %d: a full disk counts as failed jobs: %v", at, failed)
			}
			w.Wait = true
			if s, err := Share(t.Context(), w); err != nil || s.Done() != 2 {
				t.Errorf("step %d: the next start: %+v, %v", at, s, err)
			}
		}
	}
}
