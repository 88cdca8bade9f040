package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of help in columns, that of the narrowest usual terminal.
const helpWidth = 80

// narrowHelp is cobra's help with the description in lines that fit.
func narrowHelp(cmd *cobra.Command, _ []string) {
	text := cmd.Long
	if text == "" {
		text = cmd.Short
	}
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n", fitted(paragraph))
	}
	if err := writeUsage(cmd.OutOrStdout(), cmd); err != nil {
		cmd.PrintErrln(err)
	}
}

// tell writes lines on standard error, those that are too long on several.
func (a *app) tell(text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(a.stderr, wrap(line, 0))
	}
}

// entry is the name in a line of a list and the blanks around it.
var entry = regexp.MustCompile(`^ +\S+ +`)

// fitted breaks a paragraph into lines that fit; one with indented lines is a list, whose
// lines stay apart and go on below their text.
func fitted(paragraph string) string {
	if !strings.Contains("\n"+paragraph, "\n ") {
		return wrap(paragraph, 0)
	}
	lines := strings.Split(paragraph, "\n")
	for i, line := range lines {
		name := entry.FindString(line)
		lines[i] = name + wrap(line[len(name):], len(name))
	}
	return strings.Join(lines, "\n")
}

// writeUsage is cobra's usage with commands and flags in lines that fit; examples, which
// are to be copied, stay as they are.
func writeUsage(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nAvailable Commands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() || c.Name() == "help" {
				fmt.Fprintf(&b, "  %-*s %s\n", c.NamePadding(), c.Name(), wrap(c.Short, c.NamePadding()+3))
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		b.WriteString("\nFlags:\n" + flagUsages(cmd.LocalFlags()))
	}
	if cmd.HasAvailableInheritedFlags() {
		b.WriteString("\nGlobal Flags:\n" + flagUsages(cmd.InheritedFlags()))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\nUse \"%s [command] --help\" for more information about a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// flagUsages lists flags; an empty list of numbers is no default worth a word.
func flagUsages(flags *pflag.FlagSet) string {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "float64Slice" && f.DefValue == "[]" {
			f.DefValue = ""
		}
	})
	return flags.FlagUsagesWrapped(helpWidth)
}
