//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

var fastBits = cpu.X86.HasAVX512VPOPCNTDQ && cpu.X86.HasBMI1

// neighbourhoodAVX512 equals neighboursPlain.
//
//go:noescape
func neighbourhoodAVX512(t *neighbourhood)
