package analysis

import (
	"fmt"
	"math"
)

// Config says how structure is measured.
type Config struct {
	// Quantile of |W| over all N² entries; weights strictly above it are the edges of
	// the unweighted graph.
	Quantile float64 `toml:"quantile" json:"quantile"`
	// Nulls is the size of the published null ensemble, which depends on N alone.
	Nulls int `toml:"nulls" json:"nulls"`
	// MatchedNulls is the number of nulls of equal density, and of equal degrees, made
	// for each network.
	MatchedNulls int `toml:"matched_nulls" json:"matched_nulls"`
	// Resolution is γ of every Q that is optimised by Louvain or Leiden: more and smaller
	// communities as it grows (Reichardt & Bornholdt 2006, doi:10.1103/PhysRevE.74.016110);
	// 0 stands for 1, the usual Q.
	Resolution float64 `toml:"resolution,omitempty" json:"resolution,omitempty"`
	// Seed names the random streams of nulls and communities.
	Seed uint64 `toml:"seed" json:"seed"`
}

// DefaultConfig returns the published quantile and number of nulls.
func DefaultConfig() Config {
	return Config{Quantile: 0.9, Nulls: 1000, MatchedNulls: 100, Seed: 1}
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	if !(c.Quantile >= 0 && c.Quantile < 1) {
		return fmt.Errorf("analysis: quantile: want 0 ≤ quantile < 1, got %g", c.Quantile)
	}
	if c.Nulls < 1 {
		return fmt.Errorf("analysis: nulls: want at least 1, got %d", c.Nulls)
	}
	if c.MatchedNulls < 1 {
		return fmt.Errorf("analysis: matched_nulls: want at least 1, got %d", c.MatchedNulls)
	}
	if !(c.Resolution >= 0) || math.IsInf(c.Resolution, 1) {
		return fmt.Errorf("analysis: resolution: want a finite number above 0, got %g", c.Resolution)
	}
	return nil
}

// gamma returns the resolution.
func (c Config) gamma() float64 {
	if c.Resolution == 0 {
		return 1
	}
	return c.Resolution
}
