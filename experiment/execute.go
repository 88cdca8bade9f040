package experiment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/rnn"
	"biornn/task"
	"biornn/train"
)

// Options say how a run is computed; they change no bit of its result.
type Options struct {
	Threads  int            // that share the work of every update; below 2 there is one
	Progress train.Progress // called after every update; may be nil

	// Checkpoint is a file in which the run is kept every CheckpointEvery and when it is
	// interrupted, and from which it goes on; empty: none. It is removed when the run is
	// done, unless KeepCheckpoint leaves that to the caller, who may want to save the run
	// first. A damaged one is put aside and the run begins anew.
	Checkpoint      string
	CheckpointEvery time.Duration
	KeepCheckpoint  bool
}

// Execute computes the run of a Spec on its circuit.
func Execute(ctx context.Context, s Spec, c *circuit.Circuit, o Options) (*Run, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if hash := c.Hash(); hash != s.CircuitHash {
		return nil, fmt.Errorf("experiment: circuit %q: want the content %.12s…, got %.12s…: the spec belongs to another circuit", c.Name, s.CircuitHash, hash)
	}
	t, err := task.New(s.Task)
	if err != nil {
		return nil, err
	}
	k, err := s.constraint(c)
	if err != nil {
		return nil, err
	}
	info := t.Info()
	net, err := rnn.New(s.network(info), k.InitialWeights(), k.Mask(), len(info.Inputs), len(info.Outputs), s.Seed)
	if err != nil {
		return nil, err
	}
	job := train.Job{Network: net, Constraint: k, Seed: s.Seed, Threads: o.Threads}
	for _, set := range []struct {
		split  string
		trials int
		to     **task.Dataset
	}{
		{"train", s.Train.TrainTrials, &job.Train},
		{"validation", s.Train.ValTrials, &job.Val},
		{"test", s.Train.TestTrials, &job.Test},
	} {
		if *set.to, err = task.Generate(t, s.Seed, set.split, set.trials); err != nil {
			return nil, err
		}
	}
	if err := o.resume(s, &job); err != nil {
		return nil, err
	}
	result, err := train.Run(ctx, s.Train, job, o.Progress)
	if err != nil {
		return nil, err
	}
	if !o.KeepCheckpoint {
		if err := o.RemoveCheckpoint(); err != nil {
			return nil, err
		}
	}
	warnings := k.Warnings()
	if net.Leak == 1 {
		warnings = append(warnings, fmt.Sprintf("network: a step lasts as long as tau_ms, %g ms: leaky units forget all in one step, as simple ones do", s.Network.TauMS))
	}
	return &Run{Spec: s, Result: *result, Network: net, Warnings: warnings}, nil
}

// constraint prepares that of the circuit or, for a network of another size, one that
// needs none.
func (s Spec) constraint(c *circuit.Circuit) (*constraint.Constraint, error) {
	if s.Network.Units == 0 {
		return constraint.New(s.Constraint, c, s.Seed)
	}
	if constraint.Resized(s.Constraint.Model) {
		if want, err := networkOf(s.Constraint.Model, s.Task, c.N()); err != nil || want.Units != s.Network.Units {
			return nil, errors.Join(err, fmt.Errorf("experiment: network.units: want %d, as many parameters as the simple network of circuit %q, got %d: set model to custom", want.Units, c.Name, s.Network.Units))
		}
	}
	return constraint.NewSized(s.Constraint, s.Network.Units, s.Seed)
}

// RemoveCheckpoint removes the checkpoint of a run that is done.
func (o Options) RemoveCheckpoint() error {
	if o.Checkpoint == "" {
		return nil
	}
	if err := os.Remove(o.Checkpoint); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("experiment: %w", err)
	}
	return nil
}

// resume lets a job be kept in the checkpoint file and go on from what is there.
func (o Options) resume(s Spec, job *train.Job) error {
	if o.Checkpoint == "" {
		return nil
	}
	job.Checkpoint = train.Checkpoint{Every: o.CheckpointEvery, Save: func(state *train.State) error {
		return writeCheckpoint(o.Checkpoint, s, state)
	}}
	var err error
	job.Resume, err = readCheckpoint(o.Checkpoint, s, job.Network)
	if errors.Is(err, ErrDamaged) {
		aside := o.Checkpoint + ".damaged"
		if err := os.Rename(o.Checkpoint, aside); err != nil {
			return fmt.Errorf("experiment: %w", err)
		}
		return nil
	}
	return err
}
