package study

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"biornn/circuit"
)

// listed writes numbers with commas between them.
func listed(x []float64) string {
	out := make([]string, len(x))
	for i, v := range x {
		out[i] = fmt.Sprintf("%g", v)
	}
	return strings.Join(out, ", ")
}

// around writes a value and its interval, or a dash where any of them is not known.
func around(format string, x ...circuit.Number) string {
	values := make([]any, len(x))
	for i, v := range x {
		if math.IsNaN(float64(v)) {
			return "–"
		}
		values[i] = float64(v)
	}
	return fmt.Sprintf(format, values...)
}

// starred keeps the stars in the names of models, which Markdown takes for emphasis: W*D*C
// would be read as WDC, another model. Indented lines are code and stay.
func starred(text []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(text) {
		code := bytes.HasPrefix(line, []byte("    "))
		for i, c := range line {
			if c == '*' && !code && i > 0 && bytes.IndexByte([]byte("WDC"), line[i-1]) >= 0 && (i+1 == len(line) || line[i+1] != '*') {
				out.WriteByte('\\')
			}
			out.WriteByte(c)
		}
	}
	return out.Bytes()
}
