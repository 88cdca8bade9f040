// Package crew divides one computation among a few goroutines that wait for work, so
// that a step of training starts none and allocates nothing.
package crew

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Crew runs the parts of a computation side by side. A nil Crew is one of size 1. It
// is not safe for concurrent use.
//
// Between two computations its goroutines watch for the next one for a moment before
// they sleep: in training the next one comes within microseconds, and waking costs more.
type Crew struct {
	size  int
	work  func(part, parts int)
	round atomic.Uint64 // counts computations
	left  atomic.Int64  // parts of the present one that are not done

	mu       sync.Mutex
	wake     sync.Cond
	closed   bool
	failures []any // what parts panicked with
}

// looks is how often a goroutine looks for work before it sleeps, about 0.1 ms.
const looks = 1000

// New returns a crew of the given size, the caller included; below 2 it is nil. Close
// ends it.
func New(size int) *Crew {
	if size < 2 {
		return nil
	}
	c := &Crew{size: size}
	c.wake.L = &c.mu
	for part := 1; part < size; part++ {
		go c.attend(part)
	}
	return c
}

func (c *Crew) attend(part int) {
	for seen := uint64(0); c.next(seen); seen++ {
		c.run(part)
	}
}

// next waits for a computation after the one seen; false when the crew is closed.
func (c *Crew) next(seen uint64) bool {
	for range looks {
		if c.round.Load() != seen {
			return !c.isClosed()
		}
		runtime.Gosched()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.round.Load() == seen {
		c.wake.Wait()
	}
	return !c.closed
}

func (c *Crew) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// run computes a part and keeps what it panics with for Do.
func (c *Crew) run(part int) {
	defer func() {
		if f := recover(); f != nil {
			c.mu.Lock()
			c.failures = append(c.failures, f)
			c.mu.Unlock()
		}
		c.left.Add(-1)
	}()
	c.work(part, c.size)
}

// Size returns the number of parts.
func (c *Crew) Size() int {
	if c == nil {
		return 1
	}
	return c.size
}

// Do calls work once for each part and returns when all are done. A panic of any
// part is that of Do.
func (c *Crew) Do(work func(part, parts int)) {
	if c == nil {
		work(0, 1)
		return
	}
	c.work = work
	c.left.Store(int64(c.size))
	c.advance(false)
	c.run(0)
	for c.left.Load() > 0 {
		runtime.Gosched()
	}
	if len(c.failures) > 0 {
		first := c.failures[0]
		c.failures = nil
		panic(first)
	}
}

// advance begins the next round and wakes who sleeps.
func (c *Crew) advance(last bool) {
	c.mu.Lock()
	c.closed = last
	c.round.Add(1)
	c.mu.Unlock()
	c.wake.Broadcast()
}

// Close ends the goroutines.
func (c *Crew) Close() {
	if c != nil {
		c.advance(true)
	}
}

// Share returns the range of one part of 0 … n−1, cut at multiples of grain.
func Share(part, parts, n, grain int) (from, to int) {
	blocks := (n + grain - 1) / grain
	from, to = blocks*part/parts*grain, blocks*(part+1)/parts*grain
	return min(from, n), min(to, n)
}
