package experiment

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// files returns what a run leaves, without the machine.
func filesOf(t *testing.T, r *Run) map[string][]byte {
	t.Helper()
	files, err := r.files()
	if err != nil {
		t.Fatal(err)
	}
	delete(files, machineFile)
	return files
}

func sameRun(t *testing.T, what string, got, want *Run) {
	t.Helper()
	a, b := filesOf(t, got), filesOf(t, want)
	for name := range b {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s: %s differs from that of an undisturbed run", what, name)
		}
	}
}

// TestResumedRunIsTheSame interrupts runs after every few updates, and goes on from the
// checkpoint each time.
func TestResumedRunIsTheSame(t *testing.T) {
	c := toy(t)
	for _, change := range [][]string{
		nil,
		{"train.shuffle=true", "train.patience=1", "train.schedule=cosine", "network.activation=tanh"},
		{"constraint.refresh_every=3"},
		{"train.keep_weights=1"},
		{"train.keep_weights=2", "constraint.mask=synapses"},
		{"constraint.mask=synapses", "constraint.refresh_every=4"},
		{"train.optimiser=sgd", "train.momentum=0.9", "train.batch_size=100"},
	} {
		s, err := quick(t, c, "WD*C").With(change)
		if err != nil {
			t.Fatal(err)
		}
		s.Train.Epochs, s.Train.BatchSize = 3, min(s.Train.BatchSize, 100)
		want := execute(t, s, c)
		path := filepath.Join(t.TempDir(), "checkpoint")
		var got *Run
		for tries := 0; got == nil; tries++ {
			if tries > 100 {
				t.Fatal("the run makes no progress")
			}
			ctx, cancel := context.WithCancel(t.Context())
			count := 0
			got, err = Execute(ctx, s, c, Options{Checkpoint: path, CheckpointEvery: 1, Progress: func(int) {
				if count++; count == 2 {
					cancel()
				}
			}})
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
		sameRun(t, s.Name(), got, want)
		if _, err := os.Stat(path); err == nil {
			t.Error("the checkpoint of a finished run is still there")
		}
	}
}

// TestDamagedCheckpoint flips a bit of every hundredth byte, or cuts the file: the run
// begins anew and comes out right.
func TestDamagedCheckpoint(t *testing.T) {
	c := toy(t)
	s := quick(t, c, "W")
	s.Train.Epochs = 1
	want := execute(t, s, c)
	path := filepath.Join(t.TempDir(), "checkpoint")
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Execute(ctx, s, c, Options{Checkpoint: path, CheckpointEvery: 1, Progress: func(int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damages := [][]byte{good[:len(good)/2], nil, good[:10]}
	for at := 0; at < len(good); at += len(good)/6 + 1 {
		bad := slices.Clone(good)
		bad[at] ^= 4
		damages = append(damages, bad)
	}
	for i, bad := range damages {
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := Execute(t.Context(), s, c, Options{Checkpoint: path, CheckpointEvery: 1 << 40})
		if err != nil {
			t.Fatalf("damage %d: %v", i, err)
		}
		sameRun(t, "damaged checkpoint", r, want)
		if kept, err := os.ReadFile(path + ".damaged"); err != nil || !bytes.Equal(kept, bad) {
			t.Errorf("damage %d: the damaged checkpoint was not kept: %v", i, err)
		}
	}
	if err := os.WriteFile(path, good, 0o644); err != nil {
		t.Fatal(err)
	}
	other := s
	other.Seed = 99
	if _, err := Execute(t.Context(), other, c, Options{Checkpoint: path}); err == nil {
		t.Error("a checkpoint of another run was taken")
	}
}
