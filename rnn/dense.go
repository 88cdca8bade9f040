package rnn

import (
	"biornn/internal/crew"
	"biornn/internal/kernel"
)

// densePass is the Pass of a network with all recurrent weights.
//
// The row of trial b at step t holds (h_t, x_{t+1}, 1), so that one product with
// (W, U, b) yields the next step and one product with the row yields all three
// gradients. Steps lie in memory from the last to the first: that is the order in which
// the gradient sums them, in one product over all steps and trials.
//
// The backward pass alternates between a few steps of dL/dz and their part of the
// gradient, while they are still in the cache. A crew shares the trials in the former
// and the posts in the latter. No element's order of summation depends on its size.
type densePass struct {
	net          *Network
	batch, steps int
	width        int // neurons + inputs + 1
	ld           int // row length of a state, an odd multiple of 16
	act          activation
	crew         *crew.Crew
	chunk        int                                      // steps of dL/dz that are kept
	call         struct{ trials, steps, first, last int } // of the work below, which the crew shares
	work         struct{ update, forward, states, weights func(part, parts int) }

	state  []float32 // [steps − step][trial][ld], step 0…steps
	delta  []float32 // dL/dz of a chunk, last step first, after that of the step that follows it
	logits []float32 // [step][trial][output]
	scored []bool    // steps whose logits were computed

	ldDelta           int
	forward, backward kernel.Packed // (W, U, b)ᵀ and W
	readout, readback kernel.Packed // Vᵀ (bias apart) and V
	joint             []float32     // dL/d(W, U, b), [post][ld]
	grad              *Network
}

func newDensePass(net *Network, batch, steps int, crew *crew.Crew) *densePass {
	p := &densePass{net: net, batch: batch, steps: steps, act: activations[net.Activation], crew: crew, grad: net.Like()}
	p.width = net.Neurons + net.Inputs + 1
	p.ld, p.ldDelta = oddLines(p.width), oddLines(net.Neurons)
	p.state = kernel.Aligned((steps + 1) * batch * p.ld)
	p.chunk = max(1, chunkRows/batch)
	if crew != nil {
		p.chunk = max(1, crewChunkRows/batch)
	}
	p.delta = kernel.Aligned((p.chunk + 1) * batch * p.ldDelta)
	p.logits = kernel.Aligned(steps * batch * net.Outputs)
	p.scored = make([]bool, steps)
	p.joint = kernel.Aligned(net.Neurons * p.ld)
	for i := range (steps + 1) * batch {
		p.state[i*p.ld+p.width-1] = 1
	}
	p.work.update, p.work.forward = p.packPart, p.forwardPart
	p.work.states, p.work.weights = p.statesPart, p.weightsPart
	return p
}

// The rows of dL/dz that are kept, unless a step has more: few stay in the cache, many
// save a crew from meeting often.
const (
	chunkRows     = 384
	crewChunkRows = 1024
)

// oddLines rounds a row length up to an odd number of cache lines: with an even one
// the same element of many rows would compete for few places in the cache.
func oddLines(n int) int { return (n+15)/16/2*32 + 16 }

func (p *densePass) SetInput(step, trial int, x []float32) {
	row := p.at(step)[trial*p.ld+p.net.Neurons:]
	copy(row[:p.net.Inputs], x)
}

func (p *densePass) State(step, trial int, h []float32) {
	copy(h, p.at(step + 1)[trial*p.ld:][:p.net.Neurons])
}

func (p *densePass) Logits(step, trial int) []float32 {
	at := (step*p.batch + trial) * p.net.Outputs
	return p.logits[at : at+p.net.Outputs]
}

func (p *densePass) Gradient() *Network { return p.grad }

// at returns the states after `steps` steps.
func (p *densePass) at(steps int) []float32 {
	at := (p.steps - steps) * p.batch * p.ld
	return p.state[at : at+p.batch*p.ld]
}

// deltaAt returns dL/dz of the step that lies so many before the last of the chunk; −1
// is the step after it.
func (p *densePass) deltaAt(before int) []float32 {
	at := (before + 1) * p.batch * p.ldDelta
	return p.delta[at : at+p.batch*p.ldDelta]
}

func (p *densePass) Update() {
	n, k := p.net, p.net.Neurons
	p.forward.Begin(p.width, k)
	p.backward.Begin(k, k)
	p.crew.Do(p.work.update)
	p.readout.PackT(n.V, k, k, n.Outputs)
	p.readback.Pack(n.V, k, n.Outputs, k)
}

func (p *densePass) packPart(part, parts int) {
	n, k := p.net, p.net.Neurons
	from, to := crew.Share(part, parts, k, kernel.PanelWidth)
	p.forward.PutT(0, n.W, k, k, from, to)
	p.forward.PutT(k, n.U, n.Inputs, n.Inputs, from, to)
	p.forward.PutT(k+n.Inputs, n.B, 1, 1, from, to)
	p.backward.Put(n.W, k, from, to)
}

func (p *densePass) Forward(trials, steps int, scored func(step int) bool) {
	for t := range p.steps {
		p.scored[t] = t < steps && scored(t)
	}
	p.call.trials, p.call.steps = trials, steps
	p.crew.Do(p.work.forward)
}

func (p *densePass) forwardPart(part, parts int) {
	from, to := crew.Share(part, parts, p.call.trials, rowGrain)
	if from < to {
		p.advance(from, to-from, p.call.steps)
	}
}

