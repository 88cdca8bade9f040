package report

import (
	"errors"
	"fmt"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"biornn/analysis"
)

// Trajectory holds measures of one network over training.
type Trajectory struct {
	Name   string // for the legend
	Epochs []int  // 0: before training
	Values []map[string]float64
}

// TrajectoryFigure draws measures over epochs as an SVG file, a panel a measure and a line
// a network. A measure that no network has gets no panel.
func TrajectoryFigure(networks []Trajectory, measures []analysis.Definition) ([]byte, error) {
	var shown []analysis.Definition
	for _, m := range measures {
		if len(heights(networks, m.Key)) > 0 {
			shown = append(shown, m)
		}
	}
	if len(shown) == 0 {
		return nil, errors.New("report: none of the measures that are drawn over epochs is there")
	}
	return trajectoryFigure(networks, shown).svg()
}

func trajectoryFigure(networks []Trajectory, measures []analysis.Definition) figure {
	g := gridOf(len(measures))
	width := g.width()
	d := &Data{}
	names := make([]string, len(networks))
	for i, n := range networks {
		d.Models = append(d.Models, Model{Symbol: n.Name})
		names[i] = n.Name
	}
	l := legend{d: d, models: d.allModels()}
	return figure{
		name: "trajectory", title: "Structure over training",
		caption: "Measures of the recurrent weights after each epoch that was kept, 0 being the start: " + strings.Join(names, ", ") + ".",
		width:   width, height: l.height(width) + vg.Length(g.rows)*44*vg.Millimeter,
		paint: func(c draw.Canvas) error {
			l.draw(c)
			c = below(c, l.height(width))
			for i, m := range measures {
				p, err := trajectoryPlot(networks, m)
				if err != nil {
					return err
				}
				p.Draw(g.panel(c, i))
			}
			return nil
		},
	}
}

func trajectoryPlot(networks []Trajectory, m analysis.Definition) (*plot.Plot, error) {
	title := m.Name
	if m.Unit != "" && m.Unit != "share" {
		title = fmt.Sprintf("%s (%s)", m.Name, m.Unit)
	}
	p := newPlot(short(title, longTitle), "epoch", "")
	p.Y.Min, p.Y.Max = span(heights(networks, m.Key), 0.08)
	p.X.Min, p.X.Max = 0, 1
	p.X.Tick.Marker, p.Y.Tick.Marker = wholeTicks{}, roundTicks{}
	for i, n := range networks {
		var points plotter.XYs
		for k, epoch := range n.Epochs {
			p.X.Max = max(p.X.Max, float64(epoch))
			if v, ok := n.Values[k][m.Key]; ok && finite(v) {
				points = append(points, plotter.XY{X: float64(epoch), Y: v})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err
		}
		line.LineStyle, dots.GlyphStyle = lookOf(i).line(1), lookOf(i).dot(1.4)
		p.Add(line, dots)
	}
	return p, nil
}

// heights returns all finite values of a measure.
func heights(networks []Trajectory, key string) []float64 {
	var out []float64
	for _, n := range networks {
		for _, values := range n.Values {
			if v, ok := values[key]; ok && finite(v) {
				out = append(out, v)
			}
		}
	}
	return out
}
