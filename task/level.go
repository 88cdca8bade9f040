package task

// Level is an accuracy that is reached without, or with all of, the evidence.
type Level struct {
	Name     string  `json:"name"`
	Accuracy float64 `json:"accuracy"`
}

// guessing is all that one-step inference allows if labels are shuffled: each of the
// four moves is the answer in two of the eight mazes.
var guessing = Level{"guessing", .25}

// shortcuts lists what is reached by guessing and by ignoring part of the evidence,
// guessing first.
var shortcuts = map[string][]Level{
	"one-step-inference":           {guessing, {"ignoring the options", .5}, {"ignoring the goal", .625}},
	"go-nogo":                      {{"guessing", .5}},
	"perceptual-decision":          {{"guessing", .5}},
	"neurogym-go-nogo":             {{"always fixating", .5}},
	"neurogym-perceptual-decision": {{"guessing a direction", .5}, {"always fixating", 0}},
}

// Levels returns the shortcut levels of a task, judged at the last step of a trial;
// the first is the chance level. Classes are equally frequent, so that a constant
// answer reaches no more than guessing. An unknown task has none.
func Levels(name string) []Level { return append([]Level(nil), shortcuts[name]...) }

// levelsOf is Levels for the options of a task.
func levelsOf(t Task) []Level {
	if i, ok := t.(inference); ok && i.shuffle {
		return []Level{guessing}
	}
	return Levels(t.Info().Name)
}
