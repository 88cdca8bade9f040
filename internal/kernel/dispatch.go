package kernel

import "os"

// Variable names the environment variable that forces an implementation (avx512,
// avx2 or generic); a name that this CPU cannot run is ignored, and Name tells.
const Variable = "BIORNN_KERNEL"

// best is the implementation in use, the first supported one.
var best = choose(os.Getenv(Variable))

func choose(wanted string) implementation {
	var first *implementation
	for i := range implementations {
		im := &implementations[i]
		if !im.supported {
			continue
		}
		if im.name == wanted {
			return *im
		}
		if first == nil {
			first = im
		}
	}
	return *first
}
