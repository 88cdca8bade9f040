package activity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// cellNetworks returns a network of every cell for a task, all weights of which are random;
// the simple and the leaky one with every activation.
func cellNetworks(t testing.TB, name string, neurons int) map[string]*rnn.Network {
	t.Helper()
	out := map[string]*rnn.Network{"gru": randomCell(t, name, neurons, "gru", "tanh"), "lstm": randomCell(t, name, neurons, "lstm", "tanh")}
	for _, activation := range rnn.Activations() {
		out["simple "+activation] = randomCell(t, name, neurons, "", activation)
		out["leaky "+activation] = randomCell(t, name, neurons, "leaky", activation)
	}
	return out
}

func randomCell(t testing.TB, name string, neurons int, cell, activation string) *rnn.Network {
	t.Helper()
	info := describe(t, name).Info()
	cfg := rnn.DefaultConfig().WithCell(cell)
	cfg.Activation = activation
	if cell == "leaky" {
		cfg.StepMS = 60 // α = 0.3
	}
	net, err := rnn.New(cfg, make([]float32, neurons*neurons), nil, len(info.Inputs), len(info.Outputs), 3)
	if err != nil {
		t.Fatal(err)
	}
	s := rng.New(5, "test/cells")
	for _, p := range net.Parameters() {
		size := 0.3
		if len(p.Shape) > 1 {
			size = 0.9 / math.Sqrt(float64(p.Shape[len(p.Shape)-1]))
		}
		for i := range p.Data {
			p.Data[i] = float32(size * s.Norm())
		}
	}
	return net
}

// Every Jacobian against central differences of the map at random states.
func TestJacobian(t *testing.T) {
	for name, net := range cellNetworks(t, "go-nogo", 9) {
		m, err := NewMap(net)
		if err != nil {
			t.Fatal(err)
		}
		s := rng.New(8, "test/jacobian")
		for range 5 {
			state, x := make([]float64, m.size), make([]float64, m.inputs)
			s.FillNorm(state)
			s.FillNorm(x)
			drive := m.drive(x)
			kept, next := m.room()
			m.step(state, drive, kept, next)
			got := wholeJacobian(m, state, next, kept)
			const h = 1e-6
			for from := range m.size {
				up, down := slices.Clone(state), slices.Clone(state)
				up[from] += h
				down[from] -= h
				a, b := make([]float64, m.size), make([]float64, m.size)
				m.step(up, drive, kept, a)
				m.step(down, drive, kept, b)
				for to := range m.size {
					if want := (a[to] - b[to]) / (2 * h); math.Abs(got.At(to, from)-want) > 1e-8 {
						t.Fatalf("%s: dF%d/ds%d: got %g, want %g", name, to, from, got.At(to, from), want)
					}
				}
			}
		}
	}
}

// wholeJacobian returns dF/ds as spectra and steps of the search have it.
func wholeJacobian(m *Map, state, next, kept []float64) *mat.Dense {
	if m.jacobian != nil {
		return m.jacobianAt(state, kept)
	}
	a, out := simpleSystem(m, state, next, kept), mat.NewDense(m.n, m.n, nil)
	for x, i := range a.active {
		for y, j := range a.active {
			out.Set(i, j, a.matrix.At(x, y))
		}
		out.Set(i, i, out.At(i, i)+1)
		for j := range m.n { // columns of units that are off are in the right side
			if !slices.Contains(a.active, j) {
				out.Set(i, j, m.slope(kept[i])*m.weights(0, i)[j])
			}
		}
	}
	return out
}

// The map predicts what a network of its weights does, and not what one with any other
// array of weights does.
func TestMapDescribesCells(t *testing.T) {
	for name, net := range cellNetworks(t, "go-nogo", 10) {
		s := record(t, "go-nogo", net, 3, 0)
		check := func(n *rnn.Network) error {
			m, err := NewMap(n)
			if err != nil {
				t.Fatal(err)
			}
			return m.describes(s)
		}
		if err := check(net); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for k, p := range net.Parameters() {
			if p.Name == "readout.weight" || p.Name == "readout.bias" {
				continue
			}
			other := net.Clone()
			for i := range p.Data {
				other.Parameters()[k].Data[i] += 0.05
			}
			if err := check(other); !errors.Is(err, ErrUnknownCell) {
				t.Errorf("%s: the states of a network with another %s pass: %v", name, p.Name, err)
			}
		}
		if net.Cell == "leaky" {
			other := net.Clone()
			other.Leak = 0.32
			if err := check(other); !errors.Is(err, ErrUnknownCell) {
				t.Errorf("%s: the states of a network of another α pass: %v", name, err)
			}
		}
	}
	net := network(t, "go-nogo", 10, "tanh")
	net.Cell = "liquid"
	if _, err := NewMap(net); !errors.Is(err, ErrUnknownCell) {
		t.Errorf("an unknown cell: %v", err)
	}
	if _, err := Lesion(net, trialsOf(t, "go-nogo", 8), nil, nil, 1, 1); !errors.Is(err, ErrUnknownCell) {
		t.Errorf("lesions of an unknown cell: %v", err)
	}
}

