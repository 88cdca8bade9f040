package main

import (
	"github.com/spf13/cobra"

	"biornn/study"
)

func (a *app) reportCommand() *cobra.Command {
	var published string
	cmd := &cobra.Command{
		Use:   "report STUDY",
		Short: "make tables, figures and the page of a study again, from the runs that are there",
		Args:  exactly("STUDY"),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := study.Reopen(args[0])
			if err != nil {
				return err
			}
			results, err := s.Finish(published, a.commandLine())
			if err != nil {
				return err
			}
			return a.printResults(results)
		},
	}
	cmd.Flags().StringVar(&published, "published", "", "table of published results to compare with (JSON)")
	return cmd
}
