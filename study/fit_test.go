package study

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/grid"
)

// TestUnfitModelsAreRefused: what the circuit cannot have is told before anything is
// computed or written, all of it at once.
func TestUnfitModelsAreRefused(t *testing.T) {
	c := smallCircuit(t)
	c.Precision = nil
	for i := range c.Neurons {
		c.Neurons[i].Sign = 0
	}
	dir := filepath.Join(t.TempDir(), "b")
	refused := func(what string, err error) {
		t.Helper()
		var unfit *UnfitError
		if !errors.As(err, &unfit) || len(unfit.Models) != 2 || !strings.Contains(err.Error(), "W*D*C+precision: ") || !strings.Contains(err.Error(), "WD+dale-cell-types: ") {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Fatalf("%s: a folder was made", what)
		}
	}
	models := []string{"w", "wbio-dreal-c+precision", "w-dgrid+dale-cell-types"}
	cfg := smallBiology()
	cfg.Models = models
	_, err := OpenBiology(cfg, c, dir)
	refused("a study of biology", err)
	one := DefaultConfig()
	one.Models = models
	_, err = Open(one, c, dir)
	refused("a comparison", err)

	f, err := grid.Parse([]byte("name = \"a\"\nfolder = \"" + dir + "\"\ncircuits = [\"synthetic:12\"]\nmodels = [\"W\"]\nseeds = 1\n[[part]]\nname = \"bad\"\nmodels = [\"W*D*C+precision\", \"WD+dale-cell-types\"]\n[[part]]\nname = \"good\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	load := func(string, string, int) (*circuit.Circuit, error) { return c, nil }
	_, err = OpenSweep(f, load)
	refused("a sweep", err)
	plan, err := f.Plan(load)
	if err != nil {
		t.Fatal(err)
	}
	refused("a check", CheckPlan(plan))
	f.Parts = f.Parts[1:]
	if _, err := OpenSweep(f, load); err != nil {
		t.Fatal(err)
	}
	f.Models = append(f.Models, "W*D*C+precision")
	if _, _, err := ExtendSweep(f, load); err == nil || !strings.Contains(err.Error(), "no precision matrix") {
		t.Errorf("an extension: %v", err)
	}
}
