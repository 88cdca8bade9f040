package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"biornn/internal/crew"
	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// Job is a network with its constraint and its three data sets.
type Job struct {
	Network          *rnn.Network
	Constraint       Constraint
	Train, Val, Test *task.Dataset
	Seed             uint64 // names the streams of input noise and order
	// Threads share the work of every update; below 2 there is one. They change no bit
	// of the result.
	Threads int
	// Checkpoint keeps the state now and then; without Save it is never kept.
	Checkpoint Checkpoint
	// Resume is a state to go on from; nil: from the beginning.
	Resume *State
}

func (j Job) check() error {
	for _, set := range []struct {
		name string
		d    *task.Dataset
	}{{"training", j.Train}, {"validation", j.Val}, {"test", j.Test}} {
		if set.d == nil || set.d.Trials == 0 {
			return fmt.Errorf("train: the %s set is empty", set.name)
		}
		if set.d.Inputs != j.Network.Inputs || set.d.Outputs != j.Network.Outputs {
			return fmt.Errorf("train: %s set: want %d inputs and %d outputs as in the network, got %d and %d",
				set.name, j.Network.Inputs, j.Network.Outputs, set.d.Inputs, set.d.Outputs)
		}
	}
	return nil
}

// loop holds everything that one training run needs from update to update.
type loop struct {
	cfg    Config
	job    Job
	pass   rnn.Pass
	crew   *crew.Crew
	opt    *optimiser
	loss   lossFunc
	update int
	order  []int
	now    progress
	kept   time.Time   // when the state was saved last
	noise  [][]float64 // of one trial, for each member of the crew
	noisy  [][]float32 // one step of it, likewise
	units  rnn.Noisy   // the pass, where its units have noise of their own
	xi     [][]float64 // of all units at one step, likewise
	filled struct {    // what fill works on
		set    *trials
		chosen []int
		noise  *rng.Stream
		unit   *rng.Stream // of the units' own noise
		part   func(part, parts int)
	}
	result Result

	whole, price []float32 // of penalise: Σ|W| and its gradient

	train, val, test *trials
}

// trials is a data set with what its weights say: the steps at which any trial is
// scored, and for each trial the last of them, at which accuracy is judged.
type trials struct {
	*task.Dataset
	scored []bool
	last   []int
}

func newTrials(d *task.Dataset) *trials {
	s := &trials{Dataset: d, scored: make([]bool, d.Steps), last: make([]int, d.Trials)}
	for i := range d.Trials {
		s.last[i] = -1
		for t := range int(d.Length[i]) {
			if d.Weight[i*d.Steps+t] > 0 {
				s.scored[t] = true
				s.last[i] = t
			}
		}
	}
	return s
}

func (s *trials) scoredAt(step int) bool { return s.scored[step] }

func newLoop(cfg Config, job Job) *loop {
	steps := max(job.Train.Steps, job.Val.Steps, job.Test.Steps)
	team := crew.New(job.Threads)
	l := &loop{
		cfg: cfg, job: job, loss: losses[cfg.Loss], crew: team,
		pass:  rnn.NewPass(job.Network, cfg.BatchSize, steps, team),
		opt:   newOptimiser(cfg, job.Network),
		order: make([]int, job.Train.Trials),
		noise: make([][]float64, team.Size()), noisy: make([][]float32, team.Size()),
		train: newTrials(job.Train), val: newTrials(job.Val), test: newTrials(job.Test),
	}
	for i := range l.order {
		l.order[i] = i
	}
	l.filled.part = l.fillPart
	for i := range l.noise {
		l.noise[i] = make([]float64, job.Train.Steps*job.Train.Inputs)
		l.noisy[i] = make([]float32, job.Train.Inputs)
	}
	if noisy, ok := l.pass.(rnn.Noisy); ok && job.Network.UnitNoise > 0 {
		l.units = noisy
		l.xi = make([][]float64, team.Size())
		for i := range l.xi {
			l.xi[i] = make([]float64, job.Network.Neurons)
		}
	}
	if shared, ok := job.Constraint.(interface{ Share(*crew.Crew) }); ok {
		shared.Share(team)
	}
	return l
}

