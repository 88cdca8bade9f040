// Package experiment describes one run completely (Spec), computes it (Execute)
// and keeps it as a folder that is whole or absent (Run).
package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/internal/suggest"
	"biornn/rnn"
	"biornn/task"
	"biornn/train"
)

// Version of the program, recorded with every run.
const Version = "0.1.0"

// Format is the version of the meaning of a Spec. It is part of the hash, so runs
// of different meanings never mix.
const Format = 1

// Spec describes one run. The run is a pure function of it and of the circuit
// whose hash it names.
type Spec struct {
	Format      int               `toml:"format"`
	Preset      string            `toml:"preset"`       // paper, corrected or custom; a label, the values below decide
	Circuit     string            `toml:"circuit"`      // name of the circuit
	CircuitHash string            `toml:"circuit_hash"` // SHA-256 of its content
	Seed        uint64            `toml:"seed"`         // names every random stream of the run
	Constraint  constraint.Config `toml:"constraint"`
	Task        task.Config       `toml:"task"`
	Network     rnn.Config        `toml:"network"`
	Train       train.Config      `toml:"train"`
}

// New returns the Spec of a named model, with controls or without (see
// constraint.Variant), on a named task with the values of a preset.
func New(preset, model, taskName string, c *circuit.Circuit, seed uint64) (Spec, error) {
	return NewOn(preset, model, taskName, c.Name, c.Hash(), c.N(), seed)
}

// NewOn is New for a circuit of a name, hash and number of neurons; the hash of a great one
// takes a while.
func NewOn(preset, model, taskName, circuitName, circuitHash string, neurons int, seed uint64) (Spec, error) {
	base, err := constraint.Preset(preset)
	if err != nil {
		return Spec{}, err
	}
	composed, err := base.ApplyVariant(model)
	if err != nil {
		return Spec{}, err
	}
	t, err := task.DefaultConfig(taskName)
	if err != nil {
		return Spec{}, err
	}
	network, err := networkOf(model, t, neurons)
	if err != nil {
		return Spec{}, err
	}
	return Spec{
		Format: Format, Preset: preset, Circuit: circuitName, CircuitHash: circuitHash, Seed: seed,
		Constraint: composed, Task: t, Network: network, Train: train.DefaultConfig(),
	}, nil
}

// networkOf returns the network that a variant's name asks for, of a circuit of n neurons.
func networkOf(model string, t task.Config, n int) (rnn.Config, error) {
	cfg := rnn.DefaultConfig().WithCell(constraint.Cell(model))
	if !constraint.Resized(model) {
		return cfg, nil
	}
	made, err := task.New(t)
	if err != nil {
		return cfg, err
	}
	info := made.Info()
	cfg.Units = rnn.MatchedNeurons(cfg.Cell, n, len(info.Inputs), len(info.Outputs))
	return cfg, nil
}

// Validate reports the first value that cannot be used.
func (s Spec) Validate() error {
	if s.Format != Format {
		return fmt.Errorf("experiment: format: want %d, got %d: the run was described by another version of biornn", Format, s.Format)
	}
	if err := s.Constraint.Validate(); err != nil {
		return err
	}
	if err := namedRightly(s); err != nil {
		return err
	}
	if err := s.Network.Validate(); err != nil {
		return err
	}
	if cell := s.Network.Cell; s.Constraint.Mask != "" && cell != "" && cell != "leaky" {
		return fmt.Errorf("experiment: constraint.mask: want all pairs with the cell %s, got %s: masks are for the simple and the leaky cell", cell, s.Constraint.Mask)
	}
	if err := s.Train.Validate(); err != nil {
		return err
	}
	if what := s.Constraint.Needs(); what != "" && s.Network.Units != 0 {
		if constraint.Resized(s.Constraint.Model) {
			return fmt.Errorf("experiment: %s: the control matched-size is for models that read nothing of the circuit, such as W and WD; this one reads it (%s)", constraint.Typed(s.Constraint.Model), what)
		}
		return fmt.Errorf("experiment: network.units: want 0, one unit for each neuron, with %s, got %d: only models that read nothing of the circuit have another size", what, s.Network.Units)
	}
	t, err := task.New(s.Task)
	if err != nil {
		return err
	}
	n := s.network(t.Info())
	if _, err := n.Leak(); err != nil {
		return err
	}
	return n.Validate()
}

// Fits reports what of its circuit a run lacks, before it is computed.
func (s Spec) Fits(c *circuit.Circuit) error {
	_, err := s.constraint(c)
	return err
}

// network returns the configuration of the network with the length of a step that the
// task has, unless its own says another.
func (s Spec) network(info task.Info) rnn.Config {
	n := s.Network
	if n.Cell == "leaky" && n.StepMS == 0 {
		n.StepMS = info.StepMS
	}
	return n
}

