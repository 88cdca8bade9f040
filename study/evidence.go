package study

import (
	"bytes"
	"fmt"
	"strings"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/stats"
)

// Evidence is what a study of biology says beside its verdicts.
type Evidence struct {
	// Attribution divides accuracy, Q and σ over the three constraints.
	Attribution []analysis.Attributed `json:"attribution,omitempty"`
	// Speeds are times to nine tenths of the ideal accuracy, and Faster compares those of
	// the models that the claims on accuracy name.
	Speeds []analysis.Speed       `json:"learning_speed,omitempty"`
	Faster []analysis.SpeedEffect `json:"faster,omitempty"`
	// Equal compares the structure of W*D*C and W at equal accuracy and at equal weight.
	Equal []analysis.Equal `json:"at_equal,omitempty"`
	// Ranks are the rank tests that were published, of accuracy.
	Ranks    []analysis.RankTest `json:"rank_tests,omitempty"`
	Warnings []stats.Warning     `json:"warnings,omitempty"`
}

// gather computes the evidence from the runs that are there.
func gather(records []analysis.Record, verdicts []analysis.Verdict, updatesPerEpoch int) (Evidence, error) {
	var out Evidence
	measures := structureOf(verdicts)
	for _, measure := range append([]string{"test_accuracy"}, measures...) {
		a, doubts, err := analysis.Attribution(records, measure)
		if err != nil {
			return out, err
		}
		out.Attribution, out.Warnings = append(out.Attribution, a...), append(out.Warnings, doubts...)
	}
	criterion := analysis.DefaultCriterion()
	criterion.UpdatesPerEpoch = updatesPerEpoch
	var err error
	var more []stats.Warning
	if out.Speeds, more, err = analysis.Speeds(records, criterion); err != nil {
		return out, err
	}
	out.Warnings = append(out.Warnings, more...)
	for _, pair := range claimed(verdicts, func(measure string) bool { return measure == "test_accuracy" }) {
		f, doubts, err := analysis.Faster(records, pair[0], pair[1], criterion)
		if err != nil {
			return out, err
		}
		out.Faster, out.Warnings = append(out.Faster, f...), append(out.Warnings, doubts...)
	}
	for _, measure := range measures {
		for _, pair := range claimed(verdicts, func(m string) bool { return m == measure }) {
			for _, covariate := range []string{"test_accuracy", "mean_abs_weight"} {
				e, doubts, err := analysis.AtEqual(records, pair[0], pair[1], measure, covariate, 0)
				if err != nil {
					return out, err
				}
				out.Equal, out.Warnings = append(out.Equal, e...), append(out.Warnings, doubts...)
			}
		}
	}
	if out.Ranks, _, err = analysis.RankTests(records, "test_accuracy"); err != nil {
		return out, err
	}
	doubts, err := analysis.Doubts(records, "test_accuracy")
	if err != nil {
		return out, err
	}
	if more, err = analysis.DoubtsOfVerdicts(records, verdicts); err != nil {
		return out, err
	}
	doubts = append(doubts, more...)
	out.Warnings = gathered(append(doubts, out.Warnings...)) // of the runs before those of single numbers
	return out, nil
}

// gathered keeps of warnings of one kind about one task (the words before the colon) the
// first and says how many there are more.
func gathered(warnings []stats.Warning) []stats.Warning {
	var out []stats.Warning
	more := map[string]int{}
	keyOf := func(w stats.Warning) string {
		place, _, _ := strings.Cut(w.Text, ":")
		return w.Code + " " + place
	}
	for _, w := range stats.Distinct(warnings) {
		if more[keyOf(w)]++; more[keyOf(w)] == 1 {
			out = append(out, w)
		}
	}
	for i, w := range out {
		if n := more[keyOf(w)] - 1; n > 0 {
			out[i].Text += fmt.Sprintf(" (and %d more of this kind)", n)
		}
	}
	return out
}

// structureOf lists the measures other than accuracy that verdicts are about.
func structureOf(verdicts []analysis.Verdict) []string {
	var out []string
	for _, v := range verdicts {
		for _, e := range v.Effects {
			if e.Measure != "test_accuracy" {
				out = append(out, e.Measure)
			}
		}
	}
	return unique(out)
}

