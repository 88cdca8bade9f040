package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// accuracyKey is the accuracy a preset reports.
func (d *Data) accuracyKey() (key, name string) {
	if d.Preset == "paper" {
		return "train_accuracy", "training accuracy (last epoch)"
	}
	return "test_accuracy", "test accuracy"
}

// accuracyTop is the top of axes of accuracies, a little above 1 so that dots there
// stay whole.
const accuracyTop = 1.03

// accuracies draws every run's accuracy, a panel a task.
func (d *Data) accuracies() figure {
	_, name := d.accuracyKey()
	g := gridOf(len(d.Tasks))
	height := vg.Length(g.rows) * (56*vg.Millimeter + 0.75*d.widestSymbol(smallSize))
	return figure{
		name: "accuracy", title: "Accuracy of every run",
		caption: "The " + name + " of each run (coloured dots; spread sideways only to be seen) and, to the right of them, the mean and its 95 % confidence interval (Student's t over runs; an interval without a cap goes on beyond the axis). " +
			d.runsText() + ". Crosses at the bottom count runs that diverged; they enter no mean. Dotted line: chance; dashed line: ideal observer.",
		width: g.width(), height: height,
		paint: func(c draw.Canvas) error {
			for i, t := range d.Tasks {
				p := newPlot(short(t.Title, longTitle), "", name)
				g.onlyFirst(p, i)
				p.Y.Min, p.Y.Max = d.accuracyRange(t), accuracyTop
				p.Y.Tick.Marker = accuracyTicks{}
				p.X.Min, p.X.Max = -0.6, float64(len(d.Models))-0.4
				p.X.Tick.Marker = d.modelTicks()
				if len(d.Models) > 3 || d.widestSymbol(smallSize) > 30 {
					p.X.Tick.Label.Rotation = math.Pi / 4
					p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = -1, -0.95
				}
				addLevel(p, t.Chance, []vg.Length{1, 2})
				addLevel(p, t.Ceiling, []vg.Length{4, 2})
				p.Add(strip{d, t})
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
}

func (d *Data) modelTicks() plot.ConstantTicks {
	var out plot.ConstantTicks
	for i, m := range d.Models {
		runes := longSymbol
		if i < 3 {
			runes = 16 // slanting names of the first models would leave the picture
		}
		out = append(out, plot.Tick{Value: float64(i), Label: short(m.Symbol, runes)})
	}
	return out
}

// strip draws the dots, means and crosses of one task.
type strip struct {
	d *Data
	t Task
}

// Plot implements plot.Plotter.
func (s strip) Plot(c draw.Canvas, p *plot.Plot) {
	key, _ := s.d.accuracyKey()
	x, y := p.Transforms(&c)
	slot := min(x(1)-x(0), 30)
	for i, m := range s.d.Models {
		diverged := 0
		for _, r := range s.d.Records {
			if r.Model != m.Slug || r.Task != s.t.Name {
				continue
			}
			if r.Outcome == analysis.Diverged {
				diverged++
				continue
			}
			if v, ok := r.Values[key]; ok && finite(v) {
				dot := lookOf(i).dot(1.5)
				dot.Color = faded(lookOf(i).color, 0xb0)
				c.DrawGlyph(dot, vg.Point{X: x(float64(i)) + slot*vg.Length(jitter(r.Seed)-0.17), Y: y(v)})
			}
		}
		if diverged > 0 {
			at := vg.Point{X: x(float64(i)) - 2, Y: y(p.Y.Min) + 5}
			c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 2, Shape: draw.CrossGlyph{}}, at)
			c.FillText(style(smallSize, 0, -0.4), vg.Point{X: at.X + 3.5, Y: at.Y}, fmt.Sprint(diverged))
		}
		for _, cell := range s.d.Cells {
			if cell.Model == m.Slug && cell.Task == s.t.Name && cell.Measure == key && cell.N > 1 && finite(cell.Mean) {
				meanBar(c, x(float64(i))+0.28*slot, y, cell, p)
			}
		}
	}
}

// meanBar draws a mean and its interval, cut off at the ends of the axis.
func meanBar(c draw.Canvas, x vg.Length, y func(float64) vg.Length, cell analysis.Cell, p *plot.Plot) {
	m := y(cell.Mean)
	c.StrokeLine2(draw.LineStyle{Color: ink, Width: 1.2}, x-2.2, m, x+2.2, m)
	if !finite(cell.Low) || !finite(cell.High) {
		return
	}
	line := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLine2(line, x, y(math.Max(cell.Low, p.Y.Min)), x, y(math.Min(cell.High, p.Y.Max)))
	for _, end := range []float64{cell.Low, cell.High} {
		if end >= p.Y.Min && end <= p.Y.Max {
			c.StrokeLine2(line, x-1.5, y(end), x+1.5, y(end))
		}
	}
}

// jitter spreads the runs of a model by their seeds, always alike, within ±0.2.
func jitter(seed uint64) float64 {
	const golden = 0.6180339887498949
	_, f := math.Modf(float64(seed) * golden)
	return (f - 0.5) * 0.4
}
