package task

// Level is an accuracy that is reached without, or with all of, the evidence.
type Level struct {
	Name     string  `json:"name"`
	Accuracy float64 `json:"accuracy"`
}

// shortcuts lists what is reached by guessing and by ignoring part of the evidence,
// guessing first.
var shortcuts = map[string][]Level{
	"one-step-inference":           {{"guessing", .25}, {"ignoring the options", .5}, {"ignoring the goal", .625}},
	"go-nogo":                      {{"guessing", .5}},
	"perceptual-decision":          {{"guessing", .5}},
	"neurogym-go-nogo":             {{"always fixating", .5}},
	"neurogym-perceptual-decision": {{"always fixating", 0}, {"guessing a direction", .5}},
}

// Levels returns the shortcut levels of a task, judged at the last step of a trial.
func Levels(name string) []Level { return append([]Level(nil), shortcuts[name]...) }

// Ceiling returns the accuracy of the ideal observer of the task with its default
// options and without input noise; false for an unknown task.
func Ceiling(name string) (float64, bool) {
	switch name {
	case "one-step-inference", "go-nogo", "neurogym-go-nogo":
		return 1, true
	case "perceptual-decision":
		return evidenceCeiling(30, 0.1), true
	case "neurogym-perceptual-decision":
		return evidenceCeiling(20, 0.1), true
	}
	return 0, false
}
