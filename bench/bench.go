package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"biornn/internal/kernel"
	"biornn/internal/npy"
)

// bench collects the rows of the report.
type bench struct {
	ctx      context.Context
	options  options
	python   string
	folder   string
	versions map[string]string
	rows     []row
}

// row is one comparison: median seconds, and the median of the ratios of each turn.
type row struct {
	work, peer  string
	ours, other float64
	ratio       float64
	agreement   string
	note        string
}

// turn is about how long each side works before the other has its turn: long enough
// that caches are warm again.
const turn = 0.15 // s

// compare times our function and the peers' prepared work by turns. A peer's figure
// may be extrapolated; note says so.
func (b *bench) compare(work string, ours func() error, peers []*peer, agreement map[string]string, note string, turns int) error {
	often := func(once float64) int {
		if turns == 1 {
			return 1
		}
		return min(50, max(1, int(turn/once)))
	}
	inner := often(timed(ours))
	inners := make([]int, len(peers))
	for i, p := range peers {
		if inners[i] = 1; turns > 1 {
			first, err := p.time(1)
			if err != nil {
				return err
			}
			inners[i] = often(first)
		}
	}
	mine := make([]float64, 0, turns)
	theirs := make([][]float64, len(peers))
	for range turns {
		begun := time.Now()
		for range inner {
			if err := ours(); err != nil {
				return err
			}
		}
		mine = append(mine, time.Since(begun).Seconds()/float64(inner))
		for i, p := range peers {
			s, err := p.time(inners[i])
			if err != nil {
				return err
			}
			theirs[i] = append(theirs[i], s)
		}
	}
	for i, p := range peers {
		ratios := make([]float64, turns)
		for k := range ratios {
			ratios[k] = theirs[i][k] / mine[k]
		}
		r := row{work: work, peer: p.name, ours: median(mine), other: median(theirs[i]), ratio: median(ratios), agreement: agreement[p.name], note: note}
		b.rows = append(b.rows, r)
		fmt.Fprintf(os.Stderr, "bench: %s, %s: %s, %s, %.1f×  %s  %s\n", r.work, r.peer, duration(r.ours), duration(r.other), r.ratio, r.agreement, r.note)
	}
	return nil
}

func median(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}

func duration(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	}
	return fmt.Sprintf("%.3g s", s)
}

// peak returns the floating-point operations per second of one core.
func peak() float64 {
	begun := time.Now()
	operations := kernel.Peak(200000)
	return operations / time.Since(begun).Seconds()
}

// write leaves an array for the peers.
func (b *bench) write(name string, shape []int, data []float32) error {
	return b.put(name, npy.New(data, shape...))
}

func (b *bench) put(name string, a *npy.Array) error {
	f, err := os.Create(filepath.Join(b.folder, name+".npy"))
	if err != nil {
		return err
	}
	return errors.Join(npy.Write(f, a), f.Close())
}

// read returns what a peer left.
func (b *bench) read(name string) ([]float64, error) {
	a, err := npy.ReadFile(filepath.Join(b.folder, name+".npy"))
	if err != nil {
		return nil, err
	}
	return a.Float64s()
}
