package constraint

import (
	"reflect"
	"strings"
	"testing"
)

// TestRefusals: what excludes each other is told in the words that the user used, models and
// controls, and in terms of keys where there are none.
func TestRefusals(t *testing.T) {
	base, err := Preset("corrected")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"W+shuffled":                       {"the control shuffled cannot be put on W:", "such as W*D*C"},
		"WD+correlation-only":              {"the control correlation-only cannot be put on WD:", "biological weights"},
		"WD*C+random-signs":                {"the control random-signs cannot be put on WD*C:"},
		"W+matched-radius":                 {"the control matched-radius cannot be put on W:"},
		"WDC+permuted-positions":           {"WDC+permuted-positions: the control permuted-positions cannot be put on WDC:", "the distance grid", "such as WD*C"},
		"W*D*C+random-signs+dale":          {"one of the controls random-signs and dale"},
		"W*D*C+matched-weight+dale":        {"one of the controls matched-weight and dale", "matched-radius"},
		"W*D*C+keep-diagonal+random-signs": nil,
	} {
		cfg, err := base.ApplyVariant(name)
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.Validate()
		if want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, words := range want {
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Errorf("%s: want %q, got %v", name, words, err)
			}
		}
		if err != nil && strings.Contains(err.Error(), "init_") {
			t.Errorf("%s: keys that nobody typed: %v", name, err)
		}
	}
	base.Model, base.InitOffDiagonal = "custom", "shuffled"
	if err := base.Validate(); err == nil || !strings.Contains(err.Error(), "init_off_diagonal: shuffled needs the init bio, got orthogonal") {
		t.Errorf("a key that was typed: %v", err)
	}
	base.InitOffDiagonal, base.Mask, base.Positions, base.Distance = "", "synapses", "shuffled-distances", "real"
	if err := base.Validate(); err == nil || !strings.Contains(err.Error(), "positions: shuffled-distances needs all pairs, got mask synapses") {
		t.Errorf("with a mask: %v", err)
	}
}

// TestAliases: an alias makes the model of its control, with the same name.
func TestAliases(t *testing.T) {
	base, err := Preset("corrected")
	if err != nil {
		t.Fatal(err)
	}
	for alias, slug := range aliases {
		if _, err := lookupControl(slug); err != nil {
			t.Errorf("%s stands for a control that is not there: %v", alias, err)
		}
		a, err := base.ApplyVariant("W*D*C+" + strings.ToUpper(alias))
		if err != nil {
			t.Fatal(err)
		}
		b, err := base.ApplyVariant("W*D*C+" + slug)
		if err != nil {
			t.Fatal(err)
		}
		if a.Model != b.Model || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: got %+v, want %+v", alias, a, b)
		}
		if _, _, _, err := Variant("W*D*C+" + alias + "+" + slug); err == nil {
			t.Errorf("%s and %s on one model", alias, slug)
		}
	}
	if got := Typed("wbio-dreal-c+off-diagonal-only"); got != "W*D*C+no-diagonal" {
		t.Errorf("typed %s", got)
	}
	_, _, _, err = Variant("W*D*C+synapses")
	if err == nil || !strings.Contains(err.Error(), "did you mean synapses-only or synapses-correlation?") {
		t.Errorf("a part of a name: %v", err)
	}
}

// TestAdvice: where a matrix is missing, the way to it is told.
func TestAdvice(t *testing.T) {
	c := sample(t)
	c.Precision = nil
	base, err := Preset("corrected")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := base.ApplyVariant("W*D*C+precision")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), "biornn circuit build --synthetic --count 40 ") || !strings.Contains(err.Error(), "biornn functional FILE.circuit.npz --precision --out ") {
		t.Errorf("with events: %v", err)
	}
	c.Provenance.Synthetic = false
	if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), "biornn functional CIRCUIT --precision --out ") {
		t.Errorf("of a file: %v", err)
	}
	c.Events = nil
	if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), "biornn functional CIRCUIT --precision --traces TRACES --out NEW.circuit.npz computes it from traces") {
		t.Errorf("without events: %v", err)
	}
}
