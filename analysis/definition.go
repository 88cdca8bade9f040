package analysis

import "slices"

// Definition says what a value of a Record is. Every table, figure and listing
// takes its words from here.
type Definition struct {
	Key    string `json:"key"`  // as in Record.Values
	Name   string `json:"name"` // for headings
	Unit   string `json:"unit"` // "" for pure numbers
	Text   string `json:"definition"`
	Source string `json:"source"`
	Better string `json:"better"` // larger, smaller, or "" where neither is
}

const (
	larger  = "larger"
	smaller = "smaller"
)

const (
	published  = "arXiv:2606.14975 (released code)"
	thresholdG = "the graph G of |W| above its quantile, symmetrised by union, unweighted, no self-loops"
)

var definitions = slices.Concat(structureDefinitions, topologyDefinitions, communityDefinitions, generativeDefinitions)

// structureDefinitions are the results of a run and the measures of Structure.
var structureDefinitions = []Definition{
	{"train_accuracy", "training accuracy", "share", "accuracy on the training trials, mean over the last epoch while the weights move", "Keras; what " + published + " calls accuracy", larger},
	{"val_accuracy", "validation accuracy", "share", "accuracy on the validation trials after the last epoch", "", larger},
	{"test_accuracy", "test accuracy", "share", "accuracy on trials used for nothing else, after the last epoch", "", larger},
	{"train_loss", "training loss", "nat", "cross-entropy, mean over the last epoch while the weights move", "", smaller},
	{"val_loss", "validation loss", "nat", "cross-entropy on the validation trials after the last epoch", "", smaller},
	{"test_loss", "test loss", "nat", "cross-entropy on the test trials after the last epoch", "", smaller},
	{"modularity", "modularity Q", "", "Q of greedy (Clauset–Newman–Moore) communities of " + thresholdG, "doi:10.1103/PhysRevE.70.066111; " + published, ""},
	{"small_worldness", "small-worldness σ (published)", "", "(C/C₀)/(E₀/E) of G, C mean local clustering, E global efficiency; C₀, E₀ means over nulls of thresholded symmetric noise of density 0.18 with self-loops", published, ""},
	{"entropy_bits", "weight entropy", "bit", "entropy of a Gaussian kernel density (Scott bandwidth) of the signed weights on 100 points from the least to the greatest", "doi:10.1002/9780470316849; " + published, ""},
	{"assortativity", "degree assortativity", "", "correlation of the degrees at the two ends of the edges of G", "doi:10.1103/PhysRevLett.89.208701; " + published, ""},
	{"modularity_louvain", "modularity Q (Louvain)", "", "highest Q found by repeated Louvain runs on G", "doi:10.1088/1742-5468/2008/10/P10008", ""},
	{"small_worldness_density", "small-worldness σ (equal density)", "", "(C/C₀)/(E₀/E) of G against random graphs with as many edges", "doi:10.1371/journal.pone.0002051", ""},
	{"small_worldness_degree", "small-worldness σ (equal degrees)", "", "(C/C₀)/(E₀/E) of G against rewired graphs in which every node keeps its degree", "doi:10.1126/science.1065103", ""},
	{"clustering_weighted", "weighted clustering", "", "mean over nodes of Σ(w w w)^⅓/(k(k−1)), w the mean of |W| in both directions over its greatest, on all pairs", "doi:10.1103/PhysRevE.71.065103", ""},
	{"efficiency_weighted", "weighted efficiency", "", "mean of 1/distance over pairs, steps of length 1/w, w as for the weighted clustering", "doi:10.1103/PhysRevLett.87.198701", ""},
	{"wiring_cost", "wiring cost", "weight × distance", "Σ|W|∘D", "doi:10.1038/s42256-023-00748-9", smaller},
	{"weight_distance_r", "weight–distance correlation", "", "Pearson correlation of |W| and D over all pairs of different neurons", "doi:10.1038/s42256-023-00748-9", ""},
	{"mean_abs_weight", "mean |W|", "", "mean of |W| over all entries, the diagonal included", "", ""},
	{"diagonal_share", "share of the diagonal", "share", "Σ|W_ii| over Σ|W|: how much of the weight are self-loops (1/N if nothing is special about them)", "", ""},
	{"spectral_radius", "spectral radius", "", "greatest |eigenvalue| of W", "", ""},
}

// Definitions returns all measures, in the order in which tables show them.
func Definitions() []Definition { return slices.Clone(definitions) }

// Define returns the definition of a key.
func Define(key string) (Definition, bool) {
	i := slices.IndexFunc(definitions, func(d Definition) bool { return d.Key == key })
	if i < 0 {
		return Definition{}, false
	}
	return definitions[i], true
}
