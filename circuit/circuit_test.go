package circuit

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/gonum/mat"

	"biornn/graph"
)

const rootID = 864691135761488438 // needs more than 53 bits

// small returns a valid circuit of four neurons: 0→1 twice, 1→0, 2→1, 2→2; neuron 3
// is disconnected and silent.
func small(t testing.TB) *Circuit {
	t.Helper()
	g, err := graph.FromEdges(4, []graph.Edge{{Pre: 0, Post: 1, Weight: 2}, {Pre: 1, Post: 0, Weight: 1}, {Pre: 2, Post: 1, Weight: 1}, {Pre: 2, Post: 2, Weight: 1}})
	if err != nil {
		t.Fatal(err)
	}
	nan := math.NaN()
	return &Circuit{
		Name: "small",
		Neurons: []Neuron{
			{ID: rootID, Name: "a", Type: "23P", Sign: 1, Position: [3]float64{0, 0, 0}},
			{ID: rootID + 1, Type: "größer", Sign: -1, Position: [3]float64{3, 4, 0}},
			{ID: -7, Position: [3]float64{0, 4, 0}},
			{ID: 0, Position: [3]float64{0.1, 0.2, 0.3}},
		},
		Synapses: g,
		Correlation: mat.NewDense(4, 4, []float64{
			1, .5, .2, nan,
			.5, 1, .1, nan,
			.2, .1, 1, nan,
			nan, nan, nan, nan}),
		STTC:      mat.NewDense(4, 4, []float64{1, .4, 0, 0, .4, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}),
		Events:    [][]float64{{0.5, 1}, {2}, {0.25}, {}},
		FrameRate: 6.3,
		Provenance: Provenance{Origin: "test", Sources: []Source{{Name: "x", Bytes: 3}},
			Steps: []string{"one"}, Warnings: []string{"a < b & c"}},
	}
}

func TestValidateWarns(t *testing.T) {
	got, err := small(t).Validate()
	want := []string{
		"1 of 4 neurons are disconnected (no synapse with another): 0",
		"1 of 4 neurons have no correlation (NaN): 0",
		"1 of 4 neurons are silent (no events): 0",
	}
	if err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("got %v, %v", err, cmp.Diff(want, got))
	}
}

func TestValidateRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Circuit)
		want   string
	}{
		{"no neurons", func(c *Circuit) { c.Neurons = nil }, "at least one neuron"},
		{"same id", func(c *Circuit) { c.Neurons[3].ID = -7 }, "neuron -7 (row 3): want unique ids, row 2"},
		{"NaN position", func(c *Circuit) { c.Neurons[1].Position[2] = math.NaN() }, "neuron 864691135761488439 (row 1): z: want a finite soma position"},
		{"sign", func(c *Circuit) { c.Neurons[1].Sign = 3 }, "sign: want −1, 0 or +1, got 3"},
		{"NUL", func(c *Circuit) { c.Neurons[0].Name = "a\x00" }, "without NUL"},
		{"no graph", func(c *Circuit) { c.Synapses = nil }, "want a synapse graph"},
		{"graph size", func(c *Circuit) { c.Synapses = graph.FromMatrix(1, []float64{0}) }, "want a graph of 4 neurons, got 1"},
		{"weight", func(c *Circuit) { c.Synapses = graph.FromMatrix(4, append(make([]float64, 15), -1)) }, "weight above 0, got -1"},
		{"matrix size", func(c *Circuit) { c.STTC = mat.NewDense(3, 4, nil) }, "sttc: want a 4×4 matrix, got 3×4"},
		{"stray NaN", func(c *Circuit) { c.Correlation.Set(0, 1, math.NaN()) }, "got NaN though both"},
		{"infinite", func(c *Circuit) { c.STTC.Set(0, 1, math.Inf(-1)) }, "want a finite number, got -Inf"},
		{"asymmetric", func(c *Circuit) { c.STTC.Set(1, 0, .41) }, "sttc: want a symmetric matrix, got 0.41 at rows 1, 0"},
		{"trains", func(c *Circuit) { c.Events = c.Events[:2] }, "want a train for each of 4 neurons, got 2"},
		{"order", func(c *Circuit) { c.Events[0] = []float64{2, 1} }, "want ascending times in s, got 1 at 1"},
		{"rate", func(c *Circuit) { c.FrameRate = -1 }, "frame rate"},
	} {
		x := small(t)
		c.change(x)
		if _, err := x.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
}

func TestSelect(t *testing.T) {
	c := small(t)
	got, err := c.Select([]int{1, 0})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := got.Validate(); err != nil {
		t.Fatal(err)
	}
	if got.Neurons[0].ID != rootID+1 || got.Synapses.Weight(1, 0) != 2 || got.Synapses.Weight(0, 1) != 1 || got.Synapses.Len() != 2 {
		t.Errorf("wrong neurons or synapses: %v, %v", got.Neurons, got.Synapses.Edges())
	}
	if got.STTC.At(0, 1) != .4 || got.Events[0][0] != 2 || got.Precision != nil {
		t.Errorf("wrong matrices or events: %v %v", got.STTC, got.Events)
	}
	if len(c.Provenance.Steps) != 1 || !strings.Contains(got.Provenance.Steps[1], "2 of 4 neurons (2 of 4 connected pairs)") {
		t.Errorf("steps: %v", got.Provenance.Steps)
	}
	for _, bad := range [][]int{{}, {4}, {-1}, {1, 1}} {
		if _, err := c.Select(bad); err == nil {
			t.Errorf("Select(%v) was accepted", bad)
		}
	}
}

func TestHash(t *testing.T) {
	a, b := small(t), small(t)
	b.Name, b.Provenance = "other", Provenance{}
	if a.Hash() != b.Hash() || len(a.Hash()) != 64 {
		t.Errorf("the same data under another name: %s and %s", a.Hash(), b.Hash())
	}
	seen := map[string]int{a.Hash(): -1}
	for i, change := range []func(*Circuit){
		func(c *Circuit) { c.Neurons[0].ID++; c.Neurons[0].ID--; c.Neurons[0].Sign = 0 },
		func(c *Circuit) { c.Neurons[2].Position[1] = math.Nextafter(4, 5) },
		func(c *Circuit) { c.STTC = nil },
		func(c *Circuit) { c.Precision, c.STTC = c.STTC, nil },
		func(c *Circuit) { c.Events = nil },
		func(c *Circuit) { c.Events[0], c.Events[1] = []float64{0.5}, []float64{1, 2} },
		func(c *Circuit) { c.Neurons[0].Type = "4P" },
	} {
		c := small(t)
		change(c)
		if j, ok := seen[c.Hash()]; ok {
			t.Errorf("changes %d and %d have one hash", i, j)
		}
		seen[c.Hash()] = i
	}
}
