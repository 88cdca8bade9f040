package circuit

import (
	"math"
	"slices"
	"strings"
	"testing"

	"biornn/graph"
)

// line is a circuit of six neurons 10 µm apart: 0, 1, 2 all connected, 3 with 2, 4 with
// 3, 5 alone.
func line(t *testing.T) *Circuit {
	t.Helper()
	c := &Circuit{Name: "line"}
	for i := range 6 {
		c.Neurons = append(c.Neurons, Neuron{ID: int64(i + 1), Type: []string{"E", "I"}[i%2], Position: [3]float64{float64(10 * i), 0, 0}})
	}
	var err error
	if c.Synapses, err = graph.FromEdges(6, []graph.Edge{{Pre: 0, Post: 1, Weight: 1}, {Pre: 1, Post: 0, Weight: 1}, {Pre: 1, Post: 2, Weight: 1},
		{Pre: 2, Post: 0, Weight: 1}, {Pre: 2, Post: 3, Weight: 1}, {Pre: 4, Post: 3, Weight: 1}, {Pre: 5, Post: 5, Weight: 9}}); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChoose(t *testing.T) {
	far := math.Inf(1)
	for name, x := range map[string]struct {
		s    Selection
		want []int64
	}{
		"all":       {Selection{}, []int64{1, 2, 3, 4, 5, 6}},
		"types":     {Selection{Types: []string{"I"}}, []int64{2, 4, 6}},
		"box":       {Selection{Low: &[3]float64{10, -far, -far}, High: &[3]float64{30, far, far}}, []int64{2, 3, 4}},
		"nearest":   {Selection{Nearest: 2, Around: &[3]float64{49, 0, 0}}, []int64{5, 6}},
		"2-core":    {Selection{KCore: 2}, []int64{1, 2, 3}},
		"1-core":    {Selection{KCore: 1}, []int64{1, 2, 3, 4, 5}},
		"strongest": {Selection{Strongest: 1}, []int64{3}},
		"both":      {Selection{Types: []string{"E"}, KCore: 1}, []int64{1, 3}},
	} {
		got, err := line(t).Choose(x.s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var ids []int64
		for _, n := range got.Neurons {
			ids = append(ids, n.ID)
		}
		if !slices.Equal(ids, x.want) {
			t.Errorf("%s: want neurons %v, got %v", name, x.want, ids)
		}
	}
	a, err := line(t).Choose(Selection{Random: 3, Seed: 4})
	if err != nil || a.N() != 3 {
		t.Fatalf("random: want 3 neurons, got %v, %v", a, err)
	}
	b, _ := line(t).Choose(Selection{Random: 3, Seed: 4})
	if a.Hash() != b.Hash() {
		t.Error("random: want the same neurons for the same seed")
	}
	for want, s := range map[string]Selection{
		`no neuron is of type "X"; there are "E", "I"`: {Types: []string{"X"}},
		"no neuron is left":                            {KCore: 3},
		"both corners":                                 {Low: &[3]float64{}},
		"at least 0, got -1":                           {Nearest: -1},
	} {
		if _, err := line(t).Choose(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// The cell at 4,4,40 nm voxel (240640, 207872, 21360) lies 515 µm below the pia by the
// published transform; distances stay.
func TestOriented(t *testing.T) {
	c := line(t)
	c.Neurons[0].Position = [3]float64{962.56, 831.488, 854.4}
	o := c.Oriented()
	x, y := 962.56, 831.488
	a := 5 * math.Pi / 180
	want := [3]float64{math.Cos(a)*x - math.Sin(a)*y, math.Sin(a)*x + math.Cos(a)*y - 396.67103, 854.4}
	for k, v := range o.Neurons[0].Position {
		if math.Abs(v-want[k]) > 1e-9 {
			t.Fatalf("want %v, got %v", want, o.Neurons[0].Position)
		}
	}
	for i, d := range o.Distances() {
		if math.Abs(d-c.Distances()[i]) > 1e-9 {
			t.Fatal("want distances unchanged")
		}
	}
}
