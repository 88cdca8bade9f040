package report

import (
	"cmp"
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/activity"
)

// crossFigure draws the accuracy of decoders trained in one bin and tested in another.
func crossFigure(r *activity.Result) figure {
	g := evenGrid(len(r.Decoding))
	cell := g.width() / vg.Length(g.columns)
	const left, right, head, foot = 22, 8, 14, 18
	box := cell - left - right
	return figure{
		name: "cross-temporal", title: "Decoding across time",
		caption: fmt.Sprintf("%s: accuracy of decoders trained in one bin of time (rows, upwards) and tested in another (columns), cross-validated. Colours run from chance to 1; white lines part the periods (%s).",
			of(r), periodNames(r)),
		width: g.width(), height: vg.Length(g.rows)*(box+head+foot) + 24,
		paint: func(c draw.Canvas) error {
			for i, d := range r.Decoding {
				x, y := c.Min.X+cell*vg.Length(i%g.columns), c.Max.Y-(box+head+foot)*vg.Length(i/g.columns)
				c.FillText(style(labelSize, 0, -1), vg.Point{X: x + left, Y: y - 2}, fmt.Sprintf("%s (%d levels)", short(plain(d.Variable), longTitle), d.Levels))
				crossPanel(c, r, d, vg.Rectangle{Min: vg.Point{X: x + left, Y: y - head - box}, Max: vg.Point{X: x + left + box, Y: y - head}})
			}
			chanceBar(c, vg.Rectangle{Min: vg.Point{X: c.Min.X + left, Y: c.Min.Y + 12}, Max: vg.Point{X: c.Min.X + left + 70, Y: c.Min.Y + 18}})
			return nil
		},
	}
}

func periodNames(r *activity.Result) string {
	text := ""
	for i, p := range r.Periods {
		if i > 0 {
			text += ", "
		}
		text += p.Name
	}
	return text
}

func crossPanel(c draw.Canvas, r *activity.Result, d activity.Decoding, box vg.Rectangle) {
	n := len(d.Bins)
	chance := 1 / float64(d.Levels)
	c.DrawImage(box, blocks(n, func(row, column int) uint8 {
		return shade((d.Cross[n-1-row][column] - chance) / (1 - chance))
	}))
	wide, high := box.Max.X-box.Min.X, box.Max.Y-box.Min.Y
	k := clockOf(r)
	for _, p := range r.Periods[1:] {
		at := slices.IndexFunc(d.Bins, func(b activity.Bin) bool { return b.Start >= p.Start })
		if at < 0 {
			continue
		}
		x, y := box.Min.X+wide*vg.Length(at)/vg.Length(n), box.Min.Y+high*vg.Length(at)/vg.Length(n)
		line := draw.LineStyle{Color: faded(grey(0xff), 0xd0), Width: 0.6}
		c.StrokeLine2(line, x, box.Min.Y, x, box.Max.Y)
		c.StrokeLine2(line, box.Min.X, y, box.Max.X, y)
	}
	frame := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLines(frame, []vg.Point{box.Min, {X: box.Max.X, Y: box.Min.Y}, box.Max, {X: box.Min.X, Y: box.Max.Y}, box.Min})
	c.FillText(style(smallSize, -0.5, -1), vg.Point{X: (box.Min.X + box.Max.X) / 2, Y: box.Min.Y - 3}, "tested: "+k.name)
	c.FillText(style(smallSize, 0, -1), vg.Point{X: box.Min.X, Y: box.Min.Y - 3}, "0")
	c.FillText(style(smallSize, -1, -1), vg.Point{X: box.Max.X, Y: box.Min.Y - 3}, fmt.Sprintf("%.3g", k.end))
	upright := style(smallSize, -0.5, 0.3)
	upright.Rotation = math.Pi / 2
	c.FillText(upright, vg.Point{X: box.Min.X - 6, Y: (box.Min.Y + box.Max.Y) / 2}, "trained")
}

func chanceBar(c draw.Canvas, r vg.Rectangle) {
	c.DrawImage(r, stripes())
	c.FillText(style(smallSize, 0, -1), vg.Point{X: r.Min.X, Y: r.Min.Y - 2}, "chance")
	c.FillText(style(smallSize, -1, -1), vg.Point{X: r.Max.X, Y: r.Min.Y - 2}, "1")
	c.FillText(style(smallSize, 0, -0.4), vg.Point{X: r.Max.X + 8, Y: (r.Min.Y + r.Max.Y) / 2}, "accuracy")
}

