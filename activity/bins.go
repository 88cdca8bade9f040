package activity

import "slices"

// Bin is a stretch of steps over which states are averaged, End excluded.
type Bin struct {
	Start, End int
	Period     string
}

// binsOf cuts the steps into bins of nearly equal length, none longer than it would be
// with so many bins and none across the border of a period.
func (s *States) binsOf(bins int) []Bin {
	cuts := []int{0, s.Steps}
	for _, p := range s.Periods {
		cuts = append(cuts, p.Start, p.End)
	}
	slices.Sort(cuts)
	longest := (s.Steps + bins - 1) / bins
	var out []Bin
	for i, to := range cuts[1:] {
		from := cuts[i]
		parts := (to - from + longest - 1) / longest
		for k := range parts {
			out = append(out, Bin{from + k*(to-from)/parts, from + (k+1)*(to-from)/parts, s.periodAt(from)})
		}
	}
	return out
}

// periodAt returns the name of the period of a step, "" between periods.
func (s *States) periodAt(step int) string {
	for _, p := range s.Periods {
		if step >= p.Start && step < p.End {
			return p.Name
		}
	}
	return ""
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
