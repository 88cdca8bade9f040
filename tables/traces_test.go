package tables

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"biornn/circuit"
	"biornn/internal/npy"
	"biornn/internal/sharedtest"
)

// three are cells of one scan; their names end in their units.
func three() *circuit.Circuit {
	return &circuit.Circuit{Neurons: []circuit.Neuron{
		{ID: 864691135761488438, Name: "7_4_11"}, {ID: 864691135761488439, Name: "7_4_12"}, {ID: 864691135761488440, Name: "7_4_13"}}}
}

// archive writes traces [unit][sample] of units 13, 11, 99, 12 with their times.
func archive(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	f, err := os.Create(filepath.Join(dir, "activity.npz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = npy.WriteArchive(f, []npy.Named{
		{Name: "trace", Array: npy.New([]float64{13, 13.5, 11, 11.5, 99, 99, 12, 12.5}, 4, 2)},
		{Name: "t", Array: npy.New([]float64{0, 0.5}, 2)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"rows.csv":   "unit_id\n13\n11\n99\n12\n",
		"places.csv": "unit_id,place\n11,1\n12,3\n13,0\n",
		"twice.csv":  "unit_id,place\n11,1\n11,3\n13,0\n12,2\n",
		"far.csv":    "unit_id,place\n11,9\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTracesOfArchives(t *testing.T) {
	dir := archive(t)
	base := TracesConfig{File: filepath.Join(dir, "activity.npz"), Dataset: "trace", Times: "t", UnitsFirst: true}
	want := [][]float64{{11, 11.5}, {12, 12.5}, {13, 13.5}}
	for name, keys := range map[string]KeyTable{
		"rows": {File: "rows.csv", Neuron: "unit_id"}, "places": {File: "places.csv", Neuron: "unit_id", Column: "place"},
	} {
		cfg := base
		cfg.Keys = keys
		cfg.Keys.File = filepath.Join(dir, keys.File)
		x, err := LoadTraces(cfg, three())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(want, x.Values); d != "" || len(x.TimeS) != 2 || len(x.Sources) != 2 {
			t.Errorf("%s: (-want +got):\n%s%v %v", name, d, x.TimeS, x.Sources)
		}
	}
	for name, c := range map[string]struct {
		change func(*TracesConfig)
		want   string
	}{
		"no keys":       {func(c *TracesConfig) {}, "3 neurons, got 4 units"},
		"two of one":    {func(c *TracesConfig) { c.Keys = KeyTable{filepath.Join(dir, "twice.csv"), "unit_id", "place"} }, "one unit a neuron"},
		"place too far": {func(c *TracesConfig) { c.Keys = KeyTable{filepath.Join(dir, "far.csv"), "unit_id", "place"} }, "places from 0 to 3"},
		"wrong array":   {func(c *TracesConfig) { c.Dataset = "traces" }, "want one of trace, t"},
		"other way": {func(c *TracesConfig) {
			c.UnitsFirst = false
			c.Keys = KeyTable{filepath.Join(dir, "rows.csv"), "unit_id", ""}
		}, "places from 0 to 1"},
		"no such column": {func(c *TracesConfig) { c.Keys = KeyTable{filepath.Join(dir, "rows.csv"), "unit", ""} }, `want a column "unit"`},
	} {
		cfg := base
		c.change(&cfg)
		if _, err := LoadTraces(cfg, three()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", name, c.want, err)
		}
	}
}

// An array of samples in HDF5 is that of the CSV file which was made from it.
func TestTracesOfHDF5(t *testing.T) {
	c, err := Load(wormConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(sharedtest.File(t, "data", "celegans_flavell_nsm", "2022-07-26-31-data.h5"))
	text, err := LoadTraces(TracesConfig{File: filepath.Join(folder, "traces_zscored_2022-07-26-31.csv"), TimeColumn: "time_s"}, c)
	if err != nil {
		t.Fatal(err)
	}
	cfg := TracesConfig{File: filepath.Join(folder, "2022-07-26-31-data.h5"), Dataset: "/gcamp/trace_array", Times: "/timing/timestamp_confocal",
		Keys: KeyTable{filepath.Join(folder, "neurons_2022-07-26-31.csv"), "name", "trace_column_0based"}}
	x, err := LoadTraces(cfg, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, trace := range x.Values {
		for k, v := range trace {
			if w := text.Values[i][k]; v-w > 1e-4 || w-v > 1e-4 {
				t.Fatalf("neuron %d, sample %d: HDF5 has %g, CSV %g", i, k, v, w)
			}
		}
	}
	cfg.Dataset = "/gcamp/traces"
	if _, err := LoadTraces(cfg, c); err == nil || !strings.Contains(err.Error(), "/gcamp/trace_array [800 146]") {
		t.Errorf("want an error that lists the arrays, got %v", err)
	}
	cfg.File = sharedtest.File(t, "data", "nwb_samples", "FergusonEtAl2015_PYR2.nwb")
	cfg.Dataset = ""
	if _, err := LoadTraces(cfg, c); err == nil || !strings.Contains(err.Error(), "RoiResponseSeries") && !strings.Contains(err.Error(), "ophys") {
		t.Errorf("NWB of another kind: want an error that says what is missing, got %v", err)
	}
}

func TestJSONTable(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.json")
	if err := os.WriteFile(path, []byte(`[{"pre": 864691135761488438, "post": "B", "syn": [1, 2.5]}, {"pre": null, "typ": true, "syn": ["x", 1]}]`), 0o644); err != nil {
		t.Fatal(err)
	}
	name, text, _, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := newTable(name, text)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]string
	for {
		ok, err := table.next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		got = append(got, table.record)
	}
	want := [][]string{{"B", "864691135761488438", "3.5", ""}, {"", "", "x 1", "true"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if _, err := newTable("x.json", []byte(`{"pre": 1}`)); err == nil || !strings.Contains(err.Error(), "array of objects") {
		t.Errorf("want an error, got %v", err)
	}
}
