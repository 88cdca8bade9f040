package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"biornn/sweep"
)

// progress shows a sweep on standard error: a line that is rewritten on a
// terminal, else a plain line every half minute and one at the end. With --json
// the same facts go to standard output as objects.
type progress struct {
	w        io.Writer
	terminal bool
	width    int
	json     *json.Encoder // nil without --json
	last     time.Time
	over     time.Duration // how long a sweep had lasted when its end was shown; 0 before
	open     bool          // a line on the terminal waits for its end
	unit     string
}

const plainEvery = 30 * time.Second

func (a *app) newProgress(unit string) *progress {
	p := &progress{w: a.stderr, unit: unit, width: 80}
	if f, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.terminal = true
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 20 {
			p.width = w
		}
	}
	if a.json {
		p.json = json.NewEncoder(a.stdout)
	}
	a.shown = p
	return p
}

// restart makes ready for the next of several sweeps.
func (p *progress) restart() { p.last, p.over = time.Time{}, 0 }

// end ends a line that waits for it, so that what follows begins on one of its own.
func (p *progress) end() {
	if p != nil && p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}

// show draws the status; it is called about twice a second.
func (p *progress) show(s sweep.Status) {
	over := s.Done() == s.Jobs
	now := time.Now()
	if !p.terminal && !over && now.Sub(p.last) < plainEvery {
		return
	}
	if over && p.over > 0 && s.Elapsed >= p.over { // the end may be told twice
		return
	}
	if p.last, p.over = now, 0; over {
		p.over = s.Elapsed
	}
	if p.json != nil {
		_ = p.json.Encode(map[string]any{"type": "progress", "jobs": s.Jobs, "done": s.Done(), "failed": s.Failed,
			"steps": s.Steps, "steps_done": s.StepsDone, "steps_per_second": s.StepsPerSecond,
			"elapsed_s": s.Elapsed.Seconds(), "left_s": s.Left.Seconds()})
	}
	line := p.line(s)
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	if len(line) > p.width-1 {
		line = line[:p.width-1]
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width-1, line)
	if p.open = true; over {
		p.end()
	}
}

func (p *progress) line(s sweep.Status) string {
	var b strings.Builder
	share := 1.0
	if s.Steps > 0 {
		share = float64(s.StepsDone) / float64(s.Steps)
	}
	if p.terminal {
		const cells = 20
		full := int(share * cells)
		fmt.Fprintf(&b, "[%s%s] ", strings.Repeat("#", full), strings.Repeat("-", cells-full))
	}
	fmt.Fprintf(&b, "%d/%d %s, %.0f %%", s.Done(), s.Jobs, p.unit, 100*share)
	if s.Failed > 0 {
		fmt.Fprintf(&b, ", %d failed", s.Failed)
	}
	if s.Done() < s.Jobs {
		fmt.Fprintf(&b, ", %.0f steps/s", s.StepsPerSecond)
		if s.Left > 0 {
			fmt.Fprintf(&b, ", %s left", short(s.Left))
		}
	} else {
		fmt.Fprintf(&b, " in %s", short(s.Elapsed))
	}
	return b.String()
}

// short prints a duration as people say it: 45 s, 3 min 05 s, 2 h 10 min.
func short(d time.Duration) string {
	s := int(d.Seconds() + 0.5)
	switch {
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	}
	return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
}
