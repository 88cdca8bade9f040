package study

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// mostSeconds is what a step of a study of 10,000 runs may take here; it is well below two
// on a machine that has nothing else to do (docs/reliability.md).
const mostSeconds = 10

// TestTenThousandRuns: planning, opening, claiming and status stay fast and small in a
// study of 10,000 runs of which all but a few are there.
func TestTenThousandRuns(t *testing.T) {
	text := strings.NewReplacer("seeds = 1", "seeds = 2500", "epochs = 2", "epochs = 1").Replace(fmt.Sprintf(quickStudy, 1))
	path := studyIn(t, text)
	took := func(what string, f func()) {
		t.Helper()
		begun := time.Now()
		f()
		d := time.Since(begun)
		t.Logf("%s: %.2f s", what, d.Seconds())
		if d > mostSeconds*time.Second {
			t.Errorf("%s took %v", what, d)
		}
	}
	var s *Sweep
	took("plan and begin", func() { s = openFile(t, path) })
	if len(s.names) != 10000 {
		t.Fatalf("%d runs", len(s.names))
	}
	pretend(t, s, 4)
	took("open again", func() { s = openFile(t, path) })
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	o := quickly
	o.NoCheck = true // the check reads every byte of every run, which is no start-up
	took("start, claim and make the last 4", func() {
		status, err := s.Run(t.Context(), o)
		if err != nil || status.Skipped != 9996 || status.Finished != 4 {
			t.Fatalf("%+v, %v", status, err)
		}
	})
	took("status", func() {
		p, err := ReadProgress(s.Dir())
		if err != nil || p.Done != 10000 || p.Left != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
		t.Errorf("the heap has grown by %d MiB", grown>>20)
	}
}

// pretend makes all runs but the last few, with the few small files that status reads.
func pretend(t *testing.T, s *Sweep, but int) {
	t.Helper()
	files := map[string]string{
		"result.json": "{\n  \"outcome\": \"finished\"\n}\n",
		"history.csv": "epoch,train_loss,train_accuracy,penalty,val_loss,val_accuracy,learning_rate\n1,0.6,0.5,0.1,0.7,0.5,0.001\n",
	}
	for _, name := range s.names[:len(s.names)-but] {
		if err := os.MkdirAll(s.runDir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(s.runDir(name), file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
