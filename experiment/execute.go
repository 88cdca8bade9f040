package experiment

import (
	"context"
	"fmt"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/rnn"
	"biornn/task"
	"biornn/train"
)

// Execute computes the run of a Spec on its circuit. The progress function, which
// may be nil, is called after every update.
func Execute(ctx context.Context, s Spec, c *circuit.Circuit, progress train.Progress) (*Run, error) {
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
	k, err := constraint.New(s.Constraint, c, s.Seed)
	if err != nil {
		return nil, err
	}
	info := t.Info()
	net, err := rnn.New(s.Network, k.InitialWeights(), len(info.Inputs), len(info.Outputs), s.Seed)
	if err != nil {
		return nil, err
	}
	job := train.Job{Network: net, Constraint: k, Seed: s.Seed}
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
	result, err := train.Run(ctx, s.Train, job, progress)
	if err != nil {
		return nil, err
	}
	return &Run{Spec: s, Result: *result, Network: net, Warnings: k.Warnings()}, nil
}
