package graph

// Betweenness returns for each node the number of shortest paths between other nodes
// that lead through it, in sum over ordered pairs, where several paths of a pair share
// the count of one (Freeman 1977, doi:10.2307/3033543; computed as by Brandes 2001,
// doi:10.1080/0022250X.2001.9990249). A symmetric graph counts every pair twice, as the
// Brain Connectivity Toolbox does. Weights are not read.
func (g *Digraph) Betweenness() []float64 {
	g = g.Simple()
	return summed(g.n, g.n, func() func(int, []float64) {
		b := newBrandes(g.n)
		return func(source int, into []float64) {
			b.steps(g, source)
			b.collectSteps(g, into)
		}
	})
}

// WeightedBetweenness returns the same of weighted paths, the length of an edge being
// 1/weight. Edges of no positive weight are not walked.
func (g *Digraph) WeightedBetweenness() []float64 {
	l := newLengths(g, inverse)
	return summed(g.n, g.n, func() func(int, []float64) {
		d, dist := newDijkstra(l), make([]float64, g.n)
		b := &pathCounts{newBrandes(g.n)}
		d.paths = b
		return func(source int, into []float64) {
			b.begin(source)
			d.from(l, source, dist)
			b.collect(into)
		}
	})
}

// brandes counts the shortest paths from one source.
type brandes struct {
	order []int32   // nodes as they are settled
	count []float64 // shortest paths to a node
	share []float64 // what passes through it
	first []int32   // a chain of predecessors, −1 at the end
	chain []link
	step  []int32 // distance in steps, −1 where not yet met
}

type link struct{ before, next int32 }

func newBrandes(n int) *brandes {
	return &brandes{count: make([]float64, n), share: make([]float64, n), first: make([]int32, n), step: make([]int32, n)}
}

func (b *brandes) begin(source int) {
	b.order, b.chain = b.order[:0], b.chain[:0]
	clear(b.share)
	clear(b.count)
	for i := range b.first {
		b.first[i], b.step[i] = -1, -1
	}
	b.count[source], b.step[source] = 1, 0
}

func (b *brandes) link(from, to int32) {
	b.chain = append(b.chain, link{from, b.first[to]})
	b.first[to] = int32(len(b.chain) - 1)
}

// steps walks level by level. Once all nodes are met those of the last level have no
// successors and are not looked at.
func (b *brandes) steps(g *Digraph, source int) {
	b.begin(source)
	b.order = append(b.order, int32(source))
	last := int32(len(b.step))
	for at := 0; at < len(b.order) && b.step[b.order[at]] < last; at++ {
		i := b.order[at]
		posts, _ := g.Out(int(i))
		for _, j := range posts {
			if b.step[j] < 0 {
				b.step[j] = b.step[i] + 1
				b.order = append(b.order, j)
				if len(b.order) == g.n {
					last = b.step[j]
				}
			}
			if b.step[j] == b.step[i]+1 {
				b.count[j] += b.count[i]
			}
		}
	}
}

// collectSteps hands what passes through each node back level by level, from the farthest
// to the source. count becomes what a path to the node carries.
func (b *brandes) collectSteps(g *Digraph, into []float64) {
	end := b.step[b.order[len(b.order)-1]]
	for at := len(b.order) - 1; at > 0; at-- {
		i := b.order[at]
		share := 0.0
		if next := b.step[i] + 1; next <= end {
			posts, _ := g.Out(int(i))
			for _, j := range posts {
				if b.step[j] == next {
					share += b.count[j]
				}
			}
			share = float64(share * b.count[i])
			into[i] += share
		}
		b.count[i] = (1 + share) / b.count[i]
	}
}

// collect hands what passes through each node back along the chains of predecessors, from
// the farthest node to the source.
func (b *brandes) collect(into []float64) {
	for at := len(b.order) - 1; at > 0; at-- {
		j := b.order[at]
		each := (1 + b.share[j]) / b.count[j]
		for k := b.first[j]; k >= 0; k = b.chain[k].next {
			i := b.chain[k].before
			b.share[i] += float64(b.count[i] * each)
		}
		into[j] += b.share[j]
	}
}

// pathCounts is a brandes that follows a dijkstra.
type pathCounts struct{ *brandes }

func (p pathCounts) settle(i int32) { p.order = append(p.order, i) }

// only makes i the sole predecessor of j, also makes it one more. The paths to i are all
// counted by then, as no edge has the length 0.
func (p pathCounts) only(i, j int32) {
	p.first[j] = -1
	p.count[j] = 0
	p.also(i, j)
}

func (p pathCounts) also(i, j int32) {
	p.count[j] += p.count[i]
	p.link(i, j)
}
