package study

import (
	"fmt"
	"slices"
	"strings"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/grid"
)

// Idle says of each model, in a sentence, which of its controls change nothing of it.
func (f *folder) Idle() []string {
	return idle(f.specs, func(hash string) *circuit.Circuit { return f.circuits[hash] })
}

// IdleControls says of each model of a plan, in a sentence, which of its controls change
// nothing of it, whatever else varies.
func IdleControls(p *grid.Plan) []string {
	specs := make([]experiment.Spec, len(p.Runs))
	for i, r := range p.Runs {
		specs[i] = r.Spec
	}
	return idle(specs, func(hash string) *circuit.Circuit { return circuitOf(p, hash) })
}

// mostIdle is the number of neurons up to which controls are looked at: every look draws
// the initial weights several times, which takes a time that grows with its cube.
const mostIdle = 1000

func idle(specs []experiment.Spec, circuitOf func(hash string) *circuit.Circuit) []string {
	type model struct{ circuit, preset, name string }
	var order []model
	names := map[model][]string{}
	seen := map[string]bool{}
	for _, s := range specs {
		if !strings.Contains(s.Constraint.Model, "+") {
			continue
		}
		cfg := s.Constraint
		if cfg.Lambda > 0 {
			cfg.Lambda = 1 // its value makes no difference here
		}
		if key := fmt.Sprintf("%s %s %+v", s.CircuitHash, s.Preset, cfg); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		c := circuitOf(s.CircuitHash)
		if c == nil || c.N() > mostIdle {
			continue
		}
		found, err := constraint.Idle(cfg, s.Preset, c)
		if err != nil {
			continue // the run itself tells what is wrong
		}
		m := model{c.Name, s.Preset, s.Constraint.Model}
		if before, there := names[m]; there {
			names[m] = slices.DeleteFunc(before, func(n string) bool { return !slices.Contains(found, n) })
		} else {
			order, names[m] = append(order, m), found
		}
	}
	var out []string
	for _, m := range order {
		if n := names[m]; len(n) > 0 {
			out = append(out, fmt.Sprintf("%s: %s changes nothing of this model on %s, preset %s: compared with it, the model is compared with itself.",
				constraint.Symbol(m.name), strings.Join(n, " and "), m.circuit, m.preset))
		}
	}
	return out
}
