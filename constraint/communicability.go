package constraint

import (
	"math"

	"biornn/internal/crew"
	"biornn/internal/kernel"
)

// spread computes communicability (Crofts & Higham 2009, doi:10.1098/rsif.2008.0484)
//
//	C = exp(A), diag(C) := 0,  A = S^−½ |W| S^−½,  S[i] = ε + Σ_post |W[post][i]|
//
// in float32, and its adjoint.
//
// A = S^½ P S^−½ (in the [pre][post] view) with P row-stochastic or, with ε,
// substochastic. Hence Aᵏ = S^½ Pᵏ S^−½, no row sum of Aᵏ exceeds √(max S/min S),
// and the Taylor series after degree m leaves at most √(max S/min S)·Σ_{k>m} 1/k!,
// absolutely; all terms are nonnegative, so nothing cancels, and the result is at
// least max(1, ‖A‖). Degree 8 usually does, else 12. Where that bound is too weak too,
// the same holds for A/2ˢ with ‖A/2ˢ‖ᵏ in place of the ratio, followed by s squarings.
//
// Degree 8 takes three products in the form of Sastre (2018,
// doi:10.1016/j.laa.2017.11.010), whose coefficients are all positive, degree 12 five
// as Paterson & Stockmeyer evaluate it (1973, doi:10.1137/0202007). The adjoint runs the
// same products backward, two for each. In all, C is within 1e-5 of its norm and the
// gradient within 2e-5, usually within 2e-6.
type spread struct {
	n         int
	epsilon   float32
	ok        bool // the last value is finite
	squarings int

	s, r           []float32 // strengths and their inverse square roots
	a, a2, a3, a4  []float32
	degree         int // of the series, 8 or 12
	t1, t2         []float32
	powers         [][]float32 // exp(A/2ˢ) and its squares; the last is exp(A)
	c              []float32
	bar            [6][]float32 // adjoints
	p              kernel.Packed
	tolerance      float64
	rowSum, colSum []float64

	crew *crew.Crew
	call struct { // operands of the work below, which the crew shares
		dst, other, z, x, y []float32
		add, addOther       bool
		scale               float32
	}
	work struct {
		strength, normalise, norm, rescale, pack, packT, product, adjoint,
		inner8, outer8, cubics, combine8, settle8, combine12, sums, gradient func(part, parts int)
	}
}

const (
	tail8        = 3.06e-6  // Σ_{k>8} 1/k!
	tail12       = 1.73e-10 // Σ_{k>12} 1/k!
	maxSquarings = 40
)

// coefficient k of the exponential series.
var inverseFactorial = func() (c [13]float32) {
	f := 1.0
	for k := range c {
		if k > 0 {
			f *= float64(k)
		}
		c[k] = float32(1 / f)
	}
	return c
}()

func newSpread(n int, epsilon float64) *spread {
	p := &spread{n: n, epsilon: float32(epsilon), tolerance: 5e-6}
	square := func() []float32 { return kernel.Aligned(n * n) }
	p.a, p.a2, p.a3, p.a4 = square(), square(), square(), square()
	p.t1, p.t2, p.c = square(), square(), square()
	p.powers = [][]float32{square()}
	for i := range p.bar {
		p.bar[i] = square()
	}
	p.s, p.r = make([]float32, n), make([]float32, n)
	p.rowSum, p.colSum = make([]float64, n), make([]float64, n)
	w := &p.work
	w.strength, w.normalise, w.norm, w.rescale = p.strengthPart, p.normalisePart, p.normPart, p.rescalePart
	w.pack, w.packT, w.product, w.adjoint = p.packPart, p.packTPart, p.productPart, p.adjointPart
	w.inner8, w.outer8, w.cubics = p.inner8Part, p.outer8Part, p.cubicsPart
	w.combine8, w.settle8, w.combine12 = p.combine8Part, p.settle8Part, p.combine12Part
	w.sums, w.gradient = p.sumsPart, p.gradientPart
	return p
}

