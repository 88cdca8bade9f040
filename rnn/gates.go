package rnn

import "biornn/internal/kernel"

// Steps of the gated cells for one trial; the equations are in cell.go. Every operation
// is rounded once.

// gruForward: kept holds s, z, W h + b′ and, in place of U x + b, n.
func gruForward(kept, _, h, next []float32) {
	n := len(h)
	gates := kept[:2*n]
	kernel.Sigmoid(gates, gates)
	s, inner, cand := kept[:n], kept[2*n:3*n], kept[3*n:4*n]
	for i, v := range inner {
		cand[i] += float32(s[i] * v)
	}
	kernel.Tanh(cand, cand)
	z := kept[n : 2*n]
	next = next[:n]
	for i, v := range cand {
		next[i] = v + float32(z[i]*(h[i]-v))
	}
}

// gruBackward: delta is for s, z, W h + b′ and U x + b.
func gruBackward(kept, _, h, delta, dh, _ []float32) {
	n := len(h)
	s, z, inner, cand := kept[:n], kept[n:2*n], kept[2*n:3*n], kept[3*n:4*n]
	ds, dz, dInner, dCand := delta[:n], delta[n:2*n], delta[2*n:3*n], delta[3*n:4*n]
	dh = dh[:n]
	for i, d := range dh {
		zi := z[i]
		back := float32(d * zi)
		dz[i] = float32(d * (h[i] - cand[i]))
		dCand[i] = d - back
		dh[i] = back
	}
	kernel.TanhSlope(dCand, cand)
	for i, d := range dCand {
		ds[i] = float32(d * inner[i])
		dInner[i] = float32(d * s[i])
	}
	kernel.SigmoidSlope(delta[:2*n], kept[:2*n])
}

// lstmForward: kept holds i, f, o, the candidate, c and tanh c.
func lstmForward(kept, before, h, next []float32) {
	n := len(h)
	gates, cand := kept[:3*n], kept[3*n:4*n]
	kernel.Sigmoid(gates, gates)
	kernel.Tanh(cand, cand)
	in, forget, out := kept[:n], kept[n:2*n], kept[2*n:3*n]
	c, squashed := kept[4*n:5*n], kept[5*n:6*n]
	for i, v := range cand {
		c[i] = float32(in[i] * v)
	}
	if before != nil {
		for i, v := range before[4*n : 5*n] {
			c[i] += float32(forget[i] * v)
		}
	}
	kernel.Tanh(squashed, c)
	next = next[:n]
	for i, v := range squashed {
		next[i] = float32(out[i] * v)
	}
}

// lstmBackward: delta is for i, f, o and the candidate; its last block holds work.
func lstmBackward(kept, before, h, delta, dh, dc []float32) {
	n := len(h)
	in, forget, out, cand, squashed := kept[:n], kept[n:2*n], kept[2*n:3*n], kept[3*n:4*n], kept[5*n:6*n]
	dIn, dForget, dOut, dCand, work := delta[:n], delta[n:2*n], delta[2*n:3*n], delta[3*n:4*n], delta[4*n:5*n]
	dh, dc = dh[:n], dc[:n]
	for i, d := range dh {
		dOut[i] = float32(d * squashed[i])
		work[i] = float32(d * out[i])
	}
	kernel.TanhSlope(work, squashed)
	for i, w := range work {
		d := dc[i] + w
		dIn[i] = float32(d * cand[i])
		dCand[i] = float32(d * in[i])
		dc[i] = float32(d * forget[i])
		work[i] = d
	}
	clear(dForget)
	if before != nil {
		for i, v := range before[4*n : 5*n] {
			dForget[i] = float32(work[i] * v)
		}
	}
	kernel.SigmoidSlope(delta[:3*n], kept[:3*n])
	kernel.TanhSlope(dCand, cand)
}
