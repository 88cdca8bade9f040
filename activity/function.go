package activity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/experiment"
	"biornn/graph"
	"biornn/rnn"
	"biornn/task"
)

// Result is what the units of one run do. A value that could not be computed is absent
// from Values and named in Warnings.
type Result struct {
	Run, Model, Task string
	Seed             uint64
	Config           Config
	Steps            int
	StepMS           float64 // 0: steps have no duration
	CellStepMS       float64 // dt of the leaky cell's equation, in which its time constants are; StepMS for others
	Neurons          int
	Guessing         float64 // accuracy of a constant answer; NaN where unknown
	Periods          []task.Period
	Variables        []Variable

	Values   map[string]float64
	Warnings []string

	Selectivity Selectivity
	Decoding    []Decoding
	All, Driven Dimensions // of all states, and of the means of conditions
	FixedPoints FixedPoints
	Lesions     Lesions
	Disturbed   []Curve

	Alignment []Aligned // with the recorded correlations
	Synapses  []Aligned // with the numbers of synapses
}

// Aligned is an agreement after training, with the p value against a null that keeps the
// geometry too (units relabelled only within neighbourhoods; rewired connections that
// keep their lengths), and before training (NaN where the circuit is not that of the run).
type Aligned struct {
	Agreement
	LocalP, Before float64
}

// mostNeurons bounds the time and memory of an analysis.
const mostNeurons = 4096

// Analyse examines a trained run. c may be nil: then nothing is compared with biology, and
// neither removal by place nor pruning by length is tried. The same holds of a network that
// has another number of units than the circuit by its configuration. What needs to know
// the dynamics of a cell is left out, with a warning, for others than the simple network,
// leaky, gru and lstm.
func Analyse(run *experiment.Run, c *circuit.Circuit, cfg Config) (*Result, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if run.Diverged() {
		return nil, fmt.Errorf("activity: want a run that did not diverge, got one that did at update %d", run.Result.Diverged.Update)
	}
	net := run.Network
	if net.Neurons > mostNeurons {
		return nil, fmt.Errorf("activity: want at most %d units, got %d: decoders, spectra and lesions take a time that grows with its cube", mostNeurons, net.Neurons)
	}
	resized := c != nil && run.Spec.Network.Units != 0
	if resized {
		c = nil
	}
	if c != nil && c.N() != net.Neurons {
		return nil, fmt.Errorf("activity: want a circuit of %d neurons, got %s with %d", net.Neurons, c.Name, c.N())
	}
	a, err := begin(run, c, cfg)
	if err != nil {
		return nil, err
	}
	if resized {
		a.warn("circuit: the network has %d units, which are none of the circuit's neurons: nothing is compared with biology or removed by place", net.Neurons)
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"selectivity", a.selectivity}, {"decoding", a.decoding}, {"dimensions", a.dimensions}, {"fixed points", a.fixedPoints},
		{"lesions", a.lesions}, {"disturbances", a.disturbances}, {"alignment", a.alignment}, {"synapses", a.synapses},
	} {
		if err := part.do(); errors.Is(err, ErrUnknownCell) {
			a.warn("%s: left out: %v", part.name, err)
		} else if err != nil {
			return nil, err
		}
	}
	a.Warnings = append(a.Warnings, a.noisy.Warnings...)
	for _, w := range a.clean.Warnings {
		if !slices.Contains(a.Warnings, w) {
			a.Warnings = append(a.Warnings, w)
		}
	}
	return a.Result, nil
}

// analysis is a Result in the making.
type analysis struct {
	*Result
	run          *experiment.Run
	circuit      *circuit.Circuit
	info         task.Info
	few          *task.Dataset // for accuracies of changed networks
	noisy, clean *States
	initial      *rnn.Network // nil where unknown
}

func begin(run *experiment.Run, c *circuit.Circuit, cfg Config) (*analysis, error) {
	t, err := task.New(run.Spec.Task)
	if err != nil {
		return nil, err
	}
	a := &analysis{run: run, circuit: c, info: t.Info()}
	all, err := task.Generate(t, run.Spec.Seed, "test", cfg.Trials)
	if err != nil {
		return nil, err
	}
	if a.few, err = task.Generate(t, run.Spec.Seed, "test", min(cfg.LesionTrials, cfg.Trials)); err != nil {
		return nil, err
	}
	if a.noisy, err = Record(run.Network, a.info, all, cfg.Noise, cfg.Seed); err != nil {
		return nil, err
	}
	if a.clean, err = Record(run.Network, a.info, all, 0, cfg.Seed); err != nil {
		return nil, err
	}
	a.Result = &Result{Run: run.Spec.Name(), Model: run.Spec.Constraint.Model, Task: run.Spec.Task.Name, Seed: run.Spec.Seed, Config: cfg,
		Steps: a.noisy.Steps, StepMS: a.info.StepMS, CellStepMS: a.info.StepMS, Neurons: run.Network.Neurons, Periods: a.noisy.Periods, Variables: a.noisy.Variables,
		Guessing: math.NaN(), Values: map[string]float64{}}
	if run.Network.Cell == "leaky" {
		a.CellStepMS = a.network().StepMS
	}
	a.set("accuracy", a.clean.Accuracy(), "")
	a.set("accuracy_noisy", a.noisy.Accuracy(), "")
	if levels := task.Levels(a.Task); len(levels) > 0 {
		a.Guessing = levels[0].Accuracy
	}
	if a.Values["accuracy"] < a.Guessing+0.05 {
		a.warn("accuracy: %.3f is near guessing (%.3g): the network has not learned the task", a.Values["accuracy"], a.Guessing)
	}
	return a, a.begun()
}

