// Package study runs a whole comparison: models × tasks × seeds on one circuit,
// their structure, tables, verdicts and the report. Everything it makes lies in
// one folder, and the same call on that folder goes on where it was interrupted.
package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/grid"
	"biornn/internal/durable"
	"biornn/internal/seal"
	"biornn/sweep"
)

// Config describes a comparison.
type Config struct {
	Preset string   `json:"preset"`
	Models []string `json:"models"` // slugs
	Tasks  []string `json:"tasks"`
	Seeds  int      `json:"-"`                // runs per model and task, seeds 1 … Seeds; more may be added later
	Epochs int      `json:"epochs,omitempty"` // 0: as the preset says
	Lambda *float64 `json:"lambda,omitempty"` // nil: as the preset says
	Sign   string   `json:"sign,omitempty"`   // "": as the preset says
	// Lambdas holds strengths of single cells, by CellName; they go before Lambda.
	Lambdas map[string]float64 `json:"lambdas,omitempty"`
	// Cells limits the study to some models on some tasks, by CellName; empty: all.
	Cells []string `json:"cells,omitempty"`
	// FirstSeed is the first of the seeds; 0: 1.
	FirstSeed int `json:"first_seed,omitempty"`
	// Trials limits the trials of training, validation and test; 0: as the preset says.
	Trials   int             `json:"trials,omitempty"`
	Analysis analysis.Config `json:"analysis"`
}

// CellName is the key of a model and a task in Config.Lambdas.
func CellName(model, taskName string) string { return model + "/" + taskName }

// DefaultConfig compares the six models of the abstract on the three tasks with
// three seeds, in the corrected preset.
func DefaultConfig() Config {
	return Config{Preset: "corrected", Models: slugsOf(constraint.AbstractModels()), Tasks: DefaultTasks(), Seeds: 3,
		Analysis: analysis.DefaultConfig()}
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	if _, err := constraint.Preset(c.Preset); err != nil {
		return err
	}
	if len(c.Models) == 0 || len(c.Tasks) == 0 {
		return fmt.Errorf("study: models and tasks: want at least one of each, got %d and %d", len(c.Models), len(c.Tasks))
	}
	if c.Seeds < 1 {
		return fmt.Errorf("study: seeds: want at least 1, got %d", c.Seeds)
	}
	if c.Epochs < 0 {
		return fmt.Errorf("study: epochs: want 0 (as published) or more, got %d", c.Epochs)
	}
	if c.FirstSeed < 0 || c.Trials < 0 {
		return fmt.Errorf("study: first_seed and trials: want at least 0, got %d and %d", c.FirstSeed, c.Trials)
	}
	if c.Lambda != nil && (!(*c.Lambda >= 0) || math.IsInf(*c.Lambda, 1)) {
		return fmt.Errorf("study: lambda: want at least 0, got %g", *c.Lambda)
	}
	if c.Sign != "" && c.Sign != "free" && c.Sign != "nonnegative" {
		return fmt.Errorf("study: sign: want free or nonnegative, got %q", c.Sign)
	}
	return c.Analysis.Validate()
}

// Study is a comparison with its folder.
type Study struct {
	folder
	cfg     Config
	circuit *circuit.Circuit
}

// Names of the files and folders of a study.
const (
	describeFile = "study.json"
	circuitFile  = "circuit.npz"
	runsDir      = "runs"
	measuresFile = "measures.json"
)

// description is what study.json holds; a study may go on in the folder of another only
// if it is the same or adds to it.
type description struct {
	Version     string `json:"version"`
	Circuit     string `json:"circuit"`
	CircuitHash string `json:"circuit_sha256"`
	Config      Config `json:"study"`
}

// Open prepares a study in dir, which is made if it does not exist. A folder that
// holds another study, or other files, is refused, and so are models that the circuit
// cannot have.
func Open(cfg Config, c *circuit.Circuit, dir string) (*Study, error) {
	s := &Study{cfg: cfg, circuit: c}
	if err := s.plan(); err != nil {
		return nil, err
	}
	if err := fit(s.specs, func(string) *circuit.Circuit { return c }); err != nil {
		return nil, err
	}
	return open(cfg, c, dir)
}

// open is Open without a look at what the circuit has.
func open(cfg Config, c *circuit.Circuit, dir string) (*Study, error) {
	s := &Study{cfg: cfg, circuit: c}
	s.dir, s.analysis, s.circuits = dir, cfg.Analysis, map[string]*circuit.Circuit{c.Hash(): c}
	if err := s.plan(); err != nil {
		return nil, err
	}
	want := description{experiment.Version, c.Name, c.Hash(), cfg}
	if err := claim(dir, want); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, circuitFile)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := c.Write(path); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// claim writes study.json or checks the one that is there.
