package constraint

import (
	"math"
	"slices"
	"testing"

	"biornn/internal/sharedtest"
	"biornn/microns"
)

func TestPublishedFigures(t *testing.T) {
	c, err := microns.LoadField(sharedtest.File(t, "data", "microns_fields", "6_6_2"), microns.Paper)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if math.Abs(got-want) > tol {
			t.Errorf("%s: got %g, want %g ± %g", what, got, want, tol)
		}
	}
	mean := func(model string) float64 {
		d, err := distances(preset(t, "paper", model), c)
		if err != nil {
			t.Fatal(err)
		}
		return offDiagonalMean(d, c.N())
	}
	near("mean grid distance", mean("WD"), 6.5746, 1e-4)
	near("mean released distance", mean("WD*"), 0.5546, 1e-4)
	near("mean distance of unscrambled positions, each axis 0…1", offDiagonalMean(euclidean(axisScaled(c.Positions())), c.N()), 0.4851, 1e-4)
	sum := func(model string) float64 {
		cfg := preset(t, "paper", model)
		cfg.Lambda = 1
		cfg.Communicability = "none"
		k, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := k.Penalty(k.InitialWeights(), nil)
		return v
	}
	near("Σ|W|D, orthogonal on the grid", sum("WD"), 28852, 300)
	near("Σ|W|D, orthogonal on D*", sum("WD*"), 2432, 25)
	// The scaling of W* hangs on its largest self-loop, so single draws scatter.
	const seeds = 12
	wire, diagonal, rest, top := 0.0, 0.0, 0.0, 0.0
	cfg := preset(t, "paper", "W*D*C")
	cfg.Lambda, cfg.Communicability = 1, "none"
	for seed := range uint64(seeds) {
		k, err := New(cfg, c, seed+1)
		if err != nil {
			t.Fatal(err)
		}
		w := k.InitialWeights()
		v, _ := k.Penalty(w, nil)
		wire += v / seeds
		for i, x := range w {
			if i%(k.n+1) == 0 {
				diagonal += float64(x) / float64(k.n) / seeds
				top = math.Max(top, float64(x))
			} else {
				rest += float64(x) / float64(k.n*(k.n-1)) / seeds
			}
		}
	}
	near("Σ|W|D, W* on D*", wire, 68, 4)
	near("mean self-loop of W*", diagonal, 0.265, 0.02)
	near("largest self-loop of W*", top, 0.95, 0.05)
	near("mean other weight of W*", rest, 0.00127, 1e-4)
	emp, silent := empirical(c.Synapses.Matrix(), c.N(), "epsilon")
	if silent != 166 {
		t.Errorf("silent rows: got %d, want 166", silent)
	}
	total, largest := 0.0, 0.0
	for _, x := range emp {
		total += x
		largest = math.Max(largest, x)
	}
	near("mean of C_emp", total/float64(len(emp)), 129, 2)
	near("largest of C_emp", largest, 1.4e5, 5e3)
}

// axisScaled scales each axis to 0…1, as the released code meant to.
func axisScaled(points [][3]float64) [][3]float64 {
	out := slices.Clone(points)
	for axis := range 3 {
		low, high := math.Inf(1), math.Inf(-1)
		for _, p := range points {
			low, high = math.Min(low, p[axis]), math.Max(high, p[axis])
		}
		for i, p := range points {
			out[i][axis] = (p[axis] - low) / (high - low)
		}
	}
	return out
}

// TestEmpirical: C of the connectome of field 6_6_2 against SciPy 1.17.1 (expm), its
// silent rows as released and cut off.
func TestEmpirical(t *testing.T) {
	c, err := microns.LoadField(sharedtest.File(t, "data", "microns_fields", "6_6_2"), microns.Paper)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		rows                        string
		sum, top, thousandth, tenth float64
	}{
		{"epsilon", 12575388.139157813, 141421.3562373095, 50000, 3.044036786516549},
		{"isolated", 107.2448521080452, 1.533173940786717, 0.4082482909326762, 0.00012654108808968453},
	} {
		got, silent := empirical(c.Synapses.Matrix(), c.N(), test.rows)
		slices.Sort(got)
		sum := 0.0
		for _, x := range got {
			sum += x
		}
		at := func(q float64) float64 { return got[int(q*float64(len(got)-1))] }
		for _, v := range [][2]float64{{sum, test.sum}, {at(1), test.top}, {at(.999), test.thousandth}, {at(.99), test.tenth}} {
			if math.Abs(v[0]/v[1]-1) > 1e-10 {
				t.Errorf("%s: got %.17g, want %.17g", test.rows, v[0], v[1])
			}
		}
		if silent != 166 {
			t.Errorf("%s: %d silent rows, want 166", test.rows, silent)
		}
	}
}
