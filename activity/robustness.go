package activity

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// Doses of disturbances.
var (
	noiseDoses = []float64{0, 0.1, 0.2, 0.5, 1, 2}         // over a standard deviation
	bitDoses   = []float64{8, 6, 5, 4, 3, 2, 1}            // of a weight, its sign included from 2 on
	pruneDoses = []float64{0, 0.25, 0.5, 0.75, 0.9, 0.975} // share of weights set to 0
)

// Disturb judges a network with noise on its neurons, inputs and weights, with weights of
// few bits and with weights removed.
//
//   - states: noise inside the nonlinearity of every neuron at every step, of a standard
//     deviation of so many times that of the states (root mean square over neurons). The
//     potential of a leaky unit gathers the noise of all steps: that of a step is such that
//     what is gathered has this standard deviation in the end. In gru and lstm the noise is
//     that of the candidate, so that a closed gate keeps it out
//   - inputs: noise on every input at every step, over the standard deviation of the inputs
//   - weights: noise on every recurrent weight, over their standard deviation
//   - bits: recurrent weights rounded to 2^bits − 1 levels between ± the largest |W| (1 bit:
//     only the sign and the mean |W| remain)
//   - pruned: the weakest, the longest or random recurrent weights between different
//     neurons set to 0
//
// In gru and lstm weights are those of the candidate and of all gates. Standard deviations
// and the largest |W| are those of each matrix; all weights from one neuron to another are
// pruned together, those with the least sum of magnitudes as the weakest.
//
// Noise on weights and random choices are drawn several times; noise on states and inputs
// is another one in every trial, so that one draw of it will do. distances, [post][pre] in
// any unit, may be nil: then nothing is pruned by length.
func Disturb(net *rnn.Network, s *States, set *task.Dataset, distances []float64, draws int, seed uint64) ([]Curve, error) {
	if err := known(net); err != nil {
		return nil, err
	}
	if n := net.Neurons; distances != nil && len(distances) != n*n {
		return nil, fmt.Errorf("activity: robustness: want %d distances, got %d", n*n, len(distances))
	}
	j := newJudge(net, set)
	out := []Curve{
		stateNoise(net, s, set, seed),
		inputNoise(net, set, seed),
		weightNoise(j, draws, seed),
		quantised(j),
		pruned(j, "weakest weights pruned", weakest(net)),
	}
	if distances != nil {
		out = append(out, pruned(j, "longest weights pruned", longest(net, distances)))
	}
	var random [][]int
	for r := range draws {
		random = append(random, drawn(net, rng.New(seed, "activity/prune", uint64(r))))
	}
	return append(out, pruned(j, "random weights pruned", random...)), nil
}

// stateNoise gives every neuron an input of its own, which carries the noise: the network
// itself is left as it is.
func stateNoise(net *rnn.Network, s *States, set *task.Dataset, seed uint64) Curve {
	c := Curve{Name: "noise on states", Dose: "standard deviation of the noise over that of the states"}
	spread := s.spread()
	noisy := withNoiseInputs(net)
	r := newRunner(noisy, &task.Dataset{Trials: set.Trials, Steps: set.Steps, Inputs: noisy.Inputs, Outputs: set.Outputs,
		Label: set.Label, Weight: set.Weight, Length: set.Length})
	right := make([]float64, len(noiseDoses))
	for from := 0; from < set.Trials; from += batchTrials {
		trials := min(batchTrials, set.Trials-from)
		r.setNoisy(set, from, trials, seed)
		for k, dose := range noiseDoses {
			scaleNoise(noisy, net.Inputs, dose*spread)
			right[k] += float64(r.rightAmong(from, trials))
		}
	}
	for k, dose := range noiseDoses {
		c.add(dose, []float64{right[k] / float64(set.Trials)})
	}
	return c.finish()
}

// withNoiseInputs returns a copy of a network with a further input for each neuron, after
// the others and of weight 0; in gru and lstm it is one of the candidate.
func withNoiseInputs(net *rnn.Network) *rnn.Network {
	out := net.Clone()
	out.Inputs = net.Inputs + net.Neurons
	widen := func(u []float32) []float32 {
		wider := make([]float32, len(u)/net.Inputs*out.Inputs)
		for row := range len(u) / net.Inputs {
			copy(wider[row*out.Inputs:], u[row*net.Inputs:(row+1)*net.Inputs])
		}
		return wider
	}
	out.U, out.GateU = widen(net.U), widen(net.GateU)
	return out
}

// scaleNoise sets the standard deviation of the noise inside the nonlinearity of every
// neuron, given the number of inputs that are none of noise.
func scaleNoise(net *rnn.Network, inputs int, size float64) {
	for i := range net.Neurons {
		net.U[i*net.Inputs+inputs+i] = float32(size * gathering(net))
	}
}

// gathering returns the standard deviation of the noise of a step for which what a unit
// gathers has one of 1: of ξ_t with x_t = (1 − α) x_{t−1} + α ξ_t for a leaky unit.
func gathering(net *rnn.Network) float64 {
	if net.Cell != "leaky" {
		return 1
	}
	alpha := float64(net.Leak)
	return math.Sqrt((2 - alpha) / alpha)
}

// setNoisy sets the inputs of some trials, with a standard normal number on every further
// input.
func (r *runner) setNoisy(set *task.Dataset, from, trials int, seed uint64) {
	row, noise := make([]float32, r.set.Inputs), make([]float64, r.set.Inputs-set.Inputs)
	for b := range trials {
		stream := rng.New(seed, "activity/state-noise", uint64(from+b))
		for t := range set.Steps {
			copy(row, set.Input[((from+b)*set.Steps+t)*set.Inputs:][:set.Inputs])
			stream.FillNorm(noise)
			for k, v := range noise {
				row[set.Inputs+k] = float32(v)
			}
			r.pass.SetInput(t, b, row)
		}
	}
}

