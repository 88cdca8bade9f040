package task

import (
	"math"

	"biornn/internal/rng"
)

// Perceptual decision as in arXiv:2606.14975, after Britten et al. 1992
// (doi:10.1523/JNEUROSCI.12-12-04745.1992): integrate noisy evidence for one of two
// directions and tell it after a delay. Steps of 100 ms; no decision period.

type perceptual struct{ noise float64 }

func newPerceptual(c Config) (Task, error) { return perceptual{c.StimulusNoise}, nil }

var (
	perceptualPeriods = periods([]string{"fixation", "stimulus", "delay"}, 1, 30, 10)
	coherences        = []float64{0, 6.4, 12.8, 25.6, 51.2} // %
)

func (perceptual) Info() Info {
	return Info{
		Name: "perceptual-decision", Title: "Perceptual decision",
		Note:   "integrate noisy evidence over 3 s and tell the direction after a delay of 1 s",
		Inputs: []string{"fixation", "direction 0", "direction 180"}, Outputs: []string{"0", "180"},
		Steps: 41, StepMS: 100, Source: "arXiv:2606.14975; task of Britten et al. 1992, doi:10.1523/JNEUROSCI.12-12-04745.1992",
	}
}

func (t perceptual) Trial(s *rng.Stream) Trial {
	coherence, direction := coherences[s.IntN(len(coherences))], s.IntN(2)
	return perceptualTrial(coherence, direction, t.noise, s)
}

func perceptualTrial(coherence float64, direction int, noise float64, s *rng.Stream) Trial {
	out := blank(3, perceptualPeriods)
	for _, p := range out.Periods {
		out.show(p, 0, 1)
	}
	out.evidence(out.Periods[1], coherence, direction, noise, s)
	out.decide(direction)
	out.Conditions = []Condition{{"coherence_percent", coherence}, {"direction", float64(direction)}}
	return out
}

// evidence fills channels 1 and 2 with cos(θ_k − θ)·coherence/200 + ½ plus noise.
func (t *Trial) evidence(p Period, coherence float64, direction int, noise float64, s *rng.Stream) {
	inputs := len(t.Input) / t.Steps
	for step := p.Start; step < p.End; step++ {
		for k := range 2 {
			v := math.Cos(math.Pi*float64(k-direction))*coherence/200 + 0.5
			if noise > 0 {
				v += float64(noise * s.Norm())
			}
			t.Input[step*inputs+1+k] = float32(v)
		}
	}
}
