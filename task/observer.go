package task

import "math"

// evidenceCeiling is the accuracy of an observer that sums the difference of the two
// evidence channels over the stimulus: at coherence c (%) a step adds c/100 on
// average with variance 2·noise², so that the sum over n steps has the right sign
// with probability Φ(c/100·√n/(noise·√2)); coherences are equally frequent.
func evidenceCeiling(steps int, noise float64) float64 {
	sum := 0.0
	for _, c := range coherences {
		if noise == 0 {
			sum += 0.5
			if c > 0 {
				sum += 0.5
			}
			continue
		}
		sum += 0.5 * math.Erfc(-c/100*math.Sqrt(float64(steps))/(2*noise))
	}
	return sum / float64(len(coherences))
}
