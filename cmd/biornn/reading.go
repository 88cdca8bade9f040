package main

import (
	"fmt"
	"sync"
	"time"

	"biornn/internal/rows"
)

// watchReading shows how much of the tables was read, until stop is called: on a terminal
// a line twice a second, else one every half minute. Nothing appears in the first second.
func (a *app) watchReading() (stop func()) {
	p := a.newProgress("")
	begun, done := time.Now(), make(chan struct{})
	first, _ := rows.Progress()
	var watch sync.WaitGroup
	watch.Go(func() {
		every := plainEvery
		if p.terminal {
			every = 500 * time.Millisecond
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		shown := false
		for {
			select {
			case <-done:
				if shown && p.terminal {
					fmt.Fprintf(p.w, "\r%-*s\r", p.width-1, "")
				}
				return
			case <-tick.C:
			}
			read, total := rows.Progress()
			elapsed := time.Since(begun)
			if read == first || elapsed < time.Second {
				continue
			}
			shown = true
			p.reading(read-first, total-first, elapsed)
		}
	})
	return func() { close(done); watch.Wait() }
}

// reading writes one line on bytes read.
func (p *progress) reading(read, total int64, elapsed time.Duration) {
	if p.json != nil {
		_ = p.json.Encode(map[string]any{"type": "reading", "bytes": read, "total_bytes": total, "elapsed_s": elapsed.Seconds()})
	}
	rate := float64(read) / elapsed.Seconds()
	line := fmt.Sprintf("tables: %s of %s read, %s/s", bytesText(read), bytesText(total), bytesText(int64(rate)))
	if read < total {
		line += ", " + short(time.Duration(float64(total-read)/rate*float64(time.Second))) + " left"
	}
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprintf(p.w, "\r%-*s", p.width-1, line[:min(len(line), p.width-1)])
}

// bytesText prints a number of bytes in decimal units.
func bytesText(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if n >= u.size {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}
