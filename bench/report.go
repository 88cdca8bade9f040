package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"biornn/experiment"
	"biornn/internal/kernel"
)

// markdown returns the report.
func (b *bench) markdown() string {
	var t strings.Builder
	machine := experiment.ThisMachine(0)
	fmt.Fprintf(&t, "Measured %s on %s (%d cores, %s), %s, kernel %s, %d thread(s) a side",
		time.Now().UTC().Format("2006-01-02"), machine.CPU, runtime.NumCPU(), memory(), machine.Go, kernel.Name(), b.options.threads)
	fmt.Fprintf(&t, ".\nPeers: %s.\n\n", b.peerVersions())
	t.WriteString("| work | biornn | peer | its time | ratio | agreement | notes |\n|---|---|---|---|---|---|---|\n")
	for _, r := range b.rows {
		fmt.Fprintf(&t, "| %s | %s | %s | %s | %.3g× | %s | %s |\n", r.work, duration(r.ours), r.peer, duration(r.other), r.ratio, r.agreement, r.note)
	}
	return t.String()
}

func (b *bench) peerVersions() string {
	var names []string
	for name, version := range b.versions {
		names = append(names, name+" "+version)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// memory returns the size of the machine's memory, where the system tells.
func memory() string {
	text, err := os.ReadFile("/proc/meminfo")
	var kb float64
	if _, scan := fmt.Sscanf(string(text), "MemTotal: %f kB", &kb); err != nil || scan != nil {
		return "memory unknown"
	}
	return fmt.Sprintf("%.0f GiB", kb/(1<<20))
}
