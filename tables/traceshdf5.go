package tables

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"biornn/circuit"
	"biornn/internal/hdf5"
)

// largestHashed bounds the files whose SHA-256 is taken: the whole of an NWB file of
// 70 GB takes longer to read than the traces in it.
const largestHashed = 4 << 30

// sourceOf describes a file without keeping it in memory.
func sourceOf(path string) (circuit.Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return circuit.Source{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return circuit.Source{}, err
	}
	s := circuit.Source{Name: filepath.Base(path), Bytes: info.Size()}
	if info.Size() > largestHashed {
		return s, nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return s, err
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return s, nil
}

func (r *traceReader) readHDF5() error {
	f, err := hdf5.Open(r.cfg.File)
	if err != nil {
		return err
	}
	defer f.Close()
	source, err := sourceOf(r.cfg.File)
	if err != nil {
		return err
	}
	r.out.Sources = append(r.out.Sources, source)
	if r.cfg.Dataset == "" {
		if _, err := f.Lookup(fluorescence); err == nil {
			return r.readNWB(f)
		}
		return fmt.Errorf("%s: want the path of a dataset of samples × units, got none, and %s, where an NWB file has it, is not there; the file holds %s",
			source.Name, fluorescence, arraysOf(f))
	}
	d, err := f.Dataset(r.cfg.Dataset)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w; the file holds %s", err, arraysOf(f))
	} else if err != nil {
		return err
	}
	shape := d.Shape()
	if len(shape) != 2 {
		return fmt.Errorf("%s: %s: want an array of samples × units, got shape %v", source.Name, r.cfg.Dataset, shape)
	}
	units := shape[1]
	if r.cfg.UnitsFirst {
		units = shape[0]
	}
	of, err := r.units(units)
	if err != nil {
		return fmt.Errorf("%s: %w", source.Name, err)
	}
	if err := r.readUnits(d, of); err != nil {
		return err
	}
	if r.cfg.Times == "" {
		return nil
	}
	t, err := f.Dataset(r.cfg.Times)
	if err != nil {
		return err
	}
	r.out.TimeS, err = t.Float64s()
	return err
}

// arraysOf lists the datasets of two dimensions.
func arraysOf(f *hdf5.File) string {
	var found []string
	_ = f.Walk(func(path string, object hdf5.Object, err error) error {
		if d, ok := object.(*hdf5.Dataset); ok && len(d.Shape()) == 2 {
			found = append(found, fmt.Sprintf("%s %v", path, d.Shape()))
		}
		return nil
	})
	if len(found) == 0 {
		return "no array of two dimensions"
	}
	return strings.Join(found[:min(len(found), 12)], ", ")
}

// blockBytes is how much of an array is read at once.
const blockBytes = 64 << 20

// readUnits reads the traces of those units that are neurons of the circuit, block by
// block.
func (r *traceReader) readUnits(d *hdf5.Dataset, of []int) error {
	along := 0 // the dimension that is read in blocks
	if r.cfg.UnitsFirst {
		along = 1
	}
	shape := d.Shape()
	samples, units := shape[along], shape[1-along]
	for k, i := range of {
		if i < 0 {
			continue
		}
		if err := r.put(i, make([]float64, 0, samples)); err != nil {
			return fmt.Errorf("%s: unit %d: %w", d.Path(), k, err)
		}
	}
	step := max(1, blockBytes/8/max(1, units))
	if chunk := d.ChunkShape(); chunk != nil && step > chunk[along] {
		step -= step % chunk[along]
	}
	offset, count := []int{0, 0}, slices.Clone(shape)
	for from := 0; from < samples; from += step {
		offset[along], count[along] = from, min(step, samples-from)
		v, err := d.Slice(offset, count)
		if err != nil {
			return err
		}
		values, err := v.Float64s()
		if err != nil {
			return err
		}
		unitStep, sampleStep := 1, units
		if r.cfg.UnitsFirst {
			unitStep, sampleStep = count[along], 1
		}
		for k, i := range of {
			if i < 0 {
				continue
			}
			for s := range count[along] {
				r.out.Values[i] = append(r.out.Values[i], values[k*unitStep+s*sampleStep])
			}
		}
	}
	return nil
}

// Places in an NWB file of two-photon recordings.
const (
	fluorescence = "/processing/ophys/Fluorescence"
	segmentation = "/processing/ophys/ImageSegmentation"
	intervals    = "/intervals"
	series       = "RoiResponseSeries"
	plane        = "PlaneSegmentation"
)

// readNWB reads the ROI traces of the fields of a scan, and its trials.
func (r *traceReader) readNWB(f *hdf5.File) error {
	fields, err := r.fields(f)
	if err != nil {
		return err
	}
	find := newFinder(r.c)
	r.cfg.UnitsFirst = false
	for _, field := range fields {
		if err := r.readField(f, find, field); err != nil {
			return err
		}
	}
	return r.readTrials(f)
}

