package activity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/kernel"
	"biornn/internal/rng"
)

// Decoding says how well a variable can be read out of the states over time.
type Decoding struct {
	Variable string
	Levels   int
	Bins     []Bin
	Accuracy []float64 // by bin, mean over levels of the share decoded rightly
	NullLow  []float64 // 2.5th and 97.5th percentile with shuffled labels
	NullMean []float64
	NullHigh []float64
	Cross    [][]float64 // [trained in bin][tested in bin]
	Peak     float64     // largest Accuracy
	PeakBin  int
	P        float64 // that shuffled labels reach Peak in any bin
}

// Decode trains a linear classifier for each variable in each bin: least squares to the
// indicators of the levels with a penalty on the weights of ridge times the summed squares
// of the states (less their mean), the largest output being the answer. Folds are
// drawn from the stream (seed, activity/folds); labels are shuffled by (seed,
// activity/labels, shuffle), the same in every bin.
//
// With K = XXᵀ, G = (K + λ)⁻¹ and a fold f left out, the outputs for it are
// y_f − G_ff⁻¹(G y)_f, so that one inverse serves all folds, variables and shuffles. The
// states of a decoder are taken less their mean over all trials, which uses no labels.
func Decode(s *States, cfg Config) ([]Decoding, error) {
	d := newDecoder(s, cfg)
	if len(d.variables) == 0 {
		return nil, nil
	}
	for b := range d.bins {
		if err := d.decode(b); err != nil {
			return nil, err
		}
	}
	d.summarise()
	return d.out, nil
}

// decoder keeps what all bins share. Trials are in the order of folds.
type decoder struct {
	cfg       Config
	trials    int
	units     int
	bins      []Bin
	order     []int // trials, fold by fold
	folds     [][2]int
	variables []Variable // Of in the order of folds
	columns   int        // levels of all variables
	targets   *mat.Dense // indicators, [trial][column]
	states    [][]float32
	exact     [][]float64

	shuffled []([][]int)   // [shuffle][variable] levels
	packed   kernel.Packed // their indicators
	nulls    [][][]float64 // [variable][bin][shuffle]
	out      []Decoding
}

func newDecoder(s *States, cfg Config) *decoder {
	d := &decoder{cfg: cfg, trials: s.Trials, units: s.Neurons, bins: s.binsOf(cfg.Bins)}
	d.order = rng.New(cfg.Seed, "activity/folds").Perm(s.Trials)
	for f := range cfg.Folds {
		d.folds = append(d.folds, [2]int{f * s.Trials / cfg.Folds, (f + 1) * s.Trials / cfg.Folds})
	}
	for _, v := range s.Variables {
		of := make([]int, s.Trials)
		for k, trial := range d.order {
			of[k] = v.Of[trial]
		}
		d.variables = append(d.variables, Variable{Name: v.Name, Levels: v.Levels, Of: of})
		d.columns += len(v.Levels)
		d.out = append(d.out, Decoding{Variable: v.Name, Levels: len(v.Levels), Bins: d.bins})
		d.nulls = append(d.nulls, make([][]float64, len(d.bins)))
	}
	if len(d.variables) == 0 {
		return d
	}
	d.setTargets()
	d.shuffle()
	for _, b := range d.bins {
		exact := s.binned(b, d.order)
		short := kernel.Aligned(len(exact))
		for i, v := range exact {
			short[i] = float32(v)
		}
		d.exact, d.states = append(d.exact, exact), append(d.states, short)
	}
	return d
}

func (d *decoder) setTargets() {
	d.targets = mat.NewDense(d.trials, d.columns, nil)
	first := 0
	for _, v := range d.variables {
		for k, level := range v.Of {
			d.targets.Set(k, first+level, 1)
		}
		first += len(v.Levels)
	}
}

// shuffle draws the labels of the null and packs their indicators.
func (d *decoder) shuffle() {
	columns := d.columns * d.cfg.Shuffles
	y := make([]float32, d.trials*columns)
	first := 0
	for r := range d.cfg.Shuffles {
		p := rng.New(d.cfg.Seed, "activity/labels", uint64(r)).Perm(d.trials)
		var all [][]int
		for _, v := range d.variables {
			of := make([]int, d.trials)
			for k := range of {
				of[k] = v.Of[p[k]]
				y[k*columns+first+of[k]] = 1
			}
			first += len(v.Levels)
			all = append(all, of)
		}
		d.shuffled = append(d.shuffled, all)
	}
	d.packed.Pack(y, columns, d.trials, columns)
}

