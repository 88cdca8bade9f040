package engine

import (
	_ "embed"
	"fmt"
	"strings"
	"text/template"
	"time"
)

//go:embed slurm.sh.tmpl
var slurmTemplate string

// SlurmTemplate returns the template that Slurm uses by default, to begin an own one with.
//
// A template is one of text/template. It sees the fields of Job and
//
//	.Directives   options of sbatch, quoted, one a line to stand behind #SBATCH
//	.CommandLine  the command line of a worker, quoted for the shell
//	.AtOnce       how many workers may run at the same time
//
// and the functions
//
//	quote X       one word of the shell
//	option X      one word of a line #SBATCH
//	assignment X  NAME='value' of NAME=value
//	seconds D     a duration in whole seconds
//	clock D       a duration as hours:minutes:seconds
func SlurmTemplate() string { return slurmTemplate }

// mostNotice is the longest that --signal takes.
const mostNotice = 65535 * time.Second

// Slurm returns the script of an array job for sbatch. text is a template as SlurmTemplate
// describes it; "" stands for that one.
func Slurm(j Job, text string) (string, error) {
	if err := j.Validate(); err != nil {
		return "", err
	}
	if strings.Contains(j.Logs, `\`) {
		return "", fmt.Errorf("engine: folder of logs: want a path without backslashes, for which Slurm has another use, got %q", j.Logs)
	}
	if j.Notice > mostNotice {
		return "", fmt.Errorf("engine: notice: want at most %v, as Slurm does, got %v", mostNotice, j.Notice)
	}
	for _, option := range j.Options {
		if !strings.HasPrefix(option, "-") {
			return "", fmt.Errorf("engine: option: want one of sbatch, as in --gres=gpu:1, got %q", option)
		}
	}
	if text == "" {
		text = slurmTemplate
	}
	return fill("template", text, struct {
		Job
		Directives  []string
		CommandLine string
	}{j, slurmDirectives(j), QuoteAll(j.Command)})
}

func slurmDirectives(j Job) []string {
	array := fmt.Sprintf("0-%d", j.Workers-1)
	if j.AtOnce() < j.Workers {
		array += fmt.Sprintf("%%%d", j.AtOnce())
	}
	all := []string{"--job-name=" + j.Name, "--array=" + array, "--nodes=1", "--ntasks=1", fmt.Sprintf("--cpus-per-task=%d", j.CPUs)}
	add := func(format string, is bool, value any) {
		if is {
			all = append(all, fmt.Sprintf(format, value))
		}
	}
	add("--mem=%dM", j.MemoryMB > 0, j.MemoryMB)
	add("--time=%s", j.Time > 0, clock(j.Time))
	add("--signal=B:USR1@%d", j.Notice > 0, int(j.Notice.Seconds()))
	add("--partition=%s", j.Partition != "", j.Partition)
	add("--account=%s", j.Account != "", j.Account)
	add("--qos=%s", j.QOS != "", j.QOS)
	if j.Requeue {
		all = append(all, "--requeue")
	} else {
		all = append(all, "--no-requeue")
	}
	all = append(all, "--open-mode=append", "--chdir="+j.Dir, "--output="+strings.ReplaceAll(j.Logs, "%", "%%")+"/%A_%a.log")
	all = append(all, j.Options...)
	for i, option := range all {
		all[i] = quoteOption(option)
	}
	return all
}

// fill executes a template. What it does not know is an error, and so is a mistake in it.
func fill(name, text string, data any) (string, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{
		"quote":      Quote,
		"option":     quoteOption,
		"assignment": quoteAssignment,
		"text":       quoteYAML,
		"seconds":    func(d time.Duration) int { return int(d.Seconds()) },
		"clock":      clock,
	}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("engine: %w", err)
	}
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil {
		return "", fmt.Errorf("engine: %w", err)
	}
	return b.String(), nil
}
