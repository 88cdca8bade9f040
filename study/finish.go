package study

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/graph"
	"biornn/internal/durable"
	"biornn/report"
	"biornn/task"
)

// Results is what a study says.
type Results struct {
	Dir         string                `json:"dir"`
	Records     []analysis.Record     `json:"records"`
	Cells       []analysis.Cell       `json:"cells"`
	Claims      []analysis.Claim      `json:"claims"`
	Comparisons []analysis.Comparison `json:"comparisons,omitempty"`
	Agreement   *analysis.Agreement   `json:"agreement,omitempty"`
	Warnings    []string              `json:"warnings,omitempty"`
}

// CellMeasures are the measures summarised in the tables.
var CellMeasures = []string{"train_accuracy", "val_accuracy", "test_accuracy", "modularity", "small_worldness", "entropy_bits",
	"assortativity", "modularity_louvain", "small_worldness_density", "small_worldness_degree", "clustering_weighted",
	"efficiency_weighted", "wiring_cost", "weight_distance_r", "mean_abs_weight", "diagonal_share", "spectral_radius"}

// Finish makes tables, verdicts and the report from the runs that are there.
// published names a table to compare with; "" means the embedded one where the study
// repeats its experiment. command is the call that repeats the study.
func (s *Study) Finish(published, command string) (*Results, error) {
	r, data, err := s.summarise(published, command)
	if err != nil {
		return nil, err
	}
	return r, report.Write(s.dir, *data)
}

// summarise writes the tables and prepares the report.
func (s *Study) summarise(published, command string) (*Results, *report.Data, error) {
	records, err := s.Records()
	if err != nil {
		return nil, nil, err
	}
	if len(records) == 0 {
		return nil, nil, fmt.Errorf("study: %s: no run is finished yet", s.dir)
	}
	r := &Results{Dir: s.dir, Records: records, Cells: analysis.Summarise(records, CellMeasures)}
	if r.Claims, err = analysis.Claims(records); err != nil {
		return nil, nil, err
	}
	var source string
	table, err := s.publishedTable(published)
	if err != nil {
		return nil, nil, err
	}
	if table != nil {
		source = table.Source
		r.Comparisons = analysis.Compare(table, records)
		agreement := analysis.Agree(r.Comparisons)
		r.Agreement = &agreement
	}
	r.Warnings = s.warnings(records)
	if err := s.writeTables(r); err != nil {
		return nil, nil, err
	}
	data, err := s.reportData(r, source, command)
	return r, data, err
}

// publishedTable returns the table to compare with: the one that is named or, for the
// published experiment itself, its own; nil where there is none.
func (s *Study) publishedTable(path string) (*analysis.Published, error) {
	switch {
	case path != "":
		return analysis.LoadPublished(path)
	case s.cfg.Preset == "paper" && s.circuit.Hash() == analysis.Table2Circuit:
		return analysis.Table2()
	}
	return nil, nil
}

// warnings gathers what a reader must know, each once.
func (s *Study) warnings(records []analysis.Record) []string {
	var out []string
	if s.circuit.Provenance.Synthetic {
		out = append(out, "The circuit is synthetic: it says nothing about a brain.")
	}
	if missing := len(s.specs) - len(records); missing > 0 {
		out = append(out, fmt.Sprintf("%d of %d runs are not finished.", missing, len(s.specs)))
	}
	diverged := 0
	for _, r := range records {
		if r.Outcome == analysis.Diverged {
			diverged++
		}
	}
	if diverged > 0 {
		out = append(out, fmt.Sprintf("%d of %d runs diverged and enter no mean.", diverged, len(records)))
	}
	if s.cfg.Seeds < 5 {
		out = append(out, fmt.Sprintf("%d seeds per model and task settle only large differences.", s.cfg.Seeds))
	}
	if s.cfg.Preset == "paper" {
		out = append(out, "The preset paper repeats the published computation with its known flaws; the preset corrected is meant for conclusions.")
	}
	out = append(out, s.Idle()...)
	for _, w := range s.cfg.Analysis.Doubts() {
		out = append(out, w.Text)
	}
	if n := s.damaged(); n > 0 {
		out = append(out, fmt.Sprintf("damaged runs or measures were found and computed again: %d; what was found is kept in %s, as *%s*", n, runsDir, damagedMark))
	}
	count := map[string]int{}
	var order []string
	for _, r := range records {
		for _, w := range r.Warnings {
			if count[w]++; count[w] == 1 {
				order = append(order, w)
			}
		}
	}
	for _, w := range order {
		out = append(out, fmt.Sprintf("%s (%d of %d runs)", w, count[w], len(records)))
	}
	return append(out, s.circuit.Provenance.Warnings...)
}

// damaged counts what was set aside because it was not as it was written.
func (f *folder) damaged() int {
	names, _ := readNames(filepath.Join(f.dir, runsDir)) // without a folder none is damaged
	n := 0
	for _, name := range names {
		if strings.Contains(name, damagedMark) {
			n++
		}
	}
	return n
}

