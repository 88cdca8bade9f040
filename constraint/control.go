package constraint

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/internal/rng"
	"biornn/internal/suggest"
)

// Control takes one thing away from a model, or makes it equal to that of its partner,
// and leaves the rest: what the model loses by it is what that thing was worth.
type Control struct {
	Slug string `json:"slug"`
	Note string `json:"note"` // one line: what it tests

	apply func(c *Config) // nil: the control is a cell
}

// Cell returns the cell of the network that the control puts in place of the simple one,
// empty where it changes the constraint.
func (c Control) Cell() string {
	if c.apply != nil {
		return ""
	}
	return c.Slug
}

var controls = []Control{
	{"diagonal-only", "W*'s self-loops alone, on the other weights of the baseline: is it the self-loops?",
		func(c *Config) { c.InitDiagonal, c.InitOffDiagonal = "keep", "baseline" }},
	{"keep-diagonal", "W* with its strong self-loops, as released: what do they add?",
		func(c *Config) { c.InitDiagonal = "keep" }},
	{"no-diagonal", "W* without self-loops: what is left of it?",
		func(c *Config) { c.InitDiagonal = "zero" }},
	{"baseline-diagonal", "W* with the baseline's self-loops: its other weights alone",
		func(c *Config) { c.InitDiagonal = "baseline" }},
	{"shuffled", "W*'s off-diagonal weights at random places: does it matter who is connected to whom?",
		func(c *Config) { c.InitOffDiagonal = "shuffled" }},
	{"shuffled-pairs", "W*'s weights at random pairs, both directions together: does it matter who is connected to whom, beyond reciprocity?",
		func(c *Config) { c.InitOffDiagonal = "shuffled-pairs" }},
	{"shuffled-everywhere", "all of W*'s weights at random places, self-loops among them: is it W*'s distribution alone?",
		func(c *Config) { c.InitDiagonal, c.InitOffDiagonal = "keep", "shuffled-everywhere" }},
	{"random-signs", "W* with signs drawn at random, of the same spectral radius: is it that all of its weights excite?",
		func(c *Config) { c.InitSign = "random" }},
	{"correlation-only", "W* shaped by the correlation without STTC: does STTC add to it?",
		func(c *Config) { c.STTC, c.Similarity = "none", "correlation" }},
	{"sttc-only", "W* shaped by STTC without the correlation: does the correlation add to it?",
		func(c *Config) { c.STTC, c.Similarity = "", "none" }},
	{"precision", "W* shaped by the precision matrix in place of the correlation: is it direct dependence, or what neurons share?",
		func(c *Config) { c.Similarity = "precision" }},
	{"synapses-only", "W* shaped by synapse counts, without function: is it anatomy?",
		func(c *Config) { c.STTC, c.Similarity, c.Synapses = "none", "none", true }},
	{"synapses-correlation", "W* shaped by synapse counts and correlation: do anatomy and function together do more than either?",
		func(c *Config) { c.STTC, c.Similarity, c.Synapses = "none", "correlation", true }},
	{"relabelled", "activity of other neurons: does function have to sit where it does?",
		func(c *Config) { c.Connectome = "relabelled" }},
	{"rewired", "a random connectome with the same degrees: does it matter who is connected to whom, beyond degrees?",
		func(c *Config) { c.Connectome = "rewired" }},
	{"rewired-by-distance", "a random connectome with the same degrees and the same lengths of connections: what of like-to-like is more than nearness?",
		func(c *Config) { c.Connectome = "rewired-by-distance" }},
	{"permuted-positions", "every neuron at the place of another: does it matter who lies where?",
		func(c *Config) { c.Positions = "permuted" }},
	{"permuted-in-layers", "every neuron at the place of another of its depth: is it more than layers?",
		func(c *Config) { c.Positions = "permuted-in-layers" }},
	{"shuffled-distances", "the same distances between random pairs: is it geometry at all?",
		func(c *Config) { c.Positions = "shuffled-distances" }},
	{"true-distances", "true distances, divided by their mean, on the grid as among somata: is it the scale or the scrambling of the released ones?",
		func(c *Config) { c.DistanceForm = "mean-one" }},
	{"equal-price", "the same mean price of a unit of weight at the start for every model: is it the scale of the penalty?",
		func(c *Config) { c.PenaltyScale = "mean-price" }},
	{"equal-penalty", "the same penalty at the start for every model: is it how much is penalised?",
		func(c *Config) { c.PenaltyScale = "initial" }},
	{"free-diagonal", "self-loops at no distance, as released: is it their price?",
		func(c *Config) { c.PenaltyDiagonal = "free" }},
	{"mean-diagonal", "self-loops at the mean price of other weights: is it that they are free?",
		func(c *Config) { c.PenaltyDiagonal = "mean" }},
	{"excluded-diagonal", "self-loops no part of the penalty, of its communicability neither: is it what they do to the price of other weights?",
		func(c *Config) { c.PenaltyDiagonal = "excluded" }},
	{"matched-radius", "W* scaled to the spectral radius of the baseline's orthogonal matrix: is it how strongly activity recurs?",
		func(c *Config) { c.Match = "radius" }},
	{"matched-weight", "W* scaled to the total weight Σ|W| of the baseline's orthogonal matrix: is it the amount of weight?",
		func(c *Config) { c.Match = "weight" }},
	{"no-like-to-like", "a random connectome with the same degrees and lengths whose connected pairs correlate as all pairs do: does like connect to like for a reason?",
		func(c *Config) { c.Connectome = "no-like-to-like" }},
	{"synapse-mask", "only the synapses of the connectome can be trained, there are no other weights: does it matter who is connected at all?",
		func(c *Config) { c.Mask = "synapses" }},
	{"dale", "every neuron excites or inhibits, four fifths of them excite, drawn by chance: does Dale's law cost or help?",
		func(c *Config) { c.Sign, c.ExcitatoryFraction = "dale", 0.8 }},
	{"dale-cell-types", "every neuron excites or inhibits as its cell type does: do the cells' own signs cost or help?",
		func(c *Config) { c.Sign, c.ExcitatoryFraction = "dale", 0 }},
	{matchedSize, "as many parameters as a simple network of the circuit's neurons, for models that read nothing of it: is it that gates are more weights?",
		func(*Config) {}},
	{"leaky", "units with a time constant in place of simple ones: is it that simple units forget at once?", nil},
	{"gru", "gated units, the constraint on their candidate state: does biology help a network that has gates?", nil},
	{"lstm", "long short-term memory, the constraint on its cell input: does biology help a network that has memory?", nil},
}

