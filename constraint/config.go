package constraint

import (
	"fmt"
	"slices"
	"strings"

	"biornn/internal/suggest"
)

// Config composes a constraint. The two presets differ only in these values.
type Config struct {
	Model string `toml:"model"` // slug of a named model, or custom: a label, the values below decide

	Init       string `toml:"init"`       // orthogonal, bio, bio-permuted, glorot-uniform, glorot-normal, he-uniform, he-normal
	Similarity string `toml:"similarity"` // functional factor of W* beside STTC: correlation, precision or none
	Synapses   bool   `toml:"synapses"`   // further factor of W*: log(1 + synapse count)
	// InitDiagonal of W*: keep (correlation and STTC are 1 there, and the scaling
	// covers it), zero, or baseline (the diagonal of the orthogonal matrix of the
	// same seed; the scaling covers the off-diagonal entries).
	InitDiagonal string `toml:"init_diagonal"`

	Distance string `toml:"distance"` // none, grid or real
	// DistanceForm: released (real: positions reshaped instead of transposed, then
	// each row min–max scaled; grid: integer steps) or mean-one (true positions and
	// grid, each divided by its off-diagonal mean).
	DistanceForm string `toml:"distance_form"`
	Grid         []int  `toml:"grid"` // three sides whose product is N; empty: derived from N

	Communicability string  `toml:"communicability"` // none, direct or empirical
	Epsilon         float64 `toml:"epsilon"`         // added to the strengths S
	// SilentRows says what the empirical communicability does with neurons without
	// outgoing synapses: epsilon (S = 1e-10, as released) or isolated (they are cut
	// off: their rows and columns of C are 0).
	SilentRows string `toml:"silent_rows"`

	Lambda    float64 `toml:"lambda"`
	LambdaEMD float64 `toml:"lambda_emd"`
	// PenaltyDiagonal: free (D_ii = 0), mean (D_ii = the off-diagonal mean) or excluded
	// (the penalty is that of the weights without self-loops, whose gradient is 0). With
	// communicability direct, where C_ii = 0 would leave self-loops free (and, as they
	// raise S and so lower the C of their neuron, even rewarded), mean gives them the
	// mean off-diagonal price at the initial weights.
	PenaltyDiagonal string `toml:"penalty_diagonal"`
	// PenaltyScale: sum (λ times the entrywise sum; the bare W penalty, without
	// distance and communicability, uses 1),
	// mean-price (λ/(N·κ) times the sum, κ the mean off-diagonal price of a unit of
	// |W| at the initial weights: every model starts with the same price) or
	// initial (times what makes the sum λ·√(2N/π) at the initial weights: every model
	// starts with the same penalty, which is what mean-price makes of orthogonal weights
	// in expectation).
	PenaltyScale string `toml:"penalty_scale"`
	// Sign of weights: free, nonnegative, or dale (every neuron excites or inhibits all of
	// its posts, as its sign in the circuit says or, with ExcitatoryFraction, by chance).
	Sign               string  `toml:"sign"`
	ExcitatoryFraction float64 `toml:"excitatory_fraction,omitempty"`

	// What a control takes away, see Controls; empty values take nothing. Each control is
	// drawn anew for every seed.
	//
	// InitOffDiagonal of W*: baseline (the off-diagonal weights are those of the
	// orthogonal matrix of the same seed), shuffled (W*'s own at random places),
	// shuffled-pairs (at random pairs, both directions together) or shuffled-everywhere
	// (at random places of the whole matrix, together with the self-loops).
	InitOffDiagonal string `toml:"init_off_diagonal,omitempty"`
	// InitSign of W*: random (every weight excites or inhibits by chance, at the same
	// spectral radius).
	InitSign string `toml:"init_sign,omitempty"`
	STTC     string `toml:"sttc,omitempty"` // none: W* is not shaped by STTC
	// Match scales W* to the radius (of the spectrum) or weight (Σ|W|) of the orthogonal
	// matrix of the same seed; self-loops that are those of that matrix are left as they
	// are, and counted.
	Match string `toml:"match,omitempty"`
	// Positions: permuted (among all neurons), permuted-in-layers (of equal depth) or
	// shuffled-distances (the same distances between other pairs).
	Positions string `toml:"positions,omitempty"`
	// Connectome: relabelled (the functional matrices are those of other neurons), rewired
	// (degrees kept), rewired-by-distance (and lengths of connections) or no-like-to-like
	// (and connected pairs correlate as all pairs do).
	Connectome string `toml:"connectome,omitempty"`

	// Mask says which recurrent weights there are: empty for all pairs, or synapses for
	// the connected pairs of the circuit alone.
	Mask string `toml:"mask,omitempty"`
	// RefreshEvery is the number of updates that the communicability and its gradient are
	// kept for; 0 and 1 compute them anew at each.
	RefreshEvery int `toml:"refresh_every,omitempty"`
}

// Presets returns the names of the presets.
func Presets() []string { return []string{"paper", "corrected"} }

