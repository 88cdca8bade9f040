package analysis

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"biornn/circuit"
)

// Line is the effect in one line.
func (e AttributedEffect) Line() string {
	return fmt.Sprintf("%s: %+.3f [%+.3f, %+.3f], Holm p = %.2g, partial η² = %.2f", e.Name,
		float64(e.Mean), float64(e.Low), float64(e.High), float64(e.Holm), float64(e.Eta))
}

// Lines are the attribution as a heading and a line for each effect.
func (a Attributed) Lines() []string {
	out := []string{fmt.Sprintf("%s, %s: mean %.3f over 8 models and %d seeds", a.Task, NameOf(a.Measure), float64(a.Mean), a.Seeds)}
	for _, e := range a.Effects {
		out = append(out, e.Line())
	}
	return out
}

// Line is the speed of one model in one line.
func (s Speed) Line() string {
	return fmt.Sprintf("%s, %s: %d of %d runs reach it, median %s (%s), mean up to %g: %.3g [%.3g, %.3g]; mean accuracy over training %.3f",
		s.Task, symbol(s.Model), s.Reached, s.N, orNever(s.Median), s.Unit, s.Horizon,
		float64(s.Restricted), float64(s.RestrLow), float64(s.RestrHigh), float64(s.Area))
}

func orNever(x circuit.Number) string {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return "never"
	}
	return fmt.Sprintf("%.3g", float64(x))
}

// Line is the comparison of speeds in one line.
func (e SpeedEffect) Line() string {
	return fmt.Sprintf("%s: %s is %+.3g %s sooner than %s [%+.3g, %+.3g], Holm p = %.2g, %d seeds", e.Task, symbol(e.Model),
		float64(e.Sooner), e.Unit, symbol(e.Rival), float64(e.Low), float64(e.High), float64(e.Holm), e.N)
}

// Line is the comparison at equal covariate in one line.
func (e Equal) Line() string {
	return fmt.Sprintf("%s, %s: %s − %s = %+.3f; at equal %s %s, within seeds %s, between matched runs %s", e.Task, NameOf(e.Measure),
		symbol(e.Model), symbol(e.Rival), float64(e.Raw), NameOf(e.Covariate), e.Adjusted, e.Paired, e.Matched)
}

// String is the difference with its interval.
func (b EqualBy) String() string {
	if math.IsNaN(float64(b.Mean)) {
		return "none"
	}
	return fmt.Sprintf("%+.3f [%+.3f, %+.3f] (n = %d)", float64(b.Mean), float64(b.Low), float64(b.High), b.N)
}

// Line is the difference over circuits in one line.
func (a Across) Line() string {
	out := fmt.Sprintf("%s, %s: %s − %s over %d circuits = %+.3f [%+.3f, %+.3f], Holm p = %.2g, sd between circuits %.3f", a.Task, NameOf(a.Measure),
		symbol(a.Model), symbol(a.Rival), len(a.Circuits), float64(a.Mean), float64(a.Low), float64(a.High), float64(a.Holm), float64(a.Between))
	if !math.IsNaN(float64(a.NewLow)) {
		out += fmt.Sprintf(", a new circuit [%+.3f, %+.3f]", float64(a.NewLow), float64(a.NewHigh))
	}
	return out
}

// WriteAttribution writes one line per effect as CSV.
func WriteAttribution(w io.Writer, all []Attributed) error {
	rows := [][]string{{"task", "measure", "seeds", "effect", "mean", "ci95_low", "ci95_high", "bca_low", "bca_high", "t", "p", "p_holm", "p_permutation", "partial_eta2"}}
	for _, a := range all {
		for _, e := range a.Effects {
			row := []string{a.Task, a.Measure, strconv.Itoa(a.Seeds), e.Name}
			for _, v := range []circuit.Number{e.Mean, e.Low, e.High, e.BCaLow, e.BCaHigh, e.T, e.P, e.Holm, e.Permute, e.Eta} {
				row = append(row, number(float64(v)))
			}
			rows = append(rows, row)
		}
	}
	return writeCSV(w, rows)
}