// dimensionsFigure draws the share of variance that the first components hold.
func dimensionsFigure(r *activity.Result) figure {
	k := keys{names: []string{
		fmt.Sprintf("all states, dimensionality %.1f", r.All.Participation),
		fmt.Sprintf("means of conditions, dimensionality %.1f", r.Driven.Participation),
	}, looks: []look{{palette[6], glyphs[0], nil}, {palette[0], glyphs[0], nil}}}
	return figure{
		name: "dimensions", title: "Dimensions of activity",
		caption: of(r) + ": share of variance held by the first principal components, of all recorded states and of the mean states of every condition over time. Dimensionality: participation ratio; dotted line: 90 %.",
		width:   oneColumn, height: 56*vg.Millimeter + k.height(oneColumn),
		paint: func(c draw.Canvas) error {
			k.draw(c)
			p := newPlot("", "principal components", "share of variance held")
			p.Y.Min, p.Y.Max = 0, 1.02
			p.Y.Tick.Marker = accuracyTicks{}
			p.X.Min, p.X.Max = 1, float64(max(shownComponents(r.All), shownComponents(r.Driven)))
			p.X.Tick.Marker = wholeTicks{}
			addLevel(p, 0.9, []vg.Length{1, 2})
			for i, d := range []activity.Dimensions{r.All, r.Driven} {
				var x, y []float64
				held := 0.0
				for j, v := range d.Spectrum {
					held += v
					if float64(j+1) <= p.X.Max {
						x, y = append(x, float64(j+1)), append(y, held)
					}
				}
				if err := addLine(p, x, y, k.looks[i].line(2.6-1.6*vg.Length(i))); err != nil {
					return err
				}
				if err := addDots(p, x, y, k.looks[i].dot(2.4-1*vg.Length(i))); err != nil {
					return err
				}
			}
			p.Draw(grid{1, 1}.panel(below(c, k.height(oneColumn)), 0))
			return nil
		},
	}
}

// shownComponents is how many components a drawing needs: those that hold 99 %.
func shownComponents(d activity.Dimensions) int {
	held := 0.0
	for i, v := range d.Spectrum {
		if held += v; held >= 0.99 {
			return max(i+2, 8)
		}
	}
	return max(len(d.Spectrum), 2)
}

func addDots(p *plot.Plot, x, y []float64, s draw.GlyphStyle) error {
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	if len(points) == 0 {
		return nil
	}
	dots, err := plotter.NewScatter(points)
	if err != nil {
		return err
	}
	dots.GlyphStyle = s
	p.Add(dots)
	return nil
}

// mostSpectra is the number of points whose eigenvalues can be told apart.
const mostSpectra = 4

// shownPoints returns points with eigenvalues: stable fixed points, other fixed points, slow
// ones; one an input as long as there are others.
func shownPoints(r *activity.Result) []activity.Point {
	all := slices.Clone(r.FixedPoints.Points)
	all = slices.DeleteFunc(all, func(p activity.Point) bool { return p.Far || p.Eigenvalues == nil })
	slices.SortStableFunc(all, func(a, b activity.Point) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(min(a.Unstable, 1), min(b.Unstable, 1)))
	})
	var first, rest []activity.Point
	seen := map[string]bool{}
	for _, p := range all {
		if seen[p.Input] {
			rest = append(rest, p)
			continue
		}
		seen[p.Input] = true
		first = append(first, p)
	}
	all = append(first, rest...)
	return all[:min(len(all), mostSpectra)]
}

func eigenvaluesFigure(r *activity.Result) figure {
	points := shownPoints(r)
	k := keys{dots: true}
	for i, p := range points {
		k.names, k.looks = append(k.names, fmt.Sprintf("%s: %s", p.Kind, plain(p.Input))), append(k.looks, lookOf(i))
	}
	return figure{
		name: "eigenvalues", title: "Linearised dynamics",
		caption: of(r) + ": eigenvalues λ of the Jacobian at fixed and slow points under constant inputs, by period and condition. Inside the unit circle deviations decay, with the time constant −1/ln|λ| steps; outside they grow. Right: time constants of the ten largest |λ| that decay.",
		width:   twoColumn, height: 70*vg.Millimeter + k.height(twoColumn),
		paint: func(c draw.Canvas) error {
			k.draw(c)
			c = below(c, k.height(twoColumn))
			left, err := planePlot(points)
			if err != nil {
				return err
			}
			right, err := tauPlot(points)
			if err != nil {
				return err
			}
			g := grid{2, 1}
			square := g.panel(c, 0)
			square.Max.X = square.Min.X + min(square.Max.X-square.Min.X, square.Max.Y-square.Min.Y)
			sameScale(left, square)
			left.Draw(square)
			right.Draw(g.panel(c, 1))
			return nil
		},
	}
}

