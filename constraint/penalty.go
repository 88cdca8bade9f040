package constraint

import (
	"math"
	"slices"
)

// Penalty returns the penalty at w ([post][pre]) and, unless grad is nil, adds its
// gradient to grad. The value may be infinite or not a number, for instance where a
// silent neuron's strength of 0 is divided by; the gradient is then meaningless.
func (k *Constraint) Penalty(w, grad []float32) (float64, error) {
	if len(w) != k.n*k.n || (grad != nil && len(grad) != len(w)) {
		panic("constraint: Penalty: weights are not N×N")
	}
	switch k.cfg.Communicability {
	case "direct":
		return k.direct(w, grad), nil
	case "empirical":
		return k.plain(w, grad) + k.distribution(w, grad), nil
	}
	return k.plain(w, grad), nil
}

// plain is Σ |W|∘price.
func (k *Constraint) plain(w, grad []float32) float64 {
	total := 0.0
	for i := range k.n {
		sum := 0.0
		for j := i * k.n; j < (i+1)*k.n; j++ {
			price := k.flat
			if k.price != nil {
				price = k.price[j]
			}
			sum += float64(abs32(w[j])) * float64(price)
			if grad != nil {
				grad[j] += signed(price, w[j])
			}
		}
		total += sum
	}
	return total
}

// signed returns price·sign(x), with sign(0) = 0.
func signed(price, x float32) float32 {
	switch {
	case x > 0:
		return price
	case x < 0:
		return -price
	}
	return 0
}

// direct is Σ |W|∘price∘C(W).
func (k *Constraint) direct(w, grad []float32) float64 {
	c := k.spread.at(w)
	if !k.spread.ok {
		return math.NaN()
	}
	total := 0.0
	for i := range k.n {
		sum := 0.0
		for j := i * k.n; j < (i+1)*k.n; j++ {
			sum += float64(abs32(w[j])) * float64(k.price[j]) * float64(c[j])
		}
		total += sum
	}
	if grad == nil {
		return total
	}
	dc, dw := k.work.take(k.n)
	for i, x := range w {
		dc[i] = float32(abs32(x) * k.price[i])
		dw[i] = float32(k.price[i] * c[i])
	}
	k.spread.adjoint(dc, dw)
	for i, x := range w {
		grad[i] += signed(dw[i], x)
	}
	return total
}

// emdWork is scratch space of the penalties with communicability.
type emdWork struct {
	dc, dw []float32
	order  []uint64
}

func newEMDWork(n int) emdWork { return emdWork{order: make([]uint64, n*n)} }

// take returns two n×n arrays: dF/dC, to be filled, and dF/d|W|.
func (e *emdWork) take(n int) (dc, dw []float32) {
	if e.dc == nil {
		e.dc, e.dw = make([]float32, n*n), make([]float32, n*n)
	}
	return e.dc, e.dw
}

// distribution is λ_emd · mean |sort(C_emp) − sort(C(W))|, both with their zero
// diagonals: the 1-D Wasserstein distance of two samples of equal size.
func (k *Constraint) distribution(w, grad []float32) float64 {
	c := k.spread.at(w)
	if !k.spread.ok {
		return math.NaN()
	}
	// C is not negative, so its bits sort as it does; the index behind them breaks ties.
	order := k.work.order
	for i, x := range c {
		order[i] = uint64(math.Float32bits(x))<<32 | uint64(i)
	}
	slices.Sort(order)
	dc, dw := k.work.take(k.n)
	each := float32(k.emd / float64(len(c)))
	total := 0.0
	for rank, key := range order {
		i := uint32(key)
		diff := c[i] - k.target[rank]
		total += math.Abs(float64(diff))
		dc[i] = signed(each, diff)
	}
	if grad != nil {
		clear(dw)
		k.spread.adjoint(dc, dw)
		for i, x := range w {
			grad[i] += signed(dw[i], x)
		}
	}
	return k.emd * total / float64(len(c))
}

func sortFloat32(x []float32) { slices.Sort(x) }
