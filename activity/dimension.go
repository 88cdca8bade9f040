package activity

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Dimensions is the spectrum of the covariance of activity.
type Dimensions struct {
	Spectrum      []float64 // share of variance of each principal component, descending
	Participation float64   // (Σλ)²/Σλ²; NaN if nothing varies
	N90           int       // components that hold 90 % of the variance
}

// PrincipalComponents analyses x, [sample][unit] (divisor n−1). The participation ratio
// is that of Gao et al. 2017 (doi:10.1101/214262).
func PrincipalComponents(x *mat.Dense) (Dimensions, error) {
	if samples, _ := x.Dims(); samples < 2 {
		return Dimensions{}, fmt.Errorf("activity: principal components: want at least two samples, got %d", samples)
	}
	return spectrumOf(covariance(x))
}

func spectrumOf(c *mat.SymDense) (Dimensions, error) {
	var e mat.EigenSym
	if !e.Factorize(c, false) {
		return Dimensions{}, fmt.Errorf("activity: principal components: the eigenvalues did not converge: want finite states")
	}
	ascending := e.Values(nil)
	var sum, squares float64
	for i, v := range ascending {
		ascending[i] = math.Max(0, v)
		sum += ascending[i]
		squares += float64(ascending[i] * ascending[i])
	}
	d := Dimensions{Participation: math.NaN()}
	if sum == 0 {
		return d, nil
	}
	d.Participation = sum * sum / squares
	held := 0.0
	for i := len(ascending) - 1; i >= 0; i-- {
		if held < 0.9 {
			d.N90++
		}
		held += ascending[i] / sum
		d.Spectrum = append(d.Spectrum, ascending[i]/sum)
	}
	return d, nil
}

// panel is the number of samples whose products stay in the cache.
const panel = 512

// covariance returns the covariance of the columns of x.
func covariance(x *mat.Dense) *mat.SymDense {
	samples, n := x.Dims()
	return covarianceOf(samples, n, func(i int, row []float64) { copy(row, x.RawRowView(i)) })
}

// covarianceOf returns the covariance of n numbers over samples, which fill hands out.
func covarianceOf(samples, n int, fill func(i int, row []float64)) *mat.SymDense {
	mean, row := make([]float64, n), make([]float64, n)
	for i := range samples {
		fill(i, row)
		axpy(mean, 1/float64(samples), row)
	}
	c := mat.NewSymDense(n, nil)
	part := mat.NewDense(min(panel, samples), n, nil)
	for from := 0; from < samples; from += panel {
		rows := min(panel, samples-from)
		z := part.Slice(0, rows, 0, n).(*mat.Dense)
		for i := range rows {
			fill(from+i, z.RawRowView(i))
			axpy(z.RawRowView(i), -1, mean)
		}
		c.SymRankK(c, 1/float64(samples-1), z.T())
	}
	return c
}

// correlationOf turns a covariance into correlations; a unit that does not vary has none
// (NaN).
func correlationOf(c *mat.SymDense) *mat.Dense {
	n := c.SymmetricDim()
	top := 0.0
	for i := range n {
		top = math.Max(top, c.At(i, i))
	}
	out := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			a, b := c.At(i, i), c.At(j, j)
			v := c.At(i, j) / math.Sqrt(a*b)
			switch {
			case a <= 1e-14*top || b <= 1e-14*top:
				v = math.NaN()
			case i == j:
				v = 1
			}
			out.Set(i, j, math.Max(-1, math.Min(1, v)))
		}
	}
	return out
}

// covariance returns the covariance of the states over all trials and steps.
func (s *States) covariance() *mat.SymDense {
	return covarianceOf(s.Trials*s.Steps, s.Neurons, func(i int, row []float64) {
		for j, v := range s.H[i*s.Neurons : (i+1)*s.Neurons] {
			row[j] = float64(v)
		}
	})
}

// conditionMeans returns the mean states of every combination of factors over time, [cell
// and step][unit]: the activity that the task drives, without what noise adds. Without
// factors there is one mean over all trials.
func (s *States) conditionMeans() *mat.Dense {
	c := cellsOf(s.factors())
	if len(c.count) == 0 {
		c.of, c.count = make([]int, s.Trials), []int{s.Trials}
	}
	out := mat.NewDense(len(c.count)*s.Steps, s.Neurons, nil)
	for trial, cell := range c.of {
		for t := range s.Steps {
			row := out.RawRowView(cell*s.Steps + t)
			for j, v := range s.at(trial, t) {
				row[j] += float64(v) / float64(c.count[cell])
			}
		}
	}
	return out
}
