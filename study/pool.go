package study

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/internal/durable"
	"biornn/stats"
)

// Pooled is what several studies of biology, each on another circuit, say together.
type Pooled struct {
	Preset   string          `json:"preset"`
	Circuits []string        `json:"circuits"`
	Verdicts []PooledVerdict `json:"verdicts"`
	Claims   []PooledClaim   `json:"claims"`
	Warnings []stats.Warning `json:"warnings,omitempty"`
}

// PooledVerdict is what each circuit says of a claim.
type PooledVerdict struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Verdicts  []string `json:"verdicts"` // in the order of the circuits
}

// PooledClaim is one contrast of a claim over circuits.
type PooledClaim struct {
	ID        string            `json:"id"`
	Statement string            `json:"statement"`
	Role      string            `json:"role"` // claim or control
	Model     string            `json:"model"`
	Rival     string            `json:"rival"`
	Tasks     []analysis.Across `json:"tasks"`
}

// Pool joins the studies of biology in several folders (results of study biology in one
// preset, each of another circuit): every contrast of every claim as a mixed model with a
// random effect of the circuit.
func Pool(dirs []string) (*Pooled, error) {
	if len(dirs) < 2 {
		return nil, fmt.Errorf("study: pool: want at least two folders of studies of biology, got %d", len(dirs))
	}
	out := &Pooled{}
	var sets []analysis.CircuitRecords
	var verdicts [][]analysis.Verdict
	for _, dir := range dirs {
		r, records, err := readBiology(dir)
		if err != nil {
			return nil, err
		}
		if out.Preset == "" {
			out.Preset = r.Preset
		}
		if r.Preset != out.Preset {
			return nil, fmt.Errorf("study: pool: want studies of one preset, got %s (%s) and %s (%s); join them apart", out.Preset, dirs[0], r.Preset, dir)
		}
		out.Circuits = append(out.Circuits, r.Circuit)
		sets = append(sets, analysis.CircuitRecords{Circuit: r.Circuit, Records: records})
		verdicts = append(verdicts, r.Verdicts)
	}
	seen := map[string]bool{}
	for i, v := range verdicts[0] {
		one := PooledVerdict{ID: v.ID, Statement: v.Statement}
		for k := range verdicts {
			if i < len(verdicts[k]) && verdicts[k][i].ID == v.ID {
				one.Verdicts = append(one.Verdicts, verdicts[k][i].Verdict)
			}
		}
		out.Verdicts = append(out.Verdicts, one)
		for _, e := range v.Effects {
			key := strings.Join([]string{v.ID, e.Model, e.Rival}, " ")
			if seen[key] || e.Rival == "" || v.ID == bestClaim {
				continue
			}
			seen[key] = true
			c := PooledClaim{ID: v.ID, Statement: v.Statement, Role: e.Role, Model: e.Model, Rival: e.Rival}
			var warnings []stats.Warning
			var err error
			if c.Tasks, warnings, err = analysis.AcrossCircuits(sets, e.Model, e.Rival, e.Measure); err != nil {
				return nil, fmt.Errorf("study: pool: %w", err)
			}
			out.Warnings = append(out.Warnings, warnings...)
			out.Claims = append(out.Claims, c)
		}
	}
	out.Warnings = gathered(out.Warnings)
	return out, nil
}

// bestClaim compares with whichever other model is the best on a task, and so has no
// contrast that is the same on all circuits.
const bestClaim = "B0"

// readBiology reads the verdicts of a finished study of biology and the records of the
// runs that they rest on.
func readBiology(dir string) (*BiologyResults, []analysis.Record, error) {
	path := filepath.Join(dir, verdictsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("study: pool: %s: want the folder of a finished study of biology, with its verdicts: %w (study biology writes it)", dir, err)
	}
	var r BiologyResults
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, nil, fmt.Errorf("study: %s: %w", path, err)
	}
	records, err := LoadRecords(filepath.Join(dir, evaluation))
	return &r, records, err
}

// Write writes pooled.md and pooled.json into a folder.
func (p *Pooled) Write(dir, command string) error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		os.MkdirAll(dir, 0o755),
		durable.WriteFile(filepath.Join(dir, "pooled.json"), append(text, '\n')),
		durable.WriteFile(filepath.Join(dir, "pooled.md"), p.markdown(command)))
}

func (p *Pooled) markdown(command string) []byte {
	var w bytes.Buffer
	print := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	print("# What the biology is worth, over circuits\n")
	print("Preset %s; circuits %s. Differences within seeds, joined by a mixed model in which the difference varies from circuit to circuit: its mean over circuits with a 95 %% interval, and where that of a new circuit would lie.\n", p.Preset, strings.Join(p.Circuits, ", "))
	print("    %s\n", command)
	print("| claim | %s |", strings.Join(p.Circuits, " | "))
	print("|---|%s", strings.Repeat("---|", len(p.Circuits)))
	for _, v := range p.Verdicts {
		print("| %s %s | %s |", v.ID, v.Statement, strings.Join(v.Verdicts, " | "))
	}
	print("\n| claim | contrast | task | difference over circuits | 95 %% | p (Holm over tasks) | new circuit | by circuit |")
	print("|---|---|---|---|---|---|---|---|")
	for _, c := range p.Claims {
		for _, a := range c.Tasks {
			var parts []string
			for _, one := range a.Circuits {
				parts = append(parts, fmt.Sprintf("%+.3f", float64(one.Mean)))
			}
			print("| %s | %s − %s (%s) | %s | %+.3f | %+.3f … %+.3f | %.2g | %s | %s |", c.ID, constraint.Symbol(c.Model), constraint.Symbol(c.Rival), c.Role, a.Task,
				float64(a.Mean), float64(a.Low), float64(a.High), float64(a.Holm), around("%+.3f … %+.3f", a.NewLow, a.NewHigh), strings.Join(parts, ", "))
		}
	}
	if len(p.Warnings) > 0 {
		print("\n## Doubts\n")
		for _, x := range p.Warnings {
			print("- %s", x.Text)
		}
	}
	return starred(w.Bytes())
}
