package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"biornn/internal/durable"
)

// Trouble is how a job failed, as kept in failed/JOB.json.
type Trouble struct {
	Job   string    `json:"job"`
	Error string    `json:"error"`
	Owner string    `json:"owner"`
	Host  string    `json:"host"`
	At    time.Time `json:"at"`
}

const failedDir = "failed"

// note keeps how a job failed, so that no process tries it again before Retry.
func note(dir string, t Trouble) error {
	folder := filepath.Join(dir, failedDir)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(troubleFile(dir, t.Job), append(text, '\n'))
}

func troubleFile(dir, job string) string { return filepath.Join(dir, failedDir, job+".json") }

// FailedJobs lists the jobs of a folder that failed.
func FailedJobs(dir string) (map[string]bool, error) {
	names, err := readNames(filepath.Join(dir, failedDir))
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]bool{}, nil
	} else if err != nil {
		return nil, err
	}
	out := make(map[string]bool, len(names))
	for _, name := range names {
		if job, ok := strings.CutSuffix(name, ".json"); ok {
			out[job] = true
		}
	}
	return out, nil
}

// Troubles reads how jobs failed, by name.
func Troubles(dir string) ([]Trouble, error) {
	failed, err := FailedJobs(dir)
	if err != nil {
		return nil, err
	}
	var out []Trouble
	for job := range failed {
		var t Trouble
		text, err := os.ReadFile(troubleFile(dir, job))
		if err == nil {
			err = json.Unmarshal(text, &t)
		}
		if err != nil {
			t = Trouble{Error: "unknown: " + err.Error()}
		}
		t.Job = job
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b Trouble) int { return strings.Compare(a.Job, b.Job) })
	return out, nil
}

// Retry makes failed jobs open again and returns how many there were.
func Retry(dir string) (int, error) {
	failed, err := FailedJobs(dir)
	if err != nil {
		return 0, err
	}
	n := 0
	for job := range failed {
		if err := os.Remove(troubleFile(dir, job)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return n, err
		}
		n++
	}
	return n, nil
}

// StorageError is a folder that cannot be read or written: no fault of a job.
type StorageError struct {
	Dir string
	Err error
}

func (e *StorageError) Error() string {
	return fmt.Sprintf("sweep: %s cannot be used: %v: what is finished is kept; make room or give rights, then start the same command again", e.Dir, e.Err)
}

func (e *StorageError) Unwrap() error { return e.Err }

// isStorage reports whether an error comes from a disk rather than from a job.
func isStorage(err error) bool {
	for _, e := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO, syscall.ESTALE, syscall.EMFILE, syscall.ENFILE, fs.ErrPermission} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
