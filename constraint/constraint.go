// Package constraint holds what biology puts on a network: where its recurrent
// weights start (W*), where its neurons lie (D*), how signals spread (C), and the
// penalties made of them.
//
// Orientation: W[post][pre]. The strength S of a neuron is the sum of |W| over its
// posts, a column sum here. See docs/method.md for the formulas and their sources.
package constraint

import (
	"fmt"
	"math"
	"slices"

	"biornn/circuit"
	"biornn/internal/crew"
	"biornn/internal/rng"
)

// Constraint is everything that one run needs: its initial weights and its penalty.
// It keeps work space and is not safe for concurrent use.
type Constraint struct {
	cfg      Config
	n        int
	initial  []float32 // W[post][pre]
	price    []float32 // λ-scaled price of a unit of |W|, [post][pre]; nil: flat for all
	flat     float32   // price where there is no distance
	self     float32   // price of an autapse where C, which is 0 there, would make it free
	spread   *spread   // communicability, nil without
	emd      float64   // weight of the distribution term
	target   []float32 // sorted empirical communicability
	work     emdWork
	lag      lag       // with RefreshEvery
	bare     []float32 // weights without self-loops, where these are no part of the penalty
	warnings []string

	signs          []int8      // of neurons, under Dale's law
	mask           *Mask       // the synapses that there are; nil: all pairs
	inner          *Constraint // penalty of the full matrix, where a masked one needs it
	full, fullGrad []float32   // its operands
}

// NewSized prepares a constraint that needs no circuit, for n neurons.
func NewSized(cfg Config, n int, seed uint64) (*Constraint, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if what := cfg.Needs(); what != "" {
		return nil, fmt.Errorf("constraint: %s: want a circuit, got none", what)
	}
	return New(cfg, &circuit.Circuit{Name: "without connectome", Neurons: make([]circuit.Neuron, max(n, 0))}, seed)
}

// New prepares the constraint of a configuration on a circuit. Everything random
// comes from streams named by seed.
func New(cfg Config, c *circuit.Circuit, seed uint64) (*Constraint, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if c == nil {
		return nil, fmt.Errorf("constraint: want a circuit, got none")
	}
	if c.N() < 2 {
		return nil, fmt.Errorf("constraint: circuit %q: want at least 2 neurons, got %d", c.Name, c.N())
	}
	c, doubts, err := controlled(cfg, c, seed)
	if err != nil {
		return nil, err
	}
	k, err := build(cfg, c, seed)
	if err != nil {
		return nil, err
	}
	k.warnings = append(k.warnings, doubts...)
	return k, k.setSigns(c, seed)
}

// build is New on a circuit as the controls leave it.
func build(cfg Config, c *circuit.Circuit, seed uint64) (*Constraint, error) {
	if cfg.Mask == "synapses" {
		return newMasked(cfg, c, seed)
	}
	return prepare(cfg, c, seed, func() ([]float32, []string, error) {
		w, warnings, err := initialWeights(cfg, c, seed)
		out := make([]float32, len(w))
		for i, x := range w {
			out[i] = float32(x)
		}
		return out, warnings, err
	})
}

// prepare is New for all pairs, with the initial weights from elsewhere.
func prepare(cfg Config, c *circuit.Circuit, seed uint64, initial func() ([]float32, []string, error)) (*Constraint, error) {
	k := &Constraint{cfg: cfg, n: c.N()}
	var err error
	if k.initial, k.warnings, err = initial(); err != nil {
		return nil, err
	}
	d, err := distances(cfg, c)
	if err != nil {
		return nil, err
	}
	if cfg.Positions == "shuffled-distances" {
		shufflePairs(d, k.n, rng.New(seed, "constraint/distances"))
	}
	if cfg.Communicability != "none" {
		k.spread = newSpread(k.n, cfg.Epsilon)
	}
	if err := k.setPrices(d); err != nil {
		return nil, err
	}
	if cfg.Communicability == "empirical" {
		err = k.setTarget(c)
	}
	return k, err
}

