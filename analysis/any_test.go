package analysis

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// anyRecords draws runs in any state: diverged, without values or curves, with values that
// are not finite or all equal, seeds twice.
func anyRecords(t *rapid.T) []Record {
	number := rapid.SampledFrom([]float64{0, 0.5, 0.5, 0.7, 0.9, 1, math.NaN(), math.Inf(1), -1})
	models := append(AttributionModels(), "w", "unknown")
	var out []Record
	for range rapid.IntRange(1, 60).Draw(t, "runs") {
		r := Record{Model: rapid.SampledFrom(models).Draw(t, "model"), Task: rapid.SampledFrom([]string{"go-nogo", "other"}).Draw(t, "task"),
			Seed: rapid.Uint64Range(0, 4).Draw(t, "seed"), Outcome: rapid.SampledFrom([]string{Finished, Finished, Finished, Diverged}).Draw(t, "outcome"),
			Values: map[string]float64{}}
		for _, key := range []string{"test_accuracy", "mean_abs_weight"} {
			if rapid.Bool().Draw(t, "has") {
				r.Values[key] = number.Draw(t, key)
			}
		}
		for e := range rapid.IntRange(0, 4).Draw(t, "epochs") {
			r.Curve = append(r.Curve, Point{Epoch: e + 1, ValAccuracy: number.Draw(t, "accuracy")})
		}
		out = append(out, r)
	}
	return out
}

// Whatever state the runs are in, there is a result or an error, never a panic, and what
// there is can be written.
func TestAnyRecordsGiveResults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := anyRecords(t)
		var all []any
		keep := func(what string, v any, err error) {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			all = append(all, v)
		}
		a, _, err := Attribution(records, "test_accuracy")
		keep("attribution", a, err)
		d, err := Doubts(records, "test_accuracy")
		keep("doubts", d, err)
		r, _, err := RankTests(records, "test_accuracy")
		keep("rank tests", r, err)
		s, _, err := Speeds(records, DefaultCriterion())
		keep("speeds", s, err)
		f, _, err := Faster(records, "wbio-dreal-c", "w-dreal-c", DefaultCriterion())
		keep("faster", f, err)
		e, _, err := AtEqual(records, "wbio-dreal-c", "w", "test_accuracy", "mean_abs_weight", 0)
		keep("equal", e, err)
		half := len(records) / 2
		c, _, err := AcrossCircuits([]CircuitRecords{{"a", records[:half]}, {"b", records[half:]}}, "wbio-dreal-c", "w", "test_accuracy")
		keep("circuits", c, err)
		var out bytes.Buffer
		if err := WriteJSON(&out, all); err != nil {
			t.Fatal(err)
		}
		if !json.Valid(out.Bytes()) {
			t.Fatal("want valid JSON")
		}
	})
}
