package main

import (
	"math"

	"github.com/spf13/pflag"

	"biornn/microns"
)

// caveFlags are the flags of `circuit build` for tables of CAVE.
func caveFlags(f *pflag.FlagSet, cfg *microns.CaveConfig, around *[]float64) {
	*cfg = microns.DefaultCaveConfig()
	f.StringVar(&cfg.Cells, "cells", "", "MICrONS: table of cells from CAVE, with pt_root_id and positions (csv, tsv, .gz, .zst, parquet, feather)")
	f.StringArrayVar(&cfg.Synapses, "synapses", nil, "MICrONS: table of synapses; a pattern such as 'syn_*.csv.gz', may be repeated")
	f.StringVar(&cfg.Weight, "weight", cfg.Weight, "MICrONS: weight of a connection, count or size")
	f.StringVar(&cfg.Proofreading, "proofreading", "", "MICrONS: table of proofreading status")
	f.StringVar(&cfg.Proofread, "proofread", cfg.Proofread, "MICrONS: without a proofread axon leave out a cell's outputs, or the cells")
	f.StringVar(&cfg.Coregistration, "coregistration", "", "MICrONS: table of coregistration; keeps its cells")
	f.IntVar(&cfg.Session, "session", 0, "MICrONS: session of the units")
	f.IntVar(&cfg.Scan, "scan", 0, "MICrONS: scan of the units")
	f.Float64Var(&cfg.MaxResidual, "max-residual", 0, "MICrONS: largest residual of a unit, µm")
	f.Float64Var(&cfg.MinScore, "min-score", math.Inf(-1), "MICrONS: least score of a unit")
	f.StringSliceVar(&cfg.Types, "types", nil, "MICrONS: cell types to keep")
	f.IntVar(&cfg.Nearest, "nearest", 0, "MICrONS: keep so many cells nearest to --around")
	f.Float64SliceVar(around, "around", nil, "MICrONS: point in µm (default: the centre of the cells)")
	f.BoolVar(&cfg.Autapses, "autapses", false, "MICrONS: keep synapses of a cell onto itself")
}

// completeCave takes over the flags that other sources have too.
func completeCave(cfg *microns.CaveConfig, name, unit string, around []float64) error {
	cfg.Name, cfg.Unit = name, unit
	if len(around) == 3 {
		cfg.Around = (*[3]float64)(around)
	} else if len(around) != 0 {
		return usagef("--around: want three coordinates, got %d", len(around))
	}
	return asUsage(cfg.Validate())
}
