package activity

import (
	"fmt"

	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// States are what a network did in a set of trials.
type States struct {
	Trials, Steps, Neurons int
	StepMS                 float64 // 0: steps have no duration

	H      []float32 // [trial][step][neuron]
	Input  []float32 // as in Set, without noise, [trial][step][input]
	Choice []int32   // of each trial, at its last scored step
	Right  []bool    // whether the choice was the label

	Variables []Variable // of the trials
	Periods   []task.Period
	Set       *task.Dataset
	Warnings  []string
}

// maxStates bounds the memory of recorded states, in numbers of 4 bytes.
const maxStates = 1 << 29

// batchTrials is the number of trials that run side by side.
const batchTrials = 128

// Record runs a network over the trials of a set, with noise of a standard deviation
// added to every input at every step from the stream (seed, activity/noise, trial).
// Trials of different length are recorded up to the end of the shortest.
func Record(net *rnn.Network, info task.Info, set *task.Dataset, noise float64, seed uint64) (*States, error) {
	if set.Inputs != net.Inputs || set.Outputs != net.Outputs {
		return nil, fmt.Errorf("activity: record: want a task of %d inputs and %d outputs as the network has, got %d and %d",
			net.Inputs, net.Outputs, set.Inputs, set.Outputs)
	}
	if size := set.Trials * set.Steps * net.Neurons; size > maxStates || size == 0 {
		return nil, fmt.Errorf("activity: record: want 1 to %d states, got %d of %d trials: record fewer trials", maxStates, size, set.Trials)
	}
	s := &States{Trials: set.Trials, Steps: set.Steps, Neurons: net.Neurons, StepMS: info.StepMS, Input: set.Input, Set: set}
	for _, n := range set.Length {
		s.Steps = min(s.Steps, int(n))
	}
	if s.Steps < set.Steps {
		s.warn("trials differ in length: all are recorded up to step %d, the end of the shortest", s.Steps)
	}
	s.H = make([]float32, s.Trials*s.Steps*s.Neurons)
	s.Choice, s.Right = make([]int32, s.Trials), make([]bool, s.Trials)
	r := newRunner(net, set)
	r.noise, r.seed = noise, seed
	r.run(func(trial, b int) {
		for t := range s.Steps {
			r.pass.State(t, b, s.at(trial, t))
		}
		s.Choice[trial], s.Right[trial] = r.choice(trial, b)
	})
	for i, v := range s.H {
		if v-v != 0 {
			return nil, fmt.Errorf("activity: record: trial %d, step %d: want finite states, got %g: the activity of the network explodes", i/(s.Steps*s.Neurons), i/s.Neurons%s.Steps, v)
		}
	}
	s.Periods = periodsOf(set, s.Steps)
	s.Variables = variablesOf(info, set, s)
	return s, nil
}

// at returns the state of a trial after a step.
func (s *States) at(trial, step int) []float32 {
	at := (trial*s.Steps + step) * s.Neurons
	return s.H[at : at+s.Neurons]
}

// inputs returns those of a trial at the steps that are recorded, [step][input].
func (s *States) inputs(trial int) []float32 {
	at := trial * s.Set.Steps * s.Set.Inputs
	return s.Input[at : at+s.Steps*s.Set.Inputs]
}

// Accuracy returns the share of trials with the right choice.
func (s *States) Accuracy() float64 {
	right := 0
	for _, r := range s.Right {
		if r {
			right++
		}
	}
	return float64(right) / float64(s.Trials)
}

func (s *States) warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// periodsOf returns the periods of the first trial that have steps, cut at the end.
func periodsOf(set *task.Dataset, steps int) []task.Period {
	var out []task.Period
	if len(set.Periods) > 0 {
		for _, p := range set.Periods[0] {
			if p.End = min(p.End, steps); p.End > p.Start {
				out = append(out, p)
			}
		}
	}
	if len(out) == 0 {
		out = []task.Period{{Name: "trial", Start: 0, End: steps}}
	}
	return out
}

// runner runs a network over a set of trials, batch by batch.
type runner struct {
	set   *task.Dataset
	pass  rnn.Pass
	noise float64
	seed  uint64
	last  []int // last scored step of each trial, −1 without
	ever  []bool
}

func newRunner(net *rnn.Network, set *task.Dataset) *runner {
	r := &runner{set: set, pass: rnn.NewPass(net, min(batchTrials, set.Trials), set.Steps, nil)}
	r.last, r.ever = make([]int, set.Trials), make([]bool, set.Steps)
	for i := range set.Trials {
		r.last[i] = -1
		for t := range set.Steps {
			if set.Weight[i*set.Steps+t] > 0 {
				r.last[i] = t
			}
		}
		if r.last[i] >= 0 {
			r.ever[r.last[i]] = true
		}
	}
	return r
}

// run calls visit for each trial, which is trial b of the pass.
func (r *runner) run(visit func(trial, b int)) {
	r.pass.Update()
	row, noise := make([]float32, r.set.Inputs), make([]float64, r.set.Steps*r.set.Inputs)
	for from := 0; from < r.set.Trials; from += batchTrials {
		trials := min(batchTrials, r.set.Trials-from)
		for b := range trials {
			r.setTrial(from+b, b, row, noise)
		}
		r.pass.Forward(trials, r.set.Steps, func(t int) bool { return r.ever[t] })
		for b := range trials {
			visit(from+b, b)
		}
	}
}

func (r *runner) setTrial(trial, b int, row []float32, noise []float64) {
	inputs := r.set.Inputs
	in := r.set.Input[trial*r.set.Steps*inputs:][:r.set.Steps*inputs]
	if r.noise > 0 {
		rng.New(r.seed, "activity/noise", uint64(trial)).FillNorm(noise)
	}
	for t := range r.set.Steps {
		for k := range row {
			row[k] = float32(float64(in[t*inputs+k]) + float64(r.noise*noise[t*inputs+k]))
		}
		r.pass.SetInput(t, b, row)
	}
}

// choice returns the class that the network told at the last scored step.
func (r *runner) choice(trial, b int) (class int32, right bool) {
	t := r.last[trial]
	if t < 0 {
		return 0, false
	}
	y := r.pass.Logits(t, b)
	for k, v := range y {
		if v > y[class] {
			class = int32(k)
		}
	}
	return class, class == r.set.Label[trial*r.set.Steps+t]
}

// accuracy runs all trials and returns the share of right choices.
func (r *runner) accuracy() float64 {
	right := 0
	r.run(func(trial, b int) {
		if _, ok := r.choice(trial, b); ok {
			right++
		}
	})
	return float64(right) / float64(r.set.Trials)
}
