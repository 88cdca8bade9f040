package biornn_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed holds, for each package, the packages of this module that it may import
// directly: the order of rooms in ARCHITECTURE.md. Packages below internal may be
// imported by all and import none but each other.
var allowed = map[string][]string{
	"graph":      {},
	"stats":      {},
	"circuit":    {"graph"},
	"recording":  {},
	"tables":     {"circuit", "graph", "recording"},
	"microns":    {"circuit", "graph", "recording", "tables"},
	"functional": {"circuit", "recording"},
	"recipe":     {"circuit", "functional", "microns", "recording", "tables"},
	"fetch":      {},
	"constraint": {"circuit", "functional", "graph"},
	"rnn":        {"constraint"},
	"task":       {},
	"train":      {"constraint", "rnn", "task"},
	"experiment": {"circuit", "constraint", "rnn", "task", "train"},
	"export":     {"circuit", "rnn"},
	"sweep":      {},
	"engine":     {},
	"grid":       {"analysis", "circuit", "constraint", "experiment", "task"},
	"activity":   {"circuit", "constraint", "experiment", "graph", "rnn", "stats", "task"},
	"analysis":   {"circuit", "constraint", "experiment", "functional", "graph", "stats", "task"},
	"report":     {"activity", "analysis", "circuit", "stats"},
	"study":      {"analysis", "circuit", "constraint", "experiment", "functional", "graph", "grid", "report", "rnn", "stats", "sweep", "task", "train"},
}

// cmd/biornn joins everything and may import all.
func TestImportOrder(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg, ours := strings.CutPrefix(fields[0], "biornn/")
		if !ours || strings.HasPrefix(pkg, "cmd/") || strings.HasPrefix(pkg, "bench") {
			continue
		}
		seen[pkg] = true
		want, known := allowed[pkg]
		inside := strings.HasPrefix(pkg, "internal/")
		if !known && !inside {
			t.Errorf("package %s has no place in the order of imports: add it to ARCHITECTURE.md and here", pkg)
			continue
		}
		for _, imp := range fields[1:] {
			dep, ours := strings.CutPrefix(imp, "biornn/")
			if !ours || strings.HasPrefix(dep, "internal/") {
				continue
			}
			if inside || !slices.Contains(want, dep) {
				t.Errorf("%s imports %s, which lies above it", pkg, dep)
			}
		}
	}
	for pkg := range allowed {
		if !seen[pkg] {
			t.Errorf("package %s stands in the order of imports but does not exist", pkg)
		}
	}
}
