package activity

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/cmplx"
	"os"
	"path/filepath"
	"strconv"

	"biornn/internal/durable"
)

// WriteTables writes the tables of a result as CSV files into a folder, each whole or
// absent: values, selectivity, decoding, cross-temporal, spectrum, fixed-points,
// eigenvalues, lesions, modules, disturbances, alignment. A table without lines is left
// out.
func (r *Result) WriteTables(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("activity: tables: %w", err)
	}
	for _, t := range []struct {
		name string
		rows [][]string
	}{
		{"values", r.valueRows()}, {"selectivity", r.selectivityRows()}, {"decoding", r.decodingRows()},
		{"cross-temporal", r.crossRows()}, {"spectrum", r.spectrumRows()}, {"fixed-points", r.pointRows()},
		{"eigenvalues", r.eigenvalueRows()}, {"lesions", curveRows(r.Lesions.Curves)}, {"modules", r.moduleRows()},
		{"disturbances", curveRows(r.Disturbed)}, {"alignment", r.alignmentRows()},
	} {
		if len(t.rows) < 2 {
			continue
		}
		var b bytes.Buffer
		if err := writeCSV(&b, t.rows); err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(dir, t.name+".csv"), b.Bytes()); err != nil {
			return fmt.Errorf("activity: tables: %w", err)
		}
	}
	return nil
}

func writeCSV(w io.Writer, rows [][]string) error {
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("activity: tables: %w", err)
	}
	return nil
}

// number writes a value with all its digits, NaN as nothing.
func number(x float64) string {
	if math.IsNaN(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func (r *Result) valueRows() [][]string {
	rows := [][]string{{"key", "value", "unit", "definition", "source"}}
	for _, k := range r.Keys() {
		d, _ := Define(k)
		rows = append(rows, []string{k, number(r.Values[k]), d.Unit, d.Text, d.Source})
	}
	return rows
}

// binCells names a bin by its first and last step, counted from 1.
func binCells(b Bin) []string {
	return []string{strconv.Itoa(b.Start + 1), strconv.Itoa(b.End), b.Period}
}

func (r *Result) selectivityRows() [][]string {
	rows := [][]string{{"unit", "class", "effect", "first_step", "last_step", "period", "f", "p", "p_holm", "omega2", "index"}}
	s := r.Selectivity
	for unit, class := range s.Class {
		for k, effect := range s.Effects {
			for b, bin := range s.Bins {
				e := s.Of[b][unit][k]
				row := append([]string{strconv.Itoa(unit), class, effect}, binCells(bin)...)
				rows = append(rows, append(row, number(e.F), number(e.P), number(e.Holm), number(e.Omega2), number(e.Index)))
			}
		}
	}
	return rows
}

func (r *Result) decodingRows() [][]string {
	rows := [][]string{{"variable", "levels", "first_step", "last_step", "period", "accuracy", "null_mean", "null_low", "null_high"}}
	for _, d := range r.Decoding {
		for b, bin := range d.Bins {
			row := append([]string{d.Variable, strconv.Itoa(d.Levels)}, binCells(bin)...)
			rows = append(rows, append(row, number(d.Accuracy[b]), number(d.NullMean[b]), number(d.NullLow[b]), number(d.NullHigh[b])))
		}
	}
	return rows
}

func (r *Result) crossRows() [][]string {
	rows := [][]string{{"variable", "trained_first_step", "trained_last_step", "tested_first_step", "tested_last_step", "accuracy"}}
	for _, d := range r.Decoding {
		for b, row := range d.Cross {
			for t, v := range row {
				rows = append(rows, []string{d.Variable, strconv.Itoa(d.Bins[b].Start + 1), strconv.Itoa(d.Bins[b].End),
					strconv.Itoa(d.Bins[t].Start + 1), strconv.Itoa(d.Bins[t].End), number(v)})
			}
		}
	}
	return rows
}

func (r *Result) spectrumRows() [][]string {
	rows := [][]string{{"component", "share_all", "share_task"}}
	for i, v := range r.All.Spectrum {
		task := math.NaN()
		if i < len(r.Driven.Spectrum) {
			task = r.Driven.Spectrum[i]
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), number(v), number(task)})
	}
	return rows
}

func (r *Result) pointRows() [][]string {
	rows := [][]string{{"point", "input", "kind", "far", "speed_per_step", "distance_sd", "searches", "unstable_directions", "time_constant_steps", "time_constant_ms"}}
	for i, p := range r.FixedPoints.Points {
		unstable, ms := "", math.NaN()
		if p.Eigenvalues != nil {
			unstable = strconv.Itoa(p.Unstable)
		}
		if r.CellStepMS > 0 {
			ms = p.Slowest * r.CellStepMS
		}
		rows = append(rows, []string{strconv.Itoa(i + 1), p.Input, p.Kind, strconv.FormatBool(p.Far), number(p.Speed), number(p.Distance),
			strconv.Itoa(p.Starts), unstable, number(p.Slowest), number(ms)})
	}
	return rows
}

func (r *Result) eigenvalueRows() [][]string {
	rows := [][]string{{"point", "rank", "real", "imaginary", "time_constant_steps"}}
	for i, p := range r.FixedPoints.Points {
		for k, v := range p.Eigenvalues {
			if cmplx.Abs(v) == 0 {
				break // of units that are off; the largest come first
			}
			rows = append(rows, []string{strconv.Itoa(i + 1), strconv.Itoa(k + 1), number(real(v)), number(imag(v)), number(TimeConstant(v))})
		}
	}
	return rows
}

func curveRows(curves []Curve) [][]string {
	rows := [][]string{{"curve", "dose", "x", "accuracy", "low", "high", "draws", "area"}}
	for _, c := range curves {
		for i, x := range c.X {
			rows = append(rows, []string{c.Name, c.Dose, number(x), number(c.Accuracy[i]), number(c.Low[i]), number(c.High[i]), strconv.Itoa(c.Draws), number(c.Area)})
		}
	}
	return rows
}

func (r *Result) moduleRows() [][]string {
	rows := [][]string{{"module", "units", "share", "accuracy", "random_mean", "random_low", "random_high"}}
	for i, m := range r.Lesions.Modules {
		rows = append(rows, []string{strconv.Itoa(i + 1), strconv.Itoa(m.Units), number(m.Share), number(m.Accuracy), number(m.Random), number(m.Low), number(m.High)})
	}
	return rows
}

func (r *Result) alignmentRows() [][]string {
	rows := [][]string{{"compared", "measure", "value", "null_mean", "null_low", "null_high", "p", "p_geometry", "before_training"}}
	for _, part := range []struct {
		name string
		all  []Aligned
	}{{"correlations", r.Alignment}, {"synapses", r.Synapses}} {
		for _, a := range part.all {
			rows = append(rows, []string{part.name, a.Measure, number(a.Value), number(a.NullMean), number(a.NullLow), number(a.NullHigh),
				number(a.P), number(a.LocalP), number(a.Before)})
		}
	}
	return rows
}