// close ends the crew; the constraint must not wait for it any more.
func (l *loop) close() {
	if shared, ok := l.job.Constraint.(interface{ Share(*crew.Crew) }); ok {
		shared.Share(nil)
	}
	l.crew.Close()
}

func (l *loop) run(ctx context.Context, progress Progress) (*Result, error) {
	l.kept = time.Now()
	l.now.epoch, l.now.best = 1, math.Inf(1)
	if l.job.Resume != nil {
		if err := l.restore(l.job.Resume); err != nil {
			return nil, err
		}
	} else {
		l.snapshot(0)
	}
	for ; l.now.epoch <= l.cfg.Epochs; l.now.epoch++ {
		line, err := l.epoch(ctx, progress)
		if err != nil || l.result.Diverged != nil {
			return &l.result, err
		}
		line.ValLoss, line.ValAccuracy = l.evaluate(l.val)
		l.result.Curve = append(l.result.Curve, line)
		l.snapshot(l.now.epoch)
		if l.now.since++; line.ValLoss < l.now.best {
			l.now.best, l.now.since = line.ValLoss, 0
		}
		if l.cfg.Patience > 0 && l.now.since >= l.cfg.Patience {
			l.result.Stopped = true
			break
		}
		l.now.at, l.now.total, l.now.penalty, l.now.batches = 0, score{}, 0, 0
	}
	l.result.TestLoss, l.result.TestAccuracy = l.evaluate(l.test)
	return &l.result, nil
}

// snapshot keeps the weights after an epoch, if they are asked for.
func (l *loop) snapshot(epoch int) {
	if every := l.cfg.KeepWeights; every > 0 && epoch%every == 0 {
		l.result.Kept = append(l.result.Kept, Snapshot{epoch, l.job.Network.Clone()})
	}
}

// epoch makes the rest of a pass over the training set.
func (l *loop) epoch(ctx context.Context, progress Progress) (Epoch, error) {
	if l.cfg.Shuffle {
		l.order = rng.New(l.job.Seed, "train/order", uint64(l.now.epoch)).Perm(len(l.order))
	}
	line := Epoch{Epoch: l.now.epoch}
	for l.now.at < len(l.order) {
		err := ctx.Err()
		if kept := l.keep(err != nil); err != nil || kept != nil {
			return line, errors.Join(err, kept)
		}
		chosen := l.order[l.now.at:min(l.now.at+l.cfg.BatchSize, len(l.order))]
		got, penalty, err := l.step(chosen)
		if err != nil || l.result.Diverged != nil {
			return line, err
		}
		l.now.at += len(chosen)
		l.now.total.add(got)
		l.now.penalty += penalty
		l.now.batches++
		if progress != nil {
			progress(l.update)
		}
	}
	line.TrainLoss, line.TrainAccuracy = l.now.total.means()
	line.Penalty = l.now.penalty / float64(l.now.batches)
	line.LearningRate = l.opt.rate(l.update)
	return line, nil
}

// step makes one update.
func (l *loop) step(chosen []int) (score, float64, error) {
	l.update++
	net, set := l.job.Network, l.train
	steps := l.fill(set, chosen, rng.New(l.job.Seed, "train/noise", uint64(l.update)))
	l.pass.Update()
	l.pass.Forward(len(chosen), steps, set.scoredAt)
	got := l.loss(l.pass, set, chosen, true)
	if !finite(got.loss) {
		return got, 0, l.diverge("the loss is %v", got.loss)
	}
	l.pass.Backward(len(chosen), steps)
	grad := l.pass.Gradient()
	penalty, err := l.penalise(net, grad)
	if err != nil {
		return got, 0, err
	}
	if !finite(penalty) {
		return got, penalty, l.diverge("the penalty is %v%s", penalty, silent(net))
	}
	if bad, ok := l.opt.apply(net, grad, l.update); !ok {
		return got, penalty, l.diverge("the gradient of %s is not finite", bad)
	}
	l.project(net)
	l.result.Updates = l.update
	return got, penalty, nil
}

