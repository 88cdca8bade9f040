package crew

import "testing"

func TestShareCoversAll(t *testing.T) {
	for _, n := range []int{0, 1, 11, 12, 13, 128, 1000} {
		for _, grain := range []int{1, 12, 32} {
			for parts := 1; parts <= 9; parts++ {
				next := 0
				for p := range parts {
					from, to := Share(p, parts, n, grain)
					if from != next || to < from || (from%grain != 0 && from != n) {
						t.Fatalf("Share(%d, %d, %d, %d) = %d, %d after %d", p, parts, n, grain, from, to, next)
					}
					next = to
				}
				if next != n {
					t.Fatalf("%d parts of %d end at %d", parts, n, next)
				}
			}
		}
	}
}

func TestDo(t *testing.T) {
	for _, size := range []int{0, 1, 2, 5} {
		c := New(size)
		for range 100 {
			sums := make([]int, c.Size())
			c.Do(func(part, parts int) {
				if parts != c.Size() {
					t.Errorf("%d parts, want %d", parts, c.Size())
				}
				sums[part]++
			})
			for p, s := range sums {
				if s != 1 {
					t.Fatalf("size %d: part %d ran %d times", size, p, s)
				}
			}
		}
		c.Close()
	}
}

func TestPanicReachesTheCaller(t *testing.T) {
	c := New(3)
	defer c.Close()
	for wanted := range 3 {
		func() {
			defer func() {
				if r := recover(); r != wanted {
					t.Errorf("recovered %v, want %d", r, wanted)
				}
			}()
			c.Do(func(part, _ int) {
				if part == wanted {
					panic(part)
				}
			})
		}()
	}
	ran := 0
	New(1).Do(func(int, int) { ran++ })
	if ran != 1 {
		t.Error("a nil crew did not work")
	}
}

func TestNoAllocation(t *testing.T) {
	c := New(2)
	defer c.Close()
	work := func(int, int) {}
	if n := testing.AllocsPerRun(100, func() { c.Do(work) }); n != 0 {
		t.Errorf("%g allocations", n)
	}
}