// decode fills in one bin.
func (d *decoder) decode(b int) error {
	x, mean := d.centred(b)
	level := math.Sqrt(dot(x.RawMatrix().Data, x.RawMatrix().Data) / float64(d.trials))
	if level == 0 {
		level = 1 // a bin in which nothing varies: the decoder has its constant alone
	}
	constant := 100 * level * level // the square of a constant feature, which is hardly penalised
	inverse, err := d.inverse(x, level*level*d.cfg.Ridge*float64(d.trials), constant)
	if err != nil {
		return fmt.Errorf("activity: decoder: bin %d: %w", b+1, err)
	}
	full := mat.DenseCopyOf(inverse)
	var dual mat.Dense // G y
	dual.Mul(full, d.targets)
	blocks, err := d.blocks(inverse)
	if err != nil {
		return fmt.Errorf("activity: decoder: bin %d: %w", b+1, err)
	}
	fitted := make([]float64, d.trials*d.columns)
	cross := make([][]float32, len(d.bins))
	for t := range cross {
		cross[t] = kernel.Aligned(d.trials * d.columns)
	}
	for f, fold := range d.folds {
		held := d.heldOut(f, &dual, blocks[f])
		d.fit(fold, held, fitted)
		d.transfer(fold, d.foldWeights(f, x, mean, full, &dual, held, constant), cross)
	}
	d.score(b, fitted, cross)
	d.scoreNulls(b, full, blocks)
	return nil
}

// centred returns the states of a bin less their mean.
func (d *decoder) centred(b int) (*mat.Dense, []float64) {
	x := slices.Clone(d.exact[b])
	mean := make([]float64, d.units)
	for k := range d.trials {
		axpy(mean, 1/float64(d.trials), x[k*d.units:(k+1)*d.units])
	}
	for k := range d.trials {
		axpy(x[k*d.units:(k+1)*d.units], -1, mean)
	}
	return mat.NewDense(d.trials, d.units, x), mean
}

// inverse returns (XXᵀ + constant + λ)⁻¹.
func (d *decoder) inverse(x *mat.Dense, lambda, constant float64) (*mat.SymDense, error) {
	k := mat.NewSymDense(d.trials, nil)
	k.SymOuterK(1, x)
	for i := range d.trials {
		for j := i; j < d.trials; j++ {
			k.SetSym(i, j, k.At(i, j)+constant)
		}
		k.SetSym(i, i, k.At(i, i)+lambda)
	}
	var c mat.Cholesky
	if !c.Factorize(k) {
		return nil, fmt.Errorf("the states determine no decoder: want a larger ridge")
	}
	return k, c.InverseTo(k)
}

// blocks returns G_ff⁻¹ of every fold.
func (d *decoder) blocks(inverse *mat.SymDense) ([]*mat.Dense, error) {
	var out []*mat.Dense
	for _, fold := range d.folds {
		var c mat.Cholesky
		if !c.Factorize(inverse.SliceSym(fold[0], fold[1])) {
			return nil, fmt.Errorf("the states determine no decoder: want a larger ridge")
		}
		one := mat.NewSymDense(fold[1]-fold[0], nil)
		if err := c.InverseTo(one); err != nil {
			return nil, err
		}
		out = append(out, mat.DenseCopyOf(one))
	}
	return out, nil
}

// heldOut returns G_ff⁻¹(G y)_f: by how much the outputs miss in a fold that is left out.
func (d *decoder) heldOut(f int, dual, block *mat.Dense) *mat.Dense {
	var out mat.Dense
	out.Mul(block, dual.Slice(d.folds[f][0], d.folds[f][1], 0, d.columns))
	return &out
}

// fit sets the outputs for a fold.
func (d *decoder) fit(fold [2]int, held *mat.Dense, fitted []float64) {
	for k := fold[0]; k < fold[1]; k++ {
		for c := range d.columns {
			fitted[k*d.columns+c] = d.targets.At(k, c) - held.At(k-fold[0], c)
		}
	}
}

// foldWeights returns the weights of a decoder trained without a fold, [unit][column],
// with those of the constant below.
func (d *decoder) foldWeights(f int, x *mat.Dense, mean []float64, inverse, dual, held *mat.Dense, constant float64) []float32 {
	fold := d.folds[f]
	var change, left, w mat.Dense
	change.Mul(inverse.Slice(0, d.trials, fold[0], fold[1]), held)
	left.Sub(dual, &change)
	for k := fold[0]; k < fold[1]; k++ {
		clear(left.RawRowView(k)) // 0 but for rounding
	}
	w.Mul(x.T(), &left)
	out := make([]float32, (d.units+1)*d.columns)
	for c := range d.columns {
		offset := 0.0
		for k := range d.trials {
			offset += left.At(k, c)
		}
		offset *= constant
		for u := range d.units {
			out[u*d.columns+c] = float32(w.At(u, c))
			offset -= float64(w.At(u, c) * mean[u])
		}
		out[d.units*d.columns+c] = float32(offset)
	}
	return out
}

