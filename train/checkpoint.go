package train

import (
	"fmt"
	"time"

	"biornn/rnn"
)

// Lag is what a constraint carries from update to update: a penalty that is computed
// anew only every so often.
type Lag struct {
	Age   int // updates since it was computed
	Value float64
	Grad  []float32 // as long as the recurrent weights; nil where there is none
}

// lagging is a constraint with a Lag.
type lagging interface {
	Kept() (age int, value float64, grad []float32)
	Restore(age int, value float64, grad []float32) error
}

// State is a training between two updates: all that the rest of it depends on beside its
// Config and Job. A training that goes on from a State ends with the same bits as one
// that was never interrupted.
type State struct {
	Update int // made so far
	Epoch  int // in progress, from 1
	At     int // trials of the epoch that are done

	Network       *rnn.Network // weights
	First, Second *rnn.Network // moments of the optimiser

	Loss                     float64 // sums over the epoch's batches
	Correct, Trials, Batches int
	Penalty                  float64
	Curve                    []Epoch
	Kept                     []Snapshot
	BestLoss                 float64
	SinceBest                int
	Lag                      Lag
}

// Checkpoint says when and how the state of a training is kept.
type Checkpoint struct {
	Every time.Duration
	// Save keeps a state; it must copy what it needs. It is called every so often, and
	// once more when the training is interrupted.
	Save func(*State) error
}

// progress is what run and epoch carry beside the network.
type progress struct {
	epoch, at int
	total     score
	penalty   float64
	batches   int
	best      float64
	since     int
}

// state returns the present state; it shares its arrays with the training.
func (l *loop) state() *State {
	s := &State{
		Update: l.update, Epoch: l.now.epoch, At: l.now.at,
		Network: l.job.Network, First: l.opt.first, Second: l.opt.second,
		Loss: l.now.total.loss, Correct: l.now.total.correct, Trials: l.now.total.trials,
		Penalty: l.now.penalty, Batches: l.now.batches,
		Curve: l.result.Curve, Kept: l.result.Kept, BestLoss: l.now.best, SinceBest: l.now.since,
	}
	if c, ok := l.job.Constraint.(lagging); ok {
		s.Lag.Age, s.Lag.Value, s.Lag.Grad = c.Kept()
	}
	return s
}

// restore goes on from a state.
func (l *loop) restore(s *State) error {
	for _, pair := range [][2]*rnn.Network{{l.job.Network, s.Network}, {l.opt.first, s.First}, {l.opt.second, s.Second}} {
		if pair[1] == nil {
			return fmt.Errorf("train: state: want weights and both moments, got less")
		}
		to, from := pair[0].Parameters(), pair[1].Parameters()
		for i := range to {
			if len(to[i].Data) != len(from[i].Data) {
				return fmt.Errorf("train: state: %s: want %d numbers, got %d: it belongs to another network", to[i].Name, len(to[i].Data), len(from[i].Data))
			}
			copy(to[i].Data, from[i].Data)
		}
	}
	if s.Epoch < 1 || s.Epoch > l.cfg.Epochs || s.At < 0 || s.At > len(l.order) || s.At%l.cfg.BatchSize != 0 && s.At != len(l.order) {
		return fmt.Errorf("train: state: want a place in the training, got epoch %d, trial %d", s.Epoch, s.At)
	}
	if c, ok := l.job.Constraint.(lagging); ok {
		if err := c.Restore(s.Lag.Age, s.Lag.Value, s.Lag.Grad); err != nil {
			return err
		}
	}
	l.update, l.result.Updates = s.Update, s.Update
	l.result.Curve = append([]Epoch(nil), s.Curve...)
	l.result.Kept = append([]Snapshot(nil), s.Kept...)
	l.now = progress{epoch: s.Epoch, at: s.At, total: score{s.Loss, s.Correct, s.Trials}, penalty: s.Penalty, batches: s.Batches, best: s.BestLoss, since: s.SinceBest}
	return nil
}

// keep saves the state if it is time to, or if the training is about to be interrupted.
func (l *loop) keep(interrupted bool) error {
	c := l.job.Checkpoint
	if c.Save == nil || !interrupted && time.Since(l.kept) < c.Every {
		return nil
	}
	l.kept = time.Now()
	return c.Save(l.state())
}
