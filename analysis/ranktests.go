package analysis

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/stats"
)

// RankTest compares all models on one task by ranks, as published, and by ranks within
// seeds, which is the design of the runs.
type RankTest struct {
	Task    string   `json:"task"`
	Measure string   `json:"measure"`
	Models  []string `json:"models"`
	// Kruskal–Wallis over all runs, then Mann–Whitney tests of every pair.
	Kruskal  circuit.Number `json:"kruskal_h"`
	KruskalP circuit.Number `json:"kruskal_p"`
	// Friedman over the seeds that all models have, then signed ranks of every pair.
	Seeds     int            `json:"seeds"`
	Friedman  circuit.Number `json:"friedman_chi2"`
	FriedmanP circuit.Number `json:"friedman_p"`
	Pairs     []RankPair     `json:"pairs"`
}

// RankPair compares two models. All p but Nemenyi's, which needs none, are corrected after
// Holm over the pairs of the task.
type RankPair struct {
	Model       string         `json:"model"`
	Rival       string         `json:"rival"`
	Cliff       circuit.Number `json:"cliffs_delta"`
	MannWhitney circuit.Number `json:"p_mann_whitney_holm"`
	Dunn        circuit.Number `json:"p_dunn_holm"`
	Wilcoxon    circuit.Number `json:"p_wilcoxon_holm"`
	Nemenyi     circuit.Number `json:"p_nemenyi"`
}

// RankTests compares the models of each task in one measure by rank tests. Models without
// a value are left out; seeds that some model lacks do not enter Friedman's test and what
// follows it.
func RankTests(records []Record, measure string) ([]RankTest, []stats.Warning, error) {
	if err := onePreset("rank tests", records); err != nil {
		return nil, nil, err
	}
	warnings, err := Doubts(records, measure)
	if err != nil {
		return nil, nil, err
	}
	var out []RankTest
	for _, t := range tasksOf(records) {
		r := RankTest{Task: t, Measure: measure}
		var groups [][]float64
		for _, model := range modelsOf(records) {
			if v := values(choose(records, model, t), measure); len(v) > 0 {
				r.Models, groups = append(r.Models, model), append(groups, v)
			}
		}
		if len(groups) < 2 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnNothing, Text: fmt.Sprintf("%s: %d models with %s: no rank tests", t, len(groups), NameOf(measure))})
			continue
		}
		blocks, without := completeSeeds(records, t, measure, r.Models)
		if without > 0 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnUnbalanced, Text: fmt.Sprintf("%s: %d of %d seeds excluded from tests within seeds: not all models have %s", t, without, without+len(blocks), NameOf(measure))})
		}
		if err := r.fill(groups, blocks); err != nil {
			return nil, nil, fmt.Errorf("analysis: rank tests: %s: %w", t, err)
		}
		out = append(out, r)
	}
	return out, warnings, nil
}

func (r *RankTest) fill(groups, blocks [][]float64) error {
	k, err := stats.KruskalWallis(groups...)
	if err != nil {
		return err
	}
	r.Kruskal, r.KruskalP = circuit.Number(k.Statistic), circuit.Number(k.P)
	independent, err := stats.PairwiseMannWhitney(groups...)
	if err != nil {
		return err
	}
	dunn, err := stats.Dunn(groups...)
	if err != nil {
		return err
	}
	nan := circuit.Number(math.NaN())
	for i, p := range independent {
		delta, err := stats.CliffsDelta(groups[p.First], groups[p.Second])
		if err != nil {
			return err
		}
		r.Pairs = append(r.Pairs, RankPair{Model: r.Models[p.First], Rival: r.Models[p.Second], Cliff: circuit.Number(delta),
			MannWhitney: circuit.Number(p.Adjusted), Dunn: circuit.Number(dunn[i].Adjusted), Wilcoxon: nan, Nemenyi: nan})
	}
	r.Seeds, r.Friedman, r.FriedmanP = len(blocks), nan, nan
	if len(blocks) < 2 {
		return nil
	}
	return r.within(blocks)
}

// within fills the tests within seeds.
func (r *RankTest) within(blocks [][]float64) error {
	f, err := stats.Friedman(blocks)
	if err != nil {
		return err
	}
	r.Friedman, r.FriedmanP = circuit.Number(f.Statistic), circuit.Number(f.P)
	signed, err := stats.PairwiseWilcoxon(blocks)
	if err != nil {
		return err
	}
	nemenyi, err := stats.Nemenyi(blocks)
	if err != nil {
		return err
	}
	for i := range r.Pairs {
		r.Pairs[i].Wilcoxon, r.Pairs[i].Nemenyi = circuit.Number(signed[i].Adjusted), circuit.Number(nemenyi[i].Adjusted)
	}
	return nil
}
