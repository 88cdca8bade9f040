package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"biornn/internal/suggest"
)

// otherWords are what flags are called elsewhere, each with the names that it may have here,
// of which the first that a command has counts.
var otherWords = map[string][]string{
	"output": {"out"}, "folder": {"out"}, "dir": {"out"}, "o": {"out"}, "outdir": {"out"},
	"jobs": {"workers", "threads"}, "j": {"workers", "threads"}, "cores": {"workers", "threads"}, "parallel": {"workers", "threads"}, "threads": {"workers"}, "workers": {"threads"},
	"size": {"count", "neurons"}, "n": {"count", "neurons"}, "neurons": {"count"}, "count": {"neurons"},
	"field": {"circuit"}, "data": {"circuit"}, "controls": {"add-models", "models"}, "repetitions": {"seeds"}, "runs": {"seeds"}, "penalty": {"lambda", "lambdas"},
}

// kindsOfFlags say what the values of flags are.
var kindsOfFlags = map[string]string{"int": "a whole number", "uint64": "a whole number of at least 0", "float64": "a number",
	"float64Slice": "numbers with commas between them", "bool": "true or false", "duration": "a duration, such as 30s"}

// flagError says what a flag wants, or which flag an unknown one may have meant.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		if kind, ok := kindsOfFlags[invalid.GetFlag().Value.Type()]; ok {
			return usagef("--%s: want %s, got %q", invalid.GetFlag().Name, kind, invalid.GetValue())
		}
	}
	return usagef("%w%s", err, nearFlag(cmd, err))
}

// nearFlag names the flags of a command that an unknown one may have meant.
func nearFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	word := unknown.GetSpecifiedName()
	for _, name := range otherWords[strings.ToLower(word)] {
		if slices.Contains(names, "--"+name) {
			return "; did you mean --" + name + "?"
		}
	}
	if len(word) < 2 {
		return ""
	}
	return suggest.Near("--"+word, names)
}
