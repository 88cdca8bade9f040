package activity

import (
	"cmp"
	"fmt"
	"math"
	"math/cmplx"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
)

// Kinds of points.
const (
	Fixed = "fixed" // the map leaves it where it is
	Slow  = "slow"  // a least of the speed that is not 0
)

// Point is a fixed or slow point of a Map under a constant input.
type Point struct {
	Input       string // the period whose input it is, and the condition
	Kind        string
	H           []float64 // the state there: h, of leaky the potentials, of lstm h and then c
	Speed       float64   // ‖F(h) − h‖ per step
	Distance    float64   // to the nearest state that was visited under that input, over their standard deviation
	Far         bool      // more than farAway away
	Starts      int       // searches that ended here
	Eigenvalues []complex128
	Unstable    int     // eigenvalues with |λ| > 1
	Slowest     float64 // time constant of the slowest direction that decays, in steps
}

// FixedPoints are the points around which a network moves.
type FixedPoints struct {
	Points       []Point
	Inputs       []string
	Searches     int
	Lost         int // searches that ended nowhere slow
	Unlinearised int // points without eigenvalues, to save time
}

// search limits.
const (
	mostSteps   = 60
	fixedSpeed  = 1e-9 // over 1 + ‖h‖
	sameInput   = 0.01 // inputs nearer than this are one
	samePoint   = 1e-3 // over 1 + ‖h‖
	slowShare   = 0.1  // of the median speed of the states visited
	marginal    = 1e-6 // |λ| within this of 1 neither grows nor decays
	illPosed    = 1e12 // condition number beyond which a Newton step is not taken
	mostInputs  = 16
	farAway     = 3   // standard deviations from every visited state
	mostVisited = 400 // states that distances and speeds are compared with
)

// FindFixedPoints seeks the points at which q(h) = ½‖F(h) − h‖² is 0 or least, F being one
// step under the mean input of a period and condition, from states visited then
// (Sussillo & Barak 2013, doi:10.1162/NECO_a_00409): by Newton steps on F(h) = h, shortened
// until q falls, and by damped least-squares steps where the former fail. Each point
// is linearised: a direction with eigenvalue λ of the Jacobian, diag(φ′)W for the simple
// network, has the time constant −1/ln|λ| steps. The states must have been recorded
// without noise. For leaky and lstm, whose states a recording does not hold, the map makes
// those visited along the recorded trials.
func FindFixedPoints(m *Map, s *States, cfg Config) (FixedPoints, error) {
	var out FixedPoints
	if err := m.describes(s); err != nil {
		return out, err
	}
	inputs := s.constantInputs()
	if len(inputs) > mostInputs {
		s.warn("fixed points: %d different inputs, the first %d are examined", len(inputs), mostInputs)
		inputs = inputs[:mostInputs]
	}
	for i, in := range inputs {
		out.Inputs = append(out.Inputs, in.name)
		if err := out.seek(m, s, in, cfg.Starts, rng.New(cfg.Seed, "activity/fixed-points", uint64(i))); err != nil {
			return out, err
		}
	}
	return out, out.linearise(m, inputs, cfg.Points)
}

// constantInput is the mean input of a period in the trials of a condition.
type constantInput struct {
	name   string
	x      []float64
	trials []int
	period int
}

// constantInputs lists the inputs of all periods and conditions, those that are alike once.
func (s *States) constantInputs() []constantInput {
	factors := s.factors()
	c := cellsOf(factors)
	if len(c.count) == 0 {
		c = cells{of: make([]int, s.Trials), count: []int{s.Trials}, levels: [][]int{nil}}
	}
	inputs := s.Set.Inputs
	var out []constantInput
	for p, period := range s.Periods {
		var found []constantInput
		for cell, n := range c.count {
			in := constantInput{name: period.Name, x: make([]float64, inputs), period: p}
			for trial, of := range c.of {
				if of != cell {
					continue
				}
				in.trials = append(in.trials, trial)
				for t := period.Start; t < period.End; t++ {
					row := s.Input[(trial*s.Set.Steps+t)*inputs:]
					axpy(in.x, 1/float64(n*(period.End-period.Start)), wide(row[:inputs]))
				}
			}
			at := slices.IndexFunc(found, func(o constantInput) bool { return between(o.x, in.x) < sameInput })
			if at >= 0 {
				found[at].trials = append(found[at].trials, in.trials...)
				continue
			}
			found = append(found, in)
		}
		for i := range found {
			if len(found) > 1 {
				found[i].name += " (" + describeInput(factors, found[i].trials, c) + ")"
			}
		}
		out = append(out, found...)
	}
	return out
}

