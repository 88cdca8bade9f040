package study

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"biornn/analysis"
	"biornn/circuit"
)

// Choice is the λ of a cell, and the mean validation accuracy with each λ tried.
type Choice struct {
	Model      string           `json:"model"`
	Task       string           `json:"task"`
	Lambda     float64          `json:"lambda"`
	Validation []circuit.Number `json:"validation_accuracy"` // in the order of the λ tried
	AtEdge     bool             `json:"at_edge"`             // the least or greatest of those tried, and better than the next by 0.02
}

// candidates are the λ of a cell that are still in the race, and what all have reached.
type candidates struct {
	model, task string
	left        []int     // indices of λ
	sum         []float64 // of validation accuracies, by λ
	runs        []int
}

// mean returns the mean validation accuracy with a λ. A diverged run counts 0.
func (c *candidates) mean(k int) float64 { return c.sum[k] / float64(c.runs[k]) }

// rank sorts what is left: the highest mean first, of equal ones the greatest λ, which
// constrains most.
func (c *candidates) rank(lambdas []float64) {
	slices.SortFunc(c.left, func(i, j int) int {
		if d := c.mean(j) - c.mean(i); math.Abs(d) > 1e-12 {
			return cmp.Compare(d, 0)
		}
		return cmp.Compare(lambdas[j], lambdas[i])
	})
}

// add counts the records of one λ.
func (c *candidates) add(k int, records []analysis.Record) {
	for _, r := range records {
		if r.Model == c.model && r.Task == c.task {
			c.sum[k] += r.Values["val_accuracy"] // 0 where it diverged
			c.runs[k]++
		}
	}
}

// rung is one part of the choice of λ: all that is left is tried with some seeds.
type rung struct {
	first, seeds int
	folder       string
}

func (b *Biology) rungs() []rung {
	if b.cfg.Choice != Halving {
		return []rung{{firstTuningSeed, b.cfg.TuningSeeds, tuningDir}}
	}
	out := make([]rung, b.cfg.TuningSeeds)
	for r := range out {
		out[r] = rung{firstTuningSeed + r, 1, filepath.Join(tuningDir, fmt.Sprintf("rung-%d", r+1))}
	}
	return out
}

// tune chooses λ for every cell on validation data; with a single λ there is no choice
// and both results are nil. compute makes the runs of a study that are missing; without
// it all must be there.
func (b *Biology) tune(compute func(s *Study, what string) error) ([]Choice, map[string]float64, error) {
	if len(b.cfg.Lambdas) == 1 {
		return nil, nil, nil
	}
	cells := b.candidates()
	rungs := b.rungs()
	for r, g := range rungs {
		for k, lambda := range b.cfg.Lambdas {
			s, err := b.openRung(g, k, cells)
			if err != nil {
				return nil, nil, err
			}
			if s == nil {
				continue
			}
			if compute != nil {
				what := fmt.Sprintf("%d of %d: λ = %g", r*len(b.cfg.Lambdas)+k+1, len(rungs)*len(b.cfg.Lambdas), lambda)
				if err := compute(s, what); err != nil {
					return nil, nil, err
				}
			}
			records, err := s.Records()
			if err != nil {
				return nil, nil, err
			}
			if len(records) < len(s.specs) {
				return nil, nil, fmt.Errorf("study: biology: %d of %d runs for the choice of λ are missing: run the study again", len(s.specs)-len(records), len(s.specs))
			}
			for _, c := range cells {
				c.add(k, records)
			}
		}
		for _, c := range cells {
			c.rank(b.cfg.Lambdas)
			if r < len(rungs)-1 {
				c.left = c.left[:(len(c.left)+1)/2]
			}
		}
	}
	choices, lambdas := b.chosen(cells)
	return choices, lambdas, nil
}

func (b *Biology) candidates() []*candidates {
	var out []*candidates
	for _, m := range b.cfg.Models {
		for _, t := range b.cfg.Tasks {
			c := &candidates{model: m, task: t, sum: make([]float64, len(b.cfg.Lambdas)), runs: make([]int, len(b.cfg.Lambdas))}
			for k := range b.cfg.Lambdas {
				c.left = append(c.left, k)
			}
			out = append(out, c)
		}
	}
	return out
}

// openRung opens the study of one λ with the cells in which it is still in the race; nil
// where there are none.
func (b *Biology) openRung(g rung, k int, cells []*candidates) (*Study, error) {
	var names []string
	for _, c := range cells {
		if slices.Contains(c.left, k) {
			names = append(names, CellName(c.model, c.task))
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	cfg := b.config(g.seeds, g.first, nil, &b.cfg.Lambdas[k])
	if len(names) < len(cells) {
		cfg.Cells = names
	}
	return open(cfg, b.circuit, filepath.Join(b.dir, g.folder, fmt.Sprintf("lambda-%g", b.cfg.Lambdas[k])))
}

// chosen takes the first of what is left in every cell.
func (b *Biology) chosen(cells []*candidates) ([]Choice, map[string]float64) {
	var out []Choice
	lambdas := map[string]float64{}
	order := make([]int, len(b.cfg.Lambdas))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(b.cfg.Lambdas[i], b.cfg.Lambdas[j]) })
	for _, c := range cells {
		best := c.left[0]
		choice := Choice{Model: c.model, Task: c.task, Lambda: b.cfg.Lambdas[best]}
		for k := range b.cfg.Lambdas {
			choice.Validation = append(choice.Validation, circuit.Number(c.mean(k)))
		}
		var byStrength []circuit.Number
		for _, k := range order {
			byStrength = append(byStrength, choice.Validation[k])
		}
		choice.AtEdge = atEdge(slices.Index(order, best), byStrength)
		lambdas[CellName(c.model, c.task)] = choice.Lambda
		out = append(out, choice)
	}
	return out, lambdas
}

// atEdge reports whether, in the order of λ, the chosen one is the first or last and the
// one beside it is worse by a relevant difference, so that a λ beyond might be better still.
func atEdge(chosen int, accuracy []circuit.Number) bool {
	if len(accuracy) < 2 {
		return false
	}
	beside := 1
	switch chosen {
	case 0:
	case len(accuracy) - 1:
		beside = len(accuracy) - 2
	default:
		return false
	}
	return float64(accuracy[chosen]-accuracy[beside]) > analysis.RelevantAccuracy
}
