package circuit

import (
	"math"
	"runtime"
	"sync"

	"biornn/graph"
	"biornn/internal/portable"
	"biornn/internal/rng"
)

// patch is a synthetic circuit in the making.
type patch struct {
	cfg     SyntheticConfig
	neurons []Neuron
	loading [][latents]float64 // of each neuron on the latent drives, of length 1
}

func newPatch(cfg SyntheticConfig) *patch {
	p := &patch{cfg: cfg, neurons: make([]Neuron, cfg.Neurons), loading: make([][latents]float64, cfg.Neurons)}
	class := classes(cfg.Neurons, rng.New(cfg.Seed, "circuit/classes"))
	for i := range p.neurons {
		s := rng.New(cfg.Seed, "circuit/neuron", uint64(i))
		k := cellClasses[class[i]]
		depth := math.Inf(1)
		for depth < k.top || depth > k.bottom {
			depth = k.mean + float64(k.sd*s.Norm())
		}
		w := cfg.width()
		p.neurons[i] = Neuron{ID: int64(i + 1), Type: k.name, Sign: 1, Position: [3]float64{w * s.Float64(), depth, w * s.Float64()}}
		p.loading[i] = direction(s)
	}
	return p
}

// classes deals out cell classes in their shares, shuffled. Shares are rounded on
// the running sum, so that small circuits keep the proportions too.
func classes(n int, s *rng.Stream) []int {
	total := 0
	for _, k := range cellClasses {
		total += k.count
	}
	sorted := make([]int, n)
	for i := range sorted {
		at, k := (float64(i)+0.5)/float64(n)*float64(total), 0
		for at -= float64(cellClasses[0].count); at > 0 && k < len(cellClasses)-1; k++ {
			at -= float64(cellClasses[k+1].count)
		}
		sorted[i] = k
	}
	out := make([]int, n)
	for i, j := range s.Perm(n) {
		out[i] = sorted[j]
	}
	return out
}

// direction draws a uniform unit vector.
func direction(s *rng.Stream) (v [latents]float64) {
	norm := 0.0
	for k := range v {
		v[k] = s.Norm()
		norm += float64(v[k] * v[k])
	}
	for k := range v {
		v[k] /= math.Sqrt(norm)
	}
	return v
}

// similarity is the correlation of two neurons' latent drives.
func (p *patch) similarity(i, j int) float64 {
	sum := 0.0
	for k := range latents {
		sum += float64(p.loading[i][k] * p.loading[j][k])
	}
	return sum
}

// meanTilt is the mean of exp(β·s) over random pairs of directions: s² is small on
// average (1/latents), and the integral over the sphere is summed directly.
func meanTilt(beta float64) float64 {
	const steps = 2000
	var sum, weight float64
	for q := range steps {
		s := -1 + 2*(float64(q)+0.5)/steps
		density := portable.Exp((latents - 3) / 2.0 * portable.Log(1-float64(s*s)))
		sum += density * portable.Exp(beta*s)
		weight += density
	}
	return sum / weight
}

// connect draws the connections of every pre from its own stream.
func (p *patch) connect() (*graph.Digraph, error) {
	rows := make([][]graph.Edge, len(p.neurons))
	peak := p.cfg.PeakProbability / meanTilt(p.cfg.LikeToLike)
	p.parallel(func(pre int) { rows[pre] = p.outputs(pre, peak) })
	var edges []graph.Edge
	for _, r := range rows {
		edges = append(edges, r...)
	}
	return graph.FromEdges(len(p.neurons), edges)
}

func (p *patch) outputs(pre int, peak float64) []graph.Edge {
	s := rng.New(p.cfg.Seed, "circuit/synapses", uint64(pre))
	most := peak * portable.Exp(p.cfg.LikeToLike)
	var out []graph.Edge
	for post := range p.neurons {
		u := s.Float64()
		if post == pre || u >= most {
			continue
		}
		d := distance(p.neurons[pre].Position, p.neurons[post].Position) / p.cfg.LengthUM
		exponent := float64(p.cfg.LikeToLike*p.similarity(pre, post)) - float64(d*d)/2
		if u < peak*portable.Exp(exponent) {
			out = append(out, graph.Edge{Pre: pre, Post: post})
		}
	}
	for k := range out {
		out[k].Weight = p.weight(s)
	}
	return out
}

// weight draws the synapses of one connected pair.
func (p *patch) weight(s *rng.Stream) float64 {
	n := 1
	for s.Float64() < oneMoreSynapse {
		n++
	}
	if p.cfg.Weight == WeightCount {
		return float64(n)
	}
	sum := 0.0
	for range n {
		sum += math.Max(1, math.Round(s.LogNormal(logSizeMean, logSizeSD)))
	}
	return sum
}

// events draws event trains: on each frame an event with probability 1 − exp(−rate
// per frame), where the rate follows the neuron's latent drives.
func (p *patch) events() [][]float64 {
	drives := p.drives()
	out := make([][]float64, len(p.neurons))
	p.parallel(func(i int) { out[i] = p.train(i, drives) })
	return out
}

// drives returns the latent drives on every frame, the common one last: Gaussian,
// unit variance, correlation exp(−t/latentTauS).
func (p *patch) drives() [][latents + 1]float64 {
	keep := portable.Exp(-1 / (latentTauS * p.cfg.FrameRateHz))
	fresh := math.Sqrt(1 - float64(keep*keep))
	out := make([][latents + 1]float64, p.cfg.frames())
	for k := range latents + 1 {
		s := rng.New(p.cfg.Seed, "circuit/drive", uint64(k))
		x := s.Norm()
		for f := range out {
			out[f][k] = x
			x = float64(keep*x) + float64(fresh*s.Norm())
		}
	}
	return out
}

func (p *patch) train(i int, drives [][latents + 1]float64) []float64 {
	s := rng.New(p.cfg.Seed, "circuit/events", uint64(i))
	// The gains raise the mean of the exponential by half their squares.
	rate := rateHz * s.LogNormal(-logRateSD*logRateSD/2, logRateSD) / p.cfg.FrameRateHz
	rate *= portable.Exp(-(latentGain*latentGain + commonGain*commonGain) / 2)
	train := []float64{}
	quiet := 0
	for f := range drives {
		u := s.Float64()
		if quiet > 0 {
			quiet--
			continue
		}
		x := commonGain * drives[f][latents]
		for k := range latents {
			x += latentGain * float64(p.loading[i][k]*drives[f][k])
		}
		if u < 1-portable.Exp(-rate*portable.Exp(x)) {
			train = append(train, float64(f)/p.cfg.FrameRateHz)
			quiet = quietFrames
		}
	}
	return train
}

// parallel calls f for every neuron; f(i) touches nothing but what belongs to i.
func (p *patch) parallel(f func(i int)) {
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < len(p.neurons); i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}
