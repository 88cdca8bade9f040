package recipe

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"biornn/circuit"
	"biornn/functional"
	"biornn/microns"
	"biornn/recording"
	"biornn/tables"
)

// Build makes the circuit.
func (r Recipe) Build() (*circuit.Circuit, error) {
	if err := r.validate(); err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	c, err := r.load()
	if err != nil {
		return nil, err
	}
	early, err := c.Validate() // of cells that may go
	if err != nil {
		return nil, err
	}
	if r.Name != "" {
		named := *c
		named.Name = r.Name
		c = &named
	}
	if r.Orient == "minnie65" {
		c = c.Oriented()
	}
	if r.Activity != nil {
		if c, err = r.Activity.join(c); err != nil {
			return nil, err
		}
	}
	if c, err = c.Choose(r.Select); err != nil {
		return nil, err
	}
	if c.Events != nil {
		if c, err = functional.Fill(c, r.Functional); err != nil {
			return nil, err
		}
	}
	warnings, err := c.Validate()
	if err != nil {
		return nil, err
	}
	out := *c
	out.Provenance.Warnings = slices.DeleteFunc(slices.Clone(c.Provenance.Warnings), func(w string) bool { return slices.Contains(early, w) })
	return out.WithWarnings(append(warnings, doubts(c)...)...), nil
}

func (r Recipe) load() (*circuit.Circuit, error) {
	switch {
	case r.Tables != nil:
		return tables.Load(*r.Tables)
	case r.Cave != nil:
		return microns.LoadCave(*r.Cave)
	case r.Field != "":
		preset := microns.Corrected
		if r.Preset == "paper" {
			preset = microns.Paper
		}
		return microns.LoadField(r.Field, preset)
	}
	return circuit.Read(r.From)
}

// join adds the activity to a circuit and leaves out neurons without any.
func (a *Activity) join(c *circuit.Circuit) (*circuit.Circuit, error) {
	t, err := tables.LoadTraces(a.TracesConfig, c)
	if err != nil {
		return nil, err
	}
	var kept []int
	var values [][]float64
	for i, v := range t.Values {
		if v != nil {
			kept = append(kept, i)
			values = append(values, v)
		}
	}
	steps := t.Steps
	if len(kept) < c.N() {
		steps = append(steps, fmt.Sprintf("neurons with a trace: %d of %d", len(kept), c.N()))
		if c, err = c.Select(kept); err != nil {
			return nil, err
		}
	}
	rec, trials, err := a.record(t, values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Sources[0].Name, err)
	}
	out := *c
	out.FrameRate = rec.FrameRate
	steps = append(steps, fmt.Sprintf("%d samples in %.6g s of %s", len(rec.Times), rec.Stop-rec.Start, t.Sources[0].Name))
	if a.EventThreshold > 0 {
		if rec, err = functional.DetectEvents(rec, a.EventThreshold); err != nil {
			return nil, err
		}
		out.Events = rec.Events
		steps = append(steps, fmt.Sprintf("events: frames that exceed both neighbours by %g", a.EventThreshold))
	}
	if out.Correlation, err = a.correlate(rec, trials, c); err != nil {
		return nil, err
	}
	if a.Correlation != "events" {
		steps = append(steps, "correlation of "+map[string]string{"traces": "traces",
			"signal": "mean responses to conditions (signal)", "noise": "responses less the mean of their condition (noise)"}[a.Correlation])
	}
	out.Provenance.Sources = append(slices.Clone(c.Provenance.Sources), t.Sources...)
	out.Provenance.Steps = append(slices.Clone(c.Provenance.Steps), steps...)
	return out.WithWarnings(rec.Warnings...), nil
}

// record makes a recording of the traces, and the trials in its time.
func (a *Activity) record(t *tables.Traces, values [][]float64) (rec *recording.Recording, trials []functional.Trial, err error) {
	for _, x := range t.Trials {
		trials = append(trials, functional.Trial(x))
	}
	if a.Trials != "" {
		listed, err := tables.LoadTrials(a.Trials)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range listed {
			trials = append(trials, functional.Trial(x))
		}
	}
	switch {
	case t.TimeS != nil:
		if len(t.TimeS) > 0 && (a.ZeroTime || t.TimeS[0] < 0) {
			zero := t.TimeS[0]
			for k := range t.TimeS {
				t.TimeS[k] -= zero
			}
			for k := range trials {
				trials[k].Start -= zero
				trials[k].Stop -= zero
			}
		}
		rec, err = recording.FromTraces(values, t.TimeS)
	case a.FrameRateHz > 0:
		rec, err = recording.FromFrames(values, a.FrameRateHz)
	default:
		return nil, nil, fmt.Errorf("want sample times (times or time_column) or frame_rate_hz, got neither")
	}
	return rec, trials, err
}

// correlate returns the wanted correlation, nil for that of events, which comes later.
func (a *Activity) correlate(rec *recording.Recording, trials []functional.Trial, c *circuit.Circuit) (*mat.Dense, error) {
	switch a.Correlation {
	case "traces":
		return functional.Correlation(rec.Traces)
	case "signal", "noise":
		signal, noise, err := functional.SignalNoise(rec, trials)
		if a.Correlation == "signal" {
			return signal, err
		}
		return noise, err
	}
	return c.Correlation, nil
}

// doubts warns of connected pairs that are not nearer than others, which connected cells
// are in every known tissue: positions or ids may be mixed up.
func doubts(c *circuit.Circuit) []string {
	edges := c.Synapses.Edges()
	if len(edges) < 50 || c.N() < 20 {
		return nil
	}
	between := func(i, j int) float64 {
		p, q := c.Neurons[i].Position, c.Neurons[j].Position
		return math.Sqrt((p[0]-q[0])*(p[0]-q[0]) + (p[1]-q[1])*(p[1]-q[1]) + (p[2]-q[2])*(p[2]-q[2]))
	}
	connected, n := 0.0, 0
	for _, e := range edges {
		if e.Pre != e.Post {
			connected += between(e.Pre, e.Post)
			n++
		}
	}
	all, pairs := 0.0, 0
	stride := max(1, c.N()/2000)
	for i := 0; i < c.N(); i += stride {
		for j := 0; j < i; j += stride {
			all += between(i, j)
			pairs++
		}
	}
	if n > 0 && pairs > 0 && connected/float64(n) >= all/float64(pairs) {
		return []string{fmt.Sprintf("connected cells are not nearer to each other (%.0f µm) than others (%.0f µm): positions or ids may be mixed up", connected/float64(n), all/float64(pairs))}
	}
	return nil
}
