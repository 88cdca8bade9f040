// Package tables imports any connectome from a table of neurons and a table of
// connections, with optional matrices and events. It knows no data set: columns are
// named by the caller and the unit of positions must be stated.
//
// Tables are comma- or tab-separated text with a header, or JSON arrays of objects; a byte order mark, CRLF
// line ends and quoted fields are read. Files named .gz and .zst are unpacked; Parquet
// and Feather are read as well, and a pattern such as "part_*.csv" stands for several
// files of one table.
package tables

import (
	"fmt"
	"path/filepath"
	"strings"

	"biornn/circuit"
)

// Units of positions.
const (
	UnitUM    = "um"
	UnitNM    = "nm"
	UnitVoxel = "voxel" // times Config.VoxelNM
)

// Columns names the columns of the tables.
type Columns struct {
	ID string `toml:"id" json:"id"`
	X  string `toml:"x" json:"x"`
	Y  string `toml:"y" json:"y"`
	Z  string `toml:"z" json:"z"`
	// Position is one column in place of x, y and z, as in "[1 2 3]" or "(1, 2, 3)".
	Position string `toml:"position" json:"position,omitempty"`

	Name string `toml:"name" json:"name"` // optional
	Type string `toml:"type" json:"type"` // optional
	Sign string `toml:"sign" json:"sign"` // optional: 1, −1, 0, E, I, + or −

	Pre    string `toml:"pre" json:"pre"`
	Post   string `toml:"post" json:"post"`
	Weight string `toml:"weight" json:"weight"` // optional: 1 a row where absent

	Event     string `toml:"event" json:"event"`           // neuron of an event
	EventTime string `toml:"event_time" json:"event_time"` // s
}

// Config says which files make a circuit and how they are to be read.
type Config struct {
	Name        string `toml:"name" json:"name"` // of the circuit; the neurons' file name where empty
	Neurons     string `toml:"neurons" json:"neurons"`
	Connections string `toml:"connections" json:"connections"`

	// Unit of the positions: um, nm or voxel. It is never guessed.
	Unit string `toml:"unit" json:"unit"`
	// VoxelNM is the size of a voxel in nm, needed for the unit voxel.
	VoxelNM [3]float64 `toml:"voxel_nm" json:"voxel_nm"`

	Columns Columns `toml:"columns" json:"columns"`

	// SkipUnknown leaves out connections and events of neurons that are not in the
	// table of neurons, and counts them, instead of refusing them.
	SkipUnknown bool `toml:"skip_unknown" json:"skip_unknown"`

	// SkipUnplaced leaves out neurons without a position, and counts them.
	SkipUnplaced bool `toml:"skip_unplaced" json:"skip_unplaced,omitempty"`

	// Duplicates says what becomes of neurons that share an id: refuse (or empty), drop
	// all of them, or keep the first.
	Duplicates string `toml:"duplicates" json:"duplicates,omitempty"`

	// Where keeps the connections whose columns have these texts, as in typ = "0".
	Where map[string]string `toml:"where" json:"where,omitempty"`

	// Optional files. Matrices are N×N in the order of the neurons, .npy or text
	// without a header.
	Correlation string  `toml:"correlation" json:"correlation"`
	STTC        string  `toml:"sttc" json:"sttc"`
	Precision   string  `toml:"precision" json:"precision"`
	Events      string  `toml:"events" json:"events"` // a table: neuron, time in s
	FrameRateHz float64 `toml:"frame_rate_hz" json:"frame_rate_hz"`
}

// DefaultConfig names the usual columns; files and unit are the caller's.
func DefaultConfig() Config {
	return Config{Columns: Columns{
		ID: "id", X: "x", Y: "y", Z: "z", Name: "name", Type: "type", Sign: "sign",
		Pre: "pre", Post: "post", Weight: "weight", Event: "id", EventTime: "time_s",
	}}
}

// Validate checks what can be known without the files.
func (c Config) Validate() error {
	if c.Neurons == "" || c.Connections == "" {
		return fmt.Errorf("tables: want a table of neurons and one of connections, got %q and %q", c.Neurons, c.Connections)
	}
	switch c.Unit {
	case UnitUM, UnitNM:
	case UnitVoxel:
		for _, v := range c.VoxelNM {
			if !(v > 0 && v < 1e9) {
				return fmt.Errorf("tables: voxel_nm: want three sizes in nm above 0 (MICrONS: 4, 4, 40), got %v", c.VoxelNM)
			}
		}
	case "":
		return fmt.Errorf("tables: unit: want the unit of the positions (%s, %s or %s), got none; it is never guessed", UnitUM, UnitNM, UnitVoxel)
	default:
		return fmt.Errorf("tables: unit: want %s, %s or %s, got %q", UnitUM, UnitNM, UnitVoxel, c.Unit)
	}
	if !(c.FrameRateHz >= 0 && c.FrameRateHz < 1e9) {
		return fmt.Errorf("tables: frame_rate_hz: want Hz, 0 where unknown, got %g", c.FrameRateHz)
	}
	switch c.Duplicates {
	case "", "refuse", "drop", "first":
	default:
		return fmt.Errorf("tables: duplicates: want refuse, drop or first, got %q", c.Duplicates)
	}
	for _, column := range []struct{ key, name string }{
		{"id", c.Columns.ID}, {"x", c.Columns.X}, {"y", c.Columns.Y}, {"z", c.Columns.Z}, {"pre", c.Columns.Pre}, {"post", c.Columns.Post},
	} {
		if column.name == "" {
			return fmt.Errorf("tables: columns: want a name for %s, got none", column.key)
		}
	}
	return nil
}

// micrometres returns the factors from the stated unit to µm.
func (c Config) micrometres() [3]float64 {
	switch c.Unit {
	case UnitNM:
		return [3]float64{1e-3, 1e-3, 1e-3}
	case UnitVoxel:
		return [3]float64{c.VoxelNM[0] / 1000, c.VoxelNM[1] / 1000, c.VoxelNM[2] / 1000}
	}
	return [3]float64{1, 1, 1}
}

// Load reads the files and builds the circuit.
func Load(cfg Config) (*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	im := &importer{cfg: cfg}
	c, err := im.load()
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	warnings, err := c.Validate()
	if err != nil {
		return nil, fmt.Errorf("tables: %w", err)
	}
	return c.WithWarnings(warnings...), nil
}

// circuitName is the given name, else that of the neurons' file.
func (c Config) circuitName() string {
	if c.Name != "" {
		return c.Name
	}
	name := strings.TrimSuffix(filepath.Base(c.Neurons), ".gz")
	return strings.TrimSuffix(name, filepath.Ext(name))
}
