package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"biornn/analysis"
	"biornn/experiment"
	"biornn/export"
	"biornn/internal/durable"
	"biornn/study"
)

func (a *app) resultsCommand() *cobra.Command {
	var out, query, format string
	var long bool
	cmd := &cobra.Command{
		Use:   "results FILE|FOLDER",
		Short: "one table of all runs: what they were told and what came out",
		Long: "Reads all runs of a study file, or of a folder of a study, and writes one table, as csv\n" +
			"or parquet: a line a run and a column a measure or, with --long, a line a measure.\n\n" +
			"A query keeps runs for which all its conditions hold. Conditions are NAME=VALUE,\n" +
			"with = != < <= > >=; several values after = by commas are alternatives. Names are\n" +
			"columns, or keys of spec.toml such as constraint.lambda or just lambda.",
		Example: "  biornn results my.toml --out runs.parquet\n" +
			"  biornn results my.toml --query 'model=W*D*C task=go-nogo lambda<0.01'",
		Args: exactly("a study file or a folder of runs"),
		RunE: func(_ *cobra.Command, args []string) error {
			if format == "" {
				format = strings.TrimPrefix(filepath.Ext(out), ".")
			}
			if format == "" {
				format = "csv"
			}
			if format == "parquet" && out == "" {
				return usagef("--format parquet: want --out, a parquet file is no text")
			}
			rows, err := readResults(args[0])
			if err != nil {
				return err
			}
			if rows, err = rows.Where(query); err != nil {
				return asUsage(err)
			}
			if err := a.writeResults(rows, out, format, long); err != nil {
				return err
			}
			return a.damagedResults(rows, args[0])
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "file to write, .csv or .parquet (default: csv on standard output)")
	f.StringVar(&format, "format", "", "csv or parquet (default: as the name of the file says)")
	f.StringVar(&query, "query", "", "conditions on runs, as in 'model=W*D*C lambda<0.01'")
	f.BoolVar(&long, "long", false, "a line for each measure of a run")
	return cmd
}

// readResults reads the runs that a study file or a folder names.
func readResults(path string) (*study.Rows, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return study.ReadRows(path)
	}
	dir, err := sweepFolder(path)
	if err != nil {
		return nil, err
	}
	return study.ReadRows(dir)
}

func (a *app) writeResults(rows *study.Rows, out, format string, long bool) error {
	t := wideTable(rows)
	if long {
		t = longTable(rows)
	}
	data, err := t.File(format, map[string]string{"program": "biornn " + experiment.Version})
	if err != nil {
		return asUsage(err)
	}
	if out == "" {
		_, err := a.stdout.Write(data)
		return err
	}
	if err := durable.WriteFile(out, data); err != nil {
		return err
	}
	if a.json {
		return a.printJSON("results", map[string]any{"file": out, "runs": len(rows.Rows), "damaged": len(rows.Damaged)})
	}
	fmt.Fprintf(a.stdout, "%s: %d runs\n", out, len(rows.Rows))
	return nil
}

// damagedResults says which runs are not in the table because they cannot be read.
func (a *app) damagedResults(rows *study.Rows, path string) error {
	if len(rows.Damaged) == 0 {
		return nil
	}
	for _, d := range rows.Damaged {
		fmt.Fprintln(a.stderr, "damaged:", d.Run+":", d.Cause)
	}
	return &hintError{fmt.Errorf("%d damaged runs are not in the table", len(rows.Damaged)), "biornn sweep run " + path + " sets them aside and computes them again"}
}

// describing are the columns that say which run a line is of.
var describing = []string{"run", "part", "model", "symbol", "task", "preset", "circuit"}

func words(rows []study.Row, name string) export.Column {
	data := make([]string, len(rows))
	for i, r := range rows {
		if v, present, _ := r.Value(name); present {
			data[i] = fmt.Sprint(v)
		}
	}
	return export.Column{Name: name, Data: data}
}

func numbers(rows []study.Row, name string) export.Column {
	data := make([]*float64, len(rows))
	for i, r := range rows {
		if v, present, _ := r.Value(name); present {
			x := v.(float64)
			data[i] = &x
		}
	}
	return export.Column{Name: name, Data: data}
}

// column is of numbers or words as the values are.
func column(rows []study.Row, name string) export.Column {
	if len(rows) > 0 {
		if v, present, _ := rows[0].Value(name); present {
			if _, word := v.(string); word {
				return words(rows, name)
			}
		}
	}
	return numbers(rows, name)
}

// head is the columns that both forms share.
func head(r *study.Rows) []export.Column {
	var out []export.Column
	for _, name := range describing {
		out = append(out, words(r.Rows, name))
	}
	seeds := make([]int64, len(r.Rows))
	for i, row := range r.Rows {
		seeds[i] = int64(row.Record.Seed)
	}
	out = append(out, export.Column{Name: "seed", Data: seeds})
	for _, key := range r.Keys {
		out = append(out, column(r.Rows, key))
	}
	return append(out, words(r.Rows, "outcome"))
}

// wideTable has a line a run and a column a measure.
func wideTable(r *study.Rows) export.Table {
	columns := head(r)
	at, causes, warnings := make([]*int64, len(r.Rows)), make([]string, len(r.Rows)), make([]string, len(r.Rows))
	for i, row := range r.Rows {
		causes[i], warnings[i] = row.Record.Cause, strings.Join(row.Record.Warnings, "; ")
		if row.Record.Outcome == analysis.Diverged {
			step := int64(row.Record.Step)
			at[i] = &step
		}
	}
	columns = append(columns, export.Column{Name: "diverged_at_update", Data: at}, export.Column{Name: "cause", Data: causes})
	for _, m := range r.Measures() {
		columns = append(columns, numbers(r.Rows, m))
	}
	return export.Table{Name: "runs", Columns: append(columns, numbers(r.Rows, "seconds"), export.Column{Name: "warnings", Data: warnings})}
}

// longTable has a line for each measure of each run.
func longTable(r *study.Rows) export.Table {
	long := &study.Rows{Keys: r.Keys}
	var measures, units []string
	var values []float64
	all := r.Measures()
	for _, row := range r.Rows {
		for _, m := range all {
			if v, there := row.Record.Values[m]; there {
				d, _ := analysis.Define(m)
				long.Rows = append(long.Rows, row)
				measures, units, values = append(measures, m), append(units, d.Unit), append(values, v)
			}
		}
	}
	return export.Table{Name: "measures", Columns: append(head(long), export.Column{Name: "measure", Data: measures},
		export.Column{Name: "unit", Data: units}, export.Column{Name: "value", Data: values})}
}
