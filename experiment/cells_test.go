package experiment

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"biornn/constraint"
	"biornn/rnn"
)

// variants are networks of every cell, with every kind of constraint on one of them.
var variants = []struct {
	model string
	set   []string
}{
	{"W*D*C+leaky", []string{"network.unit_noise=0.05"}},
	{"WD*C+gru", nil},
	{"WD*C*+lstm", []string{"network.constrained=all", "constraint.refresh_every=3"}},
	{"W*D*C+dale", nil},
	{"WD+dale+gru", []string{"network.constrained=all"}},
	{"WD*+leaky+dale", []string{"constraint.mask=synapses", "network.unit_noise=0.1", "train.input_noise=0"}},
}

// TestCellsAreRuns: threads and interruptions change no bit of any cell, and a run's
// folder gives it back.
func TestCellsAreRuns(t *testing.T) {
	c := toy(t)
	for _, v := range variants {
		s, err := quick(t, c, v.model).With(v.set)
		if err != nil {
			t.Fatal(err)
		}
		if s.Constraint.Model == "custom" {
			t.Errorf("%s lost its name", v.model)
		}
		want := execute(t, s, c)
		if want.Diverged() {
			t.Fatalf("%s: %+v", v.model, want.Result.Diverged)
		}
		k, err := constraint.New(s.Constraint, c, s.Seed)
		if err != nil {
			t.Fatal(err)
		}
		rightSigns(t, v.model, want.Network, k.Signs())
		got, err := Execute(t.Context(), s, c, Options{Threads: 3})
		if err != nil {
			t.Fatal(err)
		}
		sameRun(t, v.model+" on 3 threads", got, want)
		sameRun(t, v.model+" interrupted", interrupted(t, s), want)
		dir, err := want.Save(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if got, err = Load(dir); err != nil {
			t.Fatal(err)
		}
		sameRun(t, v.model+" loaded", got, want)
		a, b := got.Network, want.Network
		if a.Cell != b.Cell || a.Leak != b.Leak || a.UnitNoise != b.UnitNoise || a.Constrained != b.Constrained || !slices.Equal(got.Weights64(), want.Weights64()) {
			t.Errorf("%s: the network changes as it is written and read", v.model)
		}
	}
}

// interrupted computes a run that is cut short after a few updates, and goes on.
func interrupted(t *testing.T, s Spec) *Run {
	t.Helper()
	c := toy(t)
	path := filepath.Join(t.TempDir(), "checkpoint")
	ctx, cancel := context.WithCancel(t.Context())
	count := 0
	_, err := Execute(ctx, s, c, Options{Checkpoint: path, Progress: func(int) {
		if count++; count == 2 {
			cancel()
		}
	}})
	cancel()
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("want an interruption, got %v", err)
	}
	got, err := Execute(t.Context(), s, c, Options{Checkpoint: path})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestCellsLearn: every cell solves Go/NoGo on a small circuit, and under Dale's law no
// weight ever has the wrong sign.
func TestCellsLearn(t *testing.T) {
	if testing.Short() {
		t.Skip("training every cell to the end takes long without vectors")
	}
	c := toy(t)
	for _, model := range []string{"WD*C+leaky", "WD*C+gru", "WD*C+lstm", "W+dale", "WD*C+leaky+dale"} {
		s := quick(t, c, model)
		s.Train.Epochs, s.Train.TrainTrials, s.Train.LearningRate = 20, 1280, 2e-3
		if model == "W+dale" {
			s.Train.LearningRate = 1e-3
		}
		k, err := constraint.New(s.Constraint, c, s.Seed)
		if err != nil {
			t.Fatal(err)
		}
		r := execute(t, s, c)
		if r.Result.TestAccuracy < 0.95 {
			t.Errorf("%s: want Go/NoGo to be solved, got a test accuracy of %.3f", model, r.Result.TestAccuracy)
		}
		signs := k.Signs()
		if strings.Contains(model, "dale") == (signs == nil) {
			t.Errorf("%s: signs %v", model, signs)
		}
		rightSigns(t, model, r.Network, signs)
	}
}

// rightSigns checks every weight that Dale's law governs.
func rightSigns(t *testing.T, model string, net *rnn.Network, signs []int8) {
	t.Helper()
	for _, m := range net.Constrains() {
		for i, w := range m {
			if signs == nil {
				return
			}
			pre := i % len(signs)
			if net.Mask != nil {
				pre = int(net.Mask.Columns[i])
			}
			if w*float32(signs[pre]) < 0 {
				t.Fatalf("%s: weight %d has the wrong sign: %g", model, i, w)
			}
		}
	}
}

func TestSpecsOfCells(t *testing.T) {
	c := toy(t)
	plain := quick(t, c, "WD*C")
	for _, tc := range []struct {
		set   []string
		model string
		want  rnn.Config
	}{
		{[]string{"network.cell=gru"}, "custom", rnn.DefaultConfig().WithCell("gru")},
		{[]string{`network.cell = "leaky"`}, "custom", rnn.DefaultConfig().WithCell("leaky")},
		{[]string{"network.cell=lstm", "constraint.model=w-dreal-c+lstm"}, "w-dreal-c+lstm", rnn.DefaultConfig().WithCell("lstm")},
		{[]string{"network.tau_ms=500", "network.cell=leaky"}, "custom", func() rnn.Config {
			n := rnn.DefaultConfig().WithCell("leaky")
			n.TauMS = 500
			return n
		}()},
	} {
		s, err := plain.With(tc.set)
		if err != nil || s.Network != tc.want || s.Constraint.Model != tc.model {
			t.Errorf("%q: got %s with %+v, %v", tc.set, s.Constraint.Model, s.Network, err)
		}
	}
	for _, tc := range []struct {
		model string
		set   []string
		says  string
	}{
		{"WD*C", []string{"network.cell=gru", "network.activation=relu"}, "wants tanh"},
		{"WD*C+gru", []string{"constraint.mask=synapses"}, "masks are for"},
		{"WD*C+leaky", []string{"task.name=perceptual-decision", "network.tau_ms=50"}, "want at most tau_ms"},
		{"WD*C+leaky", []string{"task.name=go-nogo", "network.tau_ms=50"}, "want at most tau_ms, 50, got 100"}, // whose steps have no length of their own
		{"WD*C", []string{"network.cell=grue"}, "did you mean gru"},
	} {
		if _, err := quick(t, c, tc.model).With(tc.set); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s %q: want %q, got %v", tc.model, tc.set, tc.says, err)
		}
	}
	wrong := quick(t, c, "W+gru")
	wrong.Constraint.Model = "w"
	if err := wrong.Validate(); err == nil || !strings.Contains(err.Error(), `w has the cell "", got "gru"`) {
		t.Errorf("a gru under the name of a simple network: %v", err)
	}
	if s, err := quick(t, c, "W+dale").With([]string{"constraint.excitatory_fraction=0.5"}); err != nil || s.Constraint.Model != "custom" {
		t.Errorf("another fraction under the name of the control: %s, %v", s.Constraint.Model, err)
	}
	if s, err := quick(t, c, "W").With([]string{"constraint.sign=dale", "constraint.excitatory_fraction=0.5"}); err != nil || s.Constraint.Model != "custom" {
		t.Errorf("Dale's law under the name of a model without: %s, %v", s.Constraint.Model, err)
	}
}