// fields lists the wanted RoiResponseSeries.
func (r *traceReader) fields(f *hdf5.File) ([]string, error) {
	object, err := f.Lookup(fluorescence)
	if err != nil {
		return nil, err
	}
	g, ok := object.(*hdf5.Group)
	if !ok {
		return nil, fmt.Errorf("%s: want a group", fluorescence)
	}
	names, err := g.Names()
	if err != nil {
		return nil, err
	}
	var all, out []string
	for _, name := range names {
		if strings.HasPrefix(name, series) {
			all = append(all, strings.TrimPrefix(name, series))
		}
	}
	if len(r.cfg.Fields) == 0 {
		out = all
	}
	for _, field := range r.cfg.Fields {
		name := strconv.Itoa(field)
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("%s: want one of the fields %s, got %s", fluorescence, strings.Join(all, ", "), name)
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: want at least one %s, got %s", fluorescence, series, strings.Join(names, ", "))
	}
	return out, nil
}

func (r *traceReader) readField(f *hdf5.File, find *finder, field string) error {
	path := fluorescence + "/" + series + field
	d, err := f.Dataset(path + "/data")
	if err != nil {
		return err
	}
	shape := d.Shape()
	if len(shape) != 2 {
		return fmt.Errorf("%s: want data of samples × ROIs, got shape %v", path, shape)
	}
	times, err := nwbTimes(f, d, path, shape[0])
	if err != nil {
		return err
	}
	keys, column, err := r.roiKeys(f, path, field, shape[1])
	if err != nil {
		return err
	}
	of, found := make([]int, len(keys)), 0
	for k, key := range keys {
		i, known, err := find.find(key)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, column, err)
		}
		if of[k] = -1; known {
			of[k], found = i, found+1
		}
	}
	r.out.Steps = append(r.out.Steps, fmt.Sprintf("field %s: %d of %d ROIs are neurons of the circuit, by %s", field, found, len(keys), column))
	if found == 0 {
		return nil
	}
	if r.out.TimeS == nil {
		r.out.TimeS = times
	} else if apart, frame := fieldsApart(r.out.TimeS, times); len(times) != len(r.out.TimeS) || apart > frame {
		return fmt.Errorf("%s: want the frames of one scan, got %d frames that lie up to %.3g s from the %d of another field", path, len(times), apart, len(r.out.TimeS))
	} else if apart > 0 {
		r.out.Steps = append(r.out.Steps, fmt.Sprintf("field %s is imaged up to %.3g s from the first: frame k counts as one moment", field, apart))
	}
	return r.readUnits(d, of)
}

// fieldsApart returns the largest distance of two fields' frames and the frame's length.
func fieldsApart(a, b []float64) (apart, frame float64) {
	for k := range min(len(a), len(b)) {
		apart = max(apart, math.Abs(a[k]-b[k]))
	}
	if len(a) > 1 {
		frame = (a[len(a)-1] - a[0]) / float64(len(a)-1)
	}
	return apart, frame
}

