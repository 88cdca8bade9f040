package report

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
	"biornn/stats"
)

// learningCurves draws validation accuracy over epochs, a panel a task.
func (d *Data) learningCurves() figure {
	columns := 6
	rows := d.legendRows(columns)
	legend := vg.Points(10)*vg.Length(rows) + 6
	height := 58*vg.Millimeter + legend
	return figure{
		name: "learning-curves", title: "Learning curves",
		caption: "Validation accuracy after each epoch. Lines: means over the runs of a model that did not diverge; bands: 95 % confidence intervals (Student's t). Dotted line: chance; dashed line: ideal observer.",
		width:   twoColumn, height: height,
		paint: func(c draw.Canvas) error {
			d.legend(draw.Crop(c, 14, 0, height-legend, 0), columns, false)
			for i, t := range d.Tasks {
				p, err := d.curvePlot(t)
				if err != nil {
					return err
				}
				if i > 0 {
					p.Y.Label.Text = ""
				}
				n := float64(len(d.Tasks))
				p.Draw(draw.Crop(panel(c, float64(i)/n, float64(i+1)/n, 0, 1), 2, -6, 0, -legend))
			}
			return nil
		},
	}
}

func (d *Data) curvePlot(t Task) (*plot.Plot, error) {
	p := newPlot(t.Title, "epoch", "validation accuracy")
	p.Y.Min, p.Y.Max = d.accuracyRange(t), 1.02
	p.X.Min, p.X.Max = 1, 1
	p.Y.Tick.Marker = accuracyTicks{}
	for i, m := range d.Models {
		values := map[int][]float64{}
		last := 0
		for _, r := range d.Records {
			if r.Model == m.Slug && r.Task == t.Name && r.Outcome == analysis.Finished {
				for _, q := range r.Curve {
					values[q.Epoch] = append(values[q.Epoch], q.ValAccuracy)
					last = max(last, q.Epoch)
				}
			}
		}
		p.X.Max = math.Max(p.X.Max, float64(last))
		if err := addBand(p, lookOf(i), bandAlpha(len(d.Models)), values, last); err != nil {
			return nil, err
		}
	}
	if p.X.Max == p.X.Min {
		p.X.Max++
	}
	p.X.Tick.Marker = wholeTicks{}
	addLevel(p, t.Chance, []vg.Length{1, 2})
	addLevel(p, t.Ceiling, []vg.Length{4, 2})
	return p, nil
}

// bandAlpha keeps many bands apart.
func bandAlpha(models int) uint8 {
	if models > 6 {
		return 0x18
	}
	return 0x30
}

// addBand draws the mean line and the interval of values by epoch.
func addBand(p *plot.Plot, l look, alpha uint8, values map[int][]float64, last int) error {
	var line, low, high plotter.XYs
	for e := 1; e <= last; e++ {
		if len(values[e]) == 0 {
			continue
		}
		s, err := stats.Describe(values[e])
		if err != nil {
			return err
		}
		x := float64(e)
		line = append(line, plotter.XY{X: x, Y: s.Mean})
		if iv := s.Interval(0.95); s.N > 1 {
			low = append(low, plotter.XY{X: x, Y: math.Max(iv.Low, p.Y.Min)})
			high = append(high, plotter.XY{X: x, Y: math.Min(iv.High, p.Y.Max)})
		}
	}
	if len(line) == 0 {
		return nil
	}
	if len(low) > 1 {
		for i := len(low) - 1; i >= 0; i-- {
			high = append(high, low[i])
		}
		band, err := plotter.NewPolygon(high)
		if err != nil {
			return err
		}
		band.Color = faded(l.color, alpha)
		band.LineStyle.Width = 0
		p.Add(band)
	}
	mean, err := plotter.NewLine(line)
	if err != nil {
		return err
	}
	mean.LineStyle = l.line(1.1)
	p.Add(mean)
	if len(line) == 1 {
		dots, err := plotter.NewScatter(line)
		if err != nil {
			return err
		}
		dots.GlyphStyle = l.dot(2)
		p.Add(dots)
	}
	return nil
}

// addLevel draws a horizontal line at an accuracy, none where it is unknown.
func addLevel(p *plot.Plot, y float64, dash []vg.Length) {
	if math.IsNaN(y) || y < p.Y.Min {
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
	if !math.IsNaN(t.Chance) {
		low = t.Chance
	}
	for _, r := range d.Records {
		if r.Task != t.Name || r.Outcome != analysis.Finished {
			continue
		}
		for _, key := range []string{"train_accuracy", "test_accuracy", "val_accuracy"} {
			if v, ok := r.Values[key]; ok {
				low = math.Min(low, v)
			}
		}
		for _, q := range r.Curve {
			if !math.IsNaN(q.ValAccuracy) {
				low = math.Min(low, q.ValAccuracy)
			}
		}
	}
	return math.Max(0, math.Floor(low*10-0.4)/10)
}

// accuracyTicks marks every tenth or fifth.
type accuracyTicks struct{}

func (accuracyTicks) Ticks(low, high float64) []plot.Tick {
	step := 0.1
	if high-low > 0.65 {
		step = 0.2
	}
	var out []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= math.Min(high, 1)+1e-9; k++ {
		out = append(out, plot.Tick{Value: k * step, Label: fmt.Sprintf("%.1f", k*step)})
	}
	return out
}

// wholeTicks marks whole numbers, about six of them.
type wholeTicks struct{}

func (wholeTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Max(1, math.Ceil((high-low)/6))
	var out []plot.Tick
	for v := math.Ceil(low); v <= high; v += step {
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
	}
	return out
}
