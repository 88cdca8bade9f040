package rnn

import "biornn/internal/kernel"

// BPTT runs a network forward over batches of trials and its gradient backward.
// It owns all states, so that a training step allocates nothing. It is not safe
// for concurrent use.
//
// The row of trial b at step t holds (h_t, x_{t+1}, 1), so that one product with
// (W, U, b) yields the next step and one product with the row yields all three
// gradients.
type BPTT struct {
	net          *Network
	batch, steps int
	width        int // neurons + inputs + 1
	ld           int // row length of a state, a multiple of 16
	act          activation

	state  []float32 // [step 0…steps][trial][ld]
	logits []float32 // [step][trial][output]
	scored []bool    // steps whose logits were computed

	forward, backward kernel.Packed // (W, U, b)ᵀ and W
	readout, readback kernel.Packed // Vᵀ (bias apart) and V
	delta, next       []float32     // dL/dz of two steps, [trial][ld]
	joint             []float32     // dL/d(W, U, b), [post][ld]

	// Grad holds the gradient of the last Backward.
	Grad *Network
}

// NewBPTT prepares for batches of up to batch trials of up to steps steps.
func NewBPTT(net *Network, batch, steps int) *BPTT {
	p := &BPTT{net: net, batch: batch, steps: steps, act: activations[net.Activation], Grad: net.Like()}
	p.width = net.Neurons + net.Inputs + 1
	p.ld = (p.width + 15) / 16 * 16
	p.state = kernel.Aligned((steps + 1) * batch * p.ld)
	p.logits = kernel.Aligned(steps * batch * net.Outputs)
	p.scored = make([]bool, steps)
	p.delta, p.next = kernel.Aligned(batch*p.ld), kernel.Aligned(batch*p.ld)
	p.joint = kernel.Aligned(net.Neurons * p.ld)
	for i := range (steps + 1) * batch {
		p.state[i*p.ld+p.width-1] = 1
	}
	return p
}

// Input returns x_t of one trial, to be filled before Forward. Steps count from 0.
func (p *BPTT) Input(step, trial int) []float32 {
	at := (step*p.batch+trial)*p.ld + p.net.Neurons
	return p.state[at : at+p.net.Inputs]
}

// State returns h of one trial after step (which counts from 0).
func (p *BPTT) State(step, trial int) []float32 {
	at := ((step+1)*p.batch + trial) * p.ld
	return p.state[at : at+p.net.Neurons]
}

// Logits returns the read-out of one trial at a scored step; the caller may
// overwrite it with the gradient of the loss before Backward.
func (p *BPTT) Logits(step, trial int) []float32 {
	at := (step*p.batch + trial) * p.net.Outputs
	return p.logits[at : at+p.net.Outputs]
}

// at returns the states after `steps` steps.
func (p *BPTT) at(steps int) []float32 { return p.state[steps*p.batch*p.ld:] }

// Update takes over the current weights of the network; call it after each change of them.
func (p *BPTT) Update() {
	n, k := p.net, p.net.Neurons
	p.forward.Begin(p.width, k)
	p.forward.PutT(0, n.W, k, k)
	p.forward.PutT(k, n.U, n.Inputs, n.Inputs)
	p.forward.PutT(k+n.Inputs, n.B, 1, 1)
	p.backward.Pack(n.W, k, k, k)
	p.readout.PackT(n.V, k, k, n.Outputs)
	p.readback.Pack(n.V, k, n.Outputs, k)
}

// Forward runs the first trials rows over the first steps steps, from rest, and
// computes the logits of the steps for which scored is true.
func (p *BPTT) Forward(trials, steps int, scored func(step int) bool) {
	mode := kernel.Set
	if p.net.Activation == "relu" {
		mode = kernel.Rectify
	}
	for t := range steps {
		kernel.GemmFused(p.at(t+1), p.ld, p.at(t), p.ld, trials, &p.forward, mode, nil, 0)
		if p.act.apply != nil {
			p.applyActivation(p.at(t+1), trials)
		}
		if p.scored[t] = scored(t); p.scored[t] {
			p.read(t, trials)
		}
	}
	for t := steps; t < p.steps; t++ {
		p.scored[t] = false
	}
}

func (p *BPTT) applyActivation(states []float32, trials int) {
	for b := range trials {
		row := states[b*p.ld : b*p.ld+p.net.Neurons]
		for i, z := range row {
			row[i] = p.act.apply(z)
		}
	}
}

// read computes the logits of one step: c + V h.
func (p *BPTT) read(t, trials int) {
	out := p.logits[t*p.batch*p.net.Outputs:]
	for b := range trials {
		copy(out[b*p.net.Outputs:(b+1)*p.net.Outputs], p.net.C)
	}
	kernel.Gemm(out, p.net.Outputs, p.at(t+1), p.ld, trials, &p.readout, true)
}

// Backward turns the gradients left in Logits at the scored steps into Grad, for
// the trials and steps of the last Forward.
func (p *BPTT) Backward(trials, steps int) {
	n := p.net.Neurons
	g := p.Grad
	clear(g.V)
	clear(g.C)
	clear(p.joint)
	carried := false
	for t := steps - 1; t >= 0; t-- {
		if !carried && !p.scored[t] {
			continue
		}
		p.arrive(t, trials, carried)
		carried = true
		kernel.GemmTN(p.joint, p.ld, p.delta, p.ld, p.at(t), p.ld, n, p.width, trials, true)
	}
	for i := range n {
		row := p.joint[i*p.ld:]
		copy(g.W[i*n:(i+1)*n], row)
		copy(g.U[i*g.Inputs:(i+1)*g.Inputs], row[n:])
		g.B[i] = row[p.width-1]
	}
}

// arrive computes dL/dz of step t into delta, from the read-out where the step is
// scored and from the delta of step t+1 where there is one.
func (p *BPTT) arrive(t, trials int, carried bool) {
	n, out := p.net.Neurons, p.net.Outputs
	states := p.at(t + 1)
	gate, last := kernel.Set, kernel.Set
	if p.net.Activation == "relu" {
		gate = kernel.Gate
	}
	if p.scored[t] {
		dy := p.logits[t*p.batch*out:]
		kernel.GemmTN(p.Grad.V, n, dy, out, states, p.ld, out, n, trials, true)
		for b := range trials {
			for k := range out {
				p.Grad.C[k] += dy[b*out+k]
			}
		}
		if !carried {
			last = gate
		}
		kernel.GemmFused(p.next, p.ld, dy, out, trials, &p.readback, last, states, p.ld)
	}
	if carried {
		last = gate
		if p.scored[t] {
			last |= kernel.Add
		}
		kernel.GemmFused(p.next, p.ld, p.delta, p.ld, trials, &p.backward, last, states, p.ld)
	}
	p.delta, p.next = p.next, p.delta
	if p.act.slope == nil {
		return
	}
	for b := range trials {
		row, h := p.delta[b*p.ld:b*p.ld+n], states[b*p.ld:]
		for i := range row {
			row[i] *= p.act.slope(h[i])
		}
	}
}
