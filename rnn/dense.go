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
//
// For the leaky cell dL/dz stands for α dL/dx_t, the gradient of what W r + U u + b adds.
type densePass struct {
	frame
	act   activation
	leaky *leaky // nil for the simple cell

	delta             []float32 // dL/dz of a chunk, last step first, after that of the step that follows it
	ldDelta           int
	forward, backward kernel.Packed // (W, U, b)ᵀ, times α for the leaky cell, and W
	joint             []float32     // dL/d(W, U, b), [post][ld]
}

func newDensePass(net *Network, batch, steps int, crew *crew.Crew) *densePass {
	p := &densePass{frame: newFrame(net, batch, steps, crew), act: activations[net.Activation]}
	p.ldDelta = oddLines(net.Neurons)
	p.delta = kernel.Aligned((p.chunk + 1) * batch * p.ldDelta)
	p.joint = kernel.Aligned(net.Neurons * p.ld)
	if net.Cell == "leaky" {
		p.leaky = newLeaky(net, batch, steps, p.ldDelta)
		for b := range batch {
			p.leaky.rest(p.at(0)[b*p.ld : b*p.ld+net.Neurons])
		}
	}
	p.work.update, p.work.forward = p.packPart, p.forwardPart
	p.work.states, p.work.weights = p.statesPart, p.weightsPart
	return p
}

// deltaAt returns dL/dz of the step that lies so many before the last of the chunk; −1
// is the step after it.
func (p *densePass) deltaAt(before int) []float32 {
	at := (before + 1) * p.batch * p.ldDelta
	return p.delta[at : at+p.batch*p.ldDelta]
}

func (p *densePass) Update() {
	k := p.net.Neurons
	p.forward.Begin(p.width, k)
	p.backward.Begin(k, k)
	p.crew.Do(p.work.update)
	p.packReadout()
}

func (p *densePass) packPart(part, parts int) {
	n, k := p.net, p.net.Neurons
	from, to := crew.Share(part, parts, k, kernel.PanelWidth)
	w, u, b := n.W, n.U, n.B
	if p.leaky != nil {
		w, u, b = p.leaky.scaled(from, to)
	}
	p.forward.PutT(0, w, k, k, from, to)
	p.forward.PutT(k, u, n.Inputs, n.Inputs, from, to)
	p.forward.PutT(k+n.Inputs, b, 1, 1, from, to)
	p.backward.Put(n.W, k, from, to)
}

func (p *densePass) Forward(trials, steps int, scored func(step int) bool) {
	p.begin(trials, steps, scored)
	p.crew.Do(p.work.forward)
}

func (p *densePass) forwardPart(part, parts int) {
	from, to := crew.Share(part, parts, p.call.trials, rowGrain)
	if from < to {
		p.advance(from, to-from, p.call.steps)
	}
}

// advance runs the trials from … from+trials−1 forward.
func (p *densePass) advance(from, trials, steps int) {
	mode := kernel.Set
	if p.net.Activation == "relu" {
		mode = kernel.Rectify
	}
	for t := range steps {
		next := p.at(t + 1)[from*p.ld:]
		if p.leaky != nil {
			p.integrate(t, from, trials)
		} else {
			kernel.GemmFused(next, p.ld, p.at(t)[from*p.ld:], p.ld, trials, &p.forward, mode, nil, 0)
		}
		if p.leaky == nil && p.act.apply != nil {
			for b := range trials {
				row := next[b*p.ld : b*p.ld+p.net.Neurons]
				p.act.apply(row, row)
			}
		}
		p.score(t, from, trials)
	}
}

// integrate makes step t of the leaky cell.
func (p *densePass) integrate(t, from, trials int) {
	n, l := p.net.Neurons, p.leaky
	x := l.x[from*l.ld:]
	for b := range trials {
		l.decay(x[b*l.ld:b*l.ld+n], t, t*p.batch+from+b)
	}
	kernel.GemmFused(x, l.ld, p.at(t)[from*p.ld:], p.ld, trials, &p.forward, kernel.Add, nil, 0)
	for b := range trials {
		l.fire(p.at(t + 1)[(from+b)*p.ld:][:n], x[b*l.ld:b*l.ld+n])
	}
}

func (p *densePass) Backward(trials, steps int) {
	last := p.lastScored(steps)
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
	if p.act.slope == nil && p.leaky == nil {
		return
	}
	for b := range trials {
		d := delta[b*p.ldDelta : b*p.ldDelta+n]
		if p.act.slope != nil {
			p.act.slope(d, states[b*p.ld:b*p.ld+n])
		}
		if p.leaky != nil {
			p.leaky.retain(d, after[b*p.ldDelta:b*p.ldDelta+n], carried)
		}
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
