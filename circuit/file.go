package circuit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/mat"

	"biornn/graph"
	"biornn/internal/npy"
)

// Extension ends the names of canonical circuit files.
//
// Such a file is a NumPy archive of plain arrays, no pickles. In Python:
//
//	import json, numpy as np
//	f = np.load("name.circuit.npz"); n = len(f["ids"]); about = json.loads(str(f["meta"]))
//	W = np.zeros((n, n)); W[f["post"], f["pre"]] = f["count"]  # W[post, pre]
//
// Arrays, with N neurons and E connected pairs:
//
//	meta           JSON text: format, version, name, provenance
//	ids            int64 [N]        names, types  text [N]   signs  int32 [N]
//	positions_um   float64 [N×3]    soma, µm
//	pre, post      int64 [E]        row numbers of ids, ordered by pre, then post
//	count          float64 [E]      number of synapses, or summed size, see provenance
//	correlation, sttc, precision    float64 [N×N], each only where known
//	event_times    float64 [all]    s; neuron i has event_times[event_offsets[i]:event_offsets[i+1]]
//	event_offsets  int64 [N+1]      both only where known
//	frame_rate     float64          Hz, 0 where unknown
//
// Equal circuits give equal bytes.
const Extension = ".circuit.npz"

const (
	fileFormat  = "biornn circuit"
	fileVersion = 1
)

type fileMeta struct {
	Format     string     `json:"format"`
	Version    int        `json:"version"`
	Name       string     `json:"name"`
	Provenance Provenance `json:"provenance"`
}

// Write writes the canonical file, see Extension. It is whole or absent: it is
// written beside its place and renamed.
func (c *Circuit) Write(path string) error {
	if _, err := c.Validate(); err != nil {
		return err
	}
	arrays, err := c.arrays()
	if err != nil {
		return err
	}
	return writeWhole(path, func(w io.Writer) error { return npy.WriteArchive(w, arrays) })
}

// arrays lists what a canonical file holds, in its order.
func (c *Circuit) arrays() ([]npy.Named, error) {
	meta, err := json.Marshal(fileMeta{fileFormat, fileVersion, c.Name, c.Provenance})
	if err != nil {
		return nil, fmt.Errorf("circuit: %s: %w", c.Name, err)
	}
	out := []npy.Named{{Name: "meta", Array: npy.New([]string{string(meta)})}}
	return append(out, c.content()...), nil
}

// content lists the arrays a computation can depend on.
func (c *Circuit) content() []npy.Named {
	n := c.N()
	ids, signs := make([]int64, n), make([]int32, n)
	names, types := make([]string, n), make([]string, n)
	positions := make([]float64, 0, 3*n)
	for i, u := range c.Neurons {
		ids[i], signs[i], names[i], types[i] = u.ID, int32(u.Sign), u.Name, u.Type
		positions = append(positions, u.Position[:]...)
	}
	edges := c.Synapses.Edges()
	pre, post, weight := make([]int64, len(edges)), make([]int64, len(edges)), make([]float64, len(edges))
	for i, e := range edges {
		pre[i], post[i], weight[i] = int64(e.Pre), int64(e.Post), e.Weight
	}
	out := []npy.Named{
		{Name: "ids", Array: npy.New(ids, n)},
		{Name: "names", Array: npy.New(names, n)},
		{Name: "types", Array: npy.New(types, n)},
		{Name: "signs", Array: npy.New(signs, n)},
		{Name: "positions_um", Array: npy.New(positions, n, 3)},
		{Name: "pre", Array: npy.New(pre, len(edges))},
		{Name: "post", Array: npy.New(post, len(edges))},
		{Name: "count", Array: npy.New(weight, len(edges))},
	}
	for _, m := range c.matrices() {
		if m.values != nil {
			out = append(out, npy.Named{Name: m.name, Array: npy.New(rowMajor(m.values), n, n)})
		}
	}
	if c.Events != nil {
		offsets, times := make([]int64, n+1), []float64{}
		for i, e := range c.Events {
			times = append(times, e...)
			offsets[i+1] = int64(len(times))
		}
		out = append(out,
			npy.Named{Name: "event_times", Array: npy.New(times, len(times))},
			npy.Named{Name: "event_offsets", Array: npy.New(offsets, n+1)})
	}
	return append(out, npy.Named{Name: "frame_rate", Array: npy.New([]float64{c.FrameRate})})
}

// rowMajor returns the elements of m without gaps between rows.
func rowMajor(m *mat.Dense) []float64 {
	r := m.RawMatrix()
	if r.Stride == r.Cols {
		return r.Data[:r.Rows*r.Cols]
	}
	out := make([]float64, 0, r.Rows*r.Cols)
	for i := range r.Rows {
		out = append(out, m.RawRowView(i)...)
	}
	return out
}

