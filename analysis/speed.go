package analysis

import (
	"fmt"
	"math"

	"biornn/circuit"
	"biornn/stats"
)

// Criterion says when a network counts as having learned a task.
type Criterion struct {
	// Share of the ideal observer's accuracy that the validation accuracy must reach.
	Share float64
	// UpdatesPerEpoch turns epochs into updates; with 0 times stay in epochs.
	UpdatesPerEpoch int
}

// DefaultCriterion is nine tenths of what the ideal observer reaches, in epochs.
func DefaultCriterion() Criterion { return Criterion{Share: 0.9} }

// Validate reports the first value that cannot be used.
func (c Criterion) Validate() error {
	if !(c.Share > 0 && c.Share <= 1) {
		return fmt.Errorf("analysis: criterion: want a share above 0 and up to 1, got %g", c.Share)
	}
	if c.UpdatesPerEpoch < 0 {
		return fmt.Errorf("analysis: criterion: want 0 or more updates an epoch, got %d", c.UpdatesPerEpoch)
	}
	return nil
}

func (c Criterion) unit() string {
	if c.UpdatesPerEpoch > 0 {
		return "updates"
	}
	return "epochs"
}

func (c Criterion) scale() float64 { return float64(max(1, c.UpdatesPerEpoch)) }

// Time returns when the validation accuracy of a run first reaches the criterion: on the
// line between the two epochs around it. A run that never does is censored at its last
// epoch. One that has it at its first point counts from there, since nothing earlier is
// known. It is false for a run that diverged, or whose curve is missing or has gaps.
func (c Criterion) Time(r Record) (stats.Lifetime, bool) {
	if r.Outcome == Diverged || len(r.Curve) == 0 {
		return stats.Lifetime{}, false
	}
	for i, p := range r.Curve {
		if math.IsNaN(p.ValAccuracy) || math.IsInf(p.ValAccuracy, 0) || i > 0 && p.Epoch <= r.Curve[i-1].Epoch {
			return stats.Lifetime{}, false
		}
	}
	goal := c.Share * idealOf(r.Task)
	for i, p := range r.Curve {
		if p.ValAccuracy < goal {
			continue
		}
		at := float64(p.Epoch)
		if i > 0 {
			q := r.Curve[i-1]
			at = float64(q.Epoch) + (goal-q.ValAccuracy)/(p.ValAccuracy-q.ValAccuracy)*float64(p.Epoch-q.Epoch)
		}
		return stats.Lifetime{Time: at * c.scale(), Reached: true}, true
	}
	return stats.Lifetime{Time: float64(r.Curve[len(r.Curve)-1].Epoch) * c.scale()}, true
}

// Speed is how fast one model learns one task.
type Speed struct {
	Task       string         `json:"task"`
	Model      string         `json:"model"`
	Unit       string         `json:"unit"` // epochs or updates
	N          int            `json:"n"`
	Reached    int            `json:"reached"`  // runs that met the criterion
	Diverged   int            `json:"diverged"` // left out
	Median     circuit.Number `json:"median"`   // Kaplan–Meier; null: fewer than half met it
	MedianLow  circuit.Number `json:"median_low"`
	MedianHigh circuit.Number `json:"median_high"` // null: above the horizon
	Horizon    float64        `json:"horizon"`     // to which the restricted mean goes: the shortest curve of the task
	Restricted circuit.Number `json:"restricted_mean"`
	RestrLow   circuit.Number `json:"restricted_low"`
	RestrHigh  circuit.Number `json:"restricted_high"`
	Area       circuit.Number `json:"area"` // mean validation accuracy over training, t interval
	AreaLow    circuit.Number `json:"area_low"`
	AreaHigh   circuit.Number `json:"area_high"`
}

