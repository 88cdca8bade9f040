package study

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/experiment"
	"biornn/grid"
	"biornn/internal/durable"
	"biornn/internal/seal"
	"biornn/sweep"
)

// Names of the files of a sweep's folder, beside those of a study.
const (
	sweepFile   = "sweep.json"
	studyFile   = "study.toml" // the study file, for people and for later
	circuitsDir = "circuits"   // by the hash of their content
)

// Sweep is what a study file describes, with its folder. Any number of processes on any
// number of machines may run it at the same time.
type Sweep struct {
	folder
	about    sweepDescription
	replaced []Damage // circuits whose files were damaged and are made again
}

// sweepDescription is what sweep.json holds.
type sweepDescription struct {
	Version  string            `json:"version"`
	Format   int               `json:"format"`
	Name     string            `json:"name"`
	Analysis analysis.Config   `json:"analysis"`
	Sources  map[string]string `json:"circuits"` // hash of a circuit by its name in the study file and preset
	Runs     []string          `json:"runs"`
	Parts    map[string]string `json:"parts,omitempty"` // sub-study of a run, where there are any
}

// OpenSweep prepares the sweep of a study file in its folder, which is made if it does not
// exist. A folder of another study, or of this one with other values, is refused; see
// ExtendSweep. load finds circuits that are not yet in the folder.
func OpenSweep(f *grid.File, load grid.Loader) (*Sweep, error) {
	s, there, err := prepare(f, load)
	if err != nil {
		return nil, err
	}
	if there == nil {
		if err := s.fits(); err != nil {
			return nil, err
		}
		if there, err = s.begin(f); there == nil || err != nil {
			return s, err
		}
	}
	if err := there.accepts(s.about, f.Folder); err != nil {
		return nil, err
	}
	if n := len(s.about.Runs) - len(there.Runs); n > 0 {
		return nil, fmt.Errorf("study: %s: the study file has %d runs more than the folder: biornn sweep extend adds them, or choose another folder", f.Folder, n)
	}
	return s, errors.Join(s.keepCircuits(), s.keepStudyFile(f))
}

// fits reports the models of the sweep that cannot be had on their circuits.
func (s *Sweep) fits() error {
	return fit(s.specs, func(hash string) *circuit.Circuit { return s.circuits[hash] })
}

// keepStudyFile keeps the study file in the folder; comments may have changed.
func (s *Sweep) keepStudyFile(f *grid.File) error {
	path := filepath.Join(s.dir, studyFile)
	if old, err := os.ReadFile(path); err == nil && string(old) == string(f.Text()) {
		return nil
	}
	if err := durable.WriteFile(path, f.Text()); err != nil {
		return &sweep.StorageError{Dir: s.dir, Err: err}
	}
	return nil
}

// ExtendSweep adds to a folder what the study file has more, and returns how many runs
// that are.
func ExtendSweep(f *grid.File, load grid.Loader) (s *Sweep, added int, err error) {
	s, there, err := prepare(f, load)
	if err != nil {
		return nil, 0, err
	}
	if there == nil {
		return nil, 0, fmt.Errorf("study: %s holds no sweep yet: biornn sweep run begins it", f.Folder)
	}
	if err := there.accepts(s.about, f.Folder); err != nil {
		return nil, 0, err
	}
	if len(s.about.Runs) > len(there.Runs) {
		if err := s.fits(); err != nil {
			return nil, 0, err
		}
	}
	if err := s.keepCircuits(); err != nil {
		return nil, 0, err
	}
	text, err := seal.JSON(s.about)
	if err != nil {
		return nil, 0, err
	}
	if err := durable.WriteFile(filepath.Join(s.dir, sweepFile), text); err != nil {
		return nil, 0, &sweep.StorageError{Dir: s.dir, Err: err}
	}
	return s, len(s.about.Runs) - len(there.Runs), s.keepStudyFile(f)
}

// prepare plans a sweep and reads what its folder holds, nil if there is nothing.
func prepare(f *grid.File, load grid.Loader) (*Sweep, *sweepDescription, error) {
	there, err := readDescription(f.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		there, err = nil, wantEmpty(f.Folder, sweepFile, "name another as folder in the study file")
	case errors.Is(err, seal.ErrDamaged):
		there, err = nil, replaceDamaged(f, err)
	}
	if err != nil {
		return nil, nil, err
	}
	s := &Sweep{about: sweepDescription{Version: experiment.Version, Format: experiment.Format, Name: f.Name, Analysis: f.Analysis,
		Sources: map[string]string{}, Parts: map[string]string{}}}
	s.dir, s.analysis, s.circuits = f.Folder, f.Analysis, map[string]*circuit.Circuit{}
	if there != nil {
		if err := there.isOfThisProgram(f.Folder); err != nil {
			return nil, nil, err
		}
	}
	plan, err := f.Plan(s.loader(there, load))
	if err != nil {
		return nil, nil, err
	}
	for _, r := range plan.Runs {
		s.specs, s.names = append(s.specs, r.Spec), append(s.names, r.Name)
		if r.Part != "" {
			s.about.Parts[r.Name] = r.Part
		}
	}
	s.about.Runs = s.names
	return s, there, nil
}

