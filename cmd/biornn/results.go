package main

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"biornn/analysis"
	"biornn/study"
)

// printResults prints what a study says: the table, the verdicts, what to mind, and
// where everything lies.
func (a *app) printResults(r *study.Results) error {
	if a.json {
		return a.resultsJSON(r)
	}
	a.printTable(r)
	fmt.Fprintln(a.stdout)
	for _, c := range r.Claims {
		fmt.Fprintln(a.stdout, wrap(c.ID+" "+c.Statement, 3))
		fmt.Fprintln(a.stdout, "   "+wrap(strings.ToUpper(c.Verdict)+": "+c.Reason, 3))
	}
	if r.Agreement != nil {
		fmt.Fprintln(a.stdout)
		if err := a.printComparisons(r.Comparisons, r.Agreement, false); err != nil {
			return err
		}
	}
	if len(r.Warnings) > 0 {
		fmt.Fprintln(a.stdout)
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(a.stdout, wrap("! "+w, 2))
	}
	fmt.Fprintf(a.stdout, "\nreport: %s\n", filepath.Join(r.Dir, "report.html"))
	return nil
}

func (a *app) resultsJSON(r *study.Results) error {
	for _, c := range r.Cells {
		if err := a.printJSON("cell", c); err != nil {
			return err
		}
	}
	for _, c := range r.Claims {
		if err := a.printJSON("claim", c); err != nil {
			return err
		}
	}
	if r.Agreement != nil {
		if err := a.printComparisons(r.Comparisons, r.Agreement, true); err != nil {
			return err
		}
	}
	return a.printJSON("summary", map[string]any{"folder": r.Dir, "report": filepath.Join(r.Dir, "report.html"),
		"runs": len(r.Records), "warnings": r.Warnings})
}

// printTable prints a line a model and task, 80 columns wide.
func (a *app) printTable(r *study.Results) {
	cells := map[[3]string]analysis.Cell{}
	var keys [][2]string
	for _, c := range r.Cells {
		k := [2]string{c.Model, c.Task}
		if _, seen := cells[[3]string{c.Model, c.Task, "val_accuracy"}]; !seen && c.Measure == "val_accuracy" {
			keys = append(keys, k)
		}
		cells[[3]string{c.Model, c.Task, c.Measure}] = c
	}
	fmt.Fprintf(a.stdout, "%-7s %-20s %13s %13s %9s %9s %s\n", "model", "task", "validation", "test", "Q", "σ", "runs")
	for _, k := range keys {
		get := func(measure string) analysis.Cell { return cells[[3]string{k[0], k[1], measure}] }
		test := get("test_accuracy")
		runs := fmt.Sprint(test.N)
		if test.Diverged > 0 {
			runs += fmt.Sprintf(" +%d diverged", test.Diverged)
		}
		fmt.Fprintf(a.stdout, "%-7s %-20s %13s %13s %9s %9s %s\n", symbolOf(k[0]), shorten(k[1], 20),
			plusMinus(get("val_accuracy")), plusMinus(test), figure(get("modularity")), figure(get("small_worldness")), runs)
	}
}

func plusMinus(c analysis.Cell) string {
	switch {
	case c.N == 0 || math.IsNaN(c.Mean):
		return "–"
	case math.IsNaN(c.Low):
		return fmt.Sprintf("%.3f", c.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", c.Mean, (c.High-c.Low)/2)
}

func figure(c analysis.Cell) string {
	if c.N == 0 || math.IsNaN(c.Mean) {
		return "–"
	}
	return fmt.Sprintf("%.3f", c.Mean)
}

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n-1] + "…"
}

// wrap breaks a paragraph into lines of at most 78 columns, all but the first indented.
func wrap(text string, indent int) string {
	var b strings.Builder
	column := indent // the caller may have indented the first line
	for i, word := range strings.Fields(text) {
		width := len([]rune(word))
		if i > 0 && column+1+width > 78 {
			b.WriteString("\n" + strings.Repeat(" ", indent))
			column = indent
		} else if i > 0 {
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += width
	}
	return b.String()
}
