// Package grid reads study files: a base of circuits, models, tasks, seeds and values, and
// axes along which values vary. A study file becomes a list of Specs in a fixed order.
package grid

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"biornn/analysis"
	"biornn/internal/suggest"
)

// File is a study file. Where there are parts, each is the base with the changes that it
// names, and the base itself is no part.
type File struct {
	Name   string `toml:"name" json:"name" jsonschema:"name of the study: letters, digits, dots, dashes and underscores"`
	Folder string `toml:"folder" json:"folder,omitempty" jsonschema:"folder of the results, beside the study file unless absolute (default: biornn-out/NAME)"`
	Base
	Parts    []Part          `toml:"part" json:"part,omitempty" jsonschema:"sub-studies: the base with changes"`
	Budget   Budget          `toml:"budget" json:"budget,omitempty" jsonschema:"what the study may cost: above it nothing is computed"`
	Analysis analysis.Config `toml:"analysis" json:"analysis,omitempty" jsonschema:"how the structure of trained networks is measured"`

	dir  string // of the study file
	text []byte
}

// Base says which runs there are: every circuit × task × model × combination of the axes,
// for every seed, without those that are excluded.
type Base struct {
	Preset    string           `toml:"preset" json:"preset,omitempty" jsonschema:"corrected (default) or paper"`
	Circuits  []string         `toml:"circuits" json:"circuits,omitempty" jsonschema:"circuit files, recipes or folders of imaged fields, beside the study file unless absolute; synthetic or synthetic:NEURONS"`
	Models    []string         `toml:"models" json:"models,omitempty" jsonschema:"models by slug or symbol, with controls as in W*D*C+shuffled; abstract: the six; all: the eleven"`
	Tasks     []string         `toml:"tasks" json:"tasks,omitempty" jsonschema:"tasks by name; all: the three of the published comparison"`
	Seeds     int              `toml:"seeds" json:"seeds,omitempty" jsonschema:"runs of each kind (default 3)"`
	FirstSeed int              `toml:"first_seed" json:"first_seed,omitempty" jsonschema:"the first of the seeds (default 1)"`
	Epochs    int              `toml:"epochs" json:"epochs,omitempty" jsonschema:"epochs of training (default: as published, 10)"`
	Set       map[string]any   `toml:"set" json:"set,omitempty" jsonschema:"values for all runs, by keys of a run's spec.toml such as constraint.lambda"`
	Axes      []Axis           `toml:"axis" json:"axis,omitempty" jsonschema:"values that vary: every combination of all axes"`
	Exclude   []map[string]any `toml:"exclude" json:"exclude,omitempty" jsonschema:"combinations that are left out: a run is, if all keys of one entry have the value, or one of the values, that it has"`
}

// Part is a named sub-study. What it names replaces that of the base, except that values
// of set, axes of other keys and exclusions come on top.
type Part struct {
	Name string `toml:"name" json:"name" jsonschema:"name of the sub-study, a column of the results"`
	Base
}

// Axis is a key that varies, or several that vary together.
type Axis struct {
	Key    string   `toml:"key" json:"key,omitempty" jsonschema:"the key that varies"`
	Keys   []string `toml:"keys" json:"keys,omitempty" jsonschema:"keys that vary together, in place of key"`
	Values []any    `toml:"values" json:"values,omitempty" jsonschema:"the values; with keys a list for each step, one value a key"`
	Range  *Range   `toml:"range" json:"range,omitempty" jsonschema:"equal steps, in place of values"`
	Log    *Range   `toml:"log" json:"log,omitempty" jsonschema:"equal ratios, in place of values"`
}

// Range is a row of numbers from From to To, both included. Numbers are rounded to six
// significant digits.
type Range struct {
	From  float64 `toml:"from" json:"from" jsonschema:"the first number"`
	To    float64 `toml:"to" json:"to" jsonschema:"the last number"`
	Count int     `toml:"count" json:"count,omitempty" jsonschema:"how many numbers"`
	Step  float64 `toml:"step" json:"step,omitempty" jsonschema:"difference of neighbours, in place of count (range only)"`
}

