//go:build arm64 && !purego

package kernel

// supported lists the implementations; every arm64 CPU has NEON.
func supported() []set { return []set{neon, generic} }

// lanes is the length of a vector in float32.
func (set) lanes() int { return 4 }
