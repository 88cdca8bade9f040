package constraint

import (
	"fmt"
	"slices"
	"strings"

	"biornn/internal/suggest"
)

// Model is a named composition.
type Model struct {
	Slug            string `json:"slug"`
	Symbol          string `json:"symbol"` // as printed in the paper
	Note            string `json:"note"`   // one line
	Init            string `json:"init"`
	Distance        string `json:"distance"`
	Communicability string `json:"communicability"`
}

// The first six are the abstract's, the next five those of the long version; the last
// three complete the design in which initial weights, distance and communicability vary
// independently.
var models = []Model{
	{"wbio-dreal-c", "W*D*C", "biological weights, real positions, communicability", "bio", "real", "direct"},
	{"w-dreal-c", "WD*C", "orthogonal weights, real positions, communicability", "orthogonal", "real", "direct"},
	{"w-dgrid-c", "WDC", "orthogonal weights, grid, communicability (a spatially embedded RNN)", "orthogonal", "grid", "direct"},
	{"w-dreal", "WD*", "orthogonal weights, real positions", "orthogonal", "real", "none"},
	{"w-dgrid", "WD", "orthogonal weights, grid", "orthogonal", "grid", "none"},
	{"w", "W", "orthogonal weights, plain L1 penalty: the baseline", "orthogonal", "none", "none"},
	{"wbio-dreal-cemp", "W*D*C*", "biological weights, real positions, communicability like the connectome's", "bio", "real", "empirical"},
	{"w-dreal-cemp", "WD*C*", "orthogonal weights, real positions, communicability like the connectome's", "orthogonal", "real", "empirical"},
	{"wbio-dgrid-cemp", "W*DC*", "biological weights, grid, communicability like the connectome's", "bio", "grid", "empirical"},
	{"wperm-dreal-c", "W!D*C", "permuted biological weights, real positions, communicability", "bio-permuted", "real", "direct"},
	{"wperm-dreal-cemp", "W!D*C*", "permuted biological weights, real positions, communicability like the connectome's", "bio-permuted", "real", "empirical"},
	{"wbio-dreal", "W*D*", "biological weights, real positions", "bio", "real", "none"},
	{"wbio-dgrid-c", "W*DC", "biological weights, grid, communicability", "bio", "grid", "direct"},
	{"wbio-dgrid", "W*D", "biological weights, grid", "bio", "grid", "none"},
}

const (
	abstractModels  = 6
	publishedModels = 11
)

// Models returns the eleven published models, in the order of the paper.
func Models() []Model { return slices.Clone(models[:publishedModels]) }

// FurtherModels returns the named models that were not published.
func FurtherModels() []Model { return slices.Clone(models[publishedModels:]) }

// AbstractModels returns the six models of the abstract.
func AbstractModels() []Model { return slices.Clone(models[:abstractModels]) }

// FactorialModels returns the eight compositions of initial weights (biological or
// orthogonal), distance (real or grid) and communicability (with or without).
func FactorialModels() []Model {
	var out []Model
	for _, m := range models {
		if (m.Init == "bio" || m.Init == "orthogonal") && m.Distance != "none" && m.Communicability != "empirical" {
			out = append(out, m)
		}
	}
	return out
}

// Lookup finds a model by slug or symbol, whatever the case.
func Lookup(name string) (Model, error) {
	var names []string
	for _, m := range models {
		if strings.EqualFold(name, m.Slug) || strings.EqualFold(name, m.Symbol) {
			return m, nil
		}
		names = append(names, m.Slug, m.Symbol)
	}
	return Model{}, fmt.Errorf("constraint: no model is called %q%s (biornn models lists them)", name, suggest.Near(name, names))
}
