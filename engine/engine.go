// Package engine hands workers to schedulers. A Job describes many equal workers that
// share one folder; the package writes what Slurm, other schedulers and Kubernetes need
// to run them, submits to Slurm and asks it what became of them. It knows nothing of what
// a worker does, only how it ends:
//
//   - Told to stop (SIGUSR1, any number of times, or SIGTERM), a worker keeps what it has
//     and ends with the exit code Job.MoreToDo.
//   - It ends with 0 when nothing is left that it could do.
//   - Any other exit code is a failure.
//
// So the time limit of a scheduler is no end of the work: the worker is told to stop some
// time before and goes back to the queue.
package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Job describes the workers of one submission.
type Job struct {
	Name     string        // as the scheduler lists it
	Command  []string      // the command line of one worker; all run the same
	Dir      string        // working folder, an absolute path that all nodes share
	Logs     string        // folder of what workers print, an absolute path that all nodes share
	Workers  int           // tasks of the array
	Throttle int           // how many of them may run at the same time; 0: all
	CPUs     int           // of one worker
	MemoryMB int           // of one worker, in units of 2^20 bytes; 0: what the cluster gives
	Time     time.Duration // limit of one worker; 0: what the cluster gives
	Notice   time.Duration // how long before the limit a worker is told to stop

	Partition string // or queue; "": the default
	Account   string // or project; "": the default
	QOS       string // quality of service, Slurm alone; "": the default

	Requeue  bool // a worker whose node failed or whose time was up is queued again
	Restarts int  // how often a worker that was killed is queued again, where Requeue is set
	MoreToDo int  // exit code of a worker that was told to stop

	Environment []string // NAME=value, in order
	Options     []string // further options of the scheduler, one each, as in --gres=gpu:1
	Setup       []string // shell lines before the worker starts, as in "module load go"
}

// DefaultJob returns a job of one worker on one processor.
func DefaultJob() Job {
	return Job{Workers: 1, CPUs: 1, Notice: 5 * time.Minute, Requeue: true, Restarts: 3, MoreToDo: 75}
}

// Validate reports all that no scheduler could take.
func (j Job) Validate() error {
	var all []error
	bad := func(field, want string, got any) {
		all = append(all, fmt.Errorf("engine: %s: want %s, got %v", field, want, got))
	}
	j.validateNumbers(bad)
	if !jobName.MatchString(j.Name) {
		bad("name", "letters, digits, dots, dashes and underscores, at most 64", fmt.Sprintf("%q", j.Name))
	}
	if len(j.Command) == 0 {
		bad("command", "a command line", "none")
	}
	for field, path := range map[string]string{"working folder": j.Dir, "folder of logs": j.Logs} {
		if !filepath.IsAbs(path) {
			bad(field, "an absolute path", fmt.Sprintf("%q", path))
		}
	}
	for _, v := range j.Environment {
		if name, _, ok := strings.Cut(v, "="); !ok || !variableName.MatchString(name) {
			bad("environment", "NAME=value", fmt.Sprintf("%q", v))
		}
	}
	j.validateTexts(bad)
	slices.SortFunc(all, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(all...)
}

var (
	jobName      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

func (j Job) validateNumbers(bad func(field, want string, got any)) {
	if j.Workers < 1 || j.Workers > 100_000 {
		bad("workers", "1 to 100000", j.Workers)
	}
	if j.Throttle < 0 {
		bad("throttle", "at least 0", j.Throttle)
	}
	if j.CPUs < 1 {
		bad("processors", "at least 1", j.CPUs)
	}
	if j.MemoryMB < 0 {
		bad("memory", "at least 0 MB", j.MemoryMB)
	}
	if j.Restarts < 0 {
		bad("restarts", "at least 0", j.Restarts)
	}
	if j.MoreToDo < 1 || j.MoreToDo > 125 {
		bad("exit code of more to do", "1 to 125", j.MoreToDo)
	}
	switch {
	case j.Time < 0 || j.Time > 0 && j.Time < time.Minute:
		bad("time limit", "at least 1 minute, or 0 for that of the cluster", j.Time)
	case j.Notice < 0 || j.Time > 0 && j.Notice >= j.Time:
		bad("notice", "from 0 to less than the time limit", j.Notice)
	}
}

// validateTexts refuses what would end a line of a script.
func (j Job) validateTexts(bad func(field, want string, got any)) {
	for field, texts := range map[string][]string{
		"command": j.Command, "working folder": {j.Dir}, "folder of logs": {j.Logs}, "partition": {j.Partition},
		"account": {j.Account}, "qos": {j.QOS}, "environment": j.Environment, "option": j.Options, "setup": j.Setup,
	} {
		for _, text := range texts {
			if !oneLine(text) {
				bad(field, "one line of UTF-8 text without control characters", fmt.Sprintf("%q", text))
			}
		}
	}
}

func oneLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\t' || r == '\u2028' || r == '\u2029'
	})
}

// AtOnce returns how many workers may run at the same time.
func (j Job) AtOnce() int {
	if j.Throttle == 0 {
		return j.Workers
	}
	return min(j.Workers, j.Throttle)
}

// clock returns a duration as h:mm:ss.
func clock(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}
