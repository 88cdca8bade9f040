package activity

import (
	"fmt"
	"math"
	"slices"

	"biornn/internal/rng"
	"biornn/rnn"
	"biornn/task"
)

// judge tells the accuracy of changed copies of a network on one set of trials without
// noise. Every change begins with the intact weights. Trials that are alike, of which
// tasks without noisy evidence have many, are run once.
type judge struct {
	intact, copy *rnn.Network
	runner       *runner
	count        []int // trials of the set that each trial of the runner stands for
	trials       int
}

func newJudge(net *rnn.Network, set *task.Dataset) *judge {
	j := &judge{intact: net, copy: net.Clone(), trials: set.Trials}
	different, count := distinct(set)
	j.runner, j.count = newRunner(j.copy, different), count
	return j
}

// distinct returns the trials of a set that differ in inputs, labels or weights, in the
// order in which they first occur, and how often each does.
func distinct(set *task.Dataset) (*task.Dataset, []int) {
	out := &task.Dataset{Steps: set.Steps, Inputs: set.Inputs, Outputs: set.Outputs}
	var count []int
	seen := map[string]int{}
	for i := range set.Trials {
		from, to := i*set.Steps, (i+1)*set.Steps
		input := set.Input[from*set.Inputs : to*set.Inputs]
		key := fmt.Sprintf("%x %v %x", input, set.Label[from:to], set.Weight[from:to])
		if k, ok := seen[key]; ok {
			count[k]++
			continue
		}
		seen[key] = len(count)
		count = append(count, 1)
		out.Trials++
		out.Input, out.Label = append(out.Input, input...), append(out.Label, set.Label[from:to]...)
		out.Weight, out.Length = append(out.Weight, set.Weight[from:to]...), append(out.Length, set.Length[i])
	}
	return out, count
}

// accuracy returns that of the network after a change of its weights.
func (j *judge) accuracy(change func(n *rnn.Network)) float64 {
	for i, p := range j.copy.Parameters() {
		copy(p.Data, j.intact.Parameters()[i].Data)
	}
	change(j.copy)
	right := 0
	j.runner.run(func(trial, b int) {
		if _, ok := j.runner.choice(trial, b); ok {
			right += j.count[trial]
		}
	})
	return float64(right) / float64(j.trials)
}

// remove zeroes rows and columns of units in W: they are at φ(0) for ever and nothing
// listens to them. In gru and lstm the candidate of a removed unit is tanh 0, so that h
// and c, which begin at 0, stay there; its gates have nothing to let through, and a state
// of 0 tells those of the other units nothing.
func remove(n *rnn.Network, units []int) {
	gone := make([]bool, n.Neurons)
	for _, u := range units {
		gone[u] = true
		clear(n.U[u*n.Inputs : (u+1)*n.Inputs])
		n.B[u] = 0
		if n.InnerB != nil {
			n.InnerB[u] = 0
		}
		for k := range n.Outputs {
			n.V[k*n.Neurons+u] = 0
		}
	}
	each(n, func(post, pre int, w *float32) {
		if gone[post] || gone[pre] {
			*w = 0
		}
	})
}

// each visits the recurrent weights W that there are.
func each(n *rnn.Network, visit func(post, pre int, w *float32)) {
	if n.Mask == nil {
		for i := range n.W {
			visit(i/n.Neurons, i%n.Neurons, &n.W[i])
		}
		return
	}
	for post := range n.Neurons {
		from, to := n.Mask.Row(post)
		for i := from; i < to; i++ {
			visit(post, int(n.Mask.Columns[i]), &n.W[i])
		}
	}
}

// Curve is accuracy against a dose: a share removed, a relative noise, a number of bits.
type Curve struct {
	Name     string
	Dose     string // what X is
	X        []float64
	Accuracy []float64 // mean over draws
	Low      []float64 // least and largest of the draws; equal to Accuracy for one
	High     []float64
	Draws    int
	Area     float64 // mean accuracy over the range of X (trapezia); NaN for one point
}

// add appends the accuracies of the draws at x.
func (c *Curve) add(x float64, accuracy []float64) {
	c.X = append(c.X, x)
	c.Accuracy = append(c.Accuracy, meanOf(accuracy))
	c.Low, c.High = append(c.Low, slices.Min(accuracy)), append(c.High, slices.Max(accuracy))
	c.Draws = max(c.Draws, len(accuracy))
}

