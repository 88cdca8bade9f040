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

// of returns the numbers at the two ends of an edge.
func (k Ends) of(in, out []float64, e Edge) (pre, post float64) {
	switch k {
	case OutIn:
		return out[e.Pre], in[e.Post]
	case InOut:
		return in[e.Pre], out[e.Post]
	case OutOut, BothEnds:
		return out[e.Pre], out[e.Post]
	}
	return in[e.Pre], in[e.Post]
}

// DegreeAssortativity returns the Pearson correlation, over edges, of the degrees at
// their ends (Newman 2003, doi:10.1103/PhysRevE.67.026126; Foster et al. 2010,
// doi:10.1073/pnas.0912671107); NaN where degrees do not vary.
func (g *Digraph) DegreeAssortativity(kind Ends) float64 {
	pre, post := g.ends(kind, g.degrees)
	return correlation(pre, post)
}

// NewmanAssortativity returns the same by Newman's formula for undirected graphs
// (doi:10.1103/PhysRevLett.89.208701), which the Brain Connectivity Toolbox applies to
// directed ones too: both ends share one mean and one variance.
func (g *Digraph) NewmanAssortativity(kind Ends) float64 { return newman(g.ends(kind, g.degrees)) }

// StrengthAssortativity is NewmanAssortativity of strengths in place of degrees.
func (g *Digraph) StrengthAssortativity(kind Ends) float64 {
	return newman(g.ends(kind, g.Strengths))
}

func (g *Digraph) degrees() (in, out []float64) {
	a, b := g.Degrees()
	in, out = make([]float64, g.n), make([]float64, g.n)
	for i := range a {
		in[i], out[i] = float64(a[i]), float64(b[i])
	}
	return in, out
}

func (g *Digraph) ends(kind Ends, numbers func() (in, out []float64)) (pre, post []float64) {
	in, out := numbers()
	for _, e := range g.Edges() {
		if e.Pre != e.Post {
			a, b := kind.of(in, out, e)
			pre, post = append(pre, a), append(post, b)
		}
	}
	return pre, post
}

func newman(a, b []float64) float64 {
	var product, sum, squares float64
	for i := range a {
		product += float64(a[i] * b[i])
		sum += (a[i] + b[i]) / 2
		squares += (float64(a[i]*a[i]) + float64(b[i]*b[i])) / 2
	}
	n := float64(len(a))
	first := float64(sum / n * (sum / n))
	variance := squares/n - first
	if !(variance > 1e-12*first) {
		return math.NaN()
	}
	return (product/n - first) / variance
}

// correlation returns Pearson's r, NaN where a side does not vary.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += float64(x * y)
		aa += float64(x * x)
		bb += float64(y * y)
	}
	if !(aa > 1e-24*ma*ma*float64(len(a))) || !(bb > 1e-24*mb*mb*float64(len(b))) {
		return math.NaN()
	}
	return ab / (math.Sqrt(aa) * math.Sqrt(bb))
}
