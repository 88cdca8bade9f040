package activity

import (
	"fmt"
	"math"
	"slices"

	"biornn/task"
)

// Variable is one thing that differs between trials, as classes.
type Variable struct {
	Name   string   `json:"name"`
	Levels []string `json:"levels"`
	Of     []int    `json:"-"` // level of each trial
	Factor bool     `json:"factor"`
}

// Values beyond so many are put into groups of equal size.
const (
	mostLevels = 12
	groups     = 4
)

// variablesOf returns the conditions of the trials, the answer and the choice, without
// those that do not vary or divide the trials as an earlier one does. A factor is one
// that neither tells another variable (as a maze tells its goal) nor follows from the
// factors before it (as the answer does from goal and options).
func variablesOf(info task.Info, set *task.Dataset, s *States) []Variable {
	var out []Variable
	add := func(v Variable) {
		if len(v.Levels) < 2 || slices.ContainsFunc(out, func(o Variable) bool { return tells(o, v) && tells(v, o) }) {
			return
		}
		out = append(out, v)
	}
	if len(set.Conditions) == set.Trials {
		for k, c := range set.Conditions[0] {
			values := make([]float64, set.Trials)
			for i, all := range set.Conditions {
				values[i] = math.NaN()
				if k < len(all) && all[k].Name == c.Name {
					values[i] = all[k].Value
				}
			}
			add(conditionOf(c.Name, values, s))
		}
	}
	answer := make([]int32, set.Trials)
	for i := range answer {
		for t := range set.Steps {
			if set.Weight[i*set.Steps+t] > 0 {
				answer[i] = set.Label[i*set.Steps+t]
			}
		}
	}
	add(classesOf("answer", answer, info.Outputs))
	markFactors(out)
	add(classesOf("choice", s.Choice, info.Outputs))
	return out
}

// conditionOf makes classes of numbers; many different ones are cut into four groups.
func conditionOf(name string, values []float64, s *States) Variable {
	if slices.ContainsFunc(values, math.IsNaN) {
		s.warn("%s: not a condition of every trial, left out", name)
		return Variable{}
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	distinct := slices.Compact(slices.Clone(sorted))
	v := Variable{Name: name, Of: make([]int, len(values))}
	if len(distinct) <= mostLevels {
		for i, x := range values {
			v.Of[i], _ = slices.BinarySearch(distinct, x)
		}
		for _, x := range distinct {
			v.Levels = append(v.Levels, fmt.Sprintf("%g", x))
		}
		return v
	}
	s.warn("%s: %d values, put into %d groups of equal size", name, len(distinct), groups)
	for g := range groups {
		v.Levels = append(v.Levels, fmt.Sprintf("group %d of %d", g+1, groups))
	}
	for i, x := range values {
		rank, _ := slices.BinarySearch(sorted, x)
		v.Of[i] = rank * groups / len(sorted)
	}
	return v
}

// classesOf makes a variable of class indices; classes that do not occur are left out.
func classesOf(name string, class []int32, names []string) Variable {
	present := slices.Clone(class)
	slices.Sort(present)
	present = slices.Compact(present)
	v := Variable{Name: name, Of: make([]int, len(class))}
	for i, c := range class {
		v.Of[i], _ = slices.BinarySearch(present, c)
	}
	for _, c := range present {
		v.Levels = append(v.Levels, names[c])
	}
	return v
}

// rarest returns the level that the fewest trials have, and their number.
func (v Variable) rarest() (level string, trials int) {
	count := make([]int, len(v.Levels))
	for _, of := range v.Of {
		count[of]++
	}
	least := 0
	for i, n := range count {
		if n < count[least] {
			least = i
		}
	}
	return v.Levels[least], count[least]
}

// tells says whether the level of a fixes that of b.
func tells(a, b Variable) bool {
	of := make([]int, len(a.Levels))
	for i := range of {
		of[i] = -1
	}
	for i, level := range a.Of {
		if of[level] >= 0 && of[level] != b.Of[i] {
			return false
		}
		of[level] = b.Of[i]
	}
	return true
}

func markFactors(all []Variable) {
	var before []Variable
	for i := range all {
		finer := slices.ContainsFunc(all, func(o Variable) bool { return o.Name != all[i].Name && tells(all[i], o) })
		if finer && len(all) > 1 {
			continue
		}
		if len(before) > 0 && tells(Variable{Levels: make([]string, len(all[i].Of)), Of: cellsOf(before).of}, all[i]) {
			continue
		}
		all[i].Factor = true
		before = append(before, all[i])
	}
}

// cells are the combinations of levels that occur.
type cells struct {
	of     []int   // of each trial
	count  []int   // trials of each
	levels [][]int // [cell][factor]
}

func cellsOf(factors []Variable) cells {
	var c cells
	number := map[string]int{}
	if len(factors) == 0 {
		return c
	}
	for i := range factors[0].Of {
		levels := make([]int, len(factors))
		for k, f := range factors {
			levels[k] = f.Of[i]
		}
		key := fmt.Sprint(levels)
		at, ok := number[key]
		if !ok {
			at = len(c.count)
			number[key] = at
			c.count, c.levels = append(c.count, 0), append(c.levels, levels)
		}
		c.of = append(c.of, at)
		c.count[at]++
	}
	return c
}

// factors returns the variables that are factors.
func (s *States) factors() []Variable {
	var out []Variable
	for _, v := range s.Variables {
		if v.Factor {
			out = append(out, v)
		}
	}
	return out
}
