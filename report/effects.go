package report

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// Sizes of the figure of effects, in points.
const (
	effectLine    = 6.5                // one task of a contrast
	effectName    = 10                 // the name of a contrast
	effectGap     = 4                  // between contrasts
	effectHeading = 13                 // of a claim
	effectScale   = 30                 // below the rows of a measure
	effectText    = 78 * vg.Millimeter // names of contrasts
	effectMargin  = 5 * vg.Millimeter  // right of the axis
	bold          = xfont.WeightBold
	effectClip    = 1.6 // an axis ends at so many times the greatest |difference|
	effectNames   = 64  // longest name, in letters
)

// contrastRow is one contrast of a claim on all tasks.
type contrastRow struct {
	heading string // above the first of several that belong together
	bold    bool
	name    string
	effects []analysis.Effect
}

// height is that of its lines, or of its name where that is more.
func (r contrastRow) height() vg.Length {
	return max(effectLine*vg.Length(len(r.effects)), effectName)
}

// effectPanel holds the contrasts in one measure.
type effectPanel struct {
	measure string
	rows    []contrastRow
}

// effectPanels sorts the effects of the verdicts by measure.
func (d *Data) effectPanels() []effectPanel {
	var out []effectPanel
	for _, v := range d.Verdicts {
		var rows []contrastRow
		for _, e := range v.Effects {
			if e.N == 0 {
				continue
			}
			name := d.symbolOrName(e.Model) + " − " + d.symbolOrName(e.Rival)
			k := slices.IndexFunc(rows, func(r contrastRow) bool { return r.name == name })
			if k < 0 {
				rows = append(rows, contrastRow{bold: e.Role == "claim", name: name})
				k = len(rows) - 1
				if k == 0 {
					rows[k].heading = v.ID + " " + v.Verdict
				}
			}
			rows[k].effects = append(rows[k].effects, e)
		}
		if len(rows) == 0 {
			continue
		}
		measure := rows[0].effects[0].Measure
		i := slices.IndexFunc(out, func(p effectPanel) bool { return p.measure == measure })
		if i < 0 {
			out = append(out, effectPanel{measure: measure})
			i = len(out) - 1
		}
		out[i].rows = append(out[i].rows, rows...)
	}
	return out
}

func (d *Data) symbolOrName(slug string) string {
	if slug == "" {
		return "constant"
	}
	return d.symbol(slug)
}

func (p effectPanel) height() vg.Length {
	h := vg.Length(effectScale)
	for _, r := range p.rows {
		if r.heading != "" {
			h += effectHeading
		}
		h += r.height() + effectGap
	}
	return h
}

// limits returns the ends of the axis, around 0 and the smallest relevant effect. Long
// intervals are cut off, so that they do not press all others together.
func (p effectPanel) limits() (low, high float64) {
	var values []float64
	most := 0.0
	for _, r := range p.rows {
		for _, e := range r.effects {
			most = math.Max(most, math.Abs(float64(e.Mean)))
		}
	}
	for _, r := range p.rows {
		for _, e := range r.effects {
			for _, v := range []float64{float64(e.Low), float64(e.High), float64(e.Least), -float64(e.Least)} {
				if finite(v) {
					values = append(values, math.Max(-effectClip*most, math.Min(effectClip*most, v)))
				}
			}
		}
	}
	return span(append(values, 0), 0.03)
}

// effects draws the differences that decide the claims.
func (d *Data) effects() figure {
	return d.forest("effects", "What decides each claim",
		"Differences between models at equal seeds and data with 95 % confidence intervals (Student's t; an arrow: it goes on beyond the axis), a row a contrast, a line a task. Bold: the contrast that the claim states; below it: the advantage over each control that could explain it, which must remain. Full: significantly different from 0 (Holm over the claim, 5 %); open: not. Grey: smaller than the smallest relevant effect.",
		d.effectPanels())
}

