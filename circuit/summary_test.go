package circuit

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"biornn/graph"
	"biornn/internal/rng"
)

func nan() float64 { return math.NaN() }

func near(t *testing.T, what string, got Number, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tolerance) {
		t.Errorf("%s: got %g, want %g", what, float64(got), want)
	}
}

func TestSummaryOfFourNeurons(t *testing.T) {
	s := small(t).Summary()
	if s.Neurons != 4 || s.Pairs != 3 || s.Autapses != 1 || s.NoOutput != 1 || s.NoInput != 2 {
		t.Errorf("counts: %+v", s)
	}
	near(t, "synapses", s.Synapses, 5, 0)
	near(t, "density", s.Density, 3.0/12, 1e-15)
	near(t, "reciprocity", s.Reciprocity, 2.0/3, 1e-15)
	near(t, "mean out-degree", s.OutDegree.Mean, 3.0/4, 1e-15)
	near(t, "SD of in-degree", s.InDegree.SD, math.Sqrt(5.0/4-9.0/16), 1e-15)
	near(t, "largest distance", s.DistanceUM.Max, 5, 1e-15)
	near(t, "last event", s.Events.LastS, 2, 0)
	d, r := s.LikeToLike[0], s.LikeToLike[1]
	near(t, "connected distance", d.Connected, (5+5+3)/3.0, 1e-12)
	if d.NConnected != 3 || d.NUnconn != 9 {
		t.Errorf("pairs: %+v", d)
	}
	near(t, "connected correlation", r.Connected, (.5+.5+.1)/3, 1e-12)
	near(t, "unconnected correlation", r.Unconnected, (.1+.2+.2)/3, 1e-12)
	if r.NConnected+r.NUnconn != 6 {
		t.Errorf("pairs with NaN were counted: %+v", r)
	}
}

func TestSummaryText(t *testing.T) {
	c := small(t)
	c.Provenance.Warnings = []string{strings.Repeat("many words of warning ", 20)}
	var b bytes.Buffer
	if err := c.Summary().Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf("%d columns: %q", utf8.RuneCountInString(line), line)
		}
	}
	for _, want := range []string{"4 (1 without output, 2 without input)", "like to like", "distance_um"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
}

func TestSummaryWithoutSynapses(t *testing.T) {
	c := small(t)
	c.Synapses = graph.FromMatrix(4, make([]float64, 16))
	s := c.Summary()
	if len(s.LikeToLike) != 0 || !math.IsNaN(float64(s.Reciprocity)) {
		t.Errorf("got %+v", s)
	}
	b, err := json.Marshal(s)
	if err != nil || !strings.Contains(string(b), `"reciprocity":null`) {
		t.Errorf("got %s, %v", b, err)
	}
}

// Under a random connectome p is uniform; one that joins near neurons is found.
func TestPermutationTest(t *testing.T) {
	random := rng.New(3, "test")
	below := 0
	for range 40 {
		c := &Circuit{}
		var edges []graph.Edge
		for i := range 30 {
			c.Neurons = append(c.Neurons, Neuron{ID: int64(i), Position: [3]float64{random.Float64(), random.Float64(), random.Float64()}})
			edges = append(edges, graph.Edge{Pre: i, Post: random.IntN(30), Weight: 1})
		}
		var err error
		if c.Synapses, err = graph.FromEdges(30, edges); err != nil {
			t.Fatal(err)
		}
		if c.LikeToLike()[0].P <= 0.25 {
			below++
		}
	}
	// Binomial(40, 1/4): 1 to 21 holds all but 1e-4.
	if below < 1 || below > 21 {
		t.Errorf("%d of 40 random connectomes have p ≤ .25, want about 10", below)
	}
}
