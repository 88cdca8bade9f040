package task

import "math"

// inputNoise is the standard deviation of the noise that the published training adds
// to every input at every step.
const inputNoise = 0.05

// observer is an ideal observer that sums the difference of the two evidence channels
// over the stimulus and answers by its sign. With both directions equally frequent and
// independent noise the likelihood of a direction grows with that sum at every
// coherence, so that no other rule is right more often.
type observer struct {
	steps int     // of the stimulus
	noise float64 // standard deviation of a channel at a step
}

// accuracy returns how often the observer is right at a coherence of c %: a step adds
// c/100 on average with variance 2·noise², so that the sum over n steps has the right
// sign with probability Φ(c/100·√n/(noise·√2)), Φ(x) = erfc(−x/√2)/2.
func (o observer) accuracy(c float64) float64 {
	switch {
	case c == 0:
		return 0.5
	case o.noise == 0:
		return 1
	}
	return 0.5 * math.Erfc(-c/100*math.Sqrt(float64(o.steps))/(2*o.noise))
}

// mean returns the accuracy over the coherences, which are equally frequent.
func (o observer) mean() float64 {
	sum := 0.0
	for _, c := range coherences {
		sum += o.accuracy(c)
	}
	return sum / float64(len(coherences))
}

// observerOf returns the observer of a task with evidence; false for the others.
func observerOf(t Task) (observer, bool) {
	stimulus, noise := Period{}, 0.0
	switch t := t.(type) {
	case perceptual:
		stimulus, noise = perceptualPeriods[1], t.noise
	case gymPerceptual:
		stimulus, noise = t.periods[1], t.cfg.StimulusNoise
	default:
		return observer{}, false
	}
	return observer{stimulus.End - stimulus.Start, noise}, true
}

// ceilings returns the ideal observer's accuracy without and with input noise. In
// tasks without evidence both are 1, or the frequency of a label where labels are
// shuffled: even at a single step noise of 0.05 makes the larger of two channels, one
// of them 1 and the other 0, the wrong one less than once in 10⁴⁰ trials.
func ceilings(t Task) (clean, noisy float64) {
	if o, ok := observerOf(t); ok {
		return o.mean(), observer{o.steps, math.Hypot(o.noise, inputNoise)}.mean()
	}
	if i, ok := t.(inference); ok && i.shuffle {
		return guessing.Accuracy, guessing.Accuracy
	}
	return 1, 1
}

// Ceiling returns the accuracy of the ideal observer of the task with its default
// options and without input noise; false for an unknown task.
func Ceiling(name string) (float64, bool) {
	e, err := find(name)
	if err != nil {
		return 0, false
	}
	t, err := e.make(e.defaults)
	if err != nil {
		return 0, false
	}
	clean, _ := ceilings(t)
	return clean, true
}
