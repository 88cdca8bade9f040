package engine

import (
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed script.sh.tmpl
var scriptTemplate string

// Script returns a POSIX shell script of one worker that tells at its top how OpenPBS,
// SGE, LSF, GNU parallel or nobody starts many of them. path is where it will lie. With a
// time limit the script itself tells the worker to stop, for schedulers that cannot.
func Script(j Job, path string) (string, error) {
	if err := j.Validate(); err != nil {
		return "", err
	}
	if len(j.Options) > 0 {
		return "", fmt.Errorf("engine: option: want none for a script, got %q; add it to the command that submits the script", j.Options[0])
	}
	if !oneLine(path) {
		return "", fmt.Errorf("engine: path of the script: want one line of UTF-8 text, got %q", path)
	}
	return fill("script", scriptTemplate, struct {
		Job
		CommandLine string
		UntilNotice time.Duration
		Ways        []Way
	}{j, QuoteAll(j.Command), j.Time - j.Notice, Ways(j, path)})
}

// Way is a command line that starts all workers of a script.
type Way struct {
	Where   string `json:"where"`
	Command string `json:"command"`
}

// Ways returns how to start the workers of a script that Script made.
func Ways(j Job, path string) []Way {
	s := starters{j, Quote(path), Quote(j.Logs)}
	return []Way{{"one machine", s.loop()}, {"GNU parallel", s.parallel()}, {"OpenPBS", s.pbs()}, {"SGE, UGE", s.sge()}, {"LSF", s.lsf()}}
}

// starters writes the command lines that start all workers.
type starters struct {
	Job
	path, logs string // quoted
}

func (s starters) loop() string {
	return fmt.Sprintf("for i in $(seq %d); do sh %s >>%s/$i.log 2>&1 & done; wait", s.AtOnce(), s.path, s.logs)
}

func (s starters) parallel() string {
	return fmt.Sprintf("seq %d | parallel --jobs %d %s", s.Workers, s.AtOnce(), Quote("sh "+s.path+" >>"+s.logs+"/{}.log 2>&1"))
}

// options joins a program with those options whose value is there.
func options(program string, pairs ...string) string {
	words := []string{program}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != "" && pairs[i+1] != "" {
			words = append(words, strings.Replace(pairs[i], "$", Quote(pairs[i+1]), 1))
		}
	}
	return strings.Join(words, " ")
}

func when(is bool, format string, args ...any) string {
	if !is {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func (s starters) pbs() string {
	cores := fmt.Sprintf("select=1:ncpus=%d", s.CPUs) + when(s.MemoryMB > 0, ":mem=%dmb", s.MemoryMB)
	array := when(s.Workers > 1, "1-%d", s.Workers) + when(s.Workers > 1 && s.AtOnce() < s.Workers, "%%%d", s.AtOnce())
	return options("qsub", "-N $", s.Name, "-J $", array, "-l $", cores, "-l $", when(s.Time > 0, "walltime=%s", clock(s.Time)),
		"-A $", s.Account, "-q $", s.Partition, "-r $", yes(s.Requeue), "-j $", "oe", "-o $", s.Job.Logs+"/") + " " + s.path
}

func (s starters) sge() string {
	perCore := (s.MemoryMB + s.CPUs - 1) / s.CPUs // SGE counts memory by slot
	return options("qsub", "-N $", s.Name, "-t $", fmt.Sprintf("1-%d", s.Workers), "-tc $", fmt.Sprint(s.AtOnce()),
		"-pe smp $", when(s.CPUs > 1, "%d", s.CPUs), "-l $", when(s.MemoryMB > 0, "h_vmem=%dM", perCore), "-l $", when(s.Time > 0, "h_rt=%s", clock(s.Time)),
		"-P $", s.Account, "-q $", s.Partition, "-r $", yes(s.Requeue), "-j $", "y", "-o $", s.Logs, "-S $", "/bin/sh") + " " + s.path
}

func (s starters) lsf() string {
	array := fmt.Sprintf("%s[1-%d]%%%d", s.Name, s.Workers, s.AtOnce())
	minutes := int((s.Time + time.Minute - 1) / time.Minute)
	return options("bsub", "-J $", array, "-n $", fmt.Sprint(s.CPUs), "-R $", when(s.CPUs > 1, "span[hosts=1]"),
		"-M $", when(s.MemoryMB > 0, "%dMB", s.MemoryMB), "-W $", when(s.Time > 0, "%d:%02d", minutes/60, minutes%60),
		"-P $", s.Account, "-q $", s.Partition, when(s.Requeue, "-r -Q $"), fmt.Sprint(s.MoreToDo), "-o $", s.Logs+"/%J_%I.log") + " sh " + s.path
}

func yes(is bool) string {
	if is {
		return "y"
	}
	return "n"
}
