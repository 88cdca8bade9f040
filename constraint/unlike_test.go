package constraint

import (
	"math"
	"strings"
	"testing"

	"biornn/graph"
)

// TestNoLikeToLike: degrees stay, lengths nearly, and the connected pairs correlate like
// all pairs, which they did not before.
func TestNoLikeToLike(t *testing.T) {
	c := sampleOf(t, 120)
	base, _ := Preset("corrected")
	cfg, err := base.ApplyVariant("W*D*C+synapses-only+no-like-to-like")
	if err != nil {
		t.Fatal(err)
	}
	r, doubts, err := controlled(cfg, c, 5)
	if err != nil || len(doubts) > 0 {
		t.Fatalf("%q, %v", doubts, err)
	}
	_, before := aboveMean(c)
	_, after := aboveMean(r)
	count := c.Synapses.Len()
	was, is := before/float64(count), after/float64(count)
	if was < 0.005 || math.Abs(is) > 1.001*unlikeTolerance*was {
		t.Errorf("want the connected pairs to correlate like all pairs, got %g more, before %g", is, was)
	}
	if r.Synapses.Len() != count || r.Hash() == c.Hash() {
		t.Error("want as many connections, others")
	}
	for i := range c.N() {
		a, _ := c.Synapses.Out(i)
		b, _ := r.Synapses.Out(i)
		if len(a) != len(b) {
			t.Fatalf("neuron %d: want %d posts, got %d", i, len(a), len(b))
		}
	}
	length := func(g *graph.Digraph) (sum float64) {
		d := c.Distances()
		for _, e := range g.Edges() {
			sum += d[e.Pre*c.N()+e.Post]
		}
		return sum
	}
	if ratio := length(r.Synapses) / length(c.Synapses); math.Abs(ratio-1) > 0.05 {
		t.Errorf("want lengths kept, got the ratio %g", ratio)
	}
	if _, doubts, err = controlled(cfg, sample(t), 5); err != nil || len(doubts) != 1 && len(doubts) != 2 {
		t.Errorf("a circuit of few connections: want doubts, got %q, %v", doubts, err)
	}
	c.Correlation = nil
	if _, err := New(cfg, c, 5); err == nil || !strings.Contains(err.Error(), "want synapses and a correlation") {
		t.Errorf("without correlations: %v", err)
	}
}
