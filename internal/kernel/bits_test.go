package kernel

import (
	"slices"
	"testing"

	"biornn/internal/rng"
)

func TestNeighbours(t *testing.T) {
	s := rng.New(31, "kernel/bits")
	for round := range 200 {
		n := 1 + s.IntN(1300)
		words := (n + 63) / 64
		rows, front := make([]uint64, n*words), make([]uint64, words)
		for i := range rows {
			rows[i] = s.Bernoulli64(0.2)
		}
		for j := range n {
			if s.Float64() < 0.1*float64(round%4) {
				front[j>>6] |= 1 << (j & 63)
			}
		}
		want, got := make([]uint64, words), make([]uint64, words)
		wantShared := neighboursPlain(front, rows, want)
		got[0] = 99
		if shared := Neighbours(front, rows, got); shared != wantShared || !slices.Equal(got, want) {
			t.Fatalf("n = %d: shared %d, want %d; unions equal: %v", n, shared, wantShared, slices.Equal(got, want))
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a bit without a row was accepted")
		}
	}()
	Neighbours([]uint64{8}, make([]uint64, 3), make([]uint64, 1))
}