// claimed lists the pairs of models that claims in some measures compare, each once.
func claimed(verdicts []analysis.Verdict, in func(measure string) bool) [][2]string {
	var out [][2]string
	seen := map[[2]string]bool{}
	for _, v := range verdicts {
		for _, e := range v.Effects {
			pair := [2]string{e.Model, e.Rival}
			if e.Role == "claim" && e.N > 0 && e.Rival != "" && in(e.Measure) && !seen[pair] {
				seen[pair] = true
				out = append(out, pair)
			}
		}
	}
	return out
}

// markdown writes the evidence for readers.
func (e Evidence) markdown(w *bytes.Buffer) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	name := func(measure string) string { return strings.ReplaceAll(analysis.NameOf(measure), "|", `\|`) }
	if len(e.Attribution) > 0 {
		p("## What each constraint is worth\n")
		p("Main effects and interactions of biological weights, real positions and communicability over the eight models that combine them, within seeds: an effect is the mean over the models with the constraint minus that over those without. p after Holm over the seven effects of a task.\n")
		p("| measure | task | effect of | difference | 95 %% | p (Holm) | partial η² | seeds |")
		p("|---|---|---|---|---|---|---|---|")
		for _, a := range e.Attribution {
			for _, f := range a.Effects {
				p("| %s | %s | %s | %+.4f | %+.4f … %+.4f | %.2g | %.2f | %d |", name(a.Measure), a.Task, f.Name, float64(f.Mean), float64(f.Low), float64(f.High), float64(f.Holm), float64(f.Eta), a.Seeds)
			}
		}
		p("")
	}
	if len(e.Speeds) > 0 {
		p("## How fast they learn\n")
		p("%s until the validation accuracy reaches 0.9 of the ideal observer's: Kaplan–Meier median, and mean up to the end of training. Area: mean validation accuracy over training.\n", capital(e.Speeds[0].Unit))
		p("| task | model | runs | reached it | median | mean [95 %%] | area |")
		p("|---|---|---|---|---|---|---|")
		for _, s := range e.Speeds {
			median := "–"
			if s.Reached*2 > s.N {
				median = fmt.Sprintf("%.0f", float64(s.Median))
			}
			p("| %s | %s | %d | %d | %s | %.0f [%.0f, %.0f] | %.3f |", s.Task, constraint.Symbol(s.Model), s.N, s.Reached, median, float64(s.Restricted), float64(s.RestrLow), float64(s.RestrHigh), float64(s.Area))
		}
		p("")
	}
	for i, f := range e.Faster {
		if i == 0 {
			p("| task | contrast | sooner by | 95 %% | p (paired Prentice–Wilcoxon, Holm over tasks) |")
			p("|---|---|---|---|---|")
		}
		p("| %s | %s − %s | %+.0f | %+.0f … %+.0f | %.2g |", f.Task, constraint.Symbol(f.Model), constraint.Symbol(f.Rival), float64(f.Sooner), float64(f.Low), float64(f.High), float64(f.Holm))
	}
	if len(e.Equal) > 0 {
		p("\n## Structure at equal accuracy and at equal weight\n")
		p("The difference as it is, within seeds at equal covariate (analysis of covariance), and between the runs that are closest in it. Where the two models do not meet in the covariate no method can answer; see the doubts.\n")
		p("| measure | task | contrast | at equal | as it is | adjusted [95 %%] | matched [95 %%] | matched pairs |")
		p("|---|---|---|---|---|---|---|---|")
		for _, q := range e.Equal {
			p("| %s | %s | %s − %s | %s | %+.3f | %s | %s | %d |", name(q.Measure), q.Task, constraint.Symbol(q.Model), constraint.Symbol(q.Rival), name(q.Covariate), float64(q.Raw),
				around("%+.3f [%+.3f, %+.3f]", q.Paired.Mean, q.Paired.Low, q.Paired.High), around("%+.3f [%+.3f, %+.3f]", q.Matched.Mean, q.Matched.Low, q.Matched.High), q.Matched.N)
		}
		p("")
	}
	if len(e.Ranks) > 0 {
		p("## Rank tests of accuracy\n")
		p("As published (Kruskal–Wallis over all runs), and within seeds (Friedman); the pairs stand in verdicts.json.\n")
		p("| task | models | Kruskal–Wallis H | p | Friedman χ² | p | seeds |")
		p("|---|---|---|---|---|---|---|")
		for _, r := range e.Ranks {
			p("| %s | %d | %.1f | %.2g | %.1f | %.2g | %d |", r.Task, len(r.Models), float64(r.Kruskal), float64(r.KruskalP), float64(r.Friedman), float64(r.FriedmanP), r.Seeds)
		}
		p("")
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}
