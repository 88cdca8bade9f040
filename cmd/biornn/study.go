package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"biornn/study"
)

func (a *app) studyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "study",
		Short: "describe studies; ask what the biology is worth",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.studyInitCommand(), a.studyCheckCommand(), a.studySchemaCommand(), a.studyBiologyCommand(), a.studyWorldsCommand())
	return cmd
}

func (a *app) studyWorldsCommand() *cobra.Command {
	var repetitions, seeds, workers int
	var out string
	cmd := &cobra.Command{
		Use:   "worlds",
		Short: "count wrong verdicts in synthetic worlds whose truth is known",
		Long: "Makes small studies of biology in three synthetic worlds: one where who is connected\n" +
			"to whom helps, one where only self-loops do, one where nothing does. What verdicts\n" +
			"they reach tells how far those on real circuits can be trusted.",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if repetitions < 1 || seeds < 0 {
				return usagef("--repetitions and --seeds: want at least 1 and 0, got %d and %d", repetitions, seeds)
			}
			rates, err := study.RunWorlds(cmd.Context(), repetitions, seeds, workers, out, func(line string) { fmt.Fprintln(a.stderr, line) })
			if err != nil {
				return err
			}
			for _, r := range rates {
				if a.json {
					if err := a.printJSON("world", r); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(a.stdout, "%-12s %s  wrong %d of %d", r.World, r.Claim, r.Wrong, repetitions)
				for _, v := range []string{"supported", "not supported", "undecided"} {
					fmt.Fprintf(a.stdout, ", %s %d", v, r.Count[v])
				}
				fmt.Fprintln(a.stdout)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&repetitions, "repetitions", 20, "circuits of each world")
	f.IntVar(&seeds, "seeds", 0, "runs per model and task (default 30)")
	f.IntVar(&workers, "workers", 0, "runs at the same time (default: one a core)")
	f.StringVar(&out, "out", filepath.Join("biornn-out", "worlds"), "folder of the studies")
	return cmd
}

func (a *app) studyBiologyCommand() *cobra.Command {
	var f struct {
		preset, circuit, out  string
		models, tasks         []string
		lambdas               []float64
		seeds, tuning, epochs int
		workers, neurons      int
	}
	cmd := &cobra.Command{
		Use:   "biology",
		Short: "judge each claim on biology with the control that decides it",
		Long: "Trains the six models of the abstract and the controls that each claim needs, every\n" +
			"model on every task with the penalty that is best for it on validation data, and\n" +
			"writes verdicts: supported, not supported or undecided, with effects and intervals.\n" +
			"The rules stand in docs/verdicts.md. The same command on the same folder goes on\n" +
			"where it was interrupted.",
		Example: "  biornn study biology --circuit microns_fields/6_6_2 --seeds 20\n" +
			"  biornn study biology --circuit microns_fields/6_6_2 --preset paper",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg := study.DefaultBiology(f.preset)
			models, tasks, err := study.Resolve(f.models, f.tasks)
			if err != nil {
				return asUsage(err)
			}
			if len(models) > 0 {
				cfg.Models = models
			}
			cfg.Tasks, cfg.Seeds, cfg.TuningSeeds, cfg.Epochs = tasks, f.seeds, f.tuning, f.epochs
			if len(f.lambdas) > 0 {
				cfg.Lambdas = f.lambdas
			}
			c, err := loadCircuit(f.circuit, f.preset, f.neurons)
			if err != nil {
				return err
			}
			if f.out == "" {
				f.out = filepath.Join("biornn-out", fmt.Sprintf("biology-%s-%s", c.Name, f.preset))
			}
			b, err := study.OpenBiology(cfg, c, f.out)
			if err != nil {
				return asUsage(err)
			}
			return a.runBiology(cmd.Context(), b, f.workers)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.preset, "preset", "corrected", "corrected, or paper: exactly what was published, with the published λ for all")
	flags.StringVar(&f.circuit, "circuit", "", "circuit file, recipe or folder of an imaged field (default: embedded synthetic circuit)")
	flags.IntVar(&f.neurons, "neurons", 0, "neurons of the synthetic circuit (default 100)")
	flags.StringSliceVar(&f.models, "models", nil, "models with controls in place of those that the claims need, as in 'W*D*C+shuffled'")
	flags.StringSliceVar(&f.tasks, "tasks", []string{"all"}, "tasks by name; all: the three of the paper")
	flags.IntVar(&f.seeds, "seeds", 10, "runs per model and task")
	flags.IntVar(&f.tuning, "tuning-seeds", 2, "runs per model, task and λ for the choice of λ")
	flags.Float64SliceVar(&f.lambdas, "lambdas", nil, "λ to choose from (default: five from 0.0003 to 0.03; preset paper: 0.3)")
	flags.IntVar(&f.epochs, "epochs", 0, "epochs of training (default: as published, 10)")
	flags.StringVar(&f.out, "out", "", "folder of the results (default biornn-out/biology-CIRCUIT-PRESET)")
	flags.IntVar(&f.workers, "workers", 0, "runs at the same time (default: one a core)")
	return cmd
}

func (a *app) runBiology(ctx context.Context, b *study.Biology, workers int) error {
	runErr := b.Run(ctx, workers, func(stage string) { fmt.Fprintln(a.stderr, stage) }, a.newProgress("runs").show)
	if errors.Is(runErr, context.Canceled) {
		return runErr
	}
	r, err := b.Finish(a.commandLine())
	if err != nil {
		return errors.Join(runErr, err)
	}
	if a.json {
		return errors.Join(runErr, a.printJSON("verdicts", r))
	}
	for _, v := range r.Verdicts {
		fmt.Fprintf(a.stdout, "%s  %-14s %s\n", v.ID, strings.ToUpper(v.Verdict), v.Statement)
		fmt.Fprintln(a.stdout, "      "+wrap(v.Reason, 6))
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(a.stdout, "doubt: "+wrap(w, 7))
	}
	fmt.Fprintf(a.stdout, "\n%s\n%s\n", filepath.Join(r.Dir, "verdicts.md"), filepath.Join(r.Evaluation.Dir, "report.html"))
	return runErr
}
