package activity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/rnn"
)

// Map is one step of a network as a function in float64 from states to states, s ↦ F(s)
// under an input x. The equations are in package rnn. s is h of the simple network,
// h ↦ φ(W h + U x + b), and of gru; the leaky cell's are the potentials of its units, of
// which it tells only r = φ; lstm's are (h, c), 2N numbers.
type Map struct {
	dynamics
	n, inputs int
	size      int       // numbers in a state
	w, u, b   []float64 // [block·N + post][pre or input], the gates' blocks above the candidate's
	inner     []float64 // of gru: b′, inside the reset
	leak      float64   // α of the leaky cell
	phi       func(z float64) float64
	slope     func(z float64) float64 // φ′(z)
}

// dynamics is what distinguishes the map of a cell. States, drives and what a step keeps
// are arrays of N numbers, one after the other.
type dynamics struct {
	states int // arrays in a state
	keeps  int // arrays that a step keeps for its Jacobian
	// hidden: a recording does not hold the whole state.
	hidden bool
	// observe returns what a recording holds of a state: a part of the state itself, or
	// computed in kept.
	observe func(m *Map, state, kept []float64) []float64
	// advance sets next = F(state) and kept, h being what the units tell each other.
	advance func(m *Map, h, state, drive, kept, next []float64)
	// jacobian sets j = dF/ds, [to][from], from what advance kept; nil: system has it.
	jacobian func(m *Map, state, kept []float64, j *mat.Dense)
	// system returns that of a step of the search, from what the step to next kept.
	system func(m *Map, state, next, kept []float64) system
}

var dynamicsOf = map[string]dynamics{
	"":      {states: 1, keeps: 1, observe: wholeState, advance: simpleStep, system: as(simpleSystem)},
	"leaky": {states: 1, keeps: 1, hidden: true, observe: leakyRates, advance: leakyStep, jacobian: leakyJacobian, system: as(leakySystem)},
	"gru":   {states: 1, keeps: 4, observe: wholeState, advance: gruStep, jacobian: gruJacobian, system: as(whole)},
	"lstm":  {states: 2, keeps: 5, hidden: true, observe: lstmOutputs, advance: lstmStep, jacobian: lstmJacobian, system: as(lstmSystem)},
}

// as makes one type of functions that return systems of several.
func as[S system](f func(m *Map, state, next, kept []float64) S) func(*Map, []float64, []float64, []float64) system {
	return func(m *Map, state, next, kept []float64) system { return f(m, state, next, kept) }
}

// NewMap takes over the weights of a network.
func NewMap(net *rnn.Network) (*Map, error) {
	if err := known(net); err != nil {
		return nil, err
	}
	f, ok := nonlinearities[net.Activation]
	if !ok {
		return nil, fmt.Errorf("activity: fixed points: want a known activation, got %q: %w", net.Activation, ErrUnknownCell)
	}
	d := dynamicsOf[net.Cell]
	return &Map{dynamics: d, n: net.Neurons, inputs: net.Inputs, size: d.states * net.Neurons,
		w: wide(net.GateW, net.Recurrent()), u: wide(net.GateU, net.U), b: wide(net.GateB, net.B),
		inner: wide(net.InnerB), leak: float64(net.Leak), phi: f.phi, slope: f.slope}, nil
}

// wide joins arrays in float64.
func wide(arrays ...[]float32) []float64 {
	count := 0
	for _, x := range arrays {
		count += len(x)
	}
	out := make([]float64, 0, count)
	for _, x := range arrays {
		for _, v := range x {
			out = append(out, float64(v))
		}
	}
	return out
}

