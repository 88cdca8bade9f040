package task

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

type goldenCase struct {
	T, NIn     int
	Ob         [][]float64
	Gt         []int
	LabelIndex *int      `json:"label_index"`
	LabelHot   []float64 `json:"label_onehot"`
	Trial      map[string]any
}

func goldenCases(t *testing.T, name string) []goldenCase {
	t.Helper()
	text, err := os.ReadFile(sharedtest.File(t, "golden", "tasks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Cases []goldenCase }
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Cases) == 0 {
		t.Fatalf("%s: no cases", name)
	}
	return f.Cases
}

func (c goldenCase) label(t *testing.T) int {
	if c.LabelIndex != nil {
		return *c.LabelIndex
	}
	for k, v := range c.LabelHot {
		if v == 1 {
			return k
		}
	}
	t.Fatal("a case without label")
	return -1
}

func sameInput(t *testing.T, what string, got Trial, want [][]float64) {
	t.Helper()
	if got.Steps != len(want) {
		t.Errorf("%s: %d steps, want %d", what, got.Steps, len(want))
		return
	}
	inputs := len(got.Input) / got.Steps
	for s, row := range want {
		for k, v := range row {
			if x := float64(got.Input[s*inputs+k]); math.Abs(x-v) > 1e-6 {
				t.Errorf("%s: step %d, channel %d: got %g, want %g", what, s, k, x, v)
				return
			}
		}
	}
}

func lastStepOnly(t *testing.T, what string, got Trial, label int) {
	t.Helper()
	for s, w := range got.Weight {
		if (w != 0) != (s == got.Steps-1) {
			t.Errorf("%s: step %d has weight %g", what, s, w)
		}
	}
	if int(got.Label[got.Steps-1]) != label {
		t.Errorf("%s: label %d, want %d", what, got.Label[got.Steps-1], label)
	}
}

func TestGoldenInference(t *testing.T) {
	for _, c := range goldenCases(t, "seRNN_one_step_inference") {
		found := false
		for maze := range mazes {
			got := inferenceTrial(maze, mazes[maze].answer)
			inputs := true
			for s, row := range c.Ob {
				for k, v := range row {
					inputs = inputs && math.Abs(float64(got.Input[s*8+k])-v) < 1e-6
				}
			}
			if inputs {
				found = true
				lastStepOnly(t, "one-step inference", got, c.label(t))
			}
		}
		if !found {
			t.Errorf("no maze shows %v", c.Trial)
		}
	}
}

func TestGoldenPaperGoNoGo(t *testing.T) {
	for _, c := range goldenCases(t, "paper_GoNogo") {
		got := goNoGoTrial(int(c.Trial["ground_truth"].(float64)))
		sameInput(t, "go-nogo", got, c.Ob)
		lastStepOnly(t, "go-nogo", got, c.label(t))
	}
}

func TestGoldenPaperPerceptual(t *testing.T) {
	for _, c := range goldenCases(t, "paper_PerceptualDecisionMaking") {
		got := perceptualTrial(c.Trial["coh"].(float64), int(c.Trial["ground_truth"].(float64)), 0, nil)
		sameInput(t, "perceptual-decision", got, c.Ob)
		lastStepOnly(t, "perceptual-decision", got, c.label(t))
	}
}

func gymTask(t *testing.T, name string) Task {
	t.Helper()
	cfg, err := DefaultConfig(name)
	if err != nil {
		t.Fatal(err)
	}
	cfg.FixationCue = fixationOnly
	if name == "neurogym-go-nogo" {
		cfg.FixationCue = untilDecision // its cue did not change in 2.1
	}
	if cfg.StimulusNoise > 0 {
		cfg.StimulusNoise = 0
	}
	out, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestGoldenNeuroGym(t *testing.T) {
	check := func(name string, got Trial, c goldenCase) {
		t.Helper()
		sameInput(t, name, got, c.Ob)
		for s, g := range c.Gt {
			if int(got.Label[s]) != g || got.Weight[s] != 1 {
				t.Errorf("%s: step %d: label %d of weight %g, want %d", name, s, got.Label[s], got.Weight[s], g)
			}
		}
	}
	for _, c := range goldenCases(t, "GoNogo") {
		check("GoNogo", gymTask(t, "neurogym-go-nogo").(gymGoNoGo).trial(int(c.Trial["ground_truth"].(float64))), c)
	}
	for _, c := range goldenCases(t, "PerceptualDecisionMaking") {
		if len(c.Ob[0]) != 3 || c.T != 22 {
			continue // other ring sizes and timings
		}
		task := gymTask(t, "neurogym-perceptual-decision").(gymPerceptual)
		check("PerceptualDecisionMaking", task.trial(c.Trial["coh"].(float64), int(c.Trial["ground_truth"].(float64)), nil), c)
	}
}

func TestGenerateIsOrderIndependent(t *testing.T) {
	for _, name := range Names() {
		cfg, _ := DefaultConfig(name)
		one, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := Generate(one, 3, "train", 7)
		b, _ := Generate(one, 3, "train", 4)
		other, _ := Generate(one, 3, "test", 4)
		same := true
		for i := range b.Input {
			if a.Input[i] != b.Input[i] {
				t.Fatalf("%s: trial %d depends on the number of trials", name, i/(b.Steps*b.Inputs))
			}
			same = same && b.Input[i] == other.Input[i]
		}
		if same {
			t.Errorf("%s: training and test trials are the same", name)
		}
	}
}

func TestStatistics(t *testing.T) {
	for name, want := range map[string]map[string]float64{
		"one-step-inference":  {"left": .25, "up": .25, "right": .25, "down": .25},
		"go-nogo":             {"nogo": .5, "go": .5},
		"perceptual-decision": {"0": .5, "180": .5},
	} {
		r := describe(t, name)
		for _, s := range r.Answers {
			if math.Abs(s.Share-want[s.Class]) > 0.015 {
				t.Errorf("%s: share of %s %.3f, want %.2f", name, s.Class, s.Share, want[s.Class])
			}
		}
	}
	for name, want := range map[string][2]float64{
		"perceptual-decision": {.899, .897}, "neurogym-perceptual-decision": {.896, .893}, "go-nogo": {1, 1},
	} {
		r := describe(t, name)
		if math.Abs(r.Ceiling-want[0]) > 6e-4 || math.Abs(r.Noisy-want[1]) > 2e-3 {
			t.Errorf("%s: ceilings %.4f and %.4f, want %.3f and %.3f", name, r.Ceiling, r.Noisy, want[0], want[1])
		}
	}
}

func describe(t *testing.T, name string) Report {
	t.Helper()
	cfg, err := DefaultConfig(name)
	if err != nil {
		t.Fatal(err)
	}
	one, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Describe(one)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := r.Text(&b); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if len([]rune(line)) > 80 {
			t.Errorf("%s: line %d has %d columns", name, i+1, len([]rune(line)))
		}
	}
	return r
}

// TestIdealObserver lets the observer behind the ceiling judge generated trials.
func TestIdealObserver(t *testing.T) {
	cfg, _ := DefaultConfig("perceptual-decision")
	one, _ := New(cfg)
	const trials = 40000
	d, err := Generate(one, 2, "observer", trials)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for i := range trials {
		sum := 0.0
		for s := range d.Steps {
			at := (i*d.Steps + s) * 3
			sum += float64(d.Input[at+1] - d.Input[at+2])
		}
		if (sum < 0) == (d.Label[i*d.Steps+d.Steps-1] == 1) {
			right++
		}
	}
	want, _ := Ceiling("perceptual-decision")
	if got := float64(right) / trials; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/trials) {
		t.Errorf("the observer reaches %.4f, want %.4f", got, want)
	}
}

