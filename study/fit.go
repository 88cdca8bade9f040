package study

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/grid"
)

// UnfitError names the models that cannot be had on their circuits.
type UnfitError struct {
	Models []string // as a user types them, each once
	Causes []error  // of each
}

func (e *UnfitError) Error() string {
	if len(e.Models) == 1 {
		return fmt.Sprintf("study: %s: %v", e.Models[0], e.Causes[0])
	}
	var b strings.Builder
	fmt.Fprintf(&b, "study: want models that the circuit can have, got %d that it cannot; nothing was computed:", len(e.Models))
	for i, m := range e.Models {
		fmt.Fprintf(&b, "\n  %s: %v", m, e.Causes[i])
	}
	return b.String()
}

func (e *UnfitError) Unwrap() []error { return e.Causes }

// CheckPlan reports the models of a plan that cannot be had on their circuits.
func CheckPlan(p *grid.Plan) error {
	specs := make([]experiment.Spec, len(p.Runs))
	for i, r := range p.Runs {
		specs[i] = r.Spec
	}
	return fit(specs, func(hash string) *circuit.Circuit { return circuitOf(p, hash) })
}

// fit prepares the constraint of each kind of runs, so that a circuit that lacks what a
// model needs is told of before anything is computed. On circuits of more than mostIdle
// neurons that takes too long, and the runs tell.
func fit(specs []experiment.Spec, circuitOf func(hash string) *circuit.Circuit) error {
	var kinds []experiment.Spec
	seen := map[string]bool{}
	for _, s := range specs {
		key := fitKey(s)
		if seen[key] {
			continue
		}
		seen[key] = true
		if c := circuitOf(s.CircuitHash); c != nil && c.N() <= mostIdle {
			kinds = append(kinds, s)
		}
	}
	causes := make([]error, len(kinds))
	at := make(chan int)
	var wg sync.WaitGroup
	for range min(len(kinds), runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range at {
				causes[i] = kinds[i].Fits(circuitOf(kinds[i].CircuitHash))
			}
		})
	}
	for i := range kinds {
		at <- i
	}
	close(at)
	wg.Wait()
	var out UnfitError
	told := map[string]bool{}
	for i, cause := range causes {
		if model := constraint.Typed(kinds[i].Constraint.Model); cause != nil && !told[model+cause.Error()] {
			told[model+cause.Error()] = true
			out.Models, out.Causes = append(out.Models, model), append(out.Causes, cause)
		}
	}
	if len(out.Models) == 0 {
		return nil
	}
	return &out
}

// fitKey is the same for runs that need the same of their circuit.
func fitKey(s experiment.Spec) string {
	cfg := s.Constraint
	for _, strength := range []*float64{&cfg.Lambda, &cfg.LambdaEMD} {
		if *strength > 0 {
			*strength = 1 // its value makes no difference here
		}
	}
	return fmt.Sprintf("%s %d %+v", s.CircuitHash, s.Network.Units, cfg)
}
