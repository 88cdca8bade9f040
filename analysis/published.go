package analysis

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"

	"biornn/constraint"
	"biornn/task"
)

// Published is a table of published results: per measure, model and task a mean
// with its t-based 95 % confidence interval over Runs runs.
type Published struct {
	Source   string
	Runs     int
	Decimals int // digits after the point to which the numbers are rounded
	Cells    []PublishedCell
}

// PublishedCell is one of them. Mean, Low and High are NaN where the table has no
// number.
type PublishedCell struct {
	Measure         string // as published, e.g. Modularity
	Model           string // slug
	Task            string // our name
	Mean, Low, High float64
}

// publishedKeys says which of our values a published measure is.
var publishedKeys = []struct{ name, key string }{
	{"Accuracy", "train_accuracy"}, // it is the training accuracy of the last epoch
	{"Modularity", "modularity"},
	{"SmallWorldness", "small_worldness"},
	{"Entropy", "entropy_bits"},
	{"Assortativity", "assortativity"},
}

// publishedTasks says which of our tasks a published name is.
var publishedTasks = map[string]string{
	"one-step inference":         "one-step-inference",
	"go/no-go":                   "go-nogo",
	"go/nogo":                    "go-nogo",
	"perceptual decision making": "perceptual-decision",
}

// publishedJSON is the form of the file.
type publishedJSON struct {
	Source  string                                          `json:"source"`
	Runs    int                                             `json:"runs_per_cell"`
	Tasks   map[string]string                               `json:"tasks"` // key in the table → name
	Metrics map[string]map[string]map[string]*publishedItem `json:"metrics"`
}

type publishedItem struct {
	Mean *json.Number   `json:"mean"`
	CI   []*json.Number `json:"ci95"`
}

// LoadPublished reads a table: {source, runs_per_cell, tasks: {key: name}, metrics:
// {measure: {model: {task key: {mean, ci95: [low, high]}}}}}. Measures may bear
// their published names or our keys, models symbols or slugs, tasks published names
// or ours; null is no number.
func LoadPublished(path string) (*Published, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("analysis: published table: %w", err)
	}
	return parsePublished(path, text)
}

// table2 holds the values behind Table 2 of arXiv:2606.14975; its field source names
// the file they come from.
//
//go:embed table2.json
var table2 []byte

// Table2 returns the published results of field 6_6_2: eleven models, three tasks,
// five measures, 20 runs each.
func Table2() (*Published, error) { return parsePublished("table2.json", table2) }

// Table2Circuit is the hash of the circuit they belong to: field 6_6_2 as released.
const Table2Circuit = "e8dcfd9b88b026e376f64a49a40a73503edce0ea945de198cfd161e005ac9901"

func parsePublished(path string, text []byte) (*Published, error) {
	var in publishedJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return nil, fmt.Errorf("analysis: %s: %s", path, place(text, err))
	}
	p, err := in.table()
	if err != nil {
		return nil, fmt.Errorf("analysis: %s: %w", path, err)
	}
	return p, nil
}

// place puts the line before an error of the JSON decoder that knows its offset.
func place(text []byte, err error) string {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	} else if errors.As(err, &kind) {
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(text)) {
		return err.Error()
	}
	return fmt.Sprintf("line %d: %v", 1+strings.Count(string(text[:offset]), "\n"), err)
}

func (in publishedJSON) table() (*Published, error) {
	if in.Runs < 2 {
		return nil, fmt.Errorf("runs_per_cell: want at least 2, got %d", in.Runs)
	}
	p := &Published{Source: in.Source, Runs: in.Runs}
	for _, metric := range sortedKeys(in.Metrics) {
		if _, err := keyOf(metric); err != nil {
			return nil, err
		}
		for _, symbol := range sortedKeys(in.Metrics[metric]) {
			model, err := constraint.Lookup(symbol)
			if err != nil {
				return nil, fmt.Errorf("metrics: %s: %w", metric, err)
			}
			cells := in.Metrics[metric][symbol]
			for _, label := range sortedKeys(cells) {
				where := fmt.Sprintf("metrics: %s: %s: %s", metric, symbol, label)
				name, err := in.taskName(label)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", where, err)
				}
				c := PublishedCell{Measure: metric, Model: model.Slug, Task: name}
				if err := p.read(&c, cells[label]); err != nil {
					return nil, fmt.Errorf("%s: %w", where, err)
				}
				p.Cells = append(p.Cells, c)
			}
		}
	}
	if len(p.Cells) == 0 {
		return nil, fmt.Errorf("metrics: want at least one cell, got none")
	}
	p.sort()
	return p, nil
}

// read takes mean and interval of one item and notes their number of digits.
func (p *Published) read(c *PublishedCell, item *publishedItem) error {
	c.Mean, c.Low, c.High = math.NaN(), math.NaN(), math.NaN()
	if item == nil || item.Mean == nil {
		return nil
	}
	if len(item.CI) != 2 {
		return fmt.Errorf("ci95: want [low, high], got %d numbers", len(item.CI))
	}
	for i, to := range []*float64{&c.Mean, &c.Low, &c.High} {
		number := []*json.Number{item.Mean, item.CI[0], item.CI[1]}[i]
		if number == nil {
			continue
		}
		v, err := number.Float64()
		if err != nil {
			return fmt.Errorf("want a number, got %q", number.String())
		}
		*to = v
		if _, digits, ok := strings.Cut(number.String(), "."); ok && !strings.ContainsAny(digits, "eE") {
			p.Decimals = max(p.Decimals, len(digits))
		} else if ok || strings.ContainsAny(number.String(), "eE") {
			p.Decimals = max(p.Decimals, 15) // written in full
		}
	}
	if c.Low > c.High {
		return fmt.Errorf("ci95: want low ≤ high, got [%g, %g]", c.Low, c.High)
	}
	return nil
}

// taskName returns our name of a task key of the table.
func (in publishedJSON) taskName(label string) (string, error) {
	name, ok := in.Tasks[label]
	if !ok {
		name = label
	}
	if ours, ok := publishedTasks[strings.ToLower(name)]; ok {
		return ours, nil
	}
	_, err := task.DefaultConfig(name)
	return name, err
}

// keyOf returns the key of our value for a published measure.
func keyOf(metric string) (string, error) {
	for _, k := range publishedKeys {
		if k.name == metric {
			return k.key, nil
		}
	}
	if _, ok := Define(metric); ok {
		return metric, nil
	}
	var names []string
	for _, k := range publishedKeys {
		names = append(names, k.name)
	}
	return "", fmt.Errorf("metrics: want %s or one of our keys, got %q", strings.Join(names, ", "), metric)
}

// sort brings the cells into the order of the paper.
func (p *Published) sort() {
	var measures, models, tasks []string
	for _, k := range publishedKeys {
		measures = append(measures, k.name)
	}
	for _, m := range constraint.Models() {
		models = append(models, m.Slug)
	}
	tasks = task.Names()
	index := func(list []string, name string) int {
		if i := slices.Index(list, name); i >= 0 {
			return i
		}
		return len(list)
	}
	slices.SortStableFunc(p.Cells, func(a, b PublishedCell) int {
		for _, d := range []int{
			index(measures, a.Measure) - index(measures, b.Measure), strings.Compare(a.Measure, b.Measure),
			index(models, a.Model) - index(models, b.Model), index(tasks, a.Task) - index(tasks, b.Task),
		} {
			if d != 0 {
				return d
			}
		}
		return 0
	})
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
