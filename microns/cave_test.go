package microns

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/internal/sharedtest"
)

// Roots beyond 2⁵³, one unit apart: a float would merge them.
const root0 = 864691135639004475

func put(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// world writes tables of six cells on a line, 100 µm apart: cell 5 shares its root with
// cell 4, cell 6 has none.
func world(t testing.TB) (dir string, cfg CaveConfig) {
	t.Helper()
	dir = t.TempDir()
	cells := "id,pt_root_id,cell_type,pt_position\n"
	for i := range 4 {
		cells += fmt.Sprintf("%d,%d,23P,\"[%d 100  2000]\"\n", 1000+i, root0+i, 25000*i)
	}
	cells += fmt.Sprintf("1004,%d,4P,[100000 100 2000]\n1005,%d,4P,\"[125000, 100, 2000]\"\n1006,0,4P,[1 1 1]\n1007,%d,4P,[<NA> <NA> <NA>]\n", root0+4, root0+4, root0+7)
	synapses := "id,pre_pt_root_id,post_pt_root_id,size\n"
	for k, s := range [][3]int{{0, 1, 100}, {0, 1, 50}, {1, 0, 10}, {2, 3, 70}, {3, 3, 5}, {1, 9, 8}, {9, 9, 1}, {0, 4, 3}} {
		synapses += fmt.Sprintf("%d,%d,%d,%d\n", k, root0+s[0], root0+s[1], s[2])
	}
	cfg = DefaultCaveConfig()
	cfg.Cells, cfg.Unit = put(t, dir, "nuclei.csv", cells), "voxel"
	put(t, dir, "synapses_0.csv", synapses)
	put(t, dir, "synapses_1.csv", "id,pre_pt_root_id,post_pt_root_id,size\n"+fmt.Sprintf("1,%d,%d,50\n", root0, root0+1))
	cfg.Synapses = []string{filepath.Join(dir, "synapses_*.csv")}
	return dir, cfg
}

func TestCaveFunnel(t *testing.T) {
	_, cfg := world(t)
	c, err := LoadCave(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c.N() != 4 || c.Neurons[3].ID != root0+3 || c.Neurons[3].Position != [3]float64{300, 0.4, 80} || c.Neurons[0].Name != "nucleus 1000" {
		t.Errorf("cells: %+v", c.Neurons)
	}
	if c.Synapses.Len() != 3 || c.Synapses.Weight(0, 1) != 2 || c.Synapses.Weight(3, 3) != 0 {
		t.Errorf("connections: %v", c.Synapses.Edges())
	}
	steps := strings.Join(c.Provenance.Steps, "\n")
	for _, want := range []string{"8 rows, 1 of them without a position", "with a root id: 6 of 7", "merged with another cell): 4 of 6",
		"synapses read: 9, of which 6 between the cells, less 1 read twice, 1 autapses"} {
		if !strings.Contains(steps, want) {
			t.Errorf("want a step with %q, got\n%s", want, steps)
		}
	}
	if len(c.Provenance.Sources) != 3 || len(c.Provenance.Sources[1].SHA256) != 64 {
		t.Errorf("sources: %+v", c.Provenance.Sources)
	}
	cfg.Weight, cfg.Autapses = "size", true
	if c, err = LoadCave(cfg); err != nil {
		t.Fatal(err)
	}
	if c.Synapses.Weight(0, 1) != 150 || c.Synapses.Weight(3, 3) != 5 {
		t.Errorf("sizes: %v", c.Synapses.Edges())
	}
}

func TestCaveFilters(t *testing.T) {
	dir, cfg := world(t)
	proofreading := fmt.Sprintf("pt_root_id,valid_id,status_axon\n%d,%d,t\n%d,%d,t\n%d,%d,f\n", root0, root0, root0+1, root0+99, root0+2, root0+2)
	units := "session,scan_idx,unit_id,target_id,pt_root_id,residual,score\n" +
		fmt.Sprintf("7,4,11,1000,%d,3.5,5\n7,4,12,1000,%d,3.5,9\n7,4,13,1001,%d,99,9\n6,2,14,1002,%d,1,8\n7,4,15,1003,%d,2,\n", root0, root0, root0+1, root0+2, root0+777)
	for name, test := range map[string]struct {
		change func(*CaveConfig)
		cells  []int // places in the table
		edges  int
		step   string
	}{
		"types":      {func(c *CaveConfig) { c.Types = []string{"23P"} }, []int{0, 1, 2, 3}, 3, "of type 23P"},
		"nearest":    {func(c *CaveConfig) { c.Nearest, c.Around = 2, &[3]float64{0, 0, 80} }, []int{0, 1}, 2, "nearest"},
		"outputs":    {func(c *CaveConfig) { c.Proofreading = put(t, dir, "p.csv", proofreading) }, []int{0, 1, 2, 3}, 1, "1 of 4 cells have a proofread axon"},
		"proofread":  {func(c *CaveConfig) { c.Proofreading, c.Proofread = put(t, dir, "p.csv", proofreading), "cells" }, []int{0}, 0, "with a proofread axon: 1 of 4"},
		"coregister": {func(c *CaveConfig) { c.Coregistration = put(t, dir, "u.csv", units) }, []int{0, 1, 2, 3}, 3, "coregistered: 4 of 4"},
		"one scan": {func(c *CaveConfig) {
			c.Coregistration, c.Session, c.Scan, c.MaxResidual = put(t, dir, "u.csv", units), 7, 4, 20
		}, []int{0, 3}, 0, "units read: 5, 1 of other scans, 1 beyond the limits"},
	} {
		cfg := cfg
		test.change(&cfg)
		c, err := LoadCave(cfg)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []int
		for _, n := range c.Neurons {
			got = append(got, int(n.ID-root0))
		}
		if fmt.Sprint(got) != fmt.Sprint(test.cells) || c.Synapses.Len() != test.edges || !strings.Contains(strings.Join(c.Provenance.Steps, "\n"), test.step) {
			t.Errorf("%s: cells %v, %d connections, steps %q", name, got, c.Synapses.Len(), c.Provenance.Steps)
		}
		if strings.HasPrefix(name, "co") {
			if c.Neurons[0].Name != "7_4_12" {
				t.Errorf("the unit of the best score is not chosen: %q", c.Neurons[0].Name)
			}
			if w := strings.Join(c.Provenance.Warnings, "\n"); !strings.Contains(w, "different versions") || !strings.Contains(w, "several scans") {
				t.Errorf("warnings: %s", w)
			}
		}
	}
}

func TestCaveErrors(t *testing.T) {
	dir, cfg := world(t)
	for name, test := range map[string]struct {
		change func(*CaveConfig)
		want   string
	}{
		"no unit":       {func(c *CaveConfig) { c.Unit = "" }, "never guessed"},
		"voxels as µm":  {func(c *CaveConfig) { c.Unit = "um" }, "more than the imaged volume"},
		"unknown type":  {func(c *CaveConfig) { c.Types = []string{"23p"} }, "there are 23P"},
		"no position":   {func(c *CaveConfig) { c.Cells = put(t, dir, "x.csv", "pt_root_id\n1\n") }, "want a position"},
		"bad position":  {func(c *CaveConfig) { c.Cells = put(t, dir, "x.csv", "pt_root_id,pt_position\n1,[1 2]\n") }, "x.csv:2: want a position of three numbers"},
		"root as float": {func(c *CaveConfig) { c.Cells = put(t, dir, "x.csv", "pt_root_id,pt_x,pt_y,pt_z\n8.64e17,1,2,3\n") }, "digits are lost"},
		"another version": {func(c *CaveConfig) {
			c.Synapses = []string{put(t, dir, "y.csv", "pre_pt_root_id,post_pt_root_id\n5,6\n")}
		}, "one version"},
		"y is 4x": {func(c *CaveConfig) {
			c.Cells = put(t, dir, "x.csv", "pt_root_id,pt_x,pt_y,pt_z\n1,1,4,40\n2,2,8,80\n3,3,12,120\n")
		}, "damaged"},
		"no cell":      {func(c *CaveConfig) { c.Cells = put(t, dir, "x.csv", "pt_root_id,pt_x,pt_y,pt_z\n0,1,2,3\n") }, "no cell is left"},
		"no such file": {func(c *CaveConfig) { c.Cells = filepath.Join(dir, "none.csv") }, "none.csv"},
		"scan alone":   {func(c *CaveConfig) { c.Session = 7 }, "coregistration, which is missing"},
	} {
		cfg := cfg
		test.change(&cfg)
		if _, err := LoadCave(cfg); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", name, test.want, err)
		}
	}
}

// TestCaveOnRealTables joins 56,209 real cells with all inputs of three of them.
func TestCaveOnRealTables(t *testing.T) {
	dir := filepath.Join(sharedtest.Dir(t), "data", "minnie65_cave_csv")
	cfg := DefaultCaveConfig()
	cfg.Cells, cfg.Unit = filepath.Join(dir, "cells_no_repeats.csv"), "voxel"
	cfg.Synapses = []string{filepath.Join(dir, "23P_corner_*.csv")}
	cfg.Weight = "size"
	c, err := LoadCave(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d cells, %d connections\n%s\n%s", c.Name, c.N(), c.Synapses.Len(), strings.Join(c.Provenance.Steps, "\n"), strings.Join(c.Provenance.Warnings, "\n"))
	if c.N() < 50000 || c.Synapses.Len() == 0 {
		t.Errorf("%d cells, %d connections", c.N(), c.Synapses.Len())
	}
	// The verbatim rows of the coregistration belong to another version of the roots.
	cfg.Coregistration = filepath.Join(dir, "sample_verbatim_units_used_first6.csv")
	if _, err := LoadCave(cfg); err == nil || !strings.Contains(err.Error(), "coregistered: 0 of") {
		t.Errorf("units of another version: %v", err)
	}
}