func planePlot(points []activity.Point) (*plot.Plot, error) {
	p := newPlot("", "real part of λ", "imaginary part of λ")
	reach := 1.0
	for _, q := range points {
		for _, v := range q.Eigenvalues {
			reach = math.Max(reach, cmplx.Abs(v))
		}
	}
	reach *= 1.08
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = -reach, reach, -reach, reach
	p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks{}, roundTicks{}
	var x, y []float64
	for a := range 181 {
		s, co := math.Sincos(float64(a) * math.Pi / 90)
		x, y = append(x, co), append(y, s)
	}
	if err := addLine(p, x, y, draw.LineStyle{Color: soft, Width: thin}); err != nil {
		return nil, err
	}
	for i := len(points) - 1; i >= 0; i-- { // the first on top
		x, y = nil, nil
		for _, v := range points[i].Eigenvalues {
			if v != 0 {
				x, y = append(x, real(v)), append(y, imag(v))
			}
		}
		s := lookOf(i).dot(1.5)
		s.Color = faded(lookOf(i).color, 0xc8)
		if err := addDots(p, x, y, s); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// sameScale widens the horizontal range until a unit is as long as on the vertical axis.
func sameScale(p *plot.Plot, c draw.Canvas) {
	inner := p.DataCanvas(c)
	wide, high := float64(inner.Max.X-inner.Min.X), float64(inner.Max.Y-inner.Min.Y)
	middle, half := (p.X.Min+p.X.Max)/2, (p.Y.Max-p.Y.Min)/2*wide/high
	if half < (p.X.Max-p.X.Min)/2 {
		f := (p.X.Max - p.X.Min) / 2 / half // then the vertical one is widened
		at, reach := (p.Y.Min+p.Y.Max)/2, (p.Y.Max-p.Y.Min)/2*f
		p.Y.Min, p.Y.Max = at-reach, at+reach
		return
	}
	p.X.Min, p.X.Max = middle-half, middle+half
}

// mostTau is the number of time constants that are drawn of each point.
const mostTau = 10

func tauPlot(points []activity.Point) (*plot.Plot, error) {
	p := newPlot("", "rank of |λ| below 1", "time constant (steps)")
	p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, decades{}
	p.Y.Tick.Label.Handler = exponents{plot.DefaultTextHandler}
	p.X.Min, p.X.Max = 0.5, mostTau+0.5
	p.X.Tick.Marker = wholeTicks{}
	low, high := math.Inf(1), math.Inf(-1)
	for i, q := range points {
		var x, y []float64
		for _, v := range q.Eigenvalues {
			if tau := activity.TimeConstant(v); cmplx.Abs(v) < 1-1e-6 && tau > 0 && len(x) < mostTau {
				x, y = append(x, float64(len(x)+1)), append(y, tau)
				low, high = math.Min(low, tau), math.Max(high, tau)
			}
		}
		if err := addLine(p, x, y, lookOf(i).line(0.8)); err != nil {
			return nil, err
		}
		if err := addDots(p, x, y, lookOf(i).dot(2)); err != nil {
			return nil, err
		}
	}
	if low > high {
		low, high = 0.1, 10
		p.Add(remark("no direction decays"))
	}
	p.Y.Min, p.Y.Max = math.Pow(10, math.Floor(math.Log10(low*0.999))), math.Pow(10, math.Ceil(math.Log10(high*1.001)))
	return p, nil
}

func lesionsFigure(r *activity.Result) figure {
	var k keys
	for i, c := range r.Lesions.Curves {
		k.names, k.looks = append(k.names, c.Name), append(k.looks, lesionLook(i, len(r.Lesions.Curves)))
	}
	return figure{
		name: "lesions", title: "Lesions",
		caption: fmt.Sprintf("%s: accuracy on %d test trials without noise after removal of units, each time from the intact network. Left: growing shares, the strongest, the most participating or the most central first, or at random (mean of %d orders; band: least to largest). Right: each module of |W| as a whole (dots) and as many random units (bars: least to largest, tick: mean). Dotted line: guessing.",
			of(r), min(r.Config.LesionTrials, r.Config.Trials), r.Config.Draws),
		width: twoColumn, height: 60*vg.Millimeter + k.height(twoColumn),
		paint: func(c draw.Canvas) error {
			k.draw(c)
			c = below(c, k.height(twoColumn))
			p := newPlot("", "share of units removed", "accuracy")
			if err := addCurves(p, r.Lesions.Curves, k.looks, r.Guessing); err != nil {
				return err
			}
			g := grid{2, 1}
			p.Draw(g.panel(c, 0))
			modules, err := modulesPlot(r)
			if err != nil {
				return err
			}
			modules.Draw(g.panel(c, 1))
			return nil
		},
	}
}

// lesionLook keeps grey for the last curve, that of random removal.
func lesionLook(i, curves int) look {
	if i == curves-1 {
		return look{color: grey(0x77), glyph: glyphs[0], dash: nil}
	}
	return lookOf(i)
}

// addCurves adds accuracies against doses with bands from the least to the largest.
func addCurves(p *plot.Plot, curves []activity.Curve, looks []look, guessing float64) error {
	p.Y.Min, p.Y.Max = 0, accuracyTop
	p.Y.Tick.Marker, p.X.Tick.Marker = accuracyTicks{}, roundTicks{}
	p.X.Min, p.X.Max = span(curves[0].X, 0)
	addLevel(p, guessing, []vg.Length{1, 2})
	for i, c := range curves {
		if c.Draws > 1 {
			var outline plotter.XYs
			for j, x := range c.X {
				outline = append(outline, plotter.XY{X: x, Y: c.High[j]})
			}
			for j := len(c.X) - 1; j >= 0; j-- {
				outline = append(outline, plotter.XY{X: c.X[j], Y: c.Low[j]})
			}
			band, err := plotter.NewPolygon(outline)
			if err != nil {
				return err
			}
			band.Color, band.LineStyle.Width = faded(looks[i].color, 0x30), 0
			p.Add(band)
		}
	}
	for i, c := range curves {
		if err := addLine(p, c.X, c.Accuracy, looks[i].line(1.2)); err != nil {
			return err
		}
		if err := addDots(p, c.X, c.Accuracy, looks[i].dot(1.7)); err != nil {
			return err
		}
	}
	return nil
}

func modulesPlot(r *activity.Result) (*plot.Plot, error) {
	p := newPlot("", "module of |W|, the largest first", "accuracy without the module")
	p.Y.Min, p.Y.Max = 0, accuracyTop
	p.Y.Tick.Marker, p.X.Tick.Marker = accuracyTicks{}, wholeTicks{}
	p.X.Min, p.X.Max = 0.5, float64(len(r.Lesions.Modules))+0.5
	addLevel(p, r.Guessing, []vg.Length{1, 2})
	var x, y []float64
	for i, m := range r.Lesions.Modules {
		at := float64(i + 1)
		x, y = append(x, at), append(y, m.Accuracy)
		bar := draw.LineStyle{Color: faded(grey(0x77), 0x90), Width: 4}
		if err := addLine(p, []float64{at, at}, []float64{m.Low, math.Max(m.High, m.Low+0.005)}, bar); err != nil {
			return nil, err
		}
		tick := draw.LineStyle{Color: grey(0x44), Width: 1}
		if err := addLine(p, []float64{at - 0.12, at + 0.12}, []float64{m.Random, m.Random}, tick); err != nil {
			return nil, err
		}
	}
	return p, addDots(p, x, y, lookOf(1).dot(2.3))
}

// disturbancesFigure draws a panel for noise, one for bits and one for pruned weights.
func disturbancesFigure(r *activity.Result) figure {
	panels := []disturbed{{x: "noise (standard deviations)"}, {x: "bits of a weight"}, {x: "share of weights removed"}}
	for i, c := range r.Disturbed {
		at := 2
		switch {
		case c.X[0] > c.X[len(c.X)-1]:
			at = 1
		case c.X[len(c.X)-1] > 1:
			at = 0
		}
		panels[at].curves, panels[at].looks = append(panels[at].curves, c), append(panels[at].looks, lookOf(i))
	}
	var k keys
	for i, c := range r.Disturbed {
		k.names, k.looks = append(k.names, c.Name), append(k.looks, lookOf(i))
	}
	g := grid{3, 1}
	return figure{
		name: "disturbances", title: "Disturbances",
		caption: fmt.Sprintf("%s: accuracy on %d test trials with noise on states, inputs or recurrent weights (over their own standard deviations), with recurrent weights of few bits, and with recurrent weights between different neurons removed. Lines: means of %d draws where there is chance; bands: least to largest. Dotted line: guessing.",
			of(r), min(r.Config.LesionTrials, r.Config.Trials), r.Config.Draws),
		width: g.width(), height: 54*vg.Millimeter + k.height(g.width()),
		paint: func(c draw.Canvas) error {
			k.draw(c)
			c = below(c, k.height(g.width()))
			for i, d := range panels {
				p := newPlot("", d.x, "accuracy")
				if len(d.curves) > 0 {
					if err := addCurves(p, d.curves, d.looks, r.Guessing); err != nil {
						return err
					}
				}
				g.onlyFirst(p, i)
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
}

// disturbed is one panel of disturbances.
type disturbed struct {
	x      string
	curves []activity.Curve
	looks  []look
}
