package report

import (
	"bytes"
	"fmt"
	"strings"

	"gonum.org/v1/plot"
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

// repairs turns what the SVG canvas writes into what every viewer shows alike: fonts
// to fall back on where Liberation Sans is missing (Arial and Helvetica have its
// widths), the true type of images, and pixels that stay sharp.
var repairs = strings.NewReplacer(
	"font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;",
	`xlink:href="data:image/jpg;base64,`, `style="image-rendering:pixelated" preserveAspectRatio="none" xlink:href="data:image/png;base64,`,
)

func (f figure) svg() ([]byte, error) {
	c := vgsvg.New(f.width, f.height)
	if err := f.paint(draw.New(c)); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("report: figure %s: %w", f.name, err)
	}
	return []byte(f.describe(repairs.Replace(b.String()))), nil
}

// describe gives an SVG file a title and a description for those who cannot see it.
func (f figure) describe(s string) string {
	i := strings.Index(s, "<svg")
	if i < 0 {
		return s
	}
	end := i + strings.Index(s[i:], ">")
	class := ""
	if f.width > 1.3*oneColumn {
		class = ` class="wide"`
	}
	return s[:i] + fmt.Sprintf(`<svg%s role="img" aria-labelledby="%s-t %s-d"`, class, f.name, f.name) + s[i+len("<svg"):end+1] +
		fmt.Sprintf("\n<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">%s</desc>", f.name, escape(f.title), f.name, escape(f.caption)) + s[end+1:]
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

// inline returns the element of an SVG file, without what stands before it.
func inline(svg []byte) string {
	s := string(svg)
	return s[max(0, strings.Index(s, "<svg")):]
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}

// grid is a layout of panels in rows of at most three.
type grid struct{ columns, rows int }

func gridOf(panels int) grid {
	columns := max(1, min(panels, 3))
	return grid{columns, max(1, (panels+columns-1)/columns)}
}

// width returns the width of a figure of so many columns: one panel fills one column
// of a journal, three fill two.
func (g grid) width() vg.Length {
	switch g.columns {
	case 1:
		return oneColumn
	case 2:
		return 122 * vg.Millimeter
	}
	return twoColumn
}

// panel returns the i-th part of a canvas, from the upper left, with room around it.
func (g grid) panel(c draw.Canvas, i int) draw.Canvas {
	w, h := (c.Max.X-c.Min.X)/vg.Length(g.columns), (c.Max.Y-c.Min.Y)/vg.Length(g.rows)
	column, row := vg.Length(i%g.columns), vg.Length(i/g.columns)
	c.Min, c.Max = vg.Point{X: c.Min.X + w*column + 2, Y: c.Max.Y - h*(row+1) + 2}, vg.Point{X: c.Min.X + w*(column+1) - 7, Y: c.Max.Y - h*row - 1}
	return c
}

// below returns a canvas without its uppermost part.
func below(c draw.Canvas, height vg.Length) draw.Canvas { return draw.Crop(c, 0, 0, 0, -height) }

// legend lists models above the panels of a figure.
type legend struct {
	d      *Data
	models []int // places in Data.Models
	dots   bool  // glyphs; else lines
}

const legendRow = 10 // points

func (l legend) columns(width vg.Length) int {
	cell := l.d.widestSymbol(labelSize) + 34
	return max(1, min(len(l.models), int((width-14)/cell), 6))
}

// height returns the height of the legend in a figure of this width.
func (l legend) height(width vg.Length) vg.Length {
	n := l.columns(width)
	return legendRow*vg.Length((len(l.models)+n-1)/n) + 6
}

// draw draws the legend into the upper part of a canvas.
func (l legend) draw(c draw.Canvas) {
	width := c.Max.X - c.Min.X
	n := l.columns(width)
	cell := min((width-14)/vg.Length(n), l.d.widestSymbol(labelSize)+50)
	for k, i := range l.models {
		look := lookOf(i)
		x := c.Min.X + 14 + cell*vg.Length(k%n)
		y := c.Max.Y - 6 - legendRow*vg.Length(k/n)
		if l.dots {
			c.DrawGlyph(look.dot(2.3), vg.Point{X: x + 12, Y: y})
		} else {
			c.StrokeLine2(look.line(1.2), x, y, x+20, y)
		}
		c.FillText(style(labelSize, 0, -0.35), vg.Point{X: x + 25, Y: y}, short(l.d.Models[i].Symbol, longSymbol))
	}
}

// allModels returns the places of all models.
func (d *Data) allModels() []int {
	out := make([]int, len(d.Models))
	for i := range out {
		out[i] = i
	}
	return out
}

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

// onlyFirst takes the name of the vertical axis from all but the first panel of a row.
func (g grid) onlyFirst(p *plot.Plot, i int) {
	if i%g.columns > 0 {
		p.Y.Label.Text = ""
	}
}
