package analysis

import (
	"fmt"
	"math"
	"testing"

	"biornn/internal/rng"
	"biornn/stats"
)

// learner is a run whose validation accuracy rises to 1 in a straight line, at this epoch.
func learner(model string, seed uint64, at float64, epochs int) Record {
	r := Record{Run: fmt.Sprint(model, seed), Model: model, Task: "go-nogo", Preset: "corrected", Seed: seed, Outcome: Finished}
	for e := 1; e <= epochs; e++ {
		r.Curve = append(r.Curve, Point{Epoch: e, ValAccuracy: min(1, float64(e)/at)})
	}
	return r
}

func TestTimeToCriterion(t *testing.T) {
	c := Criterion{Share: 0.9, UpdatesPerEpoch: 40}
	for _, k := range []struct {
		at   float64
		want stats.Lifetime
	}{
		{5, stats.Lifetime{Time: 4.5 * 40, Reached: true}},
		{20, stats.Lifetime{Time: 10 * 40}},                // 0.5 in the last epoch
		{0.5, stats.Lifetime{Time: 1 * 40, Reached: true}}, // there at the first look
	} {
		got, ok := c.Time(learner("w", 0, k.at, 10))
		if !ok || got.Reached != k.want.Reached || math.Abs(got.Time-k.want.Time) > 1e-9 {
			t.Errorf("1 at epoch %g: got %+v, %v, want %+v", k.at, got, ok, k.want)
		}
	}
	broken := learner("w", 0, 5, 10)
	broken.Outcome = Diverged
	unknown := learner("w", 0, 5, 10)
	unknown.Curve[0].ValAccuracy = math.NaN()
	for _, r := range []Record{broken, unknown, {Outcome: Finished}} {
		if _, ok := c.Time(r); ok {
			t.Errorf("%+v: want no time", r)
		}
	}
	for _, bad := range []Criterion{{}, {Share: 1.1}, {Share: 0.9, UpdatesPerEpoch: -1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v: want an error", bad)
		}
		if _, _, err := Speeds([]Record{broken}, bad); err == nil {
			t.Errorf("%+v: want an error", bad)
		}
	}
}

func TestSpeedsWithCensoredAndDivergedRuns(t *testing.T) {
	var records []Record
	for i, at := range []float64{2, 4, 6, 30, 40} { // criterion at 1.8, 3.6, 5.4, never, never
		records = append(records, learner("w", uint64(i), at, 10))
	}
	broken := learner("w", 9, 2, 10)
	broken.Outcome = Diverged
	got, warnings, err := Speeds(append(records, broken), DefaultCriterion())
	if err != nil || len(got) != 1 {
		t.Fatal(got, err)
	}
	s := got[0]
	if s.N != 5 || s.Reached != 3 || s.Diverged != 1 || s.Unit != "epochs" || s.Horizon != 10 {
		t.Errorf("got %+v", s)
	}
	if math.Abs(float64(s.Median)-5.4) > 1e-9 || math.Abs(float64(s.Restricted)-(1.8+3.6+5.4+20)/5) > 1e-9 {
		t.Errorf("median %g, restricted mean %g; want 5.4 and 6.16", s.Median, s.Restricted)
	}
	want := 0.0
	for _, r := range records {
		for e := 1; e < 10; e++ {
			want += (r.Curve[e-1].ValAccuracy + r.Curve[e].ValAccuracy) / 2 / 9 / 5
		}
	}
	if math.Abs(float64(s.Area)-want) > 1e-12 {
		t.Errorf("area: got %g, want %g", s.Area, want)
	}
	if !mentions(warnings, stats.WarnDiverged, "diverged: 1 of 6 runs") {
		t.Errorf("got %v", warnings)
	}
	got, warnings, err = Speeds(records[3:], DefaultCriterion())
	if err != nil || !math.IsNaN(float64(got[0].Median)) || !mentions(warnings, stats.WarnCensored, "2 of 2 runs never") {
		t.Errorf("nobody learns: got %+v, %v, %v", got, warnings, err)
	}
}

