//go:build !amd64 || purego

package kernel

const fastBits = false

func neighbourhoodAVX512(*neighbourhood) {}