// aliases are other words for controls; what is made under one is that of the slug.
var aliases = map[string]string{"off-diagonal-only": "no-diagonal"}

// Aliases returns the other names of a control.
func (c Control) Aliases() []string {
	var out []string
	for alias, slug := range aliases {
		if slug == c.Slug {
			out = append(out, alias)
		}
	}
	slices.Sort(out)
	return out
}

// Controls returns the controls that can be put on any model, as in
// "wbio-dreal-c+shuffled".
func Controls() []Control { return slices.Clone(controls) }

// lookupControl finds a control by slug or alias, whatever the case.
func lookupControl(name string) (Control, error) {
	word := strings.ToLower(strings.TrimSpace(name))
	if slug, ok := aliases[word]; ok {
		word = slug
	}
	var names []string
	for _, c := range controls {
		if c.Slug == word {
			return c, nil
		}
		names = append(append(names, c.Slug), c.Aliases()...)
	}
	return Control{}, fmt.Errorf("constraint: no control is called %q%s (biornn models lists them)", name, suggest.Near(word, names))
}

// Variant finds a named model with controls, "MODEL+CONTROL+…", whatever the case, and
// returns its canonical name.
func Variant(name string) (Model, []Control, string, error) {
	parts := strings.Split(name, "+")
	m, err := Lookup(strings.TrimSpace(parts[0]))
	if err != nil {
		return Model{}, nil, "", err
	}
	slug := m.Slug
	var used []Control
	for _, part := range parts[1:] {
		c, err := lookupControl(part)
		if err != nil {
			return Model{}, nil, "", err
		}
		used = append(used, c)
		slug += "+" + c.Slug
	}
	if cells := cellsOf(used); len(cells) > 1 {
		return Model{}, nil, "", fmt.Errorf("constraint: %s: want one cell, got %s", name, strings.Join(cells, " and "))
	}
	if first, second := opposed(used); first != "" {
		return Model{}, nil, "", fmt.Errorf("constraint: %s: want controls that leave each other alone, got %s and %s", name, first, second)
	}
	return m, used, slug, nil
}

