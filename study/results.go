package study

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/experiment"
)

// Row is a run with what it was told and what came out.
type Row struct {
	Record  analysis.Record
	Spec    experiment.Spec
	Part    string // sub-study
	Seconds float64
}

// Rows is the runs of a study's folder in the order of its plan, or by name where there is
// none.
type Rows struct {
	Rows    []Row
	Keys    []string // of Specs, that differ between runs of the same model and task
	Damaged []Damage // runs that cannot be read; they are in no row
}

// ReadRows reads all runs of a folder: of a sweep, a study, or of runs alone.
func ReadRows(dir string) (*Rows, error) {
	dir = runsFolder(dir)
	names, parts, err := runsIn(dir)
	if err != nil {
		return nil, err
	}
	runs := dir
	if _, err := os.Stat(filepath.Join(dir, runsDir)); err == nil {
		runs = filepath.Join(dir, runsDir)
	}
	rows, errs := make([]*Row, len(names)), make([]error, len(names))
	at := make(chan int)
	var wg sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range at {
				rows[i], errs[i] = readRow(filepath.Join(runs, names[i]), names[i])
			}
		})
	}
	for i := range names {
		at <- i
	}
	close(at)
	wg.Wait()
	out := &Rows{}
	for i, row := range rows {
		switch err := errs[i]; {
		case err == nil:
			row.Part = parts[names[i]]
			out.Rows = append(out.Rows, *row)
		case errors.Is(err, experiment.ErrAbsent):
		case errors.Is(err, experiment.ErrDamaged):
			out.Damaged = append(out.Damaged, Damage{Run: names[i], Cause: err.Error()})
		default:
			return nil, err
		}
	}
	if len(out.Rows) == 0 && len(out.Damaged) == 0 {
		return nil, fmt.Errorf("study: %s holds no runs", dir)
	}
	out.Keys = differing(out.Rows)
	return out, nil
}

// runsIn lists the runs of a folder, and their sub-studies.
func runsIn(dir string) (names []string, parts map[string]string, err error) {
	d, err := readDescription(dir)
	if err == nil {
		return d.Runs, d.Parts, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, runsDir)); err == nil {
		dir = filepath.Join(dir, runsDir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("study: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() && runName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil, nil
}

func readRow(dir, name string) (*Row, error) {
	run, err := experiment.LoadRecord(dir)
	if err != nil {
		return nil, err
	}
	m, err := measuresOf(dir)
	if err != nil {
		return nil, err
	}
	record := NewRecord(name, run, m)
	record.Curve = nil
	return &Row{Record: record, Spec: run.Spec, Seconds: run.Machine.Seconds}, nil
}

// differing lists the keys in which runs of the same model and task differ.
func differing(rows []Row) []string {
	first := map[[2]string]*experiment.Spec{}
	for i := range rows {
		s := &rows[i].Spec
		if key := [2]string{s.Constraint.Model, s.Task.Name}; first[key] == nil {
			first[key] = s
		}
	}
	var out []string
	for _, k := range experiment.Keys() {
		if slices.ContainsFunc(rows, func(r Row) bool {
			a, _ := r.Spec.Get(k.Name)
			b, _ := first[[2]string{r.Spec.Constraint.Model, r.Spec.Task.Name}].Get(k.Name)
			return fmt.Sprint(a) != fmt.Sprint(b)
		}) {
			out = append(out, k.Name)
		}
	}
	return out
}

// Measures lists the measures that occur, the defined ones in their order.
func (r *Rows) Measures() []string {
	found := map[string]bool{}
	for _, row := range r.Rows {
		for k := range row.Record.Values {
			found[k] = true
		}
	}
	var out []string
	for _, d := range analysis.Definitions() {
		if found[d.Key] {
			out = append(out, d.Key)
			delete(found, d.Key)
		}
	}
	return append(out, slices.Sorted(maps.Keys(found))...)
}

// Value returns what a row holds under a name: run, part, model, symbol, task, preset,
// circuit, seed, outcome, seconds, a measure or a key of a Spec (its last word is enough
// where that is one alone). known is false where no row has such a name, present where
// this one lacks the value.
func (row Row) Value(name string) (v any, present, known bool) {
	switch r := row.Record; name {
	case "run":
		return r.Run, true, true
	case "part":
		return row.Part, true, true
	case "model":
		return r.Model, true, true
	case "symbol":
		return constraint.Symbol(r.Model), true, true
	case "task":
		return r.Task, true, true
	case "preset":
		return r.Preset, true, true
	case "circuit":
		return row.Spec.Circuit, true, true
	case "seed":
		return float64(r.Seed), true, true
	case "outcome":
		return r.Outcome, true, true
	case "seconds":
		return row.Seconds, row.Seconds > 0, true
	}
	if v, ok := row.Record.Values[name]; ok {
		return v, true, true
	}
	if _, defined := analysis.Define(name); defined {
		return nil, false, true
	}
	if key := specKey(name); key != "" {
		v, _ := row.Spec.Get(key)
		return plain(v), true, true
	}
	return nil, false, false
}

// specKey finds a key of a Spec by its name or its last word.
func specKey(name string) string {
	found := ""
	for _, k := range experiment.Keys() {
		if k.Name == name {
			return name
		}
		if strings.HasSuffix(k.Name, "."+name) {
			if found != "" {
				return ""
			}
			found = k.Name
		}
	}
	return found
}

// plain turns values of a Spec into numbers and words.
func plain(v any) any {
	switch x := v.(type) {
	case int:
		return float64(x)
	case float64, string:
		return x
	}
	return fmt.Sprint(v)
}

// Names lists what Value knows.
func (r *Rows) Names() []string {
	out := []string{"run", "part", "model", "symbol", "task", "preset", "circuit", "seed", "outcome", "seconds"}
	out = append(out, r.Measures()...)
	for _, k := range experiment.Keys() {
		out = append(out, k.Name)
	}
	return out
}
