package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"biornn/constraint"
	"biornn/internal/durable"
	"biornn/internal/safetensors"
	"biornn/internal/seal"
	"biornn/rnn"
	"biornn/train"
)

// Names of the files of a run's folder.
const (
	specFile    = "spec.toml"
	historyFile = "history.csv"
	weightsFile = "weights.safetensors"
	resultFile  = "result.json"
	sumsFile    = "checksums.sha256" // of the four above, as sha256sum -c reads them
	machineFile = "machine.json"     // where and how long; not part of the result
	leftOutFile = "weights.left-out" // there where the weights were left out on purpose
)

// Run is a computed run.
type Run struct {
	Spec     Spec
	Result   train.Result
	Network  *rnn.Network // trained weights; those at the divergence if it diverged; nil: left out
	Warnings []string
	Machine  Machine
}

// Machine says where a run was computed and how long it took.
type Machine struct {
	Version string  `json:"version"`
	Go      string  `json:"go"`
	CPU     string  `json:"cpu"`
	Kernel  string  `json:"kernel"`
	Seconds float64 `json:"seconds"`
}

// resultJSON is the form of result.json. Files holds the SHA-256 of the others.
type resultJSON struct {
	Outcome      string            `json:"outcome"` // finished or diverged
	Update       int               `json:"diverged_at_update,omitempty"`
	Cause        string            `json:"cause,omitempty"`
	Updates      int               `json:"updates"`
	Stopped      bool              `json:"stopped_early,omitempty"`
	TestLoss     *float64          `json:"test_loss,omitempty"`
	TestAccuracy *float64          `json:"test_accuracy,omitempty"`
	Warnings     []string          `json:"warnings,omitempty"`
	Files        map[string]string `json:"sha256"`
}

// ErrAbsent is returned by Load where there is no such run.
var ErrAbsent = errors.New("no such run")

// ErrDamaged is wrapped by the error about a run or checkpoint that is not as it was
// written.
var ErrDamaged = errors.New("damaged")

// ErrNoWeights is wrapped by the error about a run whose weights were left out on purpose.
var ErrNoWeights = errors.New("its weights were left out when its study was packed")

// Save writes the run's folder below root: beside first, then renamed, so that it
// is whole or absent. A run that is already there is left as it is.
func (r *Run) Save(root string) (dir string, err error) { return r.SaveWith(root, nil) }

// SaveWith is Save with further files, by name, in the run's folder.
func (r *Run) SaveWith(root string, more map[string][]byte) (dir string, err error) {
	dir = filepath.Join(root, r.Spec.Name())
	files, err := r.files()
	if err != nil {
		return "", err
	}
	maps.Copy(files, more)
	if err := durable.WriteDir(dir, files); err != nil {
		return "", fmt.Errorf("experiment: save the run: %w", err)
	}
	return dir, nil
}

func (r *Run) files() (map[string][]byte, error) {
	files := map[string][]byte{
		specFile:    r.Spec.TOML(),
		historyFile: historyCSV(r.Result.Curve),
	}
	var err error
	if files[weightsFile], err = r.weights(r.Network); err != nil {
		return nil, err
	}
	for _, k := range r.Result.Kept {
		if files[keptFile(k.Epoch)], err = r.weights(k.Network); err != nil {
			return nil, err
		}
	}
	out := resultJSON{
		Outcome: "finished", Updates: r.Result.Updates, Stopped: r.Result.Stopped, Warnings: r.Warnings,
		Files: map[string]string{},
	}
	for name, data := range files {
		out.Files[name] = digestOf(data)
	}
	if d := r.Result.Diverged; d != nil {
		out.Outcome, out.Update, out.Cause = "diverged", d.Update, d.Cause
	} else {
		out.TestLoss, out.TestAccuracy = &r.Result.TestLoss, &r.Result.TestAccuracy
	}
	if files[resultFile], err = indent(out); err != nil {
		return nil, err
	}
	files[sumsFile] = sumsOf(files)
	files[machineFile], err = seal.JSON(r.Machine)
	return files, err
}

