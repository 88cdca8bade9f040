package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/internal/durable"
	"biornn/report"
	"biornn/study"
)

// measured is a network, or a circuit, with its measures.
type measured struct {
	path   string
	Name   string `json:"name"`
	Model  string `json:"model,omitempty"`
	Task   string `json:"task,omitempty"`
	Preset string `json:"preset,omitempty"`
	Seed   uint64 `json:"seed,omitempty"`
	Epoch  *int   `json:"epoch,omitempty"` // nil: at the end
	Full   bool   `json:"-"`
	analysis.Measures
}

func measuredRun(dir string, run *experiment.Run, values analysis.Measures) measured {
	r := study.NewRecord(run.Spec.Name(), run, values)
	return measured{path: dir, Name: r.Run, Model: r.Model, Task: r.Task, Preset: r.Preset, Seed: r.Seed,
		Measures: analysis.Measures{Values: r.Values, Warnings: r.Warnings}}
}

// runsIn returns the folders of runs that a path means, nil if it is a circuit.
func runsIn(path string) ([]string, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("analyse: %s does not exist: want the folder of a run, of runs, of a study or of an imaged field, or a circuit file (%s)", path, circuit.Extension)
	} else if err != nil {
		return nil, err
	}
	if exists(filepath.Join(path, "result.json")) {
		return []string{path}, nil
	}
	if !info.IsDir() {
		return nil, nil
	}
	folders, err := study.RunFolders(path)
	if err == nil && len(folders) == 0 && exists(filepath.Join(path, "study.json")) {
		return nil, fmt.Errorf("%s holds no finished runs", path)
	}
	return folders, err
}

// printMeasured prints one line a measure, with what it is where all are asked for.
func (a *app) printMeasured(kind, heading string, m measured) error {
	if a.json {
		return a.printJSON(kind, m)
	}
	fmt.Fprintln(a.stdout, heading)
	for _, d := range analysis.Definitions() {
		v, ok := m.Values[d.Key]
		if !ok {
			continue
		}
		fmt.Fprintf(a.stdout, "  %-28s %12.5g %s\n", d.Key, v, d.Unit)
		if m.Full {
			fmt.Fprintln(a.stdout, "      "+wrap(d.Text, 6))
		}
	}
	for _, w := range m.Warnings {
		fmt.Fprintln(a.stdout, "  warning:", w)
	}
	return nil
}

// overEpochs are the measures that are printed and drawn over epochs; the table has all.
var overEpochs = []struct{ key, head string }{
	{"val_accuracy", "accuracy"}, {"modularity", "Q"}, {"small_worldness_density", "σ"}, {"clustering_directed_weighted", "clustering"},
	{"efficiency_directed_weighted", "efficiency"}, {"spectral_radius", "radius"}, {"entropy_bits", "entropy"},
	{"wiring_somata_z", "wiring z"}, {"diagonal_share", "diagonal"},
}

// printEpochs prints a line an epoch.
func (a *app) printEpochs(dir string, all []measured) error {
	if a.json {
		for _, m := range all {
			if err := a.printJSON("epoch", m); err != nil {
				return err
			}
		}
		return nil
	}
	fmt.Fprintf(a.stdout, "%s\n%5s", dir, "epoch")
	for _, column := range overEpochs {
		fmt.Fprintf(a.stdout, " %10s", column.head)
	}
	fmt.Fprintln(a.stdout)
	for _, m := range all {
		fmt.Fprintf(a.stdout, "%5d", *m.Epoch)
		for _, column := range overEpochs {
			text := "–"
			if v, ok := m.Values[column.key]; ok {
				text = strconv.FormatFloat(v, 'g', 4, 64)
			}
			fmt.Fprintf(a.stdout, " %10s", text)
		}
		fmt.Fprintln(a.stdout)
	}
	a.printWarnings(all)
	return nil
}

// printWarnings prints each warning once, with the number of epochs that have it.
func (a *app) printWarnings(all []measured) {
	count := map[string]int{}
	var texts []string
	for _, m := range all {
		for _, w := range m.Warnings {
			if count[w]++; count[w] == 1 {
				texts = append(texts, w)
			}
		}
	}
	for _, w := range texts {
		fmt.Fprintf(a.stdout, "  warning: %s (%d of %d epochs)\n", w, count[w], len(all))
	}
}

// writeMeasured writes the table and, over epochs, the figure.
func (a *app) writeMeasured(all []measured, call analysing) error {
	if err := durable.WriteFile(call.out, measuredCSV(all)); err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, "biornn:", call.out)
	if !call.epochs {
		return nil
	}
	var shown []analysis.Definition
	for _, column := range overEpochs {
		if d, ok := analysis.Define(column.key); ok {
			shown = append(shown, d)
		}
	}
	figure, err := report.TrajectoryFigure(trajectories(all), shown)
	if err != nil {
		return err
	}
	path := strings.TrimSuffix(call.out, ".csv") + ".svg"
	fmt.Fprintln(a.stderr, "biornn:", path)
	return durable.WriteFile(path, figure)
}

// trajectories gathers the epochs of each run.
func trajectories(all []measured) []report.Trajectory {
	var out []report.Trajectory
	for i, m := range all {
		if i == 0 || all[i-1].path != m.path {
			out = append(out, report.Trajectory{Name: fmt.Sprintf("%s, %s, seed %d", symbolOf(m.Model), m.Task, m.Seed)})
		}
		last := &out[len(out)-1]
		last.Epochs, last.Values = append(last.Epochs, *m.Epoch), append(last.Values, m.Values)
	}
	return out
}

// measuredCSV returns one line a measure: of what, its value, and what it is.
func measuredCSV(all []measured) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write([]string{"name", "model", "task", "preset", "seed", "epoch", "measure", "value", "unit", "definition", "source"})
	for _, m := range all {
		seed, epoch := "", ""
		if m.Model != "" {
			seed = strconv.FormatUint(m.Seed, 10)
		}
		if m.Epoch != nil {
			epoch = strconv.Itoa(*m.Epoch)
		}
		for _, d := range measuredOf(m) {
			_ = w.Write([]string{m.Name, m.Model, m.Task, m.Preset, seed, epoch, d.Key,
				strconv.FormatFloat(m.Values[d.Key], 'g', -1, 64), d.Unit, d.Text, d.Source})
		}
	}
	w.Flush() // a bytes.Buffer takes everything
	return b.Bytes()
}

// measuredOf returns the definitions of what was measured, in their order.
func measuredOf(m measured) []analysis.Definition {
	return slices.DeleteFunc(analysis.Definitions(), func(d analysis.Definition) bool {
		_, ok := m.Values[d.Key]
		return !ok
	})
}
