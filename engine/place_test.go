package engine

import (
	"strings"
	"testing"
)

func TestHere(t *testing.T) {
	for _, c := range []struct{ set, want string }{
		{"", ""},
		{"JOB_ID=7", ""},
		{"SGE_TASK_ID=undefined JOB_ID=7", "sge 7"},
		{"SGE_TASK_ID=2 JOB_ID=7", "sge 7_2"},
		{"LSB_JOBID=8 LSB_JOBINDEX=0", "lsf 8"},
		{"LSB_JOBID=8 LSB_JOBINDEX=4", "lsf 8_4"},
		{"PBS_JOBID=5[2].head SLURM_RESTART_COUNT=3", "pbs 5[2].head"},
		{"SLURM_JOB_ID=13", "slurm 13"},
		{"SLURM_JOB_ID=13 SLURM_ARRAY_JOB_ID=12 SLURM_ARRAY_TASK_ID=0 SLURM_RESTART_COUNT=0", "slurm 12_0"},
		{"SLURM_JOB_ID=13 SLURM_ARRAY_JOB_ID=12 SLURM_ARRAY_TASK_ID=4 SLURM_RESTART_COUNT=2", "slurm 12_4 restart 2"},
	} {
		for _, name := range []string{"SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_ID", "SLURM_RESTART_COUNT",
			"PBS_JOBID", "LSB_JOBID", "LSB_JOBINDEX", "JOB_ID", "SGE_TASK_ID"} {
			t.Setenv(name, "")
		}
		for _, v := range strings.Fields(c.set) {
			name, value, _ := strings.Cut(v, "=")
			t.Setenv(name, value)
		}
		got := Here()
		if got.String() != c.want || ParsePlace(c.want) != got {
			t.Errorf("%s: want %q, got %q, read back as %+v", c.set, c.want, got, ParsePlace(c.want))
		}
	}
	for label, want := range map[string]string{"slurm 12_3 restart 1": "12", "slurm 13": "13", "slurm --all": "", "pbs 5": ""} {
		if got := ParsePlace(label).SlurmJob(); got != want {
			t.Errorf("%s: want job %q, got %q", label, want, got)
		}
	}
	for _, wrong := range []string{"slurm", "slurm 12_3 restart", "slurm 12_3 restart x", "slurm  12", "a b c"} {
		if p := ParsePlace(wrong); p != (Place{}) {
			t.Errorf("%q was read as %+v", wrong, p)
		}
	}
}

func TestIsIn(t *testing.T) {
	p := Place{Engine: "slurm", Task: "12_3", Restarts: 1}
	for _, c := range []struct {
		task Task
		want bool
	}{
		{Task{Job: "12", Number: 3, State: "RUNNING", Restarts: 1}, true},
		{Task{Job: "12", Number: 3, State: "RUNNING", Restarts: 2}, false},
		{Task{Job: "12", Number: 3, State: "PENDING", Restarts: 2}, false},
		{Task{Job: "12", Number: 4, State: "RUNNING"}, false},
	} {
		if got := p.IsIn(c.task); got != c.want {
			t.Errorf("%+v: got %v", c.task, got)
		}
	}
}
