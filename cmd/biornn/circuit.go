package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/microns"
	"biornn/recipe"
	"biornn/tables"
)

func (a *app) circuitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "circuit",
		Short: "build and inspect circuits",
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.circuitBuildCommand(), a.circuitShowCommand(), a.circuitRecipeCommand())
	return cmd
}

func (a *app) circuitBuildCommand() *cobra.Command {
	var field, preset, out, recipePath, data string
	var synthetic bool
	cfg := tables.DefaultConfig()
	syn := circuit.DefaultSyntheticConfig()
	var voxel, around []float64
	var cave microns.CaveConfig
	cmd := &cobra.Command{
		Use:   "build",
		Short: "make a circuit file from a recipe, tables, a field folder or the generator",
		Example: "  biornn circuit build --recipe celegans.toml --data flavell \\\n" +
			"      --out worm.circuit.npz\n" +
			"  biornn circuit build --neurons cells.csv --connections synapses.csv \\\n" +
			"      --unit um --out mine.circuit.npz\n" +
			"  biornn circuit build --cells nuclei.csv --unit voxel \\\n" +
			"      --synapses 'synapses_*.csv.gz' --coregistration coreg.csv \\\n" +
			"      --session 7 --scan 4 --proofreading proofreading.csv --out 7_4.circuit.npz\n" +
			"  biornn circuit build --field microns_fields/6_6_2 --out 6_6_2.circuit.npz\n" +
			"  biornn circuit build --synthetic --count 500 --out patch.circuit.npz",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if out == "" {
				return usagef("want --out FILE%s", circuit.Extension)
			}
			if !strings.HasSuffix(out, ".npz") {
				return usagef("--out: want a name that ends in %s, got %s", circuit.Extension, out)
			}
			sources := 0
			for _, given := range []bool{field != "", synthetic, cfg.Neurons != "", cave.Cells != "", recipePath != ""} {
				if given {
					sources++
				}
			}
			if synthetic && cfg.Neurons != "" {
				return usagef("--neurons: want a table of neurons, which --synthetic has not, got %q: the number of synthetic neurons is --count", cfg.Neurons)
			}
			if sources != 1 {
				return usagef("want exactly one of --recipe, --field, --synthetic, --neurons and --cells, got %d", sources)
			}
			if _, err := constraint.Preset(preset); err != nil {
				return asUsage(err)
			}
			if len(voxel) == 3 {
				cfg.VoxelNM = [3]float64(voxel)
			} else if len(voxel) != 0 {
				return usagef("--voxel-nm: want three sizes, got %d", len(voxel))
			}
			var c *circuit.Circuit
			var err error
			stop := a.watchReading()
			switch {
			case recipePath != "":
				c, err = buildRecipe(recipePath, data)
			case cave.Cells != "":
				if err = completeCave(&cave, cfg.Name, cfg.Unit, around); err == nil {
					c, err = microns.LoadCave(cave)
				}
			default:
				c, err = buildCircuit(field, preset, synthetic, syn, cfg)
			}
			stop()
			if err != nil {
				return err
			}
			if err := c.Write(out); err != nil {
				return err
			}
			return a.showCircuit(c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&out, "out", "", "circuit file to write")
	f.StringVar(&recipePath, "recipe", "", "recipe (.toml), or the name of a ready one: see biornn circuit recipe")
	f.StringVar(&data, "data", "", "for --recipe: folder of its files (default: that of the recipe)")
	f.StringVar(&field, "field", "", "folder of an imaged field as released with arXiv:2606.14975")
	f.StringVar(&preset, "preset", "corrected", "for --field: corrected, or paper: connectome rows as released")
	f.BoolVar(&synthetic, "synthetic", false, "use the synthetic generator")
	f.IntVar(&syn.Neurons, "count", syn.Neurons, "for --synthetic: number of neurons")
	f.Uint64Var(&syn.Seed, "seed", syn.Seed, "for --synthetic: seed")
	f.StringVar(&cfg.Neurons, "neurons", "", "table of neurons (csv, tsv; also .gz)")
	f.StringVar(&cfg.Connections, "connections", "", "table of connections")
	f.StringVar(&cfg.Unit, "unit", "", "unit of the positions: um, nm or voxel; never guessed")
	f.Float64SliceVar(&voxel, "voxel-nm", nil, "size of a voxel, for --unit voxel, e.g. 4,4,40")
	f.StringVar(&cfg.Name, "name", "", "name of the circuit")
	f.StringVar(&cfg.Correlation, "correlation", "", "N×N matrix (npy or csv)")
	f.StringVar(&cfg.STTC, "sttc", "", "N×N matrix (npy or csv)")
	f.StringVar(&cfg.Precision, "precision", "", "N×N matrix (npy or csv)")
	f.StringVar(&cfg.Events, "events", "", "table of events: neuron, time in s")
	f.Float64Var(&cfg.FrameRateHz, "frame-rate", 0, "frame rate of the recording, Hz")
	f.BoolVar(&cfg.SkipUnknown, "skip-unknown", false, "leave out connections of neurons that are not in the table")
	caveFlags(f, &cave, &around)
	c := &cfg.Columns
	for _, column := range []struct {
		to         *string
		name, what string
	}{
		{&c.ID, "column-id", "neuron id"}, {&c.X, "column-x", "x"}, {&c.Y, "column-y", "y"}, {&c.Z, "column-z", "z"},
		{&c.Type, "column-type", "cell type"}, {&c.Sign, "column-sign", "sign"},
		{&c.Pre, "column-pre", "presynaptic id"}, {&c.Post, "column-post", "postsynaptic id"}, {&c.Weight, "column-weight", "weight"},
	} {
		f.StringVar(column.to, column.name, *column.to, "column of the "+column.what)
	}
	return cmd
}

// buildRecipe reads a recipe, from a file or a ready one, and builds its circuit.
func buildRecipe(path, data string) (*circuit.Circuit, error) {
	if exists(path) {
		r, err := recipe.Read(path, data)
		if err != nil {
			return nil, asUsage(err)
		}
		return r.Build()
	}
	text, err := recipe.Text(path)
	if err != nil {
		return nil, asUsage(fmt.Errorf("%s is no file; %w", path, err))
	}
	r, err := recipe.ParseIn(text, data)
	if err != nil {
		return nil, asUsage(err)
	}
	return r.Build()
}

// circuitRecipeCommand prints ready recipes to start from.
func (a *app) circuitRecipeCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "recipe [NAME]",
		Short:   "list the ready recipes, or print one to start from",
		Example: "  biornn circuit recipe celegans > flavell/celegans.toml\n  biornn reproduce --circuit flavell/celegans.toml",
		Args:    asCall(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				for _, name := range recipe.Names() {
					fmt.Fprintln(a.stdout, name)
				}
				return nil
			}
			text, err := recipe.Text(args[0])
			if err != nil {
				return asUsage(err)
			}
			_, err = a.stdout.Write(text)
			return err
		},
	}
}

