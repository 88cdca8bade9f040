package kernel

import "os"

// Variable names the environment variable that forces an implementation (avx512,
// avx2, neon or generic); a name that this CPU cannot run is ignored, and Name tells.
const Variable = "BIORNN_KERNEL"

// set is an instruction set, and with it one implementation of everything here.
type set int

const (
	generic set = iota // plain Go, the reference
	avx2
	avx512
	neon
)

var setNames = [...]string{"generic", "avx2", "avx512", "neon"}

func (s set) String() string { return setNames[s] }

// best is the implementation in use: that of the variable, or the fastest.
var best = choose(os.Getenv(Variable))

func choose(wanted string) set {
	all := supported()
	for _, s := range all {
		if s.String() == wanted {
			return s
		}
	}
	return all[0]
}

// Name tells which implementation this process uses: avx512, avx2, neon or generic.
func Name() string { return best.String() }

// product computes one matrix product.
func (s set) product(o *operands) {
	if o.m <= 0 || o.n <= 0 {
		return
	}
	check(o)
	if s == generic {
		productGeneric(o)
		return
	}
	tiled(s, o)
}
