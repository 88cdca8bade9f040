package constraint

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
)

func reference(k *Constraint, w []float64, target []float64) float64 {
	n := k.n
	if k.cfg.PenaltyDiagonal == "excluded" {
		w = slices.Clone(w)
		for i := 0; i < len(w); i += n + 1 {
			w[i] = 0
		}
	}
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
			if i%(n+1) == 0 {
				v = math.Abs(x) * float64(k.self)
			}
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

func TestPenaltyGradients(t *testing.T) {
	c := toy(t, 20)
	for _, p := range Presets() {
		var names []string
		for _, m := range append(Models(), FurtherModels()...) {
			names = append(names, m.Slug, m.Slug+"+excluded-diagonal", m.Slug+"+mean-diagonal+equal-penalty")
		}
		for _, name := range names {
			cfg, err := Preset(p)
			if err != nil {
				t.Fatal(err)
			}
			if cfg, err = cfg.ApplyVariant(name); err != nil {
				t.Fatal(err)
			}
			k, err := New(cfg, c, 3)
			if err != nil {
				t.Fatalf("%s %s: %v", p, name, err)
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
				t.Errorf("%s %s: penalty %.9g, want %.9g", p, name, got, want)
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
				t.Errorf("%s %s: gradient off by %.2g of its norm", p, name, r)
			}
		}
	}
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
		if math.Abs(got/c.Loss-1) > 3e-6 {
			t.Errorf("n=%d: loss %g, want %g", c.N, got, c.Loss)
		}
		if r := relative(grad, want); r > 5e-6 {
			t.Errorf("n=%d: gradient off by %.2g", c.N, r)
		}
	}
}

// TestMeanPrice: under mean-price every model starts with the same mean price of a
// unit of weight between two neurons, λ/N, whatever its distance and communicability.
// D is made here from the positions and the grid, C in float64.
func TestMeanPrice(t *testing.T) {
	const n = 24
	c := toy(t, n)
	models := append(append(Models(), FurtherModels()...), Model{Slug: "custom", Init: "orthogonal", Distance: "none", Communicability: "direct"})
	for _, m := range models {
		cfg, err := Preset("corrected")
		if err != nil {
			t.Fatal(err)
		}
		cfg = cfg.Apply(m)
		cfg.LambdaEMD = 0
		k, err := New(cfg, c, 4)
		if err != nil {
			t.Fatal(err)
		}
		w := widen(k.InitialWeights())
		d := make([]float64, n*n)
		for i := range d {
			a, b := i/n, i%n
			var p, q [3]float64
			switch m.Distance {
			case "real":
				p, q = c.Neurons[a].Position, c.Neurons[b].Position
			case "grid": // 3×4×2, the second side outermost
				p = [3]float64{float64(a / 2 % 3), float64(a / 6), float64(a % 2)}
				q = [3]float64{float64(b / 2 % 3), float64(b / 6), float64(b % 2)}
			default:
				q = [3]float64{1, 0, 0}
			}
			d[i] = math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
		}
		spread := make([]float64, n*n)
		for i := range spread {
			spread[i] = 1
		}
		if m.Communicability == "direct" {
			spread, _ = plainSpread(w, make([]float64, n*n), n, cfg.Epsilon)
		}
		kappa, value, loops := 0.0, 0.0, 0.0
		for i := range d {
			if i%(n+1) != 0 {
				kappa += d[i] * spread[i] / (n * (n - 1))
				value += math.Abs(w[i]) * d[i] * spread[i]
			} else { // the diagonal costs the mean price
				loops += math.Abs(w[i])
			}
		}
		want := cfg.Lambda * (value/kappa + loops) / n
		if got, _ := k.Penalty(narrow(w), nil); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("%s: penalty %.9g, want %.9g", m.Slug, got, want)
		}
	}
}

