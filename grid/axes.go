package grid

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// step is what one place on an axis sets.
type step struct {
	keys   []string
	values []any
}

// names returns the keys of an axis.
func (a Axis) names() []string {
	if a.Key != "" {
		return []string{a.Key}
	}
	return a.Keys
}

// steps lists the places on an axis.
func (a Axis) steps() ([]step, error) {
	name := strings.Join(a.names(), ", ")
	if (a.Key == "") == (len(a.Keys) == 0) {
		return nil, fmt.Errorf("axis: want either key or keys")
	}
	given := 0
	for _, is := range []bool{a.Values != nil, a.Range != nil, a.Log != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("axis %s: want exactly one of values, range and log, got %d", name, given)
	}
	if a.Values == nil {
		return a.numbers(name)
	}
	if len(a.Values) == 0 {
		return nil, fmt.Errorf("axis %s: want at least one value", name)
	}
	var out []step
	for i, v := range a.Values {
		s := step{a.names(), []any{v}}
		if a.Key == "" {
			row, ok := v.([]any)
			if !ok || len(row) != len(a.Keys) {
				return nil, fmt.Errorf("axis %s: values: want lists of %d values, one a key, got %v as number %d", name, len(a.Keys), v, i+1)
			}
			s.values = row
		}
		out = append(out, s)
	}
	return out, nil
}

func (a Axis) numbers(name string) ([]step, error) {
	if a.Key == "" {
		return nil, fmt.Errorf("axis %s: range and log want one key: use values for several", name)
	}
	var row []float64
	var err error
	if a.Range != nil {
		row, err = a.Range.linear()
	} else {
		row, err = a.Log.logarithmic()
	}
	if err != nil {
		return nil, fmt.Errorf("axis %s: %w", name, err)
	}
	var out []step
	for _, x := range row {
		out = append(out, step{[]string{a.Key}, []any{x}})
	}
	return out, nil
}

// mostSteps keeps a mistyped range from filling the memory.
const mostSteps = 1_000_000

func (r Range) linear() ([]float64, error) {
	count := r.Count
	if r.Step != 0 {
		if count != 0 {
			return nil, fmt.Errorf("range: want count or step, got both")
		}
		steps := (r.To - r.From) / r.Step
		if !(steps >= 0 && steps < mostSteps) || math.Abs(steps-math.Round(steps)) > 1e-6 {
			return nil, fmt.Errorf("range: want a whole number of steps of %g from %g to %g", r.Step, r.From, r.To)
		}
		count = int(math.Round(steps)) + 1
	}
	if err := r.check("range", count); err != nil {
		return nil, err
	}
	out := make([]float64, count)
	for i := range out {
		out[i] = rounded(r.From + (r.To-r.From)*float64(i)/float64(max(1, count-1)))
	}
	return out, nil
}

func (r Range) logarithmic() ([]float64, error) {
	if !(r.From > 0 && r.To > 0) || r.Step != 0 {
		return nil, fmt.Errorf("log: want from and to above 0 and a count, got from = %g, to = %g, step = %g", r.From, r.To, r.Step)
	}
	if err := r.check("log", r.Count); err != nil {
		return nil, err
	}
	out := make([]float64, r.Count)
	for i := range out {
		out[i] = rounded(r.From * math.Pow(r.To/r.From, float64(i)/float64(max(1, r.Count-1))))
	}
	return out, nil
}

func (r Range) check(what string, count int) error {
	if count < 1 || count > mostSteps || count == 1 && r.From != r.To || count > 1 && r.From == r.To {
		return fmt.Errorf("%s: want a count of at least 2 between different numbers, got %d from %g to %g", what, count, r.From, r.To)
	}
	if math.IsInf(r.From, 0) || math.IsInf(r.To, 0) || math.IsNaN(r.From) || math.IsNaN(r.To) {
		return fmt.Errorf("%s: want finite numbers, got from = %g, to = %g", what, r.From, r.To)
	}
	return nil
}

// rounded keeps six significant digits, so that values read well and are the same whatever
// the last bits of a power are.
func rounded(x float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 6, 64), 64)
	if err != nil {
		return x
	}
	return v
}

// product lists every combination of steps; the first axis varies slowest.
func product(axes [][]step) [][]step {
	out := [][]step{nil}
	for _, steps := range axes {
		var next [][]step
		for _, before := range out {
			for _, s := range steps {
				next = append(next, append(append([]step(nil), before...), s))
			}
		}
		out = next
	}
	return out
}

// flatten writes nested tables as dotted keys: [set] constraint.lambda = 1 and
// "constraint.lambda" = 1 are the same.
func flatten(table map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range table {
		if inner, ok := v.(map[string]any); ok {
			for k2, v2 := range flatten(inner) {
				out[k+"."+k2] = v2
			}
			continue
		}
		out[k] = v
	}
	return out
}
