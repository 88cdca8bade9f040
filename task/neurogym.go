package task

import "biornn/internal/rng"

// The same two tasks as NeuroGym 2.2 defines them: a class for fixation, a label at
// every step, times in ms (doi:10.31234/osf.io/aqc9n).

// What the fixation line does. The change of release 2.1 concerned the perceptual
// decision; Go/NoGo is until-decision in every release.
const (
	untilDecision = "until-decision" // on up to the decision, as before NeuroGym 2.1
	fixationOnly  = "fixation-only"  // on in the fixation period alone, as since then
)

// gym is what both tasks share.
type gym struct {
	cfg     Config
	periods []Period
}

func newGym(c Config) gym {
	steps := func(ms float64) int { return int(ms/c.StepMS + 1e-9) } // 0.6/0.1 is 5.999…
	return gym{c, periods([]string{"fixation", "stimulus", "delay", "decision"},
		steps(c.FixationMS), steps(c.StimulusMS), steps(c.DelayMS), steps(c.DecisionMS))}
}

// begin returns a trial with the fixation line drawn and every step scored.
func (g gym) begin(label int) Trial {
	out := blank(3, g.periods)
	for i, p := range g.periods[:3] {
		if i == 0 || g.cfg.FixationCue == untilDecision {
			out.show(p, 0, 1)
		}
	}
	for s := range out.Weight {
		out.Weight[s] = 1
		if s >= g.periods[3].Start {
			out.Label[s] = int32(label)
		}
	}
	return out
}

func (g gym) steps() int { return g.periods[3].End }

type gymGoNoGo struct{ gym }

func newGymGoNoGo(c Config) (Task, error) { return gymGoNoGo{newGym(c)}, nil }

func (t gymGoNoGo) Info() Info {
	return Info{
		Name: "neurogym-go-nogo", Title: "Go/NoGo (NeuroGym)",
		Note:   "fixate until the decision, then go or not as the cue said",
		Inputs: []string{"fixation", "nogo", "go"}, Outputs: []string{"fixate", "go"},
		Steps: t.steps(), StepMS: t.cfg.StepMS, Source: "NeuroGym 2.2, GoNogo-v0, doi:10.31234/osf.io/aqc9n",
	}
}

func (t gymGoNoGo) Trial(s *rng.Stream) Trial { return t.trial(s.IntN(2)) }

func (t gymGoNoGo) trial(class int) Trial {
	out := t.begin(class)
	out.show(t.periods[1], 1+class, 1)
	out.Conditions = []Condition{{"go", float64(class)}}
	return out
}

type gymPerceptual struct{ gym }

func newGymPerceptual(c Config) (Task, error) { return gymPerceptual{newGym(c)}, nil }

func (t gymPerceptual) Info() Info {
	return Info{
		Name: "neurogym-perceptual-decision", Title: "Perceptual decision (NeuroGym)",
		Note:   "fixate, integrate noisy evidence, then tell the direction",
		Inputs: []string{"fixation", "direction 0", "direction 180"}, Outputs: []string{"fixate", "0", "180"},
		Steps: t.steps(), StepMS: t.cfg.StepMS, Source: "NeuroGym 2.2, PerceptualDecisionMaking-v0, doi:10.31234/osf.io/aqc9n",
	}
}

func (t gymPerceptual) Trial(s *rng.Stream) Trial {
	coherence, direction := coherences[s.IntN(len(coherences))], s.IntN(2)
	return t.trial(coherence, direction, s)
}

func (t gymPerceptual) trial(coherence float64, direction int, s *rng.Stream) Trial {
	out := t.begin(1 + direction)
	out.evidence(t.periods[1], coherence, direction, t.cfg.StimulusNoise, s)
	out.Conditions = []Condition{{"coherence_percent", coherence}, {"direction", float64(direction)}}
	return out
}