// setPrices turns distances (nil: none) into the price of a unit of |W|.
func (k *Constraint) setPrices(d []float64) error {
	if d != nil && k.cfg.PenaltyDiagonal == "mean" {
		mean := offDiagonalMean(d, k.n)
		for i := range k.n {
			d[i*k.n+i] = mean
		}
	}
	scale, err := k.scale(d)
	if err != nil {
		return err
	}
	k.flat = float32(scale)
	if k.cfg.PenaltyDiagonal == "mean" && k.cfg.Communicability == "direct" {
		mean, err := k.meanPrice(d)
		if err != nil {
			return err
		}
		k.self = float32(scale * mean)
	}
	excluded := k.cfg.PenaltyDiagonal == "excluded"
	if d == nil && k.cfg.Communicability != "direct" && !excluded {
		return nil
	}
	k.price = make([]float32, k.n*k.n)
	for i := range k.price {
		k.price[i] = k.flat
		if d != nil {
			k.price[i] = float32(scale * d[i])
		}
		if excluded && i%(k.n+1) == 0 {
			k.price[i] = 0
		}
	}
	return nil
}

// scale returns the factor of the summed penalty.
func (k *Constraint) scale(d []float64) (float64, error) {
	if k.cfg.PenaltyScale == "sum" {
		if d == nil && k.cfg.Communicability == "none" {
			return 1, nil // as released: the bare W penalty ignores λ
		}
		return k.cfg.Lambda, nil
	}
	if k.cfg.PenaltyScale == "initial" {
		sum, err := k.initialSum(d)
		return k.cfg.Lambda * startOf(k.n) / sum, err
	}
	mean, err := k.meanPrice(d)
	return k.cfg.Lambda / (mean * float64(k.n)), err
}

// startOf returns what the penalty of the scale initial starts with, in units of λ:
// Σ|Q|/N of an N×N orthogonal matrix whose entries are normal, √(2N/π).
func startOf(n int) float64 { return math.Sqrt(2 * float64(n) / math.Pi) }

// initialSum returns Σ|W| ∘ price at the initial weights, before λ.
func (k *Constraint) initialSum(d []float64) (float64, error) {
	price, err := k.unscaled(d)
	if err != nil {
		return 0, err
	}
	direct := k.cfg.Communicability == "direct"
	mean := offDiagonalMean(price, k.n)
	sum := 0.0
	for i, x := range k.initial {
		p := price[i]
		if i%(k.n+1) == 0 {
			switch {
			case k.cfg.PenaltyDiagonal == "excluded" || direct && k.cfg.PenaltyDiagonal == "free":
				p = 0
			case direct:
				p = mean
			}
		}
		sum += float64(math.Abs(float64(x)) * p)
	}
	if !(sum > 0) {
		return 0, fmt.Errorf("constraint: want a positive penalty of the initial weights, got %g: they connect no two neurons", sum)
	}
	return sum, nil
}

// meanPrice returns the mean off-diagonal price of a unit of |W| at the initial
// weights, before λ.
func (k *Constraint) meanPrice(d []float64) (float64, error) {
	price, err := k.unscaled(d)
	if err != nil {
		return 0, err
	}
	mean := offDiagonalMean(price, k.n)
	if !(mean > 0) {
		return 0, fmt.Errorf("constraint: want a positive mean price of a unit of weight, got %g; the initial weights connect no two neurons", mean)
	}
	return mean, nil
}

// unscaled returns the price of a unit of |W| at the initial weights, before λ.
func (k *Constraint) unscaled(d []float64) ([]float64, error) {
	price := make([]float64, k.n*k.n)
	for i := range price {
		price[i] = 1
		if d != nil {
			price[i] = d[i]
		}
	}
	if k.cfg.Communicability == "direct" {
		c := k.spread.at(k.priced(k.initial))
		if !k.spread.ok {
			return nil, fmt.Errorf("constraint: the communicability of the initial weights is not finite: want every neuron to have an outgoing weight, or epsilon above 0")
		}
		for i := range c {
			price[i] *= float64(c[i])
		}
	}
	return price, nil
}

