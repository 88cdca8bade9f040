package report

import (
	"fmt"
	"math"
	"strings"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/internal/rng"
)

// sizeOf is the size of a made-up comparison.
type sizeOf struct {
	name                          string
	models, tasks, seeds, neurons int
}

var sizes = []sizeOf{
	{"smallest", 1, 1, 1, 5},
	{"one-seed", 3, 2, 1, 20},
	{"default", 6, 3, 5, 100},
	{"paper", 11, 3, 20, 312},
	{"many", 14, 5, 2, 30},
}

// the names of the models and tasks of the made-up comparisons
var (
	symbols = []string{"W*D*C", "WD*C", "WDC", "WD*", "WD", "W", "W*D*C*", "WD*C*", "W*DC*", "W!D*C", "W!D*C*"}
	titles  = []string{"One-step inference", "Go/NoGo", "Perceptual decision"}
)

// sample is a made-up comparison with everything that occurs: diverged runs, missing
// measures, a published table.
func sample(models, tasks, seeds, neurons int) Data {
	s := rng.New(1, "report/sample")
	d := Data{Title: "A <made-up> comparison", Preset: "paper", PublishedSource: "nobody & co",
		Circuit:  Circuit{Name: "toy", Origin: "made up", Neurons: neurons, Synthetic: true, Summary: []string{"line"}},
		Notes:    []string{"a <script>alert(1)</script> note"},
		Measures: analysis.Definitions(), Manifest: Manifest{Command: "biornn reproduce", Version: "test", Seeds: seeds, Spec: "seed = 1\n"},
		Claims: []analysis.Claim{
			{ID: "C1", Statement: "It helps", Verdict: analysis.NotSupported, Reason: "it does not", Evidence: []string{"+0.00 on all tasks"}},
			{ID: "C2", Statement: "It grows", Verdict: analysis.Supported, Reason: "it does"},
			{ID: "C3", Statement: "It stays", Verdict: analysis.Undecided, Reason: "too few runs"},
		},
	}
	for range neurons {
		d.Circuit.Positions = append(d.Circuit.Positions, [3]float64{100 * s.Norm(), 500 * s.Float64(), 100 * s.Norm()})
	}
	for i := range models {
		m := Model{fmt.Sprintf("m%d", i), fmt.Sprintf("W%d", i), "a model"}
		if i < len(symbols) {
			m.Symbol = symbols[i]
		}
		d.Models = append(d.Models, m)
		d.Networks = append(d.Networks, network(s, m.Slug, neurons))
	}
	for t := range tasks {
		k := Task{Name: fmt.Sprintf("t%d", t), Title: fmt.Sprintf("Task %d", t), Chance: 0.5, Ceiling: 0.9}
		if t < len(titles) {
			k.Title = titles[t]
		}
		d.Tasks = append(d.Tasks, k)
		for i := range models {
			for seed := range seeds {
				d.Records = append(d.Records, record(s, i, t, seed))
			}
		}
	}
	d.Cells = analysis.Summarise(d.Records, []string{"train_accuracy", "val_accuracy", "test_accuracy", "modularity", "small_worldness"})
	d.compare(s)
	d.judge(s)
	return d
}

// judge makes verdicts on claims: two on accuracy, with controls, and one on Q. One
// contrast was not tested, one interval is far wider than the others.
func (d *Data) judge(s *rng.Stream) {
	if len(d.Models) < 3 {
		return
	}
	effect := func(model, rival, role, measure, task string, mean float64) analysis.Effect {
		half := 0.01 + 0.02*s.Float64()
		return analysis.Effect{Task: task, Measure: measure, Model: model, Rival: rival, Role: role, N: 20, Ours: circuit.Number(0.6 + mean), Theirs: 0.6,
			Mean: circuit.Number(mean), Low: circuit.Number(mean - half), High: circuit.Number(mean + half), P: circuit.Number(math.Min(1, half/(20*math.Abs(mean)+0.01))), Least: 0.02, Finding: "better"}
	}
	for i, measure := range []string{"test_accuracy", "test_accuracy", "modularity_louvain"} {
		v := analysis.Verdict{Claim: analysis.Claim{ID: fmt.Sprintf("B%d", i+1), Statement: "W*D*C helps", Verdict: analysis.Undecided, Reason: "it may", Evidence: []string{"some"}}, Control: "shuffled"}
		for _, t := range d.Tasks {
			v.Effects = append(v.Effects, effect("m0", "m1", "claim", measure, t.Name, 0.1*s.Norm()))
		}
		for k, rival := range []string{"m0 with its weights at random places and a long name beside", "m2"} {
			for j, t := range d.Tasks {
				e := effect("m0", rival, "control", measure, t.Name, 0.05*s.Norm())
				if k == 0 && j == 1 {
					e.Low, e.High = e.Mean-1, e.Mean+1
				}
				if k == 1 && j == 0 {
					e.N, e.Mean = 0, circuit.Number(math.NaN())
				}
				v.Effects = append(v.Effects, e)
			}
		}
		d.Verdicts = append(d.Verdicts, v)
	}
	for _, measure := range []string{"test_accuracy", "modularity_louvain"} {
		for _, t := range d.Tasks {
			a := analysis.Attributed{Task: t.Name, Measure: measure, Seeds: 20}
			for _, name := range []string{"biological weights", "real positions", "biological weights × real positions"} {
				mean := circuit.Number(0.03 * s.Norm())
				a.Effects = append(a.Effects, analysis.AttributedEffect{Name: name, Mean: mean, Low: mean - 0.02, High: mean + 0.02, Holm: circuit.Number(s.Float64() / 5)})
			}
			d.Attribution = append(d.Attribution, a)
		}
	}
	d.Choice = "λ is 0.3 for all."
}

