package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"biornn/constraint"
	"biornn/internal/rng"
	"biornn/stats"
)

// truth gives the accuracy of an arm (slug) on every task.
type truth func(arm string) float64

// The three truths of the worlds, without learning: what W* brings lies in who is
// connected to whom; in its self-loops; in nothing.
var truths = map[string]truth{
	"arrangement": func(arm string) float64 {
		if strings.HasPrefix(arm, focus) && !strings.Contains(arm, "shuffled") && !strings.Contains(arm, "relabelled") && !strings.Contains(arm, "diagonal-only") {
			return 0.75
		}
		return 0.65
	},
	"diagonal": func(arm string) float64 {
		if strings.HasPrefix(arm, focus) && (strings.Contains(arm, "keep-diagonal") || strings.Contains(arm, "diagonal-only")) {
			return 0.75
		}
		return 0.65
	},
	"nothing": func(string) float64 { return 0.65 },
}

// drawRecords makes runs of all arms of the preset corrected, with accuracies of the truth
// and a standard deviation. Runs of one seed share a part of their deviation, as they share
// their data.
func drawRecords(repetition uint64, seeds int, sd float64, of truth) []Record {
	return drawRuns(repetition, seeds, of, func(arm string, shared float64, s *rng.Stream) float64 {
		return of(arm) + sd*(0.5*shared+s.Norm())
	})
}

// drawWholly makes runs that learn a task wholly or not at all, at 0.99 or 0.51, with the
// probability that a truth of 0.65 … 0.75 stands for: 0.3 … 0.9.
func drawWholly(repetition uint64, seeds int, of truth) []Record {
	return drawRuns(repetition, seeds, of, func(arm string, shared float64, s *rng.Stream) float64 {
		learns := 0.3 + 6*(of(arm)-0.65)
		if distuv.UnitNormal.CDF((0.5*shared+s.Norm())/math.Sqrt(1.25)) < learns {
			return 0.99 + 0.002*s.Norm()
		}
		return 0.51 + 0.005*s.Norm()
	})
}

// drawRuns makes runs whose structure is twice the truth, and depends on how the circuit is
// arranged: all runs of W* have the one arrangement of the repetition's circuit, those of a
// control at random each its own, and both are by chance.
func drawRuns(repetition uint64, seeds int, of truth, accuracy func(arm string, shared float64, s *rng.Stream) float64) []Record {
	const sd, arrangement = 0.02, 0.03
	var out []Record
	arms := BiologyArms("corrected")
	for seed := range uint64(seeds) {
		for t, name := range three {
			shared := rng.New(repetition, "verdicts/shared", seed, uint64(t)).Norm()
			for a, arm := range arms {
				s := rng.New(repetition, "verdicts/run", seed, uint64(t), uint64(a))
				r := Record{Run: fmt.Sprint(arm, name, seed), Model: arm, Task: name, Preset: "corrected", Seed: seed, Outcome: Finished}
				r.Set("test_accuracy", accuracy(arm, shared, s))
				for k, key := range []string{"modularity_louvain", "small_worldness_density"} {
					scale := []float64{1, 5}[k] // as of their smallest relevant effects
					luck := 0.0
					switch {
					case constraint.Rearranged(arm):
						luck = arrangement * s.Norm()
					case strings.HasPrefix(arm, focus):
						luck = arrangement * rng.New(repetition, "verdicts/circuit", uint64(k)).Norm()
					}
					r.Set(key, scale*(2*of(arm)+luck+sd*(0.5*shared+s.Norm())))
				}
				out = append(out, r)
			}
		}
	}
	return out
}

// TestVerdictsWhereTheTruthIsKnown counts verdicts over repetitions, with 20 seeds. What is
// not there is claimed in at most one repetition of twenty, whether accuracies are normal (with
// a spread of 0.05, of which an effect of 0.1 is found nearly always) or runs learn wholly or
// not at all, as trained networks do; and what is there is not denied.
func TestVerdictsWhereTheTruthIsKnown(t *testing.T) {
	const repetitions = 60
	not := []string{NotSupported, Undecided}
	right := map[string]map[string][]string{ // world, claim: verdicts that are right
		"arrangement": {"B1": {Supported}, "B2": {Supported}, "B3": {Supported}, "B4": not, "B5": not, "B6": {Supported, Undecided}, "B7": {Supported, Undecided}},
		"diagonal":    {"B1": not, "B2": {NotSupported}, "B3": not, "B4": not, "B5": not, "B6": not, "B7": not},
		"nothing":     {"B1": not, "B2": not, "B3": not, "B4": not, "B5": not, "B6": not, "B7": not},
	}
	for _, draw := range []struct {
		name    string
		records func(repetition uint64, of truth) []Record
		timid   bool // 20 seeds do not always find what is there
	}{
		{"normal", func(k uint64, of truth) []Record { return drawRecords(k, 20, 0.05, of) }, false},
		{"wholly or not at all", func(k uint64, of truth) []Record { return drawWholly(k, 20, of) }, true},
	} {
		for world, claims := range right {
			wrong, count := map[string]int{}, map[string]map[string]int{}
			for k := range uint64(repetitions) {
				records := draw.records(k, truths[world])
				for _, b := range biologicalQuestions("corrected") {
					v, _ := b.decide(records)
					if count[v.ID] == nil {
						count[v.ID] = map[string]int{}
					}
					count[v.ID][v.Verdict]++
					if !slices.Contains(claims[v.ID], v.Verdict) && !(draw.timid && v.Verdict == Undecided) {
						wrong[v.ID]++
					}
				}
			}
			t.Logf("%s, %s: verdicts of %d: %v; wrong: %v", draw.name, world, repetitions, count, wrong)
			for id, n := range wrong {
				if n > repetitions/20+3 { // three standard deviations above 5 % and more
					t.Errorf("%s, %s: %s is wrong in %d of %d", draw.name, world, id, n, repetitions)
				}
			}
			for id, want := range claims {
				if found := count[id][Supported]; slices.Contains(want, Supported) && found < repetitions/2 {
					t.Errorf("%s, %s: %s is found in %d of %d", draw.name, world, id, found, repetitions)
				}
			}
		}
	}
}

