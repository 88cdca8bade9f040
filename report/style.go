package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Widths of one and two columns of a journal.
const (
	oneColumn = 89 * vg.Millimeter
	twoColumn = 183 * vg.Millimeter
)

const (
	labelSize = 7.5
	smallSize = 6.5
	thin      = vg.Length(0.5)
	medium    = vg.Length(1)
)

var (
	ink  = color.NRGBA{0x22, 0x22, 0x22, 0xff}
	soft = color.NRGBA{0x88, 0x88, 0x88, 0xff}
)

// palette is that of Okabe & Ito, which colour-blind readers can tell apart, from
// dark to light so that grey print keeps an order; the glyphs and dashes repeat the
// distinction without colour.
var palette = []color.NRGBA{
	{0xd5, 0x5e, 0x00, 0xff}, {0x00, 0x72, 0xb2, 0xff}, {0x00, 0x9e, 0x73, 0xff}, {0xcc, 0x79, 0xa7, 0xff},
	{0xe6, 0x9f, 0x00, 0xff}, {0x44, 0x44, 0x44, 0xff}, {0x56, 0xb4, 0xe9, 0xff}, {0x8c, 0x51, 0x0a, 0xff},
	{0x76, 0x2a, 0x83, 0xff}, {0xb8, 0xa9, 0x00, 0xff}, {0x99, 0x99, 0x99, 0xff},
}

// glyphs tell the models apart in grey print; full and open forms alternate.
var glyphs = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, polygon{diamond, true}, draw.RingGlyph{}, draw.CrossGlyph{},
	draw.PlusGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, polygon{diamond, false}, polygon{downward, true},
}

var dashes = [][]vg.Length{nil, {4, 1.5}, {1.2, 1.2}, {5, 1.5, 1.2, 1.5}, {2.5, 1}, nil, {4, 1.5}, {1.2, 1.2}, {5, 1.5, 1.2, 1.5}, {2.5, 1}, {1, 2}}

// look is how one model is drawn.
type look struct {
	color color.NRGBA
	glyph draw.GlyphDrawer
	dash  []vg.Length
}

// lookOf returns the look of the i-th model. Beyond the palette colours come again,
// with other glyphs and dashes.
func lookOf(i int) look {
	k, round := i%len(palette), i/len(palette)
	return look{palette[k], glyphs[(k+round)%len(glyphs)], dashes[(k+round)%len(dashes)]}
}

func (l look) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: l.color, Width: width, Dashes: l.dash}
}

func (l look) dot(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: l.color, Radius: radius, Shape: l.glyph}
}

func faded(c color.NRGBA, alpha uint8) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, alpha} }

func sans(size font.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

func style(size font.Length, x, y float64) text.Style {
	return text.Style{Color: ink, Font: sans(size), XAlign: text.XAlignment(x), YAlign: text.YAlignment(y), Handler: plot.DefaultTextHandler}
}

// newPlot returns an empty plot in the house style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil // a transparent colour has no valid form in SVG
	p.Title.Text = title
	p.Title.TextStyle = style(labelSize, -0.5, -1)
	p.Title.Padding = 3
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Label.TextStyle.Font = sans(labelSize)
		a.Label.TextStyle.Color = ink
		a.Label.Padding = 1
		a.LineStyle = draw.LineStyle{Color: ink, Width: thin}
		a.Tick.LineStyle = draw.LineStyle{Color: ink, Width: thin}
		a.Tick.Length = 2.5
		a.Tick.Label.Font = sans(smallSize)
		a.Tick.Label.Color = ink
		a.Padding = 2
	}
	p.X.Tick.Label.YAlign = text.YTop
	return p
}

// span widens a range that has no extent and adds a margin.
func span(values []float64, margin float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if finite(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low > high {
		return 0, 1
	}
	if high-low < 1e-9*math.Max(1, math.Abs(high)) {
		d := math.Max(0.1*math.Abs(high), 0.01)
		low, high = low-d, high+d
	}
	d := (high - low) * margin
	return low - d, high + d
}

// finite tells whether a number can be drawn.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func grey(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 0xff} }
