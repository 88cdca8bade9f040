package analysis

import (
	"fmt"
	"math"

	"biornn/constraint"
	"biornn/stats"
	"biornn/task"
)

// contrast asks on every task whether one model exceeds another (or a constant) in
// one measure, and by how much.
type contrast struct {
	model, rival string  // slugs; rival "" stands for the constant
	constant     float64 // the value to exceed, if there is no rival
	measure      string
	relevant     float64 // the smallest effect that matters
}

// Findings of a contrast on one task.
const (
	better     = "better"     // above 0, Holm-adjusted p < 0.05, and not negligible
	worse      = "worse"      // below 0, Holm-adjusted p < 0.05
	negligible = "negligible" // the interval stays below the smallest relevant effect
	ceiling    = "ceiling"    // both reach 0.99 of the ideal observer or more
	explained  = "explained"  // of a control: not significant, and the interval stays below half of the claim's effect
	chance     = "chance"     // of a control drawn at random: above its mean, but not above what one draw or another may have
	floor      = "floor"      // of a claim on biology: neither exceeds guessing by 0.05
	open       = "open"       // none of these
	untestable = "untestable" // too few runs on one side
)

// effect is a contrast on one task.
type effect struct {
	contrast
	task     string
	a, b     stats.Summary
	mean     float64 // of the difference
	ci       stats.Interval
	p        float64
	adjusted float64 // Holm
	lucky    float64 // p of a random arrangement being as far from the mean of others
	family   int     // tests that it was corrected for
	paired   bool
	n        int // pairs
	note     string
	finding  string
}

const significant = 0.05

// atCeiling is the share of the ideal accuracy from which models count as perfect.
const atCeiling = 0.99

// measureOn computes the effect on one task, without its finding.
func (c contrast) measureOn(records []Record, taskName string) effect {
	e := effect{contrast: c, task: taskName, mean: math.NaN(), p: math.NaN(), adjusted: math.NaN(), lucky: math.NaN()}
	ours := choose(records, c.model, taskName)
	a := values(ours, c.measure)
	e.a, _ = stats.Describe(a) // an empty sample is a NaN, which no test passes
	theirs := choose(records, c.rival, taskName)
	b := values(theirs, c.measure)
	e.b, _ = stats.Describe(b)
	e.note = divergedNote(c.model, ours) + divergedNote(c.rival, theirs)
	if mostDiverged(ours) || mostDiverged(theirs) {
		e.note += "; those left are no fair sample"
		return e
	}
	if c.rival == "" {
		e.fromDifferences(shift(a, c.constant))
		return e
	}
	if x, y := matched(ours, theirs, c.measure); len(x) >= 2 {
		d, _ := stats.Differences(x, y) // finite and of one length
		e.a, _ = stats.Describe(x)
		e.b, _ = stats.Describe(y)
		e.paired = true
		e.fromDifferences(d)
		if _, accuracy := accuracyIdeal(c.measure, taskName); !accuracy && constraint.Rearranged(c.rival) && !constraint.Rearranged(c.model) {
			if t, err := stats.AmongDraws(x, y); err == nil {
				e.lucky = t.P
			}
		}
		return e
	}
	e.fromSummaries()
	return e
}

// fromDifferences tests the mean of paired differences.
func (e *effect) fromDifferences(d []float64) {
	s, err := stats.Describe(d)
	if err != nil || s.N < 2 {
		return
	}
	e.n, e.mean, e.ci = s.N, s.Mean, s.Interval(confidence)
	t, _ := stats.PairedT(d, make([]float64, len(d)))
	e.p = t.P
}

// fromSummaries is Welch's test with its interval.
func (e *effect) fromSummaries() {
	if e.a.N < 2 || e.b.N < 2 {
		return
	}
	t := stats.WelchSummary(e.a, e.b)
	e.mean, e.p = e.a.Mean-e.b.Mean, t.P
	se := math.Hypot(e.a.StandardError(), e.b.StandardError())
	e.ci = stats.Around(e.mean, se, t.DF, confidence)
}

// shift returns x − c.
func shift(x []float64, c float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = v - c
	}
	return out
}

