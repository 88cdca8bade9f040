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
	g := gridOf(len(measures))
	width := g.width()
	l := legend{d, d.allModels(), true}
	return figure{
		name: "published", title: "Published against computed here",
		caption: "Mean of each model and task as published (horizontal) and as computed here (vertical), with 95 % confidence intervals, which may go on beyond the axes; on the dashed line both are equal. Rings and names mark cells that differ (Welch test at 1 %), as far as there is room for names; the table lists all.",
		width:   width, height: vg.Length(g.rows)*58*vg.Millimeter + l.height(width),
		paint: func(c draw.Canvas) error {
			l.draw(c)
			c = below(c, l.height(width))
			for i, m := range measures {
				p := newPlot(short(m, longTitle), "published", "computed here")
				g.onlyFirst(p, i)
				low, high := span(d.comparedMeans(m), 0.12)
				p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = low, high, low, high
				p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks{}, roundTicks{}
				if len(d.comparedMeans(m)) > 0 {
					p.Add(pairs{d, m})
				} else {
					p.Add(remark("no cell has both numbers"))
				}
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
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

// drawable tells whether a cell has both means.
func drawable(c analysis.Comparison) bool { return finite(c.Published) && finite(c.Ours.Mean) }

func (d *Data) comparedMeans(measure string) []float64 {
	var out []float64
	for _, c := range d.Comparisons {
		if c.Measure == measure && drawable(c) {
			out = append(out, c.Published, c.Ours.Mean)
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
	within := func(v float64) float64 { return math.Max(p.X.Min, math.Min(p.X.Max, v)) }
	c.StrokeLine2(draw.LineStyle{Color: soft, Width: thin, Dashes: []vg.Length{2, 2}}, x(p.X.Min), y(p.X.Min), x(p.X.Max), y(p.X.Max))
	names := labels{bounds: c.Rectangle}
	var differing []analysis.Comparison
	for _, m := range q.d.Comparisons {
		if m.Measure != q.measure || !drawable(m) {
			continue
		}
		l := lookOf(max(0, q.d.model(m.Model)))
		at := vg.Point{X: x(m.Published), Y: y(m.Ours.Mean)}
		bar := draw.LineStyle{Color: faded(l.color, 0x90), Width: thin}
		if finite(m.PublishedLow) && finite(m.PublishedHigh) {
			from, to := x(within(m.PublishedLow)), x(within(m.PublishedHigh))
			c.StrokeLine2(bar, from, at.Y, to, at.Y)
			names.avoid(from, at.Y, to, at.Y)
		}
		if finite(m.Ours.Low) && finite(m.Ours.High) {
			from, to := y(within(m.Ours.Low)), y(within(m.Ours.High))
			c.StrokeLine2(bar, at.X, from, at.X, to)
			names.avoid(at.X, from, at.X, to)
		}
		c.DrawGlyph(l.dot(1.8), at)
		names.keepFree(at, 3.5)
		if standing(m) == disagrees {
			c.DrawGlyph(draw.GlyphStyle{Color: ink, Radius: 4, Shape: draw.RingGlyph{}}, at)
			differing = append(differing, m)
		}
	}
	for _, m := range differing {
		name := short(q.d.symbol(m.Model), longSymbol) + ", " + short(q.d.taskTitle(m.Task), longSymbol)
		names.place(c, vg.Point{X: x(m.Published), Y: y(m.Ours.Mean)}, name)
	}
}

// What a comparison says of a cell.
const (
	agrees    = "agrees"
	disagrees = "differs"
	untested  = "not tested"
)

// standing tells whether a cell agrees. One with a published number but none of ours
// differs; one without a test is neither.
func standing(c analysis.Comparison) string {
	switch {
	case finite(c.P) && c.Agree:
		return agrees
	case finite(c.P) || (finite(c.Published) && c.Ours.N == 0):
		return disagrees
	}
	return untested
}

// labels places names beside points where nothing else is.
type labels struct {
	bounds vg.Rectangle
	taken  []vg.Rectangle
	bars   []vg.Rectangle // kept free as long as there is other room
}

func (l *labels) avoid(x0, y0, x1, y1 vg.Length) {
	l.bars = append(l.bars, vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}})
}

func (l *labels) keepFree(at vg.Point, radius vg.Length) {
	l.taken = append(l.taken, vg.Rectangle{Min: vg.Point{X: at.X - radius, Y: at.Y - radius}, Max: vg.Point{X: at.X + radius, Y: at.Y + radius}})
}

// place draws the name at the first free place around a point, or nowhere.
func (l *labels) place(c draw.Canvas, at vg.Point, name string) {
	const size = smallSize - 0.5
	r, ok := l.room(at, widthOf(name, size), append(slices.Clone(l.taken), l.bars...))
	if !ok {
		r, ok = l.room(at, widthOf(name, size), l.taken)
	}
	if !ok {
		return
	}
	l.taken = append(l.taken, r)
	near := vg.Point{X: max(r.Min.X, min(r.Max.X, at.X)), Y: max(r.Min.Y, min(r.Max.Y, at.Y))}
	if math.Hypot(float64(near.X-at.X), float64(near.Y-at.Y)) > 1.5*nearest {
		c.StrokeLine2(draw.LineStyle{Color: soft, Width: 0.3}, at.X, at.Y, near.X, near.Y)
	}
	c.FillText(style(size, 0, -0.5), vg.Point{X: r.Min.X, Y: (r.Min.Y + r.Max.Y) / 2}, name)
}

// nearest is the least distance of a name from its point.
const nearest = 8

// room looks for a place for a name of some width, the nearest first.
func (l *labels) room(at vg.Point, width vg.Length, taken []vg.Rectangle) (vg.Rectangle, bool) {
	const line = 7
	for _, distance := range []vg.Length{nearest, 15, 24, 36, 50} {
		for _, side := range [][2]vg.Length{{1, 0}, {1, 1}, {1, -1}, {-1, 0}, {-1, 1}, {-1, -1}, {0, 1}, {0, -1}} {
			r := vg.Rectangle{Min: vg.Point{X: at.X + side[0]*distance, Y: at.Y + side[1]*distance - line/2}}
			if side[0] < 0 {
				r.Min.X -= width
			} else if side[0] == 0 {
				r.Min.X -= width / 2
			}
			r.Max = vg.Point{X: r.Min.X + width, Y: r.Min.Y + line}
			if l.within(r) && !slices.ContainsFunc(taken, func(t vg.Rectangle) bool { return touch(r, t) }) {
				return r, true
			}
		}
	}
	return vg.Rectangle{}, false
}

func (l *labels) within(r vg.Rectangle) bool {
	return r.Min.X >= l.bounds.Min.X && r.Max.X <= l.bounds.Max.X && r.Min.Y >= l.bounds.Min.Y && r.Max.Y <= l.bounds.Max.Y
}

func touch(a, b vg.Rectangle) bool {
	return a.Min.X <= b.Max.X && b.Min.X <= a.Max.X && a.Min.Y <= b.Max.Y && b.Min.Y <= a.Max.Y
}