// rows returns the share of a part in the rows (or columns), and elements the same as a
// range of elements.
func (p *spread) rows(part, parts int) (from, to int) { return crew.Share(part, parts, p.n, 12) }

func (p *spread) elements(part, parts int) (from, to int) {
	from, to = p.rows(part, parts)
	return from * p.n, to * p.n
}

// multiply sets dst (or adds to it) x·y.
func (p *spread) multiply(dst, x, y []float32, add bool) {
	p.call.dst, p.call.x, p.call.y, p.call.add = dst, x, y, add
	p.p.Begin(p.n, p.n)
	p.crew.Do(p.work.pack)
	p.crew.Do(p.work.product)
}

func (p *spread) packPart(part, parts int) {
	from, to := crew.Share(part, parts, p.n, kernel.PanelWidth)
	p.p.Put(p.call.y, p.n, from, to)
}

func (p *spread) packTPart(part, parts int) {
	from, to := crew.Share(part, parts, p.n, kernel.PanelWidth)
	p.p.PutT(0, p.call.y, p.n, p.n, from, to)
}

func (p *spread) productPart(part, parts int) {
	from, to := p.rows(part, parts)
	if from < to {
		kernel.Gemm(p.call.dst[from*p.n:], p.n, p.call.x[from*p.n:], p.n, to-from, &p.p, p.call.add)
	}
}

// at computes C(W) for W[post][pre] and returns it, [post][pre], with a zero
// diagonal. Afterwards ok tells whether it is finite.
func (p *spread) at(w []float32) []float32 {
	p.normalise(w)
	p.squarings = p.scaling()
	p.ok = p.squarings >= 0
	if !p.ok {
		return p.c
	}
	p.polynomial()
	for i := range p.squarings {
		if len(p.powers) < i+2 {
			p.powers = append(p.powers, kernel.Aligned(p.n*p.n))
		}
		p.multiply(p.powers[i+1], p.powers[i], p.powers[i], false)
	}
	copy(p.c, p.powers[p.squarings])
	for i := range p.n {
		p.c[i*p.n+i] = 0
	}
	return p.c
}

// normalise fills s, r and a.
func (p *spread) normalise(w []float32) {
	p.call.x = w
	p.crew.Do(p.work.strength)
	p.crew.Do(p.work.normalise)
}

// strengthPart sums the columns of its share, each over all rows.
func (p *spread) strengthPart(part, parts int) {
	n := p.n
	from, to := p.rows(part, parts)
	sum := p.colSum[from:to]
	for i := range sum {
		sum[i] = float64(p.epsilon)
	}
	for post := range n {
		for i, x := range p.call.x[post*n+from : post*n+to] {
			sum[i] += float64(abs32(x))
		}
	}
	for i, s := range sum {
		p.s[from+i] = float32(s)
		p.r[from+i] = float32(1 / math.Sqrt(s))
	}
}

func (p *spread) normalisePart(part, parts int) {
	n := p.n
	from, to := p.rows(part, parts)
	for post := from; post < to; post++ {
		kernel.ScaleAbs(p.a[post*n:(post+1)*n], p.call.x[post*n:(post+1)*n], p.r, p.r[post])
	}
}

// scaling returns the number of squarings that the error bound asks for and divides
// a accordingly; −1 where A is not finite.
func (p *spread) scaling() int {
	low, high, norm := math.Inf(1), 0.0, 0.0
	for _, s := range p.s {
		low, high = math.Min(low, float64(s)), math.Max(high, float64(s))
	}
	p.crew.Do(p.work.norm)
	for _, x := range p.colSum {
		if !finite(x) {
			return -1
		}
		norm = math.Max(norm, x)
	}
	bound := p.tolerance * math.Max(1, norm) / math.Sqrt(high/low)
	if p.degree = 8; tail8 <= bound {
		return 0
	}
	if p.degree = 12; tail12 <= bound {
		return 0
	}
	s := 0
	for x := norm; taylorRemainder(x)*math.Exp2(float64(s)) > p.tolerance; x /= 2 {
		if s++; s > maxSquarings {
			return -1
		}
	}
	p.call.scale = float32(math.Exp2(-float64(s)))
	p.crew.Do(p.work.rescale)
	return s
}

