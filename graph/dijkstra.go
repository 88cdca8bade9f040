package graph

import (
	"math"
	"math/bits"
	"slices"
)

// lengths holds the edges of a graph with their lengths, those of a node from short to
// long.
type lengths struct {
	n      int
	start  []int
	node   []int32
	length []float64
	rows   bitRows // the same edges
}

// newLengths takes the edges of positive weight, without self-loops, in the length that
// long gives them; where long is nil, the rows alone.
func newLengths(g *Digraph, long func(weight float64) float64) *lengths {
	l := &lengths{n: g.n, start: make([]int, g.n+1), rows: newBitRows(g.n)}
	var row []edgeLength
	for pre := range g.n {
		posts, w := g.Out(pre)
		row = row[:0]
		for i, p := range posts {
			if w[i] > 0 && int(p) != pre {
				l.rows.mark(pre, int(p))
				if long != nil {
					row = append(row, edgeLength{p, long(w[i])})
				}
			}
		}
		l.add(pre, row)
	}
	return l
}

type edgeLength struct {
	node   int32
	length float64
}

// add appends the edges of the next node, which it sorts.
func (l *lengths) add(i int, row []edgeLength) {
	slices.SortFunc(row, func(a, b edgeLength) int {
		switch {
		case a.length < b.length:
			return -1
		case a.length > b.length:
			return 1
		}
		return int(a.node - b.node)
	})
	for _, e := range row {
		l.node, l.length = append(l.node, e.node), append(l.length, e.length)
	}
	l.start[i+1] = len(l.node)
}

// inverse is the length of an edge: strong ones are short (Rubinov & Sporns 2010,
// doi:10.1016/j.neuroimage.2009.10.003).
func inverse(weight float64) float64 { return 1 / weight }

// dijkstra finds the shortest paths from single sources.
type dijkstra struct {
	search *search
	heap   []waiting // nodes that are met and not settled
	place  []int32   // of each node in the heap or line, −1 outside
	ring   []int32   // memory of the line
	// paths, unless nil, keeps how the shortest paths run.
	paths *pathCounts
}

// waiting is a node that may be reached at a distance.
type waiting struct {
	at   float64
	node int32
}

func newDijkstra(l *lengths) *dijkstra {
	d := &dijkstra{search: newSearch(l.rows.words), place: make([]int32, l.n)}
	for i := range d.place {
		d.place[i] = -1
	}
	return d
}

// from sets dist to the distances of all nodes from the source, +Inf where there is no
// path, and settles the nodes in the order of their distances. Once every reachable node
// has been met, none can be farther than the farthest of them, and edges that would lead
// beyond are not walked: as they are sorted by length, the rest of a node's edges falls
// away at once.
func (d *dijkstra) from(l *lengths, source int, dist []float64) {
	for i := range dist {
		dist[i] = math.Inf(1)
	}
	target := 1
	d.search.levels(&l.rows, source, func(_, nodes int) { target += nodes })
	dist[source] = 0
	d.heap = d.heap[:0]
	d.push(waiting{0, int32(source)})
	met, settled, far, look := 1, 0, math.Inf(1), target
	for settled < target && len(d.heap) > 0 {
		top := d.pop()
		settled++
		if d.paths != nil {
			d.paths.settle(top.node)
		}
		if met == target && settled >= look {
			far, look = farthest(dist), settled+target/8+1
		}
		a, b := l.start[top.node], l.start[top.node+1]
		nodes, long := l.node[a:b], l.length[a:b]
		long = long[:len(nodes)]
		for e, j := range nodes {
			next := top.at + long[e]
			if next > far {
				break
			}
			old := dist[j]
			if next > old {
				continue
			}
			if next == old {
				if d.paths != nil {
					d.paths.also(top.node, j)
				}
				continue
			}
			if math.IsInf(old, 1) {
				if met++; met == target {
					look = settled
				}
			}
			dist[j] = next
			if d.paths != nil {
				d.paths.only(top.node, j)
			}
			d.push(waiting{next, j})
		}
	}
}

// farthest returns the greatest finite distance.
func farthest(dist []float64) float64 {
	far := 0.0
	for _, x := range dist {
		if x > far && x <= math.MaxFloat64 {
			far = x
		}
	}
	return far
}

// before orders the nodes that wait; equal distances go by node.
func (a waiting) before(b waiting) bool { return a.at < b.at || a.at == b.at && a.node < b.node }

// push lets a node wait, or moves one that waits forward. The heap has four children a
// node.
func (d *dijkstra) push(w waiting) {
	i := int(d.place[w.node])
	if i < 0 {
		i = len(d.heap)
		d.heap = append(d.heap, w)
	}
	h := d.heap
	for i > 0 {
		up := (i - 1) / 4
		if !w.before(h[up]) {
			break
		}
		h[i] = h[up]
		d.place[h[i].node] = int32(i)
		i = up
	}
	h[i] = w
	d.place[w.node] = int32(i)
}

func (d *dijkstra) pop() waiting {
	h := d.heap
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	d.heap = h
	d.place[top.node] = -1
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least, key := first, h[first]
		for c, w := range h[first+1 : min(first+4, len(h))] {
			if w.before(key) {
				least, key = first+1+c, w
			}
		}
		if !key.before(last) {
			break
		}
		h[i] = key
		d.place[key.node] = int32(i)
		i = least
	}
	h[i] = last
	d.place[last.node] = int32(i)
	return top
}

// part is what lies between some nodes of a graph, whose places are their order.
type part struct {
	lengths
	place  []int32 // of a member among them, counted from 1; 0 for other nodes
	inside []uint64
}

func newPart(of *lengths) *part {
	return &part{place: make([]int32, of.n), inside: make([]uint64, of.rows.words)}
}

// take makes p the part of l between the members.
func (p *part) take(l *lengths, members []int32) {
	n := len(members)
	words := (n + 63) / 64
	p.n, p.rows.n, p.rows.words = n, n, words
	p.rows.rows = append(p.rows.rows[:0], make([]uint64, n*words)...)
	for k, i := range members {
		p.place[i] = int32(k + 1)
		p.inside[i>>6] |= 1 << (i & 63)
	}
	for k, i := range members {
		row := p.rows.row(k)
		for at, w := range l.rows.row(int(i)) {
			for w &= p.inside[at]; w != 0; w &= w - 1 {
				j := p.place[at<<6+bits.TrailingZeros64(w)] - 1
				row[j>>6] |= 1 << (j & 63)
			}
		}
	}
	if l.length != nil {
		p.takeLengths(l, members)
	}
	for _, i := range members {
		p.place[i] = 0
	}
	clear(p.inside)
}

// takeLengths keeps the order from short to long.
func (p *part) takeLengths(l *lengths, members []int32) {
	p.start = append(p.start[:0], make([]int, len(members)+1)...)
	node, length := p.node[:0], p.length[:0]
	for k, i := range members {
		for e := l.start[i]; e < l.start[i+1]; e++ {
			if at := p.place[l.node[e]]; at > 0 {
				node, length = append(node, at-1), append(length, l.length[e])
			}
		}
		p.start[k+1] = len(node)
	}
	p.node, p.length = node, length
}
