package stats

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// FactorEffect is a main effect or an interaction of factors with two levels.
type FactorEffect struct {
	Name     string
	Factors  int // bits: which factors
	Values   []float64
	Mean     float64
	Interval Interval // Student's t
	BCa      Interval
	T        Test
	Permute  float64 // P of flipping signs
	Adjusted float64 // P of T after Holm over all effects
	// Eta is partial η², t²/(t²+n−1): the share of the effect in the variance of its own
	// contrast over blocks.
	Eta float64
}

// Factorial divides y[block][cell] over the 2ᵏ cells of k named factors into its 2ᵏ−1
// main effects and interactions, within blocks (seeds). Bit j of the cell's number says
// whether factor j is at its upper level.
//
// Of each block an effect is the mean over the cells where the product of the signs (+1 for
// upper, −1 for lower) of its factors is +1, minus the mean over those where it is −1. A
// main effect is so the mean difference between its levels, an interaction of two half the
// change of one factor's difference with the other, and so on. Cells are restored exactly
// as mean + ½ Σ sign·effect.
//
// Each effect is a contrast with its own error, so no sphericity is assumed: t² equals
// the F of a repeated-measures analysis of variance. P values are adjusted after Holm.
// It needs at least two complete blocks.
func Factorial(y [][]float64, factors []string, cfg Bootstrap, rounds int) ([]FactorEffect, error) {
	k := len(factors)
	if k < 1 || k > 10 {
		return nil, fmt.Errorf("stats: factorial: want 1 to 10 factors, got %d", k)
	}
	if err := checkBlocks(y); err != nil {
		return nil, err
	}
	if len(y[0]) != 1<<k {
		return nil, fmt.Errorf("stats: factorial: want %d cells a block for %d factors, got %d", 1<<k, k, len(y[0]))
	}
	var out []FactorEffect
	var p []float64
	for order := 1; order <= k; order++ { // main effects, then interactions of two, …
		for set := 1; set < 1<<k; set++ {
			if bits.OnesCount(uint(set)) != order {
				continue
			}
			e, err := factorEffect(y, set, factors, cfg, rounds)
			if err != nil {
				return nil, err
			}
			out, p = append(out, e), append(p, e.T.P)
		}
	}
	for i, v := range Holm(p) {
		out[i].Adjusted = v
	}
	return out, nil
}

func factorEffect(y [][]float64, set int, factors []string, cfg Bootstrap, rounds int) (FactorEffect, error) {
	e := FactorEffect{Name: effectName(set, factors), Factors: set, Values: make([]float64, len(y))}
	for i, cells := range y {
		for c, v := range cells {
			e.Values[i] += FactorSign(set, c) * v
		}
		e.Values[i] /= float64(len(cells) / 2)
	}
	s, err := Describe(e.Values)
	if err != nil {
		return e, err
	}
	e.Mean, e.Interval = s.Mean, s.Interval(cfg.Level)
	if e.T, err = PairedT(e.Values, make([]float64, len(y))); err != nil {
		return e, err
	}
	square := e.T.Statistic * e.T.Statistic
	e.Eta = square / (square + e.T.DF)
	if math.IsInf(square, 1) {
		e.Eta = 1
	}
	if e.BCa, err = BCa(e.Values, sampleMean, cfg); err != nil {
		return e, err
	}
	flips, err := signFlips(e.Values, rounds, cfg.Seed)
	e.Permute = flips.P
	return e, err
}

// FactorSign returns the sign of a cell in the effect of a set of factors.
func FactorSign(set, cell int) float64 {
	lower := bits.OnesCount(uint(set &^ cell))
	return float64(1 - 2*(lower%2))
}

func effectName(set int, factors []string) string {
	var names []string
	for j, f := range factors {
		if set>>j&1 == 1 {
			names = append(names, f)
		}
	}
	return strings.Join(names, " × ")
}

// sampleMean is the mean as a statistic of BCa.
func sampleMean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
