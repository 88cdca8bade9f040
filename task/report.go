package task

import (
	"fmt"
	"io"
	"math"
	"strings"

	"biornn/internal/rng"
)

// Share is how often a class is the answer.
type Share struct {
	Class string  `json:"class"`
	Share float64 `json:"share"`
}

// Report says what a task asks, how its labels are distributed, what can be reached
// at best and what can be reached without solving it. Accuracies and answers are
// those of the last step of a trial.
type Report struct {
	Info
	Trials  int      `json:"trials"` // generated for the statistics
	Answers []Share  `json:"answers"`
	Length  Length   `json:"length"`
	Scored  string   `json:"scored"` // which steps enter the loss
	Periods []Period `json:"periods"`

	Ceiling   float64 `json:"ceiling"` // ideal observer, without input noise
	Noisy     float64 `json:"ceiling_with_input_noise"`
	Coherence []Level `json:"ceiling_by_coherence,omitempty"` // without input noise
	Shortcuts []Level `json:"shortcuts"`

	example Trial
}

// Length counts the steps of trials.
type Length struct {
	Shortest int     `json:"shortest"`
	Mean     float64 `json:"mean"`
	Longest  int     `json:"longest"`
}

// Trials enough for shares to within 1.5 in a hundred, four standard errors, or 7 in
// a hundred where trials are so long that as many would take seconds.
const (
	describedTrials = 20000
	describedSteps  = 2e6
	fewestTrials    = 1000
)

// exampleTrial is the first trial of the example stream with strong evidence.
const exampleTrial = 2

// Describe generates trials of a task and sums them up.
func Describe(t Task) (Report, error) {
	info := t.Info()
	r := Report{Info: info, Length: Length{Shortest: math.MaxInt},
		Shortcuts: levelsOf(t), example: t.Trial(rng.New(1, "task/example", exampleTrial))}
	r.Trials = max(fewestTrials, min(describedTrials, describedSteps/max(1, info.Steps)))
	r.Periods = r.example.Periods
	if o, ok := observerOf(t); ok {
		for _, c := range coherences {
			r.Coherence = append(r.Coherence, Level{fmt.Sprintf("coherence %g %%", c), o.accuracy(c)})
		}
		r.Shortcuts = append(r.Shortcuts, Level{"one step of the evidence", observer{1, o.noise}.mean()})
	}
	r.Ceiling, r.Noisy = ceilings(t)

	shape := &Dataset{Steps: info.Steps, Inputs: len(info.Inputs), Outputs: len(info.Outputs)}
	counts := make([]int, len(info.Outputs))
	steps, scored, last := 0, 0, 0
	for i := range r.Trials { // one at a time: a data set of them may not fit in memory
		one := t.Trial(rng.New(1, "task/"+info.Name+"/describe", uint64(i)))
		if err := one.check(shape); err != nil {
			return Report{}, fmt.Errorf("task: %s: trial %d: %w", info.Name, i, err)
		}
		counts[one.Label[one.Steps-1]]++
		for _, w := range one.Weight {
			if w > 0 {
				scored++
			}
		}
		if one.Weight[one.Steps-1] > 0 {
			last++
		}
		steps += one.Steps
		r.Length.Shortest, r.Length.Longest = min(r.Length.Shortest, one.Steps), max(r.Length.Longest, one.Steps)
	}
	r.Length.Mean = float64(steps) / float64(r.Trials)
	for k, c := range counts {
		r.Answers = append(r.Answers, Share{info.Outputs[k], float64(c) / float64(r.Trials)})
	}
	r.Scored = scoredSteps(r.Trials, steps, scored, last)
	return r, nil
}

// scoredSteps says which steps are scored: of trials with steps in all, scored many
// have a weight, last of which end a trial.
func scoredSteps(trials, steps, scored, last int) string {
	switch {
	case scored == steps:
		return "every step"
	case scored == trials && last == trials:
		return "the last step"
	}
	return fmt.Sprintf("%.3g steps of a trial", float64(scored)/float64(trials))
}

// Text prints the report, at most 80 columns wide.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n\n", r.Title, r.Name, r.Note)
	fmt.Fprintf(&b, "inputs    %s\noutputs   %s\nscored    %s\n", strings.Join(r.Inputs, ", "), strings.Join(r.Outputs, ", "), r.Scored)
	fmt.Fprintf(&b, "length    %s\n", r.Length.text(r.StepMS))
	head := "periods"
	for _, p := range r.Periods {
		if p.End > p.Start {
			fmt.Fprintf(&b, "%-9s %-10s %s\n", head, p.Name, p.text(r.StepMS))
			head = ""
		}
	}
	fmt.Fprintf(&b, "\nanswers, of %d trials\n", r.Trials)
	for _, s := range r.Answers {
		fmt.Fprintf(&b, "  %-28s %.3f\n", s.Class, s.Share)
	}
	b.WriteString("accuracy reached\n")
	fmt.Fprintf(&b, "  %-28s %.3f\n", "at best (ideal observer)", r.Ceiling)
	for _, l := range r.Coherence {
		fmt.Fprintf(&b, "    %-26s %.3f\n", l.Name, l.Accuracy)
	}
	if r.Noisy != r.Ceiling {
		fmt.Fprintf(&b, "  %-28s %.3f\n", fmt.Sprintf("with input noise of %g", inputNoise), r.Noisy)
	}
	for _, s := range r.Shortcuts {
		fmt.Fprintf(&b, "  %-28s %.3f\n", s.Name, s.Accuracy)
	}
	r.drawExample(&b)
	fmt.Fprintf(&b, "\nsource: %s\n", strings.ReplaceAll(r.Source, "; ", ";\n  "))
	_, err := io.WriteString(w, b.String())
	return err
}

func (l Length) text(stepMS float64) string {
	steps := fmt.Sprintf("%d steps", l.Longest)
	if l.Shortest < l.Longest {
		steps = fmt.Sprintf("%d to %d steps, mean %.1f", l.Shortest, l.Longest, l.Mean)
	}
	if stepMS > 0 {
		steps += fmt.Sprintf(" of %g ms", stepMS)
	}
	return steps
}

func (p Period) text(stepMS float64) string {
	out := fmt.Sprintf("steps %d to %d", p.Start+1, p.End)
	if p.End == p.Start+1 {
		out = fmt.Sprintf("step %d", p.End)
	}
	if stepMS > 0 {
		out += fmt.Sprintf(", %g ms", float64(p.End-p.Start)*stepMS)
	}
	return out
}
