package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"biornn/study"
	"biornn/sweep"
)

// table shows a sweep in progress: a block that is rewritten on a terminal, else a plain
// line every half minute. With --json the same facts go to standard output as objects.
type table struct {
	w             io.Writer
	terminal      bool
	width, height int
	json          *json.Encoder // nil without --json
	outcomes      *study.Outcomes
	updated, last time.Time
	drawn         int // lines on the terminal
	over          bool
}

func (a *app) newTable(o *study.Outcomes) *table {
	t := &table{w: a.stderr, outcomes: o, width: 80, height: 24}
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.terminal = true
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 20 && h > 4 {
			t.width, t.height = w, h
		}
	}
	if a.json {
		t.json = json.NewEncoder(a.stdout)
	}
	return t
}

// outcomesEvery is how often the results of finished runs are read.
const outcomesEvery = 3 * time.Second

// show draws the status; it is called about twice a second.
func (t *table) show(s sweep.Status) {
	now := time.Now()
	if !t.terminal && (now.Sub(t.last) < plainEvery || s.Done() == s.Jobs) {
		return // the last line is that of end
	}
	t.draw(s, now)
}

// end draws the last status.
func (t *table) end(s sweep.Status) {
	t.over = true
	t.updated = time.Time{}
	t.draw(s, time.Now())
}

func (t *table) draw(s sweep.Status, now time.Time) {
	t.last = now
	if now.Sub(t.updated) > outcomesEvery {
		_ = t.outcomes.Update() // shown as it was; the workers report a folder that cannot be read
		t.updated = now
	}
	if t.json != nil {
		_ = t.json.Encode(map[string]any{"type": "progress", "runs": s.Jobs, "done": s.Done() - s.Failed, "failed": s.Failed, "diverged": t.outcomes.Diverged,
			"running": s.Running, "elsewhere": s.Elsewhere, "steps": s.Steps, "steps_done": s.StepsDone, "runs_per_hour": perHour(s),
			"elapsed_s": s.Elapsed.Seconds(), "left_s": s.Left.Seconds(), "best": t.outcomes.Best, "best_val_accuracy": t.outcomes.BestAccuracy})
	}
	if !t.terminal {
		fmt.Fprintln(t.w, strings.Join(append(t.counts(s), t.speed(s)...), ", "))
		return
	}
	t.block(t.lines(s))
}

// say prints a line above the table.
func (t *table) say(line string) {
	t.clear()
	fmt.Fprintln(t.w, line)
}

func (t *table) clear() {
	if t.terminal && t.drawn > 0 {
		fmt.Fprintf(t.w, "\x1b[%dA\x1b[J", t.drawn)
		t.drawn = 0
	}
}

// block replaces what was drawn before.
func (t *table) block(lines []string) {
	t.clear()
	for _, line := range lines {
		fmt.Fprintln(t.w, cut(line, t.width-1))
	}
	t.drawn = len(lines)
}

// cut shortens a line to so many columns.
func cut(line string, columns int) string {
	if runes := []rune(line); len(runes) > columns {
		return string(runes[:columns-1]) + "…"
	}
	return line
}

func (t *table) lines(s sweep.Status) []string {
	const cells = 24
	share := 1.0
	if s.Steps > 0 {
		share = min(1, float64(s.StepsDone)/float64(s.Steps))
	}
	full := int(share * cells)
	bar := fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat("-", cells-full), 100*share)
	out := []string{bar + "  " + strings.Join(t.speed(s)[:1], ""), strings.Join(t.counts(s), ", ")}
	out = append(out, t.speed(s)[1:]...)
	return append(append(out, ""), groupLines(t.outcomes.Groups, max(1, t.height-len(out)-4))...)
}

func (t *table) counts(s sweep.Status) []string {
	out := []string{fmt.Sprintf("%d/%d done", s.Done()-s.Failed, s.Jobs), fmt.Sprintf("%d running", s.Running)}
	if s.Elsewhere > 0 {
		out[1] += fmt.Sprintf(" (%d elsewhere)", s.Elsewhere)
	}
	return append(out, fmt.Sprintf("%d failed", s.Failed), fmt.Sprintf("%d diverged", t.outcomes.Diverged))
}

// speed says how fast it goes, and what is best so far.
func (t *table) speed(s sweep.Status) []string {
	first := fmt.Sprintf("%.0f runs/h", perHour(s))
	switch {
	case t.over || s.Done() == s.Jobs:
		first += ", " + short(s.Elapsed)
	case s.Left > 0:
		first += fmt.Sprintf(", %s left", short(s.Left))
	}
	out := []string{first}
	if t.outcomes.Best != "" {
		out = append(out, fmt.Sprintf("best validation accuracy %.3f: %s", t.outcomes.BestAccuracy, t.outcomes.Best))
	}
	return out
}

// perHour counts the runs that finished since the start, here and elsewhere.
func perHour(s sweep.Status) float64 {
	if s.Elapsed <= 0 {
		return 0
	}
	return float64(s.Finished+s.Others) / s.Elapsed.Hours()
}

// groupLines is the table of models and tasks, of at most so many lines beside its head.
func groupLines(groups []study.Group, most int) []string {
	out := []string{fmt.Sprintf("%-24s %-22s %11s %9s %9s", "model", "task", "done", "diverged", "best")}
	for i, g := range groups {
		if i == most-1 && len(groups) > most {
			out = append(out, fmt.Sprintf("… and %d lines more", len(groups)-i))
			break
		}
		best, diverged := "–", "–"
		if g.Done > g.Diverged {
			best = fmt.Sprintf("%.3f", g.Best)
		}
		if g.Diverged > 0 {
			diverged = fmt.Sprint(g.Diverged)
		}
		out = append(out, fmt.Sprintf("%-24s %-22s %11s %9s %9s", cut(symbolOf(g.Model), 24), cut(g.Task, 22), fmt.Sprintf("%d/%d", g.Done, g.Runs), diverged, best))
	}
	return out
}
