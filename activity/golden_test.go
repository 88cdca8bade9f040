package activity

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/sharedtest"
)

// golden is functional.json: values of numpy, scipy and netrep.
type golden struct {
	Matrices map[string][][]float64 `json:"matrices"`
	Cases    []struct {
		ID    string          `json:"id"`
		Value json.RawMessage `json:"value"`
	} `json:"cases"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	text, err := os.ReadFile(sharedtest.File(t, "golden", "graphs", "functional.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g golden) matrix(name string) *mat.Dense {
	rows := g.Matrices[name]
	m := mat.NewDense(len(rows), len(rows[0]), nil)
	for i, r := range rows {
		m.SetRow(i, r)
	}
	return m
}

func (g golden) value(t *testing.T, id string, to any) {
	t.Helper()
	for _, c := range g.Cases {
		if c.ID == id {
			if err := json.Unmarshal(c.Value, to); err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			return
		}
	}
	t.Fatalf("there is no case %s", id)
}

// near compares with a relative tolerance of 1e-10.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-10*(1+math.Abs(want))) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

func TestGolden(t *testing.T) {
	g := readGolden(t)
	x := g.matrix("X")
	d, err := PrincipalComponents(x)
	if err != nil {
		t.Fatal(err)
	}
	var number float64
	var list []float64
	g.value(t, "participation_ratio", &number)
	near(t, "participation ratio", d.Participation, number)
	g.value(t, "pca_explained_variance_ratio", &list)
	for i, v := range list {
		near(t, "share of a component", d.Spectrum[i], v)
	}
	g.value(t, "n_components_90", &number)
	if d.N90 != int(number) {
		t.Errorf("components for 90 %%: got %d, want %g", d.N90, number)
	}
	cka, err := LinearCKA(x, g.matrix("Y"))
	if err != nil {
		t.Fatal(err)
	}
	g.value(t, "netrep_angular_cka", &number)
	near(t, "CKA", cka, math.Cos(number))

	var fc [][]float64
	g.value(t, "pearson_fc", &fc)
	c := correlationOf(covariance(x))
	for i, row := range fc {
		for j, v := range row {
			near(t, "correlation", c.At(i, j), v)
		}
	}
	var alignment map[string]float64
	g.value(t, "fc_alignment", &alignment)
	got, left, err := AlignMatrices(c, g.matrix("FC2"), nil, 0, 1, "test")
	if err != nil || left != 0 {
		t.Fatalf("%d units left out, %v", left, err)
	}
	for _, a := range got {
		if want, ok := alignment[a.Measure]; ok {
			near(t, a.Measure, a.Value, want)
			delete(alignment, a.Measure)
		}
	}
	delete(alignment, "kendall_tau_b") // not offered
	if len(alignment) > 0 {
		t.Errorf("not compared: %v", alignment)
	}
}
