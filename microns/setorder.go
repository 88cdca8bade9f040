package microns

// setOrder returns the order in which CPython walks over the set that is built by
// adding distinct integers one after another: the indices of ids in that order.
//
// CPython keeps a set in an open-addressed table whose size is a power of two, at
// least 8. An entry goes to the slot hash mod size, else to one of the next nine
// while they do not pass the end, else to a slot given by 5·i + 1 + a shrinking part
// of the hash. A table filled to three fifths is rebuilt for four times (beyond
// 50,000 entries twice) as many, in the order of the old table.
func setOrder(ids []int64) []int {
	t := newIntSet(8)
	for i, id := range ids {
		t.insert(entry{hash: intHash(id), index: i})
		t.used++
		if t.used*5 >= (len(t.slots)-1)*3 {
			t = t.grown()
		}
	}
	order := make([]int, 0, len(ids))
	for _, e := range t.slots {
		if e.index >= 0 {
			order = append(order, e.index)
		}
	}
	return order
}

type entry struct {
	hash  uint64
	index int // −1 where the slot is empty
}

type intSet struct {
	slots []entry
	used  int
}

func newIntSet(size int) *intSet {
	t := &intSet{slots: make([]entry, size)}
	for i := range t.slots {
		t.slots[i].index = -1
	}
	return t
}

// grown returns the table rebuilt with more room.
func (t *intSet) grown() *intSet {
	want := t.used * 4
	if t.used > 50_000 {
		want = t.used * 2
	}
	size := 8
	for size <= want {
		size *= 2
	}
	bigger := newIntSet(size)
	bigger.used = t.used
	for _, e := range t.slots {
		if e.index >= 0 {
			bigger.insert(e)
		}
	}
	return bigger
}

// insert puts e in the first free slot of its probe sequence.
func (t *intSet) insert(e entry) {
	const linear, shift = 9, 5
	mask := uint64(len(t.slots) - 1)
	perturb := e.hash
	for i := e.hash & mask; ; {
		last := i
		if i+linear <= mask {
			last = i + linear
		}
		for k := i; k <= last; k++ {
			if t.slots[k].index < 0 {
				t.slots[k] = e
				return
			}
		}
		perturb >>= shift
		i = (i*5 + 1 + perturb) & mask
	}
}

// intHash is CPython's hash of an integer: |x| mod 2⁶¹ − 1 with the sign of x, and
// −2 for −1, as the bits of an unsigned number.
func intHash(x int64) uint64 {
	const prime = 1<<61 - 1
	if x >= 0 {
		return uint64(x) % prime
	}
	h := -int64(-uint64(x) % prime)
	if h == -1 {
		h = -2
	}
	return uint64(h)
}
