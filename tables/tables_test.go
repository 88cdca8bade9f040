package tables

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/npy"
	"biornn/internal/sharedtest"
)

// folder writes files and returns a configuration that names them by their keys:
// neurons, connections, correlation, events.
func folder(t testing.TB, files map[string]string) (Config, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg := DefaultConfig()
	cfg.Neurons, cfg.Connections, cfg.Unit = filepath.Join(dir, "neurons.csv"), filepath.Join(dir, "connections.csv"), UnitUM
	return cfg, dir
}

const (
	goodNeurons     = "id,x,y,z,type,sign\n864691135761488438,1,2,3,23P,E\n864691135761488439,4,5,6,BC,I\n7,0,0,0.5,,\n"
	goodConnections = "pre,post,weight\n864691135761488438,864691135761488439,2\n864691135761488438,864691135761488439,1.5\n007,864691135761488438,1\n7,7,0\n"
)

func TestLoad(t *testing.T) {
	cfg, _ := folder(t, map[string]string{"neurons.csv": goodNeurons, "connections.csv": goodConnections})
	c, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := []circuit.Neuron{
		{ID: 864691135761488438, Type: "23P", Sign: 1, Position: [3]float64{1, 2, 3}},
		{ID: 864691135761488439, Type: "BC", Sign: -1, Position: [3]float64{4, 5, 6}},
		{ID: 7, Position: [3]float64{0, 0, 0.5}},
	}
	if d := cmp.Diff(want, c.Neurons); d != "" {
		t.Errorf("neurons (-want +got):\n%s", d)
	}
	edges := []graph.Edge{{Pre: 0, Post: 1, Weight: 3.5}, {Pre: 2, Post: 0, Weight: 1}}
	if d := cmp.Diff(edges, c.Synapses.Edges()); d != "" {
		t.Errorf("synapses (-want +got):\n%s", d)
	}
	steps := strings.Join(c.Provenance.Steps, "\n")
	if !strings.Contains(steps, "4 connections make 2 connected pairs (1 rows joined others of their pair, 1 had weight 0)") {
		t.Errorf("steps: %s", steps)
	}
	if c.Name != "neurons" || len(c.Provenance.Sources) != 2 || c.Provenance.Sources[0].Bytes != int64(len(goodNeurons)) {
		t.Errorf("name %q, sources %+v", c.Name, c.Provenance.Sources)
	}
}

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit string
		want [3]float64
	}{{UnitUM, [3]float64{1000, 2000, 3000}}, {UnitNM, [3]float64{1, 2, 3}}, {UnitVoxel, [3]float64{4, 8, 120}}} {
		cfg, _ := folder(t, map[string]string{"neurons.csv": "id,x,y,z\n1,1000,2000,3000\n", "connections.csv": "pre,post\n1,1\n"})
		cfg.Unit, cfg.VoxelNM = c.unit, [3]float64{4, 4, 40}
		got, err := Load(cfg)
		if err != nil || got.Neurons[0].Position != c.want {
			t.Errorf("%s: got %v, %v, want %v µm", c.unit, got, err, c.want)
		}
	}
}

