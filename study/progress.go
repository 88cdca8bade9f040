package study

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"biornn/experiment"
	"biornn/sweep"
)

// Outcomes are the results of finished runs, read once each and kept small.
type Outcomes struct {
	Done, Diverged int
	Best           string  // the run of the highest validation accuracy; "" without one
	BestAccuracy   float64 // of that run
	Groups         []Group // by model and task, in the order of the plan

	dir     string
	group   map[string]int // place in Groups of a run
	read    map[string]bool
	seconds float64
	timed   int
}

// Group is the runs of one model on one task.
type Group struct {
	Model    string  `json:"model"`
	Task     string  `json:"task"`
	Runs     int     `json:"runs"`
	Done     int     `json:"done"`
	Diverged int     `json:"diverged"`
	Best     float64 `json:"best_val_accuracy"`
	seconds  float64 // that the timed ones took
	timed    int
}

// newOutcomes prepares the outcomes of runs in a folder; nothing is read yet.
func newOutcomes(dir string, runs []string) *Outcomes {
	o := &Outcomes{dir: dir, group: make(map[string]int, len(runs)), read: map[string]bool{}}
	at := map[[2]string]int{}
	for _, name := range runs {
		key := groupOf(name)
		i, there := at[key]
		if !there {
			i = len(o.Groups)
			at[key] = i
			o.Groups = append(o.Groups, Group{Model: key[0], Task: key[1]})
		}
		o.Groups[i].Runs++
		o.group[name] = i
	}
	return o
}

// groupOf returns model and task from the name of a run.
func groupOf(run string) [2]string {
	words := strings.SplitN(run, "_", 3)
	if len(words) < 3 {
		return [2]string{run, ""}
	}
	return [2]string{words[0], words[1]}
}

// Outcomes returns the outcomes of the sweep; call Update to read them.
func (s *Sweep) Outcomes() *Outcomes { return newOutcomes(filepath.Join(s.dir, runsDir), s.names) }

// Update reads the outcomes of runs that have finished since the last call.
func (o *Outcomes) Update() error {
	names, err := readNames(o.dir)
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(names, func(name string) bool {
		_, ours := o.group[name]
		return !ours || o.read[name]
	})
	slices.Sort(fresh)
	briefs, errs := make([]experiment.Brief, len(fresh)), make([]error, len(fresh))
	timed := o.toBeTimed(fresh)
	at := make(chan int)
	var wg sync.WaitGroup
	for range 4 * runtime.GOMAXPROCS(0) { // a file server answers many at once
		wg.Go(func() {
			for i := range at {
				briefs[i], errs[i] = experiment.Peek(filepath.Join(o.dir, fresh[i]), timed[i])
			}
		})
	}
	for i := range fresh {
		at <- i
	}
	close(at)
	wg.Wait()
	for i, name := range fresh {
		o.read[name] = true
		if errs[i] == nil { // a damaged one is the business of the check
			o.add(name, briefs[i])
		}
	}
	return nil
}

// mostTimed is the number of runs of a group whose time is enough to know the mean.
const mostTimed = 20

// toBeTimed chooses runs whose time is read.
func (o *Outcomes) toBeTimed(runs []string) []bool {
	out := make([]bool, len(runs))
	of := map[int]int{}
	for i, name := range runs {
		g := o.group[name]
		out[i] = o.Groups[g].timed+of[g] < mostTimed
		of[g]++
	}
	return out
}

func (o *Outcomes) add(name string, b experiment.Brief) {
	g := &o.Groups[o.group[name]]
	o.Done++
	g.Done++
	if b.Seconds > 0 {
		o.seconds, g.seconds = o.seconds+b.Seconds, g.seconds+b.Seconds
		o.timed, g.timed = o.timed+1, g.timed+1
	}
	if b.Diverged {
		o.Diverged++
		g.Diverged++
		return
	}
	g.Best = max(g.Best, b.ValAccuracy)
	if o.Best == "" || b.ValAccuracy > o.BestAccuracy {
		o.Best, o.BestAccuracy = name, b.ValAccuracy
	}
}

// left estimates the time of work that is left, from how long finished runs of the same
// model and task took, on so many workers.
func (o *Outcomes) left(open, workers int) time.Duration {
	if o.timed == 0 || workers == 0 {
		return 0
	}
	total, sum := 0.0, 0
	for _, g := range o.Groups {
		each := o.seconds / float64(o.timed)
		if g.timed > 0 {
			each = g.seconds / float64(g.timed)
		}
		total += each * float64(g.Runs-g.Done)
		sum += g.Runs - g.Done
	}
	if sum > 0 {
		total *= float64(open) / float64(sum) // without those that failed
	}
	return time.Duration(total / float64(workers) * float64(time.Second))
}

