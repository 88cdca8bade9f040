package recipe

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/internal/sharedtest"
)

// build builds a ready recipe with the files of a folder.
func build(t *testing.T, name, folder string) *circuit.Circuit {
	t.Helper()
	text, err := Text(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseIn(text, folder)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Build()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func sharedFolder(t *testing.T, name, file string) string {
	return filepath.Dir(sharedtest.File(t, "data", name, file))
}

// Connected pairs, in either direction, are more correlated: 0.182 against 0.085, as
// computed with numpy from the same files.
func TestWorm(t *testing.T) {
	c := build(t, "celegans", sharedFolder(t, "celegans_flavell_nsm", "2022-07-26-31-data.h5"))
	if c.N() != 99 || c.Synapses.Len() != 683 || math.Abs(c.FrameRate-799/480.665) > 1e-3 {
		t.Errorf("want 99 neurons, 683 connections at 1.662 Hz, got %d, %d, %g", c.N(), c.Synapses.Len(), c.FrameRate)
	}
	var sum, count [2]float64
	for i := range c.N() {
		for j := range i {
			kind := 0
			if c.Synapses.Weight(i, j) > 0 || c.Synapses.Weight(j, i) > 0 {
				kind = 1
			}
			sum[kind] += c.Correlation.At(i, j)
			count[kind]++
		}
	}
	connected, other := sum[1]/count[1], sum[0]/count[0]
	if math.Abs(connected-0.18166438713858932) > 1e-9 || math.Abs(other-0.08492758819112027) > 1e-9 {
		t.Errorf("correlation of connected and other pairs: want 0.181664 and 0.0849276, got %.6f and %.6f", connected, other)
	}
	if c.STTC == nil || c.Events == nil {
		t.Error("want events and their STTC")
	}
}

func TestNemaNode(t *testing.T) {
	c := build(t, "nemanode", sharedFolder(t, "celegans_flavell_nsm", "witvliet_2020_8.json"))
	total := 0.0
	for _, e := range c.Synapses.Edges() {
		total += e.Weight
	}
	if c.N() != 180 || c.Synapses.Len() != 1933 || total != 7099 {
		t.Errorf("want 180 neurons, 1933 connections of 7099 in all, got %d, %d, %g", c.N(), c.Synapses.Len(), total)
	}
	for _, w := range c.Provenance.Warnings {
		if strings.Contains(w, "disconnected") {
			t.Errorf("want no doubt about neurons that were left out, got %q", w)
		}
	}
}

// The damaged columns of pinky100 are not used; its three shared ids are dropped.
func TestPinky(t *testing.T) {
	folder := sharedFolder(t, "pinky_layer23_phase1", "soma_valence_v185.csv")
	c := build(t, "pinky100", folder)
	if c.N() != 396 || c.Synapses.Len() != 1736 {
		t.Errorf("want 396 neurons and 1736 connections, got %d and %d", c.N(), c.Synapses.Len())
	}
	mean := 0.0
	for _, d := range c.Distances() {
		mean += d / float64(c.N()*(c.N()-1))
	}
	if math.Abs(mean-121.6) > 0.1 {
		t.Errorf("want a mean distance of 121.6 µm, got %g", mean)
	}
	// With the damaged columns, every y is x: the positions lie on a line and are refused.
	text, _ := Text("pinky100")
	bad := strings.NewReplacer(`unit = "voxel"`, `unit = "nm"`, `position = "pt_position"`, "x = \"soma_x_nm\"\ny = \"soma_y_nm\"\nz = \"soma_z_nm\"").Replace(string(text))
	r, err := ParseIn([]byte(bad), folder)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Build(); err == nil || !strings.Contains(err.Error(), "multiple") {
		t.Errorf("damaged positions: want an error that says so, got %v", err)
	}
}

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFlyWire(t *testing.T) {
	text, err := Text("flywire")
	if err != nil {
		t.Fatal(err)
	}
	dir := write(t, map[string]string{
		"coordinates.csv": "root_id,position,supervoxel_id\n" +
			"720575940596125868,[350000 150000 40000],1\n720575940596125868,[360000 150000 40000],2\n" +
			"720575940597856265,\"[351000, 152000,  41000]\",3\n720575940597944841,,4\n",
		"connections.csv": "pre_root_id,post_root_id,neuropil,syn_count,nt_type\n" +
			"720575940596125868,720575940597856265,LOP_R,5,ACH\n720575940596125868,720575940597856265,LO_R,7,ACH\n" +
			"720575940597944841,720575940597856265,LO_R,7,ACH\n",
	})
	r, err := ParseIn([]byte(strings.ReplaceAll(string(text), ".csv.gz", ".csv")), dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Build()
	if err != nil {
		t.Fatal(err)
	}
	if c.N() != 2 || c.Neurons[0].ID != 720575940596125868 || c.Neurons[0].Position != [3]float64{350, 150, 40} || c.Synapses.Weight(0, 1) != 12 {
		t.Errorf("got %+v, weight %g", c.Neurons, c.Synapses.Weight(0, 1))
	}
}

func TestHemibrain(t *testing.T) {
	dir := write(t, map[string]string{
		"neurons.csv":     "bodyId,instance,type,somaLocation\n5813105172,a_R,DN1,\"[4000, 8000, 12000]\"\n1158187240,b_R,DN2,\"[4100, 8000, 12000]\"\n7,frag,,\n",
		"connections.csv": "bodyId_pre,bodyId_post,roi,weight\n5813105172,1158187240,LH,3\n7,1158187240,LH,3\n",
	})
	c := build(t, "hemibrain", dir)
	if c.N() != 2 || c.Neurons[0].Position != [3]float64{32, 64, 96} || c.Neurons[1].Type != "DN2" || c.Synapses.Weight(0, 1) != 3 {
		t.Errorf("got %+v", c.Neurons)
	}
}

// minnie is a MICrONS download in small: nuclei in voxels, synapses, coregistration.
func minnie(t *testing.T) string {
	cells, coregistration := "id,pt_root_id,pt_position\n", "id,session,scan_idx,unit_id,field,residual,score,target_id,pt_root_id\n"
	for k, unit := range []int{11, 12, 13, 21, 22, 99} {
		root := 864691135761488438 + k
		cells += fmt.Sprintf("%d,%d,[%d %d %d]\n", 500+k, root, 240000+1000*k, 200000+500*k, 21000+100*k*k)
		coregistration += fmt.Sprintf("%d,7,4,%d,1,3.5,10,%d,%d\n", k, unit, 500+k, root)
	}
	synapses := "id,pre_pt_root_id,post_pt_root_id,size\n"
	for k := range 6 {
		synapses += fmt.Sprintf("%d,%d,%d,100\n", k, 864691135761488438+k, 864691135761488438+(k+1)%6)
	}
	dir := write(t, map[string]string{"nucleus_detection_v0.csv": cells, "coregistration_manual_v4.csv": coregistration, "synapses_pni_2_0.csv": synapses,
		"proofreading_status_and_strategy.csv": "pt_root_id,valid_id,status_axon\n" +
			"864691135761488438,864691135761488438,t\n864691135761488439,864691135761488439,t\n864691135761488440,864691135761488440,True\n" +
			"864691135761488441,864691135761488441,t\n864691135761488442,864691135761488442,t\n"})
	scan, err := os.ReadFile("testdata/scan.nwb")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "scan.nwb"), scan, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

func minnieRecipe(t *testing.T, change ...string) Recipe {
	t.Helper()
	text, err := Text("microns")
	if err != nil {
		t.Fatal(err)
	}
	s := strings.NewReplacer(append(change, "sub-17797_ses-17797-session-7-scan-4_behavior+image+ophys.nwb", "scan.nwb", ".csv.gz", ".csv")...).Replace(string(text))
	r, err := ParseIn([]byte(s), minnie(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ROIs join by unit, through the table that the series refers to, and the cell without
// a trace goes. Its synapses go with it, and the order of rois counts.
func TestNWB(t *testing.T) {
	c, err := minnieRecipe(t, `correlation = "traces"`, `correlation = "traces"`+"\nevent_threshold = 0.05").Build()
	if err != nil {
		t.Fatal(err)
	}
	if c.N() != 5 || c.Neurons[0].Name != "7_4_11" || math.Abs(c.FrameRate-6.3009) > 1e-6 {
		t.Fatalf("want 5 neurons of scan 7_4 at 6.3009 Hz, got %+v at %g", c.Neurons, c.FrameRate)
	}
	steps := strings.Join(c.Provenance.Steps, "\n")
	for _, want := range []string{"field 1: 3 of 3 ROIs", "field 2: 2 of 2 ROIs", "field 2 is imaged up to 0.01 s", "neurons with a trace: 5 of 6", "standard orientation", "240 samples"} {
		if !strings.Contains(steps, want) {
			t.Errorf("want a step %q, got\n%s", want, steps)
		}
	}
	// Units 11 and 12 have sin(clip) and sin(clip+1), with their own small ripple.
	want := correlationOf(func(k int) (float64, float64) { return unit(k, 0), unit(k, 1) })
	if got := c.Correlation.At(0, 1); math.Abs(got-want) > 1e-5 {
		t.Errorf("correlation of units 11 and 12: want %g, got %g", want, got)
	}
	if c.STTC == nil {
		t.Error("want the STTC of detected events")
	}
	signal, err := minnieRecipe(t, `correlation = "traces"`, `correlation = "signal"`).Build()
	if err != nil {
		t.Fatal(err)
	}
	if a, b := signal.Correlation.At(0, 1), c.Correlation.At(0, 1); math.Abs(a) > 1 || a == b {
		t.Errorf("signal correlation: want another value than %g, got %g", b, a)
	}
}

func unit(k, j int) float64 {
	return float64(float32(math.Sin(float64(k/10%4+j)) + float64((k*7+j*3)%5)/10))
}

func correlationOf(at func(k int) (float64, float64)) float64 {
	const n = 240
	var x, y, xx, yy, xy float64
	for k := range n {
		a, b := at(k)
		x, y, xx, yy, xy = x+a/n, y+b/n, xx+a*a/n, yy+b*b/n, xy+a*b/n
	}
	return (xy - x*y) / math.Sqrt((xx-x*x)*(yy-y*y))
}

// Root ids that were stored as floats are refused as keys.
func TestLostDigits(t *testing.T) {
	_, err := minnieRecipe(t, "skip_missing = true", "skip_missing = true\nroi_key = \"pt_root_id\"").Build()
	if err == nil || !strings.Contains(err.Error(), "lost digits") {
		t.Errorf("want an error about lost digits, got %v", err)
	}
}

func TestReadyRecipesParse(t *testing.T) {
	if len(Names()) < 6 {
		t.Errorf("want at least 6 recipes, got %v", Names())
	}
	for _, name := range Names() {
		text, err := Text(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	for want, text := range map[string]string{
		"exactly one of":                         "name = \"x\"\n",
		`line 2: unknown key "tables.neuron"`:    "[tables]\nneuron = \"a\"\n",
		"preset: want corrected or paper":        "preset = \"new\"\nfield = \"x\"\n",
		"orient: want minnie65":                  "orient = \"up\"\nfield = \"x\"\n",
		"needs an event_threshold":               "field = \"x\"\n[activity]\nfile = \"a.npy\"\n",
		"want events, traces, signal or noise":   "field = \"x\"\n[activity]\nfile = \"a.npy\"\ncorrelation = \"all\"\n",
		"line 1, column":                         "name = \n",
		"activity.file: want a file":             "field = \"x\"\n[activity]\ncorrelation = \"traces\"\n",
		"duplicates: want refuse, drop or first": "[tables]\nneurons=\"a\"\nconnections=\"b\"\nunit=\"um\"\nduplicates=\"some\"\n",
	} {
		r, err := Parse([]byte(text))
		if err == nil {
			_, err = r.Build()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", text, want, err)
		}
	}
	if _, err := Text("flywir"); err == nil || !strings.Contains(err.Error(), "flywire") {
		t.Errorf("want a suggestion, got %v", err)
	}
}

// The second recording, and the larger connectome of Cook et al. 2019, whose names are
// padded with spaces.
func TestOtherWorms(t *testing.T) {
	folder := sharedFolder(t, "celegans_flavell_nsm", "2022-07-27-45-data.h5")
	text, err := Text("celegans")
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseIn([]byte(strings.ReplaceAll(string(text), "2022-07-26-31", "2022-07-27-45")), folder)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Build()
	if err != nil {
		t.Fatal(err)
	}
	if c.N() < 80 || c.Correlation == nil || c.STTC == nil {
		t.Errorf("want a functional circuit, got %d neurons", c.N())
	}
	cook := sharedtest.File(t, "data", "celegans_connectome_tables", "cook2019_herm_full_edgelist.csv")
	r, err = Parse([]byte(fmt.Sprintf(`
[tables]
neurons = %q
connections = %q
unit = "um"
skip_unknown = true
where = { Type = "chemical" }
columns = { id = "name", x = "x_um", y = "y_um", z = "z_um", pre = "Source", post = "Target", weight = "Weight" }
`, filepath.Join(folder, "positions_c302_um.csv"), cook)))
	if err != nil {
		t.Fatal(err)
	}
	c, err = r.Build()
	if err != nil {
		t.Fatal(err)
	}
	if c.N() != 397 || c.Synapses.Len() < 3000 {
		t.Errorf("want 397 cells with thousands of connections, got %d and %d", c.N(), c.Synapses.Len())
	}
	t.Logf("Cook: %d connections", c.Synapses.Len())
}

// All inputs of three neurons of minnie65, among its excitatory cells. The numbers were
// counted with a few lines of Python over the csv files.
func TestInputsOfThreeCells(t *testing.T) {
	folder := sharedFolder(t, "minnie65_cave_csv", "cells_no_repeats.csv")
	r, err := ParseIn([]byte(`
[cave]
cells = "cells_no_repeats.csv"
unit = "voxel"
synapses = ["23P_corner_*.csv"]
[select]
k_core = 1
`), folder)
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Build()
	if err != nil {
		t.Fatal(err)
	}
	total := 0.0
	for _, e := range c.Synapses.Edges() {
		total += e.Weight
	}
	if c.N() != 198 || c.Synapses.Len() != 197 || total != 229 {
		t.Errorf("want 198 cells with 229 synapses in 197 connections, got %d, %g, %d", c.N(), total, c.Synapses.Len())
	}
	if steps := strings.Join(c.Provenance.Steps, "\n"); !strings.Contains(steps, "synapses read: 9201, of which 257 between the cells, less 0 read twice, 28 autapses") {
		t.Errorf("no funnel in\n%s", steps)
	}
}

// Released tables that cannot make a circuit say what is missing.
func TestTablesThatLackSomething(t *testing.T) {
	for name, c := range map[string]struct{ folder, file, recipe, want string }{
		"no positions": {"celegans_connectome_tables", "larva_maggot_brain_nodes.csv.gz", `
[tables]
neurons = "larva_maggot_brain_nodes.csv.gz"
connections = "larva_maggot_brain_edgelist.csv.gz"
unit = "um"
columns = { id = "node_id", pre = "source", post = "target" }
`, `larva_maggot_brain_nodes.csv.gz:1: want a column "x"`},
		"no header": {"pinky_layer23_phase1", "reciprocal_paired_noheader.csv", `
[tables]
neurons = "soma_valence_v185.csv"
connections = "reciprocal_paired_noheader.csv"
unit = "voxel"
voxel_nm = [4.0, 4.0, 40.0]
duplicates = "drop"
columns = { id = "pt_root_id", position = "pt_position" }
`, "no header"},
		"annotations": {"pinky_layer23_phase1", "manual_annotation_example.csv", `
[tables]
neurons = "manual_annotation_example.csv"
connections = "soma_subgraph_synapses_spines_v185.csv"
unit = "nm"
columns = { id = "ID", position = "Coordinate 1", pre = "pre_root_id", post = "post_root_id" }
`, "manual_annotation_example.csv"},
	} {
		r, err := ParseIn([]byte(c.recipe), sharedFolder(t, c.folder, c.file))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Build(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", name, c.want, err)
		}
	}
}