// A byte order mark, CRLF, tabs, quotes, spaces, other column names, string ids.
func TestForms(t *testing.T) {
	neurons := "\xef\xbb\xbfname\tx_um\ty_um\tz_um\r\nAVAL \t1\t2\t3\r\n\"AVAR\"\t4\t5\t6\r\n"
	cfg, dir := folder(t, map[string]string{"neurons.csv": neurons, "connections.csv": "source, target\n AVAL, AVAR\n"})
	cfg.Columns.ID, cfg.Columns.X, cfg.Columns.Y, cfg.Columns.Z = "name", "x_um", "y_um", "z_um"
	cfg.Columns.Pre, cfg.Columns.Post = "source", "target"
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(neurons)); err != nil {
		t.Fatal(err)
	}
	z.Close()
	if err := os.WriteFile(filepath.Join(dir, "n.tsv.gz"), packed.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{cfg.Neurons, filepath.Join(dir, "n.tsv.gz")} {
		cfg.Neurons = path
		c, err := Load(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if c.Neurons[1] != (circuit.Neuron{ID: 2, Name: "AVAR", Position: [3]float64{4, 5, 6}}) || c.Synapses.Weight(0, 1) != 1 {
			t.Errorf("%s: got %+v, %v", path, c.Neurons, c.Synapses.Edges())
		}
	}
}

func TestMatricesAndEvents(t *testing.T) {
	var array bytes.Buffer
	if err := npy.Write(&array, npy.New([]float64{1, .1, .2, .1, 1, .3, .2, .3, 1}, 3, 3)); err != nil {
		t.Fatal(err)
	}
	cfg, dir := folder(t, map[string]string{"neurons.csv": goodNeurons, "connections.csv": goodConnections,
		"corr.npy": array.String(), "sttc.csv": "1,.1,.2\n.1,1,.4\n.2,.4,1\n",
		"events.csv": "id,time_s\n7,2.5\n7,1\n864691135761488439,3\n"})
	cfg.Correlation, cfg.STTC, cfg.Events, cfg.FrameRateHz = filepath.Join(dir, "corr.npy"), filepath.Join(dir, "sttc.csv"), filepath.Join(dir, "events.csv"), 6.3
	c, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if c.Correlation.At(1, 2) != .3 || c.STTC.At(2, 1) != .4 || c.Precision != nil || c.FrameRate != 6.3 {
		t.Errorf("matrices: %v %v", c.Correlation, c.STTC)
	}
	if d := cmp.Diff([][]float64{nil, {3}, {1, 2.5}}, c.Events); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	if w := strings.Join(c.Provenance.Warnings, "\n"); !strings.Contains(w, "1 of 3 neurons are silent (no events): 864691135761488438") {
		t.Errorf("warnings: %s", w)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  map[string]string
		change func(*Config)
		want   string
	}{
		{"no unit", nil, func(c *Config) { c.Unit = "" }, "unit: want the unit of the positions (um, nm or voxel), got none"},
		{"unit", nil, func(c *Config) { c.Unit = "mm" }, `unit: want um, nm or voxel, got "mm"`},
		{"voxel", nil, func(c *Config) { c.Unit = UnitVoxel }, "voxel_nm: want three sizes"},
		{"no file", nil, func(c *Config) { c.Neurons += "x" }, "neurons.csvx"},
		{"empty", map[string]string{"neurons.csv": ""}, nil, "neurons.csv: want a header"},
		{"header only", map[string]string{"neurons.csv": "id,x,y,z\n"}, nil, "want at least one neuron"},
		{"column", map[string]string{"neurons.csv": "id,x,y\n1,2,3\n"}, nil, `neurons.csv:1: want a column "z" (a coordinate of the soma), got id, x, y`},
		{"NaN", map[string]string{"neurons.csv": "id,x,y,z\n1,2,3,4\n8,2,nan,4\n"}, nil, `neurons.csv:3: want a finite position of neuron 8, got y = "nan"`},
		{"text", map[string]string{"neurons.csv": "id,x,y,z\n1,n/a,3,4\n"}, nil, `neurons.csv:2: want a finite position of neuron 1, got x = "n/a"`},
		{"duplicate", map[string]string{"neurons.csv": "id,x,y,z\n1,2,3,4\n2,2,3,4\n01,2,3,4\n"}, nil, `neurons.csv:4: want unique ids, got "01" as in line 2`},
		{"no id", map[string]string{"neurons.csv": "id,x,y,z\n,2,3,4\n"}, nil, "neurons.csv:2: id: want an id"},
		{"short row", map[string]string{"neurons.csv": "id,x,y,z\n1,2,3,4\n1,2\n"}, nil, "neurons.csv:3: want as many fields as the header has (4)"},
		{"quote", map[string]string{"neurons.csv": "id,x,y,z\n1,2,3,\"4\n"}, nil, "neurons.csv:"},
		{"sign", map[string]string{"neurons.csv": "id,x,y,z,sign\n1,2,3,4,both\n"}, nil, `sign: want 1 or E, -1 or I, 0 or nothing, got "both"`},
		{"unknown", map[string]string{"connections.csv": "pre,post\n7,8\n"}, nil, `connections.csv:2: post: want the id of a neuron in neurons.csv, got "8"`},
		{"close id", map[string]string{"connections.csv": "pre,post\n7,864691135761488440\n"}, nil, `got "864691135761488440"`},
		{"weight", map[string]string{"connections.csv": "pre,post,weight\n7,7,-2\n"}, nil, `connections.csv:2: weight: want a weight of 0 or more, got "-2"`},
		{"matrix", map[string]string{"sttc.csv": "1,0\n0,1\n"}, func(c *Config) { c.STTC = filepath.Join(filepath.Dir(c.Neurons), "sttc.csv") }, "sttc.csv:1: want 3 numbers, one a neuron, got 2"},
		{"asymmetric", map[string]string{"sttc.csv": "1,0,0\n0,1,0\n0.5,0,1\n"}, func(c *Config) { c.STTC = filepath.Join(filepath.Dir(c.Neurons), "sttc.csv") }, "want a symmetric matrix"},
		{"event", map[string]string{"e.csv": "id,time_s\n7,late\n"}, func(c *Config) { c.Events = filepath.Join(filepath.Dir(c.Neurons), "e.csv") }, `e.csv:2: time_s: want a time in s, got "late"`},
	} {
		files := map[string]string{"neurons.csv": goodNeurons, "connections.csv": goodConnections}
		for k, v := range c.files {
			files[k] = v
		}
		cfg, _ := folder(t, files)
		if c.change != nil {
			c.change(&cfg)
		}
		if _, err := Load(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
}

// Order and repetition of rows in the table of connections change nothing.
func TestAggregation(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(rt, "n")
		ids := rapid.SliceOfNDistinct(rapid.Int64(), n, n, rapid.ID[int64]).Draw(rt, "ids")
		neurons, connections := "id,x,y,z\n", "pre,post\n"
		for _, id := range ids {
			neurons += fmt.Sprintf("%d,0,0,0\n", id)
		}
		want := make([]float64, n*n)
		for range rapid.IntRange(0, 30).Draw(rt, "rows") {
			pre, post := rapid.IntRange(0, n-1).Draw(rt, "pre"), rapid.IntRange(0, n-1).Draw(rt, "post")
			connections += fmt.Sprintf("%d,%d\n", ids[pre], ids[post])
			want[post*n+pre]++
		}
		cfg, _ := folder(t, map[string]string{"neurons.csv": neurons, "connections.csv": connections})
		c, err := Load(cfg)
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, c.Synapses.Matrix()); d != "" {
			rt.Fatalf("(-want +got):\n%s", d)
		}
		for i, u := range c.Neurons {
			if u.ID != ids[i] {
				rt.Fatalf("id %d became %d", ids[i], u.ID)
			}
		}
	})
}

