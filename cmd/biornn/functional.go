package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/functional"
	"biornn/recording"
	"biornn/tables"
)

func (a *app) functionalCommand() *cobra.Command {
	var preset, out, traces, timeColumn string
	var rate float64
	threshold := functional.PeakThreshold
	cfg := functional.DefaultConfig("corrected")
	cmd := &cobra.Command{
		Use:   "functional CIRCUIT",
		Short: "compute correlation, STTC and precision from a circuit's event times",
		Example: "  biornn functional mine.circuit.npz --out mine.circuit.npz --precision\n" +
			"  biornn functional mine.circuit.npz --traces deconvolved.csv \\\n" +
			"      --frame-rate 6.3009 --out mine.circuit.npz",
		Args: exactly("CIRCUIT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return usagef("want --out FILE%s", circuit.Extension)
			}
			if _, err := constraint.Preset(preset); err != nil {
				return asUsage(err)
			}
			if !cmd.Flags().Changed("window") {
				cfg.WindowS = functional.DefaultConfig(preset).WindowS
			}
			if err := cfg.Validate(); err != nil {
				return asUsage(err)
			}
			c, err := readCircuit(args[0], preset, 0)
			if err != nil {
				return err
			}
			if traces != "" {
				if c, err = withEvents(c, traces, timeColumn, rate, threshold); err != nil {
					return err
				}
			}
			full, err := functional.Fill(c, cfg)
			if err != nil {
				return err
			}
			if err := full.Write(out); err != nil {
				return err
			}
			for _, step := range full.Provenance.Steps[len(c.Provenance.Steps):] {
				fmt.Fprintln(a.stderr, step)
			}
			for _, w := range full.Provenance.Warnings[len(c.Provenance.Warnings):] {
				fmt.Fprintln(a.stderr, "warning:", w)
			}
			return a.showCircuit(full)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "circuit file to write")
	f.StringVar(&preset, "preset", "corrected", "paper: STTC window of 100 ms; corrected: half a frame")
	f.Float64Var(&cfg.WindowS, "window", 0, "STTC window dt in s (default: as in the preset)")
	f.IntVar(&cfg.WindowFrames, "window-frames", 0, "STTC window of this many frames and a half")
	f.Float64Var(&cfg.BinS, "bin", cfg.BinS, "bins of the correlation, s")
	f.StringVar(&traces, "traces", "", "detect events in these deconvolved traces first (csv with a column a neuron, or npy of samples × neurons)")
	f.StringVar(&timeColumn, "time-column", "time_s", "for --traces: column of the sample times, s")
	f.Float64Var(&rate, "frame-rate", 0, "for --traces without sample times: frames per second")
	f.Float64Var(&threshold, "threshold", threshold, "for --traces: an event exceeds both neighbouring frames by this much")
	f.BoolVar(&cfg.Precision, "precision", false, "also the precision matrix, by the cross-validated graphical lasso (slow)")
	f.BoolVar(&cfg.Replace, "replace", false, "compute matrices that are there already, too")
	return cmd
}

// withEvents returns a copy of a circuit with the events detected in traces.
func withEvents(c *circuit.Circuit, path, timeColumn string, rate, threshold float64) (*circuit.Circuit, error) {
	t, err := tables.LoadTraces(tables.TracesConfig{File: path, TimeColumn: timeColumn}, c)
	if err != nil {
		return nil, err
	}
	var r *recording.Recording
	switch {
	case rate > 0:
		r, err = recording.FromFrames(t.Values, rate)
	case t.TimeS != nil:
		r, err = recording.FromTraces(t.Values, t.TimeS)
	default:
		return nil, usagef("%s has no column %q of sample times: name it with --time-column or state --frame-rate", path, timeColumn)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r, err = functional.DetectEvents(r, threshold); err != nil {
		return nil, err
	}
	out := *c
	out.Events, out.FrameRate = r.Events, r.FrameRate
	out.Provenance.Sources = append(slices.Clone(c.Provenance.Sources), t.Sources...)
	out.Provenance.Steps = append(slices.Clone(c.Provenance.Steps), fmt.Sprintf("events: frames of %s that exceed both neighbours by %g", t.Sources[0].Name, threshold))
	out.Provenance.Warnings = append(slices.Clone(c.Provenance.Warnings), r.Warnings...)
	return &out, nil
}
