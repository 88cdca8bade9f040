package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Task is what Slurm knows of one task of an array job.
type Task struct {
	Job      string `json:"job"`              // of the array
	Number   int    `json:"number"`           // within the array; −1 for a job without one
	State    string `json:"state"`            // as Slurm names it: PENDING, RUNNING, COMPLETED, FAILED, TIMEOUT, …
	Reason   string `json:"reason,omitempty"` // why it waits or failed; "" where Slurm gives none
	Node     string `json:"node,omitempty"`   // "" while it waits
	Exit     int    `json:"exit_code"`        // 0 until it ended
	Signal   int    `json:"signal,omitempty"` // that ended it
	Restarts int    `json:"restarts"`
}

// ID returns the name that scontrol and scancel take: 12_3.
func (t Task) ID() string {
	if t.Number < 0 {
		return t.Job
	}
	return t.Job + "_" + strconv.Itoa(t.Number)
}

// Waiting tells whether the task will run.
func (t Task) Waiting() bool {
	return slices.Contains([]string{"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}, t.State)
}

// Running tells whether the task has a node.
func (t Task) Running() bool {
	return slices.Contains([]string{"RUNNING", "COMPLETING", "CONFIGURING", "SIGNALING", "STAGE_OUT", "STOPPED", "SUSPENDED", "RESIZING"}, t.State)
}

// Failed tells whether the task ended other than well; one that was cancelled did not fail.
func (t Task) Failed() bool {
	return !t.Waiting() && !t.Running() && t.State != "COMPLETED" && t.State != "CANCELLED"
}

// Describe says in words how the task is.
func (t Task) Describe() string {
	var b strings.Builder
	b.WriteString(strings.ToLower(strings.ReplaceAll(t.State, "_", " ")))
	if t.Node != "" {
		b.WriteString(" on " + t.Node)
	}
	switch {
	case t.Waiting() || t.Running():
	case t.Signal != 0:
		fmt.Fprintf(&b, ", signal %d", t.Signal)
	case t.Exit != 0:
		fmt.Fprintf(&b, ", exit code %d", t.Exit)
	}
	if t.Reason != "" && !t.Running() {
		b.WriteString(", " + reasonInWords(t.Reason))
	}
	if t.Restarts == 1 {
		b.WriteString(", started again once")
	} else if t.Restarts > 1 {
		fmt.Fprintf(&b, ", started again %d times", t.Restarts)
	}
	return b.String()
}

// reasonInWords explains what Slurm's short reasons mean for the user.
func reasonInWords(reason string) string {
	words := map[string]string{
		"Priority":               "others go first",
		"Resources":              "waits for free processors or memory",
		"JobArrayTaskLimit":      "waits for the array's throttle",
		"BeginTime":              "was queued again, starts soon",
		"Dependency":             "waits for another job",
		"ReqNodeNotAvail":        "its nodes are down, drained or reserved",
		"PartitionTimeLimit":     "asks for more time than the partition gives",
		"AssocMaxJobsLimit":      "waits: too many jobs of the account",
		"QOSMaxJobsPerUserLimit": "waits: too many jobs of the user",
		"NonZeroExitCode":        "the worker failed",
		"JobLaunchFailure":       "killed, or refused by its node",
		"NodeDown":               "its node failed",
		"OutOfMemory":            "the memory was used up",
		"TimeLimit":              "the time was up",
	}
	if text, known := words[reason]; known {
		return text + " (" + reason + ")"
	}
	return reason
}

// queueFormat makes squeue print what parseQueue reads; widths cut what is longer.
const queueFormat = "ArrayJobID:20|,ArrayTaskID:20|,State:30|,exit_code:12|,restartcnt:12|,NodeList:200|,Reason:200|"

// ParseQueue reads what squeue --array --noheader --states=all --Format= queueFormat
// prints: seven columns, each ended by a bar.
func ParseQueue(text string) ([]Task, error) {
	var tasks []Task
	for i, line := range lines(text) {
		columns := strings.Split(line, "|")
		if len(columns) != 8 || strings.TrimSpace(columns[7]) != "" {
			return nil, fmt.Errorf("engine: squeue: line %d: want 7 columns, got %q", i+1, line)
		}
		for c := range columns {
			columns[c] = none(strings.TrimSpace(columns[c]))
		}
		t := Task{Job: columns[0], Number: -1, State: columns[2], Node: columns[5], Reason: columns[6]}
		exit, signal, err1 := exitStatus(columns[3])
		restarts, err2 := number(columns[4])
		if t.Job == "" || t.State == "" || errors.Join(err1, err2) != nil {
			return nil, fmt.Errorf("engine: squeue: line %d: want a job, its state and numbers, got %q", i+1, line)
		}
		if n, err := strconv.Atoi(columns[1]); err == nil && n >= 0 {
			t.Number = n
		}
		t.Exit, t.Signal, t.Restarts = exit, signal, restarts
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// accountingFormat makes sacct print what ParseAccounting reads.
const accountingFormat = "JobID,State,ExitCode,NodeList,Reason"

// ParseAccounting reads what sacct --parsable2 --noheader --allocations --format=
// accountingFormat prints. Tasks that never started share a line, 12_[4-9%2], and are left
// out.
func ParseAccounting(text string) ([]Task, error) {
	var tasks []Task
	for i, line := range lines(text) {
		columns := strings.Split(line, "|")
		if len(columns) != 5 {
			return nil, fmt.Errorf("engine: sacct: line %d: want 5 columns, got %q", i+1, line)
		}
		job, task, array := strings.Cut(columns[0], "_")
		t := Task{Job: job, Number: -1, Node: none(columns[3])}
		t.State, _, _ = strings.Cut(columns[1], " ") // "CANCELLED by 1000"
		if t.Waiting() {
			t.Reason = none(columns[4]) // else it is that of an earlier wait
		}
		if array {
			if strings.HasPrefix(task, "[") {
				continue
			}
			n, err := strconv.Atoi(task)
			if err != nil || n < 0 {
				return nil, fmt.Errorf("engine: sacct: line %d: want a task as in 12_3, got %q", i+1, columns[0])
			}
			t.Number = n
		}
		var err error
		t.Exit, t.Signal, err = exitStatus(columns[2])
		if t.Job == "" || t.State == "" || err != nil {
			return nil, fmt.Errorf("engine: sacct: line %d: want a job, its state and exit code, got %q", i+1, line)
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// exitStatus reads CODE:SIGNAL, or the status as wait returns it.
func exitStatus(s string) (exit, signal int, err error) {
	code, by, pair := strings.Cut(s, ":")
	if exit, err = number(code); err != nil || !pair {
		return exit >> 8 & 0xff, exit & 0x7f, err
	}
	signal, err = number(by)
	return exit, signal, err
}

func lines(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
}

// none returns "" for the words by which Slurm says that there is nothing.
func none(s string) string {
	switch s {
	case "None", "(null)", "N/A", "None assigned", "n/a":
		return ""
	}
	return s
}

func number(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err == nil && n < 0 {
		err = fmt.Errorf("want a number of at least 0, got %d", n)
	}
	return n, err
}

// Tasks asks Slurm for the tasks of submissions, in order. Those that ended long ago are
// known to its accounting alone; where there is none, a doubt says so.
func Tasks(ctx context.Context, submissions []Submission) (tasks []Task, doubts []string, err error) {
	byCluster := map[string][]string{}
	for _, s := range submissions {
		byCluster[s.Cluster] = append(byCluster[s.Cluster], s.ID)
	}
	for _, cluster := range slices.Sorted(maps.Keys(byCluster)) {
		jobs := "--jobs=" + strings.Join(byCluster[cluster], ",")
		var more []string
		if cluster != "" {
			more = []string{"--clusters=" + cluster}
		}
		queued, err := askQueue(ctx, append(more, jobs))
		if err != nil {
			return nil, nil, err
		}
		ended, err := askAccounting(ctx, append(more, jobs))
		if err != nil {
			doubts = append(doubts, "Slurm keeps no accounts here, so that tasks which ended some minutes ago are not listed: "+err.Error())
		}
		tasks = append(tasks, merge(queued, ended)...)
	}
	return tasks, doubts, nil
}

func askQueue(ctx context.Context, more []string) ([]Task, error) {
	args := append([]string{"--array", "--noheader", "--states=all", "--Format=" + queueFormat}, more...)
	out, err := slurm(ctx, "squeue", args...)
	if err != nil && strings.Contains(err.Error(), "Invalid job id") {
		return nil, nil // all ended long ago
	} else if err != nil {
		return nil, err
	}
	if len(more) > 1 { // squeue --clusters prints the name of the cluster first
		_, out, _ = strings.Cut(out, "\n")
	}
	return ParseQueue(out)
}

func askAccounting(ctx context.Context, more []string) ([]Task, error) {
	args := append([]string{"--parsable2", "--noheader", "--allocations", "--format=" + accountingFormat}, more...)
	out, err := slurm(ctx, "sacct", args...)
	if err != nil {
		return nil, err
	}
	return ParseAccounting(out)
}

// merge joins what the queue and the accounting know; the queue is the newer.
func merge(queued, ended []Task) []Task {
	known := map[string]bool{}
	for _, t := range queued {
		known[t.ID()] = true
	}
	all := slices.Clone(queued)
	for _, t := range ended {
		if !known[t.ID()] {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b Task) int {
		x, _ := strconv.ParseUint(a.Job, 10, 64)
		y, _ := strconv.ParseUint(b.Job, 10, 64)
		switch {
		case x != y && x < y:
			return -1
		case x != y:
			return 1
		}
		return a.Number - b.Number
	})
	return all
}