// TestLeakOfATask: the task's step counts unless the spec has one, and a leak of 1 is a
// doubt.
func TestLeakOfATask(t *testing.T) {
	c := toy(t)
	for _, tc := range []struct {
		task   string
		set    []string
		leak   float64
		doubts int
	}{
		{"go-nogo", nil, 0.5, 0},
		{"go-nogo", []string{"network.dt_ms=20"}, 0.1, 0},
		{"neurogym-go-nogo", []string{"task.dt_ms=50"}, 0.25, 0},
		{"neurogym-go-nogo", []string{"task.dt_ms=50", "network.dt_ms=10"}, 0.05, 0},
		{"perceptual-decision", []string{"network.tau_ms=100"}, 1, 1},
	} {
		s, err := New("corrected", "W+leaky", tc.task, c, 1)
		if err == nil {
			s, err = s.With(append(tc.set, "train.epochs=1", "train.train_trials=8", "train.val_trials=8", "train.test_trials=8"))
		}
		if err != nil {
			t.Fatal(err)
		}
		r := execute(t, s, c)
		if math.Abs(float64(r.Network.Leak)-tc.leak) > 1e-7 || len(r.Warnings) != tc.doubts {
			t.Errorf("%s %q: want α = %g and %d doubts, got %g and %q", tc.task, tc.set, tc.leak, tc.doubts, r.Network.Leak, r.Warnings)
		}
	}
}

// TestMatchedSize: gated networks of as many parameters as the simple one, for models
// without a circuit alone.
func TestMatchedSize(t *testing.T) {
	c := toy(t)
	s := quick(t, c, "WD+gru+matched-size")
	r := execute(t, s, c)
	count := 0
	for _, p := range r.Network.Parameters() {
		count += len(p.Data)
	}
	want := rnn.ParameterCount("", c.N(), r.Network.Inputs, r.Network.Outputs)
	if n := r.Network.Neurons; n >= c.N() || math.Abs(float64(count-want)) > 4*float64(n) {
		t.Errorf("%d units have %d parameters, want about %d", n, count, want)
	}
	if _, err := quick(t, c, "WD*C+gru").With([]string{"network.units=9"}); err == nil || !strings.Contains(err.Error(), "one unit for each neuron") {
		t.Errorf("positions of other neurons: %v", err)
	}
	s.Network.Units = 5
	if _, err := Execute(t.Context(), s, c, Options{}); err == nil || !strings.Contains(err.Error(), "set model to custom") {
		t.Errorf("another size under the name: %v", err)
	}
	if s, err := quick(t, c, "W").With([]string{"network.units=9"}); err != nil || s.Constraint.Model != "custom" || execute(t, s, c).Network.Neurons != 9 {
		t.Errorf("nine units: %s, %v", s.Constraint.Model, err)
	}
}
