package report

import (
	"math"
	"slices"
)

// strengths returns the sorted |W| of all connections between different neurons; what
// is below least counts as least.
func strengths(w []float32) []float64 {
	n := side(w)
	var all []float64
	for i, v := range w {
		if a := math.Abs(float64(v)); i/n != i%n && finite(a) {
			all = append(all, math.Max(least, a))
		}
	}
	slices.Sort(all)
	return all
}

// survival returns the strengths and, for each, the share that is at least as strong,
// thinned to a few hundred points.
func survival(w []float32) (x, y []float64) {
	all := strengths(w)
	step := max(1, len(all)/400)
	for i := 0; i < len(all); i += step {
		x = append(x, all[i])
		y = append(y, 1-float64(i)/float64(len(all)))
	}
	if len(all) > 0 {
		x, y = append(x, all[len(all)-1]), append(y, 1/float64(len(all)))
	}
	return x, y
}

// side returns N of an N×N matrix.
func side(w []float32) int { return int(math.Round(math.Sqrt(float64(len(w))))) }

// distanceShares returns the share of the summed |W| (nil: of all pairs) within each
// of 60 distances.
func (d *Data) distanceShares(w []float32) (x, y []float64) {
	p := d.Circuit.Positions
	n := len(p)
	if n < 2 || (w != nil && len(w) != n*n) {
		return nil, nil
	}
	distance := func(i, j int) float64 {
		return math.Sqrt((p[i][0]-p[j][0])*(p[i][0]-p[j][0]) + (p[i][1]-p[j][1])*(p[i][1]-p[j][1]) + (p[i][2]-p[j][2])*(p[i][2]-p[j][2]))
	}
	top := 0.0
	for i := range n {
		for j := range i {
			top = math.Max(top, distance(i, j))
		}
	}
	if !(top > 0) || !finite(top) {
		return nil, nil
	}
	const bins = 60
	var sums [bins + 1]float64
	for i := range n {
		for j := range n {
			if i == j {
				continue
			}
			v := 1.0
			if w != nil {
				v = math.Abs(float64(w[i*n+j]))
			}
			if !finite(v) {
				continue
			}
			sums[1+min(bins-1, int(distance(i, j)/top*bins))] += v
		}
	}
	total := 0.0
	for _, s := range sums {
		total += s
	}
	if !(total > 0) {
		return nil, nil
	}
	sum := 0.0
	for k, s := range sums {
		sum += s
		x, y = append(x, top*float64(k)/bins), append(y, sum/total)
	}
	return x, y
}

// byModule returns the neurons ordered by module (the largest first), and where each
// module ends.
func byModule(modules []int) (order, ends []int) {
	size := map[int]int{}
	for i, m := range modules {
		order = append(order, i)
		size[m]++
	}
	slices.SortStableFunc(order, func(a, b int) int {
		ma, mb := modules[a], modules[b]
		if ma == mb {
			return a - b
		}
		if size[ma] != size[mb] {
			return size[mb] - size[ma]
		}
		return ma - mb
	})
	for i := range order {
		if i+1 == len(order) || modules[order[i]] != modules[order[i+1]] {
			ends = append(ends, i+1)
		}
	}
	return order, ends
}

// strongest returns the indices (post·N + pre) of the strongest connections between
// different neurons, strongest first.
func strongest(w []float32, count int) []int {
	n := side(w)
	var index []int
	for i := range w {
		if i/n != i%n && w[i] != 0 && finite(float64(w[i])) {
			index = append(index, i)
		}
	}
	slices.SortStableFunc(index, func(a, b int) int {
		x, y := math.Abs(float64(w[a])), math.Abs(float64(w[b]))
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a - b
	})
	return index[:min(count, len(index))]
}

// niceLength returns a round length of at most a fifth of the extent, for scale bars.
func niceLength(extent float64) float64 {
	if !(extent > 0) || !finite(extent) {
		return 0
	}
	p := math.Pow(10, math.Floor(math.Log10(extent/5)))
	for _, f := range []float64{5, 2} {
		if f*p <= extent/5 {
			return f * p
		}
	}
	return p
}
