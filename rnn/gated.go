package rnn

import (
	"biornn/internal/crew"
	"biornn/internal/kernel"
)

// gatedCell is what distinguishes gru and lstm. Their weights are blocks of N rows: those
// of the gates, then that of the candidate.
type gatedCell struct {
	// kept is the number of arrays of N numbers that a step keeps of every trial for the
	// backward pass; the first are the products of the blocks.
	kept int
	// inner: the candidate's product with the inputs and b stays apart from that with h
	// and b′, and is kept after the blocks.
	inner bool
	// carry says whether dL/dh of a step has a part beside the product with the weights.
	carry kernel.Mode
	// forward makes h_t of a trial from what the products left in kept; before is what
	// the step before kept, nil at the first.
	forward func(kept, before, h, next []float32)
	// backward turns dL/dh_t (and dL/dc_t, which only lstm has) into those of the products,
	// and of the step before but for the product with the weights.
	backward func(kept, before, h, delta, dh, dc []float32)
}

var gatedCells = map[string]gatedCell{
	"gru":  {kept: 4, inner: true, carry: kernel.Add, forward: gruForward, backward: gruBackward},
	"lstm": {kept: 6, carry: kernel.Set, forward: lstmForward, backward: lstmBackward},
}

// gatedPass is the Pass of gru and lstm: one product a step makes all blocks, one with
// the transpose dL/dh of the step before. Gradients are summed as in densePass.
type gatedPass struct {
	frame
	cell   gatedCell
	blocks int // gates + 1

	weights           []float32     // blocks of (W, U, b), [block·N + post][width]
	candidate         []float32     // inner: (U, b) of the candidate, [post][inputs + 1]
	forward, backward kernel.Packed // weights transposed, and the W among them
	inputs            kernel.Packed // candidate transposed

	kept            []float32 // [step][trial][ldKept]
	ldKept          int
	delta           []float32 // dL/d(products) of a chunk, last step first, [trial][ldDelta]
	ldDelta         int
	dh, dc          []float32 // dL/dh and dL/dc of the step in progress, [trial][neuron]
	sum, candidates []float32 // gradients of weights and candidate, [·][ld] and [·][inputs + 1]
}

func newGatedPass(net *Network, batch, steps int, crew *crew.Crew) *gatedPass {
	n := net.Neurons
	p := &gatedPass{frame: newFrame(net, batch, steps, crew), cell: gatedCells[net.Cell], blocks: len(cells[net.Cell]) + 1}
	p.ldKept = oddLines(p.cell.kept * n)
	p.ldDelta = oddLines((p.blocks + 1) * n)
	p.weights = make([]float32, p.blocks*n*p.width)
	p.sum = kernel.Aligned(p.blocks * n * p.ld)
	if p.cell.inner {
		p.candidate, p.candidates = make([]float32, n*(net.Inputs+1)), kernel.Aligned(n*(net.Inputs+1))
	}
	p.kept = kernel.Aligned(steps * batch * p.ldKept)
	p.delta = kernel.Aligned(p.chunk * batch * p.ldDelta)
	p.dh, p.dc = kernel.Aligned(batch*n), kernel.Aligned(batch*n)
	p.work.update, p.work.forward = p.packPart, p.forwardPart
	p.work.states, p.work.weights = p.statesPart, p.weightsPart
	return p
}

func (p *gatedPass) Update() {
	p.stack()
	rows := p.blocks * p.net.Neurons
	p.forward.Begin(p.width, rows)
	p.backward.Begin(rows, p.net.Neurons)
	p.crew.Do(p.work.update)
	if p.cell.inner {
		in := p.net.Inputs + 1
		p.inputs.PackT(p.candidate, in, in, p.net.Neurons)
	}
	p.packReadout()
}

// stack copies the weights into blocks.
func (p *gatedPass) stack() {
	net, n, in := p.net, p.net.Neurons, p.net.Inputs
	for r := range p.blocks * n {
		row := p.weights[r*p.width : (r+1)*p.width]
		if r < (p.blocks-1)*n {
			copy(row, net.GateW[r*n:(r+1)*n])
			copy(row[n:], net.GateU[r*in:(r+1)*in])
			row[p.width-1] = net.GateB[r]
			continue
		}
		i := r - (p.blocks-1)*n
		copy(row, net.W[i*n:(i+1)*n])
		if p.cell.inner { // its inputs have weights of 0 here
			row[p.width-1] = net.InnerB[i]
			copy(p.candidate[i*(in+1):], net.U[i*in:(i+1)*in])
			p.candidate[i*(in+1)+in] = net.B[i]
			continue
		}
		copy(row[n:], net.U[i*in:(i+1)*in])
		row[p.width-1] = net.B[i]
	}
}

func (p *gatedPass) packPart(part, parts int) {
	from, to := crew.Share(part, parts, p.blocks*p.net.Neurons, kernel.PanelWidth)
	p.forward.PutT(0, p.weights, p.width, p.width, from, to)
	from, to = crew.Share(part, parts, p.net.Neurons, kernel.PanelWidth)
	p.backward.Put(p.weights, p.width, from, to)
}

// keptAt returns what a step keeps of a trial, nil before the first step.
func (p *gatedPass) keptAt(t, trial int) []float32 {
	if t < 0 {
		return nil
	}
	at := (t*p.batch + trial) * p.ldKept
	return p.kept[at : at+p.cell.kept*p.net.Neurons]
}