// hollow says that self-loops are no part of the penalty and of its communicability.
func (k *Constraint) hollow() bool {
	return k.cfg.PenaltyDiagonal == "excluded" && k.cfg.Communicability != "none"
}

// priced returns the weights that the penalty sees: w, or a copy without self-loops.
func (k *Constraint) priced(w []float32) []float32 {
	if !k.hollow() {
		return w
	}
	k.bare = append(k.bare[:0], w...)
	for i := 0; i < len(w); i += k.n + 1 {
		k.bare[i] = 0
	}
	return k.bare
}

// setTarget computes the sorted communicability of the empirical connectome.
func (k *Constraint) setTarget(c *circuit.Circuit) error {
	if c.Synapses == nil || c.Synapses.Len() == 0 {
		return fmt.Errorf("constraint: circuit %q has no synapses, which the empirical communicability needs", c.Name)
	}
	m := c.Synapses.Matrix()
	emp, silent := empirical(m, k.n, k.cfg.SilentRows)
	if silent > 0 {
		k.warnings = append(k.warnings, fmt.Sprintf("%d of %d neurons have no outgoing synapse in the connectome (%s)", silent, k.n, silentNote[k.cfg.SilentRows]))
	}
	k.target = make([]float32, len(emp))
	for i, x := range emp {
		k.target[i] = float32(x)
	}
	slices.Sort(k.target)
	k.emd = k.cfg.LambdaEMD
	k.work = newEMDWork(k.n)
	return nil
}

// Share lets a crew share the work of Penalty, which changes no bit; nil takes it away.
func (k *Constraint) Share(c *crew.Crew) {
	if k.inner != nil {
		k.inner.Share(c)
	}
	if k.spread != nil {
		k.spread.crew = c
	}
}

// N returns the number of neurons.
func (k *Constraint) N() int { return k.n }

// Mask returns the synapses that the network may have, nil for all pairs.
func (k *Constraint) Mask() *Mask { return k.mask }

// InitialWeights returns a copy of the initial recurrent weights, W[post][pre], or
// those under the mask.
func (k *Constraint) InitialWeights() []float32 { return append([]float32(nil), k.initial...) }

// Warnings returns doubts that arose while the constraint was prepared.
func (k *Constraint) Warnings() []string { return append([]string(nil), k.warnings...) }

// initialWeights draws W[post][pre].
func initialWeights(cfg Config, c *circuit.Circuit, seed uint64) ([]float64, []string, error) {
	w, warnings, err := freeWeights(cfg, c, seed)
	if err != nil || cfg.Sign != "dale" {
		return w, warnings, err
	}
	signs, err := daleSigns(cfg, c, seed)
	if err != nil {
		return nil, nil, err
	}
	return w, warnings, obeyed(w, signs)
}

// freeWeights draws W[post][pre] without a constraint of sign.
func freeWeights(cfg Config, c *circuit.Circuit, seed uint64) ([]float64, []string, error) {
	n := c.N()
	switch cfg.Init {
	case "bio", "bio-permuted":
		w, err := biological(cfg, c, seed)
		if err != nil {
			return nil, nil, err
		}
		if cfg.Init == "bio-permuted" {
			w = permute(w, rng.New(seed, "constraint/permutation").Perm(n))
		}
		return w, nil, nil
	}
	w, err := initialise(cfg.Init, n, n, n, n, rng.New(seed, "constraint/init"))
	return w, nil, err
}

// permute applies one permutation to rows and columns.
func permute(w []float64, perm []int) []float64 {
	n := len(perm)
	out := make([]float64, len(w))
	for i, a := range perm {
		for j, b := range perm {
			out[i*n+j] = w[a*n+b]
		}
	}
	return out
}

// offDiagonalMean returns the mean of an n×n matrix without its diagonal.
func offDiagonalMean(m []float64, n int) float64 {
	sum := 0.0
	for i := range n {
		for j := range n {
			if i != j {
				sum += m[i*n+j]
			}
		}
	}
	return sum / float64(n*(n-1))
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
