//go:build amd64 && !purego

package kernel

import "golang.org/x/sys/cpu"

// supported lists the implementations that this CPU can run, the fastest first.
func supported() []set {
	var all []set
	if cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ {
		all = append(all, avx512)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		all = append(all, avx2)
	}
	return append(all, generic)
}

// lanes is the length of a vector in float32.
func (s set) lanes() int {
	if s == avx512 {
		return 16
	}
	return 8
}