func claim(dir string, want description) error {
	path := filepath.Join(dir, describeFile)
	out, err := seal.JSON(want)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if err := wantEmpty(dir, describeFile, "choose another with --out"); err != nil {
			return err
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		made, err := durable.Create(path, out, true)
		if made || err != nil {
			return err
		}
		text, err = os.ReadFile(path) // another process was faster
		if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	var got description
	if err := seal.Parse(text, &got); err != nil {
		return fmt.Errorf("study: %s: %w", path, err)
	}
	if diff := got.differs(want); diff != "" {
		return fmt.Errorf("study: %s holds another study (%s); choose another folder with --out, or delete it", dir, diff)
	}
	if bytes.Equal(text, out) {
		return nil
	}
	return durable.WriteFile(path, out)
}

// wantEmpty refuses a folder that holds the files of others. What another process that
// begins the same study may just have made does not count: parts of writes, circuits and
// the file that describes the study.
func wantEmpty(dir, description, advice string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("study: %s: want a folder, got a file; %s", dir, advice)
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n := 0
	for _, e := range entries {
		if !durable.IsPart(e.Name()) && e.Name() != circuitsDir && e.Name() != description {
			n++
		}
	}
	if n > 0 {
		return fmt.Errorf("study: %s: want an empty folder or one of this study, got %d other files; %s", dir, n, advice)
	}
	return nil
}

// differs names the first field in which two descriptions differ so that their runs must
// not be mixed. Models and tasks may be added to those that are there, the λ of cells that
// were chosen on validation data may be chosen again from more, and the cells be others.
func (d description) differs(want description) string {
	if d.Version != want.Version {
		return fmt.Sprintf("version: there %s, here %s", d.Version, want.Version)
	}
	if d.CircuitHash != want.CircuitHash {
		return fmt.Sprintf("circuit: there %s %.12s, here %s %.12s", d.Circuit, d.CircuitHash, want.Circuit, want.CircuitHash)
	}
	if within(d.Config.Models, want.Config.Models) {
		d.Config.Models = want.Config.Models
	}
	if within(d.Config.Tasks, want.Config.Tasks) {
		d.Config.Tasks = want.Config.Tasks
	}
	if d.Config.Lambdas != nil && want.Config.Lambdas != nil {
		d.Config.Lambdas = want.Config.Lambdas
	}
	d.Config.Cells = want.Config.Cells
	return firstDifference(d.Config, want.Config)
}

// firstDifference names the first field, of those that JSON holds, in which two values of
// one type differ, and both its values.
func firstDifference[T any](there, here T) string {
	a, b := reflect.ValueOf(there), reflect.ValueOf(here)
	for i := range a.NumField() {
		name := strings.Split(a.Type().Field(i).Tag.Get("json"), ",")[0]
		x, _ := json.Marshal(a.Field(i).Interface())
		y, _ := json.Marshal(b.Field(i).Interface())
		if name != "-" && string(x) != string(y) {
			return fmt.Sprintf("%s: there %s, here %s", name, x, y)
		}
	}
	return ""
}

// within reports whether all of a stand in b.
func within[T comparable](a, b []T) bool {
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// plan lists the specs: seed by seed, so that an interrupted study has complete
// comparisons of its first seeds.
func (s *Study) plan() error {
	if err := s.cfg.Validate(); err != nil {
		return err
	}
	for k := range s.cfg.Seeds {
		seed := uint64(max(1, s.cfg.FirstSeed) + k)
		for _, t := range s.cfg.Tasks {
			for _, m := range s.cfg.Models {
				if len(s.cfg.Cells) > 0 && !slices.Contains(s.cfg.Cells, CellName(m, t)) {
					continue
				}
				spec, err := experiment.New(s.cfg.Preset, m, t, s.circuit, seed)
				if err != nil {
					return err
				}
				s.adjust(&spec)
				if lambda, ok := s.cfg.Lambdas[CellName(m, t)]; ok {
					spec.Constraint.Lambda = lambda
				}
				if err := spec.Validate(); err != nil {
					return err
				}
				s.specs, s.names = append(s.specs, spec), append(s.names, spec.Name())
			}
		}
	}
	return nil
}

func (s *Study) adjust(spec *experiment.Spec) {
	if s.cfg.Epochs > 0 {
		spec.Train.Epochs = s.cfg.Epochs
	}
	if s.cfg.Trials > 0 {
		spec.Train.TrainTrials, spec.Train.ValTrials, spec.Train.TestTrials = s.cfg.Trials, s.cfg.Trials, s.cfg.Trials
	}
	if s.cfg.Lambda != nil {
		spec.Constraint.Lambda = *s.cfg.Lambda
	}
	if s.cfg.Sign != "" && spec.Constraint.Sign != "dale" { // a control has the last word
		spec.Constraint.Sign = s.cfg.Sign
	}
}

// Specs returns the runs of the study.
func (s *Study) Specs() []experiment.Spec { return slices.Clone(s.specs) }

// Dir returns the folder of the study.
func (s *Study) Dir() string { return s.dir }

// Run computes what is missing on the given number of workers (0: one a core), together
// with all other processes that do so on this folder.
func (s *Study) Run(ctx context.Context, workers int, report func(sweep.Status)) error {
	if _, err := sweep.Retry(s.dir); err != nil { // what failed before is tried again
		return err
	}
	status, err := s.run(ctx, RunOptions{Workers: workers, Wait: true, Report: report})
	if err != nil || status.Done() < status.Jobs {
		return err
	}
	there, err := s.finished()
	if err == nil {
		_, err = sweep.Collect(ctx, s.dir, func(job string) bool { return there[job] }, nil, 0)
	}
	return err
}

// DefaultTasks are the three of the published comparison.
func DefaultTasks() []string { return grid.Tasks() }

// Resolve is grid.Resolve.
func Resolve(models, tasks []string) (slugs, names []string, err error) {
	return grid.Resolve(models, tasks)
}

func slugsOf(models []constraint.Model) []string {
	var out []string
	for _, m := range models {
		out = append(out, m.Slug)
	}
	return out
}

// unique keeps the first of equal words.
func unique(words []string) []string {
	var out []string
	for _, w := range words {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}
