package report

import (
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/activity"
	"biornn/internal/durable"
)

// WriteFunction draws what the units of a network do into a folder, NAME.svg and .png:
// selectivity, decoding, cross-temporal, dimensions, eigenvalues, lesions and disturbances,
// as far as the result has them.
func WriteFunction(dir string, r *activity.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range functionFigures(r) {
		svg, err := f.svg()
		if err != nil {
			return err
		}
		png, err := f.png()
		if err != nil {
			return err
		}
		for ext, data := range map[string][]byte{".svg": svg, ".png": png} {
			if err := durable.WriteFile(filepath.Join(dir, f.name+ext), data); err != nil {
				return fmt.Errorf("report: %w", err)
			}
		}
	}
	return nil
}

// functionFigures lists what a result allows to draw.
func functionFigures(r *activity.Result) []figure {
	var out []figure
	if len(r.Selectivity.Effects) > 0 {
		out = append(out, selectivityFigure(r))
	}
	if len(r.Decoding) > 0 {
		out = append(out, decodingFigure(r), crossFigure(r))
	}
	if len(r.All.Spectrum) > 0 {
		out = append(out, dimensionsFigure(r))
	}
	if len(shownPoints(r)) > 0 {
		out = append(out, eigenvaluesFigure(r))
	}
	if len(r.Lesions.Curves) > 0 {
		out = append(out, lesionsFigure(r))
	}
	if len(r.Disturbed) > 0 {
		out = append(out, disturbancesFigure(r))
	}
	return out
}

// of says which network a figure is about.
func of(r *activity.Result) string {
	return fmt.Sprintf("One network of %d units (%s on %s, seed %d)", r.Neurons, r.Model, r.Task, r.Seed)
}

// keys is a legend of lines with names, in rows.
type keys struct {
	names []string
	looks []look
	dots  bool // glyphs on the lines
}

func (k keys) layout(width vg.Length) (columns int, cell vg.Length) {
	for _, n := range k.names {
		cell = max(cell, widthOf(n, labelSize)+36)
	}
	return max(1, min(len(k.names), int((width-14)/cell))), cell
}

func (k keys) height(width vg.Length) vg.Length {
	columns, _ := k.layout(width)
	return legendRow*vg.Length((len(k.names)+columns-1)/columns) + 6
}

func (k keys) draw(c draw.Canvas) {
	columns, cell := k.layout(c.Max.X - c.Min.X)
	for i, name := range k.names {
		x, y := c.Min.X+14+cell*vg.Length(i%columns), c.Max.Y-6-legendRow*vg.Length(i/columns)
		if k.dots {
			c.DrawGlyph(k.looks[i].dot(2), vg.Point{X: x + 10, Y: y})
		} else {
			c.StrokeLine2(k.looks[i].line(1.2), x, y, x+20, y)
		}
		c.FillText(style(labelSize, 0, -0.35), vg.Point{X: x + 25, Y: y}, name)
	}
}

// evenGrid is gridOf, but lays four panels out as a square.
func evenGrid(panels int) grid {
	if panels == 4 {
		return grid{2, 2}
	}
	return gridOf(panels)
}

// solid is the i-th look without dashes.
func solid(i int) look {
	l := lookOf(i)
	l.dash = nil
	return l
}

// clock is the axis of time of a trial: ms where steps have a duration, else steps.
type clock struct {
	unit float64
	name string
	end  float64
}

func clockOf(r *activity.Result) clock {
	if r.StepMS > 0 {
		return clock{r.StepMS / 1000, "time in the trial (s)", float64(r.Steps) * r.StepMS / 1000}
	}
	return clock{1, "step", float64(r.Steps)}
}

// at returns the middle of a bin.
func (k clock) at(b activity.Bin) float64 { return float64(b.Start+b.End) / 2 * k.unit }

// periodLines marks where periods begin and writes their names above the panel.
type periodLines struct{ *activity.Result }

// Plot implements plot.Plotter.
func (l periodLines) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	right := c.Min.X // of the last name
	unit := clockOf(l.Result).unit
	for i, period := range l.Periods {
		from, to := x(float64(period.Start)*unit), x(float64(period.End)*unit)
		if i > 0 {
			c.StrokeLine2(draw.LineStyle{Color: grey(0xb0), Width: thin}, from, c.Min.Y, from, c.Max.Y)
		}
		half := widthOf(period.Name, smallSize) / 2
		middle := (from + to) / 2
		if middle+half > c.Max.X {
			middle = c.Max.X - half
		}
		if i == 0 || middle-half > right+2 {
			c.FillText(style(smallSize, -0.5, 0), vg.Point{X: max(middle, c.Min.X+half), Y: c.Max.Y + 2}, period.Name)
			right = max(middle, c.Min.X+half) + half
		}
	}
}

