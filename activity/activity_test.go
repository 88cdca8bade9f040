package activity

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/experiment"
	"biornn/functional"
	"biornn/graph"
	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// synthetic makes states by hand: at(trial, step, unit) of two crossed variables.
func synthetic(trials, steps, units int, at func(a, b, step, unit int, noise float64) float64) *States {
	s := &States{Trials: trials, Steps: steps, Neurons: units, H: make([]float32, trials*steps*units),
		Periods: []task.Period{{Name: "trial", Start: 0, End: steps}}}
	a := Variable{Name: "a", Levels: []string{"0", "1"}, Of: make([]int, trials), Factor: true}
	b := Variable{Name: "b", Levels: []string{"0", "1", "2"}, Of: make([]int, trials), Factor: true}
	for trial := range trials {
		draw := rng.New(7, "test/states", uint64(trial))
		a.Of[trial], b.Of[trial] = draw.IntN(2), draw.IntN(3)
		for t := range steps {
			for u := range units {
				s.at(trial, t)[u] = float32(at(a.Of[trial], b.Of[trial], t, u, draw.Norm()))
			}
		}
	}
	s.Variables = []Variable{a, b}
	return s
}

// Units that carry one variable, both, their product, nothing, and one that is off.
func TestSelectivity(t *testing.T) {
	s := synthetic(300, 4, 6, func(a, b, step, unit int, noise float64) float64 {
		x, y := float64(a), float64(b)
		on := float64(step / 2) // in the second half alone
		return []float64{on*x + 0.3*noise, on*y + 0.3*noise, on*(x+y) + 0.3*noise, on*x*y + 0.3*noise, noise, 2}[unit]
	})
	got := Select(s, 2, 0.01, 0.05)
	if want := []string{Pure, Pure, Linear, Nonlinear, Unselective, Silent}; !slices.Equal(got.Class, want) {
		t.Errorf("classes: got %v, want %v", got.Class, want)
	}
	if want := []string{"a", "b", interaction}; !slices.Equal(got.Effects, want) {
		t.Fatalf("effects: got %v, want %v", got.Effects, want)
	}
	for k := range got.Effects {
		if share := got.Selective(k); share[0] != 0 || share[1] == 0 {
			t.Errorf("%s: selective units in the bins: %v, want none in the first", got.Effects[k], share)
		}
	}
	// Var(x) = ¼ and a mean of two noises of 0.3: ω² = 0.25/(0.25 + 0.045).
	if e := got.Of[1][0][0]; math.Abs(e.Omega2-0.25/0.295) > 0.03 {
		t.Errorf("ω² of a unit for a: got %.3f, want %.3f", e.Omega2, 0.25/0.295)
	}
	if e := got.Of[1][0][0]; math.Abs(e.Index-1) > 0.1 {
		t.Errorf("index of a unit that is 0 or 1: got %.3f, want 1", e.Index)
	}
}

// The analysis of variance of one factor, by hand: groups (1 2 3), (2 3 4), (5 6 7) have
// F = 13 with 2 and 6 degrees of freedom, P = 0.006591796875 exactly ((6/(6 + 2·13))³).
func TestVarianceByHand(t *testing.T) {
	v := Variable{Name: "g", Levels: []string{"a", "b", "c"}, Of: []int{0, 0, 0, 1, 1, 1, 2, 2, 2}, Factor: true}
	e := newDesign([]Variable{v}).analyse([]float64{1, 2, 3, 2, 3, 4, 5, 6, 7}, 1)[0][0]
	near(t, "F", e.F, 13)
	near(t, "P", e.P, 0.006591796875)
	near(t, "ω²", e.Omega2, (26.0-2)/(32+1))
}

// In an unbalanced design a factor counts only beyond the other one: b follows a here,
// and only a acts.
func TestSharedVariance(t *testing.T) {
	a := Variable{Name: "a", Levels: []string{"0", "1"}, Factor: true}
	b := Variable{Name: "b", Levels: []string{"0", "1"}, Factor: true}
	var x []float64
	s := rng.New(3, "test/shared")
	for i := range 400 {
		level := i % 2
		other := level
		if i%10 < 2 {
			other = 1 - level
		}
		a.Of, b.Of = append(a.Of, level), append(b.Of, other)
		x = append(x, float64(level)+0.5*s.Norm())
	}
	e := newDesign([]Variable{a, b}).analyse(x, 1)[0]
	if e[0].P > 1e-10 || e[1].P < 0.01 {
		t.Errorf("p: a %.2g, b %.2g; want a alone to count", e[0].P, e[1].P)
	}
}