// TestControlsDecide follows one claim through the rule.
func TestControlsDecide(t *testing.T) {
	for _, c := range []struct {
		name string
		of   truth
		b2   string
	}{
		{"self-loops alone do as well", truths["diagonal"], NotSupported},
		{"one control of two does as well", func(arm string) float64 {
			if strings.HasPrefix(arm, focus+"+keep-diagonal") {
				return 0.75
			}
			return 0.65
		}, NotSupported},
		{"no control does", truths["arrangement"], Supported},
		{"the controls are better", func(arm string) float64 {
			switch {
			case strings.Contains(arm, "diagonal-only"):
				return 0.8
			case strings.HasPrefix(arm, focus):
				return 0.75
			}
			return 0.65
		}, NotSupported},
	} {
		questions := biologicalQuestions("corrected")
		i := slices.IndexFunc(questions, func(b biological) bool { return b.id == "B2" })
		if v, _ := questions[i].decide(drawRecords(7, 20, 0.02, c.of)); v.Verdict != c.b2 {
			t.Errorf("%s: want %s, got %s: %s", c.name, c.b2, v.Verdict, v.Reason)
		}
	}
}

// TestUnlearnedTasksTellNothing: where no model exceeds guessing, equal accuracies are no
// evidence against a claim.
func TestUnlearnedTasksTellNothing(t *testing.T) {
	guess := map[string]float64{"one-step-inference": 0.25, "go-nogo": 0.5, "perceptual-decision": 0.5}
	records := drawRecords(1, 20, 0.005, func(string) float64 { return 0 })
	for i := range records {
		records[i].Values["test_accuracy"] += guess[records[i].Task]
	}
	for _, b := range biologicalQuestions("corrected")[:5] {
		v, effects := b.decide(records)
		if v.Verdict != Undecided {
			t.Errorf("%s: %s: %s", v.ID, v.Verdict, v.Reason)
		}
		for _, e := range effects {
			if e.finding != floor {
				t.Errorf("%s on %s: %s", v.ID, e.task, e.finding)
			}
		}
	}
}

func TestBiologyArmsHoldEveryContrast(t *testing.T) {
	for _, preset := range []string{"corrected", "paper"} {
		arms := BiologyArms(preset)
		for _, b := range biologicalQuestions(preset) {
			for _, c := range append(slices.Clone(b.claim), b.control...) {
				if !slices.Contains(arms, c.model) || !slices.Contains(arms, c.rival) {
					t.Errorf("%s %s: %s − %s is not among %v", preset, b.id, c.model, c.rival, arms)
				}
			}
		}
	}
}

// TestSeedsNeeded: the power is that at the level which the correction leaves, not at 5 %.
func TestSeedsNeeded(t *testing.T) {
	records := drawRecords(1, 20, 0.05, truths["arrangement"])
	verdicts, err := Verdicts(records)
	if err != nil {
		t.Fatal(err)
	}
	for id, tests := range map[string]float64{"B0": 3, "B1": 9, "B5": 3} { // three tasks; contrasts of a claim on each
		for _, v := range verdicts {
			if v.ID != id {
				continue
			}
			for _, e := range v.Effects {
				x, y := matched(choose(records, e.Model, e.Task), choose(records, e.Rival, e.Task), e.Measure)
				d, err := stats.Differences(x, y)
				if err != nil {
					t.Fatal(err)
				}
				s, err := stats.Describe(d)
				if err != nil {
					t.Fatal(err)
				}
				want, err := stats.PairsNeeded(s.Mean, s.SD, 0.05/tests, 0.8)
				if err != nil || want >= 100000 {
					want = 0
				}
				if e.Needed != want {
					t.Errorf("%s on %s: %d seeds, want %d", id, e.Task, e.Needed, want)
				}
			}
		}
	}
}
