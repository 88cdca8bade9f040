package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// polygon is a glyph with corners in units of its radius, full or open.
type polygon struct {
	corners [][2]float64
	full    bool
}

var (
	diamond  = [][2]float64{{1.2, 0}, {0, 1.2}, {-1.2, 0}, {0, -1.2}}
	downward = [][2]float64{{0.9, 0.55}, {-0.9, 0.55}, {0, -1.1}}
)

// DrawGlyph implements draw.GlyphDrawer.
func (g polygon) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	var p vg.Path
	for i, k := range g.corners {
		corner := vg.Point{X: at.X + s.Radius*vg.Length(k[0]), Y: at.Y + s.Radius*vg.Length(k[1])}
		if i == 0 {
			p.Move(corner)
		} else {
			p.Line(corner)
		}
	}
	p.Close()
	if g.full {
		c.SetColor(s.Color)
		c.Fill(p)
		return
	}
	c.SetLineStyle(draw.LineStyle{Color: s.Color, Width: thin})
	c.Stroke(p)
}

// viridis maps 0…1 to the perceptually uniform map of that name (van der Walt &
// Smith 2015), interpolated between nine of its colours.
func viridis(x float64) color.NRGBA {
	anchors := [][3]float64{{68, 1, 84}, {71, 44, 122}, {59, 81, 139}, {44, 113, 142}, {33, 144, 141}, {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37}}
	if math.IsNaN(x) {
		x = 0
	}
	x = math.Max(0, math.Min(1, x)) * float64(len(anchors)-1)
	i := min(int(x), len(anchors)-2)
	t := x - float64(i)
	var c [3]uint8
	for k := range c {
		c[k] = uint8(math.Round(float64(anchors[i][k]*(1-t)) + float64(anchors[i+1][k]*t)))
	}
	return color.NRGBA{c[0], c[1], c[2], 0xff}
}

// shades is the number of steps of the colour scale: enough for the eye, and few
// enough for a matrix to stay small as a file.
const shades = 48

// viridisPalette is the scale in steps.
func viridisPalette() color.Palette {
	p := make(color.Palette, shades)
	for i := range p {
		p[i] = viridis(float64(i) / (shades - 1))
	}
	return p
}
