package grid

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"biornn/circuit"
	"biornn/experiment"
)

func load(path, _ string, neurons int) (*circuit.Circuit, error) {
	if path != "" {
		return nil, fmt.Errorf("%s does not exist", path)
	}
	if neurons == 0 {
		neurons = 10
	}
	if c, ok := made.Load(neurons); ok {
		return c.(*circuit.Circuit), nil
	}
	cfg := circuit.DefaultSyntheticConfig()
	cfg.Neurons = neurons
	c, err := circuit.Synthetic(cfg)
	made.Store(neurons, c)
	return c, err
}

var made sync.Map // circuits by their number of neurons

func plan(t *testing.T, text string) *Plan {
	t.Helper()
	f, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Plan(load)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanIsInOrder(t *testing.T) {
	p := plan(t, `name = "a"
circuits = ["synthetic:12"]
models = ["W*D*C", "W"]
tasks = ["go-nogo", "perceptual-decision"]
seeds = 2
first_seed = 5
epochs = 4
[set]
train.batch_size = 64
"constraint.sign" = "nonnegative"
[[axis]]
key = "constraint.lambda"
values = [0.1, 1]
[[axis]]
keys = ["train.learning_rate", "train.clip_norm"]
values = [[0.001, 0], [0.002, 1.5]]
`)
	if len(p.Runs) != 2*2*2*2*2 {
		t.Fatalf("%d runs", len(p.Runs))
	}
	type place struct {
		seed               uint64
		task, model        string
		lambda, rate, clip float64
		batch, epochs      int
		sign               string
	}
	at := func(i int) place {
		s := p.Runs[i].Spec
		return place{s.Seed, s.Task.Name, s.Constraint.Model, s.Constraint.Lambda, s.Train.LearningRate, s.Train.ClipNorm, s.Train.BatchSize, s.Train.Epochs, s.Constraint.Sign}
	}
	for i, want := range map[int]place{
		0:  {5, "go-nogo", "wbio-dreal-c", 0.1, 0.001, 0, 64, 4, "nonnegative"},
		1:  {5, "go-nogo", "wbio-dreal-c", 0.1, 0.002, 1.5, 64, 4, "nonnegative"},
		2:  {5, "go-nogo", "wbio-dreal-c", 1, 0.001, 0, 64, 4, "nonnegative"},
		4:  {5, "go-nogo", "w", 0.1, 0.001, 0, 64, 4, "nonnegative"},
		8:  {5, "perceptual-decision", "wbio-dreal-c", 0.1, 0.001, 0, 64, 4, "nonnegative"},
		16: {6, "go-nogo", "wbio-dreal-c", 0.1, 0.001, 0, 64, 4, "nonnegative"},
	} {
		if got := at(i); got != want {
			t.Errorf("run %d: got %+v, want %+v", i, got, want)
		}
	}
	for _, r := range p.Runs {
		if r.Name != r.Spec.Name() || r.Spec.Validate() != nil {
			t.Fatalf("%+v", r)
		}
	}
	if want := []string{"constraint.lambda", "train.clip_norm", "train.learning_rate"}; !slices.Equal(p.Varied, want) {
		t.Errorf("varied: %v", p.Varied)
	}
}

// TestSameSpecAsByHand: a study file names the runs that the command train makes.
func TestSameSpecAsByHand(t *testing.T) {
	p := plan(t, "name = \"a\"\nmodels = [\"W*D*C+shuffled\"]\ntasks = [\"go-nogo\"]\nseeds = 1\nset.constraint.lambda = 0.5\nset.network.activation = \"tanh\"\n")
	c, err := load("", "corrected", 0)
	if err != nil {
		t.Fatal(err)
	}
	s, err := experiment.New("corrected", "W*D*C+shuffled", "go-nogo", c, 1)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.With([]string{"constraint.lambda=0.5", "network.activation=tanh"}); err != nil {
		t.Fatal(err)
	}
	if len(p.Runs) != 1 || p.Runs[0].Name != s.Name() {
		t.Errorf("%s and %s", p.Runs[0].Name, s.Name())
	}
}

func TestDefaults(t *testing.T) {
	if p := plan(t, `name = "a"`); len(p.Runs) != 6*3*3 || len(p.Varied) != 0 || p.File.Analysis.Nulls != 1000 {
		t.Errorf("%d runs, varied %v, %+v", len(p.Runs), p.Varied, p.File.Analysis)
	}
}

func TestRanges(t *testing.T) {
	for text, want := range map[string][]float64{
		"range = { from = 0, to = 1, count = 5 }":        {0, 0.25, 0.5, 0.75, 1},
		"range = { from = 0.1, to = 0.5, step = 0.1 }":   {0.1, 0.2, 0.3, 0.4, 0.5},
		"range = { from = 1, to = 0, step = -0.5 }":      {1, 0.5, 0},
		"log = { from = 0.001, to = 0.1, count = 5 }":    {0.001, 0.00316228, 0.01, 0.0316228, 0.1},
		"log = { from = 0.1, to = 0.001, count = 3 }":    {0.1, 0.01, 0.001},
		"values = [3, 1, 2.5]":                           {3, 1, 2.5},
		"range = { from = 0.02, to = 0.1, step = 0.02 }": {0.02, 0.04, 0.06, 0.08, 0.1},
		"range = { from = 0.7, to = 0.7, count = 1 }":    {0.7},
	} {
		p := plan(t, "name = \"a\"\nmodels = [\"W\"]\ntasks = [\"go-nogo\"]\nseeds = 1\n[[axis]]\nkey = \"constraint.lambda\"\n"+text)
		var got []float64
		for _, r := range p.Runs {
			got = append(got, r.Spec.Constraint.Lambda)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
}

const partsText = `name = "a"
circuits = ["synthetic:12"]
models = ["W"]
tasks = ["go-nogo"]
seeds = 2
[[axis]]
key = "constraint.lambda"
values = [0.1, 0.2]
[[part]]
name = "main"
[[part]]
name = "wide"
models = ["WD", "W"]
seeds = 1
[[part]]
name = "fixed"
set.constraint.lambda = 7.0
first_seed = 3
[[part]]
name = "other"
set."constraint.sign" = "nonnegative"
[[part.axis]]
key = "train.epochs"
values = [1, 2]
[[part.exclude]]
"train.epochs" = 1
constraint.lambda = [0.2, 0.3]
`

func TestParts(t *testing.T) {
	p := plan(t, partsText)
	count := map[string]int{}
	for _, r := range p.Runs {
		count[r.Part]++
	}
	// wide has the runs of W in common with main, and its seed 1 alone.
	if count["main"] != 4 || count["wide"] != 2 || count["fixed"] != 2 || count["other"] != 6 || len(p.Runs) != 14 {
		t.Errorf("%v", count)
	}
	if first := p.Runs[0]; first.Part != "main" || first.Spec.Seed != 1 {
		t.Errorf("%+v", first)
	}
	if last := p.Runs[len(p.Runs)-1]; last.Spec.Seed != 4 || last.Spec.Constraint.Lambda != 7 {
		t.Errorf("runs go seed by seed: %+v", last)
	}
}

func TestExclude(t *testing.T) {
	p := plan(t, `name = "a"
models = ["W", "WD"]
tasks = ["go-nogo"]
seeds = 1
exclude = [{ model = "WD", constraint.lambda = [0.2, 0.3] }, { "constraint.lambda" = 0.4, task = "go-nogo", model = "w" }]
[[axis]]
key = "constraint.lambda"
values = [0.1, 0.2, 0.3, 0.4]
`)
	if len(p.Runs) != 5 {
		t.Errorf("%d runs", len(p.Runs))
	}
}

func TestErrors(t *testing.T) {
	base := "name = \"a\"\nmodels = [\"W\"]\n"
	for text, says := range map[string]string{
		"":                                   "name: want letters",
		"name = \"a/b\"":                     "name: want letters",
		base + "seed = 3":                    "line 3: unknown key \"seed\"; did you mean seeds",
		base + "seeds = -1":                  "want at least 1, got -1",
		base + "seeds = \"many\"":            "line 3",
		base + "[set]\nconstraint.lamda = 1": "line 4: experiment: unknown key \"constraint.lamda\"; did you mean constraint.lambda",
		base + "[set]\nconstraint.lambda = \"big\"":                                                             "line 4: experiment: constraint.lambda: want a value of kind number, got big",
		base + "[set]\ntrain.epochs = 1.5":                                                                      "kind integer",
		base + "[set]\ntrain.epochs = 0":                                                                        "epochs: want at least 1",
		base + "[set]\nconstraint.model = \"w\"":                                                                "unknown key \"constraint.model\"",
		base + "[[axis]]\nvalues = [1]":                                                                         "want either key or keys",
		base + "[[axis]]\nkey = \"seed\"\nvalues = [1]":                                                         "unknown key \"seed\"",
		base + "[[axis]]\nkey = \"constraint.lambda\"":                                                          "line 4: axis constraint.lambda: want exactly one of values, range and log, got 0",
		base + "[[axis]]\nkey = \"constraint.lambda\"\nvalues = []":                                             "at least one value",
		base + "[[axis]]\nkeys = [\"train.epochs\", \"train.patience\"]\nvalues = [[1]]":                        "want lists of 2 values",
		base + "[[axis]]\nkeys = [\"train.epochs\"]\nlog = { from = 1, to = 2, count = 2 }":                     "range and log want one key",
		base + "[[axis]]\nkey = \"constraint.lambda\"\nrange = { from = 0, to = 1, step = 0.3 }":                "whole number of steps",
		base + "[[axis]]\nkey = \"constraint.lambda\"\nrange = { from = 0, to = 1, step = 1e-9 }":               "whole number of steps",
		base + "[[axis]]\nkey = \"constraint.lambda\"\nlog = { from = 0, to = 1, count = 3 }":                   "above 0",
		base + "[[axis]]\nkey = \"constraint.lambda\"\nlog = { from = 1, to = nan, count = 3 }":                 "above 0",
		base + "[[axis]]\nkey = \"train.epochs\"\nvalues = [1]\n[[axis]]\nkey = \"train.epochs\"\nvalues = [2]": "varies on two axes",
		base + "[[exclude]]\nmodel = \"WD\"":                                                                    "matches no run",
		base + "[[exclude]]\nmodell = \"W\"":                                                                    "did you mean model",
		base + "[[exclude]]\nmodel = \"W\"":                                                                     "leaves no run",
		base + "[[part]]\nmodels = [\"W\"]":                                                                     "part 1: name",
		base + "[[part]]\nname = \"x\"\nmodells = [\"W\"]":                                                      "unknown key \"part.modells\"; did you mean models",
		base + "[[part]]\nname = \"x\"\n[[part]]\nname = \"x\"":                                                 "part 2: name",
		base + "[[part]]\nname = \"x\"\ntasks = [\"go\"]":                                                       "grid: part x: ",
		base + "preset = \"papr\"":                                                                              "did you mean paper",
		base + "circuits = [\"synthetic:none\"]":                                                                "line 3: circuits: want synthetic or synthetic:NEURONS",
		base + "circuits = [\"fly.npz\"]":                                                                       "line 3: circuits: fly.npz: fly.npz does not exist",
		base + "[budget]\nmax_runs = 3":                                                                         "more than the budget of 3",
		base + "[budget]\nmax_core_hours = -1.0":                                                                "budget: want at least 0",
		base + "[analysis]\nnulls = 0":                                                                          "nulls: want at least 1",
	} {
		f, err := Parse([]byte(text))
		if err == nil {
			_, err = f.Plan(load)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q:\nwant %q, got %v", text, says, err)
		}
	}
}

// TestSchema: the schema accepts what Parse accepts, and refuses what it can know is wrong.
func TestSchema(t *testing.T) {
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		var v map[string]any
		if err := toml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		plain, err := json.Marshal(v) // numbers as an editor sees them
		if err != nil {
			t.Fatal(err)
		}
		var again any
		if err := json.Unmarshal(plain, &again); err != nil {
			t.Fatal(err)
		}
		return resolved.Validate(again)
	}
	all := strings.NewReplacer("# folder", "folder", "# first_seed", "first_seed", "# quantile", "quantile", "# seed =", "seed =").Replace(string(example))
	for name, text := range map[string]string{"example": string(example), "with all keys": all, "parts": partsText, "least": `name = "a"`} {
		if err := validate(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{
		`models = ["W"]`, "name = \"a\"\nseed = 1", "name = \"a\"\nseeds = 0", "name = \"a\"\nseeds = \"x\"", "name = \"a\"\npreset = \"papr\"",
		"name = \"a\"\ntasks = [\"gonogo\"]", "name = \"a\"\nset.constraint.lamda = 1", "name = \"a\"\nset.\"constraint.lambda\" = \"big\"",
		"name = \"a\"\n[[axis]]\nkey = \"constraint.lamda\"\nvalues = [1]", "name = \"a\"\n[[axis]]\nkey = \"constraint.lambda\"",
		"name = \"a\"\n[[axis]]\nkey = \"constraint.lambda\"\nvalues = [1]\nlog = { from = 1, to = 2, count = 2 }",
		"name = \"a\"\n[[part]]\nmodels = [\"W\"]", "name = \"a\"\n[budget]\nmax_run = 3", "name = \"a\"\n[[exclude]]\nmodell = \"W\"",
		"name = \"a\"\nanalysis.nuls = 3",
	} {
		if validate(text) == nil {
			t.Errorf("the schema accepts %q", text)
		}
	}
	text, err := SchemaText()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range experiment.Keys() {
		if !strings.Contains(string(text), `"`+k.Name+`"`) {
			t.Errorf("the schema lacks %s", k.Name)
		}
	}
}

// FuzzParse: no text makes it panic.
func FuzzParse(f *testing.F) {
	f.Add(string(example))
	f.Add(partsText)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse([]byte(text))
		if err != nil {
			return
		}
		for _, a := range file.Axes {
			_, _ = a.steps()
		}
	})
}
