package analysis

import (
	"fmt"
	"math"
	"strings"

	"biornn/stats"
	"biornn/task"
)

// agreeLevel is the level of the tests against published cells.
const agreeLevel = 0.01

// publishedTrials is the number of training trials of a published run. All runs of
// a published cell share one data set.
const publishedTrials = 5120

// nearIdeal is the share of the ideal accuracy from which on the data set's share of
// undecidable trials moves all runs alike.
const nearIdeal = 0.95

// weakRuns is the number of runs below which an agreement is called weak.
const weakRuns = 5

// Compare sets each published cell for which there are records beside ours: Welch's
// test at 1 % between our mean and the published one.
//
// The standard error of a published mean is taken from its interval, widened by the
// two errors that the interval does not show:
//   - rounding: a printed number is off by up to half its last digit, variance
//     10^(−2·digits)/12 for the mean and half that for the half-width;
//   - imbalance: the runs of a published cell share one data set drawn once. A
//     network that only takes a shortcut of accuracy p has the share of that data
//     set, off from p by √(p(1−p)/5120) for all runs alike. The variance is added
//     to cells of training accuracy within four such deviations of a shortcut level,
//     and Note says so; likewise to those that reach 0.95 of an ideal observer that
//     errs, whose errors the data set decides (trials without evidence). A read-out that learned the more
//     frequent of two classes has ½ + |share − ½|; its mean over data sets, 0.8
//     deviations above ½, is in our mean too, since each of our seeds draws its own
//     data, and its spread is below the deviation that is added.
//
// Of a single run of ours the spread is unknown; the published one is taken.
func Compare(p *Published, records []Record) []Comparison {
	var out []Comparison
	for _, cell := range p.Cells {
		group := choose(records, cell.Model, cell.Task)
		if len(group) == 0 {
			continue
		}
		key, err := keyOf(cell.Measure)
		if err != nil {
			key = cell.Measure // LoadPublished refuses such a table; then nobody has the value
		}
		c := Comparison{Model: cell.Model, Task: cell.Task, Measure: cell.Measure, Ours: cellOf(group, key),
			Published: cell.Mean, PublishedLow: cell.Low, PublishedHigh: cell.High, PublishedN: p.Runs}
		c.test(p.Decimals, len(group))
		if preset := group[0].Preset; preset != "" && preset != paperPreset {
			c.Note = strings.TrimPrefix(c.Note+"; our runs are of the preset "+preset+", not "+paperPreset, "; ")
		}
		out = append(out, c)
	}
	return out
}

// test fills P, Agree and Note.
func (c *Comparison) test(decimals, runs int) {
	c.P = math.NaN()
	var notes []string
	if c.Ours.Diverged > 0 {
		notes = append(notes, fmt.Sprintf("%d of our %d runs diverged", c.Ours.Diverged, runs))
	}
	switch {
	case math.IsNaN(c.Published) && c.Ours.N == 0:
		notes = append(notes, "neither side has a number")
		c.Agree = true
	case math.IsNaN(c.Published):
		notes = append(notes, "the published table has no number")
	case c.Ours.N == 0:
		notes = append(notes, "none of our runs has a number")
	case math.IsNaN(c.PublishedLow) || math.IsNaN(c.PublishedHigh):
		notes = append(notes, "the published mean has no interval")
	default:
		notes = append(notes, c.welch(decimals)...)
		c.Agree = c.P >= agreeLevel
	}
	if c.Agree && c.Ours.N > 0 && c.Ours.N < weakRuns {
		notes = append(notes, fmt.Sprintf("%d of our runs: agreement is weak evidence", c.Ours.N))
	}
	c.Note = strings.Join(notes, "; ")
}

func (c *Comparison) welch(decimals int) []string {
	var notes []string
	rounding := math.Pow(10, -2*float64(decimals)) / 12
	half := (c.PublishedHigh - c.PublishedLow) / 2
	fitted := stats.FromInterval(c.Published, math.Sqrt(float64(half*half)+rounding/2), confidence, c.PublishedN)
	shown := fitted.StandardError()
	variance := float64(shown*shown) + rounding
	if level, ok := c.sharedLevel(); ok {
		common := level.Accuracy * (1 - level.Accuracy) / publishedTrials
		variance += common
		notes = append(notes, fmt.Sprintf("near %s (%.3g): imbalance of the shared data set, sd %.4f, added to the published error",
			level.Name, level.Accuracy, math.Sqrt(common)))
	}
	// the known parts have no degrees of freedom to lose (Satterthwaite)
	df := float64(c.PublishedN-1) * variance * variance / math.Pow(shown, 4)
	ours := stats.Summary{N: c.Ours.N, Mean: c.Ours.Mean, SD: c.Ours.SD}
	oursDF := float64(ours.N - 1)
	if ours.N == 1 {
		ours.SD, oursDF = fitted.SD, float64(c.PublishedN-1)
		notes = append(notes, "one run of ours: the published spread is used")
	}
	c.P = stats.WelchErrors(ours.Mean-c.Published, ours.StandardError(), oursDF, math.Sqrt(variance), df).P
	return notes
}

