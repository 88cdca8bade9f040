package study

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"biornn/experiment"
	"biornn/sweep"
)

// Verified is what Verify has found.
type Verified struct {
	Runs    int // read
	Missing int // not there yet
	Damaged []Damage
}

// Verify reads every file of the sweep and reports what is not as it was written. It
// changes no run; circuits were read when the sweep was opened, see OpenSweep.
func (s *Sweep) Verify(ctx context.Context, workers int) (Verified, error) {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	there, err := s.unchecked()
	if err != nil {
		return Verified{}, &sweep.StorageError{Dir: s.dir, Err: err}
	}
	v := Verified{Runs: len(there), Missing: len(s.names) - len(there)}
	if v.Damaged, err = s.check(ctx, workers, nil); err != nil {
		return v, err
	}
	for i, d := range v.Damaged {
		if d.Cause == "" {
			v.Damaged[i].Cause = "its measures are missing or of other settings"
		}
	}
	return v, s.verifyOthers(&v)
}

// verifyOthers reads checkpoints, circuits and notes of failures.
func (s *Sweep) verifyOthers(v *Verified) error {
	names, err := readNames(filepath.Join(s.dir, runsDir))
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.HasSuffix(name, CheckpointSuffix) {
			continue
		}
		if err := experiment.VerifyCheckpoint(s.runDir(name)); errors.Is(err, experiment.ErrDamaged) {
			v.Damaged = append(v.Damaged, Damage{Run: filepath.Join(runsDir, name), Cause: err.Error()})
		} else if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	v.Damaged = append(v.Damaged, s.replaced...)
	troubles, err := sweep.Troubles(s.dir)
	for _, t := range troubles {
		if strings.HasPrefix(t.Error, "unknown: ") {
			v.Damaged = append(v.Damaged, Damage{Run: filepath.Join("failed", t.Job+".json"), Cause: t.Error})
		}
	}
	return err
}
