package microns

import (
	"fmt"
	"math"

	"biornn/graph"
	"biornn/internal/rows"
)

// join finds the cell of a row of another table: by its nucleus, which does not change
// between versions of the segmentation, else by its root.
type join struct {
	byNucleus, byRoot map[int64]int
	cells             []cell
	otherRoot, total  int // joined by nucleus, and of these with another root
}

func newJoin(cells []cell) *join {
	j := &join{byNucleus: map[int64]int{}, byRoot: map[int64]int{}, cells: cells}
	for i, c := range cells {
		j.byRoot[c.root] = i
		if c.nucleus != 0 {
			j.byNucleus[c.nucleus] = i
		}
	}
	return j
}

func (j *join) find(nucleus, root int64) (int, bool) {
	if i, ok := j.byNucleus[nucleus]; ok && nucleus != 0 {
		j.total++
		if root != 0 && root != j.cells[i].root {
			j.otherRoot++
		}
		return i, true
	}
	i, ok := j.byRoot[root]
	return i, ok && root != 0
}

// mixed warns when tables are of different versions: their roots differ for the same
// nuclei.
func (b *caveBuilder) mixed(j *join, table string) {
	if j.otherRoot > 0 {
		b.warn("%s: %d of %d cells have another root id there than in the table of cells: the tables are of different versions", table, j.otherRoot, j.total)
	}
}

