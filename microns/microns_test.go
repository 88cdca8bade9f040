package microns

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/circuit"
	"biornn/internal/npy"
	"biornn/internal/sharedtest"
)

func near(t *testing.T, what string, got circuit.Number, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= tolerance) {
		t.Errorf("%s: got %.5g, want %g ± %g", what, float64(got), want, tolerance)
	}
}

// The numbers of the field that the paper is about.
func TestField6_6_2(t *testing.T) {
	dir := sharedtest.File(t, "data", "microns_fields", "6_6_2")
	for _, c := range []struct {
		preset                Preset
		distance, correlation float64
	}{{Paper, 315, .018}, {Corrected, 91, .045}} {
		x, err := LoadField(dir, c.preset)
		if err != nil {
			t.Fatal(err)
		}
		s := x.Summary()
		near(t, "neurons", circuit.Number(s.Neurons), 312, 0)
		near(t, "synapses", s.Synapses, 338, 0)
		d, r := s.LikeToLike[0], s.LikeToLike[1]
		near(t, "distance of connected pairs", d.Connected, c.distance, 0.5)
		near(t, "distance of all pairs", d.All, 319, 0.5)
		near(t, "correlation of connected pairs", r.Connected, c.correlation, .0005)
		near(t, "correlation of all pairs", r.All, .020, .0005)
		steps := strings.Join(x.Provenance.Steps, "\n")
		if !strings.Contains(steps, "halves differ by up to 0.116") {
			t.Errorf("%s: STTC's asymmetry is not told: %s", c.preset, steps)
		}
		if proven := strings.Contains(steps, "315.3 → 91.1 µm (all pairs 318.7), p = 0.001"); proven != (c.preset == Corrected) {
			t.Errorf("%s: steps: %s", c.preset, steps)
		}
		for _, w := range x.Provenance.Warnings {
			if strings.Contains(w, "not proven") {
				t.Error(w)
			}
		}
		if x.Neurons[0].ID < 1<<53 || x.Events != nil || x.Precision == nil || len(x.Provenance.Sources) != 7 {
			t.Errorf("%s: ids, events, precision or sources are wrong: %+v", c.preset, x.Provenance)
		}
	}
}

func TestFieldSurvivesTheCanonicalFile(t *testing.T) {
	c, err := LoadField(sharedtest.File(t, "data", "microns_fields", "5_3_8"), Corrected)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "field"+circuit.Extension)
	if err := c.Write(path); err != nil {
		t.Fatal(err)
	}
	back, err := circuit.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash() != c.Hash() || len(back.Provenance.Sources) != len(c.Provenance.Sources) {
		t.Error("the circuit changed on its way through the file")
	}
}

// In every field connected neurons are nearer and more alike once the order is undone.
func TestAllFields(t *testing.T) {
	for _, c := range []struct {
		field               string
		n                   int
		synapses            float64
		distance, all, corr float64
		events, precision   bool
	}{
		{"4_7_2", 88, 42, 77.6, 245.4, .0558, true, true},
		{"5_3_4", 70, 14, 136.6, 346.5, .0495, true, true},
		{"5_3_8", 42, 5, 94.1, 338.7, .0573, true, true},
		{"5_6_8", 160, 58, 114.6, 348.1, .0484, true, true},
		{"6_2_8", 125, 52, 88.1, 354.0, .0489, true, true},
		{"7_5_8", 61, 48, 113.5, 286.5, .0779, true, true},
		{"8_5_8", 190, 328, 132.4, 344.6, .0544, true, true},
		{"9_3_2", 632, 1222, 108.5, 349.1, .0490, false, true},
	} {
		x, err := LoadField(sharedtest.File(t, "data", "microns_fields", c.field), Corrected)
		if err != nil {
			t.Errorf("%s: %v", c.field, err)
			continue
		}
		s := x.Summary()
		d, r := s.LikeToLike[0], s.LikeToLike[1]
		near(t, c.field+" neurons", circuit.Number(s.Neurons), float64(c.n), 0)
		near(t, c.field+" synapses", s.Synapses, c.synapses, 0)
		near(t, c.field+" distance", d.Connected, c.distance, 0.06)
		near(t, c.field+" distance of all", d.All, c.all, 0.06)
		near(t, c.field+" correlation", r.Connected, c.corr, 6e-5)
		if (x.Events != nil) != c.events || (x.Precision != nil) != c.precision {
			t.Errorf("%s: events %v, precision %v", c.field, x.Events != nil, x.Precision != nil)
		}
		if float64(r.Connected) <= float64(r.Unconnected) || d.P > provenP {
			t.Errorf("%s: not like to like: %+v %+v", c.field, d, r)
		}
		t.Logf("%s N=%d: distance %.1f (all %.1f) p=%.3f; corr %.4f (all %.4f) p=%.3f; sttc %.4f (all %.4f)", c.field, s.Neurons,
			d.Connected, d.All, float64(d.P), r.Connected, r.All, float64(r.P), s.LikeToLike[2].Connected, s.LikeToLike[2].All)
	}
}

