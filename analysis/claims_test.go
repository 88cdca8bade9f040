package analysis

import (
	"fmt"
	"strings"
	"testing"

	"biornn/internal/rng"
)

var abstract = []string{"wbio-dreal-c", "w-dreal-c", "w-dgrid-c", "w-dreal", "w-dgrid", "w"}
var three = []string{"one-step-inference", "go-nogo", "perceptual-decision"}

// synthetic makes records whose true values are given by mean; sd is the noise of a
// run, beside a part that all models share at one seed.
func synthetic(preset string, seeds int, sd float64, mean func(model, task, measure string) float64) []Record {
	var out []Record
	for seed := range uint64(seeds) {
		for t, name := range three {
			shared := rng.New(seed, "synthetic/shared", uint64(t)).Norm() * 0.01
			for m, model := range abstract {
				s := rng.New(seed, "synthetic/run", uint64(t), uint64(m))
				r := Record{Run: fmt.Sprint(model, name, seed), Model: model, Task: name, Preset: preset, Seed: seed, Outcome: Finished}
				for _, key := range []string{"test_accuracy", "train_accuracy", "modularity", "modularity_louvain", "small_worldness", "small_worldness_density"} {
					r.Set(key, mean(model, name, key)+shared+float64(sd*s.Norm()))
				}
				out = append(out, r)
			}
		}
	}
	return out
}

func verdicts(t *testing.T, records []Record) map[string]Claim {
	t.Helper()
	claims, err := Claims(records)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Claim{}
	for _, c := range claims {
		out[c.ID] = c
		t.Logf("%s %s: %s\n\t%s", c.ID, c.Verdict, c.Reason, strings.Join(c.Evidence, "\n\t"))
	}
	return out
}

// plateau gives every measure of every model one value.
func plateau(v float64) func(model, task, measure string) float64 {
	return func(model, task, measure string) float64 { return v }
}

func TestClaimsWhereTheTruthIsKnown(t *testing.T) {
	for _, c := range []struct {
		name  string
		seeds int
		sd    float64
		mean  func(model, task, measure string) float64
		want  map[string]string
	}{
		{"all as claimed", 8, 0.01, func(model, task, measure string) float64 {
			rank := map[string]float64{"wbio-dreal-c": 5, "w-dreal-c": 3, "w-dgrid-c": 2, "w-dreal": 2, "w-dgrid": 1, "w": 0}[model]
			if strings.HasPrefix(measure, "small") {
				return 1 + 0.3*rank
			}
			return 0.3 + 0.08*rank
		}, map[string]string{"C1": Supported, "C2": Supported, "C3": Supported, "C4": Supported, "C5": Supported, "C6": Supported}},
		{"no difference", 20, 0.005, plateau(0.6),
			map[string]string{"C1": NotSupported, "C2": NotSupported, "C3": NotSupported, "C4": NotSupported, "C5": NotSupported, "C6": NotSupported}},
		{"no difference, but noisy", 4, 0.2, plateau(0.6),
			map[string]string{"C2": Undecided, "C3": Undecided, "C4": Undecided, "C5": Undecided}},
		{"all at the ceiling", 8, 0.0001, func(model, task, measure string) float64 {
			return map[bool]float64{true: 0.95, false: 1.05}[task == "perceptual-decision"]
		}, map[string]string{"C1": Undecided, "C2": Undecided, "C3": Undecided, "C4": Undecided}},
		{"the biological network is worse", 8, 0.01, func(model, task, measure string) float64 {
			return map[bool]float64{true: 0.5, false: 0.7}[model == focus]
		}, map[string]string{"C1": NotSupported, "C2": NotSupported, "C3": NotSupported, "C5": NotSupported}},
		{"positions help only with communicability", 10, 0.01, func(model, task, measure string) float64 {
			return map[bool]float64{true: 0.7, false: 0.6}[model == "w-dreal-c"]
		}, map[string]string{"C3": Undecided, "C4": Supported, "C1": NotSupported}},
		{"two tasks for, one against", 10, 0.01, func(model, task, measure string) float64 {
			if model != focus {
				return 0.6
			}
			return map[bool]float64{true: 0.5, false: 0.8}[task == "go-nogo"]
		}, map[string]string{"C1": Undecided, "C2": Undecided}},
		{"one task for, two without effect", 20, 0.004, func(model, task, measure string) float64 {
			return map[bool]float64{true: 0.8, false: 0.6}[task == "go-nogo" && model == focus]
		}, map[string]string{"C1": NotSupported, "C2": NotSupported}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := verdicts(t, synthetic("corrected", c.seeds, c.sd, c.mean))
			for id, want := range c.want {
				if got[id].Verdict != want {
					t.Errorf("%s: got %s, want %s", id, got[id].Verdict, want)
				}
			}
		})
	}
}

