package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"biornn/study"
)

func (a *app) studyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "study",
		Short: "describe studies; ask what the biology is worth",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.studyInitCommand(), a.studyCheckCommand(), a.studySchemaCommand(), a.studyBiologyCommand(), a.studyPoolCommand(), a.studyWorldsCommand(), a.studyPackCommand(), a.studyUnpackCommand())
	return cmd
}

func (a *app) studyWorldsCommand() *cobra.Command {
	var repetitions, seeds, workers int
	var out string
	var names []string
	cmd := &cobra.Command{
		Use:   "worlds",
		Short: "count wrong verdicts in synthetic worlds whose truth is known",
		Long: "Makes small studies of biology in four synthetic worlds: one where who is connected to\n" +
			"whom helps, two where only self-loops do, much or little, one where nothing does.\n" +
			"What verdicts they reach tells how far those on real circuits can be trusted.",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if repetitions < 1 || seeds < 0 {
				return usagef("--repetitions and --seeds: want at least 1 and 0, got %d and %d", repetitions, seeds)
			}
			worlds, err := study.WorldsCalled(names)
			if err != nil {
				return asUsage(err)
			}
			rates, err := study.RunWorlds(cmd.Context(), worlds, repetitions, seeds, workers, out, func(line string) { fmt.Fprintln(a.stderr, line) })
			if err != nil {
				return err
			}
			for _, r := range rates {
				if a.json {
					if err := a.printJSON("world", r); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(a.stdout, "%-12s %s  right %d, wrong %d of %d (95 %%: %.1f … %.1f %%)", r.World, r.Claim, r.Right, r.Wrong, r.Of, 100*r.Low, 100*r.High)
				for _, v := range []string{"supported", "not supported", "undecided"} {
					fmt.Fprintf(a.stdout, ", %s %d", v, r.Count[v])
				}
				fmt.Fprintln(a.stdout)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&repetitions, "repetitions", 20, "circuits of each world")
	f.IntVar(&seeds, "seeds", 0, "runs per model and task (default 30)")
	f.IntVar(&workers, "workers", 0, "runs at the same time (default: one a core)")
	f.StringSliceVar(&names, "worlds", nil, "worlds by name: arrangement, penalty, diagonal, nothing (default all)")
	f.StringVar(&out, "out", filepath.Join("biornn-out", "worlds"), "folder of the studies")
	return cmd
}
