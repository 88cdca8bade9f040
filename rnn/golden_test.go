package rnn

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestCellsOfPyTorch compares gru and lstm with PyTorch's own layers; the file says how
// its numbers were made.
func TestCellsOfPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/torch_cells.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cells map[string]struct {
			States, Logits []float64
			Gradients      [][]float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	const neurons, inputs, outputs, steps, trials = 5, 3, 2, 4, 3
	for _, cell := range []string{"gru", "lstm"} {
		want := golden.Cells[cell]
		net, err := New(DefaultConfig().WithCell(cell), make([]float32, neurons*neurons), nil, inputs, outputs, 1)
		if err != nil {
			t.Fatal(err)
		}
		for a, p := range net.Parameters() {
			for i := range p.Data {
				p.Data[i] = float32(0.5 * math.Sin(1+7*float64(a)+1.3*float64(i)))
			}
		}
		p := NewPass(net, trials, steps, nil)
		row := make([]float32, inputs)
		for step := range steps {
			for trial := range trials {
				for i := range row {
					row[i] = float32(math.Cos(1 + 0.7*float64((step*trials+trial)*inputs+i)))
				}
				p.SetInput(step, trial, row)
			}
		}
		every := func(int) bool { return true }
		p.Update()
		p.Forward(trials, steps, every)
		var states, logits []float32
		h := make([]float32, neurons)
		for step := range steps {
			for trial := range trials {
				p.State(step, trial, h)
				states, logits = append(states, h...), append(logits, p.Logits(step, trial)...)
			}
		}
		near(t, cell+": states", states, want.States)
		near(t, cell+": logits", logits, want.Logits)
		setLoss(p, trials, steps, every)
		p.Backward(trials, steps)
		if len(want.Gradients) != len(net.Parameters()) {
			t.Fatalf("%s: %d gradients for %d parameters", cell, len(want.Gradients), len(net.Parameters()))
		}
		for a, g := range p.Gradient().Parameters() {
			near(t, cell+": dL/d"+g.Name, g.Data, want.Gradients[a])
		}
	}
}

// near compares to the precision of float32.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: want %d numbers, got %d", what, len(want), len(got))
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 2e-6*(1+math.Abs(w)) {
			t.Errorf("%s[%d]: want %g, got %g", what, i, w, got[i])
		}
	}
}
