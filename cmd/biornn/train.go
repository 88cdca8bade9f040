package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/grid"
	"biornn/study"
	"biornn/sweep"
)

func (a *app) trainCommand() *cobra.Command {
	var f struct {
		preset, circuit, model, task, spec, out string
		seed                                    uint64
		epochs, threads                         int
		lambda                                  float64
		print                                   bool
		set                                     []string
	}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "train one network and keep it as a folder",
		Long: "Trains one network. The run is described by --model, --task, --preset and --seed, or\n" +
			"by a spec file as --print-spec writes it and every run's folder holds it.",
		Example: "  biornn train --model WD*C --task go-nogo --seed 3\n" +
			"  biornn train --model W --task go-nogo --print-spec > my.toml\n" +
			"  biornn train --spec my.toml",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := constraint.Preset(f.preset); err != nil {
				return asUsage(err)
			}
			c, err := loadCircuit(f.circuit, f.preset, 0)
			if err != nil {
				return err
			}
			var spec experiment.Spec
			if f.spec != "" {
				text, err := os.ReadFile(f.spec)
				if err != nil {
					return asUsage(err)
				}
				if spec, err = experiment.ParseSpec(text); err != nil {
					return asUsage(fmt.Errorf("%s: %w", f.spec, err))
				}
			} else if spec, err = experiment.New(f.preset, f.model, f.task, c, f.seed); err != nil {
				return asUsage(err)
			}
			if f.epochs > 0 {
				spec.Train.Epochs = f.epochs
			}
			if cmd.Flags().Changed("lambda") {
				spec.Constraint.Lambda = f.lambda
			}
			if spec, err = spec.With(f.set); err != nil {
				return asUsage(err)
			}
			if f.print {
				_, err := a.stdout.Write(spec.TOML())
				return err
			}
			plan := &grid.Plan{Runs: []grid.Run{{Spec: spec}}, Circuits: []*circuit.Circuit{c}}
			if err := study.CheckPlan(plan); err != nil {
				return err
			}
			for _, doubt := range study.IdleControls(plan) {
				fmt.Fprintln(a.stderr, "doubt: "+wrap(doubt, 7))
			}
			return a.trainOne(cmd.Context(), spec, func(ctx context.Context, step func()) (*experiment.Run, error) {
				return experiment.Execute(ctx, spec, c, experiment.Options{
					Threads: f.threads, Progress: func(int) { step() },
					Checkpoint: filepath.Join(f.out, spec.Name()) + study.CheckpointSuffix, CheckpointEvery: time.Minute,
				})
			}, f.out)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.preset, "preset", "corrected", "corrected, or paper")
	flags.StringVar(&f.circuit, "circuit", "", "circuit file or field folder (default: embedded synthetic circuit)")
	flags.StringVar(&f.model, "model", "w-dreal-c", "model, by slug or symbol")
	flags.StringVar(&f.task, "task", "one-step-inference", "task")
	flags.Uint64Var(&f.seed, "seed", 1, "names every random stream of the run")
	flags.IntVar(&f.epochs, "epochs", 0, "epochs of training (default: 10)")
	flags.Float64Var(&f.lambda, "lambda", 0, "strength of the penalty (default: as in the preset)")
	flags.StringVar(&f.spec, "spec", "", "spec file in place of model, task, preset and seed")
	flags.StringArrayVar(&f.set, "set", nil, "set any key of the spec, such as constraint.mask=synapses; may be repeated")
	flags.BoolVar(&f.print, "print-spec", false, "print the spec and do nothing")
	flags.IntVar(&f.threads, "threads", runtime.GOMAXPROCS(0), "threads that share the run; they change no bit of it")
	flags.StringVar(&f.out, "out", filepath.Join("biornn-out", "runs"), "folder in which the run's folder is made")
	return cmd
}

// trainOne computes one run, unless it is there, keeps it and prints what came out.
func (a *app) trainOne(ctx context.Context, spec experiment.Spec, execute func(context.Context, func()) (*experiment.Run, error), out string) error {
	dir := filepath.Join(out, spec.Name())
	job := sweep.Job{
		Name: spec.Name(), Size: spec.Train.Updates(),
		Done: func() bool { return exists(dir) },
		Do: func(ctx context.Context, step func()) error {
			begun := time.Now()
			run, err := execute(ctx, step)
			if err != nil {
				return err
			}
			run.Machine = experiment.ThisMachine(time.Since(begun))
			_, err = run.Save(out)
			return err
		},
	}
	if err := sweep.Run(ctx, []sweep.Job{job}, 1, a.newProgress("run").show); err != nil {
		return err
	}
	run, err := experiment.Load(dir)
	if err != nil {
		return err
	}
	m, err := study.Measure(run, nil, study.DefaultConfig().Analysis)
	if err != nil {
		return err
	}
	record := study.NewRecord(spec.Name(), run, m)
	if a.json {
		return a.printJSON("run", map[string]any{"folder": dir, "record": record})
	}
	if run.Diverged() {
		fmt.Fprintf(a.stdout, "diverged at update %d: %s\n", run.Result.Diverged.Update, run.Result.Diverged.Cause)
	} else {
		last := run.FinalEpoch()
		fmt.Fprintf(a.stdout, "accuracy: train %.3f, validation %.3f, test %.3f; loss %.4g, penalty %.4g\n",
			last.TrainAccuracy, last.ValAccuracy, run.Result.TestAccuracy, last.TrainLoss, last.Penalty)
		if _, ok := record.Values["modularity"]; ok {
			fmt.Fprintf(a.stdout, "structure: Q %.3f, σ %.3f, assortativity %.3f, entropy %.3f bits\n",
				record.Values["modularity"], record.Values["small_worldness"], record.Values["assortativity"], record.Values["entropy_bits"])
		}
	}
	for _, w := range record.Warnings {
		fmt.Fprintln(a.stdout, "warning:", w)
	}
	fmt.Fprintln(a.stdout, dir)
	return nil
}
