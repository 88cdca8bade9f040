package study

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"biornn/analysis"
	"biornn/circuit"
	"biornn/constraint"
	"biornn/graph"
	"biornn/internal/rng"
	"biornn/internal/suggest"
	"biornn/stats"
	"biornn/sweep"
)

// World is a circuit generator in which it is known, by construction, what of biology
// helps a network to learn.
type World struct {
	Name  string `json:"name"`
	Truth string `json:"truth"` // one line
	// Wrong holds, by claim, the verdict that would be wrong; claims that are not listed
	// are not judged in this world.
	Wrong map[string]string `json:"wrong"`
	// Right holds the verdict that tells the truth of those claims.
	Right map[string]string `json:"right"`

	arrangement bool // groups of alike neurons: slow modes that shuffling destroys
	penalty     bool // as released, and so strong that only what it does not reach survives
}

// Worlds returns the four worlds.
//
//   - arrangement: neurons form eight groups that are alike within; W* has as many slow
//     modes, in which as many things can be remembered. Its weights at random places have
//     one. Who is connected to whom helps, and is modular from the start: B1, B6 and B7 are
//     true.
//   - penalty: likeness is noise and the preset is the published one, with ten times its
//     λ: no weight survives but self-loops, which that penalty does not reach. Those of W*
//     help, and nothing else of it: B1 and B2 are not true, B2's contrast notwithstanding.
//   - diagonal: likeness is noise, so that W* is its own shuffle, and λ is chosen; self-loops
//     help a little. B1 and B2 are not true.
//   - nothing: likeness is noise and so are the positions. No claim on weights or
//     positions is true: none of them lead W*D*C over the other models, and what structure it
//     grows W*'s weights at random places grow too.
func Worlds() []World {
	is := func(verdict string, claims ...string) map[string]string {
		out := map[string]string{}
		for _, c := range claims {
			out[c] = verdict
		}
		return out
	}
	yes, no := analysis.Supported, analysis.NotSupported
	return []World{
		{Name: "arrangement", Truth: "who is connected to whom helps", arrangement: true, Right: is(yes, "B1", "B6", "B7"), Wrong: is(no, "B1", "B6", "B7")},
		{Name: "penalty", Truth: "only self-loops help, which the penalty does not reach", penalty: true, Right: is(no, "B1", "B2"), Wrong: is(yes, "B1", "B2")},
		{Name: "diagonal", Truth: "self-loops help a little, nothing else does", Right: is(no, "B1", "B2"), Wrong: is(yes, "B1", "B2")},
		{Name: "nothing", Truth: "neither weights nor places help", Right: is(no, "B0", "B1", "B3", "B4", "B6", "B7"), Wrong: is(yes, "B0", "B1", "B3", "B4", "B6", "B7")},
	}
}

const (
	worldNeurons = 48
	worldGroups  = 8
)

// Circuit draws a circuit of the world.
func (w World) Circuit(seed uint64) (*circuit.Circuit, error) {
	s := rng.New(seed, "study/world/"+w.Name)
	n := worldNeurons
	c := &circuit.Circuit{Name: fmt.Sprintf("world-%s-%d", w.Name, seed), Neurons: make([]circuit.Neuron, n),
		Correlation: mat.NewDense(n, n, nil), STTC: mat.NewDense(n, n, nil),
		Provenance: circuit.Provenance{Origin: "world " + w.Name + ": " + w.Truth, Synthetic: true}}
	group := s.Perm(n)
	for i := range c.Neurons {
		c.Neurons[i] = circuit.Neuron{ID: int64(i + 1), Position: [3]float64{300 * s.Float64(), 300 * s.Float64(), 300 * s.Float64()}}
		group[i] %= worldGroups
	}
	for i := range n {
		for j := range i + 1 {
			alike := s.Float64() < 0.1
			if w.arrangement {
				alike = group[i] == group[j]
			}
			for _, m := range []*mat.Dense{c.Correlation, c.STTC} {
				x := 0.0 // the least, which is scaled to 0: no weight at all
				switch {
				case i == j:
					x = 1
				case alike && w.arrangement:
					x = 0.7 + 0.2*s.Float64()
				case alike:
					x = 0.1 * s.Float64()
				}
				m.Set(i, j, x)
				m.Set(j, i, x)
			}
		}
	}
	var edges []graph.Edge
	for i := range n {
		for j := range n {
			if i != j && s.Float64() < 0.1 {
				edges = append(edges, graph.Edge{Pre: i, Post: j, Weight: 1})
			}
		}
	}
	var err error
	c.Synapses, err = graph.FromEdges(n, edges)
	return c, err
}