// describeInput names the levels that all trials of an input share.
func describeInput(factors []Variable, trials []int, c cells) string {
	text := ""
	for k, f := range factors {
		level, same := c.levels[c.of[trials[0]]][k], true
		for _, t := range trials {
			same = same && c.levels[c.of[t]][k] == level
		}
		if same {
			if text != "" {
				text += ", "
			}
			name, _, _ := strings.Cut(f.Name, "_") // without a unit
			text += name + " " + f.Levels[level]
		}
	}
	return text
}

// length returns ‖x‖, between the distance of two points.
func length(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func between(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64((v - b[i]) * (v - b[i]))
	}
	return math.Sqrt(sum)
}

// visited are states under an input, with their scale and their usual speed.
type visited struct {
	states [][]float64
	spread float64 // root of the summed variances
	speed  float64 // median
}

func (s *States) visited(m *Map, in constantInput, drive []float64) visited {
	p := s.Periods[in.period]
	count := len(in.trials) * (p.End - p.Start)
	every := max(1, count/mostVisited)
	var v visited
	var moments []moment
	for k := every - 1; k < count; k += every {
		moments = append(moments, moment{in.trials[k%len(in.trials)], p.Start + k/len(in.trials)})
	}
	v.states = m.statesAt(s, moments)
	var speeds []float64
	kept, next := m.room()
	mean := make([]float64, m.size)
	for _, h := range v.states {
		m.step(h, drive, kept, next)
		speeds = append(speeds, between(h, next))
	}
	for _, h := range v.states {
		axpy(mean, 1/float64(len(v.states)), h)
	}
	for _, h := range v.states {
		d := between(h, mean)
		v.spread += d * d / float64(len(v.states))
	}
	v.spread = math.Sqrt(v.spread)
	slices.Sort(speeds)
	v.speed = quantile(speeds, 0.5)
	return v
}

// distance returns how far a point lies from the nearest visited state, over their spread.
func (v visited) distance(h []float64) float64 {
	nearest := math.Inf(1)
	for _, other := range v.states {
		nearest = math.Min(nearest, between(h, other))
	}
	if v.spread == 0 {
		return nearest
	}
	return nearest / v.spread
}

// seek adds the points of one input.
func (f *FixedPoints) seek(m *Map, s *States, in constantInput, starts int, stream *rng.Stream) error {
	drive := m.drive(in.x)
	v := s.visited(m, in, drive)
	order := stream.Perm(len(v.states))
	var found []Point
	for k := range min(starts, len(order)) {
		f.Searches++
		h, speed, err := m.descend(v.states[order[k]], drive, v.spread)
		if err != nil {
			return err
		}
		size := length(h)
		p := Point{Input: in.name, Kind: Slow, H: h, Speed: speed, Starts: 1, Slowest: math.NaN()}
		switch {
		case speed <= fixedSpeed*(1+size):
			p.Kind = Fixed
		case !(speed <= slowShare*v.speed):
			f.Lost++
			continue
		}
		at := slices.IndexFunc(found, func(o Point) bool { return between(o.H, h) <= samePoint*(1+size) })
		if at >= 0 {
			found[at].Starts++
			if speed < found[at].Speed {
				found[at].H, found[at].Speed, found[at].Kind = h, speed, p.Kind
			}
			continue
		}
		found = append(found, p)
	}
	for i := range found {
		found[i].Distance = v.distance(found[i].H)
		found[i].Far = found[i].Distance > farAway
	}
	slices.SortStableFunc(found, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), -cmp.Compare(a.Starts, b.Starts))
	})
	f.Points = append(f.Points, found...)
	return nil
}

