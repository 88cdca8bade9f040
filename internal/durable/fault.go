package durable

import "sync/atomic"

// Faults lets tests make the steps of a write fail: it is asked before each step (create,
// mkdir, write, sync, close, link, rename) with the path that is being made, and a step
// fails with the error that it returns. A write that fails is a short one.
type Faults func(step, path string) error

var faults atomic.Pointer[Faults]

// Inject makes writes of this process ask f, until restore is called.
func Inject(f Faults) (restore func()) {
	before := faults.Swap(&f)
	return func() { faults.Store(before) }
}

func fault(step, path string) error {
	if f := faults.Load(); f != nil {
		return (*f)(step, path)
	}
	return nil
}