func (s *Study) writeTables(r *Results) error {
	for _, table := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"runs.csv", func(w io.Writer) error { return analysis.WriteRecords(w, r.Records) }},
		{"cells.csv", func(w io.Writer) error { return analysis.WriteCells(w, r.Cells) }},
		{"claims.csv", func(w io.Writer) error { return analysis.WriteClaims(w, r.Claims) }},
		{"results.json", func(w io.Writer) error { return analysis.WriteJSON(w, r) }},
		{"published.csv", func(w io.Writer) error { return analysis.WriteComparisons(w, r.Comparisons) }},
	} {
		if table.name == "published.csv" && len(r.Comparisons) == 0 {
			continue
		}
		var b bytes.Buffer
		if err := table.write(&b); err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(s.dir, table.name), b.Bytes()); err != nil {
			return fmt.Errorf("study: %w", err)
		}
	}
	return nil
}

func (s *Study) reportData(r *Results, source, command string) (*report.Data, error) {
	c := s.circuit
	d := &report.Data{
		Title:  fmt.Sprintf("Networks constrained by the circuit %s", c.Name),
		Preset: s.cfg.Preset, Records: r.Records, Cells: r.Cells, Claims: r.Claims, Comparisons: r.Comparisons,
		PublishedSource: source, Measures: definitionsOf(r.Records), Notes: r.Warnings,
		Circuit: report.Circuit{Name: c.Name, Origin: c.Provenance.Origin, Neurons: c.N(), Synthetic: c.Provenance.Synthetic,
			Positions: c.Positions(), Steps: c.Provenance.Steps, Warnings: c.Provenance.Warnings},
	}
	var text bytes.Buffer
	if err := c.Summary().Text(&text); err != nil {
		return nil, err
	}
	d.Circuit.Summary = strings.Split(strings.TrimRight(text.String(), "\n"), "\n")
	if r.Agreement != nil {
		d.ComparisonNotes = []string{r.Agreement.Text}
	}
	for _, slug := range s.cfg.Models {
		m, controls, _, err := constraint.Variant(slug)
		if err != nil {
			return nil, err
		}
		note := m.Note
		for _, c := range controls {
			note += "; " + c.Note
		}
		d.Models = append(d.Models, report.Model{Slug: slug, Symbol: constraint.Symbol(slug), Note: note})
	}
	for _, name := range s.cfg.Tasks {
		t, err := reportTask(name)
		if err != nil {
			return nil, err
		}
		d.Tasks = append(d.Tasks, t)
	}
	var err error
	if d.Networks, err = s.examples(); err != nil {
		return nil, err
	}
	m := experiment.ThisMachine(0)
	d.Manifest = report.Manifest{Command: command, Version: m.Version, Go: m.Go, CPU: m.CPU, Kernel: m.Kernel,
		CircuitHash: c.Hash(), Seeds: s.cfg.Seeds, Spec: string(s.specs[0].TOML())}
	return d, nil
}

// definitionsOf lists the measures that some run has.
func definitionsOf(records []analysis.Record) []analysis.Definition {
	return slices.DeleteFunc(analysis.Definitions(), func(d analysis.Definition) bool {
		return !slices.ContainsFunc(records, func(r analysis.Record) bool { _, ok := r.Values[d.Key]; return ok })
	})
}

func reportTask(name string) (report.Task, error) {
	cfg, err := task.DefaultConfig(name)
	if err != nil {
		return report.Task{}, err
	}
	t, err := task.New(cfg)
	if err != nil {
		return report.Task{}, err
	}
	info := t.Info()
	chance, ceiling := math.NaN(), math.NaN()
	if levels := task.Levels(name); len(levels) > 0 {
		chance = levels[0].Accuracy
	}
	if c, ok := task.Ceiling(name); ok {
		ceiling = c
	}
	return report.Task{Name: info.Name, Title: info.Title, Note: info.Note, Chance: chance, Ceiling: ceiling}, nil
}

// examples returns the network of the first seed of each model on the first task
// that has one.
func (s *Study) examples() ([]report.Network, error) {
	var out []report.Network
	have := map[string]bool{}
	for _, spec := range s.specs {
		if have[spec.Constraint.Model] {
			continue
		}
		run, err := experiment.Load(filepath.Join(s.dir, runsDir, spec.Name()))
		if err != nil || run.Diverged() {
			continue // a missing run is counted elsewhere
		}
		g, err := graph.Binarise(run.Weights64(), run.Network.Neurons, s.cfg.Analysis.Quantile)
		if err != nil {
			return nil, err
		}
		have[spec.Constraint.Model] = true
		out = append(out, report.Network{Model: spec.Constraint.Model, Task: spec.Task.Name, Seed: spec.Seed,
			Weights: run.Network.Connections(), Modules: g.GreedyCommunities()})
	}
	return out, nil
}

// Describe says in a few lines what the study will do.
func (s *Study) Describe() string {
	c := s.circuit
	kind := ""
	if c.Provenance.Synthetic {
		kind = " (synthetic)"
	}
	return fmt.Sprintf("circuit %s%s: %d neurons; preset %s; %s × %s × %s = %s\nresults in %s",
		c.Name, kind, c.N(), s.cfg.Preset, counted(len(s.cfg.Models), "model"), counted(len(s.cfg.Tasks), "task"), counted(s.cfg.Seeds, "seed"), counted(len(s.specs), "run"), s.dir)
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
