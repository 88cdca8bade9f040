package constraint

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/graph"
	"biornn/internal/rng"
	"biornn/internal/sharedtest"
	"biornn/microns"
)

// toy returns a circuit of n neurons with random positions, synapses and
// functional matrices.
func toy(t testing.TB, n int) *circuit.Circuit {
	t.Helper()
	s := rng.New(1, "constraint/test", uint64(n))
	c := &circuit.Circuit{Name: "toy", Correlation: mat.NewDense(n, n, nil), STTC: mat.NewDense(n, n, nil), Precision: mat.NewDense(n, n, nil)}
	var edges []graph.Edge
	for i := range n {
		c.Neurons = append(c.Neurons, circuit.Neuron{ID: int64(i + 1), Position: [3]float64{100 * s.Norm(), 100 * s.Norm(), 300 * s.Float64()}})
		for j := range i + 1 {
			for _, m := range []*mat.Dense{c.Correlation, c.STTC, c.Precision} {
				x := 0.2 * s.Norm()
				if i == j {
					x = 1
				}
				m.Set(i, j, x)
				m.Set(j, i, x)
			}
		}
		for j := range n {
			if s.Float64() < 0.1 && i%5 != 0 {
				edges = append(edges, graph.Edge{Pre: i, Post: j, Weight: float64(1 + s.IntN(3))})
			}
		}
	}
	var err error
	if c.Synapses, err = graph.FromEdges(n, edges); err != nil {
		t.Fatal(err)
	}
	return c
}

