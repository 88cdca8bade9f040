package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"html"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot"

	"biornn/analysis"
)

var (
	update  = flag.Bool("update", false, "rewrite the golden figures; look at them afterwards")
	gallery = flag.String("gallery", "", "keep the reports of TestWrite in this folder, to look at them")
)

// image data is PNG, which another version of Go may pack otherwise
var imageData = regexp.MustCompile(`base64,[^"]*`)

func TestFiguresMatchGolden(t *testing.T) {
	d := sample(3, 2, 3, 20)
	var names []string
	for _, f := range d.figures() {
		names = append(names, f.name+".svg.golden")
		got, err := f.svg()
		if err != nil {
			t.Fatal(err)
		}
		again, _ := f.svg()
		if !bytes.Equal(got, again) {
			t.Errorf("%s differs from call to call", f.name)
		}
		wellFormed(t, f.name, got)
		got = imageData.ReplaceAll(got, []byte("base64,"))
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
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !slices.Contains(names, f.Name()) {
			t.Errorf("testdata/%s belongs to no figure", f.Name())
		}
	}
	if len(names) != len(figureNames) {
		t.Errorf("the sample has %d of %d figures", len(names), len(figureNames))
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

// TestSVGText: names stay text that can be found and edited, in a font with others to
// fall back on, and every colour is one.
func TestSVGText(t *testing.T) {
	d := sample(3, 2, 3, 20)
	for _, f := range d.figures() {
		svg, err := f.svg()
		if err != nil {
			t.Fatal(err)
		}
		s, name := string(svg), ">WD*C"
		switch f.name {
		case "effects":
			name = ">W*D*C − WD*C"
		case "attribution":
			name = ">real positions"
		}
		if f.name != "somata" && f.name != "matrices" && !strings.Contains(s, "</text>") || !strings.Contains(s, name+"</text>") {
			t.Errorf("%s: a model's name is no text", f.name)
		}
		if regexp.MustCompile(`font-family:Liberation`).MatchString(s) || !strings.Contains(s, "Arial,Helvetica,sans-serif") {
			t.Errorf("%s: no font to fall back on", f.name)
		}
		if m := regexp.MustCompile(`(fill|stroke):#(-|[0-9a-fA-F]{0,5}[;"]|[0-9a-fA-F]{7})`).FindString(s); m != "" {
			t.Errorf("%s: colour %s", f.name, m)
		}
		if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Errorf("%s: a number that is none", f.name)
		}
	}
}

// TestWrite makes whole reports of several sizes.
func TestWrite(t *testing.T) {
	for _, size := range sizes {
		t.Run(size.name, func(t *testing.T) {
			d := sample(size.models, size.tasks, size.seeds, size.neurons)
			dir := t.TempDir()
			if *gallery != "" {
				dir = filepath.Join(*gallery, size.name)
			}
			page := write(t, dir, d)
			for _, want := range []string{"This circuit is synthetic", "A &lt;made-up&gt; comparison", "biornn reproduce", "seed = 1", "nobody &amp; co", "modularity Q (Louvain)"} {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			checkListed(t, page, d)
			for _, f := range d.figures() {
				checkPNG(t, filepath.Join(dir, "figures", f.name+".png"), f)
			}
		})
	}
}

func write(t *testing.T, dir string, d Data) string {
	t.Helper()
	if err := Write(dir, d); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkListed: the page shows every model, claim, run and figure.
func checkListed(t *testing.T, page string, d Data) {
	t.Helper()
	var want []string
	for _, m := range d.Models {
		want = append(want, m.Symbol, m.Note, m.Slug)
	}
	for _, k := range d.Tasks {
		want = append(want, k.Title)
	}
	for _, c := range d.Claims {
		want = append(append(want, c.Statement, c.Verdict, c.Reason), c.Evidence...)
	}
	for _, r := range d.Records {
		want = append(append(want, r.Run, r.Cause), r.Warnings...)
	}
	for _, f := range d.figures() {
		want = append(want, f.title, f.caption)
	}
	for _, c := range d.Comparisons {
		want = append(want, c.Measure, c.Note)
	}
	plain := html.UnescapeString(page)
	for _, w := range want {
		if !strings.Contains(plain, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func checkPNG(t *testing.T, path string, f figure) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	img, err := png.DecodeConfig(file)
	if want := int(f.width.Dots(dotsPerInch)); err != nil || img.Width < want-1 || img.Width > want+1 {
		t.Errorf("%s: %d pixels wide, want %d, %v", f.name, img.Width, want, err)
	}
}

// elements and attributes that load something
var loads = regexp.MustCompile(`(?i)<(script|link|iframe|img|object|embed|base|video|audio)\b|\bsrc\s*=|url\(|@import`)

var references = regexp.MustCompile(`(?i)href="([^"]*)"`)

// TestNothingFromOutside: the page works without a network and runs no code,
// whatever the names are.
func TestNothingFromOutside(t *testing.T) {
	hostile := sample(12, 4, 2, 12)
	makeHostile(&hostile)
	hostile.Title = "</title><script>alert(1)</script>"
	hostile.Manifest.Spec = "</pre><script>"
	for name, d := range map[string]Data{"plain": sample(3, 2, 2, 10), "hostile": hostile} {
		page := write(t, t.TempDir(), d)
		page = strings.ReplaceAll(page, "data:image/png;base64,", "")
		inTags := regexp.MustCompile(`(?s)>[^<]*<`).ReplaceAllString(page, "><") // what people read may say anything
		if m := loads.FindString(inTags); m != "" {
			t.Errorf("%s: the page holds %q", name, m)
		}
		for _, m := range references.FindAllStringSubmatch(page, -1) {
			if !strings.HasPrefix(m[1], "#") && len(m[1]) < 60 || strings.Contains(m[1], "://") {
				t.Errorf("%s: the page refers to %q", name, m[1])
			}
		}
		for _, f := range d.figures() {
			svg, err := f.svg()
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, name+"/"+f.name, svg)
		}
	}
}

// TestEmpty: a report of nothing is a page without figures.
func TestEmpty(t *testing.T) {
	dir := t.TempDir()
	page := write(t, dir, Data{Title: "nothing"})
	if strings.Contains(page, "<svg") || !strings.Contains(page, "not judged against any claim") {
		t.Error("an empty report shows figures or claims")
	}
	if left, _ := os.ReadDir(filepath.Join(dir, "figures")); len(left) != 0 {
		t.Errorf("figures: %v", left)
	}
}

// TestRewrite: a second report in the same place leaves no figure of the first that
// is not its own, and no unfinished file.
func TestRewrite(t *testing.T) {
	dir := t.TempDir()
	d := sample(3, 1, 2, 8)
	first := write(t, dir, d)
	if second := write(t, dir, d); second != first {
		t.Error("equal data give different pages")
	}
	own := filepath.Join(dir, "figures", "mine.svg")
	if err := os.WriteFile(own, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	d.Comparisons = nil
	write(t, dir, d)
	files, err := os.ReadDir(filepath.Join(dir, "figures"))
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
	for _, f := range files {
		got = append(got, f.Name())
	}
	for _, name := range figureNames {
		if name != "published" {
			want = append(want, name+".png", name+".svg")
		}
	}
	want = append(want, "mine.svg")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("figures: got %v, want %v", got, want)
	}
}

// TestUnwritable: what cannot be written is an error, and nothing half-written stays.
func TestUnwritable(t *testing.T) {
	for _, c := range []struct{ name, block string }{
		{"a file in place of the folder of figures", "figures"},
		{"a folder in place of a figure", "figures/structure.png/x"},
		{"a folder in place of the page", "report.html/x"},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.block)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Write(dir, sample(2, 1, 1, 5)); err == nil || !strings.HasPrefix(err.Error(), "report: ") {
			t.Errorf("%s: error %v", c.name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "report.html")); err == nil && !info.IsDir() {
			t.Errorf("%s: a page was left behind", c.name)
		}
		for _, pattern := range []string{".*.part-*", "figures/.*.part-*"} {
			if left, _ := filepath.Glob(filepath.Join(dir, pattern)); len(left) != 0 {
				t.Errorf("%s: left behind %v", c.name, left)
			}
		}
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
	for extent, want := range map[float64]float64{1048: 200, 999: 100, 50: 10, 0: 0, 24: 2} {
		if got := niceLength(extent); got != want {
			t.Errorf("niceLength(%g): got %g, want %g", extent, got, want)
		}
	}
}

// TestDistanceShares: two near neurons and a far one, with all weight on the near pair.
func TestDistanceShares(t *testing.T) {
	d := Data{Circuit: Circuit{Positions: [][3]float64{{0, 0, 0}, {30, 0, 0}, {0, 40, 0}}}}
	x, y := d.distanceShares([]float32{0, 1, 0, -1, 0, 0, 0, 0, 0})
	if len(x) != 61 || x[60] != 50 || y[35] != 0 || y[37] != 1 {
		t.Errorf("weights: %v, %v", x, y)
	}
	if _, y = d.distanceShares(nil); y[60] != 1 || y[37] < 0.33 || y[37] > 0.34 {
		t.Errorf("all pairs: %v", y)
	}
	if x, _ := (&Data{Circuit: Circuit{Positions: make([][3]float64, 3)}}).distanceShares(nil); x != nil {
		t.Errorf("somata in one place: %v", x)
	}
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		ticks     plot.Ticker
		low, high float64
		want      string
	}{
		{roundTicks{}, 0, 1048, "0 200 400 600 800 1000"},
		{roundTicks{}, 0.93, 4.2, "1.0 1.5 2.0 2.5 3.0 3.5 4.0"},
		{roundTicks{}, -0.04, 0.03, "-0.04 -0.03 -0.02 -0.01 0.00 0.01 0.02 0.03"},
		{roundTicks{}, 1, 1, ""},
		{accuracyTicks{}, 0, 1.03, "0.0 0.2 0.4 0.6 0.8 1.0"},
		{accuracyTicks{}, 0.4, 1.03, "0.4 0.5 0.6 0.7 0.8 0.9 1.0"},
		{wholeTicks{}, 1, 10, "1 3 5 7 9"},
		{wholeTicks{}, 0.5, 1.5, "1"},
		{decades{}, 5e-5, 2, "10^−4 10^−3 10^−2 10^−1 10^0"},
	} {
		var got []string
		for _, k := range c.ticks.Ticks(c.low, c.high) {
			got = append(got, k.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%T from %g to %g: got %q, want %q", c.ticks, c.low, c.high, got, c.want)
		}
	}
}

// TestDifferenceKeepsHyphens: a true minus is for numbers, not for names.
func TestDifferenceKeepsHyphens(t *testing.T) {
	d := Data{Tasks: []Task{{Name: "one", Title: "One-step"}}}
	e := analysis.Effect{Task: "one", N: 5, Mean: -0.1, Low: -0.2, High: 0.05, Finding: "open"}
	if got, want := d.difference(e), "One-step: −0.100 [−0.200, +0.050], open"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
