package activity

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
	"biornn/stats"
)

// Agreement is how well two measures of similarity agree, with a null in which the units
// of one are relabelled.
type Agreement struct {
	Measure  string  // pearson, spearman, cosine or cka
	Value    float64 // NaN if one side does not vary
	NullMean float64
	NullLow  float64 // 2.5th and 97.5th percentile
	NullHigh float64
	P        float64 // one-sided: that relabelled units agree as well
}

// AlignMatrices compares two symmetric similarities between the same units (such as
// correlations of activity): Pearson and Spearman correlation and cosine of their upper
// triangles, and linear CKA with the similarities as kernels (Kornblith et al. 2019,
// arXiv:1905.00414; not its arccosine). Comparing triangles is representational
// similarity analysis with units as the items (Kriegeskorte et al. 2008,
// doi:10.3389/neuro.06.004.2008).
//
// The null permutes the units of b, as in the test of Mantel (1967), by the stream (seed,
// purpose, permutation). With groups, one number a unit, only units of the same group
// change places. Units with a NaN in either matrix are left out; their number is returned.
func AlignMatrices(a, b *mat.Dense, groups []int, permutations int, seed uint64, purpose string) (out []Agreement, left int, err error) {
	n, m := a.Dims()
	if n2, m2 := b.Dims(); n != m || n2 != n || m2 != n {
		return nil, 0, fmt.Errorf("activity: alignment: want two square matrices of one size, got %d×%d and %d×%d", n, m, n2, m2)
	}
	if groups != nil && len(groups) != n {
		return nil, 0, fmt.Errorf("activity: alignment: want a group for each of %d units, got %d", n, len(groups))
	}
	keep := complete(a, b)
	if len(keep) < 4 {
		return nil, n - len(keep), fmt.Errorf("activity: alignment: want at least 4 units with similarities in both, got %d", len(keep))
	}
	x, y := submatrix(a, keep), submatrix(b, keep)
	var of []int
	if groups != nil {
		for _, i := range keep {
			of = append(of, groups[i])
		}
	}
	perms := permutationsOf(len(keep), of, permutations, seed, purpose)
	for _, k := range []struct {
		name string
		a, b *symmetric
	}{
		{"pearson", triangle(x, true), triangle(y, true)}, {"spearman", ranked(x), ranked(y)},
		{"cosine", triangle(x, false), triangle(y, false)}, {"cka", doublyCentred(x), doublyCentred(y)},
	} {
		out = append(out, compare(k.name, k.a, k.b, perms))
	}
	return out, n - len(keep), nil
}

// LinearCKA returns the centred kernel alignment of two sets of features of the same
// samples, [sample][feature]: ‖YᵀX‖²/(‖XᵀX‖‖YᵀY‖) of the columns less their means
// (arXiv:1905.00414). It is 1 for features that are rotations and scalings of each other.
func LinearCKA(x, y *mat.Dense) (float64, error) {
	n, _ := x.Dims()
	if m, _ := y.Dims(); n != m || n < 2 {
		return 0, fmt.Errorf("activity: CKA: want two sets of features of the same samples, at least 2, got %d and %d", n, m)
	}
	var a, b mat.Dense
	a.Mul(x, x.T())
	b.Mul(y, y.T())
	k, l := doublyCentred(&a), doublyCentred(&b)
	return compare("cka", k, l, nil).Value, nil
}

// symmetric is a matrix prepared so that an agreement is the sum of products over the
// root of both sums of squares.
type symmetric struct {
	n    int
	data []float64
	size float64
}

func (s *symmetric) finish() *symmetric {
	s.size = math.Sqrt(dot(s.data, s.data))
	return s
}

// triangle keeps the off-diagonal entries, less their mean if centred.
func triangle(m *mat.Dense, centred bool) *symmetric {
	n, _ := m.Dims()
	s := &symmetric{n: n, data: make([]float64, n*n)}
	sum := 0.0
	for i := range n {
		for j := range i {
			sum += m.At(j, i)
		}
	}
	mean := sum / float64(n*(n-1)/2)
	if !centred {
		mean = 0
	}
	for i := range n {
		for j := range i {
			v := m.At(j, i) - mean
			s.data[i*n+j], s.data[j*n+i] = v, v
		}
	}
	return s.finish()
}

// ranked is triangle of the ranks, ties sharing their mean.
func ranked(m *mat.Dense) *symmetric {
	n, _ := m.Dims()
	var values []float64
	for i := range n {
		for j := range i {
			values = append(values, m.At(j, i))
		}
	}
	rank, out, at := stats.Ranks(values), mat.NewDense(n, n, nil), 0
	for i := range n {
		for j := range i {
			out.Set(i, j, rank[at])
			out.Set(j, i, rank[at])
			at++
		}
	}
	return triangle(out, true)
}