// normPart sums |A| over the columns of its share.
func (p *spread) normPart(part, parts int) {
	from, to := p.rows(part, parts)
	sum := p.colSum[from:to]
	clear(sum)
	for post := range p.n {
		for i, x := range p.a[post*p.n+from : post*p.n+to] {
			sum[i] += float64(abs32(x))
		}
	}
}

func (p *spread) rescalePart(part, parts int) {
	from, to := p.elements(part, parts)
	for i := from; i < to; i++ {
		p.a[i] *= p.call.scale
	}
}

// taylorRemainder bounds Σ_{k>12} xᵏ/k! for x ≥ 0.
func taylorRemainder(x float64) float64 {
	if x > 7 {
		return math.Inf(1)
	}
	const factorial13 = 6227020800
	return math.Pow(x, 13) / factorial13 / (1 - x/14)
}

// polynomial sets powers[0] to the series of exp(a) up to the degree.
func (p *spread) polynomial() {
	p.multiply(p.a2, p.a, p.a, false)
	if p.degree == 8 {
		p.crew.Do(p.work.inner8)
		p.multiply(p.a3, p.a2, p.a4, false)
		p.crew.Do(p.work.outer8)
		p.multiply(p.powers[0], p.t1, p.t2, true)
		return
	}
	p.multiply(p.a3, p.a2, p.a, false)
	p.multiply(p.a4, p.a2, p.a2, false)
	p.crew.Do(p.work.cubics)
	p.multiply(p.t1, p.a4, p.t2, true)
	p.multiply(p.powers[0], p.a4, p.t1, true)
}

// sastre holds the coefficients of degree 8: with P = c₁A² + c₂A and Y = A²P,
// exp ≈ (Y + c₃A² + c₄A)(Y + c₅A²) + c₆Y + A²/2 + A + I.
var sastre = [7]float32{1: 4.980119205559973e-3, 2: 1.992047682223989e-2, 3: 7.665265321119147e-2,
	4: 8.765009801785554e-1, 5: 1.225521150112075e-1, 6: 2.974307204847627}

// inner8Part sets a4 to P.
func (p *spread) inner8Part(part, parts int) {
	from, to := p.elements(part, parts)
	a, a2 := p.a[from:to], p.a2[from:to]
	kernel.Blend(p.a4[from:to], a2, a, a, sastre[1], sastre[2], 0)
}

// outer8Part sets t1 and t2 to the factors and powers[0] to what is added to their
// product; Y is in a3.
func (p *spread) outer8Part(part, parts int) {
	c := &sastre
	from, to := p.elements(part, parts)
	y, a, a2 := p.a3[from:to], p.a[from:to], p.a2[from:to]
	kernel.Blend(p.t1[from:to], y, a2, a, 1, c[3], c[4])
	kernel.Blend(p.t2[from:to], y, a2, a2, 1, c[5], 0)
	kernel.Blend(p.powers[0][from:to], y, a2, a, c[6], 0.5, 1)
	for i, end := p.rows(part, parts); i < end; i++ {
		p.powers[0][i*p.n+i]++
	}
}

