package study

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"biornn/internal/durable"
	"biornn/internal/rng"
	"biornn/internal/seal"
)

func replaceDescription(t *testing.T, s *Sweep) {
	t.Helper()
	text, err := seal.JSON(s.about)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, sweepFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestDamage cuts and flips every file of a run: each damage is found, the run is computed
// again with the same bits, and the damaged files are kept.
func TestDamage(t *testing.T) {
	text := strings.Replace(fmt.Sprintf(quickStudy, 1), "values = [0.01, 0.1]", "values = [0.01]", 1)
	path := studyIn(t, text)
	s := openFile(t, path)
	if _, err := s.Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	want := runFiles(t, path)
	dir := s.runDir(s.names[0])
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 7 {
		t.Fatalf("%v, %v", entries, err)
	}
	random := rng.New(1, "study/damage")
	for _, e := range entries {
		whole, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for what, damaged := range map[string][]byte{"cut": whole[:len(whole)/2], "empty": nil, "without its end": whole[:len(whole)-1], "gone": nil, "flipped": flipped(whole, random)} {
			if what == "gone" && (e.Name() == "machine.json" || e.Name() == "checksums.sha256") {
				continue // a run of an older version lacks them
			}
			file := filepath.Join(dir, e.Name())
			if err := os.WriteFile(file, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if what == "gone" {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			v, err := openFile(t, path).Verify(t.Context(), 0)
			if err != nil || what != "gone" && len(v.Damaged) != 1 {
				t.Errorf("%s %s is not found: %+v, %v", e.Name(), what, v, err)
			}
			told := 0
			o := quickly
			o.Damaged = func(d Damage) { told++ }
			if _, err := openFile(t, path).Run(t.Context(), o); err != nil {
				t.Fatalf("%s %s: %v", e.Name(), what, err)
			}
			if told != 1 && what != "gone" {
				t.Errorf("%s %s: %d reports", e.Name(), what, told)
			}
			sameFiles(t, e.Name()+" "+what, runFiles(t, path), want)
		}
	}
	if kept, err := aside(s.Dir()); err != nil || len(kept) != 32 {
		t.Errorf("kept aside: %v, %v", kept, err)
	}
	if c, err := Clean(t.Context(), s.Dir(), true, 0); err != nil || c.Damaged != 32 {
		t.Errorf("%+v, %v", c, err)
	}
	sameFiles(t, "after gc --damaged", runFiles(t, path), want)
}

// flipped changes one bit.
func flipped(b []byte, random *rng.Stream) []byte {
	out := append([]byte(nil), b...)
	out[int(random.Float64()*float64(len(out)))] ^= 1 << int(random.Float64()*8)
	return out
}

// TestEveryBitOfSmallFiles flips bits in every byte of the small files of a run.
func TestEveryBitOfSmallFiles(t *testing.T) {
	path := studyIn(t, fmt.Sprintf(quickStudy, 1))
	s := openFile(t, path)
	if _, err := s.Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	name := s.names[0]
	for _, file := range []string{"result.json", "spec.toml", "history.csv", "machine.json", "checksums.sha256", measuresFile} {
		at := filepath.Join(s.runDir(name), file)
		whole, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			damaged := append([]byte(nil), whole...)
			damaged[i] ^= 1 << (i % 8)
			if err := os.WriteFile(at, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if s.verify(name) == nil {
				t.Errorf("%s: bit %d of byte %d (%q) is not found", file, i%8, i, whole[i])
			}
		}
		if err := os.WriteFile(at, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.verify(name); err != nil {
		t.Error(err)
	}
}

// TestDamagedStudyFiles: the files of the folder itself.
func TestDamagedStudyFiles(t *testing.T) {
	path := studyIn(t, fmt.Sprintf(quickStudy, 1))
	s := openFile(t, path)
	if _, err := s.Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	want := runFiles(t, path)
	random := rng.New(2, "study/damage")
	description := filepath.Join(s.dir, sweepFile)
	var archive string
	for hash := range s.circuits {
		archive = s.circuitFile(hash)
	}
	for _, file := range []string{description, archive} {
		for k := range 30 {
			whole, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			damaged := flipped(whole, random)
			if k%3 == 0 {
				damaged = whole[:int(random.Float64()*float64(len(whole)))]
			}
			if err := os.WriteFile(file, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadProgress(s.dir); file == description && err == nil {
				t.Errorf("status reads a damaged %s", sweepFile)
			}
			if _, err := openFile(t, path).Run(t.Context(), quickly); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		}
	}
	sameFiles(t, "study files", runFiles(t, path), want)
	if kept, _ := aside(s.dir); len(kept) < 40 {
		t.Errorf("%d damaged copies are kept", len(kept))
	}
	// With another study file at hand the folder is not taken.
	if err := os.WriteFile(description, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	writeStudy(t, filepath.Dir(path), fmt.Sprintf(quickStudy, 2))
	if _, err := tryOpen(path); err == nil || !strings.Contains(err.Error(), "is not this study file") {
		t.Errorf("%v", err)
	}
}

// TestDamagedCheckpoint: a checkpoint that was cut or flipped is put aside; the run ends with
// the same bits.
func TestDamagedCheckpoint(t *testing.T) {
	text := strings.Replace(fmt.Sprintf(quickStudy, 1), `models = ["W*D*C", "W"]`, `models = ["W*D*C"]`, 1)
	want := undisturbed(t, text)
	path := studyIn(t, text)
	s := openFile(t, path)
	for _, name := range s.names {
		if err := os.MkdirAll(filepath.Join(s.dir, runsDir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.runDir(name)+CheckpointSuffix, []byte("0123\nhalf a checkp"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := s.Verify(t.Context(), 0); err != nil || len(v.Damaged) != len(s.names) {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := s.Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	got := runFiles(t, path)
	for name := range got {
		if strings.HasSuffix(name, ".damaged") {
			delete(got, name)
		}
	}
	sameFiles(t, "damaged checkpoints", got, want)
	if p, err := ReadProgress(s.dir); err != nil || len(p.Aside) != len(s.names) {
		t.Errorf("kept aside: %+v, %v", p, err)
	}
}

// TestFullDisk fails the writes of a study from each step on: nothing is lost, and the next
// start goes on to the same bits.
func TestFullDisk(t *testing.T) {
	text := strings.Replace(fmt.Sprintf(quickStudy, 1), "values = [0.01, 0.1]", "values = [0.01]", 1)
	want := undisturbed(t, text)
	steps := 0
	for at := 1; ; at += 1 + at/12 { // all early steps, ever fewer of the later ones
		path := studyIn(t, text)
		n, once := 0, steps%2 == 1 // a disk that stays full, and one that refuses once
		var mu sync.Mutex
		restore := durable.Inject(func(step, file string) error {
			mu.Lock()
			defer mu.Unlock()
			if n++; n == at || n > at && !once {
				return &os.PathError{Op: step, Path: file, Err: syscall.ENOSPC}
			}
			return nil
		})
		err := work(path)
		restore()
		if n < at {
			if err != nil {
				t.Errorf("undisturbed: %v", err)
			}
			break
		}
		steps++
		if err == nil && !once || err != nil && (!strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "make room")) {
			t.Errorf("step %d: %v", at, err) // a heartbeat that fails once does no harm
		}
		if out, err := startAndWait(t, path); err != nil { // another process: this one still lives
			t.Errorf("step %d: the next start: %v\n%s", at, err, out)
		}
		sameFiles(t, fmt.Sprint("full from step ", at), runFiles(t, path), want)
	}
	if steps < 20 {
		t.Errorf("only %d steps were tried", steps)
	}
}
