package functional

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/kernel"
)

// Sizes of the blocks of CorrelationFloat32.
const (
	blockNeurons = 960
	panelSamples = 512 // standardised and packed at once
	// chainSamples are summed in float32, one after the other. Traces of few events are
	// nearly constant elsewhere: equal addends round alike, so that the error grows with
	// the length of the chain, not with its root.
	chainSamples = 32
	abreast      = 4  // chains whose sums are joined in float32 before they are added
	stripNeurons = 24 // rows whose sums stay in the second-level cache over a panel
)

// CorrelationFloat32 is Correlation for large recordings, [neuron][sample]. Means and
// lengths of rows are those of float64; products run in float32 over 32 samples, four of
// these are joined, and the rest of the sum is in float64. The error stays below
// 2.2e-6 in any case (36 roundings of a sum of at most 1). The largest ones seen are
// 1.2e-6, for events that few samples hold and all neurons share; long noise has 1e-8.
//
// x is not changed; beside it and the result it takes about 20 MB a core. The result
// depends neither on the number of cores nor on the processor. Rows must be of one
// length and finite; constant ones give NaN, also on the diagonal.
func CorrelationFloat32(x [][]float32) (*mat.Dense, error) {
	n := len(x)
	if n == 0 || len(x[0]) < 2 {
		return nil, fmt.Errorf("functional: correlation: want at least one neuron and two samples each")
	}
	c := &panels{x: x, n: n, samples: len(x[0]), mean: make([]float64, n), factor: make([]float64, n)}
	problems := make([]error, n)
	parallel(n, func(i int) { problems[i] = c.standardise(i, x[i]) })
	for i, err := range problems {
		if err != nil {
			return nil, fmt.Errorf("functional: correlation: neuron %d%w", i, err)
		}
	}
	return c.correlate(), nil
}

// panels holds a recording with what standardises its rows; a factor of 0 marks a
// constant row.
type panels struct {
	x            [][]float32
	n, samples   int
	mean, factor []float64
}

func (c *panels) standardise(i int, row []float32) error {
	if len(row) != c.samples {
		return fmt.Errorf(": want %d samples, got %d", c.samples, len(row))
	}
	sum, constant := 0.0, true
	for k, v := range row {
		if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf(", sample %d: want a finite number, got %g", k, v)
		}
		sum += float64(v)
		constant = constant && v == row[0]
	}
	c.mean[i] = sum / float64(len(row))
	ss := 0.0
	for _, v := range row {
		d := float64(v) - c.mean[i]
		ss += float64(d * d)
	}
	if !constant && ss > 0 {
		c.factor[i] = 1 / math.Sqrt(ss)
	}
	return nil
}

// correlate fills the matrix block by block on all cores.
func (c *panels) correlate() *mat.Dense {
	out := mat.NewDense(c.n, c.n, nil)
	size := min(blockNeurons, (c.n+7)/8+11)
	blockPairs((c.n+size-1)/size, func() func(i, j int) {
		w := newPanelWork(size)
		return func(i, j int) { c.pairs(out, w, size, i, j) }
	})
	return out
}

// panelWork is the scratch space of one core.
type panelWork struct {
	a, b, product []float32
	sum           []float64
	packed        [panelSamples / chainSamples]kernel.Packed
}

func newPanelWork(size int) *panelWork {
	return &panelWork{a: kernel.Aligned(size * panelSamples), b: kernel.Aligned(size * panelSamples),
		product: kernel.Aligned(abreast * stripNeurons * size), sum: make([]float64, size*size)}
}

// pairs computes the correlations of two blocks of neurons.
func (c *panels) pairs(out *mat.Dense, w *panelWork, size, i, j int) {
	rows, columns := min(size, c.n-i*size), min(size, c.n-j*size)
	clear(w.sum[:rows*columns])
	for k := 0; k < c.samples; k += panelSamples {
		width := min(panelSamples, c.samples-k)
		c.panel(w.b, j*size, columns, k, width)
		a := w.b
		if i != j {
			c.panel(w.a, i*size, rows, k, width)
			a = w.a
		}
		w.addProducts(a, rows, columns, width)
	}
	for r := range rows {
		for s := range columns {
			c.set(out, i*size+r, j*size+s, w.sum[r*columns+s])
		}
	}
}

// addProducts adds the products of all rows of a and w.b, of width samples.
func (w *panelWork) addProducts(a []float32, rows, columns, width int) {
	for k := 0; k < width; k += chainSamples {
		w.packed[k/chainSamples].PackT(w.b[k:], width, min(chainSamples, width-k), columns)
	}
	for r := 0; r < rows; r += stripNeurons {
		strip := min(stripNeurons, rows-r)
		size := strip * columns
		sum := w.sum[r*columns:][:size]
		for k := 0; k < width; {
			chains := 1
			if width-k >= abreast*chainSamples {
				chains = abreast
			}
			for c := range chains {
				kernel.Gemm(w.product[c*size:(c+1)*size], columns, a[r*width+k:], width, strip, &w.packed[k/chainSamples], false)
				k += chainSamples
			}
			addChains(sum, w.product[:chains*size])
		}
	}
}

// addChains adds the products of one chain, or of four, to the sums.
func addChains(sum []float64, products []float32) {
	n := len(sum)
	p := products[:n]
	if len(products) == n {
		for e, x := range p {
			sum[e] += float64(x)
		}
		return
	}
	q, r, s := products[n:][:n], products[2*n:][:n], products[3*n:][:n]
	for e := range sum {
		sum[e] += float64((p[e] + q[e]) + (r[e] + s[e]))
	}
}

// panel copies standardised samples k … k+width−1 of some neurons.
func (c *panels) panel(to []float32, first, rows, k, width int) {
	for r := range rows {
		mean, factor := c.mean[first+r], c.factor[first+r]
		row := to[r*width : (r+1)*width]
		for s, v := range c.x[first+r][k : k+width] {
			row[s] = float32((float64(v) - mean) * factor)
		}
	}
}

// set writes both elements of a pair; blocks on the diagonal hold each pair twice,
// with the same value.
func (c *panels) set(out *mat.Dense, i, j int, v float64) {
	if i < j {
		return
	}
	v = math.Max(-1, math.Min(1, v))
	if i == j {
		v = 1
	}
	if c.factor[i] == 0 || c.factor[j] == 0 {
		v = math.NaN()
	}
	out.Set(i, j, v)
	out.Set(j, i, v)
}
