// Package train fits a network to a task: losses, optimisers, schedules and the
// training loop. A run is a pure function of its configuration, its data and the
// seed: neither the number of threads nor the machine changes a bit of it.
package train

import (
	"context"
	"fmt"
	"math"
	"strings"

	"biornn/rnn"
)

// Config describes how a network is trained. The defaults are those of the
// published experiment: 5,120 trials in fixed order, batches of 128, 10 epochs,
// Adam as Keras computes it, Gaussian input noise of standard deviation 0.05.
type Config struct {
	Epochs      int     `toml:"epochs"`
	BatchSize   int     `toml:"batch_size"`
	TrainTrials int     `toml:"train_trials"`
	ValTrials   int     `toml:"val_trials"`
	TestTrials  int     `toml:"test_trials"`
	Shuffle     bool    `toml:"shuffle"`     // new order of trials each epoch
	Loss        string  `toml:"loss"`        // cross-entropy or mean-squared-error
	InputNoise  float64 `toml:"input_noise"` // sd, added to every input in training only

	Optimiser    string  `toml:"optimiser"` // adam, sgd or rmsprop
	LearningRate float64 `toml:"learning_rate"`
	Beta1        float64 `toml:"beta1"`     // adam: decay of the mean
	Beta2        float64 `toml:"beta2"`     // adam, rmsprop: decay of the square
	Epsilon      float64 `toml:"epsilon"`   // adam, rmsprop
	Momentum     float64 `toml:"momentum"`  // sgd
	Schedule     string  `toml:"schedule"`  // constant, linear or cosine (to 0 at the last update)
	WarmUp       int     `toml:"warm_up"`   // updates of linear rise at the start
	ClipNorm     float64 `toml:"clip_norm"` // largest norm of the whole gradient, 0: none

	Patience int `toml:"patience"` // stop after so many epochs without a lower validation loss, 0: never

	KeepWeights int `toml:"keep_weights,omitempty"` // keep the weights at the start and after every so many epochs, 0: only the last
}

// DefaultConfig returns the published training.
func DefaultConfig() Config {
	return Config{
		Epochs: 10, BatchSize: 128, TrainTrials: 5120, ValTrials: 2560, TestTrials: 2560,
		Loss: "cross-entropy", InputNoise: 0.05,
		Optimiser: "adam", LearningRate: 1e-3, Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-7,
		Schedule: "constant",
	}
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	for _, count := range []struct {
		key  string
		v, m int
	}{
		{"epochs", c.Epochs, 1}, {"batch_size", c.BatchSize, 1}, {"train_trials", c.TrainTrials, 1},
		{"val_trials", c.ValTrials, 1}, {"test_trials", c.TestTrials, 1},
		{"warm_up", c.WarmUp, 0}, {"patience", c.Patience, 0}, {"keep_weights", c.KeepWeights, 0},
	} {
		if count.v < count.m {
			return fmt.Errorf("train: %s: want at least %d, got %d", count.key, count.m, count.v)
		}
	}
	for _, number := range []struct {
		key       string
		v, lo, hi float64
	}{
		{"input_noise", c.InputNoise, 0, math.Inf(1)}, {"learning_rate", c.LearningRate, math.SmallestNonzeroFloat64, math.Inf(1)},
		{"beta1", c.Beta1, 0, 1}, {"beta2", c.Beta2, 0, 1}, {"epsilon", c.Epsilon, 0, math.Inf(1)},
		{"momentum", c.Momentum, 0, 1}, {"clip_norm", c.ClipNorm, 0, math.Inf(1)},
	} {
		if !(number.v >= number.lo && number.v <= number.hi) || math.IsInf(number.v, 0) {
			return fmt.Errorf("train: %s: want a finite number from %.3g to %g, got %g", number.key, number.lo, number.hi, number.v)
		}
	}
	for _, word := range []struct {
		key, v string
		all    []string
	}{
		{"loss", c.Loss, []string{"cross-entropy", "mean-squared-error"}},
		{"optimiser", c.Optimiser, []string{"adam", "sgd", "rmsprop"}},
		{"schedule", c.Schedule, []string{"constant", "linear", "cosine"}},
	} {
		if !contains(word.all, word.v) {
			return fmt.Errorf("train: %s: want one of %s, got %q", word.key, strings.Join(word.all, ", "), word.v)
		}
	}
	return nil
}

func contains(all []string, v string) bool {
	for _, a := range all {
		if a == v {
			return true
		}
	}
	return false
}

// Updates returns the number of updates of a whole run. The last batch of an
// epoch may be smaller than the others.
func (c Config) Updates() int {
	return c.Epochs * ((c.TrainTrials + c.BatchSize - 1) / c.BatchSize)
}

// Epoch is one line of a learning curve. Training values are running means over
// the epoch's batches while the weights move, as Keras reports them; validation
// values belong to the weights at the end of the epoch, without input noise.
type Epoch struct {
	Epoch         int     // from 1
	TrainLoss     float64 // nats (or mean squared error), without the penalty
	TrainAccuracy float64 // share of trials, 0…1
	Penalty       float64 // mean over the epoch's updates
	ValLoss       float64
	ValAccuracy   float64
	LearningRate  float64 // at the end of the epoch
}

// Divergence says where and why a run stopped being finite.
type Divergence struct {
	Update int    // from 1
	Cause  string // plain words
}

// Snapshot is the network after an epoch, 0 being the start.
type Snapshot struct {
	Epoch   int
	Network *rnn.Network
}

// Result is what a run leaves behind besides the trained network.
type Result struct {
	Curve        []Epoch
	Kept         []Snapshot // as Config.KeepWeights says; of a run that diverged, those before
	TestLoss     float64
	TestAccuracy float64
	Updates      int         // updates made
	Stopped      bool        // by the patience rule
	Diverged     *Divergence // nil for a finished run
}

// Constraint is what training asks of the penalty on the recurrent weights.
// *constraint.Constraint is one.
type Constraint interface {
	// Penalty returns the value at w ([post][pre]) and adds its gradient to grad.
	Penalty(w, grad []float32) (float64, error)
	// Project puts w back into the allowed set after an update.
	Project(w []float32)
}

// Progress is called after every update; it must be quick.
type Progress func(update int)

// Run trains the network in place. It returns an error only where the work could
// not be done (or ctx ended it); a run that diverges is a result.
func Run(ctx context.Context, cfg Config, job Job, progress Progress) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := job.check(); err != nil {
		return nil, err
	}
	l := newLoop(cfg, job)
	defer l.close()
	return l.run(ctx, progress)
}