// sharedLevel returns the level at which the published mean stands, if it is a
// training accuracy near one.
func (c *Comparison) sharedLevel() (task.Level, bool) {
	if key, err := keyOf(c.Measure); err != nil || key != "train_accuracy" {
		return task.Level{}, false
	}
	for _, l := range task.Levels(c.Task) {
		sd := math.Sqrt(l.Accuracy * (1 - l.Accuracy) / publishedTrials)
		if sd > 0 && math.Abs(c.Published-l.Accuracy) <= 4*sd {
			return l, true
		}
	}
	if ideal := idealOf(c.Task); ideal < 1 && c.Published >= nearIdeal*ideal {
		return task.Level{Name: "the ideal observer", Accuracy: ideal}, true
	}
	return task.Level{}, false
}

// Tally counts the cells of one measure, or of all of them.
type Tally struct {
	Measure  string `json:"measure"` // "all" for the total
	Agree    int    `json:"agree"`
	Total    int    `json:"total"`    // cells with a verdict
	Untested int    `json:"untested"` // no published number, or no interval
}

// Agreement sums up a comparison.
type Agreement struct {
	Measures []Tally `json:"measures"`
	All      Tally   `json:"all"`
	Level    float64 `json:"level"`
	// ExpectedFalse is the number of disagreements to expect by chance if all cells
	// agreed: level × tests.
	ExpectedFalse float64 `json:"expected_false"`
	// AfterHolm is the number of cells that disagree at the level when corrected for
	// the number of tests, cells without any number of ours counted in.
	AfterHolm int    `json:"disagree_after_holm"`
	Text      string `json:"text"` // the same in words
}

// Agree sums up comparisons per measure. Some disagreements are expected by chance;
// their number and the number that survives Holm's correction are given. The cells
// of one run are not independent, so neither number has a simple distribution.
func Agree(comparisons []Comparison) Agreement {
	a := Agreement{All: Tally{Measure: "all"}, Level: agreeLevel}
	var p []float64
	fewest, missing := math.MaxInt, 0
	for _, c := range comparisons {
		t := a.tally(c.Measure)
		switch {
		case !math.IsNaN(c.P):
			p = append(p, c.P)
			fewest = min(fewest, c.Ours.N)
		case !math.IsNaN(c.Published) && c.Ours.N == 0:
			missing++
		default:
			t.Untested++
			a.All.Untested++
			continue
		}
		t.Total++
		a.All.Total++
		if c.Agree {
			t.Agree++
			a.All.Agree++
		}
	}
	for _, v := range stats.Holm(p) {
		if v < agreeLevel {
			a.AfterHolm++
		}
	}
	a.AfterHolm += missing
	a.ExpectedFalse = agreeLevel * float64(len(p))
	a.Text = a.words(len(p), missing, fewest)
	return a
}

// tally returns the count of a measure, made when it first occurs.
func (a *Agreement) tally(measure string) *Tally {
	for i := range a.Measures {
		if a.Measures[i].Measure == measure {
			return &a.Measures[i]
		}
	}
	a.Measures = append(a.Measures, Tally{Measure: measure})
	return &a.Measures[len(a.Measures)-1]
}

func (a *Agreement) words(tests, missing, fewest int) string {
	if a.All.Total == 0 {
		return "No published cell could be tested."
	}
	text := fmt.Sprintf("%d of %d cells agree with the published ones (Welch's test at %g %%). Of %d tests, %.2f are expected to disagree by chance alone; %d cells disagree when corrected for their number (Holm).",
		a.All.Agree, a.All.Total, 100*a.Level, tests, a.ExpectedFalse, a.AfterHolm)
	if missing > 0 {
		text += fmt.Sprintf(" In %d cells our runs have no number, and they count as disagreeing.", missing)
	}
	if a.All.Untested > 0 {
		text += fmt.Sprintf(" %d cells could not be tested.", a.All.Untested)
	}
	if tests > 0 && fewest < weakRuns {
		text += fmt.Sprintf(" Some cells rest on %d of our runs: there, agreement says little.", fewest)
	}
	return text
}
