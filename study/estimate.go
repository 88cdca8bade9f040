package study

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/grid"
	"biornn/task"
)

// Cost is what runs of one kind (network, penalty, task, size of a batch) cost on one core
// of a machine, as measured by a few updates.
type Cost struct {
	StartSeconds    float64 `json:"start_s"`    // until the first update, without trials
	TrialSeconds    float64 `json:"trial_s"`    // to make a trial
	UpdateSeconds   float64 `json:"update_s"`   // for a batch
	EvaluateSeconds float64 `json:"evaluate_s"` // for a batch
	MeasureSeconds  float64 `json:"measure_s"`  // of the trained structure
	Bytes           int64   `json:"bytes"`      // of a run's folder on disk, blocks of 4 KiB
	Checkpoint      int64   `json:"checkpoint_bytes"`
}

// Seconds returns what a run costs.
func (c Cost) Seconds(s experiment.Spec) float64 {
	t := s.Train
	batches := func(trials int) float64 { return float64((trials + t.BatchSize - 1) / t.BatchSize) }
	return c.StartSeconds + c.TrialSeconds*float64(t.TrainTrials+t.ValTrials+t.TestTrials) + c.UpdateSeconds*float64(t.Updates()) +
		c.EvaluateSeconds*(float64(t.Epochs)*batches(t.ValTrials)+batches(t.TestTrials)) + c.MeasureSeconds
}

// Calibration holds costs by kind, for one machine and way of measuring structure.
type Calibration struct {
	Machine  experiment.Machine `json:"machine"`
	Analysis analysis.Config    `json:"analysis"`
	Kinds    map[string]Cost    `json:"kinds"`
}

// Estimate is what a study costs.
type Estimate struct {
	Runs      int     `json:"runs"`
	Kinds     int     `json:"kinds"`
	Measured  int     `json:"measured_now"`
	CoreHours float64 `json:"core_hours"`
	Longest   float64 `json:"longest_run_s"`
	Bytes     int64   `json:"bytes"`
	Running   int64   `json:"bytes_a_running_run"` // checkpoint of the greatest
}

// calibrationUpdates are the updates by which a kind is measured.
const calibrationUpdates = 6

// EstimateCost estimates a plan; kinds that known lacks are measured now and added to it.
// done is called after each; it may be nil.
func EstimateCost(ctx context.Context, p *grid.Plan, known *Calibration, done func(measured, kinds int)) (Estimate, error) {
	machine := experiment.ThisMachine(0)
	if known.Machine != machine || known.Analysis != p.File.Analysis || known.Kinds == nil {
		*known = Calibration{Machine: machine, Analysis: p.File.Analysis, Kinds: map[string]Cost{}}
	}
	e := Estimate{Runs: len(p.Runs)}
	kind := make([]string, len(p.Runs))
	first := map[string]experiment.Spec{}
	var order []string
	for i, r := range p.Runs {
		small := calibrationSpec(r.Spec)
		kind[i] = small.Hash()[:16]
		if _, there := first[kind[i]]; !there {
			first[kind[i]] = small
			order = append(order, kind[i])
		}
	}
	e.Kinds = len(order)
	for i, k := range order {
		if _, there := known.Kinds[k]; !there {
			cost, err := measureCost(ctx, p, first[k])
			if err != nil {
				return e, fmt.Errorf("study: estimate: %s on %s: %w", first[k].Constraint.Model, first[k].Task.Name, err)
			}
			known.Kinds[k] = cost
			e.Measured++
		}
		if done != nil {
			done(i+1, len(order))
		}
	}
	for i, r := range p.Runs {
		cost := known.Kinds[kind[i]]
		seconds := cost.Seconds(r.Spec)
		e.CoreHours += seconds / 3600
		e.Longest = max(e.Longest, seconds)
		e.Bytes += cost.Bytes
		e.Running = max(e.Running, cost.Checkpoint)
	}
	return e, nil
}

// calibrationSpec is a run of a few updates that costs as much an update as the given one;
// what does not change the cost is the same for all.
func calibrationSpec(s experiment.Spec) experiment.Spec {
	s.Seed = 1
	t := &s.Train
	t.Epochs, t.TrainTrials, t.ValTrials, t.TestTrials = 1, calibrationUpdates*t.BatchSize, t.BatchSize, t.BatchSize
	t.LearningRate, t.Patience, t.WarmUp = 1e-4, 0, 0
	for value, like := range map[*float64]float64{&t.InputNoise: 0.05, &t.ClipNorm: 1, &s.Constraint.Lambda: 0.001, &s.Constraint.LambdaEMD: 0.001} {
		if *value > 0 { // 0 leaves work out
			*value = like
		}
	}
	return s
}

// measureCost computes and keeps a small run, and takes the time of its parts.
func measureCost(ctx context.Context, p *grid.Plan, s experiment.Spec) (Cost, error) {
	var cost Cost
	c := circuitOf(p, s.CircuitHash)
	t, err := task.New(s.Task)
	if err != nil {
		return cost, err
	}
	begun := time.Now()
	if _, err := task.Generate(t, s.Seed, "train", s.Train.BatchSize); err != nil {
		return cost, err
	}
	cost.TrialSeconds = time.Since(begun).Seconds() / float64(s.Train.BatchSize)

	root, err := os.MkdirTemp("", "biornn-calibration-")
	if err != nil {
		return cost, err
	}
	defer os.RemoveAll(root)
	var updates []time.Time
	begun = time.Now()
	run, err := experiment.Execute(ctx, s, c, experiment.Options{Progress: func(int) { updates = append(updates, time.Now()) }})
	over := time.Now()
	if err != nil {
		return cost, err
	}
	last := updates[len(updates)-1]
	if n := len(updates) - 1; n > 0 {
		cost.UpdateSeconds = last.Sub(updates[0]).Seconds() / float64(n)
	}
	cost.EvaluateSeconds = over.Sub(last).Seconds() / 2 // validation and test, a batch each
	trials := float64(s.Train.TrainTrials + s.Train.ValTrials + s.Train.TestTrials)
	cost.StartSeconds = max(0, updates[0].Sub(begun).Seconds()-cost.UpdateSeconds-trials*cost.TrialSeconds)

	if _, err := Measure(run, c, p.File.Analysis); err != nil { // makes the nulls that all runs share
		return cost, err
	}
	begun = time.Now()
	f := folder{analysis: p.File.Analysis, circuits: map[string]*circuit.Circuit{s.CircuitHash: c}}
	measures, err := f.measure(run)
	if err != nil {
		return cost, err
	}
	cost.MeasureSeconds = time.Since(begun).Seconds()
	dir, err := run.SaveWith(root, map[string][]byte{measuresFile: measures})
	if err != nil {
		return cost, err
	}
	for _, q := range run.Network.Parameters() {
		cost.Checkpoint += 3 * 4 * int64(len(q.Data)) // weights and two moments
	}
	cost.Bytes, err = sizeOnDisk(dir)
	return cost, err
}

func circuitOf(p *grid.Plan, hash string) *circuit.Circuit {
	for _, c := range p.Circuits {
		if c.Hash() == hash {
			return c
		}
	}
	return nil // every circuit of a run is in its plan
}

// sizeOnDisk adds up the files of a folder, in blocks.
func sizeOnDisk(dir string) (int64, error) {
	const block = 4096
	total := int64(block) // the folder itself
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			return 0, err
		}
		total += (info.Size() + block - 1) / block * block
	}
	return total, nil
}
