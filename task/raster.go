package task

import (
	"fmt"
	"math"
	"strings"
)

// rasterWidth leaves room for channel names and the bars between periods in 80 columns.
const rasterWidth = 56

// shades stand for inputs from 0 (or less) to 1 (or more).
const shades = ".:-=+*%#"

// drawExample prints one trial: a line a channel, a column a step, or several steps
// of a period where the trial is longer than the page is wide.
func (r Report) drawExample(b *strings.Builder) {
	wide := (r.example.Steps + rasterWidth - 1) / rasterWidth
	column := "a step"
	if wide > 1 {
		column = fmt.Sprintf("%d steps", wide)
	}
	fmt.Fprintf(b, "\none trial (a column is %s; from . for 0 to # for 1)\n  %-13s ", column, "")
	b.WriteString(r.across(wide, func(p Period, columns int) string {
		name := p.Name[:min(columns, len(p.Name))]
		return name + strings.Repeat(" ", columns-len(name))
	}))
	b.WriteByte('\n')
	for k, name := range r.Inputs {
		row := r.across(wide, func(p Period, columns int) string {
			cells := make([]byte, columns)
			for c := range cells {
				cells[c] = r.shade(k, p.Start+c*wide, min(p.End, p.Start+(c+1)*wide))
			}
			return string(cells)
		})
		fmt.Fprintf(b, "  %-13s %s\n", name, row)
	}
	answer := r.Outputs[r.example.Label[r.example.Steps-1]]
	fmt.Fprintf(b, "  %-13s %s", "answer", answer)
	for i, c := range r.example.Conditions {
		open := ", "
		if i == 0 {
			open = " ("
		}
		fmt.Fprintf(b, "%s%s %g", open, strings.ReplaceAll(c.Name, "_", " "), c.Value)
	}
	if len(r.example.Conditions) > 0 {
		b.WriteByte(')')
	}
	b.WriteByte('\n')
}

// across writes what draw returns for each period with steps, with bars between.
func (r Report) across(wide int, draw func(p Period, columns int) string) string {
	var parts []string
	for _, p := range r.Periods {
		if columns := (p.End - p.Start + wide - 1) / wide; columns > 0 {
			parts = append(parts, draw(p, columns))
		}
	}
	return strings.TrimRight(strings.Join(parts, "|"), " ")
}

// shade returns the mean of a channel over steps.
func (r Report) shade(channel, start, end int) byte {
	sum := 0.0
	for s := start; s < end; s++ {
		sum += float64(r.example.Input[s*len(r.Inputs)+channel])
	}
	k := math.Round(sum / float64(end-start) * float64(len(shades)-1))
	return shades[int(max(0, min(k, float64(len(shades)-1))))]
}
