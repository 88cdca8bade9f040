package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseSubmitted(t *testing.T) {
	for out, want := range map[string][2]string{
		"12\n":                               {"12", ""},
		"12;far\n":                           {"12", "far"},
		"This site asks for --account.\n7\n": {"7", ""},
	} {
		if id, cluster, err := parseSubmitted(out); err != nil || [2]string{id, cluster} != want {
			t.Errorf("%q: got %s, %s, %v", out, id, cluster, err)
		}
	}
	for _, out := range []string{"", "Submitted batch job 12", "0", "-5", "12;a b"} {
		if id, cluster, err := parseSubmitted(out); err == nil {
			t.Errorf("%q was read as job %s of %q", out, id, cluster)
		}
	}
}

func TestSubmissionsAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "study [1]")
	if all, err := Submissions(dir); err != nil || len(all) != 0 {
		t.Errorf("none: got %v, %v", all, err)
	}
	text := func(path string) (string, error) { return "# " + path, nil }
	for _, want := range []string{"slurm-1.sh", "slurm-2.sh"} {
		path, err := NewScript(dir, "slurm", "sh", text)
		if err != nil || filepath.Base(path) != want {
			t.Errorf("want %s, got %s, %v", want, path, err)
		}
		if kept, err := os.ReadFile(path); err != nil || string(kept) != "# "+path {
			t.Errorf("%s holds %q, %v", path, kept, err)
		}
	}
	if _, err := NewScript(dir, "slurm", "sh", func(string) (string, error) { return "", errors.New("no text") }); err == nil || exists(filepath.Join(Folder(dir), "slurm-3.sh")) {
		t.Errorf("a script without text was kept: %v", err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	want := []Submission{
		{Engine: "slurm", ID: "13", Script: "a", Logs: LogFolder(dir), Workers: 4, Submitted: at},
		{Engine: "slurm", ID: "12", Cluster: "far", Script: "b", Logs: LogFolder(dir), Workers: 2, Submitted: at.Add(time.Hour)},
	}
	for _, s := range []Submission{want[1], want[0]} {
		if err := Record(dir, s); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Submissions(dir)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if log := got[0].Log(3); log != filepath.Join(dir, "submissions", "logs", "13_3.log") {
		t.Errorf("log %s", log)
	}
	for text, says := range map[string]string{`{"id": "--all"}`: "want the number of a job", `{"id`: "unexpected end"} {
		if err := os.WriteFile(filepath.Join(Folder(dir), "14.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Submissions(dir); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "14.json") {
			t.Errorf("%s: want an error with %q, got %v", text, says, err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
