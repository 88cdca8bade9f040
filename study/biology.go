package study

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/constraint"
	"biornn/internal/durable"
	"biornn/internal/suggest"
	"biornn/report"
	"biornn/sweep"
)

// BiologyConfig describes a study of what the biology of a circuit is worth: the models
// and the controls that each claim needs, every cell (model and task) with the strength
// of the penalty that is best for it on validation data.
type BiologyConfig struct {
	Preset      string    `json:"preset"`
	Models      []string  `json:"models"` // with controls
	Tasks       []string  `json:"tasks"`
	Seeds       int       `json:"-"` // of the evaluation, 1 … Seeds
	TuningSeeds int       `json:"tuning_seeds"`
	Lambdas     []float64 `json:"lambdas"` // tried for every cell; one: no choice
	// Choice of λ: "" tries every λ with all tuning seeds; Halving tries all with the first
	// seed, the better half with the second, and so on. Every cell has the same budget.
	Choice string `json:"choice,omitempty"`
	Epochs int    `json:"epochs,omitempty"`
	Trials int    `json:"trials,omitempty"`

	Analysis analysis.Config `json:"analysis"`
}

// DefaultBiology asks all claims on the three tasks.
func DefaultBiology(preset string) BiologyConfig {
	c := BiologyConfig{Preset: preset, Models: analysis.BiologyArms(preset), Tasks: DefaultTasks(), Seeds: 10, TuningSeeds: 2,
		Lambdas: []float64{0.0003, 0.001, 0.003, 0.01, 0.03}, Analysis: analysis.DefaultConfig()}
	if preset == "paper" {
		c.Lambdas = []float64{0.3} // as published, the same for all
	}
	return c
}

// firstTuningSeed keeps the data of the choice of λ apart from those of the evaluation.
const firstTuningSeed = 1000001

// Biology is such a study with its folder.
type Biology struct {
	cfg     BiologyConfig
	dir     string
	circuit *circuit.Circuit
}

// Halving is the choice of λ by successive halving.
const Halving = "halving"

// Parts of a folder of Biology.
const (
	biologyFile = "biology.json"
	tuningDir   = "tuning"
	evaluation  = "evaluation"

	verdictsFile = "verdicts.json"
)

// OpenBiology prepares a study in dir. A folder that holds another one is refused, and so
// is a configuration that could not be computed to its end, before anything is written.
func OpenBiology(cfg BiologyConfig, c *circuit.Circuit, dir string) (*Biology, error) {
	if err := cfg.Check(c); err != nil {
		return nil, err
	}
	b := &Biology{cfg: cfg, dir: dir, circuit: c}
	return b, b.claim()
}

// Check reports the first value with which a stage of the study could not run on a circuit.
func (cfg BiologyConfig) Check(c *circuit.Circuit) error {
	b := &Biology{cfg: cfg, circuit: c}
	if len(cfg.Lambdas) == 0 || cfg.TuningSeeds < 1 {
		return fmt.Errorf("study: biology: want at least one λ and one seed for its choice, got %d and %d", len(cfg.Lambdas), cfg.TuningSeeds)
	}
	if cfg.Choice != "" && cfg.Choice != Halving {
		return fmt.Errorf("study: biology: choice: want nothing or %s, got %q%s", Halving, cfg.Choice, suggest.Near(cfg.Choice, []string{Halving}))
	}
	for i, lambda := range cfg.Lambdas {
		if slices.Contains(cfg.Lambdas[:i], lambda) {
			return fmt.Errorf("study: biology: want each λ once, got %g twice", lambda)
		}
		if err := b.config(cfg.Seeds, 0, nil, &lambda).Validate(); err != nil {
			return err
		}
	}
	s := &Study{cfg: b.config(1, 0, nil, &cfg.Lambdas[0]), circuit: b.circuit}
	if err := s.plan(); err != nil { // every model and control on every task
		return err
	}
	return fit(s.specs, func(string) *circuit.Circuit { return b.circuit })
}

// Idle says of each model, in a sentence, which of its controls change nothing of it.
func (b *Biology) Idle() []string {
	s := &Study{cfg: b.config(1, 0, nil, &b.cfg.Lambdas[0]), circuit: b.circuit}
	if s.plan() != nil {
		return nil // OpenBiology has told
	}
	return idle(s.specs, func(string) *circuit.Circuit { return b.circuit })
}

