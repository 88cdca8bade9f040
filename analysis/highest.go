package analysis

import (
	"fmt"
	"math"

	"biornn/constraint"
	"biornn/stats"
)

// highest judges C1: W*D*C reaches the highest accuracy on each task. The verdict
// is that of the test accuracy; in the paper preset the training accuracy, which is
// what was published, stands beside it.
func highest(records []Record, preset string) Claim {
	out := Claim{ID: "C1", Statement: "W*D*C reaches the highest accuracy on each task"}
	effects := againstAll(records, "test_accuracy")
	verdict, why := verdictOfHighest(effects)
	out.Verdict, out.Reason = verdict, "Test accuracy against the best other model: "+why
	if preset == paperPreset {
		trained := againstAll(records, "train_accuracy")
		v, why := verdictOfHighest(trained)
		out.Reason += fmt.Sprintf(" Training accuracy, as published (%s): %s %s", v, why, confoundDiagonal)
		effects = append(effects, trained...)
	}
	for _, e := range effects {
		out.Evidence = append(out.Evidence, e.String())
	}
	return out
}

func verdictOfHighest(effects []effect) (string, string) {
	v, why := verdict(effects)
	if v == "" {
		v = Undecided
	}
	return v, why
}

// againstAll returns, for each task, the effect against the best other model, with
// the finding that holds against all of them.
func againstAll(records []Record, measure string) []effect {
	var rivals []string
	present := modelsOf(records)
	for _, m := range constraint.AbstractModels() {
		for _, slug := range present {
			if m.Slug == slug && slug != focus {
				rivals = append(rivals, slug)
			}
		}
	}
	tasks := tasksOf(records)
	var family []effect
	for _, t := range tasks {
		for _, rival := range rivals {
			family = append(family, contrast{focus, rival, 0, measure, RelevantAccuracy}.measureOn(records, t))
		}
	}
	judge(family)
	best := make([]effect, len(tasks))
	greatest := make([]float64, len(tasks))
	for i, t := range tasks {
		best[i], greatest[i] = bestOf(family[i*len(rivals):(i+1)*len(rivals)], t, measure)
	}
	made := testsMade(greatest)
	for i, p := range stats.Holm(greatest) {
		best[i].family = made
		best[i].settle(p)
	}
	return best
}

// bestOf returns the effect against the rival of the highest mean, or, where W*D*C
// is below any, against the one that it is furthest below; and the greatest p of
// being above all.
func bestOf(effects []effect, taskName, measure string) (effect, float64) {
	best := effect{contrast: contrast{model: focus, measure: measure}, task: taskName, finding: untestable}
	greatest, below := math.NaN(), -1
	for i, e := range effects {
		if e.finding == untestable {
			continue
		}
		if best.finding == untestable || e.b.Mean > best.b.Mean {
			best = e
		}
		p := e.p
		if e.mean <= 0 {
			p = 1
		}
		if !(greatest >= p) {
			greatest = p
		}
		if e.finding == worse && (below < 0 || e.mean < effects[below].mean) {
			below = i
		}
	}
	if below >= 0 {
		best = effects[below]
	}
	return best, greatest
}

// settle decides between better and open by the adjusted p of being above all.
func (e *effect) settle(p float64) {
	if e.finding != better && e.finding != open {
		return
	}
	e.adjusted, e.finding = p, open
	if e.mean > 0 && p < significant {
		e.finding = better
	}
}