// transfer applies the weights of a fold to its trials in all bins.
func (d *decoder) transfer(fold [2]int, w []float32, cross [][]float32) {
	var p kernel.Packed
	p.Pack(w, d.columns, d.units, d.columns)
	offset := w[d.units*d.columns:]
	for t, c := range cross {
		for k := fold[0]; k < fold[1]; k++ {
			copy(c[k*d.columns:(k+1)*d.columns], offset)
		}
		kernel.Gemm(c[fold[0]*d.columns:], d.columns, d.states[t][fold[0]*d.units:], d.units, fold[1]-fold[0], &p, true)
	}
}

// score judges the outputs of one bin's decoders.
func (d *decoder) score(b int, fitted []float64, cross [][]float32) {
	first := 0
	for i, v := range d.variables {
		o := &d.out[i]
		o.Accuracy = append(o.Accuracy, balanced(fitted[first:], d.columns, v.Of, len(v.Levels)))
		row := make([]float64, len(d.bins))
		for t := range row {
			row[t] = balanced(cross[t][first:], d.columns, v.Of, len(v.Levels))
		}
		row[b] = o.Accuracy[b]
		o.Cross = append(o.Cross, row)
		first += len(v.Levels)
	}
}

// scoreNulls judges the decoders of shuffled labels: their outputs for trials left out
// are a fixed matrix, −G_ff⁻¹G_f without the columns of f, times the labels.
func (d *decoder) scoreNulls(b int, inverse *mat.Dense, blocks []*mat.Dense) {
	columns := d.columns * d.cfg.Shuffles
	outputs := kernel.Aligned(d.trials * columns)
	for f, fold := range d.folds {
		rows := fold[1] - fold[0]
		var others kernel.Packed
		others.Pack(narrow(inverse.Slice(fold[0], fold[1], 0, d.trials).(*mat.Dense)), d.trials, rows, d.trials)
		block := narrow(blocks[f])
		for i := range block {
			block[i] = -block[i]
		}
		m := kernel.Aligned(rows * d.trials)
		kernel.Gemm(m, d.trials, block, rows, rows, &others, false)
		for i := range rows {
			clear(m[i*d.trials+fold[0] : i*d.trials+fold[1]])
		}
		kernel.Gemm(outputs[fold[0]*columns:], columns, m, d.trials, rows, &d.packed, false)
	}
	first := 0
	for r := range d.cfg.Shuffles {
		for i, v := range d.variables {
			d.nulls[i][b] = append(d.nulls[i][b], balanced(outputs[first:], columns, d.shuffled[r][i], len(v.Levels)))
			first += len(v.Levels)
		}
	}
}

// narrow copies a matrix to float32.
func narrow(m *mat.Dense) []float32 {
	rows, columns := m.Dims()
	out := kernel.Aligned(rows * columns)
	for i := range rows {
		for k, v := range m.RawRowView(i) {
			out[i*columns+k] = float32(v)
		}
	}
	return out
}

// balanced returns the mean over levels of the share of trials whose largest output is
// their level; y has rows of ld numbers, the first of which belong to the levels.
func balanced[T float32 | float64](y []T, ld int, of []int, levels int) float64 {
	right, count := make([]float64, levels), make([]float64, levels)
	for k, level := range of {
		row, best := y[k*ld:k*ld+levels], 0
		for c, v := range row {
			if v > row[best] {
				best = c
			}
		}
		count[level]++
		if best == level {
			right[level]++
		}
	}
	sum := 0.0
	for c := range right {
		sum += right[c] / count[c]
	}
	return sum / float64(levels)
}

// summarise adds peaks and null intervals.
func (d *decoder) summarise() {
	for i := range d.out {
		o := &d.out[i]
		highest := make([]float64, d.cfg.Shuffles)
		for b, null := range d.nulls[i] {
			for r, v := range null {
				highest[r] = math.Max(highest[r], v)
			}
			sorted := slices.Clone(null)
			slices.Sort(sorted)
			o.NullLow = append(o.NullLow, quantile(sorted, 0.025))
			o.NullHigh = append(o.NullHigh, quantile(sorted, 0.975))
			o.NullMean = append(o.NullMean, meanOf(null))
			if o.Accuracy[b] > o.Peak {
				o.Peak, o.PeakBin = o.Accuracy[b], b
			}
		}
		o.P = reached(highest, o.Peak)
	}
}

// reached is the p value of a number among nulls, it being counted among them.
func reached(nulls []float64, value float64) float64 {
	count := 1
	for _, v := range nulls {
		if v >= value-1e-12 {
			count++
		}
	}
	return float64(count) / float64(len(nulls)+1)
}

// quantile interpolates linearly between sorted numbers.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + float64((at-float64(i))*(sorted[i+1]-sorted[i]))
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}
