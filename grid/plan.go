package grid

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/internal/suggest"
	"biornn/task"
)

// Run is a run of a plan.
type Run struct {
	Name string // of its folder, from the hash of its Spec
	Part string // "" for the base
	Spec experiment.Spec
}

// Plan is what a study file describes.
type Plan struct {
	File     *File
	Runs     []Run              // seed by seed, so that an interrupted study has complete comparisons
	Circuits []*circuit.Circuit // in the order of their first use
	Varied   []string           // keys that differ between runs beside model, task and seed
}

// Loader finds a circuit: path is "" for the synthetic one, of the given number of neurons
// (0: default).
type Loader func(path, preset string, neurons int) (*circuit.Circuit, error)

// group is the runs of a plan that differ in the seed alone.
type group struct {
	part string
	spec experiment.Spec
	from uint64
	to   uint64
}

// Plan lists the runs. A study above its budget of runs is refused.
func (f *File) Plan(load Loader) (*Plan, error) {
	p := &planner{file: f, load: load, circuits: map[[2]string]*circuit.Circuit{}, hashes: map[*circuit.Circuit]string{}}
	parts := f.Parts
	if len(parts) == 0 {
		parts = []Part{{Base: f.Base}}
	} else {
		parts = slices.Clone(parts)
		for i := range parts {
			parts[i].Base = f.Base.with(parts[i].Base)
		}
	}
	for _, part := range parts {
		if err := p.add(part); err != nil {
			if part.Name != "" {
				return nil, fmt.Errorf("grid: part %s: %w", part.Name, err)
			}
			return nil, fmt.Errorf("grid: %w", err)
		}
	}
	out := &Plan{File: f, Runs: p.runs(), Circuits: p.order, Varied: p.varied()}
	if most := f.Budget.MaxRuns; most > 0 && len(out.Runs) > most {
		return nil, fmt.Errorf("grid: %s: %d runs are more than the budget of %d: take away values or raise budget.max_runs", f.Name, len(out.Runs), most)
	}
	return out, nil
}

// with returns the base with the changes of a part.
func (b Base) with(change Base) Base {
	for _, list := range []struct{ to, from *[]string }{{&b.Circuits, &change.Circuits}, {&b.Models, &change.Models}, {&b.Tasks, &change.Tasks}} {
		if len(*list.from) > 0 {
			*list.to = *list.from
		}
	}
	if change.Preset != "" {
		b.Preset = change.Preset
	}
	for _, number := range []struct{ to, from *int }{{&b.Seeds, &change.Seeds}, {&b.FirstSeed, &change.FirstSeed}, {&b.Epochs, &change.Epochs}} {
		if *number.from != 0 {
			*number.to = *number.from
		}
	}
	set := flatten(b.Set)
	maps.Copy(set, flatten(change.Set))
	b.Set = set
	b.Axes = slices.DeleteFunc(slices.Clone(b.Axes), func(a Axis) bool {
		return slices.ContainsFunc(a.names(), func(key string) bool { return change.names(key) })
	})
	b.Axes = append(b.Axes, change.Axes...)
	b.Exclude = append(slices.Clone(b.Exclude), change.Exclude...)
	return b
}

// names reports whether a base sets or varies a key.
func (b Base) names(key string) bool {
	_, set := flatten(b.Set)[key]
	return set || slices.ContainsFunc(b.Axes, func(a Axis) bool { return slices.Contains(a.names(), key) })
}

type planner struct {
	file     *File
	load     Loader
	circuits map[[2]string]*circuit.Circuit // by name and preset
	hashes   map[*circuit.Circuit]string
	order    []*circuit.Circuit
	groups   []group
}

// add lists the groups of a part.
func (p *planner) add(part Part) error {
	b := part.Base
	if b.Preset == "" {
		b.Preset = "corrected"
	}
	if b.Seeds == 0 {
		b.Seeds = 3
	}
	if b.FirstSeed == 0 {
		b.FirstSeed = 1
	}
	if b.Seeds < 1 || b.FirstSeed < 1 || b.Epochs < 0 {
		return fmt.Errorf("seeds, first_seed, epochs: want at least 1, got %d, %d, %d", b.Seeds, b.FirstSeed, b.Epochs)
	}
	if len(b.Circuits) == 0 {
		b.Circuits = []string{"synthetic"}
	}
	if len(b.Models) == 0 {
		b.Models = []string{"abstract"}
	}
	if len(b.Tasks) == 0 {
		b.Tasks = []string{"all"}
	}
	models, tasks, err := Resolve(b.Models, b.Tasks)
	if err != nil {
		return err
	}
	combinations, err := p.combinations(b)
	if err != nil {
		return err
	}
	out, err := p.exclusions(b)
	if err != nil {
		return err
	}
	before := len(p.groups)
	for _, name := range b.Circuits {
		c, err := p.circuit(name, b.Preset)
		if err != nil {
			return err
		}
		hash := p.hashes[c]
		for _, t := range tasks {
			for _, m := range models {
				base, err := experiment.NewOn(b.Preset, m, t, c.Name, hash, c.N(), 1)
				if err != nil {
					return err
				}
				if b.Epochs > 0 {
					base.Train.Epochs = b.Epochs
				}
				for _, combination := range combinations {
					if excluded(out, name, m, t, combination) {
						continue
					}
					spec := base
					if err := p.apply(&spec, combination); err != nil {
						return err
					}
					p.groups = append(p.groups, group{part.Name, spec, uint64(b.FirstSeed), uint64(b.FirstSeed + b.Seeds)})
				}
			}
		}
	}
	for i, e := range out {
		if !e.used {
			return fmt.Errorf("exclude %d matches no run: %v", i+1, e.text)
		}
	}
	if len(p.groups) == before {
		return fmt.Errorf("exclude leaves no run")
	}
	return nil
}

