package activity

import (
	"slices"
	"strings"
)

// Definition says what a value of a Result is. A key that ends in ":" stands for several
// values, one a variable or kind, whose name follows the colon.
type Definition struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Unit   string `json:"unit"` // "" for pure numbers
	Text   string `json:"definition"`
	Source string `json:"source"`
	Better string `json:"better"` // larger, smaller, or "" where neither is
}

const larger = "larger"

const (
	trianglesOf = "upper triangles of the correlations between units, of the task-driven states and as recorded"
	sussillo    = "Sussillo & Barak 2013, doi:10.1162/NECO_a_00409"
	rigotti     = "Rigotti et al. 2013, doi:10.1038/nature12160"
)

var definitions = []Definition{
	{"accuracy", "accuracy", "share", "share of test trials with the right choice at their last scored step, without noise", "", larger},
	{"accuracy_noisy", "accuracy with noise", "share", "the same with the input noise of the recording", "", larger},

	{"units_silent", "silent units", "share", "units whose state never changes", "", ""},
	{"units_unselective", "unselective units", "share", "units that are selective for no factor and no interaction", "", ""},
	{"units_pure", "pure selectivity", "share", "units selective for one factor", rigotti, ""},
	{"units_mixed", "linear mixed selectivity", "share", "units selective for several factors, but not for their interaction", rigotti, ""},
	{"units_nonlinear", "nonlinear mixed selectivity", "share", "units selective for the interaction of the factors", rigotti, ""},
	{"selective:", "selective units", "share", "units with P < α after Holm and ω² at least as demanded, in one bin or more", "type II analysis of variance in bins of time", ""},

	{"decoding_peak:", "decoding, highest", "share", "highest cross-validated accuracy of a linear decoder over the bins, levels weighing equally", "ridge regression to indicators", ""},
	{"decoding_time:", "decoding, when highest", "step", "first step of the bin with the highest accuracy, counted from 1", "", ""},
	{"decoding_p:", "decoding, p", "", "that decoders of shuffled labels reach the highest accuracy in any bin", "permutation", ""},
	{"decoding_stability:", "stability of the code", "share", "mean accuracy above chance of decoders tested in other bins over that in their own, of the bins in which decoding is better than shuffled labels", "King & Dehaene 2014, doi:10.1016/j.tics.2014.01.002", ""},

	{"participation_ratio", "dimensionality", "", "(Σλ)²/Σλ² of the covariance of all recorded states", "doi:10.1101/214262", ""},
	{"participation_ratio_task", "dimensionality, task-driven", "", "the same of the mean states of every condition over time", "doi:10.1101/214262", ""},
	{"components_90", "components for 90 %", "", "principal components that hold 90 % of the variance of all recorded states", "", ""},
	{"components_90_task", "components for 90 %, task-driven", "", "the same of the mean states of every condition over time", "", ""},

	{"fixed_points", "fixed points", "", "different states that a step leaves as they are (h = φ(Wh + Ux + b) in the simple network), found under the mean inputs of periods and conditions", sussillo, ""},
	{"fixed_points_stable", "stable fixed points", "", "those of them without an eigenvalue |λ| > 1", sussillo, ""},
	{"slow_points", "slow points", "", "points of least speed, not 0 and below a tenth of the usual speed under that input", sussillo, ""},
	{"unstable_directions", "unstable directions", "", "most eigenvalues |λ| > 1 of a fixed point", sussillo, ""},
	{"time_constant", "slowest time constant", "step", "longest −1/ln|λ| of the decaying directions of stable fixed points", sussillo, ""},

	{"lesion_area:", "area under the lesion curve", "share", "mean accuracy while up to half of the units are removed in an order", "", larger},
	{"lesion_module_loss", "largest module loss", "share", "largest loss of accuracy by removal of a module beyond that by as many random units", "", ""},
	{"robustness:", "area under the curve of disturbance", "share", "mean accuracy over the doses of a disturbance", "", larger},

	{"alignment_pearson", "alignment, Pearson", "", "Pearson correlation of the " + trianglesOf, "doi:10.3389/neuro.06.004.2008", larger},
	{"alignment_spearman", "alignment, Spearman", "", "rank correlation of the " + trianglesOf, "doi:10.3389/neuro.06.004.2008", larger},
	{"alignment_cosine", "alignment, cosine", "", "cosine of the " + trianglesOf, "doi:10.3389/neuro.06.004.2008", larger},
	{"alignment_cka", "alignment, CKA", "", "linear centred kernel alignment of the two matrices of correlations", "arXiv:1905.00414", larger},
	{"alignment_p:", "alignment, p", "", "that units in another order agree as well", "permutation (Mantel 1967)", ""},
	{"alignment_p_geometry:", "alignment, p with geometry kept", "", "that units that changed places with neighbours alone (groups of up to 16) agree as well", "permutation", ""},
	{"alignment_before:", "alignment before training", "", "the same agreement of the network with its initial weights", "", ""},

	{"synapse_auc", "synapses from |W|, AUC", "", "chance that a pair of neurons with a synapse has a larger |W| than one without", "doi:10.1214/aoms/1177730491", larger},
	{"synapse_pearson", "|W| and synapse count", "", "Pearson correlation of |W| and the number of synapses over ordered pairs of different neurons", "", larger},
	{"synapse_pearson_connected", "|W| and synapse count, connected pairs", "", "the same over pairs with a synapse", "", larger},
	{"synapse_p:", "synapses, p", "", "that a connectome with the same numbers of partners agrees as well", "Maslov & Sneppen 2002, doi:10.1126/science.1065103", ""},
	{"synapse_p_geometry:", "synapses, p with geometry kept", "", "that a connectome with the same numbers of partners and the same lengths (20 classes) agrees as well", "Maslov & Sneppen 2002, doi:10.1126/science.1065103", ""},
	{"synapse_before:", "synapses before training", "", "the same agreement of the initial weights", "", ""},
}

// Definitions returns all values, in the order in which tables show them.
func Definitions() []Definition { return slices.Clone(definitions) }

// Define returns the definition of a key.
func Define(key string) (Definition, bool) {
	if family, _, ok := strings.Cut(key, ":"); ok {
		key = family + ":"
	}
	i := slices.IndexFunc(definitions, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return definitions[i], true
}
