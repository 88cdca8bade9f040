package activity

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"biornn/stats"
)

// Effect is how much of a unit's variance over trials, in one bin, a factor or the
// interaction of the factors explains beyond the other factors (type II sums of
// squares; F against the variance within cells).
type Effect struct {
	F, P   float64
	Holm   float64 // P after Holm, over all units, bins and effects
	Omega2 float64 // share of variance, corrected for chance; below 0 counts as 0
	Index  float64 // (largest − least mean of a level)/(|largest| + |least|); NaN for the interaction
}

// Classes of units by what they are selective for.
const (
	Silent      = "silent"      // never varies
	Unselective = "unselective" // for no effect
	Pure        = "pure"        // for one factor
	Linear      = "mixed"       // for several factors, not for their interaction
	Nonlinear   = "nonlinear"   // for the interaction
)

// Selectivity says what the units are selective for.
type Selectivity struct {
	Effects []string // names of the factors, then "interaction" where there is one
	Bins    []Bin
	Of      [][][]Effect // [bin][unit][effect]
	Class   []string     // of each unit, over all bins
	Best    [][]float64  // largest ω² over the bins, [unit][effect]
	alpha   float64
	effect  float64
}

const interaction = "interaction"

// Select does an analysis of variance of every unit in every bin on the factors of the
// task and their interaction (all of it, as one effect). A unit is selective for an
// effect if, in at least one bin, P after Holm is below alpha and ω² at least effect.
// Units selective for the interaction have nonlinear mixed selectivity (Rigotti et al.
// 2013, doi:10.1038/nature12160).
func Select(s *States, bins int, alpha, effect float64) Selectivity {
	factors := s.factors()
	out := Selectivity{Bins: s.binsOf(bins), alpha: alpha, effect: effect}
	if len(factors) == 0 {
		return out
	}
	d := newDesign(factors)
	for _, f := range factors {
		out.Effects = append(out.Effects, f.Name)
	}
	if d.interactionDF > 0 {
		out.Effects = append(out.Effects, interaction)
	}
	for _, b := range out.Bins {
		out.Of = append(out.Of, d.analyse(s.binned(b, inOrder(s.Trials)), s.Neurons))
	}
	out.correct()
	out.classify(s)
	return out
}

// correct adjusts the p values for having made all tests.
func (s *Selectivity) correct() {
	var p []float64
	for _, units := range s.Of {
		for _, effects := range units {
			for _, e := range effects {
				p = append(p, e.P)
			}
		}
	}
	p = stats.Holm(p)
	at := 0
	for _, units := range s.Of {
		for _, effects := range units {
			for k := range effects {
				effects[k].Holm = p[at]
				at++
			}
		}
	}
}

// selective tells whether an effect counts.
func (s *Selectivity) selective(e Effect) bool { return e.Holm < s.alpha && e.Omega2 >= s.effect }

func (s *Selectivity) classify(states *States) {
	varies := states.varies()
	for unit := range states.Neurons {
		found, best := make([]bool, len(s.Effects)), make([]float64, len(s.Effects))
		for b := range s.Bins {
			for k, e := range s.Of[b][unit] {
				found[k] = found[k] || s.selective(e)
				if e.Omega2 > best[k] {
					best[k] = e.Omega2
				}
			}
		}
		s.Best = append(s.Best, best)
		s.Class = append(s.Class, classOf(s.Effects, found, varies[unit]))
	}
}

func classOf(effects []string, found []bool, varies bool) string {
	count := 0
	for k, f := range found {
		if f && effects[k] == interaction {
			return Nonlinear
		}
		if f {
			count++
		}
	}
	switch {
	case count > 1:
		return Linear
	case count == 1:
		return Pure
	case !varies:
		return Silent
	}
	return Unselective
}

// Share returns the share of units of a class.
func (s *Selectivity) Share(class string) float64 {
	count := 0
	for _, c := range s.Class {
		if c == class {
			count++
		}
	}
	return float64(count) / float64(len(s.Class))
}

// Selective returns, for each bin, the share of units that are selective for an effect.
func (s *Selectivity) Selective(effect int) []float64 {
	out := make([]float64, len(s.Bins))
	for b, units := range s.Of {
		for _, effects := range units {
			if s.selective(effects[effect]) {
				out[b] += 1 / float64(len(units))
			}
		}
	}
	return out
}

// varies tells for each unit whether its state ever changes.
func (s *States) varies() []bool {
	out := make([]bool, s.Neurons)
	for at := 0; at < len(s.H); at += s.Neurons {
		for j, v := range s.H[at : at+s.Neurons] {
			out[j] = out[j] || v != s.H[j]
		}
	}
	return out
}

// design is an analysis of variance by projections of the means of cells, each weighted
// by the root of its number of trials.
type design struct {
	cells         cells
	factors       []Variable
	additive      basis
	without       []basis // additive, without each factor
	interactionDF int
	errorDF       float64
}

// basis is an orthonormal basis of the space that a model spans over the cells.
type basis [][]float64

func newDesign(factors []Variable) *design {
	d := &design{cells: cellsOf(factors), factors: factors}
	d.additive = d.basis(-1)
	for k := range factors {
		d.without = append(d.without, d.basis(k))
	}
	d.interactionDF = len(d.cells.count) - len(d.additive)
	d.errorDF = float64(len(d.cells.of) - len(d.cells.count))
	return d
}

