package kernel

// Rows are sparse rows: row i holds the entries Starts[i] … Starts[i+1]−1 of Columns
// (ascending within a row), each with a value kept beside.
type Rows struct {
	Starts  []int32 // one more than there are rows
	Columns []int32
}

// Lane is the number of trials that a sparse product works on at once: its operands
// are rows of so many numbers.
const Lane = 16

// gather is one call of a sparse routine. Its layout is known to asmgen.
type gather struct {
	starts, columns               *int32
	values, operand, result, gate *float32
	rows, mode                    int
}

// Gather computes rows from … to−1 of a sparse product. Row i of the result is the chain
// of fused multiply-adds of values[e]·x[Columns[e]] over the entries of the row, from
// 0 or, with Add, from what result holds; Rectify and Gate as in GemmFused. x, result
// and gate have rows of Lane numbers. It equals the dense product bit for bit (but
// for the sign of zeros).
func (r *Rows) Gather(result, values, x []float32, from, to int, mode Mode, gate []float32) {
	if from >= to {
		return
	}
	r.check(values, x, result, from, to)
	if mode&Gate != 0 && len(gate) < to*Lane {
		panic("kernel: operand too short for its shape")
	}
	if best == generic || len(r.Columns) == 0 {
		r.gatherPlain(result, values, x, from, to, mode, gate)
		return
	}
	t := gather{
		starts: &r.Starts[from], columns: &r.Columns[0], values: &values[0], operand: &x[0],
		result: &result[from*Lane], rows: to - from, mode: int(mode),
	}
	if mode&Gate != 0 {
		t.gate = &gate[from*Lane]
	}
	best.runGather(&t)
}

// Dot adds to sums[e], for every entry e of rows from … to−1, the product of row i of d
// and row Columns[e] of x, both of Lane numbers: each product is rounded, then lanes
// l and l+8, l and l+4, l and l+2, 0 and 1 are added.
func (r *Rows) Dot(sums, d, x []float32, from, to int) {
	if from >= to {
		return
	}
	r.check(sums, x, d, from, to)
	if best == generic || len(r.Columns) == 0 {
		r.dotPlain(sums, d, x, from, to)
		return
	}
	t := gather{
		starts: &r.Starts[from], columns: &r.Columns[0], values: &sums[0], operand: &x[0],
		result: &d[from*Lane], rows: to - from,
	}
	best.runDot(&t)
}

// check panics where an array is too short. That no column lies past x is what Valid
// is for: it is too slow to ask each time.
func (r *Rows) check(values, x, result []float32, from, to int) {
	if from < 0 || to >= len(r.Starts) || len(values) < len(r.Columns) || len(result) < to*Lane || len(x)%Lane != 0 {
		panic("kernel: operand too short for its shape")
	}
}

// Valid tells whether the rows are well formed and all columns lie below the given
// number; the products rely on it.
func (r *Rows) Valid(columns int) bool {
	if len(r.Starts) == 0 || r.Starts[0] != 0 || int(r.Starts[len(r.Starts)-1]) != len(r.Columns) {
		return false
	}
	for i, end := range r.Starts[1:] {
		if end < r.Starts[i] {
			return false
		}
	}
	for _, c := range r.Columns {
		if c < 0 || int(c) >= columns {
			return false
		}
	}
	return true
}

// gatherPlain is the reference of Gather.
func (r *Rows) gatherPlain(result, values, x []float32, from, to int, mode Mode, gate []float32) {
	for i := from; i < to; i++ {
		out := result[i*Lane : (i+1)*Lane]
		if mode&Add == 0 {
			clear(out)
		}
		for e := r.Starts[i]; e < r.Starts[i+1]; e++ {
			in := x[int(r.Columns[e])*Lane:]
			for l := range out {
				out[l] = fma32(values[e], in[l], out[l])
			}
		}
		for l := range out {
			if mode&Rectify != 0 && out[l] < 0 {
				out[l] = 0
			}
			if mode&Gate != 0 && !(gate[i*Lane+l] > 0) {
				out[l] = 0
			}
		}
	}
}

// dotPlain is the reference of Dot.
func (r *Rows) dotPlain(sums, d, x []float32, from, to int) {
	for i := from; i < to; i++ {
		for e := r.Starts[i]; e < r.Starts[i+1]; e++ {
			var p [Lane]float32
			for l := range p {
				p[l] = float32(d[i*Lane+l] * x[int(r.Columns[e])*Lane+l])
			}
			for width := Lane / 2; width > 0; width /= 2 {
				for l := range width {
					p[l] += p[l+width]
				}
			}
			sums[e] += p[0]
		}
	}
}
