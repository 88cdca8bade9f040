package train

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// free is no constraint at all.
type free struct{}

func (free) Penalty(_, _ []float32) (float64, error) { return 0, nil }
func (free) Project([]float32)                       {}

// ridge is ½k Σw², with a value that can be made bad at will.
type ridge struct {
	k   float32
	bad float64
}

func (r ridge) Penalty(w, grad []float32) (float64, error) {
	sum := 0.0
	for i, x := range w {
		grad[i] += r.k * x
		sum += float64(r.k) * float64(x) * float64(x) / 2
	}
	return sum + r.bad, nil
}
func (ridge) Project([]float32) {}

// parity is a set of short trials whose class is the sign of the first input's sum.
func parity(trials int, seed uint64, everyStep bool) *task.Dataset {
	const steps = 6
	d := &task.Dataset{Trials: trials, Steps: steps, Inputs: 2, Outputs: 2,
		Input: make([]float32, trials*steps*2), Label: make([]int32, trials*steps),
		Weight: make([]float32, trials*steps), Length: make([]int32, trials)}
	for i := range trials {
		s := rng.New(seed, "train/test", uint64(i))
		length := steps - i%2
		d.Length[i] = int32(length)
		sum := 0.0
		for t := range length {
			x := s.Norm()
			sum += x
			d.Input[(i*steps+t)*2] = float32(x)
			d.Input[(i*steps+t)*2+1] = 1
			if everyStep {
				d.Weight[i*steps+t] = 0.5
			}
		}
		label := int32(0)
		if sum > 0 {
			label = 1
		}
		for t := range steps {
			d.Label[i*steps+t] = label
		}
		d.Weight[i*steps+length-1] = 1
	}
	return d
}

