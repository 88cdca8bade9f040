package grid

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"biornn/constraint"
	"biornn/experiment"
	"biornn/task"
)

// Schema returns the JSON Schema of study files, for editors that complete and check TOML.
// It is derived from the types of this package and the keys of a Spec.
func Schema() (*jsonschema.Schema, error) {
	s, err := jsonschema.For[File](nil)
	if err != nil {
		return nil, fmt.Errorf("grid: schema: %w", err)
	}
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "biornn study file"
	s.Required = []string{"name"}
	refineBase(s)
	if part := s.Properties["part"].Items; part != nil {
		part.Required = []string{"name"}
		refineBase(part)
	}
	s.Properties["analysis"].Required = nil
	orList(s)
	return s, nil
}

// SchemaText returns the schema as indented JSON.
func SchemaText() ([]byte, error) {
	s, err := Schema()
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(s, "", "  ")
	return append(text, '\n'), err
}

// orList takes the word null out of types: TOML has none.
func orList(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	orList(s.Items)
	for _, p := range s.Properties {
		orList(p)
	}
}

// refineBase says of the keys of a base what their types do not.
func refineBase(s *jsonschema.Schema) {
	for _, p := range constraint.Presets() {
		s.Properties["preset"].Enum = append(s.Properties["preset"].Enum, p)
	}
	names := []any{"all"}
	for _, n := range task.Names() {
		names = append(names, n)
	}
	s.Properties["tasks"].Items.Enum = names
	one := 1.0
	for _, key := range []string{"seeds", "first_seed", "epochs"} {
		s.Properties[key].Minimum = &one
	}
	s.Properties["set"] = specTable(s.Properties["set"].Description, false)
	s.Properties["exclude"].Items = specTable("", true)
	axis := s.Properties["axis"].Items
	for _, k := range experiment.Keys() {
		axis.Properties["key"].Enum = append(axis.Properties["key"].Enum, k.Name)
	}
	axis.Properties["keys"].Items.Enum = axis.Properties["key"].Enum
	axis.OneOf = []*jsonschema.Schema{{Required: []string{"values"}}, {Required: []string{"range"}}, {Required: []string{"log"}}}
}

// specTable is a table of keys of a Spec, dotted or nested; with lists each value may be a
// list of values.
func specTable(about string, lists bool) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Description: about, Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: nothing()}
	add := func(to *jsonschema.Schema, name, kind string) {
		v := valueOf(kind)
		if lists {
			v = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{v, {Type: "array", Items: valueOf(kind)}}}
		}
		to.Properties[name] = v
	}
	for _, k := range experiment.Keys() {
		add(s, k.Name, k.Kind)
		section, name, _ := strings.Cut(k.Name, ".")
		if s.Properties[section] == nil {
			s.Properties[section] = &jsonschema.Schema{Type: "object", Properties: map[string]*jsonschema.Schema{}, AdditionalProperties: nothing()}
		}
		add(s.Properties[section], name, k.Kind)
	}
	if lists {
		for _, name := range []string{"model", "task", "circuit"} {
			if section := s.Properties[name]; section != nil { // task is a section, too
				s.Properties[name] = &jsonschema.Schema{AnyOf: []*jsonschema.Schema{section, valueOf("word"), {Type: "array", Items: valueOf("word")}}}
				continue
			}
			add(s, name, "word")
		}
	}
	return s
}

func nothing() *jsonschema.Schema { return &jsonschema.Schema{Not: &jsonschema.Schema{}} }

func valueOf(kind string) *jsonschema.Schema {
	switch kind {
	case "integers":
		return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{Type: "integer"}}
	case "switch":
		return &jsonschema.Schema{Type: "boolean"}
	case "word":
		return &jsonschema.Schema{Type: "string"}
	}
	return &jsonschema.Schema{Type: kind}
}
