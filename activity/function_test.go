package activity

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/functional"
)

// A whole analysis, twice, gives the same; a circuit of another size is an error.
func TestAnalyse(t *testing.T) {
	run, c := trained(t, "W", "one-step-inference", func(s *experiment.Spec) { s.Train.Epochs, s.Train.TrainTrials = 3, 1000 })
	how := quick()
	first, err := Analyse(run, c, how)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Analyse(run, c, how)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(first.Values, first.Warnings, first.Summary()), fmt.Sprint(second.Values, second.Warnings, second.Summary()); a != b {
		t.Errorf("two analyses differ:\n%s\n%s", a, b)
	}
	if got := len(first.Keys()); got != len(first.Values) {
		t.Errorf("%d of %d values have a definition", got, len(first.Values))
	}
	for _, key := range []string{"accuracy", "units_nonlinear", "decoding_peak:goal", "participation_ratio", "fixed_points", "lesion_area:strength",
		"robustness:longest weights pruned", "alignment_cka", "alignment_before:pearson", "synapse_auc"} {
		if _, ok := first.Values[key]; !ok {
			t.Errorf("there is no %s; warnings: %v", key, first.Warnings)
		}
	}
	for _, s := range first.Summary() {
		for _, line := range s.Lines {
			if n := len([]rune(line)); n > 76 {
				t.Errorf("%s: %d columns: %s", s.Title, n, line)
			}
		}
	}
	if err := first.WriteTables(t.TempDir()); err != nil {
		t.Error(err)
	}
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 31
	other, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Analyse(run, other, how); err == nil {
		t.Error("a circuit of another size was accepted")
	}
	if _, err := Analyse(run, nil, Config{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}

// trained runs a model on a circuit of 30 neurons for an epoch of 64 trials.
func trained(t *testing.T, model, taskName string, change func(*experiment.Spec)) (*experiment.Run, *circuit.Circuit) {
	t.Helper()
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 30
	c, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = functional.Fill(c, functional.DefaultConfig("corrected")); err != nil {
		t.Fatal(err)
	}
	spec, err := experiment.New("corrected", model, taskName, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	spec.Train.Epochs, spec.Train.TrainTrials, spec.Train.ValTrials, spec.Train.TestTrials = 1, 64, 16, 16
	change(&spec)
	run, err := experiment.Execute(t.Context(), spec, c, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return run, c
}

// quick is a configuration of few draws.
func quick() Config {
	how := DefaultConfig()
	how.Trials, how.Shuffles, how.Permutations, how.Draws, how.Starts = 96, 10, 20, 2, 3
	return how
}

// Nothing is left out of the analysis of a cell; the matrix that is compared with synapses
// is the one that the constraint acts on.
func TestAnalyseCells(t *testing.T) {
	for model, change := range map[string]func(*experiment.Spec){
		"WD+leaky": func(*experiment.Spec) {},
		"WD+gru":   func(*experiment.Spec) {},
		"WD+lstm":  func(s *experiment.Spec) { s.Constraint.Model, s.Network.Constrained = "custom", "all" },
	} {
		run, c := trained(t, model, "go-nogo", change)
		r, err := Analyse(run, c, quick())
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"fixed_points", "slow_points", "lesion_area:strength", "lesion_area:nearness to the centre", "robustness:noise on states",
			"robustness:longest weights pruned", "alignment_before:pearson", "synapse_auc", "synapse_before:auc"} {
			if _, ok := r.Values[key]; !ok {
				t.Errorf("%s: there is no %s; warnings: %v", model, key, r.Warnings)
			}
		}
		for _, w := range r.Warnings {
			if strings.Contains(w, "left out: ") {
				t.Errorf("%s: %s", model, w)
			}
		}
		want, err := AlignSynapses(wide(run.Network.Connections()), c.Synapses, nil, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		k, err := constraint.New(run.Spec.Constraint, c, run.Spec.Seed)
		if err != nil {
			t.Fatal(err)
		}
		start, err := AlignSynapses(wide(k.InitialWeights()), c.Synapses, nil, 0, 1) // all matrices start alike
		if err != nil {
			t.Fatal(err)
		}
		for i, g := range r.Synapses {
			if g.Value != want[i].Value || math.Abs(g.Before-start[i].Value) > 1e-6 {
				t.Errorf("%s: %s of %g and %g before training, want %g and %g", model, g.Measure, g.Value, g.Before, want[i].Value, start[i].Value)
			}
		}
	}
}

// The time constants of the leaky cell are in its own steps, which are those of the task
// unless it says otherwise, and before training it has the same ones.
func TestLeakySteps(t *testing.T) {
	for _, of := range []struct {
		task       string
		tau, dt    float64
		step, leak float64
	}{
		{"go-nogo", 200, 0, 100, 0.5}, // the task has no duration
		{"go-nogo", 50, 10, 10, 0.2},
		{"neurogym-go-nogo", 50, 0, 20, 0.4},
		{"neurogym-go-nogo", 200, 10, 10, 0.05},
	} {
		run, c := trained(t, "W+leaky", of.task, func(s *experiment.Spec) {
			s.Network.TauMS, s.Network.StepMS = of.tau, of.dt
			if s.Task.StepMS > 0 {
				s.Task.StepMS = 20
			}
		})
		a, err := begin(run, c, quick())
		if err != nil {
			t.Fatal(err)
		}
		if a.CellStepMS != of.step || math.Abs(float64(a.initial.Leak)-of.leak) > 1e-7 || a.initial.Leak != run.Network.Leak {
			t.Errorf("%+v: steps of %g ms, α %g before and %g after training", of, a.CellStepMS, a.initial.Leak, run.Network.Leak)
		}
		a.FixedPoints.Points = []Point{{Slowest: 3}}
		if row := a.pointRows()[1]; row[len(row)-1] != number(3*of.step) {
			t.Errorf("%+v: a time constant of 3 steps is %s ms", of, row[len(row)-1])
		}
	}
}

// A network of another size than its circuit is examined without it.
func TestAnalyseResized(t *testing.T) {
	run, c := trained(t, "W+gru+matched-size", "go-nogo", func(*experiment.Spec) {})
	r, err := Analyse(run, c, quick())
	if err != nil {
		t.Fatal(err)
	}
	if r.Neurons == c.N() || len(r.Alignment)+len(r.Synapses) != 0 || len(r.Lesions.Curves) != 3 || len(r.Disturbed) != 6 {
		t.Errorf("%d units: %d and %d comparisons, %d orders of lesions, %d disturbances; want none, 3 and 6", r.Neurons, len(r.Alignment), len(r.Synapses), len(r.Lesions.Curves), len(r.Disturbed))
	}
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, "none of the circuit's neurons") }) {
		t.Errorf("warnings: %v", r.Warnings)
	}
}
