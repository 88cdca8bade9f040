package report

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/activity"
	"biornn/task"
)

// functionSample makes up a result with so many variables.
func functionSample(variables int, stepMS float64) *activity.Result {
	r := &activity.Result{Model: "wd-c", Task: "one-step-inference", Seed: 3, Config: activity.DefaultConfig(), Steps: 50, StepMS: stepMS, Neurons: 40,
		Guessing: 0.25, Periods: []task.Period{{Name: "fixation", Start: 0, End: 2}, {Name: "stimulus", Start: 2, End: 30}, {Name: "delay", Start: 30, End: 48}, {Name: "decision", Start: 48, End: 50}}}
	var bins []activity.Bin
	for b := range 10 {
		bins = append(bins, activity.Bin{Start: 5 * b, End: 5*b + 5})
	}
	r.Selectivity = activity.Selectivity{Bins: bins}
	for v := range variables {
		r.Selectivity.Effects = append(r.Selectivity.Effects, fmt.Sprintf("variable_%d", v))
		d := activity.Decoding{Variable: fmt.Sprintf("variable_%d", v), Levels: v + 2, Bins: bins}
		for b := range bins {
			x := 0.5 + 0.5*math.Sin(float64(b+v))
			d.Accuracy = append(d.Accuracy, x)
			d.NullLow, d.NullMean, d.NullHigh = append(d.NullLow, 0.2), append(d.NullMean, 0.3), append(d.NullHigh, 0.4)
			d.Cross = append(d.Cross, make([]float64, len(bins)))
			d.Cross[b][b] = x
		}
		r.Decoding = append(r.Decoding, d)
	}
	for range bins {
		units := make([][]activity.Effect, r.Neurons)
		for u := range units {
			units[u] = make([]activity.Effect, variables)
		}
		r.Selectivity.Of = append(r.Selectivity.Of, units)
	}
	r.All = activity.Dimensions{Spectrum: []float64{0.6, 0.2, 0.1, 0.05, 0.03, 0.02}, Participation: 2.4, N90: 3}
	r.Driven = activity.Dimensions{Spectrum: []float64{0.9, 0.1}, Participation: 1.2, N90: 1}
	for i := range 6 {
		kind := activity.Fixed
		if i%2 > 0 {
			kind = activity.Slow
		}
		r.FixedPoints.Points = append(r.FixedPoints.Points, activity.Point{Input: fmt.Sprintf("stimulus (coherence 51.2, direction %d)", i), Kind: kind,
			Eigenvalues: []complex128{complex(1.2, 0), complex(0.9, 0.1), complex(0.9, -0.1), complex(0.1*float64(i), 0), 0}})
	}
	for _, name := range []string{"strength", "participation", "nearness to the centre", "at random"} {
		r.Lesions.Curves = append(r.Lesions.Curves, activity.Curve{Name: name, X: []float64{0, 0.25, 0.5}, Accuracy: []float64{1, 0.6, 0.3},
			Low: []float64{1, 0.5, 0.2}, High: []float64{1, 0.7, 0.4}, Draws: 5})
	}
	for m := range 5 {
		r.Lesions.Modules = append(r.Lesions.Modules, activity.Module{Units: 8, Share: 0.2, Accuracy: 0.2 * float64(m), Random: 0.5, Low: 0.4, High: 0.6})
	}
	for _, name := range []string{"noise on states", "noise on inputs", "noise on weights", "weakest weights pruned", "longest weights pruned", "random weights pruned"} {
		r.Disturbed = append(r.Disturbed, activity.Curve{Name: name, X: []float64{0, 1, 2}, Accuracy: []float64{1, 0.6, 0.3}, Low: []float64{1, 0.6, 0.3}, High: []float64{1, 0.6, 0.3}, Draws: 1})
		if strings.HasSuffix(name, "pruned") {
			r.Disturbed[len(r.Disturbed)-1].X = []float64{0, 0.5, 0.975}
		}
	}
	r.Disturbed = append(r.Disturbed, activity.Curve{Name: "weights of few bits", X: []float64{8, 4, 1}, Accuracy: []float64{1, 0.6, 0.3}, Low: []float64{1, 0.6, 0.3}, High: []float64{1, 0.6, 0.3}, Draws: 1})
	return r
}

func TestFunctionFigures(t *testing.T) {
	for _, c := range []struct {
		variables int
		stepMS    float64
	}{{1, 0}, {2, 100}, {3, 0}, {4, 20}, {5, 0}} {
		r := functionSample(c.variables, c.stepMS)
		all := functionFigures(r)
		if len(all) != 7 {
			t.Fatalf("%d figures, want 7", len(all))
		}
		for _, f := range all {
			t.Run(fmt.Sprintf("%d variables/%s", c.variables, f.name), func(t *testing.T) {
				checkLayout(t, f)
				svg, err := f.svg()
				if err != nil {
					t.Fatal(err)
				}
				again, _ := f.svg()
				if !bytes.Equal(svg, again) {
					t.Error("the figure differs from call to call")
				}
				wellFormed(t, f.name, svg)
				if s := string(svg); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
					t.Error("a number that is none")
				}
			})
		}
	}
}

// TestFunctionLittle draws results that lack one thing or another.
func TestFunctionLittle(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFunction(dir, &activity.Result{}); err != nil {
		t.Error(err)
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("%d figures of nothing", len(files))
	}
	r := functionSample(2, 0)
	r.Guessing = math.NaN()
	for i := range r.FixedPoints.Points {
		r.FixedPoints.Points[i].Eigenvalues = []complex128{1.1, 0} // nothing decays
	}
	if err := WriteFunction(dir, r); err != nil {
		t.Fatal(err)
	}
	for _, f := range functionFigures(r) {
		checkPNG(t, filepath.Join(dir, f.name+".png"), f)
	}
}