// Progress is the state of a sweep, read from its folder alone.
type Progress struct {
	Name         string          `json:"name"`
	Folder       string          `json:"folder"`
	Runs         int             `json:"runs"`
	Done         int             `json:"done"`
	Diverged     int             `json:"diverged"`
	Failed       int             `json:"failed"`
	Running      int             `json:"running"` // claimed by processes that are not known to be gone
	Left         int             `json:"left"`    // neither done nor failed
	RunsPerHour  float64         `json:"runs_per_hour"`
	SecondsLeft  float64         `json:"seconds_left"`
	Best         string          `json:"best,omitempty"`
	BestAccuracy float64         `json:"best_val_accuracy,omitempty"`
	Groups       []Group         `json:"groups"`
	Holders      []sweep.Holder  `json:"processes,omitempty"`
	Troubles     []sweep.Trouble `json:"failures,omitempty"`
	Aside        []string        `json:"damaged_copies,omitempty"` // below the folder
}

// ReadProgress reads how far the sweep of a folder is.
func ReadProgress(dir string) (*Progress, error) {
	d, err := readDescription(dir)
	if err != nil {
		return nil, err
	}
	o := newOutcomes(filepath.Join(dir, runsDir), d.Runs)
	if err := o.Update(); err != nil {
		return nil, err
	}
	p := &Progress{Name: d.Name, Folder: dir, Runs: len(d.Runs), Diverged: o.Diverged, Best: o.Best, BestAccuracy: o.BestAccuracy, Groups: o.Groups}
	troubles, err := sweep.Troubles(dir)
	if err != nil {
		return nil, err
	}
	failed := map[string]bool{}
	for _, t := range troubles {
		if _, ours := o.group[t.Job]; ours && !o.read[t.Job] {
			p.Troubles = append(p.Troubles, t)
			failed[t.Job] = true
		}
	}
	p.Done, p.Failed = len(o.read), len(failed)
	p.Left = p.Runs - p.Done - p.Failed
	p.Holders, err = sweep.Holders(dir, func(job string) bool { _, ours := o.group[job]; return ours && !o.read[job] && !failed[job] })
	if err != nil {
		return nil, err
	}
	for _, h := range p.Holders {
		if !h.Gone {
			p.Running += len(h.Jobs)
		}
	}
	if o.seconds > 0 {
		p.RunsPerHour = float64(p.Running) * 3600 * float64(o.timed) / o.seconds
	}
	p.SecondsLeft = o.left(p.Left, p.Running).Seconds()
	p.Aside, err = aside(dir)
	return p, err
}

// aside lists the damaged copies that are kept in a folder.
func aside(dir string) ([]string, error) {
	var out []string
	for _, sub := range []string{"", runsDir, circuitsDir} {
		names, err := readNames(filepath.Join(dir, sub))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if strings.Contains(name, strings.TrimSuffix(damagedMark, "-")) {
				out = append(out, filepath.Join(sub, name))
			}
		}
	}
	slices.Sort(out)
	return out, nil
}

// RetryFailed makes the failed runs of a sweep's folder open again.
func RetryFailed(dir string) (int, error) {
	if _, err := readDescription(dir); err != nil {
		return 0, err
	}
	return sweep.Retry(dir)
}

// Cleaned is what Clean has removed.
type Cleaned struct {
	sweep.Collected
	Checkpoints int // of runs that are finished
	Damaged     int
}

// Clean removes what a sweep needs no more: finished claims, owners that are gone, leftovers
// of writes, checkpoints of finished runs and, only if asked, damaged copies. watch is as
// for sweep.Collect.
func Clean(ctx context.Context, dir string, damaged bool, watch time.Duration) (Cleaned, error) {
	var c Cleaned
	if _, err := readDescription(dir); err != nil {
		return c, err
	}
	runs := filepath.Join(dir, runsDir)
	names, err := readNames(runs)
	if err != nil {
		return c, err
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	c.Collected, err = sweep.Collect(ctx, dir, func(job string) bool { return there[job] }, []string{dir, runs, filepath.Join(dir, circuitsDir)}, watch)
	if err != nil {
		return c, err
	}
	for _, name := range names {
		if run, is := strings.CutSuffix(name, CheckpointSuffix); is && there[run] {
			if err := os.Remove(filepath.Join(runs, name)); err != nil {
				return c, fmt.Errorf("study: %w", err)
			}
			c.Checkpoints++
		}
	}
	if !damaged {
		return c, nil
	}
	copies, err := aside(dir)
	for _, path := range copies {
		if err := os.RemoveAll(filepath.Join(dir, path)); err != nil {
			return c, fmt.Errorf("study: %w", err)
		}
		c.Damaged++
	}
	return c, err
}
