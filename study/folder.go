package study

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/sweep"
)

// folder is the runs of a study and where they lie. Any number of processes work on it at
// the same time, through the ledger of package sweep.
type folder struct {
	dir      string
	specs    []experiment.Spec
	names    []string // of the runs, in the order of specs
	circuits map[string]*circuit.Circuit
	analysis analysis.Config

	mu      sync.Mutex
	doubted map[string]bool // runs that a check found damaged or without measures
	checked map[string]bool // runs that were found whole, or made here
}

// RunOptions say how the runs of a study are computed; they change no bit of any.
type RunOptions struct {
	Workers    int                // runs at the same time; 0: one a core
	Lease      time.Duration      // how long a process may be silent before others take its runs over; 0: sweep.DefaultLease
	Checkpoint time.Duration      // time between checkpoints of a run; 0: 30 s
	Label      string             // what this process is called elsewhere, as by a scheduler
	Wait       bool               // for runs that other processes have in work
	NoCheck    bool               // leave out the check of runs that were there before
	Report     func(sweep.Status) // called about twice a second and at the end; may be nil
	Damaged    func(Damage)       // called for each damaged run that is found; may be nil
}

// Damage is a run that is not as it was written.
type Damage struct {
	Run   string `json:"run"`
	Cause string `json:"cause"`
	Aside string `json:"kept_as,omitempty"` // where its damaged files are kept
}

// CheckpointSuffix, after the name of a run's folder, names the file in which a run in
// progress is kept every so often and when it is interrupted.
const CheckpointSuffix = ".checkpoint"

const checkpointEvery = 30 * time.Second

func (f *folder) runDir(name string) string { return filepath.Join(f.dir, runsDir, name) }

// run computes what is missing, then checks the runs that others made and computes again
// what is damaged.
func (f *folder) run(ctx context.Context, o RunOptions) (sweep.Status, error) {
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Checkpoint == 0 {
		o.Checkpoint = checkpointEvery
	}
	if err := os.MkdirAll(filepath.Join(f.dir, runsDir), 0o755); err != nil {
		return sweep.Status{}, &sweep.StorageError{Dir: f.dir, Err: err}
	}
	for {
		status, err := sweep.Share(ctx, sweep.Work{Dir: f.dir, Jobs: f.jobs(o), Finished: f.finished,
			Workers: o.Workers, Label: o.Label, Lease: o.Lease, Wait: o.Wait, Report: o.Report})
		if err != nil || o.NoCheck || status.Done() < status.Jobs {
			return status, err
		}
		damaged, err := f.check(ctx, o.Workers, nil)
		if err != nil || len(damaged) == 0 {
			return status, err
		}
		for _, d := range damaged {
			if o.Damaged != nil && d.Cause != "" {
				o.Damaged(d)
			}
		}
	}
}

func (f *folder) jobs(o RunOptions) []sweep.Job {
	threads := 1
	if len(f.specs) < o.Workers { // fewer runs than cores: they share what is left
		threads = o.Workers / max(1, len(f.specs))
	}
	jobs := make([]sweep.Job, len(f.specs))
	for i, spec := range f.specs {
		name := f.names[i]
		jobs[i] = sweep.Job{
			Name: name, Size: spec.Train.Updates(),
			Done: func() bool { return f.isWhole(name) },
			Do: func(ctx context.Context, step func()) error {
				return f.one(ctx, spec, name, experiment.Options{Threads: threads, Progress: func(int) { step() },
					Checkpoint: f.runDir(name) + CheckpointSuffix, CheckpointEvery: o.Checkpoint, KeepCheckpoint: true})
			},
		}
	}
	return jobs
}

// finished lists the runs whose folder is there, from one reading: a folder appears whole.
func (f *folder) finished() (map[string]bool, error) {
	names, err := readNames(filepath.Join(f.dir, runsDir))
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make(map[string]bool, len(names))
	for _, name := range names {
		if !f.doubted[name] {
			out[name] = true
		}
	}
	return out, nil
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// isWhole tells whether a run is there; one in doubt is read.
func (f *folder) isWhole(name string) bool {
	f.mu.Lock()
	doubted := f.doubted[name]
	f.mu.Unlock()
	if !doubted {
		_, err := os.Stat(f.runDir(name))
		return err == nil
	}
	if f.verify(name) != nil {
		return false
	}
	f.trust(name)
	return true
}

func (f *folder) trust(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.doubted, name)
	if f.checked == nil {
		f.checked = map[string]bool{}
	}
	f.checked[name] = true
}

