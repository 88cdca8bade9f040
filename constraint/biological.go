package constraint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/internal/portable"
	"biornn/internal/rng"
)

// Values of the published recipe of W*.
const (
	logMean, logSD = -0.5, 0.5 // of the lognormal weights
	wantedMean     = 0.1       // first scaling
	smallest       = 0.01      // nonzero weights are raised to it
	wantedRadius   = 0.95      // second scaling
)

// biological draws W*, W[post][pre].
func biological(cfg Config, c *circuit.Circuit, seed uint64) ([]float64, error) {
	n := c.N()
	factors, err := similarities(cfg, c)
	if err != nil {
		return nil, err
	}
	s := rng.New(seed, "constraint/lognormal")
	w := make([]float64, n*n)
	for i := range w {
		w[i] = s.LogNormal(logMean, logSD)
		for _, f := range factors {
			w[i] *= f[i]
		}
		if cfg.InitDiagonal != "keep" && i%(n+1) == 0 {
			w[i] = 0
		}
	}
	switch cfg.InitOffDiagonal {
	case "shuffled":
		shuffleOffDiagonal(w, n, rng.New(seed, "constraint/shuffled"))
	case "shuffled-pairs":
		shuffleReciprocal(w, n, rng.New(seed, "constraint/shuffled-pairs"))
	case "shuffled-everywhere":
		old := slices.Clone(w)
		for i, from := range rng.New(seed, "constraint/shuffled-everywhere").Perm(len(w)) {
			w[i] = old[from]
		}
	}
	if err := scaleToRadius(w, n); err != nil {
		return nil, fmt.Errorf("constraint: circuit %q: %w", c.Name, err)
	}
	if cfg.InitSign == "random" {
		if err := drawSigns(w, n, rng.New(seed, "constraint/signs")); err != nil {
			return nil, fmt.Errorf("constraint: circuit %q: %w", c.Name, err)
		}
	}
	if cfg.InitDiagonal != "baseline" && cfg.InitOffDiagonal != "baseline" && cfg.Match == "" {
		return w, nil
	}
	q, err := orthogonal(n, n, rng.New(seed, "constraint/init"))
	if err != nil {
		return nil, err
	}
	for i := range w {
		if diagonal := i%(n+1) == 0; diagonal && cfg.InitDiagonal == "baseline" || !diagonal && cfg.InitOffDiagonal == "baseline" {
			w[i] = q[i]
		}
	}
	if cfg.Match != "" {
		if err := match(w, q, n, cfg.Match, cfg.InitDiagonal == "baseline"); err != nil {
			return nil, fmt.Errorf("constraint: circuit %q: %w", c.Name, err)
		}
	}
	return w, nil
}

// scaleToRadius applies the three scalings of the recipe.
func scaleToRadius(w []float64, n int) error {
	mean := 0.0
	for _, x := range w {
		mean += x
	}
	mean /= float64(len(w))
	if !(mean > 0) {
		return fmt.Errorf("want a W* of positive mean, got %g: the functional matrices leave no weight", mean)
	}
	for i, x := range w {
		if x != 0 {
			w[i] = math.Max(x*wantedMean/mean, smallest)
		}
	}
	radius, err := perronRoot(w, n)
	if err != nil {
		return err
	}
	for i := range w {
		w[i] *= wantedRadius / radius
	}
	return nil
}

