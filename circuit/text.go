package circuit

import (
	"fmt"
	"io"
	"math"
	"strings"
)

// Text writes the summary for people, at most 80 columns wide.
func (s Summary) Text(w io.Writer) error {
	var b strings.Builder
	kind := ""
	if s.Synthetic {
		kind = "  (synthetic: generated, not measured)"
	}
	fmt.Fprintf(&b, "%s%s\n", clip(s.Name, 40), kind)
	row := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %-22s %s\n", label, clip(fmt.Sprintf(format, args...), 55))
	}
	row("neurons", "%d (%d without output, %d without input)", s.Neurons, s.NoOutput, s.NoInput)
	row("synapses (weight)", "%s on %d connected pairs, %d autapses", short(s.Synapses), s.Pairs, s.Autapses)
	row("density", "%s of all ordered pairs", short(s.Density))
	row("reciprocity", "%s of connected pairs (random: %s)", short(s.Reciprocity), short(s.Density))
	row("out-degree", "%s", s.OutDegree)
	row("in-degree", "%s", s.InDegree)
	row("soma distance (µm)", "%s", s.DistanceUM)
	if e := s.Events; e != nil {
		row("events", "%d in %s s, %d silent neurons", e.Total, short(e.LastS), e.Silent)
		row("event rate (Hz)", "%s", e.RateHz)
	}
	s.likeToLike(&b)
	for _, warning := range s.Warnings {
		b.WriteString(wrap("  warning: "+warning, 80, "    "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s Summary) likeToLike(b *strings.Builder) {
	if len(s.LikeToLike) == 0 {
		b.WriteString("  like to like: cannot be tested (no pair, or every pair, is connected)\n")
		return
	}
	fmt.Fprintf(b, "\n  %-14s %10s %8s %12s %9s %8s %8s\n", "like to like", "connected", "n", "unconnected", "n", "all", "p")
	for _, c := range s.LikeToLike {
		fmt.Fprintf(b, "  %-14s %10s %8d %12s %9d %8s %8s\n", c.Quantity, short(c.Connected), c.NConnected,
			short(c.Unconnected), c.NUnconn, short(c.All), short(c.P))
	}
	fmt.Fprintf(b, "  p: %d random relabellings of the connectome's neurons, one-sided\n", s.LikeToLike[0].Permutations)
}

// String writes mean ± SD and range.
func (x Spread) String() string {
	return fmt.Sprintf("%s ± %s (%s to %s)", short(x.Mean), short(x.SD), short(x.Min), short(x.Max))
}

// short writes three to four digits; integers below a million whole.
func short(x Number) string {
	v := float64(x)
	switch {
	case math.IsNaN(v):
		return "–"
	case v == math.Trunc(v) && math.Abs(v) < 1e6:
		return fmt.Sprintf("%.0f", v)
	case math.Abs(v) >= 100 && math.Abs(v) < 1e6:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// clip shortens text to n columns.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// wrap breaks text at spaces; lines after the first begin with indent.
func wrap(s string, width int, indent string) string {
	var b strings.Builder
	line := ""
	for k, word := range strings.Split(s, " ") {
		switch {
		case k == 0:
			line = word
		case len([]rune(line))+1+len([]rune(word)) > width && strings.TrimSpace(line) != "":
			b.WriteString(line + "\n")
			line = indent + word
		default:
			line += " " + word
		}
	}
	b.WriteString(line + "\n")
	return b.String()
}