// matched returns the measure of both groups at the seeds that both have, in the
// order of the first.
func matched(a, b []Record, measure string) (x, y []float64) {
	for i := range a {
		v, ok := a[i].value(measure)
		if !ok {
			continue
		}
		for k := range b {
			if w, found := b[k].value(measure); found && b[k].Seed == a[i].Seed {
				x, y = append(x, v), append(y, w)
				break
			}
		}
	}
	return x, y
}

func countDiverged(group []Record) int {
	n := 0
	for _, r := range group {
		if r.Outcome == Diverged {
			n++
		}
	}
	return n
}

func mostDiverged(group []Record) bool { return 2*countDiverged(group) > len(group) }

func divergedNote(model string, group []Record) string {
	if n := countDiverged(group); n > 0 {
		return fmt.Sprintf("; %d of %d runs of %s diverged", n, len(group), symbol(model))
	}
	return ""
}

// judge adjusts the p values of a family of effects and states their findings.
func judge(family []effect) {
	p := make([]float64, len(family))
	for i, e := range family {
		p[i] = e.p
	}
	made := testsMade(p)
	for i, v := range stats.Holm(p) {
		family[i].adjusted, family[i].family = v, made
		family[i].finding = family[i].find()
	}
}

// testsMade counts the p values that are numbers.
func testsMade(p []float64) int {
	n := 0
	for _, x := range p {
		if !math.IsNaN(x) {
			n++
		}
	}
	return n
}

func (e *effect) find() string {
	ideal, perfect := accuracyIdeal(e.measure, e.task)
	switch {
	case math.IsNaN(e.p):
		return untestable
	case perfect && min(e.a.Mean, e.b.Mean) >= atCeiling*ideal:
		return ceiling
	case e.mean < 0 && e.adjusted < significant:
		return worse
	case e.ci.High < e.relevant:
		return negligible
	case e.mean > 0 && e.adjusted < significant:
		return better
	}
	return open
}

// accuracyIdeal returns the best possible accuracy if the measure is one.
func accuracyIdeal(measure, taskName string) (float64, bool) {
	switch measure {
	case "test_accuracy", "val_accuracy", "train_accuracy":
		return idealOf(taskName), true
	}
	return 0, false
}

// String is one line of evidence.
func (e effect) String() string {
	if e.finding == untestable {
		return fmt.Sprintf("%s, %s: %s: no test%s", e.task, NameOf(e.measure), e.counts(), e.note)
	}
	how := fmt.Sprintf("unpaired, %d and %d runs", e.a.N, e.b.N)
	if e.paired {
		how = fmt.Sprintf("%d pairs of equal seed", e.n)
	} else if e.rival == "" {
		how = fmt.Sprintf("%d runs", e.n)
	}
	return fmt.Sprintf("%s, %s: %s %.3f, %s: difference %+.3f [%+.3f, %+.3f], Holm p = %.2g, %s: %s%s",
		e.task, NameOf(e.measure), symbol(e.model), e.a.Mean, e.rivalMean(), e.mean, e.ci.Low, e.ci.High, e.adjusted, how, e.finding, e.note)
}

// counts says how many runs there are to compare.
func (e effect) counts() string {
	if e.rival == "" {
		return fmt.Sprintf("%d runs of %s with a number", e.a.N, symbol(e.model))
	}
	return fmt.Sprintf("%d runs of %s with a number and %d of %s", e.a.N, symbol(e.model), e.b.N, symbol(e.rival))
}

func (e effect) rivalMean() string {
	if e.rival == "" {
		return fmt.Sprintf("to exceed %g", e.constant)
	}
	return fmt.Sprintf("%s %.3f", symbol(e.rival), e.b.Mean)
}

// idealOf returns the accuracy of the ideal observer, 1 for a task without a known one.
func idealOf(name string) float64 {
	if ideal, ok := task.Ceiling(name); ok {
		return ideal
	}
	return 1
}

// symbol returns the printed name of a model, or the slug of an unknown one.
func symbol(slug string) string { return constraint.Symbol(slug) }

// NameOf returns the name of a measure for sentences, or the key of an unknown one.
func NameOf(key string) string {
	if d, ok := Define(key); ok {
		return d.Name
	}
	return key
}
