package rnn

import (
	"math"

	"biornn/internal/kernel"
)

// leaky is the part of a pass that only the leaky cell has. Its row b of x is that of the
// trial (or slice of trials) b at the step in progress: the backward pass needs r alone.
type leaky struct {
	net  *Network
	keep float32 // 1 − α
	ld   int     // row length of x and of the noise

	x     []float32 // [row][ld]
	noise []float32 // √(2α) σ ξ, [step][row][ld]; nil without
	quiet bool
	zero  []float32 // as long as a row

	w, u, b []float32 // α (W, U, b), without a mask
}

// newLeaky makes room for rows of ld numbers.
func newLeaky(net *Network, rows, steps, ld int) *leaky {
	l := &leaky{net: net, keep: 1 - net.Leak, ld: ld, zero: make([]float32, ld), x: kernel.Aligned(rows * ld)}
	if net.UnitNoise > 0 {
		l.noise = kernel.Aligned(steps * rows * ld)
	}
	if net.Mask == nil {
		l.w, l.u, l.b = make([]float32, len(net.W)), make([]float32, len(net.U)), make([]float32, len(net.B))
	}
	return l
}

// scaled sets and returns α (W, U, b) for the posts from … to−1 of a network without mask.
func (l *leaky) scaled(from, to int) (w, u, b []float32) {
	n, in := l.net.Neurons, l.net.Inputs
	scale(l.w[from*n:to*n], l.net.W[from*n:], l.net.Leak)
	scale(l.u[from*in:to*in], l.net.U[from*in:], l.net.Leak)
	scale(l.b[from:to], l.net.B[from:], l.net.Leak)
	return l.w, l.u, l.b
}

func scale(to, from []float32, factor float32) {
	for i := range to {
		to[i] = factor * from[i]
	}
}

// rest sets r to φ(0).
func (l *leaky) rest(r []float32) {
	l.fire(r, l.zero[:len(r)])
}

// decay turns x_{t−1} of a row into (1 − α) x_{t−1} + √(2α) σ ξ_t, place being that of
// the row among all steps.
func (l *leaky) decay(x []float32, t, place int) {
	if t == 0 {
		clear(x)
	}
	xi := l.zero[:len(x)]
	if l.noise != nil && !l.quiet {
		xi = l.noise[place*l.ld:][:len(x)]
	}
	kernel.Blend(x, x, xi, l.zero[:len(x)], l.keep, 1, 0)
}

// fire sets r to φ(x).
func (l *leaky) fire(r, x []float32) {
	switch act := activations[l.net.Activation]; {
	case act.apply != nil:
		act.apply(r, x)
	case l.net.Activation == "relu":
		rectify(r, x)
	default:
		copy(r, x)
	}
}

// rectify sets r to max(0, x), to x where it is not a number. It does not branch: the
// signs of states cannot be predicted.
func rectify(r, x []float32) {
	r = r[:len(x)]
	for i, v := range x {
		bits := math.Float32bits(v)
		if v < 0 {
			bits = 0
		}
		r[i] = math.Float32frombits(bits)
	}
}

// retain turns φ′ dL/dr into α dL/dx, given that of the step after it if there is one.
func (l *leaky) retain(d, after []float32, carried bool) {
	if !carried {
		after = l.zero[:len(d)]
	}
	kernel.Blend(d, d, after, l.zero[:len(d)], l.net.Leak, l.keep, 0)
}

// size returns √(2α) σ.
func (l *leaky) size() float64 {
	return math.Sqrt(2*float64(l.net.Leak)) * float64(l.net.UnitNoise)
}

func (p *densePass) SetNoise(step, trial int, xi []float64) {
	l := p.leaky
	if l == nil || l.noise == nil {
		return
	}
	row := l.noise[(step*p.batch+trial)*l.ld:]
	for i, v := range xi {
		row[i] = float32(l.size() * v)
	}
}

func (p *densePass) Quiet(quiet bool) {
	if p.leaky != nil {
		p.leaky.quiet = quiet
	}
}