func buildCircuit(field, preset string, synthetic bool, syn circuit.SyntheticConfig, cfg tables.Config) (*circuit.Circuit, error) {
	switch {
	case synthetic:
		if err := syn.Validate(); err != nil {
			return nil, asUsage(err)
		}
		return circuit.Synthetic(syn)
	case field != "":
		return loadField(field, preset)
	}
	if err := cfg.Validate(); err != nil {
		return nil, asUsage(err)
	}
	return tables.Load(cfg)
}

func (a *app) circuitShowCommand() *cobra.Command {
	var preset string
	cmd := &cobra.Command{
		Use:   "show [CIRCUIT]",
		Short: "summarise a circuit file or field folder (without one: the embedded circuit)",
		Args:  asCall(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			if _, err := constraint.Preset(preset); err != nil {
				return asUsage(err)
			}
			c, err := loadCircuit(path, preset, 0)
			if err != nil {
				return err
			}
			return a.showCircuit(c)
		},
	}
	cmd.Flags().StringVar(&preset, "preset", "corrected", "for a field folder: corrected, or paper: connectome rows as released")
	return cmd
}

func (a *app) showCircuit(c *circuit.Circuit) error {
	s := c.Summary()
	if a.json {
		return a.printJSON("circuit", map[string]any{"summary": s, "provenance": c.Provenance, "sha256": c.Hash()})
	}
	if err := s.Text(a.stdout); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "\n%s\n", wrap(c.Provenance.Origin, 0))
	for _, step := range c.Provenance.Steps {
		fmt.Fprintln(a.stdout, "  "+wrap("- "+step, 4))
	}
	return nil
}