// opposed returns the first two controls of which the second changes a key that the first
// has set to something else, so that one of them would be lost without a word; empty where
// there are none. A control that stands twice opposes itself.
func opposed(used []Control) (first, second string) {
	for i, a := range used {
		for _, b := range used[i+1:] {
			if a.Slug == b.Slug || a.undoneBy(b) {
				return a.Slug, b.Slug
			}
		}
	}
	return "", ""
}

// undoneBy reports whether a configuration with a control no longer has it after another.
func (c Control) undoneBy(other Control) bool {
	if c.apply == nil || other.apply == nil {
		return false
	}
	var both Config
	c.apply(&both)
	other.apply(&both)
	again := both
	c.apply(&again)
	return !reflect.DeepEqual(again, both)
}

func cellsOf(used []Control) []string {
	var out []string
	for _, c := range used {
		if c.Cell() != "" {
			out = append(out, c.Cell())
		}
	}
	return out
}

// Cell returns the cell that a variant's name asks for, empty for the simple network and
// for a name that is none.
func Cell(name string) string {
	_, used, _, _ := Variant(name)
	for _, c := range cellsOf(used) {
		return c
	}
	return ""
}

// matchedSize is the control of the network's size.
const matchedSize = "matched-size"

// Resized says whether a variant's name asks for a network of as many parameters as the
// simple one of the circuit.
func Resized(name string) bool {
	_, used, _, err := Variant(name)
	return err == nil && slices.ContainsFunc(used, func(c Control) bool { return c.Slug == matchedSize })
}

// Symbol returns the printed name of a model, with its controls, or the name itself where
// it is none.
func Symbol(name string) string {
	m, used, _, err := Variant(name)
	if err != nil {
		return name
	}
	out := m.Symbol
	for _, c := range used {
		out += " " + c.Slug
	}
	return out
}

// Typed returns the printed name of a model with its controls as a user types it, or the
// name itself where it is none.
func Typed(name string) string {
	m, used, _, err := Variant(name)
	if err != nil {
		return name
	}
	out := m.Symbol
	for _, c := range used {
		out += "+" + c.Slug
	}
	return out
}

// ApplyVariant returns the configuration with the composition of a named model and its
// controls.
func (c Config) ApplyVariant(name string) (Config, error) {
	m, used, slug, err := Variant(name)
	if err != nil {
		return c, err
	}
	c = c.Apply(m)
	for _, u := range used {
		if u.apply != nil {
			u.apply(&c)
		}
	}
	c.Model = slug
	return c, nil
}

// Idle names the controls of the model that a configuration is of, on a preset, that change
// nothing: networks with and without them are the same ones, so that a comparison of the
// two says nothing. That depends on the model, the preset, other settings and the circuit.
// Controls of the cell and of the network's size are none of the constraint's and never
// named.
func Idle(cfg Config, preset string, c *circuit.Circuit) ([]string, error) {
	m, used, _, err := Variant(cfg.Model)
	if err != nil || !slices.ContainsFunc(used, Control.constrains) {
		return nil, err
	}
	base, err := cfg.settings(preset)
	if err != nil {
		return nil, err
	}
	with := func(left []Control) (*Constraint, error) {
		cfg := base.Apply(m)
		for _, u := range left {
			if u.apply != nil {
				u.apply(&cfg)
			}
		}
		return New(cfg, c, 1)
	}
	all, err := with(used)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, u := range used {
		if !u.constrains() {
			continue
		}
		// A model that cannot be had without the control is another one.
		if rest, err := with(slices.Delete(slices.Clone(used), i, i+1)); err == nil && all.same(rest) {
			out = append(out, u.Slug)
		}
	}
	return out, nil
}

// constrains reports whether the control changes the constraint.
func (c Control) constrains() bool { return c.apply != nil && c.Slug != matchedSize }

