package analysis

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/stats"
)

// Equal is the difference of a measure between two models, as it is and at equal values of
// a covariate, such as accuracy or the mean weight.
type Equal struct {
	Task      string `json:"task"`
	Measure   string `json:"measure"`
	Covariate string `json:"covariate"`
	Model     string `json:"model"`
	Rival     string `json:"rival"`
	// As it is; paired by seed where two or more are.
	Raw circuit.Number `json:"raw"`
	// At equal covariate over all runs, and within seeds; see stats.Ancova and
	// stats.PairedAncova.
	Adjusted EqualBy `json:"adjusted"`
	Paired   EqualBy `json:"paired"`
	// Between runs whose covariates differ by at most the caliper, closest first.
	Matched EqualBy        `json:"matched"`
	Caliper circuit.Number `json:"caliper"`
}

// EqualBy is one way to hold the covariate equal; null where it cannot be.
type EqualBy struct {
	N        int            `json:"n"` // runs, or pairs
	Mean     circuit.Number `json:"difference"`
	Low      circuit.Number `json:"low"` // 95 %
	High     circuit.Number `json:"high"`
	P        circuit.Number `json:"p"`
	Holm     circuit.Number `json:"p_holm"` // over tasks
	Slope    circuit.Number `json:"slope"`  // of the measure on the covariate
	Parallel circuit.Number `json:"p_parallel"`
}

// AtEqual compares a measure between two models at equal values of a covariate, on each
// task: "test_accuracy" asks whether structure differs between networks that are equally
// good, "mean_abs_weight" whether between networks of equal total weight. Three answers
// stand side by side, because each assumes something: a common slope (Adjusted), a common
// slope of differences within seeds (Paired, from 4 pairs), or nothing but that close is
// equal (Matched: runs of different seeds within the caliper). Where the models do not
// meet in the covariate, no method can answer, and a warning says so.
//
// With a caliper of 0 it is the smallest relevant effect for accuracies and else a fifth of
// the pooled standard deviation (Austin 2011, doi:10.1002/pst.433).
func AtEqual(records []Record, model, rival, measure, covariate string, caliper float64) ([]Equal, []stats.Warning, error) {
	if err := onePreset("equal "+covariate, records); err != nil {
		return nil, nil, err
	}
	if !(caliper >= 0) || math.IsInf(caliper, 1) {
		return nil, nil, fmt.Errorf("analysis: equal %s: want a caliper of 0 or more, got %g", covariate, caliper)
	}
	var out []Equal
	var warnings []stats.Warning
	for _, t := range tasksOf(records) {
		a, b := covariedOf(choose(records, model, t), measure, covariate), covariedOf(choose(records, rival, t), measure, covariate)
		for _, group := range [][]Record{choose(records, model, t), choose(records, rival, t)} {
			if len(group) > 0 {
				warnings = append(warnings, doubtsOfRuns(group, measure)...)
			}
		}
		if len(a.y) < 2 || len(b.y) < 2 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnNothing, Text: fmt.Sprintf("%s: %d runs of %s and %d of %s with both %s and %s: no comparison", t, len(a.y), symbol(model), len(b.y), symbol(rival), NameOf(measure), NameOf(covariate))})
			continue
		}
		e := Equal{Task: t, Measure: measure, Covariate: covariate, Model: model, Rival: rival}
		more := e.compare(a, b, caliper)
		out, warnings = append(out, e), append(warnings, under(t+", "+NameOf(covariate), more)...)
	}
	adjustEqual(out, func(e *Equal) *EqualBy { return &e.Adjusted })
	adjustEqual(out, func(e *Equal) *EqualBy { return &e.Paired })
	adjustEqual(out, func(e *Equal) *EqualBy { return &e.Matched })
	return out, warnings, nil
}

// covaried holds a measure and its covariate of the runs that have both.
type covaried struct {
	seed []uint64
	y, x []float64
}

func covariedOf(group []Record, measure, covariate string) covaried {
	var out covaried
	for i := range group {
		y, ok := group[i].value(measure)
		x, too := group[i].value(covariate)
		if ok && too {
			out.seed, out.y, out.x = append(out.seed, group[i].Seed), append(out.y, y), append(out.x, x)
		}
	}
	return out
}

// fewestCovaried is the number of pairs from which a slope within seeds is fitted.
const fewestCovaried = 4