// Speeds summarises times to criterion and areas under learning curves, per task and
// model. Diverged runs are left out, as everywhere, and counted in a warning: a model that
// diverges often is not slow but fails.
func Speeds(records []Record, c Criterion) ([]Speed, []stats.Warning, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	if err := onePreset("learning speed", records); err != nil {
		return nil, nil, err
	}
	var out []Speed
	var warnings []stats.Warning
	for _, t := range tasksOf(records) {
		horizon := c.horizon(records, t)
		for _, model := range modelsOf(records) {
			group := choose(records, model, t)
			if len(group) == 0 {
				continue
			}
			s, more, err := c.speed(group, horizon)
			if err != nil {
				return nil, nil, fmt.Errorf("analysis: learning speed: %s, %s: %w", t, model, err)
			}
			warnings = append(warnings, more...)
			if s.N > 0 {
				out = append(out, s)
			}
		}
	}
	return out, warnings, nil
}

// horizon is the end of the shortest curve of a task, so that all can be compared up to it.
func (c Criterion) horizon(records []Record, taskName string) float64 {
	least := math.Inf(1)
	for _, r := range records {
		if _, ok := c.Time(r); ok && r.Task == taskName {
			least = min(least, float64(r.Curve[len(r.Curve)-1].Epoch)*c.scale())
		}
	}
	return least
}

func (c Criterion) speed(group []Record, horizon float64) (Speed, []stats.Warning, error) {
	s := Speed{Task: group[0].Task, Model: group[0].Model, Unit: c.unit(), Diverged: countDiverged(group), Horizon: horizon}
	var times []stats.Lifetime
	var areas []float64
	first := 0
	for _, r := range group {
		t, ok := c.Time(r)
		if !ok {
			continue
		}
		times, areas = append(times, t), append(areas, area(r.Curve))
		if t.Reached {
			s.Reached++
			if t.Time == float64(r.Curve[0].Epoch)*c.scale() {
				first++
			}
		}
	}
	s.N = len(times)
	warnings := c.doubts(len(group), s, first)
	if s.N == 0 || !(horizon > 0) {
		s.N = 0
		return s, append(warnings, stats.Warning{Code: stats.WarnNothing, Text: s.Task + ": " + symbol(s.Model) + ": no learning curve that can be timed"}), nil
	}
	median, ci, err := stats.MedianTime(times, confidence)
	if err != nil {
		return s, nil, err
	}
	mean, _, around, err := stats.RestrictedMean(times, horizon, confidence)
	if err != nil {
		return s, nil, err
	}
	d, err := stats.Describe(areas)
	if err != nil {
		return s, nil, err
	}
	wide := d.Interval(confidence)
	s.Median, s.MedianLow, s.MedianHigh = circuit.Number(median), circuit.Number(ci.Low), circuit.Number(ci.High)
	s.Restricted, s.RestrLow, s.RestrHigh = circuit.Number(mean), circuit.Number(around.Low), circuit.Number(around.High)
	s.Area, s.AreaLow, s.AreaHigh = circuit.Number(d.Mean), circuit.Number(wide.Low), circuit.Number(wide.High)
	return s, warnings, nil
}

// doubts says of times what is doubtful, the task first.
func (c Criterion) doubts(runs int, s Speed, first int) []stats.Warning {
	var out []stats.Warning
	name := s.Task + ": " + symbol(s.Model)
	if s.Diverged > 0 {
		out = append(out, stats.Warning{Code: stats.WarnDiverged, Text: fmt.Sprintf("%s: diverged: %d of %d runs excluded from times", name, s.Diverged, runs)})
	}
	if s.N > 0 && 2*s.Reached < s.N {
		out = append(out, stats.Warning{Code: stats.WarnCensored, Text: fmt.Sprintf("%s: %d of %d runs never reach %g of the ideal accuracy: there is no median time", name, s.N-s.Reached, s.N, c.Share)})
	}
	if first > 0 {
		out = append(out, stats.Warning{Code: stats.WarnTies, Text: fmt.Sprintf("%s: %d of %d runs are at the criterion when first looked at: their times are upper bounds", name, first, s.N)})
	}
	return out
}

// area is the mean validation accuracy over training, by trapezia between epochs.
func area(curve []Point) float64 {
	if len(curve) == 1 {
		return curve[0].ValAccuracy
	}
	sum := 0.0
	for i := range curve[1:] {
		p, q := curve[i], curve[i+1]
		sum += (p.ValAccuracy + q.ValAccuracy) / 2 * float64(q.Epoch-p.Epoch)
	}
	return sum / float64(curve[len(curve)-1].Epoch-curve[0].Epoch)
}
