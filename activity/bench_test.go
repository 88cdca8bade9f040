package activity

import (
	"math"
	"testing"

	"biornn/graph"
	"biornn/internal/rng"
)

// The parts of an analysis of 312 units in 512 trials of 41 or 50 steps, one core.

func benchmarkStates(b *testing.B) (Config, *States) {
	cfg := DefaultConfig()
	return cfg, record(b, "one-step-inference", network(b, "one-step-inference", 312, "relu"), cfg.Trials, cfg.Noise)
}

func BenchmarkRecord(b *testing.B) {
	net := network(b, "one-step-inference", 312, "relu")
	for b.Loop() {
		record(b, "one-step-inference", net, 512, 0.05)
	}
}

func BenchmarkSelect(b *testing.B) {
	cfg, s := benchmarkStates(b)
	for b.Loop() {
		Select(s, cfg.Bins, cfg.Alpha, cfg.Effect)
	}
}

func BenchmarkDecode(b *testing.B) {
	cfg, s := benchmarkStates(b)
	for b.Loop() {
		if _, err := Decode(s, cfg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrincipalComponents(b *testing.B) {
	_, s := benchmarkStates(b)
	for b.Loop() {
		if _, err := spectrumOf(s.covariance()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFixedPoints(b *testing.B) {
	net := network(b, "one-step-inference", 312, "relu")
	cfg, s := DefaultConfig(), record(b, "one-step-inference", net, 512, 0)
	for b.Loop() {
		m, err := NewMap(net)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := FindFixedPoints(m, s, cfg); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLesion(b *testing.B) {
	net, cfg := network(b, "perceptual-decision", 312, "relu"), DefaultConfig()
	set := trialsOf(b, "perceptual-decision", cfg.LesionTrials)
	orders := []Order{{"strength", inOrder(312)}, {"participation", inOrder(312)}, {"centre", inOrder(312)}}
	module := make([]int, 312)
	for i := range module {
		module[i] = i % 5
	}
	for b.Loop() {
		if _, err := Lesion(net, set, orders, module, cfg.Draws, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDisturb(b *testing.B) {
	cfg, net := DefaultConfig(), network(b, "perceptual-decision", 312, "relu")
	s := record(b, "perceptual-decision", net, cfg.Trials, 0)
	set := trialsOf(b, "perceptual-decision", cfg.LesionTrials)
	distances := make([]float64, 312*312)
	for b.Loop() {
		if _, err := Disturb(net, s, set, distances, cfg.Draws, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAlignMatrices(b *testing.B) {
	cfg, s := benchmarkStates(b)
	c := correlationOf(covariance(s.conditionMeans()))
	for b.Loop() {
		if _, _, err := AlignMatrices(c, c, nil, cfg.Permutations, 1, "bench"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAlignSynapses(b *testing.B) {
	const n = 312
	s := rng.New(1, "bench/synapses")
	var edges []graph.Edge
	distances := make([]float64, n*n)
	for i := range n * n {
		distances[i] = math.Abs(float64(i/n - i%n))
		if s.Float64() < 0.03 {
			edges = append(edges, graph.Edge{Pre: i % n, Post: i / n, Weight: 1})
		}
	}
	g, err := graph.FromEdges(n, edges)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := AlignSynapses(noise(n*n, s), g, distances, mostRewired, 1); err != nil {
			b.Fatal(err)
		}
	}
}
