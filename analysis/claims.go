package analysis

import (
	"fmt"
	"strings"
)

// Smallest effects that matter, fixed before any run was looked at: two points in
// a hundred of accuracy; 0.02 of Q; 0.1 of σ, about the difference between two sizes
// of structureless networks under the published nulls.
const (
	RelevantAccuracy   = 0.02
	relevantModularity = 0.02
	relevantSigma      = 0.1
)

// EnoughTasks is the number of tasks, of three, that decide.
const EnoughTasks = 2

// question is a claim as contrasts.
type question struct {
	id, statement string
	contrasts     []contrast
	joint         bool // true: all contrasts must hold; false: each is evidence for the claim
	confound      string
}

// Claims states what records of one preset say about the claims of the abstract.
//
// The rules were written before the results:
//
//   - A claim is one or more contrasts between two models. On each task the effect
//     is the mean difference over runs of equal seed (equal data; Student's t), or,
//     where fewer than two seeds match, the difference of means (Welch). Diverged
//     runs are left out; where more than half of a model's runs diverged there is no
//     test. The p values of a claim, tasks and contrasts together, are corrected
//     after Holm, level 5 %; intervals are at 95 % and uncorrected.
//   - Accuracy means test accuracy. A network at 0.99 of the ideal observer is at the
//     ceiling; where both are, the task says nothing.
//   - A contrast is supported if the effect is significantly above 0, and its interval
//     does not lie below the smallest relevant effect (0.02 of accuracy, 0.02 of Q, 0.1
//     of σ), on at least two tasks, and significantly below 0 on none. It is not
//     supported if on at least two tasks the interval excludes the smallest relevant
//     effect or the effect is significantly below 0. Else it is undecided.
//   - C1: on each task W*D*C against every other model of the abstract that ran. It is
//     above on a task if it is above all of them (the greatest p counts, corrected over
//     tasks), below if it is significantly below any; the interval is the one against
//     the best other model.
//   - C3 has two contrasts, of which each is evidence; if one is supported and the
//     other is not, the claim is undecided. C5 and C6 have two that must both hold.
//   - Q and σ are the published measures in the paper preset, else Louvain's Q and σ
//     against nulls of equal density. "σ above 1" always means the latter.
//
// In the paper preset the known confounds of each claim are appended to its reason.
func Claims(records []Record) ([]Claim, error) {
	if len(records) == 0 {
		return nil, fmt.Errorf("analysis: claims: want at least one run, got none")
	}
	preset := records[0].Preset
	for _, r := range records {
		if r.Preset != preset {
			return nil, fmt.Errorf("analysis: claims: want runs of one preset, got %s and %s; judge them apart", preset, r.Preset)
		}
	}
	claims := []Claim{highest(records, preset)}
	for _, q := range questions(preset) {
		c := q.judge(records)
		if preset == paperPreset {
			c.Reason += " " + q.confound
		}
		claims = append(claims, c)
	}
	return claims, nil
}

const paperPreset = "paper"

// The confounds of the paper preset, from docs/method.md.
const (
	confoundDiagonal = "Known confound of this preset: W* starts with self-loops about 200 times stronger than its other weights, and no distance penalty reaches them."
	confoundPosition = "Known confound of this preset: the real positions are scrambled, and the scale of the penalty differs between D and D* by a factor of twelve."
	confoundScale    = "Known confound of this preset: the communicability term also makes the whole penalty smaller, so that it changes the price of weight and not only its place."
	confoundNulls    = "Known confound of this preset: W* keeps its strong diagonal, and the nulls of σ match neither the density nor the degrees of the network."
)

const focus = "wbio-dreal-c" // W*D*C

func questions(preset string) []question {
	q, sigma := "modularity_louvain", "small_worldness_density"
	if preset == paperPreset {
		q, sigma = "modularity", "small_worldness"
	}
	accuracy := func(model, rival string) contrast {
		return contrast{model, rival, 0, "test_accuracy", RelevantAccuracy}
	}
	return []question{
		{"C2", "Biological initialisation helps: W*D*C is more accurate than WD*C",
			[]contrast{accuracy(focus, "w-dreal-c")}, true, confoundDiagonal},
		{"C3", "Real positions help: WD*C is more accurate than WDC, and WD* than WD",
			[]contrast{accuracy("w-dreal-c", "w-dgrid-c"), accuracy("w-dreal", "w-dgrid")}, false, confoundPosition},
		{"C4", "Communicability helps: WD*C is more accurate than WD*",
			[]contrast{accuracy("w-dreal-c", "w-dreal")}, true, confoundScale},
		{"C5", "W*D*C grows modular: its Q exceeds that of W and of WD",
			[]contrast{{focus, "w", 0, q, relevantModularity}, {focus, "w-dgrid", 0, q, relevantModularity}}, true, confoundDiagonal},
		{"C6", "W*D*C grows small-world: its σ exceeds that of W, and 1 against nulls of equal density",
			[]contrast{{focus, "w", 0, sigma, relevantSigma}, {focus, "", 1, "small_worldness_density", relevantSigma}}, true, confoundNulls},
	}
}