func preset(t testing.TB, name, model string) Config {
	t.Helper()
	cfg, err := Preset(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Lookup(model)
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Apply(m)
}

// reference is the penalty in float64, written from the formulas.
func reference(k *Constraint, w []float64, target []float64) float64 {
	n := k.n
	price := func(i int) float64 {
		if k.price == nil {
			return float64(k.flat)
		}
		return float64(k.price[i])
	}
	var c mat.Dense
	if k.cfg.Communicability != "none" {
		a, _ := normalised(w, n, k.cfg.Epsilon, 0)
		c.Exp(a)
		for i := range n {
			c.Set(i, i, 0)
		}
	}
	sum := 0.0
	for i, x := range w {
		v := math.Abs(x) * price(i)
		if k.cfg.Communicability == "direct" {
			v *= c.At(i/n, i%n)
		}
		sum += v
	}
	if k.cfg.Communicability == "empirical" {
		flat := append([]float64(nil), c.RawMatrix().Data...)
		sortFloat64(flat)
		emd := 0.0
		for i, x := range flat {
			emd += math.Abs(x - target[i])
		}
		sum += k.emd * emd / float64(len(flat))
	}
	return sum
}

func sortFloat64(x []float64) {
	for i := 1; i < len(x); i++ {
		for j := i; j > 0 && x[j] < x[j-1]; j-- {
			x[j], x[j-1] = x[j-1], x[j]
		}
	}
}

func TestPenaltyGradients(t *testing.T) {
	c := toy(t, 20)
	for _, p := range Presets() {
		for _, m := range Models() {
			k, err := New(preset(t, p, m.Slug), c, 3)
			if err != nil {
				t.Fatalf("%s %s: %v", p, m.Slug, err)
			}
			w := k.InitialWeights()
			s := rng.New(2, "perturb")
			for i := range w {
				w[i] += float32(0.05 * s.Norm())
			}
			grad := make([]float32, len(w))
			got, err := k.Penalty(w, grad)
			if err != nil {
				t.Fatal(err)
			}
			w64, target := widen(w), widen(k.target)
			if want := reference(k, w64, target); math.Abs(got-want) > 2e-5*math.Abs(want) {
				t.Errorf("%s %s: penalty %.9g, want %.9g", p, m.Slug, got, want)
			}
			num, den := 0.0, 0.0
			for i := range w64 {
				const h = 1e-6
				old := w64[i]
				w64[i] = old + h
				up := reference(k, w64, target)
				w64[i] = old - h
				down := reference(k, w64, target)
				w64[i] = old
				want := (up - down) / (2 * h)
				num += (float64(grad[i]) - want) * (float64(grad[i]) - want)
				den += want * want
			}
			if r := math.Sqrt(num / den); r > 1e-4 {
				t.Errorf("%s %s: gradient off by %.2g of its norm", p, m.Slug, r)
			}
		}
	}
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// TestSpread compares the float32 communicability and its adjoint with float64 on
// matrices that training meets and on worse ones.
func TestSpread(t *testing.T) {
	const n = 60
	s := rng.New(5, "spread")
	fill := func(f func(i, j int) float64) []float32 {
		w := make([]float32, n*n)
		for i := range w {
			w[i] = float32(f(i/n, i%n))
		}
		return w
	}
	for name, test := range map[string]struct {
		w       []float32
		epsilon float64
	}{
		"normal":      {fill(func(_, _ int) float64 { return s.Norm() }), 0},
		"heavy tail":  {fill(func(_, _ int) float64 { return math.Exp(4 * s.Norm()) }), 0},
		"sparse":      {fill(func(i, j int) float64 { return pick(s.Float64() < 0.05 || (i+1)%n == j, s.Norm(), 0) }), 0},
		"bad scaling": {fill(func(i, j int) float64 { return math.Exp2(float64(i%17-8)) * math.Exp2(float64(j%23-11)) * s.Norm() }), 0},
		"silent":      {fill(func(_, j int) float64 { return pick(j%7 == 0, 0, s.Norm()) }), 1e-6},
		"ring":        {fill(func(i, j int) float64 { return pick((i+1)%n == j, 1, 0) }), 0},
		"tiny":        {fill(func(_, _ int) float64 { return 1e-12 * s.Norm() }), 0},
	} {
		p := newSpread(n, test.epsilon)
		got := p.at(test.w)
		if !p.ok {
			t.Errorf("%s: not finite", name)
			continue
		}
		a, _ := normalised(widen(test.w), n, test.epsilon, 0)
		var e mat.Dense
		e.Exp(a)
		for i := range n {
			e.Set(i, i, 0)
		}
		if r := relative(got, e.RawMatrix().Data); r > 1e-5 {
			t.Errorf("%s: C off by %.2g of its norm (%d squarings)", name, r, p.squarings)
		}
		dc := make([]float32, n*n)
		for i := range dc {
			dc[i] = float32(s.Float64())
		}
		grad := make([]float32, n*n)
		p.adjoint(dc, grad)
		want := strengthGradient(widen(test.w), widen(dc), a, n, test.epsilon)
		if r := relative(grad, want); r > 1e-4 {
			t.Errorf("%s: gradient off by %.2g of its norm (%d squarings)", name, r, p.squarings)
		}
	}
}

func pick(yes bool, a, b float64) float64 {
	if yes {
		return a
	}
	return b
}

func relative(got []float32, want []float64) float64 {
	num, den := 0.0, 0.0
	for i, w := range want {
		num += (float64(got[i]) - w) * (float64(got[i]) - w)
		den += w * w
	}
	return math.Sqrt(num / den)
}

// strengthGradient is the adjoint in float64 by the exponential of the block matrix
// [[Aᵀ, E], [0, Aᵀ]], whose upper right block is the Fréchet derivative at Aᵀ.
func strengthGradient(w, e []float64, a *mat.Dense, n int, epsilon float64) []float64 {
	block := mat.NewDense(2*n, 2*n, nil)
	for i := range n {
		for j := range n {
			block.Set(i, j, a.At(j, i))
			block.Set(n+i, n+j, a.At(j, i))
			if i != j {
				block.Set(i, n+j, e[i*n+j])
			}
		}
	}
	var x mat.Dense
	x.Exp(block)
	strength := make([]float64, n)
	for i := range w {
		strength[i%n] += math.Abs(w[i])
	}
	ds := make([]float64, n)
	g := make([]float64, n*n)
	for i := range n {
		for j := range n {
			l := x.At(i, n+j)
			ds[i] -= l * a.At(i, j) / (2 * (strength[i] + epsilon))
			ds[j] -= l * a.At(i, j) / (2 * (strength[j] + epsilon))
			g[i*n+j] = l / math.Sqrt((strength[i]+epsilon)*(strength[j]+epsilon))
		}
	}
	for i := range g {
		g[i] += ds[i%n]
	}
	return g
}

func TestSilentNeuronDiverges(t *testing.T) {
	k, err := New(preset(t, "paper", "WD*C"), toy(t, 12), 1)
	if err != nil {
		t.Fatal(err)
	}
	w := k.InitialWeights()
	for i := range 12 {
		w[i*12+4] = 0
	}
	if v, err := k.Penalty(w, make([]float32, len(w))); err != nil || !math.IsNaN(v) {
		t.Errorf("a silent neuron without ε: got %g, %v, want NaN", v, err)
	}
}

// TestGoldenLoss: Σ|W|∘D∘C and its gradient by long-double differences; the files
// store [pre][post].
func TestGoldenLoss(t *testing.T) {
	var file struct {
		Cases []struct {
			N         int
			W         [][]float64
			Positions [][3]float64
			Loss      float64
			GradFull  [][]float64 `json:"grad_full"`
		}
	}
	readJSON(t, sharedtest.File(t, "golden", "graphs", "sernn_loss_gradient.json"), &file)
	if len(file.Cases) == 0 {
		t.Fatal("no cases")
	}
	for _, c := range file.Cases {
		k := &Constraint{cfg: preset(t, "paper", "WDC"), n: c.N, spread: newSpread(c.N, 0), price: narrow(euclidean(c.Positions))}
		w, want := narrow(transposed(c.W)), transposed(c.GradFull)
		grad := make([]float32, len(w))
		got, err := k.Penalty(w, grad)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got/c.Loss-1) > 1e-6 {
			t.Errorf("n=%d: loss %g, want %g", c.N, got, c.Loss)
		}
		if r := relative(grad, want); r > 2e-6 {
			t.Errorf("n=%d: gradient off by %.2g", c.N, r)
		}
	}
}

// TestGoldenFrechet: the adjoint of the exponential series against 80-bit values,
// through spread's polynomial or its scaling and squaring.
func TestGoldenFrechet(t *testing.T) {
	var file struct {
		Cases []struct {
			ID      string
			N       int
			A, E    [][]float64
			Expm    [][]float64 `json:"expm"`
			Adjoint [][]float64 `json:"frechet_adjoint"`
		}
	}
	path := sharedtest.File(t, "golden", "graphs", "expm_frechet.json")
	readJSON(t, path, &file)
	if len(file.Cases) == 0 || file.Cases[0].Expm == nil || file.Cases[0].Adjoint == nil {
		t.Fatalf("%s: want cases with expm and frechet_adjoint", path)
	}
	for _, c := range file.Cases {
		checkFrechet(t, c.ID, c.N, flatten(c.A), flatten(c.E), flatten(c.Expm), flatten(c.Adjoint))
	}
}

func checkFrechet(t *testing.T, id string, n int, a, e, want, adjoint []float64) {
	t.Helper()
	p := newSpread(n, 0)
	for i, x := range a {
		p.a[i] = float32(x)
		p.s[i%n] = 1
	}
	p.s[0] = 1e-30 // no bound through S: A is no communicability here
	norm := 0.0
	for j := range n {
		sum := 0.0
		for i := range n {
			sum += math.Abs(a[i*n+j])
		}
		norm = math.Max(norm, sum)
	}
	if p.squarings = p.scaling(); p.squarings < 0 {
		t.Errorf("%s: no scaling for norm %g", id, norm)
		return
	}
	p.polynomial()
	for i := range p.squarings {
		p.powers = append(p.powers, make([]float32, n*n))
		p.multiply(p.powers[i+1], p.powers[i], p.powers[i], false)
	}
	bound := 1e-6 * (1 + norm)
	if r := relative(p.powers[p.squarings], want); r > bound {
		t.Errorf("%s: exp off by %.2g (norm %.3g, %d squarings)", id, r, norm, p.squarings)
	}
	copy(p.bar[0], narrow(e))
	for i := p.squarings - 1; i >= 0; i-- {
		p.productAdjoint(p.bar[1], p.bar[1], p.bar[0], p.powers[i], p.powers[i], false, true)
		p.bar[0], p.bar[1] = p.bar[1], p.bar[0]
	}
	p.polynomialAdjoint()
	scale := math.Exp2(-float64(p.squarings))
	for i := range p.bar[0] {
		p.bar[0][i] *= float32(scale)
	}
	if r := relative(p.bar[0], adjoint); r > 4*bound {
		t.Errorf("%s: adjoint off by %.2g (norm %.3g, %d squarings)", id, r, norm, p.squarings)
	}
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func flatten(m [][]float64) []float64 {
	var out []float64
	for _, row := range m {
		out = append(out, row...)
	}
	return out
}

func transposed(m [][]float64) []float64 {
	n := len(m)
	out := make([]float64, n*n)
	for i := range n {
		for j := range n {
			out[j*n+i] = m[i][j]
		}
	}
	return out
}

func narrow(x []float64) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(v)
	}
	return out
}

