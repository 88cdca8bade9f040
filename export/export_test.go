package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/constraint"
	"biornn/graph"
	"biornn/internal/npy"
	"biornn/internal/rng"
	"biornn/rnn"
)

// pythonVariable names the Python with the libraries that read the files back.
const pythonVariable = "BIORNN_PYTHON"

// toy is a circuit with an identity beyond 2⁵³, names that need escaping and a gap in
// its correlations.
func toy(t testing.TB) *circuit.Circuit {
	t.Helper()
	const n = 7
	c := &circuit.Circuit{Name: "toy <&> circuit", Correlation: mat.NewDense(n, n, nil)}
	s := rng.New(1, "export/test")
	var edges []graph.Edge
	for i := range n {
		c.Neurons = append(c.Neurons, circuit.Neuron{ID: 864691135100007777 + int64(i), Name: strings.Repeat("A&<\"", i%3), Type: "23P", Sign: 1,
			Position: [3]float64{s.Norm(), 100 * s.Norm(), 1e-3 * s.Norm()}})
		for j := range n {
			c.Correlation.Set(i, j, s.Norm())
			if i != j && s.Float64() < 0.4 {
				edges = append(edges, graph.Edge{Pre: i, Post: j, Weight: 1 + s.Float64()})
			}
		}
	}
	c.Correlation.Set(2, 3, math.NaN())
	var err error
	if c.Synapses, err = graph.FromEdges(n, edges); err != nil {
		t.Fatal(err)
	}
	return c
}

func network(t testing.TB, activation string, mask *constraint.Mask) *rnn.Network {
	t.Helper()
	cfg := rnn.DefaultConfig()
	cfg.Activation = activation
	return networkOf(t, cfg, mask)
}

func networkOf(t testing.TB, cfg rnn.Config, mask *constraint.Mask) *rnn.Network {
	t.Helper()
	s := rng.New(2, "export/test")
	weights := 7 * 7
	if mask != nil {
		weights = mask.Len()
	}
	w := make([]float32, weights)
	for i := range w {
		w[i] = float32(0.5 * s.Norm())
	}
	net, err := rnn.New(cfg, w, mask, 3, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]float32{net.B, net.GateB, net.InnerB} {
		for i := range b {
			b[i] = float32(0.3 * s.Norm())
		}
	}
	net.C[0], net.C[1] = 0.25, -0.5
	return net
}