func wormConfig(t testing.TB) Config {
	cfg := DefaultConfig()
	cfg.Neurons = sharedtest.File(t, "data", "celegans_flavell_nsm", "neurons_2022-07-26-31.csv")
	cfg.Connections = sharedtest.File(t, "data", "celegans_flavell_nsm", "connections_witvliet2020_8.csv")
	cfg.Unit, cfg.SkipUnknown = UnitUM, true
	cfg.Columns.ID, cfg.Columns.X, cfg.Columns.Y, cfg.Columns.Z = "name", "x_um", "y_um", "z_um"
	cfg.Columns.Weight = "synapses"
	return cfg
}

// A worm's neurons, synapses and traces: neurons with string ids, strangers left out.
func TestWorm(t *testing.T) {
	cfg := wormConfig(t)
	c, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	x, err := LoadTraces(TracesConfig{File: sharedtest.File(t, "data", "celegans_flavell_nsm", "traces_zscored_2022-07-26-31.csv"), TimeColumn: "time_s"}, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.TimeS) != 800 || len(x.Values) != c.N() || len(x.Values[3]) != 800 {
		t.Errorf("want 800 samples of %d neurons, got %d of %d", c.N(), len(x.TimeS), len(x.Values))
	}
	if c.Neurons[0].Name != "RIAR" || x.Values[0][0] != 3.05203 || x.Values[1][1] != 0.678739 {
		t.Errorf("first traces: %v %g %g", c.Neurons[0], x.Values[0][0], x.Values[1][1])
	}
	cfg.SkipUnknown = false
	if _, err := Load(cfg); err == nil || !strings.Contains(err.Error(), "skip_unknown") {
		t.Errorf("strangers: want a hint at skip_unknown, got %v", err)
	}
	t.Logf("N=%d, %d pairs, steps %q", c.N(), c.Synapses.Len(), c.Provenance.Steps)
}

func TestTraces(t *testing.T) {
	var array bytes.Buffer
	if err := npy.Write(&array, npy.New([]float32{1, 2, 3, 4, 5, 6}, 2, 3)); err != nil {
		t.Fatal(err)
	}
	cfg, dir := folder(t, map[string]string{"neurons.csv": goodNeurons, "connections.csv": goodConnections, "t.npy": array.String(),
		"t.csv": "864691135761488439,7,864691135761488438,extra\n1,2,3,x\n4,5,6,y\n", "few.csv": "7\n1\n", "nan.csv": "7,864691135761488438,864691135761488439\n1,,2\n"})
	c, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string][][]float64{"t.npy": {{1, 4}, {2, 5}, {3, 6}}, "t.csv": {{3, 6}, {1, 4}, {2, 5}}} {
		x, err := LoadTraces(TracesConfig{File: filepath.Join(dir, file)}, c)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, x.Values); d != "" || x.TimeS != nil {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
	for file, want := range map[string]string{"few.csv": `few.csv:1: want a column headed by the id or name of neuron 864691135761488438`, "nan.csv": `nan.csv:2: 864691135761488438: want a finite number, got ""`} {
		if _, err := LoadTraces(TracesConfig{File: filepath.Join(dir, file)}, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error with %q, got %v", file, want, err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	var neurons, connections strings.Builder
	neurons.WriteString("id,x,y,z\n")
	connections.WriteString("pre,post,weight\n")
	for i := range 1000 {
		fmt.Fprintf(&neurons, "%d,%d,2.5,3.5\n", 864691135000000000+i, i)
		for k := range 50 {
			fmt.Fprintf(&connections, "%d,%d,1\n", 864691135000000000+i, 864691135000000000+(i*7+k*13)%1000)
		}
	}
	cfg, _ := folder(b, map[string]string{"neurons.csv": neurons.String(), "connections.csv": connections.String()})
	b.SetBytes(int64(neurons.Len() + connections.Len()))
	for b.Loop() {
		if _, err := Load(cfg); err != nil {
			b.Fatal(err)
		}
	}
}
