package train

import (
	"math"

	"biornn/rnn"
)

// penalise adds the gradient of the penalty to that of the loss and returns its value.
// Where the constraint acts on several recurrent matrices it sees the sum of their
// magnitudes: a connection is paid for by its whole weight.
func (l *loop) penalise(net, grad *rnn.Network) (float64, error) {
	matrices, grads := net.Constrains(), grad.Constrains()
	if len(matrices) == 1 {
		return l.job.Constraint.Penalty(net.W, grad.W)
	}
	if l.whole == nil {
		l.whole, l.price = make([]float32, len(net.W)), make([]float32, len(net.W))
	}
	rnn.Total(l.whole, matrices)
	clear(l.price)
	value, err := l.job.Constraint.Penalty(l.whole, l.price)
	for m, w := range matrices {
		g := grads[m]
		for i, p := range l.price {
			g[i] += signed(p, w[i])
		}
	}
	return value, err
}

// signed returns p·sign(x), with sign(0) = 0.
func signed(p, x float32) float32 {
	switch {
	case x == 0:
		return 0
	case math.Signbit(float64(x)):
		return -p
	}
	return p
}

// project puts the matrices that the constraint acts on back into the allowed set.
func (l *loop) project(net *rnn.Network) {
	for _, w := range net.Constrains() {
		l.job.Constraint.Project(w)
	}
}
