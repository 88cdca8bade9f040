package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
)

// accuracyTicks marks every tenth or fifth.
type accuracyTicks struct{}

// Ticks implements plot.Ticker.
func (accuracyTicks) Ticks(low, high float64) []plot.Tick {
	step := 0.1
	if high-low > 0.65 {
		step = 0.2
	}
	var out []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= math.Min(high, 1)+1e-9; k++ {
		v := k*step + 0 // no −0
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.1f", v)})
	}
	return out
}

// wholeTicks marks whole numbers, about six of them.
type wholeTicks struct{}

// Ticks implements plot.Ticker.
func (wholeTicks) Ticks(low, high float64) []plot.Tick {
	step := math.Max(1, math.Ceil((high-low)/6))
	var out []plot.Tick
	for v := math.Ceil(low); v <= high; v += step {
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.0f", v)})
	}
	return out
}

// decades marks powers of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) []plot.Tick {
	from, to := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	step := math.Max(1, math.Ceil((to-from)/6))
	var out []plot.Tick
	for e := from; e <= to; e += step {
		if v := math.Pow(10, e); v >= low*0.999 && v <= high*1.001 {
			out = append(out, plot.Tick{Value: v, Label: power(int(e))})
		}
	}
	return out
}

// roundTicks marks four to eight round numbers.
type roundTicks struct{}

// Ticks implements plot.Ticker.
func (roundTicks) Ticks(low, high float64) []plot.Tick {
	if !(high > low) || !finite(high-low) {
		return nil
	}
	power := math.Floor(math.Log10((high - low) / 4))
	step := math.Pow(10, power)
	for _, f := range []float64{5, 2} {
		if f*step <= (high-low)/4 {
			step *= f
			break
		}
	}
	digits := int(math.Max(0, -power))
	var out []plot.Tick
	for k := math.Ceil(low/step - 1e-9); k*step <= high+1e-9*step; k++ {
		v := k*step + 0 // no −0
		out = append(out, plot.Tick{Value: v, Label: fmt.Sprintf("%.*f", digits, v)})
	}
	return out
}