// descend goes from h down to a least q, in steps no longer than reach (unless that is
// 0): a Newton step may lead far away, to points that the network never comes near.
func (m *Map) descend(from, drive []float64, reach float64) (h []float64, speed float64, err error) {
	if reach == 0 {
		reach = math.Inf(1)
	}
	h = slices.Clone(from)
	z, next := m.room()
	trial := make([]float64, m.size)
	m.step(h, drive, z, next)
	speed = between(h, next)
	damping := 1e-3
	for range mostSteps {
		if speed <= fixedSpeed*(1+length(h)) {
			break
		}
		a := m.system(m, h, next, z)
		better := false
		if d, ok := a.newton(); ok && length(d) <= reach {
			for f := 1.0; f > 1e-3 && !better; f /= 2 {
				better = m.try(h, d, f, drive, z, next, trial, &speed)
			}
		}
		for k := 0; k < 12 && !better; k++ {
			d, ok := a.damped(damping)
			shorten(d, reach)
			if ok && m.try(h, d, 1, drive, z, next, trial, &speed) {
				better = true
				damping = math.Max(damping/10, 1e-9)
			} else {
				damping *= 10
			}
		}
		if !better {
			break
		}
	}
	if math.IsNaN(speed) || math.IsInf(speed, 0) {
		return nil, 0, fmt.Errorf("activity: fixed points: a state is not finite: want the states of a network that did not diverge")
	}
	return h, speed, nil
}

// shorten scales a step to a length of at most reach.
func shorten(d []float64, reach float64) {
	if size := length(d); size > reach {
		for i := range d {
			d[i] *= reach / size
		}
	}
}

// try moves h by f·d if that lowers the speed.
func (m *Map) try(h, d []float64, f float64, drive, z, next, trial []float64, speed *float64) bool {
	copy(trial, h)
	axpy(trial, f, d)
	m.step(trial, drive, z, next)
	if got := between(trial, next); got < *speed*(1-1e-4*f) {
		copy(h, trial)
		*speed = got
		return true
	}
	m.step(h, drive, z, next)
	return false
}

// linearise adds the spectra, first of the points that most searches ended in.
func (f *FixedPoints) linearise(m *Map, inputs []constantInput, most int) error {
	order := inOrder(len(f.Points))
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(f.Points[a].Starts, f.Points[b].Starts) })
	f.Unlinearised = max(0, len(order)-most)
	for _, i := range order[:len(order)-f.Unlinearised] {
		p := &f.Points[i]
		at := slices.IndexFunc(inputs, func(in constantInput) bool { return in.name == p.Input })
		values, err := m.spectrum(p.H, m.drive(inputs[at].x))
		if err != nil {
			return err
		}
		p.Eigenvalues = values
		for _, v := range values {
			size := cmplx.Abs(v)
			switch {
			case size > 1+marginal:
				p.Unstable++
			case size >= 1-marginal:
				p.Slowest = math.Inf(1)
			case size > 0 && !(p.Slowest >= TimeConstant(v)):
				p.Slowest = TimeConstant(v)
			}
		}
	}
	return nil
}

// TimeConstant returns −1/ln|λ|: after so many steps a deviation along the direction of
// an eigenvalue λ has fallen to 1/e. It is negative for directions that grow.
func TimeConstant(v complex128) float64 { return -1 / math.Log(cmplx.Abs(v)) }

// spectrum returns the eigenvalues of the Jacobian, the largest first. Units of the simple
// network with φ′ = 0 have empty rows, which contribute zeros.
func (m *Map) spectrum(h, drive []float64) ([]complex128, error) {
	kept, next := m.room()
	m.step(h, drive, kept, next)
	var j *mat.Dense
	if m.jacobian != nil {
		j = m.jacobianAt(h, kept)
	} else if a := simpleSystem(m, h, next, kept); len(a.active) > 0 {
		j = a.matrix
		for i := range a.active {
			j.Set(i, i, j.At(i, i)+1)
		}
	}
	out := make([]complex128, m.size)
	if j != nil {
		var e mat.Eigen
		if !e.Factorize(j, mat.EigenNone) {
			return nil, fmt.Errorf("activity: fixed points: the eigenvalues of the Jacobian did not converge")
		}
		copy(out, e.Values(nil))
	}
	slices.SortStableFunc(out, func(a, b complex128) int {
		return cmp.Or(-cmp.Compare(cmplx.Abs(a), cmplx.Abs(b)), -cmp.Compare(real(a), real(b)), -cmp.Compare(imag(a), imag(b)))
	})
	return out, nil
}
