package study

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"biornn/experiment"
)

func packOf(t *testing.T, dir string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := Pack(dir, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPack: a packed study says the same, holds no weights and no circuit, and goes on.
func TestPack(t *testing.T) {
	c, dir := smallCircuit(t), filepath.Join(t.TempDir(), "b")
	cfg := smallBiology()
	first, _ := runBiology(t, cfg, c, dir)
	text := packOf(t, dir)
	there := filepath.Join(t.TempDir(), "there")
	if runs, err := Unpack(bytes.NewReader(text), there); err != nil || runs != 3*2+3*2 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	if !bytes.Equal(packOf(t, there), text) {
		t.Error("packed again it is another file")
	}
	want, err := LoadRecords(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := LoadRecords(there)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	runs, err := RunFolders(there)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs {
		if _, err := experiment.Load(run); !errors.Is(err, experiment.ErrNoWeights) {
			t.Errorf("weights: %v", err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(there, "*", circuitFile)); len(found) > 0 {
		t.Errorf("it holds %v", found)
	}

	again, made := runBiology(t, cfg, c, there)
	if made != 0 {
		t.Errorf("%d runs were made again", made)
	}
	before, err := json.Marshal(first.Verdicts)
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(again.Verdicts)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(before), string(after)); d != "" {
		t.Error(d)
	}
	cfg.Seeds = 3
	if _, made := runBiology(t, cfg, c, there); made != 3 {
		t.Errorf("a seed more made %d runs, want 3", made)
	}
	// A damaged measure cannot be made again without weights: the run is computed.
	if err := os.WriteFile(filepath.Join(runs[0], measuresFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if mended, _ := runBiology(t, cfg, c, there); !strings.Contains(strings.Join(mended.Warnings, "\n"), "computed again: 1;") {
		t.Errorf("no word of the damaged run in %q", mended.Warnings)
	}
	if _, err := experiment.Load(runs[0]); err != nil {
		t.Error(err)
	}
	if _, err := Unpack(bytes.NewReader(text), there); err == nil || !strings.Contains(err.Error(), "want an empty folder") {
		t.Errorf("into a folder with a study: %v", err)
	}
}

func TestPackRefuses(t *testing.T) {
	if _, err := Pack(t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), "holds no runs") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Pack(filepath.Join(t.TempDir(), "nowhere"), io.Discard); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "folder of a study is wanted") {
		t.Errorf("no folder: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "b")
	cfg := smallBiology()
	cfg.Lambdas, cfg.Models, cfg.Seeds = []float64{0.01}, []string{"w"}, 1
	runBiology(t, cfg, smallCircuit(t), dir)
	good := packOf(t, dir)
	for cut := 0; cut < len(good); cut += 37 {
		if _, err := Unpack(bytes.NewReader(good[:cut]), filepath.Join(t.TempDir(), "x")); err == nil {
			t.Fatalf("cut to %d of %d bytes it was unpacked", cut, len(good))
		}
	}
	runs, err := RunFolders(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(runs[0], "weights.safetensors"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Pack(dir, io.Discard); !errors.Is(err, experiment.ErrDamaged) {
		t.Errorf("a damaged run was packed: %v", err)
	}
	run := "runs/" + filepath.Base(runs[0])
	for _, name := range []string{"../study.json", "/study.json", run + "/../../../study.json", "thesis.doc", run + "/sub/study.doc"} {
		into := filepath.Join(t.TempDir(), "sub", "x")
		if _, err := Unpack(bytes.NewReader(archive(t, name)), into); err == nil {
			t.Errorf("%s was unpacked", name)
		}
		if found, _ := filepath.Glob(filepath.Join(filepath.Dir(into), "*")); len(found) > 0 {
			t.Errorf("%s left %v", name, found)
		}
	}
}

// archive is a pack of one file.
func archive(t *testing.T, name string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: name, Mode: 0o644}), w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
