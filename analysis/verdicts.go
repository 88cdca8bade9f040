package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/stats"
)

// Verdict is what a study says about a claim on biology, with the control that decides.
type Verdict struct {
	Claim
	Control string   `json:"control,omitempty"` // what the model must also exceed: controls joined by " and "
	Effects []Effect `json:"effects"`
}

// RivalVaries says whether the claim compares with another model on each task, whichever is the
// best there, so that an effect must name its rival.
func (v Verdict) RivalVaries() bool {
	return slices.ContainsFunc(v.Effects, func(e Effect) bool { return e.Role == "claim" && e.Rival != v.Effects[0].Rival })
}

// Effect is a difference between two groups of runs on one task.
type Effect struct {
	Task    string         `json:"task"`
	Measure string         `json:"measure"`
	Model   string         `json:"model"` // slugs
	Rival   string         `json:"rival"` // "": a constant
	Role    string         `json:"role"`  // claim or control
	N       int            `json:"n"`     // pairs of equal seed
	Ours    circuit.Number `json:"mean"`
	Theirs  circuit.Number `json:"rival_mean"`
	Mean    circuit.Number `json:"difference"`
	Low     circuit.Number `json:"low"` // 95 %, Student's t
	High    circuit.Number `json:"high"`
	BCaLow  circuit.Number `json:"bca_low"` // 95 %, bootstrap
	BCaHigh circuit.Number `json:"bca_high"`
	P       circuit.Number `json:"p_holm"`        // paired t, corrected over the claim
	Permute circuit.Number `json:"p_permutation"` // of signs, uncorrected
	Lucky   circuit.Number `json:"p_arrangement"` // of a random arrangement being as far above the mean of others, uncorrected; NaN without
	DZ      circuit.Number `json:"d_z"`           // mean over SD of the differences
	Cliff   circuit.Number `json:"cliffs_delta"`
	Equal   circuit.Number `json:"p_equivalent"` // two one-sided tests within ± the relevant effect
	Least   circuit.Number `json:"smallest_relevant"`
	Needed  int            `json:"seeds_needed"` // for this effect with a power of 0.8 at 0.05 over the number of tests of the claim; 0: unknown or above 100,000
	Finding string         `json:"finding"`
	Note    string         `json:"note,omitempty"`
}

// biological is a claim that a control can explain away.
type biological struct {
	id, statement string
	claim         []contrast
	control       []contrast
	explanation   string // of an advantage that the control has as well
}

// biologicalQuestions lists the claims that a control can explain away. In the preset
// paper W* has its self-loops and models differ in the scale of their penalty, so that
// claims on its other weights are asked without the self-loops, and those on distance and
// communicability at an equal price too.
func biologicalQuestions(preset string) []biological {
	q, sigma := "modularity_louvain", "small_worldness_density"
	bare, kept := focus, focus+"+keep-diagonal" // W* without and with its self-loops
	var places, spread []contrast               // what B4 and B5 must also hold against
	accuracy := func(model, rival string) contrast {
		return contrast{model, rival, 0, "test_accuracy", RelevantAccuracy}
	}
	if preset == paperPreset {
		q, sigma = "modularity", "small_worldness"
		bare, kept = focus+"+baseline-diagonal", focus
		places = []contrast{accuracy("w-dreal-c+equal-price", "w-dgrid-c+equal-price")}
		spread = []contrast{accuracy("w-dreal-c+equal-price", "w-dreal+equal-price")}
	}
	grows := func(measure string, relevant float64) (claim, control []contrast) {
		return []contrast{{focus, "w", 0, measure, relevant}},
			[]contrast{{focus, focus + "+shuffled", 0, measure, relevant}, {focus, focus + "+shuffled-pairs", 0, measure, relevant}}
	}
	modular, modularControl := grows(q, relevantModularity)
	small, smallControl := grows(sigma, relevantSigma)
	return []biological{
		{"B1", "Biological weights help: W*D*C, its self-loops those of the baseline, is more accurate than WD*C",
			[]contrast{accuracy(bare, "w-dreal-c")}, []contrast{accuracy(bare, bare+"+shuffled"), accuracy(bare, bare+"+shuffled-pairs")},
			"W*'s weights at random places do as well: it is their distribution, not who is connected to whom"},
		{"B2", "Biological weights as released, with their self-loops, help: more than WD*C",
			[]contrast{accuracy(kept, "w-dreal-c")}, []contrast{accuracy(kept, focus+"+diagonal-only"), accuracy(kept, kept+"+shuffled")},
			"W*'s self-loops on other weights do as well: it is the diagonal, where every neuron correlates with itself"},
		{"B3", "Function and place belong together: W*D*C, its self-loops those of the baseline, is more accurate than WD*C",
			[]contrast{accuracy(bare, "w-dreal-c")}, []contrast{accuracy(bare, bare+"+relabelled")},
			"the activity of other neurons does as well: it does not matter which function sits where"},
		{"B4", "Real positions help: WD*C is more accurate than WDC on a grid",
			[]contrast{accuracy("w-dreal-c", "w-dgrid-c")}, append(places, accuracy("w-dreal-c", "w-dreal-c+permuted-positions")),
			"permuted positions do as well, or the advantage is gone at an equal price of weight"},
		{"B5", "Communicability helps: WD*C is more accurate than WD*",
			[]contrast{accuracy("w-dreal-c", "w-dreal")}, spread, "at an equal price of weight the advantage is gone"},
		{"B6", "W*D*C grows more modular than W because of its biology", modular, modularControl,
			"W*'s weights at random places grow as modular"},
		{"B7", "W*D*C grows more small-world than W because of its biology", small, smallControl,
			"W*'s weights at random places grow as small-world"},
	}
}

