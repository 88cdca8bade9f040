// Command biornn trains recurrent networks that are constrained by a functional
// connectome and tells which constraint matters.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"biornn/experiment"
	"biornn/internal/suggest"
	"biornn/study"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1   // the work failed
	exitUsage       = 2   // the call was wrong
	exitStopped     = 75  // SIGTERM or SIGUSR1: all is kept, run again (what batch systems call a temporary failure)
	exitInterrupted = 130 // Ctrl-C
)

func main() {
	os.Exit(run(signalContext(), os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, stderr: stderr, args: args}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	a.shown.end()
	if errors.Is(err, context.Canceled) {
		code, text := stopCode(ctx)
		fmt.Fprintln(stderr, "biornn: "+text)
		return code
	}
	var usage *usageError
	var hint *hintError
	fmt.Fprintf(stderr, "biornn: %v\n", err)
	if errors.As(err, &hint) {
		fmt.Fprintf(stderr, "hint: %s\n", hint.hint)
	}
	var unfit *study.UnfitError
	if errors.As(err, &usage) || errors.As(err, &unfit) {
		return exitUsage
	}
	return exitFailure
}

// usageError is a mistake in the call.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// asUsage marks an error about a name or value that the user typed.
func asUsage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

// hintError carries advice for the user.
type hintError struct {
	error
	hint string
}

func (e *hintError) Unwrap() error { return e.error }

// app carries what the commands share.
type app struct {
	stdout, stderr io.Writer
	args           []string
	json           bool
	shown          *progress // the last that was made
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "biornn",
		Short: "recurrent networks constrained by a functional connectome",
		Long: "biornn builds recurrent networks whose weights, geometry and wiring come from a\n" +
			"functional connectome, trains them on decision tasks, measures their structure\n" +
			"and tells which constraint matters.\n\nStart with: biornn reproduce",
		Version:       experiment.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object per line on standard output")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &hintError{flagError(cmd, err), fmt.Sprintf("%s --help lists the flags", cmd.CommandPath())}
	})
	root.SetHelpFunc(narrowHelp)
	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeUsage(cmd.OutOrStderr(), cmd) })
	root.AddCommand(a.fetchCommand(), a.studyCommand(), a.sweepCommand(), a.resultsCommand(), a.reproduceCommand(), a.compareCommand(), a.circuitCommand(), a.functionalCommand(),
		a.trainCommand(), a.exportCommand(), a.analyseCommand(), a.reportCommand(), a.modelsCommand(), a.tasksCommand())
	return root
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	err := usagef("unknown command %q%s", name, suggest.Near(name, names))
	return &hintError{err, cmd.CommandPath() + " --help lists the commands"}
}

// exactly is cobra.ExactArgs with an error that says what is wanted.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			want := "no arguments"
			if len(names) > 0 {
				want = names[0]
			}
			got := fmt.Sprintf("%d arguments", len(args))
			if len(args) == 1 {
				got = "1 argument, " + args[0]
			}
			return usagef("%s: want %s, got %s", cmd.CommandPath(), want, got)
		}
		return nil
	}
}

// asCall makes a wrong number of arguments a mistake in the call.
func asCall(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%s: %v", cmd.CommandPath(), err)
		}
		return nil
	}
}