// attributionPanels makes rows of the effects of constraints and their interactions.
func (d *Data) attributionPanels() []effectPanel {
	var out []effectPanel
	for _, a := range d.Attribution {
		i := slices.IndexFunc(out, func(p effectPanel) bool { return p.measure == a.Measure })
		if i < 0 {
			out = append(out, effectPanel{measure: a.Measure, rows: make([]contrastRow, len(a.Effects))})
			i = len(out) - 1
		}
		for k, e := range a.Effects {
			r := &out[i].rows[k]
			r.name, r.bold = e.Name, k < 3 && !strings.Contains(e.Name, "×")
			r.effects = append(r.effects, analysis.Effect{Task: a.Task, Measure: a.Measure, N: a.Seeds, Mean: e.Mean, Low: e.Low, High: e.High, P: e.Holm})
		}
	}
	return out
}

// attribution draws what each constraint is worth.
func (d *Data) attribution() figure {
	return d.forest("attribution", "What each constraint is worth",
		"Main effects (bold) and interactions of the three constraints over the eight models that combine them, within seeds, with 95 % confidence intervals (Student's t), a line a task. A main effect is the mean over the four models with the constraint minus that over the four without. Full: significantly different from 0 (Holm over the seven effects of a task, 5 %); open: not.",
		d.attributionPanels())
}

// forest draws rows of intervals, a panel a measure.
func (d *Data) forest(name, title, caption string, panels []effectPanel) figure {
	l := taskLegend{d}
	height := l.height(twoColumn)
	for _, p := range panels {
		height += p.height()
	}
	return figure{
		name: name, title: title, caption: caption, width: twoColumn, height: height,
		paint: func(c draw.Canvas) error {
			l.draw(c)
			c = below(c, l.height(twoColumn))
			for _, p := range panels {
				d.drawEffects(c, p)
				c = below(c, p.height())
			}
			return nil
		},
	}
}

func (d *Data) drawEffects(c draw.Canvas, p effectPanel) {
	low, high := p.limits()
	left, right := c.Min.X+effectText, c.Max.X-effectMargin
	x := func(v float64) vg.Length { return left + (right-left)*vg.Length((v-low)/(high-low)) }
	top, bottom := c.Max.Y-2, c.Max.Y-p.height()+effectScale
	least := float64(p.rows[0].effects[0].Least)
	if least > 0 {
		c.FillPolygon(grey(0xee), []vg.Point{{X: x(math.Max(low, -least)), Y: bottom}, {X: x(math.Min(high, least)), Y: bottom}, {X: x(math.Min(high, least)), Y: top}, {X: x(math.Max(low, -least)), Y: top}})
	}
	c.StrokeLine2(draw.LineStyle{Color: soft, Width: thin}, x(0), bottom, x(0), top)
	y := c.Max.Y
	for _, r := range p.rows {
		if r.heading != "" {
			text := style(labelSize, 0, -0.5)
			text.Font.Weight = bold
			c.FillText(text, vg.Point{X: c.Min.X + 2, Y: y - effectHeading/2 - 1}, r.heading)
			y -= effectHeading
		}
		h := r.height()
		text := style(smallSize, 0, -0.5)
		name := r.name
		if r.bold {
			text.Font.Weight = bold
		}
		c.FillText(text, vg.Point{X: c.Min.X + 6, Y: y - h/2}, fitting(name, smallSize, effectText-10))
		at := y - (h-effectLine*vg.Length(len(r.effects)))/2
		for _, e := range r.effects {
			at -= effectLine
			drawEffect(c, e, d.task(e.Task), x, at+effectLine/2, low, high)
		}
		y -= h + effectGap
	}
	drawScale(c, x, low, high, bottom, analysis.NameOf(p.measure)+": difference")
}

