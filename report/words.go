package report

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// exponents is a text handler that writes "10^−3" with a raised exponent.
type exponents struct{ text.Handler }

// raised is the size of an exponent against its base.
const raised = 0.75

// Box implements text.Handler.
func (e exponents) Box(txt string, f font.Font) (width, height, depth vg.Length) {
	base, power, _ := strings.Cut(txt, "^")
	width, height, depth = e.Handler.Box(base, f)
	f.Size *= raised
	w, _, _ := e.Handler.Box(power, f)
	return width + w, height, depth
}

// Draw implements text.Handler for upright text.
func (e exponents) Draw(c vg.Canvas, txt string, s text.Style, at vg.Point) {
	base, power, _ := strings.Cut(txt, "^")
	width, height, _ := e.Box(txt, s.Font)
	first, _, _ := e.Handler.Box(base, s.Font)
	left, top := at.X+width*vg.Length(s.XAlign), at.Y+height*vg.Length(s.YAlign+1)
	s.Handler, s.XAlign, s.YAlign = e.Handler, text.XLeft, text.YTop
	e.Handler.Draw(c, base, s, vg.Point{X: left, Y: top})
	s.Font.Size *= raised
	e.Handler.Draw(c, power, s, vg.Point{X: left + first, Y: top + 1})
}

// power names a power of ten.
func power(e int) string {
	if e < 0 {
		return fmt.Sprintf("10^−%d", -e)
	}
	return fmt.Sprintf("10^%d", e)
}

// short cuts a name that would not fit into a figure.
func short(s string, runes int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= runes {
		return string(r)
	}
	return string(r[:runes-1]) + "…"
}

// Longest names in figures.
const (
	longSymbol = 28
	longTitle  = 34
)

// widthOf returns how wide a text is.
func widthOf(txt string, size font.Length) vg.Length {
	w, _, _ := plot.DefaultTextHandler.Box(txt, sans(size))
	return w
}

// widestSymbol returns the width of the widest model name.
func (d *Data) widestSymbol(size font.Length) vg.Length {
	var w vg.Length
	for _, m := range d.Models {
		w = max(w, widthOf(short(m.Symbol, longSymbol), size))
	}
	return w
}

// runsText says how many runs a model has on a task.
func (d *Data) runsText() string {
	count := map[[2]string]int{}
	for _, r := range d.Records {
		if r.Outcome == analysis.Finished {
			count[[2]string{r.Model, r.Task}]++
		}
	}
	low, high := 0, 0
	for _, m := range d.Models {
		for _, t := range d.Tasks {
			n := count[[2]string{m.Slug, t.Name}]
			if n == 0 {
				continue
			}
			high = max(high, n)
			if low == 0 || n < low {
				low = n
			}
		}
	}
	if low == high {
		return fmt.Sprintf("n = %d per model and task", high)
	}
	return fmt.Sprintf("n = %d to %d per model and task", low, high)
}

// examplesText says which networks are shown as examples.
func (d *Data) examplesText() string {
	same := true
	for _, n := range d.Networks {
		same = same && n.Task == d.Networks[0].Task && n.Seed == d.Networks[0].Seed
	}
	if same {
		return fmt.Sprintf("one trained network per model (%s, seed %d)", d.taskTitle(d.Networks[0].Task), d.Networks[0].Seed)
	}
	var parts []string
	for _, n := range d.Networks {
		parts = append(parts, fmt.Sprintf("%s: %s, seed %d", d.symbol(n.Model), d.taskTitle(n.Task), n.Seed))
	}
	return "one trained network per model (" + strings.Join(parts, "; ") + ")"
}

// task returns the place of a task in the list, −1 if it is not there.
func (d *Data) task(name string) int {
	return slices.IndexFunc(d.Tasks, func(t Task) bool { return t.Name == name })
}

// remark is a plotter that writes a line into the middle of an empty panel.
type remark string

// Plot implements plot.Plotter.
func (r remark) Plot(c draw.Canvas, _ *plot.Plot) {
	c.FillText(style(smallSize, -0.5, -0.5), vg.Point{X: (c.Min.X + c.Max.X) / 2, Y: (c.Min.Y + c.Max.Y) / 2}, string(r))
}

func (d *Data) taskTitle(name string) string {
	if i := d.task(name); i >= 0 && d.Tasks[i].Title != "" {
		return d.Tasks[i].Title
	}
	return name
}