// settings returns the preset with those values of the configuration that neither its
// model nor its controls explain.
func (c Config) settings(preset string) (Config, error) {
	base, err := Preset(preset)
	if err != nil {
		return base, err
	}
	plain, err := base.ApplyVariant(c.Model)
	if err != nil {
		return base, err
	}
	to, explained, own := reflect.ValueOf(&base).Elem(), reflect.ValueOf(plain), reflect.ValueOf(c)
	for i := range own.NumField() {
		if !reflect.DeepEqual(own.Field(i).Interface(), explained.Field(i).Interface()) {
			to.Field(i).Set(own.Field(i))
		}
	}
	return base, nil
}

// same reports whether two constraints on the same circuit act alike on every network.
func (k *Constraint) same(other *Constraint) bool {
	if k == nil || other == nil {
		return k == other
	}
	return slices.Equal(k.initial, other.initial) && slices.Equal(k.price, other.price) && k.flat == other.flat && k.self == other.self &&
		k.emd == other.emd && slices.Equal(k.target, other.target) && k.cfg.Sign == other.cfg.Sign && slices.Equal(k.signs, other.signs) &&
		k.cfg.Communicability == other.cfg.Communicability && k.hollow() == other.hollow() && k.cfg.Epsilon == other.cfg.Epsilon && k.cfg.RefreshEvery == other.cfg.RefreshEvery &&
		reflect.DeepEqual(k.mask, other.mask) && k.inner.same(other.inner)
}

// Rearranged says whether a variant's name asks for an arrangement of the circuit that is drawn
// at random for every seed: of its weights, its synapses, its activity or its positions. All
// runs of other models have the one arrangement of the circuit.
func Rearranged(name string) bool {
	m, used, _, err := Variant(name)
	if err != nil {
		return false
	}
	c := Config{}.Apply(m)
	for _, u := range used {
		if u.apply != nil {
			u.apply(&c)
		}
	}
	return c.Init == "bio-permuted" || strings.HasPrefix(c.InitOffDiagonal, "shuffled") || c.Connectome != "" || c.Positions != ""
}

// Uncontrolled returns the configuration without what only controls set.
func (c Config) Uncontrolled() Config {
	c.InitOffDiagonal, c.InitSign, c.STTC, c.Match, c.Positions, c.Connectome = "", "", "", "", "", ""
	if c.Sign == "dale" {
		c.Sign, c.ExcitatoryFraction = "free", 0
	}
	return c
}

// ControlsDiffer names the first key, of those that only controls set, in which two
// configurations differ; "" where none does.
func (c Config) ControlsDiffer(other Config) string {
	for _, k := range []struct{ key, a, b string }{
		{"init_off_diagonal", c.InitOffDiagonal, other.InitOffDiagonal}, {"init_sign", c.InitSign, other.InitSign}, {"sttc", c.STTC, other.STTC}, {"match", c.Match, other.Match},
		{"positions", c.Positions, other.Positions}, {"connectome", c.Connectome, other.Connectome},
	} {
		if k.a != k.b {
			return k.key
		}
	}
	if (c.Sign == "dale") != (other.Sign == "dale") {
		return "sign"
	}
	if c.ExcitatoryFraction != other.ExcitatoryFraction {
		return "excitatory_fraction"
	}
	return ""
}

// controlled returns the circuit as the controls of a configuration change it, and doubts
// about that.
func controlled(cfg Config, c *circuit.Circuit, seed uint64) (*circuit.Circuit, []string, error) {
	if cfg.Connectome == "" && (cfg.Positions == "" || cfg.Positions == "shuffled-distances") {
		return c, nil, nil
	}
	out := *c
	var doubts []string
	switch cfg.Connectome {
	case "relabelled":
		p := rng.New(seed, "constraint/relabelled").Perm(c.N())
		out.Correlation, out.STTC, out.Precision = reorder(c.Correlation, p), reorder(c.STTC, p), reorder(c.Precision, p)
	case "rewired", "rewired-by-distance":
		if c.Synapses == nil {
			break
		}
		var allowed func(a, b, c, d int) bool
		if cfg.Connectome == "rewired-by-distance" {
			allowed = keepLengths(c, lengthBins)
		}
		out.Synapses = c.Synapses.Rewire(10, rng.New(seed, "constraint/rewired"), allowed)
	case "no-like-to-like":
		var err error
		if out.Synapses, doubts, err = unlike(c, seed); err != nil {
			return nil, nil, err
		}
	}
	switch cfg.Positions {
	case "permuted":
		out.Neurons = placed(c, rng.New(seed, "constraint/positions").Perm(c.N()))
	case "permuted-in-layers":
		out.Neurons = placed(c, permuteInLayers(c, rng.New(seed, "constraint/positions")))
	}
	return &out, doubts, nil
}

