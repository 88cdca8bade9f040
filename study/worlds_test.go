package study

import (
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/constraint"
)

// slowModes counts the eigenvalues of the initial weights whose real part is at least 0.6 of
// the greatest modulus: in so many directions activity decays slowly.
func slowModes(t *testing.T, c *circuit.Circuit, model string) int {
	t.Helper()
	base, err := constraint.Preset("corrected")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := base.ApplyVariant(model)
	if err != nil {
		t.Fatal(err)
	}
	k, err := constraint.New(cfg, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	n := c.N()
	w := mat.NewDense(n, n, nil)
	for i, x := range k.InitialWeights() {
		w.Set(i/n, i%n, float64(x))
	}
	var e mat.Eigen
	if !e.Factorize(w, mat.EigenNone) {
		t.Fatal("no eigenvalues")
	}
	values := e.Values(nil)
	most, count := 0.0, 0
	for _, v := range values {
		most = math.Max(most, cmplx.Abs(v))
	}
	for _, v := range values {
		if real(v) >= 0.6*most {
			count++
		}
	}
	return count
}

// TestWorldsHoldTheirTruth: where arrangement helps, W* has a slow mode for each group and
// its weights at random places have not; elsewhere the two are alike.
func TestWorldsHoldTheirTruth(t *testing.T) {
	const draws = 10
	for _, w := range Worlds() {
		own, shuffled := 0, 0
		for k := range uint64(draws) {
			c, err := w.Circuit(k + 1)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := w.Circuit(k + 1); err != nil || again.Hash() != c.Hash() {
				t.Fatalf("%s: the same seed gives another circuit: %v", w.Name, err)
			}
			own += slowModes(t, c, "wbio-dreal-c+no-diagonal")
			shuffled += slowModes(t, c, "wbio-dreal-c+no-diagonal+shuffled-pairs")
		}
		t.Logf("%s: %.1f slow modes, %.1f at random pairs", w.Name, float64(own)/draws, float64(shuffled)/draws)
		switch difference := float64(own-shuffled) / draws; {
		case w.arrangement && difference < worldGroups/2:
			t.Errorf("%s: %d slow modes in %d draws, %d at random pairs: want many more", w.Name, own, draws, shuffled)
		case !w.arrangement && (difference > 2 || difference < -2):
			t.Errorf("%s: %d slow modes in %d draws, %d at random pairs: want as many", w.Name, own, draws, shuffled)
		}
	}
}

func TestWorldsCalled(t *testing.T) {
	if all, err := WorldsCalled(nil); err != nil || len(all) != 4 {
		t.Errorf("without names: %d worlds, %v", len(all), err)
	}
	if some, err := WorldsCalled([]string{"nothing", "arrangement"}); err != nil || len(some) != 2 || some[0].Name != "nothing" {
		t.Errorf("two names: %v, %v", some, err)
	}
	if _, err := WorldsCalled([]string{"nothin"}); err == nil || !strings.Contains(err.Error(), "did you mean nothing?") {
		t.Errorf("a wrong name: %v", err)
	}
}

// TestWorldStudiesAskTheirClaims: the study of a world has every model that the claims
// judged in it need.
func TestWorldStudiesAskTheirClaims(t *testing.T) {
	for _, w := range Worlds() {
		cfg := worldStudy(w)
		if len(cfg.Models) < 4 {
			t.Errorf("%s: models %v", w.Name, cfg.Models)
		}
		var records []analysis.Record
		for _, m := range cfg.Models {
			for _, task := range cfg.Tasks {
				for seed := range uint64(5) {
					x := 0.7 + 0.01*float64((seed*7+uint64(len(m)))%5)
					records = append(records, analysis.Record{Model: m, Task: task, Preset: cfg.Preset, Seed: seed + 1, Outcome: analysis.Finished,
						Values: map[string]float64{"test_accuracy": x, "modularity_louvain": x, "small_worldness_density": x}})
				}
			}
		}
		verdicts, err := analysis.Verdicts(records)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range verdicts {
			if w.Wrong[v.ID] == "" {
				continue
			}
			for _, e := range v.Effects {
				if e.N != 5 {
					t.Errorf("%s: %s: %s − %s on %s has %d pairs, want 5", w.Name, v.ID, e.Model, e.Rival, e.Task, e.N)
				}
			}
		}
	}
}
