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
// four times around its best point. Grid, folds, scores and stopping rules are those
// of scikit-learn's GraphicalLassoCV; on event counts in bins of 200 ms it gives the
// published matrices. Constant rows are left out: NaN there, and a warning. The cost
// grows with neurons³ and hardly with samples.
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
	active := varying(x)
	if len(active) < 2 {
		return nil, fmt.Errorf("functional: precision: want at least 2 neurons that vary, got %d", len(active))
	}
	kept := make([][]float64, len(active))
	for k, i := range active {
		kept[k] = x[i]
	}
	p := &Precision{}
	if rest := len(x) - len(active); rest > 0 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("precision: %d of %d neurons are constant and have none (NaN)", rest, len(x)))
	}
	whole := covariance(kept, 0, 0)
	p.Lambda = search(kept, whole)
	solution, how := lasso(whole, whole, p.Lambda, maxSweeps)
	switch how {
	case failed:
		return nil, fmt.Errorf("functional: precision: the covariance of %d neurons in %d samples is too ill-conditioned: use more samples or fewer neurons", len(kept), len(x[0]))
	case unconverged:
		p.Warnings = append(p.Warnings, fmt.Sprintf("precision: the graphical lasso at penalty %.4g did not converge in %d sweeps", p.Lambda, maxSweeps))
	}
	p.Matrix = scatter(solution.precision, active, len(x))
	return p, nil
}

// varying returns the rows that are not constant.
func varying(x [][]float64) []int {
	var out []int
	for i, row := range x {
		if slices.ContainsFunc(row, func(v float64) bool { return v != row[0] }) {
			out = append(out, i)
		}
	}
	return out
}

// scatter puts a matrix of some neurons into one of n, NaN elsewhere.
func scatter(m *mat.Dense, rows []int, n int) *mat.Dense {
	if len(rows) == n {
		return m
	}
	out := mat.NewDense(n, n, slices.Repeat([]float64{math.NaN()}, n*n))
	for a, i := range rows {
		for b, j := range rows {
			out.Set(i, j, m.At(a, b))
		}
	}
	return out
}

// candidate is one penalty with its mean score over the folds.
type candidate struct{ lambda, score float64 }

// search returns the penalty with the best mean log-likelihood of the left-out folds.
func search(x [][]float64, whole *mat.Dense) float64 {
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
		path = append(path, scoreGrid(x, grid)...)
		slices.SortFunc(path, func(a, b candidate) int {
			switch {
			case a.lambda > b.lambda:
				return -1
			case a.lambda < b.lambda:
				return 1
			}
			return 0
		})
		lastFinite := 0
		bestScore := math.Inf(-1)
		for i, c := range path {
			if !math.IsInf(c.score, 0) {
				lastFinite = i
			}
			if c.score >= bestScore { // of equals the smallest penalty
				best, bestScore = i, c.score
			}
		}
		high, low := path[max(0, best-1)].lambda, path[min(len(path)-1, best+1)].lambda
		switch {
		case best == len(path)-1:
			high, low = path[best].lambda, 0.01*path[best].lambda
		case best == lastFinite: // smaller penalties have no solution
			high = path[best].lambda
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

// scoreGrid returns the mean log-likelihood of each penalty over the folds; along the
// grid each solution starts from the one before. −Inf where a fold has no solution.
func scoreGrid(x [][]float64, grid []float64) []candidate {
	out := make([]candidate, len(grid))
	scores := make([][]float64, folds)
	parallel(folds, func(f int) {
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
			s, how := lasso(train, start, lambda, maxSweeps/10)
			if how == failed {
				scores[f] = append(scores[f], math.Inf(-1))
				continue
			}
			scores[f] = append(scores[f], logLikelihood(test, s.precision))
			start = s.covariance
		}
	})
	for i, lambda := range grid {
		out[i].lambda = lambda
		for f := range folds {
			out[i].score += scores[f][i]
		}
		out[i].score /= folds
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
	return mat.DenseCopyOf(gram(z, 1/float64(m)))
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
