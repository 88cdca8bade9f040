package task

import "biornn/internal/rng"

// One-step inference: on a 5×5 maze entered at its centre, infer from the goal and
// the two open moves which move leads towards the goal. Achterberg et al. 2023
// (doi:10.1038/s42256-023-00748-9); the same eight mazes in arXiv:2606.14975.

// Goals are cells of the grid, numbered by rows from 1; moves are left, up, right, down.
// As a condition the open moves are the sum of 1, 2, 4 and 8 for those.
var (
	mazeGoals = [4]int{7, 9, 17, 19}
	mazes     = [8]struct{ goal, move1, move2, answer int }{
		{9, up, left, up}, {9, right, down, right}, {19, left, down, down}, {17, right, down, down},
		{17, up, left, left}, {7, up, right, up}, {19, left, right, right}, {7, left, right, left},
	}
)

const (
	left = iota
	up
	right
	down
)

type inference struct{ shuffle bool }

func newInference(c Config) (Task, error) { return inference{c.ShuffleLabels}, nil }

var inferencePeriods = periods([]string{"goal", "delay", "choice"}, 20, 10, 20)

func (inference) Info() Info {
	return Info{
		Name: "one-step-inference", Title: "One-step inference",
		Note:    "remember a goal through a delay, then choose the open move that leads there",
		Inputs:  []string{"goal 7", "goal 9", "goal 17", "goal 19", "left", "up", "right", "down"},
		Outputs: []string{"left", "up", "right", "down"}, Steps: 50,
		Source: "Achterberg et al. 2023, doi:10.1038/s42256-023-00748-9; arXiv:2606.14975",
	}
}

func (t inference) Trial(s *rng.Stream) Trial {
	maze := s.IntN(len(mazes))
	label := mazes[maze].answer
	if t.shuffle {
		label = mazes[s.IntN(len(mazes))].answer
	}
	return inferenceTrial(maze, label)
}

func inferenceTrial(maze, label int) Trial {
	m := mazes[maze]
	out := blank(8, inferencePeriods)
	for k, g := range mazeGoals {
		if g == m.goal {
			out.show(out.Periods[0], k, 1)
		}
	}
	out.show(out.Periods[2], 4+m.move1, 1)
	out.show(out.Periods[2], 4+m.move2, 1)
	out.decide(label)
	options := 1<<m.move1 | 1<<m.move2
	out.Conditions = []Condition{{"maze", float64(maze)}, {"goal", float64(m.goal)}, {"options", float64(options)}}
	return out
}