// writeWhole writes a file beside path, flushes it to the disk and renames it.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*")
	if err != nil {
		return fmt.Errorf("circuit: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
			err = fmt.Errorf("circuit: %s: %w", filepath.Base(path), err)
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err = write(w); err != nil {
		return err
	}
	if err = errors.Join(w.Flush(), f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	if dir, openErr := os.Open(filepath.Dir(path)); openErr == nil {
		_ = dir.Sync() // the name; some systems cannot flush a folder
		dir.Close()
	}
	return nil
}

// Read reads a canonical file.
func Read(path string) (*Circuit, error) {
	a, err := npy.OpenArchive(path)
	if err != nil {
		var missing *fs.PathError
		if errors.As(err, &missing) {
			return nil, fmt.Errorf("circuit: %w", err)
		}
		return nil, fmt.Errorf("circuit: want a canonical circuit file: %w", err)
	}
	defer a.Close()
	r := &fileReader{file: filepath.Base(path), archive: a}
	c := r.circuit()
	if r.err != nil {
		return nil, r.err
	}
	if _, err := c.check(); err != nil {
		return nil, fmt.Errorf("circuit: %s: %w", r.file, err)
	}
	return c, nil
}

// fileReader keeps the first error of a chain of reads.
type fileReader struct {
	file    string
	archive *npy.Archive
	err     error
}

func (r *fileReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("circuit: %s: %w", r.file, fmt.Errorf(format, args...))
	}
}

// read returns the elements of an array of the given shape; −1 stands for any size.
func read[T any](r *fileReader, name string, convert func(*npy.Array) ([]T, error), shape ...int) []T {
	if r.err != nil {
		return nil
	}
	a, err := r.archive.Array(name)
	if err != nil {
		r.err = fmt.Errorf("circuit: %w", err)
		return nil
	}
	ok := len(a.Shape) == len(shape)
	for i := 0; ok && i < len(shape); i++ {
		ok = shape[i] < 0 || shape[i] == a.Shape[i]
	}
	if !ok {
		r.fail("%s: want shape %v, got %v", name, shape, a.Shape)
		return nil
	}
	out, err := convert(a)
	if err != nil {
		r.fail("%s: %w", name, err)
	}
	return out
}

func (r *fileReader) circuit() *Circuit {
	meta := r.meta()
	c := &Circuit{Name: meta.Name, Provenance: meta.Provenance}
	c.Neurons = r.neurons()
	n := c.N()
	c.Synapses = r.synapses(n)
	for _, m := range []struct {
		name string
		to   **mat.Dense
	}{{"correlation", &c.Correlation}, {"sttc", &c.STTC}, {"precision", &c.Precision}} {
		if r.archive.Has(m.name) {
			if data := read(r, m.name, (*npy.Array).Float64s, n, n); r.err == nil && n > 0 {
				*m.to = mat.NewDense(n, n, data)
			}
		}
	}
	if r.archive.Has("event_offsets") {
		c.Events = r.events(n)
	}
	if rate := read(r, "frame_rate", (*npy.Array).Float64s); r.err == nil {
		c.FrameRate = rate[0]
	}
	return c
}

func (r *fileReader) meta() (m fileMeta) {
	text := read(r, "meta", (*npy.Array).Strings)
	if r.err != nil {
		return m
	}
	if err := json.Unmarshal([]byte(text[0]), &m); err != nil {
		r.fail("meta: %w", err)
	}
	if m.Format != fileFormat || m.Version != fileVersion {
		r.fail("meta: want format %q version %d, got %q version %d", fileFormat, fileVersion, m.Format, m.Version)
	}
	return m
}

func (r *fileReader) neurons() []Neuron {
	ids := read(r, "ids", (*npy.Array).Int64s, -1)
	n := len(ids)
	names := read(r, "names", (*npy.Array).Strings, n)
	types := read(r, "types", (*npy.Array).Strings, n)
	signs := read(r, "signs", (*npy.Array).Int64s, n)
	positions := read(r, "positions_um", (*npy.Array).Float64s, n, 3)
	if r.err != nil {
		return nil
	}
	out := make([]Neuron, n)
	for i := range out {
		if signs[i] < -1 || signs[i] > 1 {
			r.fail("signs: neuron %d: want −1, 0 or +1, got %d", ids[i], signs[i])
			return nil
		}
		out[i] = Neuron{ID: ids[i], Name: names[i], Type: types[i], Sign: int8(signs[i]), Position: [3]float64(positions[3*i : 3*i+3])}
	}
	return out
}

func (r *fileReader) synapses(n int) *graph.Digraph {
	pre := read(r, "pre", (*npy.Array).Int64s, -1)
	post := read(r, "post", (*npy.Array).Int64s, len(pre))
	weight := read(r, "count", (*npy.Array).Float64s, len(pre))
	if r.err != nil {
		return nil
	}
	edges := make([]graph.Edge, len(pre))
	for i := range edges {
		edges[i] = graph.Edge{Pre: int(pre[i]), Post: int(post[i]), Weight: weight[i]}
	}
	g, err := graph.FromEdges(n, edges)
	if err != nil {
		r.fail("%w", err)
	}
	return g
}

func (r *fileReader) events(n int) [][]float64 {
	offsets := read(r, "event_offsets", (*npy.Array).Int64s, n+1)
	times := read(r, "event_times", (*npy.Array).Float64s, -1)
	if r.err != nil {
		return nil
	}
	out := make([][]float64, n)
	for i := range out {
		a, b := offsets[i], offsets[i+1]
		if offsets[0] != 0 || a > b || a < 0 || b > int64(len(times)) {
			r.fail("event_offsets: want rising numbers from 0 to %d, got %d, %d at %d", len(times), a, b, i)
			return nil
		}
		out[i] = times[a:b:b]
	}
	return out
}