// judge makes the claim of a question.
func (q question) judge(records []Record) Claim {
	tasks := tasksOf(records)
	var family []effect
	for _, c := range q.contrasts {
		for _, t := range tasks {
			family = append(family, c.measureOn(records, t))
		}
	}
	judge(family)
	out := Claim{ID: q.id, Statement: q.statement}
	var verdicts []string
	var reasons []string
	for i := range q.contrasts {
		effects := family[i*len(tasks) : (i+1)*len(tasks)]
		v, why := verdict(effects)
		verdicts = append(verdicts, v)
		reasons = append(reasons, effects[0].heading()+": "+why)
		for _, e := range effects {
			out.Evidence = append(out.Evidence, e.String())
		}
	}
	out.Verdict = q.combine(verdicts)
	out.Reason = strings.Join(reasons, " ")
	return out
}

// combine makes one verdict of those of the contrasts; "" is a contrast that no run
// speaks to.
func (q question) combine(verdicts []string) string {
	count := map[string]int{}
	for _, v := range verdicts {
		count[v]++
	}
	made := len(verdicts) - count[""]
	switch {
	case q.joint && count[NotSupported] > 0:
		return NotSupported
	case q.joint && count[Supported] == len(verdicts):
		return Supported
	case !q.joint && made > 0 && count[Supported] == made:
		return Supported
	case !q.joint && made > 0 && count[NotSupported] == made:
		return NotSupported
	}
	return Undecided
}

// heading names what a contrast compares.
func (e effect) heading() string {
	if e.rival == "" {
		return fmt.Sprintf("%s of %s against %g", NameOf(e.measure), symbol(e.model), e.constant)
	}
	return fmt.Sprintf("%s of %s against %s", NameOf(e.measure), symbol(e.model), symbol(e.rival))
}

// verdict sums up one contrast over tasks, "" if no task could be tested.
func verdict(effects []effect) (string, string) {
	by := map[string][]string{}
	for _, e := range effects {
		by[e.finding] = append(by[e.finding], e.short())
	}
	count := func(finding string) int { return len(by[finding]) }
	words := byFinding(by)
	against := count(worse) + count(negligible) + count(explained)
	switch {
	case count(untestable) == len(effects):
		return "", "not tested, too few finished runs of the two."
	case count(better) >= EnoughTasks && count(worse) == 0:
		return Supported, words
	case against >= EnoughTasks && count(better) < EnoughTasks:
		return NotSupported, words
	case count(ceiling) > 0 && len(effects)-count(ceiling) < EnoughTasks:
		return Undecided, words + " At the ceiling no model can be better."
	case count(floor) > 0 && len(effects)-count(ceiling)-count(floor) < EnoughTasks:
		return Undecided, words + " Models that have not learned do not differ."
	case len(effects)-count(untestable) < EnoughTasks:
		return Undecided, words + fmt.Sprintf(" Fewer than %d tasks could be tested.", EnoughTasks)
	}
	return Undecided, words
}

// byFinding lists the tasks of each finding in a fixed order.
func byFinding(by map[string][]string) string {
	var parts []string
	for _, f := range []struct{ finding, words string }{
		{better, "above on"}, {worse, "below on"}, {negligible, "without a relevant advantage on"},
		{explained, "with less than half of the advantage left on"},
		{chance, "within what random arrangements differ among themselves on"},
		{ceiling, "both at the ceiling on"}, {floor, "not learned by either on"}, {open, "open on"}, {untestable, "not tested on"},
	} {
		if list := by[f.finding]; len(list) > 0 {
			parts = append(parts, f.words+" "+strings.Join(list, ", "))
		}
	}
	return strings.Join(parts, "; ") + "."
}

// short is the task with its effect.
func (e effect) short() string {
	if e.finding == untestable {
		return e.task
	}
	return fmt.Sprintf("%s (%+.3f [%+.3f, %+.3f])", e.task, e.mean, e.ci.Low, e.ci.High)
}
