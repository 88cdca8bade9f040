package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"biornn/internal/durable"
)

// Submission is a job that was handed to a scheduler, as submissions/ID.json keeps it.
type Submission struct {
	Engine    string    `json:"engine"` // slurm
	ID        string    `json:"id"`     // of the array job
	Cluster   string    `json:"cluster,omitempty"`
	Script    string    `json:"script"`
	Logs      string    `json:"logs"`
	Workers   int       `json:"workers"`
	Submitted time.Time `json:"submitted"`
}

// Log returns the file that a task writes to; task is the number of an array's task.
func (s Submission) Log(task int) string {
	return filepath.Join(s.Logs, fmt.Sprintf("%s_%d.log", s.ID, task))
}

const submissionsDir = "submissions"

// Folder returns where scripts, logs and records of submissions lie in a folder of work.
func Folder(dir string) string { return filepath.Join(dir, submissionsDir) }

// LogFolder returns where the workers of a folder of work write.
func LogFolder(dir string) string { return filepath.Join(dir, submissionsDir, "logs") }

// NewScript keeps a script as the next submissions/PREFIX-N.SUFFIX and makes the folder of
// logs. text returns the script for its path, which is absolute.
func NewScript(dir, prefix, suffix string, text func(path string) (string, error)) (path string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(LogFolder(dir), 0o755); err != nil {
		return "", err
	}
	for n := 1; ; n++ {
		path = filepath.Join(Folder(dir), fmt.Sprintf("%s-%d.%s", prefix, n, suffix))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
		if errors.Is(err, fs.ErrExist) {
			continue
		} else if err != nil {
			return "", err
		}
		script, err := text(path)
		if err == nil {
			_, err = f.WriteString(script)
		}
		if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
			return "", errors.Join(err, os.Remove(path))
		}
		return path, nil
	}
}

// Record keeps a submission.
func Record(dir string, s Submission) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	name := s.ID
	if s.Cluster != "" {
		name += "-" + s.Cluster
	}
	return durable.WriteFile(filepath.Join(Folder(dir), name+".json"), append(text, '\n'))
}

// Submissions lists those of a folder of work, the oldest first.
func Submissions(dir string) ([]Submission, error) {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(Folder(dir)), "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Submission
	for _, path := range paths {
		var s Submission
		text, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(text, &s)
		}
		if err == nil && (!jobNumber.MatchString(s.ID) || !clusterName.MatchString(s.Cluster)) {
			err = fmt.Errorf("id: want the number of a job, got %q of cluster %q", s.ID, s.Cluster)
		}
		if err != nil {
			return nil, fmt.Errorf("engine: %s: %w", path, err)
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b Submission) int { return a.Submitted.Compare(b.Submitted) })
	return all, nil
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// ErrNoSlurm says that the programs of Slurm are not installed here.
var ErrNoSlurm = errors.New("the programs of Slurm are not installed here")

// Submit hands a script of Slurm to sbatch and returns what it said about it.
func Submit(ctx context.Context, script string) (Submission, error) {
	out, err := slurm(ctx, "sbatch", "--parsable", script)
	if err != nil {
		return Submission{}, err
	}
	id, cluster, err := parseSubmitted(out)
	return Submission{Engine: "slurm", ID: id, Cluster: cluster, Script: script, Submitted: time.Now().UTC().Truncate(time.Second)}, err
}

// Cancel ends a submission: tasks that wait are removed, workers that run are told to stop.
func Cancel(ctx context.Context, s Submission) error {
	args := []string{s.ID}
	if s.Cluster != "" {
		args = append(args, "--clusters="+s.Cluster)
	}
	_, err := slurm(ctx, "scancel", args...)
	return err
}

var jobNumber = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// parseSubmitted reads JOB or JOB;CLUSTER, the last line of what sbatch --parsable prints.
func parseSubmitted(out string) (id, cluster string, err error) {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	id, cluster, _ = strings.Cut(strings.TrimSpace(lines[len(lines)-1]), ";")
	if !jobNumber.MatchString(id) || !clusterName.MatchString(cluster) {
		return "", "", fmt.Errorf("engine: sbatch: want the number of a job, got %q", out)
	}
	return id, cluster, nil
}

var clusterName = regexp.MustCompile(`^[A-Za-z0-9_-]*$`)

// slurm runs a program of Slurm and returns what it prints. An error carries what the
// program complained about.
func slurm(ctx context.Context, program string, args ...string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("engine: %s: %w", program, ErrNoSlurm)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = 5 * time.Second
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		if text := lines(complaint.String()); len(text) > 0 {
			err = errors.New(strings.ReplaceAll(strings.Join(text, "; "), program+": ", ""))
		}
		return "", fmt.Errorf("engine: %s: %w", program, err)
	}
	return string(out), nil
}
