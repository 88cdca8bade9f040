package activity

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// system is the linear system M d = −r of a step of the search, with M = J − 1 and
// r = F(s) − s.
type system interface {
	// newton solves it, unless it is ill-posed.
	newton() (d []float64, ok bool)
	// damped returns the step of Levenberg and Marquardt, (MᵀM + μ)d = −Mᵀr.
	damped(mu float64) (d []float64, ok bool)
}

// whole returns the system of a cell as its Jacobian has it.
func whole(m *Map, state, next, kept []float64) *plain {
	a := &plain{active: inOrder(m.size), matrix: m.jacobianAt(state, kept), right: make([]float64, m.size), rest: make([]float64, m.size)}
	for i, v := range state {
		a.matrix.Set(i, i, a.matrix.At(i, i)-1)
		a.right[i] = v - next[i]
	}
	return a
}

// jacobianAt returns dF/ds, [to][from], of a cell that has it.
func (m *Map) jacobianAt(state, kept []float64) *mat.Dense {
	j := mat.NewDense(m.size, m.size, nil)
	m.jacobian(m, state, kept, j)
	return j
}

// plain is a system of which a part is left when the units with φ′ = 0 are solved for.
type plain struct {
	active   []int // the numbers of a state that are left
	matrix   *mat.Dense
	right    []float64
	rest     []float64     // d of the others, apart from
	told     *mat.Dense    // what the active ones tell them, [every number][active]; nil: nothing
	normal   *mat.SymDense // MᵀM and its right side, once they are wanted
	gradient mat.VecDense
}

// simpleSystem: of units with φ′ = 0 J has empty rows, and they move by their r.
func simpleSystem(m *Map, h, next, z []float64) *plain {
	a := &plain{rest: make([]float64, m.n)}
	slope := make([]float64, m.n)
	for i := range slope {
		if slope[i] = m.slope(z[i]); slope[i] != 0 {
			a.active = append(a.active, i)
		} else {
			a.rest[i] = next[i] - h[i]
		}
	}
	k := len(a.active)
	if k == 0 {
		return a
	}
	a.matrix, a.right = mat.NewDense(k, k, nil), make([]float64, k)
	for x, i := range a.active {
		w, row := m.weights(0, i), a.matrix.RawRowView(x)
		for y, j := range a.active {
			row[y] = float64(slope[i] * w[j])
		}
		row[x]--
		a.right[x] = h[i] - next[i] - float64(slope[i]*dot(w, a.rest))
	}
	return a
}

// leakySystem: units with φ′ = 0 tell the others nothing. They move by r/α and by what the
// others tell them.
func leakySystem(m *Map, x, next, _ []float64) *plain {
	a := &plain{rest: make([]float64, m.n)}
	var slope []float64
	for i, v := range x {
		if s := m.slope(v); s != 0 {
			a.active, slope = append(a.active, i), append(slope, s)
		} else {
			a.rest[i] = (next[i] - v) / m.leak
		}
	}
	k := len(a.active)
	if k == 0 {
		return a
	}
	a.matrix, a.right, a.told = mat.NewDense(k, k, nil), make([]float64, k), mat.NewDense(m.n, k, nil)
	for i := range m.n {
		w, row := m.weights(0, i), a.told.RawRowView(i)
		for y, j := range a.active {
			row[y] = float64(slope[y] * w[j])
		}
	}
	for p, i := range a.active {
		axpy(a.matrix.RawRowView(p), m.leak, a.told.RawRowView(i))
		a.matrix.Set(p, p, a.matrix.At(p, p)-m.leak)
		a.right[p] = x[i] - next[i]
	}
	return a
}

// expand joins the steps of both kinds of units.
func (a *plain) expand(d *mat.VecDense) []float64 {
	out := slices.Clone(a.rest)
	for i := range out {
		if a.told != nil {
			out[i] += dot(a.told.RawRowView(i), d.RawVector().Data)
		}
	}
	for x, i := range a.active {
		out[i] = d.AtVec(x)
	}
	return out
}

func (a *plain) newton() ([]float64, bool) {
	if len(a.active) == 0 {
		return a.rest, true
	}
	d, ok := solve(a.matrix, a.right)
	if !ok {
		return nil, false
	}
	return a.expand(d), true
}

// solve returns d of matrix·d = right, unless that is ill-posed.
func solve(matrix *mat.Dense, right []float64) (*mat.VecDense, bool) {
	var lu mat.LU
	lu.Factorize(matrix)
	if !(lu.Cond() < illPosed) {
		return nil, false
	}
	var d mat.VecDense
	err := lu.SolveVecTo(&d, false, mat.NewVecDense(len(right), right))
	return &d, err == nil
}

