// Package activity tells what the units of a trained network do: which variables of
// the task they carry, what can be decoded from them and when, how many dimensions
// their activity has, around which fixed points it moves, what fails when units are
// removed or disturbed, and how all that compares with the recorded circuit.
//
// States h are [trial×step×neuron]; W is [post][pre]. Values are float64; only products
// that fill null distributions run in float32.
package activity

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"biornn/rnn"
)

// Config says how a network is examined.
type Config struct {
	Trials int     `json:"trials"`      // test trials that are recorded
	Noise  float64 `json:"input_noise"` // standard deviation added to every input at every step
	Seed   uint64  `json:"seed"`        // names every random stream

	Bins     int     `json:"bins"`     // of time, about, for selectivity and decoding; none crosses a period
	Folds    int     `json:"folds"`    // of the cross-validation
	Shuffles int     `json:"shuffles"` // of labels, for the null of a decoder
	Ridge    float64 `json:"ridge"`    // penalty of the decoder over the summed squares of the states
	Alpha    float64 `json:"alpha"`    // level of tests
	Effect   float64 `json:"effect"`   // least share of variance (ω²) that counts as selective

	Starts int `json:"starts"` // states from which fixed points are sought, for each input
	Points int `json:"points"` // at most so many points are linearised

	LesionTrials int `json:"lesion_trials"` // trials on which accuracies are judged
	Draws        int `json:"draws"`         // random orders of removal, and of disturbances
	Permutations int `json:"permutations"`  // of units, for the nulls of alignments
}

// DefaultConfig returns the values that fit a network of some hundred units.
func DefaultConfig() Config {
	return Config{Trials: 512, Noise: 0.05, Seed: 1, Bins: 25, Folds: 5, Shuffles: 100, Ridge: 1e-4, Alpha: 0.01, Effect: 0.05,
		Starts: 12, Points: 24, LesionTrials: 256, Draws: 5, Permutations: 1000}
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	for _, v := range []struct {
		key         string
		value, from int
	}{
		{"trials", c.Trials, 8}, {"bins", c.Bins, 1}, {"folds", c.Folds, 2}, {"shuffles", c.Shuffles, 1}, {"starts", c.Starts, 1},
		{"points", c.Points, 1}, {"lesion_trials", c.LesionTrials, 1}, {"draws", c.Draws, 1}, {"permutations", c.Permutations, 1},
	} {
		if v.value < v.from || v.value > 1e6 {
			return fmt.Errorf("activity: %s: want a whole number from %d to 1e6, got %d", v.key, v.from, v.value)
		}
	}
	if c.Folds*2 > c.Trials {
		return fmt.Errorf("activity: folds: want at least two trials in each, got %d folds of %d trials", c.Folds, c.Trials)
	}
	for _, v := range []struct {
		key         string
		value, upto float64
	}{{"input_noise", c.Noise, 1e3}, {"ridge", c.Ridge, 1e3}, {"alpha", c.Alpha, 1}, {"effect", c.Effect, 1}} {
		if !(v.value >= 0 && v.value <= v.upto) {
			return fmt.Errorf("activity: %s: want a number from 0 to %g, got %g", v.key, v.upto, v.value)
		}
	}
	if c.Ridge < 1e-9 {
		return fmt.Errorf("activity: ridge: want at least 1e-9, lest the decoder be undetermined, got %g", c.Ridge)
	}
	return nil
}

// ErrUnknownCell is returned by what changes or linearises the weights of a network, if
// the network is neither a simple one, h = φ(W h + U x + b), y = V h + c, nor of the cells
// leaky, gru and lstm.
var ErrUnknownCell = errors.New("the dynamics of this cell are not known here")

// known refuses a network of another cell, or with other weights than the cells have.
func known(net *rnn.Network) error {
	if _, ok := dynamicsOf[net.Cell]; !ok {
		return fmt.Errorf("activity: want a simple network or one of the cells leaky, gru and lstm, got the cell %q: %w", net.Cell, ErrUnknownCell)
	}
	want := []string{"recurrent.weight", "input.weight", "recurrent.bias", "readout.weight", "readout.bias"}
	if len(net.Gates()) > 0 {
		want = append(want, "gates.recurrent.weight", "gates.input.weight", "gates.bias")
	}
	if net.Cell == "gru" {
		want = append(want, "recurrent.inner.bias")
	}
	var got []string
	for _, p := range net.Parameters() {
		got = append(got, p.Name)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("activity: want the weights %s, got %s: %w", strings.Join(want, ", "), strings.Join(got, ", "), ErrUnknownCell)
	}
	return nil
}

// matrices returns the recurrent weights of a network, W and those of its gates; they are
// not copies.
func matrices(net *rnn.Network) [][]float32 {
	out := [][]float32{net.W}
	size := net.Neurons * net.Neurons
	for g := range net.Gates() {
		out = append(out, net.GateW[g*size:(g+1)*size])
	}
	return out
}
