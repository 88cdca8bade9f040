package experiment

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"biornn/internal/suggest"
)

// Key is a value of a Spec that a study may set, as section.name.
type Key struct {
	Name string // as in constraint.lambda
	Kind string // number, integer, word, switch or integers
}

// keyPlace is where a key's value lies in a Spec.
type keyPlace struct {
	kind  string
	index []int
}

// places finds the fields of a Spec by the names that they have in its text.
var places = sync.OnceValue(func() map[string]keyPlace {
	out := map[string]keyPlace{}
	spec := reflect.TypeFor[Spec]()
	for i := range spec.NumField() {
		section := spec.Field(i)
		if section.Type.Kind() != reflect.Struct {
			continue
		}
		for k := range section.Type.NumField() {
			f := section.Type.Field(k)
			name, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
			kind := map[reflect.Kind]string{reflect.Float64: "number", reflect.Int: "integer", reflect.String: "word",
				reflect.Bool: "switch", reflect.Slice: "integers"}[f.Type.Kind()]
			if name != "" && name != "-" && kind != "" {
				out[section.Tag.Get("toml")+"."+name] = keyPlace{kind, []int{i, k}}
			}
		}
	}
	delete(out, "constraint.model") // a study names models by themselves
	delete(out, "task.name")
	return out
})

// Keys lists what a study may set, by name.
func Keys() []Key {
	var out []Key
	for name, p := range places() {
		out = append(out, Key{name, p.kind})
	}
	slices.SortFunc(out, func(a, b Key) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Set changes one value; Settle must follow the last. It is much faster than With.
func (s *Spec) Set(key string, value any) error {
	p, ok := places()[key]
	if !ok {
		var names []string
		for _, k := range Keys() {
			names = append(names, k.Name)
		}
		return fmt.Errorf("experiment: unknown key %q%s", key, suggest.Near(key, names))
	}
	field := reflect.ValueOf(s).Elem().FieldByIndex(p.index)
	if !assignTo(field, value) {
		return fmt.Errorf("experiment: %s: want a value of kind %s, got %v", key, p.kind, value)
	}
	return nil
}

// Get returns one value; false where there is no such key.
func (s Spec) Get(key string) (any, bool) {
	p, ok := places()[key]
	if !ok {
		return nil, false
	}
	return reflect.ValueOf(s).FieldByIndex(p.index).Interface(), true
}

// assignTo sets a field to a value as TOML yields it; whole numbers serve for both kinds
// of numbers.
func assignTo(field reflect.Value, value any) bool {
	v := reflect.ValueOf(value)
	if !v.IsValid() {
		return false
	}
	switch k := v.Kind(); field.Kind() {
	case reflect.Float64:
		if v.CanInt() {
			field.SetFloat(float64(v.Int()))
			return true
		}
		if v.CanFloat() {
			field.SetFloat(v.Float())
			return true
		}
	case reflect.Int:
		if v.CanFloat() && v.Float() == math.Trunc(v.Float()) && math.Abs(v.Float()) < 1<<53 {
			field.SetInt(int64(v.Float()))
			return true
		}
		if v.CanInt() {
			field.SetInt(v.Int())
			return true
		}
	case reflect.String, reflect.Bool:
		if k == field.Kind() {
			field.Set(v.Convert(field.Type()))
			return true
		}
	case reflect.Slice:
		return assignSlice(field, v)
	}
	return false
}

func assignSlice(field, v reflect.Value) bool {
	if v.Kind() != reflect.Slice {
		return false
	}
	out := reflect.MakeSlice(field.Type(), v.Len(), v.Len())
	for i := range v.Len() {
		x := v.Index(i)
		if x.Kind() == reflect.Interface {
			x = x.Elem()
		}
		if !x.IsValid() || !assignTo(out.Index(i), x.Interface()) {
			return false
		}
	}
	field.Set(out)
	return true
}

// Settle validates a Spec after Set. Where the composition of a named model has changed,
// the model becomes custom.
func (s *Spec) Settle() error {
	if namedRightly(*s) != nil {
		s.Constraint.Model = "custom"
	}
	return s.Validate()
}
