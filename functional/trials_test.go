package functional

import (
	"fmt"
	"math"
	"testing"

	"biornn/internal/rng"
	"biornn/recording"
)

// Two neurons with the same tuning and opposite noise: signal correlation near 1, noise
// correlation −1; a third with the opposite tuning.
func TestSignalNoise(t *testing.T) {
	const conditions, repeats, frames = 8, 40, 4
	s := rng.New(3, "functional/trials")
	var trials []Trial
	traces := make([][]float64, 3)
	for k := range conditions * repeats {
		c := k % conditions
		trials = append(trials, Trial{Start: float64(k * frames), Stop: float64((k + 1) * frames), Condition: fmt.Sprint("c", c)})
		noise := s.Norm()
		for range frames {
			tuning := math.Sin(2 * math.Pi * float64(c) / conditions)
			traces[0] = append(traces[0], 5*tuning+noise)
			traces[1] = append(traces[1], 5*tuning-noise)
			traces[2] = append(traces[2], -5*tuning+0.1*s.Norm())
		}
	}
	r, err := recording.FromFrames(traces, 1)
	if err != nil {
		t.Fatal(err)
	}
	signal, noise, err := SignalNoise(r, trials)
	if err != nil {
		t.Fatal(err)
	}
	if got := noise.At(0, 1); math.Abs(got+1) > 1e-9 {
		t.Errorf("noise: want -1, got %g", got)
	}
	if a, b := signal.At(0, 1), signal.At(0, 2); a < 0.99 || b > -0.99 {
		t.Errorf("signal: want near 1 and -1, got %g and %g", a, b)
	}
	if got := noise.At(0, 2); math.Abs(got) > 0.2 {
		t.Errorf("noise of independent neurons: want near 0, got %g", got)
	}
	if _, _, err := SignalNoise(r, trials[:conditions]); err == nil {
		t.Error("one trial a condition: want an error")
	}
	if _, _, err := SignalNoise(r, []Trial{{Start: 2, Stop: 1}}); err == nil {
		t.Error("backward trial: want an error")
	}
}