// loader takes circuits from the folder, where they are kept, so that no machine but the
// first needs the data that they were made of, and a change of those data mixes nothing.
func (s *Sweep) loader(there *sweepDescription, load grid.Loader) grid.Loader {
	return func(path, preset string, neurons int) (*circuit.Circuit, error) {
		source := fmt.Sprintf("%s, %s", preset, path)
		if path == "" {
			source = fmt.Sprintf("%s, synthetic %d", preset, neurons)
		} else if rel, err := filepath.Rel(s.dir, path); err == nil {
			source = fmt.Sprintf("%s, %s", preset, filepath.ToSlash(rel))
		}
		var c *circuit.Circuit
		if there != nil && there.Sources[source] != "" {
			hash := there.Sources[source]
			kept, err := circuit.Read(s.circuitFile(hash))
			if err == nil && kept.Hash() == hash {
				c = kept
			} else if err == nil || !errors.Is(err, fs.ErrNotExist) {
				aside, asideErr := setAside(s.circuitFile(hash))
				if asideErr != nil {
					return nil, asideErr
				}
				s.replaced = append(s.replaced, Damage{Run: s.circuitFile(hash), Cause: "the circuit is not as it was written; it is made again from its source", Aside: aside})
			}
		}
		if c == nil {
			var err error
			if c, err = load(path, preset, neurons); err != nil {
				return nil, err
			}
		}
		hash := c.Hash()
		s.about.Sources[source], s.circuits[hash] = hash, c
		return c, nil
	}
}

func (s *Sweep) circuitFile(hash string) string {
	return filepath.Join(s.dir, circuitsDir, hash[:16]+circuit.Extension)
}

// keepCircuits writes the circuits that the folder lacks.
func (s *Sweep) keepCircuits() error {
	if err := os.MkdirAll(filepath.Join(s.dir, circuitsDir), 0o755); err != nil {
		return &sweep.StorageError{Dir: s.dir, Err: err}
	}
	for hash, c := range s.circuits {
		if _, err := os.Stat(s.circuitFile(hash)); errors.Is(err, fs.ErrNotExist) {
			if err := c.Write(s.circuitFile(hash)); err != nil {
				return &sweep.StorageError{Dir: s.dir, Err: err}
			}
		}
	}
	return nil
}

// begin makes the folder. It returns what another process wrote that was faster.
func (s *Sweep) begin(f *grid.File) (*sweepDescription, error) {
	if err := s.keepCircuits(); err != nil {
		return nil, err
	}
	text, err := seal.JSON(s.about)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, sweepFile)
	made, err := durable.Create(path, text, true)
	if err != nil {
		return nil, &sweep.StorageError{Dir: s.dir, Err: err}
	}
	if !made {
		there, err := readDescription(s.dir)
		return there, err
	}
	return nil, s.keepStudyFile(f)
}

func readDescription(dir string) (*sweepDescription, error) {
	text, err := os.ReadFile(filepath.Join(dir, sweepFile))
	if err != nil {
		return nil, err
	}
	d := &sweepDescription{}
	if err := seal.Parse(text, d); err != nil {
		return nil, fmt.Errorf("study: %s: %w; biornn sweep run with the same study file makes it anew", filepath.Join(dir, sweepFile), err)
	}
	return d, nil
}

// replaceDamaged sets a damaged sweep.json aside, if the folder's copy of the study file is
// the one at hand, so that it belongs to no other study.
func replaceDamaged(f *grid.File, damage error) error {
	text, err := os.ReadFile(filepath.Join(f.Folder, studyFile))
	if err != nil || string(text) != string(f.Text()) {
		return fmt.Errorf("%w; but %s there is not this study file: put that back first, or choose another folder", damage, studyFile)
	}
	_, err = setAside(filepath.Join(f.Folder, sweepFile))
	return err
}

// isOfThisProgram refuses a folder of another version: its runs would mean something else.
func (d *sweepDescription) isOfThisProgram(dir string) error {
	if d.Version != experiment.Version || d.Format != experiment.Format {
		return fmt.Errorf("study: %s was begun with biornn %s (format %d), this is %s (format %d): go on with that version, or choose another folder; runs of two versions are never mixed",
			dir, d.Version, d.Format, experiment.Version, experiment.Format)
	}
	return nil
}

// accepts refuses a study that is not the one of the folder or more of it.
func (d *sweepDescription) accepts(want sweepDescription, dir string) error {
	another := func(format string, args ...any) error {
		return fmt.Errorf("study: %s holds another study (%s): choose another folder, or put back what was there", dir, fmt.Sprintf(format, args...))
	}
	if d.Name != want.Name {
		return another("name: there %s, here %s", d.Name, want.Name)
	}
	if !reflect.DeepEqual(d.Analysis, want.Analysis) {
		return another("analysis: there %+v, here %+v", d.Analysis, want.Analysis)
	}
	here := make(map[string]bool, len(want.Runs))
	for _, name := range want.Runs {
		here[name] = true
	}
	missing, first := 0, ""
	for _, name := range d.Runs {
		if !here[name] {
			if missing++; missing == 1 {
				first = name
			}
		}
	}
	if missing > 0 {
		return another("%d of its %d runs, such as %s, are not in the study file", missing, len(d.Runs), first)
	}
	return nil
}

// Run computes what is missing. Its error joins the runs that failed.
func (s *Sweep) Run(ctx context.Context, o RunOptions) (sweep.Status, error) { return s.run(ctx, o) }

// Specs returns the runs of the sweep.
func (s *Sweep) Specs() []experiment.Spec { return slices.Clone(s.specs) }

// Names returns the names of the runs, in the order of Specs.
func (s *Sweep) Names() []string { return slices.Clone(s.names) }

// Dir returns the folder of the sweep.
func (s *Sweep) Dir() string { return s.dir }

// Describe says in a line what the sweep will do.
func (s *Sweep) Describe() string {
	return fmt.Sprintf("%s: %d runs on %s; results in %s", s.about.Name, len(s.names), strings.Join(circuitNames(s.circuits), ", "), s.dir)
}

func circuitNames(by map[string]*circuit.Circuit) []string {
	var out []string
	for _, c := range by {
		out = append(out, fmt.Sprintf("circuit %s (%d neurons)", c.Name, c.N()))
	}
	slices.Sort(out)
	return out
}
