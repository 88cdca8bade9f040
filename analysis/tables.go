package analysis

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// WriteJSON writes records, cells, comparisons or claims as indented JSON; NaN is
// null.
func WriteJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("analysis: write JSON: %w", err)
	}
	return nil
}

// WriteRecords writes one line per run and one column per measure that occurs; a
// value that a run does not have is empty.
func WriteRecords(w io.Writer, records []Record) error {
	keys := keysOf(records)
	rows := [][]string{append([]string{"run", "model", "symbol", "task", "preset", "seed", "outcome", "diverged_at_update", "cause"}, append(slices.Clone(keys), "warnings")...)}
	for _, r := range records {
		row := []string{r.Run, r.Model, symbol(r.Model), r.Task, r.Preset, strconv.FormatUint(r.Seed, 10), r.Outcome, "", r.Cause}
		if r.Outcome == Diverged {
			row[7] = strconv.Itoa(r.Step)
		}
		for _, k := range keys {
			v, ok := r.Values[k]
			if !ok {
				v = math.NaN()
			}
			row = append(row, number(v))
		}
		rows = append(rows, append(row, strings.Join(r.Warnings, "; ")))
	}
	return writeCSV(w, rows)
}

// keysOf returns the measures that occur: the defined ones in their order, then
// others by name.
func keysOf(records []Record) []string {
	found := map[string]bool{}
	for _, r := range records {
		for k := range r.Values {
			found[k] = true
		}
	}
	var keys []string
	for _, d := range definitions {
		if found[d.Key] {
			keys = append(keys, d.Key)
			delete(found, d.Key)
		}
	}
	return append(keys, sortedKeys(found)...)
}

// WriteCells writes one line per cell.
func WriteCells(w io.Writer, cells []Cell) error {
	rows := [][]string{{"model", "symbol", "task", "measure", "n", "diverged", "mean", "ci95_low", "ci95_high", "sd"}}
	for _, c := range cells {
		rows = append(rows, []string{c.Model, symbol(c.Model), c.Task, c.Measure, strconv.Itoa(c.N), strconv.Itoa(c.Diverged),
			number(c.Mean), number(c.Low), number(c.High), number(c.SD)})
	}
	return writeCSV(w, rows)
}

// WriteComparisons writes one line per published cell.
func WriteComparisons(w io.Writer, comparisons []Comparison) error {
	rows := [][]string{{"measure", "model", "symbol", "task", "n", "diverged", "mean", "ci95_low", "ci95_high",
		"published_n", "published_mean", "published_ci95_low", "published_ci95_high", "p", "agree", "note"}}
	for _, c := range comparisons {
		rows = append(rows, []string{c.Measure, c.Model, symbol(c.Model), c.Task, strconv.Itoa(c.Ours.N), strconv.Itoa(c.Ours.Diverged),
			number(c.Ours.Mean), number(c.Ours.Low), number(c.Ours.High), strconv.Itoa(c.PublishedN),
			number(c.Published), number(c.PublishedLow), number(c.PublishedHigh), number(c.P), strconv.FormatBool(c.Agree), c.Note})
	}
	return writeCSV(w, rows)
}

// WriteClaims writes one line per claim.
func WriteClaims(w io.Writer, claims []Claim) error {
	rows := [][]string{{"id", "statement", "verdict", "reason", "evidence"}}
	for _, c := range claims {
		rows = append(rows, []string{c.ID, c.Statement, c.Verdict, c.Reason, strings.Join(c.Evidence, "\n")})
	}
	return writeCSV(w, rows)
}

func writeCSV(w io.Writer, rows [][]string) error {
	if err := csv.NewWriter(w).WriteAll(rows); err != nil {
		return fmt.Errorf("analysis: write CSV: %w", err)
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
