package study

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"biornn/circuit"
	"biornn/internal/seal"
)

// runName is the end of a run's folder name: seed and hash.
var runName = regexp.MustCompile(`_s(\d+)_[0-9a-f]{12}$`)

// runsFolder returns the folder of the evaluation where dir is that of a study of biology,
// else dir.
func runsFolder(dir string) string {
	if _, err := os.Stat(filepath.Join(dir, biologyFile)); err != nil {
		return dir
	}
	return filepath.Join(dir, evaluation)
}

// Reopen opens the study that a folder holds, with as many seeds as have runs.
func Reopen(dir string) (*Study, error) {
	if runs := runsFolder(dir); runs != dir {
		return nil, fmt.Errorf("study: %s holds a study of biology: the command that made it makes its report again; %s holds the study of its runs", dir, runs)
	}
	path := filepath.Join(dir, describeFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("study: %s holds no study: %w", dir, err)
	}
	var d description
	if err := seal.Parse(text, &d); err != nil {
		return nil, fmt.Errorf("study: %s: %w", path, err)
	}
	c, err := circuit.Read(filepath.Join(dir, circuitFile))
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(dir, runsDir))
	if err != nil {
		return nil, fmt.Errorf("study: %s holds no runs: %w", dir, err)
	}
	for _, e := range entries {
		if m := runName.FindStringSubmatch(e.Name()); m != nil {
			seed, _ := strconv.Atoi(m[1])
			d.Config.Seeds = max(d.Config.Seeds, seed-max(1, d.Config.FirstSeed)+1)
		}
	}
	if d.Config.Seeds == 0 {
		return nil, fmt.Errorf("study: %s holds no finished run yet", dir)
	}
	return open(d.Config, c, dir)
}
