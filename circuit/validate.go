package circuit

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"
)

// symmetryTolerance is how far M and Mᵀ may differ, relative to the largest |M|:
// room for rounding in the programs that computed them, not for other matrices.
const symmetryTolerance = 1e-9

type namedMatrix struct {
	name   string
	values *mat.Dense
}

func (c *Circuit) matrices() []namedMatrix {
	return []namedMatrix{{"correlation", c.Correlation}, {"sttc", c.STTC}, {"precision", c.Precision}}
}

// Validate checks what every reader of a circuit relies on: unique ids, finite
// positions, signs, symmetric N×N matrices without stray NaN, ascending events.
// Doubts that stop nothing come back as warnings for Provenance: neurons without
// any synapse, without events, or without functional values (NaN throughout).
func (c *Circuit) Validate() (warnings []string, err error) {
	warnings, err = c.check()
	if err != nil {
		return nil, fmt.Errorf("circuit: %w", err)
	}
	return warnings, nil
}

func (c *Circuit) check() (warnings []string, err error) {
	if c.N() == 0 {
		return nil, fmt.Errorf("want at least one neuron, got none")
	}
	if err := c.checkNeurons(); err != nil {
		return nil, err
	}
	if err := c.checkSynapses(); err != nil {
		return nil, err
	}
	warnings = c.warnDisconnected()
	for _, m := range c.matrices() {
		if m.values == nil {
			continue
		}
		silent, err := c.checkMatrix(m)
		if err != nil {
			return nil, err
		}
		if len(silent) > 0 {
			warnings = append(warnings, fmt.Sprintf("%d of %d neurons have no %s (NaN): %s", len(silent), c.N(), m.name, c.list(silent)))
		}
	}
	silent, err := c.checkEvents()
	if err != nil {
		return nil, err
	}
	if len(silent) > 0 {
		warnings = append(warnings, fmt.Sprintf("%d of %d neurons are silent (no events): %s", len(silent), c.N(), c.list(silent)))
	}
	return warnings, nil
}

func (c *Circuit) checkNeurons() error {
	seen := make(map[int64]int, c.N())
	for i, u := range c.Neurons {
		if first, ok := seen[u.ID]; ok {
			return fmt.Errorf("neuron %d (row %d): want unique ids, row %d has the same", u.ID, i, first)
		}
		seen[u.ID] = i
		for axis, x := range u.Position {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("neuron %d (row %d): %c: want a finite soma position in µm, got %g; drop the neuron or repair its position", u.ID, i, 'x'+axis, x)
			}
		}
		if u.Sign < -1 || u.Sign > 1 {
			return fmt.Errorf("neuron %d: sign: want −1, 0 or +1, got %d", u.ID, u.Sign)
		}
		for _, s := range []string{u.Name, u.Type} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				return fmt.Errorf("neuron %d: want name and type in UTF-8 without NUL, got %q", u.ID, s)
			}
		}
	}
	return nil
}

func (c *Circuit) checkSynapses() error {
	if c.Synapses == nil {
		return fmt.Errorf("want a synapse graph, got none")
	}
	if c.Synapses.N() != c.N() {
		return fmt.Errorf("synapses: want a graph of %d neurons, got %d", c.N(), c.Synapses.N())
	}
	for pre := range c.N() {
		posts, weights := c.Synapses.Out(pre)
		for k, w := range weights {
			if math.IsNaN(w) || math.IsInf(w, 0) || w < 0 {
				return fmt.Errorf("synapse %d → %d: want a finite weight above 0, got %g", c.Neurons[pre].ID, c.Neurons[posts[k]].ID, w)
			}
		}
	}
	return nil
}

func (c *Circuit) warnDisconnected() []string {
	touched := make([]bool, c.N())
	for pre := range c.N() {
		posts, _ := c.Synapses.Out(pre)
		for _, post := range posts {
			if int(post) != pre {
				touched[pre], touched[post] = true, true
			}
		}
	}
	var alone []int
	for i, t := range touched {
		if !t {
			alone = append(alone, i)
		}
	}
	if len(alone) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d neurons are disconnected (no synapse with another): %s", len(alone), c.N(), c.list(alone))}
}

// checkMatrix returns the neurons whose off-diagonal values are all NaN.
func (c *Circuit) checkMatrix(m namedMatrix) (silent []int, err error) {
	n := c.N()
	if rows, cols := m.values.Dims(); rows != n || cols != n {
		return nil, fmt.Errorf("%s: want a %d×%d matrix, got %d×%d", m.name, n, n, rows, cols)
	}
	scale, missing := 0.0, make([]int, n)
	for i := range n {
		for j, x := range m.values.RawRowView(i) {
			switch {
			case math.IsInf(x, 0):
				return nil, fmt.Errorf("%s: neurons %d and %d: want a finite number, got %g", m.name, c.Neurons[i].ID, c.Neurons[j].ID, x)
			case !math.IsNaN(x):
				scale = max(scale, math.Abs(x))
			case i != j:
				missing[i]++
			}
		}
	}
	for i := range n {
		if n > 1 && missing[i] == n-1 {
			silent = append(silent, i)
		}
	}
	gone := func(i int) bool { return n > 1 && missing[i] == n-1 }
	for i := range n {
		for j := range i {
			a, b := m.values.At(i, j), m.values.At(j, i)
			if (math.IsNaN(a) || math.IsNaN(b)) && !gone(i) && !gone(j) {
				return nil, fmt.Errorf("%s: neurons %d and %d: want a number, got NaN though both have other values", m.name, c.Neurons[i].ID, c.Neurons[j].ID)
			}
			if math.Abs(a-b) > symmetryTolerance*scale {
				return nil, fmt.Errorf("%s: want a symmetric matrix, got %g at rows %d, %d and %g at %d, %d", m.name, a, i, j, b, j, i)
			}
		}
	}
	return silent, nil
}

func (c *Circuit) checkEvents() (silent []int, err error) {
	if c.FrameRate < 0 || math.IsNaN(c.FrameRate) || math.IsInf(c.FrameRate, 0) {
		return nil, fmt.Errorf("frame rate: want Hz above 0 (0 where unknown), got %g", c.FrameRate)
	}
	if c.Events == nil {
		return nil, nil
	}
	if len(c.Events) != c.N() {
		return nil, fmt.Errorf("events: want a train for each of %d neurons, got %d", c.N(), len(c.Events))
	}
	for i, train := range c.Events {
		if len(train) == 0 {
			silent = append(silent, i)
		}
		for k, t := range train {
			if math.IsNaN(t) || math.IsInf(t, 0) || (k > 0 && t < train[k-1]) {
				return nil, fmt.Errorf("events of neuron %d: want ascending times in s, got %g at %d", c.Neurons[i].ID, t, k)
			}
		}
	}
	return silent, nil
}

// list names neurons by id, the first five of them.
func (c *Circuit) list(index []int) string {
	shown := make([]string, 0, 6)
	for _, i := range index[:min(5, len(index))] {
		shown = append(shown, fmt.Sprint(c.Neurons[i].ID))
	}
	if len(index) > 5 {
		shown = append(shown, "…")
	}
	return strings.Join(shown, ", ")
}

// WithWarnings returns a copy of c whose provenance holds these warnings as well,
// each once.
func (c *Circuit) WithWarnings(warnings ...string) *Circuit {
	out := *c
	out.Provenance.Warnings = slices.Clone(c.Provenance.Warnings)
	for _, w := range warnings {
		if !slices.Contains(out.Provenance.Warnings, w) {
			out.Provenance.Warnings = append(out.Provenance.Warnings, w)
		}
	}
	return &out
}