// BiologyArms lists the models and controls that Verdicts compares in a preset, and those
// that the attribution of the effects needs.
func BiologyArms(preset string) []string {
	var out []string
	add := func(slug string) {
		if slug != "" && !slices.Contains(out, slug) {
			out = append(out, slug)
		}
	}
	for _, m := range append(constraint.AbstractModels(), constraint.FactorialModels()...) {
		add(m.Slug)
	}
	for _, b := range biologicalQuestions(preset) {
		for _, c := range append(slices.Clone(b.claim), b.control...) {
			add(c.model)
			add(c.rival)
		}
	}
	return out
}

// Lacking is a claim and the models with controls that it needs and a list has not.
type Lacking struct {
	ID     string
	Models []string // slugs
}

// LackingArms lists the claims of a preset that cannot be judged as they are meant by runs
// of some models alone.
func LackingArms(preset string, models []string) []Lacking {
	var out []Lacking
	add := func(id string, arms []string) {
		l := Lacking{ID: id}
		for _, a := range arms {
			if !slices.Contains(models, a) && !slices.Contains(l.Models, a) {
				l.Models = append(l.Models, a)
			}
		}
		if len(l.Models) > 0 {
			out = append(out, l)
		}
	}
	var six []string
	for _, m := range constraint.AbstractModels() {
		six = append(six, m.Slug)
	}
	add("B0", six)
	for _, b := range biologicalQuestions(preset) {
		var arms []string
		for _, c := range append(slices.Clone(b.claim), b.control...) {
			arms = append(arms, c.model, c.rival)
		}
		add(b.id, arms)
	}
	return out
}

// Verdicts states what records of one preset say about the claims on biology. Each claim
// has a contrast that must hold and, but for B5 of the preset corrected, controls that
// could explain it. All are judged as in Claims, in one family of tests (Holm):
//
// A control that is drawn at random counts as exceeded where the circuit's own arrangement is
// above what such draws differ among themselves.
//
//   - supported: the contrast is supported and so is the advantage over every control;
//   - not supported: the contrast is not supported; or it is, and the advantage over a
//     control is not, so that the control explains it;
//   - undecided: else.
//
// The rules stand in docs/verdicts.md; they were written before any result.
func Verdicts(records []Record) ([]Verdict, error) {
	claims, err := Claims(records) // also checks the records
	if err != nil {
		return nil, err
	}
	best := Verdict{Claim: claims[0]}
	best.ID, best.Statement = "B0", "W*D*C is the most accurate of the six models"
	for _, e := range againstAll(records, "test_accuracy") {
		if e.rival != "" {
			best.Effects = append(best.Effects, e.report(records, "claim"))
		}
	}
	out := []Verdict{best}
	for _, b := range biologicalQuestions(records[0].Preset) {
		out = append(out, b.judge(records))
	}
	return out, nil
}

func (b biological) judge(records []Record) Verdict {
	out, family := b.decide(records)
	for i, e := range family {
		role := "claim"
		if i >= len(b.claim)*len(family)/(len(b.claim)+len(b.control)) {
			role = "control"
		}
		out.Evidence = append(out.Evidence, e.String())
		out.Effects = append(out.Effects, e.report(records, role))
	}
	return out
}

// decide applies the rule and returns the effects of all contrasts, claim first, each on
// every task.
func (b biological) decide(records []Record) (Verdict, []effect) {
	var family []effect
	tasks := tasksOf(records)
	all := append(slices.Clone(b.claim), b.control...)
	for _, c := range all {
		for _, t := range tasks {
			family = append(family, c.measureOn(records, t))
		}
	}
	judge(family)
	for i := range family {
		family[i].unlearned()
	}
	for i := len(b.claim) * len(tasks); i < len(family); i++ {
		family[i].explain(family[i%len(tasks)])
		family[i].allowForLuck()
	}
	out := Verdict{Claim: Claim{ID: b.id, Statement: b.statement}}
	var verdicts, words, controls []string
	for i := range all {
		effects := family[i*len(tasks) : (i+1)*len(tasks)]
		v, why := verdict(effects)
		verdicts = append(verdicts, v)
		words = append(words, effects[0].heading()+": "+why)
		if i >= len(b.claim) {
			controls = append(controls, symbol(effects[0].rival))
		}
	}
	out.Control = strings.Join(controls, " and ")
	out.Verdict = combine(verdicts[0], verdicts[len(b.claim):])
	if verdicts[0] == Supported && out.Verdict == NotSupported {
		words = append(words, "Explained by the control: "+b.explanation+".")
	}
	out.Reason = strings.Join(words, " ")
	return out, family
}

