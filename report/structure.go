package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// modularityAgainstSmallWorld draws Q against σ, a point a run, a panel a task.
func (d *Data) modularityAgainstSmallWorld() figure {
	columns := 6
	legend := vg.Points(10)*vg.Length(d.legendRows(columns)) + 6
	height := 60*vg.Millimeter + legend
	keyX, keyY, nulls := "small_worldness_density", "modularity_louvain", "Q of Louvain communities; σ against random graphs of equal density, 1 (dotted) for structureless networks"
	if d.Preset == "paper" {
		keyX, keyY, nulls = "small_worldness", "modularity", "Q of greedy communities; σ against the published null graphs, which are not matched in density, so that 1 (dotted) is not the level of structureless networks"
	}
	return figure{
		name: "structure", title: "Modularity and small-worldness",
		caption: "Each run's modularity Q and small-worldness σ after training: " + nulls + ".",
		width:   twoColumn, height: height,
		paint: func(c draw.Canvas) error {
			d.legend(draw.Crop(c, 14, 0, height-legend, 0), columns, true)
			xs, ys := d.column(keyX), d.column(keyY)
			x0, x1 := span(append(xs, 1), 0.06)
			y0, y1 := span(ys, 0.08)
			for i, t := range d.Tasks {
				p := newPlot(t.Title, "small-worldness σ", "modularity Q")
				if i > 0 {
					p.Y.Label.Text = ""
				}
				p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x0, x1, y0, y1
				one, err := plotter.NewLine(plotter.XYs{{X: 1, Y: y0}, {X: 1, Y: y1}})
				if err != nil {
					return err
				}
				one.LineStyle = draw.LineStyle{Color: soft, Width: thin, Dashes: []vg.Length{1, 2}}
				p.Add(one)
				for k, m := range d.Models {
					var points plotter.XYs
					for _, r := range d.Records {
						x, okX := r.Values[keyX]
						y, okY := r.Values[keyY]
						if r.Model == m.Slug && r.Task == t.Name && okX && okY {
							points = append(points, plotter.XY{X: x, Y: y})
						}
					}
					if len(points) == 0 {
						continue
					}
					s, err := plotter.NewScatter(points)
					if err != nil {
						return err
					}
					s.GlyphStyle = lookOf(k).dot(2)
					p.Add(s)
				}
				n := float64(len(d.Tasks))
				p.Draw(draw.Crop(panel(c, float64(i)/n, float64(i+1)/n, 0, 1), 2, -8, 0, -legend))
			}
			return nil
		},
	}
}

// column returns all values of a measure.
func (d *Data) column(key string) []float64 {
	var out []float64
	for _, r := range d.Records {
		if v, ok := r.Values[key]; ok && r.Outcome == analysis.Finished {
			out = append(out, v)
		}
	}
	return out
}

// distributions draws how strong and how long the connections of the example
// networks are.
func (d *Data) distributions() figure {
	columns := 6
	legend := vg.Points(10)*vg.Length(d.legendRows(columns)) + 6
	height := 62*vg.Millimeter + legend
	return figure{
		name: "distributions", title: "Strength and length of connections",
		caption: "One network per model (the first seed, on the first task that has one). Left: share of connections at least as strong as |W|, without autapses. Right: share of the summed |W| that connects somata at most this far apart; grey: all pairs, as if weight did not depend on distance.",
		width:   twoColumn, height: height,
		paint: func(c draw.Canvas) error {
			d.legend(draw.Crop(c, 14, 0, height-legend, 0), columns, false)
			left := newPlot("", "connection strength |W|", "share at least as strong")
			right := newPlot("", "distance between somata (µm)", "share of summed |W|")
			left.X.Scale, left.X.Tick.Marker = plot.LogScale{}, decades{}
			right.Y.Min, right.Y.Max = 0, 1
			left.Y.Min, left.Y.Max = 0, 1
			far, all := d.distanceShares(nil)
			if err := addLine(right, far, all, draw.LineStyle{Color: soft, Width: 2}); err != nil {
				return err
			}
			low, high := math.Inf(1), 0.0
			for _, n := range d.Networks {
				k := d.model(n.Model)
				if k < 0 {
					continue
				}
				x, y := survival(n.Weights)
				if len(x) == 0 {
					continue
				}
				low, high = math.Min(low, x[0]), math.Max(high, x[len(x)-1])
				if err := addLine(left, x, y, lookOf(k).line(1.1)); err != nil {
					return err
				}
				x, y = d.distanceShares(n.Weights)
				if err := addLine(right, x, y, lookOf(k).line(1.1)); err != nil {
					return err
				}
			}
			if high == 0 {
				low, high = 0.1, 1
			}
			left.X.Min, left.X.Max = math.Max(low, 1e-7), math.Max(high, 2e-7)*1.2
			left.Draw(draw.Crop(panel(c, 0, 0.5, 0, 1), 2, -8, 0, -legend))
			right.Draw(draw.Crop(panel(c, 0.5, 1, 0, 1), 6, -8, 0, -legend))
			return nil
		},
	}
}

func addLine(p *plot.Plot, x, y []float64, s draw.LineStyle) error {
	if len(x) == 0 {
		return nil
	}
	points := make(plotter.XYs, len(x))
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
	}
	l, err := plotter.NewLine(points)
	if err != nil {
		return err
	}
	l.LineStyle = s
	p.Add(l)
	return nil
}

// decades marks powers of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	from, to := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	step := math.Max(1, math.Ceil((to-from)/6))
	var out []plot.Tick
	for e := from; e <= to; e += step {
		if v := math.Pow(10, e); v >= low*0.999 && v <= high*1.001 {
			out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("1e%d", int(e))})
		}
	}
	return out
}
