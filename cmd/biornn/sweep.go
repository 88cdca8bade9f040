package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"biornn/engine"
	"biornn/grid"
	"biornn/study"
	"biornn/sweep"
)

func (a *app) sweepCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "run a study file, on any number of machines at once",
		Long: "Computes the runs of a study file in a folder that any number of processes share.\n" +
			"Nothing is lost when one of them dies, and each run has the same bits wherever it\n" +
			"ran. See docs/sweeps.md.\n\n" +
			"Exit codes: 0 all that could be done is done, 1 runs failed or damage was found, 2 the\n" +
			"call or the study file is wrong, 75 stopped by SIGTERM or SIGUSR1 (checkpoints are\n" +
			"written and runs given back: start again), 130 stopped by Ctrl-C (the same).",
		Example: "  biornn study init my.toml\n  biornn study check my.toml\n  biornn sweep run my.toml\n  biornn results my.toml --out runs.csv",
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.sweepRunCommand(), a.sweepSubmitCommand(), a.sweepCancelCommand(), a.sweepStatusCommand(), a.sweepExtendCommand(), a.sweepRetryCommand(), a.sweepVerifyCommand(), a.sweepGCCommand())
	return cmd
}

// readStudyFile reads the study file that a user named.
func readStudyFile(path string) (*grid.File, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hintError{usagef("study file: %s does not exist", path), "biornn study init " + path + " writes an example"}
	} else if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, usagef("study file: %s is a folder: want the study file", path)
	}
	f, err := grid.Read(path)
	return f, asUsage(err)
}

// sweepFolder returns the folder of results that a study file, or its folder, names.
func sweepFolder(path string) (string, error) {
	if exists(filepath.Join(path, "sweep.json")) {
		return path, nil
	}
	f, err := readStudyFile(path)
	if err != nil {
		return "", err
	}
	if !exists(filepath.Join(f.Folder, "sweep.json")) {
		return "", &hintError{fmt.Errorf("%s: nothing was run yet: there is no %s", path, filepath.Join(f.Folder, "sweep.json")), "biornn sweep run " + path + " begins it"}
	}
	return f.Folder, nil
}

// openSweep opens the sweep of a study file.
func openSweep(path string) (*grid.File, *study.Sweep, error) {
	f, err := readStudyFile(path)
	if err != nil {
		return nil, nil, err
	}
	s, err := study.OpenSweep(f, loadCircuit)
	return f, s, err
}

func (a *app) sweepRunCommand() *cobra.Command {
	var o study.RunOptions
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "compute what is missing",
		Long: "Computes the runs of a study file that are missing. May be started many times at\n" +
			"once, on any machines that share the folder. Ctrl-C writes checkpoints and stops, a\n" +
			"second one stops at once; started again it goes on, and each run ends with the same\n" +
			"bits as if it had never been stopped. When all runs are there, those that others\n" +
			"made are read and damaged ones set aside and computed again.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Workers < 0 || o.Lease < 0 || o.Checkpoint < 0 {
				return usagef("--workers, --lease and --checkpoint: want at least 0")
			}
			f, err := readStudyFile(args[0])
			if err != nil {
				return err
			}
			if err := a.withinBudget(cmd.Context(), f); err != nil {
				return err
			}
			s, err := study.OpenSweep(f, loadCircuit)
			if err != nil {
				return err
			}
			o.Label = engine.Here().String()
			return a.runSweep(cmd.Context(), s, args[0], o)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&o.Workers, "workers", 0, "runs at the same time (default: one a core)")
	flags.BoolVar(&o.Wait, "wait", false, "wait for runs that other processes have in work, and take them over if these die")
	flags.DurationVar(&o.Checkpoint, "checkpoint", 30*time.Second, "time between checkpoints of a run")
	flags.DurationVar(&o.Lease, "lease", sweep.DefaultLease, "how long this process may be silent before processes on other machines take its runs over")
	flags.BoolVar(&o.NoCheck, "no-check", false, "do not read the runs that others made when all are there")
	return cmd
}

// withinBudget refuses a new study that would cost more core-hours than its budget.
func (a *app) withinBudget(ctx context.Context, f *grid.File) error {
	if f.Budget.MaxCoreHours == 0 || exists(filepath.Join(f.Folder, "sweep.json")) {
		return nil
	}
	plan, err := f.Plan(loadCircuit)
	if err != nil {
		return asUsage(err)
	}
	fmt.Fprintln(a.stderr, "measuring what the runs cost, for the budget of core-hours")
	e, err := study.EstimateCost(ctx, plan, &study.Calibration{}, nil)
	if err != nil {
		return err
	}
	return overBudget(f, e)
}

