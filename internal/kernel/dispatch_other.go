//go:build !amd64 || purego

package kernel

var implementations = []implementation{{"generic", true, productGeneric}}

func multiply(o *operands) { productGeneric(o) }
