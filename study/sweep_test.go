package study

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"biornn/circuit"
	"biornn/experiment"
	"biornn/functional"
	"biornn/grid"
	"biornn/internal/rng"
	"biornn/sweep"
)

// workerVariable makes this test program a worker on a study file instead.
const workerVariable = "BIORNN_TEST_SWEEP_FILE"

func TestMain(m *testing.M) {
	if file := os.Getenv(workerVariable); file != "" {
		if err := work(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// work is a worker that waits until all runs are there.
func work(file string) error {
	f, err := grid.Read(file)
	if err != nil {
		return err
	}
	s, err := OpenSweep(f, loadSynthetic)
	if err != nil {
		return err
	}
	_, err = s.Run(context.Background(), quickly)
	return err
}

var quickly = RunOptions{Workers: 2, Wait: true, Lease: time.Second, Checkpoint: 10 * time.Millisecond}

func loadSynthetic(path, preset string, neurons int) (*circuit.Circuit, error) {
	if path != "" {
		return nil, fmt.Errorf("%s: want synthetic", path)
	}
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = neurons
	c, err := circuit.Synthetic(cfg)
	if err != nil {
		return nil, err
	}
	return functional.Fill(c, functional.DefaultConfig(preset))
}

const quickStudy = `name = "quick"
folder = "out"
circuits = ["synthetic:16"]
models = ["W*D*C", "W"]
tasks = ["go-nogo"]
seeds = %d
epochs = 2
[set]
"train.train_trials" = 256
"train.val_trials" = 64
"train.test_trials" = 64
"train.batch_size" = 32
[[axis]]
key = "constraint.lambda"
values = [0.01, 0.1]
[analysis]
nulls = 3
matched_nulls = 1
`

// studyIn writes a study file into a new folder.
func studyIn(t testing.TB, text string) string {
	t.Helper()
	return writeStudy(t, t.TempDir(), text)
}

func writeStudy(t testing.TB, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "study.toml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func openFile(t testing.TB, path string) *Sweep {
	t.Helper()
	s, err := tryOpen(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func tryOpen(path string) (*Sweep, error) {
	f, err := grid.Read(path)
	if err != nil {
		return nil, err
	}
	return OpenSweep(f, loadSynthetic)
}

// undisturbed runs a study and returns the files of its runs.
func undisturbed(t testing.TB, text string) map[string][]byte {
	t.Helper()
	path := studyIn(t, text)
	if _, err := openFile(t, path).Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	return runFiles(t, path)
}

// runFiles returns what the runs of a study left, by name below its folder of runs,
// without what tells of the machine.
func runFiles(t testing.TB, study string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := filepath.Join(filepath.Dir(study), "out", runsDir)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "machine.json" || strings.Contains(path, damagedMark) {
			return err
		}
		name, _ := filepath.Rel(root, path)
		out[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sameFiles(t testing.TB, what string, got, want map[string][]byte) {
	t.Helper()
	for name, data := range want {
		if !bytes.Equal(got[name], data) {
			t.Errorf("%s: %s: differs from that of the undisturbed study, or is missing", what, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is too much", what, name)
		}
	}
}

// TestKills kills workers at random times. No run is lost, doubled or damaged, and all have
// the bits of the undisturbed study.
func TestKills(t *testing.T) {
	kills := 24
	if testing.Short() {
		kills = 8
	}
	text := fmt.Sprintf(quickStudy, 12)
	want := undisturbed(t, text)
	path := studyIn(t, text)
	random := rng.New(1, "study/kills")
	for killed := 0; killed < kills; {
		var workers []*exec.Cmd
		for range 2 {
			workers = append(workers, startWorker(t, path))
		}
		time.Sleep(time.Duration(30+random.Float64()*250) * time.Millisecond)
		for _, w := range workers {
			_ = w.Process.Kill()
			_ = w.Wait()
			killed++
		}
	}
	if out, err := startAndWait(t, path); err != nil {
		t.Fatalf("after the kills: %v\n%s", err, out)
	}
	s := openFile(t, path)
	if v, err := s.Verify(t.Context(), 0); err != nil || len(v.Damaged) > 0 || v.Missing > 0 || v.Runs != 48 {
		t.Errorf("%+v, %v", v, err)
	}
	if c, err := Clean(t.Context(), s.Dir(), false, 0); err != nil || len(c.Alive) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
	sameFiles(t, "after kills", runFiles(t, path), want)
	for _, sub := range []string{"claims", "owners", runsDir} {
		names, _ := readNames(filepath.Join(s.Dir(), sub))
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, ".") }) || sub != runsDir && len(names) > 0 {
			t.Errorf("after gc %s holds %v", sub, names)
		}
	}
}

func worker(t testing.TB, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), workerVariable+"="+path)
	return cmd
}

func startWorker(t testing.TB, path string) *exec.Cmd {
	t.Helper()
	cmd := worker(t, path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func startAndWait(t testing.TB, path string) ([]byte, error) {
	t.Helper()
	return worker(t, path).CombinedOutput()
}

// TestManyProcesses runs workers in processes and in this one at the same time.
func TestManyProcesses(t *testing.T) {
	text := fmt.Sprintf(quickStudy, 5)
	want := undisturbed(t, text)
	path := studyIn(t, text)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if out, err := startAndWait(t, path); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	sameFiles(t, "three at once", runFiles(t, path), want)
}

// TestInterruptedSweep cancels again and again, and goes on from checkpoints.
func TestInterruptedSweep(t *testing.T) {
	text := fmt.Sprintf(quickStudy, 2)
	want := undisturbed(t, text)
	path := studyIn(t, text)
	stops := 0
	for try := 0; ; try++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(20+10*try)*time.Millisecond)
		_, err := openFile(t, path).Run(ctx, quickly)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		stops++
	}
	if stops == 0 {
		t.Error("nothing was interrupted")
	}
	sameFiles(t, fmt.Sprintf("after %d interruptions", stops), runFiles(t, path), want)
	if names, _ := readNames(filepath.Join(filepath.Dir(path), "out", runsDir)); len(names) != 8 {
		t.Errorf("left over: %v", names)
	}
}

// TestGrowthAndRefusals: a folder takes more of the same study, and nothing else.
func TestGrowthAndRefusals(t *testing.T) {
	text := fmt.Sprintf(quickStudy, 1)
	path := studyIn(t, text)
	if _, err := openFile(t, path).Run(t.Context(), quickly); err != nil {
		t.Fatal(err)
	}
	before := runFiles(t, path)
	dir := filepath.Dir(path)
	more := strings.Replace(strings.Replace(text, "seeds = 1", "seeds = 2", 1), "0.1]", "0.1, 0.3]", 1)
	writeStudy(t, dir, more)
	if _, err := tryOpen(path); err == nil || !strings.Contains(err.Error(), "8 runs more than the folder") || !strings.Contains(err.Error(), "sweep extend") {
		t.Fatalf("a grown study file: %v", err)
	}
	f, err := grid.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	s, added, err := ExtendSweep(f, loadSynthetic)
	if err != nil || added != 8 {
		t.Fatalf("%d, %v", added, err)
	}
	status, err := s.Run(t.Context(), quickly)
	if err != nil || status.Skipped != 4 || status.Finished != 8 {
		t.Errorf("%+v, %v", status, err)
	}
	after := runFiles(t, path)
	for name, data := range before {
		if !bytes.Equal(after[name], data) {
			t.Errorf("%s has changed", name)
		}
	}
	for change, says := range map[[2]string]string{
		{"seeds = 2", "seeds = 1"}:                     "6 of its 12 runs",
		{`name = "quick"`, `name = "slow"`}:            "name: there quick, here slow",
		{"nulls = 3", "nulls = 4"}:                     "analysis: there",
		{"epochs = 2", "epochs = 3"}:                   "another study",
		{"synthetic:16", "synthetic:17"}:               "another study",
		{`folder = "out"`, `folder = "../elsewhere/"`}: "", // another folder is fine
	} {
		writeStudy(t, dir, strings.Replace(more, change[0], change[1], 1))
		if _, err := tryOpen(path); says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%v: want %q, got %v", change, says, err)
		}
	}
	strange := t.TempDir()
	if err := os.MkdirAll(filepath.Join(strange, "out", "photos"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(writeStudy(t, strange, text)); err == nil || !strings.Contains(err.Error(), "want an empty folder") {
		t.Errorf("a folder of other files: %v", err)
	}
}

// TestTwoStudiesAtOnce: of two different studies that begin in one folder at the same time
// one is refused.
func TestTwoStudiesAtOnce(t *testing.T) {
	dir := t.TempDir()
	refused := make([]error, 8)
	var wg sync.WaitGroup
	for i := range refused {
		text := strings.Replace(fmt.Sprintf(quickStudy, 1), "epochs = 2", fmt.Sprintf("epochs = %d", 1+i%2), 1)
		path := filepath.Join(dir, fmt.Sprintf("study-%d.toml", i))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		wg.Go(func() { _, refused[i] = tryOpen(path) })
	}
	wg.Wait()
	opened := map[int]int{}
	for i, err := range refused {
		if err == nil {
			opened[i%2]++
		} else if !strings.Contains(err.Error(), "another study") {
			t.Error(err)
		}
	}
	if len(opened) != 1 {
		t.Errorf("studies opened in one folder: %v", opened)
	}
}

// TestUpgradedProgram: a folder of another version is refused with what to do.
func TestUpgradedProgram(t *testing.T) {
	path := studyIn(t, fmt.Sprintf(quickStudy, 1))
	s := openFile(t, path)
	s.about.Version = "0.0.1"
	replaceDescription(t, s)
	if _, err := tryOpen(path); err == nil || !strings.Contains(err.Error(), "begun with biornn 0.0.1") || !strings.Contains(err.Error(), "choose another folder") {
		t.Errorf("an older version: %v", err)
	}
	s.about.Version, s.about.Format = experiment.Version, experiment.Format+1
	replaceDescription(t, s)
	if _, err := tryOpen(path); err == nil || !strings.Contains(err.Error(), "never mixed") {
		t.Errorf("another format: %v", err)
	}
}

// TestStudyIsJoined: the runs of a comparison are shared like those of a study file.
func TestStudyIsJoined(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Models, cfg.Tasks, cfg.Seeds, cfg.Epochs, cfg.Trials = []string{"w", "w-dreal"}, []string{"go-nogo"}, 6, 1, 256
	cfg.Analysis.Nulls, cfg.Analysis.MatchedNulls = 3, 1
	c, dir := smallCircuit(t), filepath.Join(t.TempDir(), "s")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for range 3 {
		wg.Go(func() {
			s, err := Open(cfg, c, dir)
			if err != nil {
				t.Error(err)
				return
			}
			last := sweep.Status{}
			if err := s.Run(t.Context(), 2, func(now sweep.Status) { last = now }); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			made += last.Finished
			if records, err := s.Records(); err != nil || len(records) != 12 {
				t.Errorf("%d records, %v", len(records), err)
			}
		})
	}
	wg.Wait()
	if made != 12 {
		t.Errorf("three processes made %d runs of 12", made)
	}
}
