package study

import (
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/experiment"
)

func TestIdleControls(t *testing.T) {
	c := smallCircuit(t)
	specs := func(model string, changes ...func(*experiment.Spec)) []experiment.Spec {
		var out []experiment.Spec
		for _, change := range append(changes, func(s *experiment.Spec) { s.Constraint.Lambda = 0.01 }) {
			s, err := experiment.New("corrected", model, "go-nogo", c, 1)
			if err != nil {
				t.Fatal(err)
			}
			change(&s)
			out = append(out, s)
		}
		return out
	}
	masked := func(s *experiment.Spec) { s.Constraint.Mask = "synapses" }
	for _, k := range []struct {
		specs []experiment.Spec
		want  string
	}{
		{specs("w-dreal-c"), ""},
		{specs("wbio-dreal-c+shuffled"), ""},
		{specs("w+keep-diagonal"), "W keep-diagonal: keep-diagonal changes nothing"},
		{specs("w+rewired+keep-diagonal"), "rewired and keep-diagonal changes nothing"},
		{specs("w+rewired", masked), ""}, // it acts in some of the runs
	} {
		got := idle(k.specs, func(string) *circuit.Circuit { return c })
		if k.want == "" && len(got) > 0 || k.want != "" && (len(got) != 1 || !strings.Contains(got[0], k.want)) {
			t.Errorf("want %q, got %q", k.want, got)
		}
	}
}
