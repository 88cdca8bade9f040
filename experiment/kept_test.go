package experiment

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestKeptWeights: the weights of the asked epochs are there, the last are the run's own,
// and nothing else changes.
func TestKeptWeights(t *testing.T) {
	c := toy(t)
	plain := quick(t, c, "W*D*C")
	plain.Train.Epochs = 4
	s, err := plain.With([]string{"train.keep_weights=2"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(plain.TOML()), "keep_weights") {
		t.Error("a spec that keeps no weights names them: its hash would be another than before")
	}
	without, with := execute(t, plain, c), execute(t, s, c)
	if len(without.Result.Kept) > 0 {
		t.Error("weights were kept that nobody asked for")
	}
	if !slices.Equal(without.Network.W, with.Network.W) {
		t.Error("keeping weights changes the training")
	}
	root := t.TempDir()
	dir, err := with.Save(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"weights-epoch-000.safetensors", "weights-epoch-002.safetensors", "weights-epoch-004.safetensors"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	r, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	var epochs []int
	for _, k := range r.Result.Kept {
		epochs = append(epochs, k.Epoch)
	}
	if !slices.Equal(epochs, []int{0, 2, 4}) {
		t.Fatalf("want epochs 0, 2, 4, got %v", epochs)
	}
	if !slices.Equal(r.Result.Kept[2].Network.W, r.Network.W) || slices.Equal(r.Result.Kept[0].Network.W, r.Network.W) {
		t.Error("want the last kept weights to be those of the run, and the first to be others")
	}
	sameRun(t, "loaded run", r, with)
	path := filepath.Join(dir, "weights-epoch-002.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "weights-epoch-002") {
		t.Errorf("damaged weights: %v", err)
	}
}
