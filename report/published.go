package report

import (
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// comparison draws published against ours, a panel a measure.
func (d *Data) comparison() figure {
	measures := d.comparedMeasures()
	columns := min(len(measures), 3)
	rows := (len(measures) + columns - 1) / columns
	legendColumns := 6
	legend := vg.Points(10)*vg.Length(d.legendRows(legendColumns)) + 6
	width := vg.Length(columns) * twoColumn / 3
	height := vg.Length(rows)*58*vg.Millimeter + legend
	if columns < 3 {
		legendColumns = 3
	}
	return figure{
		name: "published", title: "Published against computed here",
		caption: "Mean of each model and task as published (horizontal) and as computed here (vertical), with 95 % confidence intervals; on the line both are equal. Rings mark cells that differ (Welch test at 1 %).",
		width:   width, height: height,
		paint: func(c draw.Canvas) error {
			d.legend(draw.Crop(c, 14, 0, height-legend, 0), legendColumns, true)
			for i, m := range measures {
				p := newPlot(m, "published", "computed here")
				if i%columns > 0 {
					p.Y.Label.Text = ""
				}
				var values []float64
				for _, q := range d.Comparisons {
					if q.Measure == m {
						values = append(values, q.Published, q.Ours.Mean, q.PublishedLow, q.PublishedHigh, q.Ours.Low, q.Ours.High)
					}
				}
				low, high := span(values, 0.05)
				p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = low, high, low, high
				p.X.Tick.Marker, p.Y.Tick.Marker = fewTicks{}, fewTicks{}
				p.Add(pairs{d, m})
				n, h := float64(columns), float64(height-legend)/float64(rows)
				top := float64(legend) + h*float64(i/columns)
				p.Draw(draw.Crop(c, width*vg.Length(float64(i%columns)/n)+2, -width*vg.Length(1-float64(i%columns+1)/n)-8,
					height-vg.Length(top+h)+2, -vg.Length(top)))
			}
			return nil
		},
	}
}

// fewTicks marks about four round numbers.
type fewTicks struct{}

// Ticks implements plot.Ticker.
func (fewTicks) Ticks(low, high float64) []plot.Tick {
	all := plot.DefaultTicks{}.Ticks(low, high)
	return slices.DeleteFunc(all, func(t plot.Tick) bool { return t.Label == "" })
}

func (d *Data) comparedMeasures() []string {
	var out []string
	for _, c := range d.Comparisons {
		if !slices.Contains(out, c.Measure) {
			out = append(out, c.Measure)
		}
	}
	return out
}

// pairs draws the cells of one measure.
type pairs struct {
	d       *Data
	measure string
}

// Plot implements plot.Plotter.
func (q pairs) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	c.StrokeLine2(draw.LineStyle{Color: soft, Width: thin, Dashes: []vg.Length{2, 2}}, x(p.X.Min), y(p.X.Min), x(p.X.Max), y(p.X.Max))
	for _, m := range q.d.Comparisons {
		if m.Measure != q.measure || math.IsNaN(m.Published) || math.IsNaN(m.Ours.Mean) {
			continue
		}
		l := lookOf(max(0, q.d.model(m.Model)))
		at := vg.Point{X: x(m.Published), Y: y(m.Ours.Mean)}
		bar := draw.LineStyle{Color: faded(l.color, 0x90), Width: thin}
		if !math.IsNaN(m.PublishedLow) {
			c.StrokeLine2(bar, x(m.PublishedLow), at.Y, x(m.PublishedHigh), at.Y)
		}
		if !math.IsNaN(m.Ours.Low) {
			c.StrokeLine2(bar, at.X, y(m.Ours.Low), at.X, y(m.Ours.High))
		}
		c.DrawGlyph(l.dot(1.8), at)
		if differs(m) {
			c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 4.5, Shape: draw.RingGlyph{}}, at)
		}
	}
}

// differs tells whether a cell was tested and disagrees.
func differs(c analysis.Comparison) bool { return !c.Agree && !math.IsNaN(c.Published) }
