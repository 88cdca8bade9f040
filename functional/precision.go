package functional

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Precision is a sparse inverse covariance.
type Precision struct {
	Matrix   *mat.Dense
	Lambda   float64 // penalty chosen by cross-validation
	Warnings []string
}

// Settings of the search, those of scikit-learn's GraphicalLassoCV.
const (
	folds, gridPoints, refinements = 5, 4, 4
	gapTolerance, descentTolerance = 1e-4, 1e-4
	maxSweeps                      = 100
)

// GraphicalLasso estimates the precision matrix of rows [neuron][sample] by the
// graphical lasso (Friedman, Hastie & Tibshirani 2008,
// doi:10.1093/biostatistics/kxm045), the penalty chosen by fivefold
// cross-validation over unshuffled blocks of samples on a grid that is refined
// four times around its best point. It needs neurons² × samples work many times over.
func GraphicalLasso(x [][]float64) (*Precision, error) {
	if len(x) < 2 || len(x[0]) < 2*folds {
		return nil, fmt.Errorf("functional: precision: want at least 2 neurons and %d samples", 2*folds)
	}
	for i, row := range x {
		if len(row) != len(x[0]) {
			return nil, fmt.Errorf("functional: precision: neuron %d: want %d samples, got %d", i, len(x[0]), len(row))
		}
		for k, v := range row {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return nil, fmt.Errorf("functional: precision: neuron %d, sample %d: want a finite number, got %g", i, k, v)
			}
		}
	}
	whole := covariance(x, 0, 0)
	for i := range x {
		if !(whole.At(i, i) > 0) {
			return nil, fmt.Errorf("functional: precision: neuron %d is constant; leave it out", i)
		}
	}
	p := &Precision{}
	p.Lambda = p.search(x, whole)
	solution, ok := lasso(whole, whole, p.Lambda, maxSweeps)
	if !ok {
		p.Warnings = append(p.Warnings, fmt.Sprintf("the graphical lasso at penalty %.4g did not converge in %d sweeps", p.Lambda, maxSweeps))
	}
	p.Matrix = solution.precision
	return p, nil
}

// candidate is one penalty with its mean score over the folds.
type candidate struct{ lambda, score float64 }

// search returns the penalty with the best mean log-likelihood of the left-out folds.
func (p *Precision) search(x [][]float64, whole *mat.Dense) float64 {
	n := len(x)
	top := 0.0
	for i := range n {
		for j := range n {
			if i != j {
				top = math.Max(top, math.Abs(whole.At(i, j)))
			}
		}
	}
	if top == 0 {
		return 0 // uncorrelated: the diagonal is the solution whatever the penalty
	}
	grid := logSpaced(top, 0.01*top, gridPoints)
	var path []candidate
	best := 0
	for range refinements {
		path = append(path, p.score(x, grid)...)
		slices.SortFunc(path, func(a, b candidate) int {
			switch {
			case a.lambda > b.lambda:
				return -1
			case a.lambda < b.lambda:
				return 1
			}
			return 0
		})
		best = 0
		for i, c := range path {
			if c.score >= path[best].score {
				best = i
			}
		}
		high, low := path[max(0, best-1)].lambda, path[min(len(path)-1, best+1)].lambda
		if best == len(path)-1 {
			high, low = path[best].lambda, 0.01*path[best].lambda
		}
		grid = logSpaced(high, low, gridPoints+2)[1 : gridPoints+1]
	}
	return path[best].lambda
}

// logSpaced returns count numbers from high to low with equal ratios.
func logSpaced(high, low float64, count int) []float64 {
	out := make([]float64, count)
	a, b := math.Log10(high), math.Log10(low)
	for i := range out {
		out[i] = math.Pow(10, a+(b-a)*float64(i)/float64(count-1))
	}
	return out
}

// score returns the mean log-likelihood of each penalty over the folds; along the
// grid each solution starts from the one before.
func (p *Precision) score(x [][]float64, grid []float64) []candidate {
	out := make([]candidate, len(grid))
	scores := make([][]float64, folds)
	rows(folds, func(f int) {
		samples := len(x[0])
		size, rest := samples/folds, samples%folds
		from := f*size + min(f, rest)
		to := from + size
		if f < rest {
			to++
		}
		train, test := covariance(x, from, to), covariance(slice(x, from, to), 0, 0)
		start := train
		for _, lambda := range grid {
			s, _ := lasso(train, start, lambda, maxSweeps/10)
			scores[f] = append(scores[f], logLikelihood(test, s.precision))
			start = s.covariance
		}
	})
	for i, lambda := range grid {
		out[i].lambda = lambda
		for f := range folds {
			out[i].score += scores[f][i] / folds
		}
		if math.IsNaN(out[i].score) || math.IsInf(out[i].score, 0) {
			out[i].score = math.Inf(-1)
		}
	}
	return out
}

func slice(x [][]float64, from, to int) [][]float64 {
	out := make([][]float64, len(x))
	for i, row := range x {
		out[i] = row[from:to]
	}
	return out
}

// covariance of all samples but from … to−1, divided by their number.
func covariance(x [][]float64, from, to int) *mat.Dense {
	n := len(x)
	m := len(x[0]) - (to - from)
	z := mat.NewDense(n, m, nil)
	for i, row := range x {
		dst := z.RawRowView(i)
		copy(dst, row[:from])
		copy(dst[from:], row[to:])
		mean := 0.0
		for _, v := range dst {
			mean += v
		}
		mean /= float64(m)
		for k := range dst {
			dst[k] -= mean
		}
	}
	var c mat.SymDense
	c.SymOuterK(1/float64(m), z)
	return mat.DenseCopyOf(&c)
}

func logLikelihood(cov, precision *mat.Dense) float64 {
	n, _ := cov.Dims()
	var product mat.Dense
	product.MulElem(cov, precision)
	logDet, sign := mat.LogDet(precision)
	if sign <= 0 {
		return math.Inf(-1)
	}
	return (logDet - mat.Sum(&product) - float64(n)*math.Log(2*math.Pi)) / 2
}