// rightAmong runs trials whose inputs are set and counts the right choices.
func (r *runner) rightAmong(from, trials int) int {
	r.pass.Update()
	r.pass.Forward(trials, r.set.Steps, func(t int) bool { return r.ever[t] })
	count := 0
	for b := range trials {
		if _, ok := r.choice(from+b, b); ok {
			count++
		}
	}
	return count
}

// spread returns the root of the mean over neurons of the variance of their states.
func (s *States) spread() float64 {
	mean, squares := make([]float64, s.Neurons), make([]float64, s.Neurons)
	count := float64(s.Trials * s.Steps)
	for at := 0; at < len(s.H); at += s.Neurons {
		for j, v := range s.H[at : at+s.Neurons] {
			mean[j] += float64(v) / count
			squares[j] += float64(v) * float64(v) / count
		}
	}
	sum := 0.0
	for j, m := range mean {
		sum += math.Max(0, squares[j]-float64(m*m))
	}
	return math.Sqrt(sum / float64(s.Neurons))
}

func inputNoise(net *rnn.Network, set *task.Dataset, seed uint64) Curve {
	c := Curve{Name: "noise on inputs", Dose: "standard deviation of the noise over that of the inputs"}
	r := newRunner(net, set)
	spread := deviationOf(set.Input)
	for _, dose := range noiseDoses {
		r.noise, r.seed = dose*spread, seed
		c.add(dose, []float64{r.accuracy()})
	}
	return c.finish()
}

func deviationOf(x []float32) float64 {
	var sum, squares float64
	for _, v := range x {
		sum += float64(v)
	}
	mean := sum / float64(len(x))
	for _, v := range x {
		squares += float64((float64(v) - mean) * (float64(v) - mean))
	}
	return math.Sqrt(squares / float64(len(x)))
}

func weightNoise(j *judge, draws int, seed uint64) Curve {
	c := Curve{Name: "noise on weights", Dose: "standard deviation of the noise over that of the weights"}
	var spread []float64
	count := 0
	for _, w := range matrices(j.intact) {
		spread = append(spread, deviationOf(w))
		count += len(w)
	}
	noise := make([]float64, count)
	for _, dose := range noiseDoses {
		var all []float64
		for draw := range draws {
			rng.New(seed, "activity/weight-noise", uint64(draw)).FillNorm(noise)
			all = append(all, j.accuracy(func(n *rnn.Network) {
				rest := noise
				for k, w := range matrices(n) {
					for i := range w {
						w[i] += float32(dose * spread[k] * rest[i])
					}
					rest = rest[len(w):]
				}
			}))
			if dose == 0 {
				break
			}
		}
		c.add(dose, all)
	}
	return c.finish()
}

func quantised(j *judge) Curve {
	c := Curve{Name: "weights of few bits", Dose: "bits of a recurrent weight"}
	for _, bits := range bitDoses {
		c.add(bits, []float64{j.accuracy(func(n *rnn.Network) {
			for _, w := range matrices(n) {
				quantise(w, bits)
			}
		})})
	}
	return c.finish()
}

// quantise rounds weights to 2^bits − 1 levels; with one bit to ± their mean magnitude.
func quantise(weights []float32, bits float64) {
	var top, mean float64
	for _, w := range weights {
		top = math.Max(top, math.Abs(float64(w)))
		mean += math.Abs(float64(w)) / float64(len(weights))
	}
	step := top / (math.Pow(2, bits-1) - 1)
	for i, w := range weights {
		switch {
		case bits > 1 && top > 0:
			weights[i] = float32(math.Round(float64(w)/step) * step)
		case w != 0:
			weights[i] = float32(math.Copysign(mean, float64(w)))
		}
	}
}

// pruned sets growing shares of weights to 0, in each of the orders.
func pruned(j *judge, name string, orders ...[]int) Curve {
	c := Curve{Name: name, Dose: "share of the recurrent weights between different neurons"}
	for _, share := range pruneDoses {
		var all []float64
		for _, o := range orders {
			gone := o[:int(math.Round(share*float64(len(o))))]
			all = append(all, j.accuracy(func(n *rnn.Network) {
				for _, w := range matrices(n) {
					for _, i := range gone {
						w[i] = 0
					}
				}
			}))
			if share == 0 {
				break
			}
		}
		c.add(share, all)
	}
	return c.finish()
}

// synapsesOf lists the places in W, and in the matrix of every gate, of the weights
// between different neurons, with post and pre.
func synapsesOf(net *rnn.Network) (place []int, ends [][2]int) {
	at := 0
	each(net, func(post, pre int, _ *float32) {
		if post != pre {
			place, ends = append(place, at), append(ends, [2]int{post, pre})
		}
		at++
	})
	return place, ends
}

func weakest(net *rnn.Network) []int {
	place, _ := synapsesOf(net)
	size := make([]float32, len(net.W))
	rnn.Total(size, matrices(net))
	slices.SortStableFunc(place, func(a, b int) int { return cmp.Compare(size[a], size[b]) })
	return place
}

func longest(net *rnn.Network, distances []float64) []int {
	place, ends := synapsesOf(net)
	order, out := inOrder(len(place)), make([]int, len(place))
	far := func(k int) float64 { return distances[ends[k][0]*net.Neurons+ends[k][1]] }
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(far(a), far(b)) })
	for k, i := range order {
		out[k] = place[i]
	}
	return out
}

func drawn(net *rnn.Network, s *rng.Stream) []int {
	place, _ := synapsesOf(net)
	out := make([]int, len(place))
	for k, i := range s.Perm(len(place)) {
		out[k] = place[i]
	}
	return out
}