// cubicsPart sets t2 = B2 + A⁴/12!, t1 = B1 and powers[0] = B0 with
// Bᵢ = Σ_{k<4} Aᵏ/(4i+k)!.
func (p *spread) cubicsPart(part, parts int) {
	c := &inverseFactorial
	from, to := p.elements(part, parts)
	a4 := p.a4[from:to]
	a, a2, a3 := p.a[from:to][:len(a4)], p.a2[from:to][:len(a4)], p.a3[from:to][:len(a4)]
	b0, b1, b2 := p.powers[0][from:to][:len(a4)], p.t1[from:to][:len(a4)], p.t2[from:to][:len(a4)]
	for i, x := range a4 {
		x1, x2, x3 := a[i], a2[i], a3[i]
		b2[i] = float32(c[12]*x) + (float32(c[9]*x1) + (float32(c[10]*x2) + float32(c[11]*x3)))
		b1[i] = float32(c[5]*x1) + (float32(c[6]*x2) + float32(c[7]*x3))
		b0[i] = float32(c[1]*x1) + (float32(c[2]*x2) + float32(c[3]*x3))
	}
	for i, end := p.rows(part, parts); i < end; i++ {
		d := i*p.n + i
		p.powers[0][d] += c[0]
		p.t1[d] += c[4]
		p.t2[d] += c[8]
	}
}

// adjoint takes dF/dC (its diagonal is not read: C is 0 there), for the W of the
// last at, and adds dF/d|W| to grad, both [post][pre].
func (p *spread) adjoint(dc, grad []float32) {
	out := p.bar[0]
	copy(out, dc)
	for i := range p.n {
		out[i*p.n+i] = 0
	}
	for i := p.squarings - 1; i >= 0; i-- { // X = Y·Y: Ȳ = X̄Yᵀ + YᵀX̄
		p.productAdjoint(p.bar[1], p.bar[1], out, p.powers[i], p.powers[i], false, true)
		p.bar[0], p.bar[1] = p.bar[1], p.bar[0]
		out = p.bar[0]
	}
	p.polynomialAdjoint()
	p.strengthAdjoint(grad)
}

// productAdjoint turns the adjoint z̄ of z = x·y into those of its factors: x̄ = z̄yᵀ,
// ȳ = xᵀz̄, added where asked.
func (p *spread) productAdjoint(xBar, yBar, zBar, x, y []float32, addX, addY bool) {
	c := &p.call
	c.dst, c.other, c.z, c.x, c.y, c.add, c.addOther = xBar, yBar, zBar, x, y, addX, addY
	p.p.Begin(p.n, p.n)
	p.crew.Do(p.work.packT)
	p.crew.Do(p.work.adjoint)
}

func (p *spread) adjointPart(part, parts int) {
	from, to := p.rows(part, parts)
	if from >= to {
		return
	}
	c, n := &p.call, p.n
	kernel.Gemm(c.dst[from*n:], n, c.z[from*n:], n, to-from, &p.p, c.add)
	kernel.GemmTN(c.other[from*n:], n, c.x[from:], n, c.z, n, to-from, n, n, c.addOther)
}

// polynomialAdjoint turns the adjoint of the series, in bar[0], into that of a, left in bar[0].
func (p *spread) polynomialAdjoint() {
	e, b1, b2, b3, a2, a3 := p.bar[0], p.bar[1], p.bar[2], p.bar[3], p.bar[4], p.bar[5]
	if p.degree == 8 {
		p.productAdjoint(b1, b2, e, p.t1, p.t2, false, false)
		p.crew.Do(p.work.combine8)
		p.productAdjoint(a2, b2, b3, p.a2, p.a4, true, false)
		p.crew.Do(p.work.settle8)
	} else {
		p.productAdjoint(b1, b2, e, p.a4, p.t1, false, false)
		p.productAdjoint(b1, b3, b2, p.a4, p.t2, true, false)
		p.crew.Do(p.work.combine12)
		p.productAdjoint(a2, a2, b1, p.a2, p.a2, true, true)
		p.productAdjoint(a2, e, a3, p.a2, p.a, true, true)
	}
	p.productAdjoint(e, e, a2, p.a, p.a, true, true)
}

