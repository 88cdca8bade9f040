package analysis

// level is an accuracy that is reached without, or with all of, the evidence.
type level struct {
	Name     string
	Accuracy float64
}

// levelsOf returns the shortcut levels of a task and, last, its ideal observer where
// that errs.
func levelsOf(name string) []level {
	return map[string][]level{
		"one-step-inference":  {{"guessing", .25}, {"the goal alone", .5}, {"the options alone", .625}},
		"go-nogo":             {{"guessing", .5}},
		"perceptual-decision": {{"guessing", .5}, {"the ideal observer", .899}},
	}[name]
}

// idealOf returns the accuracy of the ideal observer, 1 where it does not err.
func idealOf(name string) float64 {
	if name == "perceptual-decision" {
		return .899
	}
	return 1
}