// one computes a run, if it is not there whole, with its measures.
func (f *folder) one(ctx context.Context, spec experiment.Spec, name string, o experiment.Options) error {
	dir := f.runDir(name)
	run, err := experiment.LoadRecord(dir)
	if err == nil && run.Network == nil {
		if _, err = f.readMeasures(dir); err == nil {
			f.trust(name)
			return nil
		}
		err = fmt.Errorf("%w: %w", experiment.ErrDamaged, err) // without weights it cannot be measured again
	} else if err == nil {
		return f.measureAgain(run, name)
	}
	if _, statErr := os.Stat(dir); statErr == nil {
		if !errors.Is(err, experiment.ErrDamaged) && !errors.Is(err, experiment.ErrAbsent) {
			return err
		}
		if _, err := setAside(dir); err != nil {
			return err
		}
	}
	begun := time.Now()
	if run, err = experiment.Execute(ctx, spec, f.circuits[spec.CircuitHash], o); err != nil {
		return err
	}
	run.Machine = experiment.ThisMachine(time.Since(begun))
	if ctx.Err() != nil { // measuring may take long, and the checkpoint is there
		return ctx.Err()
	}
	measures, err := f.measure(run)
	if err != nil {
		return err
	}
	if _, err := run.SaveWith(filepath.Join(f.dir, runsDir), map[string][]byte{measuresFile: measures}); err != nil {
		return err
	}
	f.trust(name)
	return o.RemoveCheckpoint()
}

// setAside keeps a damaged file or folder for whoever wants to know what happened to it.
func setAside(path string) (to string, err error) { return setAsideAs(path, path) }

// setAsideAs is setAside under another name.
func setAsideAs(path, name string) (to string, err error) {
	for i := 1; ; i++ {
		to = fmt.Sprintf("%s%s%d", name, damagedMark, i)
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return to, os.Rename(path, to)
		} else if err != nil {
			return to, err
		}
	}
}

// damagedMark, after the name of a run, names what was set aside.
const damagedMark = ".damaged-"

// verify reads a run and its measures and returns what is wrong with them.
func (f *folder) verify(name string) error {
	run, err := experiment.LoadRecord(f.runDir(name))
	if err != nil {
		return err
	}
	if got := run.Spec.Name(); got != name {
		return fmt.Errorf("study: %s: %w: it holds the run %s", f.runDir(name), experiment.ErrDamaged, got)
	}
	_, err = f.readMeasures(f.runDir(name))
	return err
}

// check reads all runs of the study that are there and were not checked before, and calls
// progress, if it is given, after each. Those with a fault are in doubt from now on; a
// fault without a cause is a lack of measures.
func (f *folder) check(ctx context.Context, workers int, progress func()) ([]Damage, error) {
	names, err := f.unchecked()
	if err != nil {
		return nil, &sweep.StorageError{Dir: f.dir, Err: err}
	}
	faults := make([]error, len(names))
	at := make(chan int)
	var wg sync.WaitGroup
	for range max(1, workers) {
		wg.Go(func() {
			for i := range at {
				faults[i] = f.verify(names[i])
				if progress != nil {
					progress()
				}
			}
		})
	}
	for i := range names {
		if ctx.Err() != nil {
			break
		}
		at <- i
	}
	close(at)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return f.doubt(names, faults)
}

// unchecked lists the runs that are there and were not checked, in the order of the plan.
func (f *folder) unchecked() ([]string, error) {
	there, err := f.finished()
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []string
	for _, name := range f.names {
		if there[name] && !f.checked[name] {
			out = append(out, name)
		}
	}
	return out, nil
}

// doubt notes what a check has found. A folder that cannot be read is an error.
func (f *folder) doubt(names []string, faults []error) ([]Damage, error) {
	var out []Damage
	for i, err := range faults {
		switch {
		case err == nil:
			f.trust(names[i])
			continue
		case errors.Is(err, experiment.ErrDamaged):
			out = append(out, Damage{Run: names[i], Cause: strings.TrimSuffix(err.Error(), "; delete the folder and run again")})
		case errors.Is(err, fs.ErrNotExist) || errors.Is(err, experiment.ErrAbsent):
			out = append(out, Damage{Run: names[i]})
			if errors.Is(err, experiment.ErrAbsent) {
				out[len(out)-1].Cause = err.Error()
			}
		default:
			return nil, &sweep.StorageError{Dir: f.dir, Err: err}
		}
		f.mu.Lock()
		if f.doubted == nil {
			f.doubted = map[string]bool{}
		}
		f.doubted[names[i]] = true
		f.mu.Unlock()
	}
	return out, nil
}