// network returns the configuration of the network; for the leaky cell with the length of
// a step that it runs with.
func (a *analysis) network() rnn.Config {
	cfg := a.run.Spec.Network
	if cfg.Cell == "leaky" && cfg.StepMS == 0 {
		cfg.StepMS = a.info.StepMS
		if cfg.StepMS == 0 {
			cfg.StepMS = rnn.UsualStep
		}
	}
	return cfg
}

// begun makes the network before training, where the circuit is known.
func (a *analysis) begun() error {
	if a.circuit == nil {
		return nil
	}
	if hash := a.circuit.Hash(); hash != a.run.Spec.CircuitHash {
		a.warn("circuit: the run was trained on %.12s…, this is %.12s…: nothing is said about alignment before training", a.run.Spec.CircuitHash, hash)
		return nil
	}
	k, err := constraint.New(a.run.Spec.Constraint, a.circuit, a.run.Spec.Seed)
	if err != nil {
		return err
	}
	a.initial, err = rnn.New(a.network(), k.InitialWeights(), k.Mask(), a.run.Network.Inputs, a.run.Network.Outputs, a.run.Spec.Seed)
	return err
}

// set stores a finite value; for another it warns with the reason.
func (r *Result) set(key string, value float64, reason string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		r.warn("%s: %s", key, reason)
		return
	}
	r.Values[key] = value
}

func (r *Result) warn(format string, args ...any) {
	r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
}

func (a *analysis) selectivity() error {
	a.Selectivity = Select(a.noisy, a.Config.Bins, a.Config.Alpha, a.Config.Effect)
	s := &a.Selectivity
	if len(s.Effects) == 0 {
		a.warn("selectivity: nothing differs between trials")
		return nil
	}
	for _, c := range [][2]string{{"units_silent", Silent}, {"units_unselective", Unselective}, {"units_pure", Pure}, {"units_mixed", Linear}, {"units_nonlinear", Nonlinear}} {
		a.set(c[0], s.Share(c[1]), "")
	}
	for k, effect := range s.Effects {
		count := 0.0
		for unit := range s.Class {
			for b := range s.Bins {
				if s.selective(s.Of[b][unit][k]) {
					count++
					break
				}
			}
		}
		a.set("selective:"+effect, count/float64(len(s.Class)), "")
	}
	if factors := a.noisy.factors(); len(factors) == 1 {
		a.warn("selectivity: the task has one factor (%s): there is no mixed selectivity", factors[0].Name)
	} else if !slices.Contains(s.Effects, interaction) {
		a.warn("selectivity: the combinations of levels that occur leave no interaction to be tested")
	}
	if a.Config.Noise == 0 && a.deterministic() {
		a.warn("selectivity, decoding: trials of a condition are identical without noise, so that any difference is certain: record with noise")
	}
	return nil
}

// deterministic tells whether all trials of a cell have the same inputs.
func (a *analysis) deterministic() bool {
	c, first := cellsOf(a.noisy.factors()), map[int][]float32{}
	size := a.noisy.Set.Steps * a.noisy.Set.Inputs
	for trial, cell := range c.of {
		in := a.noisy.Input[trial*size : (trial+1)*size]
		if first[cell] == nil {
			first[cell] = in
		} else if !slices.Equal(first[cell], in) {
			return false
		}
	}
	return true
}

func (a *analysis) decoding() (err error) {
	if a.Decoding, err = Decode(a.noisy, a.Config); err != nil {
		return err
	}
	for _, v := range a.Variables {
		if level, trials := v.rarest(); trials < 2*a.Config.Folds {
			a.warn("decoding: %s %s occurs in %d of %d trials: its decoder hardly learns it, which lowers the accuracy", v.Name, level, trials, a.Config.Trials)
		}
	}
	for _, d := range a.Decoding {
		a.set("decoding_peak:"+d.Variable, d.Peak, "")
		a.set("decoding_time:"+d.Variable, float64(d.Bins[d.PeakBin].Start+1), "")
		a.set("decoding_p:"+d.Variable, d.P, "")
		if v := d.Stability(); !math.IsNaN(v) {
			a.set("decoding_stability:"+d.Variable, v, "")
		}
	}
	return nil
}

// Stability returns the mean accuracy above chance of decoders tested in other bins over
// that in their own, of the bins in which decoding beats shuffled labels; NaN for fewer
// than two of those.
func (d Decoding) Stability() float64 {
	chance := 1 / float64(d.Levels)
	var good []int
	for b, v := range d.Accuracy {
		if v > d.NullHigh[b] {
			good = append(good, b)
		}
	}
	if len(good) < 2 {
		return math.NaN()
	}
	var own, others float64
	for _, b := range good {
		own += (d.Accuracy[b] - chance) / float64(len(good))
		for _, t := range good {
			if t != b {
				others += (d.Cross[b][t] - chance) / float64(len(good)*(len(good)-1))
			}
		}
	}
	return others / own
}