func save(t testing.TB, dir, name, format string, b *Bundle) {
	t.Helper()
	files, err := b.Files(format)
	if err != nil {
		t.Fatal(err)
	}
	for file, data := range files {
		path := filepath.Join(dir, name+"."+format)
		if file != "" {
			path = filepath.Join(dir, name+"_"+format, file)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// expectation is what readback.py compares with; numbers that are none are null.
func expectation(b *Bundle) map[string]any {
	arrays := map[string]any{}
	for _, a := range b.Arrays {
		values := make([]any, length(a.Data))
		for i := range values {
			var x float64
			switch d := a.Data.(type) {
			case []float64:
				x = d[i]
			case []float32:
				x = float64(d[i])
			case []int64:
				x = float64(d[i])
			}
			if !math.IsNaN(x) {
				values[i] = x
			}
		}
		arrays[a.Name] = map[string]any{"shape": a.Shape, "values": values}
	}
	out := map[string]any{"arrays": arrays, "neurons": b.Neurons.rows(), "connections": b.Connections.rows()}
	if ids, ok := b.Neurons.column("id").([]int64); ok {
		out["first_id"], out["names"] = ids[0], b.Neurons.column("name")
	}
	return out
}

// TestReadBack writes everything and lets the real libraries read it.
func TestReadBack(t *testing.T) {
	python := os.Getenv(pythonVariable)
	if python == "" {
		t.Skipf("%s is not set: it names a Python with numpy, scipy, safetensors, pyarrow, networkx and onnxruntime", pythonVariable)
	}
	dir := t.TempDir()
	fromCircuit := FromCircuit(toy(t))
	fromNetwork, err := FromNetwork("net", network(t, "relu", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	fromGated, err := FromNetwork("gated", networkOf(t, rnn.DefaultConfig().WithCell("gru"), nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]any{"circuit": expectation(fromCircuit), "network": expectation(fromNetwork), "gated": expectation(fromGated), "networks": names(networks())}
	for name, b := range map[string]*Bundle{"circuit": fromCircuit, "network": fromNetwork, "gated": fromGated} {
		for _, format := range []string{"npz", "safetensors", "mat", "graphml", "csv", "parquet"} {
			save(t, dir, name, format, b)
		}
	}
	writeONNX(t, dir)
	text, err := json.Marshal(expected)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "expected.json"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, filepath.Join("testdata", "readback.py"), dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// networks lists one for each activation, simple and leaky, half of them under a mask, and
// one for each gated cell.
func networks() []rnn.Config {
	var out []rnn.Config
	for _, cell := range []string{"", "leaky"} {
		for _, activation := range rnn.Activations() {
			cfg := rnn.DefaultConfig().WithCell(cell)
			cfg.Activation = activation
			out = append(out, cfg)
		}
	}
	return append(out, rnn.DefaultConfig().WithCell("gru"), rnn.DefaultConfig().WithCell("lstm"))
}

func names(configs []rnn.Config) (out []string) {
	for _, c := range configs {
		out = append(out, c.Cell+c.Activation)
	}
	return out
}

// writeONNX leaves the networks with their inputs, states and logits.
func writeONNX(t *testing.T, dir string) {
	const steps, trials = 6, 4
	s := rng.New(3, "export/test")
	x := make([]float32, steps*trials*3)
	for i := range x {
		x[i] = float32(s.Norm())
	}
	mask := &constraint.Mask{Starts: []int32{0, 2, 3, 3, 5, 6, 8, 9}, Columns: []int32{1, 4, 0, 2, 6, 5, 0, 3, 6}}
	var states, logits []float32
	for k, cfg := range networks() {
		var m *constraint.Mask
		if k%2 == 1 && (cfg.Cell == "" || cfg.Cell == "leaky") {
			m = mask
		}
		net := networkOf(t, cfg, m)
		name := cfg.Cell + cfg.Activation
		b, err := FromNetwork(name, net, nil)
		if err != nil {
			t.Fatal(err)
		}
		save(t, dir, name, "onnx", b)
		p := rnn.NewPass(net, trials, steps, nil)
		for step := range steps {
			for trial := range trials {
				at := (step*trials + trial) * 3
				p.SetInput(step, trial, x[at:at+3])
			}
		}
		p.Update()
		p.Forward(trials, steps, func(int) bool { return true })
		h := make([]float32, 7)
		for step := range steps {
			for trial := range trials {
				p.State(step, trial, h)
				states = append(states, h...)
				logits = append(logits, p.Logits(step, trial)...)
			}
		}
	}
	n := len(networks())
	for name, a := range map[string]*npy.Array{"x": npy.New(x, steps, trials, 3), "states": npy.New(states, n, steps, trials, 7), "logits": npy.New(logits, n, steps, trials, 2)} {
		var out bytes.Buffer
		if err := npy.Write(&out, a); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".npy"), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCSVKeepsDigits reads the tables back without Python.
func TestCSVKeepsDigits(t *testing.T) {
	c := toy(t)
	files, err := FromCircuit(c).Files("csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(files["neurons.csv"])).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 8 || rows[1][1] != "864691135100007777" || rows[2][2] != "A&<\"" {
		t.Errorf("neurons: %q", rows)
	}
	if lines := bytes.Count(files["connections.csv"], []byte("\n")); lines != c.Synapses.Len()+1 {
		t.Errorf("%d lines for %d connections", lines, c.Synapses.Len())
	}
	if lines := bytes.Count(files["correlation.csv"], []byte("\n")); lines != 7 {
		t.Errorf("%d rows of correlations", lines)
	}
}

func TestErrors(t *testing.T) {
	b := FromCircuit(toy(t))
	if _, err := b.Files("onnx"); err == nil || !strings.Contains(err.Error(), "want a trained network") {
		t.Errorf("a circuit as ONNX: %v", err)
	}
	if _, err := b.Files("graphlm"); err == nil || !strings.Contains(err.Error(), "did you mean graphml") {
		t.Errorf("a misspelt format: %v", err)
	}
	net := network(t, "relu", nil)
	small := toy(t)
	small.Neurons = small.Neurons[:3]
	if _, err := FromNetwork("net", net, small); err == nil || !strings.Contains(err.Error(), "want the 7 neurons") {
		t.Errorf("a circuit of another size: %v", err)
	}
}
