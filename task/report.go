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
// at best and what can be reached without solving it.
type Report struct {
	Info
	Trials    int      `json:"trials"` // generated for the statistics
	Answers   []Share  `json:"answers"`
	Scored    string   `json:"scored"`  // which steps enter the loss
	Ceiling   float64  `json:"ceiling"` // ideal observer, without input noise
	Noisy     float64  `json:"ceiling_with_input_noise"`
	Shortcuts []Level  `json:"shortcuts"`
	Periods   []Period `json:"periods"`
	example   Trial
}

// inputNoise is the standard deviation that training adds to every input.
const inputNoise = 0.05

// describedTrials is enough for shares to within one point in a hundred.
const describedTrials = 20000

// Describe generates trials of a task and sums them up.
func Describe(t Task) (Report, error) {
	info := t.Info()
	d, err := Generate(t, 1, "describe", describedTrials)
	if err != nil {
		return Report{}, err
	}
	r := Report{Info: info, Trials: d.Trials, Shortcuts: Levels(info.Name), example: t.Trial(rng.New(1, "task/example"))}
	r.Periods = r.example.Periods
	counts := make([]int, d.Outputs)
	scored := 0
	for i := range d.Trials {
		last := int(d.Length[i]) - 1
		counts[d.Label[i*d.Steps+last]]++
		for s := range int(d.Length[i]) {
			if d.Weight[i*d.Steps+s] > 0 {
				scored++
			}
		}
	}
	for k, c := range counts {
		r.Answers = append(r.Answers, Share{info.Outputs[k], float64(c) / float64(d.Trials)})
	}
	r.Scored = "every step"
	if scored == d.Trials {
		r.Scored = "the last step"
	}
	r.Ceiling, r.Noisy = ceilings(t)
	return r, nil
}

// ceilings returns the ideal observer's accuracy without and with input noise.
func ceilings(t Task) (clean, noisy float64) {
	steps, noise := 0, 0.0
	switch t := t.(type) {
	case perceptual:
		steps, noise = perceptualPeriods[1].End-perceptualPeriods[1].Start, t.noise
	case gymPerceptual:
		steps, noise = t.periods[1].End-t.periods[1].Start, t.cfg.StimulusNoise
	default:
		c, _ := Ceiling(t.Info().Name)
		return c, c
	}
	return evidenceCeiling(steps, noise), evidenceCeiling(steps, math.Hypot(noise, inputNoise))
}

// Text prints the report, at most 80 columns wide.
func (r Report) Text(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s)\n%s\n\n", r.Title, r.Name, r.Note)
	fmt.Fprintf(&b, "inputs    %s\noutputs   %s\nscored    %s\n", strings.Join(r.Inputs, ", "), strings.Join(r.Outputs, ", "), r.Scored)
	for i, p := range r.Periods {
		head := ""
		if i == 0 {
			head = "periods"
		}
		fmt.Fprintf(&b, "%-9s %-10s steps %d to %d%s\n", head, p.Name, p.Start+1, p.End, duration(p, r.StepMS))
	}
	fmt.Fprintf(&b, "\nanswers, of %d trials\n", r.Trials)
	for _, s := range r.Answers {
		fmt.Fprintf(&b, "  %-28s %.3f\n", s.Class, s.Share)
	}
	fmt.Fprintf(&b, "accuracy reached\n  %-28s %.3f\n", "at best (ideal observer)", r.Ceiling)
	if r.Noisy != r.Ceiling {
		fmt.Fprintf(&b, "  %-28s %.3f\n", "at best, with input noise", r.Noisy)
	}
	for _, s := range r.Shortcuts {
		fmt.Fprintf(&b, "  %-28s %.3f\n", s.Name, s.Accuracy)
	}
	b.WriteString("\none trial (a column a step; . is 0, # is 1 or more)\n")
	for k, name := range r.Inputs {
		fmt.Fprintf(&b, "  %-14s %s\n", name, r.raster(k))
	}
	fmt.Fprintf(&b, "\nsource: %s\n", strings.ReplaceAll(r.Source, "; ", ";\n  "))
	_, err := io.WriteString(w, b.String())
	return err
}

func duration(p Period, stepMS float64) string {
	if stepMS == 0 {
		return ""
	}
	return fmt.Sprintf(", %g ms", float64(p.End-p.Start)*stepMS)
}

// raster draws one channel, with a bar between periods.
func (r Report) raster(channel int) string {
	const shades = ".:-=+*%#"
	var b strings.Builder
	inputs := len(r.Inputs)
	for _, p := range r.Periods {
		if p.Start > 0 && p.End > p.Start {
			b.WriteByte('|')
		}
		for s := p.Start; s < p.End; s++ {
			v := float64(r.example.Input[s*inputs+channel])
			k := int(math.Round(v * float64(len(shades)-1)))
			b.WriteByte(shades[max(0, min(len(shades)-1, k))])
		}
	}
	return b.String()
}
