//go:build (!amd64 && !arm64) || purego

package kernel

func supported() []set { return []set{generic} }

// Nothing but the generic implementation is ever asked for here.

func tiled(_ set, o *operands) { productGeneric(o) }

func (set) lanes() int                { return 1 }
func (set) accumulators() int         { return 0 }
func (set) runLanes(function, *lanes) {}
func (set) runGather(*gather)         {}
func (set) runDot(*gather)            {}
func (set) runPeak(*lanes)            {}
