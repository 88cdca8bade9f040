package graph

import "math"

// Ends says which degrees (or strengths) are compared along an edge pre → post.
type Ends int

// The four kinds of a directed graph, the end at pre first, and the degrees of an
// undirected one, of which a symmetric graph holds every link twice.
const (
	BothEnds Ends = iota
	OutIn
	InOut
	OutOut
	InIn
)

// of returns the numbers that the ends of an edge have, of all nodes as pre and as post.
func (k Ends) of(in, out []float64) (pre, post []float64) {
	switch k {
	case OutIn:
		return out, in
	case InOut:
		return in, out
	case OutOut, BothEnds:
		return out, out
	}
	return in, in
}

// DegreeAssortativity returns the Pearson correlation, over edges, of the degrees at
// their ends (Newman 2003, doi:10.1103/PhysRevE.67.026126; Foster et al. 2010,
// doi:10.1073/pnas.0912671107); NaN where degrees do not vary.
func (g *Digraph) DegreeAssortativity(kind Ends) float64 {
	m := g.degreeEnds(kind)
	va, vb := m.aa-m.a*m.a, m.bb-m.b*m.b
	if !(va > 1e-24*m.shift*m.shift) || !(vb > 1e-24*m.shift*m.shift) {
		return math.NaN()
	}
	return (m.ab - m.a*m.b) / (math.Sqrt(va) * math.Sqrt(vb))
}

// NewmanAssortativity returns the same by Newman's formula for undirected graphs
// (doi:10.1103/PhysRevLett.89.208701), which the Brain Connectivity Toolbox applies to
// directed ones too: both ends share one mean and one variance.
func (g *Digraph) NewmanAssortativity(kind Ends) float64 {
	return g.degreeEnds(kind).newman()
}

// StrengthAssortativity is NewmanAssortativity of strengths in place of degrees.
func (g *Digraph) StrengthAssortativity(kind Ends) float64 {
	in, out := g.degrees()
	pre, post := kind.of(g.Strengths())
	return g.ends(pre, post, in, out).newman()
}

func (g *Digraph) degrees() (in, out []float64) {
	d := g.count()
	in, out = make([]float64, g.n), make([]float64, g.n)
	for i := range in {
		in[i], out[i] = float64(d.in[i]), float64(d.out[i])
	}
	return in, out
}

// moments are means over edges, autapses left out, of a number at the pre, less a shift, of
// one at the post, less the same, and of their products.
type moments struct{ shift, a, b, aa, ab, bb float64 }

func (g *Digraph) degreeEnds(kind Ends) moments {
	in, out := g.degrees()
	pre, post := kind.of(in, out)
	return g.ends(pre, post, in, out)
}

// ends computes the moments of the numbers that nodes have as pre and as post, given their
// degrees. The shift is near the mean, so that little cancels; for degrees it is whole and the
// sums are exact.
func (g *Digraph) ends(pre, post, in, out []float64) moments {
	count, sum := 0.0, 0.0
	for i, k := range out {
		count += k
		sum += float64(k*pre[i]) + float64(in[i]*post[i])
	}
	m := moments{shift: math.Round(sum / (2 * count))}
	x, y := make([]float64, g.n), make([]float64, g.n)
	for i := range x {
		x[i], y[i] = pre[i]-m.shift, post[i]-m.shift
		m.a += float64(out[i] * x[i])
		m.aa += float64(out[i] * float64(x[i]*x[i]))
		m.b += float64(in[i] * y[i])
		m.bb += float64(in[i] * float64(y[i]*y[i]))
	}
	for i := range x {
		posts, _ := g.Out(i)
		row := summedAt(y, posts)
		if float64(len(posts)) > out[i] { // a self-loop
			row -= y[i]
		}
		m.ab += float64(x[i] * row)
	}
	for _, v := range []*float64{&m.a, &m.b, &m.aa, &m.ab, &m.bb} {
		*v /= count
	}
	return m
}

// summedAt returns Σ x[i] over some i. Four sums go side by side, which need not wait for
// each other.
func summedAt(x []float64, at []int32) float64 {
	var a, b, c, d float64
	for ; len(at) >= 4; at = at[4:] {
		a += x[at[0]]
		b += x[at[1]]
		c += x[at[2]]
		d += x[at[3]]
	}
	for _, i := range at {
		a += x[i]
	}
	return a + b + (c + d)
}

func (m moments) newman() float64 {
	mean := (m.a + m.b) / 2
	first := (m.shift + mean) * (m.shift + mean)
	variance := (m.aa+m.bb)/2 - mean*mean
	if !(variance > 1e-12*first) {
		return math.NaN()
	}
	return (m.ab - mean*mean) / variance
}