// weights returns the file of a network.
func (r *Run) weights(net *rnn.Network) ([]byte, error) {
	var tensors []safetensors.Tensor
	for _, p := range net.Parameters() {
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, DType: "F32", Shape: p.Shape, Data: p.Data})
	}
	if m := net.Mask; m != nil {
		tensors = append(tensors,
			safetensors.Tensor{Name: maskStarts, DType: "I64", Shape: []int{len(m.Starts)}, Data: widened(m.Starts)},
			safetensors.Tensor{Name: maskColumns, DType: "I64", Shape: []int{len(m.Columns)}, Data: widened(m.Columns)})
	}
	meta := map[string]string{
		"format": "biornn network", "orientation": "recurrent.weight[post][pre]",
		"activation": net.Activation, "spec_sha256": r.Spec.Hash(),
	}
	maps.Copy(meta, net.Meta())
	var b bytes.Buffer
	err := safetensors.Write(&b, tensors, meta)
	return b.Bytes(), err
}

// Names of the tensors of a mask: row starts and pres, as in constraint.Mask.
const (
	maskStarts  = "recurrent.mask.starts"
	maskColumns = "recurrent.mask.columns"
)

func widened(x []int32) []int64 {
	out := make([]int64, len(x))
	for i, v := range x {
		out[i] = int64(v)
	}
	return out
}

// readMask returns the mask among the tensors of a network of n neurons, nil if there
// is none.
func readMask(by map[string]safetensors.Tensor, n int) (*constraint.Mask, error) {
	if _, ok := by[maskStarts]; !ok {
		return nil, nil
	}
	m := &constraint.Mask{}
	for name, to := range map[string]*[]int32{maskStarts: &m.Starts, maskColumns: &m.Columns} {
		data, ok := by[name].Data.([]int64)
		if !ok {
			return nil, fmt.Errorf("tensor %s: want int64", name)
		}
		*to = make([]int32, len(data))
		for i, v := range data {
			if v < 0 || v > math.MaxInt32 {
				return nil, fmt.Errorf("tensor %s: element %d: want a number from 0 to %d, got %d", name, i, math.MaxInt32, v)
			}
			(*to)[i] = int32(v)
		}
	}
	return m, m.Validate(n)
}

var summed = []string{specFile, historyFile, weightsFile, resultFile}

func sumsOf(files map[string][]byte) []byte {
	return sumsWith(files, map[string]string{})
}

// sumsWith is sumsOf where the digests of files that are not at hand are given.
func sumsWith(files map[string][]byte, given map[string]string) []byte {
	var b bytes.Buffer
	for _, name := range summed {
		digest := digestOf(files[name])
		if _, there := files[name]; !there && given[name] != "" {
			digest = given[name]
		}
		fmt.Fprintf(&b, "%s  %s\n", digest, name)
	}
	return b.Bytes()
}

func digestOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func indent(v any) ([]byte, error) {
	b, err := json.MarshalIndent(v, "", "  ")
	return append(b, '\n'), err
}

var historyHeader = []string{"epoch", "train_loss", "train_accuracy", "penalty", "val_loss", "val_accuracy", "learning_rate"}

func historyCSV(curve []train.Epoch) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(historyHeader)
	for _, e := range curve {
		row := []string{strconv.Itoa(e.Epoch)}
		for _, v := range []float64{e.TrainLoss, e.TrainAccuracy, e.Penalty, e.ValLoss, e.ValAccuracy, e.LearningRate} {
			row = append(row, strconv.FormatFloat(v, 'g', -1, 64))
		}
		_ = w.Write(row)
	}
	w.Flush() // a bytes.Buffer takes everything
	return b.Bytes()
}

