package analysis

import (
	"fmt"

	"biornn/circuit"
	"biornn/stats"
)

// SpeedEffect compares how fast two models learn one task.
type SpeedEffect struct {
	Task  string `json:"task"`
	Model string `json:"model"`
	Rival string `json:"rival"`
	Unit  string `json:"unit"`
	N     int    `json:"n"` // pairs of equal seed
	// Sooner is the mean over pairs of the rival's time minus the model's, both cut at the
	// horizon: how much earlier the model is, as a restricted mean.
	Sooner   circuit.Number `json:"sooner"`
	Low      circuit.Number `json:"low"` // 95 %, Student's t
	High     circuit.Number `json:"high"`
	BCaLow   circuit.Number `json:"bca_low"`
	BCaHigh  circuit.Number `json:"bca_high"`
	Prentice circuit.Number `json:"prentice_z"` // above 0: the model is faster
	P        circuit.Number `json:"p"`          // paired Prentice–Wilcoxon test, signs flipped
	Holm     circuit.Number `json:"p_holm"`     // over tasks
	LogRank  circuit.Number `json:"p_log_rank"` // as if the runs were not paired
	Area     circuit.Number `json:"area"`       // difference of mean accuracy over training
	AreaLow  circuit.Number `json:"area_low"`   // 95 %, Student's t
	AreaHigh circuit.Number `json:"area_high"`
	AreaP    circuit.Number `json:"area_p_holm"` // paired t, over tasks
}

// Faster compares times to criterion of two models on each task, paired by seed. Pairs of
// which a run diverged or has no curve are left out, with a warning. All times are cut at
// the end of the shortest curve of both models, so that censoring is the same for both
// members of a pair, as the test asks.
func Faster(records []Record, model, rival string, c Criterion) ([]SpeedEffect, []stats.Warning, error) {
	if err := c.Validate(); err != nil {
		return nil, nil, err
	}
	if err := onePreset("learning speed", records); err != nil {
		return nil, nil, err
	}
	var out []SpeedEffect
	var warnings []stats.Warning
	var p, areaP []float64
	for _, t := range tasksOf(records) {
		pairs := c.timed(choose(records, model, t), choose(records, rival, t))
		if n := excluded(records, model, rival, t, len(pairs)); n > 0 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnUnpaired, Text: fmt.Sprintf("%s: %d runs of %s and %s without a partner of equal seed, or diverged, excluded", t, n, symbol(model), symbol(rival))})
		}
		if len(pairs) < 2 {
			warnings = append(warnings, stats.Warning{Code: stats.WarnNothing, Text: fmt.Sprintf("%s: %d pairs of %s and %s: no comparison of speed", t, len(pairs), symbol(model), symbol(rival))})
			continue
		}
		e := SpeedEffect{Task: t, Model: model, Rival: rival, Unit: c.unit(), N: len(pairs)}
		more, err := e.compare(pairs, min(c.horizon(choose(records, model, t), t), c.horizon(choose(records, rival, t), t)))
		if err != nil {
			return nil, nil, fmt.Errorf("analysis: learning speed: %s: %w", t, err)
		}
		out, warnings = append(out, e), append(warnings, under(t+": time to criterion", more)...)
		p, areaP = append(p, float64(e.P)), append(areaP, float64(e.AreaP))
	}
	holm, areaHolm := stats.Holm(p), stats.Holm(areaP)
	for i := range out {
		out[i].Holm, out[i].AreaP = circuit.Number(holm[i]), circuit.Number(areaHolm[i])
	}
	return out, warnings, nil
}

// timedPair is one seed.
type timedPair struct {
	time [2]stats.Lifetime // of model and rival
	area [2]float64
}

func (c Criterion) timed(ours, theirs []Record) []timedPair {
	var out []timedPair
	for _, r := range ours {
		t, ok := c.Time(r)
		if !ok {
			continue
		}
		for _, s := range theirs {
			if u, ok := c.Time(s); ok && s.Seed == r.Seed {
				out = append(out, timedPair{[2]stats.Lifetime{t, u}, [2]float64{area(r.Curve), area(s.Curve)}})
				break
			}
		}
	}
	return out
}

// excluded is the number of runs of two models that are in no pair.
func excluded(records []Record, model, rival, taskName string, pairs int) int {
	return len(choose(records, model, taskName)) + len(choose(records, rival, taskName)) - 2*pairs
}

func (e *SpeedEffect) compare(pairs []timedPair, horizon float64) ([]stats.Warning, error) {
	var times [2][]stats.Lifetime
	var cut, areas [2][]float64
	for _, p := range pairs {
		for k := range times {
			t := p.time[k]
			if t.Time > horizon {
				t = stats.Lifetime{Time: horizon}
			}
			times[k], cut[k] = append(times[k], t), append(cut[k], t.Time)
			areas[k] = append(areas[k], p.area[k])
		}
	}
	cfg := stats.DefaultComparison()
	sooner, err := stats.ComparePairs(cut[1], cut[0], cfg)
	if err != nil {
		return nil, err
	}
	prentice, err := stats.PairedPrentice(times[0], times[1], cfg.Rounds, cfg.Seed)
	if err != nil {
		return nil, err
	}
	rank, err := stats.LogRank(times[0], times[1])
	if err != nil {
		return nil, err
	}
	curves, err := stats.ComparePairs(areas[0], areas[1], cfg)
	if err != nil {
		return nil, err
	}
	e.Sooner, e.Low, e.High = circuit.Number(sooner.Mean), circuit.Number(sooner.Interval.Low), circuit.Number(sooner.Interval.High)
	e.BCaLow, e.BCaHigh = circuit.Number(sooner.BCa.Low), circuit.Number(sooner.BCa.High)
	e.Prentice, e.P, e.LogRank = circuit.Number(prentice.Statistic), circuit.Number(prentice.P), circuit.Number(rank.P)
	e.Area, e.AreaLow, e.AreaHigh = circuit.Number(curves.Mean), circuit.Number(curves.Interval.Low), circuit.Number(curves.Interval.High)
	e.AreaP = circuit.Number(curves.T.P)
	return sooner.Warnings, nil
}
