//go:build unix

package kernel

import (
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"biornn/internal/rng"
)

// guarded returns n float32 that end (or begin) exactly at memory that may not be
// touched: reading or writing beyond them ends the test with a fault.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	t.Helper()
	page := unix.Getpagesize()
	size := (4*n + page - 1) / page * page
	all, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(all) })
	for _, guard := range [][]byte{all[:page], all[page+size:]} {
		if err := unix.Mprotect(guard, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	inside := all[page : page+size]
	if n == 0 {
		return nil
	}
	if atEnd {
		inside = inside[size-4*n:]
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&inside[0])), n)
}

// guardedCopy returns such an array with random numbers.
func guardedCopy(t *testing.T, s *rng.Stream, n int, atEnd bool) []float32 {
	x := guarded(t, n, atEnd)
	copy(x, random(s, n))
	return x
}

// TestGuardPages runs everything on arrays that touch forbidden memory at either end.
func TestGuardPages(t *testing.T) {
	s := rng.New(15, "kernel/guard")
	for _, im := range every(t) {
		for _, atEnd := range []bool{true, false} {
			for n := 1; n <= 37; n += 3 {
				m, k := 1+s.IntN(14), 1+s.IntN(9)
				a, b := guardedCopy(t, s, m*k, atEnd), guardedCopy(t, s, k*n, atEnd)
				c, gate := guardedCopy(t, s, m*n, atEnd), guardedCopy(t, s, m*n, atEnd)
				for _, mode := range []Mode{Set, Add, Rectify, Add | Gate} {
					// Unpacked: B is k×n as it stands, A is m×k or its transpose.
					o := operands{m: m, n: min(n, PanelWidth), k: k, mode: mode, a: a, aRow: k, aStep: 1,
						b: b, bStep: n, bPanel: PanelWidth, cRow: n, gate: gate, gateRow: n}
					bothSameInPlace(t, fmt.Sprintf("%s %d×%d×%d mode %d", im, m, n, k, mode), im, o, c)
					o.aRow, o.aStep = 1, m
					bothSameInPlace(t, fmt.Sprintf("%s %d×%d×%d transposed, mode %d", im, m, n, k, mode), im, o, c)
				}
				for f := exp; f <= softplusSlope; f++ {
					x, y := guardedCopy(t, s, n, atEnd), guardedCopy(t, s, n, atEnd)
					want := fresh(y)
					elementwise(generic, f, table[:], want, fresh(x))
					elementwise(im, f, table[:], y, x)
					sameBitsOrNaN(t, fmt.Sprintf("%s function %d, %d elements", im, f, n), y, want)
				}
			}
		}
	}
}

func bothSameInPlace(t *testing.T, name string, im set, o operands, c []float32) {
	t.Helper()
	want := fresh(c)
	o.c = want
	productGeneric(&o)
	o.c = c
	im.product(&o)
	sameBits(t, name, c, want)
}
