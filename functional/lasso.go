package functional

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// glasso is a solution of the graphical lasso.
type glasso struct{ precision, covariance *mat.Dense }

// outcome says how far a solution can be trusted.
type outcome int

const (
	converged   outcome = iota
	unconverged         // the sweeps were used up; the solution is near
	failed              // the system is too ill-conditioned; there is no solution
)

// lasso maximises log det Θ − tr(SΘ) − λ Σ_{i≠j} |Θ_ij| by block coordinate
// descent over columns, each a lasso regression solved by coordinate descent, until
// the duality gap falls below the tolerance.
func lasso(s, start *mat.Dense, lambda float64, sweeps int) (glasso, outcome) {
	n, _ := s.Dims()
	w := mat.DenseCopyOf(start)
	w.Scale(0.95, w) // a start inside the positive definite cone
	for i := range n {
		w.Set(i, i, s.At(i, i))
	}
	theta := mat.NewDense(n, n, nil)
	if err := theta.Inverse(w); err != nil {
		if _, bad := err.(mat.Condition); !bad || math.IsInf(float64(err.(mat.Condition)), 1) {
			theta.Zero()
			for i := range n {
				theta.Set(i, i, 1/s.At(i, i))
			}
		}
	}
	beta, wb := make([]float64, n), make([]float64, n)
	for sweep := range sweeps {
		for k := range n {
			for i := range n {
				beta[i] = -theta.At(i, k) / theta.At(k, k)
			}
			beta[k] = 0
			regress(w, s, beta, wb, k, lambda, sweeps)
			dot := 0.0
			for i := range n {
				dot += w.At(i, k) * beta[i]
			}
			diagonal := 1 / (w.At(k, k) - dot)
			for i := range n {
				if i == k {
					continue
				}
				theta.Set(i, k, -diagonal*beta[i])
				theta.Set(k, i, -diagonal*beta[i])
				w.Set(i, k, wb[i])
				w.Set(k, i, wb[i])
			}
			theta.Set(k, k, diagonal)
		}
		gap := dualityGap(s, theta, lambda)
		switch {
		case math.IsNaN(gap) || math.IsInf(gap, 0):
			return glasso{}, failed
		case math.Abs(gap) < gapTolerance:
			return glasso{theta, w}, converged
		}
		// The first sweep may pass through an indefinite matrix, a later one not.
		if _, sign := mat.LogDet(theta); sweep > 0 && sign <= 0 {
			return glasso{}, failed
		}
	}
	return glasso{theta, w}, unconverged
}

// regress solves column k: minimise ½βᵀWβ − βᵀs_k + λ|β| without entry k, from the β
// it is given; wb receives Wβ.
func regress(w, s *mat.Dense, beta, wb []float64, k int, lambda float64, rounds int) {
	n := len(beta)
	clear(wb)
	for j, b := range beta {
		if b != 0 {
			axpy(b, w.RawRowView(j), wb)
		}
	}
	target := s.RawRowView(k)
	norm2 := 0.0
	for i, v := range target {
		if i != k {
			norm2 += v * v
		}
	}
	for round := range rounds {
		largest, moved := 0.0, 0.0
		for j := range n {
			d := w.At(j, j)
			if j == k || d == 0 {
				continue
			}
			old := beta[j]
			r := target[j] - wb[j] + old*d
			now := math.Copysign(math.Max(math.Abs(r)-lambda, 0), r) / d
			if now != old {
				axpy(now-old, w.RawRowView(j), wb)
				beta[j] = now
			}
			largest, moved = math.Max(largest, math.Abs(now)), math.Max(moved, math.Abs(now-old))
		}
		if largest == 0 || moved/largest < descentTolerance || round == rounds-1 {
			if regressionGap(target, beta, wb, k, lambda, norm2) < descentTolerance*norm2 {
				return
			}
		}
	}
}

func axpy(a float64, x, y []float64) {
	for i, v := range x {
		y[i] += a * v
	}
}

// regressionGap is the duality gap of the lasso regression.
func regressionGap(target, beta, wb []float64, k int, lambda, norm2 float64) float64 {
	qb, bwb, dual, l1 := 0.0, 0.0, 0.0, 0.0
	for i, b := range beta {
		if i == k {
			continue
		}
		qb += b * target[i]
		bwb += b * wb[i]
		dual = math.Max(dual, math.Abs(target[i]-wb[i]))
		l1 += math.Abs(b)
	}
	residual := norm2 + bwb - 2*qb
	scale, gap := 1.0, residual
	if dual > lambda {
		scale = lambda / dual
		gap = (residual + residual*scale*scale) / 2
	}
	return gap + lambda*l1 - scale*norm2 + scale*qb
}

func dualityGap(s, theta *mat.Dense, lambda float64) float64 {
	n, _ := s.Dims()
	gap := -float64(n)
	for i := range n {
		for j, t := range theta.RawRowView(i) {
			gap += s.At(i, j) * t
			if i != j {
				gap += lambda * math.Abs(t)
			}
		}
	}
	return gap
}
