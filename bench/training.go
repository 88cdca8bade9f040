package main

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/internal/kernel"
	"biornn/internal/npy"
	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
	"biornn/train"
)

// The shape of the work of an update, as published.
const (
	batch, steps    = 128, 50
	inputs, outputs = 8, 4
	lambda          = 0.01
	epsilon         = 1e-6
)

// problem is one network with its constraint and a batch of trials.
type problem struct {
	n          int
	net        *rnn.Network
	constraint *constraint.Constraint
	data       *task.Dataset
	price      []float32 // of a unit of |W|, [post][pre], zero on the diagonal
}

// newProblem makes a network of n neurons at random places with a cell (empty: simple),
// with or without communicability in the penalty.
func newProblem(n int, communicability, cell string) (*problem, error) {
	s := rng.New(1, "bench/problem", uint64(n))
	c := &circuit.Circuit{Name: "bench", Neurons: make([]circuit.Neuron, n)}
	for i := range c.Neurons {
		c.Neurons[i] = circuit.Neuron{ID: int64(i + 1), Position: [3]float64{500 * s.Float64(), 500 * s.Float64(), 300 * s.Float64()}}
	}
	cfg, err := constraint.Preset("corrected")
	if err != nil {
		return nil, err
	}
	cfg.Model, cfg.Init, cfg.Distance, cfg.Communicability = "custom", "orthogonal", "real", communicability
	cfg.Lambda, cfg.Epsilon, cfg.PenaltyDiagonal, cfg.PenaltyScale = lambda, epsilon, "free", "sum"
	k, err := constraint.New(cfg, c, 1)
	if err != nil {
		return nil, err
	}
	net, err := rnn.New(rnn.DefaultConfig().WithCell(cell), k.InitialWeights(), nil, inputs, outputs, 1)
	if err != nil {
		return nil, err
	}
	p := &problem{n: n, net: net, constraint: k, data: randomTrials(s), price: make([]float32, n*n)}
	d := c.Distances()
	mean := 0.0
	for _, x := range d {
		mean += x / float64(n*(n-1))
	}
	for i, x := range d {
		p.price[i] = float32(lambda * x / mean)
	}
	return p, nil
}

// randomTrials makes a batch of noise with a label at the last step.
func randomTrials(s *rng.Stream) *task.Dataset {
	d := &task.Dataset{Trials: batch, Steps: steps, Inputs: inputs, Outputs: outputs,
		Input: make([]float32, batch*steps*inputs), Label: make([]int32, batch*steps),
		Weight: make([]float32, batch*steps), Length: make([]int32, batch)}
	for i := range d.Input {
		d.Input[i] = float32(s.Norm())
	}
	for b := range batch {
		d.Length[b] = steps
		d.Weight[(b+1)*steps-1] = 1
		d.Label[(b+1)*steps-1] = int32(s.IntN(outputs))
	}
	return d
}

// leave writes the problem for the peers: inputs as [step][trial][input].
func (b *bench) leave(p *problem) error {
	x := make([]float32, len(p.data.Input))
	labels := make([]float32, batch)
	for trial := range batch {
		labels[trial] = float32(p.data.Label[(trial+1)*steps-1])
		for t := range steps {
			copy(x[(t*batch+trial)*inputs:], p.data.Input[(trial*steps+t)*inputs:(trial*steps+t+1)*inputs])
		}
	}
	for name, a := range map[string]*npy.Array{
		"x": npy.New(x, steps, batch, inputs), "label": npy.New(labels, batch), "price": npy.New(p.price, p.n, p.n),
		"w": npy.New(p.net.W, p.n, p.n), "u": npy.New(p.net.U, p.n, inputs), "b": npy.New(p.net.B, p.n),
		"v": npy.New(p.net.V, outputs, p.n), "c": npy.New(p.net.C, outputs),
	} {
		if err := b.put(name, a); err != nil {
			return err
		}
	}
	return nil
}