// TestPublishedFigures holds the numbers that method notes give for field 6_6_2.
func TestPublishedFigures(t *testing.T) {
	c, err := microns.LoadField(sharedtest.File(t, "data", "microns_fields", "6_6_2"), microns.Paper)
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want, tol float64) {
		t.Helper()
		if math.Abs(got-want) > tol {
			t.Errorf("%s: got %g, want %g ± %g", what, got, want, tol)
		}
	}
	mean := func(model string) float64 {
		d, err := distances(preset(t, "paper", model), c)
		if err != nil {
			t.Fatal(err)
		}
		return offDiagonalMean(d, c.N())
	}
	near("mean grid distance", mean("WD"), 6.5746, 1e-4)
	near("mean released distance", mean("WD*"), 0.5546, 1e-4)
	sum := func(model string) float64 {
		cfg := preset(t, "paper", model)
		cfg.Lambda = 1
		cfg.Communicability = "none"
		k, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := k.Penalty(k.InitialWeights(), nil)
		return v
	}
	near("Σ|W|D, orthogonal on the grid", sum("WD"), 28852, 300)
	near("Σ|W|D, orthogonal on D*", sum("WD*"), 2432, 25)
	// The scaling of W* hangs on its largest self-loop, so single draws scatter.
	const seeds = 12
	wire, diagonal, rest, top := 0.0, 0.0, 0.0, 0.0
	cfg := preset(t, "paper", "W*D*C")
	cfg.Lambda, cfg.Communicability = 1, "none"
	for seed := range uint64(seeds) {
		k, err := New(cfg, c, seed+1)
		if err != nil {
			t.Fatal(err)
		}
		w := k.InitialWeights()
		v, _ := k.Penalty(w, nil)
		wire += v / seeds
		for i, x := range w {
			if i%(k.n+1) == 0 {
				diagonal += float64(x) / float64(k.n) / seeds
				top = math.Max(top, float64(x))
			} else {
				rest += float64(x) / float64(k.n*(k.n-1)) / seeds
			}
		}
	}
	near("Σ|W|D, W* on D*", wire, 68, 4)
	near("mean self-loop of W*", diagonal, 0.265, 0.02)
	near("largest self-loop of W*", top, 0.95, 0.05)
	near("mean other weight of W*", rest, 0.00127, 1e-4)
	emp, silent := empirical(c.Synapses.Matrix(), c.N(), "epsilon")
	if silent != 166 {
		t.Errorf("silent rows: got %d, want 166", silent)
	}
	total, largest := 0.0, 0.0
	for _, x := range emp {
		total += x
		largest = math.Max(largest, x)
	}
	near("mean of C_emp", total/float64(len(emp)), 129, 2)
	near("largest of C_emp", largest, 1.4e5, 5e3)
}