// basis spans the constant and the levels of all factors but one (−1: none is left out).
func (d *design) basis(leftOut int) basis {
	columns := [][]float64{d.column(func([]int) bool { return true })}
	for k, f := range d.factors {
		for level := range f.Levels {
			if k != leftOut {
				columns = append(columns, d.column(func(of []int) bool { return of[k] == level }))
			}
		}
	}
	return orthonormal(columns)
}

func (d *design) column(in func(levels []int) bool) []float64 {
	out := make([]float64, len(d.cells.count))
	for c, n := range d.cells.count {
		if in(d.cells.levels[c]) {
			out[c] = math.Sqrt(float64(n))
		}
	}
	return out
}

// orthonormal is the modified Gram–Schmidt process, twice for each column; columns that
// depend on earlier ones are left out.
func orthonormal(columns [][]float64) basis {
	var out basis
	for _, c := range columns {
		v := append([]float64(nil), c...)
		for range 2 {
			for _, q := range out {
				axpy(v, -dot(v, q), q)
			}
		}
		if size := math.Sqrt(dot(v, v)); size > 1e-9*math.Sqrt(dot(c, c)) {
			for i := range v {
				v[i] /= size
			}
			out = append(out, v)
		}
	}
	return out
}

// explained returns the sum of squares that a basis explains of weighted means.
func (b basis) explained(m []float64) float64 {
	sum := 0.0
	for _, q := range b {
		x := dot(q, m)
		sum += float64(x * x)
	}
	return sum
}

// analyse does the analysis of variance of every column of x, [trial][unit].
func (d *design) analyse(x []float64, units int) [][]Effect {
	out := make([][]Effect, units)
	means := d.means(x, units)
	within := d.within(x, means, units)
	m := make([]float64, len(d.cells.count))
	for u := range units {
		grand := 0.0
		for c, n := range d.cells.count {
			grand += float64(float64(n) * means[c*units+u])
		}
		grand /= float64(len(d.cells.of))
		for c, n := range d.cells.count { // less the mean of all, which no effect is about
			m[c] = math.Sqrt(float64(n)) * (means[c*units+u] - grand)
		}
		additive, between := d.additive.explained(m), dot(m, m)
		if within[u]+between <= rounding*rounding*float64(len(d.cells.of))*grand*grand {
			within[u], between, additive = 0, 0, 0 // a constant, but for rounding of means
		}
		for k := range d.factors {
			ss := additive - d.without[k].explained(m)
			e := d.effect(ss, len(d.additive)-len(d.without[k]), within[u], between)
			e.Index = d.index(k, means, units, u)
			out[u] = append(out[u], e)
		}
		if d.interactionDF > 0 {
			e := d.effect(between-additive, d.interactionDF, within[u], between)
			e.Index = math.NaN()
			out[u] = append(out[u], e)
		}
	}
	return out
}

// means returns the mean of each cell, [cell][unit].
func (d *design) means(x []float64, units int) []float64 {
	out := make([]float64, len(d.cells.count)*units)
	for trial, c := range d.cells.of {
		axpy(out[c*units:(c+1)*units], 1/float64(d.cells.count[c]), x[trial*units:(trial+1)*units])
	}
	return out
}

// within returns the sum of squares within cells of each unit.
func (d *design) within(x, means []float64, units int) []float64 {
	out := make([]float64, units)
	for trial, c := range d.cells.of {
		for u := range out {
			v := x[trial*units+u] - means[c*units+u]
			out[u] += float64(v * v)
		}
	}
	return out
}

// rounding is the share of the whole sum of squares below which one is taken for 0.
const rounding = 1e-12

// effect makes an Effect of sums of squares. Where nothing varies P is 1; where nothing
// varies within cells it is 0 for an effect and 1 for none.
func (d *design) effect(ss float64, df int, within, between float64) Effect {
	total := within + between
	if df == 0 || d.errorDF < 1 {
		return Effect{F: math.NaN(), P: math.NaN(), Omega2: math.NaN()}
	}
	if !(ss > rounding*total) || total == 0 {
		return Effect{P: 1}
	}
	mean := within / d.errorDF
	e := Effect{Omega2: (ss - float64(float64(df)*mean)) / (total + mean)}
	if within <= rounding*total {
		e.F = math.Inf(1)
		return e
	}
	e.F = ss / float64(df) / mean
	e.P = distuv.F{D1: float64(df), D2: d.errorDF}.Survival(e.F)
	return e
}

// index compares the levels of a factor with the largest and the least mean, the cells
// of a level weighing equally.
func (d *design) index(factor int, means []float64, units, u int) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for level := range d.factors[factor].Levels {
		sum, count := 0.0, 0.0
		for c, levels := range d.cells.levels {
			if levels[factor] == level {
				sum += means[c*units+u]
				count++
			}
		}
		low, high = math.Min(low, sum/count), math.Max(high, sum/count)
	}
	if low == high {
		return 0
	}
	return (high - low) / (math.Abs(high) + math.Abs(low))
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// axpy adds f·x to y.
func axpy(y []float64, f float64, x []float64) {
	for i, v := range x {
		y[i] += float64(f * v)
	}
}
