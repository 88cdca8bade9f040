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

func (a *app) reproduceCommand() *cobra.Command {
	var f struct {
		preset, circuit, out, published, sign string
		models, tasks                         []string
		seeds, epochs, workers, neurons       int
		lambda                                float64
	}
	cmd := &cobra.Command{
		Use:   "reproduce",
		Short: "train and compare the published models on one circuit",
		Long: "Trains the models of the abstract on the three tasks, measures their structure and\n" +
			"writes a report with figures, tables and every run. Without --circuit it uses the\n" +
			"embedded synthetic circuit. The same command on the same folder goes on where it\n" +
			"was interrupted.",
		Example: "  biornn reproduce\n" +
			"  biornn reproduce --circuit data/microns_fields/6_6_2 \\\n" +
			"      --preset paper --models all --seeds 20",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			models, tasks, err := study.Resolve(f.models, f.tasks)
			if err != nil {
				return asUsage(err)
			}
			if len(models) == 0 || len(tasks) == 0 {
				return usagef("want at least one model and one task")
			}
			cfg := study.DefaultConfig()
			cfg.Preset, cfg.Models, cfg.Tasks, cfg.Seeds, cfg.Epochs, cfg.Sign = f.preset, models, tasks, f.seeds, f.epochs, f.sign
			if cmd.Flags().Changed("lambda") {
				cfg.Lambda = &f.lambda
			}
			if err := cfg.Validate(); err != nil {
				return asUsage(err)
			}
			if f.workers < 0 {
				return usagef("--workers: want 0 (one a core) or more, got %d", f.workers)
			}
			c, err := loadCircuit(f.circuit, f.preset, f.neurons)
			if err != nil {
				return err
			}
			if f.out == "" {
				f.out = filepath.Join("biornn-out", fmt.Sprintf("%s-%s", c.Name, f.preset))
			}
			s, err := study.Open(cfg, c, f.out)
			if err != nil {
				return err
			}
			return a.runStudy(cmd.Context(), s, f.workers, f.published)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.preset, "preset", "corrected", "corrected, or paper: exactly what was published, flaws included")
	flags.StringVar(&f.circuit, "circuit", "", "circuit file (.npz) or folder of an imaged field (default: embedded synthetic circuit)")
	flags.IntVar(&f.neurons, "neurons", 0, "neurons of the synthetic circuit (default 100)")
	flags.StringSliceVar(&f.models, "models", []string{"abstract"}, "models by slug or symbol; abstract: the six; all: the eleven that were published")
	flags.StringSliceVar(&f.tasks, "tasks", []string{"all"}, "tasks by name; all: the three of the paper")
	flags.IntVar(&f.seeds, "seeds", 3, "runs per model and task")
	flags.IntVar(&f.epochs, "epochs", 0, "epochs of training (default: as published, 10)")
	flags.Float64Var(&f.lambda, "lambda", 0, "strength of the penalty (default: as in the preset)")
	flags.StringVar(&f.sign, "sign", "", "free, or nonnegative: recurrent weights clipped at 0 after every update")
	flags.StringVar(&f.out, "out", "", "folder of the results (default biornn-out/CIRCUIT-PRESET)")
	flags.StringVar(&f.published, "published", "", "table of published results to compare with at the end (JSON; default for field 6_6_2 in the preset paper: its own)")
	flags.IntVar(&f.workers, "workers", 0, "runs at the same time (default: one a core)")
	return cmd
}

// runStudy computes what is missing, then writes and prints the results. An
// interrupted study prints what its finished runs say.
func (a *app) runStudy(ctx context.Context, s *study.Study, workers int, published string) error {
	a.tell(s.Describe())
	runErr := s.Run(ctx, workers, a.newProgress("runs").show)
	if errors.Is(runErr, context.Canceled) {
		return runErr
	}
	results, err := s.Finish(published, a.commandLine())
	if err != nil {
		return errors.Join(runErr, err)
	}
	if err := a.printResults(results); err != nil {
		return errors.Join(runErr, err)
	}
	return runErr
}

// commandLine returns the call as typed, for the manifest.
func (a *app) commandLine() string {
	words := []string{"biornn"}
	for _, w := range a.args {
		if strings.ContainsAny(w, " \t\n'\"*!$\\") {
			w = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}