func TestFasterIsPairedAndCensored(t *testing.T) {
	var records []Record
	for seed := range uint64(12) {
		s := rng.New(seed, "faster")
		hard := 4 + 6*s.Float64() // a seed that is hard is so for both; some never arrive
		records = append(records, learner("wbio-dreal-c", seed, hard, 8), learner("w", seed, hard*1.25, 9))
	}
	got, warnings, err := Faster(records, "wbio-dreal-c", "w", Criterion{Share: 0.9, UpdatesPerEpoch: 10})
	if err != nil || len(got) != 1 {
		t.Fatal(got, warnings, err)
	}
	e := got[0]
	if e.N != 12 || e.Sooner <= 0 || e.Low <= 0 || e.Prentice <= 0 || e.P > 0.01 || e.Area <= 0 || e.AreaP > 0.01 {
		t.Errorf("got %+v", e)
	}
	if float64(e.LogRank) < float64(e.P) {
		t.Errorf("pairing must help here: log-rank p %g, paired %g", e.LogRank, e.P)
	}
	back, _, err := Faster(records, "w", "wbio-dreal-c", Criterion{Share: 0.9, UpdatesPerEpoch: 10})
	if err != nil || back[0].Sooner != -e.Sooner || back[0].P != e.P || back[0].Prentice != -e.Prentice {
		t.Errorf("the other way round: got %+v, %v", back, err)
	}
	records[0].Outcome = Diverged
	_, warnings, err = Faster(records, "wbio-dreal-c", "w", DefaultCriterion())
	if err != nil || !mentions(warnings, stats.WarnUnpaired, "2 runs") {
		t.Errorf("got %v, %v", warnings, err)
	}
	if got, warnings, err := Faster(records, "wbio-dreal-c", "w-dgrid", DefaultCriterion()); err != nil || len(got) != 0 || !mentions(warnings, stats.WarnNothing, "0 pairs") {
		t.Errorf("a model without runs: got %v, %v, %v", got, warnings, err)
	}
}

// covariates makes runs of two models whose modularity is 2·accuracy plus extra.
func covariates(shift, extra float64) []Record {
	var out []Record
	for seed := range uint64(20) {
		for k, model := range []string{"wbio-dreal-c", "w"} {
			s := rng.New(seed, "covariates", uint64(k))
			accuracy, more := 0.8+0.03*s.Norm(), 0.0
			if k == 0 {
				accuracy, more = accuracy+shift, extra
			}
			r := Record{Model: model, Task: "one-step-inference", Preset: "corrected", Seed: seed, Outcome: Finished}
			r.Set("test_accuracy", accuracy)
			r.Set("modularity_louvain", 2*accuracy+more+0.01*s.Norm())
			out = append(out, r)
		}
	}
	return out
}

func TestAtEqualAccuracy(t *testing.T) {
	for _, c := range []struct {
		name         string
		shift, extra float64
	}{{"only through accuracy", 0.03, 0}, {"beside accuracy", 0.03, 0.05}, {"hidden by accuracy", -0.025, 0.05}} {
		got, warnings, err := AtEqual(covariates(c.shift, c.extra), "wbio-dreal-c", "w", "modularity_louvain", "test_accuracy", 0)
		if err != nil || len(got) != 1 {
			t.Fatal(got, err)
		}
		e := got[0]
		if math.Abs(float64(e.Raw)-(2*c.shift+c.extra)) > 0.03 || e.Caliper != RelevantAccuracy {
			t.Errorf("%s: raw %g, caliper %g", c.name, e.Raw, e.Caliper)
		}
		for name, by := range map[string]EqualBy{"adjusted": e.Adjusted, "paired": e.Paired} {
			if math.Abs(float64(by.Mean)-c.extra) > 0.012 || float64(by.Low) > c.extra || float64(by.High) < c.extra || (by.Holm < significant) != (c.extra > 0) {
				t.Errorf("%s, %s: got %+v, want %g", c.name, name, by, c.extra)
			}
		}
		if e.Matched.N < 10 || math.Abs(float64(e.Matched.Mean)-c.extra) > 0.02 {
			t.Errorf("%s, matched: got %+v", c.name, e.Matched)
		}
		if mentions(warnings, stats.WarnNoOverlap, "") {
			t.Errorf("%s: got %v", c.name, warnings)
		}
	}
	got, warnings, err := AtEqual(covariates(0.5, 0), "wbio-dreal-c", "w", "modularity_louvain", "test_accuracy", 0)
	if err != nil || got[0].Matched.N != 0 || !mentions(warnings, stats.WarnNoOverlap, "do not overlap") || !mentions(warnings, stats.WarnExtrapolated, "both orders") {
		t.Errorf("apart: got %+v, %v, %v", got, warnings, err)
	}
	if _, _, err := AtEqual(covariates(0, 0), "w", "w", "a", "b", math.NaN()); err == nil {
		t.Error("caliper NaN: want an error")
	}
	if got, warnings, err := AtEqual(covariates(0, 0), "wbio-dreal-c", "w", "modularity_louvain", "mean_abs_weight", 0); err != nil || len(got) != 0 || !mentions(warnings, stats.WarnNothing, "no comparison") {
		t.Errorf("a covariate that nobody has: got %v, %v, %v", got, warnings, err)
	}
}

