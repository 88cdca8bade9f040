package task

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"biornn/internal/rng"
)

// newTask makes a named task with its default options, changed by change if not nil.
func newTask(t testing.TB, name string, change func(*Config)) Task {
	t.Helper()
	cfg, err := DefaultConfig(name)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&cfg)
	}
	out, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func shuffled(c *Config) { c.ShuffleLabels = true }

func generate(t testing.TB, task Task, seed uint64, split string, trials int) *Dataset {
	t.Helper()
	d, err := Generate(task, seed, split, trials)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTrialsAreConsistent checks every task and option against what the types promise.
func TestTrialsAreConsistent(t *testing.T) {
	for _, info := range List() {
		task := newTask(t, info.Name, nil)
		for i := range uint64(50) {
			consistent(t, task, task.Trial(rng.New(4, "test", i)))
		}
	}
}

func consistent(t rapid.TB, task Task, one Trial) {
	info := task.Info()
	if one.Steps != info.Steps || len(one.Input) != one.Steps*len(info.Inputs) ||
		len(one.Label) != one.Steps || len(one.Weight) != one.Steps {
		t.Fatalf("%s: %d steps, %d inputs, %d labels, %d weights; want %d steps and %d channels",
			info.Name, one.Steps, len(one.Input), len(one.Label), len(one.Weight), info.Steps, len(info.Inputs))
	}
	at := 0
	for _, p := range one.Periods {
		if p.Start != at || p.End < p.Start {
			t.Fatalf("%s: period %v does not follow step %d", info.Name, p, at)
		}
		at = p.End
	}
	if at != one.Steps || one.Weight[one.Steps-1] != 1 {
		t.Fatalf("%s: periods end at %d of %d, last weight %g", info.Name, at, one.Steps, one.Weight[one.Steps-1])
	}
	for _, l := range one.Label {
		if l < 0 || int(l) >= len(info.Outputs) {
			t.Fatalf("%s: label %d of %d classes", info.Name, l, len(info.Outputs))
		}
	}
	for _, v := range one.Input {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Fatalf("%s: input %g", info.Name, v)
		}
	}
}

// TestAnyConfig: a Config is refused or makes trials, whatever its times are.
func TestAnyConfig(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(r *rapid.T) {
		cfg, err := DefaultConfig(rapid.SampledFrom(Names()).Draw(r, "name"))
		if err != nil {
			r.Fatal(err)
		}
		for _, field := range []*float64{&cfg.StepMS, &cfg.FixationMS, &cfg.StimulusMS, &cfg.DelayMS, &cfg.DecisionMS, &cfg.StimulusNoise} {
			if *field > 0 {
				*field = rapid.OneOf(rapid.Just(*field), rapid.Float64Range(1, 3000), rapid.Float64()).Draw(r, "value")
			}
		}
		if task, err := New(cfg); err == nil {
			consistent(r, task, task.Trial(rng.New(1, "test")))
			accepted++
		}
	})
	if accepted == 0 {
		t.Error("no Config was accepted: nothing was tested")
	}
}

func TestGenerateIsOrderIndependent(t *testing.T) {
	for _, name := range Names() {
		task := newTask(t, name, nil)
		few, many := generate(t, task, 3, "train", 4), generate(t, task, 3, "train", 40)
		if !slices.Equal(few.Input, many.Input[:len(few.Input)]) || !slices.Equal(few.Label, many.Label[:len(few.Label)]) {
			t.Errorf("%s: the first trials depend on the number of trials", name)
		}
		for other, d := range map[string]*Dataset{
			"split": generate(t, task, 3, "test", 40), "seed": generate(t, task, 4, "train", 40),
		} {
			if slices.Equal(d.Input, many.Input) {
				t.Errorf("%s: another %s has the same trials", name, other)
			}
		}
	}
}

