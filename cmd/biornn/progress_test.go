package main

import (
	"bytes"
	"testing"
	"time"

	"biornn/sweep"
)

// TestProgressOfSeveralSweeps: each tells its end once, however long it took, and what is
// printed after a broken one begins on a line of its own.
func TestProgressOfSeveralSweeps(t *testing.T) {
	var out bytes.Buffer
	p := &progress{w: &out, width: 40, unit: "runs", last: time.Now()}
	end := func(seconds time.Duration) {
		s := sweep.Status{Jobs: 2, Finished: 2, Elapsed: seconds * time.Second}
		p.show(s)
		s.Elapsed += time.Second
		p.show(s) // the end told twice
	}
	end(3)
	p.restart()
	end(5)
	if want := "2/2 runs, 100 % in 3 s\n2/2 runs, 100 % in 5 s\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	out.Reset()
	p.terminal = true
	p.show(sweep.Status{Jobs: 2, Finished: 1})
	p.end()
	p.end()
	if text := out.String(); text[len(text)-1] != '\n' || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
		t.Errorf("a broken sweep: %q", text)
	}
	var none *progress
	none.end() // of a command without one
}
