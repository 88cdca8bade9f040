package rnn

import (
	"biornn/internal/crew"
	"biornn/internal/kernel"
)

// sparsePass is the Pass of a network with a mask. Its time and memory grow with the
// number of synapses, not of pairs.
//
// Trials lie side by side in slices of kernel.Lane, so that a synapse costs one
// operation on a vector of trials: the state of a slice is [unit][lane], its units the
// neurons, the inputs and a 1. A row of the joint matrix (W, U, b) lists the synapses of
// a post, then all inputs and the bias; a product with it sums in the order of
// densePass, so that states and dL/dz are the same to the last bit. The gradient of a
// weight sums the steps from the last on, within each the slices, within each the lanes
// as kernel.Rows.Dot does.
//
// A crew shares the slices while states and dL/dz are computed and the posts while
// gradients are summed.
type sparsePass struct {
	net                  *Network
	batch, steps, slices int
	units                int // neurons + inputs + 1
	act                  activation
	leaky                *leaky // nil for the simple cell; its rows are slices, [neuron][lane]
	crew                 *crew.Crew
	call                 struct{ trials, steps, last, step int } // of the work below
	work                 struct{ forward, states, weights func(part, parts int) }

	state  []float32 // [step 0…steps][slice][unit][lane]
	delta  []float32 // dL/dz of one step, [slice][neuron][lane]
	after  []float32 // that of the step that follows it
	lanes  []float32 // logits or their gradient, [step][slice][output][lane]
	logits []float32 // [step][trial][output]
	scored []bool
	zero   []float32 // an input of nothing

	joint, back, readout, readback     kernel.Rows
	jointW, backW, readoutW, readbackW []float32 // their values
	origin                             []int32   // of each value of back, among those of joint
	jointSum, readoutSum               []float32 // gradients
	grad                               *Network
}

func newSparsePass(net *Network, batch, steps int, crew *crew.Crew) *sparsePass {
	p := &sparsePass{net: net, batch: batch, steps: steps, act: activations[net.Activation], crew: crew, grad: net.Like()}
	p.slices = (batch + kernel.Lane - 1) / kernel.Lane
	p.units = net.Neurons + net.Inputs + 1
	p.state = kernel.Aligned((steps + 1) * p.slices * p.units * kernel.Lane)
	p.delta = kernel.Aligned(p.slices * net.Neurons * kernel.Lane)
	p.after = kernel.Aligned(len(p.delta))
	p.lanes = kernel.Aligned(steps * p.slices * net.Outputs * kernel.Lane)
	p.logits = make([]float32, steps*batch*net.Outputs)
	p.scored, p.zero = make([]bool, steps), make([]float32, net.Inputs)
	for s := range (steps + 1) * p.slices {
		ones := p.state[(s*p.units+p.units-1)*kernel.Lane:]
		for l := range kernel.Lane {
			ones[l] = 1
		}
	}
	if net.Cell == "leaky" {
		p.leaky = newLeaky(net, p.slices, steps, net.Neurons*kernel.Lane)
		for s := range p.slices {
			p.leaky.rest(p.at(0, s)[:net.Neurons*kernel.Lane])
		}
	}
	p.buildJoint()
	p.buildBack()
	p.buildReadout()
	p.work.forward, p.work.states, p.work.weights = p.forwardPart, p.statesPart, p.weightsPart
	return p
}

// buildJoint lists, for each post, its synapses, the inputs and the bias.
func (p *sparsePass) buildJoint() {
	n, m := p.net, p.net.Mask
	extra := n.Inputs + 1
	p.joint.Columns = make([]int32, 0, m.Len()+n.Neurons*extra)
	p.joint.Starts = append(p.joint.Starts, 0)
	for post := range n.Neurons {
		from, to := m.Row(post)
		p.joint.Columns = append(p.joint.Columns, m.Columns[from:to]...)
		for u := range extra {
			p.joint.Columns = append(p.joint.Columns, int32(n.Neurons+u))
		}
		p.joint.Starts = append(p.joint.Starts, int32(len(p.joint.Columns)))
	}
	p.jointW, p.jointSum = make([]float32, len(p.joint.Columns)), make([]float32, len(p.joint.Columns))
}

// buildBack lists, for each pre, its posts, and where in joint their weights are.
func (p *sparsePass) buildBack() {
	n, m := p.net.Neurons, p.net.Mask
	starts := make([]int32, n+1)
	for _, pre := range m.Columns {
		starts[pre+1]++
	}
	for i := range n {
		starts[i+1] += starts[i]
	}
	next := append([]int32(nil), starts...)
	p.back = kernel.Rows{Starts: starts, Columns: make([]int32, m.Len())}
	p.origin, p.backW = make([]int32, m.Len()), make([]float32, m.Len())
	for post := range n {
		from, to := m.Row(post)
		for e := from; e < to; e++ {
			at := &next[m.Columns[e]]
			p.back.Columns[*at] = int32(post)
			p.origin[*at] = p.joint.Starts[post] + int32(e-from)
			*at++
		}
	}
}