// perronRoot returns the spectral radius of a nonnegative matrix, by power
// iteration between Collatz–Wielandt bounds, or from all eigenvalues where that is
// slow (a matrix that is nearly reducible).
func perronRoot(w []float64, n int) (float64, error) {
	v, next := make([]float64, n), make([]float64, n)
	for i := range v {
		v[i] = 1
	}
	for range 500 {
		low, high, top := math.Inf(1), 0.0, 0.0
		for i := range n {
			sum := 0.0
			for j, x := range w[i*n : (i+1)*n] {
				sum += float64(x * v[j])
			}
			next[i] = sum
			low, high, top = math.Min(low, sum/v[i]), math.Max(high, sum/v[i]), math.Max(top, sum)
		}
		if high-low <= 1e-13*high && !math.IsInf(high, 1) {
			return (low + high) / 2, nil
		}
		if !(low > 0) || math.IsInf(high, 1) { // reducible: some entries of v vanish
			break
		}
		for i := range n {
			v[i] = next[i] / top
		}
	}
	var eig mat.Eigen
	if !eig.Factorize(mat.NewDense(n, n, append([]float64(nil), w...)), mat.EigenNone) {
		return 0, fmt.Errorf("the eigenvalues of W* were not found")
	}
	radius := 0.0
	for _, l := range eig.Values(nil) {
		radius = math.Max(radius, math.Hypot(real(l), imag(l)))
	}
	if !(radius > 0) {
		return 0, fmt.Errorf("want a W* of positive spectral radius, got %g", radius)
	}
	return radius, nil
}

// similarities returns the scaled factors of W*, [post][pre].
func similarities(cfg Config, c *circuit.Circuit) ([][]float64, error) {
	type source struct {
		name string
		m    *mat.Dense
	}
	var sources []source
	if cfg.STTC != "none" {
		sources = append(sources, source{"STTC", c.STTC})
	}
	switch cfg.Similarity {
	case "correlation":
		sources = append(sources, source{"correlation", c.Correlation})
	case "precision":
		sources = append(sources, source{"precision", c.Precision})
	}
	var out [][]float64
	for _, s := range sources {
		f, err := minMax(s.m, s.name, c, cfg.InitDiagonal == "keep")
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	if cfg.Synapses {
		if c.Synapses == nil || c.Synapses.Len() == 0 {
			return nil, fmt.Errorf("constraint: circuit %q has no synapses, which synapses = true asks for", c.Name)
		}
		f := c.Synapses.Matrix()
		for i, x := range f {
			f[i] = portable.Log(1 + x)
		}
		out = append(out, f)
	}
	return out, nil
}

// adviceOn says how a circuit gets a functional matrix.
func adviceOn(matrix string, c *circuit.Circuit) string {
	file, flag, source, before := "CIRCUIT", "", "event times", ""
	if c.Provenance.Synthetic {
		file = "FILE" + circuit.Extension
		before = fmt.Sprintf("biornn circuit build --synthetic --count %d --out %s writes the circuit, and ", c.N(), file)
	}
	if matrix == "precision" {
		flag = " --precision"
	}
	if c.Events == nil {
		flag += " --traces TRACES"
		source = fmt.Sprintf("traces, for there are no event times; or give it to biornn circuit build --%s", strings.ToLower(matrix))
	}
	return fmt.Sprintf("%sbiornn functional %s%s --out NEW%s computes it from %s", before, file, flag, circuit.Extension, source)
}

// minMax scales a functional matrix to 0…1 over all its entries, or over those off
// the diagonal.
func minMax(m *mat.Dense, name string, c *circuit.Circuit, diagonal bool) ([]float64, error) {
	n := c.N()
	if m == nil {
		return nil, fmt.Errorf("constraint: circuit %q has no %s matrix, which W* needs: %s", c.Name, name, adviceOn(name, c))
	}
	out := make([]float64, n*n)
	low, high := math.Inf(1), math.Inf(-1)
	for i := range n {
		for j := range n {
			x := m.At(i, j)
			if !finite(x) && (diagonal || i != j) {
				return nil, fmt.Errorf("constraint: circuit %q: %s of neurons %d and %d (ids %d and %d): want a number, got %g; leave out neurons without events",
					c.Name, name, i, j, c.Neurons[i].ID, c.Neurons[j].ID, x)
			}
			out[i*n+j] = x
			if diagonal || i != j {
				low, high = math.Min(low, x), math.Max(high, x)
			}
		}
	}
	for i, x := range out {
		if high == low {
			out[i] = 1
		} else {
			out[i] = (x - low) / (high - low)
		}
	}
	return out, nil
}
