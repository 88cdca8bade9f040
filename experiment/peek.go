package experiment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Brief is what is worth knowing of a run before it is loaded.
type Brief struct {
	Diverged    bool
	ValAccuracy float64 // of the last epoch; 0 for a diverged run
	Seconds     float64 // that it took; 0 where nobody wrote it down
}

// Peek reads the outcome of a run without a look at its weights or checksums, and how long
// it took if timed is set.
func Peek(dir string, timed bool) (Brief, error) {
	var b Brief
	var res struct {
		Outcome string `json:"outcome"`
	}
	text, err := os.ReadFile(filepath.Join(dir, resultFile))
	if err != nil {
		return b, fmt.Errorf("experiment: %w", err)
	}
	if err := json.Unmarshal(text, &res); err != nil {
		return b, fmt.Errorf("experiment: %s: %w: %w", filepath.Join(dir, resultFile), ErrDamaged, err)
	}
	b.Diverged = res.Outcome == "diverged"
	if timed {
		b.Seconds = secondsOf(dir)
	}
	if b.Diverged {
		return b, nil
	}
	history, err := os.ReadFile(filepath.Join(dir, historyFile))
	if err != nil {
		return b, fmt.Errorf("experiment: %w", err)
	}
	header, _, _ := bytes.Cut(history, []byte("\n"))
	rest := bytes.TrimRight(history[len(header):], "\n")
	last := rest[bytes.LastIndexByte(rest, '\n')+1:]
	curve, err := readHistory(append(append(append([]byte(nil), header...), '\n'), last...))
	if err != nil || len(curve) == 0 {
		return b, fmt.Errorf("experiment: %s: %w: %v", filepath.Join(dir, historyFile), ErrDamaged, err)
	}
	b.ValAccuracy = curve[0].ValAccuracy
	return b, nil
}

func secondsOf(dir string) float64 {
	var m Machine
	text, err := os.ReadFile(filepath.Join(dir, machineFile))
	if err != nil || json.Unmarshal(text, &m) != nil {
		return 0
	}
	return m.Seconds
}