// Budget limits a study; 0: no limit.
type Budget struct {
	MaxRuns      int     `toml:"max_runs" json:"max_runs,omitempty" jsonschema:"runs"`
	MaxCoreHours float64 `toml:"max_core_hours" json:"max_core_hours,omitempty" jsonschema:"hours on one core, as biornn study check estimates them"`
}

//go:embed example.toml
var example []byte

// Example returns the text of a commented study file.
func Example() []byte { return slices.Clone(example) }

// Read reads a study file.
func Read(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("grid: %w", err)
	}
	f, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("grid: %s: %w", path, err)
	}
	f.dir = filepath.Dir(path)
	if f.Folder == "" {
		f.Folder = filepath.Join("biornn-out", f.Name)
	}
	if !filepath.IsAbs(f.Folder) {
		f.Folder = filepath.Join(f.dir, f.Folder)
	}
	return f, nil
}

// Parse reads the text of a study file. Errors name the line.
func Parse(text []byte) (*File, error) {
	f := &File{Analysis: analysis.DefaultConfig(), text: text}
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(f); err != nil {
		return nil, describe(err)
	}
	return f, f.validate()
}

// Text returns the study file as it was read.
func (f *File) Text() []byte { return f.text }

func describe(err error) error {
	switch e := err.(type) {
	case *toml.StrictMissingError:
		first := e.Errors[0]
		row, _ := first.Position()
		key := first.Key()
		return fmt.Errorf("line %d: unknown key %q%s", row, strings.Join(key, "."), suggest.Near(key[len(key)-1], keysNear(key)))
	case *toml.DecodeError:
		row, column := e.Position()
		return fmt.Errorf("line %d, column %d: %v", row, column, e)
	}
	return err
}

// keysNear lists the keys of the table in which a key stands.
func keysNear(key []string) []string {
	t := reflect.TypeFor[File]()
	for _, name := range key[:len(key)-1] {
		f, ok := fieldOf(t, name)
		if !ok {
			break
		}
		t = f.Type
		for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	var out []string
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if name := f.Tag.Get("toml"); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

func fieldOf(t reflect.Type, name string) (reflect.StructField, bool) {
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.Tag.Get("toml") == name {
				return f, true
			}
		}
	}
	return reflect.StructField{}, false
}

// validate reports the first value that cannot be used, apart from those of the runs.
func (f *File) validate() error {
	if !isPlain(f.Name) {
		return fmt.Errorf("name: want letters, digits, dots, dashes and underscores, got %q", f.Name)
	}
	if f.Budget.MaxRuns < 0 || !(f.Budget.MaxCoreHours >= 0) {
		return fmt.Errorf("budget: want at least 0, got max_runs = %d and max_core_hours = %g", f.Budget.MaxRuns, f.Budget.MaxCoreHours)
	}
	names := map[string]bool{}
	for i, p := range f.Parts {
		if !isPlain(p.Name) || names[p.Name] {
			return fmt.Errorf("part %d: name: want a name of its own of letters, digits, dots, dashes and underscores, got %q", i+1, p.Name)
		}
		names[p.Name] = true
	}
	return f.Analysis.Validate()
}

func isPlain(name string) bool {
	if name == "" || name[0] == '.' || name[0] == '-' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == ""
}

// line tells where a key or value stands in the text, as "line 7: "; "" where it is not
// found. Comments do not count.
func (f *File) line(word string) string {
	last := word[strings.LastIndexByte(word, '.')+1:]
	for _, w := range []string{word, last} {
		row := 0
		for text := range strings.Lines(string(f.text)) {
			row++
			code, _, _ := strings.Cut(text, "#")
			if slices.Contains(strings.FieldsFunc(code, func(r rune) bool { return strings.ContainsRune(" \t\r\n=,[]{}\"'", r) }), w) {
				return fmt.Sprintf("line %d: ", row)
			}
		}
	}
	return ""
}