func reorder(m *mat.Dense, p []int) *mat.Dense {
	if m == nil {
		return nil
	}
	n := len(p)
	out := mat.NewDense(n, n, nil)
	for i, a := range p {
		for j, b := range p {
			out.Set(i, j, m.At(a, b))
		}
	}
	return out
}

// placed returns the neurons, each at the place of another.
func placed(c *circuit.Circuit, p []int) []circuit.Neuron {
	out := slices.Clone(c.Neurons)
	for i, k := range p {
		out[i].Position = c.Neurons[k].Position
	}
	return out
}

// layers is the number of groups of equal size that neurons are sorted into by depth (y)
// for permuted-in-layers.
const layers = 6

func permuteInLayers(c *circuit.Circuit, s *rng.Stream) []int {
	n := c.N()
	byDepth := make([]int, n)
	for i := range byDepth {
		byDepth[i] = i
	}
	slices.SortStableFunc(byDepth, func(i, j int) int {
		switch a, b := c.Neurons[i].Position[1], c.Neurons[j].Position[1]; {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	p := make([]int, n)
	for k := range layers {
		group := byDepth[k*n/layers : (k+1)*n/layers]
		for i, j := range s.Perm(len(group)) {
			p[group[i]] = group[j]
		}
	}
	return p
}

// lengthBins is the number of classes of length, with as many pairs of neurons each.
const lengthBins = 20

// keepLengths allows the swaps after which the lengths of both connections are in the
// same classes as before, of which there are so many.
func keepLengths(c *circuit.Circuit, bins int) func(a, b, x, d int) bool {
	n := c.N()
	all := c.Distances()
	sorted := make([]float64, 0, n*(n-1)/2)
	for i := range n {
		sorted = append(sorted, all[i*n:i*n+i]...)
	}
	slices.Sort(sorted)
	var edges []float64
	for k := 1; k < bins && len(sorted) > 0; k++ {
		edges = append(edges, sorted[k*len(sorted)/bins])
	}
	bin := func(i, j int) int {
		k, _ := slices.BinarySearch(edges, all[i*n+j])
		return k
	}
	return func(a, b, x, d int) bool {
		ab, xd, ad, xb := bin(a, b), bin(x, d), bin(a, d), bin(x, b)
		return ab == ad && xd == xb || ab == xb && xd == ad
	}
}

// shufflePairs permutes the distances of pairs of different neurons.
func shufflePairs(d []float64, n int, s *rng.Stream) {
	var pairs []float64
	for i := range n {
		pairs = append(pairs, d[i*n:i*n+i]...)
	}
	for k, from := range s.Perm(len(pairs)) {
		i := int((math.Sqrt(8*float64(k)+1) + 1) / 2)
		for i*(i-1)/2 > k {
			i--
		}
		j := k - i*(i-1)/2
		d[i*n+j], d[j*n+i] = pairs[from], pairs[from]
	}
}

// shuffleOffDiagonal permutes the weights of pairs of different neurons.
func shuffleOffDiagonal(w []float64, n int, s *rng.Stream) {
	var places []int
	for i := range w {
		if i%(n+1) != 0 {
			places = append(places, i)
		}
	}
	old := slices.Clone(w)
	for k, from := range s.Perm(len(places)) {
		w[places[k]] = old[places[from]]
	}
}

// shuffleReciprocal permutes unordered pairs of different neurons: the weights of both
// directions move together.
func shuffleReciprocal(w []float64, n int, s *rng.Stream) {
	var pairs [][2]int
	for i := range n {
		for j := range i {
			pairs = append(pairs, [2]int{i*n + j, j*n + i})
		}
	}
	old := slices.Clone(w)
	for k, from := range s.Perm(len(pairs)) {
		w[pairs[k][0]], w[pairs[k][1]] = old[pairs[from][0]], old[pairs[from][1]]
	}
}

// drawSigns turns off-diagonal weights negative with probability one half and keeps the
// spectral radius.
func drawSigns(w []float64, n int, s *rng.Stream) error {
	for i := range w {
		if i%(n+1) != 0 && s.Uint64()>>63 == 1 {
			w[i] = -w[i]
		}
	}
	r, err := radius(w, n)
	if err == nil && !(r > 0) {
		err = fmt.Errorf("want a W* of positive spectral radius with random signs, got %g", r)
	}
	if err != nil {
		return err
	}
	for i := range w {
		w[i] *= wantedRadius / r
	}
	return nil
}

// match scales W* to the spectral radius or total weight of the baseline of its seed. With
// kept only the weights between neurons are scaled: the self-loops are the baseline's.
func match(w, baseline []float64, n int, what string, kept bool) error {
	var own, wanted float64
	for i := range w {
		if kept && i%(n+1) == 0 {
			continue // as in the baseline
		}
		own += math.Abs(w[i])
		wanted += math.Abs(baseline[i])
	}
	factor := wanted / own
	if what == "radius" {
		var err error
		if factor, err = radiusFactor(w, baseline, n, kept); err != nil {
			return err
		}
	}
	scaleTo(w, w, n, factor, kept)
	return nil
}

// scaleTo sets out to factor·w, where kept but for its diagonal, which it copies.
func scaleTo(out, w []float64, n int, factor float64, kept bool) {
	for i, x := range w {
		if out[i] = x; !kept || i%(n+1) != 0 {
			out[i] *= factor
		}
	}
}

// radiusFactor returns the factor of match for the spectral radius. With kept it is
// sought by regula falsi (Illinois): the radius grows nearly in proportion to the factor.
func radiusFactor(w, baseline []float64, n int, kept bool) (float64, error) {
	wanted, err := radius(baseline, n)
	if err != nil {
		return 0, err
	}
	own, err := radius(w, n)
	if err != nil {
		return 0, err
	}
	if !(own > 0) {
		return 0, fmt.Errorf("want a W* of positive spectral radius, got %g", own)
	}
	if !kept {
		return wanted / own, nil
	}
	scaled := make([]float64, len(w))
	excess := func(factor float64) (float64, error) {
		scaleTo(scaled, w, n, factor, true)
		r, err := radius(scaled, n)
		return r - wanted, err
	}
	low, below := 0.0, 0.0
	for i := 0; i < len(w); i += n + 1 {
		below = math.Max(below, math.Abs(w[i]))
	}
	if below -= wanted; below >= 0 {
		return 0, fmt.Errorf("match: radius: the baseline's self-loops alone have the spectral radius of its whole matrix, %g", wanted)
	}
	high, above := wanted/own, 0.0
	for range 60 {
		if above, err = excess(high); err != nil {
			return 0, err
		}
		if above >= 0 {
			break
		}
		low, below, high = high, above, 2*high
	}
	if above < 0 {
		return 0, fmt.Errorf("match: radius: the weights of W* between neurons do not reach the spectral radius %g", wanted)
	}
	for range 100 {
		if high-low <= 1e-12*high || above == 0 {
			break
		}
		mid := (low*above - high*below) / (above - below)
		x, err := excess(mid)
		if err != nil {
			return 0, err
		}
		switch {
		case math.Abs(x) <= 1e-12*wanted:
			return mid, nil
		case x > 0:
			high, above, below = mid, x, below/2
		default:
			low, below, above = mid, x, above/2
		}
	}
	return high, nil
}

// radius returns the largest modulus of an eigenvalue.
func radius(w []float64, n int) (float64, error) {
	var eig mat.Eigen
	if !eig.Factorize(mat.NewDense(n, n, slices.Clone(w)), mat.EigenNone) {
		return 0, fmt.Errorf("the eigenvalues of the initial weights were not found")
	}
	out := 0.0
	for _, l := range eig.Values(nil) {
		out = math.Max(out, math.Hypot(real(l), imag(l)))
	}
	return out, nil
}
