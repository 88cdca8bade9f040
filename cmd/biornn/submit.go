package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"biornn/engine"
	"biornn/grid"
	"biornn/internal/suggest"
	"biornn/study"
)

// engines are the names that --engine takes, with the endings of what they write.
var engines = map[string]string{"slurm": "sh", "script": "sh", "kubernetes": "yaml"}

// submission is the flags of sweep submit.
type submission struct {
	engine, program, template string
	memory, timeLimit, notice string
	calibration               string
	dryRun, noRequeue, print  bool
	job                       engine.Job
	pod                       engine.Pod
}

func (a *app) sweepSubmitCommand() *cobra.Command {
	o := submission{job: engine.DefaultJob()}
	o.job.Workers, o.job.MoreToDo = 0, exitStopped
	cmd := &cobra.Command{
		Use:   "submit FILE",
		Short: "hand workers to Slurm, another scheduler or Kubernetes",
		Long: "Writes what a scheduler needs to run many processes of biornn sweep run on one study\n" +
			"file in a folder that all machines share, and submits it to Slurm. Workers that\n" +
			"reach their time limit write checkpoints and go back to the queue. Without --array a\n" +
			"few updates of every kind of network are computed here, to see how many workers\n" +
			"finish within the time. See docs/slurm.md.",
		Example: "  biornn sweep submit my.toml --dry-run\n" +
			"  biornn sweep submit my.toml --array 64 --throttle 16 --cpus 4 --mem 8G --time 4h --partition short\n" +
			"  biornn sweep submit my.toml --engine script",
		Args: func(cmd *cobra.Command, args []string) error {
			if o.print {
				return nil
			}
			return exactly("a study file")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.print {
				_, err := fmt.Fprint(a.stdout, engine.SlurmTemplate())
				return err
			}
			return a.submit(cmd.Context(), args[0], o)
		},
	}
	o.flags(cmd)
	return cmd
}

func (o *submission) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.engine, "engine", "slurm", "slurm; script: a shell script for PBS, SGE, LSF, GNU parallel or none; kubernetes: a manifest")
	f.BoolVar(&o.dryRun, "dry-run", false, "print what would be submitted; write nothing")
	f.IntVar(&o.job.Workers, "array", 0, "workers (default: as many as finish within the time)")
	f.IntVar(&o.job.Throttle, "throttle", 0, "workers at the same time (default: all)")
	f.IntVar(&o.job.CPUs, "cpus", 1, "processors of a worker, which computes as many runs at the same time")
	f.StringVar(&o.memory, "mem", "", "memory of a worker, as in 500M or 8G (default: as the cluster gives)")
	f.StringVar(&o.timeLimit, "time", "", "time limit of a worker, as in 90m, 4h, 1-12:00:00 (default: 4h; for kubernetes: none)")
	f.StringVar(&o.notice, "notice", "5m", "how long before the time limit a worker is told to write checkpoints and stop")
	f.StringVar(&o.job.Partition, "partition", "", "partition or queue")
	f.StringVar(&o.job.Account, "account", "", "account or project")
	f.StringVar(&o.job.QOS, "qos", "", "quality of service, for Slurm")
	f.StringVar(&o.job.Name, "name", "", "name of the job (default: that of the study)")
	f.BoolVar(&o.noRequeue, "no-requeue", false, "do not queue a worker again whose time was up, whose node failed or who was killed")
	f.IntVar(&o.job.Restarts, "restarts", o.job.Restarts, "how often a worker that was killed is queued again")
	f.StringArrayVar(&o.job.Options, "option", nil, "further option of sbatch, as in --option=--gres=gpu:1; may be given many times")
	f.StringArrayVar(&o.job.Setup, "setup", nil, "shell line before the worker starts, as in --setup 'module load biornn'; may be given many times")
	f.StringArrayVar(&o.job.Environment, "env", nil, "NAME=value in the environment of workers; may be given many times")
	f.StringVar(&o.template, "template", "", "file with a template of the script for Slurm; see --print-template")
	f.BoolVar(&o.print, "print-template", false, "print the template that is used by default")
	f.StringVar(&o.program, "program", "", "path of biornn on the machines of the cluster (default: this program)")
	f.StringVar(&o.calibration, "calibration", "", "file that keeps what was measured on this machine, as for study check")
	f.StringVar(&o.pod.Image, "image", "", "container image with biornn, for kubernetes")
	f.StringVar(&o.pod.Claim, "claim", "", "persistent volume claim that holds the study, ReadWriteMany, for kubernetes")
	f.StringVar(&o.pod.Mount, "mount", "", "where that volume appears in pods: the same path as here (default: the folder of the study file)")
}

