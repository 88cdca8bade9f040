package activity

// Bin is a stretch of steps over which states are averaged, End excluded.
type Bin struct {
	Start, End int
	Period     string // in which it begins
}

// binsOf cuts the steps into at most so many bins of nearly equal length.
func (s *States) binsOf(most int) []Bin {
	n := min(most, s.Steps)
	out := make([]Bin, n)
	for i := range out {
		out[i] = Bin{Start: i * s.Steps / n, End: (i + 1) * s.Steps / n}
		for _, p := range s.Periods {
			if out[i].Start >= p.Start && out[i].Start < p.End {
				out[i].Period = p.Name
			}
		}
	}
	return out
}

// binned returns the mean states of a bin, [trial][neuron], the trials in the given
// order.
func (s *States) binned(b Bin, order []int) []float64 {
	out := make([]float64, len(order)*s.Neurons)
	for k, trial := range order {
		row := out[k*s.Neurons : (k+1)*s.Neurons]
		for t := b.Start; t < b.End; t++ {
			for j, v := range s.at(trial, t) {
				row[j] += float64(v)
			}
		}
		for j := range row {
			row[j] /= float64(b.End - b.Start)
		}
	}
	return out
}

// inOrder returns 0 … n−1.
func inOrder(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