func (c *Curve) finish() Curve {
	c.Area = math.NaN()
	sum := 0.0
	for i := 1; i < len(c.X); i++ {
		sum += float64((c.X[i] - c.X[i-1]) * (c.Accuracy[i] + c.Accuracy[i-1]) / 2)
	}
	if n := len(c.X); n > 1 && c.X[n-1] != c.X[0] {
		c.Area = sum / (c.X[n-1] - c.X[0])
	}
	return *c
}

// Order is a ranking of units for removal, the first to go first.
type Order struct {
	Name  string
	Units []int
}

// lesionShares are the shares of units that are removed.
var lesionShares = []float64{0, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5}

// Module is what removing one module does, beside removing as many units at random.
type Module struct {
	Units    int
	Share    float64 // of all units
	Accuracy float64
	Random   float64 // mean over the draws
	Low      float64 // least and largest of the draws
	High     float64
}

// Lesions are the accuracies of a network that lacks units.
type Lesions struct {
	Intact  float64
	Curves  []Curve // one an order; the last is removal at random
	Modules []Module
}

// mostModules is the number of modules that are removed; single units are none.
const mostModules = 12

// Lesion removes growing shares of units in each order and at random, and as a whole each
// of the twelve largest modules of two units or more (none if module is nil). Every lesion
// is made in the intact network. Random orders are drawn from the stream (seed,
// activity/lesion, draw).
func Lesion(net *rnn.Network, set *task.Dataset, orders []Order, module []int, draws int, seed uint64) (Lesions, error) {
	if err := known(net); err != nil {
		return Lesions{}, err
	}
	for _, o := range orders {
		if err := permutation(o.Units, net.Neurons); err != nil {
			return Lesions{}, fmt.Errorf("activity: lesions: order %s: %w", o.Name, err)
		}
	}
	if module != nil && len(module) != net.Neurons {
		return Lesions{}, fmt.Errorf("activity: lesions: want a module for each of %d units, got %d", net.Neurons, len(module))
	}
	j := newJudge(net, set)
	without := func(units []int) float64 { return j.accuracy(func(n *rnn.Network) { remove(n, units) }) }
	out := Lesions{Intact: without(nil)}
	var random [][]int
	for r := range draws {
		random = append(random, rng.New(seed, "activity/lesion", uint64(r)).Perm(net.Neurons))
	}
	curve := func(name string, orders [][]int) {
		c := Curve{Name: name, Dose: "share of units removed"}
		for _, share := range lesionShares {
			count := int(math.Round(share * float64(net.Neurons)))
			if count == 0 {
				c.add(0, []float64{out.Intact})
				continue
			}
			var all []float64
			for _, o := range orders {
				all = append(all, without(o[:count]))
			}
			c.add(float64(count)/float64(net.Neurons), all)
		}
		out.Curves = append(out.Curves, c.finish())
	}
	for _, o := range orders {
		curve(o.Name, [][]int{o.Units})
	}
	curve("at random", random)
	for k, units := range membersOf(module) {
		if k == mostModules || len(units) < 2 {
			break
		}
		m := Module{Units: len(units), Share: float64(len(units)) / float64(net.Neurons), Accuracy: without(units)}
		var all []float64
		for _, o := range random {
			all = append(all, without(o[:len(units)]))
		}
		m.Random, m.Low, m.High = meanOf(all), slices.Min(all), slices.Max(all)
		out.Modules = append(out.Modules, m)
	}
	return out, nil
}

// permutation refuses what does not list 0 … n−1, each once.
func permutation(x []int, n int) error {
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	if !slices.Equal(sorted, inOrder(n)) {
		return fmt.Errorf("want each of %d units once, got %d", n, len(x))
	}
	return nil
}

// membersOf lists the units of each module, the largest first.
func membersOf(module []int) [][]int {
	of := map[int][]int{}
	var names []int
	for u, m := range module {
		if of[m] == nil {
			names = append(names, m)
		}
		of[m] = append(of[m], u)
	}
	var out [][]int
	for _, m := range names {
		out = append(out, of[m])
	}
	slices.SortStableFunc(out, func(a, b []int) int { return len(b) - len(a) })
	return out
}
