package analysis

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/internal/rng"
	"biornn/internal/sharedtest"
	"biornn/stats"
)

func TestLoadPublishedTable(t *testing.T) {
	p, err := LoadPublished(sharedtest.File(t, "golden", "paper", "table2.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Cells) != 165 || p.Runs != 20 || p.Decimals != 3 {
		t.Fatalf("got %d cells of %d runs with %d decimals, want 165, 20, 3", len(p.Cells), p.Runs, p.Decimals)
	}
	first, last := p.Cells[0], p.Cells[164]
	if want := (PublishedCell{"Accuracy", "wbio-dreal-c", "one-step-inference", 0.917, 0.853, 0.981}); first != want {
		t.Errorf("first cell: got %+v, want %+v", first, want)
	}
	if want := (PublishedCell{"Assortativity", "wperm-dreal-cemp", "perceptual-decision", -0.063, -0.074, -0.051}); last != want {
		t.Errorf("last cell: got %+v, want %+v", last, want)
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "table.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadPublishedErrors(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"not JSON", "{\n\"runs_per_cell\": 20,\n oops}", "line 3"},
		{"wrong kind", "{\n\"runs_per_cell\": \"many\"}", "line 2"},
		{"no runs", `{"metrics":{}}`, "runs_per_cell: want at least 2, got 0"},
		{"no cells", `{"runs_per_cell":20,"metrics":{}}`, "want at least one cell"},
		{"measure", `{"runs_per_cell":20,"metrics":{"Beauty":{}}}`, `got "Beauty"`},
		{"model", `{"runs_per_cell":20,"metrics":{"Accuracy":{"W*D*X":{}}}}`, `"W*D*X"`},
		{"task", `{"runs_per_cell":20,"metrics":{"Accuracy":{"W":{"chess":null}}}}`, `"chess"`},
		{"interval", `{"runs_per_cell":20,"metrics":{"Accuracy":{"W":{"go-nogo":{"mean":1,"ci95":[1]}}}}}`, "Accuracy: W: go-nogo: ci95: want [low, high]"},
		{"order", `{"runs_per_cell":20,"metrics":{"Accuracy":{"W":{"go-nogo":{"mean":1,"ci95":[2,1]}}}}}`, "want low ≤ high"},
	} {
		if _, err := LoadPublished(write(t, c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
	if _, err := LoadPublished(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("no file: want an error")
	}
}

// runs makes records of one cell with the given values.
func runs(model, taskName, key string, v ...float64) []Record {
	var out []Record
	for i, x := range v {
		out = append(out, Record{Model: model, Task: taskName, Preset: "paper", Seed: uint64(i), Outcome: Finished, Values: map[string]float64{key: x}})
	}
	return out
}

func TestCompareCells(t *testing.T) {
	p, err := LoadPublished(write(t, `{"runs_per_cell":20,"tasks":{"task2":"go/no-go"},"metrics":{
		"Accuracy":{"W*D*C*":{"perceptual-decision":{"mean":0.88,"ci95":[0.879,0.882]}}, "W":{"task2":{"mean":0.511,"ci95":[0.511,0.512]}}, "WD":{"task2":{"mean":0.927,"ci95":[0.843,1.01]}}},
		"Modularity":{"W":{"task2":{"mean":0.088,"ci95":[0.088,0.088]}}, "WD":{"task2":null}, "WDC":{"task2":{"mean":null,"ci95":[null,null]}}},
		"Entropy":{"W":{"task2":{"mean":5.7,"ci95":[null,null]}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	diverged := runs("w-dgrid", "go-nogo", "modularity", 0)
	diverged[0].Outcome = Diverged
	for _, c := range []struct {
		name    string
		records []Record
		measure string
		agree   bool
		tested  bool
		note    string
	}{
		{"at chance, another data set", runs("w", "go-nogo", "train_accuracy", .5, .501, .502, .505, .507), "Accuracy", true, true, "imbalance of the shared data set, sd 0.0070"},
		{"at chance, too far", runs("w", "go-nogo", "train_accuracy", .56, .561, .559, .56, .56), "Accuracy", false, true, "guessing"},
		{"at the ceiling, another data set", runs("wbio-dreal-cemp", "perceptual-decision", "train_accuracy", .886, .887, .885, .886, .886), "Accuracy", true, true, "near the ideal observer (0.899)"},
		{"off the levels", runs("w-dgrid", "go-nogo", "train_accuracy", .8, .99, 1, .9, 1), "Accuracy", true, true, ""},
		{"an interval of no width is rounded", runs("w", "go-nogo", "modularity", .0884, .0884, .0884, .0884, .0885), "Modularity", true, true, ""},
		{"beyond rounding", runs("w", "go-nogo", "modularity", .0901, .0901, .0902, .09, .0901), "Modularity", false, true, ""},
		{"equal runs", runs("w", "go-nogo", "modularity", .088, .088, .088, .088, .088), "Modularity", true, true, ""},
		{"two runs", runs("w-dgrid", "go-nogo", "train_accuracy", .8, .99), "Accuracy", true, true, "weak evidence"},
		{"one run", runs("w-dgrid", "go-nogo", "train_accuracy", .9), "Accuracy", true, true, "the published spread is used"},
		{"one run far off", runs("w-dgrid", "go-nogo", "train_accuracy", .1), "Accuracy", false, true, "one run"},
		{"no published number", runs("w-dgrid", "go-nogo", "modularity", .1, .2), "Modularity", false, false, "published table has no number"},
		{"neither", diverged, "Modularity", true, false, "neither side"},
		{"ours diverged", append(runs("w", "go-nogo", "modularity"), Record{Model: "w", Task: "go-nogo", Outcome: Diverged}), "Modularity", false, false, "1 of our 1 runs diverged; none of our runs has a number"},
		{"no interval", runs("w", "go-nogo", "entropy_bits", 5.7, 5.7), "Entropy", false, false, "no interval"},
	} {
		var got *Comparison
		for _, x := range Compare(p, c.records) {
			if x.Measure == c.measure {
				got = &x
			}
		}
		if got == nil {
			t.Errorf("%s: no comparison", c.name)
			continue
		}
		if got.Agree != c.agree || math.IsNaN(got.P) == c.tested || !strings.Contains(got.Note, c.note) {
			t.Errorf("%s: got agree %v, p %g, note %q; want agree %v, tested %v, note with %q", c.name, got.Agree, got.P, got.Note, c.agree, c.tested, c.note)
		}
	}
	if got := Compare(p, runs("w-dreal", "go-nogo", "modularity", 1, 2)); len(got) != 0 {
		t.Errorf("a model without published cells: got %d comparisons, want 0", len(got))
	}
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// If both sides draw from one distribution, about 1 % of cells may disagree, also
// where the published interval is narrower than its rounding and where the
// published runs share an error that its interval does not show.
func TestCompareErrorRate(t *testing.T) {
	for _, c := range []struct {
		name       string
		mean, sd   float64
		n          int
		low, high  float64 // of the rate of disagreement
		disturbing float64 // sd of the published data set's common error
	}{
		{"wide", 0.8, 0.05, 20, 0.003, 0.019, 0},
		{"five runs of ours", 0.8, 0.05, 5, 0.003, 0.019, 0},
		{"narrower than the rounding", 0.0883, 0.0004, 20, 0, 0.02, 0},
		{"at chance on shared data", 0.5, 0.001, 20, 0.003, 0.019, 0.00699},
	} {
		var disagree, cells = 0, 2000
		for i := range uint64(cells) {
			s := rng.New(9, "rate/"+c.name, i)
			draw := func(n int, shift float64) []float64 {
				x := make([]float64, n)
				for k := range x {
					x[k] = c.mean + shift + float64(c.sd*s.Norm())
				}
				return x
			}
			theirs, _ := stats.Describe(draw(20, c.disturbing*s.Norm()))
			ci := theirs.Interval(0.95)
			p := &Published{Runs: 20, Decimals: 3, Cells: []PublishedCell{{"Accuracy", "w", "go-nogo", round(theirs.Mean), round(ci.Low), round(ci.High)}}}
			if !Compare(p, runs("w", "go-nogo", "train_accuracy", draw(c.n, 0)...))[0].Agree {
				disagree++
			}
		}
		rate := float64(disagree) / float64(cells)
		t.Logf("%s: %.4f disagree", c.name, rate)
		if rate < c.low || rate > c.high {
			t.Errorf("%s: rate of disagreement: got %.4f, want %g … %g", c.name, rate, c.low, c.high)
		}
	}
}

// A difference of one standard deviation over 20 runs must be seen.
func TestComparePower(t *testing.T) {
	found := 0
	for i := range uint64(200) {
		s := rng.New(10, "power", i)
		x := make([]float64, 20)
		for k := range x {
			x[k] = 0.35 + float64(0.05*s.Norm())
		}
		p := &Published{Runs: 20, Decimals: 3, Cells: []PublishedCell{{"Modularity", "w", "go-nogo", 0.3, 0.277, 0.323}}}
		if !Compare(p, runs("w", "go-nogo", "modularity", x...))[0].Agree {
			found++
		}
	}
	if found < 120 {
		t.Errorf("a difference of one sd was found in %d of 200 cells, want at least 120", found)
	}
}

func TestAgree(t *testing.T) {
	nan := math.NaN()
	cells := func(n int, measure string, p float64, ours int, pub float64) []Comparison {
		var out []Comparison
		for range n {
			out = append(out, Comparison{Measure: measure, P: p, Agree: p >= agreeLevel, Published: pub, Ours: Cell{N: ours}})
		}
		return out
	}
	var all []Comparison
	all = append(all, cells(90, "Accuracy", 0.5, 20, 1)...)
	all = append(all, cells(3, "Accuracy", 0.005, 20, 1)...) // lost after Holm
	all = append(all, cells(2, "Entropy", 1e-9, 20, 1)...)
	all = append(all, cells(4, "Entropy", nan, 0, 1)...)    // ours diverged
	all = append(all, cells(1, "Entropy", nan, 20, nan)...) // nothing published
	a := Agree(all)
	want := []Tally{{"Accuracy", 90, 93, 0}, {"Entropy", 0, 6, 1}}
	if fmt.Sprint(a.Measures) != fmt.Sprint(want) || a.All != (Tally{"all", 90, 99, 1}) {
		t.Errorf("got %v, all %v; want %v", a.Measures, a.All, want)
	}
	if a.AfterHolm != 6 || math.Abs(a.ExpectedFalse-0.95) > 1e-12 {
		t.Errorf("got %d after Holm and %g expected, want 6 and 0.95", a.AfterHolm, a.ExpectedFalse)
	}
	for _, want := range []string{"90 of 99", "0.95 are expected", "6 cells disagree", "In 4 cells our runs have no number", "1 cells could not"} {
		if !strings.Contains(a.Text, want) {
			t.Errorf("text %q lacks %q", a.Text, want)
		}
	}
	if Agree(nil).Text == "" {
		t.Error("no cells: want a text")
	}
}

// Values drawn at the published means with the published spreads agree.
func TestCompareWholeTable(t *testing.T) {
	p, err := LoadPublished(sharedtest.File(t, "golden", "paper", "table2.json"))
	if err != nil {
		t.Fatal(err)
	}
	byRun := map[string]*Record{}
	var order []string
	for i, c := range p.Cells {
		s := rng.New(4, "table", uint64(i))
		sd := stats.FromInterval(c.Mean, (c.High-c.Low)/2, 0.95, 20).SD
		key, _ := keyOf(c.Measure)
		for seed := range uint64(20) {
			name := fmt.Sprint(c.Model, c.Task, seed)
			if byRun[name] == nil {
				byRun[name] = &Record{Run: name, Model: c.Model, Task: c.Task, Seed: seed, Outcome: Finished}
				order = append(order, name)
			}
			byRun[name].Set(key, c.Mean+float64(sd*s.Norm()))
		}
	}
	var records []Record
	for _, name := range order {
		records = append(records, *byRun[name])
	}
	a := Agree(Compare(p, records))
	if len(records) != 660 || a.All.Total != 165 || a.All.Agree < 162 || len(a.Measures) != 5 {
		t.Errorf("got %d records, %+v; want 660 and at least 162 of 165 in agreement", len(records), a)
	}
	t.Log(a.Text)
}

// TestTable2 holds the embedded table against the file it is a copy of.
func TestTable2(t *testing.T) {
	p, err := Table2()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Cells) != 165 || p.Runs != 20 {
		t.Errorf("%d cells of %d runs", len(p.Cells), p.Runs)
	}
	text, err := os.ReadFile(sharedtest.File(t, "golden", "paper", "table2.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, table2) {
		t.Error("the embedded table differs from the golden one")
	}
}
