package functional

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/recording"
)

// Config says how functional matrices are computed from event times.
type Config struct {
	BinS         float64 `toml:"bin_s"`         // width of the bins of the correlation, s
	WindowS      float64 `toml:"sttc_window_s"` // dt of the STTC, s; 0: (WindowFrames + ½) frames
	WindowFrames int     `toml:"sttc_window_frames"`
	TailS        float64 `toml:"tail_s"` // the recording ends this long after its last event, s
	Precision    bool    `toml:"precision"`
	Replace      bool    `toml:"replace"` // compute matrices that are already there too
}

// DefaultConfig returns the values of a preset: paper (bins of 200 ms, dt = 100 ms)
// or corrected (dt = half a frame, since a fixed dt between whole frames counts
// fewer frames in P than in T and biases the coefficient downwards).
func DefaultConfig(preset string) Config {
	c := Config{BinS: 0.2, TailS: 0.1}
	if preset == "paper" {
		c.WindowS = 0.1
	}
	return c
}

// Validate reports the first value that cannot be used.
func (c Config) Validate() error {
	for _, v := range []struct {
		key string
		x   float64
		min float64
	}{{"bin_s", c.BinS, math.SmallestNonzeroFloat64}, {"sttc_window_s", c.WindowS, 0}, {"tail_s", c.TailS, 0}} {
		if !(v.x >= v.min) || math.IsInf(v.x, 0) {
			return fmt.Errorf("functional: %s: want a time of at least %.3g s, got %g", v.key, v.min, v.x)
		}
	}
	if c.WindowFrames < 0 {
		return fmt.Errorf("functional: sttc_window_frames: want at least 0, got %d", c.WindowFrames)
	}
	return nil
}

// Fill returns a copy of a circuit whose missing functional matrices are computed
// from its event times, with a step and the new doubts in its provenance. A circuit
// without events is returned as it is if it lacks nothing.
func Fill(c *circuit.Circuit, cfg Config) (*circuit.Circuit, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	corr := c.Correlation == nil || cfg.Replace
	tiling := c.STTC == nil || cfg.Replace
	precision := cfg.Precision && (c.Precision == nil || cfg.Replace)
	if !corr && !tiling && !precision {
		return c, nil
	}
	if c.Events == nil {
		return nil, fmt.Errorf("functional: circuit %q has no event times to compute its functional matrices from", c.Name)
	}
	r, err := recording.FromEvents(c.Events, cfg.TailS)
	if err != nil {
		return nil, err
	}
	out := *c
	out.Provenance.Steps = append([]string(nil), c.Provenance.Steps...)
	out.Provenance.Warnings = append(append([]string(nil), c.Provenance.Warnings...), r.Warnings...)
	step := func(format string, args ...any) {
		out.Provenance.Steps = append(out.Provenance.Steps, fmt.Sprintf(format, args...))
	}
	if tiling {
		dt, err := cfg.window(c)
		if err != nil {
			return nil, err
		}
		if out.STTC, err = STTCMatrix(r.Events, dt, r.Start, r.Stop); err != nil {
			return nil, err
		}
		step("STTC of event times, dt = %.4g s, recording of %.1f s", dt, r.Stop)
	}
	if !corr && !precision {
		return &out, nil
	}
	if c.N() > many && !precision {
		if out.Correlation, err = correlationOfMany(r, cfg.BinS); err != nil {
			return nil, err
		}
		warnOfConstants(&out)
		step("Pearson correlation of event counts in bins of %g s, in float32", cfg.BinS)
		return &out, nil
	}
	counts, err := Bin(r.Events, cfg.BinS, r.Start, r.Stop)
	if err != nil {
		return nil, err
	}
	if corr {
		if out.Correlation, err = Correlation(counts); err != nil {
			return nil, err
		}
		warnOfConstants(&out)
		step("Pearson correlation of event counts in bins of %g s", cfg.BinS)
	}
	if precision {
		p, err := GraphicalLasso(counts)
		if err != nil {
			return nil, err
		}
		out.Precision = p.Matrix
		out.Provenance.Warnings = append(out.Provenance.Warnings, p.Warnings...)
		step("precision by the graphical lasso, penalty %.4g chosen by cross-validation", p.Lambda)
	}
	return &out, nil
}

// many is the number of neurons above which the correlation is that of panels.go: in
// float64 it would take minutes and twice the memory.
const many = 2000

// warnOfConstants notes how many neurons have no correlation.
func warnOfConstants(c *circuit.Circuit) {
	k, n := 0, c.N()
	for i := range n {
		if math.IsNaN(c.Correlation.At(i, i)) {
			k++
		}
	}
	if k > 0 {
		c.Provenance.Warnings = append(c.Provenance.Warnings, fmt.Sprintf("correlation: %d of %d neurons are constant and have none (NaN)", k, n))
	}
}

// correlationOfMany is the correlation of binned events in float32.
func correlationOfMany(r *recording.Recording, width float64) (*mat.Dense, error) {
	counts, err := bin[float32](r.Events, width, r.Start, r.Stop)
	if err != nil {
		return nil, err
	}
	return CorrelationFloat32(counts)
}

// window returns dt of the STTC in s.
func (c Config) window(x *circuit.Circuit) (float64, error) {
	if c.WindowS > 0 {
		return c.WindowS, nil
	}
	if x.FrameRate <= 0 {
		return 0, fmt.Errorf("functional: circuit %q: sttc_window_s: the frame rate is unknown, so state the window in seconds", x.Name)
	}
	return (float64(c.WindowFrames) + 0.5) / x.FrameRate, nil
}
