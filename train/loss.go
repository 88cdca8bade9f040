package train

import (
	"math"

	"biornn/internal/portable"
	"biornn/rnn"
)

// score sums what a batch contributes to an epoch's means.
type score struct {
	loss    float64 // weighted mean loss of the batch × its trials
	correct int
	trials  int
}

func (s *score) add(o score) {
	s.loss += o.loss
	s.correct += o.correct
	s.trials += o.trials
}

func (s score) means() (loss, accuracy float64) {
	return s.loss / float64(s.trials), float64(s.correct) / float64(s.trials)
}

// lossFunc scores the logits of a batch at all steps with a weight. With gradient
// it replaces the logits of every scored step by dL/dlogits, L being the mean over
// the batch's scored steps, each counted by its weight.
type lossFunc func(p rnn.Pass, set *trials, chosen []int, gradient bool) score

var losses = map[string]lossFunc{
	"cross-entropy":      eachStep(crossEntropy),
	"mean-squared-error": eachStep(squaredError),
}

// stepLoss scores one output vector y; with scale > 0 it turns y into the gradient.
type stepLoss func(y []float32, label int, scale float64) float64

func eachStep(one stepLoss) lossFunc {
	return func(p rnn.Pass, set *trials, chosen []int, gradient bool) score {
		return each(p, set, chosen, gradient, one)
	}
}

// each walks over the scored steps of a batch.
func each(p rnn.Pass, set *trials, chosen []int, gradient bool, one stepLoss) score {
	total := 0.0
	for _, trial := range chosen {
		for t := range int(set.Length[trial]) {
			total += float64(set.Weight[trial*set.Steps+t])
		}
	}
	steps := 0
	for _, trial := range chosen {
		steps = max(steps, int(set.Length[trial]))
	}
	s := score{trials: len(chosen)}
	for b, trial := range chosen {
		last := set.last[trial]
		for t := range steps {
			if !set.scored[t] {
				continue
			}
			y := p.Logits(t, b)
			at := trial*set.Steps + t
			weight := float64(set.Weight[at])
			label := int(set.Label[at])
			if t == last && argmax(y) == label {
				s.correct++
			}
			scale := 0.0
			if gradient && total > 0 {
				scale = weight / total
			}
			if weight > 0 {
				s.loss += weight / total * one(y, label, scale)
			} else if gradient {
				clear(y)
			}
		}
	}
	s.loss *= float64(len(chosen))
	return s
}

// crossEntropy returns −ln softmax(y)[label]; with scale > 0 it turns y into the
// gradient scale·(softmax(y) − onehot).
func crossEntropy(y []float32, label int, scale float64) float64 {
	top := math.Inf(-1)
	for _, v := range y {
		top = math.Max(top, float64(v))
	}
	sum := 0.0
	for _, v := range y {
		sum += portable.Exp(float64(v) - top)
	}
	loss := portable.Log(sum) + top - float64(y[label])
	if scale > 0 {
		for k, v := range y {
			p := portable.Exp(float64(v)-top) / sum
			if k == label {
				p--
			}
			y[k] = float32(scale * p)
		}
	}
	return loss
}

// squaredError returns the mean over outputs of (y − onehot)², and its gradient likewise.
func squaredError(y []float32, label int, scale float64) float64 {
	sum := 0.0
	for k, v := range y {
		d := float64(v)
		if k == label {
			d--
		}
		sum += float64(d * d)
		if scale > 0 {
			y[k] = float32(scale * 2 * d / float64(len(y)))
		}
	}
	return sum / float64(len(y))
}

func argmax(y []float32) int {
	best := 0
	for k, v := range y {
		if v > y[best] {
			best = k
		}
	}
	return best
}
