package experiment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"biornn/train"
)

const (
	keptPrefix = "weights-epoch-"
	keptSuffix = ".safetensors"
)

// keptFile names the weights after an epoch.
func keptFile(epoch int) string { return fmt.Sprintf("%s%03d%s", keptPrefix, epoch, keptSuffix) }

// keptEpoch returns the epoch in such a name.
func keptEpoch(name string) (int, bool) {
	middle, ok := strings.CutPrefix(name, keptPrefix)
	if !ok {
		return 0, false
	}
	middle, ok = strings.CutSuffix(middle, keptSuffix)
	epoch, err := strconv.Atoi(middle)
	return epoch, ok && err == nil && epoch >= 0
}

// readKept reads the weights of single epochs among the files of a run, in the order of
// the epochs. With an error it names the file.
func (r *Run) readKept(files map[string][]byte) (name string, err error) {
	for name, data := range files {
		epoch, ok := keptEpoch(name)
		if !ok {
			continue
		}
		net, err := readWeights(data)
		if err != nil {
			return name, err
		}
		r.Result.Kept = append(r.Result.Kept, train.Snapshot{Epoch: epoch, Network: net})
	}
	slices.SortFunc(r.Result.Kept, func(a, b train.Snapshot) int { return a.Epoch - b.Epoch })
	return "", nil
}