// combinations lists what the axes set, the values of set first.
func (p *planner) combinations(b Base) ([][]step, error) {
	fixed := step{}
	set := flatten(b.Set)
	for _, key := range slices.Sorted(maps.Keys(set)) {
		fixed.keys, fixed.values = append(fixed.keys, key), append(fixed.values, set[key])
	}
	axes := [][]step{{fixed}}
	seen := map[string]bool{}
	number := 1
	for _, a := range b.Axes {
		steps, err := a.steps()
		if err != nil {
			return nil, fmt.Errorf("%s%w", p.file.line(strings.Join(a.names(), " ")), err)
		}
		for _, key := range a.names() {
			if seen[key] {
				return nil, fmt.Errorf("%saxis %s: the key varies on two axes", p.file.line(key), key)
			}
			seen[key] = true
		}
		if number *= len(steps); number > mostSteps {
			return nil, fmt.Errorf("axes: want at most %d combinations", mostSteps)
		}
		axes = append(axes, steps)
	}
	return product(axes), nil
}

// apply sets the values of a combination.
func (p *planner) apply(spec *experiment.Spec, combination []step) error {
	for _, s := range combination {
		for i, key := range s.keys {
			if err := spec.Set(key, s.values[i]); err != nil {
				return fmt.Errorf("%s%w", p.file.line(key), err)
			}
		}
	}
	if err := spec.Settle(); err != nil {
		return fmt.Errorf("%s on %s: %w", constraint.Symbol(spec.Constraint.Model), spec.Task.Name, err)
	}
	return nil
}

// circuit loads a circuit once.
func (p *planner) circuit(name, preset string) (*circuit.Circuit, error) {
	if c := p.circuits[[2]string{name, preset}]; c != nil {
		return c, nil
	}
	path, neurons := name, 0
	if kind, number, _ := strings.Cut(name, ":"); kind == "synthetic" {
		path = ""
		if number != "" {
			var err error
			if neurons, err = strconv.Atoi(number); err != nil || neurons < 1 {
				return nil, fmt.Errorf("%scircuits: want synthetic or synthetic:NEURONS, got %q", p.file.line(name), name)
			}
		}
	} else if !filepath.IsAbs(path) {
		path = filepath.Join(p.file.dir, path)
	}
	c, err := p.load(path, preset, neurons)
	if err != nil {
		return nil, fmt.Errorf("%scircuits: %s: %w", p.file.line(name), name, err)
	}
	p.circuits[[2]string{name, preset}] = c
	p.hashes[c] = c.Hash()
	if !slices.ContainsFunc(p.order, func(o *circuit.Circuit) bool { return p.hashes[o] == p.hashes[c] }) {
		p.order = append(p.order, c)
	}
	return c, nil
}

// exclusion is an entry of exclude.
type exclusion struct {
	text   map[string]any
	values map[string][]any // by key; what any of has
	used   bool
}

func (p *planner) exclusions(b Base) ([]*exclusion, error) {
	keys := []string{"model", "task", "circuit"}
	for _, k := range experiment.Keys() {
		keys = append(keys, k.Name)
	}
	var out []*exclusion
	for i, table := range b.Exclude {
		e := &exclusion{text: table, values: map[string][]any{}}
		for key, v := range flatten(table) {
			if !slices.Contains(keys, key) {
				return nil, fmt.Errorf("%sexclude %d: unknown key %q%s", p.file.line(key), i+1, key, suggest.Near(key, keys))
			}
			list, ok := v.([]any)
			if !ok {
				list = []any{v}
			}
			var err error
			if e.values[key], err = canonical(key, list); err != nil {
				return nil, fmt.Errorf("%sexclude %d: %w", p.file.line(key), i+1, err)
			}
		}
		if len(e.values) == 0 {
			return nil, fmt.Errorf("exclude %d: want at least one key", i+1)
		}
		out = append(out, e)
	}
	return out, nil
}

// canonical turns names of models and tasks into slugs.
func canonical(key string, list []any) ([]any, error) {
	out := slices.Clone(list)
	for i, v := range list {
		word, ok := v.(string)
		switch {
		case key == "model" && ok:
			_, _, slug, err := constraint.Variant(word)
			if err != nil {
				return nil, err
			}
			out[i] = slug
		case key == "task" && ok:
			cfg, err := task.DefaultConfig(word)
			if err != nil {
				return nil, err
			}
			out[i] = cfg.Name
		case key == "model" || key == "task" || key == "circuit":
			if !ok {
				return nil, fmt.Errorf("%s: want a name, got %v", key, v)
			}
		}
	}
	return out, nil
}

// excluded reports whether an entry leaves a combination out.
func excluded(all []*exclusion, circuit, model, task string, combination []step) bool {
	values := map[string]any{"circuit": circuit, "model": model, "task": task}
	if len(all) > 0 {
		for _, s := range combination {
			for i, key := range s.keys {
				values[key] = s.values[i]
			}
		}
	}
	hit := false
	for _, e := range all {
		matches := true
		for key, list := range e.values {
			matches = matches && slices.ContainsFunc(list, func(v any) bool { return same(v, values[key]) })
		}
		e.used = e.used || matches
		hit = hit || matches
	}
	return hit
}

// same compares values of TOML; whole numbers equal floats.
func same(a, b any) bool {
	number := func(v any) (float64, bool) {
		switch x := v.(type) {
		case int64:
			return float64(x), true
		case float64:
			return x, true
		}
		return 0, false
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	return reflect.DeepEqual(a, b)
}
