package study

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/internal/durable"
	"biornn/internal/seal"
)

// measuresJSON is the form of measures.json beside a run's files. It can be made
// again at any time, so that it is no part of the run.
type measuresJSON struct {
	Version  string            `json:"version"`
	Config   analysis.Config   `json:"config"`
	Measures analysis.Measures `json:"measures"`
}

// maxMeasured is the number of neurons up to which structure is measured: several
// measures take a time that grows with its cube.
const maxMeasured = 4096

// Measure computes the structure of a run's recurrent weights. A diverged run has
// none, which is a warning. c may be nil, or the network be of another size: then there
// are no distances.
func Measure(run *experiment.Run, c *circuit.Circuit, cfg analysis.Config) (analysis.Measures, error) {
	if run.Diverged() {
		return analysis.Measures{Values: map[string]float64{}, Warnings: []string{"the run diverged: its structure is not measured"}}, nil
	}
	n := run.Network.Neurons
	if n > maxMeasured {
		return analysis.Measures{Values: map[string]float64{}, Warnings: []string{fmt.Sprintf("structure: not measured above %d neurons, here are %d", maxMeasured, n)}}, nil
	}
	w := run.Weights64()
	m, err := analysis.Structure(w, n, cfg)
	if err != nil || c == nil || run.Spec.Network.Units != 0 {
		return m, err
	}
	return m, m.AddWiring(w, c.Distances(), n)
}

func (f *folder) readMeasures(dir string) (analysis.Measures, error) {
	text, err := os.ReadFile(filepath.Join(dir, measuresFile))
	if err != nil {
		return analysis.Measures{}, err
	}
	var m measuresJSON
	if err := seal.Parse(text, &m); err != nil {
		return analysis.Measures{}, fmt.Errorf("study: %s: %w: %w", filepath.Join(dir, measuresFile), experiment.ErrDamaged, err)
	}
	if m.Version != experiment.Version || m.Config != f.analysis {
		return analysis.Measures{}, fmt.Errorf("study: %s: made with other settings: %w", dir, fs.ErrNotExist)
	}
	return m.Measures, nil
}

// measure returns measures.json of a run.
func (f *folder) measure(run *experiment.Run) ([]byte, error) {
	m, err := Measure(run, f.circuits[run.Spec.CircuitHash], f.analysis)
	if err != nil {
		return nil, err
	}
	return seal.JSON(measuresJSON{experiment.Version, f.analysis, m})
}

