package analysis

import (
	"fmt"
	"slices"
	"strings"

	"biornn/circuit"
	"biornn/stats"
)

// attributionFactors are the constraints whose shares are told apart. Bit j of a cell's
// number is the upper level of factor j.
var attributionFactors = []string{"biological weights", "real positions", "communicability"}

// attributionModels are the eight models, by cell.
var attributionModels = [8]string{
	"w-dgrid", "wbio-dgrid", "w-dreal", "wbio-dreal",
	"w-dgrid-c", "wbio-dgrid-c", "w-dreal-c", "wbio-dreal-c",
}

// AttributionModels returns the slugs of the eight models that Attribution needs: every
// choice of baseline or biological weights, grid or real positions, without or with
// communicability.
func AttributionModels() []string { return slices.Clone(attributionModels[:]) }

// Attributed divides one measure on one task over the three constraints.
type Attributed struct {
	Task    string             `json:"task"`
	Measure string             `json:"measure"`
	Seeds   int                `json:"seeds"` // with a value in all eight cells
	Mean    circuit.Number     `json:"mean"`  // over cells
	Cells   []AttributedCell   `json:"cells"`
	Effects []AttributedEffect `json:"effects"`
}

// AttributedCell is the mean of one model over the seeds that entered.
type AttributedCell struct {
	Model string         `json:"model"`
	Mean  circuit.Number `json:"mean"`
}

// AttributedEffect is a main effect or interaction; see stats.Factorial for its scale.
type AttributedEffect struct {
	Name    string         `json:"name"`
	Mean    circuit.Number `json:"effect"`
	Low     circuit.Number `json:"low"` // 95 %, Student's t
	High    circuit.Number `json:"high"`
	BCaLow  circuit.Number `json:"bca_low"` // 95 %, bootstrap
	BCaHigh circuit.Number `json:"bca_high"`
	T       circuit.Number `json:"t"`
	P       circuit.Number `json:"p"`
	Holm    circuit.Number `json:"p_holm"`        // over the seven effects of the task
	Permute circuit.Number `json:"p_permutation"` // of signs, uncorrected
	Eta     circuit.Number `json:"partial_eta2"`
}

// Attribution divides a measure over biological weights, real positions and
// communicability, on each task on which at least two seeds have all eight models: three
// main effects and four interactions within seeds, so that mean + ½ Σ ± effect restores
// every cell. Seeds without all eight values, because a run diverged or is missing, are
// left out and counted in a warning; a task without two complete seeds, or without any run
// of one of the models, is only warned of.
//
// The strength λ that each model was trained with is part of its cell: with λ chosen for
// each model, effects are those of the constraint at its own best strength.
func Attribution(records []Record, measure string) ([]Attributed, []stats.Warning, error) {
	if err := onePreset("attribution", records); err != nil {
		return nil, nil, err
	}
	var out []Attributed
	var warnings []stats.Warning
	for _, t := range tasksOf(records) {
		if absent := absentModels(records, t); absent != nil {
			warnings = append(warnings, stats.Warning{Code: stats.WarnNothing,
				Text: fmt.Sprintf("%s: no attribution: the study has no %s", t, strings.Join(absent, ", "))})
			continue
		}
		y, without := completeSeeds(records, t, measure, attributionModels[:])
		if without > 0 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnUnbalanced,
				Text: fmt.Sprintf("%s: %d of %d seeds excluded: not all eight models have %s", t, without, without+len(y), NameOf(measure))})
		}
		if len(y) < 2 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnNothing,
				Text: fmt.Sprintf("%s: %d seeds with all eight models: no attribution", t, len(y))})
			continue
		}
		a, more, err := attribute(y, t, measure)
		if err != nil {
			return nil, nil, err
		}
		out, warnings = append(out, a), append(warnings, more...)
	}
	return out, warnings, nil
}

// absentModels returns the printed names of the eight models of which no run on the task
// is there, diverged ones counted: models that the study was made without.
func absentModels(records []Record, taskName string) (absent []string) {
	for _, m := range attributionModels {
		if !slices.ContainsFunc(records, func(r Record) bool { return r.Task == taskName && r.Model == m }) {
			absent = append(absent, symbol(m))
		}
	}
	return absent
}

