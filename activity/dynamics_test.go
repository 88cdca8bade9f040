package activity

import (
	"errors"
	"math"
	"math/cmplx"
	"slices"
	"testing"

	"biornn/constraint"
	"biornn/rnn"
	"biornn/task"
)

// byHand returns a network of given weights with one input and two outputs.
func byHand(activation string, n int, w []float32) *rnn.Network {
	return &rnn.Network{Neurons: n, Inputs: 1, Outputs: 2, Activation: activation,
		W: w, U: make([]float32, n), B: make([]float32, n), V: make([]float32, 2*n), C: make([]float32, 2)}
}

// constantSet returns trials with the input x at every step.
func constantSet(trials, steps int, x float32) *task.Dataset {
	d := &task.Dataset{Trials: trials, Steps: steps, Inputs: 1, Outputs: 2, Input: make([]float32, trials*steps),
		Label: make([]int32, trials*steps), Weight: make([]float32, trials*steps), Length: make([]int32, trials)}
	for i := range d.Input {
		d.Input[i] = x
	}
	for i := range trials {
		d.Length[i] = int32(steps)
		d.Weight[(i+1)*steps-1] = 1
	}
	return d
}

// started records trials of a map from given states on.
func started(t *testing.T, net *rnn.Network, from [][]float64, steps int) (*Map, *States) {
	t.Helper()
	m, err := NewMap(net)
	if err != nil {
		t.Fatal(err)
	}
	set := constantSet(len(from), steps, 0)
	s := &States{Trials: len(from), Steps: steps, Neurons: net.Neurons, H: make([]float32, len(from)*steps*net.Neurons),
		Input: set.Input, Set: set, Periods: periodsOf(set, steps)}
	z, next := make([]float64, m.n), make([]float64, m.n)
	for trial, h := range from {
		for step := range steps {
			for j, v := range h {
				s.at(trial, step)[j] = float32(v)
			}
			m.step(wide(s.at(trial, step)), m.drive([]float64{0}), z, next)
			h = append([]float64(nil), next...)
		}
	}
	return m, s
}

// tanh(1.5h) has a repeller at 0 and two attractors at ±h* with h* = tanh(1.5h*).
func TestBistable(t *testing.T) {
	star := 0.5
	for range 200 {
		star = math.Tanh(1.5 * star)
	}
	m, s := started(t, byHand("tanh", 1, []float32{1.5}), [][]float64{{0.01}, {-0.01}, {0.9}, {-0.9}, {0.3}}, 12)
	cfg := DefaultConfig()
	cfg.Starts = 60
	f, err := FindFixedPoints(m, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]Point{}
	for _, p := range f.Points {
		if p.Kind != Fixed {
			t.Errorf("a %s point at %g", p.Kind, p.H[0])
		}
		seen[int(math.Round(p.H[0]/star))] = p
	}
	if len(f.Points) != 3 || len(seen) != 3 {
		t.Fatalf("%d points, want 3: %+v", len(f.Points), f.Points)
	}
	slope := 1.5 * (1 - star*star)
	for k, p := range seen {
		near(t, "place", p.H[0], float64(k)*star)
		if k == 0 {
			if p.Unstable != 1 || real(p.Eigenvalues[0]) != 1.5 {
				t.Errorf("at 0: %d unstable directions, λ = %v; want 1 and 1.5", p.Unstable, p.Eigenvalues)
			}
			continue
		}
		near(t, "time constant", p.Slowest, -1/math.Log(slope))
		if p.Unstable != 0 {
			t.Errorf("at %g: %d unstable directions", p.H[0], p.Unstable)
		}
	}
}

// W keeps the direction (1, 1)/√2 and halves (1, −1)/√2: a line of fixed points with λ = 1
// and ½, the latter with a time constant of 1/ln 2 steps.
func TestLineAttractor(t *testing.T) {
	w := []float32{0.75, 0.25, 0.25, 0.75}
	from := [][]float64{{1, 0}, {2, 0.5}, {-1, 1.5}, {0.2, 3}}
	m, s := started(t, byHand("linear", 2, w), from, 3)
	cfg := DefaultConfig()
	cfg.Starts = 12
	f, err := FindFixedPoints(m, s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Points) != len(from) {
		t.Errorf("%d points, want one for each of %d starts on other places of the line", len(f.Points), len(from))
	}
	for _, p := range f.Points {
		if p.Kind != Fixed || math.Abs(p.H[0]-p.H[1]) > 1e-6 {
			t.Errorf("%s point (%g, %g), want one on the line", p.Kind, p.H[0], p.H[1])
		}
		near(t, "λ₁", real(p.Eigenvalues[0]), 1)
		near(t, "λ₂", real(p.Eigenvalues[1]), 0.5)
		near(t, "τ₂", TimeConstant(p.Eigenvalues[1]), 1/math.Ln2)
		if !math.IsInf(p.Slowest, 1) || p.Unstable != 0 {
			t.Errorf("slowest time constant %g, %d unstable; want ∞ and 0", p.Slowest, p.Unstable)
		}
	}
}

