package activity

import "gonum.org/v1/gonum/mat"

// Steps of the cells and their Jacobians; the equations are in rnn/cell.go. In the
// comments a is the argument of a gate's σ and ∘ is elementwise.

// part returns one of several arrays of N numbers that lie one after the other.
func (m *Map) part(x []float64, k int) []float64 { return x[k*m.n : (k+1)*m.n] }

func wholeState(_ *Map, state, _ []float64) []float64 { return state }

// simpleStep: kept holds z = W h + U x + b.
func simpleStep(m *Map, h, _, drive, z, next []float64) {
	for i := range z {
		z[i] = m.product(0, i, h, drive)
		next[i] = m.phi(z[i])
	}
}

// leakyRates sets kept to r = φ(x), x being the state.
func leakyRates(m *Map, x, r []float64) []float64 {
	for i, v := range x {
		r[i] = m.phi(v)
	}
	return r
}

// leakyStep: x ↦ (1 − α) x + α (W r + U u + b).
func leakyStep(m *Map, r, x, drive, _, next []float64) {
	for i := range next {
		next[i] = float64((1-m.leak)*x[i]) + float64(m.leak*m.product(0, i, r, drive))
	}
}

// leakyJacobian: (1 − α) + α W diag(φ′(x)).
func leakyJacobian(m *Map, x, _ []float64, j *mat.Dense) {
	gain := make([]float64, m.n)
	for k, v := range x {
		gain[k] = m.leak * m.slope(v)
	}
	for i := range m.n {
		row, w := j.RawRowView(i), m.weights(0, i)
		for k := range row {
			row[k] = float64(w[k] * gain[k])
		}
		row[i] += 1 - m.leak
	}
}

// gruStep: kept holds s, z, W h + b′ and n. The blocks are reset, update and candidate.
func gruStep(m *Map, h, _, drive, kept, next []float64) {
	s, z, inner, cand := m.part(kept, 0), m.part(kept, 1), m.part(kept, 2), m.part(kept, 3)
	for i := range next {
		s[i] = logistic(m.product(0, i, h, drive))
		z[i] = logistic(m.product(1, i, h, drive))
		inner[i] = m.inner[i] + dot(m.weights(2, i), h)
		cand[i] = m.phi(drive[2*m.n+i] + float64(s[i]*inner[i]))
	}
	for i, v := range cand {
		next[i] = float64(z[i]*h[i]) + float64((1-z[i])*v)
	}
}

// gruJacobian: with h′ = z ∘ h + (1 − z) ∘ n and n = tanh(U x + b + s ∘ (W h + b′)),
//
//	dh′/dh = diag(z) + diag((h − n) σ′(a_z)) W_z
//	         + diag((1 − z)(1 − n²)) (diag(s) W + diag((W h + b′) σ′(a_s)) W_s)
func gruJacobian(m *Map, h, kept []float64, j *mat.Dense) {
	s, z, inner, cand := m.part(kept, 0), m.part(kept, 1), m.part(kept, 2), m.part(kept, 3)
	for i := range m.n {
		row := j.RawRowView(i)
		clear(row)
		through := (1 - z[i]) * (1 - float64(cand[i]*cand[i]))
		axpy(row, through*inner[i]*s[i]*(1-s[i]), m.weights(0, i))
		axpy(row, (h[i]-cand[i])*z[i]*(1-z[i]), m.weights(1, i))
		axpy(row, through*s[i], m.weights(2, i))
		row[i] += z[i]
	}
}

func lstmOutputs(m *Map, state, _ []float64) []float64 { return m.part(state, 0) }

// lstmStep: kept holds i, f, o, the candidate g and tanh c′. The blocks are in this order.
func lstmStep(m *Map, h, state, drive, kept, next []float64) {
	c := m.part(state, 1)
	in, forget, out, cand, squashed := m.part(kept, 0), m.part(kept, 1), m.part(kept, 2), m.part(kept, 3), m.part(kept, 4)
	nextH, nextC := m.part(next, 0), m.part(next, 1)
	for i := range m.n {
		in[i] = logistic(m.product(0, i, h, drive))
		forget[i] = logistic(m.product(1, i, h, drive))
		out[i] = logistic(m.product(2, i, h, drive))
		cand[i] = m.phi(m.product(3, i, h, drive))
		nextC[i] = float64(forget[i]*c[i]) + float64(in[i]*cand[i])
		squashed[i] = m.phi(nextC[i])
		nextH[i] = float64(out[i] * squashed[i])
	}
}

// lstmJacobian: with c′ = f ∘ c + i ∘ g, h′ = o ∘ tanh c′ and p = o ∘ (1 − tanh² c′),
//
//	dc′/dh = diag(g σ′(a_i)) W_i + diag(c σ′(a_f)) W_f + diag(i (1 − g²)) W,  dc′/dc = diag(f)
//	dh′/dh = diag(p) dc′/dh + diag(tanh c′ σ′(a_o)) W_o,                      dh′/dc = diag(p f)
func lstmJacobian(m *Map, state, kept []float64, j *mat.Dense) {
	c := m.part(state, 1)
	in, forget, out, cand, squashed := m.part(kept, 0), m.part(kept, 1), m.part(kept, 2), m.part(kept, 3), m.part(kept, 4)
	for i := range m.n {
		toH, toC := j.RawRowView(i), j.RawRowView(m.n+i)
		clear(toH)
		clear(toC)
		axpy(toC[:m.n], cand[i]*in[i]*(1-in[i]), m.weights(0, i))
		axpy(toC[:m.n], c[i]*forget[i]*(1-forget[i]), m.weights(1, i))
		axpy(toC[:m.n], in[i]*(1-float64(cand[i]*cand[i])), m.weights(3, i))
		toC[m.n+i] = forget[i]
		axpy(toH, out[i]*(1-float64(squashed[i]*squashed[i])), toC)
		axpy(toH[:m.n], squashed[i]*out[i]*(1-out[i]), m.weights(2, i))
	}
}