func attribute(y [][]float64, taskName, measure string) (Attributed, []stats.Warning, error) {
	cfg := stats.DefaultComparison()
	out := Attributed{Task: taskName, Measure: measure, Seeds: len(y)}
	effects, err := stats.Factorial(y, attributionFactors, cfg.Bootstrap, cfg.Rounds)
	if err != nil {
		return out, nil, fmt.Errorf("analysis: attribution: %s: %w", taskName, err)
	}
	total := 0.0
	for c, model := range attributionModels {
		mean := 0.0
		for _, cells := range y {
			mean += cells[c] / float64(len(y))
		}
		total += mean / float64(len(attributionModels))
		out.Cells = append(out.Cells, AttributedCell{model, circuit.Number(mean)})
	}
	out.Mean = circuit.Number(total)
	var warnings []stats.Warning
	for _, e := range effects {
		out.Effects = append(out.Effects, attributedEffect(e))
		doubts, err := stats.DoubtsOfPairs(e.Values, significant)
		if err != nil {
			return out, nil, fmt.Errorf("analysis: attribution: %s: %w", taskName, err)
		}
		for _, d := range doubts {
			place := taskName + ": " + e.Name
			if d.Code == stats.WarnFewPairs { // true of all effects
				place = taskName
			}
			warnings = append(warnings, under(place, []stats.Warning{d})...)
		}
	}
	return out, append(stats.Distinct(warnings), ceilingOfCells(out)...), nil
}

func attributedEffect(e stats.FactorEffect) AttributedEffect {
	n := func(x float64) circuit.Number { return circuit.Number(x) }
	return AttributedEffect{Name: e.Name, Mean: n(e.Mean), Low: n(e.Interval.Low), High: n(e.Interval.High), BCaLow: n(e.BCa.Low), BCaHigh: n(e.BCa.High),
		T: n(e.T.Statistic), P: n(e.T.P), Holm: n(e.Adjusted), Permute: n(e.Permute), Eta: n(e.Eta)}
}

// ceilingOfCells warns where models as good as the ideal observer make interactions: an
// effect cannot show above a ceiling.
func ceilingOfCells(a Attributed) []stats.Warning {
	ideal, accuracy := accuracyIdeal(a.Measure, a.Task)
	at := 0
	for _, c := range a.Cells {
		if accuracy && float64(c.Mean) >= atCeiling*ideal {
			at++
		}
	}
	if at == 0 {
		return nil
	}
	return []stats.Warning{{Code: stats.WarnCeiling,
		Text: fmt.Sprintf("%s: %d of 8 models at the ceiling (0.99 of the ideal observer): interactions may be its doing", a.Task, at)}}
}

// completeSeeds returns [seed][model] values of the seeds, in rising order, at which every
// model has one, and the number of the other seeds of these models.
func completeSeeds(records []Record, taskName, measure string, models []string) (y [][]float64, without int) {
	found := map[uint64]map[string]float64{}
	var seeds []uint64
	for i := range records {
		r := &records[i]
		if r.Task != taskName || !slices.Contains(models, r.Model) {
			continue
		}
		if found[r.Seed] == nil {
			found[r.Seed] = map[string]float64{}
			seeds = append(seeds, r.Seed)
		}
		if v, ok := r.value(measure); ok {
			if _, twice := found[r.Seed][r.Model]; !twice { // the first counts, as in matched
				found[r.Seed][r.Model] = v
			}
		}
	}
	slices.Sort(seeds)
	for _, seed := range seeds {
		var row []float64
		for _, m := range models {
			if v, ok := found[seed][m]; ok {
				row = append(row, v)
			}
		}
		if len(row) == len(models) {
			y = append(y, row)
		} else {
			without++
		}
	}
	return y, without
}

// onePreset reports records that are none or of several presets.
func onePreset(what string, records []Record) error {
	if len(records) == 0 {
		return fmt.Errorf("analysis: %s: want at least one run, got none", what)
	}
	for _, r := range records {
		if r.Preset != records[0].Preset {
			return fmt.Errorf("analysis: %s: want runs of one preset, got %s and %s; compare them apart", what, records[0].Preset, r.Preset)
		}
	}
	return nil
}

// under puts a place before warnings.
func under(place string, warnings []stats.Warning) []stats.Warning {
	out := slices.Clone(warnings)
	for i := range out {
		out[i].Text = place + ": " + out[i].Text
	}
	return out
}
