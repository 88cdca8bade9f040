// Package task holds the decision tasks that networks are trained on: their trials,
// the data sets made of them, and what an ideal observer and simple shortcuts reach.
//
// A trial is a pure function of a random stream. Inputs are [step][input], labels
// class indices; a step of weight 0 is not scored.
package task

import (
	"fmt"
	"slices"
	"strings"

	"biornn/internal/rng"
	"biornn/internal/suggest"
)

// Config names a task and its options. Zero values of options that a task does not
// have are the only ones it accepts.
type Config struct {
	Name string `toml:"name"`
	// ShuffleLabels gives every trial the label of a random one: a control in which
	// nothing can be learned beyond the frequency of the labels (one-step-inference).
	ShuffleLabels bool `toml:"shuffle_labels"`
	// StimulusNoise is the standard deviation of the evidence per step (the
	// perceptual decisions); the other tasks have none.
	StimulusNoise float64 `toml:"stimulus_noise"`
	// FixationCue of the NeuroGym forms: until-decision (as before release 2.1) or
	// fixation-only.
	FixationCue string `toml:"fixation_cue"`
	// Times of the NeuroGym forms in ms; 0 in the others, whose timing is fixed.
	StepMS     float64 `toml:"dt_ms"`
	FixationMS float64 `toml:"fixation_ms"`
	StimulusMS float64 `toml:"stimulus_ms"`
	DelayMS    float64 `toml:"delay_ms"`
	DecisionMS float64 `toml:"decision_ms"`
}

