package study

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
)

// MeasureFull computes every measure of a run's recurrent weights (see analysis.Full). A
// diverged run has none, which is a warning. c may be nil: then there are no positions.
func MeasureFull(run *experiment.Run, c *circuit.Circuit, cfg analysis.Config) (analysis.Measures, error) {
	if run.Diverged() {
		return Measure(run, c, cfg)
	}
	if run.Spec.Network.Units != 0 {
		c = nil // its units are not the circuit's neurons
	}
	w, n := run.Weights64(), run.Network.Neurons
	m, err := analysis.Full(w, n, positionsOf(c), cfg)
	if err != nil || c == nil || c.Synapses == nil {
		return m, err
	}
	return m, m.AddGenerative(w, n, c.Synapses, c.Positions())
}

func positionsOf(c *circuit.Circuit) [][3]float64 {
	if c == nil {
		return nil
	}
	return c.Positions()
}

// MeasureCircuit computes every measure of a circuit's own graph of synapses, the weights
// being their numbers.
func MeasureCircuit(c *circuit.Circuit, cfg analysis.Config) (analysis.Measures, error) {
	if c.Synapses == nil {
		return analysis.Measures{}, fmt.Errorf("study: circuit %s has no synapses", c.Name)
	}
	return analysis.Full(c.Synapses.Matrix(), c.N(), c.Positions(), cfg)
}

// EpochMeasures are those of a run after an epoch.
type EpochMeasures struct {
	Epoch int `json:"epoch"` // 0: before training
	analysis.Measures
}

// MeasureEpochs computes every measure after each epoch whose weights a run has kept (see
// train.Config.KeepWeights), and after its last one; validation accuracy and loss stand
// among the values. A run that has kept none is an error.
func MeasureEpochs(run *experiment.Run, c *circuit.Circuit, cfg analysis.Config) ([]EpochMeasures, error) {
	kept := run.Result.Kept
	if len(kept) == 0 {
		return nil, errors.New("study: the run keeps no weights but the last: train it with --set train.keep_weights=1")
	}
	var out []EpochMeasures
	add := func(epoch int, one *experiment.Run) error {
		m, err := MeasureFull(one, c, cfg)
		if err != nil {
			return fmt.Errorf("study: epoch %d: %w", epoch, err)
		}
		for _, e := range run.Result.Curve {
			if e.Epoch == epoch {
				m.Values["val_accuracy"], m.Values["val_loss"] = e.ValAccuracy, e.ValLoss
			}
		}
		out = append(out, EpochMeasures{epoch, m})
		return nil
	}
	for _, k := range kept {
		if err := add(k.Epoch, &experiment.Run{Spec: run.Spec, Network: k.Network}); err != nil {
			return nil, err
		}
	}
	if last := run.FinalEpoch().Epoch; !run.Diverged() && last > kept[len(kept)-1].Epoch {
		return out, add(last, run)
	}
	return out, nil
}

// RunFolders lists the folders of runs in a study's folder, or in a folder of runs.
func RunFolders(dir string) ([]string, error) {
	dir = runsFolder(dir)
	if _, err := os.Stat(filepath.Join(dir, runsDir)); err == nil {
		dir = filepath.Join(dir, runsDir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("study: %w", err)
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := os.Stat(filepath.Join(path, "result.json")); err == nil && filepath.Ext(e.Name()) == "" {
			out = append(out, path)
		}
	}
	return out, nil
}

// CircuitOf returns the circuit of a run that lies in a study's folder, nil where there is
// none or it is another.
func CircuitOf(dir string, spec experiment.Spec) (*circuit.Circuit, error) {
	path := filepath.Join(filepath.Dir(filepath.Dir(filepath.Clean(dir))), circuitFile)
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	c, err := circuit.Read(path)
	if err != nil || c.Hash() != spec.CircuitHash {
		return nil, err
	}
	return c, nil
}
