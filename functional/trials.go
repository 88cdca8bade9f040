package functional

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"biornn/recording"
)

// Trial is a stretch of a recording under one condition, such as a clip shown.
type Trial struct {
	Start, Stop float64 // s; frames in Start ≤ t < Stop belong to it
	Condition   string
}

// SignalNoise splits the correlation of traces into that of the responses to conditions
// and that of the variation from trial to trial (Cohen & Kohn 2011,
// doi:10.1038/nn.2842). A neuron's response to a trial is its mean over the trial's
// frames. Signal is the Pearson correlation of the mean responses to each condition;
// noise is that of what a trial's response differs from the mean of its condition.
// Only conditions with at least two trials count. Constant neurons have NaN.
func SignalNoise(r *recording.Recording, trials []Trial) (signal, noise *mat.Dense, err error) {
	if r.Traces == nil {
		return nil, nil, fmt.Errorf("functional: trials: want a recording with traces")
	}
	members := map[string][]int{} // trials with frames
	var order []string
	var spans [][2]int
	for k, t := range trials {
		if !(t.Stop > t.Start) {
			return nil, nil, fmt.Errorf("functional: trial %d: want a stop after the start, got %g … %g s", k, t.Start, t.Stop)
		}
		from, to := between(r.Times, t.Start, t.Stop)
		if from == to {
			continue
		}
		if members[t.Condition] == nil {
			order = append(order, t.Condition)
		}
		members[t.Condition] = append(members[t.Condition], len(spans))
		spans = append(spans, [2]int{from, to})
	}
	var repeated [][]int
	total := 0
	for _, c := range order {
		if len(members[c]) > 1 {
			repeated = append(repeated, members[c])
			total += len(members[c])
		}
	}
	if len(repeated) < 2 {
		return nil, nil, fmt.Errorf("functional: trials: want at least 2 conditions with 2 trials each within the recording (%.4g … %.4g s), got %d of %d trials", r.Start, r.Stop, len(repeated), len(trials))
	}
	means, rests := make([][]float64, len(r.Traces)), make([][]float64, len(r.Traces))
	parallel(len(r.Traces), func(i int) {
		means[i], rests[i] = make([]float64, 0, len(repeated)), make([]float64, 0, total)
		for _, group := range repeated {
			first := len(rests[i])
			mean := 0.0
			for _, t := range group {
				x := meanOf(r.Traces[i][spans[t][0]:spans[t][1]])
				rests[i] = append(rests[i], x)
				mean += x / float64(len(group))
			}
			means[i] = append(means[i], mean)
			for k := range rests[i][first:] {
				rests[i][first+k] -= mean
			}
		}
	})
	if signal, err = Correlation(means); err != nil {
		return nil, nil, err
	}
	noise, err = Correlation(rests)
	return signal, noise, err
}

// between returns the range of ascending times in start … stop, without stop.
func between(times []float64, start, stop float64) (from, to int) {
	for from < len(times) && times[from] < start {
		from++
	}
	for to = from; to < len(times) && times[to] < stop; {
		to++
	}
	return from, to
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