// Period is a named stretch of steps, from Start up to but excluding End.
type Period struct {
	Name  string `json:"name"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Condition is one random choice of a trial, for tests and psychometrics.
type Condition struct {
	Name  string
	Value float64
}

// Trial is one trial.
type Trial struct {
	Steps      int
	Input      []float32 // [step][input]
	Label      []int32   // [step], class index
	Weight     []float32 // [step], weight in the loss
	Periods    []Period
	Conditions []Condition
}

// Info describes a task.
type Info struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Note    string   `json:"note"`    // one line: what has to be done
	Inputs  []string `json:"inputs"`  // channel names
	Outputs []string `json:"outputs"` // class names
	Steps   int      `json:"steps"`   // of the longest trial
	StepMS  float64  `json:"dt_ms"`   // 0: steps have no duration
	Source  string   `json:"source"`
}

// Task makes trials.
type Task interface {
	Info() Info
	Trial(s *rng.Stream) Trial
}

// entry is one line of the registry.
type entry struct {
	defaults Config
	make     func(Config) (Task, error)
}

var registry = []entry{
	{Config{Name: "one-step-inference"}, newInference},
	{Config{Name: "go-nogo"}, newGoNoGo},
	{Config{Name: "perceptual-decision", StimulusNoise: 0.1}, newPerceptual},
	{Config{Name: "neurogym-go-nogo", FixationCue: untilDecision, StepMS: 100, StimulusMS: 500, DelayMS: 500, DecisionMS: 500}, newGymGoNoGo},
	{Config{Name: "neurogym-perceptual-decision", StimulusNoise: 0.1, FixationCue: untilDecision, StepMS: 100,
		FixationMS: 100, StimulusMS: 2000, DecisionMS: 100}, newGymPerceptual},
}

// Names returns the names of all tasks.
func Names() []string {
	var out []string
	for _, e := range registry {
		out = append(out, e.defaults.Name)
	}
	return out
}

// List describes all tasks with their default options.
func List() []Info {
	var out []Info
	for _, e := range registry {
		t, err := e.make(e.defaults)
		if err != nil {
			panic("task: the defaults of a task are invalid")
		}
		out = append(out, t.Info())
	}
	return out
}

func find(name string) (entry, error) {
	i := slices.IndexFunc(registry, func(e entry) bool { return e.defaults.Name == name })
	if i < 0 {
		return entry{}, fmt.Errorf("task: want one of %s, got %q%s", strings.Join(Names(), ", "), name, suggest.Near(name, Names()))
	}
	return registry[i], nil
}

// DefaultConfig returns the options of a named task.
func DefaultConfig(name string) (Config, error) {
	e, err := find(name)
	return e.defaults, err
}

// New returns the task of a Config.
func New(cfg Config) (Task, error) {
	e, err := find(cfg.Name)
	if err != nil {
		return nil, err
	}
	if err := cfg.validate(e.defaults); err != nil {
		return nil, err
	}
	return e.make(cfg)
}

// Validate refuses an unknown task, options that the task does not have and values
// that cannot be used.
func (c Config) Validate() error {
	e, err := find(c.Name)
	if err != nil {
		return err
	}
	return c.validate(e.defaults)
}

// maxSteps bounds a trial, lest a mistyped dt_ms exhaust the memory.
const maxSteps = 10000

func (c Config) validate(defaults Config) error {
	for _, o := range []struct {
		key        string
		value, def float64
	}{
		{"stimulus_noise", c.StimulusNoise, defaults.StimulusNoise}, {"dt_ms", c.StepMS, defaults.StepMS},
		{"fixation_ms", c.FixationMS, defaults.StepMS}, {"stimulus_ms", c.StimulusMS, defaults.StepMS},
		{"delay_ms", c.DelayMS, defaults.StepMS}, {"decision_ms", c.DecisionMS, defaults.StepMS},
	} {
		if !(o.value >= 0 && o.value < 1e6) {
			return fmt.Errorf("task: %s: %s: want a number from 0 to 1e6, got %g", c.Name, o.key, o.value)
		}
		if o.value != 0 && o.def == 0 {
			return fmt.Errorf("task: %s: %s: this task has no such option, got %g", c.Name, o.key, o.value)
		}
	}
	if c.ShuffleLabels && c.Name != "one-step-inference" {
		return fmt.Errorf("task: %s: shuffle_labels: only one-step-inference has this control", c.Name)
	}
	if defaults.StepMS > 0 && (c.StepMS == 0 || c.StimulusMS < c.StepMS || c.DecisionMS < c.StepMS) {
		return fmt.Errorf("task: %s: want dt_ms above 0 and stimulus_ms and decision_ms of at least one step, got %g, %g and %g",
			c.Name, c.StepMS, c.StimulusMS, c.DecisionMS)
	}
	if short := max(shortPeriod(c.FixationMS, c.StepMS), shortPeriod(c.DelayMS, c.StepMS)); short > 0 {
		return fmt.Errorf("task: %s: fixation_ms and delay_ms: want 0 or at least one step of %g ms, got %g", c.Name, c.StepMS, short)
	}
	if steps := (c.FixationMS + c.StimulusMS + c.DelayMS + c.DecisionMS) / c.StepMS; defaults.StepMS > 0 && steps > maxSteps {
		return fmt.Errorf("task: %s: dt_ms: want at most %d steps in a trial, got %.3g; use longer steps", c.Name, maxSteps, steps)
	}
	if cue := []string{untilDecision, fixationOnly}; defaults.FixationCue != "" && !slices.Contains(cue, c.FixationCue) {
		return fmt.Errorf("task: %s: fixation_cue: want %s, got %q", c.Name, strings.Join(cue, " or "), c.FixationCue)
	} else if defaults.FixationCue == "" && c.FixationCue != "" {
		return fmt.Errorf("task: %s: fixation_cue: this task has no such option", c.Name)
	}
	return nil
}

// shortPeriod returns the duration of a period that would vanish because it is
// shorter than a step, otherwise 0.
func shortPeriod(ms, stepMS float64) float64 {
	if ms < stepMS {
		return ms
	}
	return 0
}

// Dataset is a set of trials in rectangular arrays, shorter trials padded by zeros
// of weight 0.
type Dataset struct {
	Trials, Steps, Inputs, Outputs int

	Input  []float32 // [trial][step][input]
	Label  []int32   // [trial][step]
	Weight []float32 // [trial][step]; accuracy is judged at the last step of weight > 0
	Length []int32   // steps of each trial

	Conditions [][]Condition // of each trial
	Periods    [][]Period    // of each trial
}

// Generate draws trials 0 … trials−1 of a split, each from its own stream.
func Generate(t Task, seed uint64, split string, trials int) (*Dataset, error) {
	info := t.Info()
	if trials < 1 {
		return nil, fmt.Errorf("task: %s: want at least one trial, got %d", info.Name, trials)
	}
	d := &Dataset{Trials: trials, Steps: info.Steps, Inputs: len(info.Inputs), Outputs: len(info.Outputs)}
	d.Input = make([]float32, trials*d.Steps*d.Inputs)
	d.Label = make([]int32, trials*d.Steps)
	d.Weight = make([]float32, trials*d.Steps)
	d.Length = make([]int32, trials)
	d.Conditions, d.Periods = make([][]Condition, trials), make([][]Period, trials)
	purpose := "task/" + info.Name + "/" + split
	for i := range trials {
		one := t.Trial(rng.New(seed, purpose, uint64(i)))
		if err := one.check(d); err != nil {
			return nil, fmt.Errorf("task: %s: trial %d: %w", info.Name, i, err)
		}
		copy(d.Input[i*d.Steps*d.Inputs:], one.Input)
		copy(d.Label[i*d.Steps:], one.Label)
		copy(d.Weight[i*d.Steps:], one.Weight)
		d.Length[i] = int32(one.Steps)
		d.Conditions[i], d.Periods[i] = one.Conditions, one.Periods
	}
	return d, nil
}

// OneHot returns the labels as targets, [trial][step][output]: 1 for the class of a
// step and 0 for the others, all 0 at steps of weight 0.
func (d *Dataset) OneHot() []float32 {
	out := make([]float32, len(d.Label)*d.Outputs)
	for i, label := range d.Label {
		if d.Weight[i] > 0 {
			out[i*d.Outputs+int(label)] = 1
		}
	}
	return out
}

// check refuses a trial that does not fit in the data set, as a faulty task may make.
func (t Trial) check(d *Dataset) error {
	if t.Steps < 1 || t.Steps > d.Steps || len(t.Input) != t.Steps*d.Inputs || len(t.Label) != t.Steps || len(t.Weight) != t.Steps {
		return fmt.Errorf("want 1 to %d steps of %d inputs, a label and a weight, got %d steps, %d inputs, %d labels and %d weights",
			d.Steps, d.Inputs, t.Steps, len(t.Input), len(t.Label), len(t.Weight))
	}
	for s, label := range t.Label {
		if label < 0 || int(label) >= d.Outputs {
			return fmt.Errorf("step %d: want a label from 0 to %d, got %d", s, d.Outputs-1, label)
		}
	}
	return nil
}

// blank returns a trial of the periods with all inputs 0.
func blank(inputs int, periods []Period) Trial {
	steps := periods[len(periods)-1].End
	return Trial{Steps: steps, Input: make([]float32, steps*inputs), Label: make([]int32, steps),
		Weight: make([]float32, steps), Periods: periods}
}

// show adds v to one channel over a period.
func (t *Trial) show(p Period, channel int, v float64) {
	inputs := len(t.Input) / t.Steps
	for s := p.Start; s < p.End; s++ {
		t.Input[s*inputs+channel] += float32(v)
	}
}

// decide sets the label of every step and scores the last one.
func (t *Trial) decide(label int) {
	for s := range t.Label {
		t.Label[s] = int32(label)
	}
	t.Weight[t.Steps-1] = 1
}

// periods lays out named stretches one behind the other.
func periods(names []string, steps ...int) []Period {
	var out []Period
	at := 0
	for i, n := range steps {
		out = append(out, Period{names[i], at, at + n})
		at += n
	}
	return out
}
