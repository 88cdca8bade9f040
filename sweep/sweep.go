// Package sweep works off many independent jobs: Run on the cores of one machine, Share
// together with any number of processes on any machines over a common folder. It knows
// nothing of what a job does: a job that is already done is skipped, a job that fails is
// reported while the others go on, and a cancelled context ends the work at the next
// opportunity.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Job is one piece of work.
type Job struct {
	Name string // for Share: plain in a file name, no dot
	Size int    // steps that it will report, for the share of work done
	// Done tells whether the result exists already; it may be nil.
	Done func() bool
	// Do computes and keeps the result. It calls step once a step.
	Do func(ctx context.Context, step func()) error
}

// Status is a picture of the work in progress.
type Status struct {
	Jobs, Skipped, Finished, Failed int
	Others                          int     // of Share: finished by other processes since the start
	Running, Elsewhere              int     // of Share: in work here, and claimed by other processes
	Steps, StepsDone                int64   // of the jobs that were not skipped
	StepsPerSecond                  float64 // over the last half minute
	Elapsed, Left                   time.Duration
}

// Done returns the number of jobs that need no more work.
func (s Status) Done() int { return s.Skipped + s.Finished + s.Others + s.Failed }

// Failure is the error of one job.
type Failure struct {
	Job string
	Err error
}

// Run works off the jobs in order on the given number of workers and calls report
// about twice a second and once at the end. It returns the failures, joined, and
// the context's error if that ended the work.
func Run(ctx context.Context, jobs []Job, workers int, report func(Status)) error {
	p := &pool{jobs: jobs, meter: meter{begun: time.Now()}}
	todo := p.plan()
	if report == nil {
		report = func(Status) {}
	}
	queue := make(chan Job)
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for j := range queue {
				p.do(ctx, j)
			}
		})
	}
	stop := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() { p.watch(stop, report) })
feed:
	for _, j := range todo {
		select {
		case queue <- j:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	wg.Wait()
	close(stop)
	watch.Wait()
	report(p.status())
	return p.err(ctx)
}

type pool struct {
	jobs  []Job
	meter meter

	mu       sync.Mutex
	now      Status
	failures []Failure
}

func (p *pool) plan() []Job {
	p.now.Jobs = len(p.jobs)
	var todo []Job
	for _, j := range p.jobs {
		if j.Done != nil && j.Done() {
			p.now.Skipped++
			continue
		}
		p.now.Steps += int64(j.Size)
		todo = append(todo, j)
	}
	return todo
}

func (p *pool) do(ctx context.Context, j Job) {
	if ctx.Err() != nil {
		return
	}
	made := int64(0)
	err := j.Do(ctx, func() { made++; p.meter.steps.Add(1) })
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.now.Finished++
		p.meter.steps.Add(int64(j.Size) - made) // a run that diverged or stopped early has nothing left to do
	case ctx.Err() != nil:
	default:
		p.now.Failed++
		p.failures = append(p.failures, Failure{j.Name, err})
	}
}

const reportEvery = 500 * time.Millisecond

func (p *pool) watch(stop chan struct{}, report func(Status)) {
	tick := time.NewTicker(reportEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			report(p.status())
		}
	}
}

func (p *pool) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.now
	p.meter.read(&s)
	return s
}

func (p *pool) err(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := []error{joined(p.failures)}
	if ctx.Err() != nil && p.now.Done() < p.now.Jobs {
		all = append(all, ctx.Err())
	}
	return errors.Join(all...)
}

// mostFailures is the number of failures that an error names one by one.
const mostFailures = 20

func joined(failures []Failure) error {
	var all []error
	for i, f := range failures {
		if i == mostFailures {
			all = append(all, fmt.Errorf("and %d more", len(failures)-i))
			break
		}
		all = append(all, fmt.Errorf("%s: %w", f.Job, f.Err))
	}
	return errors.Join(all...)
}

// meter measures how fast steps are made.
type meter struct {
	begun   time.Time
	steps   atomic.Int64
	history []sample // of the last half minute; belongs to whoever reads
}

type sample struct {
	at    time.Time
	steps int64
}

// read sets what a Status says of steps and time.
func (m *meter) read(s *Status) {
	at, steps := time.Now(), m.steps.Load()
	m.history = append(m.history, sample{at, steps})
	for len(m.history) > 60 {
		m.history = m.history[1:]
	}
	s.StepsDone = steps
	s.Elapsed = at.Sub(m.begun)
	first := sample{m.begun, 0}
	if len(m.history) == 60 {
		first = m.history[0]
	}
	if d := at.Sub(first.at).Seconds(); d > 0 {
		s.StepsPerSecond = float64(steps-first.steps) / d
	}
	if s.StepsPerSecond > 0 {
		s.Left = time.Duration(float64(s.Steps-steps) / s.StepsPerSecond * float64(time.Second))
	}
}