// TestDrawsAreFixed pins what is drawn: results of earlier releases depend on it.
func TestDrawsAreFixed(t *testing.T) {
	for name, want := range map[string]string{
		"one-step-inference":           "ce01b5d430495345",
		"go-nogo":                      "8e262eeb9fbf3e73",
		"perceptual-decision":          "96f9386425514097",
		"neurogym-go-nogo":             "73a8b8abdc2f9b97",
		"neurogym-perceptual-decision": "d6c278e7862d9247",
	} {
		d := generate(t, newTask(t, name, nil), 1, "train", 64)
		h := sha256.New()
		for _, part := range []any{d.Input, d.Label, d.Weight, d.Length} {
			if err := binary.Write(h, binary.LittleEndian, part); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprintf("%x", h.Sum(nil)[:8]); got != want {
			t.Errorf("%s: trials of digest %s, want %s", name, got, want)
		}
	}
}

// ragged has trials of 2 to 4 steps.
type ragged struct{}

func (ragged) Info() Info {
	return Info{Name: "ragged", Inputs: []string{"a", "b"}, Outputs: []string{"x", "y"}, Steps: 4}
}

func (ragged) Trial(s *rng.Stream) Trial {
	out := blank(2, periods([]string{"all"}, 2+s.IntN(3)))
	out.show(out.Periods[0], 1, 1)
	out.decide(1)
	return out
}

func TestPadding(t *testing.T) {
	d := generate(t, ragged{}, 1, "train", 30)
	seen := map[int32]bool{}
	for i, length := range d.Length {
		seen[length] = true
		for s := range d.Steps {
			at, inside := i*d.Steps+s, s < int(length)
			want := map[bool]float32{true: 1}[inside]
			if d.Input[at*2] != 0 || d.Input[at*2+1] != want || float32(d.Label[at]) != want {
				t.Errorf("trial %d of %d steps, step %d: input %v, label %d", i, length, s, d.Input[at*2:at*2+2], d.Label[at])
			}
			if (d.Weight[at] == 1) != (s == int(length)-1) {
				t.Errorf("trial %d of %d steps, step %d: weight %g", i, length, s, d.Weight[at])
			}
		}
	}
	if len(seen) != 3 {
		t.Errorf("lengths %v, want 2, 3 and 4", seen)
	}
}

// faulty makes what its Trial is told.
type faulty struct {
	ragged
	trial Trial
}

func (f faulty) Trial(*rng.Stream) Trial { return f.trial }

func TestFaultyTask(t *testing.T) {
	long, label, input := blank(2, periods([]string{"all"}, 5)), blank(2, periods([]string{"all"}, 4)), blank(3, periods([]string{"all"}, 4))
	label.decide(2)
	for want, trial := range map[string]Trial{
		"task: ragged: trial 0: want 1 to 4 steps of 2 inputs": long, "got 4 steps, 12 inputs": input,
		"want a label from 0 to 1, got 2": label, "got 0 steps": {},
	} {
		if _, err := Generate(faulty{trial: trial}, 1, "train", 2); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Generate: want an error with %q, got %v", want, err)
		}
		if _, err := Describe(faulty{trial: trial}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Describe: want an error with %q, got %v", want, err)
		}
	}
}

func TestOneHot(t *testing.T) {
	d := &Dataset{Trials: 1, Steps: 3, Outputs: 2, Label: []int32{1, 0, 1}, Weight: []float32{0, 1, 2}}
	if got := d.OneHot(); !slices.Equal(got, []float32{0, 0, 1, 0, 0, 1}) {
		t.Errorf("got %v", got)
	}
}

// TestWholeSteps: 0.6 ms are six steps of 0.1 ms, although 0.6/0.1 is below 6.
func TestWholeSteps(t *testing.T) {
	task := newTask(t, "neurogym-go-nogo", func(c *Config) { c.StepMS, c.StimulusMS, c.DelayMS, c.DecisionMS = 0.1, 0.6, 0.7, 0.3 })
	if steps := task.Info().Steps; steps != 16 {
		t.Errorf("%d steps, want 16", steps)
	}
}

// within says whether a share of n trials is within four standard errors of p.
func within(share, p float64, n int) bool {
	return math.Abs(share-p) <= 4*math.Sqrt(p*(1-p)/float64(n))
}

// TestConditions: all combinations of conditions are equally frequent.
func TestConditions(t *testing.T) {
	const trials = 20000
	for name, combinations := range map[string]int{
		"one-step-inference": 8, "go-nogo": 2, "perceptual-decision": 10,
		"neurogym-go-nogo": 2, "neurogym-perceptual-decision": 10,
	} {
		task, counts := newTask(t, name, nil), map[string]int{}
		for i := range uint64(trials) {
			counts[fmt.Sprint(task.Trial(rng.New(5, "test", i)).Conditions)]++
		}
		if len(counts) != combinations {
			t.Errorf("%s: %d combinations of conditions, want %d", name, len(counts), combinations)
		}
		for c, n := range counts {
			if !within(float64(n)/trials, 1/float64(combinations), trials) {
				t.Errorf("%s: %s in %d of %d trials, want 1 in %d", name, c, n, trials, combinations)
			}
		}
	}
}