func TestBadInput(t *testing.T) {
	c := toy(t, 12)
	for want, change := range map[string]func(*Config){
		"product is the number of neurons, 12, got 5×2×1 = 10": func(c *Config) { c.Grid = []int{5, 2, 1} },
		"did you mean orthogonal":                              func(c *Config) { c.Init = "ortogonal" },
		"lambda":                                               func(c *Config) { c.Lambda = -1 },
	} {
		cfg := preset(t, "paper", "WD")
		change(&cfg)
		if _, err := New(cfg, c, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	bare := toy(t, 12)
	bare.STTC = nil
	if _, err := New(preset(t, "paper", "W*D*C"), bare, 1); err == nil || !strings.Contains(err.Error(), "biornn functional") {
		t.Errorf("a missing matrix: %v", err)
	}
	c.STTC.Set(3, 4, math.NaN())
	if _, err := New(preset(t, "paper", "W*D*C"), c, 1); err == nil || !strings.Contains(err.Error(), "neurons 3 and 4") {
		t.Errorf("a NaN: %v", err)
	}
	if _, err := Lookup("W*D*"); err == nil || !strings.Contains(err.Error(), "did you mean") {
		t.Errorf("an unknown model: %v", err)
	}
}

func TestInitialisers(t *testing.T) {
	const n = 40
	q, err := initialise("orthogonal", n, n, n, n, rng.New(1, "q"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for j := range n {
			dot := 0.0
			for k := range n {
				dot += q[i*n+k] * q[j*n+k]
			}
			if math.Abs(dot-pick(i == j, 1, 0)) > 1e-12 {
				t.Fatalf("rows %d and %d: product %g", i, j, dot)
			}
		}
	}
	for kind, variance := range map[string]float64{"glorot-uniform": 2.0 / 500, "glorot-normal": 2.0 / 500, "he-uniform": 2.0 / 300, "he-normal": 2.0 / 300} {
		w, err := initialise(kind, 200, 300, 300, 200, rng.New(2, kind))
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, x := range w {
			sum += x * x
		}
		if got := sum / float64(len(w)); math.Abs(got/variance-1) > 0.02 {
			t.Errorf("%s: variance %g, want %g", kind, got, variance)
		}
	}
}

func TestSignAndPermutation(t *testing.T) {
	c := toy(t, 12)
	cfg := preset(t, "paper", "W")
	cfg.Sign = "nonnegative"
	k, err := New(cfg, c, 1)
	if err != nil {
		t.Fatal(err)
	}
	w := k.InitialWeights()
	k.Project(w)
	for _, x := range w {
		if x < 0 {
			t.Fatal("a negative weight is left")
		}
	}
	a, _ := New(preset(t, "paper", "W*D*C"), c, 1)
	b, _ := New(preset(t, "paper", "W!D*C"), c, 1)
	x, y := widen(a.InitialWeights()), widen(b.InitialWeights())
	sortFloat64(x)
	sortFloat64(y)
	for i := range x {
		if x[i] != y[i] {
			t.Fatal("the permuted weights are others")
		}
	}
}

func BenchmarkPenalty(b *testing.B) {
	for _, n := range []int{100, 312} {
		c := toy(b, n)
		for _, model := range []string{"W", "WD*", "WD*C", "WD*C*"} {
			b.Run("model="+model+"/n="+map[int]string{100: "100", 312: "312"}[n], func(b *testing.B) {
				k, err := New(preset(b, "paper", model), c, 1)
				if err != nil {
					b.Fatal(err)
				}
				w := k.InitialWeights()
				grad := make([]float32, len(w))
				for b.Loop() {
					if _, err := k.Penalty(w, grad); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