// TestEqualPenalty: with the scale initial all models start with the penalty λ√(2N/π),
// whatever their diagonal costs, with all pairs and with synapses alone; that of the bare W
// is then what mean-price makes of it, but for chance.
func TestEqualPenalty(t *testing.T) {
	const n = 60
	c := toy(t, n)
	start := func(model string, change func(*Config)) float64 {
		cfg := preset(t, "corrected", model)
		cfg.LambdaEMD = 0
		change(&cfg)
		k, err := New(cfg, c, 4)
		if err != nil {
			t.Fatalf("%s: %v", model, err)
		}
		v, err := k.Penalty(k.InitialWeights(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return v / cfg.Lambda
	}
	want := math.Sqrt(2 * n / math.Pi)
	for _, m := range append(Models(), FurtherModels()...) {
		for _, diagonal := range words["penalty_diagonal"] {
			for _, mask := range words["mask"] {
				got := start(m.Slug, func(cfg *Config) { cfg.PenaltyScale, cfg.PenaltyDiagonal, cfg.Mask = "initial", diagonal, mask })
				if math.Abs(got/want-1) > 1e-5 {
					t.Errorf("%s, diagonal %s, mask %q: starts with %.9g λ, want %.9g λ", m.Slug, diagonal, mask, got, want)
				}
			}
		}
	}
	if got := start("W", func(*Config) {}); math.Abs(got/want-1) > 0.02 {
		t.Errorf("mean-price: W starts with %g λ, want %g λ", got, want)
	}
}

// TestBareSum: the released sum ignores λ for the bare W penalty only.
func TestBareSum(t *testing.T) {
	c := toy(t, 12)
	value := func(model string, lambda float64, communicability string) float64 {
		cfg := preset(t, "paper", model)
		cfg.Lambda, cfg.Communicability = lambda, communicability
		k, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := k.Penalty(k.InitialWeights(), nil)
		return v
	}
	for _, test := range []struct {
		model, communicability string
		ratio                  float64
	}{{"W", "none", 1}, {"W", "direct", 2}, {"WD", "none", 2}, {"WDC", "direct", 2}} {
		got := value(test.model, 0.6, test.communicability) / value(test.model, 0.3, test.communicability)
		if math.Abs(got-test.ratio) > 1e-6 {
			t.Errorf("%s with communicability %s: twice λ gives %g times the penalty, want %g", test.model, test.communicability, got, test.ratio)
		}
	}
}

// TestSelfLoops: C_ii = 0, so that with communicability self-loops are free, even
// rewarded, unless the diagonal has the mean price or is no part of the penalty.
func TestSelfLoops(t *testing.T) {
	c := toy(t, 24)
	for diagonal, sign := range map[string]int{"free": -1, "mean": 1, "excluded": 0} {
		cfg := preset(t, "corrected", "WD*C")
		cfg.PenaltyDiagonal = diagonal
		k, err := New(cfg, c, 1)
		if err != nil {
			t.Fatal(err)
		}
		w := k.InitialWeights()
		before, _ := k.Penalty(w, nil)
		for i := 0; i < len(w); i += k.n + 1 {
			w[i] = 1
		}
		if after, _ := k.Penalty(w, nil); cmp.Compare(after, before) != sign {
			t.Errorf("diagonal %s: strong self-loops change the penalty from %g to %g", diagonal, before, after)
		}
	}
}

func TestSigned(t *testing.T) {
	tiny := math.Float32frombits(1)
	for _, test := range []struct{ price, x, want float32 }{
		{2, 3, 2}, {2, -3, -2}, {-2, 3, -2}, {-2, -3, 2}, {2, 0, 0}, {2, float32(math.Copysign(0, -1)), 0},
		{2, tiny, 2}, {2, -tiny, -2}, {2, 1, 2}, {2, 1e-20, 2}, {2, float32(math.Inf(-1)), -2},
	} {
		if got := signed(test.price, test.x); got != test.want {
			t.Errorf("%g with the sign of %g: got %g, want %g", test.price, test.x, got, test.want)
		}
	}
}

func TestSortHigh(t *testing.T) {
	s := rng.New(1, "sort")
	for _, n := range []int{0, 1, 2, 1000, 70000} {
		keys := make([]uint64, n)
		for i := range keys {
			keys[i] = uint64(s.Uint32()>>s.IntN(32))<<32 | uint64(i)
		}
		want := slices.Clone(keys)
		slices.Sort(want)
		if got := sortHigh(keys, make([]uint64, n)); !slices.Equal(got, want) {
			t.Errorf("%d keys are not sorted, or equal ones changed places", n)
		}
	}
}