// fields makes runs of two models on circuits with these true differences.
func fields(differences ...float64) []CircuitRecords {
	var out []CircuitRecords
	for k, d := range differences {
		set := CircuitRecords{Circuit: fmt.Sprint("field ", k)}
		for seed := range uint64(10) {
			s := rng.New(seed, "fields", uint64(k))
			for i, model := range []string{"wbio-dreal-c", "w"} {
				r := Record{Model: model, Task: "go-nogo", Preset: "corrected", Seed: seed, Outcome: Finished}
				r.Set("test_accuracy", 0.7+d*float64(1-i)+0.005*s.Norm())
				set.Records = append(set.Records, r)
			}
		}
		out = append(out, set)
	}
	return out
}

func TestAcrossCircuits(t *testing.T) {
	got, warnings, err := AcrossCircuits(fields(0.05, 0.06, 0.055, 0.045, 0.05, 0.052), "wbio-dreal-c", "w", "test_accuracy")
	if err != nil || len(got) != 1 || len(got[0].Circuits) != 6 || mentions(warnings, stats.WarnFewGroups, "6 circuits") {
		t.Fatal(got, warnings, err)
	}
	if a := got[0]; math.Abs(float64(a.Mean)-0.052) > 0.003 || a.Low < 0.04 || a.Holm > 0.001 || math.Abs(float64(a.Meta-a.Mean)) > 0.002 {
		t.Errorf("alike: got %+v", a)
	}
	// Opposite circuits: every seed of each agrees, and over circuits there is nothing.
	got, warnings, err = AcrossCircuits(fields(0.08, -0.04, 0.05), "wbio-dreal-c", "w", "test_accuracy")
	if err != nil || !mentions(warnings, stats.WarnFewGroups, "3 circuits") {
		t.Fatal(warnings, err)
	}
	if a := got[0]; a.P < 0.1 || a.I2 < 0.95 || a.Low > -0.05 || a.NewLow >= a.Low || a.NewHigh <= a.High || float64(a.DF) > 2.1 {
		t.Errorf("opposite: got %+v", a)
	}
	sets := fields(0.05, 0.06, 0.05)
	sets[1].Records = sets[1].Records[:3]
	got, warnings, err = AcrossCircuits(sets, "wbio-dreal-c", "w", "test_accuracy")
	if err != nil || len(got) != 1 || len(got[0].Circuits) != 2 || !math.IsNaN(float64(got[0].NewLow)) || !mentions(warnings, stats.WarnFewPairs, "field 1: 1 pairs") {
		t.Errorf("one circuit without pairs: got %+v, %v, %v", got, warnings, err)
	}
	if got, warnings, err := AcrossCircuits(sets[:1], "wbio-dreal-c", "w", "test_accuracy"); err != nil || len(got) != 0 || !mentions(warnings, stats.WarnFewGroups, "1 circuits") {
		t.Errorf("one circuit: got %v, %v, %v", got, warnings, err)
	}
	sets[1].Circuit = sets[0].Circuit
	if _, _, err := AcrossCircuits(sets, "wbio-dreal-c", "w", "test_accuracy"); err == nil {
		t.Error("a circuit twice: want an error")
	}
}