// compare fills all ways that can be taken and returns what is doubtful. What cannot be
// computed is null, with a warning.
func (e *Equal) compare(a, b covaried, caliper float64) []stats.Warning {
	var warnings []stats.Warning
	warn := func(code, text string) { warnings = append(warnings, stats.Warning{Code: code, Text: text}) }
	e.Adjusted, e.Paired, e.Matched = noEqual(), noEqual(), noEqual()
	adjusted, err := stats.Ancova(a.y, a.x, b.y, b.x, confidence)
	if err != nil {
		warn(stats.WarnNothing, "no adjustment: "+err.Error())
	} else {
		e.Adjusted = equalBy(adjusted)
		if adjusted.Extrapolated {
			warn(stats.WarnNoOverlap, "the ranges of the two models do not overlap: a difference at equal values is extrapolated")
		}
		if adjusted.Parallel < significant {
			warn(stats.WarnSlopes, fmt.Sprintf("the slopes differ (p = %.2g): the adjusted difference depends on where it is taken", adjusted.Parallel))
		}
	}
	dy, dx := pairedBySeed(a, b)
	e.Raw = circuit.Number(rawDifference(dy, a, b))
	if len(dy) >= fewestCovaried {
		if p, err := stats.PairedAncova(dy, dx, confidence); err != nil {
			warn(stats.WarnNothing, "no adjustment within seeds: "+err.Error())
		} else {
			e.Paired = equalBy(p)
			if p.Extrapolated {
				warn(stats.WarnExtrapolated, "no seed has the two models in both orders: equality within seeds is extrapolated")
			}
		}
	}
	if caliper == 0 {
		caliper = e.caliper(a, b)
	}
	e.Caliper = circuit.Number(caliper)
	if text := e.match(a, b, caliper); text != "" {
		warn(stats.WarnNoOverlap, text)
	}
	return warnings
}

func (e *Equal) caliper(a, b covaried) float64 {
	if _, accuracy := accuracyIdeal(e.Covariate, e.Task); accuracy {
		return RelevantAccuracy
	}
	x, _ := stats.Describe(a.x) // two finite values at least
	y, _ := stats.Describe(b.x)
	return 0.2 * math.Sqrt((x.SD*x.SD+y.SD*y.SD)/2)
}

// match fills the difference between close runs, and says if few are.
func (e *Equal) match(a, b covaried, caliper float64) string {
	close, err := stats.MatchWithin(a.x, b.x, caliper)
	if err != nil {
		return "no matching: " + err.Error()
	}
	var d []float64
	for _, p := range close {
		d = append(d, a.y[p[0]]-b.y[p[1]])
	}
	e.Matched.N = len(d)
	if s, err := stats.Describe(d); err == nil {
		ci := s.Interval(confidence)
		t, _ := stats.PairedT(d, make([]float64, len(d))) // finite and of one length
		e.Matched.Mean, e.Matched.Low, e.Matched.High, e.Matched.P = circuit.Number(s.Mean), circuit.Number(ci.Low), circuit.Number(ci.High), circuit.Number(t.P)
	}
	if fewer := min(len(a.y), len(b.y)); 2*len(d) < fewer {
		return fmt.Sprintf("only %d of %d runs have a match within %.3g", len(d), fewer, caliper)
	}
	return ""
}

// pairedBySeed returns differences of measure and covariate at the seeds of both.
func pairedBySeed(a, b covaried) (dy, dx []float64) {
	for i, seed := range a.seed {
		for j, other := range b.seed {
			if seed == other {
				dy, dx = append(dy, a.y[i]-b.y[j]), append(dx, a.x[i]-b.x[j])
				break
			}
		}
	}
	return dy, dx
}

func rawDifference(dy []float64, a, b covaried) float64 {
	if len(dy) >= 2 {
		return meanOf(dy)
	}
	return meanOf(a.y) - meanOf(b.y)
}

func noEqual() EqualBy {
	nan := circuit.Number(math.NaN())
	return EqualBy{Mean: nan, Low: nan, High: nan, P: nan, Holm: nan, Slope: nan, Parallel: nan}
}

func equalBy(a stats.Adjusted) EqualBy {
	n := func(x float64) circuit.Number { return circuit.Number(x) }
	return EqualBy{N: a.N, Mean: n(a.Difference), Low: n(a.Interval.Low), High: n(a.Interval.High), P: n(a.T.P), Holm: n(math.NaN()), Slope: n(a.Slope), Parallel: n(a.Parallel)}
}

// adjustEqual corrects the p values of one way over tasks.
func adjustEqual(all []Equal, way func(*Equal) *EqualBy) {
	p := make([]float64, len(all))
	for i := range all {
		p[i] = float64(way(&all[i]).P)
	}
	for i, v := range stats.Holm(p) {
		way(&all[i]).Holm = circuit.Number(v)
	}
}
