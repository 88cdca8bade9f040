package analysis

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"biornn/stats"
)

func TestSummarise(t *testing.T) {
	var records []Record
	records = append(records, Record{Model: "mine", Task: "go-nogo", Outcome: Finished, Values: map[string]float64{"modularity": 9}})
	records = append(records, runs("w", "go-nogo", "modularity", 1, 2, 3)...)
	records = append(records, Record{Model: "w", Task: "go-nogo", Outcome: Diverged, Values: map[string]float64{"modularity": 1e9}})
	records = append(records, Record{Model: "w", Task: "go-nogo", Outcome: Finished, Values: map[string]float64{"modularity": math.NaN()}})
	records = append(records, runs("wbio-dreal-c", "go-nogo", "modularity", 5)...)
	records = append(records, runs("w", "one-step-inference", "modularity", 4, 6)...)
	cells := Summarise(records, []string{"modularity", "assortativity"})
	var got []string
	for _, c := range cells {
		got = append(got, c.Model+"/"+c.Task+"/"+c.Measure)
	}
	want := "wbio-dreal-c/go-nogo/modularity wbio-dreal-c/go-nogo/assortativity w/one-step-inference/modularity w/one-step-inference/assortativity w/go-nogo/modularity w/go-nogo/assortativity mine/go-nogo/modularity mine/go-nogo/assortativity"
	if strings.Join(got, " ") != want {
		t.Errorf("order: got %v, want %s", got, want)
	}
	c := cells[4]
	ci := stats.Summary{N: 3, Mean: 2, SD: 1}.Interval(0.95)
	if c.N != 3 || c.Diverged != 1 || c.Mean != 2 || c.SD != 1 || c.Low != ci.Low || c.High != ci.High {
		t.Errorf("got %+v, want n 3, 1 diverged, mean 2, sd 1, %v", c, ci)
	}
	if one := cells[0]; one.N != 1 || one.Mean != 5 || !math.IsNaN(one.Low) || !math.IsNaN(one.SD) {
		t.Errorf("one run: got %+v", one)
	}
	if none := cells[5]; none.N != 0 || !math.IsNaN(none.Mean) || none.Diverged != 1 {
		t.Errorf("no value: got %+v", none)
	}
}

func TestSet(t *testing.T) {
	var r Record
	r.Set("modularity", 0.5)
	r.Set("assortativity", math.NaN())
	if _, ok := r.Values["assortativity"]; ok || r.Values["modularity"] != 0.5 || len(r.Warnings) != 1 {
		t.Errorf("got %+v", r)
	}
}

func TestJSONKeepsNaN(t *testing.T) {
	nan := math.NaN()
	in := struct {
		Cell       Cell
		Comparison Comparison
		Record     Record
	}{
		Cell{Model: "w", N: 1, Mean: 2, Low: nan, High: nan, SD: nan},
		Comparison{Model: "w", Ours: Cell{Mean: nan, Low: nan, High: nan, SD: nan}, Published: 1, PublishedLow: nan, PublishedHigh: 3, P: nan, Note: "<x>"},
		Record{Model: "w", Curve: []Point{{1, nan, 0.5, 2, nan, 0.25}}},
	}
	var b bytes.Buffer
	if err := WriteJSON(&b, in); err != nil {
		t.Fatal(err)
	}
	out := in
	out.Record.Curve = nil
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	if c := out.Cell; c.Mean != 2 || !math.IsNaN(c.Low) || !math.IsNaN(c.SD) || c.Model != "w" || c.N != 1 {
		t.Errorf("cell: got %+v", c)
	}
	if c := out.Comparison; c.Published != 1 || !math.IsNaN(c.P) || !math.IsNaN(c.Ours.Mean) || c.PublishedHigh != 3 || c.Note != "<x>" {
		t.Errorf("comparison: got %+v", c)
	}
	if p := out.Record.Curve[0]; p.Epoch != 1 || !math.IsNaN(p.TrainLoss) || p.TrainAccuracy != 0.5 || p.ValAccuracy != 0.25 || p.Penalty != 2 {
		t.Errorf("point: got %+v", p)
	}
}

func TestTables(t *testing.T) {
	records := runs("w", "go-nogo", "modularity", 0.1, 0.25)
	records[0].Set("own", 7)
	records[1].Outcome, records[1].Step, records[1].Cause = Diverged, 12, "loss is NaN, \"at once\""
	read := func(f func(b *bytes.Buffer) error) [][]string {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	rows := read(func(b *bytes.Buffer) error { return WriteRecords(b, records) })
	want := [][]string{
		{"run", "model", "symbol", "task", "preset", "seed", "outcome", "diverged_at_update", "cause", "modularity", "own", "warnings"},
		{"", "w", "W", "go-nogo", "paper", "0", "finished", "", "", "0.1", "7", ""},
		{"", "w", "W", "go-nogo", "paper", "1", "diverged", "12", "loss is NaN, \"at once\"", "0.25", "", ""},
	}
	for i := range want {
		if strings.Join(rows[i], "|") != strings.Join(want[i], "|") {
			t.Errorf("records, line %d: got %q, want %q", i+1, rows[i], want[i])
		}
	}
	rows = read(func(b *bytes.Buffer) error { return WriteCells(b, Summarise(records, []string{"modularity"})) })
	if got := strings.Join(rows[1], "|"); got != "w|W|go-nogo|modularity|1|1|0.1|||" {
		t.Errorf("cells: got %q", got)
	}
	p := &Published{Runs: 20, Decimals: 3, Cells: []PublishedCell{{"Modularity", "w", "go-nogo", 0.1, 0.09, 0.11}}}
	rows = read(func(b *bytes.Buffer) error { return WriteComparisons(b, Compare(p, records)) })
	if len(rows) != 2 || rows[1][10] != "0.1" || rows[1][14] != "true" {
		t.Errorf("comparisons: got %q", rows)
	}
	rows = read(func(b *bytes.Buffer) error {
		return WriteClaims(b, []Claim{{"C1", "s", Supported, "r, r", []string{"a", "b"}}})
	})
	if got := strings.Join(rows[1], "|"); got != "C1|s|supported|r, r|a\nb" {
		t.Errorf("claims: got %q", got)
	}
}

func TestDefinitionsAreWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, d := range Definitions() {
		if d.Key == "" || d.Name == "" || d.Text == "" || seen[d.Key] {
			t.Errorf("%q: want a name, a text and a key of its own", d.Key)
		}
		seen[d.Key] = true
	}
	if _, ok := Define("nonsense"); ok {
		t.Error("an unknown key has a definition")
	}
}