// Preset returns the configuration of a preset for the bare W model; Apply turns it
// into that of another.
func Preset(name string) (Config, error) {
	c := Config{
		Model: "w", Init: "orthogonal", Similarity: "correlation", InitDiagonal: "keep",
		Distance: "none", DistanceForm: "released", Communicability: "none", SilentRows: "epsilon",
		Lambda: 0.3, LambdaEMD: 0.1, PenaltyDiagonal: "free", PenaltyScale: "sum", Sign: "free",
	}
	switch name {
	case "paper":
	case "corrected":
		c.InitDiagonal, c.DistanceForm, c.SilentRows = "baseline", "mean-one", "isolated"
		c.Epsilon, c.Lambda = 1e-6, 0.003
		c.PenaltyDiagonal, c.PenaltyScale = "mean", "mean-price"
	default:
		return Config{}, fmt.Errorf("constraint: preset: want %s, got %q%s", strings.Join(Presets(), " or "), name, suggest.Near(name, Presets()))
	}
	return c, nil
}

// Apply returns the configuration with the composition of a named model.
func (c Config) Apply(m Model) Config {
	c.Model, c.Init, c.Distance, c.Communicability = m.Slug, m.Init, m.Distance, m.Communicability
	if m.Communicability == "empirical" && c.DistanceForm == "released" {
		c.Epsilon = 1e-10
	}
	return c
}

var words = map[string][]string{
	"init":             {"orthogonal", "bio", "bio-permuted", "glorot-uniform", "glorot-normal", "he-uniform", "he-normal"},
	"similarity":       {"correlation", "precision", "none"},
	"init_diagonal":    {"keep", "zero", "baseline"},
	"distance":         {"none", "grid", "real"},
	"distance_form":    {"released", "mean-one"},
	"communicability":  {"none", "direct", "empirical"},
	"silent_rows":      {"epsilon", "isolated"},
	"penalty_diagonal": {"free", "mean", "excluded"},
	"penalty_scale":    {"sum", "mean-price", "initial"},
	"sign":             {"free", "nonnegative", "dale"},
	"mask":             {"", "synapses"},

	"init_off_diagonal": {"", "baseline", "shuffled", "shuffled-pairs", "shuffled-everywhere"},
	"init_sign":         {"", "random"},
	"sttc":              {"", "none"},
	"match":             {"", "radius", "weight"},
	"positions":         {"", "permuted", "permuted-in-layers", "shuffled-distances"},
	"connectome":        {"", "relabelled", "rewired", "rewired-by-distance", "no-like-to-like"},
}

// Needs names what of a circuit the configuration reads, "" for nothing.
func (c Config) Needs() string {
	switch {
	case c.Mask == "synapses":
		return "mask synapses"
	case strings.HasPrefix(c.Init, "bio"):
		return "init " + c.Init
	case c.Distance == "real":
		return "distance real"
	case c.Sign == "dale" && c.ExcitatoryFraction == 0:
		return "sign dale"
	case c.Communicability == "empirical":
		return "communicability empirical"
	}
	return ""
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	for _, w := range [][2]string{
		{"init", c.Init}, {"similarity", c.Similarity}, {"init_diagonal", c.InitDiagonal}, {"distance", c.Distance},
		{"distance_form", c.DistanceForm}, {"communicability", c.Communicability}, {"silent_rows", c.SilentRows},
		{"penalty_diagonal", c.PenaltyDiagonal}, {"penalty_scale", c.PenaltyScale}, {"sign", c.Sign}, {"mask", c.Mask},
		{"init_off_diagonal", c.InitOffDiagonal}, {"init_sign", c.InitSign}, {"sttc", c.STTC}, {"match", c.Match}, {"positions", c.Positions}, {"connectome", c.Connectome},
	} {
		if all := words[w[0]]; !slices.Contains(all, w[1]) {
			return fmt.Errorf("constraint: %s: want one of %s, got %q%s", w[0], strings.Join(all, ", "), w[1], suggest.Near(w[1], all))
		}
	}
	for _, v := range []struct {
		key string
		x   float64
	}{{"lambda", c.Lambda}, {"lambda_emd", c.LambdaEMD}, {"epsilon", c.Epsilon}} {
		if !(v.x >= 0) || !finite(v.x) {
			return fmt.Errorf("constraint: %s: want a finite number of at least 0, got %g", v.key, v.x)
		}
	}
	if c.RefreshEvery < 0 {
		return fmt.Errorf("constraint: refresh_every: want a number of updates of at least 0, got %d", c.RefreshEvery)
	}
	if err := c.agree(); err != nil {
		return err
	}
	if !(c.ExcitatoryFraction >= 0 && c.ExcitatoryFraction <= 1) {
		return fmt.Errorf("constraint: excitatory_fraction: want a share from 0 to 1, got %g", c.ExcitatoryFraction)
	}
	if c.ExcitatoryFraction > 0 && c.Sign != "dale" {
		return fmt.Errorf("constraint: excitatory_fraction: needs the sign dale, got %s", c.Sign)
	}
	if len(c.Grid) != 0 && len(c.Grid) != 3 {
		return fmt.Errorf("constraint: grid: want three sides, got %v", c.Grid)
	}
	return nil
}