// Lacking says of each claim, in a few words, what of what it needs to be supported is not
// in the study; empty where there is nothing.
func (b *Biology) Lacking() []string {
	var out []string
	if n := len(b.cfg.Tasks); n < analysis.EnoughTasks {
		out = append(out, fmt.Sprintf("every claim: %d tasks, got %d", analysis.EnoughTasks, n))
	}
	if b.cfg.Seeds < 2 {
		out = append(out, fmt.Sprintf("every claim: 2 seeds, got %d", b.cfg.Seeds))
	}
	for _, l := range analysis.LackingArms(b.cfg.Preset, b.cfg.Models) {
		out = append(out, l.ID+": "+typed(l.Models))
	}
	return out
}

// typed lists models as a user types them.
func typed(models []string) string {
	var out []string
	for _, m := range models {
		out = append(out, constraint.Typed(m))
	}
	return strings.Join(out, ", ")
}

// judge is analysis.Verdicts with the models that a claim needs and the study has not among
// its reasons.
func (b *Biology) judge(records []analysis.Record) ([]analysis.Verdict, error) {
	out, err := analysis.Verdicts(records)
	for _, l := range analysis.LackingArms(b.cfg.Preset, b.cfg.Models) {
		for i := range out {
			if out[i].ID == l.ID {
				out[i].Reason = strings.TrimSpace(fmt.Sprintf("%s Not run: %s; add what the claim needs with --add-models.", out[i].Reason, typed(l.Models)))
			}
		}
	}
	return out, err
}

func (b *Biology) config(seeds, first int, lambdas map[string]float64, lambda *float64) Config {
	return Config{Preset: b.cfg.Preset, Models: b.cfg.Models, Tasks: b.cfg.Tasks, Seeds: seeds, Epochs: b.cfg.Epochs,
		Lambda: lambda, Lambdas: lambdas, FirstSeed: first, Trials: b.cfg.Trials, Analysis: b.cfg.Analysis}
}

// biologyDescription is what biology.json holds.
type biologyDescription struct {
	CircuitHash string        `json:"circuit_sha256"`
	Study       BiologyConfig `json:"study"`
}