// From the states at any moment of any trial, one step makes what was recorded next.
func TestStatesAt(t *testing.T) {
	for _, of := range []string{"go-nogo", "perceptual-decision"} { // few inputs, and all different
		for name, net := range cellNetworks(t, of, 10) {
			s := record(t, of, net, 12, 0)
			m, err := NewMap(net)
			if err != nil {
				t.Fatal(err)
			}
			var moments []moment
			for trial := range s.Trials {
				for step := trial % 3; step+1 < s.Steps; step += 7 {
					moments = append(moments, moment{trial, step})
				}
			}
			kept, next := m.room()
			for k, state := range m.statesAt(s, moments) {
				at := moments[k]
				drive := m.drive(wide(s.inputs(at.trial)[(at.step+1)*m.inputs:][:m.inputs]))
				m.step(state, drive, kept, next)
				for i, v := range m.observe(m, next, kept) {
					if want := float64(s.at(at.trial, at.step+1)[i]); math.Abs(v-want) > 1e-5*(1+math.Abs(want)) {
						t.Fatalf("%s, %s, trial %d, step %d, unit %d: got %g, want %g", of, name, at.trial, at.step+1, i, v, want)
					}
				}
			}
		}
	}
}

// What a cell solves for apart changes no Newton step, and for lstm no damped one.
func TestSystems(t *testing.T) {
	for name, net := range cellNetworks(t, "go-nogo", 11) {
		m, err := NewMap(net)
		if err != nil {
			t.Fatal(err)
		}
		state := make([]float64, m.size)
		rng.New(4, "test/systems").FillNorm(state)
		kept, next := m.room()
		m.step(state, m.drive(make([]float64, m.inputs)), kept, next)
		all := &plain{active: inOrder(m.size), matrix: wholeJacobian(m, state, next, kept), rest: make([]float64, m.size)}
		for i := range m.size {
			all.matrix.Set(i, i, all.matrix.At(i, i)-1)
			all.right = append(all.right, state[i]-next[i])
		}
		compare := func(what string, a, b []float64, okA, okB bool) {
			t.Helper()
			if !okA || !okB || len(a) != len(b) {
				t.Fatalf("%s, %s: solved %v and %v, %d and %d numbers", name, what, okA, okB, len(a), len(b))
			}
			for i := range a {
				near(t, fmt.Sprintf("%s, %s, number %d", name, what, i), a[i], b[i])
			}
		}
		got := m.system(m, state, next, kept)
		a, okA := got.newton()
		b, okB := all.newton()
		compare("Newton", a, b, okA, okB)
		for _, mu := range []float64{10, 1e-3} {
			if net.Cell == "lstm" {
				a, okA = got.damped(mu)
				b, okB = all.damped(mu)
				compare(fmt.Sprintf("μ = %g", mu), a, b, okA, okB)
			}
		}
	}
}