// network has two modules and lognormal weights, stronger within them.
func network(s *rng.Stream, model string, neurons int) Network {
	n := Network{Model: model, Task: "t0", Seed: 1, Weights: make([]float32, neurons*neurons), Modules: make([]int, neurons)}
	for k := range n.Modules {
		n.Modules[k] = k % 2
	}
	for k := range n.Weights {
		w := math.Exp(1.5*s.Norm()) / 100
		if (k/neurons)%2 == (k%neurons)%2 {
			w *= 4
		}
		if s.Float64() < 0.3 {
			w = -w
		}
		n.Weights[k] = float32(w)
	}
	return n
}

// compare makes published cells near those of the runs; some differ.
func (d *Data) compare(s *rng.Stream) {
	for _, measure := range []struct{ name, key string }{{"Accuracy", "train_accuracy"}, {"Modularity", "modularity"}, {"SmallWorldness", "small_worldness"}} {
		for _, c := range d.Cells {
			if c.Measure != measure.key || c.N == 0 {
				continue
			}
			p := analysis.Comparison{Model: c.Model, Task: c.Task, Measure: measure.name, Ours: c, P: s.Float64(), Agree: true}
			p.Published = c.Mean + 0.03*s.Norm()
			p.PublishedLow, p.PublishedHigh, p.PublishedN = p.Published-0.05, p.Published+0.05, 20
			if s.Float64() < 0.1 {
				p.Agree, p.P, p.Note = false, 1e-4, "nobody knows why"
			}
			d.Comparisons = append(d.Comparisons, p)
		}
	}
	if len(d.Comparisons) > 0 {
		d.Comparisons[0].Agree = false
	}
}

func record(s *rng.Stream, model, task, seed int) analysis.Record {
	r := analysis.Record{Run: fmt.Sprintf("m%d_t%d_s%d", model, task, seed+1), Model: fmt.Sprintf("m%d", model), Task: fmt.Sprintf("t%d", task),
		Preset: "paper", Seed: uint64(seed + 1), Outcome: analysis.Finished, Values: map[string]float64{}}
	if model == 1 && seed < 2 || model == 5 && task == 1 {
		r.Outcome, r.Step, r.Cause = analysis.Diverged, 7, "loss is NaN"
		return r
	}
	level := []float64{0.98, 0.85, 0.7, 0.62, 0.52}[model%5]
	accuracy := math.Min(1, math.Max(0.45, level+0.03*s.Norm()))
	for _, k := range []string{"train_accuracy", "val_accuracy", "test_accuracy"} {
		r.Set(k, accuracy)
	}
	if model != 2 {
		r.Set("modularity", 0.1+0.4*level+0.03*s.Norm())
		r.Set("small_worldness", 0.7+level+0.2*s.Norm())
	} else {
		r.Warnings = []string{"modularity: the graph has no edges"}
	}
	for e := range 10 {
		rise := 1 - math.Exp(-float64(e)/3)
		r.Curve = append(r.Curve, analysis.Point{Epoch: e + 1, ValAccuracy: 0.5 + (accuracy-0.5)*rise + 0.005*s.Norm()})
	}
	return r
}

// makeHostile gives everything names and numbers that nobody should use.
func makeHostile(d *Data) {
	for i := range d.Models {
		d.Models[i].Symbol = `</title></svg><script>alert("` + strings.Repeat("M", 30) + `")</script>`
		d.Models[i].Note = "<img src=\"https://example.org/x.png\" onerror=alert(1)>"
	}
	for i := range d.Tasks {
		d.Tasks[i].Title = "a task\nwith <b>lines</b> & " + strings.Repeat("Wide ", 40)
		d.Tasks[i].Chance, d.Tasks[i].Ceiling = math.NaN(), math.Inf(1)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for i := range d.Records {
		r := &d.Records[i]
		r.Run = `"><script>` + r.Run
		r.Warnings = []string{"</table><iframe src=//example.org>"}
		if i%3 == 0 {
			for _, key := range []string{"train_accuracy", "test_accuracy", "modularity", "small_worldness"} {
				r.Values[key] = []float64{nan, inf, -inf}[i/3%3]
			}
			for e := range r.Curve {
				r.Curve[e].ValAccuracy = nan
			}
		}
	}
	for i := range d.Cells {
		if i%4 == 0 {
			d.Cells[i].Mean, d.Cells[i].Low, d.Cells[i].High = nan, nan, inf
		}
	}
	for i := range d.Comparisons {
		if i%4 == 0 {
			d.Comparisons[i].Published = nan
		}
		d.Comparisons[i].Note, d.Comparisons[i].Agree = "javascript:alert(1)", false
	}
	d.Networks[0].Weights[1] = float32(nan)
	d.Networks[1].Weights[2] = float32(inf)
	d.Networks[2].Modules = nil
	d.Networks[3].Weights = d.Networks[3].Weights[:7]
	d.Networks[4].Weights = make([]float32, len(d.Networks[4].Weights))
	d.Networks[5].Model = "no-such-model"
}
