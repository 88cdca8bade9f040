package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"biornn/engine"
	"biornn/study"
	"biornn/sweep"
)

// clusterState is what Slurm says of the submissions of a study.
type clusterState struct {
	Submissions []engine.Submission `json:"submissions"`
	Tasks       []clusterTask       `json:"tasks"`
	Doubts      []string            `json:"doubts,omitempty"`

	asked bool // Slurm has answered
}

// clusterTask is a task of Slurm with what the ledger knows of it.
type clusterTask struct {
	engine.Task
	ID   string   `json:"id"`
	Log  string   `json:"log"`
	Runs []string `json:"runs,omitempty"` // that it has in work
}

// slurmPatience is how long Slurm may take to answer.
const slurmPatience = 20 * time.Second

// askCluster asks Slurm what became of the submissions of a study, and of jobs that were
// submitted otherwise and work on it; nil where there are none. What Slurm cannot say is a doubt, no error: the folder alone tells how far it is.
func askCluster(ctx context.Context, dir string, holders []sweep.Holder) (*clusterState, error) {
	submissions, err := engine.Submissions(dir)
	asked := withJobsOf(submissions, holders)
	if err != nil || len(asked) == 0 {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, slurmPatience)
	defer cancel()
	s := &clusterState{Submissions: submissions}
	tasks, doubts, err := engine.Tasks(ctx, asked)
	s.Doubts, s.asked = doubts, err == nil
	if errors.Is(err, engine.ErrNoSlurm) {
		s.Doubts = append(s.Doubts, "submitted to Slurm, whose programs are not installed here: ask on a machine of the cluster")
	} else if err != nil {
		s.Doubts = append(s.Doubts, "Slurm does not say what became of its jobs: "+err.Error())
	}
	for _, t := range tasks {
		c := clusterTask{Task: t, ID: t.ID()}
		for _, h := range holders {
			if !h.Gone && engine.ParsePlace(h.Label).IsIn(t) {
				c.Runs = append(c.Runs, h.Jobs...)
			}
		}
		if i := slices.IndexFunc(submissions, func(s engine.Submission) bool { return s.ID == t.Job }); i >= 0 && t.Number >= 0 {
			c.Log = submissions[i].Log(t.Number)
		}
		s.Tasks = append(s.Tasks, c)
	}
	return s, nil
}

// withJobsOf adds the jobs of processes that no submission names.
func withJobsOf(submissions []engine.Submission, holders []sweep.Holder) []engine.Submission {
	all := slices.Clone(submissions)
	for _, h := range holders {
		job := engine.ParsePlace(h.Label).SlurmJob()
		if job != "" && !slices.ContainsFunc(all, func(s engine.Submission) bool { return s.ID == job }) {
			all = append(all, engine.Submission{ID: job})
		}
	}
	return all
}

// task finds the task of a process of the ledger.
func (s *clusterState) task(p engine.Place) (t clusterTask, known bool) {
	i := slices.IndexFunc(s.Tasks, func(t clusterTask) bool { return t.ID == p.Task })
	if i < 0 {
		return t, false
	}
	return s.Tasks[i], true
}

// describeHolder says in a line who works on what, and what Slurm knows of it.
func (s *clusterState) describeHolder(h sweep.Holder) string {
	line := fmt.Sprintf("%s, process %d: %d runs", h.Host, h.PID, len(h.Jobs))
	if h.Label != "" {
		line = fmt.Sprintf("%s, process %d, job %s: %d runs", h.Host, h.PID, h.Label, len(h.Jobs))
	}
	place := engine.ParsePlace(h.Label)
	switch {
	case h.Gone:
		return line + ", gone: whoever runs next takes them over"
	case s == nil || !s.asked || place.Engine != "slurm":
		return line
	}
	state := "no longer in the queue"
	if task, known := s.task(place); known {
		if place.IsIn(task.Task) {
			return line
		}
		state = task.Describe()
	}
	return line + ", but its job is gone (" + state + "): they are taken over when its lease is over"
}

// print lists submissions: tasks that failed one by one, with their logs, all others by
// their state.
func (s *clusterState) print(a *app) {
	for _, sub := range s.Submissions {
		var lines []string
		count := map[string]int{}
		for _, t := range s.Tasks {
			switch {
			case t.Job != sub.ID:
			case t.Failed():
				lines = append(lines, fmt.Sprintf("  %s  %s; log %s", t.ID, t.Describe(), t.Log))
			default:
				count[strings.ToLower(t.State)+waitReason(t.Task)]++
			}
		}
		if len(lines) == 0 && len(count) == 0 && (s.asked && len(s.Submissions) > 1) {
			continue // ended long ago
		}
		fmt.Fprintf(a.stdout, "\njob %s of Slurm, submitted %s: %s\n", sub.ID, sub.Submitted.Local().Format("2006-01-02 15:04"), counted(sub.Workers, "worker"))
		for _, state := range slices.Sorted(maps.Keys(count)) {
			fmt.Fprintf(a.stdout, "  %d %s\n", count[state], state)
		}
		for i, line := range lines {
			if i == mostListed {
				fmt.Fprintf(a.stdout, "  … and %d tasks more that failed\n", len(lines)-i)
				break
			}
			fmt.Fprintln(a.stdout, line)
		}
	}
	for _, d := range s.Doubts {
		fmt.Fprintln(a.stdout, "doubt: "+wrap(d, 7))
	}
}

func waitReason(t engine.Task) string {
	if !t.Waiting() || t.Reason == "" {
		return ""
	}
	_, reason, _ := strings.Cut(t.Describe(), ", ")
	return ": " + reason
}

func (a *app) sweepCancelCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "cancel FILE",
		Short: "end the jobs of a study in Slurm",
		Long: "Cancels all jobs of a study that were submitted to Slurm and have not ended. Workers\n" +
			"that run write checkpoints and give their runs back; nothing is lost.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := sweepFolder(args[0])
			if err != nil {
				return err
			}
			return a.cancelSubmissions(cmd.Context(), dir)
		},
	}
}

func (a *app) cancelSubmissions(ctx context.Context, dir string) error {
	submissions, err := engine.Submissions(dir)
	if err != nil {
		return err
	}
	tasks, _, err := engine.Tasks(ctx, submissions)
	if err != nil {
		return err
	}
	cancelled := []string{}
	for _, s := range submissions {
		alive := slices.ContainsFunc(tasks, func(t engine.Task) bool { return t.Job == s.ID && (t.Waiting() || t.Running()) })
		if !alive {
			continue
		}
		if err := engine.Cancel(ctx, s); err != nil {
			return err
		}
		cancelled = append(cancelled, s.ID)
	}
	if a.json {
		return a.printJSON("cancelled", map[string]any{"folder": dir, "jobs": cancelled})
	}
	if len(cancelled) == 0 {
		fmt.Fprintln(a.stdout, "no job of this study is in the queue of Slurm")
		return nil
	}
	fmt.Fprintf(a.stdout, "cancelled: job %s\n", strings.Join(cancelled, ", "))
	return nil
}

// printStatus says how far a sweep is and what its jobs do.
func (a *app) printStatus(ctx context.Context, dir string) error {
	p, err := study.ReadProgress(dir)
	if err != nil {
		return err
	}
	cluster, err := askCluster(ctx, dir, p.Holders)
	if err != nil {
		return err
	}
	if a.json {
		if cluster != nil {
			if err := a.printJSON("cluster", cluster); err != nil {
				return err
			}
		}
		return a.printJSON("status", p)
	}
	a.printProgress(p, cluster)
	return nil
}
