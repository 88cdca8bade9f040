package circuit

import (
	"fmt"
	"math"
)

// Weights of a synthetic circuit's connections.
const (
	WeightCount = "count" // number of synapses
	WeightSize  = "size"  // summed size of their clefts, voxels
)

// SyntheticConfig describes a generated patch of mouse visual cortex. The numbers
// it is made of, with their sources, stand in synthetic_facts.go.
type SyntheticConfig struct {
	Neurons     int     `toml:"neurons" json:"neurons"`
	Seed        uint64  `toml:"seed" json:"seed"`
	DurationS   float64 `toml:"duration_s" json:"duration_s"`
	FrameRateHz float64 `toml:"frame_rate_hz" json:"frame_rate_hz"`
	// WidthUM is the side of the square patch, along the surface of the cortex; 0
	// chooses it: 200 µm, or wider where the neurons would stand denser than in cortex.
	WidthUM float64 `toml:"width_um" json:"width_um"`
	// PeakProbability is that of a connection between neighbours of average similarity.
	PeakProbability float64 `toml:"peak_probability" json:"peak_probability"`
	// LengthUM is the σ of the Gaussian with which it falls with soma distance.
	LengthUM float64 `toml:"length_um" json:"length_um"`
	// LikeToLike is the β in exp(β·s), by which the probability rises with the signal
	// correlation s of the two neurons' drives; 0 makes wiring blind to function.
	LikeToLike float64 `toml:"like_to_like" json:"like_to_like"`
	// Weight is WeightCount or WeightSize.
	Weight string `toml:"weight" json:"weight"`
}

// DefaultSyntheticConfig is the circuit that the program carries with it.
func DefaultSyntheticConfig() SyntheticConfig {
	return SyntheticConfig{
		Neurons:         100,
		Seed:            1,
		DurationS:       1800,
		FrameRateHz:     frameRateHz,
		PeakProbability: peakProbability,
		LengthUM:        lengthUM,
		LikeToLike:      likeToLike,
		Weight:          WeightCount,
	}
}

// Validate returns the first value out of range.
func (c SyntheticConfig) Validate() error {
	for _, v := range []struct {
		key         string
		value       float64
		low, high   float64
		lowExcluded bool
	}{
		{"neurons", float64(c.Neurons), 2, 100_000, false},
		{"duration_s", c.DurationS, 0, 1e6, true},
		{"frame_rate_hz", c.FrameRateHz, 0, 1e4, true},
		{"width_um", c.WidthUM, 0, 1e5, false},
		{"peak_probability", c.PeakProbability, 0, 1, true},
		{"length_um", c.LengthUM, 0, 1e5, true},
		{"like_to_like", c.LikeToLike, 0, 20, false},
	} {
		// The negated form also refuses NaN.
		if !(v.value >= v.low && v.value <= v.high) || (v.lowExcluded && v.value == v.low) {
			return fmt.Errorf("circuit: synthetic: %s: want a value from %g to %g, got %g", v.key, v.low, v.high, v.value)
		}
	}
	if c.Weight != WeightCount && c.Weight != WeightSize {
		return fmt.Errorf("circuit: synthetic: weight: want %s or %s, got %q", WeightCount, WeightSize, c.Weight)
	}
	if frames := c.frames(); frames < 1 || frames > 1<<26 {
		return fmt.Errorf("circuit: synthetic: want 1 to %d frames, got %d from %g s at %g Hz", 1<<26, frames, c.DurationS, c.FrameRateHz)
	}
	return nil
}

func (c SyntheticConfig) frames() int { return int(math.Min(c.DurationS*c.FrameRateHz, 1e12)) }

// width returns the side of the patch in µm.
func (c SyntheticConfig) width() float64 {
	if c.WidthUM > 0 {
		return c.WidthUM
	}
	return max(defaultWidthUM, math.Sqrt(float64(c.Neurons)/(densityPerMM3*depthMM))*1000)
}

// Synthetic generates a patch of excitatory neurons: somata in layers, connections
// that thin out with distance and prefer neurons of similar drive, and calcium-like
// events driven by shared latent stimuli. It is a pure function of the configuration.
//
// It is a stand-in with the right statistics, not a measurement, and its Provenance
// says so. Functional matrices are left to package functional.
func Synthetic(cfg SyntheticConfig) (*Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	p := newPatch(cfg)
	synapses, err := p.connect()
	if err != nil {
		return nil, err
	}
	c := &Circuit{
		Name:      fmt.Sprintf("synthetic-n%d-seed%d", cfg.Neurons, cfg.Seed),
		Neurons:   p.neurons,
		Synapses:  synapses,
		Events:    p.events(),
		FrameRate: cfg.FrameRateHz,
		Provenance: Provenance{
			Origin:    "SYNTHETIC: generated from published statistics of mouse visual cortex, not measured",
			Synthetic: true,
			Steps: []string{
				fmt.Sprintf("%d excitatory neurons, seed %d, in a patch %.0f µm wide, layers 2/3 to 6", cfg.Neurons, cfg.Seed, cfg.width()),
				fmt.Sprintf("connection probability %g·exp(−d²/2σ²), σ = %g µm, times exp(%g·s)/mean for signal correlation s",
					cfg.PeakProbability, cfg.LengthUM, cfg.LikeToLike),
				"weight: " + map[string]string{WeightCount: "number of synapses", WeightSize: "summed cleft size in voxels"}[cfg.Weight],
				fmt.Sprintf("events on %d frames at %g Hz from %d latent drives and one shared by all", cfg.frames(), cfg.FrameRateHz, latents),
			},
		},
	}
	warnings, err := c.Validate()
	if err != nil {
		return nil, err
	}
	return c.WithWarnings(warnings...), nil
}