// WorldRate says how often a claim was judged in which way in a world.
type WorldRate struct {
	World string         `json:"world"`
	Claim string         `json:"claim"`
	Wrong int            `json:"wrong"`
	Right int            `json:"right"`
	Of    int            `json:"of"`    // repetitions
	Low   float64        `json:"low"`   // of the share of wrong verdicts, 95 %, Clopper–Pearson
	High  float64        `json:"high"`  //
	Count map[string]int `json:"count"` // by verdict
}

// worldStudy is the study of biology that is made in each repetition: small, so that
// many can be made.
func worldStudy(w World) BiologyConfig {
	cfg := DefaultBiology("corrected")
	cfg.Lambdas, cfg.Epochs = []float64{0.001, 0.01}, 4
	without, with := "", "+keep-diagonal"
	if w.penalty {
		cfg = DefaultBiology("paper")
		cfg.Lambdas, cfg.Epochs = []float64{3}, 10
		without, with = "+baseline-diagonal", "" // there W* has its own self-loops
	}
	cfg.Trials, cfg.TuningSeeds, cfg.Seeds = 640, 2, 30
	cfg.Analysis.Nulls, cfg.Analysis.MatchedNulls = 20, 5
	needs := map[string]bool{"w-dreal-c": true}
	for _, c := range []string{without, without + "+shuffled", without + "+shuffled-pairs"} {
		needs[focusModel+c] = true
	}
	if w.Wrong["B0"] != "" {
		for _, m := range constraint.AbstractModels() {
			needs[m.Slug] = true
		}
	}
	if w.Wrong["B6"] != "" || w.Wrong["B7"] != "" {
		needs["w"] = true
	}
	if w.Wrong["B2"] != "" {
		for _, c := range []string{with, with + "+shuffled", "+diagonal-only"} {
			needs[focusModel+c] = true
		}
	}
	if w.Wrong["B3"] != "" {
		needs[focusModel+without+"+relabelled"] = true
	}
	if w.Wrong["B4"] != "" {
		needs["w-dgrid-c"], needs["w-dreal-c+permuted-positions"] = true, true
	}
	cfg.Models = slices.DeleteFunc(cfg.Models, func(m string) bool { return !needs[m] })
	return cfg
}

const focusModel = "wbio-dreal-c" // W*D*C

// WorldsCalled returns the worlds of these names, all where there are none.
func WorldsCalled(names []string) ([]World, error) {
	all := Worlds()
	if len(names) == 0 {
		return all, nil
	}
	var out []World
	for _, name := range names {
		i := slices.IndexFunc(all, func(w World) bool { return w.Name == name })
		if i < 0 {
			var known []string
			for _, w := range all {
				known = append(known, w.Name)
			}
			return nil, fmt.Errorf("study: worlds: want some of %s, got %q%s", strings.Join(known, ", "), name, suggest.Near(name, known))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// RunWorlds makes the study of biology in each world so many times, in folders of dir,
// and counts the verdicts. It goes on where it was interrupted. seeds of each evaluation;
// 0: 30.
func RunWorlds(ctx context.Context, worlds []World, repetitions, seeds, workers int, dir string, stage func(string)) ([]WorldRate, error) {
	var out []WorldRate
	for _, w := range worlds {
		counts := map[string]map[string]int{}
		for claim := range w.Wrong {
			counts[claim] = map[string]int{}
		}
		for k := range repetitions {
			c, err := w.Circuit(uint64(k + 1))
			if err != nil {
				return nil, err
			}
			cfg := worldStudy(w)
			if seeds > 0 {
				cfg.Seeds = seeds
			}
			b, err := OpenBiology(cfg, c, filepath.Join(dir, fmt.Sprintf("%s-%d", w.Name, k+1)))
			if err != nil {
				return nil, err
			}
			if err := b.Run(ctx, workers, func(string) {}, func(sweep.Status) {}); err != nil {
				return nil, err
			}
			verdicts, err := b.Verdicts()
			if err != nil {
				return nil, err
			}
			text := ""
			for _, v := range verdicts {
				if counts[v.ID] != nil {
					counts[v.ID][v.Verdict]++
					text += " " + v.ID + " " + v.Verdict
				}
			}
			stage(fmt.Sprintf("world %s, %d of %d:%s", w.Name, k+1, repetitions, text))
		}
		for _, q := range []string{"B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7"} {
			wrong := w.Wrong[q]
			if wrong == "" {
				continue
			}
			ci, err := stats.ClopperPearson(counts[q][wrong], repetitions, 0.95)
			if err != nil {
				return nil, fmt.Errorf("study: worlds: %w", err)
			}
			out = append(out, WorldRate{World: w.Name, Claim: q, Wrong: counts[q][wrong], Right: counts[q][w.Right[q]], Of: repetitions, Low: ci.Low, High: ci.High, Count: counts[q]})
		}
	}
	return out, nil
}
