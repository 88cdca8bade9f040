package activity

import (
	"fmt"
	"math"
	"strings"
)

// Section is a part of a summary: lines of at most 76 columns.
type Section struct {
	Title string
	Lines []string
}

// Summary says the result in words and numbers, for a terminal.
func (r *Result) Summary() []Section {
	var out []Section
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			out = append(out, Section{title, lines})
		}
	}
	add("accuracy", []string{fmt.Sprintf("%-34s %8.3f", "without noise", r.Values["accuracy"]), fmt.Sprintf("%-34s %8.3f", "with input noise", r.Values["accuracy_noisy"])})
	add("selectivity (share of units)", r.selectivityLines())
	add("decoding (cross-validated, levels weighing equally)", r.decodingLines())
	add("dimensions", []string{
		fmt.Sprintf("%-34s %8s %12s", "", "all", "task-driven"),
		fmt.Sprintf("%-34s %8.2f %12.2f", "participation ratio", r.All.Participation, r.Driven.Participation),
		fmt.Sprintf("%-34s %8d %12d", "components for 90 % of variance", r.All.N90, r.Driven.N90),
	})
	add("fixed and slow points", r.pointLines())
	add("lesions (accuracy)", r.lesionLines())
	add("disturbances (accuracy)", r.disturbanceLines())
	add("alignment with recorded correlations", alignedLines(r.Alignment, "p nearby"))
	add("trained |W| and synapses", alignedLines(r.Synapses, "p length"))
	return out
}

func cut(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func (r *Result) selectivityLines() []string {
	s := r.Selectivity
	if len(s.Class) == 0 {
		return nil
	}
	var out []string
	for _, k := range []struct{ class, name string }{{Silent, "never vary"}, {Unselective, "for nothing"}, {Pure, "for one factor"},
		{Linear, "for several factors"}, {Nonlinear, "for an interaction (nonlinear)"}} {
		out = append(out, fmt.Sprintf("%-34s %8.3f", k.name, s.Share(k.class)))
	}
	for _, e := range s.Effects {
		out = append(out, fmt.Sprintf("%-34s %8.3f", "  of all, for "+cut(e, 20), r.Values["selective:"+e]))
	}
	return out
}

func (r *Result) decodingLines() []string {
	if len(r.Decoding) == 0 {
		return nil
	}
	out := []string{fmt.Sprintf("%-20s %7s %7s %7s %8s  %-10s %6s", "", "chance", "highest", "at step", "p", "period", "stable")}
	for _, d := range r.Decoding {
		stable := "–"
		if v, ok := r.Values["decoding_stability:"+d.Variable]; ok {
			stable = fmt.Sprintf("%.2f", v)
		}
		out = append(out, fmt.Sprintf("%-20s %7.3f %7.3f %7d %8.2g  %-10s %6s", cut(d.Variable, 20), 1/float64(d.Levels), d.Peak,
			d.Bins[d.PeakBin].Start+1, d.P, cut(d.Bins[d.PeakBin].Period, 10), stable))
	}
	return out
}

// mostPoints is the number of points that a summary lists.
const mostPoints = 10

func (r *Result) pointLines() []string {
	f := r.FixedPoints
	if f.Searches == 0 {
		return nil
	}
	out := []string{fmt.Sprintf("%d searches under %d inputs: %s", f.Searches, len(f.Inputs), f.count())}
	var near []Point
	for _, kind := range []string{Fixed, Slow} {
		for _, p := range f.Points {
			if !p.Far && p.Kind == kind {
				near = append(near, p)
			}
		}
	}
	if len(near) > 0 {
		out = append(out, fmt.Sprintf("%-39s %-5s %9s %9s %9s", "input", "kind", "speed", "unstable", "τ (steps)"))
	}
	for i, p := range near {
		if i == mostPoints {
			out = append(out, fmt.Sprintf("… and %d more", len(near)-i))
			break
		}
		unstable, tau := "–", "–"
		if p.Eigenvalues != nil {
			unstable = fmt.Sprint(p.Unstable)
		}
		if !math.IsNaN(p.Slowest) {
			tau = strings.Replace(fmt.Sprintf("%.3g", p.Slowest), "+Inf", "∞", 1)
		}
		out = append(out, fmt.Sprintf("%-39s %-5s %9.1e %9s %9s", cut(p.Input, 39), p.Kind, p.Speed, unstable, tau))
	}
	return out
}

// count says how many points there are.
func (f FixedPoints) count() string {
	fixed, slow, far := 0, 0, 0
	for _, p := range f.Points {
		switch {
		case p.Far:
			far++
		case p.Kind == Fixed:
			fixed++
		default:
			slow++
		}
	}
	return fmt.Sprintf("%d fixed, %d slow, %d far away", fixed, slow, far)
}

func (r *Result) lesionLines() []string {
	var out []string
	if len(r.Lesions.Curves) > 0 {
		head := fmt.Sprintf("%-24s", "share removed")
		for i, x := range r.Lesions.Curves[0].X {
			if i%2 == 0 {
				head += fmt.Sprintf(" %6.2f", x)
			}
		}
		out = append(out, head+fmt.Sprintf(" %7s", "area"))
	}
	for _, c := range r.Lesions.Curves {
		line := fmt.Sprintf("%-24s", cut(c.Name, 24))
		for i, v := range c.Accuracy {
			if i%2 == 0 {
				line += fmt.Sprintf(" %6.3f", v)
			}
		}
		out = append(out, line+fmt.Sprintf(" %7.3f", c.Area))
	}
	for i, m := range r.Lesions.Modules {
		out = append(out, fmt.Sprintf("module %-2d (%4.1f %% of units) %5.3f; as many at random %.3f (%.3f to %.3f)", i+1, 100*m.Share, m.Accuracy, m.Random, m.Low, m.High))
	}
	return out
}

func (r *Result) disturbanceLines() []string {
	var out []string
	for _, c := range r.Disturbed {
		var cells []string
		for i, x := range c.X {
			cells = append(cells, fmt.Sprintf("%g: %.2f", x, c.Accuracy[i]))
		}
		out = append(out, c.Name)
		line := " "
		for _, cell := range cells {
			line += fmt.Sprintf(" %-10s", cell)
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	return out
}

func alignedLines(all []Aligned, local string) []string {
	if len(all) == 0 {
		return nil
	}
	out := []string{fmt.Sprintf("%-20s %7s  %-16s %6s %9s %9s", "", "value", "null (95 %)", "p", local, "before")}
	for _, a := range all {
		before, near := "–", "–"
		if !math.IsNaN(a.Before) {
			before = fmt.Sprintf("%.3f", a.Before)
		}
		if !math.IsNaN(a.LocalP) {
			near = fmt.Sprintf("%.2g", a.LocalP)
		}
		out = append(out, fmt.Sprintf("%-20s %7.3f  %6.3f to %6.3f %6.2g %9s %9s", a.Measure, a.Value, a.NullLow, a.NullHigh, a.P, near, before))
	}
	return out
}