// updates compares one training update at several sizes, with and without
// communicability.
func (b *bench) updates() error {
	for _, n := range []int{100, 312, 1000} {
		for _, form := range []string{"direct", "none"} {
			if err := b.update(n, form); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) update(n int, form string) error {
	p, err := newProblem(n, form, "")
	if err != nil {
		return err
	}
	if err := b.leave(p); err != nil {
		return err
	}
	work := fmt.Sprintf("update, N = %d, with communicability", n)
	if form == "none" {
		work = fmt.Sprintf("update, N = %d, without", n)
	}
	peers, err := b.prepared("update", map[string]any{
		"epsilon": epsilon, "communicability": form == "direct", "compile": b.options.compile && n <= 312,
	}, []string{"torch", "torch"}, []string{"torch", "torch-library"}, []string{"jax", "jax"}, []string{"jax", "jax-library"}, []string{"keras", "keras-xla"}, []string{"keras", "keras"})
	if err != nil {
		return err
	}
	defer stopAll(peers)
	return b.against(work, p, peers, form == "none")
}

// against compares updates with those of peers that have prepared theirs.
func (b *bench) against(work string, p *problem, peers []*peer, share bool) error {
	agreement, err := b.agree(p, peers)
	if err != nil {
		return err
	}
	cfg := train.DefaultConfig()
	cfg.InputNoise, cfg.TrainTrials, cfg.ValTrials, cfg.TestTrials = 0, batch, batch, batch
	trainer, err := train.NewTrainer(cfg, train.Job{Network: p.net, Constraint: p.constraint,
		Train: p.data, Val: p.data, Test: p.data, Seed: 1, Threads: b.options.threads})
	if err != nil {
		return err
	}
	defer trainer.Close()
	chosen := make([]int, batch)
	for i := range chosen {
		chosen[i] = i
	}
	one := func() error {
		_, _, err := trainer.Update(chosen)
		return err
	}
	note := ""
	if share {
		note = b.shareOfPeak(one, p.n)
	}
	return b.compare(work, one, peers, agreement, note, b.options.repeat)
}

// shareOfPeak measures updates and the processor's peak by turns and says how much of
// it the products of an update reach.
func (b *bench) shareOfPeak(one func() error, n int) string {
	operations := 6 * float64(batch*steps) * float64(n) * float64(n+inputs+1)
	var rates, shares []float64
	for range b.options.repeat {
		top := peak() * float64(b.options.threads)
		if top == 0 {
			return ""
		}
		seconds := timed(one)
		rates = append(rates, operations/seconds/1e9)
		shares = append(shares, operations/seconds/top)
	}
	return fmt.Sprintf("%.0f GFLOP/s, %.0f %% of the measured peak (%s)", median(rates), 100*median(shares), kernel.Name())
}

// communicability compares the penalty with communicability and its exact gradient.
func (b *bench) communicability() error {
	for _, n := range []int{100, 312, 1000} {
		p, err := newProblem(n, "direct", "")
		if err != nil {
			return err
		}
		if err := b.leave(p); err != nil {
			return err
		}
		peers, err := b.prepared("communicability", map[string]any{"epsilon": epsilon}, []string{"torch", "torch"}, []string{"torch", "torch-library"}, []string{"jax", "jax"}, []string{"jax", "jax-library"}, []string{"scipy"})
		if err != nil {
			return err
		}
		agreement := map[string]string{}
		grad := make([]float32, n*n)
		if _, err := p.constraint.Penalty(p.net.W, grad); err != nil {
			return err
		}
		for _, q := range peers {
			if agreement[q.name], err = b.distance(q.name+"_grad", grad); err != nil {
				return err
			}
		}
		one := func() error {
			_, err := p.constraint.Penalty(p.net.W, grad)
			return err
		}
		err = b.compare(fmt.Sprintf("communicability and gradient, N = %d", n), one, peers, agreement, "", b.options.repeat)
		stopAll(peers)
		if err != nil {
			return err
		}
	}
	return nil
}

// prepared starts peers and lets them prepare a work.
func (b *bench) prepared(work string, params map[string]any, programs ...[]string) ([]*peer, error) {
	var peers []*peer
	for _, program := range programs {
		p, err := b.start(program[0], program[1:]...)
		if err == nil {
			peers = append(peers, p)
			err = p.prepare(work, b.folder, params)
		}
		if err != nil {
			stopAll(peers)
			return nil, err
		}
	}
	return peers, nil
}

func stopAll(peers []*peer) {
	for _, p := range peers {
		p.stop()
	}
}

// tolerance is the largest relative distance of two gradients in float32 that counts
// as agreement.
const tolerance = 1e-3

// agree compares loss, penalty and the gradient of W with every peer's.
func (b *bench) agree(p *problem, peers []*peer) (map[string]string, error) {
	pass := rnn.NewPass(p.net, batch, steps, nil)
	for trial := range batch {
		for t := range steps {
			pass.SetInput(t, trial, p.data.Input[(trial*steps+t)*inputs:(trial*steps+t+1)*inputs])
		}
	}
	pass.Update()
	pass.Forward(batch, steps, func(t int) bool { return t == steps-1 })
	loss := 0.0
	for trial := range batch {
		loss += softmax(pass.Logits(steps-1, trial), int(p.data.Label[(trial+1)*steps-1])) / batch
	}
	pass.Backward(batch, steps)
	grad := pass.Gradient().W
	penalty, err := p.constraint.Penalty(p.net.W, grad)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, q := range peers {
		for name, ours := range map[string]float64{"loss": loss, "penalty": penalty} {
			theirs, err := b.read(q.name + "_" + name)
			if err != nil {
				return nil, err
			}
			if math.Abs(theirs[0]-ours) > tolerance*math.Abs(ours) {
				return nil, fmt.Errorf("%s at N = %d: %s is %g, %s finds %g", name, p.n, name, ours, q.name, theirs[0])
			}
		}
		if out[q.name], err = b.distance(q.name+"_grad", grad); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// softmax turns logits into the gradient of the mean cross-entropy of a batch and
// returns this trial's.
func softmax(y []float32, label int) float64 {
	sum := 0.0
	for _, v := range y {
		sum += math.Exp(float64(v))
	}
	loss := math.Log(sum) - float64(y[label])
	for k, v := range y {
		g := math.Exp(float64(v)) / sum
		if k == label {
			g--
		}
		y[k] = float32(g / batch)
	}
	return loss
}

// distance compares a gradient with the one a peer left, relative to its norm.
func (b *bench) distance(name string, grad []float32) (string, error) {
	theirs, err := b.read(name)
	if err != nil {
		return "", err
	}
	if len(theirs) != len(grad) {
		return "", fmt.Errorf("%s: want %d elements, got %d", name, len(grad), len(theirs))
	}
	diff, norm := 0.0, 0.0
	for i, x := range theirs {
		d := x - float64(grad[i])
		diff += d * d
		norm += x * x
	}
	r := math.Sqrt(diff / norm)
	if !(r < tolerance) {
		return "", fmt.Errorf("%s: the gradients differ by %.2g of their norm: there is nothing to compare", name, r)
	}
	return fmt.Sprintf("%.1e", r), nil
}
