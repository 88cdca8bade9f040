package kernel

// operands describes one product. Element (i, k) of A is a[i·aRow + k·aStep];
// element (k, j) of B is b[(j/32)·bPanel + k·bStep + j mod 32].
type operands struct {
	m, n, k       int
	mode          Mode
	a             []float32
	aRow, aStep   int
	b             []float32
	bStep, bPanel int
	c, gate       []float32
	cRow, gateRow int
}

// check panics where a slice is too short for its shape: the assembly would
// otherwise run past it.
func check(o *operands) {
	last := func(s []float32, i int) bool { return i < len(s) }
	ok := last(o.c, (o.m-1)*o.cRow+o.n-1)
	if o.k > 0 {
		ok = ok && last(o.a, (o.m-1)*o.aRow+(o.k-1)*o.aStep)
		j := o.n - 1
		ok = ok && last(o.b, j/PanelWidth*o.bPanel+(o.k-1)*o.bStep+j%PanelWidth)
	}
	if o.mode&Gate != 0 {
		ok = ok && last(o.gate, (o.m-1)*o.gateRow+o.n-1)
	}
	if !ok || o.k < 0 {
		panic("kernel: operand too short for its shape")
	}
}
