package report

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"biornn/analysis"
)

// TestLittle writes reports of data that lack one thing or another.
func TestLittle(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		change func(d *Data)
	}{
		{"no records", func(d *Data) { d.Records, d.Cells = nil, nil }},
		{"no models", func(d *Data) { d.Models = nil }},
		{"no tasks", func(d *Data) { d.Tasks = nil }},
		{"no positions", func(d *Data) { d.Circuit.Positions = nil }},
		{"positions in one place", func(d *Data) { clear(d.Circuit.Positions) }},
		{"a position that is no number", func(d *Data) { d.Circuit.Positions[1][1] = nan }},
		{"weights zero, no number and infinite", func(d *Data) {
			clear(d.Networks[0].Weights)
			d.Networks[1].Weights[1], d.Networks[1].Weights[2] = float32(nan), float32(math.Inf(1))
		}},
		{"no modules, another size", func(d *Data) {
			d.Networks[0].Modules = nil
			d.Networks[1].Weights = d.Networks[1].Weights[:4]
		}},
		{"all diverged", func(d *Data) {
			for i, r := range d.Records {
				d.Records[i] = analysis.Record{Model: r.Model, Task: r.Task, Outcome: analysis.Diverged, Cause: "overflow"}
			}
			d.Cells = analysis.Summarise(d.Records, []string{"train_accuracy", "test_accuracy"})
		}},
		{"curves of one epoch", func(d *Data) {
			for i, r := range d.Records {
				d.Records[i].Curve = r.Curve[:min(1, len(r.Curve))]
			}
		}},
		{"curves without numbers", func(d *Data) {
			for _, r := range d.Records {
				for k := range r.Curve {
					r.Curve[k].ValAccuracy = nan
				}
			}
		}},
		{"levels unknown", func(d *Data) { d.Tasks[0].Chance, d.Tasks[0].Ceiling = nan, nan }},
		{"published numbers missing", func(d *Data) {
			for i := range d.Comparisons {
				d.Comparisons[i].Published, d.Comparisons[i].P = nan, nan
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := sample(2, 1, 3, 6)
			for i := range d.Records {
				d.Records[i].Cause = ""
			}
			c.change(&d)
			page := write(t, t.TempDir(), d)
			selfContained(t, page)
			if i := strings.Index(page, "NaN"); i >= 0 {
				t.Errorf("the page shows a NaN: %q", page[max(0, i-60):i+10])
			}
		})
	}
}

// selfContained goes through the elements of a page and reports what it would load,
// run or link to outside.
func selfContained(t *testing.T, page string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("page: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			harmless(t, e)
		}
	}
}

func harmless(t *testing.T, e xml.StartElement) {
	t.Helper()
	switch e.Name.Local {
	case "script", "link", "iframe", "object", "embed", "base", "form":
		t.Errorf("the page has an element %s", e.Name.Local)
	}
	for _, a := range e.Attr {
		switch name := a.Name.Local; {
		case strings.HasPrefix(name, "on"):
			t.Errorf("the page has a handler %s", name)
		case name == "src", name == "href":
			if !strings.HasPrefix(a.Value, "#") && !strings.HasPrefix(a.Value, "data:image/png;base64,") {
				t.Errorf("the page loads %q", a.Value)
			}
		}
	}
}

// TestStanding: a cell without a test neither agrees nor differs, and enters no count.
func TestStanding(t *testing.T) {
	nan := math.NaN()
	ours := analysis.Cell{N: 3, Mean: 0.5, Low: 0.4, High: 0.6}
	cells := []struct {
		c    analysis.Comparison
		want string
	}{
		{analysis.Comparison{Published: 0.5, P: 0.5, Agree: true, Ours: ours}, agrees},
		{analysis.Comparison{Published: 0.5, P: 1e-4, Ours: ours}, disagrees},
		{analysis.Comparison{Published: 0.5, P: nan, Ours: analysis.Cell{Mean: nan}}, disagrees},
		{analysis.Comparison{Published: 0.5, P: nan, Ours: ours}, untested},
		{analysis.Comparison{Published: nan, P: nan, Ours: ours}, untested},
		{analysis.Comparison{Published: nan, P: nan, Agree: true, Ours: analysis.Cell{Mean: nan}}, untested},
	}
	var d Data
	for i, k := range cells {
		if got := standing(k.c); got != k.want {
			t.Errorf("cell %d: got %s, want %s", i, got, k.want)
		}
		d.Comparisons = append(d.Comparisons, k.c)
	}
	if got := d.tallies(); len(got) != 1 || got[0].Agree != 1 || got[0].Total != 3 || len(got[0].Cells) != 6 {
		t.Errorf("tallies: %+v", got)
	}
}

// TestLead: the first words say whether the circuit is one of a brain.
func TestLead(t *testing.T) {
	d := sample(1, 1, 1, 5)
	if !strings.Contains(write(t, t.TempDir(), d), "here a synthetic one") {
		t.Error("the page of a synthetic circuit does not say so in its lead")
	}
	d.Circuit.Synthetic = false
	if page := write(t, t.TempDir(), d); strings.Contains(page, "ynthetic") {
		t.Error("the page of a measured circuit speaks of a synthetic one")
	}
}
