package circuit

// What a synthetic circuit is made of. Numbers without a source are chosen by hand
// and say so.

// cellClass is a class of excitatory neurons with its depth below the pia.
type cellClass struct {
	name        string
	count       int     // cells of this class in the table below
	mean, sd    float64 // depth, µm
	top, bottom float64 // 1st and 99th percentile of the depth, µm
}

// cellClasses was measured on the public table of 56,209 excitatory cells with
// nuclei in the MICrONS volume (MICrONS Consortium 2025,
// doi:10.1038/s41586-025-08790-w), after the standard rotation that puts the pia at
// depth 0. Names are those of the table.
var cellClasses = []cellClass{
	{"23P", 17308, 174.3, 52.5, 68, 265},
	{"4P", 12969, 313.3, 38.6, 254, 400},
	{"5P-IT", 8576, 438.9, 56.0, 342, 559},
	{"5P-ET", 1429, 496.9, 83.8, 339, 721},
	{"5P-NP", 437, 529.2, 74.1, 416, 719},
	{"6P-IT", 10076, 612.4, 52.3, 518, 718},
	{"6P-CT", 5414, 626.7, 50.1, 523, 728},
}

const (
	// Excitatory cells of that table in its volume of about 1.3 × 0.87 × 0.65 mm³.
	densityPerMM3 = 77_000
	depthMM       = 0.66 // top of layer 2/3 to bottom of layer 6, as in cellClasses

	// By hand: narrow enough that a hundred neurons are connected.
	defaultWidthUM = 200

	// 931 of 8,050 tested connections between layer-5 pyramidal cells of rat visual
	// cortex (Song et al. 2005, doi:10.1371/journal.pbio.0030068). The pairs stood
	// close together, hence the peak.
	peakProbability = 0.116

	// Fitted to the layer-2/3 table of Dorkenwald et al. 2022
	// (doi:10.7554/eLife.76120; 1,736 connected pairs among 364 somata): .089 below
	// 25 µm, .044 at 112 µm, .023 at 162 µm and .015 at 212 µm give σ = 95 to 112 µm.
	// The same σ for all layers and directions is a simplification by hand.
	lengthUM = 100

	// By hand, so that connected pairs correlate more than twice as much as all pairs,
	// as in MICrONS field 6_6_2 (.045 against .020) and the eight other fields
	// released with arXiv:2606.14975. That similar neurons connect more often:
	// Ding et al. 2025 (doi:10.1038/s41586-025-08840-3), Ko et al. 2011
	// (doi:10.1038/nature09880).
	likeToLike = 2.5

	// Synapses of a connected pair, from the same table: 89.1 % one, 9.2 % two,
	// 1.4 % three, .2 % four. A geometric law with this share of "one more" agrees.
	oneMoreSynapse = 0.115

	// Cleft size in voxels of 4 × 4 × 40 nm: mean and SD of the logarithm over its
	// 1,961 synapses. (The authors fit a mixture of two lognormals; one is simpler.)
	logSizeMean, logSizeSD = 5.395, 0.941

	// Frame rate of MICrONS scans (doi:10.1038/s41586-025-08790-w).
	frameRateHz = 6.3009

	// Event rates in the seven released fields with event times: means .25 to .51 Hz,
	// .37 on average, SD about a third of the mean; lognormal by hand. The quiet frame
	// and saturation take a fifth of what is asked for here.
	rateHz, logRateSD = 0.46, 0.34

	// By hand: the number of latent drives, their time constant, how strongly they and
	// the drive shared by all (arousal, running) move the logarithm of the rate. They
	// give 200 ms bins a mean correlation of about .02, as in the fields.
	latents     = 6
	latentTauS  = 1.0
	latentGain  = 1.0
	commonGain  = 0.5
	quietFrames = 1 // an event is a local peak: the next frame cannot be one
)
