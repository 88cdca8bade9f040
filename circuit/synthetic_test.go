package circuit

import (
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

func synthetic(t testing.TB, change func(*SyntheticConfig)) *Circuit {
	t.Helper()
	cfg := DefaultSyntheticConfig()
	change(&cfg)
	c, err := Synthetic(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// correlate fills Correlation with Pearson's r on 200 ms bins.
func correlate(c *Circuit, durationS float64) {
	n := c.N()
	bins := make([][]float64, n)
	for i, train := range c.Events {
		bins[i] = make([]float64, int(durationS/0.2)+1)
		for _, x := range train {
			bins[i][int(x/0.2)]++
		}
	}
	c.Correlation = mat.NewDense(n, n, nil)
	for i := range n {
		for j := range i + 1 {
			r := stat.Correlation(bins[i], bins[j], nil)
			c.Correlation.Set(i, j, r)
			c.Correlation.Set(j, i, r)
		}
	}
}

func TestSyntheticIsLikeToLike(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		c := synthetic(t, func(cfg *SyntheticConfig) { cfg.Seed = seed })
		correlate(c, DefaultSyntheticConfig().DurationS)
		s := c.Summary()
		d, r := s.LikeToLike[0], s.LikeToLike[1]
		if !(d.Connected < 0.6*d.Unconnected) || d.P > 0.005 {
			t.Errorf("seed %d: distance: %+v", seed, d)
		}
		if !(r.Connected > 1.4*r.Unconnected) || r.P > 0.005 {
			t.Errorf("seed %d: correlation: %+v", seed, r)
		}
		if r.All < 0.01 || r.All > 0.04 {
			t.Errorf("seed %d: mean correlation %g, want about .02 as in the fields", seed, float64(r.All))
		}
		if s.Reciprocity < 2*s.Density {
			t.Errorf("seed %d: reciprocity %g at density %g", seed, float64(s.Reciprocity), float64(s.Density))
		}
		if s.Events.RateHz.Mean < 0.3 || s.Events.RateHz.Mean > 0.45 {
			t.Errorf("seed %d: mean rate %g Hz, want about .37", seed, float64(s.Events.RateHz.Mean))
		}
	}
}

func TestSyntheticStatistics(t *testing.T) {
	c := synthetic(t, func(cfg *SyntheticConfig) { cfg.Neurons, cfg.DurationS = 2000, 10 })
	shares, total := map[string]int{}, 0
	for _, u := range c.Neurons {
		shares[u.Type]++
	}
	for _, k := range cellClasses {
		total += k.count
	}
	for _, k := range cellClasses {
		want := 2000 * float64(k.count) / float64(total)
		if math.Abs(float64(shares[k.name])-want) > 1.01 {
			t.Errorf("%s: %d of 2000, want %.1f", k.name, shares[k.name], want)
		}
	}
	// Connections with all others of a pair at distance d average to the Gaussian.
	var hit, expected float64
	p := newPatch(func() SyntheticConfig { x := DefaultSyntheticConfig(); x.Neurons = 2000; return x }())
	for i := range p.neurons {
		for j := range p.neurons {
			if i == j {
				continue
			}
			d := distance(p.neurons[i].Position, p.neurons[j].Position) / lengthUM
			expected += peakProbability * math.Exp(-d*d/2)
			if c.Synapses.Weight(i, j) > 0 {
				hit++
			}
		}
	}
	if math.Abs(hit/expected-1) > 0.03 {
		t.Errorf("%g connections, want %g ± 3 %%", hit, expected)
	}
	ones := 0.0
	for _, e := range c.Synapses.Edges() {
		if e.Weight == 1 {
			ones++
		}
	}
	if share := ones / hit; math.Abs(share-0.885) > 0.01 {
		t.Errorf("share of single synapses %g, want .885", share)
	}
}

func TestSyntheticIsAFunctionOfItsConfiguration(t *testing.T) {
	short := func(cfg *SyntheticConfig) { cfg.DurationS = 60 }
	a, b := synthetic(t, short), synthetic(t, short)
	if a.Hash() != b.Hash() {
		t.Error("two calls differ")
	}
	c := synthetic(t, func(cfg *SyntheticConfig) { short(cfg); cfg.Seed = 2 })
	if a.Hash() == c.Hash() {
		t.Error("two seeds agree")
	}
	if !a.Provenance.Synthetic || !strings.Contains(a.Provenance.Origin, "SYNTHETIC") {
		t.Errorf("the provenance hides that it is synthetic: %+v", a.Provenance)
	}
}

func TestSyntheticSizes(t *testing.T) {
	c := synthetic(t, func(cfg *SyntheticConfig) { cfg.Neurons, cfg.DurationS, cfg.Weight = 600, 10, WeightSize })
	var logs []float64
	for _, e := range c.Synapses.Edges() {
		logs = append(logs, math.Log(e.Weight))
	}
	// Pairs of several synapses raise the mean a little.
	if m := stat.Mean(logs, nil); math.Abs(m-5.49) > 0.08 {
		t.Errorf("mean log size %g, want about 5.49", m)
	}
}

func TestSyntheticConfigRefuses(t *testing.T) {
	for _, c := range []struct {
		want   string
		change func(*SyntheticConfig)
	}{
		{"neurons", func(c *SyntheticConfig) { c.Neurons = 1 }},
		{"duration_s", func(c *SyntheticConfig) { c.DurationS = math.NaN() }},
		{"frame_rate_hz", func(c *SyntheticConfig) { c.FrameRateHz = 0 }},
		{"peak_probability", func(c *SyntheticConfig) { c.PeakProbability = 1.5 }},
		{"length_um", func(c *SyntheticConfig) { c.LengthUM = -1 }},
		{"weight", func(c *SyntheticConfig) { c.Weight = "volume" }},
		{"frames", func(c *SyntheticConfig) { c.DurationS = 0.01 }},
	} {
		cfg := DefaultSyntheticConfig()
		c.change(&cfg)
		if _, err := Synthetic(cfg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want an error with %q, got %v", c.want, err)
		}
	}
}

func TestSyntheticLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("12,000 neurons take seconds")
	}
	start := time.Now()
	c := synthetic(t, func(cfg *SyntheticConfig) { cfg.Neurons, cfg.DurationS = 12_000, 120 })
	t.Logf("12,000 neurons, %d connected pairs: %v", c.Synapses.Len(), time.Since(start))
	if deg := float64(c.Synapses.Len()) / 12_000; deg < 50 || deg > 200 {
		t.Errorf("mean degree %g", deg)
	}
}

func BenchmarkSynthetic(b *testing.B) {
	for b.Loop() {
		if _, err := Synthetic(DefaultSyntheticConfig()); err != nil {
			b.Fatal(err)
		}
	}
}
