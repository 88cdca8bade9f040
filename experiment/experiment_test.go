package experiment

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/functional"
	"biornn/rnn"
)

func toy(t *testing.T) *circuit.Circuit {
	t.Helper()
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 20
	c, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = functional.Fill(c, functional.DefaultConfig("corrected")); err != nil {
		t.Fatal(err)
	}
	return c
}

func quick(t *testing.T, c *circuit.Circuit, model string) Spec {
	t.Helper()
	s, err := New("corrected", model, "go-nogo", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Train.Epochs, s.Train.TrainTrials, s.Train.ValTrials, s.Train.TestTrials = 2, 256, 64, 64
	return s
}

func execute(t *testing.T, s Spec, c *circuit.Circuit) *Run {
	t.Helper()
	r, err := Execute(t.Context(), s, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestThreadsChangeNoBit trains models with every kind of penalty on several threads.
func TestThreadsChangeNoBit(t *testing.T) {
	c := toy(t)
	for _, model := range []string{"W*D*C", "WD*C*", "WD"} {
		s := quick(t, c, model)
		s.Network.Activation = "tanh"
		want := execute(t, s, c)
		for _, threads := range []int{2, 8} {
			got, err := Execute(t.Context(), s, c, Options{Threads: threads})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range got.Network.Parameters() {
				if !slices.Equal(p.Data, want.Network.Parameters()[i].Data) {
					t.Errorf("%s on %d threads: %s differs", model, threads, p.Name)
				}
			}
			if got.Result.TestLoss != want.Result.TestLoss || got.FinalEpoch() != want.FinalEpoch() {
				t.Errorf("%s on %d threads: the learning curve differs", model, threads)
			}
		}
	}
}

func TestSpecText(t *testing.T) {
	s := quick(t, toy(t), "W*D*C")
	again, err := ParseSpec(s.TOML())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != s.Hash() || again.Name() != s.Name() {
		t.Errorf("a spec changes as it is written and read:\n%s\n%s", s.TOML(), again.TOML())
	}
	if !strings.HasPrefix(s.Name(), "wbio-dreal-c_go-nogo_s1_") {
		t.Errorf("name %s", s.Name())
	}
	other := s
	other.Constraint.Lambda *= 2
	if other.Hash() == s.Hash() {
		t.Error("another λ has the same hash")
	}
	for change, says := range map[[2]string]string{
		{"lambda =", "lamda ="}:                      "unknown key \"constraint.lamda\"",
		{"epochs = 2", "epochs = 0"}:                 "epochs: want at least 1, got 0",
		{"format = 1", "format = 99"}:                "another version",
		{"seed = 1", "seed = "}:                      "line",
		{"init = 'bio'", "init = 'orthogonal'"}:      "set model to custom",
		{"model = 'wbio-dreal-c'", "model = 'mine'"}: "no model is called",
	} {
		text := strings.Replace(string(s.TOML()), change[0], change[1], 1)
		if _, err := ParseSpec([]byte(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: want %q, got %v", change[1], says, err)
		}
	}
}

func TestSaveAndLoad(t *testing.T) {
	c := toy(t)
	r := execute(t, quick(t, c, "WD*C"), c)
	root := t.TempDir()
	dir, err := r.Save(root)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := r.Save(root); err != nil || again != dir {
		t.Errorf("saving twice: %s, %v", again, err)
	}
	got, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	sameWeights(t, got.Network, r.Network)
	if got.Result.TestAccuracy != r.Result.TestAccuracy || len(got.Result.Curve) != 2 || got.FinalEpoch() != r.FinalEpoch() || got.Diverged() {
		t.Errorf("got %+v, want %+v", got.Result, r.Result)
	}
	for _, name := range []string{specFile, historyFile, weightsFile, resultFile, sumsFile, machineFile} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for what, damaged := range map[string][]byte{"cut": whole[:len(whole)/2], "flipped": flipped(whole)} {
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Load(dir); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: %v", name, what, err)
			}
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(filepath.Join(root, "nowhere")); !errors.Is(err, ErrAbsent) {
		t.Errorf("an absent run: %v", err)
	}
	recordsAreRuns(t, dir, got)
}

// recordsAreRuns: without its weights a run is read as before, and damage of what is left
// is found.
func recordsAreRuns(t *testing.T, dir string, want *Run) {
	files, err := Record(dir)
	if err != nil {
		t.Fatal(err)
	}
	light := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(light, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, data := range files {
		write(name, data)
	}
	got, err := LoadRecord(light)
	if err != nil {
		t.Fatal(err)
	}
	if got.Network != nil || got.Spec.Hash() != want.Spec.Hash() || got.Result.TestAccuracy != want.Result.TestAccuracy || got.FinalEpoch() != want.FinalEpoch() {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if again, err := Record(light); err != nil || !maps.EqualFunc(again, files, bytes.Equal) {
		t.Errorf("a record of a record: %v", err)
	}
	if _, err := Load(light); !errors.Is(err, ErrNoWeights) {
		t.Errorf("want weights: %v", err)
	}
	for _, name := range []string{specFile, historyFile, resultFile, sumsFile, machineFile} {
		write(name, flipped(files[name]))
		if _, err := LoadRecord(light); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s flipped: %v", name, err)
		}
		write(name, files[name])
	}
	if err := os.Remove(filepath.Join(light, leftOutFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadRecord(light); !errors.Is(err, ErrDamaged) {
		t.Errorf("weights that nobody left out: %v", err)
	}
}

func flipped(b []byte) []byte {
	out := append([]byte(nil), b...)
	out[len(out)/2] ^= 1
	return out
}

func sameWeights(t *testing.T, a, b *rnn.Network) {
	t.Helper()
	for i, p := range a.Parameters() {
		for k, v := range b.Parameters()[i].Data {
			if math.Float32bits(p.Data[k]) != math.Float32bits(v) {
				t.Fatalf("%s[%d]: %g and %g", p.Name, k, p.Data[k], v)
			}
		}
	}
}

// TestDivergedRun: a silent neuron without ε makes the penalty NaN; the run is kept
// and says so.
func TestDivergedRun(t *testing.T) {
	c := toy(t)
	s := quick(t, c, "WD*C")
	s.Constraint.Epsilon, s.Constraint.Sign = 0, "nonnegative"
	s.Constraint.Lambda, s.Train.LearningRate, s.Train.Epochs = 1e6, 1, 20
	r := execute(t, s, c)
	if !r.Diverged() || r.Result.Diverged.Update < 2 {
		t.Fatalf("%+v", r.Result)
	}
	dir, err := r.Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir)
	if err != nil || !got.Diverged() || got.Result.Diverged.Cause != r.Result.Diverged.Cause {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOtherCircuit(t *testing.T) {
	c := toy(t)
	s := quick(t, c, "W")
	s.CircuitHash = "0123456789abcdef"
	if _, err := Execute(t.Context(), s, c, Options{}); err == nil || !strings.Contains(err.Error(), "another circuit") {
		t.Errorf("got %v", err)
	}
}

// TestMaskedRunIsKept trains under a mask, saves and loads.
func TestMaskedRunIsKept(t *testing.T) {
	c := toy(t)
	s, err := quick(t, c, "WD*C").With([]string{"constraint.mask=synapses", "train.epochs = 1"})
	if err != nil {
		t.Fatal(err)
	}
	r := execute(t, s, c)
	if r.Network.Mask == nil || len(r.Network.W) != c.Synapses.Len() {
		t.Fatalf("%d weights for %d synapses", len(r.Network.W), c.Synapses.Len())
	}
	dir, err := r.Save(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(again.Weights64(), r.Weights64()) || !slices.Equal(again.Network.Mask.Columns, r.Network.Mask.Columns) {
		t.Error("the network changes as it is written and read")
	}
	for i, w := range c.Synapses.Matrix() {
		if w == 0 && again.Weights64()[i] != 0 {
			t.Fatalf("a weight grew where there is no synapse: %d", i)
		}
	}
}

func TestSpecWith(t *testing.T) {
	s := quick(t, toy(t), "WD*C")
	for _, tc := range []struct {
		set   []string
		check func(Spec) bool
	}{
		{[]string{"seed=7"}, func(s Spec) bool { return s.Seed == 7 }},
		{[]string{"constraint.lambda=0.5", "train.learning_rate = 1e-2"}, func(s Spec) bool { return s.Constraint.Lambda == 0.5 && s.Train.LearningRate == 0.01 }},
		{[]string{`network.activation="tanh"`}, func(s Spec) bool { return s.Network.Activation == "tanh" }},
		{[]string{"constraint.init=glorot-normal"}, func(s Spec) bool {
			return s.Constraint.Model == "custom" && s.Constraint.Init == "glorot-normal"
		}},
		{nil, func(x Spec) bool { return x.Hash() == s.Hash() }},
	} {
		got, err := s.With(tc.set)
		if err != nil || !tc.check(got) {
			t.Errorf("%q: %v", tc.set, err)
		}
	}
	for set, want := range map[string]string{
		"seed": "want section.key=value", "constrain.lambda=1": "did you mean constraint", "train.epoch=3": "unknown key", "train.epochs=0": "epochs",
		"train.epochs=many": "string",
	} {
		if _, err := s.With([]string{set}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", set, want, err)
		}
	}
}