// A rotation by 0.3 that shrinks to 0.9 has λ = 0.9·exp(±0.3i).
func TestSpiral(t *testing.T) {
	sin, cos := math.Sincos(0.3)
	w := []float32{float32(0.9 * cos), float32(-0.9 * sin), float32(0.9 * sin), float32(0.9 * cos)}
	m, s := started(t, byHand("tanh", 2, w), [][]float64{{0.5, 0}}, 8)
	f, err := FindFixedPoints(m, s, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Points) != 1 {
		t.Fatalf("%d points, want the origin alone", len(f.Points))
	}
	for i, v := range f.Points[0].Eigenvalues {
		if want := cmplx.Rect(0.9, 0.3*float64(1-2*i)); cmplx.Abs(v-want) > 1e-7 { // weights are float32
			t.Errorf("λ: got %v, want %v", v, want)
		}
	}
}

// relu(0.9h + b) with b = 0.01 nearly stands still at 0.1, where it does; relu(h + 0.01)
// never stands still, its speed is the same everywhere and so nowhere slow.
func TestNowhereFixed(t *testing.T) {
	net := byHand("relu", 1, []float32{1})
	net.B[0] = 0.01
	m, s := started(t, net, [][]float64{{0.5}, {1}}, 6)
	f, err := FindFixedPoints(m, s, DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Points) != 0 || f.Lost != f.Searches {
		t.Errorf("%d points, %d of %d searches lost; want none and all", len(f.Points), f.Lost, f.Searches)
	}
	net.W[0] = 0.9
	m, s = started(t, net, [][]float64{{0.5}, {1}}, 6)
	if f, err = FindFixedPoints(m, s, DefaultConfig()); err != nil || len(f.Points) != 1 {
		t.Fatalf("%d points, %v; want 1", len(f.Points), err)
	}
	if got := f.Points[0].H[0]; math.Abs(got-0.1) > 1e-6 { // 0.9 and 0.01 are float32
		t.Errorf("fixed point at %g, want 0.1", got)
	}
}

// Every derivative against central differences, and the map against the network.
func TestMap(t *testing.T) {
	for _, activation := range rnn.Activations() {
		net := network(t, "go-nogo", 10, activation)
		m, err := NewMap(net)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.describes(record(t, "go-nogo", net, 3, 0)); err != nil {
			t.Errorf("%s: %v", activation, err)
		}
		for _, z := range []float64{-2, -0.3, 0.4, 3} {
			want := (m.phi(z+1e-6) - m.phi(z-1e-6)) / 2e-6
			if got := m.slope(z); math.Abs(got-want) > 1e-8 {
				t.Errorf("%s: φ′(%g): got %g, want %g", activation, z, got, want)
			}
		}
	}
}

// A network of other dynamics must not pass for a simple one.
func TestOtherDynamics(t *testing.T) {
	net := network(t, "go-nogo", 10, "tanh")
	s := record(t, "go-nogo", net, 3, 0)
	net.W[3]++
	m, err := NewMap(net)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.describes(s); !errors.Is(err, ErrUnknownCell) {
		t.Errorf("the states of another network: %v", err)
	}
	if _, err := FindFixedPoints(m, s, DefaultConfig()); !errors.Is(err, ErrUnknownCell) {
		t.Errorf("fixed points of another network: %v", err)
	}
	net.Activation = "cosine"
	if _, err := NewMap(net); !errors.Is(err, ErrUnknownCell) {
		t.Errorf("an unknown activation: %v", err)
	}
}