func (a *app) submit(ctx context.Context, path string, o submission) error {
	if _, known := engines[o.engine]; !known {
		return usagef("--engine: want slurm, script or kubernetes, got %q%s", o.engine, suggest.Near(o.engine, []string{"slurm", "script", "kubernetes"}))
	}
	f, err := readStudyFile(path)
	if err != nil {
		return err
	}
	open, err := openRuns(f)
	if err != nil {
		return err
	}
	if len(open.Runs) == 0 {
		fmt.Fprintf(a.stdout, "all runs of %s are in %s: nothing is left to submit\n", f.Name, f.Folder)
		return nil
	}
	if err := o.complete(path, f); err != nil {
		return asUsage(err)
	}
	if err := a.size(ctx, f, open, &o); err != nil {
		return err
	}
	if o.template != "" {
		text, err := os.ReadFile(o.template)
		if err != nil {
			return usagef("--template: %w", err)
		}
		o.template = string(text)
	}
	text, err := o.text(o.job.Name + "." + engines[o.engine])
	if err != nil {
		return asUsage(err)
	}
	if o.dryRun {
		_, err := fmt.Fprint(a.stdout, text)
		return err
	}
	return a.handOver(ctx, f, len(open.Runs), o)
}

// handOver begins the folder of the study, so that workers need no other data, keeps the
// script there and submits it to Slurm.
func (a *app) handOver(ctx context.Context, f *grid.File, open int, o submission) error {
	if _, err := study.OpenSweep(f, loadCircuit); err != nil {
		return err
	}
	script, err := engine.NewScript(f.Folder, o.engine, engines[o.engine], o.text)
	if err != nil {
		return err
	}
	facts := map[string]any{"engine": o.engine, "script": script, "workers": o.job.Workers, "at_once": o.job.AtOnce(), "open_runs": open}
	if o.engine != "slurm" {
		return a.sayHowToStart(facts, script, o)
	}
	s, err := engine.Submit(ctx, script)
	if errors.Is(err, engine.ErrNoSlurm) {
		return &hintError{err, fmt.Sprintf("on a machine of the cluster: sbatch %s; for other schedulers: --engine script", engine.Quote(script))}
	} else if err != nil {
		return &hintError{err, "the script is " + script}
	}
	s.Logs, s.Workers = o.job.Logs, o.job.Workers
	if err := engine.Record(f.Folder, s); err != nil {
		return fmt.Errorf("job %s was submitted, but could not be noted: %w", s.ID, err)
	}
	facts["job"], facts["logs"] = s.ID, s.Logs
	if a.json {
		return a.printJSON("submitted", facts)
	}
	fmt.Fprintf(a.stdout, "job %s of Slurm: %s, %d at the same time, for %d open runs\n", s.ID, counted(s.Workers, "worker"), o.job.AtOnce(), open)
	fmt.Fprintf(a.stdout, "  script %s\n  logs   %s\n", s.Script, s.Logs)
	return nil
}

func (a *app) sayHowToStart(facts map[string]any, script string, o submission) error {
	ways := []engine.Way{{Where: "Kubernetes", Command: "kubectl apply --filename " + engine.Quote(script)}}
	if o.engine == "script" {
		ways = engine.Ways(o.job, script)
	}
	if a.json {
		facts["ways"] = ways
		return a.printJSON("script", facts)
	}
	fmt.Fprintf(a.stdout, "%s is written; for %d open runs, %s:\n", script, facts["open_runs"], counted(o.job.Workers, "worker"))
	for _, w := range ways {
		fmt.Fprintf(a.stdout, "  %-13s %s\n", w.Where, w.Command)
	}
	return nil
}

// openRuns plans a study file and leaves the runs that are not there yet.
func openRuns(f *grid.File) (*grid.Plan, error) {
	plan, err := f.Plan(loadCircuit)
	if err != nil {
		return nil, asUsage(err)
	}
	p := *plan
	p.Runs = slices.DeleteFunc(slices.Clone(plan.Runs), func(r grid.Run) bool { return exists(filepath.Join(f.Folder, "runs", r.Name)) })
	return &p, nil
}
