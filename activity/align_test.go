package activity

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/graph"
	"biornn/internal/rng"
)

func TestCKAInvariance(t *testing.T) {
	s := rng.New(2, "test/cka")
	x, y := mat.NewDense(50, 4, nil), mat.NewDense(50, 3, nil)
	for i := range 50 {
		for j := range 4 {
			x.Set(i, j, s.Norm())
		}
		for j := range 3 {
			y.Set(i, j, x.At(i, j)+s.Norm())
		}
	}
	before, err := LinearCKA(x, y)
	if err != nil {
		t.Fatal(err)
	}
	sin, cos := math.Sincos(0.7)
	turn := mat.NewDense(4, 4, []float64{cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0})
	var moved mat.Dense
	moved.Mul(x, turn)
	moved.Scale(3, &moved)
	for i := range 50 {
		moved.Set(i, 2, moved.At(i, 2)+10)
	}
	after, err := LinearCKA(&moved, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CKA after rotation, scaling and shift", after, before)
	same, err := LinearCKA(x, &moved)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CKA of a rotation with the original", same, 1)
	if _, err := LinearCKA(x, mat.NewDense(49, 3, nil)); err == nil {
		t.Error("features of other samples were accepted")
	}
}

// Relabelled units agree no better than chance; the same matrix agrees best.
func TestAlignment(t *testing.T) {
	s := rng.New(4, "test/align")
	const n = 40
	x, positions := mat.NewDense(60, n, nil), make([][3]float64, n)
	for i := range 60 {
		common := s.Norm()
		for j := range n {
			x.Set(i, j, s.Norm()+common*float64(j)/n)
		}
	}
	for j := range positions {
		positions[j] = [3]float64{float64(j), 0, 0}
	}
	c := correlationOf(covariance(x))
	got, _, err := AlignMatrices(c, c, nil, 200, 1, "test/relabel")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range got {
		near(t, a.Measure+" of a matrix with itself", a.Value, 1)
		if a.P > 1.0/200 || a.NullHigh > 0.999 {
			t.Errorf("%s: p %.3f, null up to %.3f", a.Measure, a.P, a.NullHigh)
		}
	}
	local, _, err := AlignMatrices(c, c, Neighbourhoods(positions, 5), 200, 1, "test/relabel")
	if err != nil {
		t.Fatal(err)
	}
	if local[0].NullMean < got[0].NullMean+0.1 {
		t.Errorf("similarity depends on place, but nulls within neighbourhoods agree %.3f, all %.3f", local[0].NullMean, got[0].NullMean)
	}
	off := mat.DenseCopyOf(c)
	for j := range n {
		off.Set(3, j, math.NaN())
		off.Set(j, 3, math.NaN())
	}
	if _, left, err := AlignMatrices(off, c, nil, 5, 1, "test"); err != nil || left != 1 {
		t.Errorf("a unit that never varies: %d left out, %v; want 1", left, err)
	}
	if _, _, err := AlignMatrices(c, mat.NewDense(3, 3, nil), nil, 5, 1, "test"); err == nil {
		t.Error("matrices of different size were accepted")
	}
}

func TestNeighbourhoods(t *testing.T) {
	s := rng.New(4, "test/places")
	p := make([][3]float64, 100)
	for i := range p {
		p[i] = [3]float64{s.Float64(), s.Float64(), 10 * s.Float64()}
	}
	count := map[int]int{}
	for _, g := range Neighbourhoods(p, 8) {
		count[g]++
	}
	for g, n := range count {
		if n > 8 || n < 4 {
			t.Errorf("group %d has %d units", g, n)
		}
	}
}

// Weights that follow the synapses are found, weights that do not are not, and weights
// that merely decay with distance as the synapses do are not once lengths are kept.
func TestSynapses(t *testing.T) {
	const n = 60
	s := rng.New(9, "test/synapses")
	var edges []graph.Edge
	distances, near := make([]float64, n*n), make([]float64, n*n)
	for i := range n * n {
		post, pre := i/n, i%n
		distances[i] = math.Abs(float64(post - pre))
		near[i] = math.Exp(-distances[i]/10) + 0.1*s.Float64()
		if post != pre && s.Float64() < 0.4*math.Exp(-distances[i]/10) {
			edges = append(edges, graph.Edge{Pre: pre, Post: post, Weight: float64(1 + s.IntN(4))})
		}
	}
	g, err := graph.FromEdges(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	follow := make([]float64, n*n)
	for i := range follow {
		follow[i] = 0.5 * s.Norm()
	}
	for _, e := range edges {
		follow[e.Post*n+e.Pre] = -2 * e.Weight
	}
	for name, c := range map[string]struct {
		w       []float64
		free    bool // found against equal degrees
		lengths bool // and against equal lengths
	}{"follow": {follow, true, true}, "near": {near, true, false}, "unrelated": {noise(n*n, s), false, false}} {
		free, err := AlignSynapses(c.w, g, nil, 60, 1)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := AlignSynapses(c.w, g, distances, 60, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := free[2].P < 0.05; got != c.free {
			t.Errorf("%s: AUC %.3f, p %.3f against equal degrees", name, free[2].Value, free[2].P)
		}
		if got := kept[2].P < 0.05; got != c.lengths {
			t.Errorf("%s: AUC %.3f, p %.3f against equal degrees and lengths", name, kept[2].Value, kept[2].P)
		}
		if name == "follow" && (free[2].Value < 0.95 || free[1].Value < 0.999) {
			t.Errorf("AUC %.3f, correlation of connected pairs %.3f", free[2].Value, free[1].Value)
		}
	}
	if _, err := AlignSynapses(follow[1:], g, nil, 1, 1); err == nil {
		t.Error("a weight too few was accepted")
	}
}

func noise(n int, s *rng.Stream) []float64 {
	out := make([]float64, n)
	s.FillNorm(out)
	return out
}
