package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/study"
)

func (a *app) compareCommand() *cobra.Command {
	var published, csv string
	var require float64
	cmd := &cobra.Command{
		Use:     "compare RUNS",
		Short:   "compare runs with a published table, cell by cell",
		Example: "  biornn compare --published table2.json biornn-out/6_6_2-paper",
		Args:    exactly("RUNS"),
		RunE: func(_ *cobra.Command, args []string) error {
			if !(require >= 0 && require <= 1) {
				return usagef("--require-agreement: want a share from 0 to 1, got %g", require)
			}
			table, err := analysis.Table2()
			if published != "" {
				table, err = analysis.LoadPublished(published)
			}
			if err != nil {
				return asUsage(err)
			}
			records, err := study.LoadRecords(args[0])
			if err != nil {
				return err
			}
			doubts, err := notTheSame(args[0], records, published == "")
			if err != nil {
				return err
			}
			for _, d := range doubts {
				fmt.Fprintln(a.stderr, "doubt: "+wrap(d, 7))
			}
			comparisons := analysis.Compare(table, records)
			agreement := analysis.Agree(comparisons)
			if csv != "" {
				if err := writeComparisons(csv, comparisons); err != nil {
					return err
				}
			}
			if err := a.printComparisons(comparisons, &agreement, true); err != nil {
				return err
			}
			if share := float64(agreement.All.Agree) / float64(agreement.All.Total); require > 0 && !(share >= require) {
				return fmt.Errorf("compare: want at least %.0f %% of the cells to agree, got %.0f %%", 100*require, 100*share)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&published, "published", "", "published table (JSON: metrics → model → task → mean, ci95; default: table 2 of arXiv:2606.14975)")
	f.StringVar(&csv, "csv", "", "also write the comparison to this file")
	f.Float64Var(&require, "require-agreement", 0, "fail if a smaller share of the cells agrees")
	return cmd
}

// notTheSame says in what runs differ from those of a published table so that their numbers
// need not agree: the preset and, for the built-in table, the circuit.
func notTheSame(dir string, records []analysis.Record, builtIn bool) ([]string, error) {
	rows, err := study.ReadRows(dir)
	if err != nil {
		return nil, err
	}
	preset, foreign := map[string]int{}, map[string]int{}
	compared := map[string]bool{}
	for _, r := range records {
		compared[r.Run] = true
	}
	for _, r := range rows.Rows {
		if !compared[r.Record.Run] {
			continue
		}
		if r.Spec.Preset != "paper" {
			preset[r.Spec.Preset]++
		}
		if builtIn && r.Spec.CircuitHash != analysis.Table2Circuit {
			foreign[r.Spec.Circuit]++
		}
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(preset)) {
		out = append(out, fmt.Sprintf("%d of %d runs are of the preset %s; the table is of the preset paper.", preset[name], len(records), name))
	}
	for _, name := range slices.Sorted(maps.Keys(foreign)) {
		out = append(out, fmt.Sprintf("%d of %d runs are of the circuit %s; the table is of the field 6_6_2 as released.", foreign[name], len(records), name))
	}
	return out, nil
}

func writeComparisons(path string, comparisons []analysis.Comparison) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := analysis.WriteComparisons(f, comparisons); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// printComparisons prints one line a cell (all of them, or those that disagree) and
// the tally.
func (a *app) printComparisons(comparisons []analysis.Comparison, agreement *analysis.Agreement, all bool) error {
	if a.json {
		for _, c := range comparisons {
			if err := a.printJSON("comparison", c); err != nil {
				return err
			}
		}
		return a.printJSON("agreement", agreement)
	}
	header := false
	for _, c := range comparisons {
		if c.Agree && !all {
			continue
		}
		if !header {
			fmt.Fprintf(a.stdout, "%-15s %-7s %-20s %18s %18s %8s\n", "measure", "model", "task", "ours", "published", "p")
			header = true
		}
		mark := "agree"
		if !c.Agree {
			mark = "DIFFER"
		}
		if math.IsNaN(c.P) {
			mark = "no test"
		}
		fmt.Fprintf(a.stdout, "%-15s %-7s %-20s %18s %18s %8.2g %s\n", c.Measure, symbolOf(c.Model), c.Task,
			interval(c.Ours.Mean, c.Ours.Low, c.Ours.High), interval(c.Published, c.PublishedLow, c.PublishedHigh), c.P, mark)
	}
	fmt.Fprintf(a.stdout, "\n%s\n", wrap(agreement.Text, 0))
	return nil
}

func symbolOf(slug string) string { return constraint.Symbol(slug) }

// interval prints a mean and half the width of its confidence interval.
func interval(mean, low, high float64) string {
	if math.IsNaN(mean) {
		return "–"
	}
	if math.IsNaN(low) {
		return fmt.Sprintf("%.3f", mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", mean, (high-low)/2)
}
