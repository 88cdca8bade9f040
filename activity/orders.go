package activity

import (
	"math"
	"slices"
)

// Strengths returns Σ|w| over the weights from and to each unit, its self-loop left out;
// w is [post][pre].
func Strengths(w []float64, n int) []float64 {
	out := make([]float64, n)
	for i, v := range w {
		if post, pre := i/n, i%n; post != pre {
			out[post] += math.Abs(v)
			out[pre] += math.Abs(v)
		}
	}
	return out
}

// Participation returns 1 − Σ_m (k_im/k_i)² of each unit, k_im being the summed |w| between
// i and module m in both directions (Guimerà & Amaral 2005, doi:10.1038/nature03288); 0
// for a unit without weights.
func Participation(w []float64, n int, module []int) []float64 {
	to := make([]map[int]float64, n)
	for i := range to {
		to[i] = map[int]float64{}
	}
	for i, v := range w {
		if post, pre := i/n, i%n; post != pre {
			to[post][module[pre]] += math.Abs(v)
			to[pre][module[post]] += math.Abs(v)
		}
	}
	strength, out := Strengths(w, n), make([]float64, n)
	for i, k := range strength {
		if k == 0 {
			continue
		}
		var shares []float64
		for _, v := range to[i] {
			shares = append(shares, v/k)
		}
		slices.Sort(shares) // a sum must not depend on the order of a map
		out[i] = 1
		for _, p := range shares {
			out[i] -= float64(p * p)
		}
	}
	return out
}

// FromCentre returns how far each unit lies from the mean position, in the unit of the
// positions.
func FromCentre(positions [][3]float64) []float64 {
	var centre [3]float64
	for _, p := range positions {
		for k, v := range p {
			centre[k] += v / float64(len(positions))
		}
	}
	out := make([]float64, len(positions))
	for i, p := range positions {
		out[i] = between(p[:], centre[:])
	}
	return out
}

// Descending ranks units by a value, the largest first, equal ones by number.
func Descending(value []float64) []int {
	order := inOrder(len(value))
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case value[a] > value[b]:
			return -1
		case value[a] < value[b]:
			return 1
		}
		return 0
	})
	return order
}

// Ascending ranks units by a value, the least first, equal ones by number.
func Ascending(value []float64) []int {
	negative := make([]float64, len(value))
	for i, v := range value {
		negative[i] = -v
	}
	return Descending(negative)
}
