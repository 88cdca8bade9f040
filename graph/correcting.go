package graph

import "math"

// distances sets dist to the distances of all nodes from the source, +Inf where there is no
// path: the same numbers as from, without an order in which nodes are settled. Instead of
// the nearest, the node that has waited longest is looked at, and again when it has come
// nearer; a nearer one than the first in the line goes before it. As long as shortest
// paths have few edges that takes a fraction of the time of a heap, because nearly all
// nodes lie so far out that their edges lead beyond the farthest node.
func (d *dijkstra) distances(l *lengths, source int, dist []float64) {
	for i := range dist {
		dist[i] = math.Inf(1)
	}
	target := 1
	d.search.levels(&l.rows, source, func(_, nodes int) { target += nodes })
	dist[source] = 0
	line := newLine(d, l.n)
	line.append(int32(source))
	met, looks, far, look := 1, 0, math.Inf(1), math.MaxInt
	for line.count > 0 {
		i := line.take()
		if looks++; looks >= look {
			far, look = farthest(dist), looks+target/8+1
		}
		at := dist[i]
		a, b := l.start[i], l.start[i+1]
		nodes, long := l.node[a:b], l.length[a:b]
		long = long[:len(nodes)]
		for e, j := range nodes {
			next := at + long[e]
			if next > far {
				break
			}
			old := dist[j]
			if next >= old {
				continue
			}
			if old > math.MaxFloat64 {
				if met++; met == target {
					look = looks
				}
			}
			dist[j] = next
			if d.place[j] >= 0 {
				continue
			}
			if line.count > 0 && next < dist[line.first()] {
				line.prepend(j)
			} else {
				line.append(j)
			}
		}
	}
}

// line holds the nodes that wait, each once; place tells whether one does.
type line struct {
	ring         []int32
	place        []int32
	begin, count int
}

// newLine takes its memory from d, whose heap is empty between searches.
func newLine(d *dijkstra, n int) line {
	if len(d.ring) < n {
		d.ring = make([]int32, n)
	}
	return line{ring: d.ring[:n], place: d.place}
}

func (q *line) first() int32 { return q.ring[q.begin] }

func (q *line) append(i int32) {
	at := q.begin + q.count
	if at >= len(q.ring) {
		at -= len(q.ring)
	}
	q.ring[at], q.place[i] = i, 0
	q.count++
}

func (q *line) prepend(i int32) {
	if q.begin--; q.begin < 0 {
		q.begin = len(q.ring) - 1
	}
	q.ring[q.begin], q.place[i] = i, 0
	q.count++
}

func (q *line) take() int32 {
	i := q.ring[q.begin]
	if q.begin++; q.begin == len(q.ring) {
		q.begin = 0
	}
	q.count--
	q.place[i] = -1
	return i
}
