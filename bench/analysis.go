package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"biornn/circuit"
	"biornn/experiment"
	"biornn/functional"
	"biornn/graph"
	"biornn/internal/npy"
	"biornn/internal/rng"
	"biornn/microns"
	"biornn/study"
	"biornn/sweep"
	"biornn/task"
)

func timed(f func() error) float64 {
	begun := time.Now()
	if err := f(); err != nil {
		return math.Inf(1)
	}
	return time.Since(begun).Seconds()
}

// measuredNeurons is the size of the published networks.
const measuredNeurons = 312

// nulls compares 1,000 random graphs with clustering and efficiency at N = 312.
func (b *bench) nulls() error {
	s := rng.New(1, "bench/nulls")
	var pairs [][2]int
	a := make([]float32, measuredNeurons*measuredNeurons)
	for i := range measuredNeurons {
		for j := range i {
			if s.Float64() < 0.18 {
				pairs = append(pairs, [2]int{i, j})
				a[i*measuredNeurons+j], a[j*measuredNeurons+i] = 1, 1
			}
		}
	}
	g, err := graph.NewUndirected(measuredNeurons, pairs)
	if err != nil {
		return err
	}
	if err := b.write("graph", []int{measuredNeurons, measuredNeurons}, a); err != nil {
		return err
	}
	peers, err := b.prepared("nulls", map[string]any{"few": 3}, []string{"graph", "networkx"}, []string{"graph", "bctpy"}, []string{"graph", "igraph"})
	if err != nil {
		return err
	}
	defer stopAll(peers)
	agreement := map[string]string{}
	for _, p := range peers {
		worst := 0.0
		for name, ours := range map[string]float64{"clustering": g.MeanClustering(), "efficiency": g.Efficiency()} {
			theirs, err := b.read(p.name + "_" + name)
			if err != nil {
				return err
			}
			worst = math.Max(worst, math.Abs(theirs[0]-ours))
		}
		if worst > 1e-9 {
			return fmt.Errorf("nulls: %s differs by %g", p.name, worst)
		}
		agreement[p.name] = fmt.Sprintf("%.0e", worst)
	}
	seed := uint64(0)
	one := func() error {
		seed++
		graph.PublishedNulls(measuredNeurons, 1000, seed)
		return nil
	}
	return b.compare("1,000 null graphs, clustering and efficiency, N = 312", one, peers, agreement, "peers: 3 graphs, in proportion", b.options.repeat)
}

// trains returns event times: of the circuit where it has some, else random ones of the
// rate of the published recordings.
func (b *bench) trains() (trains [][]float64, stop float64, where string, err error) {
	if b.options.circuit != "" {
		c, err := load(b.options.circuit)
		if err != nil {
			return nil, 0, "", err
		}
		if c.Events != nil {
			for _, t := range c.Events {
				if len(t) > 0 {
					trains = append(trains, t)
					stop = math.Max(stop, t[len(t)-1])
				}
			}
			return trains, stop, "events of " + c.Name, nil
		}
	}
	s := rng.New(2, "bench/trains")
	stop = 4000
	for range measuredNeurons {
		var t []float64
		for x := s.Exp() * 1.6; x < stop; x += s.Exp() * 1.6 {
			t = append(t, x)
		}
		trains = append(trains, t)
	}
	return trains, stop, "random events, 2,500 a neuron", nil
}

// sttc compares the spike time tiling coefficients of all pairs.
func (b *bench) sttc() error {
	trains, stop, where, err := b.trains()
	if err != nil {
		return err
	}
	const dt = 0.1
	var times []float64
	starts := []float64{0}
	for _, t := range trains {
		times = append(times, t...)
		starts = append(starts, float64(len(times)))
	}
	for name, x := range map[string][]float64{"times": times, "starts": starts} {
		if err := b.put(name, npy.New(x, len(x))); err != nil {
			return err
		}
	}
	peers, err := b.prepared("sttc", map[string]any{"dt": dt, "stop": stop, "pairs": 8}, []string{"elephant"})
	if err != nil {
		return err
	}
	defer stopAll(peers)
	m, err := functional.STTCMatrix(trains, dt, 0, stop)
	if err != nil {
		return err
	}
	values, err := b.read("elephant_sttc")
	if err != nil {
		return err
	}
	pairs, err := b.read("elephant_pairs")
	if err != nil {
		return err
	}
	worst := 0.0
	for k, v := range values {
		worst = math.Max(worst, math.Abs(v-m.At(int(pairs[2*k]), int(pairs[2*k+1]))))
	}
	if worst > 1e-9 {
		return fmt.Errorf("sttc: elephant differs by %g", worst)
	}
	one := func() error {
		_, err := functional.STTCMatrix(trains, dt, 0, stop)
		return err
	}
	work := fmt.Sprintf("STTC of all pairs, N = %d (%s)", len(trains), where)
	return b.compare(work, one, peers, map[string]string{"elephant": fmt.Sprintf("%.0e", worst)}, "peer: 8 pairs, in proportion", b.options.repeat)
}