// TestShortcuts plays the two shortcuts of the one-step inference.
func TestShortcuts(t *testing.T) {
	best := func(key func(maze int) [2]int) float64 {
		counts := map[[2]int]map[int]int{}
		for m := range mazes {
			k := key(m)
			if counts[k] == nil {
				counts[k] = map[int]int{}
			}
			counts[k][mazes[m].answer]++
		}
		right := 0
		for _, c := range counts {
			top := 0
			for _, n := range c {
				top = max(top, n)
			}
			right += top
		}
		return float64(right) / 8
	}
	levels := Levels("one-step-inference")
	if got := best(func(m int) [2]int { return [2]int{mazes[m].goal} }); got != levels[1].Accuracy {
		t.Errorf("ignoring the options: %g, want %g", got, levels[1].Accuracy)
	}
	if got := best(func(m int) [2]int {
		return [2]int{min(mazes[m].move1, mazes[m].move2), max(mazes[m].move1, mazes[m].move2)}
	}); got != levels[2].Accuracy {
		t.Errorf("ignoring the goal: %g, want %g", got, levels[2].Accuracy)
	}
}

func TestShuffledLabels(t *testing.T) {
	cfg, _ := DefaultConfig("one-step-inference")
	cfg.ShuffleLabels = true
	one, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	const trials = 8000
	for i := range trials {
		tr := one.Trial(rng.New(1, "shuffle", uint64(i)))
		if int(tr.Label[49]) == mazes[int(tr.Conditions[0].Value)].answer {
			right++
		}
	}
	if share := float64(right) / trials; math.Abs(share-0.25) > 0.02 {
		t.Errorf("shuffled labels are right in %.3f of the trials", share)
	}
}

func TestBadConfig(t *testing.T) {
	for want, cfg := range map[string]Config{
		"did you mean go-nogo":     {Name: "gonogo"},
		"no such option":           {Name: "go-nogo", DelayMS: 100},
		"shuffle_labels":           {Name: "go-nogo", ShuffleLabels: true},
		"stimulus_noise":           {Name: "perceptual-decision", StimulusNoise: math.NaN()},
		"fixation_cue":             {Name: "neurogym-go-nogo", FixationCue: "never", StepMS: 100, StimulusMS: 500, DecisionMS: 500},
		"dt_ms above 0":            {Name: "neurogym-go-nogo", FixationCue: untilDecision, StimulusMS: 500, DecisionMS: 500},
		"this task has no such op": {Name: "one-step-inference", FixationCue: untilDecision},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	one, _ := New(Config{Name: "go-nogo"})
	if _, err := Generate(one, 1, "train", 0); err == nil {
		t.Error("an empty data set was generated")
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, name := range []string{"one-step-inference", "perceptual-decision"} {
		cfg, _ := DefaultConfig(name)
		one, _ := New(cfg)
		b.Run("task="+name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Generate(one, 1, "train", 5120); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