// Of comparisons between equal models, few may be called supported: the rule asks for
// two significant tasks.
func TestClaimsSeldomFindWhatIsNotThere(t *testing.T) {
	false_ := 0
	for round := range uint64(200) {
		var records []Record
		for seed := range uint64(5) {
			for i, name := range three {
				for m, model := range []string{"wbio-dreal-c", "w-dreal-c"} {
					v := 0.6 + float64(0.1*rng.New(round, "null", seed, uint64(i), uint64(m)).Norm())
					records = append(records, Record{Model: model, Task: name, Seed: seed, Outcome: Finished, Values: map[string]float64{"test_accuracy": v}})
				}
			}
		}
		claims, err := Claims(records)
		if err != nil {
			t.Fatal(err)
		}
		if claims[1].Verdict == Supported {
			false_++
		}
	}
	if false_ > 2 {
		t.Errorf("C2 called supported in %d of 200 comparisons of equal models, want at most 2", false_)
	}
}

func TestClaimsOfThePaperPreset(t *testing.T) {
	got := verdicts(t, synthetic("paper", 6, 0.01, plateau(0.6)))
	for id, want := range map[string]string{"C1": "self-loops", "C2": "self-loops", "C3": "scrambled", "C4": "price", "C5": "self-loops", "C6": "density"} {
		if !strings.Contains(got[id].Reason, want) {
			t.Errorf("%s: the reason does not name the confound %q: %s", id, want, got[id].Reason)
		}
	}
	if !strings.Contains(got["C1"].Reason, "Training accuracy, as published") || len(got["C1"].Evidence) != 6 {
		t.Errorf("C1: want training accuracy beside test accuracy, got %q", got["C1"].Reason)
	}
}

func TestClaimsWithMissingModelsAndDivergence(t *testing.T) {
	all := synthetic("corrected", 6, 0.01, plateau(0.6))
	var only []Record
	for _, r := range all {
		if r.Model == "w" || r.Model == "w-dgrid" {
			only = append(only, r)
		}
	}
	for id, c := range verdicts(t, only) {
		if c.Verdict != Undecided {
			t.Errorf("%s without its models: got %s, want %s", id, c.Verdict, Undecided)
		}
	}
	for i := range all {
		if all[i].Model == focus && all[i].Seed < 4 {
			all[i].Outcome = Diverged
		}
	}
	c := verdicts(t, all)["C2"]
	if c.Verdict != Undecided || !strings.Contains(c.Evidence[0], "4 of 6 runs of W*D*C diverged") {
		t.Errorf("C2 with most runs diverged: got %s, %q", c.Verdict, c.Evidence)
	}
}

// Seeds that do not match are compared unpaired.
func TestClaimsUnpaired(t *testing.T) {
	records := synthetic("corrected", 8, 0.01, func(model, task, measure string) float64 {
		return map[bool]float64{true: 0.8, false: 0.6}[model == focus]
	})
	for i := range records {
		if records[i].Model == focus {
			records[i].Seed += 100
		}
	}
	c := verdicts(t, records)["C2"]
	if c.Verdict != Supported || !strings.Contains(c.Evidence[0], "unpaired, 8 and 8 runs") {
		t.Errorf("got %s, %q", c.Verdict, c.Evidence)
	}
}

func TestClaimsRefuse(t *testing.T) {
	mixed := append(synthetic("paper", 1, 0, plateau(1)), synthetic("corrected", 1, 0, plateau(1))...)
	for name, records := range map[string][]Record{"none": nil, "mixed": mixed} {
		if _, err := Claims(records); err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}