func overBudget(f *grid.File, e study.Estimate) error {
	if most := f.Budget.MaxCoreHours; most > 0 && e.CoreHours > most {
		return usagef("%s: about %.3g core-hours are more than the budget of %g: take away values or raise budget.max_core_hours", f.Name, e.CoreHours, most)
	}
	return nil
}

// runSweep computes, shows how far it is and says what came out.
func (a *app) runSweep(ctx context.Context, s *study.Sweep, path string, o study.RunOptions) error {
	a.tell(s.Describe())
	t := a.newTable(s.Outcomes())
	o.Report = t.show
	o.Damaged = func(d study.Damage) {
		if a.json {
			_ = a.printJSON("damaged", d)
		}
		t.say(fmt.Sprintf("damaged: %s: %s; its files are kept aside, it is computed again", d.Run, d.Cause))
	}
	status, err := s.Run(ctx, o)
	t.end(status)
	if errors.Is(err, context.Canceled) {
		return err
	}
	if a.json {
		if err := a.printSweepSummary(s.Dir(), status); err != nil {
			return err
		}
	}
	if err != nil {
		var storage *sweep.StorageError
		if errors.As(err, &storage) {
			return err
		}
		return &hintError{fmt.Errorf("%d of %d runs failed:\n%w", status.Failed, status.Jobs, err), "biornn sweep retry " + path + " --failed makes them open again"}
	}
	if !a.json {
		a.sayWhatNext(s, path, status)
	}
	return nil
}

func (a *app) sayWhatNext(s *study.Sweep, path string, status sweep.Status) {
	left := status.Jobs - status.Done()
	if left > 0 {
		fmt.Fprintf(a.stdout, "%d runs are in work elsewhere; biornn sweep status %s shows them\n", left, path)
		return
	}
	fmt.Fprintf(a.stdout, "all %d runs are in %s; biornn results %s makes a table of them\n", status.Jobs, s.Dir(), path)
}

func (a *app) printSweepSummary(dir string, status sweep.Status) error {
	p, err := study.ReadProgress(dir)
	if err != nil {
		return err
	}
	for _, t := range p.Troubles {
		if err := a.printJSON("failed", t); err != nil {
			return err
		}
	}
	return a.printJSON("summary", map[string]any{"folder": dir, "runs": p.Runs, "done": p.Done, "failed": p.Failed, "diverged": p.Diverged,
		"left": p.Left, "made_here": status.Finished, "elapsed_s": status.Elapsed.Seconds(), "best": p.Best, "best_val_accuracy": p.BestAccuracy})
}

func (a *app) sweepExtendCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "extend FILE",
		Short: "add what the study file has more than its folder",
		Long: "Adds runs to a folder after more seeds, values, models, tasks or parts were written\n" +
			"into the study file. What is there stays; biornn sweep run computes what is new.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readStudyFile(args[0])
			if err != nil {
				return err
			}
			s, added, err := study.ExtendSweep(f, loadCircuit)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON("extended", map[string]any{"folder": s.Dir(), "added": added, "runs": len(s.Names())})
			}
			if added == 0 {
				fmt.Fprintf(a.stdout, "%s: the folder has all %d runs of the study file already\n", s.Dir(), len(s.Names()))
				return nil
			}
			fmt.Fprintf(a.stdout, "%s: %d runs more, %d in all; biornn sweep run %s computes them\n", s.Dir(), added, len(s.Names()), args[0])
			return nil
		},
	}
}

func (a *app) sweepRetryCommand() *cobra.Command {
	var failed bool
	cmd := &cobra.Command{
		Use:   "retry FILE --failed",
		Short: "make failed runs open again",
		Args:  exactly("a study file"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !failed {
				return usagef("sweep retry: want --failed: only runs that failed can be tried again")
			}
			dir, err := sweepFolder(args[0])
			if err != nil {
				return err
			}
			n, err := study.RetryFailed(dir)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON("retry", map[string]any{"folder": dir, "opened": n})
			}
			fmt.Fprintf(a.stdout, "%d failed runs are open again\n", n)
			return nil
		},
	}
	cmd.Flags().BoolVar(&failed, "failed", false, "the runs that failed")
	return cmd
}