// rowGrain is a multiple of the rows of every kernel's tile.
const rowGrain = 12

// advance runs the trials from … from+trials−1 forward.
func (p *densePass) advance(from, trials, steps int) {
	mode := kernel.Set
	if p.net.Activation == "relu" {
		mode = kernel.Rectify
	}
	out := p.net.Outputs
	for t := range steps {
		next := p.at(t + 1)[from*p.ld:]
		kernel.GemmFused(next, p.ld, p.at(t)[from*p.ld:], p.ld, trials, &p.forward, mode, nil, 0)
		if p.act.apply != nil {
			for b := range trials {
				row := next[b*p.ld : b*p.ld+p.net.Neurons]
				p.act.apply(row, row)
			}
		}
		if !p.scored[t] {
			continue
		}
		y := p.logits[(t*p.batch+from)*out : (t*p.batch+from+trials)*out]
		for b := range trials {
			copy(y[b*out:], p.net.C)
		}
		kernel.Gemm(y, out, next, p.ld, trials, &p.readout, true)
	}
}

func (p *densePass) Backward(trials, steps int) {
	last := steps - 1
	for last >= 0 && !p.scored[last] {
		last--
	}
	clear(p.joint)
	p.sumReadout(last, trials)
	p.call.trials, p.call.steps = trials, last+1
	for p.call.last = last; p.call.last >= 0; p.call.last -= p.chunk {
		p.call.first = max(0, p.call.last-p.chunk+1)
		p.crew.Do(p.work.states)
		p.crew.Do(p.work.weights)
	}
	n, g := p.net.Neurons, p.grad
	for i := range n {
		row := p.joint[i*p.ld:]
		copy(g.W[i*n:(i+1)*n], row)
		copy(g.U[i*g.Inputs:(i+1)*g.Inputs], row[n:])
		g.B[i] = row[p.width-1]
	}
}

// statesPart computes dL/dz of a chunk for a share of the trials.
func (p *densePass) statesPart(part, parts int) {
	c := p.call
	from, to := crew.Share(part, parts, c.trials, rowGrain)
	if from >= to {
		return
	}
	share := func(before int) []float32 { return p.deltaAt(before)[from*p.ldDelta : to*p.ldDelta] }
	if c.last < c.steps-1 {
		copy(share(-1), share(p.chunk-1))
	}
	for t := c.last; t >= c.first; t-- {
		p.retreat(t, from, to-from, share(c.last-t), share(c.last-t-1))
	}
}

// weightsPart sums the gradients of a share of the posts over the steps of a chunk.
func (p *densePass) weightsPart(part, parts int) {
	from, to := crew.Share(part, parts, p.net.Neurons, rowGrain)
	if from < to {
		p.sumWeights(from, to)
	}
}

// retreat computes dL/dz of step t for some trials, from the read-out where the step is
// scored and from dL/dz of step t+1 where there is one.
func (p *densePass) retreat(t, from, trials int, delta, after []float32) {
	n, out := p.net.Neurons, p.net.Outputs
	carried := t < p.call.steps-1
	states := p.at(t + 1)[from*p.ld:]
	gate, mode := kernel.Set, kernel.Set
	if p.net.Activation == "relu" {
		gate = kernel.Gate
	}
	if p.scored[t] {
		if !carried {
			mode = gate
		}
		dy := p.logits[(t*p.batch+from)*out:]
		kernel.GemmFused(delta, p.ldDelta, dy, out, trials, &p.readback, mode, states, p.ld)
	}
	if carried {
		mode = gate
		if p.scored[t] {
			mode |= kernel.Add
		}
		kernel.GemmFused(delta, p.ldDelta, after, p.ldDelta, trials, &p.backward, mode, states, p.ld)
	}
	if p.act.slope == nil {
		return
	}
	for b := range trials {
		p.act.slope(delta[b*p.ldDelta:b*p.ldDelta+n], states[b*p.ld:b*p.ld+n])
	}
}

// sumWeights adds to dL/d(W, U, b) of the posts from … to−1 the steps of a chunk, from
// the last on, and within each the trials.
func (p *densePass) sumWeights(from, to int) {
	c := p.call
	joint := p.joint[from*p.ld : to*p.ld]
	rows, count := c.trials, c.last-c.first+1
	if c.trials == p.batch { // all steps of the chunk lie side by side
		rows, count = count*rows, 1
	}
	for i := range count {
		delta := p.delta[(i+1)*p.batch*p.ldDelta+from:]
		state := p.state[(p.steps-c.last+i)*p.batch*p.ld:]
		kernel.GemmTN(joint, p.ld, delta, p.ldDelta, state, p.ld, to-from, p.width, rows, true)
	}
}

// sumReadout sums dL/dV and dL/dc.
func (p *densePass) sumReadout(last, trials int) {
	n, out, g := p.net.Neurons, p.net.Outputs, p.grad
	clear(g.V)
	clear(g.C)
	for t := last; t >= 0; t-- {
		if !p.scored[t] {
			continue
		}
		dy := p.logits[t*p.batch*out:]
		kernel.GemmTN(g.V, n, dy, out, p.at(t+1), p.ld, out, n, trials, true)
		for b := range trials {
			for k := range out {
				g.C[k] += dy[b*out+k]
			}
		}
	}
}
