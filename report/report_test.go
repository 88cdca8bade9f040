package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"biornn/analysis"
	"biornn/internal/rng"
)

var update = flag.Bool("update", false, "rewrite the golden figures; look at them afterwards")

// sample is a made-up comparison with everything that occurs: diverged runs, missing
// measures, a published table.
func sample(models, tasks, seeds, neurons int) Data {
	s := rng.New(1, "report/sample")
	d := Data{Title: "A <made-up> comparison", Preset: "paper", PublishedSource: "nobody & co",
		Circuit:  Circuit{Name: "toy", Origin: "made up", Neurons: neurons, Synthetic: true, Summary: []string{"line"}},
		Notes:    []string{"a <script>alert(1)</script> note"},
		Measures: analysis.Definitions(), Manifest: Manifest{Command: "biornn reproduce", Version: "test", Seeds: seeds},
		Claims: []analysis.Claim{{ID: "C1", Statement: "It helps", Verdict: analysis.NotSupported, Reason: "it does not", Evidence: []string{"+0.00"}}},
	}
	for range neurons {
		d.Circuit.Positions = append(d.Circuit.Positions, [3]float64{100 * s.Norm(), 500 * s.Float64(), 100 * s.Norm()})
	}
	for i := range models {
		d.Models = append(d.Models, Model{fmt.Sprintf("m%d", i), fmt.Sprintf("W%dD*", i), "a model"})
		w := make([]float32, neurons*neurons)
		modules := make([]int, neurons)
		for k := range w {
			w[k] = float32(math.Exp(2*s.Norm()) / 100)
		}
		for k := range modules {
			modules[k] = k * 4 / neurons
		}
		d.Networks = append(d.Networks, Network{Model: d.Models[i].Slug, Task: "t0", Seed: 1, Weights: w, Modules: modules})
	}
	for t := range tasks {
		d.Tasks = append(d.Tasks, Task{Name: fmt.Sprintf("t%d", t), Title: fmt.Sprintf("Task %d", t), Chance: 0.5, Ceiling: 0.9})
		for i := range models {
			for seed := range seeds {
				d.Records = append(d.Records, record(s, i, t, seed))
			}
			p := analysis.Comparison{Model: d.Models[i].Slug, Task: d.Tasks[t].Name, Measure: "Modularity", Published: s.Float64(),
				P: s.Float64(), Agree: i != 1, Ours: analysis.Cell{Mean: s.Float64(), Low: math.NaN(), High: math.NaN()}}
			p.PublishedLow, p.PublishedHigh = p.Published-0.05, p.Published+0.05
			d.Comparisons = append(d.Comparisons, p)
		}
	}
	d.Cells = analysis.Summarise(d.Records, []string{"train_accuracy", "val_accuracy", "test_accuracy", "modularity", "small_worldness"})
	return d
}

func record(s *rng.Stream, model, task, seed int) analysis.Record {
	r := analysis.Record{Run: "r", Model: fmt.Sprintf("m%d", model), Task: fmt.Sprintf("t%d", task), Preset: "paper", Seed: uint64(seed + 1), Outcome: analysis.Finished, Values: map[string]float64{}}
	if model == 1 && seed == 0 {
		r.Outcome, r.Step, r.Cause = analysis.Diverged, 7, "NaN"
		return r
	}
	accuracy := 0.5 + 0.4*s.Float64()
	for _, k := range []string{"train_accuracy", "val_accuracy", "test_accuracy"} {
		r.Set(k, accuracy)
	}
	if model != 2 {
		r.Set("modularity", 0.1+0.4*s.Float64())
		r.Set("small_worldness", 0.9+s.Float64())
	}
	for e := range 10 {
		r.Curve = append(r.Curve, analysis.Point{Epoch: e + 1, ValAccuracy: 0.5 + (accuracy-0.5)*float64(e)/9})
	}
	return r
}

func TestFiguresMatchGolden(t *testing.T) {
	d := sample(3, 2, 3, 20)
	for _, f := range d.figures() {
		got, err := f.svg()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := f.svg()
		if !bytes.Equal(got, again) {
			t.Errorf("%s differs from call to call", f.name)
		}
		wellFormed(t, f.name, got)
		if f.name == "matrices" {
			continue // its images are PNG data, which another version of Go may pack otherwise
		}
		path := filepath.Join("testdata", f.name+".svg.golden")
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (go test ./report -update makes it)", err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s has changed: look at it, then go test ./report -update", f.name)
		}
	}
}

func wellFormed(t *testing.T, name string, text []byte) {
	t.Helper()
	for dec := xml.NewDecoder(bytes.NewReader(text)); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestWrite makes whole reports of several sizes.
func TestWrite(t *testing.T) {
	for _, size := range [][4]int{{1, 1, 1, 5}, {6, 3, 3, 40}, {11, 3, 2, 30}} {
		d := sample(size[0], size[1], size[2], size[3])
		dir := t.TempDir()
		if err := Write(dir, d); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		page := string(text)
		for _, m := range d.Models {
			if !strings.Contains(page, m.Symbol) {
				t.Errorf("%v: the page lacks %s", size, m.Symbol)
			}
		}
		for _, want := range []string{"synthetic", "It helps", "not supported", "biornn reproduce", "A &lt;made-up&gt; comparison"} {
			if !strings.Contains(page, want) {
				t.Errorf("%v: the page lacks %q", size, want)
			}
		}
		if strings.Contains(page, "<script") {
			t.Error("a note was not escaped")
		}
		if m := regexp.MustCompile(`(src|href)="https?:[^"]*"|url\(http`).FindString(page); m != "" {
			t.Errorf("the page loads %s", m)
		}
		for _, f := range d.figures() {
			file, err := os.Open(filepath.Join(dir, "figures", f.name+".png"))
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.DecodeConfig(file)
			file.Close()
			if err != nil || img.Width < 500 {
				t.Errorf("%s.png: %d pixels wide, %v", f.name, img.Width, err)
			}
		}
	}
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "figures"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, sample(1, 1, 1, 5)); err == nil {
		t.Error("a file in place of the folder of figures was no error")
	}
	if _, err := os.Stat(filepath.Join(dir, "report.html")); err == nil {
		t.Error("a page without figures was left behind")
	}
}

func TestSurvivalAndModules(t *testing.T) {
	x, y := survival([]float32{9, 1, 3, 9})
	if len(x) == 0 || x[0] != 1 || y[0] != 1 || x[len(x)-1] != 3 {
		t.Errorf("survival of 1 and 3: %v, %v", x, y)
	}
	order, ends := byModule([]int{0, 1, 1, 0, 1})
	if fmt.Sprint(order, ends) != "[1 2 4 0 3] [3 5]" {
		t.Errorf("order %v, ends %v", order, ends)
	}
	if got := strongest([]float32{9, -5, 3, 9}, 1); len(got) != 1 || got[0] != 1 {
		t.Errorf("strongest: %v", got)
	}
}