// timePlot is an empty panel over the time of a trial; its title leaves room for the
// names of periods.
func timePlot(r *activity.Result, title, y string) *plot.Plot {
	k := clockOf(r)
	p := newPlot(title, k.name, y)
	p.Title.Padding = 11
	p.X.Min, p.X.Max = 0, k.end
	p.X.Tick.Marker = roundTicks{}
	p.Add(periodLines{r})
	return p
}

// plain turns a key into words.
func plain(s string) string {
	out := []rune(s)
	for i, c := range out {
		if c == '_' {
			out[i] = ' '
		}
	}
	return string(out)
}

func selectivityFigure(r *activity.Result) figure {
	s := r.Selectivity
	var k keys
	for i, e := range s.Effects {
		k.names, k.looks = append(k.names, plain(e)), append(k.looks, lookOf(i))
	}
	return figure{
		name: "selectivity", title: "Selective units over time",
		caption: fmt.Sprintf("%s: share of units selective for each factor of the task and for their interaction (type II analysis of variance on %d trials with input noise %g; P < %g after Holm and at least %g of the variance, ω²).",
			of(r), r.Config.Trials, r.Config.Noise, r.Config.Alpha, r.Config.Effect),
		width: oneColumn, height: 60*vg.Millimeter + k.height(oneColumn),
		paint: func(c draw.Canvas) error {
			k.draw(c)
			p := timePlot(r, "", "share of selective units")
			p.Y.Min, p.Y.Max = 0, 1.02
			p.Y.Tick.Marker = accuracyTicks{}
			for i := range s.Effects {
				var x []float64
				for _, b := range s.Bins {
					x = append(x, clockOf(r).at(b))
				}
				if err := addLine(p, x, s.Selective(i), lookOf(i).line(1.2)); err != nil {
					return err
				}
			}
			c = below(c, k.height(oneColumn))
			c.Max.Y -= 9 // room for the names of periods
			p.Draw(grid{1, 1}.panel(c, 0))
			return nil
		},
	}
}

func decodingFigure(r *activity.Result) figure {
	g := evenGrid(len(r.Decoding))
	return figure{
		name: "decoding", title: "Decoding over time",
		caption: fmt.Sprintf("%s: accuracy of linear decoders of each variable, cross-validated over %d folds of %d trials with input noise %g, levels weighing equally. Band: 95 %% of %d decoders of shuffled labels; dotted line: chance.",
			of(r), r.Config.Folds, r.Config.Trials, r.Config.Noise, r.Config.Shuffles),
		width: g.width(), height: vg.Length(g.rows) * 54 * vg.Millimeter,
		paint: func(c draw.Canvas) error {
			for i, d := range r.Decoding {
				p, err := decodingPlot(r, d)
				if err != nil {
					return err
				}
				g.onlyFirst(p, i)
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
}

func decodingPlot(r *activity.Result, d activity.Decoding) (*plot.Plot, error) {
	p := timePlot(r, fmt.Sprintf("%s (%d levels)", short(plain(d.Variable), longTitle), d.Levels), "decoding accuracy")
	p.Y.Min, p.Y.Max = 0, accuracyTop
	p.Y.Tick.Marker = accuracyTicks{}
	var x []float64
	var outline plotter.XYs
	for b, bin := range d.Bins {
		x = append(x, clockOf(r).at(bin))
		outline = append(outline, plotter.XY{X: x[b], Y: d.NullHigh[b]})
	}
	for b := len(x) - 1; b >= 0; b-- {
		outline = append(outline, plotter.XY{X: x[b], Y: d.NullLow[b]})
	}
	if len(x) > 1 {
		band, err := plotter.NewPolygon(outline)
		if err != nil {
			return nil, err
		}
		band.Color, band.LineStyle.Width = faded(soft, 0x60), 0
		p.Add(band)
	}
	addLevel(p, 1/float64(d.Levels), []vg.Length{1, 2})
	return p, addLine(p, x, d.Accuracy, solid(1).line(1.3))
}
