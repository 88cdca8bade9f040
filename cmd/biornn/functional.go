package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/functional"
)

func (a *app) functionalCommand() *cobra.Command {
	var preset, out string
	cfg := functional.DefaultConfig("corrected")
	cmd := &cobra.Command{
		Use:     "functional CIRCUIT",
		Short:   "compute correlation, STTC and precision from a circuit's event times",
		Example: "  biornn functional mine.circuit.npz --out mine.circuit.npz --precision",
		Args:    exactly("CIRCUIT"),
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
	f.BoolVar(&cfg.Precision, "precision", false, "also the precision matrix, by the cross-validated graphical lasso (slow)")
	f.BoolVar(&cfg.Replace, "replace", false, "compute matrices that are there already, too")
	return cmd
}