// Load reads a run's folder and checks that every file is as it was written: if not, the
// error wraps ErrDamaged. That about a run without weights wraps ErrNoWeights.
func Load(dir string) (*Run, error) {
	r, err := LoadRecord(dir)
	if err == nil && r.Network == nil {
		return nil, fmt.Errorf("experiment: %s: %w; to have them, delete the folder and run again", dir, ErrNoWeights)
	}
	return r, err
}

// LoadRecord is Load for those who need no weights: a run whose weights were left out has
// no Network.
func LoadRecord(dir string) (*Run, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	return parse(dir, files)
}

// Record returns the files of a run without its weights, by name, in the form that
// LoadRecord reads. The run must be as it was written.
func Record(dir string) (map[string][]byte, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	if _, err := parse(dir, files); err != nil {
		return nil, err
	}
	delete(files, weightsFile)
	maps.DeleteFunc(files, func(name string, _ []byte) bool { _, kept := keptEpoch(name); return kept })
	files[leftOutFile] = []byte("The weights were left out on purpose; result.json has their SHA-256.\n")
	return files, nil
}

// parse reads a run from its files. It adds those of single epochs, if the run has them.
func parse(dir string, files map[string][]byte) (*Run, error) {
	fail := func(name, format string, args ...any) (*Run, error) {
		return nil, fmt.Errorf("experiment: %s: %w: %s; delete the folder and run again", filepath.Join(dir, name), ErrDamaged, fmt.Sprintf(format, args...))
	}
	_, leftOut := files[leftOutFile]
	var res resultJSON
	jsonErr := json.Unmarshal(files[resultFile], &res)
	if sums, there := files[sumsFile]; there && !bytes.Equal(sums, sumsWith(files, res.Files)) {
		return fail(differing(sums, files), "its SHA-256 is not that of %s", sumsFile)
	}
	if jsonErr != nil {
		return fail(resultFile, "%v", jsonErr)
	}
	names := []string{specFile, historyFile}
	if !leftOut {
		names = append(names, weightsFile)
	}
	for name := range res.Files {
		if _, kept := keptEpoch(name); !kept || leftOut {
			continue
		}
		names = append(names, name)
		var err error
		if files[name], err = os.ReadFile(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			return fail(name, "there is no such file")
		} else if err != nil {
			return nil, fmt.Errorf("experiment: %w", err)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if got := digestOf(files[name]); got != res.Files[name] {
			return fail(name, "want SHA-256 %.12s…, got %.12s…", res.Files[name], got)
		}
	}
	r := &Run{Warnings: res.Warnings}
	var err error
	if r.Spec, err = ParseSpec(files[specFile]); err != nil {
		return fail(specFile, "%v", err)
	}
	if !leftOut {
		if r.Network, err = readWeights(files[weightsFile]); err != nil {
			return fail(weightsFile, "%v", err)
		}
	}
	if r.Result.Curve, err = readHistory(files[historyFile]); err != nil {
		return fail(historyFile, "%v", err)
	}
	if name, err := r.readKept(files); err != nil {
		return fail(name, "%v", err)
	}
	r.Result.Updates, r.Result.Stopped = res.Updates, res.Stopped
	if res.Outcome == "diverged" {
		r.Result.Diverged = &train.Divergence{Update: res.Update, Cause: res.Cause}
	} else if res.TestLoss == nil || res.TestAccuracy == nil {
		return fail(resultFile, "a finished run wants test_loss and test_accuracy")
	} else {
		r.Result.TestLoss, r.Result.TestAccuracy = *res.TestLoss, *res.TestAccuracy
	}
	if text, there := files[machineFile]; there {
		if err := seal.Parse(text, &r.Machine); err != nil {
			return fail(machineFile, "%v", err)
		}
	}
	return r, nil
}

// readFiles reads the files of a run. Runs of older versions have no checksums.sha256, and
// machine.json may be missing: a run is whole without it. Weights may be left out.
func readFiles(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range []string{resultFile, leftOutFile, specFile, historyFile, weightsFile, sumsFile, machineFile} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case err == nil:
			files[name] = data
		case !errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("experiment: %w", err)
		case name == resultFile:
			return nil, fmt.Errorf("experiment: %s: %w", dir, ErrAbsent)
		case name == weightsFile && files[leftOutFile] != nil:
		case slices.Contains(summed, name):
			return nil, fmt.Errorf("experiment: %s: %w: there is no %s", dir, ErrDamaged, name)
		}
	}
	return files, nil
}