// coregister keeps the cells that have a unit, each with its best.
func (b *caveBuilder) coregister() error {
	if b.cfg.Coregistration == "" {
		return nil
	}
	t, err := b.open(b.cfg.Coregistration)
	if err != nil {
		return err
	}
	j := newJoin(b.cells)
	best := map[int]float64{}
	read, outside, poor := 0, 0, 0
	columns := []string{"pt_root_id", "session", "scan_idx", "unit_id", "residual", "score"}
	if nucleus := nucleusColumn(t); nucleus != "" {
		columns = append(columns, nucleus)
	}
	err = t.Scan(columns, func(batch *rows.Batch) error {
		u, err := readUnits(batch, len(columns) > 6)
		if err != nil {
			return err
		}
		for i := range batch.N {
			read++
			if b.cfg.Session != 0 && u.session[i] != int64(b.cfg.Session) || b.cfg.Scan != 0 && u.scan[i] != int64(b.cfg.Scan) {
				outside++
				continue
			}
			if b.cfg.MaxResidual > 0 && !(u.residual[i] <= b.cfg.MaxResidual) || u.score[i] < b.cfg.MinScore {
				poor++
				continue
			}
			at, ok := j.find(u.nucleus[i], u.root[i])
			if !ok {
				continue
			}
			score := u.score[i]
			if math.IsNaN(score) {
				score = math.Inf(-1)
			}
			if old, seen := best[at]; !seen || score > old {
				best[at] = score
				b.cells[at].unit = fmt.Sprintf("%d_%d_%d", u.session[i], u.scan[i], u.unit[i])
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.note(t)
	b.mixed(j, t.Name())
	b.step("units read: %d, %d of other scans, %d beyond the limits of residual and score", read, outside, poor)
	b.keep("coregistered", func(_ int, c cell) bool { return c.unit != "" })
	if b.cfg.Session == 0 || b.cfg.Scan == 0 {
		b.warn("units come from several scans: correlations hold only within one")
	}
	return nil
}

// units are columns of the table of coregistration.
type units struct {
	root, session, scan, unit, nucleus []int64
	residual, score                    []float64
}

func readUnits(b *rows.Batch, nucleus bool) (u units, err error) {
	for k, to := range []*[]int64{&u.root, &u.session, &u.scan, &u.unit} {
		if *to, err = b.Ints(nil, k); err != nil {
			return u, err
		}
	}
	if u.residual, err = b.Floats(nil, 4); err != nil {
		return u, err
	}
	if u.score, err = b.Floats(nil, 5); err != nil {
		return u, err
	}
	if u.nucleus = make([]int64, b.N); nucleus {
		u.nucleus, err = b.Ints(u.nucleus[:0], 6)
	}
	return u, err
}

// truth tells the spellings of true in exports.
func truth(s string) bool {
	switch s {
	case "t", "T", "true", "True", "TRUE", "1":
		return true
	}
	return false
}

// proofread finds the cells whose axon is proofread in the version of their root.
func (b *caveBuilder) proofread() error {
	if b.cfg.Proofreading == "" {
		return nil
	}
	t, err := b.open(b.cfg.Proofreading)
	if err != nil {
		return err
	}
	columns := []string{"pt_root_id", "status_axon"}
	if t.Has("valid_id") {
		columns = append(columns, "valid_id")
	}
	b.axons = map[int64]bool{}
	read, stale := 0, 0
	err = t.Scan(columns, func(batch *rows.Batch) error {
		root, err := batch.Ints(nil, 0)
		if err != nil {
			return err
		}
		valid := root
		if len(columns) > 2 {
			if valid, err = batch.Ints(nil, 2); err != nil {
				return err
			}
		}
		for i, r := range root {
			read++
			if r != valid[i] {
				stale++
				continue
			}
			b.axons[r] = b.axons[r] || truth(batch.Text(i, 1))
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.note(t)
	proofread := 0
	for _, c := range b.cells {
		if b.axons[c.root] {
			proofread++
		}
	}
	b.step("proofreading read: %d rows, %d of another version of their cell; %d of %d cells have a proofread axon", read, stale, proofread, len(b.cells))
	if b.cfg.Proofread == "cells" {
		b.keep("with a proofread axon", func(_ int, c cell) bool { return b.axons[c.root] })
	} else if proofread == 0 {
		return fmt.Errorf("%s: no cell has a proofread axon: is it of another version than the table of cells?", t.Name())
	}
	return nil
}

// connect reads the synapses between the cells and completes the circuit.
func (b *caveBuilder) connect() error {
	for _, c := range b.cells {
		b.out.Neurons = append(b.out.Neurons, c.neuron())
	}
	t, err := b.open(b.cfg.Synapses...)
	if err != nil {
		return err
	}
	s := newSynapses(b)
	if err := t.Scan(s.columns(t), s.take); err != nil {
		return err
	}
	b.note(t)
	if s.read > 0 && s.touching == 0 {
		return fmt.Errorf("%s: none of %d synapses touches a cell of %s: are the tables of one version?", t.Name(), s.read, b.out.Name)
	}
	if b.out.Synapses, err = graph.FromEdges(len(b.cells), s.edges); err != nil {
		return err
	}
	b.step("synapses read: %d, of which %d between the cells, less %d read twice, %d autapses, %d of axons that are not proofread",
		s.read, s.between, s.twice, s.autapses, s.unproofread)
	b.step("%d synapses make %d connections, weighted by %s", len(s.edges), b.out.Synapses.Len(), b.cfg.Weight)
	if b.cfg.Proofreading == "" {
		b.warn("no table of proofreading: axons that end where nobody has looked count as if they were whole")
	}
	b.warnOfDistances()
	return nil
}

// warnOfDistances doubts connections that are not shorter than other pairs.
func (b *caveBuilder) warnOfDistances() {
	edges := b.out.Synapses.Edges()
	if len(edges) == 0 || len(b.cells) < 10 {
		return
	}
	distance := func(i, j int) float64 {
		p, q := b.cells[i].position, b.cells[j].position
		return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	connected, all, pairs := 0.0, 0.0, 0
	for _, e := range edges {
		connected += distance(e.Pre, e.Post) / float64(len(edges))
	}
	stride := max(1, len(b.cells)/2000) // a few million pairs tell enough
	for i := 0; i < len(b.cells); i += stride {
		for j := 0; j < i; j += stride {
			all += distance(i, j)
			pairs++
		}
	}
	if mean := all / float64(pairs); connected >= mean {
		b.warn("connected cells are not nearer to each other (%.0f µm) than others (%.0f µm): positions or ids may be mixed up", connected, mean)
	}
}
