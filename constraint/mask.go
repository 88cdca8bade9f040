package constraint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"biornn/circuit"
	"biornn/internal/rng"
)

// Mask lists the synapses that a network may have, in compressed sparse rows: those of
// post i are the pres Columns[Starts[i]] … Columns[Starts[i+1]−1], ascending. Weights
// under a mask are an array of as many numbers in the same order.
type Mask struct {
	Starts  []int32
	Columns []int32
}

// N returns the number of neurons, Len that of synapses.
func (m *Mask) N() int   { return len(m.Starts) - 1 }
func (m *Mask) Len() int { return len(m.Columns) }

// Row returns the range of the synapses onto a post.
func (m *Mask) Row(post int) (from, to int) { return int(m.Starts[post]), int(m.Starts[post+1]) }

// Validate reports the first thing that makes it no mask of n neurons.
func (m *Mask) Validate(n int) error {
	if len(m.Starts) != n+1 || m.Starts[0] != 0 || int(m.Starts[n]) != len(m.Columns) {
		return fmt.Errorf("constraint: mask: want %d row starts from 0 to the number of synapses, %d", n+1, len(m.Columns))
	}
	for post := range n {
		from, to := m.Row(post)
		if to < from || to > len(m.Columns) {
			return fmt.Errorf("constraint: mask: row %d: want an end from %d to %d, got %d", post, from, len(m.Columns), to)
		}
		for e := from; e < to; e++ {
			if c := m.Columns[e]; c < 0 || int(c) >= n || e > from && c <= m.Columns[e-1] {
				return fmt.Errorf("constraint: mask: row %d: want ascending neurons below %d, got %d", post, n, c)
			}
		}
	}
	return nil
}

// Dense spreads weights under the mask over W[post][pre], N×N; the rest is left as it is.
func (m *Mask) Dense(w, to []float32) {
	n := m.N()
	for post := range n {
		for e, end := m.Row(post); e < end; e++ {
			to[post*n+int(m.Columns[e])] = w[e]
		}
	}
}

// maxSynapses bounds a mask: its entries are numbered by int32.
const maxSynapses = math.MaxInt32 / 2

// synapseMask lists the synapses of a circuit.
func synapseMask(c *circuit.Circuit) (*Mask, error) {
	if c.Synapses == nil || c.Synapses.Len() == 0 {
		return nil, fmt.Errorf("constraint: mask synapses: circuit %q has no synapses", c.Name)
	}
	if c.Synapses.Len() > maxSynapses {
		return nil, fmt.Errorf("constraint: mask synapses: want at most %d connected pairs, got %d", maxSynapses, c.Synapses.Len())
	}
	n := c.N()
	m := &Mask{Starts: make([]int32, n+1), Columns: make([]int32, c.Synapses.Len())}
	for pre := range n {
		posts, _ := c.Synapses.Out(pre)
		for _, post := range posts {
			m.Starts[post+1]++
		}
	}
	for i := range n {
		m.Starts[i+1] += m.Starts[i]
	}
	next := slices.Clone(m.Starts)
	for pre := range n { // ascending, so that every row is
		posts, _ := c.Synapses.Out(pre)
		for _, post := range posts {
			m.Columns[next[post]] = int32(pre)
			next[post]++
		}
	}
	return m, nil
}

// maxDense is the number of neurons up to which a masked constraint may use matrices of
// all pairs.
const maxDense = 4096

// newMasked prepares the constraint of a network that has only the synapses of the
// circuit. Communicability, W* and orthogonal weights are computed on all pairs and
// then restricted; all else costs time and memory by the synapse.
func newMasked(cfg Config, c *circuit.Circuit, seed uint64) (*Constraint, error) {
	k := &Constraint{cfg: cfg, n: c.N()}
	m, err := synapseMask(c)
	if err != nil {
		return nil, err
	}
	k.mask = m
	allPairs := cfg.Communicability != "none" || cfg.Init == "orthogonal" || strings.HasPrefix(cfg.Init, "bio")
	if allPairs && k.n > maxDense {
		return nil, fmt.Errorf("constraint: mask synapses: communicability %s and init %s need all pairs: want at most %d neurons for them, got %d; use communicability none and an initialiser such as glorot-normal",
			cfg.Communicability, cfg.Init, maxDense, k.n)
	}
	if k.initial, err = m.initial(cfg, c, seed); err != nil {
		return nil, err
	}
	if cfg.Communicability == "none" {
		return k, k.setMaskedPrices(c)
	}
	// The penalty is that of the full matrix, zero where there is no synapse.
	full := cfg
	full.Mask, full.Sign, full.ExcitatoryFraction = "", "free", 0
	full.Init = "glorot-normal" // replaced below
	inner, err := prepare(full, c, seed, func() ([]float32, []string, error) {
		w := make([]float32, k.n*k.n)
		m.Dense(k.initial, w)
		return w, nil, nil
	})
	if err != nil {
		return nil, err
	}
	k.inner, k.warnings = inner, inner.warnings
	k.full, k.fullGrad = make([]float32, k.n*k.n), make([]float32, k.n*k.n)
	return k, nil
}

