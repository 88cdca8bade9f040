package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"biornn/analysis"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"num": num, "sentence": sentence, "standing": standing, "value": value,
	"verdictClass": func(v string) string { return strings.ReplaceAll(v, " ", "-") },
	"join":         strings.Join,
}).Parse(pageText))

// view is what the template sees.
type view struct {
	*Data
	Lead     string
	Verdicts []verdictRow
	Deciding []shown // figures that stand with the verdicts
	Rows     []row
	HasTrain bool
	Figures  []shown
	Tallies  []tally
	Runs     int
	Diverged int
}

type shown struct {
	Name, Title, Caption string
	SVG                  template.HTML
}

// row is one model on one task.
type row struct {
	Symbol, Slug, Task                   string
	Train, Val, Test                     string
	Q, Sigma, QCorrected, SigmaCorrected string
	N, Diverged                          int
	First                                bool // of its task
}

type tally struct {
	Measure      string
	Agree, Total int
	Cells        []analysis.Comparison
}

func (d *Data) page(figures []drawn) ([]byte, error) {
	v := view{Data: d, HasTrain: d.Preset == "paper", Rows: d.rows(), Tallies: d.tallies(), Runs: len(d.Records), Lead: d.lead(), Verdicts: d.verdictRows()}
	for _, r := range d.Records {
		if r.Outcome == analysis.Diverged {
			v.Diverged++
		}
	}
	for _, f := range figures {
		one := shown{f.name, f.title, f.caption, template.HTML(inline(f.svgText))}
		if slices.Contains(decidingFigures, f.name) {
			v.Deciding = append(v.Deciding, one)
			continue
		}
		v.Figures = append(v.Figures, one)
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, v); err != nil {
		return nil, fmt.Errorf("report: page: %w", err)
	}
	return b.Bytes(), nil
}

// lead says what the page is to someone who never saw the project.
func (d *Data) lead() string {
	source := "one brain circuit"
	if d.Circuit.Synthetic {
		source = "one circuit, here a synthetic one made to resemble a patch of cortex"
	}
	return fmt.Sprintf("Recurrent neural networks of %d units were trained on decision tasks while their connections were constrained, model by model, by what is known of the neurons of %s: where the cells lie, how alike they are active, how signals spread between them. This page compares the models and says which constraint made a difference, and how sure that is.", d.Circuit.Neurons, source)
}

// rows lists the models by task.
func (d *Data) rows() []row {
	cells := map[[3]string]analysis.Cell{}
	for _, c := range d.Cells {
		cells[[3]string{c.Model, c.Task, c.Measure}] = c
	}
	var out []row
	for _, t := range d.Tasks {
		first := true
		for _, m := range d.Models {
			get := func(measure string) analysis.Cell { return cells[[3]string{m.Slug, t.Name, measure}] }
			test := get("test_accuracy")
			if test.N+test.Diverged == 0 {
				continue
			}
			out = append(out, row{Symbol: m.Symbol, Slug: m.Slug, Task: t.Title, First: first,
				Train: withInterval(get("train_accuracy")), Val: withInterval(get("val_accuracy")), Test: withInterval(test),
				Q: withInterval(get("modularity")), Sigma: withInterval(get("small_worldness")),
				QCorrected: withInterval(get("modularity_louvain")), SigmaCorrected: withInterval(get("small_worldness_density")),
				N: test.N, Diverged: test.Diverged})
			first = false
		}
	}
	return out
}

func withInterval(c analysis.Cell) string {
	switch {
	case c.N == 0 || !finite(c.Mean):
		return "–"
	case !finite(c.Low) || !finite(c.High):
		return fmt.Sprintf("%.3f", c.Mean)
	}
	return fmt.Sprintf("%.3f ± %.3f", c.Mean, (c.High-c.Low)/2)
}

func (d *Data) tallies() []tally {
	var out []tally
	for _, m := range d.comparedMeasures() {
		t := tally{Measure: m}
		for _, c := range d.Comparisons {
			if c.Measure != m {
				continue
			}
			t.Cells = append(t.Cells, c)
			switch standing(c) {
			case agrees:
				t.Agree++
				t.Total++
			case disagrees:
				t.Total++
			}
		}
		slices.SortStableFunc(t.Cells, func(a, b analysis.Comparison) int {
			return cmp.Or(cmp.Compare(d.task(a.Task), d.task(b.Task)), cmp.Compare(d.model(a.Model), d.model(b.Model)))
		})
		out = append(out, t)
	}
	return out
}

// sentence begins a note with a capital.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

// num prints a number for a table.
func num(x float64) string {
	switch {
	case !finite(x):
		return "–"
	case x != 0 && math.Abs(x) < 5e-4:
		return fmt.Sprintf("%.1e", x)
	}
	return fmt.Sprintf("%.3f", x)
}

// value prints a value of a run for a table.
func value(r analysis.Record, key string) string {
	if v, ok := r.Values[key]; ok {
		return num(v)
	}
	return "–"
}

// TitleOf returns a task's title; for the template.
func (d *Data) TitleOf(name string) string { return d.taskTitle(name) }

// SymbolOf returns a model's symbol; for the template.
func (d *Data) SymbolOf(slug string) string { return d.symbol(slug) }
