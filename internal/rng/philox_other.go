//go:build !amd64 || purego

package rng

const hasEight = false

func eightAVX2(*[8 * block]uint32, uint64, uint64, uint64) {}
