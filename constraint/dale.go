package constraint

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/internal/rng"
)

// daleSigns returns +1 for neurons that excite and −1 for those that inhibit, nil where
// Dale's law is not asked for: those of the circuit or, with excitatory_fraction, so
// many neurons chosen at random that excite.
func daleSigns(cfg Config, c *circuit.Circuit, seed uint64) ([]int8, error) {
	if cfg.Sign != "dale" {
		return nil, nil
	}
	n := c.N()
	signs := make([]int8, n)
	if cfg.ExcitatoryFraction > 0 {
		excitatory := int(math.Round(cfg.ExcitatoryFraction * float64(n)))
		for rank, i := range rng.New(seed, "constraint/dale").Perm(n) {
			if signs[i] = -1; rank < excitatory {
				signs[i] = 1
			}
		}
		return signs, nil
	}
	for i, u := range c.Neurons {
		if u.Sign == 0 {
			return nil, fmt.Errorf("constraint: sign dale: circuit %q: want the sign of every neuron, got none for neuron %d (id %d): give the neurons cell types or signs, or draw the signs with the control dale (excitatory_fraction)", c.Name, i, u.ID)
		}
		signs[i] = u.Sign
	}
	return signs, nil
}

// setSigns keeps the signs of neurons for Project.
func (k *Constraint) setSigns(c *circuit.Circuit, seed uint64) error {
	var err error
	k.signs, err = daleSigns(k.cfg, c, seed)
	inhibitory := 0
	for _, s := range k.signs {
		if s < 0 {
			inhibitory++
		}
	}
	if k.signs != nil && (inhibitory == 0 || inhibitory == k.n) {
		k.warnings = append(k.warnings, fmt.Sprintf("sign dale: %d of %d neurons inhibit: all weights have one sign", inhibitory, k.n))
	}
	return err
}

// obeyed turns a full matrix into |W| times the signs of the pres, at the spectral radius
// that it had. (To scale inhibition up until it balances excitation was tried: Go/NoGo was
// then learned less often.)
func obeyed(w []float64, signs []int8) error {
	n := len(signs)
	before, err := radius(w, n)
	if err != nil {
		return err
	}
	for i, x := range w {
		w[i] = math.Abs(x) * float64(signs[i%n])
	}
	after, err := radius(w, n)
	if err != nil {
		return err
	}
	if !(after > 0) {
		return fmt.Errorf("constraint: sign dale: want initial weights of positive spectral radius, got %g", after)
	}
	for i := range w {
		w[i] *= before / after
	}
	return nil
}

// obey gives weights under a mask the signs of their pres.
func (m *Mask) obey(w []float32, signs []int8) {
	for e, x := range w {
		w[e] = abs32(x) * float32(signs[m.Columns[e]])
	}
}

// Signs returns the sign of every neuron under Dale's law, nil without it.
func (k *Constraint) Signs() []int8 { return append([]int8(nil), k.signs...) }

// Project puts weights of a sign that is not allowed to 0: negative ones under the sign
// nonnegative, under Dale's law those against the sign of their pre.
func (k *Constraint) Project(w []float32) {
	switch k.cfg.Sign {
	case "nonnegative":
		for i, x := range w {
			if x < 0 {
				w[i] = 0
			}
		}
	case "dale":
		for i, x := range w {
			pre := i % k.n
			if k.mask != nil {
				pre = int(k.mask.Columns[i])
			}
			if x*float32(k.signs[pre]) < 0 {
				w[i] = 0
			}
		}
	}
}
