package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"biornn/activity"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/report"
)

// functionFlags are those of biornn analyse --function.
type functionFlags struct {
	on  bool
	out string
	cfg activity.Config
}

func (f *functionFlags) add(flags *pflag.FlagSet) {
	f.cfg = activity.DefaultConfig()
	flags.BoolVar(&f.on, "function", false, "say what the units do instead: selectivity, decoding, fixed points, lesions, alignment")
	flags.IntVar(&f.cfg.Trials, "trials", f.cfg.Trials, "with --function: test trials that are recorded")
	flags.Float64Var(&f.cfg.Noise, "noise", f.cfg.Noise, "with --function: standard deviation of the noise on the inputs")
}

// analyseFunction examines the runs in the folders.
func (a *app) analyseFunction(dirs []string, path string, definitions bool, seed uint64, f functionFlags) error {
	if definitions {
		return a.printFunctionDefinitions()
	}
	if len(dirs) == 0 {
		return usagef("want at least one folder of a run (or --definitions)")
	}
	f.cfg.Seed = seed
	if err := f.cfg.Validate(); err != nil {
		return asUsage(err)
	}
	for _, dir := range dirs {
		run, err := experiment.Load(dir)
		if err != nil {
			return err
		}
		var c *circuit.Circuit
		if path != "" {
			c, err = loadCircuit(path, run.Spec.Preset, 0)
		} else {
			c, err = circuitOfRun(dir, run.Spec)
		}
		if err != nil {
			return err
		}
		r, err := activity.Analyse(run, c, f.cfg)
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		if doubt := otherCircuit(run, c); doubt != "" {
			r.Warnings = append(r.Warnings, doubt)
		}
		out := f.out
		if out != "" && len(dirs) > 1 {
			out = filepath.Join(out, r.Run)
		}
		if out != "" {
			if err := writeFunction(out, r); err != nil {
				return err
			}
		}
		if err := a.printFunction(dir, out, r); err != nil {
			return err
		}
	}
	return nil
}

// writeFunction writes tables and figures.
func writeFunction(out string, r *activity.Result) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	if err := r.WriteTables(out); err != nil {
		return err
	}
	return report.WriteFunction(out, r)
}

func (a *app) printFunction(dir, out string, r *activity.Result) error {
	if a.json {
		return a.printJSON("function", map[string]any{"run": r.Run, "model": r.Model, "task": r.Task, "seed": r.Seed,
			"config": r.Config, "variables": r.Variables, "values": r.Values, "warnings": r.Warnings, "folder": out})
	}
	fmt.Fprintln(a.stdout, wrap(fmt.Sprintf("%s: %s on %s, seed %d; %d units, %d test trials of %d steps, input noise %g",
		dir, r.Model, r.Task, r.Seed, r.Neurons, r.Config.Trials, r.Steps, r.Config.Noise), 2))
	for _, s := range r.Summary() {
		fmt.Fprintf(a.stdout, "\n%s\n", s.Title)
		for _, line := range s.Lines {
			fmt.Fprintln(a.stdout, "  "+line)
		}
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintln(a.stdout)
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(a.stdout, wrap("! "+w, 2))
	}
	if out != "" {
		fmt.Fprintf(a.stdout, "\ntables and figures: %s\n", strings.TrimSuffix(out, string(filepath.Separator)))
	}
	return nil
}

// printFunctionDefinitions lists what the values are.
func (a *app) printFunctionDefinitions() error {
	for _, d := range activity.Definitions() {
		if err := a.printDefinition(d, d.Key, d.Name, d.Unit, d.Text); err != nil {
			return err
		}
	}
	return nil
}