// combine makes the verdict on a claim from those on its contrast and on the advantage
// over every control.
func combine(claim string, controls []string) string {
	worst := Supported
	for _, v := range controls {
		if v == NotSupported || worst == Supported {
			worst = v
		}
	}
	switch {
	case claim == NotSupported:
		return NotSupported
	case claim == Supported && worst == Supported:
		return Supported
	case claim == Supported && worst == NotSupported:
		return NotSupported
	}
	return Undecided
}

// unlearned states that neither model has learned the task, so that no difference between
// them says nothing.
func (e *effect) unlearned() {
	_, accuracy := accuracyIdeal(e.measure, e.task)
	learned := max(e.a.Mean, e.b.Mean) >= guessing(e.task)+nearGuessing
	if accuracy && !learned && (e.finding == negligible || e.finding == open) {
		e.finding = floor
	}
}

// explain states that a control brings at least half of what the claim is about: the
// claim holds on this task and the interval of the advantage over the control, which is
// not significant, lies below half of its difference.
func (e *effect) explain(claim effect) {
	if e.finding == open && claim.finding == better && e.ci.High < claim.mean/2 {
		e.finding = explained
	}
}

// allowForLuck takes an advantage in structure over a control that arranges the circuit at
// random, anew for each seed, for what it is worth where single arrangements are as far above
// their mean: all runs of the model share the one arrangement of their circuit, which may be
// a lucky one. Of accuracy this is not asked: whether a run learns is chance of the run as
// much as of the arrangement, and one run of each cannot tell the two apart.
func (e *effect) allowForLuck() {
	if e.finding == better && e.lucky >= significant {
		e.finding = chance
		e.note += fmt.Sprintf("; among random arrangements (SD %.2g) p = %.2g", e.b.SD, e.lucky)
	}
}

// report adds the statistics that the verdict does not need.
func (e effect) report(records []Record, role string) Effect {
	nan := circuit.Number(math.NaN())
	out := Effect{Task: e.task, Measure: e.measure, Model: e.model, Rival: e.rival, Role: role, N: e.n, Ours: circuit.Number(e.a.Mean), Theirs: circuit.Number(e.b.Mean),
		Mean: circuit.Number(e.mean), Low: circuit.Number(e.ci.Low), High: circuit.Number(e.ci.High), P: circuit.Number(e.adjusted), Finding: e.finding, Least: circuit.Number(e.relevant), Note: strings.TrimPrefix(e.note, "; "),
		Lucky:  circuit.Number(e.lucky),
		BCaLow: nan, BCaHigh: nan, Permute: nan, DZ: nan, Cliff: nan, Equal: nan}
	x, y := matched(choose(records, e.model, e.task), choose(records, e.rival, e.task), e.measure)
	d, err := stats.Differences(x, y)
	if err != nil || len(d) < 2 {
		return out
	}
	if ci, err := stats.BCa(d, meanOf, stats.Bootstrap{Resamples: 2000, Level: confidence, Seed: 1}); err == nil && ci.Valid {
		out.BCaLow, out.BCaHigh = circuit.Number(ci.Low), circuit.Number(ci.High)
	}
	if t, err := stats.PairedPermutation(x, y, 10000, 1); err == nil {
		out.Permute = circuit.Number(t.P)
	}
	if v, err := stats.PairedD(d); err == nil {
		out.DZ = circuit.Number(v)
	}
	if v, err := stats.CliffsDelta(x, y); err == nil {
		out.Cliff = circuit.Number(v)
	}
	if t, err := stats.Equivalent(d, e.relevant); err == nil {
		out.Equal = circuit.Number(t.P)
	}
	if s, err := stats.Describe(d); err == nil {
		level := significant / float64(max(1, e.family)) // which Holm demands of the smallest p
		if n, err := stats.PairsNeeded(s.Mean, s.SD, level, 0.8); err == nil && n < 100000 {
			out.Needed = n
		}
	}
	return out
}

func meanOf(x []float64) float64 {
	m, _ := stats.Mean(x)
	return m
}

// Line is the effect in one line.
func (e Effect) Line() string {
	return fmt.Sprintf("%s: %s − %s = %+.3f [%+.3f, %+.3f], Holm p = %.2g, d_z = %.2f, %d seeds: %s", e.Task, symbol(e.Model), symbol(e.Rival),
		float64(e.Mean), float64(e.Low), float64(e.High), float64(e.P), float64(e.DZ), e.N, e.Finding)
}
