package experiment

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"biornn/internal/durable"
	"biornn/internal/safetensors"
	"biornn/rnn"
	"biornn/train"
)

// A checkpoint is a file with one line, the SHA-256 of the rest in hex, and safetensors
// with the weights and moments; what else a state holds is in their metadata. Numbers
// keep all their bits.

// checkpointMeta is the part of a state that is not an array. Floats are written in hex.
type checkpointMeta struct {
	Update, Epoch, At        int
	Correct, Trials, Batches int
	SinceBest, LagAge        int
	Floats                   map[string]string
	Curve                    [][7]string
	Kept                     []int `json:",omitempty"` // epochs whose weights are kept
}

const metaKey = "state"

func bitsOf(x float64) string { return strconv.FormatFloat(x, 'x', -1, 64) }

// writeCheckpoint keeps a state for the run of a spec; the file is whole or as it was.
func writeCheckpoint(path string, spec Spec, s *train.State) error {
	meta := checkpointMeta{Update: s.Update, Epoch: s.Epoch, At: s.At, Correct: s.Correct, Trials: s.Trials, Batches: s.Batches,
		SinceBest: s.SinceBest, LagAge: s.Lag.Age,
		Floats: map[string]string{"loss": bitsOf(s.Loss), "penalty": bitsOf(s.Penalty), "best": bitsOf(s.BestLoss), "lag": bitsOf(s.Lag.Value)}}
	for _, e := range s.Curve {
		row := [7]string{strconv.Itoa(e.Epoch)}
		for i, v := range []float64{e.TrainLoss, e.TrainAccuracy, e.Penalty, e.ValLoss, e.ValAccuracy, e.LearningRate} {
			row[i+1] = bitsOf(v)
		}
		meta.Curve = append(meta.Curve, row)
	}
	for _, k := range s.Kept {
		meta.Kept = append(meta.Kept, k.Epoch)
	}
	text, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("experiment: checkpoint: %w", err)
	}
	var tensors []safetensors.Tensor
	for prefix, net := range networksOf(s) {
		for _, p := range net.Parameters() {
			tensors = append(tensors, safetensors.Tensor{Name: prefix + p.Name, DType: "F32", Shape: p.Shape, Data: p.Data})
		}
	}
	if len(s.Lag.Grad) > 0 {
		tensors = append(tensors, safetensors.Tensor{Name: "lag", DType: "F32", Shape: []int{len(s.Lag.Grad)}, Data: s.Lag.Grad})
	}
	var body bytes.Buffer
	if err := safetensors.Write(&body, tensors, map[string]string{"spec_sha256": spec.Hash(), "version": Version, metaKey: string(text)}); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("experiment: checkpoint: %w", err)
	}
	sum := sha256.Sum256(body.Bytes())
	return durable.WriteFile(path, append([]byte(hex.EncodeToString(sum[:])+"\n"), body.Bytes()...))
}

// networksOf returns the networks of a state by the prefixes of their tensors.
func networksOf(s *train.State) map[string]*rnn.Network {
	nets := map[string]*rnn.Network{"weights.": s.Network, "first.": s.First, "second.": s.Second}
	for _, k := range s.Kept {
		nets[fmt.Sprintf("kept.%d.", k.Epoch)] = k.Network
	}
	return nets
}

// VerifyCheckpoint reads a checkpoint and compares it with its checksum.
func VerifyCheckpoint(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("experiment: %w", err)
	}
	_, err = checkpointBody(path, data)
	return err
}

// checkpointBody returns what follows the checksum of a checkpoint.
func checkpointBody(path string, data []byte) ([]byte, error) {
	sum, body, _ := bytes.Cut(data, []byte("\n"))
	if want := sha256.Sum256(body); string(sum) != hex.EncodeToString(want[:]) {
		return nil, fmt.Errorf("experiment: %s: %w: its SHA-256 is another", path, ErrDamaged)
	}
	return body, nil
}

// readCheckpoint returns the state that was kept for the run of a spec, nil where there
// is none. like is a network of the run, for its shapes.
func readCheckpoint(path string, spec Spec, like *rnn.Network) (*train.State, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("experiment: %w", err)
	}
	body, err := checkpointBody(path, data)
	if err != nil {
		return nil, err
	}
	tensors, about, err := safetensors.Read(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, fmt.Errorf("experiment: %s: %w: %w", path, ErrDamaged, err)
	}
	if about["spec_sha256"] != spec.Hash() || about["version"] != Version {
		return nil, fmt.Errorf("experiment: %s: want a checkpoint of this run by version %s, got one of %.12s… by %s", path, Version, about["spec_sha256"], about["version"])
	}
	by := map[string][]float32{}
	for _, t := range tensors {
		by[t.Name], _ = t.Data.([]float32)
	}
	s, err := parseState([]byte(about[metaKey]))
	if err != nil {
		return nil, fmt.Errorf("experiment: %s: %w: %w", path, ErrDamaged, err)
	}
	s.Lag.Grad = by["lag"]
	s.Network, s.First, s.Second = like.Like(), like.Like(), like.Like()
	for i := range s.Kept {
		s.Kept[i].Network = like.Like()
	}
	for prefix, to := range networksOf(s) {
		for _, p := range to.Parameters() {
			if copy(p.Data, by[prefix+p.Name]) != len(p.Data) {
				return nil, fmt.Errorf("experiment: %s: %w: tensor %s%s: want %d numbers, got %d", path, ErrDamaged, prefix, p.Name, len(p.Data), len(by[prefix+p.Name]))
			}
		}
	}
	return s, nil
}

func parseState(text []byte) (*train.State, error) {
	var m checkpointMeta
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	var first error
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil && first == nil {
			first = err
		}
		return v
	}
	s := &train.State{Update: m.Update, Epoch: m.Epoch, At: m.At, Correct: m.Correct, Trials: m.Trials, Batches: m.Batches, SinceBest: m.SinceBest,
		Loss: number(m.Floats["loss"]), Penalty: number(m.Floats["penalty"]), BestLoss: number(m.Floats["best"])}
	s.Lag.Age, s.Lag.Value = m.LagAge, number(m.Floats["lag"])
	for _, epoch := range m.Kept {
		s.Kept = append(s.Kept, train.Snapshot{Epoch: epoch})
	}
	for _, row := range m.Curve {
		epoch := number(row[0])
		if epoch != math.Trunc(epoch) {
			return nil, fmt.Errorf("epoch %q", row[0])
		}
		s.Curve = append(s.Curve, train.Epoch{Epoch: int(epoch), TrainLoss: number(row[1]), TrainAccuracy: number(row[2]), Penalty: number(row[3]),
			ValLoss: number(row[4]), ValAccuracy: number(row[5]), LearningRate: number(row[6])})
	}
	return s, first
}
