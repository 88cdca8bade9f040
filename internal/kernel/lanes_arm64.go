//go:build arm64 && !purego

package kernel

// The elementwise routines of elementwise.go over whole vectors, the sparse products and
// the measure of the peak.

//go:noescape
func expNEON(t *lanes)

//go:noescape
func tanhNEON(t *lanes)

//go:noescape
func sigmoidNEON(t *lanes)

//go:noescape
func softplusNEON(t *lanes)

//go:noescape
func tanhSlopeNEON(t *lanes)

//go:noescape
func sigmoidSlopeNEON(t *lanes)

//go:noescape
func softplusSlopeNEON(t *lanes)

//go:noescape
func adamNEON(t *lanes)

//go:noescape
func blendNEON(t *lanes)

//go:noescape
func scaleAbsNEON(t *lanes)

//go:noescape
func gatherNEON(t *gather)

//go:noescape
func dotNEON(t *gather)

//go:noescape
func peakNEON(t *lanes)

func runLanesNEON(f function, t *lanes) {
	switch f {
	case exp:
		expNEON(t)
	case tanh:
		tanhNEON(t)
	case sigmoid:
		sigmoidNEON(t)
	case softplus:
		softplusNEON(t)
	case tanhSlope:
		tanhSlopeNEON(t)
	case sigmoidSlope:
		sigmoidSlopeNEON(t)
	case softplusSlope:
		softplusSlopeNEON(t)
	case adam:
		adamNEON(t)
	case blend:
		blendNEON(t)
	case scaleAbs:
		scaleAbsNEON(t)
	}
}

func (set) runLanes(f function, t *lanes) { runLanesNEON(f, t) }
func (set) runGather(t *gather)           { gatherNEON(t) }
func (set) runDot(t *gather)              { dotNEON(t) }
func (set) runPeak(t *lanes)              { peakNEON(t) }

// accumulators is the number of registers that a tile sums in.
func (set) accumulators() int { return 24 }
