package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"biornn/internal/durable"
	"biornn/study"
)

func (a *app) studyPackCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "pack FOLDER",
		Short: "write a study into one small file, without weights and circuits",
		Long: "Writes what the runs of a study were told, how they learned, what came out and their\n" +
			"measures, and the verdicts, into one file: about a kilobyte a run. Weights, circuits and\n" +
			"what can be made again stay out. From the file, biornn study unpack makes a folder that\n" +
			"biornn study biology, study pool, compare and results read, and in which the command that\n" +
			"made the study goes on, as with more seeds or another machine.",
		Example: "  biornn study pack biornn-out/biology-microns-6_6_2-corrected --out 6_6_2.tar.zst",
		Args:    exactly("FOLDER"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				out = filepath.Base(filepath.Clean(args[0])) + study.PackExtension
			}
			var b bytes.Buffer
			runs, err := study.Pack(args[0], &b)
			if err != nil {
				return err
			}
			if err := durable.WriteFile(out, b.Bytes()); err != nil {
				return err
			}
			if a.json {
				return a.printJSON("packed", map[string]any{"file": out, "runs": runs, "bytes": b.Len()})
			}
			fmt.Fprintf(a.stdout, "%s: %d runs, %d kB\n", out, runs, (b.Len()+999)/1000)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write (default FOLDER"+study.PackExtension+" here)")
	return cmd
}

func (a *app) studyUnpackCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:     "unpack FILE",
		Short:   "make the folder of a packed study",
		Long:    "Makes the folder of a study from a file that biornn study pack wrote. Its runs have no\nweights: what needs those (export, analyse, networks in reports) asks to compute them again.",
		Example: "  biornn study unpack 6_6_2.tar.zst --out 6_6_2",
		Args:    exactly("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if out == "" {
				out = strings.TrimSuffix(filepath.Base(args[0]), study.PackExtension)
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			runs, err := study.Unpack(f, out)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			if a.json {
				return a.printJSON("unpacked", map[string]any{"folder": out, "runs": runs})
			}
			fmt.Fprintf(a.stdout, "%s: %d runs\n", out, runs)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to make (default FILE without "+study.PackExtension+", here)")
	return cmd
}
