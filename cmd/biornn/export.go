package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/experiment"
	"biornn/export"
	"biornn/internal/durable"
)

func (a *app) exportCommand() *cobra.Command {
	var f struct{ format, out, circuit string }
	cmd := &cobra.Command{
		Use:   "export CIRCUIT|RUN",
		Short: "write a circuit or a trained network for other programs",
		Long:  "Writes a circuit (file or field folder) or the network of a run's folder as:\n\n" + describeFormats(),
		Example: "  biornn export mine.circuit.npz --format graphml --out mine.graphml\n" +
			"  biornn export biornn-out/runs/w-dreal-c_go-nogo_s1_* \\\n" +
			"      --format onnx --out network.onnx",
		Args: exactly("CIRCUIT|RUN"),
		RunE: func(_ *cobra.Command, args []string) error {
			if f.out == "" {
				return usagef("--out is missing: want the file (for csv and parquet: the folder) to write")
			}
			b, err := a.bundle(args[0], f.circuit)
			if err != nil {
				return err
			}
			files, err := b.Files(f.format)
			if err != nil {
				return asUsage(err)
			}
			return a.writeExport(f.out, files)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "npz", "npz, safetensors, mat, graphml, csv, parquet or onnx")
	flags.StringVar(&f.out, "out", "", "file to write, for csv and parquet a folder")
	flags.StringVar(&f.circuit, "circuit", "", "for a run: circuit that names and places its neurons")
	return cmd
}

func describeFormats() string {
	all := export.Formats()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "  %-12s %s\n", name, all[name])
	}
	return b.String()
}

// bundle reads what is to be exported: a run's folder holds a result, anything else is a
// circuit.
func (a *app) bundle(path, circuitPath string) (*export.Bundle, error) {
	run, err := experiment.Load(path)
	if errors.Is(err, experiment.ErrAbsent) || isFile(path) {
		if circuitPath != "" {
			return nil, usagef("--circuit is for runs, %s is not one", path)
		}
		c, err := loadCircuit(path, "corrected", 0)
		if err != nil {
			return nil, err
		}
		return export.FromCircuit(c), nil
	}
	if err != nil {
		return nil, err
	}
	var c *circuit.Circuit
	if circuitPath != "" {
		if c, err = loadCircuit(circuitPath, run.Spec.Preset, 0); err != nil {
			return nil, err
		}
	}
	if run.Diverged() {
		fmt.Fprintf(a.stderr, "warning: %s diverged: these are the weights at which it was given up\n", path)
	}
	return export.FromNetwork(run.Spec.Name(), run.Network, c)
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// writeExport writes one file, or a folder of files that must not be there yet.
func (a *app) writeExport(out string, files map[string][]byte) error {
	if data, single := files[""]; single {
		if err := durable.WriteFile(out, data); err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, out)
		return nil
	}
	if exists(out) {
		return usagef("--out: the folder %s is there already", out)
	}
	if err := durable.WriteDir(out, files); err != nil {
		return err
	}
	var names []string
	for name := range files {
		names = append(names, filepath.Join(out, name))
	}
	sort.Strings(names)
	fmt.Fprintln(a.stdout, strings.Join(names, "\n"))
	return nil
}
