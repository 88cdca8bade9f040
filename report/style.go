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

var glyphs = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{},
	draw.CrossGlyph{}, draw.PlusGlyph{}, draw.SquareGlyph{}, draw.CircleGlyph{}, draw.BoxGlyph{}, draw.TriangleGlyph{}}

var dashes = [][]vg.Length{nil, {4, 1.5}, {1.2, 1.2}, {5, 1.5, 1.2, 1.5}, {2.5, 1}, nil, {4, 1.5}, {1.2, 1.2}, {5, 1.5, 1.2, 1.5}, {2.5, 1}, {1, 2}}

// look is how one model is drawn.
type look struct {
	color color.NRGBA
	glyph draw.GlyphDrawer
	dash  []vg.Length
}

func lookOf(i int) look {
	k := i % len(palette)
	return look{palette[k], glyphs[k], dashes[k]}
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
	p.BackgroundColor = color.Transparent
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
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	if low > high {
		return 0, 1
	}
	if high-low < 1e-9*math.Max(1, math.Abs(high)) {
		low, high = low-0.5, high+0.5
	}
	d := (high - low) * margin
	return low - d, high + d
}

// viridis maps 0…1 to the perceptually uniform map of that name (van der Walt &
// Smith 2015), interpolated between nine of its colours.
func viridis(x float64) color.NRGBA {
	anchors := [][3]float64{{68, 1, 84}, {71, 44, 122}, {59, 81, 139}, {44, 113, 142}, {33, 144, 141}, {39, 173, 129}, {92, 200, 99}, {170, 220, 50}, {253, 231, 37}}
	x = math.Max(0, math.Min(1, x)) * float64(len(anchors)-1)
	i := min(int(x), len(anchors)-2)
	t := x - float64(i)
	var c [3]uint8
	for k := range c {
		c[k] = uint8(math.Round(anchors[i][k]*(1-t) + anchors[i+1][k]*t))
	}
	return color.NRGBA{c[0], c[1], c[2], 0xff}
}

var whiteLine = color.NRGBA{0xff, 0xff, 0xff, 0xb0}

func grey(v uint8) color.NRGBA { return color.NRGBA{v, v, v, 0xff} }