func logistic(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

var nonlinearities = map[string]struct{ phi, slope func(z float64) float64 }{
	"relu": {func(z float64) float64 { return math.Max(0, z) }, func(z float64) float64 {
		if z > 0 {
			return 1
		}
		return 0
	}},
	"linear": {func(z float64) float64 { return z }, func(float64) float64 { return 1 }},
	"tanh": {math.Tanh, func(z float64) float64 {
		y := math.Tanh(z)
		return 1 - y*y
	}},
	"sigmoid": {logistic, func(z float64) float64 { return logistic(z) * logistic(-z) }},
	"softplus": {func(z float64) float64 { return math.Max(z, 0) + math.Log1p(math.Exp(-math.Abs(z))) },
		logistic},
}

// drive returns U x + b of every block, which a constant input adds at every step.
func (m *Map) drive(x []float64) []float64 {
	out := append([]float64(nil), m.b...)
	for i := range out {
		out[i] += dot(m.u[i*m.inputs:(i+1)*m.inputs], x)
	}
	return out
}

// room returns arrays for what a step keeps and for the state that it makes.
func (m *Map) room() (kept, next []float64) {
	return make([]float64, m.keeps*m.n), make([]float64, m.size)
}

// step sets next = F(state), and kept.
func (m *Map) step(state, drive, kept, next []float64) {
	m.advance(m, m.observe(m, state, kept), state, drive, kept, next)
}

// weights returns the row of a block for the weights to a unit.
func (m *Map) weights(block, post int) []float64 {
	at := (block*m.n + post) * m.n
	return m.w[at : at+m.n]
}

// product returns W h + drive of a unit in a block.
func (m *Map) product(block, post int, h, drive []float64) float64 {
	return drive[block*m.n+post] + dot(m.weights(block, post), h)
}

// follow runs the map along the first steps of a recorded trial, from rest, and calls
// visit with the state after each, which the next step overwrites. What the units tell
// each other is taken from the recording, so that the map makes alone what the recording
// does not hold, and does not drift away from it in a chaotic network.
func (m *Map) follow(s *States, trial, steps int, visit func(t int, state []float64)) {
	kept, next := m.room()
	state := make([]float64, m.size)
	inputs := s.inputs(trial)
	for t := range steps {
		h := m.observe(m, state, kept)
		if t > 0 {
			copy(h, wide(s.at(trial, t-1)))
		}
		m.advance(m, h, state, m.drive(wide(inputs[t*m.inputs:(t+1)*m.inputs])), kept, next)
		visit(t, next)
		state, next = next, state
	}
}

// moment is one of a recording: a trial after a step.
type moment struct{ trial, step int }

// statesAt returns the states at some moments of a recording. Trials of the same inputs
// have the same states, and are followed once.
func (m *Map) statesAt(s *States, moments []moment) [][]float64 {
	out := make([][]float64, len(moments))
	var trials []int
	of := map[int][]int{} // moments by trial
	for k, at := range moments {
		if !m.hidden {
			out[k] = wide(s.at(at.trial, at.step))
			continue
		}
		trial := at.trial
		if same := slices.IndexFunc(trials, func(t int) bool { return slices.Equal(s.inputs(t), s.inputs(trial)) }); same >= 0 {
			trial = trials[same]
		} else {
			trials = append(trials, trial)
		}
		of[trial] = append(of[trial], k)
	}
	for _, trial := range trials {
		last := 0
		for _, k := range of[trial] {
			last = max(last, moments[k].step)
		}
		m.follow(s, trial, last+1, func(t int, state []float64) {
			for _, k := range of[trial] {
				if moments[k].step == t {
					out[k] = slices.Clone(state)
				}
			}
		})
	}
	return out
}

// describes says whether the map predicts recorded states, as it must for the network
// that it claims to be: the next state from the one before and the input, in a trial that
// was recorded without noise.
func (m *Map) describes(s *States) (err error) {
	kept, _ := m.room()
	m.follow(s, 0, s.Steps, func(t int, state []float64) {
		var miss, size float64
		next := m.observe(m, state, kept)
		for i, v := range s.at(0, t) {
			miss += float64((next[i] - float64(v)) * (next[i] - float64(v)))
			size += float64(next[i] * next[i])
		}
		if t > 0 && err == nil && !(math.Sqrt(miss) <= 1e-4*(1e-3+math.Sqrt(size))) {
			err = fmt.Errorf("activity: fixed points: step %d: want a state as the equation of the cell makes it, got one %.2g away: %w", t, math.Sqrt(miss), ErrUnknownCell)
		}
	})
	return err
}