// claim writes biology.json or compares it with the one that is there, to which models,
// tasks and strengths may be added.
func (b *Biology) claim() error {
	want := biologyDescription{b.circuit.Hash(), b.cfg}
	out, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		return err
	}
	out = append(out, '\n')
	path := filepath.Join(b.dir, biologyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		if err := wantEmpty(b.dir, biologyFile, "choose another with --out"); err != nil {
			return err
		}
		if err := os.MkdirAll(b.dir, 0o755); err != nil {
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
	var got biologyDescription
	if err := json.Unmarshal(text, &got); err != nil {
		return fmt.Errorf("study: %s: %w", path, err)
	}
	if diff := got.differs(want); diff != "" {
		return fmt.Errorf("study: %s holds another study of biology (%s); choose another folder with --out, or delete it", b.dir, diff)
	}
	if bytes.Equal(text, out) {
		return nil
	}
	return durable.WriteFile(path, out)
}

// differs names the first value in which want is another study than d, "" where it is the
// same one or adds models, tasks or strengths to it.
func (d biologyDescription) differs(want biologyDescription) string {
	if d.CircuitHash != want.CircuitHash {
		return fmt.Sprintf("circuit: there %.12s, here %.12s", d.CircuitHash, want.CircuitHash)
	}
	a, b := d.Study, want.Study
	if within(a.Models, b.Models) {
		a.Models = b.Models
	}
	if within(a.Tasks, b.Tasks) {
		a.Tasks = b.Tasks
	}
	if within(a.Lambdas, b.Lambdas) && len(a.Lambdas) > 1 == (len(b.Lambdas) > 1) {
		a.Lambdas = b.Lambdas
	}
	return firstDifference(a, b)
}

// Run computes what is missing: the runs for the choice of λ, then those of the
// evaluation. stage is told what comes.
func (b *Biology) Run(ctx context.Context, workers int, stage func(string), report func(sweep.Status)) error {
	_, lambdas, err := b.tune(func(s *Study, what string) error {
		stage("choice of λ, " + what)
		return s.Run(ctx, workers, report)
	})
	if err != nil {
		return err
	}
	s, err := b.evaluation(lambdas)
	if err != nil {
		return err
	}
	stage("evaluation: " + s.Describe())
	return s.Run(ctx, workers, report)
}

// evaluation opens the study with the λ chosen on validation data.
func (b *Biology) evaluation(lambdas map[string]float64) (*Study, error) {
	cfg := b.config(b.cfg.Seeds, 0, lambdas, nil)
	if lambdas == nil {
		cfg.Lambda = &b.cfg.Lambdas[0]
	}
	return open(cfg, b.circuit, filepath.Join(b.dir, evaluation))
}

// BiologyResults is what such a study says.
type BiologyResults struct {
	Dir        string             `json:"dir"`
	Circuit    string             `json:"circuit"`
	Preset     string             `json:"preset"`
	Verdicts   []analysis.Verdict `json:"verdicts"`
	Choices    []Choice           `json:"choices,omitempty"`
	Evidence   Evidence           `json:"evidence"`
	Warnings   []string           `json:"warnings,omitempty"`
	Runs       []string           `json:"runs,omitempty"` // names of those that the verdicts rest on
	Evaluation *Results           `json:"-"`
}

// Verdicts judges the claims by the runs that are there and writes nothing.
func (b *Biology) Verdicts() ([]analysis.Verdict, error) {
	_, lambdas, err := b.tune(nil)
	if err != nil {
		return nil, err
	}
	s, err := b.evaluation(lambdas)
	if err != nil {
		return nil, err
	}
	records, err := s.Records()
	if err != nil {
		return nil, err
	}
	return b.judge(records)
}

// Finish writes the verdicts (verdicts.md, verdicts.json), the report that begins with
// them, and the tables of the evaluation, from the runs that are there.
func (b *Biology) Finish(command string) (*BiologyResults, error) {
	choices, lambdas, err := b.tune(nil)
	if err != nil {
		return nil, err
	}
	s, err := b.evaluation(lambdas)
	if err != nil {
		return nil, err
	}
	results, data, err := s.summarise("", command)
	if err != nil {
		return nil, err
	}
	out := &BiologyResults{Dir: b.dir, Circuit: b.circuit.Name, Preset: b.cfg.Preset, Choices: choices, Warnings: results.Warnings, Evaluation: results}
	if out.Verdicts, err = b.judge(results.Records); err != nil {
		return nil, err
	}
	for _, r := range results.Records {
		out.Runs = append(out.Runs, r.Run)
	}
	train := s.specs[0].Train
	if out.Evidence, err = gather(results.Records, out.Verdicts, train.Updates()/train.Epochs); err != nil {
		return nil, err
	}
	for _, w := range out.Evidence.Warnings {
		out.Warnings = append(out.Warnings, w.Text)
	}
	edge := 0
	for _, c := range choices {
		if c.AtEdge {
			edge++
		}
	}
	if edge > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("λ of %d of %d cells is the least or greatest that was tried and clearly better than the next: another might be better still.", edge, len(choices)))
	}
	text, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return nil, err
	}
	data.Title = fmt.Sprintf("What the biology of %s is worth", b.circuit.Name)
	data.Attribution = out.Evidence.Attribution
	data.Verdicts, data.Choice, data.Notes = out.Verdicts, b.cfg.choiceInWords(), out.Warnings
	var table bytes.Buffer
	if err := analysis.WriteAttribution(&table, out.Evidence.Attribution); err != nil {
		return nil, err
	}
	return out, errors.Join(
		report.Write(b.dir, *data),
		durable.WriteFile(filepath.Join(b.dir, "attribution.csv"), table.Bytes()),
		durable.WriteFile(filepath.Join(b.dir, verdictsFile), append(text, '\n')),
		durable.WriteFile(filepath.Join(b.dir, "verdicts.md"), out.markdown(b.cfg, command)))
}

// choiceInWords says where λ comes from.
func (c BiologyConfig) choiceInWords() string {
	if len(c.Lambdas) == 1 {
		return fmt.Sprintf("λ is %g for all.", c.Lambdas[0])
	}
	how := ""
	if c.Choice == Halving {
		how = " and successive halving"
	}
	seeds := "one seed of its own"
	if c.TuningSeeds > 1 {
		seeds = fmt.Sprintf("%d seeds of their own", c.TuningSeeds)
	}
	return fmt.Sprintf("λ was chosen for every model and task among %s by validation accuracy (%s)%s; test data were not looked at.", listed(c.Lambdas), seeds, how)
}

