package constraint

import (
	"fmt"
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

// The first six are the abstract's, the others those of the long version.
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
}

// Models returns the eleven named models, in the order of the paper.
func Models() []Model { return append([]Model(nil), models...) }

// AbstractModels returns the six models of the abstract.
func AbstractModels() []Model { return append([]Model(nil), models[:6]...) }

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
