package report

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// modularityAgainstSmallWorld draws Q against σ, a point a run, a panel a task.
func (d *Data) modularityAgainstSmallWorld() figure {
	g := gridOf(len(d.Tasks))
	width := g.width()
	l := legend{d, d.allModels(), true}
	keyX, keyY, nulls := "small_worldness_density", "modularity_louvain", "Q of Louvain communities; σ against random graphs of equal density, 1 (dotted) for structureless networks"
	if d.Preset == "paper" {
		keyX, keyY, nulls = "small_worldness", "modularity", "Q of greedy communities; σ against the published null graphs, which are not matched in density, so that 1 (dotted) is not the level of structureless networks"
	}
	return figure{
		name: "structure", title: "Modularity and small-worldness",
		caption: "Each run's modularity Q and small-worldness σ after training, a point a run (" + d.runsText() + "): " + nulls + ". Runs that diverged or lack a measure are not shown.",
		width:   width, height: vg.Length(g.rows)*58*vg.Millimeter + l.height(width),
		paint: func(c draw.Canvas) error {
			l.draw(c)
			c = below(c, l.height(width))
			x0, x1 := span(append(d.column(keyX), 1), 0.06)
			y0, y1 := span(d.column(keyY), 0.08)
			for i, t := range d.Tasks {
				p := newPlot(short(t.Title, longTitle), "small-worldness σ", "modularity Q")
				g.onlyFirst(p, i)
				p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = x0, x1, y0, y1
				p.X.Tick.Marker, p.Y.Tick.Marker = roundTicks{}, roundTicks{}
				if err := addLine(p, []float64{1, 1}, []float64{y0, y1}, draw.LineStyle{Color: soft, Width: thin, Dashes: []vg.Length{1, 2}}); err != nil {
					return err
				}
				if err := d.addRuns(p, t, keyX, keyY); err != nil {
					return err
				}
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
}

// addRuns adds a glyph for every run that has both measures.
func (d *Data) addRuns(p *plot.Plot, t Task, keyX, keyY string) error {
	for k, m := range d.Models {
		var points plotter.XYs
		for _, r := range d.Records {
			x, okX := r.Values[keyX]
			y, okY := r.Values[keyY]
			if r.Model == m.Slug && r.Task == t.Name && r.Outcome == analysis.Finished && okX && okY && finite(x) && finite(y) {
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
		s.GlyphStyle.Color = faded(lookOf(k).color, 0xc8)
		p.Add(s)
	}
	return nil
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
	g := grid{columns: 2, rows: 1}
	width := vg.Length(twoColumn)
	l := legend{d: d, models: d.allModels()}
	return figure{
		name: "distributions", title: "Strength and length of connections",
		caption: "Of " + d.examplesText() + ". Left: share of connections at least as strong as |W|, without self-loops. Right: share of the summed |W| that connects somata at most this far apart; grey: all pairs, as if weight did not depend on distance.",
		width:   width, height: 58*vg.Millimeter + l.height(width),
		paint: func(c draw.Canvas) error {
			l.draw(c)
			c = below(c, l.height(width))
			left, err := d.strengthPlot()
			if err != nil {
				return err
			}
			right, err := d.lengthPlot()
			if err != nil {
				return err
			}
			left.Draw(g.panel(c, 0))
			right.Draw(g.panel(c, 1))
			return nil
		},
	}
}

// least is the weakest strength that is told from zero.
const least = 1e-7

func (d *Data) strengthPlot() (*plot.Plot, error) {
	p := newPlot("", "connection strength |W|", "share at least as strong")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, decades{}
	p.X.Tick.Label.Handler = exponents{plot.DefaultTextHandler}
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = accuracyTicks{}
	low, high := math.Inf(1), 0.0
	for _, n := range d.Networks {
		x, y := survival(n.Weights)
		k := d.model(n.Model)
		if k < 0 || len(x) == 0 {
			continue
		}
		low, high = math.Min(low, x[0]), math.Max(high, x[len(x)-1])
		if err := addLine(p, x, y, lookOf(k).line(1.1)); err != nil {
			return nil, err
		}
	}
	if high == 0 {
		low, high = 0.1, 1
	}
	p.X.Min, p.X.Max = math.Max(low, least), math.Max(high, 2*least)*1.2
	return p, nil
}

func (d *Data) lengthPlot() (*plot.Plot, error) {
	p := newPlot("", "distance between somata (µm)", "share of summed |W|")
	p.Y.Min, p.Y.Max = 0, 1
	p.Y.Tick.Marker = accuracyTicks{}
	p.X.Tick.Marker = roundTicks{}
	far, all := d.distanceShares(nil)
	if len(far) == 0 {
		p.X.Min, p.X.Max = 0, 1
		return p, nil
	}
	p.X.Min, p.X.Max = 0, far[len(far)-1]
	if err := addLine(p, far, all, draw.LineStyle{Color: faded(soft, 0x80), Width: 3}); err != nil {
		return nil, err
	}
	for _, n := range d.Networks {
		k := d.model(n.Model)
		if k < 0 {
			continue
		}
		x, y := d.distanceShares(n.Weights)
		if err := addLine(p, x, y, lookOf(k).line(1.1)); err != nil {
			return nil, err
		}
	}
	return p, nil
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
