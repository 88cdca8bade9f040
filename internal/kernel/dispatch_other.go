//go:build !amd64 || purego

package kernel

var implementations = []implementation{{"generic", true, productGeneric}}
