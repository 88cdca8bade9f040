// Package recipe builds circuits from files as a TOML recipe says: where neurons,
// synapses and activity are, how they join, and which neurons to keep.
package recipe

import (
	"bytes"
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"biornn/circuit"
	"biornn/functional"
	"biornn/internal/suggest"
	"biornn/microns"
	"biornn/tables"
)

// Recipe says how a circuit is made. Names of files are relative to the recipe's folder.
type Recipe struct {
	Name   string `toml:"name"`   // of the circuit
	Preset string `toml:"preset"` // corrected (or empty) or paper: how functional matrices are computed
	// Orient turns positions: minnie65 is its standard orientation, where y is the depth
	// below the pia in µm. Empty: as they are.
	Orient string `toml:"orient"`

	// One of the four says where the neurons are.
	Tables *tables.Config      `toml:"tables"` // any connectome
	Cave   *microns.CaveConfig `toml:"cave"`   // MICrONS tables of CAVE
	Field  string              `toml:"field"`  // a folder as released with arXiv:2606.14975
	From   string              `toml:"from"`   // a circuit file

	Activity   *Activity         `toml:"activity"`
	Functional functional.Config `toml:"functional"`
	Select     circuit.Selection `toml:"select"` // after the activity is known
}

// Activity says where traces are and what is made of them.
type Activity struct {
	tables.TracesConfig

	// FrameRateHz counts frames where there are no sample times.
	FrameRateHz float64 `toml:"frame_rate_hz"`
	// ZeroTime shifts the sample times so that the recording starts at 0 s.
	ZeroTime bool `toml:"zero_time"`
	// EventThreshold detects events: frames that exceed both neighbours by so much. 0: none.
	EventThreshold float64 `toml:"event_threshold"`
	// Correlation is that of events (counts in bins; the default), of traces, or the
	// signal or noise correlation over trials.
	Correlation string `toml:"correlation"`
	// Trials is a table with start_time, stop_time (s) and condition_hash; an NWB file has
	// its own.
	Trials string `toml:"trials"`
}

//go:embed recipes/*.toml
var embedded embed.FS

// Names lists the ready recipes.
func Names() []string {
	entries, err := embedded.ReadDir("recipes")
	if err != nil {
		panic(err) // the folder is in the program
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ".toml"))
	}
	return out
}

// Text returns a ready recipe.
func Text(name string) ([]byte, error) {
	b, err := embedded.ReadFile("recipes/" + name + ".toml")
	if err != nil {
		return nil, fmt.Errorf("recipe: want one of %s, got %q%s", strings.Join(Names(), ", "), name, suggest.Near(name, Names()))
	}
	return b, nil
}

// Read reads a recipe and makes the names of its files relative to folder, or to the
// recipe's own where folder is empty.
func Read(path, folder string) (Recipe, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Recipe{}, fmt.Errorf("recipe: %w", err)
	}
	r, err := Parse(text)
	if err != nil {
		return Recipe{}, fmt.Errorf("recipe: %s: %w", filepath.Base(path), err)
	}
	if folder == "" {
		folder = filepath.Dir(path)
	}
	if r.Name == "" {
		r.Name = strings.TrimSuffix(filepath.Base(path), ".toml")
	}
	return r.in(folder), nil
}

// Parse reads the text of a recipe. Unknown keys are errors.
func Parse(text []byte) (Recipe, error) {
	var probe struct{ Preset string }
	var sections map[string]any
	if err := toml.Unmarshal(text, &sections); err != nil {
		return Recipe{}, describe(err)
	}
	probe.Preset, _ = sections["preset"].(string)
	if probe.Preset == "" {
		probe.Preset = "corrected"
	}
	r := Recipe{Functional: functional.DefaultConfig(probe.Preset)}
	if sections["tables"] != nil {
		cfg := tables.DefaultConfig()
		r.Tables = &cfg
	}
	if sections["cave"] != nil {
		cfg := microns.DefaultCaveConfig()
		r.Cave = &cfg
	}
	if sections["activity"] != nil {
		r.Activity = &Activity{TracesConfig: tables.TracesConfig{TimeColumn: "time_s"}, Correlation: "events"}
	}
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return Recipe{}, describe(err)
	}
	return r, r.validate()
}

func describe(err error) error {
	switch e := err.(type) {
	case *toml.StrictMissingError:
		first := e.Errors[0]
		row, _ := first.Position()
		return fmt.Errorf("line %d: unknown key %q", row, strings.Join(first.Key(), "."))
	case *toml.DecodeError:
		row, column := e.Position()
		return fmt.Errorf("line %d, column %d: %v", row, column, e)
	}
	return err
}

func (r Recipe) validate() error {
	given := 0
	for _, is := range []bool{r.Tables != nil, r.Cave != nil, r.Field != "", r.From != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("want exactly one of [tables], [cave], field and from, got %d", given)
	}
	if !slices.Contains([]string{"", "corrected", "paper"}, r.Preset) {
		return fmt.Errorf("preset: want corrected or paper, got %q", r.Preset)
	}
	if !slices.Contains([]string{"", "minnie65"}, r.Orient) {
		return fmt.Errorf("orient: want minnie65 or nothing, got %q", r.Orient)
	}
	if a := r.Activity; a != nil {
		if !slices.Contains([]string{"events", "traces", "signal", "noise"}, a.Correlation) {
			return fmt.Errorf("activity.correlation: want events, traces, signal or noise, got %q", a.Correlation)
		}
		if a.EventThreshold < 0 || a.FrameRateHz < 0 {
			return fmt.Errorf("activity: event_threshold and frame_rate_hz: want at least 0, got %g and %g", a.EventThreshold, a.FrameRateHz)
		}
		if a.Correlation == "events" && a.EventThreshold == 0 {
			return fmt.Errorf("activity: the correlation of events needs an event_threshold, got none; or set correlation to traces")
		}
		if a.File == "" {
			return fmt.Errorf("activity.file: want a file, got none")
		}
	}
	return r.Functional.Validate()
}

// ParseIn is Parse with the names of files relative to a folder.
func ParseIn(text []byte, folder string) (Recipe, error) {
	r, err := Parse(text)
	if err != nil {
		return Recipe{}, fmt.Errorf("recipe: %w", err)
	}
	return r.in(folder), nil
}

// in makes the names of files relative to a folder.
func (r Recipe) in(folder string) Recipe {
	place := func(name *string) {
		if *name != "" && !filepath.IsAbs(*name) {
			*name = filepath.Join(folder, *name)
		}
	}
	if r.Tables != nil {
		t := *r.Tables
		for _, name := range []*string{&t.Neurons, &t.Connections, &t.Correlation, &t.STTC, &t.Precision, &t.Events} {
			place(name)
		}
		r.Tables = &t
	}
	if r.Cave != nil {
		c := *r.Cave
		c.Synapses = slices.Clone(c.Synapses)
		for k := range c.Synapses {
			place(&c.Synapses[k])
		}
		for _, name := range []*string{&c.Cells, &c.Proofreading, &c.Coregistration} {
			place(name)
		}
		r.Cave = &c
	}
	if r.Activity != nil {
		a := *r.Activity
		for _, name := range []*string{&a.File, &a.Keys.File, &a.Trials} {
			place(name)
		}
		r.Activity = &a
	}
	place(&r.Field)
	place(&r.From)
	return r
}