// pointsOf records trials of constant inputs and seeks the points.
func pointsOf(t *testing.T, net *rnn.Network, set *task.Dataset) []Point {
	t.Helper()
	s, err := Record(net, task.Info{Outputs: []string{"a", "b"}}, set, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMap(net)
	if err != nil {
		t.Fatal(err)
	}
	f, err := FindFixedPoints(m, s, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return f.Points
}

// aPoint compares the only point with states and eigenvalues that are known.
func aPoint(t *testing.T, what string, points []Point, state, eigenvalues []float64) {
	t.Helper()
	if len(points) != 1 || points[0].Kind != Fixed {
		t.Fatalf("%s: want one fixed point, got %+v", what, points)
	}
	p := points[0]
	for i, want := range state {
		if math.Abs(p.H[i]-want) > 1e-7 { // weights are float32
			t.Errorf("%s: number %d of the state: got %g, want %g", what, i, p.H[i], want)
		}
	}
	slices.Sort(eigenvalues)
	slices.Reverse(eigenvalues)
	slow := 0.0
	for i, want := range eigenvalues {
		if math.Abs(real(p.Eigenvalues[i])-want) > 1e-7 || imag(p.Eigenvalues[i]) != 0 {
			t.Errorf("%s: λ%d: got %v, want %g", what, i, p.Eigenvalues[i], want)
		}
		if want > 0 {
			slow = max(slow, -1/math.Log(want))
		}
	}
	if math.Abs(p.Slowest-slow) > 1e-5*slow || p.Unstable != 0 {
		t.Errorf("%s: time constant %g, %d unstable directions; want %g and 0", what, p.Slowest, p.Unstable, slow)
	}
}

// Without recurrent weights the points are those of single units, in closed form.
func TestPointsOfSingleUnits(t *testing.T) {
	const n, x = 3, 0.7
	set := constantSet(4, 30, x)
	at := func(w []float32, i int) float64 { return float64(w[i]) }
	for _, cell := range rnn.Cells() {
		net := randomCell(t, "go-nogo", n, cell, "tanh")
		net.Inputs, net.Outputs = 1, 2
		net.U, net.V, net.C = []float32{0.5, -1, 0.8}, make([]float32, 2*n), make([]float32, 2)
		net.GateU = []float32{0.1, -0.3, 0.4, 0.9, -0.7, 0.2, -0.6, 0.3, 0.5}[:len(net.GateB)]
		clear(net.W)
		clear(net.GateW)
		var states, cells, eigenvalues []float64
		for i := range n {
			drive := at(net.U, i)*float64(float32(x)) + at(net.B, i)
			gate := func(g int) float64 { return logistic(at(net.GateU, g*n+i)*float64(float32(x)) + at(net.GateB, g*n+i)) }
			switch cell {
			case "leaky":
				states, eigenvalues = append(states, drive), append(eigenvalues, 1-float64(net.Leak))
			case "gru":
				states = append(states, math.Tanh(drive+gate(0)*at(net.InnerB, i)))
				eigenvalues = append(eigenvalues, gate(1))
			case "lstm":
				c := gate(0) * math.Tanh(drive) / (1 - gate(1))
				states, cells = append(states, gate(2)*math.Tanh(c)), append(cells, c)
				eigenvalues = append(eigenvalues, gate(1), 0)
			}
		}
		aPoint(t, cell, pointsOf(t, net, set), append(states, cells...), eigenvalues)
	}
}

// The leaky cell rests where the simple network does, and takes 1/α times as long: x = 1.5
// tanh x has a repeller at 0 and attractors at ±x*, with λ = 1 − α + 1.5α(1 − tanh² x).
func TestLeakyBistable(t *testing.T) {
	net := byHand("tanh", 1, []float32{1.5})
	net.Cell, net.Leak, net.U[0] = "leaky", 0.25, 1
	set := constantSet(6, 24, 0)
	for trial := range set.Trials {
		set.Periods = append(set.Periods, []task.Period{{Name: "push", Start: 0, End: 4}, {Name: "free", Start: 4, End: 24}})
		for step := range 4 {
			set.Input[trial*24+step] = []float32{1, -1, 0.05, -0.05, 0.3, -0.3}[trial]
		}
	}
	star := 1.0
	for range 200 {
		star = 1.5 * math.Tanh(star)
	}
	seen := map[float64]bool{}
	for _, p := range pointsOf(t, net, set) {
		if p.Input != "free" {
			continue
		}
		k := math.Round(p.H[0] / star)
		seen[k] = true
		near(t, "place", p.H[0], k*star)
		y := math.Tanh(k * star)
		near(t, "λ", real(p.Eigenvalues[0]), 0.75+0.375*(1-y*y))
		if want := map[bool]int{true: 1}[k == 0]; p.Unstable != want || p.Kind != Fixed {
			t.Errorf("at %g: %s, %d unstable directions, want %d", p.H[0], p.Kind, p.Unstable, want)
		}
	}
	if len(seen) != 3 || !seen[-1] || !seen[0] || !seen[1] {
		t.Errorf("points at x* times %v, want −1, 0 and 1", seen)
	}
}

// Removed units are at φ(0) at every step, those of lstm with c = 0, and without all units
// the answer is that of the read-out's bias.
func TestRemovedCells(t *testing.T) {
	set := trialsOf(t, "go-nogo", 64)
	for name, net := range cellNetworks(t, "go-nogo", 12) {
		l, err := Lesion(net, set, nil, make([]int, 12), 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		answer, right := 0, 0
		for k, v := range net.C {
			if v > net.C[answer] {
				answer = k
			}
		}
		r := newRunner(net, set)
		for trial := range set.Trials {
			if set.Label[trial*set.Steps+r.last[trial]] == int32(answer) {
				right++
			}
		}
		if got, want := l.Modules[0].Accuracy, float64(right)/64; got != want || l.Modules[0].Units != 12 {
			t.Errorf("%s: accuracy %g without all %d units, want %g of a constant answer", name, got, l.Modules[0].Units, want)
		}

		gone := []int{0, 5, 11}
		remove(net, gone)
		s := record(t, "go-nogo", net, 4, 0)
		m, err := NewMap(net)
		if err != nil {
			t.Fatal(err)
		}
		var moments []moment
		for step := range s.Steps {
			moments = append(moments, moment{1, step})
		}
		for step, state := range m.statesAt(s, moments) {
			for _, u := range gone {
				h := float64(s.at(1, step)[u])
				if want := m.phi(0); math.Abs(h-want) > 1e-7 {
					t.Fatalf("%s: step %d, unit %d: h is %g, want %g", name, step, u, h, want)
				}
				if net.Cell == "lstm" && state[12+u] != 0 {
					t.Fatalf("%s: step %d, unit %d: c is %g, want 0", name, step, u, state[12+u])
				}
			}
		}
	}
}

// A disturbance of no dose changes nothing, one of weights changes all matrices.
func TestDisturbedCells(t *testing.T) {
	set := trialsOf(t, "go-nogo", 40)
	for _, cell := range rnn.Cells() {
		net := randomCell(t, "go-nogo", 12, cell, "tanh")
		s := record(t, "go-nogo", net, 40, 0)
		curves, err := Disturb(net, s, set, ramp(12), 2, 1)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range curves {
			if c.X[0] == 0 && c.Accuracy[0] != s.Accuracy() {
				t.Errorf("%s, %s: accuracy %g at no dose, want %g", cell, c.Name, c.Accuracy[0], s.Accuracy())
			}
		}
		if len(curves) != 7 {
			t.Errorf("%s: %d curves", cell, len(curves))
		}

		j := newJudge(net, set)
		order := weakest(net)
		pruned(j, "weakest", order)
		kept := 12*11 - int(math.Round(0.975*12*11))
		for k, w := range matrices(j.copy) {
			for _, i := range order[:len(order)-kept] {
				if w[i] != 0 {
					t.Fatalf("%s: matrix %d keeps a weak weight", cell, k)
				}
			}
			if w[order[len(order)-1]] == 0 || w[0] == 0 {
				t.Errorf("%s: matrix %d lost its strongest weight or a self-loop", cell, k)
			}
		}
		size := func(i int) (sum float64) {
			for _, w := range matrices(net) {
				sum += math.Abs(float64(w[i]))
			}
			return sum
		}
		for k, i := range order[1:] {
			if size(i) < size(order[k])-1e-6 {
				t.Fatalf("%s: the weakest weights do not come first", cell)
			}
		}
		weightNoise(j, 1, 1)
		var noise []float64 // on the first weight of each matrix, over their standard deviation
		for k, w := range matrices(net) {
			noise = append(noise, float64(matrices(j.copy)[k][0]-w[0])/deviationOf(w))
			if noise[k] == 0 || k > 0 && math.Abs(noise[k]-noise[k-1]) < 1e-3 {
				t.Errorf("%s: noise of %v standard deviations on the matrices, want some of its own on each", cell, noise)
			}
		}
		quantised(j) // the last dose is one bit
		for k, w := range matrices(net) {
			mean := 0.0
			for _, v := range w {
				mean += math.Abs(float64(v)) / float64(len(w))
			}
			for _, v := range matrices(j.copy)[k] {
				if math.Abs(math.Abs(float64(v))-mean) > 1e-6 {
					t.Fatalf("%s: matrix %d has a weight of %g with one bit, want ±%g", cell, k, v, mean)
				}
			}
		}
	}
}

// The noise that a unit gathers has the standard deviation that is asked for; a closed
// update gate keeps it out.
func TestStateNoise(t *testing.T) {
	const n, steps = 4, 4000
	for _, cell := range []string{"", "leaky", "gru"} {
		net := byHand("linear", n, make([]float32, n*n))
		want := 0.5
		switch cell {
		case "leaky":
			net.Cell, net.Leak = cell, 0.1
		case "gru":
			net = randomCell(t, "go-nogo", n, cell, "tanh")
			net.Inputs, net.Outputs, want = 1, 2, 0
			net.U, net.GateU, net.V, net.C = make([]float32, n), make([]float32, 2*n), make([]float32, 2*n), make([]float32, 2)
			clear(net.GateW)
			for i := range n {
				net.GateB[n+i] = 50
			}
		}
		noisy := withNoiseInputs(net)
		scaleNoise(noisy, net.Inputs, 0.5)
		set := constantSet(1, steps, 0)
		r := newRunner(noisy, &task.Dataset{Trials: 1, Steps: steps, Inputs: noisy.Inputs, Outputs: 2, Label: set.Label, Weight: set.Weight, Length: set.Length})
		r.setNoisy(set, 0, 1, 1)
		r.rightAmong(0, 1)
		h, all := make([]float32, n), []float32(nil)
		for step := 100; step < steps; step++ {
			r.pass.State(step, 0, h)
			all = append(all, h...)
		}
		if got := deviationOf(all); math.Abs(got-want) > 0.06*want {
			t.Errorf("cell %q: standard deviation %g, want %g", cell, got, want)
		}
	}
}
