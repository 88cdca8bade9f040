package constraint

import (
	"fmt"
	"math"

	"biornn/internal/kernel"
)

// Penalty returns the penalty at w ([post][pre]) and, unless grad is nil, adds its
// gradient to grad. The value may be infinite or not a number, for instance where a
// silent neuron's strength of 0 is divided by; the gradient is then meaningless.
func (k *Constraint) Penalty(w, grad []float32) (float64, error) {
	want := k.n * k.n
	if k.mask != nil {
		want = k.mask.Len()
	}
	if len(w) != want || (grad != nil && len(grad) != len(w)) {
		panic("constraint: Penalty: weights are not N×N, or as many as the mask has")
	}
	if k.inner != nil {
		return k.throughFull(w, grad)
	}
	switch k.cfg.Communicability {
	case "direct":
		return k.kept(w, grad, k.direct), nil
	case "empirical":
		return k.plain(w, grad) + k.kept(w, grad, k.distribution), nil
	}
	return k.plain(w, grad), nil
}

// kept computes a penalty with communicability, or returns what it was at the last
// refresh with its gradient then. Only updates count, not looks at the value alone.
func (k *Constraint) kept(w, grad []float32, compute func(w, grad []float32) float64) float64 {
	if k.cfg.RefreshEvery <= 1 || grad == nil {
		return compute(w, grad)
	}
	if k.lag.age == 0 {
		k.lag.grad = resized(k.lag.grad, len(w))
		clear(k.lag.grad)
		k.lag.value = compute(w, k.lag.grad)
	}
	k.lag.age = (k.lag.age + 1) % k.cfg.RefreshEvery
	for i, g := range k.lag.grad {
		grad[i] += g
	}
	return k.lag.value
}

// lag is a penalty and its gradient as they were some updates ago.
type lag struct {
	age   int // updates since; 0: to be computed
	value float64
	grad  []float32
}

// Kept returns what RefreshEvery carries from update to update: the updates since the
// penalty was computed, its value and its gradient (not a copy; nil where there is none).
func (k *Constraint) Kept() (age int, value float64, grad []float32) {
	if k.inner != nil {
		return k.inner.Kept()
	}
	return k.lag.age, k.lag.value, k.lag.grad
}

// Restore puts back what Kept returned.
func (k *Constraint) Restore(age int, value float64, grad []float32) error {
	if k.inner != nil {
		return k.inner.Restore(age, value, grad)
	}
	if age > 0 && len(grad) != k.n*k.n || age < 0 || age > 0 && age >= k.cfg.RefreshEvery {
		return fmt.Errorf("constraint: want a kept penalty of fewer than %d updates with %d numbers, got %d with %d", k.cfg.RefreshEvery, k.n*k.n, age, len(grad))
	}
	k.lag = lag{age, value, append([]float32(nil), grad...)}
	return nil
}

func resized(x []float32, n int) []float32 {
	if len(x) == n {
		return x
	}
	return make([]float32, n)
}

// plain is Σ |W|∘price, summed row by row.
func (k *Constraint) plain(w, grad []float32) float64 {
	total := 0.0
	for i := range k.n {
		from, to := i*k.n, (i+1)*k.n
		if k.mask != nil {
			from, to = k.mask.Row(i)
		}
		sum := 0.0
		for j := from; j < to; j++ {
			sum += float64(abs32(w[j])) * float64(k.priceAt(j)) // exact: no fusing can differ
		}
		total += sum
	}
	if grad != nil {
		for i, x := range w {
			grad[i] += signed(k.priceAt(i), x)
		}
	}
	return total
}

func (k *Constraint) priceAt(i int) float32 {
	if k.price == nil {
		return k.flat
	}
	return k.price[i]
}

// signed returns price·sign(x), with sign(0) = 0. It does not branch: the signs of
// weights cannot be predicted. For an x that is not a number it returns ±price.
func signed(price, x float32) float32 {
	b := math.Float32bits(x)
	magnitude := int32(b << 1) // 0 for both zeros
	nonzero := uint32((magnitude | -magnitude) >> 31)
	return math.Float32frombits((math.Float32bits(price) ^ b&(1<<31)) & nonzero)
}

// direct is Σ |W|∘price∘C(W).
func (k *Constraint) direct(w, grad []float32) float64 {
	w = k.priced(w) // self-loops that are left out have no gradient, as sign(0) = 0
	c := k.spread.at(w)
	if !k.spread.ok {
		return math.NaN()
	}
	total := k.sumPriced(w, c)
	for i := 0; i < len(w); i += k.n + 1 {
		total += float64(float64(abs32(w[i])) * float64(k.self))
	}
	if grad == nil {
		return total
	}
	dc, dw := k.work.take(k.n)
	kernel.ScaleAbs(dc, w, k.price, 1)
	kernel.ScaleAbs(dw, k.price, c, 1) // prices are not negative
	for i := 0; i < len(w); i += k.n + 1 {
		dw[i] += k.self
	}
	k.spread.adjoint(dc, dw)
	for i, x := range w {
		grad[i] += signed(dw[i], x)
	}
	return total
}

// sumPriced returns Σ |W|∘price∘C, summed row by row. Four rows go side by side, so that
// their sums do not wait for each other.
func (k *Constraint) sumPriced(w, c []float32) float64 {
	term := func(i int) float64 {
		return float64(float64(abs32(w[i])) * float64(k.price[i]) * float64(c[i]))
	}
	total := 0.0
	row := 0
	for ; row+4 <= k.n; row += 4 {
		var s0, s1, s2, s3 float64
		for i := row * k.n; i < (row+1)*k.n; i++ {
			s0 += term(i)
			s1 += term(i + k.n)
			s2 += term(i + 2*k.n)
			s3 += term(i + 3*k.n)
		}
		total += s0
		total += s1
		total += s2
		total += s3
	}
	for ; row < k.n; row++ {
		sum := 0.0
		for i := row * k.n; i < (row+1)*k.n; i++ {
			sum += term(i)
		}
		total += sum
	}
	return total
}

// emdWork is scratch space of the penalties with communicability.
type emdWork struct {
	dc, dw       []float32
	order, spare []uint64
}

func newEMDWork(n int) emdWork {
	return emdWork{order: make([]uint64, n*n), spare: make([]uint64, n*n)}
}

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
	w = k.priced(w)
	c := k.spread.at(w)
	if !k.spread.ok {
		return math.NaN()
	}
	// C is not negative, so its bits sort as it does; the order of the index breaks ties.
	order := k.work.order
	for i, x := range c {
		order[i] = uint64(math.Float32bits(x))<<32 | uint64(i)
	}
	order = sortHigh(order, k.work.spare)
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

// sortHigh sorts keys by their upper 32 bits, keeping the order of equal ones, in
// three rounds of counting by 11, 11 and 10 bits; spare is as long. It returns
// whichever of the two holds the result.
func sortHigh(keys, spare []uint64) []uint64 {
	var starts [3][2048]int
	for _, k := range keys {
		starts[0][k>>32&2047]++
		starts[1][k>>43&2047]++
		starts[2][k>>54]++
	}
	for round, shift := range [...]uint{32, 43, 54} {
		at := &starts[round]
		sum := 0
		for digit, count := range at {
			at[digit] = sum
			sum += count
		}
		for _, k := range keys {
			digit := k >> shift & 2047
			spare[at[digit]] = k
			at[digit]++
		}
		keys, spare = spare, keys
	}
	return keys
}
