package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/internal/suggest"
	"biornn/study"
)

// biologyFlags are those of study biology.
type biologyFlags struct {
	preset, out, choice     string
	circuits, models, tasks []string
	more                    []string
	lambdas                 []float64
	seeds, tuning, epochs   int
	workers, neurons        int
}

func (a *app) studyBiologyCommand() *cobra.Command {
	var f biologyFlags
	cmd := &cobra.Command{
		Use:   "biology",
		Short: "judge each claim on biology with the control that decides it",
		Long: "Trains the six models of the abstract and the controls that each claim needs (all\n" +
			"eleven with --models all; more with --add-models; a list of names in --models alone\n" +
			"leaves claims undecided whose controls it has not), every\n" +
			"model on every task with the penalty that is best for it on validation data, and\n" +
			"writes verdicts: supported, not supported or undecided, with effects and intervals.\n" +
			"The rules stand in docs/verdicts.md. With several circuits each has its own study, and\n" +
			"what they say together is written too. The same command on the same folder goes on\n" +
			"where it was interrupted.",
		Example: "  biornn study biology --circuit microns_fields/6_6_2 --seeds 20\n" +
			"  biornn study biology --circuit microns_fields/6_6_2 \\\n" +
			"      --add-models 'W*D*C+gru,WD*C+gru'\n" +
			"  biornn study biology --circuit microns_fields/6_6_2 --preset both\n" +
			"  biornn study biology --circuit microns_fields/4_7_2 \\\n" +
			"      --circuit microns_fields/8_5_8 --out fields",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.biology(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.preset, "preset", "corrected", "corrected; paper: exactly what was published, with the published λ for all; or both")
	flags.StringSliceVar(&f.circuits, "circuit", nil, "circuit file, recipe or folder of an imaged field; several: one study each (default: embedded synthetic circuit)")
	flags.IntVar(&f.neurons, "neurons", 0, "neurons of the synthetic circuit (default 100)")
	flags.StringSliceVar(&f.models, "models", nil, "these models with controls and no others, as in 'W*D*C+shuffled'; abstract or all: the six or the eleven, with all that the claims need (default: abstract)")
	flags.StringSliceVar(&f.more, "add-models", nil, "models with controls beside those that the claims need")
	flags.StringSliceVar(&f.tasks, "tasks", []string{"all"}, "tasks by name; all: the three of the paper")
	flags.IntVar(&f.seeds, "seeds", 10, "runs per model and task")
	flags.IntVar(&f.tuning, "tuning-seeds", 2, "runs per model, task and λ for the choice of λ")
	flags.Float64SliceVar(&f.lambdas, "lambdas", nil, "λ to choose from, or one for all (default: five from 0.0003 to 0.03; preset paper: 0.3)")
	flags.StringVar(&f.choice, "choice", "grid", "of λ: grid, all with all tuning seeds; or halving, the better half with each further one")
	flags.IntVar(&f.epochs, "epochs", 0, "epochs of training (default: as published, 10)")
	flags.StringVar(&f.out, "out", "", "folder of the results (default biornn-out/biology-CIRCUIT-PRESET); with several studies a folder in it for each")
	flags.IntVar(&f.workers, "workers", 0, "runs at the same time (default: one a core)")
	return cmd
}

// biology makes a study for every preset and circuit, and joins those of one preset.
func (a *app) biology(ctx context.Context, f biologyFlags) error {
	presets, circuits := []string{f.preset}, f.circuits
	if f.preset == "both" {
		presets = []string{"corrected", "paper"}
	}
	if len(circuits) == 0 {
		circuits = []string{""}
	}
	if f.workers < 0 {
		return usagef("--workers: want 0 (one a core) or more, got %d", f.workers)
	}
	all, err := f.prepare(presets, circuits)
	if err != nil {
		return err
	}
	for _, one := range all {
		if err := a.runBiology(ctx, one.study, f); err != nil {
			return err
		}
	}
	for _, preset := range presets {
		var dirs []string
		for _, one := range all {
			if one.preset == preset {
				dirs = append(dirs, one.dir)
			}
		}
		if len(dirs) > 1 {
			if err := a.pool(dirs, filepath.Join(filepath.Dir(dirs[0]), "pooled-"+preset)); err != nil {
				return err
			}
		}
	}
	return nil
}

// preparedBiology is a study that is checked and opened.
type preparedBiology struct {
	preset, dir string
	study       *study.Biology
	cfg         study.BiologyConfig
	circuit     *circuit.Circuit
}

// prepare checks all studies before it opens any, so that one that cannot be computed is
// told of before hours of another.
func (f biologyFlags) prepare(presets, circuits []string) ([]preparedBiology, error) {
	var all []preparedBiology
	for _, preset := range presets {
		cfg, err := f.config(preset)
		if err != nil {
			return nil, err
		}
		for _, path := range circuits {
			c, err := loadCircuit(path, preset, f.neurons)
			if err != nil {
				return nil, err
			}
			if err := cfg.Check(c); err != nil {
				return nil, asUsage(err)
			}
			dir := f.out
			name := strings.TrimSuffix(c.Name, "-"+preset) + "-" + preset // that of an imaged field ends so already
			switch {
			case dir == "":
				dir = filepath.Join("biornn-out", "biology-"+name)
			case len(presets)*len(circuits) > 1:
				dir = filepath.Join(dir, name)
			}
			all = append(all, preparedBiology{preset: preset, dir: dir, cfg: cfg, circuit: c})
		}
	}
	for i, one := range all {
		var err error
		if all[i].study, err = study.OpenBiology(one.cfg, one.circuit, one.dir); err != nil {
			return nil, asUsage(err)
		}
	}
	return all, nil
}

func (f biologyFlags) config(preset string) (study.BiologyConfig, error) {
	if all := []string{"corrected", "paper"}; !slices.Contains(all, preset) {
		return study.BiologyConfig{}, usagef("--preset: want corrected, paper or both, got %q%s", preset, suggest.Near(preset, append(all, "both")))
	}
	cfg := study.DefaultBiology(preset)
	chosen := append(slices.Clone(f.models), f.more...)
	models, tasks, err := study.Resolve(chosen, f.tasks)
	if err != nil {
		return cfg, asUsage(err)
	}
	if len(f.models) > 0 && !slices.ContainsFunc(f.models, isGroup) {
		cfg.Models = nil // what was named and no more
	}
	for _, m := range models {
		if !slices.Contains(cfg.Models, m) {
			cfg.Models = append(cfg.Models, m)
		}
	}
	cfg.Tasks, cfg.Seeds, cfg.TuningSeeds, cfg.Epochs = tasks, f.seeds, f.tuning, f.epochs
	if len(f.lambdas) > 0 {
		cfg.Lambdas = f.lambdas
	}
	switch f.choice {
	case "grid":
	case study.Halving:
		cfg.Choice = study.Halving
	default:
		return cfg, usagef("--choice: want grid or %s, got %q%s", study.Halving, f.choice, suggest.Near(f.choice, []string{"grid", study.Halving}))
	}
	return cfg, nil
}

// isGroup reports whether a word stands for several models, with which their controls come.
func isGroup(word string) bool {
	return slices.Contains([]string{"abstract", "all"}, strings.ToLower(strings.TrimSpace(word)))
}

func (a *app) runBiology(ctx context.Context, b *study.Biology, f biologyFlags) error {
	if lacking := b.Lacking(); len(lacking) > 0 {
		fmt.Fprintln(a.stderr, "doubt: "+wrap("what was chosen cannot support some claims, for want of", 7))
		for _, l := range lacking {
			fmt.Fprintln(a.stderr, "       "+wrap(l, 11))
		}
		if len(f.models) > 0 {
			fmt.Fprintln(a.stderr, "       "+wrap("--add-models in place of --models trains yours beside all that the claims need", 7))
		}
	}
	for _, d := range b.Idle() {
		fmt.Fprintln(a.stderr, "doubt: "+wrap(d, 7))
	}
	p := a.newProgress("runs")
	runErr := b.Run(ctx, f.workers, func(stage string) { p.restart(); a.tell(stage) }, p.show)
	if errors.Is(runErr, context.Canceled) {
		return runErr
	}
	p.end()
	r, err := b.Finish(a.commandLine())
	if err != nil {
		return cmp.Or(runErr, err) // the second follows from the first
	}
	if a.json {
		return errors.Join(runErr, a.printJSON("verdicts", r))
	}
	for _, v := range r.Verdicts {
		fmt.Fprintf(a.stdout, "%s  %-14s %s\n", v.ID, strings.ToUpper(v.Verdict), wrap(v.Statement, 19))
		fmt.Fprintln(a.stdout, "      "+wrap(v.Reason, 6))
	}
	for i, w := range r.Warnings {
		if i == shownDoubts {
			fmt.Fprintf(a.stdout, "all %d doubts stand in verdicts.md\n", len(r.Warnings))
			break
		}
		fmt.Fprintln(a.stdout, "doubt: "+wrap(w, 7))
	}
	fmt.Fprintf(a.stdout, "\n%s\n%s\n", filepath.Join(r.Dir, "verdicts.md"), filepath.Join(r.Dir, "report.html"))
	return runErr
}

// shownDoubts is the number of doubts that are printed.
const shownDoubts = 6

func (a *app) studyPoolCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "pool DIR DIR…",
		Short: "join studies of biology on several circuits",
		Long: "Joins finished studies of biology in one preset, each on another circuit: every contrast\n" +
			"of every claim as a mixed model in which the difference varies from circuit to circuit.",
		Example: "  biornn study pool fields/microns-4_7_2-corrected fields/microns-8_5_8-corrected --out pooled",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usagef("study pool: want the folders of at least two studies of biology, got %d", len(args))
			}
			return a.pool(args, out)
		},
	}
	cmd.Flags().StringVar(&out, "out", filepath.Join("biornn-out", "pooled"), "folder of the results")
	return cmd
}

func (a *app) pool(dirs []string, out string) error {
	p, err := study.Pool(dirs)
	if err != nil {
		return err
	}
	if err := p.Write(out, a.commandLine()); err != nil {
		return err
	}
	if a.json {
		return a.printJSON("pooled", p)
	}
	fmt.Fprintf(a.stdout, "\nover %d circuits: %s\n", len(p.Circuits), filepath.Join(out, "pooled.md"))
	return nil
}