// initial draws the weights under the mask. Random ones have the variance that their
// initialiser gives to a neuron of the mean number of synapses; W* and orthogonal
// matrices are restricted and multiplied by √(N²/synapses), which keeps the size of
// the input to a neuron.
func (m *Mask) initial(cfg Config, c *circuit.Circuit, seed uint64) ([]float32, error) {
	n := m.N()
	if cfg.Init != "orthogonal" && !strings.HasPrefix(cfg.Init, "bio") {
		fan := max(1, (m.Len()+n/2)/n)
		w, err := Initialise(cfg.Init, 1, m.Len(), fan, fan, rng.New(seed, "constraint/init"))
		if err != nil || cfg.Sign != "dale" {
			return w, err
		}
		signs, err := daleSigns(cfg, c, seed)
		if err == nil {
			m.obey(w, signs)
		}
		return w, err
	}
	w, _, err := initialWeights(cfg, c, seed)
	if err != nil {
		return nil, err
	}
	factor := float64(n) / math.Sqrt(float64(m.Len()))
	out := make([]float32, m.Len())
	for post := range n {
		for e, end := m.Row(post); e < end; e++ {
			out[e] = float32(factor * w[post*n+int(m.Columns[e])])
		}
	}
	return out, nil
}

// setMaskedPrices fills in the price of every synapse: λ times its length, in the form
// that the configuration asks for.
func (k *Constraint) setMaskedPrices(c *circuit.Circuit) error {
	points, err := places(k.cfg, c)
	if err != nil {
		return err
	}
	lengths := make([]float64, k.mask.Len())
	for i := range lengths {
		lengths[i] = 1
	}
	if points != nil {
		k.mask.measure(k.cfg, points, lengths)
	}
	if k.cfg.PenaltyDiagonal == "excluded" {
		for post := range k.n {
			for e, end := k.mask.Row(post); e < end; e++ {
				if int(k.mask.Columns[e]) == post {
					lengths[e] = 0
				}
			}
		}
	}
	sum, count, start := 0.0, 0, 0.0
	for post := range k.n {
		for e, end := k.mask.Row(post); e < end; e++ {
			if !finite(lengths[e]) {
				return fmt.Errorf("constraint: circuit %q: distance of neurons %d and %d: want a number, got %g; the positions lie on one plane or are missing",
					c.Name, post, k.mask.Columns[e], lengths[e])
			}
			start += float64(math.Abs(float64(k.initial[e])) * lengths[e])
			if int(k.mask.Columns[e]) != post {
				sum += lengths[e]
				count++
			}
		}
	}
	scale := k.cfg.Lambda
	switch {
	case k.cfg.PenaltyScale == "mean-price" && !(sum > 0):
		return fmt.Errorf("constraint: circuit %q: the mean length of its synapses is 0: the penalty has no scale", c.Name)
	case k.cfg.PenaltyScale == "mean-price":
		scale /= sum / float64(count) * float64(k.n)
	case k.cfg.PenaltyScale == "initial" && !(start > 0):
		return fmt.Errorf("constraint: circuit %q: the penalty of its initial weights is 0: it has no scale", c.Name)
	case k.cfg.PenaltyScale == "initial":
		scale *= startOf(k.n) / start
	case points == nil:
		scale = 1 // as in New: the bare W penalty ignores λ
	}
	k.price = make([]float32, len(lengths))
	for e, x := range lengths {
		k.price[e] = float32(scale * x)
	}
	return nil
}

// measure sets the length of every synapse, in the configuration's form. The mean over
// all pairs is taken without keeping them.
func (m *Mask) measure(cfg Config, points [][3]float64, lengths []float64) {
	n := m.N()
	mean := 0.0
	if cfg.DistanceForm == "mean-one" || cfg.PenaltyDiagonal == "mean" {
		for i := range n {
			row := 0.0
			for j := range i {
				row += apart(points[i], points[j])
			}
			mean += row
		}
		mean /= float64(n) * float64(n-1) / 2
	}
	unit := 1.0
	if cfg.DistanceForm == "mean-one" {
		unit = mean
	}
	for post := range n {
		for e, end := m.Row(post); e < end; e++ {
			pre := int(m.Columns[e])
			lengths[e] = apart(points[post], points[pre]) / unit
			if pre == post && cfg.PenaltyDiagonal == "mean" {
				lengths[e] = mean / unit
			}
		}
	}
}

// throughFull is the penalty of the full matrix.
func (k *Constraint) throughFull(w, grad []float32) (float64, error) {
	k.mask.Dense(w, k.full)
	if grad == nil {
		return k.inner.Penalty(k.full, nil)
	}
	clear(k.fullGrad)
	total, err := k.inner.Penalty(k.full, k.fullGrad)
	for post := range k.n {
		for e, end := k.mask.Row(post); e < end; e++ {
			grad[e] += k.fullGrad[post*k.n+int(k.mask.Columns[e])]
		}
	}
	return total, err
}
