//go:build amd64 && !purego

package rng

import "golang.org/x/sys/cpu"

var hasEight = cpu.X86.HasAVX2

// eightAVX2 makes the blocks of the counters low … low+7, whose upper words are high.
//
//go:noescape
func eightAVX2(dst *[8 * block]uint32, low, high, key uint64)
