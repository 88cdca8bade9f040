package analysis

import (
	"cmp"
	"math"
	"slices"

	"biornn/constraint"
	"biornn/stats"
	"biornn/task"
)

// confidence is the level of every interval in tables and figures.
const confidence = 0.95

// Set stores a value. One that is not finite is left out, and a warning says so.
func (r *Record) Set(key string, value float64) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		r.Warnings = append(r.Warnings, key+": no finite number")
		return
	}
	if r.Values == nil {
		r.Values = map[string]float64{}
	}
	r.Values[key] = value
}

// Summarise makes one cell per model, task and measure that the records hold: models
// in the order of the paper, tasks in that of the registry, others after them as
// they appear, measures as given. Diverged runs are counted and left out, and so are
// runs without the measure.
func Summarise(records []Record, measures []string) []Cell {
	var cells []Cell
	for _, model := range modelsOf(records) {
		for _, name := range tasksOf(records) {
			group := choose(records, model, name)
			if len(group) == 0 {
				continue
			}
			for _, m := range measures {
				cells = append(cells, cellOf(group, m))
			}
		}
	}
	return cells
}

// choose returns the records of one model on one task.
func choose(records []Record, model, taskName string) []Record {
	var out []Record
	for _, r := range records {
		if r.Model == model && r.Task == taskName {
			out = append(out, r)
		}
	}
	return out
}

// values returns a measure of the runs that finished and have it.
func values(group []Record, measure string) []float64 {
	var out []float64
	for _, r := range group {
		if v, ok := r.value(measure); ok {
			out = append(out, v)
		}
	}
	return out
}

// value returns a measure, unless the run diverged or has no finite number there.
func (r *Record) value(measure string) (float64, bool) {
	v, ok := r.Values[measure]
	return v, ok && r.Outcome != Diverged && !math.IsNaN(v) && !math.IsInf(v, 0)
}

func cellOf(group []Record, measure string) Cell {
	c := Cell{Model: group[0].Model, Task: group[0].Task, Measure: measure}
	for _, r := range group {
		if r.Outcome == Diverged {
			c.Diverged++
		}
	}
	s, _ := stats.Describe(values(group, measure)) // no values: NaN, which is what the cell should say
	ci := s.Interval(confidence)
	c.N, c.Mean, c.SD, c.Low, c.High = s.N, s.Mean, s.SD, ci.Low, ci.High
	return c
}

// modelsOf returns the models that occur, in the order of the paper.
func modelsOf(records []Record) []string {
	var known []string
	for _, m := range append(constraint.Models(), constraint.FurtherModels()...) {
		known = append(known, m.Slug)
	}
	return occurring(records, known, func(r Record) string { return r.Model })
}

// tasksOf returns the tasks that occur, in the order of the registry.
func tasksOf(records []Record) []string {
	return occurring(records, task.Names(), func(r Record) string { return r.Task })
}

// occurring returns the different names, the known ones first and in their order.
func occurring(records []Record, known []string, of func(Record) string) []string {
	var out []string
	for _, r := range records {
		if name := of(r); !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	rank := func(name string) int {
		if i := slices.Index(known, name); i >= 0 {
			return i
		}
		return len(known)
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}