// buildReadout lists the bias and all neurons for each output, and all outputs for each
// neuron.
func (p *sparsePass) buildReadout() {
	n := p.net
	p.readout.Starts, p.readback.Starts = []int32{0}, []int32{0}
	for range n.Outputs {
		p.readout.Columns = append(p.readout.Columns, int32(p.units-1))
		for i := range n.Neurons {
			p.readout.Columns = append(p.readout.Columns, int32(i))
		}
		p.readout.Starts = append(p.readout.Starts, int32(len(p.readout.Columns)))
	}
	for range n.Neurons {
		for k := range n.Outputs {
			p.readback.Columns = append(p.readback.Columns, int32(k))
		}
		p.readback.Starts = append(p.readback.Starts, int32(len(p.readback.Columns)))
	}
	p.readoutW, p.readoutSum = make([]float32, len(p.readout.Columns)), make([]float32, len(p.readout.Columns))
	p.readbackW = make([]float32, len(p.readback.Columns))
}

// at returns the state of a slice after `steps` steps, [unit][lane].
func (p *sparsePass) at(steps, slice int) []float32 {
	size := p.units * kernel.Lane
	from := (steps*p.slices + slice) * size
	return p.state[from : from+size]
}

// of returns the part of an array that belongs to a slice, rows of lanes.
func of(x []float32, slice, rows int) []float32 {
	return x[slice*rows*kernel.Lane : (slice+1)*rows*kernel.Lane]
}

// lanesAt returns the logits of a step and slice, [output][lane].
func (p *sparsePass) lanesAt(step, slice int) []float32 {
	return of(p.lanes, step*p.slices+slice, p.net.Outputs)
}

func (p *sparsePass) SetInput(step, trial int, x []float32) {
	inputs := p.at(step, trial/kernel.Lane)[p.net.Neurons*kernel.Lane:]
	for i, v := range x {
		inputs[i*kernel.Lane+trial%kernel.Lane] = v
	}
}

func (p *sparsePass) State(step, trial int, h []float32) {
	state := p.at(step+1, trial/kernel.Lane)
	for i := range p.net.Neurons {
		h[i] = state[i*kernel.Lane+trial%kernel.Lane]
	}
}

func (p *sparsePass) SetNoise(step, trial int, xi []float64) {
	l := p.leaky
	if l == nil || l.noise == nil {
		return
	}
	row := l.noise[(step*p.slices+trial/kernel.Lane)*l.ld:]
	for i, v := range xi {
		row[i*kernel.Lane+trial%kernel.Lane] = float32(l.size() * v)
	}
}

func (p *sparsePass) Quiet(quiet bool) {
	if p.leaky != nil {
		p.leaky.quiet = quiet
	}
}

func (p *sparsePass) Logits(step, trial int) []float32 {
	at := (step*p.batch + trial) * p.net.Outputs
	return p.logits[at : at+p.net.Outputs]
}

func (p *sparsePass) Gradient() *Network { return p.grad }

func (p *sparsePass) Update() {
	n := p.net
	for post := range n.Neurons {
		row := p.jointW[p.joint.Starts[post]:p.joint.Starts[post+1]]
		from, to := n.Mask.Row(post)
		copy(row, n.W[from:to])
		copy(row[to-from:], n.U[post*n.Inputs:(post+1)*n.Inputs])
		row[len(row)-1] = n.B[post]
	}
	for e, at := range p.origin {
		p.backW[e] = p.jointW[at]
	}
	if p.leaky != nil {
		scale(p.jointW, p.jointW, n.Leak)
	}
	for k := range n.Outputs {
		row := p.readoutW[p.readout.Starts[k]:p.readout.Starts[k+1]]
		row[0] = n.C[k]
		copy(row[1:], n.V[k*n.Neurons:(k+1)*n.Neurons])
		for i := range n.Neurons {
			p.readbackW[i*n.Outputs+k] = row[1+i]
		}
	}
}

// slicesOf is the number of slices that so many trials take.
func slicesOf(trials int) int { return (trials + kernel.Lane - 1) / kernel.Lane }

func (p *sparsePass) Forward(trials, steps int, scored func(step int) bool) {
	for t := range p.steps {
		p.scored[t] = t < steps && scored(t)
	}
	p.clearAbsent(trials, steps)
	p.call.trials, p.call.steps = trials, steps
	p.crew.Do(p.work.forward)
	for t := range steps {
		for b := 0; p.scored[t] && b < trials; b++ {
			y, lanes := p.Logits(t, b), p.lanesAt(t, b/kernel.Lane)
			for k := range y {
				y[k] = lanes[k*kernel.Lane+b%kernel.Lane]
			}
		}
	}
}

// clearAbsent sets the inputs of lanes without a trial to 0: what an earlier batch left
// there could overflow.
func (p *sparsePass) clearAbsent(trials, steps int) {
	for b := trials; b < slicesOf(trials)*kernel.Lane; b++ {
		for t := range steps {
			p.SetInput(t, b, p.zero)
		}
	}
}

