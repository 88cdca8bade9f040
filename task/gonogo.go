package task

import "biornn/internal/rng"

// Go/NoGo as in arXiv:2606.14975: the cue must be held through a delay, the answer
// is read at the last step. The fixation line is off while a cue is shown.

type goNoGo struct{}

func newGoNoGo(Config) (Task, error) { return goNoGo{}, nil }

var goNoGoPeriods = periods([]string{"fixation", "stimulus", "delay", "decision"}, 5, 20, 10, 5)

func (goNoGo) Info() Info {
	return Info{
		Name: "go-nogo", Title: "Go/NoGo",
		Note:   "remember which of two cues was shown and tell it after a delay",
		Inputs: []string{"fixation", "nogo", "go"}, Outputs: []string{"nogo", "go"},
		Steps: 40, Source: "arXiv:2606.14975",
	}
}

func (goNoGo) Trial(s *rng.Stream) Trial { return goNoGoTrial(s.IntN(2)) }

func goNoGoTrial(class int) Trial {
	out := blank(3, goNoGoPeriods)
	out.show(out.Periods[0], 0, 1)
	out.show(out.Periods[1], 1+class, 1)
	out.show(out.Periods[2], 0, 1)
	out.decide(class)
	out.Conditions = []Condition{{"go", float64(class)}}
	return out
}
