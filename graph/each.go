package graph

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each does the work of 0…count−1 on all cores. worker returns the work of one core,
// with its own scratch. What is done for an index may depend on nothing but it, so that
// the results do not depend on the number of cores.
func each(count int, worker func() func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(count, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			do := worker()
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}

// eachOf is each for work without scratch.
func eachOf(count int, do func(i int)) { each(count, func() func(int) { return do }) }

// summed adds up what add puts into a vector for each of count sources. The sources go
// in blocks whose number does not depend on the cores, and the sums of blocks are added
// in order, so that the result has the same bits everywhere.
func summed(count, length int, worker func() func(source int, into []float64)) []float64 {
	const blocks = 64
	sums := make([][]float64, blocks)
	each(blocks, func() func(int) {
		add := worker()
		return func(b int) {
			sums[b] = make([]float64, length)
			for i := b * count / blocks; i < (b+1)*count/blocks; i++ {
				add(i, sums[b])
			}
		}
	})
	total := make([]float64, length)
	for _, part := range sums {
		for i, x := range part {
			total[i] += x
		}
	}
	return total
}
