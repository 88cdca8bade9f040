package analysis

import (
	"fmt"
	"math"
	"strings"

	"biornn/stats"
	"biornn/task"
)

// Doubts returns what a reader should know of the runs before comparing a measure of them:
// per task and model how many diverged or lack the measure and so are excluded, and which
// models are at the ceiling or have not learned the task; per task whether spreads differ or values are heavily tied.
func Doubts(records []Record, measure string) ([]stats.Warning, error) {
	if err := onePreset("doubts", records); err != nil {
		return nil, err
	}
	var out []stats.Warning
	for _, t := range tasksOf(records) {
		var groups [][]float64
		var ceiling, floor []string
		for _, model := range modelsOf(records) {
			group := choose(records, model, t)
			if len(group) == 0 {
				continue
			}
			if reachesCeiling(group, measure) {
				ceiling = append(ceiling, symbol(model))
			}
			if staysAtGuessing(group, measure) {
				floor = append(floor, symbol(model))
			}
			out = append(out, doubtsOfRuns(group, measure)...)
			if v := values(group, measure); len(v) > 0 {
				groups = append(groups, v)
			}
		}
		if len(ceiling) > 0 {
			out = append(out, stats.Warning{Code: stats.WarnCeiling, Text: fmt.Sprintf("accuracy at ceiling on %s (0.99 of the ideal observer's %.3f): %s", t, idealOf(t), strings.Join(ceiling, ", "))})
		}
		if len(floor) > 0 {
			out = append(out, stats.Warning{Code: stats.WarnFloor, Text: fmt.Sprintf("%s: accuracy near guessing (%.3g): between models that have not learned the task, none differs from another: %s", t, guessing(t), strings.Join(floor, ", "))})
		}
		if len(groups) < 2 {
			continue
		}
		more, err := stats.DoubtsOfGroups(groups...)
		if err != nil {
			return nil, fmt.Errorf("analysis: doubts: %s: %w", t, err)
		}
		out = append(out, under(t+", "+NameOf(measure), more)...)
	}
	return out, nil
}

// DoubtsOfVerdicts returns what makes the effects behind verdicts doubtful, of the same records:
// what stats.DoubtsOfPairs says of their differences within seeds, and findings that a
// permutation test does not confirm. That test is of signs and, like the p of the finding,
// corrected over the effects of its claim (Holm).
func DoubtsOfVerdicts(records []Record, verdicts []Verdict) ([]stats.Warning, error) {
	var out []stats.Warning
	for _, v := range verdicts {
		permuted := make([]float64, len(v.Effects))
		for i, e := range v.Effects {
			permuted[i] = float64(e.Permute)
		}
		permuted = stats.Holm(permuted)
		for i, e := range v.Effects {
			x, y := matched(choose(records, e.Model, e.Task), choose(records, e.Rival, e.Task), e.Measure)
			if len(x) < 2 {
				continue
			}
			pair := fmt.Sprintf("%s − %s, %s", symbol(e.Model), symbol(e.Rival), NameOf(e.Measure))
			if told := e.Finding == better || e.Finding == worse; told && permuted[i] >= significant {
				out = append(out, stats.Warning{Code: stats.WarnDisagree, Text: fmt.Sprintf("%s on %s: %s: told from 0 by t (p = %.2g), not by the permutation of signs (%.2g, both after Holm)", v.ID, e.Task, pair, float64(e.P), permuted[i])})
			}
			d, err := stats.Differences(x, y)
			if err != nil {
				return nil, fmt.Errorf("analysis: doubts: %s, %s: %w", v.ID, e.Task, err)
			}
			more, err := stats.DoubtsOfPairs(d, significant)
			if err != nil {
				return nil, fmt.Errorf("analysis: doubts: %s, %s: %w", v.ID, e.Task, err)
			}
			out = append(out, under(e.Task+": "+pair, more)...)
		}
	}
	return out, nil
}

// doubtsOfRuns speaks of the runs of one model on one task.
func doubtsOfRuns(group []Record, measure string) []stats.Warning {
	var out []stats.Warning
	name := symbol(group[0].Model) + " on " + group[0].Task
	if n := countDiverged(group); n > 0 {
		out = append(out, stats.Warning{Code: stats.WarnDiverged, Text: fmt.Sprintf("diverged: %d of %d runs of %s excluded", n, len(group), name)})
	}
	v := values(group, measure)
	if n := len(group) - countDiverged(group) - len(v); n > 0 {
		out = append(out, stats.Warning{Code: stats.WarnNothing, Text: fmt.Sprintf("%d of %d runs of %s have no %s", n, len(group), name, NameOf(measure))})
	}
	return out
}

// reachesCeiling reports whether a model is as good as the ideal observer on a task.
func reachesCeiling(group []Record, measure string) bool {
	ideal, accuracy := accuracyIdeal(measure, group[0].Task)
	s, err := stats.Describe(values(group, measure))
	return err == nil && accuracy && s.Mean >= atCeiling*ideal
}

// nearGuessing is how far above guessing a model must be to count as having learned.
const nearGuessing = 0.05

// guessing returns the accuracy that guesses reach, NaN for a task without a known one.
func guessing(taskName string) float64 {
	if levels := task.Levels(taskName); len(levels) > 0 {
		return levels[0].Accuracy
	}
	return math.NaN()
}

// staysAtGuessing reports whether a model does not do better than guesses on a task.
func staysAtGuessing(group []Record, measure string) bool {
	_, accuracy := accuracyIdeal(measure, group[0].Task)
	s, err := stats.Describe(values(group, measure))
	return err == nil && accuracy && s.Mean < guessing(group[0].Task)+nearGuessing
}

// Bounds on the number of nulls below which Doubts of a configuration warns: an average
// over fewer moves σ by its own noise, and a p from n nulls is at least 1/(n+1).
const (
	enoughNulls   = 20
	enoughForTail = 99
)

// Doubts returns what the numbers of nulls leave uncertain.
func (c Config) Doubts() []stats.Warning {
	var out []stats.Warning
	for _, k := range []struct {
		name string
		n    int
	}{{"published nulls", c.Nulls}, {"matched nulls", c.MatchedNulls}} {
		switch {
		case k.n < enoughNulls:
			out = append(out, stats.Warning{Code: stats.WarnFewNulls, Text: fmt.Sprintf("nulls too few: %d %s, and their mean is itself uncertain; take at least %d", k.n, k.name, enoughNulls)})
		case k.n < enoughForTail:
			out = append(out, stats.Warning{Code: stats.WarnFewNulls, Text: fmt.Sprintf("%d %s: enough for a mean, but a p from them is at least %.3g", k.n, k.name, 1/float64(k.n+1))})
		}
	}
	return out
}
