package grid

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"biornn/constraint"
	"biornn/experiment"
	"biornn/task"
)

// runs lists the groups seed by seed; a run that two parts have counts once, for the first.
func (p *planner) runs() []Run {
	var seeds []uint64
	seen := map[uint64]bool{}
	for _, g := range p.groups {
		for s := g.from; s < g.to; s++ {
			if !seen[s] {
				seen[s] = true
				seeds = append(seeds, s)
			}
		}
	}
	slices.Sort(seeds)
	var all []Run
	for _, s := range seeds {
		for _, g := range p.groups {
			if g.from <= s && s < g.to {
				r := Run{Part: g.part, Spec: g.spec}
				r.Spec.Seed = s
				all = append(all, r)
			}
		}
	}
	name(all)
	known := make(map[string]bool, len(all))
	return slices.DeleteFunc(all, func(r Run) bool {
		twice := known[r.Name]
		known[r.Name] = true
		return twice
	})
}

// name sets the names of runs, whose hashes are the cost of a plan, on all cores.
func name(runs []Run) {
	var wg sync.WaitGroup
	each := (len(runs) + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	for part := range slices.Chunk(runs, max(1, each)) {
		wg.Go(func() {
			for i := range part {
				part[i].Name = part[i].Spec.Name()
			}
		})
	}
	wg.Wait()
}

// varied lists the keys of Specs in which groups of the same model and task differ.
func (p *planner) varied() []string {
	first := map[[2]string]experiment.Spec{}
	for _, g := range p.groups {
		key := [2]string{g.spec.Constraint.Model, g.spec.Task.Name}
		if _, there := first[key]; !there {
			first[key] = g.spec
		}
	}
	var out []string
	for _, k := range experiment.Keys() {
		if slices.ContainsFunc(p.groups, func(g group) bool {
			a, _ := g.spec.Get(k.Name)
			b, _ := first[[2]string{g.spec.Constraint.Model, g.spec.Task.Name}].Get(k.Name)
			return !sameValue(a, b)
		}) {
			out = append(out, k.Name)
		}
	}
	return out
}

func sameValue(a, b any) bool {
	x, ok := a.([]int)
	if y, also := b.([]int); ok && also {
		return slices.Equal(x, y)
	}
	return a == b
}

// Tasks are the three of the published comparison.
func Tasks() []string { return []string{"one-step-inference", "go-nogo", "perceptual-decision"} }

// Resolve turns what a user typed for models and tasks into slugs and names:
// "abstract" (six models), "all", or a list; a model may have controls, as in
// "W*D*C+shuffled".
func Resolve(models, tasks []string) (slugs, names []string, err error) {
	add := func(list []constraint.Model) {
		for _, m := range list {
			slugs = append(slugs, m.Slug)
		}
	}
	for _, m := range models {
		switch strings.ToLower(strings.TrimSpace(m)) {
		case "abstract":
			add(constraint.AbstractModels())
		case "all":
			add(constraint.Models())
		default:
			_, _, slug, err := constraint.Variant(m)
			if err != nil {
				return nil, nil, err
			}
			slugs = append(slugs, slug)
		}
	}
	for _, t := range tasks {
		if t = strings.ToLower(strings.TrimSpace(t)); t == "all" {
			names = append(names, Tasks()...)
			continue
		}
		cfg, err := task.DefaultConfig(t)
		if err != nil {
			return nil, nil, err
		}
		names = append(names, cfg.Name)
	}
	return unique(slugs), unique(names), nil
}

// unique keeps the first of equal words.
func unique(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
