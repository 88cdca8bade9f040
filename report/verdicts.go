package report

import (
	"fmt"
	"strings"

	"biornn/analysis"
)

// decidingFigures stand below the verdicts.
var decidingFigures = []string{"effects", "attribution"}

// verdictRow is one claim on the biology in the table at the head of the page.
type verdictRow struct {
	ID, Statement, Verdict, Reason string
	Differences                    []string // by task
	Controls                       []controlRow
	Evidence                       []string
}

// controlRow is the advantage over one control.
type controlRow struct {
	Name        string
	Differences []string // by task
}

func (d *Data) verdictRows() []verdictRow {
	var out []verdictRow
	for _, v := range d.Verdicts {
		r := verdictRow{ID: v.ID, Statement: v.Statement, Verdict: v.Verdict, Reason: v.Reason, Evidence: v.Evidence}
		name := ""
		for _, e := range v.Effects {
			text := d.difference(e)
			if e.Role == "claim" {
				if v.RivalVaries() {
					text += ", against " + d.symbolOrName(e.Rival)
				}
				r.Differences = append(r.Differences, text)
				continue
			}
			if contrast := d.symbolOrName(e.Model) + " − " + d.symbolOrName(e.Rival); contrast != name {
				name = contrast
				r.Controls = append(r.Controls, controlRow{Name: name})
			}
			last := &r.Controls[len(r.Controls)-1]
			last.Differences = append(last.Differences, text)
		}
		out = append(out, r)
	}
	return out
}

// difference is one effect in words.
func (d *Data) difference(e analysis.Effect) string {
	if e.N == 0 || !finite(float64(e.Mean)) {
		return d.taskTitle(e.Task) + ": not tested"
	}
	numbers := fmt.Sprintf("%+.3f [%+.3f, %+.3f]", float64(e.Mean), float64(e.Low), float64(e.High))
	return fmt.Sprintf("%s: %s, %s", d.taskTitle(e.Task), strings.ReplaceAll(numbers, "-", "−"), e.Finding)
}
