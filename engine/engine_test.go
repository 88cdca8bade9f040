package engine

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata/*.golden")

// golden compares with testdata/NAME.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func plainJob() Job {
	j := DefaultJob()
	j.Name, j.Command = "lambda", []string{"/opt/biornn/bin/biornn", "sweep", "run", "lambda.toml", "--workers", "1"}
	j.Dir, j.Logs = "/shared/alice", "/shared/alice/lambda/submissions/logs"
	return j
}

func fullJob() Job {
	j := plainJob()
	j.Name = "lambda-2.v1"
	j.Command[3] = "It's 100 % \"α\" $HOME.toml"
	j.Dir, j.Logs = `/shared/a "b" 'c' #d`, `/shared/a "b" 'c' #d/100 %/logs`
	j.Workers, j.Throttle, j.CPUs, j.MemoryMB = 200, 50, 8, 16000
	j.Time, j.Notice = 36*time.Hour+30*time.Minute, 10*time.Minute
	j.Partition, j.Account, j.QOS = "gpu,long", "neuro lab", "high"
	j.Environment = []string{"GOGC=50", "NOTE=two words; $(none)"}
	j.Setup = []string{"module purge", "module load biornn/1.2"}
	return j
}

func must(t *testing.T) func(string, error) string {
	return func(text string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

func TestScriptsAreGolden(t *testing.T) {
	full := fullJob()
	full.Options = []string{"--mail-type=END,FAIL", "--comment=two words"}
	golden(t, "slurm-plain.sh", must(t)(Slurm(plainJob(), "")))
	golden(t, "slurm-full.sh", must(t)(Slurm(full, "")))
	once := plainJob()
	once.Requeue, once.Time = false, time.Hour
	golden(t, "slurm-once.sh", must(t)(Slurm(once, "")))
	golden(t, "script-plain.sh", must(t)(Script(plainJob(), "/shared/alice/lambda/submissions/script-1.sh")))
	golden(t, "script-full.sh", must(t)(Script(fullJob(), "/shared/it's here/script-1.sh")))
	golden(t, "kubernetes-plain.yaml", must(t)(Kubernetes(plainJob(), pod())))
	golden(t, "kubernetes-full.yaml", must(t)(Kubernetes(fullPodJob(), pod())))
	known := map[string]bool{}
	for _, name := range []string{"slurm-plain.sh", "slurm-full.sh", "slurm-once.sh", "script-plain.sh", "script-full.sh", "kubernetes-plain.yaml", "kubernetes-full.yaml"} {
		known[name+".golden"] = true
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[filepath.Base(file)] {
			t.Errorf("%s: no test compares with it", file)
		}
	}
}

func pod() Pod {
	return Pod{Image: "registry.example.org/biornn:1.2", Claim: "studies", Mount: "/shared"}
}

func fullPodJob() Job {
	j := fullJob()
	j.Name, j.Setup, j.Partition, j.Account, j.QOS, j.Time = "lambda-2", nil, "", "", "", 0
	return j
}

func TestBadJobs(t *testing.T) {
	for says, change := range map[string]func(*Job){
		"name: want letters":                  func(j *Job) { j.Name = "two words" },
		"command: want a command line":        func(j *Job) { j.Command = nil },
		"command: want one line":              func(j *Job) { j.Command = []string{"a", "b\nrm -rf /"} },
		"working folder: want an absolute":    func(j *Job) { j.Dir = "here" },
		"working folder: want one line":       func(j *Job) { j.Dir = "/a\x00" },
		"folder of logs: want an absolute":    func(j *Job) { j.Logs = "" },
		"workers: want 1 to 100000, got 0":    func(j *Job) { j.Workers = 0 },
		"throttle: want at least 0, got -1":   func(j *Job) { j.Throttle = -1 },
		"processors: want at least 1, got 0":  func(j *Job) { j.CPUs = 0 },
		"memory: want at least 0 MB, got -5":  func(j *Job) { j.MemoryMB = -5 },
		"restarts: want at least 0":           func(j *Job) { j.Restarts = -1 },
		"exit code of more to do: want 1 to":  func(j *Job) { j.MoreToDo = 0 },
		"time limit: want at least 1 minute":  func(j *Job) { j.Time = time.Second },
		"notice: want from 0 to less than":    func(j *Job) { j.Time = time.Minute },
		"environment: want NAME=value":        func(j *Job) { j.Environment = []string{"2=3"} },
		"environment: want one line":          func(j *Job) { j.Environment = []string{"A=3\n"} },
		"partition: want one line":            func(j *Job) { j.Partition = "a\u2028b" },
		"account: want one line":              func(j *Job) { j.Account = "\xff" },
		"setup: want one line":                func(j *Job) { j.Setup = []string{"a\nb"} },
		"option: want one line":               func(j *Job) { j.Options = []string{"--a\n#SBATCH --b"} },
		"option: want one of sbatch":          func(j *Job) { j.Options = []string{"gres=gpu"} },
		"notice: want at most 18h12m15s":      func(j *Job) { j.Notice = 24 * time.Hour },
		"folder of logs: want a path without": func(j *Job) { j.Logs = `/a\b` },
	} {
		j := plainJob()
		change(&j)
		if _, err := Slurm(j, ""); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want an error with %q, got %v", says, err)
		}
	}
}

func TestOwnTemplates(t *testing.T) {
	j := plainJob()
	j.Environment = []string{"A=b c"}
	text := "{{range .Directives}}{{.}} {{end}}\n{{quote .Dir}} {{option \"a b\"}} {{seconds .Notice}} {{clock .Notice}} {{.AtOnce}}\n{{range .Environment}}{{assignment .}}{{end}}\n{{.CommandLine}}\n"
	got := must(t)(Slurm(j, text))
	want := "--job-name=lambda --array=0-0 --nodes=1 --ntasks=1 --cpus-per-task=1 --signal=B:USR1@300 --requeue --open-mode=append --chdir=/shared/alice --output=/shared/alice/lambda/submissions/logs/%A_%a.log \n" +
		"/shared/alice \"a b\" 300 00:05:00 1\nA='b c'\n/opt/biornn/bin/biornn sweep run lambda.toml --workers 1\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	for _, wrong := range []string{"{{.Nothing}}", "{{", "{{quote 3}}"} {
		if _, err := Slurm(j, wrong); err == nil || !strings.Contains(err.Error(), "engine: template:") {
			t.Errorf("%q: want an error that names the template, got %v", wrong, err)
		}
	}
}

func TestBadPods(t *testing.T) {
	for says, change := range map[string]func(*Job, *Pod){
		"name: want at most 57 lower-case": func(j *Job, _ *Pod) { j.Name = "Upper" },
		"image: want the name":             func(_ *Job, p *Pod) { p.Image = "" },
		"claim: want the name":             func(_ *Job, p *Pod) { p.Claim = "No Claim" },
		"mount: want an absolute":          func(_ *Job, p *Pod) { p.Mount = "data" },
		"holds the working folder":         func(_ *Job, p *Pod) { p.Mount = "/shared/al" },
		"want neither setup":               func(j *Job, _ *Pod) { j.Setup = []string{"true"} },
		"want no partition":                func(j *Job, _ *Pod) { j.Time = time.Hour },
		"want letters":                     func(j *Job, _ *Pod) { j.Name = "-" },
	} {
		j, p := plainJob(), pod()
		change(&j, &p)
		if _, err := Kubernetes(j, p); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want an error with %q, got %v", says, err)
		}
	}
}