func (a *analysis) dimensions() (err error) {
	if a.All, err = spectrumOf(a.noisy.covariance()); err != nil {
		return err
	}
	if a.Driven, err = PrincipalComponents(a.noisy.conditionMeans()); err != nil {
		return err
	}
	a.set("participation_ratio", a.All.Participation, "no unit ever changes")
	a.set("participation_ratio_task", a.Driven.Participation, "no unit ever changes")
	a.set("components_90", float64(a.All.N90), "")
	a.set("components_90_task", float64(a.Driven.N90), "")
	return nil
}

func (a *analysis) fixedPoints() error {
	m, err := NewMap(a.run.Network)
	if err != nil {
		return err
	}
	if a.FixedPoints, err = FindFixedPoints(m, a.clean, a.Config); err != nil {
		return err
	}
	var fixed, stable, slow, unstable, far float64
	longest := math.NaN()
	for _, p := range a.FixedPoints.Points {
		if p.Far {
			far++
			continue
		}
		if p.Kind == Slow {
			slow++
			continue
		}
		fixed++
		unstable = math.Max(unstable, float64(p.Unstable))
		if p.Eigenvalues != nil && p.Unstable == 0 {
			stable++
			if !math.IsNaN(p.Slowest) && !(longest >= p.Slowest) {
				longest = p.Slowest
			}
		}
	}
	a.set("fixed_points", fixed, "")
	a.set("slow_points", slow, "")
	if far > 0 {
		a.warn("fixed points: %.0f lie more than %d standard deviations from any state visited under their input and do not count", far, farAway)
	}
	if f := a.FixedPoints; f.Unlinearised > 0 {
		a.warn("fixed points: %d points, only %d of them are linearised", len(f.Points), len(f.Points)-f.Unlinearised)
	}
	if fixed > 0 {
		a.set("fixed_points_stable", stable, "")
		a.set("unstable_directions", unstable, "")
		a.set("time_constant", longest, "no direction of a stable fixed point decays gradually, or one neither decays nor grows")
	}
	if f := a.FixedPoints; 2*f.Lost > f.Searches {
		a.warn("fixed points: %d of %d searches ended nowhere slow", f.Lost, f.Searches)
	}
	return nil
}

// restarts of the search for modules.
const restarts = 10

func (a *analysis) lesions() error {
	if err := known(a.run.Network); err != nil {
		return err
	}
	w, n := a.run.Weights64(), a.Neurons
	orders := []Order{{"strength", Descending(Strengths(w, n))}}
	module, q, err := graph.Louvain(graph.Symmetric(w, n), n, 1, restarts, a.Config.Seed)
	if err != nil {
		a.warn("lesions: no modules: %v", err)
		module = nil
	} else {
		orders = append(orders, Order{"participation", Descending(Participation(w, n, module))})
		a.warnOfModules(membersOf(module), q)
	}
	if a.circuit != nil {
		orders = append(orders, Order{"nearness to the centre", Ascending(FromCentre(a.circuit.Positions()))})
	}
	if a.Lesions, err = Lesion(a.run.Network, a.few, orders, module, a.Config.Draws, a.Config.Seed); err != nil {
		return err
	}
	for _, c := range a.Lesions.Curves {
		a.set("lesion_area:"+c.Name, c.Area, "")
	}
	loss := math.Inf(-1)
	for _, m := range a.Lesions.Modules {
		loss = math.Max(loss, m.Random-m.Accuracy)
	}
	a.set("lesion_module_loss", loss, "there are no modules")
	return nil
}

func (a *analysis) warnOfModules(all [][]int, q float64) {
	if len(all) > mostModules || len(all[len(all)-1]) < 2 {
		a.warn("lesions: |W| falls into %d modules; single units and all but the %d largest are not removed as such", len(all), mostModules)
	}
	if q < 0.05 {
		a.warn("lesions: the modules of |W| are weak (Q = %.3f): removing one is nearly a random removal", q)
	}
}

func (a *analysis) disturbances() (err error) {
	var distances []float64
	if a.circuit != nil {
		distances = a.circuit.Distances()
	}
	a.Disturbed, err = Disturb(a.run.Network, a.clean, a.few, distances, a.Config.Draws, a.Config.Seed)
	for _, c := range a.Disturbed {
		a.set("robustness:"+c.Name, c.Area, "")
	}
	return err
}

// Keys returns the keys of the values that are there: in the order of the definitions,
// those of a family by name.
func (r *Result) Keys() []string {
	var out []string
	for _, d := range definitions {
		var found []string
		for k := range r.Values {
			if k == d.Key || strings.HasSuffix(d.Key, ":") && strings.HasPrefix(k, d.Key) {
				found = append(found, k)
			}
		}
		slices.Sort(found)
		out = append(out, found...)
	}
	return out
}