func (p *sparsePass) forwardPart(part, parts int) {
	from, to := crew.Share(part, parts, slicesOf(p.call.trials), 1)
	for s := from; s < to; s++ {
		for t := range p.call.steps {
			p.advance(t, s)
		}
	}
}

func (p *sparsePass) advance(t, slice int) {
	mode := kernel.Set
	if p.net.Activation == "relu" {
		mode = kernel.Rectify
	}
	next := p.at(t+1, slice)
	h := next[:p.net.Neurons*kernel.Lane]
	if l := p.leaky; l != nil {
		x := of(l.x, slice, p.net.Neurons)
		l.decay(x, t, t*p.slices+slice)
		p.joint.Gather(x, p.jointW, p.at(t, slice), 0, p.net.Neurons, kernel.Add, nil)
		l.fire(h, x)
	} else {
		p.joint.Gather(next, p.jointW, p.at(t, slice), 0, p.net.Neurons, mode, nil)
		if p.act.apply != nil {
			p.act.apply(h, h)
		}
	}
	if p.scored[t] {
		p.readout.Gather(p.lanesAt(t, slice), p.readoutW, next, 0, p.net.Outputs, kernel.Set, nil)
	}
}

func (p *sparsePass) Backward(trials, steps int) {
	last := steps - 1
	for last >= 0 && !p.scored[last] {
		last--
	}
	clear(p.jointSum)
	clear(p.readoutSum)
	p.call.trials, p.call.last = trials, last
	for p.call.step = last; p.call.step >= 0; p.call.step-- {
		p.setLanes(p.call.step, trials)
		p.crew.Do(p.work.states)
		p.crew.Do(p.work.weights)
		p.delta, p.after = p.after, p.delta
	}
	p.unpack()
}

// setLanes takes over the gradients of the logits of a step; lanes without a trial have 0.
func (p *sparsePass) setLanes(t, trials int) {
	if !p.scored[t] {
		return
	}
	for s := range slicesOf(trials) {
		clear(p.lanesAt(t, s))
	}
	for b := range trials {
		lanes := p.lanesAt(t, b/kernel.Lane)
		for k, d := range p.Logits(t, b) {
			lanes[k*kernel.Lane+b%kernel.Lane] = d
		}
	}
}

// statesPart computes dL/dz of a step for a share of the slices.
func (p *sparsePass) statesPart(part, parts int) {
	n, t := p.net.Neurons, p.call.step
	from, to := crew.Share(part, parts, slicesOf(p.call.trials), 1)
	carried := t < p.call.last
	gate, mode := kernel.Set, kernel.Set
	if p.net.Activation == "relu" {
		gate = kernel.Gate
	}
	for s := from; s < to; s++ {
		states := p.at(t+1, s)[:n*kernel.Lane]
		delta := of(p.delta, s, n)
		if p.scored[t] {
			if mode = kernel.Set; !carried {
				mode = gate
			}
			p.readback.Gather(delta, p.readbackW, p.lanesAt(t, s), 0, n, mode, states)
		}
		if carried {
			if mode = gate; p.scored[t] {
				mode |= kernel.Add
			}
			p.back.Gather(delta, p.backW, of(p.after, s, n), 0, n, mode, states)
		}
		if p.act.slope != nil {
			p.act.slope(delta, states)
		}
		if p.leaky != nil {
			p.leaky.retain(delta, of(p.after, s, n), carried)
		}
	}
}

// weightsPart sums the gradients of a share of the posts over the slices of a step, and
// one part those of the read-out.
func (p *sparsePass) weightsPart(part, parts int) {
	t := p.call.step
	from, to := crew.Share(part, parts, p.net.Neurons, 1)
	for s := range slicesOf(p.call.trials) {
		p.joint.Dot(p.jointSum, of(p.delta, s, p.net.Neurons), p.at(t, s), from, to)
		if part == 0 && p.scored[t] {
			p.readout.Dot(p.readoutSum, p.lanesAt(t, s), p.at(t+1, s), 0, p.net.Outputs)
		}
	}
}

// unpack takes the sums apart into the gradients of W, U, b, V and c.
func (p *sparsePass) unpack() {
	n, g := p.net, p.grad
	for post := range n.Neurons {
		row := p.jointSum[p.joint.Starts[post]:p.joint.Starts[post+1]]
		from, to := n.Mask.Row(post)
		copy(g.W[from:to], row)
		copy(g.U[post*n.Inputs:(post+1)*n.Inputs], row[to-from:])
		g.B[post] = row[len(row)-1]
	}
	for k := range n.Outputs {
		row := p.readoutSum[p.readout.Starts[k]:p.readout.Starts[k+1]]
		g.C[k] = row[0]
		copy(g.V[k*n.Neurons:(k+1)*n.Neurons], row[1:])
	}
}