// measureAgain adds measures to a run that lacks them; damaged ones are kept aside.
func (f *folder) measureAgain(run *experiment.Run, name string) error {
	path := filepath.Join(f.runDir(name), measuresFile)
	_, err := f.readMeasures(f.runDir(name))
	if err != nil {
		if errors.Is(err, experiment.ErrDamaged) {
			if _, err := setAsideAs(path, f.runDir(name)+"."+measuresFile); err != nil {
				return err
			}
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		text, err := f.measure(run)
		if err != nil {
			return err
		}
		if err := durable.WriteFile(path, text); err != nil {
			return err
		}
	}
	f.trust(name)
	return nil
}

// NewRecord joins a run with its measures.
func NewRecord(name string, run *experiment.Run, m analysis.Measures) analysis.Record {
	spec := run.Spec
	r := analysis.Record{
		Run: name, Model: spec.Constraint.Model, Task: spec.Task.Name, Preset: spec.Preset, Seed: spec.Seed,
		Outcome: analysis.Finished, Warnings: append(append([]string(nil), run.Warnings...), m.Warnings...),
	}
	for _, e := range run.Result.Curve {
		r.Curve = append(r.Curve, analysis.Point{Epoch: e.Epoch, TrainLoss: e.TrainLoss, TrainAccuracy: e.TrainAccuracy,
			Penalty: e.Penalty, ValLoss: e.ValLoss, ValAccuracy: e.ValAccuracy})
	}
	if d := run.Result.Diverged; d != nil {
		r.Outcome, r.Step, r.Cause = analysis.Diverged, d.Update, d.Cause
		return r
	}
	last := run.FinalEpoch()
	for key, v := range map[string]float64{
		"train_accuracy": last.TrainAccuracy, "train_loss": last.TrainLoss, "penalty": last.Penalty,
		"val_accuracy": last.ValAccuracy, "val_loss": last.ValLoss,
		"test_accuracy": run.Result.TestAccuracy, "test_loss": run.Result.TestLoss,
	} {
		r.Set(key, v)
	}
	for key, v := range m.Values {
		r.Set(key, v)
	}
	return r
}

// Records returns the runs of the study that are there, in the order of the plan.
func (s *Study) Records() ([]analysis.Record, error) {
	var out []analysis.Record
	for _, spec := range s.specs {
		dir := filepath.Join(s.dir, runsDir, spec.Name())
		run, err := experiment.LoadRecord(dir)
		if errors.Is(err, experiment.ErrAbsent) {
			continue
		} else if err != nil {
			return nil, err
		}
		m, err := s.readMeasures(dir)
		if err != nil {
			return nil, err
		}
		out = append(out, NewRecord(spec.Name(), run, m))
	}
	return out, nil
}

// LoadRecords reads the records of a study's folder, or of a folder of runs, without
// computing anything; runs without measures have none. Of a study of biology, or its
// evaluation, they are those that its verdicts rest on, where it has any: the folder may
// hold more (of further seeds, of another λ).
func LoadRecords(dir string) ([]analysis.Record, error) {
	dir = runsFolder(dir)
	named, verdicts, err := restsOn(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, runsDir)); err == nil {
		dir = filepath.Join(dir, runsDir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("study: want the folder of a study or of runs: %w", err)
	}
	var out []analysis.Record
	for _, e := range entries {
		if len(named) > 0 && !slices.Contains(named, e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		run, err := experiment.LoadRecord(path)
		if errors.Is(err, experiment.ErrAbsent) || !e.IsDir() || filepath.Ext(e.Name()) != "" {
			continue
		} else if err != nil {
			return nil, err
		}
		m, err := measuresOf(path)
		if err != nil {
			return nil, err
		}
		out = append(out, NewRecord(e.Name(), run, m))
	}
	if len(named) > 0 && len(out) != len(named) {
		return nil, fmt.Errorf("study: %s: the verdicts rest on %d runs, %d of them are there: run study biology again", verdicts, len(named), len(out))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("study: %s holds no runs", dir)
	}
	return out, nil
}

// restsOn returns the runs that the verdicts of a study of biology rest on, and the file
// that names them, where dir is the folder of its evaluation; none elsewhere, before there
// are verdicts, or where they were written before they named their runs.
func restsOn(dir string) (runs []string, path string, err error) {
	whole, err := filepath.Abs(dir)
	if err != nil || filepath.Base(whole) != evaluation {
		return nil, "", err
	}
	path = filepath.Join(filepath.Dir(whole), verdictsFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, path, nil
	} else if err != nil {
		return nil, path, fmt.Errorf("study: %w", err)
	}
	var r struct {
		Runs []string `json:"runs"`
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, path, fmt.Errorf("study: %s: %w; study biology writes it again", path, err)
	}
	return r.Runs, path, nil
}

// measuresOf reads the measures of a run, whatever the settings; a run without has none.
func measuresOf(dir string) (analysis.Measures, error) {
	var m measuresJSON
	text, err := os.ReadFile(filepath.Join(dir, measuresFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m.Measures, nil
	} else if err != nil {
		return m.Measures, fmt.Errorf("study: %w", err)
	}
	if err := seal.Parse(text, &m); err != nil {
		return m.Measures, fmt.Errorf("study: %s: %w: %w", filepath.Join(dir, measuresFile), experiment.ErrDamaged, err)
	}
	return m.Measures, nil
}
