package microns

import (
	"fmt"
	"math"
	"strings"

	"biornn/circuit"
)

// CaveConfig says which tables of CAVE make a circuit, and which of their cells and
// synapses. Names of files may be patterns. Text, .gz, .zst, Parquet and Feather are
// read.
type CaveConfig struct {
	Name string `toml:"name"` // of the circuit; that of the table of cells where empty

	// Cells is a table with pt_root_id and a position for each cell: nucleus_detection_v0,
	// a cell-type table or one of your own.
	Cells string `toml:"cells"`
	// Unit of its positions: voxel (of 4×4×40 nm), nm or um. It is never guessed.
	Unit string `toml:"unit"`
	// Synapses are tables with pre_pt_root_id and post_pt_root_id, such as chunks of
	// synapses_pni_2; a synapse that several hold counts once, by its id.
	Synapses []string `toml:"synapses"`
	// Weight of a connection: count of its synapses, or size, the sum of theirs.
	Weight string `toml:"weight"`

	// Proofreading is proofreading_status_and_strategy. Proofread says what it decides:
	// outputs (those of cells without a proofread axon are left out) or cells (such cells
	// are left out).
	Proofreading string `toml:"proofreading"`
	Proofread    string `toml:"proofread"`

	// Coregistration is coregistration_manual_v4 or an automatic one: only cells in it are
	// kept, each with its best unit by score.
	Coregistration string  `toml:"coregistration"`
	Session        int     `toml:"session"`      // 0: any
	Scan           int     `toml:"scan"`         // 0: any
	MaxResidual    float64 `toml:"max_residual"` // µm, 0: any
	MinScore       float64 `toml:"min_score"`    // −Inf, or NaN in a file: any

	Types   []string    `toml:"types"`   // cell types to keep, none: all
	Nearest int         `toml:"nearest"` // keep so many cells nearest to Around, 0: all
	Around  *[3]float64 `toml:"around"`  // µm; the centre of the cells where missing
	// Autapses keeps synapses of a cell onto itself, which are mostly errors.
	Autapses bool `toml:"autapses"`
}

// DefaultCaveConfig keeps everything that the tables hold.
func DefaultCaveConfig() CaveConfig {
	return CaveConfig{Weight: "count", Proofread: "outputs", MinScore: math.Inf(-1)}
}

// Validate checks what can be known without the files.
func (c CaveConfig) Validate() error {
	if c.Cells == "" || len(c.Synapses) == 0 {
		return fmt.Errorf("microns: want a table of cells and at least one of synapses, got %q and %d", c.Cells, len(c.Synapses))
	}
	for _, w := range []struct {
		key, got string
		all      []string
	}{
		{"unit (of the cells' positions; it is never guessed)", c.Unit, []string{"voxel", "nm", "um"}},
		{"weight", c.Weight, []string{"count", "size"}},
		{"proofread", c.Proofread, []string{"outputs", "cells"}},
	} {
		known := false
		for _, a := range w.all {
			known = known || a == w.got
		}
		if !known {
			return fmt.Errorf("microns: %s: want one of %s, got %q", w.key, strings.Join(w.all, ", "), w.got)
		}
	}
	if c.Coregistration == "" && (c.Session != 0 || c.Scan != 0 || c.MaxResidual != 0 || !math.IsInf(c.MinScore, -1) && !math.IsNaN(c.MinScore)) {
		return fmt.Errorf("microns: session, scan, max_residual and min_score choose from the table of coregistration, which is missing")
	}
	if c.Nearest < 0 || c.MaxResidual < 0 {
		return fmt.Errorf("microns: nearest and max_residual: want at least 0, got %d and %g", c.Nearest, c.MaxResidual)
	}
	return nil
}

// LoadCave builds a circuit from tables of CAVE. Its provenance tells, step by step, how
// many cells and synapses were left.
func LoadCave(cfg CaveConfig) (*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	b := &caveBuilder{cfg: cfg}
	b.out.Name = cfg.Name
	b.out.Provenance.Origin = "MICrONS minnie65, from tables of CAVE"
	for _, step := range []func() error{b.readCells, b.dropUnusable, b.keepTypes, b.coregister, b.proofread, b.keepNearest, b.connect} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("microns: %w", err)
		}
		if len(b.cells) == 0 {
			return nil, fmt.Errorf("microns: no cell is left: %s", strings.Join(b.out.Provenance.Steps, "; "))
		}
	}
	warnings, err := b.out.Validate()
	if err != nil {
		return nil, fmt.Errorf("microns: %w", err)
	}
	return b.out.WithWarnings(warnings...), nil
}

// cell is a row of the table of cells.
type cell struct {
	root, nucleus int64 // 0: unknown
	class         string
	position      [3]float64 // µm
	unit          string     // session_scan_unit
}

// caveBuilder holds a circuit in the making.
type caveBuilder struct {
	cfg   CaveConfig
	cells []cell
	axons map[int64]bool // roots with a proofread axon; nil: not asked
	out   circuit.Circuit
}

func (b *caveBuilder) step(format string, args ...any) {
	b.out.Provenance.Steps = append(b.out.Provenance.Steps, fmt.Sprintf(format, args...))
}

func (b *caveBuilder) warn(format string, args ...any) {
	b.out.Provenance.Warnings = append(b.out.Provenance.Warnings, fmt.Sprintf(format, args...))
}

// keep keeps the cells that fulfil a condition and notes how many.
func (b *caveBuilder) keep(what string, condition func(i int, c cell) bool) {
	kept := b.cells[:0:0]
	for i, c := range b.cells {
		if condition(i, c) {
			kept = append(kept, c)
		}
	}
	if len(kept) < len(b.cells) || what != "" {
		b.step("cells %s: %d of %d", what, len(kept), len(b.cells))
	}
	b.cells = kept
}