// doublyCentred is a kernel less the means of its rows and columns.
func doublyCentred(m *mat.Dense) *symmetric {
	n, _ := m.Dims()
	s := &symmetric{n: n, data: make([]float64, n*n)}
	row, all := make([]float64, n), 0.0
	for i := range n {
		row[i] = meanOf(m.RawRowView(i))
		all += row[i] / float64(n)
	}
	for i := range n {
		for j := range n {
			s.data[i*n+j] = m.At(i, j) - row[i] - row[j] + all
		}
	}
	return s.finish()
}

// compare returns the agreement of two matrices and its null.
func compare(name string, a, b *symmetric, perms [][]int) Agreement {
	nan := math.NaN()
	out := Agreement{Measure: name, Value: nan, NullMean: nan, NullLow: nan, NullHigh: nan, P: nan}
	size := a.size * b.size
	if !(size > 0) {
		return out
	}
	out.Value = dot(a.data, b.data) / size
	nulls := make([]float64, len(perms))
	for r, p := range perms {
		sum := 0.0
		for i := range a.n {
			row, other := a.data[i*a.n:(i+1)*a.n], b.data[p[i]*a.n:(p[i]+1)*a.n]
			for j, v := range row {
				sum += float64(v * other[p[j]])
			}
		}
		nulls[r] = sum / size
	}
	out.fromNulls(nulls)
	return out
}

func (a *Agreement) fromNulls(nulls []float64) {
	if len(nulls) == 0 {
		return
	}
	a.P = reached(nulls, a.Value)
	a.NullMean = meanOf(nulls)
	slices.Sort(nulls)
	a.NullLow, a.NullHigh = quantile(nulls, 0.025), quantile(nulls, 0.975)
}

// permutationsOf draws orders of n units, within groups if there are any.
func permutationsOf(n int, groups []int, count int, seed uint64, purpose string) [][]int {
	members := map[int][]int{}
	most := 0
	for i := range n {
		g := 0
		if groups != nil {
			g = groups[i]
		}
		members[g] = append(members[g], i)
		most = max(most, g)
	}
	out := make([][]int, count)
	for r := range out {
		s, p := rng.New(seed, purpose, uint64(r)), make([]int, n)
		for g := range most + 1 {
			who := members[g]
			if len(who) == 0 {
				continue
			}
			for k, to := range s.Perm(len(who)) {
				p[who[k]] = who[to]
			}
		}
		out[r] = p
	}
	return out
}

// complete lists the units without a NaN in either matrix. A unit that does not vary has
// no similarity at all, so that its diagonal tells.
func complete(a, b *mat.Dense) []int {
	n, _ := a.Dims()
	var known, out []int
	for i := range n {
		if !math.IsNaN(a.At(i, i)) && !math.IsNaN(b.At(i, i)) {
			known = append(known, i)
		}
	}
	for _, i := range known {
		if !slices.ContainsFunc(known, func(j int) bool { return math.IsNaN(a.At(i, j)) || math.IsNaN(b.At(i, j)) }) {
			out = append(out, i)
		}
	}
	return out
}

func submatrix(m *mat.Dense, keep []int) *mat.Dense {
	out := mat.NewDense(len(keep), len(keep), nil)
	for i, a := range keep {
		for j, b := range keep {
			out.Set(i, j, m.At(a, b))
		}
	}
	return out
}

// Neighbourhoods groups units by place: the set is halved at the median of its longest
// axis until no group has more than size units. positions are in µm.
func Neighbourhoods(positions [][3]float64, size int) []int {
	out, next := make([]int, len(positions)), 0
	var split func(who []int)
	split = func(who []int) {
		if len(who) <= max(size, 1) {
			for _, i := range who {
				out[i] = next
			}
			next++
			return
		}
		axis, extent := 0, -1.0
		for k := range 3 {
			low, high := math.Inf(1), math.Inf(-1)
			for _, i := range who {
				low, high = math.Min(low, positions[i][k]), math.Max(high, positions[i][k])
			}
			if high-low > extent {
				axis, extent = k, high-low
			}
		}
		slices.SortFunc(who, func(a, b int) int {
			switch {
			case positions[a][axis] < positions[b][axis]:
				return -1
			case positions[a][axis] > positions[b][axis]:
				return 1
			}
			return a - b
		})
		split(slices.Clone(who[:len(who)/2]))
		split(slices.Clone(who[len(who)/2:]))
	}
	split(inOrder(len(positions)))
	return out
}