func network(t *testing.T, neurons int, seed uint64) *rnn.Network {
	t.Helper()
	s := rng.New(seed, "train/network")
	w := make([]float32, neurons*neurons)
	for i := range w {
		w[i] = float32(0.8 * s.Norm() / math.Sqrt(float64(neurons)))
	}
	n, err := rnn.New(rnn.DefaultConfig(), w, nil, 2, 2, seed)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func small() Config {
	c := DefaultConfig()
	c.Epochs, c.BatchSize, c.TrainTrials, c.ValTrials, c.TestTrials = 6, 32, 500, 200, 200
	c.LearningRate = 5e-3
	return c
}

func job(t *testing.T, everyStep bool) Job {
	return Job{Network: network(t, 24, 5), Constraint: free{}, Seed: 5,
		Train: parity(500, 1, everyStep), Val: parity(200, 2, everyStep), Test: parity(200, 3, everyStep)}
}

func TestLearns(t *testing.T) {
	for _, opt := range []string{"adam", "sgd", "rmsprop"} {
		for _, loss := range []string{"cross-entropy", "mean-squared-error"} {
			for _, everyStep := range []bool{false, true} {
				cfg := small()
				cfg.Optimiser, cfg.Loss = opt, loss
				if opt == "sgd" {
					cfg.LearningRate, cfg.Momentum = 0.05, 0.9
				}
				res, err := Run(t.Context(), cfg, job(t, everyStep), nil)
				if err != nil || res.Diverged != nil {
					t.Fatalf("%s %s: %v %+v", opt, loss, err, res.Diverged)
				}
				if res.TestAccuracy < 0.85 {
					t.Errorf("%s %s every step %v: test accuracy %.3f", opt, loss, everyStep, res.TestAccuracy)
				}
				if len(res.Curve) != cfg.Epochs || res.Updates != cfg.Updates() {
					t.Errorf("%d epochs, %d updates", len(res.Curve), res.Updates)
				}
			}
		}
	}
}

// TestLossGradient compares the gradient that training uses with differences of
// the loss it reports, through single weights of the read-out and the recurrence.
func TestLossGradient(t *testing.T) {
	for name := range losses {
		cfg := small()
		cfg.Loss, cfg.InputNoise = name, 0
		j := job(t, true)
		j.Network.Activation = "tanh" // smooth: relu's kinks would spoil the differences
		l := newLoop(cfg, j)
		chosen := []int{0, 1, 2, 3, 4, 5, 6}
		value := func() float64 {
			steps := l.fill(l.train, chosen, nil)
			l.pass.Update()
			l.pass.Forward(len(chosen), steps, l.train.scoredAt)
			return l.loss(l.pass, l.train, chosen, false).loss / float64(len(chosen))
		}
		steps := l.fill(l.train, chosen, nil)
		l.pass.Update()
		l.pass.Forward(len(chosen), steps, l.train.scoredAt)
		l.loss(l.pass, l.train, chosen, true)
		l.pass.Backward(len(chosen), steps)
		for _, p := range l.job.Network.Parameters() {
			for _, g := range l.pass.Gradient().Parameters() {
				if g.Name != p.Name {
					continue
				}
				for i := 0; i < len(p.Data); i += 1 + len(p.Data)/7 {
					const h = 1e-2
					old := p.Data[i]
					p.Data[i] = old + h
					up := value()
					p.Data[i] = old - h
					down := value()
					p.Data[i] = old
					want := (up - down) / (2 * h)
					if math.Abs(float64(g.Data[i])-want) > 2e-3*(1+math.Abs(want)) {
						t.Errorf("%s: dL/d%s[%d] = %g, want %g", name, p.Name, i, g.Data[i], want)
					}
				}
			}
		}
	}
}

// TestAdamAsKeras checks three updates of one weight against the formula in float64.
func TestAdamAsKeras(t *testing.T) {
	cfg := DefaultConfig()
	net, grad := network(t, 2, 1), network(t, 2, 1)
	o := newOptimiser(cfg, net)
	theta, m, v := float64(net.W[0]), 0.0, 0.0
	for step, g := range []float64{0.3, -1.5, 2e-5} {
		for _, p := range grad.Parameters() {
			clear(p.Data)
		}
		grad.W[0] = float32(g)
		if bad, ok := o.apply(net, grad, step+1); !ok {
			t.Fatal(bad)
		}
		m = 0.9*m + 0.1*g
		v = 0.999*v + 0.001*g*g
		alpha := 1e-3 * math.Sqrt(1-math.Pow(0.999, float64(step+1))) / (1 - math.Pow(0.9, float64(step+1)))
		theta -= alpha * m / (math.Sqrt(v) + 1e-7)
		if math.Abs(float64(net.W[0])-theta) > 2e-7 {
			t.Errorf("update %d: got %g, want %g", step+1, net.W[0], theta)
		}
	}
}

func TestDivergenceIsAResult(t *testing.T) {
	j := job(t, false)
	j.Constraint = ridge{k: 0, bad: math.NaN()}
	res, err := Run(t.Context(), small(), j, nil)
	if err != nil || res.Diverged == nil || res.Diverged.Update != 1 || !strings.Contains(res.Diverged.Cause, "penalty") {
		t.Errorf("NaN penalty: %v %+v", err, res.Diverged)
	}
	j = job(t, false)
	cfg := small()
	cfg.Optimiser, cfg.LearningRate = "sgd", 1e30
	res, err = Run(t.Context(), cfg, j, nil)
	if err != nil || res.Diverged == nil || res.Diverged.Cause == "" {
		t.Errorf("huge steps: %v %+v", err, res.Diverged)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	run := func() *rnn.Network {
		j := job(t, true)
		cfg := small()
		cfg.Epochs, cfg.Shuffle, cfg.ClipNorm, cfg.Schedule, cfg.WarmUp = 2, true, 1, "cosine", 5
		if _, err := Run(t.Context(), cfg, j, nil); err != nil {
			t.Fatal(err)
		}
		return j.Network
	}
	a, b := run(), run()
	for i, p := range a.Parameters() {
		for k, v := range p.Data {
			if w := b.Parameters()[i].Data[k]; math.Float32bits(v) != math.Float32bits(w) {
				t.Fatalf("%s[%d]: %g and %g", p.Name, k, v, w)
			}
		}
	}
}

func TestPatience(t *testing.T) {
	j := job(t, false)
	j.Constraint = ridge{k: 1e3}
	cfg := small()
	cfg.Epochs, cfg.Patience, cfg.LearningRate = 50, 2, 0.05
	res, err := Run(t.Context(), cfg, j, nil)
	if err != nil || !res.Stopped || len(res.Curve) >= 50 {
		t.Errorf("%v, stopped %v after %d epochs", err, res.Stopped, len(res.Curve))
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Run(ctx, small(), job(t, false), func(update int) {
		if update == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want context.Canceled, got %v", err)
	}
}

func TestSchedules(t *testing.T) {
	cfg := small()
	cfg.WarmUp, cfg.LearningRate = 4, 1
	for schedule, want := range map[string][3]float64{"constant": {0.5, 1, 1}, "linear": {0.5, 1, 0}, "cosine": {0.5, 1, 0}} {
		cfg.Schedule = schedule
		o := newOptimiser(cfg, network(t, 2, 1))
		got := [3]float64{o.rate(2), o.rate(5), o.rate(cfg.Updates())}
		for i := range got {
			if math.Abs(got[i]-want[i]) > 0.02 {
				t.Errorf("%s: rates %v, want %v", schedule, got, want)
			}
		}
	}
}

func TestValidate(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"epochs":        func(c *Config) { c.Epochs = 0 },
		"optimiser":     func(c *Config) { c.Optimiser = "adamw" },
		"input_noise":   func(c *Config) { c.InputNoise = math.NaN() },
		"learning_rate": func(c *Config) { c.LearningRate = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	j := job(t, false)
	j.Test = &task.Dataset{}
	if _, err := Run(t.Context(), small(), j, nil); err == nil || !strings.Contains(err.Error(), "test set") {
		t.Errorf("an empty test set: %v", err)
	}
}