func TestFactors(t *testing.T) {
	for name, want := range map[string][]string{
		"one-step-inference": {"goal", "options"}, "go-nogo": {"go"}, "perceptual-decision": {"coherence_percent", "direction"},
	} {
		s := record(t, name, network(t, name, 20, "relu"), 64, 0)
		var got []string
		for _, f := range s.factors() {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: factors %v, want %v", name, got, want)
		}
	}
}

// network returns a network with random weights that fits a task.
func network(t testing.TB, name string, neurons int, activation string) *rnn.Network {
	t.Helper()
	info := describe(t, name).Info()
	w := make([]float32, neurons*neurons)
	s := rng.New(5, "test/network")
	for i := range w {
		w[i] = float32(0.9 * s.Norm() / math.Sqrt(float64(neurons)))
	}
	cfg := rnn.DefaultConfig()
	cfg.Activation = activation
	net, err := rnn.New(cfg, w, nil, len(info.Inputs), len(info.Outputs), 3)
	if err != nil {
		t.Fatal(err)
	}
	for i := range net.B {
		net.B[i] = float32(0.1 * s.Norm())
	}
	return net
}

func describe(t testing.TB, name string) task.Task {
	t.Helper()
	cfg, err := task.DefaultConfig(name)
	if err != nil {
		t.Fatal(err)
	}
	out, err := task.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func trialsOf(t testing.TB, name string, trials int) *task.Dataset {
	t.Helper()
	set, err := task.Generate(describe(t, name), 1, "test", trials)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func record(t testing.TB, name string, net *rnn.Network, trials int, noise float64) *States {
	t.Helper()
	s, err := Record(net, describe(t, name).Info(), trialsOf(t, name, trials), noise, 1)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRecordBatches(t *testing.T) {
	net := network(t, "go-nogo", 12, "tanh")
	all, few := record(t, "go-nogo", net, batchTrials+20, 0.1), record(t, "go-nogo", net, 30, 0.1)
	if !slices.Equal(all.H[:len(few.H)], few.H) || !slices.Equal(all.Choice[:30], few.Choice) {
		t.Error("the states of a trial depend on how many trials are recorded")
	}
	if slices.Equal(few.H, record(t, "go-nogo", net, 30, 0).H) {
		t.Error("noise changes nothing")
	}
}

func TestDecoding(t *testing.T) {
	s := synthetic(240, 6, 5, func(a, b, step, unit int, noise float64) float64 {
		signal := 0.0
		if unit == 0 && step >= 2 && step < 4 {
			signal = 4 * float64(a) // one code …
		}
		if unit == 1 && step >= 4 {
			signal = 4 * float64(a) // … and then another
		}
		return signal + noise
	})
	cfg := DefaultConfig()
	cfg.Trials, cfg.Bins, cfg.Shuffles = 240, 6, 60
	all, err := Decode(s, cfg)
	if err != nil {
		t.Fatal(err)
	}
	a, b := all[0], all[1]
	for bin, v := range a.Accuracy {
		chance := bin < 2
		if chance && math.Abs(v-0.5) > 0.12 || !chance && v < 0.93 {
			t.Errorf("a in bin %d: accuracy %.3f", bin, v)
		}
		if !(a.NullLow[bin] < 0.5 && a.NullHigh[bin] > 0.5 && math.Abs(a.NullMean[bin]-0.5) < 0.03) {
			t.Errorf("null in bin %d: %.3f … %.3f, mean %.3f; want chance", bin, a.NullLow[bin], a.NullHigh[bin], a.NullMean[bin])
		}
	}
	if a.Cross[2][3] < 0.93 || math.Abs(a.Cross[2][5]-0.5) > 0.12 {
		t.Errorf("across time: same code %.3f, other code %.3f", a.Cross[2][3], a.Cross[2][5])
	}
	if a.P > 0.02 || b.P < 0.02 || math.Abs(b.Peak-1.0/3) > 0.15 {
		t.Errorf("p of a %.3f, of b %.3f with a peak of %.3f: b is nowhere", a.P, b.P, b.Peak)
	}
	if v := a.Stability(); !(v > 0.2 && v < 0.5) { // of 12 pairs of different bins, 4 share a code
		t.Errorf("stability: got %.3f, want about a third", v)
	}
}

// The cross-validation in closed form is that of decoders trained without the fold.
func TestDecodingIsCrossValidated(t *testing.T) {
	s := synthetic(60, 1, 4, func(a, _, _, unit int, noise float64) float64 { return float64(a*unit)*0.5 + noise })
	cfg := DefaultConfig()
	cfg.Trials, cfg.Folds, cfg.Shuffles = 60, 3, 1
	d := newDecoder(s, cfg)
	x, mean := d.centred(0)
	const lambda, constant = 0.7, 50.0
	inverse, err := d.inverse(x, lambda, constant)
	if err != nil {
		t.Fatal(err)
	}
	full := mat.DenseCopyOf(inverse)
	var dual mat.Dense
	dual.Mul(full, d.targets)
	blocks, err := d.blocks(inverse)
	if err != nil {
		t.Fatal(err)
	}
	fitted := make([]float64, d.trials*d.columns)
	for f, fold := range d.folds {
		held := d.heldOut(f, &dual, blocks[f])
		d.fit(fold, held, fitted)
		w := d.foldWeights(f, x, mean, full, &dual, held, constant)
		want := trainedWithout(d, x, fold, lambda, constant)
		for k := fold[0]; k < fold[1]; k++ {
			for c := range d.columns {
				near(t, "output for a trial left out", fitted[k*d.columns+c], want.At(k, c))
				direct := float64(w[d.units*d.columns+c])
				for u := range d.units {
					direct += float64(w[u*d.columns+c]) * d.exact[0][k*d.units+u]
				}
				if math.Abs(direct-want.At(k, c)) > 1e-4 {
					t.Errorf("output by the weights of a fold: got %g, want %g", direct, want.At(k, c))
				}
			}
		}
	}
}

// trainedWithout solves the ridge regression on the trials outside a fold directly and
// returns its outputs for all trials.
func trainedWithout(d *decoder, x *mat.Dense, fold [2]int, lambda, constant float64) *mat.Dense {
	p := d.units + 1
	normal, right := mat.NewDense(p, p, nil), mat.NewDense(p, d.columns, nil)
	row := func(k int) []float64 { return append(slices.Clone(x.RawRowView(k)), math.Sqrt(constant)) }
	for k := range d.trials {
		if k >= fold[0] && k < fold[1] {
			continue
		}
		r := row(k)
		for i := range p {
			for j := range p {
				normal.Set(i, j, normal.At(i, j)+r[i]*r[j])
			}
			for c := range d.columns {
				right.Set(i, c, right.At(i, c)+r[i]*d.targets.At(k, c))
			}
		}
	}
	for i := range p {
		normal.Set(i, i, normal.At(i, i)+lambda)
	}
	var w mat.Dense
	if err := w.Solve(normal, right); err != nil {
		panic(err)
	}
	out := mat.NewDense(d.trials, d.columns, nil)
	for k := range d.trials {
		for c := range d.columns {
			for i, v := range row(k) {
				out.Set(k, c, out.At(k, c)+v*w.At(i, c))
			}
		}
	}
	return out
}

func TestDimensions(t *testing.T) {
	s := rng.New(1, "test/dimensions")
	x := mat.NewDense(4000, 6, nil)
	for i := range 4000 {
		a, b := s.Norm(), s.Norm()
		x.SetRow(i, []float64{a + b, a - b, 0, 0, 1, 0}) // two directions of equal variance
	}
	d, err := PrincipalComponents(x)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(d.Participation-2) > 0.01 || d.N90 != 2 {
		t.Errorf("participation ratio %.3f, %d components; want 2 and 2", d.Participation, d.N90)
	}
	if d, err := PrincipalComponents(mat.NewDense(5, 3, nil)); err != nil || !math.IsNaN(d.Participation) {
		t.Errorf("constant states: participation ratio %g, %v; want NaN", d.Participation, err)
	}
}

func TestCKAInvariance(t *testing.T) {
	s := rng.New(2, "test/cka")
	x, y := mat.NewDense(50, 4, nil), mat.NewDense(50, 3, nil)
	for i := range 50 {
		for j := range 4 {
			x.Set(i, j, s.Norm())
		}
		for j := range 3 {
			y.Set(i, j, x.At(i, j)+s.Norm())
		}
	}
	before, err := LinearCKA(x, y)
	if err != nil {
		t.Fatal(err)
	}
	sin, cos := math.Sincos(0.7)
	turn := mat.NewDense(4, 4, []float64{cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0})
	var moved mat.Dense
	moved.Mul(x, turn)
	moved.Scale(3, &moved)
	for i := range 50 {
		moved.Set(i, 2, moved.At(i, 2)+10)
	}
	after, err := LinearCKA(&moved, y)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CKA after rotation, scaling and shift", after, before)
	same, err := LinearCKA(x, &moved)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "CKA of a rotation with the original", same, 1)
	if _, err := LinearCKA(x, mat.NewDense(49, 3, nil)); err == nil {
		t.Error("features of other samples were accepted")
	}
}

// Relabelled units agree no better than chance; the same matrix agrees best.
func TestAlignment(t *testing.T) {
	s := rng.New(4, "test/align")
	const n = 40
	x, positions := mat.NewDense(60, n, nil), make([][3]float64, n)
	for i := range 60 {
		common := s.Norm()
		for j := range n {
			x.Set(i, j, s.Norm()+common*float64(j)/n)
		}
	}
	for j := range positions {
		positions[j] = [3]float64{float64(j), 0, 0}
	}
	c := correlationOf(covariance(x))
	got, _, err := AlignMatrices(c, c, nil, 200, 1, "test/relabel")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range got {
		near(t, a.Measure+" of a matrix with itself", a.Value, 1)
		if a.P > 1.0/200 || a.NullHigh > 0.999 {
			t.Errorf("%s: p %.3f, null up to %.3f", a.Measure, a.P, a.NullHigh)
		}
	}
	local, _, err := AlignMatrices(c, c, Neighbourhoods(positions, 5), 200, 1, "test/relabel")
	if err != nil {
		t.Fatal(err)
	}
	if local[0].NullMean < got[0].NullMean+0.1 {
		t.Errorf("similarity depends on place, but nulls within neighbourhoods agree %.3f, all %.3f", local[0].NullMean, got[0].NullMean)
	}
	off := mat.DenseCopyOf(c)
	for j := range n {
		off.Set(3, j, math.NaN())
		off.Set(j, 3, math.NaN())
	}
	if _, left, err := AlignMatrices(off, c, nil, 5, 1, "test"); err != nil || left != 1 {
		t.Errorf("a unit that never varies: %d left out, %v; want 1", left, err)
	}
	if _, _, err := AlignMatrices(c, mat.NewDense(3, 3, nil), nil, 5, 1, "test"); err == nil {
		t.Error("matrices of different size were accepted")
	}
}

func TestBins(t *testing.T) {
	s := &States{Steps: 41, Periods: []task.Period{{Name: "fixation", Start: 0, End: 1}, {Name: "stimulus", Start: 1, End: 31}, {Name: "delay", Start: 31, End: 40}}}
	at := 0
	for _, b := range s.binsOf(10) {
		if b.Start != at || b.End <= b.Start || b.End-b.Start > 5 {
			t.Errorf("bin %+v, want one from step %d on of at most 5 steps", b, at)
		}
		if first, last := s.periodAt(b.Start), s.periodAt(b.End-1); first != b.Period || last != b.Period {
			t.Errorf("bin %+v reaches from %q to %q", b, first, last)
		}
		at = b.End
	}
	if at != 41 {
		t.Errorf("the bins end at step %d, want 41", at)
	}
}

func TestNeighbourhoods(t *testing.T) {
	s := rng.New(4, "test/places")
	p := make([][3]float64, 100)
	for i := range p {
		p[i] = [3]float64{s.Float64(), s.Float64(), 10 * s.Float64()}
	}
	count := map[int]int{}
	for _, g := range Neighbourhoods(p, 8) {
		count[g]++
	}
	for g, n := range count {
		if n > 8 || n < 4 {
			t.Errorf("group %d has %d units", g, n)
		}
	}
}

// Weights that follow the synapses are found, weights that do not are not, and weights
// that merely decay with distance as the synapses do are not once lengths are kept.
func TestSynapses(t *testing.T) {
	const n = 60
	s := rng.New(9, "test/synapses")
	var edges []graph.Edge
	distances, near := make([]float64, n*n), make([]float64, n*n)
	for i := range n * n {
		post, pre := i/n, i%n
		distances[i] = math.Abs(float64(post - pre))
		near[i] = math.Exp(-distances[i]/10) + 0.1*s.Float64()
		if post != pre && s.Float64() < 0.4*math.Exp(-distances[i]/10) {
			edges = append(edges, graph.Edge{Pre: pre, Post: post, Weight: float64(1 + s.IntN(4))})
		}
	}
	g, err := graph.FromEdges(n, edges)
	if err != nil {
		t.Fatal(err)
	}
	follow := make([]float64, n*n)
	for i := range follow {
		follow[i] = 0.5 * s.Norm()
	}
	for _, e := range edges {
		follow[e.Post*n+e.Pre] = -2 * e.Weight
	}
	for name, c := range map[string]struct {
		w       []float64
		free    bool // found against equal degrees
		lengths bool // and against equal lengths
	}{"follow": {follow, true, true}, "near": {near, true, false}, "unrelated": {noise(n*n, s), false, false}} {
		free, err := AlignSynapses(c.w, g, nil, 60, 1)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := AlignSynapses(c.w, g, distances, 60, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got := free[2].P < 0.05; got != c.free {
			t.Errorf("%s: AUC %.3f, p %.3f against equal degrees", name, free[2].Value, free[2].P)
		}
		if got := kept[2].P < 0.05; got != c.lengths {
			t.Errorf("%s: AUC %.3f, p %.3f against equal degrees and lengths", name, kept[2].Value, kept[2].P)
		}
		if name == "follow" && (free[2].Value < 0.95 || free[1].Value < 0.999) {
			t.Errorf("AUC %.3f, correlation of connected pairs %.3f", free[2].Value, free[1].Value)
		}
	}
	if _, err := AlignSynapses(follow[1:], g, nil, 1, 1); err == nil {
		t.Error("a weight too few was accepted")
	}
}

func noise(n int, s *rng.Stream) []float64 {
	out := make([]float64, n)
	s.FillNorm(out)
	return out
}

// A whole analysis, twice, gives the same; a circuit of another size is an error.
func TestAnalyse(t *testing.T) {
	c, err := circuit.Synthetic(circuit.SyntheticConfig{})
	if err == nil {
		t.Fatal("an empty configuration made a circuit")
	}
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = 30
	if c, err = circuit.Synthetic(cfg); err != nil {
		t.Fatal(err)
	}
	if c, err = functional.Fill(c, functional.DefaultConfig("corrected")); err != nil {
		t.Fatal(err)
	}
	spec, err := experiment.New("corrected", "W", "one-step-inference", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	spec.Train.Epochs = 3
	run, err := experiment.Execute(t.Context(), spec, c, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	how := DefaultConfig()
	how.Trials, how.Shuffles, how.Permutations, how.Draws, how.Starts = 96, 10, 20, 2, 3
	first, err := Analyse(run, c, how)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Analyse(run, c, how)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(first.Values, first.Warnings, first.Summary()), fmt.Sprint(second.Values, second.Warnings, second.Summary()); a != b {
		t.Errorf("two analyses differ:\n%s\n%s", a, b)
	}
	if got := len(first.Keys()); got != len(first.Values) {
		t.Errorf("%d of %d values have a definition", got, len(first.Values))
	}
	for _, key := range []string{"accuracy", "units_nonlinear", "decoding_peak:goal", "participation_ratio", "fixed_points", "lesion_area:strength",
		"robustness:longest weights pruned", "alignment_cka", "alignment_before:pearson", "synapse_auc"} {
		if _, ok := first.Values[key]; !ok {
			t.Errorf("there is no %s; warnings: %v", key, first.Warnings)
		}
	}
	for _, s := range first.Summary() {
		for _, line := range s.Lines {
			if n := len([]rune(line)); n > 76 {
				t.Errorf("%s: %d columns: %s", s.Title, n, line)
			}
		}
	}
	if err := first.WriteTables(t.TempDir()); err != nil {
		t.Error(err)
	}
	cfg.Neurons = 31
	other, err := circuit.Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Analyse(run, other, how); err == nil {
		t.Error("a circuit of another size was accepted")
	}
	if _, err := Analyse(run, nil, Config{}); err == nil {
		t.Error("an empty configuration was accepted")
	}
}
