package constraint

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
	"biornn/internal/suggest"
)

// Initialise draws a rows×cols matrix, row by row, as Keras' initialisers do:
// orthogonal (Saxe et al. 2013, arXiv:1312.6120), glorot-uniform and glorot-normal
// (Glorot & Bengio 2010), he-uniform and he-normal (He et al. 2015,
// doi:10.1109/ICCV.2015.123). The normal forms are truncated at two standard
// deviations and rescaled, as in Keras.
func Initialise(kind string, rows, cols, fanIn, fanOut int, s *rng.Stream) ([]float32, error) {
	w, err := initialise(kind, rows, cols, fanIn, fanOut, s)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(w))
	for i, x := range w {
		out[i] = float32(x)
	}
	return out, nil
}

var initialisers = []string{"orthogonal", "glorot-uniform", "glorot-normal", "he-uniform", "he-normal"}

func initialise(kind string, rows, cols, fanIn, fanOut int, s *rng.Stream) ([]float64, error) {
	w := make([]float64, rows*cols)
	variance := 2 / float64(fanIn+fanOut)
	if strings.HasPrefix(kind, "he-") {
		variance = 2 / float64(fanIn)
	}
	switch {
	case kind == "orthogonal":
		return orthogonal(rows, cols, s)
	case !slices.Contains(initialisers, kind):
		return nil, fmt.Errorf("constraint: initialiser: want one of %s, got %q%s", strings.Join(initialisers, ", "), kind, suggest.Near(kind, initialisers))
	case strings.HasSuffix(kind, "-uniform"):
		limit := math.Sqrt(3 * variance)
		for i := range w {
			w[i] = limit * (2*s.Float64() - 1)
		}
	default:
		// The standard deviation of a normal truncated at ±2.
		const truncated = 0.87962566103423978
		sd := math.Sqrt(variance) / truncated
		for i := range w {
			z := s.Norm()
			for math.Abs(z) > 2 {
				z = s.Norm()
			}
			w[i] = sd * z
		}
	}
	return w, nil
}

// orthogonal returns Q of the QR decomposition of a normal matrix with the columns'
// signs set by the diagonal of R, which makes it uniform over the orthogonal group.
func orthogonal(rows, cols int, s *rng.Stream) ([]float64, error) {
	tall, wide := max(rows, cols), min(rows, cols)
	a := mat.NewDense(tall, wide, nil)
	for i := range tall {
		for j := range wide {
			a.Set(i, j, s.Norm())
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	w := make([]float64, rows*cols)
	for i := range tall {
		for j := range wide {
			x := q.At(i, j)
			if r.At(j, j) < 0 {
				x = -x
			}
			if rows >= cols {
				w[i*cols+j] = x
			} else {
				w[j*cols+i] = x
			}
		}
	}
	return w, nil
}
