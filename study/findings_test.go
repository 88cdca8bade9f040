package study

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"biornn/analysis"
)

// TestFindings: the runs that docs/findings.md rests on give, by the rules of today, the
// verdicts that were written down.
func TestFindings(t *testing.T) {
	if testing.Short() {
		t.Skip("reads some thousand runs")
	}
	packs, err := filepath.Glob(filepath.Join("..", "docs", "evidence", "*"+PackExtension))
	if err != nil || len(packs) == 0 {
		t.Fatalf("no packs: %v", err)
	}
	for _, pack := range packs {
		t.Run(strings.TrimSuffix(filepath.Base(pack), PackExtension), func(t *testing.T) {
			f, err := os.Open(pack)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			dir := filepath.Join(t.TempDir(), "s")
			if _, err := Unpack(f, dir); err != nil {
				t.Fatal(err)
			}
			written, records, err := readBiology(dir)
			if err != nil {
				t.Fatal(err)
			}
			got, err := analysis.Verdicts(records)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) != len(written.Verdicts) {
				t.Fatalf("%d verdicts, want %d", len(got), len(written.Verdicts))
			}
			for i, v := range got {
				if want := written.Verdicts[i]; v.ID != want.ID || v.Verdict != want.Verdict || v.Reason != want.Reason {
					t.Errorf("got %s %s: %s\nwant %s %s: %s", v.ID, v.Verdict, v.Reason, want.ID, want.Verdict, want.Reason)
				}
			}
		})
	}
}
