package activity

import "math"

// neighbourhood is the largest number of units that may change places in the local null.
const neighbourhood = 16

func (a *analysis) alignment() error {
	if a.circuit == nil || a.circuit.Correlation == nil {
		return nil
	}
	driven := correlationOf(covariance(a.noisy.conditionMeans()))
	global, left, err := AlignMatrices(driven, a.circuit.Correlation, nil, a.Config.Permutations, a.Config.Seed, "activity/relabel")
	if err != nil {
		a.warn("alignment: %v", err)
		return nil
	}
	if left > 0 {
		a.warn("alignment: %d of %d units never vary, or have no recorded correlations, and are left out", left, a.Neurons)
	}
	groups := Neighbourhoods(a.circuit.Positions(), neighbourhood)
	local, _, err := AlignMatrices(driven, a.circuit.Correlation, groups, a.Config.Permutations, a.Config.Seed, "activity/relabel-nearby")
	if err != nil {
		return err
	}
	before := a.alignmentBefore()
	for k, g := range global {
		one := Aligned{Agreement: g, LocalP: local[k].P, Before: math.NaN()}
		if before != nil {
			one.Before = before[k].Value
		}
		a.Alignment = append(a.Alignment, one)
		a.addAgreement("alignment", one)
	}
	return nil
}

func (r *Result) addAgreement(family string, one Aligned) {
	r.set(family+"_"+one.Measure, one.Value, "one side does not vary")
	if !math.IsNaN(one.Value) {
		r.set(family+"_p:"+one.Measure, one.P, "there are no nulls")
		r.set(family+"_p_geometry:"+one.Measure, one.LocalP, "there are no nulls")
	}
	if !math.IsNaN(one.Before) {
		r.set(family+"_before:"+one.Measure, one.Before, "")
	}
}

// alignmentBefore returns the agreements of the network before training, nil if they are
// unknown.
func (a *analysis) alignmentBefore() []Agreement {
	if a.initial == nil {
		return nil
	}
	s, err := Record(a.initial, a.info, a.noisy.Set, a.Config.Noise, a.Config.Seed)
	if err != nil {
		a.warn("alignment before training: %v", err)
		return nil
	}
	out, _, err := AlignMatrices(correlationOf(covariance(s.conditionMeans())), a.circuit.Correlation, nil, 0, 0, "")
	if err != nil {
		a.warn("alignment before training: %v", err)
		return nil
	}
	return out
}

// mostRewired bounds the rewired connectomes, each of which takes a while.
const mostRewired = 100

func (a *analysis) synapses() error {
	if err := known(a.run.Network); err != nil {
		return err
	}
	if a.circuit == nil || a.circuit.Synapses == nil || a.circuit.Synapses.Len() == 0 {
		return nil
	}
	nulls := min(mostRewired, a.Config.Permutations)
	after, err := AlignSynapses(a.run.Weights64(), a.circuit.Synapses, nil, nulls, a.Config.Seed)
	if err != nil {
		return err
	}
	local, err := AlignSynapses(a.run.Weights64(), a.circuit.Synapses, a.circuit.Distances(), nulls, a.Config.Seed)
	if err != nil {
		return err
	}
	var before []Agreement
	if a.initial != nil {
		if before, err = AlignSynapses(wide(a.initial.Connections()), a.circuit.Synapses, nil, 0, 0); err != nil {
			return err
		}
	}
	if a.run.Network.Mask != nil {
		a.warn("synapses: the network has only the circuit's synapses, so that the AUC and the correlation over all pairs would say nothing and are left out")
	}
	for k, g := range after {
		if a.run.Network.Mask != nil && g.Measure != "pearson_connected" {
			continue
		}
		one := Aligned{Agreement: g, LocalP: local[k].P, Before: math.NaN()}
		if before != nil {
			one.Before = before[k].Value
		}
		a.Synapses = append(a.Synapses, one)
		a.addAgreement("synapse", one)
	}
	return nil
}
