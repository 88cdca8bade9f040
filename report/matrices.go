package report

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// decadesShown is the range of the colour scale of a matrix.
const decadesShown = 3

// matrixColumns returns how many matrices stand in a row, and their width.
func matrixColumns(networks int) (columns int, cell vg.Length) {
	columns = min(networks, 3)
	if networks > 6 {
		columns = 4
	}
	if columns < 3 {
		return columns, 61 * vg.Millimeter
	}
	return columns, vg.Length(twoColumn) / vg.Length(columns)
}

// matrices draws the connectivity of the example networks, sorted by module.
func (d *Data) matrices() figure {
	columns, cell := matrixColumns(len(d.Networks))
	rows := (len(d.Networks) + columns - 1) / columns
	const head, bar = 22, 26
	step := cell + head - 4
	return figure{
		name: "matrices", title: "Connectivity sorted by module",
		caption: "|W| of " + d.examplesText() + "; rows post, columns pre, neurons sorted by greedy module, the largest first. White lines part modules of at least 2 % of the neurons. The logarithmic colour scale of each matrix spans three decades below its top, the 99.9th percentile of |W| without self-loops.",
		width:   vg.Length(columns) * cell, height: vg.Length(rows)*step + bar,
		paint: func(c draw.Canvas) error {
			for i, n := range d.Networks {
				x := c.Min.X + cell*vg.Length(i%columns)
				y := c.Max.Y - step*vg.Length(i/columns)
				top := topWeight(n.Weights)
				c.FillText(style(labelSize, 0, -1), vg.Point{X: x + 4, Y: y - 2}, short(d.symbol(n.Model), longSymbol))
				c.FillText(style(smallSize, 0, -1), vg.Point{X: x + 4, Y: y - 11}, moduleText(n, top))
				d.matrix(c, n, top, vg.Rectangle{Min: vg.Point{X: x + 4, Y: y - head - (cell - 8)}, Max: vg.Point{X: x + cell - 4, Y: y - head}})
			}
			colourBar(c, vg.Rectangle{Min: vg.Point{X: c.Min.X + 4, Y: c.Min.Y + 13}, Max: vg.Point{X: c.Min.X + 94, Y: c.Min.Y + 19}})
			return nil
		},
	}
}

func moduleText(n Network, top float64) string {
	if k := count(n.Modules); k == 1 {
		return fmt.Sprintf("1 module, top %.2g", top)
	} else if k > 1 {
		return fmt.Sprintf("%d modules, top %.2g", k, top)
	}
	return fmt.Sprintf("top %.2g", top)
}

func count(modules []int) int {
	seen := map[int]bool{}
	for _, m := range modules {
		seen[m] = true
	}
	return len(seen)
}

// topWeight returns the upper end of a matrix' colour scale.
func topWeight(w []float32) float64 {
	all := strengths(w)
	if len(all) == 0 {
		return 1
	}
	return all[int(float64(len(all)-1)*0.999)]
}

// matrix draws one matrix into a square.
func (d *Data) matrix(c draw.Canvas, n Network, top float64, r vg.Rectangle) {
	size := side(n.Weights)
	if size == 0 || len(n.Weights) != size*size {
		return
	}
	modules := n.Modules
	if len(modules) != size {
		modules = make([]int, size)
	}
	order, ends := byModule(modules)
	c.DrawImage(r, blocks(size, func(i, j int) uint8 {
		v := math.Abs(float64(n.Weights[order[i]*size+order[j]]))
		return shade(1 + math.Log10(math.Max(v, 1e-30)/top)/decadesShown)
	}))
	line := draw.LineStyle{Color: color.NRGBA{0xff, 0xff, 0xff, 0xd0}, Width: 0.5}
	scale := (r.Max.X - r.Min.X) / vg.Length(size)
	begin := 0
	for _, e := range ends {
		at := scale * vg.Length(e)
		small := float64(e-begin) < 0.02*float64(size) // a line for each of many tiny modules would paint all white
		begin = e
		if e < size && !small {
			c.StrokeLine2(line, r.Min.X+at, r.Min.Y, r.Min.X+at, r.Max.Y)
			c.StrokeLine2(line, r.Min.X, r.Max.Y-at, r.Max.X, r.Max.Y-at)
		}
	}
	frame := draw.LineStyle{Color: ink, Width: thin}
	c.StrokeLines(frame, []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min})
}

// sharp is the number of pixels below which an image is enlarged, for viewers that
// blur the borders of pixels.
const sharp = 600

// blocks returns the picture of a matrix, a square of pixels for each entry.
func blocks(size int, shade func(row, column int) uint8) image.Image {
	k := max(1, sharp/size)
	img := image.NewPaletted(image.Rect(0, 0, k*size, k*size), viridisPalette())
	for i := range size {
		first := img.Pix[i*k*img.Stride : (i*k+1)*img.Stride]
		for j := range size {
			s := shade(i, j)
			for x := range k {
				first[j*k+x] = s
			}
		}
		for y := 1; y < k; y++ {
			copy(img.Pix[(i*k+y)*img.Stride:], first)
		}
	}
	return img
}

// shade maps 0…1 to a step of the colour scale.
func shade(x float64) uint8 {
	if math.IsNaN(x) {
		return 0
	}
	return uint8(math.Round(math.Max(0, math.Min(1, x)) * (shades - 1)))
}

// stripes is the picture of the colour scale, from left to right.
func stripes() image.Image {
	img := image.NewPaletted(image.Rect(0, 0, shades, 1), viridisPalette())
	for i := range shades {
		img.SetColorIndex(i, 0, uint8(i))
	}
	return img
}

func colourBar(c draw.Canvas, r vg.Rectangle) {
	c.DrawImage(r, stripes())
	for k, label := range []string{"0.001", "0.01", "0.1", "1"} {
		x := r.Min.X + (r.Max.X-r.Min.X)*vg.Length(k)/decadesShown
		align := -0.5
		if k == 0 {
			align = 0
		}
		c.FillText(style(smallSize, align, -1), vg.Point{X: x, Y: r.Min.Y - 2}, label)
	}
	c.FillText(style(smallSize, 0, -0.4), vg.Point{X: r.Max.X + 8, Y: (r.Min.Y + r.Max.Y) / 2}, "|W| / top")
}