// combine8Part turns the adjoints of the series (bar[0]) and of the two factors (1, 2)
// into those of a, Y (3) and A² (4), as far as these go into them directly.
func (p *spread) combine8Part(part, parts int) {
	c := &sastre
	from, to := p.elements(part, parts)
	e, left, right := p.bar[0][from:to], p.bar[1][from:to], p.bar[2][from:to]
	kernel.Blend(p.bar[3][from:to], e, left, right, c[6], 1, 1)
	kernel.Blend(p.bar[4][from:to], e, left, right, 0.5, c[3], c[5])
	kernel.Blend(e, e, left, left, 1, c[4], 0)
}

// settle8Part adds what comes through P (its adjoint is in bar[2]).
func (p *spread) settle8Part(part, parts int) {
	from, to := p.elements(part, parts)
	e, inner, a2 := p.bar[0][from:to], p.bar[2][from:to], p.bar[4][from:to]
	kernel.Blend(a2, a2, inner, inner, 1, sastre[1], 0)
	kernel.Blend(e, e, inner, inner, 1, sastre[2], 0)
}

// combine12Part turns the adjoints of the three cubics and of a4 into those of the powers.
func (p *spread) combine12Part(part, parts int) {
	c := &inverseFactorial
	from, to := p.elements(part, parts)
	e := p.bar[0][from:to]
	a4, t1, t2 := p.bar[1][from:to][:len(e)], p.bar[2][from:to][:len(e)], p.bar[3][from:to][:len(e)]
	a2, a3 := p.bar[4][from:to][:len(e)], p.bar[5][from:to][:len(e)]
	for i := range e {
		b0, b1, b2 := e[i], t1[i], t2[i]
		a4[i] += float32(c[12] * b2)
		e[i] = float32(c[1]*b0) + (float32(c[5]*b1) + float32(c[9]*b2))
		a2[i] = float32(c[2]*b0) + (float32(c[6]*b1) + float32(c[10]*b2))
		a3[i] = float32(c[3]*b0) + (float32(c[7]*b1) + float32(c[11]*b2))
	}
}

// strengthAdjoint adds to grad the derivative with respect to |W|, given that with
// respect to (scaled) A in bar[0]: directly through A, and through both factors of S.
func (p *spread) strengthAdjoint(grad []float32) {
	p.call.scale = float32(math.Exp2(-float64(p.squarings)))
	p.call.dst = grad
	p.crew.Do(p.work.sums)
	for i := range p.n { // dF/dS
		p.rowSum[i] = -(p.rowSum[i] + p.colSum[i]) / (2 * float64(p.s[i]))
	}
	p.crew.Do(p.work.gradient)
}

// sumsPart sums dF/dA∘A over the rows and the columns of its share; the factors 2ˢ and
// 2⁻ˢ cancel.
func (p *spread) sumsPart(part, parts int) {
	n, g := p.n, p.bar[0]
	from, to := p.rows(part, parts)
	column := p.colSum[from:to]
	clear(column)
	for post := range n {
		a := p.a[post*n+from : post*n+to]
		for i, x := range g[post*n+from : post*n+to] {
			column[i] += float64(x) * float64(a[i])
		}
	}
	for post := from; post < to; post++ {
		sum := 0.0
		a := p.a[post*n : (post+1)*n]
		for pre, x := range g[post*n : (post+1)*n] {
			sum += float64(x) * float64(a[pre])
		}
		p.rowSum[post] = sum
	}
}

func (p *spread) gradientPart(part, parts int) {
	n := p.n
	from, to := p.rows(part, parts)
	for post := from; post < to; post++ {
		rp := p.r[post] * p.call.scale
		g, out := p.bar[0][post*n:(post+1)*n], p.call.dst[post*n:(post+1)*n]
		for pre := range out {
			out[pre] += float32(float32(g[pre]*rp)*p.r[pre]) + float32(p.rowSum[pre])
		}
	}
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }
