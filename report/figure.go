package report

import (
	"bytes"
	"fmt"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure is one drawing; the same function draws it as SVG and as PNG.
type figure struct {
	name, title, caption string
	width, height        vg.Length
	paint                func(c draw.Canvas) error
}

// dotsPerInch of the PNG files.
const dotsPerInch = 220

func (f figure) svg() ([]byte, error) {
	c := vgsvg.New(f.width, f.height)
	if err := f.paint(draw.New(c)); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	return b.Bytes(), nil
}

func (f figure) png() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(dotsPerInch))}
	if err := f.paint(draw.New(c)); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	return b.Bytes(), nil
}

// inline turns an SVG file into an element for a page, with a title and a
// description for those who cannot see it.
func inline(svg []byte, name, title, caption string) string {
	s := string(svg)
	if i := strings.Index(s, "<svg"); i >= 0 {
		s = s[i:]
	}
	end := strings.Index(s, ">")
	head := fmt.Sprintf(`<svg role="img" aria-labelledby="%s-t %s-d" preserveAspectRatio="xMidYMid meet"`, name, name)
	s = head + strings.TrimPrefix(s[:end], "<svg") + ">" +
		fmt.Sprintf(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, name, escape(title), name, escape(caption)) + s[end+1:]
	return s
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// panel returns the part of a canvas between shares of its width and height, from
// the upper left.
func panel(c draw.Canvas, left, right, top, bottom float64) draw.Canvas {
	w, h := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y
	return draw.Crop(c, w*vg.Length(left), -w*vg.Length(1-right), h*vg.Length(1-bottom), -h*vg.Length(top))
}

// legend draws the models in one row or several, from the upper left of a canvas.
func (d *Data) legend(c draw.Canvas, columns int, dot bool) {
	cell := (c.Max.X - c.Min.X) / vg.Length(columns)
	for i, m := range d.Models {
		l := lookOf(i)
		x := c.Min.X + cell*vg.Length(i%columns)
		y := c.Max.Y - vg.Points(6) - vg.Points(10)*vg.Length(i/columns)
		if dot {
			c.DrawGlyph(l.dot(2.3), vg.Point{X: x + 8, Y: y})
		} else {
			c.StrokeLine2(l.line(1.2), x, y, x+16, y)
		}
		c.FillText(style(labelSize, 0, -0.35), vg.Point{X: x + 20, Y: y}, m.Symbol)
	}
}

// legendRows returns how many rows a legend of so many columns needs.
func (d *Data) legendRows(columns int) int { return (len(d.Models) + columns - 1) / columns }

// model returns the place of a model in the list, −1 if it is not there.
func (d *Data) model(slug string) int {
	for i, m := range d.Models {
		if m.Slug == slug {
			return i
		}
	}
	return -1
}

func (d *Data) symbol(slug string) string {
	if i := d.model(slug); i >= 0 {
		return d.Models[i].Symbol
	}
	return slug
}