// write makes a field folder of three neurons, 1 → 2 → 3 in the order of the ids.
func write(t *testing.T, change func(files map[string][]byte)) string {
	t.Helper()
	array := func(a *npy.Array) []byte {
		var b bytes.Buffer
		if err := npy.Write(&b, a); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	// The object arrays of fields are pickles; this one holds two positions.
	pickled, err := os.ReadFile("testdata/positions_two.npy")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"root_ids_1_2_3.npy":   array(npy.New([]int64{21, 10}, 2)),
		"positions_1_2_3.npy":  pickled,
		"connectome_1_2_3.csv": []byte(",0,1\n0,0,2\n1,0,0\n"),
		"corr_matrix.npy":      array(npy.New([]float64{1, .5, .5, 1}, 2, 2)),
		"sttc_matrix.npy":      array(npy.New([]float64{1, .7, .4, 1}, 2, 2)),
	}
	change(files)
	dir := t.TempDir()
	for name, b := range files {
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestSmallField(t *testing.T) {
	dir := write(t, func(map[string][]byte) {})
	paper, err := LoadField(dir, Paper)
	if err != nil {
		t.Fatal(err)
	}
	corrected, err := LoadField(dir, Corrected)
	if err != nil {
		t.Fatal(err)
	}
	// 10 mod 8 = 2 and 21 mod 8 = 5: the set's order is 10, 21, so row 0 is neuron 1.
	if paper.Synapses.Weight(0, 1) != 2 || corrected.Synapses.Weight(1, 0) != 2 || corrected.Synapses.Len() != 1 {
		t.Errorf("synapses: paper %v, corrected %v", paper.Synapses.Edges(), corrected.Synapses.Edges())
	}
	if got, want := paper.Neurons[0].Position, [3]float64{0.4, 0.8, 12}; got != want {
		t.Errorf("position: got %v, want %v µm", got, want)
	}
	// Of two neurons every pair is equally far apart: nothing can be proven.
	if w := strings.Join(corrected.Provenance.Warnings, "\n"); !strings.Contains(w, "order of the connectome's rows is not proven") {
		t.Errorf("warnings: %s", w)
	}
	if w := strings.Join(paper.Provenance.Warnings, "\n"); !strings.Contains(w, "belong to other neurons") {
		t.Errorf("warnings: %s", w)
	}
	if paper.STTC.At(0, 1) != .4 {
		t.Errorf("STTC was not taken from its lower triangle: %v", paper.STTC)
	}
	if len(paper.Provenance.Sources[0].SHA256) != 64 || paper.Provenance.Synthetic {
		t.Errorf("provenance: %+v", paper.Provenance)
	}
}

func TestBadFields(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(map[string][]byte)
		want   string
	}{
		{"no root ids", func(f map[string][]byte) { f["root_ids_1_2_3.npy"] = nil }, "want a field folder with root_ids_"},
		{"two fields", func(f map[string][]byte) { f["root_ids_9_9_9.npy"] = f["root_ids_1_2_3.npy"] }, "those of 1_2_3, 9_9_9"},
		{"no connectome", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = nil }, "connectome_1_2_3.csv: want this file"},
		{"empty table", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte("") }, "want a header and 2 rows, got 0"},
		{"few columns", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte(",0,1\n0,0\n") }, "connectome_1_2_3.csv:2: want 3 fields (an index and 2 counts), got 2"},
		{"few rows", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte(",0,1\n0,0,1\n") }, "want a header and 2 rows, got 1"},
		{"many rows", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte(",0,1\n0,0,1\n1,0,0\n2,0,0\n") }, ":4: want 2 rows"},
		{"text", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte(",0,1\n0,0,n/a\n1,0,0\n") }, `:2: column 1: want a synapse count, got "n/a"`},
		{"row number", func(f map[string][]byte) { f["connectome_1_2_3.csv"] = []byte(",0,1\n1,0,0\n0,0,0\n") }, `:2: want row number 0, got "1"`},
		{"three positions", func(f map[string][]byte) { f["positions_1_2_3.npy"] = mustRead(t, "testdata/positions_three.npy") }, "positions_1_2_3.npy: want 2 rows, one a root id, got 3"},
		{"plain positions", func(f map[string][]byte) { f["positions_1_2_3.npy"] = f["corr_matrix.npy"] }, "want an object array, got float64"},
		{"matrix", func(f map[string][]byte) { f["sttc_matrix.npy"] = f["root_ids_1_2_3.npy"] }, "sttc_matrix.npy: want shape [2 2], got [2]"},
		{"cut", func(f map[string][]byte) { f["corr_matrix.npy"] = f["corr_matrix.npy"][:140] }, "corr_matrix.npy: truncated"},
	} {
		_, err := LoadField(write(t, c.change), Corrected)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.name, c.want, err)
		}
	}
	if _, err := LoadField(t.TempDir(), "both"); err == nil || !strings.Contains(err.Error(), "want paper or corrected") {
		t.Errorf("preset: got %v", err)
	}
	if _, err := LoadField(filepath.Join(t.TempDir(), "none"), Paper); err == nil {
		t.Error("a missing folder was accepted")
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkLoadField(b *testing.B) {
	for _, field := range []string{"6_6_2", "9_3_2"} {
		dir := sharedtest.File(b, "data", "microns_fields", field)
		b.Run(fmt.Sprintf("field=%s", field), func(b *testing.B) {
			for b.Loop() {
				if _, err := LoadField(dir, Paper); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
