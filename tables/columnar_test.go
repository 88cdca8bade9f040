package tables

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"biornn/export"
)

// TestColumnarTables loads a circuit from Parquet, zstd and several parts, and compares
// it with the one from plain text.
func TestColumnarTables(t *testing.T) {
	cfg, dir := folder(t, map[string]string{"neurons.csv": goodNeurons, "connections.csv": goodConnections})
	want, err := Load(cfg)
	if err != nil {
		t.Fatal(err)
	}
	files, err := export.FromCircuit(want).Files("parquet")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(goodNeurons))
	_ = w.Close()
	lines := strings.SplitAfter(goodConnections, "\n")
	for name, text := range map[string]string{"neurons.csv.zst": packed.String(), "part_1.csv": lines[0] + lines[1], "part_2.csv": lines[0] + strings.Join(lines[2:], "")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parquet := cfg
	parquet.Neurons, parquet.Connections = filepath.Join(dir, "neurons.parquet"), filepath.Join(dir, "connections.parquet")
	parquet.Columns.ID, parquet.Columns.X, parquet.Columns.Y, parquet.Columns.Z = "index", "x_um", "y_um", "z_um"
	parts := cfg
	parts.Neurons, parts.Connections = filepath.Join(dir, "neurons.csv.zst"), filepath.Join(dir, "part_*.csv")
	for name, cfg := range map[string]Config{"parquet": parquet, "zstd and parts": parts} {
		got, err := Load(cfg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(want.Synapses.Edges(), got.Synapses.Edges()); d != "" {
			t.Errorf("%s: synapses (-want +got):\n%s", name, d)
		}
		for i, n := range got.Neurons {
			if n.Position != want.Neurons[i].Position || n.Sign != want.Neurons[i].Sign || name != "parquet" && n.ID != want.Neurons[i].ID {
				t.Errorf("%s: neuron %d: got %+v, want %+v", name, i, n, want.Neurons[i])
			}
		}
		if len(got.Provenance.Sources) < 2 || len(got.Provenance.Sources[0].SHA256) != 64 {
			t.Errorf("%s: sources %+v", name, got.Provenance.Sources)
		}
	}
	parts.Columns.Weight = "pre" // a weight that is an id: no error; an unknown neuron is one
	parts.Connections = filepath.Join(dir, "part_1*.csv")
	if err := os.WriteFile(filepath.Join(dir, "part_1.csv"), []byte("pre,post,weight\n7,99,1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(parts); err == nil || !strings.Contains(err.Error(), "part_1.csv:2: post: want the id of a neuron") {
		t.Errorf("an unknown neuron: %v", err)
	}
}