func (l *loop) diverge(format string, args ...any) error {
	l.result.Diverged = &Divergence{Update: l.update, Cause: fmt.Sprintf(format, args...)}
	return nil
}

// silent names the first neuron without an outgoing weight, the usual cause of a
// penalty that is not a number.
func silent(net *rnn.Network) string {
	for i, sum := range net.OutStrengths() {
		if sum == 0 {
			return fmt.Sprintf(" (neuron %d has no outgoing weight left, its strength of 0 is divided by)", i)
		}
	}
	return ""
}

// fill copies the inputs of the trials, with noise where there is a stream, and
// returns the number of steps of the longest. Without a stream units have no noise of
// their own either.
func (l *loop) fill(set *trials, chosen []int, noise *rng.Stream) int {
	steps := 0
	for _, trial := range chosen {
		steps = max(steps, int(set.Length[trial]))
	}
	l.filled.unit = nil
	if l.units != nil {
		if noise != nil {
			l.filled.unit = rng.New(l.job.Seed, "train/unit-noise", uint64(l.update))
		}
		l.units.Quiet(noise == nil)
	}
	if l.cfg.InputNoise == 0 {
		noise = nil
	}
	l.filled.set, l.filled.chosen, l.filled.noise = set, chosen, noise
	l.crew.Do(l.filled.part)
	return steps
}

// fillPart fills in a share of the trials. Trial b takes its noise from the place of the
// stream where it would lie if the trials were drawn one after the other.
func (l *loop) fillPart(part, parts int) {
	set := l.filled.set
	from, to := crew.Share(part, parts, len(l.filled.chosen), 1)
	var stream rng.Stream
	if l.filled.noise != nil {
		stream = *l.filled.noise
		stream.Skip(from * set.Steps * set.Inputs)
	}
	l.fillUnits(part, from, to)
	for b := from; b < to; b++ {
		at := l.filled.chosen[b] * set.Steps * set.Inputs
		inputs := set.Input[at : at+set.Steps*set.Inputs]
		if l.filled.noise != nil {
			l.setNoisy(&stream, part, b, inputs)
			continue
		}
		for t := range set.Steps {
			l.pass.SetInput(t, b, inputs[t*set.Inputs:(t+1)*set.Inputs])
		}
	}
}

// fillUnits sets the noise of the units in the trials from … to−1, each from its place of
// the stream.
func (l *loop) fillUnits(part, from, to int) {
	if l.filled.unit == nil {
		return
	}
	steps, xi := l.filled.set.Steps, l.xi[part]
	stream := *l.filled.unit
	stream.Skip(from * steps * len(xi))
	for b := from; b < to; b++ {
		for t := range steps {
			stream.FillNorm(xi)
			l.units.SetNoise(t, b, xi)
		}
	}
}

func (l *loop) setNoisy(stream *rng.Stream, part, trial int, inputs []float32) {
	sd, noise, row := l.cfg.InputNoise, l.noise[part], l.noisy[part]
	stream.FillNorm(noise)
	for t := 0; len(inputs) > 0; t++ {
		for i := range row {
			row[i] = float32(float64(inputs[i]) + float64(sd*noise[t*len(row)+i]))
		}
		l.pass.SetInput(t, trial, row)
		inputs = inputs[len(row):]
	}
}

// evaluate returns mean loss and accuracy of the current weights, without noise.
func (l *loop) evaluate(set *trials) (loss, accuracy float64) {
	l.pass.Update()
	var total score
	chosen := make([]int, 0, l.cfg.BatchSize)
	for at := 0; at < set.Trials; at += l.cfg.BatchSize {
		chosen = chosen[:0]
		for i := at; i < min(at+l.cfg.BatchSize, set.Trials); i++ {
			chosen = append(chosen, i)
		}
		steps := l.fill(set, chosen, nil)
		l.pass.Forward(len(chosen), steps, set.scoredAt)
		total.add(l.loss(l.pass, set, chosen, false))
	}
	return total.means()
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
