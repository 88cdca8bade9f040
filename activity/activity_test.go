package activity

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

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
