package engine

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Place is the task of a scheduler in which a process runs.
type Place struct {
	Engine   string // slurm, pbs, lsf or sge; "" where there is none
	Task     string // as Task.ID gives it for Slurm
	Restarts int    // of the task, as far as the scheduler tells
}

// Here returns the place of this process.
func Here() Place {
	for _, s := range []struct{ engine, job, index string }{
		{"slurm", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID"},
		{"slurm", "SLURM_JOB_ID", ""},
		{"pbs", "PBS_JOBID", ""}, // holds the index
		{"lsf", "LSB_JOBID", "LSB_JOBINDEX"},
		{"sge", "JOB_ID", "SGE_TASK_ID"},
	} {
		job, index := os.Getenv(s.job), ""
		if job == "" {
			continue
		}
		if s.index != "" {
			index = os.Getenv(s.index)
		}
		p := Place{Engine: s.engine, Task: job}
		switch {
		case s.engine == "sge" && index == "": // JOB_ID is a name that others use, too
			continue
		case index == "" || index == "undefined" || s.engine == "lsf" && index == "0": // no array
		default:
			p.Task += "_" + index
		}
		if s.engine == "slurm" {
			p.Restarts, _ = strconv.Atoi(os.Getenv("SLURM_RESTART_COUNT"))
		}
		return p
	}
	return Place{}
}

// String returns "slurm 12_3" or "slurm 12_3 restart 1"; "" where there is no scheduler.
func (p Place) String() string {
	if p.Restarts > 0 {
		return fmt.Sprintf("%s %s restart %d", p.Engine, p.Task, p.Restarts)
	}
	if p.Engine == "" {
		return ""
	}
	return p.Engine + " " + p.Task
}

// ParsePlace reads what String returns; anything else is no place.
func ParsePlace(s string) Place {
	var p Place
	_, _ = fmt.Sscanf(s, "%s %s restart %d", &p.Engine, &p.Task, &p.Restarts)
	if p.String() != s {
		return Place{}
	}
	return p
}

// SlurmJob returns the number of the job in Slurm; "" elsewhere.
func (p Place) SlurmJob() string {
	job, _, _ := strings.Cut(p.Task, "_")
	if p.Engine != "slurm" || !jobNumber.MatchString(job) {
		return ""
	}
	return job
}

// IsIn tells whether a process at this place can be running: whether the task is, and was
// not started again since.
func (p Place) IsIn(t Task) bool {
	return p.Engine == "slurm" && p.Task == t.ID() && t.Running() && t.Restarts <= p.Restarts
}
