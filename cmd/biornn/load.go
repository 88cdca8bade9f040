package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"biornn/circuit"
	"biornn/functional"
	"biornn/microns"
	"biornn/recipe"
)

// loadCircuit finds the circuit that a user means: "" is the embedded synthetic one,
// a folder is a field of the authors, a .toml file a recipe, another file a circuit file. Missing functional
// matrices are computed from event times where there are any.
func loadCircuit(path, preset string, neurons int) (*circuit.Circuit, error) {
	c, err := readCircuit(path, preset, neurons)
	if err != nil {
		return nil, err
	}
	if c.Events == nil || (c.Correlation != nil && c.STTC != nil) {
		return c, nil
	}
	return functional.Fill(c, functional.DefaultConfig(preset))
}

// loadField reads a field folder. In the corrected preset its matrices are computed
// anew where it has event times: the released STTC has the biased window.
func loadField(dir, preset string) (*circuit.Circuit, error) {
	if preset == "paper" {
		return microns.LoadField(dir, microns.Paper)
	}
	c, err := microns.LoadField(dir, microns.Corrected)
	if err != nil || c.Events == nil {
		return c, err
	}
	cfg := functional.DefaultConfig(preset)
	cfg.Replace = true
	return functional.Fill(c, cfg)
}

func readCircuit(path, preset string, neurons int) (*circuit.Circuit, error) {
	if path == "" {
		cfg := circuit.DefaultSyntheticConfig()
		if neurons != 0 {
			cfg.Neurons = neurons
		}
		if err := cfg.Validate(); err != nil {
			return nil, asUsage(err)
		}
		return circuit.Synthetic(cfg)
	}
	if neurons != 0 {
		return nil, usagef("--neurons is for the synthetic circuit, --circuit names another: leave one of them out")
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, asUsage(fmt.Errorf("circuit: %s does not exist: want a circuit file (%s), a recipe (.toml) or the folder of an imaged field", path, circuit.Extension))
	} else if err != nil {
		return nil, err
	}
	if strings.HasSuffix(path, ".toml") {
		r, err := recipe.Read(path, "")
		if err != nil {
			return nil, asUsage(err)
		}
		return r.Build()
	}
	if !info.IsDir() {
		return circuit.Read(path)
	}
	if own := filepath.Join(path, "circuit.npz"); exists(own) {
		return circuit.Read(own)
	}
	return loadField(path, preset)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
