package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/study"
)

func (a *app) analyseCommand() *cobra.Command {
	var path string
	var definitions bool
	cfg := analysis.DefaultConfig()
	cmd := &cobra.Command{
		Use:   "analyse RUN [RUN ...]",
		Short: "measure the structure of trained networks",
		Args:  cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if definitions {
				return a.printDefinitions()
			}
			if len(args) == 0 {
				return usagef("want at least one folder of a run (or --definitions)")
			}
			if err := cfg.Validate(); err != nil {
				return asUsage(err)
			}
			var c *circuit.Circuit
			if path != "" {
				var err error
				if c, err = readCircuit(path, "corrected", 0); err != nil {
					return err
				}
			}
			var failed error
			for _, dir := range args {
				if err := a.analyseOne(dir, c, cfg); err != nil {
					failed = errors.Join(failed, err)
				}
			}
			return failed
		},
	}
	f := cmd.Flags()
	f.StringVar(&path, "circuit", "", "circuit of the runs, for the measures that need distances")
	f.BoolVar(&definitions, "definitions", false, "list the measures and what they are")
	f.Float64Var(&cfg.Quantile, "quantile", cfg.Quantile, "weights above this quantile of |W| are links")
	f.IntVar(&cfg.Nulls, "nulls", cfg.Nulls, "published null networks")
	f.IntVar(&cfg.MatchedNulls, "matched-nulls", cfg.MatchedNulls, "null networks of equal density, and of equal degrees")
	f.Uint64Var(&cfg.Seed, "seed", cfg.Seed, "seed of the nulls")
	return cmd
}

func (a *app) analyseOne(dir string, c *circuit.Circuit, cfg analysis.Config) error {
	run, err := experiment.Load(dir)
	if err != nil {
		return err
	}
	if c != nil && run.Spec.Network.Units == 0 && c.N() != run.Network.Neurons {
		return asUsage(fmt.Errorf("%s: want a circuit of %d neurons, got %s with %d", dir, run.Network.Neurons, c.Name, c.N()))
	}
	m, err := study.Measure(run, c, cfg)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	record := study.NewRecord(run.Spec.Name(), run, m)
	if a.json {
		return a.printJSON("run", record)
	}
	fmt.Fprintf(a.stdout, "%s: %s on %s, seed %d\n", dir, record.Model, record.Task, record.Seed)
	for _, d := range analysis.Definitions() {
		if v, ok := record.Values[d.Key]; ok {
			fmt.Fprintf(a.stdout, "  %-24s %10.5g %s\n", d.Key, v, d.Unit)
		}
	}
	for _, w := range record.Warnings {
		fmt.Fprintln(a.stdout, "  warning:", w)
	}
	return nil
}
