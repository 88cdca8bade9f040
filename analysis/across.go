package analysis

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/stats"
)

// CircuitRecords are the runs on one circuit.
type CircuitRecords struct {
	Circuit string
	Records []Record
}

// Across is a difference between two models over circuits.
type Across struct {
	Task     string         `json:"task"`
	Measure  string         `json:"measure"`
	Model    string         `json:"model"`
	Rival    string         `json:"rival"`
	Circuits []AcrossCell   `json:"circuits"`
	Mean     circuit.Number `json:"difference"` // over the population of circuits
	Low      circuit.Number `json:"low"`        // 95 %, Satterthwaite
	High     circuit.Number `json:"high"`
	DF       circuit.Number `json:"df"`
	P        circuit.Number `json:"p"`
	Holm     circuit.Number `json:"p_holm"`         // over tasks
	NewLow   circuit.Number `json:"prediction_low"` // 95 %, the difference on a new circuit
	NewHigh  circuit.Number `json:"prediction_high"`
	Between  circuit.Number `json:"sd_between"` // of true differences of circuits
	Within   circuit.Number `json:"sd_within"`  // of seeds within a circuit
	I2       circuit.Number `json:"i2"`
	// Meta joins the circuits' means, each with its own variance (Knapp & Hartung).
	Meta     circuit.Number `json:"meta"`
	MetaLow  circuit.Number `json:"meta_low"`
	MetaHigh circuit.Number `json:"meta_high"`
	MetaP    circuit.Number `json:"meta_p"`
}

// AcrossCell is the difference on one circuit.
type AcrossCell struct {
	Circuit string         `json:"circuit"`
	N       int            `json:"n"` // pairs of equal seed
	Mean    circuit.Number `json:"difference"`
	Low     circuit.Number `json:"low"` // 95 %, Student's t
	High    circuit.Number `json:"high"`
}

// fewCircuits is the number of circuits below which their spread is all but unknown.
const fewCircuits = 5

// AcrossCircuits asks on each task whether two models differ over circuits, of which those
// given are a sample: differences within seeds, a mixed model with a random effect of each
// circuit (stats.MixedMean), and beside it a meta-analysis of the circuits' means
// (stats.RandomEffects). Circuits with fewer than two pairs are left out with a warning.
// With few circuits the interval is wide, as it must be: many seeds of one circuit say
// nothing about others.
func AcrossCircuits(sets []CircuitRecords, model, rival, measure string) ([]Across, []stats.Warning, error) {
	var all []Record
	seen := map[string]bool{}
	for _, s := range sets {
		if seen[s.Circuit] {
			return nil, nil, fmt.Errorf("analysis: across circuits: want each circuit once, got %q twice", s.Circuit)
		}
		seen[s.Circuit] = true
		all = append(all, s.Records...)
	}
	if err := onePreset("across circuits", all); err != nil {
		return nil, nil, err
	}
	var out []Across
	var warnings []stats.Warning
	for _, t := range tasksOf(all) {
		a, more, err := across(sets, model, rival, t, measure)
		if err != nil {
			return nil, nil, fmt.Errorf("analysis: across circuits: %s: %w", t, err)
		}
		warnings = append(warnings, under(t, more)...)
		if len(a.Circuits) >= 2 {
			out = append(out, a)
		}
	}
	p := make([]float64, len(out))
	for i, a := range out {
		p[i] = float64(a.P)
	}
	for i, v := range stats.Holm(p) {
		out[i].Holm = circuit.Number(v)
	}
	return out, warnings, nil
}

func across(sets []CircuitRecords, model, rival, taskName, measure string) (Across, []stats.Warning, error) {
	out := Across{Task: taskName, Measure: measure, Model: model, Rival: rival}
	var warnings []stats.Warning
	var groups [][]float64
	var means, variances []float64
	for _, s := range sets {
		ours, theirs := choose(s.Records, model, taskName), choose(s.Records, rival, taskName)
		for _, group := range [][]Record{ours, theirs} {
			if len(group) > 0 {
				warnings = append(warnings, under(s.Circuit, doubtsOfRuns(group, measure))...)
			}
		}
		x, y := matched(ours, theirs, measure)
		if len(x) < 2 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnFewPairs, Text: fmt.Sprintf("%s: %d pairs of equal seed: the circuit is left out", s.Circuit, len(x))})
			continue
		}
		d, err := stats.Differences(x, y)
		if err != nil {
			return out, nil, err
		}
		c, _ := stats.Describe(d) // finite
		ci := c.Interval(confidence)
		out.Circuits = append(out.Circuits, AcrossCell{s.Circuit, c.N, circuit.Number(c.Mean), circuit.Number(ci.Low), circuit.Number(ci.High)})
		groups, means, variances = append(groups, d), append(means, c.Mean), append(variances, c.StandardError()*c.StandardError())
	}
	if len(groups) < fewCircuits {
		warnings = append(warnings, fewCircuitsWarning(len(groups)))
	}
	if len(groups) < 2 {
		return out, warnings, nil
	}
	more, err := out.fit(groups, means, variances)
	return out, append(warnings, more...), err
}

func fewCircuitsWarning(n int) stats.Warning {
	text := fmt.Sprintf("%d circuits: how much circuits differ is all but unknown, the interval over circuits rests on about %d degree(s) of freedom; it says what these circuits allow, no more", n, max(0, n-1))
	if n < 2 {
		text = fmt.Sprintf("%d circuits with pairs: nothing can be said about others", n)
	}
	return stats.Warning{Code: stats.WarnFewGroups, Text: text}
}

func (a *Across) fit(groups [][]float64, means, variances []float64) ([]stats.Warning, error) {
	m, err := stats.MixedMean(groups, confidence)
	if err != nil {
		return nil, err
	}
	n := func(x float64) circuit.Number { return circuit.Number(x) }
	a.Mean, a.Low, a.High, a.DF, a.P = n(m.Mean), n(m.Interval.Low), n(m.Interval.High), n(m.DF), n(m.T.P)
	a.NewLow, a.NewHigh = n(m.Prediction.Low), n(m.Prediction.High)
	a.Between, a.Within, a.I2 = n(math.Sqrt(m.Between)), n(math.Sqrt(m.Within)), n(m.I2)
	var warnings []stats.Warning
	if m.Between == 0 {
		warnings = append(warnings, stats.Warning{Code: stats.WarnFewGroups, Text: "no variance between circuits is seen, so all pairs count as one sample; few circuits would hide one"})
	}
	nan := n(math.NaN())
	a.Meta, a.MetaLow, a.MetaHigh, a.MetaP = nan, nan, nan, nan
	meta, err := stats.RandomEffects(means, variances, confidence)
	if err != nil { // a circuit without any spread
		return append(warnings, stats.Warning{Code: stats.WarnNothing, Text: "no meta-analysis: " + err.Error()}), nil
	}
	a.Meta, a.MetaLow, a.MetaHigh, a.MetaP = n(meta.Mean), n(meta.Interval.Low), n(meta.Interval.High), n(meta.T.P)
	doubts, err := stats.DoubtsOfGroups(groups...)
	if err != nil {
		return nil, err
	}
	return append(warnings, doubts...), nil
}
