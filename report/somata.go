package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// shownLinks is the number of connections in a drawing of somata.
const shownLinks = 100

// somata draws the neurons where they lie, with the strongest connections.
func (d *Data) somata() figure {
	columns, _ := matrixColumns(len(d.Networks))
	columns = min(columns, 3)
	rows := (len(d.Networks) + columns - 1) / columns
	cell := vg.Length(61) * vg.Millimeter
	v := d.view()
	const head = 14
	high := head + 8 + (cell-16)*vg.Length(math.Max(0.3, math.Min(1.1, v.aspect())))
	scale := v.scale(vg.Rectangle{Max: vg.Point{X: cell - 16, Y: high - head - 4}})
	foot := v.axesHeight(scale)
	return figure{
		name: "somata", title: "Somata and strongest connections",
		caption: fmt.Sprintf("Neurons at their somata (orthographic projection; nearer ones are larger and darker) with the %d strongest connections of %s; stronger ones are thicker and fuller. All panels show the same somata; models without D* do not use them. The arms show the axes, each of the length that is written beside them.", shownLinks, d.examplesText()),
		width:   vg.Length(columns) * cell, height: high*vg.Length(rows) + foot,
		paint: func(c draw.Canvas) error {
			for i, n := range d.Networks {
				x := c.Min.X + cell*vg.Length(i%columns)
				y := c.Max.Y - high*vg.Length(i/columns)
				c.FillText(style(labelSize, 0, -1), vg.Point{X: x + 4, Y: y - 2}, short(d.symbol(n.Model), longSymbol))
				r := vg.Rectangle{Min: vg.Point{X: x + 8, Y: y - high + 4}, Max: vg.Point{X: x + cell - 8, Y: y - head}}
				v.scene(c, n, lookOf(max(0, d.model(n.Model))), r)
			}
			v.axes(c, scale)
			return nil
		},
	}
}

// projected is a soma on the page: place in µm and depth from 0 (far) to 1 (near).
type projected struct{ x, y, depth float64 }

// turned looks at a place from above to one side; the page's y runs with depth in
// cortex, downwards.
func turned(q [3]float64) projected {
	const turn, tilt = 0.55, 0.35 // radians
	x := q[0]*math.Cos(turn) - q[2]*math.Sin(turn)
	z := q[0]*math.Sin(turn) + q[2]*math.Cos(turn)
	return projected{x, -q[1]*math.Cos(tilt) + z*math.Sin(tilt), -(z*math.Cos(tilt) + q[1]*math.Sin(tilt))}
}

// somaView is the projection of all somata with its extent.
type somaView struct {
	points         []projected
	x0, x1, y0, y1 float64
}

func (d *Data) view() somaView {
	var v somaView
	var xs, ys, depths []float64
	for _, q := range d.Circuit.Positions {
		p := turned(q)
		v.points = append(v.points, p)
		xs, ys, depths = append(xs, p.x), append(ys, p.y), append(depths, p.depth)
	}
	v.x0, v.x1 = span(xs, 0.02)
	v.y0, v.y1 = span(ys, 0.02)
	far, near := span(depths, 0)
	for i := range v.points {
		v.points[i].depth = (v.points[i].depth - far) / (near - far)
	}
	return v
}

func (v somaView) aspect() float64 { return (v.y1 - v.y0) / (v.x1 - v.x0) }

// scale returns points of the page per µm.
func (v somaView) scale(r vg.Rectangle) float64 {
	return math.Min(float64(r.Max.X-r.Min.X)/(v.x1-v.x0), float64(r.Max.Y-r.Min.Y)/(v.y1-v.y0))
}

// scene draws one network.
func (v somaView) scene(c draw.Canvas, n Network, l look, r vg.Rectangle) {
	size := len(v.points)
	if size == 0 || len(n.Weights) != size*size {
		return
	}
	scale := v.scale(r)
	at := func(p projected) vg.Point {
		return vg.Point{X: (r.Min.X+r.Max.X)/2 + vg.Length((p.x-(v.x0+v.x1)/2)*scale), Y: (r.Min.Y+r.Max.Y)/2 + vg.Length((p.y-(v.y0+v.y1)/2)*scale)}
	}
	for _, p := range v.points {
		if !finite(p.x + p.y + p.depth) {
			continue
		}
		shade := uint8(0xd0 - 0x80*p.depth)
		c.DrawGlyph(draw.GlyphStyle{Color: grey(shade), Radius: vg.Length(0.7 + 0.9*p.depth), Shape: draw.CircleGlyph{}}, at(p))
	}
	links := strongest(n.Weights, shownLinks)
	for k := len(links) - 1; k >= 0; k-- {
		w := math.Abs(float64(n.Weights[links[k]]) / float64(n.Weights[links[0]]))
		a, b := v.points[links[k]%size], v.points[links[k]/size]
		if finite(a.x + a.y + b.x + b.y) {
			c.StrokeLine2(draw.LineStyle{Color: faded(l.color, uint8(0x68+0x80*w)), Width: vg.Length(0.3 + 0.7*w)}, at(a).X, at(a).Y, at(b).X, at(b).Y)
		}
	}
}

// axesMargin is the room for the name at the end of an arm, in points.
const axesMargin = 9

// arms returns the ends of arms of one length along x, y and z on the page.
func (v somaView) arms(scale float64) (length float64, ends [3]vg.Point) {
	length = niceLength(v.x1 - v.x0)
	for k := range ends {
		var q [3]float64
		q[k] = length * scale
		p := turned(q)
		ends[k] = vg.Point{X: vg.Length(p.x), Y: vg.Length(p.y)}
	}
	return length, ends
}

// corner returns how far the arms reach to the left, below and above their origin.
func corner(ends [3]vg.Point) (left, below, above vg.Length) {
	for _, e := range ends {
		left, below, above = max(left, -e.X), max(below, -e.Y), max(above, e.Y)
	}
	return left, below, above
}

// axesHeight returns the height that the axes need.
func (v somaView) axesHeight(scale float64) vg.Length {
	_, ends := v.arms(scale)
	_, below, above := corner(ends)
	return below + above + 2*axesMargin
}

// axes draws the arms into the lower left corner.
func (v somaView) axes(c draw.Canvas, scale float64) {
	length, ends := v.arms(scale)
	if length == 0 || len(v.points) == 0 {
		return
	}
	left, below, _ := corner(ends)
	origin := vg.Point{X: c.Min.X + left + axesMargin, Y: c.Min.Y + below + axesMargin}
	right := origin.X
	for k, e := range ends {
		end := vg.Point{X: origin.X + e.X, Y: origin.Y + e.Y}
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: 0.8}, origin.X, origin.Y, end.X, end.Y)
		far := 4.5 / vg.Length(math.Hypot(float64(e.X), float64(e.Y)))
		c.FillText(style(smallSize, -0.5, -0.5), vg.Point{X: end.X + e.X*far, Y: end.Y + e.Y*far}, string("xyz"[k]))
		right = max(right, end.X)
	}
	c.FillText(style(smallSize, 0, -0.5), vg.Point{X: right + 14, Y: origin.Y}, fmt.Sprintf("each arm %g µm", length))
}