// TestShuffledLabels: inputs as without shuffling, labels independent of them.
func TestShuffledLabels(t *testing.T) {
	const trials = 8000
	// χ² of the table mazes × labels, 21 degrees of freedom: 99.99 % are below 55
	association := func(task Task) float64 {
		var table [8][4]float64
		var mazeSum [8]float64
		var labelSum [4]float64
		for i := range uint64(trials) {
			one := task.Trial(rng.New(1, "test", i))
			maze, label := int(one.Conditions[0].Value), one.Label[one.Steps-1]
			table[maze][label]++
			mazeSum[maze]++
			labelSum[label]++
		}
		sum := 0.0
		for maze, row := range table {
			for label, n := range row {
				want := mazeSum[maze] * labelSum[label] / trials
				sum += (n - want) * (n - want) / want
			}
		}
		return sum
	}
	plain, control := newTask(t, "one-step-inference", nil), newTask(t, "one-step-inference", shuffled)
	if x := association(control); x > 55 {
		t.Errorf("shuffled labels depend on the maze: χ² = %.1f", x)
	}
	if x := association(plain); x < trials {
		t.Errorf("labels do not depend on the maze: χ² = %.1f", x)
	}
	a, b := generate(t, plain, 1, "train", 100), generate(t, control, 1, "train", 100)
	if !slices.Equal(a.Input, b.Input) {
		t.Error("shuffling the labels changes the inputs")
	}
}

func TestBadConfig(t *testing.T) {
	gym := func(change func(*Config)) Config {
		cfg, _ := DefaultConfig("neurogym-perceptual-decision")
		change(&cfg)
		return cfg
	}
	for _, c := range []struct {
		want string
		cfg  Config
	}{
		{"did you mean go-nogo?", Config{Name: "gonogo"}},
		{"want one of one-step-inference, go-nogo", Config{Name: ""}},
		{"delay_ms: this task has no such option, got 100", Config{Name: "go-nogo", DelayMS: 100}},
		{"stimulus_noise: this task has no such option", Config{Name: "go-nogo", StimulusNoise: 1}},
		{"shuffle_labels: only one-step-inference", Config{Name: "go-nogo", ShuffleLabels: true}},
		{"stimulus_noise: want a number from 0", Config{Name: "perceptual-decision", StimulusNoise: math.NaN()}},
		{"stimulus_noise: want a number from 0", Config{Name: "perceptual-decision", StimulusNoise: -1}},
		{"fixation_cue: this task has no such option", Config{Name: "one-step-inference", FixationCue: untilDecision}},
		{"fixation_cue: want until-decision or fixation-only, got \"never\"", gym(func(c *Config) { c.FixationCue = "never" })},
		{"want dt_ms above 0", gym(func(c *Config) { c.StepMS = 0 })},
		{"decision_ms of at least one step", gym(func(c *Config) { c.DecisionMS = 50 })},
		{"fixation_ms and delay_ms: want 0 or at least one step of 100 ms, got 50", gym(func(c *Config) { c.DelayMS = 50 })},
		{"delay_ms: want a number from 0 to 1e6, got +Inf", gym(func(c *Config) { c.DelayMS = math.Inf(1) })},
		{"want at most 10000 steps in a trial, got 2.2e+12; use longer steps", gym(func(c *Config) { c.StepMS = 1e-9 })},
	} {
		_, err := New(c.cfg)
		if v := c.cfg.Validate(); v == nil || v.Error() != err.Error() {
			t.Errorf("Validate: %v, want %v", v, err)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error with %q, got %v", c.want, err)
		} else if !strings.HasPrefix(err.Error(), "task: ") {
			t.Errorf("%v: want the package first", err)
		}
	}
	if _, err := DefaultConfig("one-step-interference"); err == nil || !strings.Contains(err.Error(), "did you mean one-step-inference?") {
		t.Errorf("want a suggestion, got %v", err)
	}
	if _, err := Generate(newTask(t, "go-nogo", nil), 1, "train", 0); err == nil {
		t.Error("an empty data set was generated")
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, name := range Names() {
		task := newTask(b, name, nil)
		b.Run("task="+name, func(b *testing.B) {
			for b.Loop() {
				generate(b, task, 1, "train", 5120)
			}
		})
	}
}