// stateAt returns h of a trial after so many steps.
func (p *gatedPass) stateAt(steps, trial int) []float32 {
	return p.at(steps)[trial*p.ld:][:p.net.Neurons]
}

func (p *gatedPass) Forward(trials, steps int, scored func(step int) bool) {
	p.begin(trials, steps, scored)
	p.crew.Do(p.work.forward)
}

func (p *gatedPass) forwardPart(part, parts int) {
	from, to := crew.Share(part, parts, p.call.trials, rowGrain)
	if from >= to {
		return
	}
	n := p.net.Neurons
	for t := range p.call.steps {
		kept, state := p.kept[(t*p.batch+from)*p.ldKept:], p.at(t)[from*p.ld:]
		kernel.Gemm(kept, p.ldKept, state, p.ld, to-from, &p.forward, false)
		if p.cell.inner {
			kernel.Gemm(kept[p.blocks*n:], p.ldKept, state[n:], p.ld, to-from, &p.inputs, false)
		}
		for b := from; b < to; b++ {
			p.cell.forward(p.keptAt(t, b), p.keptAt(t-1, b), p.stateAt(t, b), p.stateAt(t+1, b))
		}
		p.score(t, from, to-from)
	}
}

func (p *gatedPass) Backward(trials, steps int) {
	last := p.lastScored(steps)
	clear(p.sum)
	clear(p.candidates)
	clear(p.dc)
	p.sumReadout(last, trials)
	p.call.trials, p.call.steps = trials, last+1
	for p.call.last = last; p.call.last >= 0; p.call.last -= p.chunk {
		p.call.first = max(0, p.call.last-p.chunk+1)
		p.crew.Do(p.work.states)
		p.crew.Do(p.work.weights)
	}
	p.unstack()
}

// statesPart computes the gradients of the products of a chunk for a share of the trials.
func (p *gatedPass) statesPart(part, parts int) {
	from, to := crew.Share(part, parts, p.call.trials, rowGrain)
	if from >= to {
		return
	}
	n, out := p.net.Neurons, p.net.Outputs
	dh := p.dh[from*n : to*n]
	for t := p.call.last; t >= p.call.first; t-- {
		if p.scored[t] {
			mode := kernel.Set
			if t < p.call.steps-1 {
				mode = kernel.Add
			}
			kernel.GemmFused(dh, n, p.logits[(t*p.batch+from)*out:], out, to-from, &p.readback, mode, nil, 0)
		}
		delta := p.delta[((p.call.last-t)*p.batch+from)*p.ldDelta:]
		for b := from; b < to; b++ {
			p.cell.backward(p.keptAt(t, b), p.keptAt(t-1, b), p.stateAt(t, b),
				delta[(b-from)*p.ldDelta:][:(p.blocks+1)*n], p.dh[b*n:(b+1)*n], p.dc[b*n:(b+1)*n])
		}
		if t > 0 {
			kernel.GemmFused(dh, n, delta, p.ldDelta, to-from, &p.backward, p.cell.carry, nil, 0)
		}
	}
}

// weightsPart sums the gradients of a share of the weights over the steps of a chunk,
// from the last on, and within each over the trials.
func (p *gatedPass) weightsPart(part, parts int) {
	c, n, in := p.call, p.net.Neurons, p.net.Inputs+1
	rows, count := c.trials, c.last-c.first+1
	if c.trials == p.batch { // all steps of the chunk lie side by side
		rows, count = count*rows, 1
	}
	from, to := crew.Share(part, parts, p.blocks*n, rowGrain)
	innerFrom, innerTo := crew.Share(part, parts, n, rowGrain)
	for i := range count {
		delta := p.delta[i*p.batch*p.ldDelta:]
		state := p.state[(p.steps-c.last+i)*p.batch*p.ld:]
		if from < to {
			kernel.GemmTN(p.sum[from*p.ld:to*p.ld], p.ld, delta[from:], p.ldDelta, state, p.ld, to-from, p.width, rows, true)
		}
		if p.cell.inner && innerFrom < innerTo {
			kernel.GemmTN(p.candidates[innerFrom*in:innerTo*in], in, delta[p.blocks*n+innerFrom:], p.ldDelta, state[n:], p.ld, innerTo-innerFrom, in, rows, true)
		}
	}
}

// unstack takes the sums apart into the gradients of the weights.
func (p *gatedPass) unstack() {
	g, n, in := p.grad, p.net.Neurons, p.net.Inputs
	for r := range p.blocks * n {
		row := p.sum[r*p.ld:]
		if r < (p.blocks-1)*n {
			copy(g.GateW[r*n:(r+1)*n], row)
			copy(g.GateU[r*in:(r+1)*in], row[n:])
			g.GateB[r] = row[p.width-1]
			continue
		}
		i := r - (p.blocks-1)*n
		copy(g.W[i*n:(i+1)*n], row)
		inputs := row[n:p.width]
		if p.cell.inner {
			g.InnerB[i] = row[p.width-1]
			inputs = p.candidates[i*(in+1) : (i+1)*(in+1)]
		}
		copy(g.U[i*in:(i+1)*in], inputs)
		g.B[i] = inputs[in]
	}
}
