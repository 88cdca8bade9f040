package report

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
	"biornn/stats"
)

// curvesTogether is the largest number of models whose bands can be told apart.
const curvesTogether = 6

// learningCurves draws validation accuracy over epochs, a panel a task; many models
// are spread over several rows of panels.
func (d *Data) learningCurves() figure {
	g := gridOf(len(d.Tasks))
	width := g.width()
	var groups []legend
	var height vg.Length
	for _, models := range d.modelGroups(curvesTogether) {
		l := legend{d: d, models: models}
		groups = append(groups, l)
		height += l.height(width) + vg.Length(g.rows)*54*vg.Millimeter
	}
	return figure{
		name: "learning-curves", title: "Learning curves",
		caption: "Validation accuracy after each epoch. Lines: means over the runs of a model that did not diverge (" + d.runsText() +
			"); bands: 95 % confidence intervals (Student's t over runs). Dotted line: chance; dashed line: ideal observer.",
		width: width, height: height,
		paint: func(c draw.Canvas) error {
			for _, l := range groups {
				l.draw(c)
				c = below(c, l.height(width))
				band := vg.Length(g.rows) * 54 * vg.Millimeter
				row := c
				row.Min.Y = c.Max.Y - band
				for i, t := range d.Tasks {
					p, err := d.curvePlot(t, l.models)
					if err != nil {
						return err
					}
					g.onlyFirst(p, i)
					p.Draw(g.panel(row, i))
				}
				c = below(c, band)
			}
			return nil
		},
	}
}

// modelGroups splits the models into groups of nearly equal size, the last the
// smallest.
func (d *Data) modelGroups(most int) [][]int {
	count := (len(d.Models) + most - 1) / most
	return slices.Collect(slices.Chunk(d.allModels(), (len(d.Models)+count-1)/count))
}

func (d *Data) curvePlot(t Task, models []int) (*plot.Plot, error) {
	p := newPlot(short(t.Title, longTitle), "epoch", "validation accuracy")
	p.Y.Min, p.Y.Max = d.accuracyRange(t), accuracyTop
	p.X.Min, p.X.Max = 1, float64(d.lastEpoch(t))
	p.Y.Tick.Marker, p.X.Tick.Marker = accuracyTicks{}, wholeTicks{}
	if p.X.Max <= p.X.Min {
		p.X.Min, p.X.Max = 0.5, 1.5
	}
	var lines []plot.Plotter // above all bands
	for _, i := range models {
		values, last := d.curvesOf(d.Models[i], t)
		band, line, err := bandAndLine(p, lookOf(i), values, last)
		if err != nil {
			return nil, err
		}
		p.Add(band...)
		lines = append(lines, line...)
	}
	p.Add(lines...)
	addLevel(p, t.Chance, []vg.Length{1, 2})
	addLevel(p, t.Ceiling, []vg.Length{4, 2})
	return p, nil
}

func (d *Data) lastEpoch(t Task) int {
	last := 0
	for _, r := range d.Records {
		if r.Task == t.Name && r.Outcome == analysis.Finished && len(r.Curve) > 0 {
			last = max(last, r.Curve[len(r.Curve)-1].Epoch)
		}
	}
	return last
}

// curvesOf gathers the accuracies of the runs by epoch.
func (d *Data) curvesOf(m Model, t Task) (values map[int][]float64, last int) {
	values = map[int][]float64{}
	for _, r := range d.Records {
		if r.Model != m.Slug || r.Task != t.Name || r.Outcome != analysis.Finished {
			continue
		}
		for _, q := range r.Curve {
			if finite(q.ValAccuracy) {
				values[q.Epoch] = append(values[q.Epoch], q.ValAccuracy)
				last = max(last, q.Epoch)
			}
		}
	}
	return values, last
}

// bandAndLine returns the interval and the mean line of values by epoch.
func bandAndLine(p *plot.Plot, l look, values map[int][]float64, last int) (band, line []plot.Plotter, err error) {
	var mean, low, high plotter.XYs
	for e := 1; e <= last; e++ {
		if len(values[e]) == 0 {
			continue
		}
		s, err := stats.Describe(values[e])
		if err != nil {
			return nil, nil, err
		}
		x := float64(e)
		mean = append(mean, plotter.XY{X: x, Y: s.Mean})
		if iv := s.Interval(0.95); s.N > 1 {
			low = append(low, plotter.XY{X: x, Y: math.Max(iv.Low, p.Y.Min)})
			high = append(high, plotter.XY{X: x, Y: math.Min(iv.High, p.Y.Max)})
		}
	}
	if len(mean) == 0 {
		return nil, nil, nil
	}
	if len(low) > 1 {
		for i := len(low) - 1; i >= 0; i-- {
			high = append(high, low[i])
		}
		area, err := plotter.NewPolygon(high)
		if err != nil {
			return nil, nil, err
		}
		area.Color, area.LineStyle.Width = faded(l.color, 0x30), 0
		band = append(band, area)
	}
	if len(mean) == 1 {
		dots, err := plotter.NewScatter(mean)
		if err != nil {
			return nil, nil, err
		}
		dots.GlyphStyle = l.dot(2)
		return band, []plot.Plotter{dots}, nil
	}
	curve, err := plotter.NewLine(mean)
	if err != nil {
		return nil, nil, err
	}
	curve.LineStyle = l.line(1.1)
	return band, []plot.Plotter{curve}, nil
}

// addLevel draws a horizontal line at an accuracy, none where it is unknown.
func addLevel(p *plot.Plot, y float64, dash []vg.Length) {
	if !finite(y) || y < p.Y.Min || y > p.Y.Max {
		return
	}
	f := plotter.NewFunction(func(float64) float64 { return y })
	f.LineStyle = draw.LineStyle{Color: color.NRGBA{0x66, 0x66, 0x66, 0xff}, Width: thin, Dashes: dash}
	f.Samples = 2
	p.Add(f)
}

// accuracyRange returns the lower end of an accuracy axis: a tenth below the lowest
// value that is drawn.
func (d *Data) accuracyRange(t Task) float64 {
	low := 1.0
	if finite(t.Chance) {
		low = t.Chance
	}
	for _, r := range d.Records {
		if r.Task != t.Name || r.Outcome != analysis.Finished {
			continue
		}
		for _, key := range []string{"train_accuracy", "test_accuracy", "val_accuracy"} {
			if v, ok := r.Values[key]; ok && finite(v) {
				low = math.Min(low, v)
			}
		}
		for _, q := range r.Curve {
			if finite(q.ValAccuracy) {
				low = math.Min(low, q.ValAccuracy)
			}
		}
	}
	return math.Max(0, math.Floor(low*10-0.4)/10)
}
