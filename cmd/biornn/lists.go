package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"biornn/analysis"
	"biornn/constraint"
	"biornn/task"
)

// printJSON writes one object with a type on a line of its own.
func (a *app) printJSON(kind string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(text, &fields) != nil {
		fields = map[string]json.RawMessage{"value": text}
	}
	if fields["type"], err = json.Marshal(kind); err != nil {
		return err
	}
	return json.NewEncoder(a.stdout).Encode(fields)
}

func (a *app) modelsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "models", Short: "list the named models, and the controls that any of them can have", Args: exactly(),
		RunE: func(*cobra.Command, []string) error {
			for _, m := range append(constraint.Models(), constraint.FurtherModels()...) {
				if a.json {
					if err := a.printJSON("model", m); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(a.stdout, "%-17s %-7s %s\n", m.Slug, m.Symbol, wrap(m.Note, 26))
			}
			if !a.json {
				fmt.Fprintln(a.stdout, "\nControls, as in 'W*D*C+shuffled':")
			}
			for _, c := range constraint.Controls() {
				if a.json {
					if err := a.printJSON("control", c); err != nil {
						return err
					}
					continue
				}
				note := c.Note
				if also := c.Aliases(); len(also) > 0 {
					note += " (also " + strings.Join(also, ", ") + ")"
				}
				fmt.Fprintf(a.stdout, "%-21s %s\n", c.Slug, wrap(note, 22))
			}
			return nil
		},
	}
}

func (a *app) tasksCommand() *cobra.Command {
	return &cobra.Command{
		Use: "tasks [NAME]", Short: "list the tasks, or describe one with its ceilings and shortcuts", Args: asCall(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				return a.describeTask(args[0])
			}
			for _, t := range task.List() {
				if a.json {
					if err := a.printJSON("task", t); err != nil {
						return err
					}
					continue
				}
				fmt.Fprintf(a.stdout, "%-28s %s\n", t.Name, wrap(t.Note, 29))
			}
			return nil
		},
	}
}

func (a *app) describeTask(name string) error {
	cfg, err := task.DefaultConfig(strings.ToLower(name))
	if err != nil {
		return asUsage(err)
	}
	t, err := task.New(cfg)
	if err != nil {
		return err
	}
	r, err := task.Describe(t)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON("task", r)
	}
	return r.Text(a.stdout)
}

// printDefinitions lists what the measures are.
func (a *app) printDefinitions() error {
	for _, d := range analysis.Definitions() {
		if err := a.printDefinition(d, d.Key, d.Name, d.Unit, d.Text); err != nil {
			return err
		}
	}
	return nil
}

// printDefinition says what one value is.
func (a *app) printDefinition(d any, key, name, unit, text string) error {
	if a.json {
		return a.printJSON("measure", d)
	}
	if unit != "" {
		unit = " (" + unit + ")"
	}
	_, err := fmt.Fprintf(a.stdout, "%-28s %s%s\n    %s\n", key, name, unit, wrap(text, 4))
	return err
}