// differing names the first file whose checksum is another; the checksums themselves, if
// all others are right.
func differing(sums []byte, files map[string][]byte) string {
	for _, name := range summed {
		if data, there := files[name]; there && !bytes.Contains(sums, []byte(digestOf(data)+"  "+name+"\n")) {
			return name
		}
	}
	return sumsFile
}

func readHistory(text []byte) ([]train.Epoch, error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(historyHeader, ",") {
		return nil, fmt.Errorf("line 1: want the columns %s", strings.Join(historyHeader, ","))
	}
	var curve []train.Epoch
	for i, row := range rows[1:] {
		var v [7]float64
		for k, cell := range row {
			if v[k], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("line %d: %s: want a number, got %q", i+2, historyHeader[k], cell)
			}
		}
		curve = append(curve, train.Epoch{Epoch: int(v[0]), TrainLoss: v[1], TrainAccuracy: v[2], Penalty: v[3],
			ValLoss: v[4], ValAccuracy: v[5], LearningRate: v[6]})
	}
	return curve, nil
}

func readWeights(data []byte) (*rnn.Network, error) {
	tensors, meta, err := safetensors.Read(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	by := map[string]safetensors.Tensor{}
	for _, t := range tensors {
		by[t.Name] = t
	}
	u, v := by["input.weight"], by["readout.weight"]
	if len(u.Shape) != 2 || len(v.Shape) != 2 {
		return nil, fmt.Errorf("want the tensors of a network, got %d others", len(tensors))
	}
	mask, err := readMask(by, u.Shape[0])
	if err != nil {
		return nil, err
	}
	weights := u.Shape[0] * u.Shape[0]
	if mask != nil {
		weights = mask.Len()
	}
	net := (&rnn.Network{
		Neurons: u.Shape[0], Inputs: u.Shape[1], Outputs: v.Shape[0], Activation: meta["activation"], Mask: mask,
		W: make([]float32, weights), U: make([]float32, u.Shape[0]*u.Shape[1]),
		B: make([]float32, u.Shape[0]), V: make([]float32, v.Shape[0]*u.Shape[0]), C: make([]float32, v.Shape[0]),
	})
	if err := net.SetMeta(meta); err != nil {
		return nil, err
	}
	for _, p := range net.Parameters() {
		data, ok := by[p.Name].Data.([]float32)
		if !ok || len(data) != len(p.Data) {
			return nil, fmt.Errorf("tensor %s: want %d float32, got %d", p.Name, len(p.Data), len(data))
		}
		copy(p.Data, data)
	}
	return net, nil
}

// Diverged says whether the run ended in a number that is not finite.
func (r *Run) Diverged() bool { return r.Result.Diverged != nil }

// Weights64 returns the recurrent weights that the constraint shapes (rnn's Connections),
// W[post][pre], in float64, zero where a mask has no synapse.
func (r *Run) Weights64() []float64 {
	recurrent := r.Network.Connections()
	w := make([]float64, len(recurrent))
	for i, x := range recurrent {
		w[i] = float64(x)
	}
	return w
}

// FinalEpoch returns the last line of the learning curve; without one, NaNs.
func (r *Run) FinalEpoch() train.Epoch {
	if n := len(r.Result.Curve); n > 0 {
		return r.Result.Curve[n-1]
	}
	nan := math.NaN()
	return train.Epoch{TrainLoss: nan, TrainAccuracy: nan, Penalty: nan, ValLoss: nan, ValAccuracy: nan, LearningRate: nan}
}
