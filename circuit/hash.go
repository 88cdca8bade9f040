package circuit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"biornn/internal/npy"
)

// Hash returns the SHA-256 (hex) of all that a computation can depend on: neurons,
// synapses, functional matrices and events. The circuit's name and its provenance
// do not enter, so the same data under another file name has the same hash.
func (c *Circuit) Hash() string {
	h := sha256.New()
	for _, a := range c.content() {
		fmt.Fprintf(h, "%s\n", a.Name)
		if err := npy.Write(h, a.Array); err != nil {
			// Only text that Validate refuses cannot be written; it still must count.
			fmt.Fprintf(h, "%q\n", a.Array.Data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
