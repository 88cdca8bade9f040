package rnn

import (
	"biornn/internal/crew"
	"biornn/internal/kernel"
)

// frame is what the passes of networks with all recurrent weights share: the states and
// the read-out.
//
// The row of trial b at step t holds (h_t, x_{t+1}, 1), so that one product with
// (W, U, b) yields what the next step is made of and one product with the row yields all
// three gradients. Steps lie in memory from the last to the first: that is the order in
// which the gradient sums them, in one product over all steps and trials.
type frame struct {
	net          *Network
	batch, steps int
	width        int // neurons + inputs + 1
	ld           int // row length of a state, an odd multiple of 16
	crew         *crew.Crew
	chunk        int                                      // steps of dL/dz that are kept
	call         struct{ trials, steps, first, last int } // of the work below, which the crew shares
	work         struct{ update, forward, states, weights func(part, parts int) }

	state  []float32 // [steps − step][trial][ld], step 0…steps
	logits []float32 // [step][trial][output]
	scored []bool    // steps whose logits were computed

	readout, readback kernel.Packed // Vᵀ (bias apart) and V
	grad              *Network
}

func newFrame(net *Network, batch, steps int, crew *crew.Crew) frame {
	p := frame{net: net, batch: batch, steps: steps, crew: crew, grad: net.Like()}
	p.width = net.Neurons + net.Inputs + 1
	p.ld = oddLines(p.width)
	p.state = kernel.Aligned((steps + 1) * batch * p.ld)
	p.chunk = max(1, chunkRows/batch)
	if crew != nil {
		p.chunk = max(1, crewChunkRows/batch)
	}
	p.logits = kernel.Aligned(steps * batch * net.Outputs)
	p.scored = make([]bool, steps)
	for i := range (steps + 1) * batch {
		p.state[i*p.ld+p.width-1] = 1
	}
	return p
}

// The rows of dL/dz that are kept, unless a step has more: few stay in the cache, many
// save a crew from meeting often.
const (
	chunkRows     = 384
	crewChunkRows = 1024
)

// rowGrain is a multiple of the rows of every kernel's tile.
const rowGrain = 12

// oddLines rounds a row length up to an odd number of cache lines: with an even one
// the same element of many rows would compete for few places in the cache.
func oddLines(n int) int { return (n+15)/16/2*32 + 16 }

func (p *frame) SetInput(step, trial int, x []float32) {
	row := p.at(step)[trial*p.ld+p.net.Neurons:]
	copy(row[:p.net.Inputs], x)
}

func (p *frame) State(step, trial int, h []float32) {
	copy(h, p.at(step + 1)[trial*p.ld:][:p.net.Neurons])
}

func (p *frame) Logits(step, trial int) []float32 {
	at := (step*p.batch + trial) * p.net.Outputs
	return p.logits[at : at+p.net.Outputs]
}

func (p *frame) Gradient() *Network { return p.grad }

// at returns the states after `steps` steps.
func (p *frame) at(steps int) []float32 {
	at := (p.steps - steps) * p.batch * p.ld
	return p.state[at : at+p.batch*p.ld]
}

func (p *frame) packReadout() {
	n, k := p.net, p.net.Neurons
	p.readout.PackT(n.V, k, k, n.Outputs)
	p.readback.Pack(n.V, k, n.Outputs, k)
}

// begin notes what the following Forward is to do.
func (p *frame) begin(trials, steps int, scored func(step int) bool) {
	for t := range p.steps {
		p.scored[t] = t < steps && scored(t)
	}
	p.call.trials, p.call.steps = trials, steps
}

// score computes the logits of some trials after step t, if it is scored.
func (p *frame) score(t, from, trials int) {
	if !p.scored[t] {
		return
	}
	out := p.net.Outputs
	y := p.logits[(t*p.batch+from)*out : (t*p.batch+from+trials)*out]
	for b := range trials {
		copy(y[b*out:], p.net.C)
	}
	kernel.Gemm(y, out, p.at(t + 1)[from*p.ld:], p.ld, trials, &p.readout, true)
}

// lastScored returns the last scored step, −1 where none is.
func (p *frame) lastScored(steps int) int {
	last := steps - 1
	for last >= 0 && !p.scored[last] {
		last--
	}
	return last
}

// sumReadout sums dL/dV and dL/dc.
func (p *frame) sumReadout(last, trials int) {
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