// nwbTimes reads the timestamps, or the start and rate in their place.
func nwbTimes(f *hdf5.File, d *hdf5.Dataset, path string, samples int) ([]float64, error) {
	t, err := f.Dataset(path + "/timestamps")
	if err == nil {
		times, err := t.Float64s()
		if err == nil && len(times) != samples {
			err = fmt.Errorf("%s: want %d timestamps, as many as samples, got %d", path, samples, len(times))
		}
		return times, err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	start, err := f.Dataset(path + "/starting_time")
	if err != nil {
		return nil, fmt.Errorf("%s: want timestamps or a starting_time: %w", path, err)
	}
	from, err := start.Float64s()
	if err != nil {
		return nil, err
	}
	attr, err := start.Attr("rate")
	if err != nil {
		return nil, err
	}
	rate, err := attr.Float64s()
	if err != nil || len(rate) != 1 || len(from) != 1 || !(rate[0] > 0) {
		return nil, fmt.Errorf("%s/starting_time: want one time and a rate above 0 Hz, got %v and %v (%v)", path, from, rate, err)
	}
	times := make([]float64, samples)
	for k := range times {
		times[k] = from[0] + float64(k)/rate[0]
	}
	return times, nil
}

// roiKeys names the ROIs of a series, in the order of its data.
func (r *traceReader) roiKeys(f *hdf5.File, path, field string, count int) (keys []string, column string, err error) {
	table, err := r.planeOf(f, path, field)
	if err != nil {
		return nil, "", err
	}
	columns, err := table.Names()
	if err != nil {
		return nil, "", err
	}
	if column = r.cfg.RoiKey; column == "" {
		for _, column = range []string{"unit_id", "id"} {
			if slices.Contains(columns, column) {
				break
			}
		}
	}
	object, err := table.Get(column)
	if err != nil {
		return nil, "", fmt.Errorf("%w; name one of the columns %s with roi_key", err, strings.Join(columns, ", "))
	}
	d, ok := object.(*hdf5.Dataset)
	if !ok {
		return nil, "", fmt.Errorf("%s: want a column, got a group", object.Path())
	}
	all, err := keysOf(d)
	if err != nil {
		return nil, "", err
	}
	rows, err := roiRows(f, path, count, len(all))
	if err != nil {
		return nil, "", err
	}
	for _, row := range rows {
		keys = append(keys, all[row])
	}
	return keys, column, nil
}

// planeOf finds the table of ROIs that a series refers to.
func (r *traceReader) planeOf(f *hdf5.File, path, field string) (*hdf5.Group, error) {
	if rois, err := f.Dataset(path + "/rois"); err == nil {
		if attr, err := rois.Attr("table"); err == nil {
			if objects, err := attr.Objects(); err == nil && len(objects) == 1 {
				if g, ok := objects[0].(*hdf5.Group); ok {
					return g, nil
				}
			}
		}
	}
	object, err := f.Lookup(segmentation + "/" + plane + field)
	if err != nil {
		return nil, err
	}
	g, ok := object.(*hdf5.Group)
	if !ok {
		return nil, fmt.Errorf("%s: want a table of ROIs", object.Path())
	}
	return g, nil
}

// roiRows reads which row of the table of ROIs each column of the data is.
func roiRows(f *hdf5.File, path string, count, rows int) ([]int, error) {
	out := make([]int, count)
	d, err := f.Dataset(path + "/rois")
	if errors.Is(err, fs.ErrNotExist) {
		if rows != count {
			return nil, fmt.Errorf("%s: want rois, or as many rows in the table of ROIs as columns: got %d rows and %d columns", path, rows, count)
		}
		for k := range out {
			out[k] = k
		}
		return out, nil
	} else if err != nil {
		return nil, err
	}
	numbers, err := d.Int64s()
	if err != nil {
		return nil, err
	}
	if len(numbers) != count {
		return nil, fmt.Errorf("%s/rois: want %d, as many as columns of the data, got %d", path, count, len(numbers))
	}
	for k, n := range numbers {
		if n < 0 || n >= int64(rows) {
			return nil, fmt.Errorf("%s/rois: want rows from 0 to %d, got %d", path, rows-1, n)
		}
		out[k] = int(n)
	}
	return out, nil
}

// keysOf reads a column as texts. Whole numbers stored as floats count where all digits
// are there: root ids in some MICrONS files are not.
func keysOf(d *hdf5.Dataset) ([]string, error) {
	switch d.Type().Class {
	case hdf5.Integer:
		v, err := d.Int64s()
		out := make([]string, len(v))
		for i, x := range v {
			out[i] = strconv.FormatInt(x, 10)
		}
		return out, err
	case hdf5.Float:
		v, err := d.Float64s()
		out := make([]string, len(v))
		for i, x := range v {
			if math.Abs(x) >= 1<<53 {
				return nil, fmt.Errorf("%s: row %d: %.0f lost digits as a float and may be another id; choose another column with roi_key", d.Path(), i, x)
			}
			if !math.IsNaN(x) {
				out[i] = strconv.FormatFloat(x, 'f', -1, 64)
			}
		}
		return out, err
	}
	return d.Strings()
}

// readTrials reads the intervals that have a condition_hash.
func (r *traceReader) readTrials(f *hdf5.File) error {
	object, err := f.Lookup(intervals)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	g, ok := object.(*hdf5.Group)
	if !ok {
		return nil
	}
	names, err := g.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		path := intervals + "/" + name
		conditions, err := f.Dataset(path + "/condition_hash")
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return err
		}
		texts, err := conditions.Strings()
		if err != nil {
			return err
		}
		var ends [2][]float64
		for k, column := range []string{"start_time", "stop_time"} {
			d, err := f.Dataset(path + "/" + column)
			if err != nil {
				return err
			}
			if ends[k], err = d.Float64s(); err != nil {
				return err
			}
			if len(ends[k]) != len(texts) {
				return fmt.Errorf("%s/%s: want %d rows, as in condition_hash, got %d", path, column, len(texts), len(ends[k]))
			}
		}
		for k, text := range texts {
			r.out.Trials = append(r.out.Trials, Trial{Start: ends[0][k], Stop: ends[1][k], Condition: text})
		}
	}
	slices.SortStableFunc(r.out.Trials, func(a, b Trial) int {
		switch {
		case a.Start < b.Start:
			return -1
		case a.Start > b.Start:
			return 1
		}
		return 0
	})
	return nil
}