func (a *app) sweepVerifyCommand() *cobra.Command {
	var workers int
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "read every file and compare it with its checksum",
		Long: "Reads all runs, checkpoints, circuits and descriptions of a study and reports what is\n" +
			"not as it was written. No run is changed: biornn sweep run sets damaged runs aside\n" +
			"and computes them again.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, s, err := openSweep(args[0])
			if err != nil {
				return err
			}
			v, err := s.Verify(cmd.Context(), workers)
			if err != nil {
				return err
			}
			for _, d := range v.Damaged {
				if a.json {
					err = errors.Join(err, a.printJSON("damaged", d))
				} else {
					fmt.Fprintf(a.stdout, "damaged: %s: %s\n", d.Run, d.Cause)
				}
			}
			if a.json {
				err = errors.Join(err, a.printJSON("verified", map[string]any{"runs": v.Runs, "missing": v.Missing, "damaged": len(v.Damaged)}))
			} else {
				fmt.Fprintf(a.stdout, "%d runs read, %d damaged, %d not there yet\n", v.Runs, len(v.Damaged), v.Missing)
			}
			if len(v.Damaged) > 0 {
				err = errors.Join(err, &hintError{fmt.Errorf("%d files or runs are damaged", len(v.Damaged)), "biornn sweep run " + args[0] + " sets them aside and computes them again"})
			}
			return err
		},
	}
	cmd.Flags().IntVar(&workers, "workers", 0, "runs read at the same time (default: one a core)")
	return cmd
}

func (a *app) sweepGCCommand() *cobra.Command {
	var damaged bool
	var watch time.Duration
	cmd := &cobra.Command{
		Use:   "gc FILE",
		Short: "remove what is needed no more",
		Long: "Removes claims of finished runs, processes that are gone, leftovers of writes (only if\n" +
			"nobody is at work) and checkpoints of finished runs. Damaged copies only with --damaged.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := sweepFolder(args[0])
			if err != nil {
				return err
			}
			c, err := study.Clean(cmd.Context(), dir, damaged, watch)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON("cleaned", c)
			}
			fmt.Fprintf(a.stdout, "removed %d finished claims, %d processes that are gone, %d leftovers of writes, %d checkpoints", c.Claims, c.Owners, c.Parts, c.Checkpoints)
			if damaged {
				fmt.Fprintf(a.stdout, ", %d damaged copies", c.Damaged)
			}
			fmt.Fprintln(a.stdout)
			if len(c.Alive) > 0 {
				fmt.Fprintf(a.stdout, "%d processes are, or may be, at work: leftovers of writes stay until they end; --watch %v tells which are gone\n", len(c.Alive), sweep.DefaultLease)
			}
			return nil
		},
	}
	cmd.Flags().DurationVar(&watch, "watch", 0, "watch processes of other machines for so long, at least the lease: those without a heartbeat are gone")
	cmd.Flags().BoolVar(&damaged, "damaged", false, "also the damaged copies that were set aside")
	return cmd
}

func (a *app) sweepStatusCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "status FILE",
		Short: "show how far a sweep is",
		Args:  exactly("a study file or its folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := sweepFolder(args[0])
			if err != nil {
				return err
			}
			return a.printStatus(cmd.Context(), dir)
		},
	}
}

// mostListed is the number of failures and processes that status names one by one.
const mostListed = 10

func (a *app) printProgress(p *study.Progress, cluster *clusterState) {
	fmt.Fprintf(a.stdout, "%s: %d of %d runs done, %d diverged, %d failed, %d running, %d waiting\n",
		p.Name, p.Done, p.Runs, p.Diverged, p.Failed, p.Running, p.Left-p.Running)
	if p.SecondsLeft > 0 {
		fmt.Fprintf(a.stdout, "%.0f runs/h, about %s left\n", p.RunsPerHour, short(time.Duration(p.SecondsLeft*float64(time.Second))))
	}
	if p.Best != "" {
		fmt.Fprintf(a.stdout, "best validation accuracy so far: %.3f, %s\n", p.BestAccuracy, p.Best)
	}
	fmt.Fprintln(a.stdout)
	for _, line := range groupLines(p.Groups, len(p.Groups)) {
		fmt.Fprintln(a.stdout, line)
	}
	if len(p.Holders) > 0 {
		fmt.Fprintln(a.stdout)
	}
	for i, h := range p.Holders {
		if i == mostListed {
			fmt.Fprintf(a.stdout, "… and %d processes more\n", len(p.Holders)-i)
			break
		}
		fmt.Fprintln(a.stdout, cluster.describeHolder(h))
	}
	for i, t := range p.Troubles {
		if i == mostListed {
			fmt.Fprintf(a.stdout, "… and %d failures more\n", len(p.Troubles)-i)
			break
		}
		fmt.Fprintln(a.stdout, wrap(fmt.Sprintf("failed: %s: %s", t.Job, strings.TrimSpace(t.Error)), 8))
	}
	for _, name := range p.Aside {
		fmt.Fprintln(a.stdout, "damaged copy kept aside:", name)
	}
	if cluster != nil {
		cluster.print(a)
	}
	fmt.Fprintf(a.stdout, "\n%s\n", p.Folder)
}
