package activity

import (
	"fmt"
	"testing"

	"biornn/circuit"
	"biornn/experiment"
	"biornn/functional"
)

// A whole analysis, twice, gives the same; a circuit of another size is an error.
func TestAnalyse(t *testing.T) {
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 30
	c, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = functional.Fill(c, functional.DefaultConfig("corrected")); err != nil {
		t.Fatal(err)
	}
	spec, err := experiment.New("corrected", "W", "one-step-inference", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	spec.Train.Epochs = 3
	run, err := experiment.Execute(t.Context(), spec, c, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	how := DefaultConfig()
	how.Trials, how.Shuffles, how.Permutations, how.Draws, how.Starts = 96, 10, 20, 2, 3
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
