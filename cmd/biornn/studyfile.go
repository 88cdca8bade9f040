package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"biornn/grid"
	"biornn/internal/durable"
	"biornn/study"
)

func (a *app) studyInitCommand() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "init [FILE]",
		Short: "write a commented study file to start from",
		Args:  asCall(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			path := "study.toml"
			if len(args) == 1 {
				path = args[0]
			}
			if exists(path) && !force {
				return usagef("%s exists: choose another name, or --force", path)
			}
			text := grid.Example()
			if name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)); len(args) == 1 {
				named := []byte(strings.Replace(string(text), `name = "lambda-scan"`, fmt.Sprintf("name = %q", name), 1))
				if _, err := grid.Parse(named); err == nil { // else the name is not plain
					text = named
				}
			}
			if err := durable.WriteFile(path, text); err != nil {
				return err
			}
			if a.json {
				return a.printJSON("study_file", map[string]any{"file": path})
			}
			fmt.Fprintf(a.stdout, "%s is written: edit it, then biornn study check %s\n", path, path)
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite the file")
	return cmd
}

func (a *app) studySchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "print the JSON Schema of study files, for editors",
		Long: "Prints the JSON Schema of study files. Editors that know TOML, such as those with\n" +
			"Taplo, use it after a line '#:schema study.schema.json' at the top of a file.",
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			text, err := grid.SchemaText()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
}

func (a *app) studyCheckCommand() *cobra.Command {
	var path string
	var quick bool
	cmd := &cobra.Command{
		Use:   "check FILE",
		Short: "check a study file; print its runs, core-hours and disk",
		Long: "Reads a study file as biornn sweep run does and prints how many runs it has and what\n" +
			"they cost on this machine: a few updates of every kind of network are computed now.\n" +
			"With --calibration these are kept in a file and measured only once.",
		Args: exactly("a study file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readStudyFile(args[0])
			if err != nil {
				return err
			}
			plan, err := f.Plan(loadCircuit)
			if err != nil {
				return asUsage(err)
			}
			if err := study.CheckPlan(plan); err != nil {
				return err
			}
			if quick {
				return a.printCheck(f, plan, nil)
			}
			known, err := readCalibration(path)
			if err != nil {
				return err
			}
			begun := time.Now()
			e, err := study.EstimateCost(cmd.Context(), plan, known, func(measured, kinds int) {
				if time.Since(begun) > time.Second {
					fmt.Fprintf(a.stderr, "measured %d of %d kinds of runs\n", measured, kinds)
					begun = time.Now()
				}
			})
			if err != nil {
				return err
			}
			if err := writeCalibration(path, known); err != nil {
				return err
			}
			return errors.Join(a.printCheck(f, plan, &e), overBudget(f, e))
		},
	}
	cmd.Flags().StringVar(&path, "calibration", "", "file that keeps what was measured on this machine")
	cmd.Flags().BoolVar(&quick, "quick", false, "measure nothing: only the number of runs")
	return cmd
}

func readCalibration(path string) (*study.Calibration, error) {
	c := &study.Calibration{}
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	} else if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, asUsage(fmt.Errorf("calibration: %s: %w: delete it and measure again", path, err))
	}
	return c, nil
}

func writeCalibration(path string, c *study.Calibration) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(path, append(text, '\n'))
}

func (a *app) printCheck(f *grid.File, p *grid.Plan, e *study.Estimate) error {
	doubts := study.IdleControls(p)
	if a.json {
		facts := map[string]any{"name": f.Name, "folder": f.Folder, "runs": len(p.Runs), "varied": p.Varied}
		if len(doubts) > 0 {
			facts["doubts"] = doubts
		}
		if e != nil {
			facts["estimate"] = e
		}
		return a.printJSON("study", facts)
	}
	var circuits []string
	for _, c := range p.Circuits {
		circuits = append(circuits, fmt.Sprintf("%s (%d neurons)", c.Name, c.N()))
	}
	fmt.Fprintf(a.stdout, "%s: %d runs\n", f.Name, len(p.Runs))
	fmt.Fprintf(a.stdout, "  %-10s %s\n", "circuits", wrap(strings.Join(circuits, ", "), 13))
	if len(p.Varied) > 0 {
		fmt.Fprintf(a.stdout, "  %-10s %s\n", "varied", wrap(strings.Join(p.Varied, ", "), 13))
	}
	fmt.Fprintf(a.stdout, "  %-10s %s\n", "folder", f.Folder)
	for _, d := range doubts {
		fmt.Fprintf(a.stdout, "  %-10s %s\n", "doubt", wrap(d, 13))
	}
	if e == nil {
		return nil
	}
	cores := runtime.GOMAXPROCS(0)
	hours := fmt.Sprintf("about %.3g", e.CoreHours)
	if e.CoreHours < 0.01 {
		hours = "less than 0.01"
	}
	fmt.Fprintf(a.stdout, "  %-10s %s core-hours, %s on the %d cores here; the longest run %s\n", "time", hours,
		short(time.Duration(e.CoreHours/float64(cores)*float64(time.Hour))), cores, short(time.Duration(e.Longest*float64(time.Second))))
	fmt.Fprintf(a.stdout, "  %-10s about %s, and %s a run in work\n", "disk", diskText(e.Bytes), diskText(e.Running))
	fmt.Fprintf(a.stdout, "  %-10s from %d updates of each of %d kinds of runs, %d measured now\n", "measured", 6, e.Kinds, e.Measured)
	return nil
}

func diskText(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	if n < 1e6 {
		return fmt.Sprintf("%.0f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
