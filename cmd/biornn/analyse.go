package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/study"
)

// analysing is one call of analyse.
type analysing struct {
	cfg          analysis.Config
	circuit      *circuit.Circuit // of the runs; nil where it was not given
	full, epochs bool
	out          string
}

func (a *app) analyseCommand() *cobra.Command {
	var path string
	var definitions bool
	var function functionFlags
	call := analysing{cfg: analysis.DefaultConfig()}
	cmd := &cobra.Command{
		Use:   "analyse RUN|STUDY|CIRCUIT [...]",
		Short: "measure the structure of trained networks, or of a circuit's synapses",
		Long: "Measures the recurrent weights of runs, of all runs of a study, or the synapses of a\n" +
			"circuit: a circuit file, a recipe or the folder of an imaged field. A circuit gets every\n" +
			"measure; runs do with --full.",
		Example: "  biornn analyse biornn-out/runs/wbio-dreal-c_go-nogo_s1_0123456789ab --full\n" +
			"  biornn analyse circuit.npz --out circuit.csv\n" +
			"  biornn train --set train.keep_weights=1; biornn analyse RUN --epochs",
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if function.on && (call.full || call.epochs) {
				return usagef("--function is about units, --full and --epochs are about structure: want one of them a call")
			}
			if function.on {
				function.out = call.out
				return a.analyseFunction(args, path, definitions, call.cfg.Seed, function)
			}
			if definitions {
				return a.printDefinitions()
			}
			if len(args) == 0 {
				return usagef("want at least one folder of a run, a study or a circuit (or --definitions)")
			}
			if call.cfg.Resolution == 0 {
				return usagef("--resolution: want a number above 0, got 0")
			}
			if call.cfg.Resolution == 1 {
				call.cfg.Resolution = 0 // the default, as in every study
			}
			if err := call.cfg.Validate(); err != nil {
				return asUsage(err)
			}
			if call.out != "" && filepath.Ext(call.out) != ".csv" {
				return usagef("--out: want a name that ends with .csv, got %q", call.out)
			}
			if path != "" {
				var err error
				if call.circuit, err = readCircuit(path, "corrected", 0); err != nil {
					return err
				}
			}
			return a.analyse(call, args)
		},
	}
	f := cmd.Flags()
	f.StringVar(&path, "circuit", "", "circuit of the runs, for the measures that need distances")
	f.BoolVar(&definitions, "definitions", false, "list the measures and what they are")
	f.BoolVar(&call.full, "full", false, "all measures: paths, clustering, triads, cores, wiring and its nulls")
	f.BoolVar(&call.epochs, "epochs", false, "all measures after every epoch whose weights were kept (train.keep_weights)")
	f.StringVar(&call.out, "out", "", "table to write (.csv), with --epochs a figure (.svg) beside it; with --function a folder for tables and figures")
	f.Float64Var(&call.cfg.Quantile, "quantile", call.cfg.Quantile, "weights above this quantile of |W| are links")
	f.IntVar(&call.cfg.Nulls, "nulls", call.cfg.Nulls, "published null networks")
	f.IntVar(&call.cfg.MatchedNulls, "matched-nulls", call.cfg.MatchedNulls, "null networks of equal density, and of equal degrees")
	f.Float64Var(&call.cfg.Resolution, "resolution", 1, "γ of every optimised Q: more and smaller communities as it grows")
	function.add(f)
	f.Uint64Var(&call.cfg.Seed, "seed", call.cfg.Seed, "seed of the nulls")
	return cmd
}

// analyse measures what the arguments name; one that fails does not keep the others back.
func (a *app) analyse(call analysing, args []string) error {
	var all []measured
	var failed error
	for _, path := range args {
		folders, err := runsIn(path)
		if err != nil {
			return err
		}
		if folders == nil {
			m, err := a.analyseCircuit(path, call)
			all, failed = append(all, m...), errors.Join(failed, err)
		}
		for _, dir := range folders {
			m, err := a.analyseRun(dir, call)
			all, failed = append(all, m...), errors.Join(failed, err)
		}
	}
	if call.out == "" || len(all) == 0 {
		return failed
	}
	return errors.Join(failed, a.writeMeasured(all, call))
}

func (a *app) analyseCircuit(path string, call analysing) ([]measured, error) {
	if call.epochs {
		return nil, usagef("%s is a circuit: --epochs is for runs", path)
	}
	c, err := readCircuit(path, "corrected", 0)
	if err != nil {
		return nil, err
	}
	values, err := study.MeasureCircuit(c, call.cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	m := measured{path: path, Name: c.Name, Full: true, Measures: values}
	return []measured{m}, a.printMeasured("circuit", fmt.Sprintf("%s: synapses of %s, %d neurons", path, c.Name, c.N()), m)
}

func (a *app) analyseRun(dir string, call analysing) ([]measured, error) {
	run, err := experiment.Load(dir)
	if err != nil {
		return nil, err
	}
	c, full := call.circuit, call.full || call.epochs
	if c == nil && full {
		if c, err = circuitOfRun(dir, run.Spec); err != nil {
			return nil, err
		}
	}
	if c != nil && run.Spec.Network.Units == 0 && c.N() != run.Network.Neurons {
		return nil, asUsage(fmt.Errorf("%s: want a circuit of %d neurons, got %s with %d", dir, run.Network.Neurons, c.Name, c.N()))
	}
	if call.epochs {
		return a.analyseEpochs(dir, run, c, call.cfg)
	}
	measure := study.Measure
	if full {
		measure = study.MeasureFull
	}
	values, err := measure(run, c, call.cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if doubt := otherCircuit(run, c); doubt != "" {
		values.Warnings = append(values.Warnings, doubt)
	}
	m := measuredRun(dir, run, values)
	m.Full = full
	if a.json {
		return []measured{m}, a.printJSON("run", study.NewRecord(run.Spec.Name(), run, values))
	}
	return []measured{m}, a.printMeasured("run", fmt.Sprintf("%s: %s on %s, seed %d", dir, m.Model, m.Task, m.Seed), m)
}

// otherCircuit says that a run was trained on another circuit, "" where it was not.
func otherCircuit(run *experiment.Run, c *circuit.Circuit) string {
	if c == nil || run.Spec.CircuitHash == c.Hash() {
		return ""
	}
	return fmt.Sprintf("the run was trained on the circuit %s (%.12s), not on %s (%.12s), whose positions and synapses are used here", run.Spec.Circuit, run.Spec.CircuitHash, c.Name, c.Hash())
}

// circuitOfRun finds the circuit of a run that was not given: that of its study, or the
// embedded one if it is that; else nil.
func circuitOfRun(dir string, spec experiment.Spec) (*circuit.Circuit, error) {
	c, err := study.CircuitOf(dir, spec)
	if c != nil || err != nil {
		return c, err
	}
	if c, err = loadCircuit("", spec.Preset, 0); err != nil || c.Hash() != spec.CircuitHash {
		return nil, err
	}
	return c, nil
}

func (a *app) analyseEpochs(dir string, run *experiment.Run, c *circuit.Circuit, cfg analysis.Config) ([]measured, error) {
	epochs, err := study.MeasureEpochs(run, c, cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	var out []measured
	for _, e := range epochs {
		m := measuredRun(dir, run, e.Measures)
		m.Values, m.Epoch, m.Full = e.Values, &e.Epoch, true
		out = append(out, m)
	}
	return out, a.printEpochs(dir, out)
}