// markdown writes the verdicts for readers: claims first, then what decides them.
func (r *BiologyResults) markdown(cfg BiologyConfig, command string) []byte {
	var w bytes.Buffer
	p := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	p("# What the biology of %s is worth\n", r.Circuit)
	p("Preset %s, %d models and controls, tasks %s, %d seeds each. Accuracy is test accuracy; intervals are at 95 %%, paired by seed.", r.Preset, len(cfg.Models), strings.Join(cfg.Tasks, ", "), cfg.Seeds)
	p("%s", cfg.choiceInWords())
	p("\n    %s\n", command)
	p("| claim | verdict | difference by task | control that decides |")
	p("|---|---|---|---|")
	for _, v := range r.Verdicts {
		var parts []string
		decides := ""
		rival := ""
		for _, e := range v.Effects {
			text := e.Task + " " + around("%+.3f [%+.3f, %+.3f]", e.Mean, e.Low, e.High)
			switch {
			case e.Role == "claim" && v.RivalVaries():
				parts = append(parts, text+" over "+constraint.Symbol(e.Rival))
			case e.Role == "claim":
				parts = append(parts, text)
			case e.Rival != rival:
				rival = e.Rival
				decides += fmt.Sprintf("; over %s: %s", constraint.Symbol(rival), text)
			default:
				decides += ", " + text
			}
		}
		decides = cmp.Or(strings.TrimPrefix(decides, "; "), "–")
		if len(parts) == 0 {
			parts = []string{"see below"}
		}
		p("| %s %s | **%s** | %s | %s |", v.ID, v.Statement, v.Verdict, strings.Join(parts, "; "), decides)
	}
	if len(r.Warnings) > 0 {
		p("\n## Doubts\n")
		for _, x := range r.Warnings {
			p("- %s", x)
		}
	}
	p("\n## Reasons\n")
	for _, v := range r.Verdicts {
		p("**%s** %s: %s. %s\n", v.ID, v.Statement, v.Verdict, v.Reason)
	}
	p("## Accuracy\n")
	p("| model | task | λ | test accuracy | runs |")
	p("|---|---|---|---|---|")
	for _, c := range r.Evaluation.Cells {
		if c.Measure != "test_accuracy" {
			continue
		}
		lambda := "–"
		for _, x := range r.Choices {
			if x.Model == c.Model && x.Task == c.Task {
				lambda = fmt.Sprintf("%g", x.Lambda)
			}
		}
		runs := fmt.Sprint(c.N)
		if c.Diverged > 0 {
			runs += fmt.Sprintf(" (%d diverged)", c.Diverged)
		}
		mean := around("%.3f [%.3f, %.3f]", circuit.Number(c.Mean), circuit.Number(c.Low), circuit.Number(c.High))
		if c.N == 1 {
			mean = around("%.3f", circuit.Number(c.Mean))
		}
		p("| %s | %s | %s | %s | %s |", constraint.Symbol(c.Model), c.Task, lambda, mean, runs)
	}
	p("")
	r.Evidence.markdown(&w)
	p("## All effects\n")
	p("Difference of the means; its interval by Student's t and by the bootstrap (BCa); p of the paired t test after Holm over the claim, of the permutation of signs, of one random arrangement being as far above the mean of others, and of two one-sided tests that the effect lies within ± the smallest relevant one; d_z; Cliff's δ; seeds that this effect would need for a power of 0.8 at the level that Holm demands of the smallest p of the claim (0.05 over the number of its tests).\n")
	p("| claim | contrast | task | measure | difference | t interval | BCa interval | p (Holm) | p (permutation) | p (arrangement) | p (equivalence) | d_z | δ | seeds needed | finding |")
	p("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, v := range r.Verdicts {
		for _, e := range v.Effects {
			needed := "–"
			if e.Needed > 0 {
				needed = fmt.Sprint(e.Needed)
			}
			p("| %s | %s − %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |", v.ID, constraint.Symbol(e.Model), constraint.Symbol(e.Rival), e.Task, e.Measure,
				around("%+.4f", e.Mean), around("%+.4f … %+.4f", e.Low, e.High), around("%+.4f … %+.4f", e.BCaLow, e.BCaHigh), around("%.2g", e.P), around("%.2g", e.Permute), around("%.2g", e.Lucky), around("%.2g", e.Equal),
				around("%.2f", e.DZ), around("%.2f", e.Cliff), needed, e.Finding)
		}
	}
	return starred(w.Bytes())
}