// namedRightly refuses a named model with another composition: it would stand under a
// false name in every table.
func namedRightly(s Spec) error {
	c := s.Constraint
	if c.Model == "custom" || c.Model == "" {
		return nil
	}
	m, _, slug, err := constraint.Variant(c.Model)
	if err != nil {
		return fmt.Errorf("experiment: constraint.model: want custom or the name of a model: %w", err)
	}
	if got := [3]string{c.Init, c.Distance, c.Communicability}; got != [3]string{m.Init, m.Distance, m.Communicability} {
		return fmt.Errorf("experiment: constraint.model: %s is init %s, distance %s, communicability %s; got %s, %s, %s: set model to custom",
			slug, m.Init, m.Distance, m.Communicability, got[0], got[1], got[2])
	}
	want, err := c.Uncontrolled().ApplyVariant(c.Model)
	if err != nil {
		return err
	}
	if key := want.ControlsDiffer(c); key != "" {
		return fmt.Errorf("experiment: constraint.model: %s has another %s: set model to custom", slug, key)
	}
	if want := constraint.Cell(c.Model); s.Network.Cell != want {
		return fmt.Errorf("experiment: constraint.model: %s has the cell %q, got %q: set model to custom", slug, want, s.Network.Cell)
	}
	if constraint.Resized(c.Model) != (s.Network.Units != 0) {
		return fmt.Errorf("experiment: constraint.model: %s has another number of units than %d: set model to custom", slug, s.Network.Units)
	}
	return nil
}

// TOML returns the canonical text of the Spec.
func (s Spec) TOML() []byte {
	var b bytes.Buffer
	enc := toml.NewEncoder(&b)
	if err := enc.Encode(s); err != nil {
		panic("experiment: a Spec cannot be written as TOML: " + err.Error())
	}
	return b.Bytes()
}

// ParseSpec reads a Spec; an unknown key is an error that names it and its line.
func ParseSpec(text []byte) (Spec, error) {
	var s Spec
	dec := toml.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return Spec{}, describe(err)
	}
	return s, s.Validate()
}

// With returns the Spec with values of single keys, each "section.key=value" or
// "key=value" with the value as in TOML (quotes around words may be left out). Where the
// composition of a named model changes, the model becomes custom; a new cell brings the
// other values of the network that go with it (rnn.Config.WithCell).
func (s Spec) With(assignments []string) (Spec, error) {
	base := s
	for _, a := range assignments {
		if key, cell, ok := strings.Cut(a, "="); ok && strings.TrimSpace(key) == "network.cell" {
			base.Network = base.Network.WithCell(strings.Trim(cell, " \"'"))
		}
	}
	var tree map[string]any
	if err := toml.Unmarshal(base.TOML(), &tree); err != nil {
		return s, describe(err)
	}
	for _, a := range assignments {
		if err := assign(tree, a); err != nil {
			return s, err
		}
	}
	text, err := toml.Marshal(tree)
	if err != nil {
		return s, fmt.Errorf("experiment: %w", err)
	}
	var out Spec
	dec := toml.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return s, fmt.Errorf("experiment: %s: %w", strings.Join(assignments, " "), unplaced(err))
	}
	if namedRightly(out) != nil && out.Constraint.Model == s.Constraint.Model {
		out.Constraint.Model = "custom"
	}
	return out, out.Validate()
}

// assign sets one key of a Spec in the form of a tree.
func assign(tree map[string]any, assignment string) error {
	key, value, ok := strings.Cut(assignment, "=")
	path := strings.Split(strings.TrimSpace(key), ".")
	if !ok || len(path) > 2 || path[0] == "" {
		return fmt.Errorf("experiment: want section.key=value, such as constraint.lambda=0.1, got %q", assignment)
	}
	var parsed struct{ X any }
	value = strings.TrimSpace(value)
	if toml.Unmarshal([]byte("X = "+value), &parsed) != nil {
		parsed.X = value // a word without quotes
	}
	at := tree
	if len(path) == 2 {
		section, ok := tree[path[0]].(map[string]any)
		if !ok {
			return fmt.Errorf("experiment: %q: there is no section %q%s", assignment, path[0], suggest.Near(path[0], []string{"constraint", "task", "network", "train"}))
		}
		at = section
	}
	at[path[len(path)-1]] = parsed.X
	return nil
}

// unplaced describes an error of the decoder without its line, which the user never saw.
func unplaced(err error) error {
	if e, ok := err.(*toml.StrictMissingError); ok {
		return fmt.Errorf("unknown key %q", dotted(e.Errors[0].Key()))
	}
	return err
}

// describe turns an error of the TOML decoder into one that shows place and key.
func describe(err error) error {
	switch e := err.(type) {
	case *toml.StrictMissingError:
		first := e.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("experiment: spec: line %d: unknown key %q", row, dotted(first.Key()))
	case *toml.DecodeError:
		row, column := e.Position()
		return fmt.Errorf("experiment: spec: line %d, column %d: %v", row, column, e)
	}
	return fmt.Errorf("experiment: spec: %w", err)
}

func dotted(key toml.Key) string {
	out := ""
	for i, k := range key {
		if i > 0 {
			out += "."
		}
		out += k
	}
	return out
}

// Hash returns the SHA-256 of the canonical text, in hex.
func (s Spec) Hash() string {
	sum := sha256.Sum256(s.TOML())
	return hex.EncodeToString(sum[:])
}

// Name returns the name of the run's folder: model, task and seed for people, and
// the beginning of the hash, which alone identifies it.
func (s Spec) Name() string {
	model := s.Constraint.Model
	if model == "" {
		model = "custom"
	}
	return fmt.Sprintf("%s_%s_s%d_%s", model, s.Task.Name, s.Seed, s.Hash()[:12])
}
