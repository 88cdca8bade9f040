package train

import (
	"math"

	"biornn/internal/kernel"
	"biornn/rnn"
)

// optimiser keeps the moments of every parameter.
type optimiser struct {
	cfg           Config
	first, second *rnn.Network
	total         int // updates of the whole run, for schedules
}

func newOptimiser(cfg Config, net *rnn.Network) *optimiser {
	return &optimiser{cfg: cfg, first: net.Like(), second: net.Like(), total: cfg.Updates()}
}

// rate returns the learning rate of an update, which counts from 1.
func (o *optimiser) rate(update int) float64 {
	r := o.cfg.LearningRate
	if update <= o.cfg.WarmUp {
		return r * float64(update) / float64(o.cfg.WarmUp)
	}
	done := float64(update-1-o.cfg.WarmUp) / math.Max(1, float64(o.total-o.cfg.WarmUp))
	switch o.cfg.Schedule {
	case "linear":
		return r * (1 - done)
	case "cosine":
		return r * 0.5 * (1 + math.Cos(math.Pi*done))
	}
	return r
}

// apply moves the network along its gradient. Where a gradient is not finite it
// changes nothing and returns the parameter's name and false.
func (o *optimiser) apply(net, grad *rnn.Network, update int) (bad string, ok bool) {
	params, grads := net.Parameters(), grad.Parameters()
	norm2 := 0.0
	for i, g := range grads {
		s := sumSquares(g.Data)
		if !finite(s) {
			return params[i].Name, false
		}
		norm2 += s
	}
	scale := float32(1)
	if norm := math.Sqrt(norm2); o.cfg.ClipNorm > 0 && norm > o.cfg.ClipNorm {
		scale = float32(o.cfg.ClipNorm / norm)
	}
	firsts, seconds := o.first.Parameters(), o.second.Parameters()
	for i := range params {
		o.one(params[i].Data, grads[i].Data, firsts[i].Data, seconds[i].Data, update, scale)
	}
	return "", true
}

func (o *optimiser) one(p, g, m, v []float32, update int, scale float32) {
	lr := o.rate(update)
	b1, b2 := float32(o.cfg.Beta1), float32(o.cfg.Beta2)
	eps := float32(o.cfg.Epsilon)
	switch o.cfg.Optimiser {
	case "sgd":
		momentum, step := float32(o.cfg.Momentum), float32(lr)
		for i := range p {
			m[i] = float32(momentum*m[i]) - float32(step*float32(g[i]*scale))
			p[i] += m[i]
		}
	case "rmsprop":
		step := float32(lr)
		for i := range p {
			x := float32(g[i] * scale)
			v[i] += float32((float32(x*x) - v[i]) * (1 - b2))
			p[i] -= float32(step*x) / (sqrt32(v[i]) + eps)
		}
	default:
		// Keras: αₜ = lr·√(1−β₂ᵗ)/(1−β₁ᵗ), θ −= αₜ·m/(√v + ε).
		t := float64(update)
		alpha := float32(lr * math.Sqrt(1-math.Pow(o.cfg.Beta2, t)) / (1 - math.Pow(o.cfg.Beta1, t)))
		kernel.Adam(p, g, m, v, kernel.AdamStep{Scale: scale, First: 1 - b1, Second: 1 - b2, Rate: alpha, Epsilon: eps})
	}
}

func sqrt32(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// sumSquares adds in eight interleaved chains, a fixed order.
func sumSquares(x []float32) float64 {
	var s [8]float64
	for len(x) >= 8 {
		for k := range s {
			v := float64(x[k])
			s[k] += float64(v * v)
		}
		x = x[8:]
	}
	for k, v := range x {
		s[k] += float64(float64(v) * float64(v))
	}
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]))
}