func load(path string) (*circuit.Circuit, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("circuit %s does not exist", path)
	}
	if err == nil && info.IsDir() {
		return microns.LoadField(path, microns.Paper)
	}
	return circuit.Read(path)
}

// wholeRun compares one run of the published experiment, measures included, on all
// cores: as many runs at once as there are threads on our side, time a run.
func (b *bench) wholeRun() error {
	c, err := circuit.Synthetic(circuit.DefaultSyntheticConfig())
	if b.options.circuit != "" {
		c, err = load(b.options.circuit)
	}
	if err != nil {
		return err
	}
	spec, err := experiment.New("paper", "WD*C", "go-nogo", c, 1)
	if err != nil {
		return err
	}
	spec.Constraint.Epsilon = epsilon
	if err := b.leaveRun(spec, c); err != nil {
		return err
	}
	peers, err := b.prepared("run", map[string]any{"epsilon": epsilon}, []string{"keras", "keras-xla"}, []string{"keras", "keras"})
	if err != nil {
		return err
	}
	defer stopAll(peers)
	threads := max(1, b.options.threads)
	all := func() error {
		jobs := make([]sweep.Job, threads)
		for i := range jobs {
			jobs[i] = sweep.Job{Name: fmt.Sprint(i), Size: 1, Do: func(ctx context.Context, step func()) error {
				run, err := experiment.Execute(ctx, spec, c, experiment.Options{})
				if err != nil {
					return err
				}
				cfg := study.DefaultConfig().Analysis
				cfg.Seed += uint64(time.Now().UnixNano()) // no ensemble of nulls is shared between runs
				_, err = study.Measure(run, c, cfg)
				return err
			}}
		}
		return sweep.Run(b.ctx, jobs, threads, nil)
	}
	before := len(b.rows)
	work := fmt.Sprintf("whole run, N = %d, 400 updates and all measures", c.N())
	if err := b.compare(work, all, peers, map[string]string{}, "peer: nulls 20 graphs, in proportion", 1); err != nil {
		return err
	}
	for i := before; i < len(b.rows); i++ {
		b.rows[i].ours /= float64(threads)
		b.rows[i].ratio *= float64(threads)
	}
	return nil
}

// leaveRun writes the trials and initial weights of a run.
func (b *bench) leaveRun(spec experiment.Spec, c *circuit.Circuit) error {
	t, err := task.New(spec.Task)
	if err != nil {
		return err
	}
	for prefix, split := range map[string]struct {
		name   string
		trials int
	}{"": {"train", spec.Train.TrainTrials}, "v": {"validation", spec.Train.ValTrials}} {
		d, err := task.Generate(t, spec.Seed, split.name, split.trials)
		if err != nil {
			return err
		}
		labels := make([]float32, d.Trials)
		for i := range labels {
			labels[i] = float32(d.Label[(i+1)*d.Steps-1])
		}
		if err := b.put(prefix+"x", npy.New(d.Input, d.Trials, d.Steps, d.Inputs)); err != nil {
			return err
		}
		if err := b.put(prefix+"y", npy.New(labels, len(labels))); err != nil {
			return err
		}
	}
	p, err := newProblem(c.N(), "none", "")
	if err != nil {
		return err
	}
	if err := b.put("w", npy.New(p.net.W, p.n, p.n)); err != nil {
		return err
	}
	return b.put("price", npy.New(p.price, p.n, p.n))
}
