// Package microns reads the data of the MICrONS project (MICrONS Consortium 2025,
// doi:10.1038/s41586-025-08790-w) as others released it. It is the only package that
// knows their file names, voxels and flaws.
//
// A field folder <session>_<scan>_<field> of the authors of arXiv:2606.14975 holds
//
//	positions_S.npy      N soma positions in voxels of 4 × 4 × 40 nm
//	connectome_S.csv     N×N synapse counts, row pre, column post
//	root_ids_S.npy       N ids of the segmentation; target_ids_S.npy: N nucleus ids
//	spikes_S.npy         N lists of event times in s (some fields only)
//	corr_matrix.npy, sttc_matrix.npy, precision_matrix.npy
//
// where S is the folder's name. The rows and columns of the connectome stand in the
// order of a Python set of the root ids, those of every other file in the order of
// root_ids. See Preset for what is done about that.
package microns

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/npy"
)

// Preset says what is done about the order of the connectome's rows.
type Preset string

const (
	// Paper takes the connectome's rows as released, so that published numbers can be
	// reproduced, misaligned as they are.
	Paper Preset = "paper"
	// Corrected undoes the set order and proves it by soma distance.
	Corrected Preset = "corrected"
)

const (
	voxelXNM, voxelYNM, voxelZNM = 4, 4, 40

	// frameRateHz is that of the scans (measured in session 4, scan 10).
	frameRateHz = 6.3009

	// provenP is the largest p at which the distance test counts as a proof.
	provenP = 0.05
)

// field is a folder while it is read; the first error ends it.
type field struct {
	dir, suffix string
	n           int
	steps       []string
	warnings    []string
	sources     []circuit.Source
	err         error
}

// LoadField reads a field folder. Matrices the folder lacks are absent in the
// circuit, save for those that every field has.
func LoadField(dir string, preset Preset) (*circuit.Circuit, error) {
	if preset != Paper && preset != Corrected {
		return nil, fmt.Errorf("microns: preset: want %s or %s, got %q", Paper, Corrected, preset)
	}
	suffix, err := findSuffix(dir)
	if err != nil {
		return nil, err
	}
	f := &field{dir: dir, suffix: suffix}
	c := f.load(preset)
	if f.err != nil {
		return nil, fmt.Errorf("microns: %w", f.err)
	}
	c.Provenance = circuit.Provenance{
		Origin:  "MICrONS minnie65, field " + suffix + " as released with arXiv:2606.14975 (neurovium/CorticalBlueprintRNN)",
		Sources: f.sources, Steps: f.steps, Warnings: f.warnings,
	}
	warnings, err := c.Validate()
	if err != nil {
		return nil, fmt.Errorf("microns: %s: %w", suffix, err)
	}
	return c.WithWarnings(warnings...), nil
}

// findSuffix returns S of the one root_ids_S.npy in the folder.
func findSuffix(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("microns: want a field folder: %w", err)
	}
	var found []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), "root_ids_")
		if s, isArray := strings.CutSuffix(rest, ".npy"); ok && isArray {
			found = append(found, s)
		}
	}
	name := filepath.Base(filepath.Clean(dir))
	switch {
	case len(found) == 1:
		return found[0], nil
	case slices.Contains(found, name):
		return name, nil
	case len(found) == 0:
		return "", fmt.Errorf("microns: %s: want a field folder with root_ids_<session>_<scan>_<field>.npy, got %d other files", name, len(entries))
	}
	return "", fmt.Errorf("microns: %s: want the files of one field, got those of %s", name, strings.Join(found, ", "))
}

func (f *field) load(preset Preset) *circuit.Circuit {
	c := &circuit.Circuit{Name: "microns-" + f.suffix + "-" + string(preset)}
	c.Neurons = f.neurons()
	counts := f.connectome()
	c.Correlation = f.matrix("corr_matrix.npy", true)
	c.STTC = f.matrix("sttc_matrix.npy", true)
	c.Precision = f.matrix("precision_matrix.npy", false)
	if f.err != nil {
		return nil
	}
	f.lowerTriangle(c.STTC)
	if c.Precision != nil {
		f.average(c.Precision)
	}
	if c.Events = f.events(); c.Events != nil {
		c.FrameRate = frameRateHz
	}
	if f.err != nil {
		return nil
	}
	released := graph.FromMatrix(f.n, counts)
	c.Synapses = released
	if preset == Paper {
		f.warnings = append(f.warnings, "the connectome's rows stand as released, in another order than positions and activity (preset paper): its synapses belong to other neurons")
		return c
	}
	f.reorder(c, counts)
	return c
}

