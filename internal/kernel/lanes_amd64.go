//go:build amd64 && !purego

package kernel

// The elementwise routines of elementwise.go over whole vectors, the sparse products and
// the measure of the peak.

//go:noescape
func expAVX512(t *lanes)

//go:noescape
func tanhAVX512(t *lanes)

//go:noescape
func sigmoidAVX512(t *lanes)

//go:noescape
func softplusAVX512(t *lanes)

//go:noescape
func tanhSlopeAVX512(t *lanes)

//go:noescape
func sigmoidSlopeAVX512(t *lanes)

//go:noescape
func softplusSlopeAVX512(t *lanes)

//go:noescape
func adamAVX512(t *lanes)

//go:noescape
func blendAVX512(t *lanes)

//go:noescape
func scaleAbsAVX512(t *lanes)

//go:noescape
func gatherAVX512(t *gather)

//go:noescape
func dotAVX512(t *gather)

//go:noescape
func peakAVX512(t *lanes)

//go:noescape
func expAVX2(t *lanes)

//go:noescape
func tanhAVX2(t *lanes)

//go:noescape
func sigmoidAVX2(t *lanes)

//go:noescape
func softplusAVX2(t *lanes)

//go:noescape
func tanhSlopeAVX2(t *lanes)

//go:noescape
func sigmoidSlopeAVX2(t *lanes)

//go:noescape
func softplusSlopeAVX2(t *lanes)

//go:noescape
func adamAVX2(t *lanes)

//go:noescape
func blendAVX2(t *lanes)

//go:noescape
func scaleAbsAVX2(t *lanes)

//go:noescape
func gatherAVX2(t *gather)

//go:noescape
func dotAVX2(t *gather)

//go:noescape
func peakAVX2(t *lanes)

func (s set) runLanes(f function, t *lanes) {
	if s == avx512 {
		runLanesAVX512(f, t)
	} else {
		runLanesAVX2(f, t)
	}
}

func runLanesAVX512(f function, t *lanes) {
	switch f {
	case exp:
		expAVX512(t)
	case tanh:
		tanhAVX512(t)
	case sigmoid:
		sigmoidAVX512(t)
	case softplus:
		softplusAVX512(t)
	case tanhSlope:
		tanhSlopeAVX512(t)
	case sigmoidSlope:
		sigmoidSlopeAVX512(t)
	case softplusSlope:
		softplusSlopeAVX512(t)
	case adam:
		adamAVX512(t)
	case blend:
		blendAVX512(t)
	case scaleAbs:
		scaleAbsAVX512(t)
	}
}

func runLanesAVX2(f function, t *lanes) {
	switch f {
	case exp:
		expAVX2(t)
	case tanh:
		tanhAVX2(t)
	case sigmoid:
		sigmoidAVX2(t)
	case softplus:
		softplusAVX2(t)
	case tanhSlope:
		tanhSlopeAVX2(t)
	case sigmoidSlope:
		sigmoidSlopeAVX2(t)
	case softplusSlope:
		softplusSlopeAVX2(t)
	case adam:
		adamAVX2(t)
	case blend:
		blendAVX2(t)
	case scaleAbs:
		scaleAbsAVX2(t)
	}
}

func (s set) runGather(t *gather) {
	if s == avx512 {
		gatherAVX512(t)
	} else {
		gatherAVX2(t)
	}
}

func (s set) runDot(t *gather) {
	if s == avx512 {
		dotAVX512(t)
	} else {
		dotAVX2(t)
	}
}

func (s set) runPeak(t *lanes) {
	if s == avx512 {
		peakAVX512(t)
	} else {
		peakAVX2(t)
	}
}

// accumulators is the number of registers that a tile sums in.
func (s set) accumulators() int {
	if s == avx512 {
		return 24
	}
	return 12
}