func (a *plain) damped(mu float64) ([]float64, bool) {
	k := len(a.active)
	if k == 0 {
		return nil, false
	}
	if a.normal == nil {
		a.normal = mat.NewSymDense(k, nil)
		a.normal.SymOuterK(1, a.matrix.T())
		a.gradient.MulVec(a.matrix.T(), mat.NewVecDense(k, a.right))
	}
	damped := mat.NewSymDense(k, nil)
	damped.CopySym(a.normal)
	for i := range k {
		damped.SetSym(i, i, damped.At(i, i)+mu)
	}
	var d mat.VecDense
	var c mat.Cholesky
	if !c.Factorize(damped) || c.SolveVecTo(&d, &a.gradient) != nil {
		return nil, false
	}
	return a.expand(&d), true
}

// split is the system of lstm: of the blocks of M, those from c are diagonal, so that c is
// solved for unit by unit and N unknowns are left of 2N.
//
//	hh dh + diag(hc) dc = rh,  ch dh + diag(cc) dc = rc
type split struct {
	n      int
	hh, ch *mat.Dense
	hc, cc []float64
	rh, rc []float64

	// Of MᵀM and its right side, once they are wanted.
	square *mat.SymDense // hhᵀhh + chᵀch
	mixed  *mat.Dense    // hhᵀdiag(hc) + chᵀdiag(cc)
	gh, gc []float64
}

func lstmSystem(m *Map, state, next, kept []float64) *split {
	all := whole(m, state, next, kept)
	n, matrix, right := m.n, all.matrix, all.right
	a := &split{n: n, hh: matrix.Slice(0, n, 0, n).(*mat.Dense), ch: matrix.Slice(n, 2*n, 0, n).(*mat.Dense), rh: right[:n], rc: right[n:]}
	for i := range n {
		a.hc, a.cc = append(a.hc, matrix.At(i, n+i)), append(a.cc, matrix.At(n+i, n+i))
	}
	return a
}

func (a *split) newton() ([]float64, bool) {
	matrix, right := mat.DenseCopyOf(a.hh), slices.Clone(a.rh)
	for i, c := range a.cc {
		if c == 0 { // a forget gate of 1
			return nil, false
		}
		axpy(matrix.RawRowView(i), -a.hc[i]/c, a.ch.RawRowView(i))
		right[i] -= a.hc[i] / c * a.rc[i]
	}
	d, ok := solve(matrix, right)
	if !ok {
		return nil, false
	}
	dh := d.RawVector().Data
	out := slices.Clone(dh)
	for i, c := range a.cc {
		out = append(out, (a.rc[i]-dot(a.ch.RawRowView(i), dh))/c)
	}
	return out, true
}

// prepare computes what does not depend on μ.
func (a *split) prepare() {
	a.square = mat.NewSymDense(a.n, nil)
	a.square.SymOuterK(1, a.hh.T())
	a.square.SymRankK(a.square, 1, a.ch.T())
	a.mixed, a.gh = mat.NewDense(a.n, a.n, nil), make([]float64, a.n)
	for i := range a.n {
		hh, ch := a.hh.RawRowView(i), a.ch.RawRowView(i)
		for k := range a.n {
			a.mixed.Set(k, i, float64(hh[k]*a.hc[i])+float64(ch[k]*a.cc[i]))
		}
		axpy(a.gh, a.rh[i], hh)
		axpy(a.gh, a.rc[i], ch)
		a.gc = append(a.gc, float64(a.hc[i]*a.rh[i])+float64(a.cc[i]*a.rc[i]))
	}
}

func (a *split) damped(mu float64) ([]float64, bool) {
	if a.square == nil {
		a.prepare()
	}
	// MᵀM + μ is (square + μ, mixed; mixedᵀ, diag(q)).
	q := make([]float64, a.n)
	for i := range q {
		q[i] = float64(a.hc[i]*a.hc[i]) + float64(a.cc[i]*a.cc[i]) + mu
	}
	scaled, right := mat.DenseCopyOf(a.mixed), slices.Clone(a.gh)
	for k := range a.n {
		row := scaled.RawRowView(k)
		for i := range row {
			right[k] -= row[i] * a.gc[i] / q[i]
			row[i] /= math.Sqrt(q[i])
		}
	}
	matrix := mat.NewSymDense(a.n, nil)
	matrix.SymRankK(a.square, -1, scaled)
	for i := range a.n {
		matrix.SetSym(i, i, matrix.At(i, i)+mu)
	}
	var c mat.Cholesky
	var d mat.VecDense
	if !c.Factorize(matrix) || c.SolveVecTo(&d, mat.NewVecDense(a.n, right)) != nil {
		return nil, false
	}
	out := append(slices.Clone(d.RawVector().Data), a.gc...)
	rest := out[a.n:]
	for k, v := range d.RawVector().Data {
		axpy(rest, -v, a.mixed.RawRowView(k))
	}
	for i := range rest {
		rest[i] /= q[i]
	}
	return out, true
}