// A lesion of silent units changes nothing; without the only unit that is read the network
// guesses; the network itself stays as it was.
func TestLesion(t *testing.T) {
	net := network(t, "go-nogo", 20, "relu")
	for _, u := range []int{15, 16, 17, 18, 19} { // nothing drives them
		clear(net.W[u*20 : (u+1)*20])
		clear(net.U[u*3 : (u+1)*3])
		net.B[u] = 0
	}
	before := net.Clone()
	set := trialsOf(t, "go-nogo", 64)
	silent := make([]int, 0, 20)
	for i := range 20 {
		silent = append(silent, 19-i)
	}
	module := make([]int, 20)
	for u := 15; u < 20; u++ {
		module[u] = 1
	}
	l, err := Lesion(net, set, []Order{{"silent first", silent}}, module, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range l.Curves[0].X {
		if x <= 0.25 && l.Curves[0].Accuracy[i] != l.Intact {
			t.Errorf("without %g of the units, all silent: accuracy %g, want %g", x, l.Curves[0].Accuracy[i], l.Intact)
		}
	}
	if m := l.Modules[1]; m.Units != 5 || m.Accuracy != l.Intact {
		t.Errorf("the silent module: %+v", m)
	}
	for i, p := range net.Parameters() {
		for k, v := range p.Data {
			if v != before.Parameters()[i].Data[k] {
				t.Fatalf("the lesions changed %s of the network", p.Name)
			}
		}
	}
	if _, err := Lesion(net, set, []Order{{"too short", silent[:19]}}, nil, 1, 1); err == nil {
		t.Error("an order without all units was accepted")
	}
}

// Trials that are alike are run once and count as often as they occur.
func TestDistinct(t *testing.T) {
	for name, want := range map[string]int{"one-step-inference": 8, "go-nogo": 2, "perceptual-decision": 100} {
		set := trialsOf(t, name, 100)
		different, count := distinct(set)
		sum := 0
		for _, n := range count {
			sum += n
		}
		if different.Trials != want || len(count) != want || sum != 100 {
			t.Errorf("%s: %d different trials, which stand for %d; want %d and 100", name, different.Trials, sum, want)
		}
		net := network(t, name, 10, "relu")
		if got, want := newJudge(net, set).accuracy(func(*rnn.Network) {}), record(t, name, net, 100, 0).Accuracy(); got != want {
			t.Errorf("%s: accuracy %g, want %g", name, got, want)
		}
	}
}

// TestRemove compares zeroed rows and columns with a network that never had the units.
func TestRemove(t *testing.T) {
	for name, net := range cellNetworks(t, "go-nogo", 12) {
		s := record(t, "go-nogo", small(net, 9), 4, 0)
		remove(net, []int{9, 10, 11})
		got := record(t, "go-nogo", net, 4, 0)
		for trial := range 4 {
			for step := range s.Steps {
				for u, want := range s.at(trial, step) {
					if v := got.at(trial, step)[u]; math.Abs(float64(v-want)) > 1e-5*(1+math.Abs(float64(want))) {
						t.Fatalf("%s: step %d, unit %d: got %g, want %g", name, step, u, v, want)
					}
				}
			}
		}
	}
}

// small returns a network of the first units alone.
func small(n *rnn.Network, units int) *rnn.Network {
	out := &rnn.Network{Neurons: units, Inputs: n.Inputs, Outputs: n.Outputs, Activation: n.Activation,
		U: append([]float32(nil), n.U[:units*n.Inputs]...), B: append([]float32(nil), n.B[:units]...), C: append([]float32(nil), n.C...)}
	for i := range units {
		out.W = append(out.W, n.W[i*n.Neurons:i*n.Neurons+units]...)
	}
	out.Cell, out.Leak = n.Cell, n.Leak
	for row := range n.GateB {
		if row%n.Neurons < units {
			out.GateW = append(out.GateW, n.GateW[row*n.Neurons:row*n.Neurons+units]...)
			out.GateU = append(out.GateU, n.GateU[row*n.Inputs:(row+1)*n.Inputs]...)
			out.GateB = append(out.GateB, n.GateB[row])
		}
	}
	if n.InnerB != nil {
		out.InnerB = append([]float32(nil), n.InnerB[:units]...)
	}
	for k := range n.Outputs {
		out.V = append(out.V, n.V[k*n.Neurons:k*n.Neurons+units]...)
	}
	return out
}

// A masked network is the dense one with zeros, also when units and weights are removed.
func TestMasked(t *testing.T) {
	dense := network(t, "go-nogo", 12, "tanh")
	mask := &constraint.Mask{Starts: []int32{0}}
	masked := dense.Clone()
	masked.W, masked.Mask = nil, mask
	for i := range dense.W {
		if i%3 > 0 {
			dense.W[i] = 0
		} else {
			mask.Columns, masked.W = append(mask.Columns, int32(i%12)), append(masked.W, dense.W[i])
		}
		if i%12 == 11 {
			mask.Starts = append(mask.Starts, int32(len(mask.Columns)))
		}
	}
	for _, net := range []*rnn.Network{dense, masked} {
		remove(net, []int{2, 7})
	}
	a, b := record(t, "go-nogo", dense, 5, 0), record(t, "go-nogo", masked, 5, 0)
	if !slices.Equal(a.H, b.H) {
		t.Error("removal of units changes a masked network in another way")
	}
	for k, i := range longest(masked, ramp(12)) {
		if k > 0 && masked.W[i] != dense.Recurrent()[placeIn(mask, i)] {
			t.Errorf("weight %d of the order is another one", k)
		}
	}
}

// ramp returns |post − pre| of n neurons.
func ramp(n int) []float64 {
	d := make([]float64, n*n)
	for i := range d {
		d[i] = math.Abs(float64(i/n - i%n))
	}
	return d
}

// placeIn returns the place in the dense matrix of a weight under a mask.
func placeIn(m *constraint.Mask, i int) int {
	for post := range m.N() {
		if from, to := m.Row(post); i >= from && i < to {
			return post*m.N() + int(m.Columns[i])
		}
	}
	return -1
}

func TestDisturbances(t *testing.T) {
	net := network(t, "go-nogo", 16, "tanh")
	set := trialsOf(t, "go-nogo", 40)
	s := record(t, "go-nogo", net, 40, 0)
	d := ramp(16)
	curves, err := Disturb(net, s, set, d, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, c := range curves {
		names[c.Name] = true
		if c.X[0] == 0 && c.Accuracy[0] != s.Accuracy() {
			t.Errorf("%s: accuracy %g at no dose, want %g", c.Name, c.Accuracy[0], s.Accuracy())
		}
		for i := range c.X {
			if !(c.Low[i] <= c.Accuracy[i]+1e-12 && c.Accuracy[i] <= c.High[i]+1e-12) {
				t.Errorf("%s at %g: mean %g outside %g … %g", c.Name, c.X[i], c.Accuracy[i], c.Low[i], c.High[i])
			}
		}
	}
	if len(names) != 7 {
		t.Errorf("%d curves: %v", len(names), names)
	}
	if got := longest(net, d); math.Abs(d[got[0]]) != 15 || d[got[len(got)-1]] != 1 {
		t.Error("the longest weights do not come first")
	}
	if _, err := Disturb(net, s, set, d[1:], 2, 1); err == nil {
		t.Error("a distance too few was accepted")
	}
}

func TestExplosion(t *testing.T) {
	net := network(t, "go-nogo", 10, "relu")
	for i := range net.W {
		net.W[i] = 1e6
	}
	if _, err := Record(net, describe(t, "go-nogo").Info(), trialsOf(t, "go-nogo", 3), 0, 1); err == nil {
		t.Error("states that are not finite were accepted")
	}
	if _, err := Record(net, describe(t, "one-step-inference").Info(), trialsOf(t, "one-step-inference", 3), 0, 1); err == nil {
		t.Error("a task of other inputs was accepted")
	}
}

func TestOrders(t *testing.T) {
	w := []float64{0, 1, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0} // [post][pre], 4 neurons
	for i, want := range []float64{3, 6, 3, 0} {
		near(t, "strength", Strengths(w, 4)[i], want)
	}
	// unit 1 has 3 of 6 with unit 0 (module 0) and 3 with unit 2 (module 1)
	for i, want := range []float64{0, 0.5, 0, 0} {
		near(t, "participation", Participation(w, 4, []int{0, 0, 1, 1})[i], want)
	}
	for i, want := range []float64{1, 1} {
		near(t, "distance from the centre", FromCentre([][3]float64{{0, 0, 0}, {0, 2, 0}})[i], want)
	}
	if got := Descending([]float64{1, 3, 3, 2}); got[0] != 1 || got[1] != 2 || got[3] != 0 {
		t.Errorf("descending: %v", got)
	}
}
