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

// accuracies draws every run's accuracy, a panel a task.
func (d *Data) accuracies() figure {
	_, name := d.accuracyKey()
	height := 66 * vg.Millimeter
	if len(d.Models) > 7 {
		height = 72 * vg.Millimeter
	}
	return figure{
		name: "accuracy", title: "Accuracy of every run",
		caption: "The " + name + " of each run (dots), with the mean and its 95 % confidence interval (bars, Student's t). Crosses at the bottom count runs that diverged; they enter no mean. Dotted line: chance; dashed line: ideal observer.",
		width:   twoColumn, height: height,
		paint: func(c draw.Canvas) error {
			for i, t := range d.Tasks {
				p := newPlot(t.Title, "", name)
				if i > 0 {
					p.Y.Label.Text = ""
				}
				p.Y.Min, p.Y.Max = d.accuracyRange(t), 1.03
				p.Y.Tick.Marker = accuracyTicks{}
				p.X.Min, p.X.Max = -0.6, float64(len(d.Models))-0.4
				p.X.Tick.Marker = d.modelTicks()
				p.X.Tick.Length = 0
				if len(d.Models) > 3 {
					p.X.Tick.Label.Rotation = math.Pi / 4
					p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = -1, -0.7
				}
				addLevel(p, t.Chance, []vg.Length{1, 2})
				addLevel(p, t.Ceiling, []vg.Length{4, 2})
				p.Add(strip{d, t})
				n := float64(len(d.Tasks))
				p.Draw(draw.Crop(panel(c, float64(i)/n, float64(i+1)/n, 0, 1), 2, -6, 2, 0))
			}
			return nil
		},
	}
}

func (d *Data) modelTicks() plot.ConstantTicks {
	var out plot.ConstantTicks
	for i, m := range d.Models {
		out = append(out, plot.Tick{Value: float64(i), Label: m.Symbol})
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
	for i, m := range s.d.Models {
		l := lookOf(i)
		diverged := 0
		for _, r := range s.d.Records {
			if r.Model != m.Slug || r.Task != s.t.Name {
				continue
			}
			if r.Outcome == analysis.Diverged {
				diverged++
				continue
			}
			if v, ok := r.Values[key]; ok {
				style := l.dot(1.5)
				style.Color = faded(l.color, 0xa0)
				c.DrawGlyph(style, vg.Point{X: x(float64(i) + jitter(r.Seed)), Y: y(v)})
			}
		}
		if diverged > 0 {
			at := vg.Point{X: x(float64(i)), Y: y(p.Y.Min) + 5}
			c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 2, Shape: draw.CrossGlyph{}}, at)
			c.FillText(style(smallSize, 0, -0.4), vg.Point{X: at.X + 4, Y: at.Y}, fmt.Sprint(diverged))
		}
		for _, cell := range s.d.Cells {
			if cell.Model == m.Slug && cell.Task == s.t.Name && cell.Measure == key && cell.N > 0 {
				meanBar(c, draw.LineStyle{Color: ink, Width: medium}, x(float64(i)), y, cell, p)
			}
		}
	}
}

// meanBar draws a mean and its interval, cut off at the ends of the axis.
func meanBar(c draw.Canvas, style draw.LineStyle, x vg.Length, y func(float64) vg.Length, cell analysis.Cell, p *plot.Plot) {
	m := y(cell.Mean)
	c.StrokeLine2(style, x-6, m, x+6, m)
	if math.IsNaN(cell.Low) {
		return
	}
	low, high := y(math.Max(cell.Low, p.Y.Min)), y(math.Min(cell.High, p.Y.Max))
	style.Width = thin
	c.StrokeLine2(style, x, low, x, high)
	for _, end := range []vg.Length{low, high} {
		c.StrokeLine2(style, x-2.5, end, x+2.5, end)
	}
}

// jitter spreads the runs of a model by their seeds, always alike, within ±0.28.
func jitter(seed uint64) float64 {
	const golden = 0.6180339887498949
	_, f := math.Modf(float64(seed) * golden)
	return (f - 0.5) * 0.56
}