// drawEffect draws one interval with its mean.
func drawEffect(c draw.Canvas, e analysis.Effect, task int, x func(float64) vg.Length, y vg.Length, low, high float64) {
	mean, from, to := float64(e.Mean), float64(e.Low), float64(e.High)
	look := lookOf(max(0, task))
	line := draw.LineStyle{Color: look.color, Width: 0.8}
	if finite(from) && finite(to) && from < high && to > low {
		c.StrokeLine2(line, x(math.Max(low, from)), y, x(math.Min(high, to)), y)
		for _, end := range []float64{from, to} {
			switch {
			case end < low:
				arrow(c, line, x(low), y, 2)
			case end > high:
				arrow(c, line, x(high), y, -2)
			default:
				c.StrokeLine2(line, x(end), y-1.6, x(end), y+1.6)
			}
		}
	}
	if !finite(mean) || mean < low || mean > high {
		return
	}
	at := vg.Point{X: x(mean), Y: y}
	c.DrawGlyph(draw.GlyphStyle{Color: look.color, Radius: 2.1, Shape: draw.CircleGlyph{}}, at)
	if float64(e.P) >= 0.05 || !finite(float64(e.P)) {
		white := grey(0xff)
		c.DrawGlyph(draw.GlyphStyle{Color: white, Radius: 1.35, Shape: draw.CircleGlyph{}}, at)
	}
}

// arrow ends an interval that goes on beyond the axis.
func arrow(c draw.Canvas, line draw.LineStyle, x, y, back vg.Length) {
	c.StrokeLines(line, []vg.Point{{X: x + back, Y: y - 1.6}, {X: x, Y: y}, {X: x + back, Y: y + 1.6}})
}

// drawScale draws a horizontal axis with its name.
func drawScale(c draw.Canvas, x func(float64) vg.Length, low, high float64, y vg.Length, name string) {
	line := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLine2(line, x(low), y, x(high), y)
	for _, t := range (roundTicks{}).Ticks(low, high) {
		c.StrokeLine2(line, x(t.Value), y, x(t.Value), y-2.5)
		c.FillText(style(smallSize, -0.5, -1), vg.Point{X: x(t.Value), Y: y - 3.5}, t.Label)
	}
	c.FillText(style(labelSize, -0.5, -1), vg.Point{X: (x(low) + x(high)) / 2, Y: y - 12}, name)
}

// fitting shortens a text to a width.
func fitting(s string, size font.Length, width vg.Length) string {
	n := utf8.RuneCountInString(s)
	for n > 8 && widthOf(short(s, n), size) > width {
		n--
	}
	return short(s, n)
}

// taskLegend lists the tasks, in as many lines as it needs.
type taskLegend struct{ d *Data }

const taskMark = 20 // points, before the name

// places returns where the names of the tasks begin, from the upper left of a figure.
func (l taskLegend) places(width vg.Length) []vg.Point {
	var out []vg.Point
	var x, y vg.Length
	for _, t := range l.d.Tasks {
		w := taskMark + widthOf(short(t.Title, longTitle), labelSize)
		if x > 0 && x+w > width {
			x, y = 0, y-legendRow
		}
		out = append(out, vg.Point{X: x, Y: y})
		x += w + 14
	}
	return out
}

func (l taskLegend) height(width vg.Length) vg.Length {
	if p := l.places(width); len(p) > 0 {
		return legendRow - p[len(p)-1].Y + 6
	}
	return 0
}

func (l taskLegend) draw(c draw.Canvas) {
	for i, at := range l.places(c.Max.X - c.Min.X) {
		look := lookOf(i)
		at.X, at.Y = c.Min.X+2+at.X, c.Max.Y-6+at.Y
		c.StrokeLine2(draw.LineStyle{Color: look.color, Width: 0.8}, at.X, at.Y, at.X+16, at.Y)
		c.DrawGlyph(draw.GlyphStyle{Color: look.color, Radius: 2.1, Shape: draw.CircleGlyph{}}, vg.Point{X: at.X + 8, Y: at.Y})
		c.FillText(style(labelSize, 0, -0.35), vg.Point{X: at.X + taskMark, Y: at.Y}, short(l.d.Tasks[i].Title, longTitle))
	}
}
