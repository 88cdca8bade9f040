package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"biornn/engine"
	"biornn/grid"
	"biornn/study"
)

// complete turns flags into a job.
func (o *submission) complete(path string, f *grid.File) (err error) {
	j := &o.job
	if j.MemoryMB, err = parseMemory(o.memory); err != nil {
		return fmt.Errorf("--mem: %w", err)
	}
	if o.timeLimit == "" && o.engine != "kubernetes" {
		o.timeLimit = "4h"
	}
	if j.Time, err = parseTime(o.timeLimit); err != nil {
		return fmt.Errorf("--time: %w", err)
	}
	if j.Notice, err = parseTime(o.notice); err != nil {
		return fmt.Errorf("--notice: %w", err)
	}
	if o.program == "" {
		if o.engine == "kubernetes" {
			o.program = "biornn"
		} else if o.program, err = os.Executable(); err != nil {
			return err
		}
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	folder, err := filepath.Abs(f.Folder)
	if err != nil {
		return err
	}
	if j.Name == "" {
		j.Name = f.Name
	}
	if o.engine == "kubernetes" {
		j.Name = dnsName(j.Name)
	}
	if o.pod.Mount == "" {
		o.pod.Mount = filepath.Dir(path)
	}
	j.Requeue, j.Dir, j.Logs = !o.noRequeue, filepath.Dir(path), engine.LogFolder(folder)
	j.Command = []string{o.program, "sweep", "run", path, "--workers", strconv.Itoa(j.CPUs)}
	return nil
}

var notDNS = regexp.MustCompile(`[^a-z0-9]+`)

// dnsName makes a name that Kubernetes takes of one that is plain.
func dnsName(s string) string {
	s = notDNS.ReplaceAllString(strings.ToLower(s), "-")
	return strings.Trim(s[:min(len(s), 50)], "-")
}

// size sets the number of workers from what the open runs cost, where the user did not.
func (a *app) size(ctx context.Context, f *grid.File, open *grid.Plan, o *submission) error {
	j := &o.job
	if j.CPUs < 1 {
		return usagef("--cpus: want at least 1, got %d", j.CPUs)
	}
	if j.Workers != 0 {
		return nil
	}
	most := (len(open.Runs) + j.CPUs - 1) / j.CPUs
	if j.Time == 0 {
		j.Workers = most
		return nil
	}
	known, err := readCalibration(o.calibration)
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "measuring what the runs cost, for the number of workers; --array sets it")
	e, err := study.EstimateCost(ctx, open, known, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(writeCalibration(o.calibration, known), overBudget(f, e)); err != nil {
		return err
	}
	j.Workers = workersFor(e.CoreHours, j.CPUs, (j.Time - j.Notice).Hours(), most)
	fmt.Fprintf(a.stderr, "%d runs are open, about %.3g core-hours as measured here: %s of %s for %s\n",
		len(open.Runs), e.CoreHours, counted(j.Workers, "worker"), counted(j.CPUs, "processor"), short(j.Time))
	return nil
}

// counted returns "1 worker", "2 workers".
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// workersFor returns how many workers finish within the time, with a quarter to spare.
func workersFor(coreHours float64, cpus int, hours float64, most int) int {
	if hours <= 0 {
		return most
	}
	return min(most, max(1, int(math.Ceil(1.25*coreHours/(float64(cpus)*hours)))))
}

// text returns what the engine takes, for a script at a path.
func (o *submission) text(path string) (string, error) {
	switch o.engine {
	case "script":
		return engine.Script(o.job, path)
	case "kubernetes":
		return engine.Kubernetes(o.job, o.pod)
	}
	return engine.Slurm(o.job, o.template)
}

var memorySize = regexp.MustCompile(`^([0-9]{1,9})(?i:(M|MB|G|GB|T|TB)?)$`)

// parseMemory reads 500M, 8G or 1T, in units of 1024; a plain number is MB, as for Slurm.
func parseMemory(s string) (megabytes int, err error) {
	if s == "" {
		return 0, nil
	}
	m := memorySize.FindStringSubmatch(s)
	if m == nil {
		return 0, fmt.Errorf("want a size as in 500M or 8G, got %q", s)
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return 0, fmt.Errorf("want a size above 0, got %q", s)
	}
	switch unit := strings.ToUpper(m[2]); {
	case strings.HasPrefix(unit, "G"):
		n *= 1 << 10
	case strings.HasPrefix(unit, "T"):
		n *= 1 << 20
	}
	return n, nil
}

var clockTime = regexp.MustCompile(`^(?:([0-9]{1,3})-)?([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])$`)

// parseTime reads durations as Go does (90m, 4h30m), or [days-]hours:minutes:seconds as
// schedulers do.
func parseTime(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	if m := clockTime.FindStringSubmatch(s); m != nil {
		var n [4]time.Duration
		for i := range n {
			v, _ := strconv.Atoi("0" + m[i+1])
			n[i] = time.Duration(v)
		}
		return n[0]*24*time.Hour + n[1]*time.Hour + n[2]*time.Minute + n[3]*time.Second, nil
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("want a time as in 90m, 4h or 1-12:00:00, got %q", s)
	}
	return d, nil
}
