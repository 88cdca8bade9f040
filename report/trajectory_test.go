package report

import (
	"math"
	"strings"
	"testing"

	"biornn/analysis"
)

// TestTrajectory: panels for what is there, none for what is not; values that are missing
// or not finite leave gaps.
func TestTrajectory(t *testing.T) {
	networks := []Trajectory{
		{"W*D*C, go-nogo, seed 1", []int{0, 1, 2}, []map[string]float64{{"modularity": 0.1}, {"modularity": 0.2, "entropy_bits": math.NaN()}, {"modularity": 0.3}}},
		{"W, go-nogo, seed 1", []int{0, 5}, []map[string]float64{{"modularity": 0.1}, {"spectral_radius": 0.9}}},
	}
	var measures []analysis.Definition
	for _, key := range []string{"modularity", "spectral_radius", "entropy_bits", "wiring_cost"} {
		d, ok := analysis.Define(key)
		if !ok {
			t.Fatal(key)
		}
		measures = append(measures, d)
	}
	svg, err := TrajectoryFigure(networks, measures)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, "trajectory", svg)
	for text, there := range map[string]bool{"modularity Q": true, "spectral radius": true, "weight entropy": false, "wiring cost": false, "seed 1": true, "NaN": false} {
		if strings.Contains(string(svg), text) != there {
			t.Errorf("%q in the figure: want %v", text, there)
		}
	}
	if _, err := TrajectoryFigure(networks, measures[2:]); err == nil {
		t.Error("a figure of nothing was drawn")
	}
}