// file reads a file and notes it as a source. A missing optional file gives nil.
func (f *field) file(name string, required bool) []byte {
	if f.err != nil {
		return nil
	}
	b, err := os.ReadFile(filepath.Join(f.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		if required {
			f.err = fmt.Errorf("%s: want this file in %s, got none", name, filepath.Base(f.dir))
		} else {
			f.steps = append(f.steps, "no "+name)
		}
		return nil
	}
	if err != nil {
		f.err = err
		return nil
	}
	sum := sha256.Sum256(b)
	f.sources = append(f.sources, circuit.Source{Name: name, Bytes: int64(len(b)), SHA256: hex.EncodeToString(sum[:])})
	return b
}

// array reads an .npy file; nil where an optional one is missing.
func (f *field) array(name string, required bool) *npy.Array {
	b := f.file(name, required)
	if b == nil {
		return nil
	}
	a, err := npy.Decode(b)
	if err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return a
}

// rows reads an object array of one array a neuron.
func (f *field) rows(name string, required bool) []*npy.Array {
	a := f.array(name, required)
	if a == nil {
		return nil
	}
	rows, err := a.Objects()
	if err == nil && len(rows) != f.n {
		err = fmt.Errorf("want %d rows, one a root id, got %d", f.n, len(rows))
	}
	if err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return rows
}

// ids reads N ids; nil where an optional file is missing.
func (f *field) ids(name string, required bool) []int64 {
	a := f.array(name, required)
	if a == nil {
		return nil
	}
	ids, err := a.Int64s()
	if err == nil && f.n > 0 && len(ids) != f.n {
		err = fmt.Errorf("want %d ids, got %d", f.n, len(ids))
	}
	if err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
	}
	return ids
}

func (f *field) neurons() []circuit.Neuron {
	roots := f.ids("root_ids_"+f.suffix+".npy", true)
	f.n = len(roots)
	if f.err == nil && f.n == 0 {
		f.err = fmt.Errorf("root_ids_%s.npy: want at least one id, got none", f.suffix)
	}
	nuclei := f.ids("target_ids_"+f.suffix+".npy", false)
	name := "positions_" + f.suffix + ".npy"
	rows := f.rows(name, true)
	if f.err != nil {
		return nil
	}
	out := make([]circuit.Neuron, f.n)
	for i, row := range rows {
		p, err := row.Float64s()
		if err == nil && len(p) != 3 {
			err = fmt.Errorf("want 3 coordinates, got %d", len(p))
		}
		if err != nil {
			f.err = fmt.Errorf("%s: row %d: %w", name, i, err)
			return nil
		}
		out[i] = circuit.Neuron{ID: roots[i],
			Position: [3]float64{p[0] * voxelXNM / 1000, p[1] * voxelYNM / 1000, p[2] * voxelZNM / 1000}}
		if nuclei != nil {
			out[i].Name = fmt.Sprintf("nucleus %d", nuclei[i])
		}
	}
	f.steps = append(f.steps, "positions: voxels × (4, 4, 40) nm, in µm", "cell types and signs are not in the folder: unknown")
	return out
}

// matrix reads an N×N array.
func (f *field) matrix(name string, required bool) *mat.Dense {
	a := f.array(name, required)
	if a == nil {
		return nil
	}
	values, err := a.Float64s()
	if err == nil && !slices.Equal(a.Shape, []int{f.n, f.n}) {
		err = fmt.Errorf("want shape [%d %d], got %v", f.n, f.n, a.Shape)
	}
	if err != nil {
		f.err = fmt.Errorf("%s: %w", name, err)
		return nil
	}
	return mat.NewDense(f.n, f.n, slices.Clone(values))
}

func (f *field) events() [][]float64 {
	name := "spikes_" + f.suffix + ".npy"
	rows := f.rows(name, false)
	if rows == nil {
		return nil
	}
	out := make([][]float64, f.n)
	for i, row := range rows {
		times, err := row.Float64s()
		if err != nil {
			f.err = fmt.Errorf("%s: row %d: %w", name, i, err)
			return nil
		}
		out[i] = times
	}
	return out
}
