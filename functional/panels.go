package functional

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/kernel"
)

// Sizes of the blocks of CorrelationFloat32: neurons a block and samples a panel, whose
// products are summed in float32 before they join the sum in float64.
const (
	blockNeurons = 960
	panelSamples = 512
)

// CorrelationFloat32 is Correlation for large recordings, [neuron][sample]: products run
// in float32 over panels of 512 samples, sums over panels in float64, which leaves an
// error below 1e-6. x is not changed; beside it and the result it takes a few
// megabytes a core. The result does not depend on the number of cores.
func CorrelationFloat32(x [][]float32) (*mat.Dense, error) {
	n := len(x)
	if n == 0 || len(x[0]) < 2 {
		return nil, fmt.Errorf("functional: correlation: want at least one neuron and two samples each")
	}
	c := &panels{x: x, n: n, samples: len(x[0]), mean: make([]float64, n), factor: make([]float64, n)}
	for i, row := range x {
		if err := c.standardise(i, row); err != nil {
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
	blocks := (c.n + size - 1) / size
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			w := newPanelWork(size)
			for {
				k := int(next.Add(1)) - 1
				if k >= blocks*(blocks+1)/2 {
					return
				}
				i := int((math.Sqrt(8*float64(k)+1) - 1) / 2)
				c.pairs(out, w, size, i, k-i*(i+1)/2)
			}
		})
	}
	wg.Wait()
	return out
}

// panelWork is the scratch space of one core.
type panelWork struct {
	a, b, product []float32
	sum           []float64
	packed        kernel.Packed
}

func newPanelWork(size int) *panelWork {
	return &panelWork{a: kernel.Aligned(size * panelSamples), b: kernel.Aligned(size * panelSamples),
		product: kernel.Aligned(size * size), sum: make([]float64, size*size)}
}

// pairs computes the correlations of two blocks of neurons.
func (c *panels) pairs(out *mat.Dense, w *panelWork, size, i, j int) {
	rows, columns := min(size, c.n-i*size), min(size, c.n-j*size)
	clear(w.sum[:rows*columns])
	for k := 0; k < c.samples; k += panelSamples {
		width := min(panelSamples, c.samples-k)
		c.panel(w.b, j*size, columns, k, width)
		w.packed.PackT(w.b, width, width, columns)
		a := w.b
		if i != j {
			c.panel(w.a, i*size, rows, k, width)
			a = w.a
		}
		kernel.Gemm(w.product, columns, a, width, rows, &w.packed, false)
		for e, x := range w.product[:rows*columns] {
			w.sum[e] += float64(x)
		}
	}
	for r := range rows {
		for s := range columns {
			c.set(out, i*size+r, j*size+s, w.sum[r*columns+s])
		}
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
