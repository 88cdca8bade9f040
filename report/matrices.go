package report

import (
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// matrices draws the connectivity of the example networks, sorted by module.
func (d *Data) matrices() figure {
	columns := min(len(d.Networks), 3)
	if len(d.Networks) > 6 {
		columns = 4
	}
	rows := (len(d.Networks) + columns - 1) / columns
	width := vg.Length(twoColumn)
	if columns < 3 {
		width = vg.Length(columns) * 61 * vg.Millimeter
	}
	cell := width / vg.Length(columns)
	const head, bar = 16, 26
	height := vg.Length(rows)*(cell+head-8) + bar
	return figure{
		name: "matrices", title: "Connectivity sorted by module",
		caption: "|W| of one network per model, rows post, columns pre, neurons sorted by greedy module (white lines; the largest first). The logarithmic colour scale of each matrix spans three decades below its 99.9th percentile.",
		width:   width, height: height,
		paint: func(c draw.Canvas) error {
			for i, n := range d.Networks {
				x := c.Min.X + cell*vg.Length(i%columns)
				y := c.Max.Y - (cell+head-8)*vg.Length(i/columns)
				c.FillText(style(labelSize, 0, -1), vg.Point{X: x + 4, Y: y - 4}, d.symbol(n.Model)+fmt.Sprintf("  (%d modules)", count(n.Modules)))
				d.matrix(c, n, vg.Rectangle{Min: vg.Point{X: x + 4, Y: y - head - (cell - 8)}, Max: vg.Point{X: x + cell - 4, Y: y - head}})
			}
			colourBar(c, vg.Rectangle{Min: vg.Point{X: c.Min.X + 4, Y: c.Min.Y + 13}, Max: vg.Point{X: c.Min.X + 124, Y: c.Min.Y + 19}})
			return nil
		},
	}
}

func count(modules []int) int {
	seen := map[int]bool{}
	for _, m := range modules {
		seen[m] = true
	}
	return len(seen)
}

// matrix draws one matrix into a square.
func (d *Data) matrix(c draw.Canvas, n Network, r vg.Rectangle) {
	size := len(n.Modules)
	if size == 0 || len(n.Weights) != size*size {
		return
	}
	order, ends := byModule(n.Modules)
	x, _ := survival(n.Weights)
	top := 1.0
	if len(x) > 0 {
		top = x[int(float64(len(x)-1)*0.999)]
	}
	img := image.NewNRGBA(image.Rect(0, 0, size, size))
	for i, post := range order {
		for j, pre := range order {
			v := math.Abs(float64(n.Weights[post*size+pre]))
			img.SetNRGBA(j, i, viridis(1+math.Log10(math.Max(v, 1e-30)/top)/3))
		}
	}
	c.DrawImage(r, img)
	line := draw.LineStyle{Color: whiteLine, Width: 0.4}
	scale := (r.Max.X - r.Min.X) / vg.Length(size)
	begin := 0
	for _, e := range ends {
		at := scale * vg.Length(e)
		small := e-begin < size/50 // a line for each of many tiny modules would paint all white
		begin = e
		if e < size && !small {
			c.StrokeLine2(line, r.Min.X+at, r.Min.Y, r.Min.X+at, r.Max.Y)
			c.StrokeLine2(line, r.Min.X, r.Max.Y-at, r.Max.X, r.Max.Y-at)
		}
	}
	frame := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLines(frame, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
}

func colourBar(c draw.Canvas, r vg.Rectangle) {
	img := image.NewNRGBA(image.Rect(0, 0, 128, 1))
	for i := range 128 {
		img.SetNRGBA(i, 0, viridis(float64(i)/127))
	}
	c.DrawImage(r, img)
	for k, label := range []string{"0.001", "0.01", "0.1", "1"} {
		x := r.Min.X + (r.Max.X-r.Min.X)*vg.Length(k)/3
		align := -0.5
		if k == 0 {
			align = 0
		}
		c.FillText(style(smallSize, align, -1), vg.Point{X: x, Y: r.Min.Y - 2}, label)
	}
	c.FillText(style(smallSize, 0, -0.4), vg.Point{X: r.Max.X + 14, Y: (r.Min.Y + r.Max.Y) / 2}, "|W| relative to the top of the scale")
}

// shownLinks is the number of connections in a drawing of somata.
const shownLinks = 100

// somata draws the neurons where they lie, with the strongest connections.
func (d *Data) somata() figure {
	columns := min(len(d.Networks), 3)
	rows := (len(d.Networks) + columns - 1) / columns
	width := vg.Length(twoColumn)
	if columns < 3 {
		width = vg.Length(columns) * 61 * vg.Millimeter
	}
	cell := width / vg.Length(columns)
	high := cell * 0.92
	return figure{
		name: "somata", title: "Somata and strongest connections",
		caption: fmt.Sprintf("Neurons at their somata (orthographic projection of x, y and z; nearer ones are larger and darker) with the %d strongest connections of one network per model. Every model has the same somata; those without D* do not use them. Bar: length along the x axis.", shownLinks),
		width:   width, height: high*vg.Length(rows) + 4,
		paint: func(c draw.Canvas) error {
			for i, n := range d.Networks {
				x := c.Min.X + cell*vg.Length(i%columns)
				y := c.Max.Y - high*vg.Length(i/columns)
				c.FillText(style(labelSize, 0, -1), vg.Point{X: x + 4, Y: y - 4}, d.symbol(n.Model))
				d.scene(c, n, lookOf(max(0, d.model(n.Model))), vg.Rectangle{Min: vg.Point{X: x + 8, Y: y - high + 14}, Max: vg.Point{X: x + cell - 8, Y: y - 16}})
			}
			return nil
		},
	}
}

// projected is a soma on the page: place in µm and depth from 0 (far) to 1 (near).
type projected struct{ x, y, depth float64 }

// project looks at the somata from above to one side; y runs with depth in cortex,
// downwards.
func project(p [][3]float64) []projected {
	const turn, tilt = 0.55, 0.35 // radians
	out := make([]projected, len(p))
	low, high := math.Inf(1), math.Inf(-1)
	for i, q := range p {
		x := q[0]*math.Cos(turn) - q[2]*math.Sin(turn)
		z := q[0]*math.Sin(turn) + q[2]*math.Cos(turn)
		out[i] = projected{x, -q[1]*math.Cos(tilt) + z*math.Sin(tilt), -(z*math.Cos(tilt) + q[1]*math.Sin(tilt))}
		low, high = math.Min(low, out[i].depth), math.Max(high, out[i].depth)
	}
	for i := range out {
		if high > low {
			out[i].depth = (out[i].depth - low) / (high - low)
		}
	}
	return out
}

func (d *Data) scene(c draw.Canvas, n Network, l look, r vg.Rectangle) {
	size := len(d.Circuit.Positions)
	if size == 0 || len(n.Weights) != size*size {
		return
	}
	points := project(d.Circuit.Positions)
	var xs, ys []float64
	for _, p := range points {
		xs, ys = append(xs, p.x), append(ys, p.y)
	}
	x0, x1 := span(xs, 0.03)
	y0, y1 := span(ys, 0.03)
	scale := math.Min(float64(r.Max.X-r.Min.X)/(x1-x0), float64(r.Max.Y-r.Min.Y)/(y1-y0))
	at := func(p projected) vg.Point {
		return vg.Point{X: (r.Min.X+r.Max.X)/2 + vg.Length((p.x-(x0+x1)/2)*scale), Y: (r.Min.Y+r.Max.Y)/2 + vg.Length((p.y-(y0+y1)/2)*scale)}
	}
	for i, p := range points {
		shade := uint8(0xd0 - 0x80*p.depth)
		c.DrawGlyph(draw.GlyphStyle{Color: grey(shade), Radius: vg.Length(0.7 + 0.9*p.depth), Shape: draw.CircleGlyph{}}, at(points[i]))
	}
	links := strongest(n.Weights, shownLinks)
	for k := len(links) - 1; k >= 0; k-- {
		w := math.Abs(float64(n.Weights[links[k]]) / float64(n.Weights[links[0]]))
		a, b := points[links[k]%size], points[links[k]/size]
		c.StrokeLine2(draw.LineStyle{Color: faded(l.color, uint8(0x60+0x80*w)), Width: vg.Length(0.3 + 0.7*w)}, at(a).X, at(a).Y, at(b).X, at(b).Y)
	}
	length, label := niceLength((x1 - x0))
	if length > 0 {
		y := r.Min.Y - 6
		c.StrokeLine2(draw.LineStyle{Color: ink, Width: medium}, r.Min.X, y, r.Min.X+vg.Length(length*scale*math.Cos(0.55)), y)
		c.FillText(style(smallSize, 0, -0.4), vg.Point{X: r.Min.X + vg.Length(length*scale*math.Cos(0.55)) + 3, Y: y}, label)
	}
}
